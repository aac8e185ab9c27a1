"""What is the same in all rounds: who may act when, how several say one thing, what time brings, how it is written down.

A kind of round is its `Rules`: a row for each act, the models of its papers, and pure functions that examine what is
brought, tell what an entry makes of alliances, and what follows from it. Nothing here knows any kind.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, assert_never

from models.acts import By
from models.filing import Next, Period, Unit
from models.findings import Finding, Lack, Refusal
from models.rounds.base import (
    Agreed,
    Area,
    CancelRound,
    CommonAct,
    Item,
    MoveWindow,
    OnAlliance,
    OpenRound,
    Pinned,
    RoundAct,
    RoundActKind,
    RoundKind,
    RoundLapse,
    RoundLapseKind,
    RoundLine,
    RoundStage,
    parts,
)
from models.rounds.round import STATES, Round, RoundEntry, RoundReceipt
from models.values import Value, at_hour, midnight_after
from models.vocabulary import Role, Severity
from regulation import calendar, identity, offices
from regulation.articles import cite
from regulation.calendar import CALENDARS
from regulation.intake import terms_on
from regulation.moment import Moment
from regulation.reading import finding
from regulation.rounds.known import Alliance, Known, Needs

RUNNING = frozenset({RoundStage.OPEN})
PROVINCE = frozenset({Role.PROVINCE_ST})

MOST_HALVES = 20
"""So many first halves may stand open in one round; who decides on more alliances than that does it by one list."""


def _nothing_lacks(round_: Round, act: Any, when: Moment) -> Lack | None:
    return None


def _stays(round_: Round, act: Any, when: Moment) -> Round:
    return round_


Together = Literal["one", "two_people", "two_offices"]


@dataclass(frozen=True)
class Row:
    """One act of a kind of round: the requirement behind it, who may do it and when, which fact is missing, what it does.

    `together`: `two_people` says that another person must say the same before it takes effect; `two_offices` that one
    person of each of `jointly` must (会同), but for a round in which one office is both (`alone`). `ready`: what is missing
    whatever the act would say, so that a page can tell it before anybody fills in a form.
    `owner_only`: whoever opened the round alone does it, as it alone moves, closes and cancels, which no row needs to say.
    `each_its_own`: an act by which an office deals with all of its own alliances at once; without it a city does nothing in a
    round over the province but what is about one alliance of its own.
    """

    article: str
    roles: frozenset[Role]
    stages: frozenset[RoundStage] = RUNNING
    together: Together = "one"
    jointly: frozenset[Role] = frozenset()
    alone: Callable[[Round], bool] = lambda round_: False
    owner_only: bool = False
    each_its_own: bool = False
    ready: Callable[[Round, By, Moment], Lack | None] = lambda round_, by, when: None
    may: Callable[[Round, Any, Moment], Lack | None] = _nothing_lacks
    then: Callable[[Round, Any, Moment], Round] = _stays
    of_city: str = ""

    def article_for(self, role: Role) -> str:
        """The requirement behind it; a city's own where it does for its place what the province does for all."""
        return self.of_city if self.of_city and role in OF_A_CITY else self.article


# What follows from an entry


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that an entry leads to: which text, to whom, about which alliance, and the words of its own that the text fills in."""

    text: str
    to: Role
    office: str
    filing_id: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActOnFiling:
    """An act that an entry leads to on a filing: as a door would take it, without id and sender, which the round fills in.

    It is done in the name of whoever did the round's act, or of another of those who said the same (`by`).
    """

    filing_id: str
    act: Mapping[str, Any]
    by: By | None = None


@dataclass(frozen=True, slots=True)
class ActInRound:
    """An act that an entry leads to in the round itself, done by the service in the name of the office that opened it: what
    only the register could tell when its day came."""

    act: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """What an entry makes public, from a day to another (exclusive of neither), or for good."""

    kind: str
    content: Mapping[str, Any]
    shown_from: date
    shown_until: date | None = None


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What an entry changes in the terms of the law: the rows of an edition, over those of the edition whose name they are given.

    It is in force before anybody is told.
    """

    document_no: str
    rows: Callable[[str], Sequence[Mapping[str, Any]]]


