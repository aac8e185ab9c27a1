"""The platform API: who calls, what they see, what they do, and what they are told when it goes wrong."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from activities.channels import configured
from activities.register import Register
from gateway.app import create
from gateway.client import Filings
from gateway.identity import EMBEDDED, Identity
from gateway.oidc import REFUSED, Oidc
from gateway.pages.web import COOKIE
from gateway.problem import PROBLEM, Failed, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.spent import Spent
from gateway.shown import guide, progress
from models.channels import ChannelsFile
from models.filing import Entry, Receipt
from models.register import LetterRow
from models.settings import Settings
from models.values import SHANGHAI, day_of
from models.vocabulary import ActKind, Kind
from regulation.reading import UNKNOWN
from tests.applications import enterprise, led_by
from tests.carried import closed
from tests.databases import Databases
from tests.described import Described
from tests.loopback import Answer, receiver, verifying
from tests.patience import Patient
from tests.samples import examples
from tests.served import Clock, Served, served
from tests.simulated import holding, lived, told, written
from tests.story import Story, application, checklist, report
from tests.visiting import House, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("api")

BASE = "/api/v1"
NOW = datetime(2030, 1, 2, 9, tzinfo=SHANGHAI)
"""LIFE is over, SY-NEW was submitted this morning, DL-NEW too, in another city and by another leader."""

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Caller = Callable[[str], httpx.AsyncClient]


def new(filing_id: str, leader: str | None = None, **changes: Any) -> Any:
    """An application of this morning."""
    form = application(filing_id=filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟", **changes)
    form["received_at"] = NOW.isoformat()
    if leader:
        led_by(form, leader)
    return told(form, until=NOW)


def lives(register: Register) -> None:
    """What the register of these tests holds."""
    written(register, lived("LIFE"))
    written(register, new("SY-NEW", technical_field="新材料"))
    written(register, new("DL-NEW", enterprise(7), jurisdiction="210200"))


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway without an engine."""
    url = sqlite.made("the lives of the API", holding(lives))
    chosen = Settings(
        var=tmp_path_factory.mktemp("api"), database_url=url, reads_a_minute=100_000, acts_a_minute=100_000
    )
    async with visiting(chosen, Clock(NOW)) as opened:
        yield opened


def calling(client: httpx.AsyncClient, person: str, described: Described) -> httpx.AsyncClient:
    """The client of a program whose token stands for somebody. No answer is other than described."""
    client.event_hooks["response"].append(described.watching)
    client.base_url = client.base_url.join(f"{BASE}/")
    client.headers["Authorization"] = f"Bearer {person}"
    return client


@pytest.fixture(scope="module")
def described(house: House) -> Described:
    """What the API says of itself."""
    return Described.by(house.app)


@pytest.fixture
def api(house: House, described: Described) -> Caller:
    """Programs that read."""
    return lambda person: calling(house.browser(), person, described)


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """The gateway over the engine, in March 2027."""
    async with served(world, "2027-03-15", reads_a_minute=100_000, acts_a_minute=100_000) as running:
        yield running


@pytest.fixture
async def acting(gateway: Served, described: Described) -> AsyncIterator[Caller]:
    """Programs that act."""
    clients: list[httpx.AsyncClient] = []

    def of(person: str) -> httpx.AsyncClient:
        clients.append(calling(Patient(base_url=gateway.base), person, described))
        return clients[-1]

    yield of
    for each in clients:
        await each.aclose()


