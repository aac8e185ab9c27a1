"""用时: how long filings stay with whom, in working days.

Stays are told from entries of a bounded sample: of each city the filings with the highest ids, `SAMPLE` in all, so that they
are told as quickly at 100,000 filings as at a hundred.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from math import ceil

from sqlalchemy import ColumnElement, Engine, select
from sqlmodel import Session, col

from activities.database import in_parts, reading
from activities.lists import within
from models.register import EntryRow, FilingRow
from models.values import Named, last_day_until
from models.vocabulary import ActKind, Kind, Stage
from regulation import offices
from regulation.calendar import CALENDARS, days_left
from regulation.lifecycle import APPLYING, TABLE

SAMPLE = 3000
"""How many filings are looked at for stays, in all cities together."""

YEAR = 365
"""Stays that ended within so many days are counted."""


class Actor(Named):
    """With whom a filing stays, in the order of a life."""

    REVIEWER = "reviewer", "市或高新区审核"
    IIT = "iit", "工信部门会审"
    LEADER = "leader", "盟主企业补正"
    NOTICE = "notice", "公示期"
    PROVINCE = "province", "省厅入库"


WITH: Mapping[str, Actor] = {
    Stage.SUBMITTED: Actor.REVIEWER,
    Stage.UNDER_REVIEW: Actor.REVIEWER,
    Stage.REVIEW_PASSED: Actor.REVIEWER,
    Stage.NOTICE_CLEARED: Actor.REVIEWER,
    Stage.RETURNED: Actor.LEADER,
    Stage.ON_NOTICE: Actor.NOTICE,
    Stage.AT_PROVINCE: Actor.PROVINCE,
}
"""With whom a filing is in each stage; the 工信 department has it beside the reviewer."""

MOVING = {
    "submit",
    ActKind.GIVE_IIT_OPINION.value,
    *(row.event.value for row in TABLE for stage in APPLYING if row.moves.get(stage, frozenset()) - {stage}),
}
"""The entries by which a filing may come to somebody else."""


@dataclass(frozen=True)
class Spent:
    """Working days that filings spent with one actor, each filing's stays added up."""

    days: tuple[int, ...]

    @property
    def filings(self) -> int:
        return len(self.days)

    @cached_property
    def mean(self) -> float:
        """Working days a filing, on average."""
        return sum(self.days) / len(self.days)

    @cached_property
    def ninety(self) -> int:
        """Nine filings of ten took no longer."""
        return sorted(self.days)[ceil(0.9 * len(self.days)) - 1]


@dataclass(frozen=True)
class Stays:
    """How long filings stayed with whom, over all and by city; `sampled` filings of at most `bound` a city."""

    over_all: Mapping[Actor, Spent]
    by_city: Mapping[str, Mapping[Actor, Spent]]
    sampled: int
    bound: int
    bounded: bool


def stays(engine: Engine, scope: offices.Scope, today: date, kind: Kind | None = None) -> Stays:
    """How long filings stayed with whom, by the stays that ended within a year."""
    cities = [scope.jurisdiction] if scope.jurisdiction else _cities(scope)
    bound = SAMPLE // len(cities)
    since = today - timedelta(days=YEAR)
    found: dict[str, dict[Actor, list[int]]] = {}
    sampled, bounded = 0, False
    with reading(engine) as session:
        for city in cities:
            filings = _latest(session, scope, city, kind, bound)
            sampled, bounded = sampled + len(filings), bounded or len(filings) == bound
            found[city] = _spent(session, city, filings, since, CALENDARS.newest(today))
    over_all: dict[Actor, list[int]] = defaultdict(list)
    for of_city in found.values():
        for actor, days in of_city.items():
            over_all[actor] += days
    by_city = {city: _sums(spent) for city, spent in found.items() if spent}
    return Stays(_sums(over_all), by_city, sampled, bound, bounded)


def _of_kind(kind: Kind | None) -> list[ColumnElement[bool]]:
    return [col(FilingRow.kind) == kind.value] if kind else []


def _cities(scope: offices.Scope) -> list[str]:
    """The cities of a scope without a city of its own: a zone's, or all."""
    return [offices.ZONES[scope.zone].city] if scope.zone else list(offices.OFFICES)


def _latest(session: Session, scope: offices.Scope, city: str, kind: Kind | None, limit: int) -> list[str]:
    """The filings of a city with the highest ids."""
    name = col(FilingRow.filing_id)
    query = select(name).where(col(FilingRow.jurisdiction) == city, within(scope), *_of_kind(kind))
    return [each for (each,) in session.connection().execute(query.order_by(name.desc()).limit(limit))]


def _spent(session: Session, city: str, filings: Sequence[str], since: date, calendar: str) -> dict[Actor, list[int]]:
    """What the filings of a city spent with each actor, one sum a filing."""
    spent: dict[Actor, list[int]] = defaultdict(list)
    columns = (col(EntryRow.filing_id), col(EntryRow.at), col(EntryRow.stage), col(EntryRow.kind))
    for some in in_parts(filings):
        mine = col(EntryRow.filing_id).in_(some)
        entries = select(*columns).where(mine, col(EntryRow.refused).is_(None))
        told = session.connection().execute(entries.order_by(columns[0], col(EntryRow.number)))
        for _, life in groupby(told, key=lambda entry: entry[0]):
            sums: Counter[Actor] = Counter()
            # which entries move a filing is asked here, for SQLite would find them by the index of kinds, in every filing
            for actor, begun, ended in stays_of(
                (last_day_until(at), stage, kind) for _, at, stage, kind in life if kind in MOVING
            ):
                if ended >= since:
                    sums[actor] += max(0, days_left(calendar, city, begun, ended))
            for actor, days in sums.items():
                spent[actor].append(days)
    return spent


def stays_of(life: Iterable[tuple[date, str, str]]) -> Iterator[tuple[Actor, date, date]]:
    """Who had a filing from which day to which, from its entries (day, stage after it, kind); only what has ended."""
    holder: Actor | None = None
    stage = ""
    since = iit_since = date.min
    for day, stage_after, kind in life:
        if kind == ActKind.GIVE_IIT_OPINION and stage == Stage.UNDER_REVIEW:
            yield Actor.IIT, iit_since, day
        if stage_after == Stage.UNDER_REVIEW != stage:
            iit_since = day
        holds = WITH.get(stage_after)
        if holds is not holder:
            if holder:
                yield holder, since, day
            holder, since = holds, day
        stage = stage_after


def _sums(spent: Mapping[Actor, Sequence[int]]) -> dict[Actor, Spent]:
    return {actor: Spent(tuple(spent[actor])) for actor in Actor if spent.get(actor)}
