"""Ready links into the Temporal UI, each asked of a real server with filings on both sides of its boundary."""

import asyncio
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.backup import release
from gateway.watching.workers import workers
from models.filing import Filing
from models.values import day_of, last_day_until, midnight_after
from models.vocabulary import Kind, Stage
from regulation import agenda, lifecycle, overdue
from tests.patience import comes
from tests.simulated import lived, told
from tests.story import application
from tests.world import World
from workflows import visibility
from workflows.builds import deployment
from workflows.links import LINKS, NAMES, Asked

SHENYANG, DALIAN = "210100", "210200"
ONE_MISSED = 1


@workflow.defn(name="Asleep", sandboxed=False)
class Asleep:
    """A workflow that sleeps, or whose tasks fail."""

    @workflow.run
    async def run(self, fails: bool) -> None:
        """Sleep until it is terminated."""
        if fails:
            raise RuntimeError("a bug")
        await workflow.wait_condition(lambda: False)


def every_filing() -> list[Filing]:
    """Filings as they stood after each entry of three lives: revoked after two years, held, and never reviewed by anybody."""
    form = application(Kind.A, filing_id="IDLE", received_at="2027-03-15T09:00:00+08:00")
    nobody = told(form, until=lived("LINK").docket[-1].at + timedelta(days=400))
    lives = [entry.filing for entry in (*lived("LINK").docket, *nobody.docket)]
    pending = next(each for each in lives if each.stage is Stage.REVOCATION_PENDING and each.case)
    assert pending.case
    return [*lives, pending.but(case=pending.case.but(held=True), number=pending.number + 1000)]


def is_due_by(filing: Filing, day: date) -> bool:
    """Whether somebody must do something on a filing by a day, its 24:00 included."""
    due = agenda.nearest_duty(filing)
    return due is not None and due.at <= midnight_after(day)


def late_since(filing: Filing) -> date | None:
    """The last day that there was for what is overdue longest."""
    return min((each.last for each in overdue.late(filing)), default=None)


def asked(day: date, office: str) -> Asked:
    """What a link is asked for."""
    return Asked(day, office, office, release(), deployment("filings"))


def boundaries(filings: list[Filing]) -> list[tuple[str, Asked, Callable[[Filing], bool]]]:
    """Each link about filings with what it is asked for, and which filings it must find."""
    due = agenda.nearest_duty(filings[0])
    late = next(last for each in filings if (last := late_since(each)))
    assert due
    last = last_day_until(due.at)
    on = asked(day_of(due.at), SHENYANG)
    return [
        *(("due", asked(day, SHENYANG), lambda f, day=day: is_due_by(f, day)) for day in (last, last - timedelta(1))),
        ("overdue", on, lambda f: late_since(f) is not None),
        ("overdue-by", on, lambda f: any(each.office == SHENYANG for each in overdue.late(f))),
        ("overdue-by", asked(on.day, DALIAN), lambda f: False),
        *(
            ("overdue-since", asked(day, SHENYANG), lambda f, day=day: (late_since(f) or date.max) <= day)
            for day in (late, late - timedelta(1))
        ),
        ("waiting", on, lambda f: lifecycle.awaited(f) == SHENYANG),
        ("missed", on, lambda f: f.missed_years == ONE_MISSED),
        ("revocations", on, lambda f: f.stage is Stage.REVOCATION_PENDING),
        ("held", on, lambda f: f.on_hold),
        ("provisional", on, agenda.provisional),
        ("objections", on, lambda f: f.open_objections > 0),
    ]


async def found(world: World, query: str, ids: set[str]) -> set[str]:
    """Which of these workflows a query finds."""
    return {each.id async for each in world.client.list_workflows(query)} & ids


async def test_every_link_finds_what_it_says_and_nothing_beside(world: World) -> None:
    filings, queries = every_filing(), {link.key: link for link in LINKS}
    ids = {f"link-{f.id}-{f.number}": f for f in filings}
    queue = f"{world.settings.task_queue}-nobody"

    async def shown(key: str, filing: Filing) -> None:
        """A filing that runs, with what operators see of it."""
        await world.client.start_workflow(
            "AllianceFiling", id=key, task_queue=queue, search_attributes=visibility.from_the_start(filing)
        )

    async def works(build: str, *begun: tuple[str, bool]) -> None:
        """A worker of a release comes, does what there is, and goes."""
        version = WorkerDeploymentConfig(WorkerDeploymentVersion("beian", build), use_worker_versioning=False)
        of_build = f"{queue}-{build}"
        async with Worker(world.client, task_queue=of_build, workflows=[Asleep], deployment_config=version):
            for key, fails in begun:
                await world.client.start_workflow("Asleep", fails, id=key, task_queue=of_build)
                since = f'WorkflowId="{key}" AND ' + ("TemporalReportedProblems" if fails else "BuildIds")
                await comes(partial(found, world, f"{since} IS NOT NULL", {key}))
            at_work = await comes(partial(workers, world.client, of_build))
            assert [each.release for each in at_work] == [build]

    of_rounds = TypedSearchAttributes([SearchAttributePair(visibility.ROUND_STAGE, "open")])
    await world.client.start_workflow("Round", id="link-round", task_queue=queue, search_attributes=of_rounds)
    await asyncio.gather(*(shown(*each) for each in ids.items()))
    await works("0.0.1", ("link-old", False))
    await works(release(), ("link-new", False), ("link-bug", True))
    mine = {*ids, "link-round", "link-old", "link-new", "link-bug"}
    asks: list[tuple[str, Asked, set[str]]] = [
        (key, when, {each for each, filing in ids.items() if holds(filing)}) for key, when, holds in boundaries(filings)
    ]
    asks += [(key, asks[0][1], {one}) for key, one in (("rounds", "link-round"), ("old-builds", "link-old"))]
    asks.append(("failures", asks[0][1], {"link-bug"}))
    for key, when, wanted in asks:
        address = queries[key].address("http://127.0.0.1:8233", "default", when)
        (query,) = parse_qs(urlsplit(address).query)["query"]

        async def told(query: str = query, wanted: set[str] = wanted) -> bool:
            return await found(world, query, mine) == wanted

        assert await comes(told), key
        assert wanted != mine, f"{key}: nothing on the other side"
    assert {key for key, _, wanted in asks if wanted} == queries.keys(), "of each link somebody is found"


def test_what_is_late_stays_findable_however_often_it_was_chased() -> None:
    idle = [each for each in every_filing() if each.id == "IDLE"]
    shown = [{each.key: each.value for each in visibility.attributes(filing)} for filing in idle]
    chased = [each for each in shown if each[visibility.OVERDUE_SINCE]]
    assert len(chased) > 5, "chased at once, at the superior's, and again and again"
    assert shown[-1] == chased[-1]
    assert chased[-1][visibility.OVERDUE_BY] == [SHENYANG]
    assert "review_overdue" in (chased[-1][visibility.OVERDUE] or [])


def test_links_ask_for_nothing_that_is_not_shown() -> None:
    known = {*NAMES, "WorkflowType", "ExecutionStatus", "BuildIds", "TemporalReportedProblems"}
    for link in LINKS:
        names = set(
            re.findall(r"([A-Z][A-Za-z]+) ?(?:[=<>!]|IS |IN )", link.query(asked(date(2026, 11, 30), SHENYANG)))
        )
        assert names <= known, link.key
