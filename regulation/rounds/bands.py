"""区间定额 (细则 10, G-33): what a subsidy may be at most and at least, and the tables that stay within it.

What is fixed for an interval must be right for every base in it: at least 10 % of the largest, at most 30 % of the smallest, each up to
500,000 yuan. A table for which that fails is refused whole when it is brought, with every fault; no amount is ever cut to fit, for then it would not
be the one of its interval. Nothing is rounded: bounds have as many decimals as they come to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from models.rounds.merit import MOST_BANDS, Band, MeritKey, PassingGrade
from models.values import Amount, Day, Jurisdiction, Value
from regulation import data
from regulation.articles import cite, named
from regulation.editions import Editions, over, read

STEP = Decimal("0.01")
"""Amounts are in 万元 with two decimals, so this is the smallest distance of two (100 yuan)."""

Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=5, decimal_places=2)]

Test = Literal[
    "not_in_force", "pending", "not_evaluated", "grade", "base_unproven", "below_bands", "same_leader", "paid_this_year", "paid_within",
    "recorded", "archived_later",
]  # fmt: skip
"""What can be looked at to leave an alliance out (`merit.TESTS`); `recorded` is what a person enters with a document."""

ALWAYS: frozenset[Test] = frozenset(
    {"not_in_force", "not_evaluated", "base_unproven", "below_bands", "same_leader", "paid_this_year", "archived_later"}
)
"""What every edition has, for without it there is no amount, or one enterprise would get more than the bound."""


class Exclusion(Value):
    """Who gets nothing: which fact, in whose jurisdiction (all, if none is named), and by which article or document."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    test: Test
    said: Annotated[str, Field(min_length=2, max_length=100)]
    article: str | None = None
    document: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    jurisdiction: Jurisdiction | None = None
    years: Annotated[int, Field(ge=1, le=20)] | None = None

    @model_validator(mode="after")
    def _rests_on_something(self) -> "Exclusion":
        if self.article is None and self.document is None:
            raise ValueError(f"{self.code} 须写明依据条款（article）或者文件（document）")
        if self.article is not None:
            try:
                cite(self.article)
            except KeyError:
                raise ValueError(f"{self.code} 的依据 {self.article} 不存在") from None
        if (self.years is not None) is not (self.test == "paid_within"):
            raise ValueError(f"{self.code}: 仅 paid_within 须写明年数（years）")
        return self

    @property
    def basis(self) -> str:
        """What it rests on, as it is quoted to people."""
        return named(self.article) if self.article else str(self.document)


ARCHIVED_LATER = Exclusion(
    code="archived_later", test="archived_later", said="备案晚于评价年度，不在本年度评价范围", article="B-20"
)
"""Every edition has it without saying so: no filing takes a result of a year before it was archived, so no money rests on one."""


class SubsidyDocument(Value):
    """An edition as a file; what it does not say stays as the edition that it builds on has it."""

    edition: str
    base: str | None
    effective: Day
    known_from: Day | None = None
    document_no: Annotated[str, Field(min_length=1, max_length=200)]
    least_percent: Percent | None = None
    most_percent: Percent | None = None
    cap: Annotated[Amount, Field(gt=0)] | None = None
    bands: Annotated[tuple[Band, ...], Field(max_length=MOST_BANDS)] | None = None
    grades: tuple[PassingGrade, ...] | None = None
    order: tuple[MeritKey, ...] | None = None
    publish_base: bool | None = None
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class SubsidyTerms:
    """The numbers of the subsidy under one edition. `bands` are proposed to a year's scheme, which may have others."""

    name: str
    since: date
    known_from: date | None
    document_no: str
    least_percent: Decimal
    most_percent: Decimal
    cap: Decimal
    bands: tuple[Band, ...]
    grades: tuple[PassingGrade, ...]
    order: tuple[MeritKey, ...]
    publish_base: bool
    exclusions: Mapping[str, Exclusion]

    def least(self, base: Decimal) -> Decimal:
        """What a subsidy for a base may not be less than: min(10 %·R, 50), exactly."""
        return min(base * self.least_percent / 100, self.cap)

    def most(self, base: Decimal) -> Decimal:
        """What it may not be more than: min(30 %·R, 50), exactly."""
        return min(base * self.most_percent / 100, self.cap)

    def within(self, amount: Decimal, base: Decimal) -> bool:
        """Whether an amount is within the bound for a base."""
        return self.least(base) <= amount <= self.most(base)


