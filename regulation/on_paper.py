"""What comes on paper (来文): what an office enters for a leader or an objector, and as of which day it counts.

One table says which acts may come by post, over the counter, by fax or mail, whose they are, and which day decides. The
officer who enters one acts in their own name (`by`), says for whom (`on_behalf_of`) and how it came (`came`). The act is
then judged by the same rows of the lifecycle as if it had been sent online, only as of the day on which it came.

It takes two people, always: nobody alone speaks for somebody else, nor says on which day a letter came. What one has
entered has no effect until another has compared it with what came (`seconds`). Meanwhile it protects its sender: nothing
completes by itself, and nobody completes it, until the superior has been told that nobody confirmed it (`agenda.protected_until`).
What ends a filing against its leader waits for the leader's letters until two people have answered them
(`agenda.awaits_letter`): no office's silence is held against who wrote to it. What else than a confirmation the answer may be,
letters.py says.

A day of receipt means the whole day, in favour of the sender: it counts from the day's first second, midnight itself being
the end of the day before. What was posted in time is in time (交邮即为到达, 民事诉讼法85 by analogy); where the law has a
postal grace, it must be received within that (G-03), but a defence is in time however late the post brought it (G-17). The postmark keeps the sender's period only: what an office has
to do within days of its own, it has to do from the day on which the letter came (`Moment.arrival_day`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.acts import Act, Arrived, By, Came
from models.correction import FIRST_DAY
from models.filing import Filing, Letter
from models.findings import Lack
from models.values import at_hour, day_of, on_day
from models.vocabulary import ActKind, LapseKind, Role
from regulation.agenda import (
    AGAINST,
    LETTERS_AGAINST,
    begin,
    came_before,
    comes_again,
    holding,
    last_day,
    letters_waiting,
)
from regulation.moment import Moment
from regulation.revocation import last_day_of_window, ran
from regulation.service import STRICTER_SINCE

PENDING = 3
"""How many letters that nobody has answered a filing holds in the places that they share."""

PENDING_OBJECTIONS = 6
"""And how many objections, each of which may be another person's."""

OLDEST = timedelta(days=183)
"""How long ago something may have come, or been posted, that is entered now: as long as a decision can be sued (行政诉讼法46)."""


@dataclass(frozen=True)
class OnPaper:
    """How an act is taken on paper: whose it is, whether its postmark counts, and within which postal grace if there is one.

    Where no period of the sender's is kept or missed by it, an act takes effect when it arrives, and the postmark is a note.
    """

    sender: Role
    postmark_counts: bool = True
    graces: tuple[str, ...] = ()


ON_PAPER: Mapping[ActKind, OnPaper] = {
    ActKind.RESUBMIT: OnPaper(Role.LEADER),
    ActKind.COMPLETE_RECORD: OnPaper(Role.LEADER, postmark_counts=False),
    ActKind.WITHDRAW: OnPaper(Role.LEADER, postmark_counts=False),
    ActKind.OBJECT: OnPaper(Role.PUBLIC, graces=("change_grace", "grace")),
    ActKind.FILE_ANNUAL_REPORT: OnPaper(Role.LEADER),
    ActKind.ANSWER_ANNUAL_RETURN: OnPaper(Role.LEADER),
    ActKind.REQUEST_EXTENSION: OnPaper(Role.LEADER),
    ActKind.REPORT_CHANGE: OnPaper(Role.LEADER),
    ActKind.DEREGISTER: OnPaper(Role.LEADER, postmark_counts=False),
    ActKind.STATE_DEFENCE: OnPaper(Role.LEADER, graces=("statement_grace",)),
    ActKind.CORRECT_CONTACT: OnPaper(Role.LEADER, postmark_counts=False),
}
"""Every act of a leader or an objector, but the 签收 of an inbox; service on paper is the office's own act."""


