"""Public notice (公示): publication, end, postal grace, clearing (G-01…G-03, Q6)."""

from datetime import date

from models.acts import ConfirmNoticeClear, Lapse
from models.filing import Filing, Mark, Notice
from models.findings import Lack
from models.vocabulary import ActKind, ByKind, Stage
from regulation.agenda import begin, last_day
from regulation.moment import Moment


def notice_of(filing: Filing) -> Notice:
    """The notice of the application; there is one from confirmation until archiving."""
    if filing.notice is None:
        raise LookupError(f"{filing.id}: 没有公示")
    return filing.notice


def stands(filing: Filing) -> bool:
    """Whether a notice was shown before that showed what is to be confirmed now: it is not shown anew (Q7, Q8). One that a refusal took
    down is, where that was undone."""
    shown = filing.notice is not None and "notice" in filing.periods
    return shown and notice_of(filing).substance == filing.substance


def is_out(filing: Filing, when: Moment) -> bool:
    """Whether the day of publication has come: until then nobody has seen the notice, and its office may set another."""
    return "notice" not in filing.periods or filing.periods["notice"].from_ <= when.day


def publish(filing: Filing, day: date) -> Filing:
    """A full notice from a day, that day excluded (G-01, G-02). Objections still open against an earlier one stay open (Q7)."""
    still_open = tuple(each for each in filing.notice.objections if each.open) if filing.notice else ()
    filing = begin(filing, "notice", day)
    filing = begin(filing, "grace", last_day(filing.periods["notice"]), follows="notice")
    crowd = filing.notice.crowd if filing.notice else None
    return filing.but(notice=Notice(substance=filing.substance, objections=still_open, crowd=crowd))


def resume(filing: Filing, when: Moment) -> Filing:
    """The notice that was already shown goes on: what it showed has not changed (Q7, Q8)."""
    over = filing.periods["notice"].until <= when.at
    return filing.but(notice=notice_of(filing).but(ended=over, cleared=None, ready_at=when.at))


def notice_ended(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """公示期满: letters posted in time may still come (G-03)."""
    return filing.but(notice=notice_of(filing).but(ended=True))


def end_announced(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """Leader and reviewer were told that the notice ends tomorrow."""
    return filing.but(notice=notice_of(filing).but(announced_end=True))


def may_be_cleared(notice: Notice) -> Lack | None:
    """Nobody may attest before the end, nor while an objection is open (Q6)."""
    if not notice.ended:
        return Lack(missing="公示期尚未届满")
    if notice.open_objections:
        act = ActKind.RULE_ON_ADMISSIBILITY if notice.undecided else ActKind.RULE_ON_OBJECTION
        return Lack(missing=f"尚有 {notice.open_objections} 件异议未处理", supplied_by=act)
    return None


def may_confirm_notice_clear(filing: Filing, act: ConfirmNoticeClear, when: Moment) -> Lack | None:
    """See `may_be_cleared`."""
    return may_be_cleared(notice_of(filing))


def confirm_notice_clear(filing: Filing, act: ConfirmNoticeClear, when: Moment) -> Filing:
    """An official attests that no letter came; the grace need not run out (G-03)."""
    return _clear(filing, when)


def notice_cleared(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """公示无异议 after end and grace (A-31, B-17, G-03)."""
    return _clear(filing, when)


AFTER_NOTICE = ByKind(a=(Stage.AT_PROVINCE, "archiving"), b=(Stage.NOTICE_CLEARED, "forwarding"))
"""Where a notice without objections leads, and what must be done next within its period."""


def _clear(filing: Filing, when: Moment) -> Filing:
    """Kind A goes to the province by itself; kind B waits for the formal document (A-31, B-17)."""
    filing = filing.but(notice=notice_of(filing).but(cleared=Mark(number=filing.number, at=when.at)))
    stage, period = AFTER_NOTICE[filing.kind]
    return begin(filing.but(stage=stage), period, when.day)