@dataclass(frozen=True)
class BandFault:
    """What is wrong with one interval of a table, and with which of its figures."""

    number: int
    field: Literal["at_least", "below", "amount"]
    message: str


def faults(bands: Sequence[Band], terms: SubsidyTerms) -> Iterator[BandFault]:
    """Everything that is wrong with a table: gaps, an end above, an interval whose amount breaks the bound somewhere in it."""
    for number, band in enumerate(bands):
        after = bands[number + 1] if number + 1 < len(bands) else None
        yield from _shape(number, band, after)
        yield from _bound(number, band, terms)
        if number and band.amount < bands[number - 1].amount:
            yield BandFault(number, "amount", f"定额{wan(band.amount)}少于前一档的{wan(bands[number - 1].amount)}")


def _shape(number: int, band: Band, after: Band | None) -> Iterator[BandFault]:
    if after is None:
        if band.below is not None:
            yield BandFault(number, "below", "最后一档不设上限，否则投入更多的企业没有定额")
    elif band.below is None:
        yield BandFault(number, "below", "只有最后一档不设上限")
    elif band.below != after.at_least:
        yield BandFault(number, "below", f"与下一档的下限{wan(after.at_least)}不相接")
    if band.below is not None and band.below <= band.at_least:
        yield BandFault(number, "below", f"上限须大于下限{wan(band.at_least)}")


def _bound(number: int, band: Band, terms: SubsidyTerms) -> Iterator[BandFault]:
    """Both bounds grow with the base, so what holds at the ends of an interval holds in it."""
    most = terms.most(band.at_least)
    if band.amount > most:
        said = f"min({terms.most_percent:f}%×{plain(band.at_least)}, {plain(terms.cap)})={wan(most)}"
        yield BandFault(number, "amount", f"研发投入为{wan(band.at_least)}时至多{said}，定额{wan(band.amount)}超过上限")
    largest = None if band.below is None else band.below - STEP
    least = terms.cap if largest is None else terms.least(largest)
    if band.amount < least:
        at = "研发投入不设上限" if largest is None else f"研发投入为{wan(largest)}"
        said = "" if largest is None else f"min({terms.least_percent:f}%×{plain(largest)}, {plain(terms.cap)})="
        yield BandFault(number, "amount", f"{at}时至少{said}{wan(least)}，定额{wan(band.amount)}不足下限")


def band_of(bands: Sequence[Band], base: Decimal) -> int | None:
    """Which interval a base lies in, counted from 0; None if it lies below the first."""
    return next((number for number in reversed(range(len(bands))) if bands[number].at_least <= base), None)


def plain(amount: Decimal) -> str:
    """An amount with all its decimals, two at least: nothing is rounded."""
    decimals = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:.{max(decimals, 2)}f}"


def wan(amount: Decimal) -> str:
    """An amount as offices write it: 12.50万元."""
    return f"{plain(amount)}万元"


def interval(band: Band) -> str:
    """An interval in words."""
    above = f"{plain(band.at_least)}万元（含）以上"
    return above if band.below is None else f"{plain(band.at_least)}（含）至{plain(band.below)}万元（不含）"


def _make(raw: Mapping[str, Any], base: SubsidyTerms | None) -> SubsidyTerms:
    told = read(SubsidyDocument, raw)
    held = over(told, base, "least_percent", "most_percent", "cap", "bands", "grades", "order", "publish_base")
    rows = dict(base.exclusions) if base else {}
    rows |= {row.code: row for row in told.exclusions}
    rows.setdefault(ARCHIVED_LATER.code, ARCHIVED_LATER)
    if wanting := ALWAYS - {row.test for row in rows.values() if row.jurisdiction is None}:
        raise ValueError(f"不予支持的情形须包括 {'、'.join(sorted(wanting))}")
    terms = SubsidyTerms(
        told.edition, told.effective, told.known_from, told.document_no, exclusions=rows, **held
    )  # fmt: skip
    if terms.least_percent > terms.most_percent:
        raise ValueError(f"比例下限{terms.least_percent}%大于上限{terms.most_percent}%")
    if found := list(faults(terms.bands, terms)):
        raise ValueError("；".join(f"第{each.number + 1}档：{each.message}" for each in found))
    return terms


def shipped() -> Editions[SubsidyTerms]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("后补助标准", _make, map(data.read, data.names("rounds/subsidies")))


SUBSIDIES = shipped()
