"""The numbers of the law (期限标准): dated rows, each with its article, by kind, jurisdiction and year.

To change a number, ship a new edition that builds on the newest one; nothing else changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from pydantic import Field

from models.acts import Year
from models.local_rules import LocalRules
from models.values import Day, Jurisdiction, Value
from models.vocabulary import Kind
from regulation import data
from regulation.articles import cite
from regulation.editions import EditionRefused, Editions, read

ANY_YEAR = 2023
"""A year without 29 February, to try a date that recurs every year."""


def between(low: int, high: int) -> Callable[[Any], bool]:
    """A whole number within bounds."""
    return lambda value: type(value) is int and low <= value <= high


def is_flag(value: Any) -> bool:
    """Yes or no."""
    return isinstance(value, bool)


def one_of(*words: str) -> Callable[[Any], bool]:
    """One of a few words."""
    return lambda value: value in words


def is_day(value: Any) -> bool:
    """A date."""
    return isinstance(value, str) and len(value) == 10 and _reads(value)


def recurs(value: Any) -> bool:
    """A day that every year has, as MM-DD."""
    return isinstance(value, str) and len(value) == 5 and _reads(f"{ANY_YEAR}-{value}")


def _reads(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_window(value: Any) -> bool:
    """The first and the last day of an intake, in order."""
    if not isinstance(value, dict) or set(value) != {"opens", "closes"} or not all(map(is_day, value.values())):
        return False
    return bool(value["opens"] <= value["closes"])


def are_offsets(value: Any) -> bool:
    """Days before (−) and after (+) a deadline, in order."""
    return isinstance(value, list) and value == sorted(set(value)) and 0 not in value and all(map(_near, value))


_near = between(-366, 366)

LOCAL_RULES = "local.rules"
"""What a city asks besides (A-51): its documents, read by `regulation.local_rules`."""


def are_local_rules(value: Any) -> bool:
    """A list of a city's documents."""
    try:
        return isinstance(value, list) and len(value) == len([LocalRules.model_validate(each) for each in value])
    except ValueError:
        return False


KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "review.acceptance_working_days": (between(1, 10), "1至10"),
    "review.city_working_days": (between(1, 60), "1至60"),
    "review.reminder_working_days": (between(1, 60), "1至60"),
    "review.extension_working_days": (between(1, 60), "1至60"),
    "review.iit_opinion_working_days": (between(1, 60), "1至60"),
    "review.iit_required": (is_flag, "true 或 false"),
    "correction.applicant_days": (between(5, 180), "5至180"),
    "correction.escalate_after": (between(1, 20), "1至20"),
    "correction.lapses": (is_flag, "true 或 false"),
    "chase.superior_working_days": (between(1, 60), "1至60"),
    "notice.length": (between(3, 30), "3至30"),
    "notice.unit": (one_of("working_day", "calendar_day"), "working_day 或 calendar_day"),
    "notice.count_publication_day": (is_flag, "true 或 false"),
    "notice.postal_grace_working_days": (between(0, 10), "0至10"),
    "objection.handling_working_days": (between(1, 60), "1至60"),
    "forwarding.working_days": (between(1, 60), "1至60"),
    "archive.working_days": (between(1, 120), "1至120"),
    "annual.deadline": (recurs, "每年都有的月日（MM-DD）"),
    "annual.first_due_min_days": (between(0, 366), "0至366"),
    "annual.window_opens": (recurs, "每年都有的月日（MM-DD）"),
    "annual.roll_forward": (is_flag, "true 或 false"),
    "annual.reminder_days": (are_offsets, "由早到晚的天数列表（不含0）"),
    "annual.copy_to_city_from": (between(-366, 0), "-366至0"),
    "annual.check_working_days": (between(1, 60), "1至60"),
    "annual.answer_working_days": (between(1, 60), "1至60"),
    "extension.max_days": (between(1, 120), "1至120"),
    "extension.obstacle_days": (between(1, 60), "1至60"),
    "extension.ruling_working_days": (between(1, 60), "1至60"),
    "revocation.missed_years": (between(2, 2), "2（《工作指引》第十一条第6项）"),
    "revocation.service_working_days": (between(1, 60), "1至60"),
    "revocation.statement_working_days": (between(5, 60), "5至60"),
    "revocation.postal_grace_working_days": (between(0, 10), "0至10"),
    "revocation.publish_proposal": (is_flag, "true 或 false"),
    "revocation.publish_proposal_working_days": (between(1, 60), "1至60"),
    "revocation.defence_working_days": (between(1, 60), "1至60"),
    "revocation.decision_working_days": (between(1, 60), "1至60"),
    "revocation.auto_complete": (is_flag, "true 或 false"),
    "revocation.city_most_a_day": (between(0, 1000), "0至1000"),
    "revocation.province_most_a_day": (between(0, 10_000), "0至10000"),
    "revocation.listing_cure_days": (between(1, 180), "1至180"),
    "revocation.announce_working_days": (between(1, 20), "1至20"),
    "revocation.announce_alert_working_days": (between(1, 60), "1至60"),
    "letter.answer_days": (between(0, 60), "0至60"),
    "change.report_days": (between(1, 366), "1至366"),
    "change.review_working_days": (between(1, 60), "1至60"),
    "notice.max_days_ahead": (between(0, 90), "0至90"),
    "days.earliest": (is_day, "日期（YYYY-MM-DD）"),
    "days.doubtful_after_years": (between(1, 100), "1至100"),
    "text.max_chars": (between(500, 500), "500（申请表）"),
    "intake.window": (is_window, "opens 与 closes 两个日期，前者不晚于后者"),
    "intake.recommend_deadline": (is_day, "日期（YYYY-MM-DD）"),
    "intake.allow_correction_after_close": (is_flag, "true 或 false"),
    LOCAL_RULES: (are_local_rules, "属地文件的列表"),
    "retention.draft_days": (between(30, 730), "30至730"),
    "retention.unmentioned_days": (between(1, 30), "1至30"),
    "retention.applicant_years": (between(1, 30), "1至30"),
    "retention.filed_years": (between(1, 30), "1至30"),
    "retention.objector_years": (between(1, 30), "1至30"),
    "retention.refusal_years": (between(1, 30), "1至30"),
    "retention.person_years": (between(1, 30), "1至30"),
    "retention.audit_years": (between(1, 30), "1至30"),
    "outage.hours_before": (between(1, 720), "1至720"),
    "outage.least_percent": (between(0, 100), "0至100"),
}
"""Every number there is, and what an edition may set it to."""

