"""全景: how many filings are in which step on the way from submission to the register, what of it is late and where, and how long the
steps took those that arrived.

Every number is that of a list (`on_file`, `applying`, `passed`, `late_at`, `archived_between`): who follows it sees exactly so many rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from statistics import median

from sqlalchemy import ColumnElement, Engine, and_, func, select

from activities.database import in_parts
from activities.lists import FILINGS, along_another_index, within
from activities.rows import duties_of
from models.register import EntryRow
from models.values import last_day_until
from models.vocabulary import Kind, Role, Stage
from regulation import offices
from regulation.calendar import CALENDARS, days_left
from regulation.lifecycle import APPLYING, FILED

ENTRIES = EntryRow.metadata.tables["entries"]

STEPS: Mapping[Stage, str] = {
    Stage.SUBMITTED: "受理",
    Stage.UNDER_REVIEW: "审核",
    Stage.RETURNED: "补正",
    Stage.REVIEW_PASSED: "推荐后公示",
    Stage.ON_NOTICE: "公示",
    Stage.NOTICE_CLEARED: "报省",
    Stage.AT_PROVINCE: "入库审核",
}
"""The steps from submission to the register, by the stage in which a filing is meanwhile, in their order."""

LOOKED_AT = 5_000
"""Of how many filings at most it is told how long the steps took: those that were archived last."""

YEAR = timedelta(days=365)


# Conditions that lists and this picture share


def on_file() -> ColumnElement[bool]:
    """在册: the alliances on file, a revocation under way or not."""
    return FILINGS.c.stage.in_([each.value for each in FILED])


def applying() -> ColumnElement[bool]:
    """在办: whatever is on its way to the register."""
    return FILINGS.c.stage.in_([each.value for each in APPLYING])


def late_at(role: Role, office: str) -> ColumnElement[bool]:
    """On which a post is late with something, as `rows.waiting_columns` writes it."""
    return and_(
        FILINGS.c.overdue.is_not(None), FILINGS.c.overdue.contains(f'["{role.value}","{office}",', autoescape=True)
    )


def archived_between(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """What came into the register on these days."""
    at = FILINGS.c.archived_on
    return [*([at >= first] if first else []), *([at <= last] if last else [])]


def passed(stage: Stage) -> ColumnElement[bool]:
    """What was in a stage once."""
    of_it = ENTRIES.c.filing_id == FILINGS.c.filing_id
    there = select(1).where(of_it, ENTRIES.c.stage == stage.value, ENTRIES.c.refused.is_(None))
    return there.correlate(FILINGS).exists()


# What is counted


@dataclass(frozen=True)
class Place:
    """What lies in one jurisdiction: on file, on its way, and how much of either some office is late with."""

    on_file: int = 0
    applying: int = 0
    late: int = 0


@dataclass(frozen=True)
class Picture:
    """Where all filings stand: by jurisdiction, by stage, and which offices are late on how many."""

    places: Mapping[str, Place]
    stages: Counter[str] = field(default_factory=Counter)
    late_stages: Counter[str] = field(default_factory=Counter)
    late_at: Counter[tuple[Role, str]] = field(default_factory=Counter)
    latest: Mapping[tuple[Role, str], date] = field(default_factory=dict)

    @property
    def on_file(self) -> int:
        """How many alliances are on file."""
        return sum(each.on_file for each in self.places.values())

    @property
    def applying(self) -> int:
        """How many filings are on their way."""
        return sum(each.applying for each in self.places.values())

    @property
    def late(self) -> int:
        """How many filings some office is late with."""
        return sum(each.late for each in self.places.values())


def picture(engine: Engine, scope: offices.Scope, kind: Kind | None = None, jurisdiction: str | None = None) -> Picture:
    """Where all filings stand that somebody sees, in two questions."""
    facts = _facts(scope, kind, jurisdiction)
    place, stage, overdue = FILINGS.c.jurisdiction, FILINGS.c.stage, FILINGS.c.overdue
    standing = select(place, stage, func.count()).where(*facts).group_by(place, stage)
    # few are late: they are found by what is overdue, not place by place
    late_place = along_another_index(place).label("place")
    late = select(late_place, stage, overdue, func.count()).where(overdue.is_not(None), *facts)
    late = late.group_by(late_place, stage, overdue)
    filed, on_way = {each.value for each in FILED}, {each.value for each in APPLYING}
    places: dict[str, Counter[str]] = defaultdict(Counter)
    stages, late_stages = Counter[str](), Counter[str]()
    posts, latest = Counter[tuple[Role, str]](), dict[tuple[Role, str], date]()
    with engine.connect() as db:
        for where, name, count in db.execute(standing):
            stages[name] += count
            places[where]["on_file" if name in filed else "applying" if name in on_way else "over"] += count
        for where, name, told, count in db.execute(late):
            late_stages[name] += count
            places[where]["late"] += count
            for post, last in _of_posts(told).items():
                posts[post] += count
                latest[post] = min(last, latest.get(post, last))
    of_places = {where: Place(told["on_file"], told["applying"], told["late"]) for where, told in places.items()}
    return Picture(of_places, stages, late_stages, posts, latest)


def _facts(scope: offices.Scope, kind: Kind | None, jurisdiction: str | None) -> list[ColumnElement[bool]]:
    told = [within(scope)]
    told += [FILINGS.c.kind == kind.value] if kind else []
    return [*told, *([FILINGS.c.jurisdiction == jurisdiction] if jurisdiction else [])]


def _of_posts(told: str) -> dict[tuple[Role, str], date]:
    """Which posts are late on a filing, and since which last day; each once, with however many duties."""
    found: dict[tuple[Role, str], date] = {}
    for each in duties_of(told):
        found[each.role, each.office] = min(each.last, found.get((each.role, each.office), each.last))
    return found


@dataclass(frozen=True)
class Spent:
    """How long one step took: of how many filings, half of them no longer than so many working days, and the longest, of which filing."""

    filings: int
    median: float
    longest: int
    of: str


@dataclass(frozen=True)
class Journey:
    """How long the steps took those that came into the register between two days; `filings` of them, at most `LOOKED_AT` looked at."""

    first: date
    last: date
    filings: int
    looked_at: int
    steps: Mapping[Stage, Spent]
    whole: Spent | None


def days_of(today: date) -> tuple[date, date]:
    """Of which days journeys are told: of the year that ended yesterday, for today is not over."""
    return today - YEAR, today - timedelta(days=1)


def arrived(
    engine: Engine, scope: offices.Scope, today: date, kind: Kind | None = None, jurisdiction: str | None = None
) -> int:
    """How many came into the register within a year."""
    facts = [*_facts(scope, kind, jurisdiction), *archived_between(*days_of(today))]
    with engine.connect() as db:
        return db.scalar(select(func.count()).select_from(FILINGS).where(*facts)) or 0


def journey(
    engine: Engine, scope: offices.Scope, today: date, kind: Kind | None = None, jurisdiction: str | None = None
) -> Journey:
    """How long the steps took whatever came into the register within a year."""
    first, last = days_of(today)
    at, name = FILINGS.c.archived_on, FILINGS.c.filing_id
    facts = [*_facts(scope, kind, jurisdiction), *archived_between(first, last)]
    query = select(name, FILINGS.c.jurisdiction).where(*facts).order_by(at.desc(), name)
    spent: dict[Stage, list[tuple[int, str]]] = defaultdict(list)
    wholes: list[tuple[int, str]] = []
    calendar = CALENDARS.newest(today)
    with engine.connect() as db:
        cities = {row.filing_id: row.jurisdiction for row in db.execute(query.limit(LOOKED_AT))}
        count = db.scalar(select(func.count()).select_from(FILINGS).where(*facts)) or 0
        for some in in_parts(cities):
            e = ENTRIES.c
            told = select(e.filing_id, e.at, e.stage).where(e.filing_id.in_(some), e.refused.is_(None))
            for filing_id, life in groupby(db.execute(told.order_by(e.filing_id, e.number)), key=lambda row: row[0]):
                stays, whole = _stays(
                    [(last_day_until(each.at), each.stage) for each in life], calendar, cities[filing_id]
                )
                for stage, days in stays.items():
                    spent[Stage(stage)].append((days, filing_id))
                if stays:
                    wholes.append((whole, filing_id))
    steps = {stage: _sum(spent[stage]) for stage in STEPS if spent.get(stage)}
    return Journey(first, last, count, len(cities), steps, _sum(wholes) if wholes else None)


def _stays(life: Sequence[tuple[date, str]], calendar: str, city: str) -> tuple[Counter[str], int]:
    """Working days that a filing was in each step until it was archived, added up; and on the whole."""
    spent: Counter[str] = Counter()
    stage, since, begun = "", date.min, date.max
    for day, after in life:
        if stage in STEPS:
            spent[stage] += _days(calendar, city, since, day) if after != stage else 0
        if after != stage:
            stage, since = after, day
        begun = min(begun, day)
        if after not in STEPS and spent:
            return spent, _days(calendar, city, begun, day)
    return spent, _days(calendar, city, begun, since) if spent else 0


@lru_cache(maxsize=20_000)
def _days(calendar: str, city: str, begun: date, ended: date) -> int:
    return max(0, days_left(calendar, city, begun, ended))


def _sum(told: Iterable[tuple[int, str]]) -> Spent:
    found = list(told)
    days, longest = max(found, key=lambda each: (each[0], each[1]))
    return Spent(len(found), median(each for each, _ in found), days, longest)
