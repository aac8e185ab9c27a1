"""The figures of the register, counted: each table that is drawn, shown behind its picture, and handed out as open data.

Counts are made by the database. Members and research are told by applications, which are read one by one; nothing of a
single alliance is told that its application does not make public (G-04b): amounts only by interval.
"""

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, SQLColumnExpression, and_, case, extract, func, select
from sqlmodel import col

from activities.database import reading
from activities.lists import along_another_index, within
from activities.pictures.datasets import Dataset, Datum, Field
from activities.pictures.stays import Stays, stays
from activities.year_board import Board, YearBoard
from models.forms import FIELDS
from models.register import EntryRow, FilingRow, Paper, PublicNoticeRow, RoundItemRow, RoundRow
from models.rounds.base import RoundKind, RoundStage
from models.values import at_hour
from models.vocabulary import Kind, Stage
from regulation import offices
from regulation.reporting import SHOWN, Tally
from regulation.rounds.subsidising import LISTED

T = TypeVar("T")

Rows = Sequence[tuple[Datum, ...]]

FIRST = 2021
"""The year of the guideline: nothing was applied for before."""

AT_ONCE = 400
"""How many applications are read at once."""

OTHER = "其他"
"""The technical field of whoever chose none of the eight (G-34)."""

IN_FORCE = (Stage.IN_FORCE.value, Stage.REVOCATION_PENDING.value)

ENDS: Mapping[str, str] = {
    "revocation": "revoked", "deregistration": "deregistered", "continuation": "continued",
    "restoration": "restored", "revocation_undone": "undone",
}  # fmt: skip
"""What is published of an end, or of what undoes one, and the column in which it is counted."""

INTERVALS = tuple(Decimal(each) for each in (100, 500, 1000, 5000))
"""Where intervals of money begin, in 万元; what lies on a bound belongs to the higher one."""

CITY = (
    Field("city_code", "属地代码", "string", meaning="GB/T 2260 行政区划代码；沈抚示范区为 21SF00"),
    Field("city", "所在市", "string"),
)
YEAR = Field("year", "年份")
KINDS = (
    Field("kind_a", "普通类", unit="个", meaning=Kind.A.label),
    Field("kind_b", "提升类", unit="个", meaning=Kind.B.label),
)


