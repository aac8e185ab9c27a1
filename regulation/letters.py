"""What becomes of a letter (来文) that an office has entered for somebody: two people answer it, in one of three ways (G-42).

It is confirmed (`on_paper`, `lifecycle`), found not genuine (认定来文不符), or nothing is left to do upon it (认定来文无须处理):
what it asks for was done in another way meanwhile, or the case that it is about has ended. The third is open only where
it is true: a letter that could still bring its sender anything is confirmed or denied.
"""

from collections.abc import Callable, Mapping

from models.acts import Act, CloseLetter, DenyLetter
from models.filing import Denial, Entry, Filing, Letter
from models.findings import Lack
from models.values import day_of, midnight_after
from models.vocabulary import ActKind, Stage, YearStatus
from regulation import annual, service
from regulation.agenda import (
    ENDED_FROM,
    LETTERS_AGAINST,
    came_again,
    denied_of,
    in_time_until,
    kind_of,
    letter_of,
    letters_waiting,
    untold_denials,
)
from regulation.moment import STRICTER_SINCE, Moment

ANSWERS = (ActKind.DENY_LETTER, ActKind.CLOSE_LETTER)
"""What two people may say of a letter instead of confirming it."""


def answered(filing: Filing, letter: str, when: Moment) -> Filing:
    """A letter waits no more, nor does what one person alone said of it. What waited for it completes on the next day at the earliest."""
    gone = {letter_of(filing, letter), *(f"{kind.value}:{letter}" for kind in ANSWERS)}
    proposals = {name: by for name, by in filing.proposals.items() if name not in gone}
    return filing.but(proposals=proposals, settled_from=midnight_after(day_of(when.stamped_at)))


def may_deny(filing: Filing, act: DenyLetter, when: Moment) -> Lack | None:
    """Only what waits to be confirmed, and not before its leader was told of those that were denied before."""
    if lack := _must_wait(filing, act):
        return lack
    untold = len(untold_denials(filing))
    if untold < service.DENIALS:
        return None
    return Lack(
        missing=f"此前已有{untold}件认定来文不符尚未送达盟主企业，须先行补送", supplied_by=ActKind.SETTLE_DELIVERY
    )


def _must_wait(filing: Filing, act: DenyLetter | CloseLetter) -> Lack | None:
    """What is answered waits to be."""
    if letter_of(filing, act.letter):
        return None
    return Lack(
        missing=f"没有编号为 {act.letter}、待核对的来文登记" if letters_waiting(filing) else "没有待核对的来文登记"
    )


def deny(filing: Filing, act: DenyLetter, when: Moment) -> Filing:
    """认定来文不符: the entry has no effect and waits no more; what did come may be entered anew, as of the day on which it came.

    Its leader has days from being told to prove it before anything that it speaks against ends the filing, for each letter that was in time, and once for
    later ones of a kind on one thing: further ones do not begin them anew. What it speaks against waits until the leader was told of each,
    but for what held nothing up any more.
    """
    name = letter_of(filing, act.letter) or ""
    letter, kind = filing.letters.get(name), kind_of(name)
    held_nothing = came_again(filing, name)
    filing = answered(filing, act.letter, when)
    days, day = denied_of(kind.value, letter.year if letter else None), day_of(when.stamped_at)
    if day < STRICTER_SINCE or kind is ActKind.OBJECT:
        return filing
    if filing.stage not in ENDED_FROM or kind not in LETTERS_AGAINST:
        return service.tell(filing, when)
    in_time = letter is not None and letter.at < in_time_until(filing, kind, letter.at)
    earlier = days in filing.periods or any(each.days == days for each in filing.denials.values())
    if earlier and held_nothing:
        return service.tell(filing, when)
    at = letter.at if letter else when.at
    return service.deny(filing, Denial(at=at, days=days, begins=in_time or not earlier), when)


def received(filing: Filing, act: Act) -> Filing:
    """What came takes effect: of the same kind on the same thing nothing is left to prove."""
    if not filing.denials or act.kind not in LETTERS_AGAINST:
        return filing
    return service.forget_denials(filing, denied_of(act.kind.value, getattr(act, "year", None)))


