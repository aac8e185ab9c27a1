"""What a city asks besides (A-51): read from the edition of terms, found on applications, and judged by its reviewer.

A city's documents stand in the terms, all that were not over when the edition was made. Of those that hold on a day the one
that began last counts, whole. An application keeps what held when it was first received (G-44).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from models.choices import MEASURES
from models.filing import Filing
from models.forms import Application
from models.local_rules import Criterion, LocalRules, Measure
from models.values import day_of, on_day
from models.vocabulary import ByKind, Kind, Severity
from regulation import terms
from regulation.checklist import Line

COUNTS = ("counts.universities", "counts.institutes")

FIGURES: Mapping[Measure, ByKind[tuple[str, ...]]] = {
    "members": ByKind(a=("counts.total",), b=("counts.total",)),
    "enterprises": ByKind(a=("counts.enterprises",), b=("counts.enterprises",)),
    "research_bodies": ByKind(a=COUNTS, b=COUNTS),
    "rd": ByKind(a=("leader.rd_last_year",), b=("leader.last_year.rd",)),
    "sales": ByKind(a=("leader.sales_last_year",), b=("leader.last_year.sales",)),
}
"""Where the figures of a measure stand on each form; several are added up."""


UNMEASURED = ("/technical_field", "/members")
"""What a criterion without a figure is about: a city adds which alliances it wants."""


class Found(NamedTuple):
    """What a city's document makes of an application."""

    code: str
    field: str
    severity: Severity
    message: str


@cache
def documents_of(edition: str, kind: Kind, jurisdiction: str) -> tuple[LocalRules, ...]:
    """A city's documents about a kind, as an edition of terms has them."""
    rows: list[Any] = terms.value(edition, terms.LOCAL_RULES, kind, jurisdiction)
    return tuple(LocalRules.model_validate(each) for each in rows)


def rules_on(day: date, edition: str, kind: Kind, jurisdiction: str) -> LocalRules | None:
    """What a city asks on a day: the document that holds then, of several the one that began last (A-51)."""
    holding = [each for each in documents_of(edition, kind, jurisdiction) if each.opens <= day <= each.closes]
    return max(enumerate(holding), key=lambda each: (each[1].opens, each[0]))[1] if holding else None


def rules_of(filing: Filing) -> LocalRules | None:
    """What is asked of a filing: what its city asked when it was first received (A-51, G-44)."""
    return rules_on(day_of(filing.submitted_at), filing.terms, filing.kind, filing.jurisdiction)


def documents(rules: LocalRules | None) -> dict[str, str]:
    """The documents that are asked for, by their numbers, as they are called."""
    return {f"L{number}": each.name for number, each in enumerate(rules.documents, 1)} if rules else {}


def lines(rules: LocalRules | None) -> tuple[Line, ...]:
    """The lines that a city adds to its reviewer's checklist."""
    criteria = rules.criteria if rules else ()
    return tuple(_line(f"C{number}", each, rules) for number, each in enumerate(criteria, 1) if rules)


def _line(code: str, criterion: Criterion, rules: LocalRules) -> Line:
    wanted = f"：{criterion.wanted}" if criterion.wanted else ""
    cited = f"（{rules.document_no}）"
    figures = FIGURES[criterion.measure].values() if criterion.measure else ()
    claimed = dict.fromkeys(f"/{each.replace('.', '/')}" for places in figures for each in places)
    return Line(
        code,
        f"{criterion.asks}{wanted}{cited}",
        f"{criterion.correction}{cited}",
        claimed=tuple(claimed) or UNMEASURED,
        proved=(*documents(rules), "D1", "D2"),
    )


def findings(form: Application, rules: LocalRules | None, day: date) -> Iterator[Found]:
    """What a city's document makes of an application received on a day (A-51, G-44)."""
    if rules is None:
        return
    yield from _documents(form, rules)
    yield from _figures(form, rules)
    for each in rules.dates:
        if each.day < day:
            said = f"{each.what}的内部日期为{on_day(each.day)}，已过；不影响受理（{rules.document_no}）"
            yield Found("A-51", "", Severity.WARNING, said)


def _documents(form: Application, rules: LocalRules) -> Iterator[Found]:
    """Every document that the city asks for is there."""
    if form.documents is None:
        return
    there = Counter(each.kind for each in form.documents)
    for code, name in documents(rules).items():
        if not there[code]:  # type: ignore[index]
            yield Found(code, "/documents", Severity.ERROR, f"须提交属地要求的“{name}”（{rules.document_no}）")


def _figures(form: Application, rules: LocalRules) -> Iterator[Found]:
    """A figure below what the city asks is shown to its reviewer, who judges."""
    for line, criterion in zip(lines(rules), rules.criteria, strict=True):
        if criterion.measure is None or criterion.at_least is None:
            continue
        places = FIGURES[criterion.measure][Kind(form.kind)]
        figures = [_figure(form, each) for each in places]
        told = sum((each for each in figures if each is not None), Decimal(0))
        if None not in figures and told < criterion.at_least:
            unit = MEASURES[criterion.measure][1]
            said = f"{criterion.wanted}，申请表为{told:f}{unit}（{rules.document_no}）"
            yield Found(line.code, f"/{places[0].replace('.', '/')}", Severity.WARNING, said)


def _figure(form: Application, place: str) -> Decimal | None:
    """A figure of a form; None where it could not be read."""
    value: Any = form
    for name in place.split("."):
        value = getattr(value, name, None)
    return None if value is None else Decimal(value)
