"""The list of a round on public notice (公示): shown, objected to, cleared, by the rules of every notice (G-01…G-04, Q6).

The periods are those of the terms that the round counts by, as they are for the province.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from models.acts import TOGETHER, Arrived, By
from models.filing import Mark, Notice
from models.findings import Lack
from models.rounds.base import RoundLapse, RoundLapseKind, RoundLine, RoundStage
from models.rounds.round import Round
from models.vocabulary import Kind
from regulation import objections, terms
from regulation.agenda import last_day
from regulation.articles import cite
from regulation.moment import Moment
from regulation.notice import may_be_cleared
from regulation.objections import Objecting, Question, Ruling
from regulation.rounds.agenda import begin, end

AGAIN = timedelta(days=30)
"""After what time somebody who has an objection to handle is chased again, until they do (Q31)."""

HANDLING = "objection.handling_working_days"
"""In how many working days an objection is handled, as the terms have it."""


def number(round_: Round, key: str) -> Any:
    """A number of the law as it governs a round over the province, or over one of its jurisdictions."""
    if round_.pinned is None:
        raise LookupError(f"{round_.id}: counts by no edition")
    return terms.value(round_.pinned.terms, key, round_.area.kind or Kind.B, round_.area.jurisdiction or "")


def publish(round_: Round, substance: str, day: date) -> Round:
    """A full notice from a day, that day excluded (G-01, G-02). Objections still open against an earlier one stay open (Q7)."""
    before = round_.notice
    still_open = tuple(each for each in before.objections if each.open) if before else ()
    round_ = begin(round_, "notice", day, number(round_, "notice.length"), number(round_, "notice.unit"))
    end_of_notice = last_day(round_.periods["notice"])
    round_ = begin(round_, "grace", end_of_notice, number(round_, "notice.postal_grace_working_days"))
    crowd = before.crowd if before else None
    notice = Notice(substance=substance, objections=still_open, crowd=crowd)
    return round_.but(stage=RoundStage.ON_NOTICE, notice=notice)


def withdraw(round_: Round) -> Round:
    """What is on notice is not shown any more, for it is to be put right; what was objected besides stays open."""
    return end(round_, "notice", "grace").but(stage=RoundStage.OPEN)


def notice_of(round_: Round) -> Notice:
    """The notice of the list; there is one once it was approved."""
    if round_.notice is None:
        raise LookupError(f"{round_.id}: 没有公示")
    return round_.notice


def open_objections(round_: Round) -> int:
    """How many objections to its list wait for a ruling."""
    return round_.notice.open_objections if round_.notice else 0


def may_object(round_: Round, act: Any, when: Moment) -> Lack | None:
    """There must be a notice. What comes too late is taken and recorded all the same (Instants 4)."""
    shown = round_.notice is not None and "notice" in round_.periods
    return None if shown else Lack(missing="名单没有在公示")


def receive(round_: Round, act: Objecting, when: Moment) -> Round:
    """The round with one more objection; an anonymous or late one is recorded and open to nobody's ruling (Q6)."""
    notice, name = objections.receive(notice_of(round_), round_.periods["notice"], act, when)
    round_ = round_.but(notice=notice)
    if name is None or f"objection:{name}" in round_.periods:
        return round_
    return to_handle(round_, name, when.arrival_day)


def ready_to_admit(round_: Round, by: By, when: Moment) -> Lack | None:
    """Something waits for whether it is admitted."""
    return None if round_.notice and round_.notice.undecided else Lack(missing="没有待认定是否受理的异议")


def ready_to_rule(round_: Round, by: By, when: Moment) -> Lack | None:
    """Something that was admitted waits for its outcome."""
    return None if round_.notice and round_.notice.admitted else Lack(missing="没有已受理、待处理的异议")


def may_admit(round_: Round, act: Ruling, when: Moment) -> Lack | None:
    """See `objections.may_rule_on_admissibility_of`."""
    return objections.may_rule_on_admissibility_of(round_.notice, act)


def may_rule(round_: Round, act: Ruling, when: Moment) -> Lack | None:
    """See `objections.may_rule_on_objection_to`."""
    return objections.may_rule_on_objection_to(round_.notice, act)


def rule(round_: Round, act: Ruling, question: Question, answer: bool | str, when: Moment) -> Round:
    """The round after a ruling, without the periods of what it closes."""
    after = objections.rule(notice_of(round_), act, question, answer, when)
    round_ = handled(round_.but(notice=after.notice), *after.closed)
    if after.again:
        days = number(round_, HANDLING)
        return begin(round_, f"objection:{TOGETHER}", when.day, days)
    return round_


def handled(round_: Round, *objections: str) -> Round:
    """The round without the periods in which objections are handled, nor what is remembered of chases."""
    names = [f"objection:{name}" for name in objections]
    chased = {f"{RoundLapseKind.OVERDUE.value}:{name}" for name in names}
    passed = {name: at for name, at in round_.passed.items() if name not in chased}
    return end(round_.but(passed=passed), *names)


def to_handle(round_: Round, name: str, day: date) -> Round:
    """The round with the period in which an objection is handled, from the day on which it came."""
    return begin(round_, f"objection:{name}", day, number(round_, HANDLING))


def counted_on(round_: Round, came: Arrived) -> date:
    """The day as of which a letter counts: of its postmark if it came within the postal grace, else of its receipt (G-03)."""
    if came.postmarked_on is None:
        return came.on
    end_of_notice = last_day(round_.periods["notice"])
    by_then = begin(round_, "grace", end_of_notice, number(round_, "notice.postal_grace_working_days"))
    return came.postmarked_on if came.on <= last_day(by_then.periods["grace"]) else came.on


def may_confirm(round_: Round, act: Any, when: Moment) -> Lack | None:
    """Nobody attests before the end, nor while an objection is open (Q6)."""
    return may_be_cleared(notice_of(round_))


def cleared(round_: Round, when: Moment) -> Round:
    """公示无异议: by an attestation, or once end and grace are over (G-03)."""
    mark = Mark(number=round_.number, at=when.at)
    notice = notice_of(round_).but(ended=True, cleared=mark)
    return end(round_, "grace").but(stage=RoundStage.OPEN, notice=notice)


def lines(round_: Round, article: str, *, held: bool = False) -> Iterator[RoundLine]:
    """What time brings to a notice: its end, its clearing after the grace unless something holds it, and chases of whoever has
    an objection to handle."""
    notice = round_.notice
    if round_.stage is RoundStage.ON_NOTICE and notice and notice.cleared is None:
        if not notice.ended:
            yield _line(round_.periods["notice"].until, RoundLapseKind.NOTICE_ENDED, article)
        if not notice.open_objections and not held:
            ready = max(round_.periods["grace"].until, notice.ready_at or round_.periods["grace"].until)
            yield _line(ready, RoundLapseKind.NOTICE_CLEARED, article)
    for name, period in round_.periods.items():
        if name.startswith("objection:"):
            lapse = RoundLapse(kind=RoundLapseKind.OVERDUE, of=name)
            before = round_.passed.get(lapse.name)
            chased = before is not None and before >= period.until
            yield RoundLine(at=before + AGAIN if chased and before else period.until, lapse=lapse, article=cite("G-04"))


def _line(at: Any, kind: RoundLapseKind, article: str) -> RoundLine:
    return RoundLine(at=at, lapse=RoundLapse(kind=kind, of="list"), article=cite(article))


def ended(round_: Round) -> Round:
    """公示期满: letters posted in time may still come (G-03)."""
    return round_.but(notice=notice_of(round_).but(ended=True))