@contextmanager
def by_the_wall(world: World, gateway: Served) -> Iterator[None]:
    """A door that sends what it is given at once: the clock of the world is already where it should be."""
    before = gateway.tools
    gateway.app.state.tools = replace(before, filings=world.door_at(gateway.clock()))
    try:
        yield
    finally:
        gateway.app.state.tools = before


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """An answer that is this problem."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    told: dict[str, Any] = answer.json()
    assert (told["status"], told["code"]) == (status, code), told
    return told


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """What an answer says, if it is no problem."""
    assert answer.status_code == status, answer.text
    return answer.json()


def form(story: Story, **changes: Any) -> dict[str, Any]:
    """An application as a program sends it: the door knows who sends it, and when."""
    return {name: value for name, value in story.form.items() if name not in ("by", "received_at")} | changes


# Who calls


async def test_a_token_stands_for_a_person_and_nothing_else_does(house: House, api: Caller) -> None:
    assert ok(await api("c-101").get("me")) == {
        "person": "c-101", "name": "受理人", "office": "210100", "role": "city_st", "place": "沈阳市科技局",
    }  # fmt: skip
    told = await house.browser().get(f"{BASE}/me")
    problem(told, 401, "unauthenticated")
    assert told.headers["www-authenticate"] == "Bearer"
    for token in (b"nobody", b"c-101 x", "受理人".encode()):
        refused = await house.browser().get(f"{BASE}/me", headers={b"Authorization": b"Bearer " + token})
        problem(refused, 401, "invalid_token")
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    problem(
        await house.browser().get(f"{BASE}/me", headers={"Authorization": "Basic Yy0xMDE6"}), 401, "unauthenticated"
    )
    secret = house.tools.sessions.begin(EMBEDDED["c-101"], NOW)
    browser = house.browser()
    browser.cookies.set(COOKIE, secret)
    problem(await browser.get(f"{BASE}/me"), 401, "unauthenticated")


class Provider(Oidc):
    """A provider that knows one token."""

    async def bearer(self, token: str) -> Identity:
        """Whose it is."""
        if token != "signed":
            raise Failed(REFUSED)
        return EMBEDDED["i-201"]


async def test_with_a_provider_its_word_counts_and_no_other(house: House, api: Caller) -> None:
    before = house.tools
    chosen = before.settings.model_copy(update={"identity": "oidc", "oidc_issuer": "https://id.example.gov.cn/"})
    house.app.state.tools = replace(
        before, settings=chosen, oidc=Provider(chosen, before.clock, Spent(before.register.engine))
    )
    try:
        assert ok(await api("signed").get("me"))["person"] == "i-201"
        problem(await api("c-101").get("me"), 401, "invalid_token")
    finally:
        house.app.state.tools = before
    assert create(chosen).openapi()["components"]["securitySchemes"] == {
        "bearer": {
            "type": "openIdConnect",
            "openIdConnectUrl": "https://id.example.gov.cn/.well-known/openid-configuration",
        }
    }


async def test_every_operation_asks_for_a_token(house: House) -> None:
    document = (await house.browser().get(f"{BASE}/openapi.json")).json()
    asked = 0
    for path, operations in document["paths"].items():
        for method in operations:
            answer = await house.browser().request(method, filled(path, "LIFE"), json={})
            problem(answer, 401, "unauthenticated")
            asked += 1
    assert asked > 20


def filled(path: str, filing_id: str) -> str:
    """A path with something in each of its places."""
    places = {
        "filing_id": filing_id, "digest": "0" * 64, "sha256": "0" * 64, "name": "docket", "message_id": "LIFE-1-1", "letter_id": "LIFE-1-1",
        "round_id": "annual-2030-LN-1", "year": "2030", "ending": "xlsx", "archive_number": "x", "kind": "A",
    }  # fmt: skip
    return re.sub(r"\{(\w+)\}", lambda place: places[place[1]], path)


async def test_what_is_foreign_is_as_good_as_missing(house: House, api: Caller) -> None:
    """Byte for byte, by every operation below a filing, whoever asks."""
    document = (await house.browser().get(f"{BASE}/openapi.json")).json()
    below = [
        (method, path.removeprefix(f"{BASE}/"))
        for path, operations in document["paths"].items()
        if "{filing_id}" in path
        for method in operations
    ]
    assert len(below) == 14
    act = {"id": "x-1", "kind": "accept"}
    for person in ("d-111", "z-301"):
        for method, path in below:
            for body in (act, {}):
                foreign, none = [
                    await api(person).request(method, filled(path, each), json=body if method == "post" else None)
                    for each in ("LIFE", "NONE")
                ]
                assert problem(foreign, 404, "not_found")["title"] == "没有这一备案，或您无权查看", path
                assert (foreign.content, foreign.headers) == (none.content, none.headers)
    for each in ("LIFE", "NONE"):
        problem(await api("d-111").post("check", params={"filing_id": each}, json=act), 404, "not_found")
    assert house.tools.register.refused_acts("LIFE") == []


# Reading


async def test_everybody_lists_what_is_theirs(api: Caller) -> None:
    seen = {
        "c-101": {"LIFE", "SY-NEW"}, "d-111": {"DL-NEW"}, "u-leader-01": {"LIFE", "SY-NEW"}, "z-301": set(),
        "p-401": {"LIFE", "SY-NEW", "DL-NEW"}, "e-501": set(), "a-601": {"LIFE", "SY-NEW", "DL-NEW"},
    }  # fmt: skip
    for person, theirs in seen.items():
        listed = ok(await api(person).get("filings"))["filings"]
        assert {each["filing_id"] for each in listed} == theirs, person
        for each in listed:
            shown = ok(await api(person).get(f"filings/{each['filing_id']}"))
            assert shown["summary"] == each


async def test_a_list_is_narrowed_and_paged_by_the_nearest_deadline(api: Caller) -> None:
    province = api("p-401")
    over = ok(await province.get("filings/SY-NEW"))["summary"]["next_deadline"]
    assert over.endswith("T00:00:00+08:00"), "24:00 of the day before"
    last, eve = (str(datetime.fromisoformat(over).date() - timedelta(days=days)) for days in (1, 2))
    for wanted, found in (
        ({"stage": "submitted"}, {"SY-NEW", "DL-NEW"}),
        ({"jurisdiction": "210200"}, {"DL-NEW"}),
        ({"waiting_for": "210100"}, {"SY-NEW"}),
        ({"kind": "B"}, set()),
        ({"text": "SY-"}, {"SY-NEW"}),
        ({"text": "%"}, set()),
        ({"due_before": "2030-01-02"}, set()),
        ({"due_by": last}, {"SY-NEW", "DL-NEW"}),
        ({"due_by": eve}, set()),
        ({"due_before": over[:10]}, {"SY-NEW", "DL-NEW"}),
        ({"due_before": last}, set()),
        ({"due_by": over}, {"SY-NEW", "DL-NEW"}),
        ({"due_before": over}, set()),
        ({"due_before": "2030-02-01"}, {"SY-NEW", "DL-NEW"}),
        ({"due_before": "2030-02-01T00:00:00+08:00", "text": "沈阳市DL"}, {"DL-NEW"}),
    ):
        listed = ok(await province.get("filings", params=wanted))
        assert {each["filing_id"] for each in listed["filings"]} == found, wanted
    order, address = [], f"{BASE}/filings?limit=1"
    while address:
        answer = await province.get(address.removeprefix(f"{BASE}/"))
        page = ok(answer)
        order += [each["filing_id"] for each in page["filings"]]
        address = page.get("next")
        assert (f'<{address}>; rel="next"' == answer.headers.get("link")) == bool(address)
    assert order == ["DL-NEW", "SY-NEW", "LIFE"]
    for wrong in ({"limit": "201"}, {"after": "nowhere"}, {"after": "2030-99-99~X"}, {"stage": "x"}, {"due_before": "x"}, {"due_by": "x"},
                  {"due_before": "9999-12-31T23:59:59-10:00"}, {"text": "a\x00b"}, {"unknown": "1"}):  # fmt: skip
        told = problem(await province.get("filings", params=wrong), 422, "malformed")
        assert [each["field"] for each in told["findings"]] == [f"?{name}" for name in wrong]
        assert not re.search(r"[A-Za-z]{4,} [a-z]{2,} ", json.dumps(told, ensure_ascii=False)), "it is told in Chinese"


async def test_what_has_not_changed_is_not_sent_again(api: Caller) -> None:
    city = api("c-101")
    for path in (
        "filings",
        "filings/LIFE",
        "filings/LIFE/docket",
        "filings/LIFE/agenda",
        "filings/LIFE/versions",
        "me",
    ):
        answer = await city.get(path)
        tag = answer.headers["etag"]
        assert (tag.startswith('"47-')) == path.startswith("filings/LIFE"), "the number of the last entry"
        for known in (tag, f'"other", W/{tag}', "*"):
            again = await city.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await city.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
    mine, theirs = [(await api(person).get("filings/LIFE")).headers["etag"] for person in ("c-101", "u-leader-01")]
    assert mine != theirs, "what may be done is told to each for themselves"


async def test_a_filing_is_shown_with_what_the_caller_may_do(api: Caller) -> None:
    shown = ok(await api("c-101").get("filings/SY-NEW"))
    assert shown["filing"]["stage"] == "submitted"
    offers = {each["kind"]: each for each in shown["offers"]}
    assert offers["accept"] == {
        "kind": "accept", "article": "参照《行政许可法》第三十二条（G-05b）", "roles": ["city_st"], "open": True,
    }  # fmt: skip
    assert offers["rule_on_objection"]["open"] is False
    assert offers["rule_on_objection"]["missing"]
    leaders = ok(await api("u-leader-01").get("filings/SY-NEW"))["offers"]
    assert {each["kind"] for each in leaders} == {"withdraw", "correct_contact"}
    assert ok(await api("a-601").get("filings/SY-NEW"))["offers"] == []


@pytest.mark.parametrize("kind", Kind)
async def test_the_guide_is_told_as_data(house: House, api: Caller, kind: Kind) -> None:
    told, shown = ok(await api("u-leader-01").get(f"guide/{kind}")), guide.shown(house.tools, kind)
    for name in ("conditions", "materials", "steps", "limits", "duties", "questions"):
        assert len(told[name]) == len(getattr(shown.guide, name)), name
    assert [each["name"] for each in told["offices"]] == [each.name for each in shown.offices]
    articles = [each["article"] for name in ("conditions", "limits", "duties") for each in told[name]]
    assert {each.get("analog", False) for each in articles} == {True, False}
    assert all(each.get("analog", False) == each["text"].startswith("参照") for each in articles)
    assert told["applying"].get("always", False) == (kind is Kind.A)


async def test_a_docket_and_an_agenda_are_those_of_the_regulation(house: House, api: Caller) -> None:
    docket = ok(await api("u-leader-01").get("filings/LIFE/docket"))
    assert docket == [
        entry.model_dump(mode="json", exclude={"filing"}) for entry in house.tools.register.docket("LIFE")
    ]
    agenda = ok(await api("u-leader-01").get("filings/SY-NEW/agenda"))
    assert agenda[0]["lapse"] == {"kind": "deemed_accepted"}
    assert agenda[0]["counted"]["count"] == 5
    ways = ok(await api("u-leader-01").get("filings/SY-NEW/steps"))
    filing = house.tools.register.filing("SY-NEW")
    assert filing
    (told,) = progress.ways(house.tools.register.engine, {"SY-NEW": filing}, house.tools.clock())["SY-NEW"]
    assert [way["key"] for way in ways] == ["application"]
    assert [(step["title"], step["state"]) for step in ways[0]["steps"]] == [
        (each.title, each.state) for each in told.steps
    ]
    (review,) = [step for step in ways[0]["steps"] if step["state"] == "current"]
    assert datetime.fromisoformat(review["until"]) == told.steps[1].until
    assert review["counted"]["unit"] == "working_day"
    versions = ok(await api("u-leader-01").get("filings/LIFE/versions"))
    assert [each["version"] for each in versions] == [1, 2]
    assert {"A-03", "G-35"} <= {each["code"] for each in versions[0]["findings"]}


async def test_why_tells_the_entry_who_is_awaited_and_what_is_missing(api: Caller) -> None:
    told = ok(await api("u-leader-01").get("filings/SY-NEW/why", params={"act": "accept"}))
    assert (told["stage"], told["since"]["number"], told["since"]["event"]["kind"]) == ("submitted", 1, "submit")
    assert "A-27" in told["since"]["article"]
    assert told["awaits"] == [{"office": "210100", "name": "沈阳市科技局"}]
    assert told["next"]["lapse"]["kind"] == "deemed_accepted"
    assert told["next"]["counted"]["count"] == 5
    assert told["act"]["may"] is False
    assert "盟主企业无权" in told["act"]["refusal"]["missing"]
    assert ok(await api("c-101").get("filings/SY-NEW/why", params={"act": "accept"}))["act"] == {
        "kind": "accept", "may": True,
    }  # fmt: skip
    archive = ok(await api("p-401").get("filings/SY-NEW/why", params={"act": "archive"}))["act"]
    assert (archive["may"], archive["refusal"]["supplied_by"]) == (False, "accept")
    revoked = ok(await api("c-101").get("filings/LIFE/why"))
    assert (revoked["since"]["event"]["kind"], revoked.get("awaits")) == ("revoked", None)
    problem(await api("c-101").get("filings/LIFE/why", params={"act": "approve"}), 422, "malformed")


async def test_why_answers_for_the_moment_that_is_asked_about(api: Caller) -> None:
    """A date that was ignored told what holds now, as if it had held then."""
    now = ok(await api("c-101").get("filings/LIFE/why"))
    docket = ok(await api("c-101").get("filings/LIFE/docket"))
    first = next(each for each in docket if each["event"]["kind"] == "submit")
    then = ok(await api("c-101").get("filings/LIFE/why", params={"at": first["at"][:10], "act": "accept"}))
    assert (now["stage"], then["stage"], then["since"]["number"]) == ("revoked", "submitted", 1)
    assert then["next"]["lapse"]["kind"] == "deemed_accepted"
    assert ok(await api("c-101").get("filings/LIFE/why", params={"at": first["at"]}))["stage"] == "submitted"
    later = ok(await api("c-101").get("filings/SY-NEW/why", params={"at": "2059-01-01"}))
    assert later["stage"] == "under_review", "if nobody acts it is deemed accepted"
    for at, code in (("2021-08-24", "at_out_of_bounds"), ("2060-01-01", "at_out_of_bounds"), ("昨天", "at_invalid"),
                     ("2026-13-01", "at_invalid"), ("2026-03-15T09:00:00", "at_invalid")):  # fmt: skip
        problem(await api("c-101").get("filings/LIFE/why", params={"at": at}), 422, code)


async def test_why_is_worded_for_whoever_asks_and_rests_on_entries(api: Caller) -> None:
    path = "filings/LIFE/why"
    court = ok(await api("c-101").get(path, params={"lapse": "revoked", "for": "court"}))
    (first,) = court["reasons"]
    assert (court["question"], court["about"], court["worded_for"]) == ("why", "撤销备案", "court")
    assert "依照《工作指引》第十一条第6项" in first["text"]
    assert first["facts"][0]["entry"] == court["since"]["number"]
    counted = [each for each in first["because"] if "counted" in each]
    assert {each["counted"]["count"] for each in counted} >= {10, 3}
    leader = ok(await api("u-leader-01").get(path, params={"lapse": "revoked", "for": "court"}))
    assert leader["worded_for"] == "enterprise", "a leader is told what it may do, whatever it asks for"
    assert "盟主企业" not in leader["reasons"][0]["text"]
    office = ok(await api("c-101").get(path, params={"entry": 1}))
    assert (office["worded_for"], office["about"], len(office["reasons"])) == ("office", "第1号登记", 1)
    assert ok(await api("c-101").get(path, params={"entry": 999}))["reasons"] == []
    problem(await api("c-101").get(path, params={"for": "judge"}), 422, "malformed")


async def test_a_filing_is_asked_for_in_two_times_and_a_correction_is_planned(house: House, api: Caller) -> None:
    docket = house.tools.register.docket("LIFE")
    revoked = next(entry for entry in docket if entry.event.kind == "revoked")
    missed = next(entry for entry in reversed(docket) if entry.event.kind == "year_missed")
    before = day_of(revoked.at - timedelta(days=1)).isoformat()
    now = ok(await api("u-leader-01").get("filings/LIFE/then"))
    assert (now["filing"]["stage"], now["registered"]["stage"]) == ("revoked", "revoked")
    assert now.get("fallen") is None, "nothing came late"
    then = ok(await api("c-101").get("filings/LIFE/then", params={"as_of": before}))
    assert (then["filing"]["stage"], then.get("differs")) == ("revocation_pending", None)
    knew = ok(await api("c-101").get("filings/LIFE/then", params={"as_known": before}))
    assert knew["registered"]["stage"] == "revocation_pending"
    problem(await api("u-leader-01").get("filings/LIFE/then", params={"as_of": "2058-02-15"}), 422, "at_ahead")
    for wrong in ({"as_of": "昨天"}, {"as_known": "2019-01-01"}, {"as_of": "2059-13-01"}, {"as_of": "2060-01-01"}):
        answer = await api("c-101").get("filings/LIFE/then", params=wrong)
        assert answer.status_code == 422, answer.text
    year = int(getattr(missed.event, "year", 0))
    fact = {
        "act": "file_annual_report",
        "year": str(year),
        "came_on": day_of(missed.at - timedelta(days=1)).isoformat(),
    }
    assert ok(await api("c-101").get("filings/LIFE/correction"))["steps"] == []
    plan = ok(await api("c-101").get("filings/LIFE/correction", params=fact))
    assert (plan["stage"], plan["truly"]) == ("revoked", "in_force")
    sorts = {each["sort"] for each in plan["steps"]}
    assert "gone" in sorts or "现在不能登记" in plan["steps"][0]["what"]
    assert missed.number in [each.get("entry") for each in plan["steps"]]
    problem(await api("c-101").get("filings/LIFE/correction", params={"act": "archive"}), 422, "fact_invalid")
    problem(await api("u-leader-01").get("filings/LIFE/correction"), 403, "forbidden")
    assert ok(await api("c-101").get("filings/LIFE/docket"))[-1]["number"] == docket[-1].number, "nothing was entered"


async def test_why_knows_every_act_at_every_stage(api: Caller) -> None:
    for filing in ("SY-NEW", "LIFE"):
        for kind in ActKind:
            told = ok(await api("c-101").get(f"filings/{filing}/why", params={"act": kind.value}))["act"]
            assert told["may"] is not bool(told.get("refusal"))


async def test_papers_are_read_by_who_may_as_they_were_hashed_and_that_is_on_record(house: House, api: Caller) -> None:
    docket = house.tools.register.docket("LIFE")
    papers = {entry.event.kind: paper for entry in docket if (paper := getattr(entry.event, "paper", None))}
    readers = {str(kind): {"c-101", "c-102", "i-201", "u-leader-01", "p-401", "platform"} for kind in papers}
    readers["object"] = {"c-101", "c-102"}
    everybody = {"c-101", "c-102", "i-201", "u-leader-01", "p-401", "platform", "e-501", "a-601", "o-701", "d-111"}
    for kind, digest in papers.items():
        for person in everybody:
            answer = await api(person).get(f"filings/LIFE/papers/{digest}")
            line = house.tools.audit.lines(filing_id="LIFE", limit=1)[0]
            if person in readers[kind]:
                assert hashlib.sha256(answer.content).hexdigest() == digest
                assert answer.headers["cache-control"] == "no-store"
                assert (line.person, line.kind, digest in line.object) == (person, AuditKind.READ_PAPER, True)
            else:
                problem(answer, 404, "not_found")
                assert (line.person, line.kind, line.success) == (person, AuditKind.REFUSED, False)
    assert "object" in papers


async def test_a_paper_is_read_only_through_a_filing_that_rests_on_it(house: House, api: Caller) -> None:
    application = house.tools.register.docket("DL-NEW")[0].filing.paper
    loose = house.tools.register.lodge("LIFE", "state_defence", {"text": "未采用"}, NOW)
    assert ok(await api("p-401").get(f"filings/DL-NEW/papers/{application}"))
    for digest in (application, loose, "f" * 64):
        problem(await api("p-401").get(f"filings/LIFE/papers/{digest}"), 404, "not_found")


async def test_a_leader_reads_its_own_messages_and_staff_all(house: House, api: Caller) -> None:
    staff = ok(await api("c-101").get("filings/LIFE/messages"))
    assert {"leader", "reviewer", "city_iit"} <= {each["to"] for each in staff}
    leader = ok(await api("u-leader-01").get("filings/LIFE/messages"))
    assert leader == [each for each in staff if each["to"] == "leader"]
    assert house.tools.audit.lines(filing_id="LIFE", limit=1)[0].kind == AuditKind.READ_MESSAGES


async def test_an_inbox_is_the_office_s_and_can_be_followed(api: Caller) -> None:
    whole = ok(await api("c-101").get("inbox"))
    assert {each["office"] for each in whole} == {"210100"}
    assert whole == sorted(whole, key=lambda each: datetime.fromisoformat(each["created_at"]))
    followed: list[Any] = []
    after = "2026-01-01"
    while page := ok(await api("c-101").get("inbox", params={"after": after, "limit": 3})):
        followed += page
        after = page[-1]["created_at"]
    assert sorted(each["id"] for each in followed) == sorted(each["id"] for each in whole)
    assert {each["office"] for each in ok(await api("u-leader-01").get("inbox"))} == {EMBEDDED["u-leader-01"].office}
    for person in ("e-501", "a-601", "o-701"):
        assert ok(await api(person).get("inbox")) == [], "nothing is ever addressed to them"


# Checking


async def test_checking_tells_everything_and_sends_nothing(house: House, api: Caller) -> None:
    good = {name: value for name, value in application(filing_id="CHECK-1").items() if name != "by"}
    leader = api("u-leader-01")
    assert {each["severity"] for each in ok(await leader.post("check", json=good))["findings"]} <= {"warning", "check"}
    bad = good | {"integrity_commitment": False, "agreement_effective_on": "2099-01-01", "by": {}, "received_at": "x"}
    bad["alliance_name"] = "沈阳市SY-NEW产学研联盟"
    told = ok(await leader.post("check", json=bad))["findings"]
    errors = {(each["code"], each["field"]) for each in told if each["severity"] == "error"}
    assert errors == {
        ("A-27", "/integrity_commitment"), ("A-17", "/agreement_effective_on"), ("FA-01", "/alliance_name"),
        ("Q21", "/by"), ("Q21", "/received_at"),
    }  # fmt: skip
    by_staff = ok(await api("c-101").post("check", json=good))["findings"]
    assert ("/by", "error") in {(each["field"], each["severity"]) for each in by_staff}
    assert house.tools.register.row("CHECK-1") is None


async def test_checking_an_act_asks_the_regulation(house: House, api: Caller) -> None:
    city = api("c-101")
    at = {"filing_id": "SY-NEW"}
    assert ok(await city.post("check", json={"kind": "accept"}, params=at)) == {"findings": []}
    refused = ok(await city.post("check", json={"kind": "withdraw"}, params=at))["refusal"]
    assert "市科技部门无权" in refused["missing"]
    early = ok(await api("p-401").post("check", json={"kind": "archive"}, params=at))["refusal"]
    assert early["supplied_by"] == "accept"
    shape = ok(await city.post("check", json={"kind": "return_for_correction", "paper": "x"}, params=at))
    assert {each["field"] for each in shape["findings"]} == {"/deficiencies", "/paper"}
    missing = ok(await city.post("check", json={"kind": "file_annual_report", "year": 2030}))
    assert [each["field"] for each in missing["findings"]] == ["/content"]
    wrong = {"kind": "resubmit", "content": {"kind": "B", "alliance_name": "x", "by": 1}}
    fields = {each["field"] for each in ok(await city.post("check", json=wrong, params=at))["findings"]}
    assert {"/content/kind", "/content/by", "/content/leader"} <= fields
    assert house.tools.register.refused_acts("SY-NEW") == []


async def test_schemas_are_of_what_this_door_takes(api: Caller) -> None:
    names = ok(await api("c-101").get("schemas"))
    assert {*names} == {"kind_a", "kind_b", *(kind.value for kind in ActKind)}
    for name in names:
        schema = ok(await api("c-101").get(f"schemas/{name}"))
        assert not {"by", "received_at", "seen", "paper", "facts"} & schema["properties"].keys()
        assert "id" not in schema["required"]
    contact = ok(await api("c-101").get("schemas/correct_contact"))
    assert (contact["required"], "consent" in contact["properties"]) == (["content"], False)
    problem(await api("c-101").get("schemas/unheard_of"), 404, "not_found")


# What cannot be read


MALFORMED = {
    "nothing": b"", "half": b'{"kind": ', "a list": b"[]", "a text": b'"x"', "null": b"null", "not UTF-8": b'{"a": "\xff"}',
    "NaN": b'{"a": NaN}', "infinity": b'{"a": -Infinity}', "NUL": b'{"a": "x\\u0000"}', "NUL in a name": b'{"a\\u0000": 1}',
    "half a pair": b'{"a": ["\\ud800"]}', "half a pair in a name": b'{"\\udfff": 1}', "a long number": b'{"a": ' + b"9" * 5000 + b"}",
    "a large number": b'{"year": 1e999999999}', "a small number": b'{"year": 1e-999999999}',
    "deep": b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "very deep": b'{"a": ' + b"[" * 200_000, "twice": b"{}{}",
}  # fmt: skip


@pytest.mark.parametrize("path", ["filings", "filings/SY-NEW/acts", "filings/SY-NEW/versions", "check"])
async def test_what_cannot_be_read_is_the_sender_s_fault(api: Caller, path: str) -> None:
    for name, body in MALFORMED.items():
        headers = {"Content-Type": "application/json", "Idempotency-Key": "x"}
        answer = await api("c-101").post(path, content=body, headers=headers)
        assert problem(answer, 400, "malformed"), name
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        answer = await api("c-101").post(path, content=b"{}", headers={"Content-Type": media_type})
        problem(answer, 415, "unsupported_media_type")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["2026-02-29", "9999-12-31", "0001-01-01", "2026-03-15T09:00:00+99:99", "A", "x" * 600]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@contextmanager
def at_once() -> Iterator[Callable[[Any], Any]]:
    """Runs what has to be awaited, from a function that is not."""
    with asyncio.Runner() as runner:
        yield runner.run


def changed(document: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A document with one thing in it, wherever that is, replaced."""
    found: dict[str, Any] = deepcopy(dict(document))
    places = [found, *(each for each in found.values() if isinstance(each, dict))]
    places += [row for each in found.values() if isinstance(each, list) for row in each if isinstance(row, dict)]
    inside = [place for place in places if name in place] or [found]
    inside[0][name] = value
    return found


