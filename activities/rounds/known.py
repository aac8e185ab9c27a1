"""What the rules of rounds ask of the register (`regulation.rounds.known`), answered in few statements."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from activities import papers
from activities.database import in_parts
from models.acts import UrgeReport
from models.filing import Filing
from models.register import AnnualReportRow, EntryRow, FilingRow, Paper, RoundItemRow, RoundRow
from models.rounds.base import Area, RoundKind
from models.rounds.round import Round
from models.values import day_of
from models.vocabulary import ActKind, Kind, ReportState, Stage, YearStatus
from regulation import codes, entries, lifecycle
from regulation.moment import Moment
from regulation.reporting import SHOWN
from regulation.rounds.known import FILED, Alliance, Known, KnownItem, KnownReport, Needs

FILINGS, REPORTS, ITEMS, ROUNDS, ENTRIES, PAPERS = (
    model.metadata.tables[model.__tablename__].c
    for model in (FilingRow, AnnualReportRow, RoundItemRow, RoundRow, EntryRow, Paper)
)

ALLIANCES = select(
    FILINGS.filing_id, FILINGS.kind, FILINGS.stage, FILINGS.jurisdiction, FILINGS.zone, FILINGS.leader,
    FILINGS.alliance_name, FILINGS.leader_name, FILINGS.technical_field, FILINGS.archive_number, FILINGS.archived_on,
    FILINGS.submitted_at, FILINGS.number, FILINGS.named,
).order_by(FILINGS.filing_id)  # fmt: skip
SOME = FILINGS.filing_id.in_(bindparam("some", expanding=True))
OF_NAMES, PRESENT = ALLIANCES.where(SOME), select(FILINGS.filing_id, FILINGS.value).where(SOME)
OF_ROUND = (
    select(ITEMS.filing_id.table).where(ITEMS.round_id == bindparam("of"), ITEMS.current).order_by(ITEMS.filing_id)
)
OF_ROUND_AND_NAMES = OF_ROUND.where(ITEMS.filing_id.in_(bindparam("some", expanding=True)))
"""What is asked about one alliance, at every act on one, is asked by statements that are built once."""


def answer(db: Connection, needs: Needs, area: Area | None) -> Known:
    """What the register knows of all that was asked for; the population is of an area."""
    alliances = {each.id: each for each in _alliances(db, needs, area)}
    narrowed = tuple(needs.filings) if needs.filings and not needs.population else None
    of = (
        (*needs.items, *db.scalars(select(ROUNDS.round_id).where(_of(needs.items_of))))
        if needs.items_of
        else needs.items
    )
    found = {each: {item.filing_id: item for item in items(db, each, narrowed)} for each in of}
    reports = dict(_reports(db, needs, narrowed, alliances))
    behind = (item.paper for each in needs.behind_items for item in found.get(each, {}).values() if item.paper)
    return Known(
        alliances=alliances,
        items=found,
        rounds={each.id: each for each in _rounds(db, needs)},
        reports=reports,
        inspected=dict(_inspected(db, alliances)) if needs.inspected else {},
        papers=papers.contents(db, {*needs.papers, *behind}),
        applications={each: papers.content(db, key) for each, key in _present(db, needs.applications)},
        naming={code: frozenset(_naming(db, code)) for code in needs.naming},
        takes=frozenset(_takes(db, needs.tries, reports)) if needs.tries else frozenset(),
        to_evaluate=_to_evaluate(db, area, needs.to_evaluate) if area and needs.to_evaluate else 0,
        continuing=frozenset(_continuing(db, area, needs.continuing)) if area and needs.continuing else frozenset(),
    )


def _continuing(db: Connection, area: Area, year: int) -> Iterator[str]:
    """Who was archived after a year and goes on from an earlier filing (G-32)."""
    late = (FILINGS.archived_on > date(year, 12, 31), *lies_in(area))
    for filing_id, value in db.execute(select(FILINGS.filing_id, FILINGS.value).where(*late)):
        if json.loads(value).get("continues"):
            yield filing_id


def _to_evaluate(db: Connection, area: Area, year: int) -> int:
    """How many alliances of an area are evaluated for a year: `evaluation_judging.may_be_evaluated`, asked of all of them."""
    archived = or_(FILINGS.archived_on.is_(None), FILINGS.archived_on <= date(year, 12, 31))
    stands = and_(FILINGS.stage.in_([each.value for each in FILED]), FILINGS.kind == Kind.A.value, archived)
    return db.scalars(select(func.count()).where(stands, *lies_in(area))).one()


def _takes(db: Connection, act: UrgeReport, reports: Mapping[tuple[str, int], KnownReport]) -> Iterator[str]:
    """The filings that owe a year and would take an act about it, as they stand when it is received."""
    if act.received_at is None:
        return
    now = Moment(act.received_at, act.received_at)
    owing = [
        of for (of, year), told in reports.items() if year == act.year and told.state in SHOWN["unreported"].states
    ]
    for some in in_parts(owing):
        for row in db.execute(PRESENT, {"some": some}):
            filing = entries.projected(Filing.model_validate_json(row.value), now)
            if lifecycle.check(filing, act, now) is None:
                yield row.filing_id


def _of(rounds: Collection[tuple[RoundKind, int]]) -> ColumnElement[bool]:
    """Whether a round is of one of these kinds and years."""
    return or_(*(and_(ROUNDS.kind == kind.value, ROUNDS.year == year) for kind, year in rounds))


def _present(db: Connection, filings: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The paper of each of these filings' application as it stands."""
    for some in in_parts(filings):
        for row in db.execute(PRESENT, {"some": some}):
            yield row.filing_id, json.loads(row.value)["paper"]


