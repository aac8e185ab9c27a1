"""The acts that every kind of round has: it is opened, moved, closed and cancelled."""

from collections.abc import Iterable, Iterator
from typing import Any

from models.findings import Lack
from models.rounds.base import MoveWindow, OpenRound, RoundActKind, RoundStage
from models.rounds.round import Round
from models.values import day_of, on_day
from models.vocabulary import Role
from regulation.editions import Editions
from regulation.moment import Moment
from regulation.rounds.rules import PROVINCE, RUNNING, Row


def common(article: str, roles: frozenset[Role] = PROVINCE) -> dict[str, Row]:
    """The rows by which a round is opened, moved, closed and cancelled."""
    running = RUNNING | {RoundStage.ON_NOTICE}
    return {
        RoundActKind.OPEN_ROUND: Row(article, roles, may=may_open),
        RoundActKind.MOVE_WINDOW: Row(article, roles, may=may_move, then=moved),
        RoundActKind.CLOSE_ROUND: Row(article, roles, may=may_close, then=closed),
        RoundActKind.CANCEL_ROUND: Row(article, roles, running, then=cancelled),
    }


Lacks = Iterator[tuple[str, str]]
"""What an opening lacks: the field that it is on, and what."""


def all_at_once(lacks: Iterable[tuple[str, str]]) -> Lack | None:
    """Everything that lacks, told at once, each on its field."""
    on = tuple(lacks)
    return Lack(missing="；".join(said for _, said in on), on=on) if on else None


def may_open(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """What keeps a round from being opened, whatever its kind."""
    return all_at_once(lacks_of_window(round_, act, when))


def in_order(act: OpenRound, when: Moment) -> Lacks:
    """A window has a first and a last day, in order, and is not over."""
    if act.closes < act.opens:
        yield "/closes", "截止日不得早于开始日"
    if act.closes < when.day:
        yield "/closes", "截止日已过"


def lacks_of_window(round_: Round, act: OpenRound, when: Moment, *, looks_back: bool = False) -> Lacks:
    """A window is in order; it lies in its year or begins or ends beside it; a zone lies in the place.

    `looks_back`: a kind may be opened for any year before as well; the window lies in this year, or ends or begins in the next.
    """
    yield from in_order(act, when)
    beside = abs(act.opens.year - round_.year) <= 1 and 0 <= act.closes.year - round_.year <= 1
    made_up_for = looks_back and round_.looks_back and act.closes.year <= when.day.year + 1
    if not beside and not made_up_for:
        yield "/opens", f"起止日期须在{round_.year}年前后"
    if act.zone and not (round_.area.jurisdiction and act.zone.startswith(f"{round_.area.jurisdiction}-")):
        yield "/zone", "高新区不在本轮次的属地"


def has_begun(round_: Round, when: Moment) -> Lack | None:
    """A year is not evaluated before it has begun: no filing takes a result of one to come."""
    return Lack(missing=f"{round_.year}年度尚未开始，不能评价") if when.day.year < round_.year else None


def may_move(round_: Round, act: MoveWindow, when: Moment) -> Lack | None:
    """To a later day that has not passed."""
    if act.closes <= round_.closes:
        return Lack(missing=f"截止日只能顺延，现为{on_day(round_.closes)}")
    if act.closes < when.day or act.closes.year > (round_.opens.year if round_.looks_back else round_.year) + 1:
        return Lack(missing="新的截止日已过，或晚于次年")
    return None


def moved(round_: Round, act: MoveWindow, when: Moment) -> Round:
    """The window ends later."""
    return round_.but(closes=act.closes, moved=True)


def may_close(round_: Round, act: Any, when: Moment) -> Lack | None:
    """Not before its window is over: what was told to end on a day ends with it."""
    return Lack(missing=f"截止日（{on_day(round_.closes)}）未过") if when.at < round_.closes_at else None


def closed(round_: Round, act: Any, when: Moment) -> Round:
    """结束: nothing more runs."""
    return round_.but(stage=RoundStage.CLOSED, closed_at=when.at, periods={}, agreed={})


def cancelled(round_: Round, act: Any, when: Moment) -> Round:
    """取消: nothing more runs."""
    return round_.but(stage=RoundStage.CANCELLED, closed_at=when.at, periods={}, agreed={})


def in_window(round_: Round, act: Any, when: Moment) -> Lack | None:
    """What may be done in the window alone."""
    if when.at < round_.opens_at:
        return Lack(missing=f"{on_day(round_.opens)}起方可办理")
    return Lack(missing=f"截止日（{on_day(round_.closes)}）已过") if when.at >= round_.closes_at else None


# By which edition a round counts


def counting_by(act: OpenRound, editions: Editions[Any]) -> OpenRound:
    """An opening with the newest edition of its day, by which the round counts to its end, and with the digest of that."""
    edition = editions.newest(day_of(act.received_at) if act.received_at else act.opens)
    return act.but(facts={"edition": edition, "digest": editions.digest(edition)})


def edition_of(act: OpenRound) -> str:
    """The edition by which an opening has its round count."""
    return str((act.facts or {})["edition"])