def may_close(filing: Filing, act: CloseLetter, when: Moment) -> Lack | None:
    """Only where nothing that the letter asks for is left to do. Whether that entry did it, the register sees (`is_done_by`)."""
    if lack := _must_wait(filing, act):
        return lack
    if act.done_by > filing.number:
        return Lack(missing=f"没有第{act.done_by}号登记")
    name = letter_of(filing, act.letter) or ""
    kind, letter = kind_of(name), filing.letters.get(name)
    if kind in REPEATED or (kind in DONE and (letter is None or DONE[kind](filing, letter))):
        return None  # of a letter from before `STRICTER_SINCE` no facts are known: two people compare it
    return Lack(missing=f"来文所请之事（{kind.label}）尚未以其他方式办结，须核对确认或者认定来文不符")


def close(filing: Filing, act: CloseLetter, when: Moment) -> Filing:
    """认定来文无须处理: it was genuine as far as anybody knows, and asks for what is done."""
    return answered(filing, act.letter, when)


def is_done_by(before: Filing, entry: Entry, name: str, letter: Letter | None) -> bool:
    """Whether an entry is the one that left nothing to do upon a letter, by the filing before it. Where a filing's facts do not
    tell, it is one by which the same was done, as two people have compared."""
    kind = kind_of(name)
    if entry.refused is not None or entry.awaits_second:
        return False
    if kind in REPEATED:
        return entry.event.kind == kind
    done = DONE.get(kind)
    if done and letter is None:
        return True
    return bool(done and letter and done(entry.filing, letter) and not done(before, letter))


def _is_reported(filing: Filing, letter: Letter) -> bool:
    """A year was reported or excused, and the letter is neither what would make it in time nor a newer text that still counts (G-11)."""
    year = filing.year(letter.year or 0)
    if year is None or not _counts(filing, letter):
        return False
    last = year.text_at or year.filed_at
    in_time = letter.at < year.due
    brings = in_time and (year.status is YearStatus.LATE or (last is not None and letter.at > last))
    return year.status is YearStatus.EXCUSED or not brings


def _counts(filing: Filing, letter: Letter) -> bool:
    """A year's report counts and nobody waits for an answer to a return, or the year was excused (G-11b, G-12)."""
    year = filing.year(letter.year or 0)
    return year is not None and not year.returned and year.status in (*annual.COUNTS, YearStatus.EXCUSED)


def _needs_no_extension(filing: Filing, letter: Letter) -> bool:
    """The year was reported or excused, extended, or the same was asked for, or refused after the deadline: of one in time only by another
    in time (G-14)."""
    year = filing.year(letter.year or 0)
    if year is None:
        return False
    asked = year.extension and (year.extension.timely or letter.at >= year.due)
    refused = year.request_refused if letter.at < year.due else year.late_request_refused
    return year.status in (*annual.COUNTS, YearStatus.EXCUSED) or bool(year.extended_from or asked or refused)


def _has_no_case(filing: Filing, letter: Letter) -> bool:
    """The case against which it was stated has ended without a decision (G-17)."""
    if filing.case is None:
        return filing.stage is Stage.IN_FORCE
    return day_of(letter.at) < day_of(filing.case.opened.at)


def _is_corrected(filing: Filing, letter: Letter) -> bool:
    """A corrected application came in another way, on the letter's day or later (G-07)."""
    return filing.version > (letter.version or filing.version)


DONE: Mapping[ActKind, Callable[[Filing, Letter], bool]] = {
    ActKind.FILE_ANNUAL_REPORT: _is_reported,
    ActKind.ANSWER_ANNUAL_RETURN: _counts,
    ActKind.REQUEST_EXTENSION: _needs_no_extension,
    ActKind.STATE_DEFENCE: _has_no_case,
    ActKind.RESUBMIT: _is_corrected,
    ActKind.COMPLETE_RECORD: lambda filing, letter: not filing.incomplete,
}
"""Of which letters the filing's facts tell that nothing is left to do upon them, and when. Who asks for an end, by a withdrawal or a
deregistration, is never answered so: it is granted, or the letter is not genuine."""

REPEATED = (ActKind.REPORT_CHANGE, ActKind.CORRECT_CONTACT, ActKind.OBJECT)
"""Of which they do not: two people compare the letter with the entry by which the same was done."""
