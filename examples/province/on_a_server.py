"""The service with its engine: the same story told to the doors of a real server in skipped time, and compared with the one told without it.

Filings and rounds live by their workflows, each by its own clock; what follows from rounds is done by the worker. So whatever the
made-up province shows is shown of the service as it runs.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, select

from activities.rounds.known import lies_in
from deploy.skipping import AT_REST, EARLY, World
from examples.province.service import Raw, Service
from gateway.problem import Refused
from gateway.rounds import Rounds, workflow_id
from models.filing import Entry
from models.register import AnnualReportRow, FilingRow, MessageRow, PublicNoticeRow, RoundItemRow
from models.rounds.round import Round, RoundEntry
from regulation.rounds import agenda
from regulation.rounds.every import rules_of
from regulation.simulation import Life

T = TypeVar("T")

SHOWN = 20
"""So many rows of a table that differ are told."""

PATIENCE = 90.0
"""Seconds that one step may take."""

TRIES = 4
"""How often an act is sent to a round that has ended."""

ACT_ON_FILINGS = frozenset(
    {"urge_all", "report_evaluation", "decide_typical", "accept_results", "record_findings", "rule_on_rectification"}
)
"""Acts in rounds from which acts on filings follow: those filings have to have come to that day."""


@dataclass
class ServiceOnServer(Service):
    """What people do is done at the doors of a world, whose loop runs on another thread."""

    world: World | None = None
    loop: AbstractEventLoop | None = None

    def takes_in(self, form: Raw, acts: Iterable[Raw], until: datetime) -> list[Entry]:
        """Submit an application, do what comes after it, and let time pass."""
        self._do(self._there.submits(form))
        return self._goes_on(str(form["filing_id"]), acts, until)

    def live_on(self, doings: Iterable[tuple[Life, Iterable[Raw]]], until: datetime) -> None:
        """Do what is done to each filing, and let time pass."""
        for life, acts in doings:
            self._goes_on(life.filing.id, acts, until)

    def _goes_on(self, filing_id: str, acts: Iterable[Raw], until: datetime | None) -> list[Entry]:
        row = self.register.row(filing_id)
        for act in acts:
            self._do(self._there.acts(filing_id, act))
        if until and self._there.is_open(filing_id):
            self._do(self._there.on(filing_id, until))
            self._do(self._there.at_rest(filing_id))
        return self.register.docket(filing_id)[row.number if row else 0 :]

    def acts(self, round_id: str, at: datetime, by: Raw, kind: str, content: Raw | None = None, **said: Any) -> None:
        """Do an act in a round; what follows from it is waited for."""
        told = {"kind": kind, "by": by, "received_at": at.isoformat(), **said}
        told |= {"content": content} if content is not None else {}
        if kind in ACT_ON_FILINGS:
            about = [said["filing"]] if "filing" in said else _named(content) or self._lying_in(self.round(round_id))
            self._do(self._all_on(about, at - EARLY))
        self._do(self._act(round_id, at, told))

    async def _act(self, round_id: str, at: datetime, told: Raw) -> None:
        row = self.rounds.row(round_id)
        if row and not row.open:
            await self._act_after_its_end(round_id, at, {"id": f"{round_id}-{row.number + 1}", **told})
        else:
            await self._there.round_at(round_id, at)
            row = self.rounds.row(round_id)
            raw = {"id": f"{round_id}-{row.number + 1 if row else 1}", **told}
            await Rounds(self._there.door_at(at)).act(round_id, raw)
            await self._followed(round_id)

    async def _act_after_its_end(self, round_id: str, at: datetime, raw: Raw) -> None:
        """A round that has ended is started again at that day, with nobody who works on it until the act waits for it."""
        await self._there.client.get_workflow_handle(workflow_id(round_id)).result()
        for tries in range(TRIES):
            queue = f"again-{round_id}-{tries}"
            await self._there.round_at(round_id, at, queue)
            acting = asyncio.create_task(Rounds(self._there.door_at(at, queue)).act(round_id, raw))
            await asyncio.sleep(2**tries)
            async with self._there.working(queue):
                try:
                    await acting
                except Refused:  # it came too late, and found the clock of the wall
                    continue
                return await self._followed(round_id)
        raise TimeoutError(f"{round_id}: not started again in time")

    def until(self, round_id: str, at: datetime) -> None:
        """Let time pass for a round; what follows is waited for."""
        self._do(self._passes(round_id, at))

    async def _passes(self, round_id: str, at: datetime) -> None:
        await self._there.round_at(round_id, at)
        await self._followed(round_id, at)

    async def _followed(self, round_id: str, by: datetime | None = None) -> None:
        """Wait until everything that was due has been entered, and everything that follows was done."""
        for tries in range(AT_REST):
            round_, row = self.rounds.round(round_id), self.rounds.row(round_id)
            is_due = by and round_ and agenda.due_by(rules_of(round_id), round_, by)
            if row and row.followed == row.number and not is_due:
                return
            await asyncio.sleep(0.01 * tries)
        raise TimeoutError(f"{round_id}: what follows is not done")

    def _lying_in(self, round_: Round) -> list[str]:
        """The filings that are open in a round's area."""
        with self.register.engine.connect() as db:
            there = select(FILINGS.filing_id).where(FILINGS.open, *lies_in(round_.area))
            return list(db.scalars(there.order_by(FILINGS.filing_id)))

    async def _all_on(self, filing_ids: Iterable[str], at: datetime) -> None:
        await asyncio.gather(*(self._there.on(each, at) for each in dict.fromkeys(filing_ids)))

    @property
    def _there(self) -> World:
        assert self.world
        return self.world

    def _do(self, something: Awaitable[T]) -> T:
        """Do something in the world's loop, and wait for it."""
        assert self.loop

        async def done() -> T:
            return await something

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(PATIENCE)