def names_of(document: Any) -> set[str]:
    """Every name in a document."""
    if isinstance(document, dict):
        return {*document, *(name for each in document.values() for name in names_of(each))}
    return {name for each in document for name in names_of(each)} if isinstance(document, list) else set()


APPLICATION = {name: value for name, value in application(filing_id="FUZZ-1").items() if name != "by"}
ACTS: list[dict[str, Any]] = [
    {"kind": kind.value, "reason": "理由", "document_no": "1号", "year": 2029, "until": "2030-12-15", "item": "A-17",
     "checklist": checklist(), "deficiencies": [{"item": "A-17", "message": "补充"}], "served_on": "2029-12-20",
     "met_on": "2029-12-01", "surveyed_on": "2029-12-01", "inspected_on": "2029-12-01", "happened_on": "2029-12-01",
     "content": report(2029)}
    for kind in ActKind
]  # fmt: skip
DOCUMENTS = st.sampled_from([APPLICATION, *ACTS])


def test_no_document_whatever_is_the_service_s_fault(house: House, described: Described) -> None:
    """Checking an application, or an act, with anything at all in any place."""
    with at_once() as run:

        @settings(max_examples=examples(40, 250), deadline=None, suppress_health_check=list(HealthCheck))
        @given(data=st.data(), document=DOCUMENTS, value=JSON)
        def checks(data: st.DataObject, document: dict[str, Any], value: Any) -> None:
            name = data.draw(st.sampled_from(sorted({*names_of(document), "kind", "leader", "x"})))
            client = calling(house.browser(errors=False), "c-101", described)
            body = json.dumps(changed(document, name, value))
            at = data.draw(st.sampled_from([{}, {"filing_id": "LIFE"}, {"filing_id": "SY-NEW"}]))
            asked = client.post("check", content=body, params=at, headers={"Content-Type": "application/json"})
            answer = run(asked)
            assert answer.status_code in (200, 400), (answer.text, body)

        checks()


