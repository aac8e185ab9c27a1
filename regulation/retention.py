"""How long what identifies a person is kept (个人信息保护法第十九条: no longer than it is needed; G-46).

The numbers are rows of the terms (`retention.…`), by kind and jurisdiction like any other; those in force on the day count, for
every filing. What a filing, a period, a 复议 or a 诉讼 may still need is not past its time, however old it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from models.filing import Entry, Filing
from models.values import day_of, midnight_after
from models.vocabulary import ActKind, Kind
from regulation import terms
from regulation.lifecycle import is_over

MASK = "（已按保存期限遮蔽）"
"""What stands where something was masked."""

CONTACTS = (
    *("/leader/contact", "/leader/phone", "/leader/fax", "/leader/email"),
    *("/contact", "/phone", "/fax", "/email", "/service/address", "/brought_by"),
)
"""Where papers of a leader tell whom one reaches, how, and who brought a letter: one person's name and ways."""

OBJECTOR = ("/name", "/contact", "/brought_by", "/scan/name", "/scan/sha256", "/scan/location")
"""Where an objection tells who objects. The scan of a letter shows it too: its file goes, as nothing refers to it any more."""

OBJECTIONS = (ActKind.OBJECT.value, "object_to_list", "enter_list_letter")
"""The kinds of papers that are objections: to a notice, and to a list of the subsidy."""

APPLICANT, FILED, OBJECTED = "retention.applicant_years", "retention.filed_years", "retention.objector_years"


class Due(NamedTuple):
    """From when somebody's data in a paper is past its time, and by which number of the terms."""

    whose: str
    at: datetime


def number(key: str, day: date, filing: Filing | None = None) -> int:
    """A number on a day: for a filing of its kind and place, else for all alike."""
    kind, place = (filing.kind, filing.jurisdiction) if filing else (Kind.A, "")
    found: int = terms.value(terms.terms_on(day), key, kind, place)
    return found


def days(key: str, now: datetime) -> timedelta:
    """A number of days as it is in force."""
    return timedelta(days=number(key, day_of(now)))


def years_after(instant: datetime, years: int) -> datetime:
    """24:00 of the same day so many years later; after 29 February, of the 28th."""
    day = day_of(instant)
    later = date(day.year + years, day.month, min(day.day, 28) if day.month == 2 else day.day)
    return midnight_after(later)


def years_before(now: datetime, years: int) -> datetime:
    """What lies before this is so many years past, all of its day."""
    day = day_of(now)
    earlier = date(day.year - years, day.month, min(day.day, 28) if day.month == 2 else day.day)
    return midnight_after(earlier - timedelta(days=1))


def is_needed(filing: Filing) -> bool:
    """Whether somebody may still have to be reached: it goes on, time brings it something, or a 复议 or 诉讼 is not decided."""
    return not is_over(filing) or bool(filing.challenges) or filing.open_objections > 0


def contacts(docket: Sequence[Entry], day: date) -> Due | None:
    """When the contacts of a filing are past their time; None while they are needed (G-46).

    Two years after an application came to nothing, three after an archived alliance ended; later acts, such as the outcome of
    a 复议, begin it anew.
    """
    filing = docket[-1].filing
    if is_needed(filing):
        return None
    whose = FILED if filing.archived_on else APPLICANT
    last = max(entry.at for entry in docket if not entry.refused)
    return Due(whose, years_after(last, number(whose, day, filing)))


def objectors(docket: Sequence[Entry], day: date) -> dict[str, Due]:
    """When who objected is past its time, by the papers' digests: three years after the first entry with no objection open
    (G-46).

    Nothing is, while a 复议 or 诉讼 of the filing is not decided.
    """
    filing, found = docket[-1].filing, dict[str, Due]()
    if filing.challenges:
        return found
    years = number(OBJECTED, day, filing)
    waiting: list[str] = []
    for entry in docket:
        if entry.event.kind == ActKind.OBJECT:
            waiting += _papers_of(entry)
        if waiting and not entry.filing.open_objections and not entry.filing.proposed:
            found |= dict.fromkeys(waiting, Due(OBJECTED, years_after(entry.at, years)))
            waiting = []
    return found


def _papers_of(entry: Entry) -> Iterator[str]:
    paper, came = getattr(entry.event, "paper", None), getattr(entry.event, "came", None)
    yield from filter(None, (paper, came.record if came else None))


# What is masked


def personal(paper: Mapping[str, Any], kind: str) -> list[str]:
    """Where a paper of a kind tells something that is to be masked."""
    return [at for at in (OBJECTOR if kind in OBJECTIONS else CONTACTS) if _at(paper, at) not in (None, MASK)]


def without(paper: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """A paper with these fields masked, whatever else it says as it was."""
    made = dict(paper)
    for field in fields:
        parent, *rest = field.removeprefix("/").split("/", 1)
        made[parent] = without(made[parent], [f"/{rest[0]}"]) if rest else MASK
    return made


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.removeprefix("/").split("/"):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