@dataclass(frozen=True)
class Counting:
    """The figures of one register as of a day: of everything, or of what a post sees, of one kind or both."""

    engine: Engine
    today: date
    scope: offices.Scope | None = None
    kind: Kind | None = None

    @property
    def within(self) -> list[ColumnElement[bool]]:
        """What is counted, as conditions."""
        kind = [col(FilingRow.kind) == self.kind.value] if self.kind else []
        return [*([within(self.scope)] if self.scope else []), *kind]

    @property
    def archived(self) -> list[ColumnElement[bool]]:
        """Whatever was archived has a number."""
        return [col(FilingRow.archive_number) > "", *self.within]

    @property
    def in_force(self) -> list[ColumnElement[bool]]:
        """The alliances on file."""
        return [*self.archived, along_another_index(col(FilingRow.stage)).in_(IN_FORCE)]

    @property
    def cities(self) -> Mapping[str, str]:
        """The jurisdictions that there may be something of."""
        if self.scope and (self.scope.jurisdiction or self.scope.zone):
            code = self.scope.jurisdiction or offices.ZONES[str(self.scope.zone)].city
            return {code: offices.CITIES[code]}
        return offices.CITIES

    # On file

    def by_city(self) -> Dataset:
        """在册联盟，按属地."""
        counted = {city: Counter[str]() for city in self.cities}
        for city, kind, count in self._counted(col(FilingRow.jurisdiction), col(FilingRow.kind), where=self.in_force):
            counted.setdefault(city, Counter())[kind] += count
        rows: Rows = [(code, _city(code), kinds.total(), *_by_kind(kinds)) for code, kinds in counted.items()]
        fields = (*CITY, Field("alliances", "在册联盟", unit="个"), *KINDS)
        return self._table("alliances-by-city", "在册联盟：按属地", "已备案入库、未撤销或注销的联盟。", fields, rows)

    def by_field(self) -> Dataset:
        """在册联盟，按技术领域."""
        counted = {each: Counter[str]() for each in (*FIELDS, OTHER)}
        facts = (col(FilingRow.technical_field), col(FilingRow.kind))
        for field, kind, count in self._counted(*facts, where=self.in_force):
            counted[field if field in FIELDS else OTHER][kind] += count
        rows: Rows = [(field, *_by_kind(kinds)) for field, kinds in counted.items()]
        fields = (Field("field", "技术领域", "string"), *KINDS)
        return self._table(
            "alliances-by-field", "在册联盟：按技术领域", "已备案入库、未撤销或注销的联盟。", fields, rows
        )

    # Over the years

    def by_year(self) -> Dataset:
        """申请、入库、退出和年末在册."""
        applied, archived = self._applied(), self._archived_in()
        ended: dict[int, Counter[str]] = defaultdict(Counter)
        kind, day = col(PublicNoticeRow.kind), col(PublicNoticeRow.shown_from)
        of_these = [kind.in_(ENDS), day <= self.today]
        if self.within:
            of_these.append(col(PublicNoticeRow.filing_id).in_(select(col(FilingRow.filing_id)).where(*self.within)))
        for year, what, count in self._counted(extract("year", day), kind, where=of_these):
            ended[int(year)][ENDS[what]] += count
        rows: list[tuple[Datum, ...]] = []
        on_file = 0
        for year in range(
            min({*applied, *archived, *ended}, default=1), max({*applied, *archived, *ended}, default=0) + 1
        ):
            of = ended[year]
            on_file += archived[year] - sum(of[each] for each in GONE) + of["restored"] + of["undone"]
            rows.append((year, applied[year], archived[year], *(of[each] for each in ENDS.values()), on_file))
        fields = (
            YEAR,
            Field("applied", "申请", unit="件", meaning="当年首次提交的备案申请，不含导入的存量联盟"),
            Field("archived", "备案入库", unit="个"),
            Field("revoked", "撤销备案", unit="个"),
            Field("deregistered", "自愿注销", unit="个"),
            Field("continued", "由新备案承接", unit="个"),
            Field("restored", "恢复备案", unit="个"),
            Field("undone", "撤销终止", unit="个", meaning="公告撤销之后又被撤回的"),
            Field("on_file", "年末在册", unit="个", meaning="当年年末的在册联盟；本年为截至统计日"),
        )
        note = "按登记之日的年份统计；年末在册＝上年末在册＋备案入库＋恢复备案＋撤销终止－撤销备案－自愿注销－由新备案承接。"
        return self._table("alliances-by-year", "申请、入库、退出和年末在册", note, fields, rows)

    def _applied(self) -> Counter[int]:
        """First submissions by the Shanghai year; alliances from before were not applied for here."""
        at, stage = col(EntryRow.at), col(EntryRow.stage)
        where = [col(EntryRow.kind) == "submit", col(EntryRow.number) == 1, stage != Stage.IN_FORCE]
        if self.within:
            where.append(col(EntryRow.filing_id).in_(select(col(FilingRow.filing_id)).where(*self.within)))
        years = range(FIRST, self.today.year + 1)
        begins = {year: at_hour(date(year, 1, 1), 0) for year in (*years, years.stop)}
        within_year = [case((and_(at >= begins[year], at < begins[year + 1]), 1), else_=0) for year in years]
        with reading(self.engine) as session:
            found = session.connection().execute(select(*(func.sum(each) for each in within_year)).where(*where)).one()
        return +Counter({year: count or 0 for year, count in zip(years, found, strict=True)})

    def _archived_in(self) -> Counter[int]:
        year = extract("year", col(FilingRow.archived_on))
        return Counter({int(each): count for each, count in self._counted(year, where=self.archived)})

    def by_city_and_year(self) -> Dataset:
        """备案入库，按属地和年份."""
        counted = self._over_years(col(FilingRow.jurisdiction))
        years = _span(year for _, year in counted)
        rows = [(code, city, year, counted[code, year]) for code, city in self.cities.items() for year in years]
        fields = (*CITY, YEAR, Field("archived", "备案入库", unit="个"))
        return self._table("archived-by-city-and-year", "历年备案入库：按属地", "含后来撤销或注销的。", fields, rows)

    def by_field_and_year(self) -> Dataset:
        """备案入库，按技术领域和年份."""
        counted: Counter[tuple[str, int]] = Counter()
        for (field, year), count in self._over_years(col(FilingRow.technical_field)).items():
            counted[field if field in FIELDS else OTHER, year] += count
        years = _span(year for _, year in counted)
        rows = [(field, year, counted[field, year]) for field in (*FIELDS, OTHER) for year in years]
        fields = (Field("field", "技术领域", "string"), YEAR, Field("archived", "备案入库", unit="个"))
        return self._table(
            "archived-by-field-and-year", "历年备案入库：按技术领域", "含后来撤销或注销的。", fields, rows
        )

    def _over_years(self, fact: SQLColumnExpression[Any]) -> Counter[tuple[str, int]]:
        year = extract("year", col(FilingRow.archived_on))
        return Counter({(each, int(in_)): count for each, in_, count in self._counted(fact, year, where=self.archived)})

    # Reports

    def reports(self, until: int | None = None) -> Dataset:
        """年度报送，按年度, of all of them or until one."""
        years = (year for year in self._boards.years()[::-1] if until is None or year <= until)
        totals = {year: self._board(year).total for year in years}
        rows = [(year, *_reported(tally)) for year, tally in totals.items() if tally["expected"] or tally["excused"]]
        return self._table("reports-by-year", "年度报送：按年度", REPORTS_NOTE, (YEAR, *REPORTED), rows)

    def reports_by_city(self) -> Dataset:
        """年度报送，最近一个年度按属地."""
        boards = (self._board(year) for year in self._boards.years())
        return self.reports_of(next((each for each in boards if each.total.rate is not None), None))

    def reports_of(self, board: Board | None) -> Dataset:
        """年度报送，一个年度按属地, if there is one."""
        title = f"{board.year}年度报送：按属地" if board else "年度报送：按属地"
        rows = [
            (code, _city(code), board.year, *_reported(board.cities.get(code, Tally())))
            for code in self.cities
            if board
        ]
        return self._table("reports-by-city", title, REPORTS_NOTE, (*CITY, YEAR, *REPORTED), rows)

    @property
    def _boards(self) -> YearBoard:
        return YearBoard(self.engine)

    def _board(self, year: int) -> Board:
        return self._boards.of(year, self.scope or offices.Scope(), self.kind)

    # Time

    def days(self) -> Dataset:
        """用时."""
        return of_stays(stays(self.engine, self.scope or offices.Scope(), self.today, self.kind), self.today)

    # What applications tell

    def members(self) -> Dataset:
        """成员单位，按类型."""
        counted: Counter[str] = Counter()
        for _, form in self._applications():
            counts = form.get("counts") or {}
            told = {sort: int(counts.get(sort) or 0) for sort in SORTS}
            counted.update(told)
            counted[OTHER] += max(0, int(counts.get("total") or 0) - sum(told.values()))
        rows = [*((label, counted[sort]) for sort, label in SORTS.items()), (OTHER, counted[OTHER])]
        fields = (Field("type", "成员类型", "string"), Field("members", "成员", unit="个"))
        note = "在册联盟的成员单位（盟主计入企业）；同一单位参加几个联盟的，每个联盟各计一次。"
        return self._table("members-by-type", "成员单位：按类型", note, fields, rows)

    def research(self) -> Dataset:
        """盟主研发投入，按区间."""
        counted = [Counter[str]() for _ in range(len(INTERVALS) + 1)]
        for kind, form in self._applications():
            leader = form.get("leader") or {}
            spent = leader.get("rd_last_year") or (leader.get("last_year") or {}).get("rd")
            if spent is not None:
                counted[bisect_right(INTERVALS, Decimal(str(spent)))][kind] += 1
        rows: Rows = [(label, *_by_kind(kinds)) for label, kinds in zip(_intervals(), counted, strict=True)]
        fields = (Field("interval", "研发投入", "string", "万元"), *KINDS)
        note = "在册联盟的盟主企业，按申请表所填上一年度研发投入所在区间统计；区间含下限，不含上限。"
        return self._table("research-by-interval", "盟主企业研发投入：按区间", note, fields, rows)

    def subsidies(self) -> Dataset:
        """后补助，按年度和区间."""
        counted: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
        rounds, items = col(RoundRow.round_id), col(RoundItemRow.round_id)
        of_paid = [col(RoundRow.kind) == RoundKind.SUBSIDY, col(RoundRow.stage) == RoundStage.CLOSED]
        listed = [col(RoundItemRow.current), col(RoundItemRow.state) == LISTED]
        query = select(col(RoundRow.year), col(RoundItemRow.figures)).where(rounds == items, *of_paid, *listed)
        if self.within:
            query = query.where(col(RoundItemRow.filing_id).in_(select(col(FilingRow.filing_id)).where(*self.within)))
        with reading(self.engine) as session:
            for year, figures in session.connection().execute(query):
                told = json.loads(figures)
                counted[year, int(told["band"])].append(Decimal(told["amount"]))
        rows: Rows = [
            (f"{year}年第{band}档", len(amounts), int(sum(amounts) * YUAN))
            for (year, band), amounts in sorted(counted.items())
        ]
        fields = (
            Field("band", "年度和档次", "string", meaning="档次依该年度方案的区间，研发投入由低到高"),
            Field("alliances", "支持联盟", unit="个"),
            Field("amount", "支持金额", unit="元"),
        )
        note = "已结束的后补助轮次中列入名单的联盟，按区间定额的档次统计。"
        return self._table("subsidies-by-band", "后补助：按年度和区间", note, fields, rows)

    def _applications(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Kind and application of each alliance on file, with what a change told since."""
        query = select(col(FilingRow.kind), col(FilingRow.first_paper), col(FilingRow.value)).where(*self.in_force)
        with reading(self.engine) as session:
            found = [
                (kind, first, json.loads(value)["paper"]) for kind, first, value in session.connection().execute(query)
            ]
            for part in _batches(found, AT_ONCE):
                wanted = {paper for _, first, now in part for paper in (first, now)}
                papers = select(col(Paper.digest), col(Paper.body)).where(col(Paper.digest).in_(wanted))
                told = {key: json.loads(body) for key, body in session.connection().execute(papers)}
                for kind, first, now in part:
                    before, after = told.get(first, {}), told.get(now, {})
                    yield (
                        kind,
                        {**before, **after, "leader": {**(before.get("leader") or {}), **(after.get("leader") or {})}},
                    )

    def _table(self, key: str, title: str, note: str, fields: tuple[Field, ...], rows: Rows) -> Dataset:
        return Dataset(key, title, note, fields, tuple(rows), self.today)

    def _counted(self, *facts: SQLColumnExpression[Any], where: Sequence[ColumnElement[bool]]) -> Sequence[Any]:
        """How often each combination of facts is found."""
        with reading(self.engine) as session:
            return session.connection().execute(select(*facts, func.count()).where(*where).group_by(*facts)).all()


def of_stays(told: Stays, today: date) -> Dataset:
    """用时: how long filings stayed with whom, as a table."""
    rows = [(actor.label, each.filings, round(each.mean, 1), each.ninety) for actor, each in told.over_all.items()]
    sampled = f"备案较多，每市按编号取最后的{told.bound}件，共{told.sampled}件。" if told.bounded else ""
    note = f"近12个月内结束的各环节，每件备案在该环节停留的工作日合计。{sampled}"
    fields = (
        Field("actor", "环节", "string"),
        Field("filings", "件数", unit="件"),
        Field("mean", "平均", "number", "工作日"),
        Field("ninety", "九成不超过", unit="工作日", meaning="每十件备案有九件不超过的工作日"),
    )
    return Dataset("days-by-actor", "各环节用时", note, fields, tuple(rows), today)


YUAN = 10_000
"""So many yuan are one 万元: a sum in yuan is a whole number."""

GONE = ("revoked", "deregistered", "continued")

SORTS: Mapping[str, str] = {"enterprises": "企业", "universities": "高校", "institutes": "科研机构"}

TOLD = ("expected", "filed", "late", "unreported", "overdue", "extended", "excused")
"""The numbers of a board (`regulation.reporting.SHOWN`)."""

REPORTED = (
    *(Field(each, SHOWN[each].title, unit="个") for each in TOLD),
    Field("on_time_rate", "按期报送率", "number", "%", "已报的占应报的比例"),
    Field("reported_rate", "报送率", "number", "%", "已报和迟报的占应报的比例"),
)
REPORTS_NOTE = "应报＝已报＋迟报＋未报＋准予延期；免报的不计入应报。未截止的年度按目前情况计算。"


def _reported(tally: Tally) -> tuple[Datum, ...]:
    rates = (tally.on_time_rate, tally.rate)
    return (*(tally[each] for each in TOLD), *(None if rate is None else float(rate) for rate in rates))


def _by_kind(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(kind.value, 0) for kind in Kind)


def _city(code: str) -> str:
    return offices.CITIES.get(code, code)


def _span(years: Iterable[int]) -> range:
    """Every year from the first to the last."""
    told = sorted(years)
    return range(told[0], told[-1] + 1) if told else range(0)


def _batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(found)
    while part := list(islice(rest, size)):
        yield part


def _intervals() -> Iterator[str]:
    yield f"不足{INTERVALS[0]}"
    yield from (f"{low}—{high}" for low, high in pairwise(INTERVALS))
    yield f"{INTERVALS[-1]}以上"


TABLES: Mapping[str, Callable[[Counting], Dataset]] = {
    "alliances-by-city": Counting.by_city,
    "alliances-by-field": Counting.by_field,
    "alliances-by-year": Counting.by_year,
    "archived-by-city-and-year": Counting.by_city_and_year,
    "archived-by-field-and-year": Counting.by_field_and_year,
    "reports-by-year": Counting.reports,
    "reports-by-city": Counting.reports_by_city,
    "days-by-actor": Counting.days,
    "members-by-type": Counting.members,
    "research-by-interval": Counting.research,
    "subsidies-by-band": Counting.subsidies,
}
"""Every table by its name, in the order in which they are shown."""

OF_APPLICATIONS = ("members-by-type", "research-by-interval")
"""Those that are told by applications, one by one."""