# Exports


async def test_documents_are_listed_and_drawn_for_those_who_may_have_them(house: House, api: Caller) -> None:
    may = {"c-101": {"docket", "form-1", "form-2", "dossier"}, "u-leader-01": {"docket", "form-1"}, "a-601": {"docket"}}
    for person, keys in may.items():
        listed = ok(await api(person).get("filings/LIFE/documents"))
        assert keys <= {each["key"] for each in listed}
        assert ("dossier" in {each["key"] for each in listed}) == (person == "c-101")
        for each in [listed[0], listed[-1]]:
            answer = await api(person).get(each["href"].removeprefix(f"{BASE}/"))
            assert answer.headers["content-type"] == each["media_type"]
            assert "attachment; filename*=UTF-8''LIFE-%" in answer.headers["content-disposition"]
            assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
            line = house.tools.audit.lines(filing_id="LIFE", limit=1)[0]
            assert (line.person, line.kind, line.object) == (person, AuditKind.EXPORTED, each["key"])
    for person, key in (("u-leader-01", "dossier"), ("p-401", "dossier"), ("a-601", "form-1"), ("c-101", "form-9")):
        problem(await api(person).get(f"filings/LIFE/documents/{key}"), 404, "not_found")
    problem(await api("c-101").get("filings/LIFE/documents/..docket"), 422, "malformed")


