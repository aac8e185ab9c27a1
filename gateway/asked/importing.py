"""Importing a list of alliances from before this system (A-02): what would come of each row, and then that.

A row is an application like any other, under an id that follows from the row itself: so a second run finds what the first
one did and changes nothing, whatever stopped it. What the first one entered and could not start any more, it starts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from activities import papers
from activities.database import in_parts, in_portions
from gateway import legacy
from gateway.asked.alliance_list import Listed
from gateway.client import Filings
from gateway.problem import Conflict, Refused
from models.findings import Finding
from models.register import FilingRow
from models.values import digest
from models.vocabulary import Severity
from regulation import lodging
from regulation.reading import finding

TOGETHER = 50
"""How many alliances are entered in one transaction: short enough that nobody who writes beside it waits long."""

AT_ONCE = 2
"""How many such portions are under way: while one is started the next is entered."""


class Outcome(StrEnum):
    """What comes of a row."""

    NEW = "可以导入"
    DONE = "已导入"
    DIFFERS = "已导入，内容不同"
    REFUSED = "不能导入"


@dataclass(frozen=True)
class Planned:
    """A row with what would come of it now, and everything found on it."""

    listed: Listed
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    new: legacy.Row | None = None

    @property
    def filing_id(self) -> str:
        """Under which id it is imported."""
        return str(self.listed.raw.get("filing_id"))


@dataclass(frozen=True)
class Summary:
    """What would come of a list in short: how many rows of each outcome, the first rows of which something is to be said, and how many more there are."""

    counts: Mapping[Outcome, int]
    worth_a_look: tuple[Planned, ...]
    more: int


def summary(planned: Sequence[Planned], most: int) -> Summary:
    """It, with so many rows at most."""
    counts = {outcome: sum(each.outcome is outcome for each in planned) for outcome in Outcome}
    worth = [each for each in planned if each.findings or each.outcome is Outcome.DIFFERS]
    return Summary(counts, tuple(worth[:most]), max(len(worth) - most, 0))


def plan(
    filings: Filings, rows: Sequence[Listed], by: Mapping[str, Any], now: datetime,
    watch: Callable[[int, int], None] = lambda done, of: None,
) -> list[Planned]:  # fmt: skip
    """What would come of every row if it were imported now. Nothing is written; it reads the register."""
    stamped = [Listed(row.number, row.raw | {"by": dict(by)}) for row in rows]
    beside = _twice(stamped)
    for number, found in _taken(filings, stamped).items():
        beside.setdefault(number, []).extend(found)
    known = _known(filings, [str(row.raw.get("filing_id")) for row in stamped])
    planned = []
    for done, row in enumerate(stamped, 1):
        planned.append(_planned(filings, row, known, beside.get(row.number, []), now))
        watch(done, len(stamped))
    return planned


def _planned(
    filings: Filings, row: Listed, known: Mapping[str, str], beside: Sequence[Finding], now: datetime
) -> Planned:
    paper = lodging.application(row.raw)
    if paper is not None and (first := known.get(str(row.raw["filing_id"]))):
        same = first == digest(paper)
        return Planned(row, Outcome.DONE if same else Outcome.DIFFERS)
    examined = filings.reception.examined(row.raw, now)
    found = (*examined.findings, *beside)
    if paper is None or examined.facts is None or any(each.severity is Severity.ERROR for each in found):
        return Planned(row, Outcome.REFUSED, found)
    return Planned(row, Outcome.NEW, found, legacy.Row(paper, examined.facts, now))


def _known(filings: Filings, ids: Iterable[str]) -> dict[str, str]:
    """Of these ids those that are filings: with the digest of what the paper says by which each began."""
    columns, papers_ = (FilingRow.metadata.tables[name].c for name in ("filings", "papers"))
    found: dict[str, str] = {}
    with filings.register.engine.connect() as db:
        for some in in_parts(ids):
            began = select(columns.filing_id, papers_.body).where(
                columns.filing_id.in_(some), papers_.digest == columns.first_paper
            )
            found |= {row.filing_id: digest(papers.read(row.body)) for row in db.execute(began)}
    return found


def _taken(filings: Filings, rows: Sequence[Listed]) -> dict[int, list[Finding]]:
    """Rows whose number another filing has."""
    numbers: dict[str, list[Listed]] = {}
    for row in rows:
        numbers.setdefault(str(_legacy(row.raw).get("archive_number")), []).append(row)
    columns, found = FilingRow.metadata.tables["filings"].c, dict[int, list[Finding]]()
    with filings.register.engine.connect() as db:
        for some in in_parts(numbers):
            held = select(columns.archive_number, columns.filing_id).where(columns.archive_number.in_(some))
            for number, filing_id in db.execute(held):
                said = finding("A-02", "/legacy/archive_number", Severity.ERROR, f"备案编号 {number} 已属于另一备案")
                found |= {row.number: [said] for row in numbers[number] if filing_id != row.raw.get("filing_id")}
    return found


def _twice(rows: Sequence[Listed]) -> dict[int, list[Finding]]:
    """Rows of the same name, number or id as an earlier one."""
    found: dict[int, list[Finding]] = {}
    for at, label in (("/alliance_name", "联盟名称"), ("/archive_number", "备案编号"), ("/filing_id", "备案申请编号")):
        first: dict[str, int] = {}
        for row in rows:
            value = (row.raw | _legacy(row.raw)).get(at[1:])
            if isinstance(value, str) and first.setdefault(value, row.number) != row.number:
                said = f"{label}与第{first[value]}行相同"
                found.setdefault(row.number, []).append(finding("A-02", at, Severity.ERROR, said))
    return found


def _legacy(raw: Mapping[str, Any]) -> dict[str, Any]:
    legacy = raw.get("legacy")
    return legacy if isinstance(legacy, dict) else {}


async def carry_out(
    filings: Filings,
    planned: Sequence[Planned],
    watch: Callable[[int, int], None] = lambda done, of: None,
    refused: dict[int, tuple[Finding, ...]] | None = None,
    submit: Callable[[Mapping[str, Any]], Awaitable[object]] | None = None,
    note: Callable[[Sequence[str]], object] = lambda filing_ids: None,
) -> dict[int, tuple[Finding, ...]]:
    """Import every row that can be; by their numbers those that were `refused` after all, each with why. May be repeated.

    Rows are entered a portion at a time, of which `note` is told; where something speaks against a portion its rows are submitted one by
    one.
    """
    refused, submit = {} if refused is None else refused, submit or filings.submit
    new = [(each, each.new) for each in planned if each.new]
    portions = iter(in_portions(new, TOGETHER))
    entering, done = asyncio.Lock(), 0

    async def alone(each: Planned) -> None:
        try:
            await submit(each.listed.raw)
        except Refused as error:
            refused[each.listed.number] = error.refusal.findings or _said(error.refusal.message)
        except Conflict:
            refused[each.listed.number] = _said("同一编号已导入，内容不同")

    async def portion_by_portion() -> None:
        nonlocal done
        for portion in portions:
            rows = [row for _, row in portion]
            try:
                async with entering:
                    docket = await asyncio.to_thread(legacy.enter, filings, rows)
            except legacy.NotTogether:
                for each, _ in portion:
                    await alone(each)
            else:
                await asyncio.to_thread(note, [row.facts.filing for row in rows])
                await legacy.start(filings, rows, docket)
            done += len(portion)
            watch(done, len(new))

    there = [each.filing_id for each in planned if each.outcome in (Outcome.DONE, Outcome.DIFFERS)]
    await legacy.start_missing(filings, there)
    await asyncio.gather(*(portion_by_portion() for _ in range(AT_ONCE)))
    return refused


def _said(message: str) -> tuple[Finding, ...]:
    return (finding("A-02", "", Severity.ERROR, message),)