Consequence = Letter | ActOnFiling | ActInRound | Published | NewTerms


@dataclass(frozen=True)
class Follows:
    """What follows from the entries of one event: what it asks of the register, and what it leads to.

    The order of what it leads to is always the same: by it each thing has its id, so that nothing is done twice.
    """

    then: Callable[[Round, RoundEntry, Mapping[str, Any] | None, Known], Iterable[Consequence]]
    asks: Callable[[Round, RoundEntry], Needs] = lambda round_, entry: Needs()


# The rules of a kind

Examined = RoundAct | list[Finding]
"""An act with the facts that only its paper or the register can tell, or everything that is wrong with it."""


def _as_it_is(round_: Round | None, act: RoundAct, content: Any, known: Known) -> Examined:
    return act


@dataclass(frozen=True)
class Rules:
    """The rules of one kind of round (docs/architecture.md, rounds).

    `rows` by kind of act, common ones included (`common`). `papers`: the model of the paper that an act brings; `papers_of`: the
    same where it depends on the round, such as on an edition that it was opened with; `draws`: the paper that a door draws up
    itself from what the register knows, so that whoever acts brings none. `examine`
    is asked in the door, to refuse with every finding, and again when it is entered, for the record. `items`: what an entry
    makes of alliances. `lapses`: every dated line that time alone may still bring; `lapsed` what one does. `follows` by
    event: kind of act or of lapse. `words` is what states of items, their figures and the counts are called.
    `leaders_read`: acts of others about an alliance that its leader may read, with their papers; of all else its kind shows it
    what it is to know, and when.
    `readers`: of acts whose entries and papers not every office may read, who may. `hidden`: figures that are for those who look at all,
    and for whoever brings them.
    `effect`: what of the round has taken effect, as people are told it; from then on it is not cancelled.
    """

    kind: RoundKind
    rows: Mapping[str, Row]
    papers: Mapping[str, type[Value]] = field(default_factory=dict)
    papers_of: Callable[[Round], Mapping[str, type[Value]]] = lambda round_: {}
    draws: Mapping[str, Callable[[Round, RoundAct, Known], Value]] = field(default_factory=dict)
    asks: Callable[[Round | None, RoundAct], Needs] = lambda round_, act: Needs()
    examine: Callable[[Round | None, RoundAct, Mapping[str, Any] | None, Known], Examined] = _as_it_is
    items: Callable[[Round, RoundEntry, Mapping[str, Any] | None], Iterable[Item]] = lambda round_, entry, content: ()
    lapses: Callable[[Round], Iterable[RoundLine]] = lambda round_: ()
    lapsed: Callable[[Round, RoundLapse, Moment], Round] = _stays
    follows: Mapping[str, Follows] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    effect: Callable[[Round], str | None] = lambda round_: None
    leaders_read: frozenset[str] = frozenset()

    def word(self, name: str) -> str:
        """What a state of items, a figure of theirs or a count is called in Chinese."""
        return self.words.get(name, name)

    def paper(self, round_: Round | None, kind: str) -> type[Value] | None:
        """The model of the paper that an act of a kind brings to a round as it stands, if it brings one."""
        return (self.papers_of(round_).get(kind) if round_ else None) or self.papers.get(kind)


# The acts that every kind has


def common(article: str, roles: frozenset[Role] = PROVINCE) -> dict[str, Row]:
    """The rows by which a round is opened, moved, closed and cancelled."""
    running = RUNNING | {RoundStage.ON_NOTICE}
    return {
        RoundActKind.OPEN_ROUND: Row(article, roles, may=may_open),
        RoundActKind.MOVE_WINDOW: Row(article, roles, may=may_move, then=moved),
        RoundActKind.CLOSE_ROUND: Row(article, roles, may=may_close, then=closed),
        RoundActKind.CANCEL_ROUND: Row(article, roles, running, then=cancelled),
    }


def area_of(round_id: str, act: OpenRound) -> Area:
    """What a round is over: its id names the place, its opening the kind of alliance and the zone."""
    told = parts(round_id)
    return Area(kind=act.alliances, jurisdiction=told.jurisdiction if told else None, zone=act.zone)