FILINGS = FilingRow.metadata.tables["filings"].c


def _named(content: Raw | None) -> list[str]:
    """The filings that a list names."""
    return [each["filing_id"] for each in (content or {}).get("decided", ())]


# Compared


def differences(simulated: Service, lived: Service) -> Iterator[str]:
    """Where a year without an engine and one on a server came to something else, in words."""
    for of in sorted({*simulated.rounds.round_ids(), *lived.rounds.round_ids()}):
        told = [[_entry(service, each) for each in service.rounds.docket(of)] for service in (simulated, lived)]
        yield from _unlike(of, *told)
    everybody = sorted({*_ids(simulated.register.engine), *_ids(lived.register.engine)})
    for of in everybody:
        dockets = [[_filed(each) for each in service.register.docket(of)] for service in (simulated, lived)]
        yield from _unlike(of, *dockets)
    for table, columns in TABLES.items():
        rows = [Counter(_rows(service.register.engine, table, columns)) for service in (simulated, lived)]
        for only, what in ((rows[0] - rows[1], "only simulated"), (rows[1] - rows[0], "only lived")):
            yield from (f"{table}, {what}: {each}" for each in list(only)[:SHOWN])


TABLES: Mapping[str, tuple[str, ...]] = {
    RoundItemRow.__tablename__: ("round_id", "filing_id", "number", "state", "current"),
    AnnualReportRow.__tablename__: ("filing_id", "year", "status", "state", "due", "filed_at"),
    MessageRow.__tablename__: ("filing_id", "round_id", "about", "number", "text", "to", "office", "title"),
    PublicNoticeRow.__tablename__: ("filing_id", "round_id", "number", "kind", "jurisdiction", "shown_from"),
    FilingRow.__tablename__: ("filing_id", "number", "stage", "archive_number", "named", "evaluated_for", "evaluated"),
}  # fmt: skip
"""What is compared of the rows: everything but ids, digests of salted papers, and when it was written."""


def _ids(engine: Engine) -> list[str]:
    with engine.connect() as db:
        return list(db.scalars(select(FILINGS.filing_id)))


def _rows(engine: Engine, table: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
    of = FilingRow.metadata.tables[table].c
    with engine.connect() as db:
        return [tuple(row) for row in db.execute(select(*(of[name] for name in columns)))]


def _entry(service: Service, entry: RoundEntry) -> dict[str, Any]:
    """An entry of a round without when it was written; papers by what they say, for doors salt them."""
    told: dict[str, Any] = _bare(entry.model_dump(mode="json", exclude={"entered_at"}), service)
    return told


UNCOMPARED = ("said", "population", "lot")
"""Digests of what is compared itself: a first half with its salted paper, the list and the lot that are papers of the round."""


def _bare(value: Any, service: Service) -> Any:
    if isinstance(value, dict):
        return {name: _bare(each, service) for name, each in value.items() if name not in UNCOMPARED}
    if isinstance(value, list):
        return [_bare(each, service) for each in value]
    if isinstance(value, str) and len(value) == 64 and service.register.has_paper(value):
        return _bare(service.register.paper(value), service)
    return value


def _filed(entry: Entry) -> tuple[Any, ...]:
    """An entry of a filing: what happened, where it stands after it, and when, but for what the service did by its own clock."""
    event = entry.event
    by_service = str(getattr(event, "id", "")).startswith("beian:")
    at = entry.at.date() if by_service else entry.at
    return entry.number, event.kind, at, entry.stage, entry.article, bool(entry.refused)


def _unlike(what: str, told: list[Any], again: list[Any]) -> Iterator[str]:
    for number in range(max(len(told), len(again))):
        one, other = (side[number] if number < len(side) else None for side in (told, again))
        if one != other:
            yield f"{what}, {number + 1}: {_where(one, other)}"
            return


def _where(one: Any, other: Any, path: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                return _where(one.get(name), other.get(name), f"{path}/{name}")
    return f"{path} {one!r:.300} | {other!r:.300}"