def moment(filing: Filing, act: Act, handled_at: datetime) -> Moment:
    """When an act counts: as of its receipt at the door, or as of the day on which it had come to an office before."""
    received_at = act.received_at or handled_at
    if act.came is None or act.kind not in ON_PAPER:
        return Moment(received_at, handled_at)
    since = earliest(filing, act.kind, day_of(received_at), confirms=act.seconds is not None)
    day = max(counted_on(filing, act.kind, act.came), since)
    if (
        act.kind is ActKind.DEREGISTER and filing.archived_on
    ):  # asked for as a withdrawal, of what is archived meanwhile
        day = max(day, filing.archived_on)
    came_on = min(act.came.on, day_of(received_at)) if day_of(received_at) >= STRICTER_SINCE else None
    return Moment(first_second(day, received_at), handled_at, received_at, came_on)


def first_second(day: date, received_at: datetime) -> datetime:
    """From when something counts that came on a day: from the day's first second on, in favour of its sender."""
    of_the_day = at_hour(day, 0) + timedelta(seconds=1) if day <= day_of(received_at) else received_at
    return min(of_the_day, received_at)


def earliest(filing: Filing | None, kind: ActKind, today: date, *, confirms: bool = False) -> date:
    """From when something may have come that is entered now. What speaks against a revocation is taken as long as years are missed, a
    case is open or its decision can be set right, however late it is found (from `STRICTER_SINCE` on): whoever wrote in time does not
    answer for how long it lay. A door that does not know the filing leaves that to the law. What another has entered before is only
    confirmed: whether it came too long ago was asked then, and how long an office took to compare it counts against nobody.
    """
    usual = today - OLDEST
    if confirms and today >= STRICTER_SINCE:
        return min(usual, FIRST_DAY)
    if kind not in AGAINST[LapseKind.REVOKED] or today < STRICTER_SINCE:
        return usual
    if filing is None:
        return FIRST_DAY
    at_stake = filing.case is not None or bool(filing.missed_in_a_row)
    return min(usual, max(day_of(filing.submitted_at), FIRST_DAY)) if at_stake else usual


def counted_on(filing: Filing, kind: ActKind, came: Came) -> date:
    """The day as of which something counts that came to an office: that of receipt, or of a postmark that counts."""
    rule = ON_PAPER[kind]
    if came.postmarked_on is None or not rule.postmark_counts:
        return came.on
    if rule.graces:
        last = _last_day_of_grace(filing, rule)
        in_time = (last and came.on <= last) or _posted_in_the_window(filing, kind, came, came.postmarked_on)
        return came.postmarked_on if in_time else came.on
    return came.postmarked_on


def _posted_in_the_window(filing: Filing, kind: ActKind, came: Came, posted: date) -> bool:
    """Whether a defence was posted while its sender was to be heard: then it is in time, however late the post brought it
    (交邮即为到达); the days for letters only say how long a decision waits for it. Of what was received from `STRICTER_SINCE` on."""
    served_on = filing.case.served_on if filing.case else None
    if kind is not ActKind.STATE_DEFENCE or served_on is None or came.on < STRICTER_SINCE:
        return False
    return posted <= last_day_of_window(filing, served_on)


def _last_day_of_grace(filing: Filing, rule: OnPaper) -> date | None:
    """Until when what was posted in time may still be received (G-03, G-17), also if staff ended the wait before."""
    for grace in rule.graces:
        if grace in filing.periods:
            return last_day(filing.periods[grace])
    case = filing.case
    if rule.sender is Role.LEADER and case and case.served_on:
        if as_it_ran := ran(filing, "statement_grace"):
            return last_day(as_it_ran)
        window = last_day_of_window(filing, case.served_on)
        return last_day(begin(filing, "statement_grace", window).periods["statement_grace"])
    return None


