"""A return (填报): what is wrong with the figures that an alliance tells, and what is worth another look.

Everything at once, each at its field. Errors are what the questionnaire's own checks forbid; warnings are looked at and may
stand: a figure far from that of the year before, one that the application tells otherwise, a member that is not known.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.choices import MEMBERS as MEMBER_TYPES
from models.findings import Finding
from models.rounds.questionnaires import Check, Indicator, Questionnaire, Table, When
from models.values import Value
from models.vocabulary import Kind, Severity
from regulation.reading import bounded, finding, pointer, read, twice, unfit, unseen
from regulation.rounds.figures import column_of, form_of, rows_of
from regulation.rounds.questionnaires import ARTICLE


@dataclass(frozen=True)
class MemberRow:
    """A member as the register knows it."""

    code: str
    name: str
    type: str
    is_main: bool = True


@dataclass(frozen=True)
class Told:
    """Figures that an alliance told before: of which year, and where. By term; a member's by term and code (`members.rd:9121…`)."""

    year: int
    where: str
    figures: Mapping[str, Decimal]


@dataclass(frozen=True)
class Subject:
    """The alliance that answers: its kind, its members, what it told of the year before, and elsewhere of the same year."""

    kind: Kind
    members: tuple[MemberRow, ...] = ()
    before: Told | None = None
    elsewhere: Told | None = None


@dataclass(frozen=True)
class Examined:
    """What could be read of a return, and everything found on it."""

    figures: Value
    findings: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What must be put right."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What may stand."""
        return tuple(each for each in self.findings if each.severity is Severity.WARNING)


def examine(questionnaire: Questionnaire, raw: Any, subject: Subject, at: str = "") -> Examined:
    """A return's figures as they were sent, read and judged. Findings point below `at`."""
    code = ARTICLE[subject.kind]
    codes = {"A-35": code}
    form = form_of(questionnaire)
    whole = raw if isinstance(raw, Mapping) else {}
    empty: dict[str, Any] = {table.key: {} if table.rows == "once" else [] for table in questionnaire.tables}
    figures, shape = read(form, {**empty, **whole}, codes, at, code)
    judge = _Judge(questionnaire, subject, figures, at)
    of_whole = [] if isinstance(raw, Mapping) else [finding(code, at, Severity.ERROR, "须为对象")]
    told = [
        *of_whole,
        *shape,
        *twice(figures, at, codes),
        *unseen(figures, at, codes),
        *unfit(figures, at),
        *judge.found(),
    ]
    return Examined(figures, tuple(bounded(told)))