def may_open(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """A window has a first and a last day, in order; it lies in its year or begins or ends beside it, and is not over."""
    if act.closes < act.opens:
        return Lack(missing="截止日不得早于开始日")
    if not (abs(act.opens.year - round_.year) <= 1 and 0 <= act.closes.year - round_.year <= 1):
        return Lack(missing=f"起止日期须在{round_.year}年前后")
    if act.closes < when.day:
        return Lack(missing="截止日已过")
    if act.zone and not (round_.area.jurisdiction and act.zone.startswith(f"{round_.area.jurisdiction}-")):
        return Lack(missing="高新区不在本轮次的属地")
    return None


def may_move(round_: Round, act: MoveWindow, when: Moment) -> Lack | None:
    """To a later day that has not passed."""
    if act.closes <= round_.closes:
        return Lack(missing=f"截止日只能顺延，现为{round_.closes}")
    if act.closes < when.day or act.closes.year > round_.year + 1:
        return Lack(missing="新的截止日已过，或晚于次年")
    return None


def moved(round_: Round, act: MoveWindow, when: Moment) -> Round:
    """The window ends later."""
    return round_.but(closes=act.closes, moved=True)


def may_close(round_: Round, act: Any, when: Moment) -> Lack | None:
    """Not before its window is over: what was told to end on a day ends with it."""
    return Lack(missing=f"截止日（{round_.closes}）未过") if when.at < round_.closes_at else None


def closed(round_: Round, act: Any, when: Moment) -> Round:
    """结束: nothing more runs."""
    return round_.but(stage=RoundStage.CLOSED, closed_at=when.at, periods={}, agreed={})


def cancelled(round_: Round, act: Any, when: Moment) -> Round:
    """取消: nothing more runs."""
    return round_.but(stage=RoundStage.CANCELLED, closed_at=when.at, periods={}, agreed={})


def in_window(round_: Round, act: Any, when: Moment) -> Lack | None:
    """What may be done in the window alone."""
    if when.at < round_.opens_at:
        return Lack(missing=f"{round_.opens}起方可办理")
    return Lack(missing=f"截止日（{round_.closes}）已过") if when.at >= round_.closes_at else None


# Whether an act may be


def check(rules: Rules, round_id: str, round_: Round | None, act: RoundAct, when: Moment) -> Refusal | None:
    """Why an act may not be done to a round as it stands; None if it may. `examine` finds what only its paper can tell."""
    row = rules.rows.get(act.kind)
    if row is None:
        return refusal(rules, act, Lack(missing=f"该行为不属于“{rules.kind.label}”"))
    if not when.sensible:
        return refusal(rules, act, Lack(missing="收到时间晚于系统时间"))
    opening = isinstance(act, OpenRound)
    if opening != (round_ is None):
        return refusal(rules, act, Lack(missing="本轮次已经开启" if opening else "没有这一轮次"))
    stands = round_ or begun(round_id, act, when)
    if when.at < stands.opened_at:
        return refusal(rules, act, Lack(missing="收到时间早于轮次的开启时间"))
    if refused := barred(rules, stands, act, when):
        return refused
    lack = _said_before(stands, act, row) or row.ready(stands, act.by, when) or row.may(stands, act, when)
    return refusal(rules, act, lack) if lack else None


def barred(rules: Rules, round_: Round, act: RoundAct, when: Moment) -> Refusal | None:
    """Why nobody, or not this person, may do an act of a kind in a round as it stands, whatever it would say."""
    row = rules.rows[act.kind]
    lack = _not_entitled(round_, act, row) or row.ready(round_, act.by, when)
    if isinstance(act, CancelRound) and (effect := rules.effect(round_)):
        lack = lack or Lack(missing=f"{effect}，不能再取消")
    if round_.stage not in row.stages:
        names = "、".join(f"“{stage.label}”" for stage in RoundStage if stage in row.stages)
        lack = Lack(missing=f"轮次{round_.stage.label}，该行为只在{names}时可为")
    return refusal(rules, act, lack) if lack else None


def is_of(round_: Round, act: RoundAct, row: Row) -> bool:
    """Whether an act is for whoever would do it, by role and place."""
    return _not_entitled(round_, act, row) is None


def refusal(rules: Rules, act: RoundAct, lack: Lack) -> Refusal:
    """Why an act may not be, with the article behind it."""
    message = f"不能“{act.kind.label}”：{lack.missing}"
    return Refusal(message=message, article=article_of(rules, act), missing=lack.missing)


def article_of(rules: Rules, act: RoundAct) -> str:
    """The article behind an act, as quoted to people."""
    row = rules.rows.get(act.kind) or rules.rows[RoundActKind.OPEN_ROUND]
    return cite(row.article_for(act.by.role))


OFFICE_OF = {Role.PROVINCE_ST: offices.PROVINCE, Role.PROVINCE_IIT: offices.PROVINCE}
"""Whose office is always the same."""

OF_A_CITY = frozenset({Role.CITY_ST, Role.CITY_IIT, Role.ZONE})


def _not_entitled(round_: Round, act: RoundAct, row: Row) -> Lack | None:
    """By role, and of a city's office by place; which alliance is whose, `examined` finds."""
    role, office = act.by.role, act.by.office
    if role not in row.roles | row.jointly:
        names = "、".join(each.label for each in Role if each in row.roles | row.jointly)
        return Lack(missing=f"该行为须由{names}为之，{role.label}无权")
    if OFFICE_OF.get(role, office) != office:
        return Lack(missing=f"{role.label}的机构代码不是 {office}")
    if role in OF_A_CITY and not _of_place(round_, act, row, office):
        return Lack(missing=f"本轮次不由 {office} 办理")
    opened = round_.opened_by
    owners = {opened.role, *row.jointly}
    if (isinstance(act, OWNERS) or row.owner_only) and (office != opened.office or role not in owners):
        return Lack(missing=f"该行为由开启本轮次的{offices.title(opened.role, opened.office)}为之")
    return None


OWNERS = CommonAct
"""The acts by which a round is opened, moved, closed and cancelled: whoever opened it does them, in every kind."""


def _of_place(round_: Round, act: RoundAct, row: Row, office: str) -> bool:
    """Whether a city's office or a zone has to do with an act in a round: one of its own place, or about its own alliances."""
    own, zone = round_.area.jurisdiction, round_.area.zone
    if zone and office == zone:
        return True
    if isinstance(act, OpenRound):
        return office == own
    return isinstance(act, OnAlliance) or row.each_its_own if own is None else office.partition("-")[0] == own


# What several must say (会同, 两人)


def key_of(act: RoundAct) -> str:
    """Under what a round holds the first half of an act: its kind, and the alliance that it is about."""
    about = getattr(act, "filing", None)
    return f"{act.kind.value}:{about}" if about else act.kind.value


def half_of(round_: Round, act: RoundAct) -> Agreed | None:
    """The first half of the very same, if somebody has said it."""
    first = round_.agreed.get(key_of(act))
    return first if first and first.said == said(act) else None


def said(act: RoundAct) -> str:
    """Digest of what an act says; what the service adds to it says nothing."""
    return identity.content(act)


def _said_before(round_: Round, act: RoundAct, row: Row) -> Lack | None:
    together = _together(row, round_)
    first = half_of(round_, act) if together != "one" else None
    if first is None:
        halves = len(round_.agreed) - (key_of(act) in round_.agreed)
        crowded = together != "one" and halves >= MOST_HALVES
        return Lack(missing=f"已有{halves}件待他人会同办理，须先办结") if crowded else None
    if any(by.person == act.by.person for by in first.by):
        return Lack(missing=f"“{act.kind.label}”须由两人为之，您已办理，待另一人办理")
    if together == "two_offices" and any(by.role is act.by.role for by in first.by):
        waits = "、".join(role.label for role in _missing(row, first.by))
        return Lack(missing=f"{act.by.role.label}已办理，待{waits}会同办理")
    return None


def _missing(row: Row, by: Iterable[By]) -> list[Role]:
    """Whose say is not there yet."""
    there = {each.role for each in by}
    return [role for role in Role if role in row.jointly and role not in there]


def _together(row: Row, round_: Round) -> Together:
    """Who must say an act in this round."""
    return "one" if row.alone(round_) else row.together


def _is_complete(row: Row, round_: Round, by: tuple[By, ...]) -> bool:
    together = _together(row, round_)
    match together:
        case "one":
            return True
        case "two_people":
            return len(by) > 1
        case "two_offices":
            return not _missing(row, by)
        case _:
            assert_never(together)


# What an act and a lapse do


def begun(round_id: str, act: OpenRound | RoundAct, when: Moment) -> Round:
    """The round that an opening begins; only an opening does."""
    told = parts(round_id)
    if told is None or not isinstance(act, OpenRound):
        raise ValueError(f"{round_id}: not begun by {act.kind}")
    return Round(
        id=round_id,
        year=told.year,
        area=area_of(round_id, act),
        title=act.title,
        document_no=act.document_no,
        opened_by=act.by,
        opened_at=when.at,
        opens=act.opens,
        closes=act.closes,
        pinned=act.pinned,
        paper=act.paper,
        of=STATES[told.kind](),
    )


def entered(rules: Rules, round_id: str, round_: Round | None, act: RoundAct, when: Moment) -> RoundEntry:
    """An act that may be, as written down. The half of what several must say waits, and has no effect yet."""
    row = rules.rows[act.kind]
    before = round_ or begun(round_id, act, when)
    before = before.but(number=before.number + 1)
    first = half_of(before, act) if _together(row, before) != "one" else None
    by = (*first.by, act.by) if first else (act.by,)
    key = key_of(act)
    if complete := _is_complete(row, before, by):
        after = row.then(
            before.but(agreed={name: half for name, half in before.agreed.items() if name != key}), act, when
        )
    else:
        half = Agreed(by=by, number=before.number, said=said(act), paper=getattr(act, "paper", None))
        after = before.but(agreed={**before.agreed, key: half})
    return _entry(after, act, when, article_of(rules, act), proposed=not complete, first=by[:-1])


def passed(rules: Rules, round_: Round, line: RoundLine, when: Moment) -> RoundEntry:
    """A lapse whose instant has come, as written down."""
    counted = round_.but(number=round_.number + 1, passed={**round_.passed, line.lapse.name: line.at})
    return _entry(rules.lapsed(counted, line.lapse, when), line.lapse, when, line.article)


def _entry(
    after: Round, event: Any, when: Moment, article: str, *, proposed: bool = False, first: tuple[By, ...] = ()
) -> RoundEntry:
    return RoundEntry(
        number=after.number,
        at=when.at,
        entered_at=when.written_at,
        event=event,
        stage=after.stage,
        article=article,
        proposed=proposed,
        first=first,
        round=after,
    )


HALF = "尚未生效，须由另一人或另一部门以同一内容办理"


def receipt(rules: Rules, entry: RoundEntry, warnings: tuple[str, ...] = ()) -> RoundReceipt:
    """The short answer to an act; of what others must say too, it says so."""
    due = next_lapse(rules, entry.round)
    return RoundReceipt(
        number=entry.number,
        stage=entry.stage,
        next=Next(at=due.at, lapse=due.lapse.kind.value) if due else None,
        warnings=(HALF, *warnings) if entry.proposed else warnings,
    )


# What time brings

RANK = {kind: rank for rank, kind in enumerate(RoundLapseKind)}


def outlook(rules: Rules, round_: Round) -> list[RoundLine]:
    """What time alone will still bring, in order: every line of the kind whose instant is later than when it last came."""
    known = round_.passed
    lines = [each for each in rules.lapses(round_) if each.lapse.name not in known or each.at > known[each.lapse.name]]
    return sorted(lines, key=lambda line: (line.at, RANK[line.lapse.kind], line.lapse.of or "", line.lapse.days or 0))


def next_lapse(rules: Rules, round_: Round) -> RoundLine | None:
    """The head of the agenda; None when time brings nothing any more."""
    return next(iter(outlook(rules, round_)), None)


def due_by(rules: Rules, round_: Round, until: datetime) -> RoundLine | None:
    """The head of the agenda, if it has come by an instant: lapses come before acts of the same instant."""
    due = next_lapse(rules, round_)
    return due if due and due.at <= until else None


def projected(rules: Rules, round_: Round | None, when: Moment) -> Round | None:
    """The round as it will stand once every lapse is entered that was due when an act was received."""
    while round_ and when.sensible and (due := due_by(rules, round_, when.at)):
        round_ = passed(rules, round_, due, Moment(due.at, when.entered_at)).round
    return round_


REMINDER_HOUR = 9


def window(round_: Round, article: str, reminders: Iterable[int] = ()) -> Iterator[RoundLine]:
    """The lines of a running window: reminders at nine o'clock so many days before its last day, and its end."""
    if round_.stage is not RoundStage.OPEN:
        return
    for days in reminders:
        at = at_hour(round_.closes - timedelta(days=days), REMINDER_HOUR)
        if at > max(round_.opened_at, round_.opens_at):
            yield RoundLine(at=at, lapse=RoundLapse(kind=RoundLapseKind.REMINDER, days=days), article=cite(article))
    yield RoundLine(at=round_.closes_at, lapse=RoundLapse(kind=RoundLapseKind.WINDOW_CLOSED), article=cite(article))


def begin(round_: Round, name: str, start: date, count: int, unit: Unit = "working_day") -> Round:
    """The round with a period running from a day, that day excluded; the province counts by the common calendar."""
    if round_.pinned is None:
        raise LookupError(f"{round_.id}: counts by no edition")
    by = round_.pinned
    last = calendar.last_day(by.calendar, round_.area.jurisdiction or "", start, count, unit)
    period = Period(
        from_=start,
        count=count,
        unit=unit,
        terms=by.terms,
        calendar=by.calendar,
        until=midnight_after(last),
        provisional=calendar.provisional(by.calendar, start, last),
    )
    return round_.but(periods={**round_.periods, name: period})


def end(round_: Round, *names: str) -> Round:
    """The round without these periods."""
    return round_.but(periods={name: period for name, period in round_.periods.items() if name not in names})


# What only the register and the paper can tell


def needs(rules: Rules, round_: Round | None, act: RoundAct) -> Needs:
    """What an act asks of the register: what its kind asks, and the alliance that it is about."""
    asked = rules.asks(round_, act)
    about = getattr(act, "filing", None)
    return replace(asked, filings=(*asked.filings, about)) if about else asked


def examined(
    rules: Rules, round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known, day: date
) -> Examined:
    """An act with all that only its paper and the register can tell, or everything that is wrong with it."""
    about = getattr(act, "filing", None)
    if about and round_ and (fault := _not_ones_own(round_, act, known.alliances.get(about))):
        return [finding(rules.rows[act.kind].article, "/filing", Severity.ERROR, fault)]
    if isinstance(act, OpenRound):
        act = act.but(pinned=pinned_on(day))
    return rules.examine(round_, act, content, known)


def pinned_on(day: date) -> Pinned:
    """The editions that govern what is opened on a day (G-44)."""
    return Pinned(terms=terms_on(day), calendar=CALENDARS.newest(day))


def _not_ones_own(round_: Round, act: RoundAct, alliance: Alliance | None) -> str | None:
    """Whether an alliance is none of the round's, or not of the office that acts."""
    if alliance is None or not alliance.lies_in(round_.area):
        return "本轮次没有这一联盟"
    role, office = act.by.role, act.by.office
    own = {
        Role.LEADER: alliance.leader, Role.CITY_ST: alliance.jurisdiction, Role.CITY_IIT: alliance.jurisdiction,
        Role.ZONE: alliance.zone,
    }  # fmt: skip
    return None if own.get(role, office) == office else "该联盟不由本机构办理"


# What an entry leads to


def items(rules: Rules, entry: RoundEntry, content: Mapping[str, Any] | None) -> list[Item]:
    """What an entry makes of alliances; the half of what several must say makes nothing."""
    return [] if entry.proposed else list(rules.items(entry.round, entry, content))


PROPOSED = "{}:proposed"
"""Of what several must say, under what `Rules.follows` has what follows from a first half: that others are told of it."""


def follows(rules: Rules, entry: RoundEntry) -> Follows | None:
    """How to tell what follows from an entry, if anything may."""
    kind = entry.event.kind.value
    return rules.follows.get(PROPOSED.format(kind) if entry.proposed else kind)


def following(rules: Rules, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> list[Consequence]:
    """What follows from an entry, in an order that is always the same."""
    told = follows(rules, entry)
    return list(told.then(entry.round, entry, content, known)) if told else []