def faults(act: Act, when: Moment, filing: Filing | None = None) -> Iterator[tuple[str, str]]:
    """What is wrong with an act that is entered for somebody: the field, and what is wrong with it."""
    came, rule = act.came, ON_PAPER.get(act.kind)
    if act.seconds and act.on_behalf_of is None:
        yield "/seconds", "只有代为登记的来文须经另一人核对"
    if act.on_behalf_of is None and came is None:
        return
    if rule is None:
        yield "/on_behalf_of", "该行为不得代为登记"
        return
    if act.on_behalf_of is not rule.sender:
        yield "/on_behalf_of", f"来文登记须写明代{rule.sender.label}登记"
    if came is None:
        yield "/came", "代为登记的，须写明何日、如何收到，并附来文扫描件"
        return
    since = earliest(filing, act.kind, day_of(when.stamped_at), confirms=act.seconds is not None)
    yield from faults_of(came, act.by, when, confirmed=act.seconds is not None, since=since)


def faults_of(
    came: Arrived, by: By, when: Moment, *, confirmed: bool = False, since: date | None = None
) -> Iterator[tuple[str, str]]:
    """What is wrong with how something came, as somebody enters it; it may have come since a day."""
    today = day_of(when.stamped_at)
    since = since or today - OLDEST
    if not since <= came.on <= today:
        yield "/came/on", f"收到日期须在{on_day(since)}与登记之日{on_day(today)}之间"
    if came.postmarked_on and came.how != "post":
        yield "/came/postmarked_on", "邮寄的才有邮戳日期"
    if came.postmarked_on and not since <= came.postmarked_on <= came.on:
        yield "/came/postmarked_on", f"邮戳日期须在{on_day(since)}与收到日期{on_day(came.on)}之间"
    earlier = min(came.on, came.postmarked_on or came.on) < today
    if earlier and came.received_by == by.person and not confirmed:
        yield "/came/received_by", "收到或者寄出之日早于登记之日的，收件人与登记人须为不同的人"


def lack(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """The first of them, as why an act may not be; or that there is nothing to confirm, or too much already."""
    fault = next((Lack(missing=missing) for _, missing in faults(act, when, filing)), None)
    if fault or act.on_behalf_of is None:
        return fault
    waiting = letters_waiting(filing)
    if act.seconds is None:
        by_others = act.kind is ActKind.OBJECT and day_of(when.stamped_at) >= STRICTER_SINCE
        most = PENDING_OBJECTIONS if by_others else PENDING
        full = len(_rivals(filing, act, when)) >= most
        return Lack(missing=f"已有 {most} 件代为登记的来文待另一人核对") if full else None
    return (
        None if name_of(act) in waiting else Lack(missing=f"没有编号为 {act.seconds}、待核对的“{act.kind.label}”来文")
    )


def _rivals(filing: Filing, act: Act, when: Moment) -> list[str]:
    """The letters that keep another from being entered, from `STRICTER_SINCE` on only those that share its places: no sender uses up
    another's. What an end has to wait for is kept out only by what that end waits for as well."""
    waiting = letters_waiting(filing)
    if day_of(when.stamped_at) < STRICTER_SINCE:
        return list(waiting)
    sharing = [name for name in waiting if _place(name.partition(":")[0]) == _place(act.kind)]
    end = next((end for end, kinds in AGAINST.items() if act.kind in kinds), None)
    if end is None or comes_again(filing, act.kind, getattr(act, "year", None), when.at):
        return sharing
    held_up = holding(filing, end)
    held_by = [name for name in sharing if name in held_up]
    if not came_before(filing, act.kind, getattr(act, "year", None), when.at):
        return held_by
    return [name for name in held_by if name not in filing.letters or _came_before(filing, name, filing.letters[name])]


def _came_before(filing: Filing, name: str, letter: Letter) -> bool:
    """Whether a letter that waits is one of those that keep out what came in time, or is a proof: those that came later do not."""
    return came_before(filing, name.partition(":")[0], letter.year, letter.at)


def _place(kind: str) -> str | None:
    """Objections, which may be anybody's, have places of their own, and so has each kind of letter that speaks against an end; whatever
    else a leader writes shares some."""
    return kind if kind == ActKind.OBJECT or kind in LETTERS_AGAINST else None


def name_of(act: Act) -> str:
    """Under which name a filing holds what was entered for somebody until it is confirmed."""
    return f"{act.kind.value}:{act.seconds or act.id}"
