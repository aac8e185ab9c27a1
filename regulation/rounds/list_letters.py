"""Objections to a subsidy's list that come on paper (来文): entered by one officer, compared by another (G-03, G-04).

As on filings (on_paper.py): it takes two people, and until both have said the same the letter has no effect but to protect its
sender: the list does not become final and nothing is paid. Then it counts as of the day on which it came, or was posted.
"""

from dataclasses import dataclass
from datetime import date

from models.acts import By
from models.findings import Lack
from models.rounds.round import Round
from models.rounds.subsidies import ConfirmListLetter, EnterListLetter, ListLetter
from models.values import day_of, midnight_after
from regulation import on_paper
from regulation.moment import Moment
from regulation.rounds import notices
from regulation.rounds.subsidising import state_of


@dataclass(frozen=True)
class Posted:
    """A letter as an objection; its postmark is told where it counts."""

    id: str
    anonymous: bool
    postmarked_on: date | None


def lacks_confirmation(round_: Round) -> Lack | None:
    """What holds the list: letters that nobody has compared yet."""
    waiting = len(state_of(round_).letters)
    return Lack(missing=f"尚有 {waiting} 件书面异议待另一人核对") if waiting else None


def ready_to_enter(round_: Round, by: By, when: Moment) -> Lack | None:
    """There is a list to object to, and not too much is waiting already."""
    if len(state_of(round_).letters) >= on_paper.PENDING:
        return Lack(missing=f"已有 {on_paper.PENDING} 件书面异议待另一人核对")
    return notices.may_object(round_, None, when)


def enter_letter(round_: Round, act: EnterListLetter, when: Moment) -> Round:
    """登记: it waits, and whoever has to handle it is chased as for any objection."""
    state = state_of(round_)
    letter = ListLetter(id=act.id, person=act.by.person, came=act.came, anonymous=act.anonymous)
    round_ = round_.but(of=state.but(letters=(*state.letters, letter)))
    return notices.to_handle(round_, act.id, act.came.on)


def ready_to_confirm(round_: Round, by: By, when: Moment) -> Lack | None:
    """A letter waits that somebody else entered."""
    letters = state_of(round_).letters
    if not letters:
        return Lack(missing="没有待核对的书面异议")
    own = all(each.person == by.person for each in letters)
    return Lack(missing="书面异议须由登记人以外的另一人核对") if own else None


def may_confirm_letter(round_: Round, act: ConfirmListLetter, when: Moment) -> Lack | None:
    """Another person than the one who entered it compares a letter that waits."""
    letter = next((each for each in state_of(round_).letters if each.id == act.letter), None)
    if letter is None:
        return Lack(missing=f"没有编号为 {act.letter}、待核对的书面异议")
    if letter.person == act.by.person:
        return Lack(missing="书面异议须由登记人以外的另一人核对")
    return None if act.same or act.reason else Lack(missing="登记与来文不一致的，须说明理由")


def confirm_letter(round_: Round, act: ConfirmListLetter, when: Moment) -> Round:
    """核对: the same, it is an objection as of the day on which it counts; else it falls away. What waited completes the next day."""
    state = state_of(round_)
    (letter,) = (each for each in state.letters if each.id == act.letter)
    left = tuple(each for each in state.letters if each is not letter)
    round_ = notices.handled(round_.but(of=state.but(letters=left)), letter.id)
    if act.same:
        counted = notices.counted_on(round_, letter.came)
        came = when._replace(
            at=on_paper.first_second(counted, when.at), received_at=when.stamped_at,
            came_on=min(letter.came.on, day_of(when.at)),
        )  # fmt: skip
        in_time = letter.came.postmarked_on if counted == letter.came.postmarked_on else None
        round_ = notices.receive(round_, Posted(letter.id, letter.anonymous, in_time), came)
    notice = notices.notice_of(round_)
    return round_.but(notice=notice.but(ready_at=max(notice.ready_at or when.at, midnight_after(day_of(when.at)))))