def _naming(db: Connection, code: str) -> Iterator[str]:
    """Filings whose leader has a code, or whose application as it stands names it among the members."""
    owners = select(PAPERS.filing_id).where(PAPERS.body.contains(code, autoescape=True)).distinct()
    near = or_(FILINGS.leader == code, FILINGS.filing_id.in_(owners))
    for row in db.execute(select(FILINGS.filing_id, FILINGS.leader, FILINGS.value).where(near)):
        form = papers.content(db, json.loads(row.value)["paper"])
        members = {codes.normalised(str(each.get("code"))) for each in form.get("members") or ()}
        if code in {row.leader, *members}:
            yield row.filing_id


INSPECTED = {ActKind.RECORD_INSPECTION.value: "inspected_on", ActKind.RECORD_SURVEY.value: "surveyed_on"}
"""Entries that tell of an inspection or a visit, and their day."""


def _inspected(db: Connection, alliances: Collection[str]) -> Iterator[tuple[str, date]]:
    """When each of the alliances was last inspected or visited; in rounds too, for they lead to these entries."""
    query = select(ENTRIES.filing_id, ENTRIES.kind, ENTRIES.body).where(
        ENTRIES.kind.in_(INSPECTED), ENTRIES.refused.is_(None)
    )
    last: dict[str, date] = {}
    for row in db.execute(query):
        day = date.fromisoformat(json.loads(row.body)["event"][INSPECTED[row.kind]])
        last[row.filing_id] = max(day, last.get(row.filing_id, day))
    return ((each, day) for each, day in last.items() if each in alliances)


def _alliances(db: Connection, needs: Needs, area: Area | None) -> Iterator[Alliance]:
    if needs.population and area:
        stands = FILINGS.stage.in_([stage.value for stage in needs.stages])
        yield from map(alliance_of, db.execute(ALLIANCES.where(stands, *lies_in(area))))
    for some in in_parts(needs.filings):
        yield from map(alliance_of, db.execute(OF_NAMES, {"some": some}))


def lies_in(area: Area) -> Iterator[ColumnElement[bool]]:
    """Whether an alliance lies in an area."""
    if area.kind:
        yield FILINGS.kind == area.kind.value
    if area.jurisdiction:
        yield FILINGS.jurisdiction == area.jurisdiction
    if area.zone:
        yield FILINGS.zone == area.zone


def alliance_of(row: Any) -> Alliance:
    """A filing's row as rounds see it."""
    return Alliance(
        id=row.filing_id, kind=Kind(row.kind), stage=Stage(row.stage), jurisdiction=row.jurisdiction, zone=row.zone,
        leader=row.leader, name=row.alliance_name, leader_name=row.leader_name, technical_field=row.technical_field,
        archive_number=row.archive_number, archived_on=row.archived_on, number=row.number,
        tags=tuple((row.named or "").split()),
        submitted_on=day_of(row.submitted_at),
    )  # fmt: skip


def items(db: Connection, round_id: str, filings: Sequence[str] | None = None) -> Iterator[KnownItem]:
    """What a round's last entries made of alliances: of all, or of some."""
    query, some = (OF_ROUND, {}) if filings is None else (OF_ROUND_AND_NAMES, {"some": filings})
    for row in db.execute(query, {"of": round_id, **some}):
        yield KnownItem(row.filing_id, row.state, json.loads(row.figures), row.number, row.paper, row.at)


def _rounds(db: Connection, needs: Needs) -> Iterator[Round]:
    if not needs.rounds:
        return
    for value in db.scalars(select(ROUNDS.value).where(_of(needs.rounds)).order_by(ROUNDS.round_id)):
        yield Round.model_validate_json(value)


def _reports(
    db: Connection, needs: Needs, narrowed: Sequence[str] | None, alliances: dict[str, Alliance]
) -> Iterator[tuple[tuple[str, int], KnownReport]]:
    if not needs.reports:
        return
    query = select(REPORTS.filing_id.table)
    query = query.where(REPORTS.year.in_(needs.reports))
    if narrowed is not None:
        query = query.where(REPORTS.filing_id.in_(narrowed))
    for row in db.execute(query):
        if row.filing_id in alliances:
            yield (
                (row.filing_id, row.year),
                KnownReport(
                    YearStatus(row.status), row.filed_at, row.paper, ReportState(row.state), row.urged_at, row.due
                ),
            )