@dataclass(frozen=True)
class _Judge:
    questionnaire: Questionnaire
    subject: Subject
    figures: Value
    at: str

    def found(self) -> Iterator[Finding]:
        for table in self.questionnaire.tables:
            yield from self._asked_for(table)
            if table.rows == "members":
                yield from self._members(table)
        for check in self.questionnaire.checks:
            if not check.kinds or self.subject.kind in check.kinds:
                yield from self._by_row(check) if check.by_row else self._check(check)
        yield from self._against(self.subject.before, self._moved)
        yield from self._against(self.subject.elsewhere, self._differs)

    def _say(self, message: str, *place: object, severity: Severity = Severity.ERROR) -> Finding:
        return finding(ARTICLE[self.subject.kind], self.at + pointer(*place), severity, message)

    # What must be told in this case

    def _asked_for(self, table: Table) -> Iterator[Finding]:
        for number, row in enumerate(rows_of(self.figures, table)):
            for each in table.indicators:
                if each.when and getattr(row, each.key) is None and _holds(each.when, row):
                    yield self._say(
                        f"{each.title}：{_case(table, each.when)}时须填写", *_place(table, number, each.key)
                    )

    def _members(self, table: Table) -> Iterator[Finding]:
        """A row for each member that must have one; a row of nobody known is looked at."""
        told = [(number, row.code) for number, row in enumerate(rows_of(self.figures, table)) if row.code]
        there = {code for _, code in told}
        known = {each.code for each in self.subject.members}
        for member in self.subject.members:
            wanted = table.covers == "all" or (table.covers == "main" and member.is_main)
            if wanted and member.code not in there:
                yield self._say(f"{table.title}：缺成员单位“{member.name}”", table.key)
        for number, code in told if known else ():
            if code not in known:
                say = "不在备案的成员单位中；成员有变更的，请另行报告变更"
                yield self._say(say, table.key, number, "code", severity=Severity.WARNING)

    # The questionnaire's own checks

    def _check(self, check: Check) -> Iterator[Finding]:
        left, right = self._sum(check.left), self._sum(check.right)
        if left is not None and right is not None and not HOLDS[check.is_](left, right):
            yield self._unequal(check, left, right, self._place_of(check.left[0]))

    def _by_row(self, check: Check) -> Iterator[Finding]:
        table = self.questionnaire.table(check.left[0].partition(".")[0])
        for number, row in enumerate(rows_of(self.figures, table) if table else ()):
            left, right = (_in_row(row, side) for side in (check.left, check.right))
            if table and left is not None and right is not None and not HOLDS[check.is_](left, right):
                yield self._unequal(check, left, right, _place(table, number, check.left[0].partition(".")[2]))

    def _unequal(self, check: Check, left: Decimal, right: Decimal, place: tuple[object, ...]) -> Finding:
        return self._say(
            f"{in_words(self.questionnaire, check)}；现分别为{left}、{right}", *place, severity=check.severity
        )

    def _sum(self, terms: Iterable[str]) -> Decimal | None:
        """The sum of some terms; None if one that is told once is not told. Cells that were left empty add nothing."""
        total = Decimal(0)
        for term in terms:
            found = self.questionnaire.find(term)
            if found is None:
                return None
            table, indicator = found
            values = column_of(self.figures, table, indicator) if indicator else [1] * len(rows_of(self.figures, table))
            if table.rows == "once" and (not values or values[0] is None):
                return None
            total += sum((Decimal(each) for each in values if each is not None), Decimal(0))
        return total

    def _place_of(self, term: str) -> tuple[object, ...]:
        found = self.questionnaire.find(term)
        return _place(found[0], None, found[1].key if found[1] else "") if found else ()

    # Against what was told before

    def _against(self, told: Told | None, look: Any) -> Iterator[Finding]:
        for table in self.questionnaire.tables if told else ():
            for each in table.indicators if table.rows != "list" else ():
                for number, row in enumerate(rows_of(self.figures, table) if each.is_figure else ()):
                    term = f"{table.key}.{each.key}" + (f":{row.code}" if table.rows == "members" else "")
                    now, before = getattr(row, each.key), told.figures.get(term) if told else None
                    if now is not None and before is not None and (said := look(each, Decimal(now), before, told)):
                        yield self._say(said, *_place(table, number, each.key), severity=Severity.WARNING)

    @staticmethod
    def _moved(indicator: Indicator, now: Decimal, before: Decimal, told: Told) -> str | None:
        """A figure far from that of the year before."""
        if indicator.year_on_year is None or before == 0 or abs(now - before) <= indicator.year_on_year * abs(before):
            return None
        way = "增长" if now > before else "下降"
        share = (abs(now - before) * 100 / abs(before)).quantize(Decimal(1))
        return f"{indicator.named}较{told.year}年{way}{share}%（{told.where}为{before}），请核对；属实的请在情况说明中说明原因"

    @staticmethod
    def _differs(indicator: Indicator, now: Decimal, before: Decimal, told: Told) -> str | None:
        """A figure that was told otherwise of the same year."""
        if now == before:
            return None
        return f"{indicator.named}与{told.where}所填{told.year}年数（{before}）不一致，请核对"


HOLDS = {
    "at_most": lambda left, right: left <= right,
    "at_least": lambda left, right: left >= right,
    "equals": lambda left, right: left == right,
}

RELATIONS = {"at_most": "不得大于", "at_least": "不得小于", "equals": "须等于"}


def _holds(when: When, row: Any) -> bool:
    value = getattr(row, when.indicator, None)
    match when.is_:
        case "positive":
            return isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0
        case "yes":
            return value is True
        case words:
            return value in words


def _case(table: Table, when: When) -> str:
    """The case in which an indicator is asked for, in words."""
    named = next((each.named for each in table.indicators if each.key == when.indicator), "单位类型")
    match when.is_:
        case "positive":
            return f"{named}大于0"
        case "yes":
            return f"{named}为“是”"
        case words:
            called = MEMBER_TYPES if named == "单位类型" else {}
            return f"{named}为{'或'.join(f'“{called.get(each, each)}”' for each in words)}"


def _place(table: Table, number: int | None, key: str) -> tuple[object, ...]:
    if table.rows == "once":
        return (table.key, key)
    return (table.key,) if number is None else (table.key, number, key)


def _in_row(row: Any, terms: Iterable[str]) -> Decimal | None:
    values = [getattr(row, term.partition(".")[2], None) for term in terms]
    known = [Decimal(each) for each in values if each is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def in_words(questionnaire: Questionnaire, check: Check) -> str:
    """A check as people read it: “102 科技人员”不得大于“101 员工总数”."""
    said = f"{_side(questionnaire, check.left, check.by_row)}{RELATIONS[check.is_]}{_side(questionnaire, check.right, check.by_row)}"
    return f"{said}（{check.why}）" if check.why else said


def _side(questionnaire: Questionnaire, terms: tuple[str, ...], by_row: bool) -> str:
    named = [_named(questionnaire, term, by_row) for term in terms]
    return "、".join(named) + ("之和" if len(named) > 1 else "")


def _named(questionnaire: Questionnaire, term: str, by_row: bool) -> str:
    found = questionnaire.find(term)
    if found is None:
        return term
    table, indicator = found
    if indicator is None:
        return f"“{table.title}”的行数"
    if table.rows == "once" or by_row:
        return indicator.named
    return f"各{'成员' if table.rows == 'members' else '行'}{indicator.named}之和"