ADDED: Mapping[str, Any] = {
    "notice.max_days_ahead": 30,  # G-01
    "days.earliest": "1949-10-01",
    "days.doubtful_after_years": 20,
    LOCAL_RULES: [],
    "revocation.city_most_a_day": 5,  # G-16
    "revocation.province_most_a_day": 20,  # G-16
    "retention.draft_days": 180,  # G-46
    "retention.unmentioned_days": 1,  # G-46
    "retention.applicant_years": 2,  # G-46
    "retention.filed_years": 3,  # G-46
    "retention.objector_years": 3,  # G-46
    "retention.refusal_years": 3,  # G-46
    "retention.person_years": 3,  # G-46
    "letter.answer_days": 10,  # G-42; 民事诉讼法第八十六条: ten days to make good what kept somebody
    "outage.hours_before": 48,  # G-29
    "outage.least_percent": 99,  # G-29
    "retention.audit_years": 3,  # G-46; 网络安全法第二十三条: six months at least
}
"""Numbers younger than the shipped editions, which never change; an edition may set each of them."""

OF_ONE_YEAR = ("intake.window", "intake.recommend_deadline")
"""What a yearly call sets; its days lie in its year (B-02, B-03)."""

Selector = tuple[str, str | None, str | None, int | None]
"""A row's key, kind, jurisdiction and year; None means any."""


Keeps = Literal["begun", "missed", "decided"]
"""Which filings keep an old number: those on which what it counts began before, those that had missed a year before, those whose
revocation was under way or decided before."""


class TransitionRow(Value):
    """过渡规定: which filings under way keep the old number when terms have another one, and by which article."""

    key: str
    keeps: tuple[Keeps, ...]
    article: str


class TermsRow(Value):
    """One number of the law: for whom, how much, by which article."""

    key: str
    kind: Kind | None = None
    jurisdiction: Jurisdiction | None = None
    year: Year | None = None
    value: Any
    article: str


class TermsDocument(Value):
    """An edition of terms as a file."""

    edition: str
    base: str | None
    effective: Day
    known_from: Day | None = None
    document_no: str = Field(min_length=1)
    rows: tuple[TermsRow, ...]
    transition: tuple[TransitionRow, ...] = ()


@dataclass(frozen=True)
class TermsEdition:
    """All rows in force under one edition, its own over those of the one it builds on."""

    name: str
    since: date
    known_from: date | None
    document_no: str
    rows: Mapping[Selector, tuple[Any, str]]
    transition: Mapping[str, TransitionRow]
    base: "TermsEdition | None" = None
    kinds: frozenset[Kind] = frozenset()
    """Of which kinds it sets a number itself, everywhere and for every year."""