async def test_an_entry_s_proof_is_drawn_for_those_who_may_read_what_it_rests_on(house: House, api: Caller) -> None:
    for person, effects in (("c-101", list), ("u-leader-01", str)):
        answer = await api(person).get("filings/LIFE/documents/proof-2")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            assert {"核验.py", "重算.py", "登记/0002.json", "说明.txt"} <= set(packed.namelist())
            assert isinstance(json.loads(packed.read("登记/0002.json"))["effects"], effects), (
                "others' messages: a digest"
            )
        line = house.tools.audit.lines(filing_id="LIFE", limit=1)[0]
        assert (line.person, line.kind, line.object) == (person, AuditKind.EXPORTED, "proof-2")
    for person, key in (("a-601", "proof-2"), ("e-501", "proof-2"), ("c-101", "proof-999"), ("c-101", "proof-0")):
        problem(await api(person).get(f"filings/LIFE/documents/{key}"), 404, "not_found")


async def test_tables_hold_what_the_caller_may_see_and_asked_for(house: House, api: Caller) -> None:
    async def rows(person: str, table: str, **wanted: str) -> int:
        answer = await api(person).get(f"exports/{table}.xlsx", params=wanted)
        assert answer.headers["content-type"].endswith("spreadsheetml.sheet"), answer.text
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet
        return sum(1 for row in sheet.iter_rows(values_only=True) if "产学研联盟" in str(row))

    for table in ("summary", "deadlines"):
        assert await rows("p-401", table) == 3
        assert await rows("p-401", table, stage="submitted") == 2
        assert await rows("d-111", table) == 1
        assert await rows("d-111", table, jurisdiction="210100") == 0
        problem(await api("p-401").get(f"exports/{table}.xlsx", params={"limit": "1"}), 422, "malformed")
    line = house.tools.audit.lines(person="d-111", limit=1)[0]
    assert (line.kind, line.object) == (AuditKind.EXPORTED, "期限表.xlsx")


