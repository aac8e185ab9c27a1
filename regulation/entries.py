"""How an event becomes an entry, and what time alone will bring: the docket and the agenda as values."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

from models.acts import Act, Event, Lapse, Submit, Unreadable, Withheld
from models.filing import AgendaLine, Entry, Filing, Next, Receipt
from models.values import canonical
from models.vocabulary import LapseKind
from regulation import agenda, calendar, identity, lifecycle, service
from regulation.moment import Moment

UNREADABLE = "不是本系统的行为，或者格式有误"
"""What was wrong with a signal that is no act, without its words."""

HALF = "尚未生效，须由另一人以同一内容办理"
"""What the first of two people is told."""

YEARS_AHEAD = 3
"""How many due years an agenda looks ahead."""


def submitted(event: Submit, when: Moment) -> Entry:
    """The first entry of a filing."""
    return _entry(event, when, lifecycle.begin(event, when), before=None)


def entered(filing: Filing, event: Act | Lapse, when: Moment) -> Entry:
    """An event that may be, as written down, with the lapse it undoes if it does."""
    undoes = None if isinstance(event, Lapse) else lifecycle.undone_by(filing, event, when)
    return _entry(event, when, lifecycle.apply(filing, event, when), before=filing, undoes=undoes)


def refused(filing: Filing, event: Act | Unreadable, when: Moment, reason: str) -> Entry:
    """A signal that was refused, with its reason; nothing legal changed."""
    return _entry(event, when, lifecycle.refused(filing, event), before=filing, refused=reason)


def reused(filing: Filing, event: Act | Unreadable, when: Moment, number: int) -> Entry:
    """A signal under an id that belongs to another act, as evidence: it stands under an id of the service's own."""
    reason = f"{identity.REUSED}：{event.id} 为第{number}号登记的编号"
    return refused(filing, event.but(id=identity.of_reuse(event)), when, reason)


def withheld(entry: Entry) -> Entry:
    """A refused entry without what its sender wrote, to be shown: when, which act, in whose name, what the rules say to it."""
    event = entry.event
    if entry.refused is None or isinstance(event, Submit | Lapse):
        return entry
    if isinstance(event, Unreadable):
        return entry.but(event=Withheld(), refused=UNREADABLE)
    reason = entry.refused
    for written in _texts(event.model_dump(mode="json", exclude={"kind", "by"})):
        reason = re.sub(rf"(?<![0-9A-Za-z]){re.escape(written)}(?![0-9A-Za-z])", "…", reason)
    return entry.but(event=Withheld(act=event.kind, by=event.by), refused=reason)


def _texts(brought: object) -> Iterator[str]:
    """Every text in what an act brought."""
    if isinstance(brought, str):
        yield brought
    elif isinstance(brought, dict | list):
        for each in brought.values() if isinstance(brought, dict) else brought:
            yield from _texts(each)


def _entry(
    event: Event,
    when: Moment,
    after: Filing,
    before: Filing | None,
    undoes: int | None = None,
    refused: str | None = None,
) -> Entry:
    before = before or after
    return Entry.made(
        number=after.number,
        at=when.at.astimezone(UTC),
        entered_at=when.written_at.astimezone(UTC),
        event=event,
        stage=after.stage,
        article=lifecycle.article_of(event, before),
        refused=refused,
        undoes=undoes,
        filing=after,
    )


def due_by(filing: Filing, until: datetime) -> agenda.Due | None:
    """The head of the agenda, if it has come by an instant: lapses come before acts of the same instant (Instants 2)."""
    due = agenda.next_lapse(filing)
    return due if due and due.at <= until else None


def projected(filing: Filing, when: Moment) -> Filing:
    """The filing as it will stand once every lapse is entered that was due when an act was received (Instants 2)."""
    while when.sensible and (due := due_by(filing, when.stamped_at)):
        filing = lifecycle.apply(filing, due.lapse, Moment(due.at, when.entered_at))
    return filing


def unreadable(raw: object) -> Unreadable:
    """A signal that is not an act, as evidence; the same one twice is one entry."""
    text = canonical(raw)
    given = raw.get("id") if isinstance(raw, dict) else None
    usable = isinstance(given, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", given)
    return Unreadable(
        id=given if usable and not identity.is_own(given) else identity.of_unreadable(raw), raw=text[:2000]
    )


def receipt(entry: Entry, warnings: tuple[str, ...] = ()) -> Receipt:
    """The short answer to an act; of what another person must do too, it says so."""
    due = agenda.next_lapse(entry.filing)
    if lifecycle.is_proposed(entry) and entry.filing.proposed:
        warnings = (HALF, *warnings)
    return Receipt(
        number=entry.number,
        stage=entry.stage,
        next=Next(at=due.at, lapse=due.lapse.kind.value) if due else None,
        warnings=warnings,
    )


def ahead(
    filing: Filing, next_due: Callable[[Filing, Collection[str]], agenda.Due | None] = agenda.next_lapse
) -> Iterator[tuple[Filing, agenda.Due]]:
    """What time alone will bring if nobody acts, each with the filing as it will then stand; three due years at most.

    With `agenda.next_deadline` reminders are left aside: nothing else depends on them. A chase that comes again until
    somebody acts is told once.
    """
    years, told = 0, set[str]()
    while years < YEARS_AHEAD and (due := next_due(filing, told)):
        yield filing, due
        if due.period and (due.lapse.level or 0) > agenda.CHASES:
            told.add(due.period)
        if due.at.year >= calendar.LAST_YEAR:  # what follows cannot be counted by this release
            return
        filing = lifecycle.apply(filing, due.lapse, Moment(due.at, due.at))
        years += due.lapse.kind in (LapseKind.YEAR_CLOSED, LapseKind.YEAR_MISSED)


def outlook(filing: Filing) -> Iterator[AgendaLine]:
    """日程: what time alone will bring, line by line, with how each date was counted."""
    for then, due in ahead(filing):
        period = agenda.period_of(then, due)
        yield AgendaLine(
            at=due.at,
            lapse=due.lapse,
            article=lifecycle.article_of(due.lapse, then),
            terms=period.terms if period else then.terms,
            calendar=period.calendar if period else then.calendar,
            provisional=agenda.is_provisional(then, due),
            unopened=then.notification == filing.notification and service.is_unopened(then, due.period),
            counted=agenda.counted(then, due),
        )