def _make(raw: Mapping[str, Any], base: TermsEdition | None) -> TermsEdition:
    document = read(TermsDocument, raw)
    rows = dict(base.rows) if base else {}
    for row in document.rows:
        if fault := _fault(row):
            raise ValueError(fault)
        kind = row.kind.value if row.kind else None
        rows[(row.key, kind, row.jurisdiction, row.year)] = (row.value, row.article)
    transition = dict(base.transition if base else TRANSITION)
    for each in document.transition:
        if fault := _fault_of_transition(each):
            raise ValueError(fault)
        transition[each.key] = each
    for_all = [row for row in document.rows if row.jurisdiction is None and row.year is None]
    return TermsEdition(
        name=document.edition,
        since=document.effective,
        known_from=document.known_from,
        document_no=document.document_no,
        rows=rows,
        transition=transition,
        base=base,
        kinds=frozenset(kind for row in for_all for kind in ([row.kind] if row.kind else Kind)),
    )


def _fault_of_transition(row: TransitionRow) -> str | None:
    if row.key not in TRANSITION:
        return f"{row.key} 没有过渡可言：没有这一项，或者只在提交时适用"
    if "begun" in TRANSITION[row.key].keeps and "begun" not in row.keeps:
        return f"{row.key} 的过渡须含 begun：已经起算的期限不因新标准改变（G-44）"
    return _no_article(row.key, row.article)


def _no_article(key: str, article: str) -> str | None:
    try:
        cite(article)
    except KeyError:
        return f"{key} 的依据 {article} 不存在"
    return None


def _fault(row: TermsRow) -> str | None:
    if row.key not in KEYS:
        return f"没有 {row.key} 这一项"
    fits, wanted = KEYS[row.key]
    if row.key in OF_ONE_YEAR and row.value is None and row.year:
        return None  # a call that was taken back
    if not fits(row.value):
        return f"{row.key} = {row.value} 须为{wanted}"
    if row.key == LOCAL_RULES and not (row.kind and row.jurisdiction):
        return f"{row.key} 须写明类别和属地"
    if row.key in OF_ONE_YEAR:
        days = row.value.values() if isinstance(row.value, dict) else [row.value]
        if any(not day.startswith(f"{row.year}-") for day in days):
            return f"{row.key} 须写明年份，日期在该年之内"
    return _no_article(row.key, row.article)


TRANSITION: Mapping[str, TransitionRow] = {
    each["key"]: read(TransitionRow, each) for each in data.read("transition.json")["rows"]
}
"""Of each number that may move a date of a filing under way, who keeps it unless an edition says otherwise: whatever has begun."""

if wrong := [fault for row in TRANSITION.values() if (fault := _fault_of_transition(row))]:
    raise EditionRefused(f"transition.json: {'；'.join(wrong)}")


def shipped() -> Editions[TermsEdition]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("期限标准", _make, map(data.read, data.names("terms")))


TERMS = shipped()


def terms_on(day: date) -> str:
    """The edition of terms that governs what is submitted on a day (G-44)."""
    return TERMS.newest(day, lambda edition: edition.since <= day)


def that_says_of(edition: str, kind: Kind) -> TermsEdition:
    """The edition whose document people are referred to for the numbers of a kind: the newest, of one and those that it builds on,
    that sets any of them for all. A call, a city's own rules and what the other kind has are none."""
    found = TERMS[edition]
    while found.base and kind not in found.kinds:
        found = found.base
    return found


@cache
def find(edition: str, key: str, kind: Kind, jurisdiction: str, year: int | None = None) -> Any:
    """The value of a row, the most specific first: year, then jurisdiction (A-51), then kind. None if no row fits."""
    row = _row(edition, key, kind, jurisdiction, year)
    return row[0] if row else None


def article(edition: str, key: str, kind: Kind, jurisdiction: str) -> str | None:
    """The requirement behind the number that `find` finds; None if no row fits."""
    row = _row(edition, key, kind, jurisdiction)
    return row[1] if row else None


def source(edition: str, key: str, kind: Kind, jurisdiction: str) -> TermsEdition | None:
    """The edition whose own document sets the number that `find` finds: of those that it builds on, the one in which it first
    appears. None if no row fits."""
    row, found = _row(edition, key, kind, jurisdiction), TERMS[edition]
    if row is None:
        return None
    while found.base and _row(found.base.name, key, kind, jurisdiction) == row:
        found = found.base
    return found


def _row(edition: str, key: str, kind: Kind, jurisdiction: str, year: int | None = None) -> tuple[Any, str] | None:
    rows = TERMS[edition].rows
    for of_year in (year, None) if year else (None,):
        for place in (jurisdiction, None):
            for of_kind in (kind.value, None):
                if (row := rows.get((key, of_kind, place, of_year))) is not None:
                    return row
    return None


def value(edition: str, key: str, kind: Kind, jurisdiction: str, year: int | None = None) -> Any:
    """The value of a row that every edition has, or that was added since and has one for all (`ADDED`)."""
    found = find(edition, key, kind, jurisdiction, year)
    if found is None:
        found = ADDED.get(key)
    if found is None:
        raise KeyError(f"{edition}: {key}")
    return found