async def test_a_calendar_holds_the_deadlines_of_what_the_caller_may_see(api: Caller) -> None:
    async def filings(person: str) -> set[str]:
        answer = await api(person).get("calendar.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        return {str(event["uid"]).partition("/")[0] for event in Calendar.from_ical(answer.content).walk("VEVENT")}

    assert await filings("c-101") == {"SY-NEW"}
    assert await filings("d-111") == {"DL-NEW"}
    assert await filings("p-401") == {"SY-NEW", "DL-NEW"}
    assert await filings("e-501") == set(), "an evaluator sees what is assigned to them"


# Letters and webhooks


def given_up(house: House, letter: str) -> LetterRow:
    """A letter on which a channel gave up."""
    closed(house.tools.letters.engine, letter, NOW, failed=True)
    row = house.tools.letters.row(letter)
    assert row
    return row


async def test_undelivered_letters_are_seen_and_sent_again_by_who_looks_after_them(house: House, api: Caller) -> None:
    assert given_up(house, "SY-NEW-1-1").to == "leader"
    assert given_up(house, "DL-NEW-1-2").office == "210200"
    both = {"SY-NEW-1-1", "DL-NEW-1-2"}
    seen = {
        "c-101": {"SY-NEW-1-1"}, "u-leader-01": {"SY-NEW-1-1"}, "d-111": {"DL-NEW-1-2"}, "platform": both,
        "o-701": both, "p-401": set(), "i-201": set(), "a-601": set(), "e-501": set(), "z-301": set(),
    }  # fmt: skip
    for person, theirs in seen.items():
        assert {each["id"] for each in ok(await api(person).get("undelivered"))} == theirs, person
    for person, theirs in seen.items():
        for letter in both - theirs:
            problem(await api(person).post(f"letters/{letter}/redeliver"), 404, "not_found")
    problem(await api("c-101").post("letters/NONE-1-1/redeliver"), 404, "not_found")
    assert ok(await api("c-101").post("letters/SY-NEW-1-1/redeliver"), 202) == {"letter": "SY-NEW-1-1"}
    again = house.tools.letters.row("SY-NEW-1-1")
    assert again
    assert (again.failed, again.closed_at) == (False, None)
    assert {each["id"] for each in ok(await api("platform").get("undelivered"))} == {"DL-NEW-1-2"}
    ok(await api("o-701").post("letters/DL-NEW-1-2/redeliver"), 202)


async def test_a_test_event_goes_through_every_webhook_and_is_not_kept(house: House, api: Caller) -> None:
    with receiver() as platform, receiver() as other:
        platform.answer = verifying(SECRET)
        other.answer = Answer(410)
        webhook = {"type": "webhook", "secret": SECRET}
        channels = ChannelsFile.model_validate(
            {"channels": {
                "platform": webhook | {"url": platform.url, "texts": ["returned"]},
                "gone": webhook | {"url": other.url},
                "nobody": webhook | {"url": "http://127.0.0.1:1/"},
                "files": {"type": "folder", "folder": str(house.tools.settings.var)},
            }}
        )  # fmt: skip
        assert len(configured.build(channels)) == 4
        before = house.tools
        house.app.state.tools = replace(before, channels=channels)
        try:
            for person in ("c-101", "u-leader-01", "p-401", "a-601"):
                problem(await api(person).post("webhooks/test"), 403, "forbidden")
            assert platform.requests == []
            told = ok(await api("platform").post("webhooks/test"))
        finally:
            house.app.state.tools = before
    assert [(each["channel"], each["arrived"]) for each in told] == [
        ("platform", True), ("gone", False), ("nobody", False),
    ]  # fmt: skip
    assert "410" in told[1]["receipt"]
    (request,) = platform.requests
    data = request.json["data"]
    assert told[0]["receipt"] == f"200 platform-{data['id']}"
    assert (data["text"], data["id"].startswith("_test-")) == ("test", True)
    assert house.tools.letters.row(data["id"]) is None


# Acting


async def test_an_application_is_submitted_once_and_stamped_by_the_door(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-1")
    gateway.clock.set("2027-03-15")
    leader = acting("u-leader-01")
    first = await leader.post("filings", json=form(story))
    receipt = ok(first, 201)
    assert first.headers["location"] == "/api/v1/filings/API-1"
    assert (receipt["number"], receipt["stage"], receipt["next"]["lapse"]) == (1, "submitted", "deemed_accepted")
    entry = story.docket[0]
    assert (by_of(entry).person, by_of(entry).office, entry.at) == ("u-leader-01", leader_office(), gateway.clock())
    gateway.clock.set("2027-03-16")
    with by_the_wall(world, gateway):
        assert ok(await acting("u-leader-02").post("filings", json=form(story))) == receipt, "the same again"
        other = form(story, technical_field="新材料")
        problem(await leader.post("filings", json=other), 409, "conflict")
        amounts = json.dumps(form(story)).replace('"12600.00"', "12600.00")
        as_numbers = await leader.post("filings", content=amounts, headers={"Content-Type": "application/json"})
        assert ok(as_numbers) == receipt, "amounts may be numbers, and stay decimal"


def by_of(entry: Entry) -> Any:
    """Who did what was entered."""
    return entry.event.by  # type: ignore[union-attr]


def leader_office() -> str:
    """The code of the leader of the examples."""
    return EMBEDDED["u-leader-01"].office


async def test_who_acts_and_when_is_not_the_sender_s_to_say(world: World, gateway: Served, acting: Caller) -> None:
    story = Story(world, "API-2")
    gateway.clock.set("2027-03-15")
    leader = acting("u-leader-01")
    claimed = form(story, by={"person": "x"}, received_at="2027-03-01T09:00:00+08:00")
    told = problem(await leader.post("filings", json=claimed), 422, "refused")
    assert [(each["field"], each["code"]) for each in told["findings"]] == [("/by", "Q21"), ("/received_at", "Q21")]
    assert world.register.row("API-2") is None
    ok(await leader.post("filings", json=form(story)), 201)
    for name, value in (("by", story.form["by"]), ("received_at", "2027-03-15T09:00:00+08:00"), ("seen", 1),
                        ("paper", "0" * 64), ("facts", {})):  # fmt: skip
        act: dict[str, Any] = {"id": "claim", "kind": "withdraw", name: value}
        told = problem(await leader.post("filings/API-2/acts", json=act), 422, "refused")
        assert [each["field"] for each in told["findings"]] == [f"/{name}"]
    assert story.kinds() == ["submit"]


async def test_only_a_leader_s_account_submits_its_application(world: World, gateway: Served, acting: Caller) -> None:
    story = Story(world, "API-3")
    gateway.clock.set("2027-03-15")
    wrong = form(story, integrity_commitment=False, agreement_effective_on="2099-01-01")
    with by_the_wall(world, gateway):
        for person in ("c-101", "platform"):
            told = problem(await acting(person).post("filings", json=form(story)), 422, "refused")
            assert ("A-27", "/by") in {(each["code"], each["field"]) for each in told["findings"]}
        told = problem(await acting("u-leader-01").post("filings", json=wrong), 422, "refused")
    errors = {each["field"] for each in told["findings"] if each["severity"] == "error"}
    assert errors == {"/integrity_commitment", "/agreement_effective_on"}
    assert world.register.row("API-3") is None


async def test_a_number_that_is_another_leader_s_is_told_to_whom_it_concerns(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-4")
    led_by(story.form, enterprise(4))
    await story.submitted("2027-03-15")
    mine = Story(world, "API-4", alliance_name="沈阳市API四产学研联盟")
    leader = acting("u-leader-01")
    problem(await leader.post("filings", json=form(mine)), 409, "conflict")
    problem(await leader.post("filings", json=form(story)), 422, "refused")
    problem(await leader.post("filings", json={"filing_id": "API-4"}), 422, "refused")


async def test_an_act_has_a_key_and_is_done_once(world: World, gateway: Served, acting: Caller) -> None:
    story = Story(world, "API-5")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    path, city = "filings/API-5/acts", acting("c-101")
    problem(await city.post(path, json={"kind": "accept"}), 400, "idempotency_key_missing")
    for key in (b"", b"an id", "编号".encode(), b'""', b"x" * 65):
        answer = await city.post(path, json={"kind": "accept"}, headers={b"Idempotency-Key": key})
        problem(answer, 400, "idempotency_key_invalid")
    problem(await city.post(path, json={"kind": "accept", "id": 5}), 400, "idempotency_key_invalid")
    answer = await city.post(path, json={"kind": "accept", "id": "a-1"}, headers={"Idempotency-Key": "a-2"})
    problem(answer, 400, "idempotency_key_conflict")
    quoted = {"Idempotency-Key": '"a-1"'}
    receipt = ok(await city.post(path, json={"kind": "accept"}, headers=quoted), 201)
    assert (receipt["number"], receipt["stage"]) == (2, "under_review")
    gateway.clock.set("2027-03-17")
    assert ok(await city.post(path, json={"kind": "accept"}, headers=quoted)) == receipt
    assert ok(await city.post(path, json={"kind": "accept", "id": "a-1"})) == receipt
    problem(await acting("c-102").post(path, json={"kind": "accept", "id": "a-1"}), 409, "key_reused")
    for other in ({"kind": "accept", "reason": "另"}, {"kind": "extend_review", "reason": "另"}, {"kind": "x"}):
        problem(await city.post(path, json={**other, "id": "a-1"}), 409, "key_reused")
    problem(await acting("i-201").post(path, json={"kind": "accept", "id": "a-1"}), 409, "key_reused")
    assert story.kinds() == ["submit", "accept"]
    reused, *_, first = [each for each in gateway.tools.audit.lines(filing_id="API-5") if each.kind == AuditKind.ACTED]
    assert (first.object, first.success, first.client) == ("accept a-1", True, "127.0.0.1")
    assert (reused.person, reused.object, reused.success) == ("i-201", "accept a-1", False), "as at every door"


async def test_two_acts_at_once_under_one_key_are_one_act(world: World, gateway: Served, acting: Caller) -> None:
    story = Story(world, "API-6")
    await story.archived(2027)
    gateway.clock.set("2027-06-01")
    one = {"kind": "record_inspection", "inspected_on": "2027-06-01", "result": "in_order"}
    answers = await asyncio.gather(
        *(acting("c-101").post("filings/API-6/acts", json={**one, "id": "i-1", "result": each})
          for each in ("in_order", "deficient") * 2)
    )  # fmt: skip
    assert {each.status_code for each in answers} <= {200, 201, 409}
    assert story.kinds().count("record_inspection") == 1
    entered = story.docket[-1].event.result  # type: ignore[union-attr]
    for answer, result in zip(answers, ("in_order", "deficient") * 2, strict=True):
        assert (answer.status_code == 409) == (result != entered), (answer.text, result, entered)


async def test_a_misspelt_filter_is_a_finding_and_does_not_give_everything(api: Caller) -> None:
    city = api("c-101")
    assert ok(await city.get("filings", params={"stage": "submitted"}))["filings"]
    told = problem(
        await city.get("filings", params={"stgae": "submitted", "limit": "5", "x\x00": "1"}), 422, "malformed"
    )
    assert [(each["field"], each["message"]) for each in told["findings"]] == [
        ("?stgae", "没有这一查询参数"),
        ("?x\ufffd", "没有这一查询参数"),
    ]
    assert "stage" in told["detail"], "what there is"
    twice = problem(await city.get("filings?stage=submitted&stage=archived"), 422, "malformed")
    assert [each["field"] for each in twice["findings"]] == ["?stage"]
    for path in ("me", "filings/SY-NEW", "filings/SY-NEW/docket", "filings/SY-NEW/why", "schemas"):
        problem(await city.get(path, params={"att": "2030-01-01"}), 422, "malformed")
    ok(await city.get("filings/SY-NEW/docket", params={"after": "0"}))
    many = problem(await city.get("me", params={f"p{number}": "x" * 500 for number in range(60)}), 422, "malformed")
    assert len(many["findings"]) == UNKNOWN
    strange = {"id": "q-1", "kind": "accept"}
    problem(await city.post("filings/SY-NEW/acts", json=strange, params={"dry_run": "1"}), 422, "malformed")


async def test_who_is_not_entitled_is_refused_by_the_regulation(world: World, gateway: Served, acting: Caller) -> None:
    story = Story(world, "API-7")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    for person, kind in (("u-leader-01", "accept"), ("i-201", "accept"), ("p-401", "accept"), ("c-101", "withdraw")):
        told = problem(await acting(person).post("filings/API-7/acts", json={"id": "no", "kind": kind}), 422, "refused")
        assert "无权" in told["missing"]
        assert told["article"]
    early = {"id": "no-2", "kind": "archive"}
    told = problem(await acting("p-401").post("filings/API-7/acts", json=early), 422, "refused")
    assert (told["supplied_by"], "备案处于“已提交”" in told["missing"]) == ("accept", True)
    bad = {"id": "no-3", "kind": "return_for_correction", "deficiencies": [{"item": "?"}], "extra": 1}
    told = problem(await acting("c-101").post("filings/API-7/acts", json=bad), 422, "refused")
    fields = {each["field"] for each in told["findings"]}
    assert fields == {"/deficiencies/0/item", "/deficiencies/0/message", "/extra"}
    both = {"id": "no-4", "kind": "archive", "extra": 1}
    told = problem(await acting("p-401").post("filings/API-7/acts", json=both), 422, "refused")
    (at, slip), (nowhere, lack) = ((each["field"], each["message"]) for each in told["findings"])
    assert (at, nowhere) == ("/extra", "")
    assert "没有这一项" in slip
    assert "备案处于“已提交”" in lack, "what lacks by law is told with the slip, and not after it"
    assert len(world.register.refused_acts("API-7")) == 7
    assert gateway.tools.audit.lines(filing_id="API-7", limit=1)[0].success is False
    ok(await acting("c-101").post("filings/API-7/acts", json={"id": "no", "kind": "accept"}), 201)
    assert story.kinds() == ["submit", "accept"], "a refused act does not use its key up"


async def test_who_acts_on_what_has_moved_on_is_told_what_happened(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-8")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    one, other = acting("c-101"), acting("c-102")
    seen = (await one.get("filings/API-8")).headers["etag"]
    lacking = {"kind": "return_for_correction", "deficiencies": [{"item": "A-17", "message": "补充协议附件"}]}
    accepted = {"Idempotency-Key": "m-1", "If-Match": seen}
    receipt = ok(await other.post("filings/API-8/acts", json={"kind": "accept"}, headers=accepted), 201)
    late = await one.post("filings/API-8/acts", json={**lacking, "id": "m-2"}, headers={"If-Match": seen})
    assert problem(late, 412, "moved_on")["detail"] == "此后登记：第2号 受理"
    for wrong in ('"x"', f"W/{seen}", "2", '"3"'):
        answer = await one.post("filings/API-8/acts", json={**lacking, "id": "m-2"}, headers={"If-Match": wrong})
        problem(answer, 412, "moved_on")
    again = await other.post("filings/API-8/acts", json={"kind": "accept"}, headers=accepted)
    assert ok(again) == receipt, "what was done is done, whatever happened since"
    fresh = (await one.get("filings/API-8/docket")).headers["etag"]
    ok(await one.post("filings/API-8/acts", json={**lacking, "id": "m-2"}, headers={"If-Match": fresh}), 201)
    assert story.kinds() == ["submit", "accept", "return_for_correction"]


async def test_a_correction_is_told_all_its_errors_then_becomes_the_next_version(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-9")
    await story.submitted("2027-03-15")
    await story.city("return_for_correction", "2027-03-16", deficiencies=[{"item": "A-17", "message": "补充协议附件"}])
    gateway.clock.set("2027-03-17")
    leader, path = acting("u-leader-01"), "filings/API-9/versions"
    key = {"Idempotency-Key": "v-2"}
    wrong = form(story, integrity_commitment=False, filing_id="OTHER")
    told = problem(await leader.post(path, json=wrong, headers=key), 422, "refused")
    errors = {each["field"] for each in told["findings"] if each["severity"] == "error"}
    assert errors == {"/integrity_commitment", "/filing_id"}
    told = problem(await leader.post(path, json=form(story, by=story.form["by"]), headers=key), 422, "refused")
    assert [each["field"] for each in told["findings"]] == ["/by"]
    told = problem(await leader.post(path, json={"kind": "A"}, headers=key), 422, "refused")
    assert {"/leader", "/members", "/filing_id"} <= {each["field"] for each in told["findings"]}
    within = {"kind": "resubmit", "id": "v-2", "content": wrong}
    told = problem(await leader.post("filings/API-9/acts", json=within), 422, "refused")
    assert "/content/filing_id" in {each["field"] for each in told["findings"]}
    corrected = form(story, innovation_goal="修改后的技术创新目标")
    problem(await leader.post(path, json=corrected), 400, "idempotency_key_missing")
    told = problem(await acting("c-101").post(path, json=corrected, headers=key), 422, "refused")
    assert "无权" in told["missing"]
    receipt = ok(await leader.post(path, json=corrected, headers=key), 201)
    assert receipt["stage"] == "submitted"
    assert ok(await leader.post(path, json=corrected, headers=key)) == receipt
    assert ok(await leader.post("filings/API-9/acts", json={**within, "content": corrected})) == receipt
    problem(await leader.post(path, json=form(story), headers=key), 409, "key_reused")
    assert [each["version"] for each in ok(await leader.get(path))] == [1, 2]


async def test_a_life_through_the_api_from_submission_to_the_first_report(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-10")
    gateway.clock.set("2027-03-15")
    ok(await acting("u-leader-01").post("filings", json=form(story)), 201)
    for on, person, act in (
        ("2027-03-16", "c-101", {"kind": "accept"}),
        ("2027-03-17", "i-201", {"kind": "give_iit_opinion", "positive": True}),
        ("2027-03-18", "c-102", {"kind": "confirm", "checklist": checklist(Kind.A)}),
        ("2027-04-20", "p-402", {"kind": "archive"}),
        ("2027-11-12", "u-leader-01", {"kind": "file_annual_report", "year": 2027, "content": report(2027)}),
    ):
        gateway.clock.set(on)
        receipts = [
            ok(await acting(person).post("filings/API-10/acts", json={**act, "id": f"life-{act['kind']}"}), status)
            for status in (201, 200)
        ]
        assert receipts[0] == receipts[1]
    shown = ok(await acting("u-leader-01").get("filings/API-10"))
    assert shown["summary"]["archive_number"].startswith("LN-CXY-A-210100-2027-")
    assert shown["filing"]["years"][0]["status"] == "filed"
    assert {each["kind"] for each in shown["offers"] if each["open"]} >= {"report_change", "correct_contact"}


async def test_reading_a_notice_is_its_service_and_only_its_addressee_reads_it(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-11")
    await story.submitted("2027-03-15")
    await story.city("return_for_correction", "2027-03-16", deficiencies=[{"item": "A-17", "message": "补充协议附件"}])
    gateway.clock.set("2027-03-17")
    leader = acting("u-leader-01")
    (notice,) = [each for each in ok(await leader.get("filings/API-11/messages")) if each.get("service")]
    for person in ("d-111", "c-101", "e-501", "o-701"):
        problem(await acting(person).post(f"messages/{notice['id']}/read"), 404, "not_found")
    problem(await leader.post("messages/NONE-1-1/read"), 404, "not_found")
    receipt = ok(await leader.post(f"messages/{notice['id']}/read"))["receipt"]
    assert receipt["number"] == story.docket[-1].number
    assert story.kinds()[-1] == "acknowledge_service"
    assert by_of(story.docket[-1]).person == "u-leader-01"
    assert ok(await leader.post(f"messages/{notice['id']}/read")) == {}, "it was read before"
    unread = ok(await leader.get("inbox", params={"unread": True}))
    assert notice["id"] not in {each["id"] for each in unread}
    (told,) = [each for each in unread if each["filing_id"] == "API-11"]
    assert ok(await acting("platform").post(f"messages/{told['id']}/read")) == {}, "the platform reads for anybody"


async def test_an_act_that_the_engine_could_not_carry_is_too_large(
    world: World, gateway: Served, acting: Caller
) -> None:
    story = Story(world, "API-12")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    act: dict[str, Any] = {
        "id": "big",
        "kind": "return_for_correction",
        "deficiencies": [{"item": "A-17", "message": "补" * 500}] * 300,
    }
    problem(await acting("c-101").post("filings/API-12/acts", json=act), 413, "too_large")
    assert story.kinds() == ["submit"]


class Gone(Filings):
    """A door whose engine does not answer."""

    async def act(
        self, filing_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None, own: bool = False
    ) -> Receipt:
        """Nobody knows what became of it."""
        raise Unreachable


async def test_without_the_engine_the_outcome_is_unknown_and_reading_goes_on(house: House, api: Caller) -> None:
    before = house.tools
    house.app.state.tools = replace(before, filings=Gone(before.filings.client, before.register, clock=before.clock))
    try:
        answer = await api("c-101").post("filings/SY-NEW/acts", json={"id": "u-1", "kind": "accept"})
    finally:
        house.app.state.tools = before
    problem(answer, 503, "unreachable")
    assert answer.headers["retry-after"]
    assert ok(await api("c-101").get("filings/SY-NEW"))["summary"]["stage"] == "submitted"


async def test_nothing_of_a_person_is_in_an_address(house: House) -> None:
    document = (await house.browser().get(f"{BASE}/openapi.json")).json()
    parameters = {
        each["name"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for each in operation.get("parameters", ())
    }
    assert parameters == {
        "filing_id", "digest", "name", "message_id", "letter_id", "act", "stage", "kind", "jurisdiction", "waiting_for",
        "due_before", "due_by", "text", "after", "limit", "unread", "at", "sha256", "filing", "Idempotency-Key", "If-Match",
        "zone", "year", "report", "survey", "overdue", "named", "evaluated", "round_id", "open", "state", "ending",
        "round", "days", "lapse", "entry", "for", "as_of", "as_known",
        "came_on", "postmarked_on",
    }  # fmt: skip
