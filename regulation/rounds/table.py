"""What is the same in all rounds: who may act when, how it is written down, what several say and time brings with it.

A kind of round is its `Rules`; nothing here knows any kind.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from models.acts import By
from models.filing import Next
from models.findings import Finding, Lack, Refusal
from models.rounds.base import (
    Agreed,
    Area,
    CancelRound,
    CommonAct,
    Item,
    OnAlliance,
    OpenRound,
    Pinned,
    RoundAct,
    RoundActKind,
    RoundLine,
    RoundStage,
    of_year,
    parts,
)
from models.rounds.round import STATES, Round, RoundEntry, RoundReceipt
from models.values import on_day
from models.vocabulary import Role, Severity
from regulation import offices
from regulation.articles import cite
from regulation.calendar import CALENDARS
from regulation.moment import Moment
from regulation.reading import finding
from regulation.rounds.agenda import due_by, next_lapse
from regulation.rounds.agreeing import (
    half_of,
    halves,
    is_complete,
    key_of,
    said,
    said_before,
    together,
    with_half,
    without_halves,
)
from regulation.rounds.consequences import PROPOSED, Consequence, Follows
from regulation.rounds.known import Alliance, Known, Needs
from regulation.rounds.rules import OF_A_CITY, Examined, Row, Rules
from regulation.terms import terms_on


def area_of(round_id: str, act: OpenRound) -> Area:
    """What a round is over: its id names the place, its opening the kind of alliance and the zone."""
    told = parts(round_id)
    return Area(kind=act.alliances, jurisdiction=told.jurisdiction if told else None, zone=act.zone)


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
    lack = said_before(stands, act, row) or row.ready(stands, act.by, when) or row.may(stands, act, when)
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
    message, article = f"不能“{act.kind.label}”：{lack.missing}", article_of(rules, act)
    row = rules.rows.get(act.kind) or rules.rows[RoundActKind.OPEN_ROUND]
    code = row.article_for(act.by.role)
    findings = tuple(
        Finding(code=code, field=field, severity=Severity.ERROR, message=said, article=article)
        for field, said in lack.on
    )
    return Refusal(message=message, article=article, missing=lack.missing, findings=findings)


def article_of(rules: Rules, act: RoundAct) -> str:
    """The article behind an act, as quoted to people."""
    row = rules.rows.get(act.kind) or rules.rows[RoundActKind.OPEN_ROUND]
    return cite(row.article_for(act.by.role))


OFFICE_OF = {Role.PROVINCE_ST: offices.PROVINCE, Role.PROVINCE_IIT: offices.PROVINCE}
"""Whose office is always the same."""


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
    first = half_of(before, act) if together(row, before) != "one" else None
    by = (*first.by, act.by) if first else (act.by,)
    if complete := is_complete(row, before, by):
        after = row.then(without_halves(before, key_of(act)), act, when)
    else:
        half = Agreed(by=by, number=before.number, said=said(act), paper=getattr(act, "paper", None))
        after = with_half(before, act, row, half)
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

OTHERWISE = "就同一事项另有不同内容（{}）也在等待，两份都有效，以先由另一人或另一部门以同一内容办理的为准"
"""What is told besides where others have said something else, with the numbers of their entries."""


def receipt(rules: Rules, entry: RoundEntry, warnings: tuple[str, ...] = ()) -> RoundReceipt:
    """The short answer to an act; of what others must say too, it says so."""
    due = next_lapse(rules, entry.round)
    if entry.proposed and entry.act:
        besides = sorted(each.number for each in halves(entry.round, key_of(entry.act)).values())
        others = "、".join(f"第{number}号" for number in besides if number != entry.number)
        warnings = (HALF, *((OTHERWISE.format(others),) if others else ()), *warnings)
    return RoundReceipt(
        number=entry.number,
        stage=entry.stage,
        next=Next(at=due.at, lapse=due.lapse.kind.value) if due else None,
        warnings=warnings,
    )


def projected(rules: Rules, round_: Round | None, when: Moment) -> Round | None:
    """The round as it will stand once every lapse is entered that was due when an act was received."""
    while round_ and when.sensible and (due := due_by(rules, round_, when.at)):
        round_ = passed(rules, round_, due, Moment(due.at, when.entered_at)).round
    return round_


# What only the register and the paper can tell


def needs(rules: Rules, round_id: str, round_: Round | None, act: RoundAct) -> Needs:
    """What an act asks of the register: what its kind asks, the alliance that it is about, and of an opening what runs already."""
    asked, told = rules.asks(round_, act), parts(round_id)
    if rules.one_open and isinstance(act, OpenRound) and told:
        asked = replace(asked, rounds=(*asked.rounds, (told.kind, told.year)))
    about = getattr(act, "filing", None)
    return replace(asked, filings=(*asked.filings, about)) if about else asked


def examined(
    rules: Rules, round_id: str, round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known,
    day: date,
) -> Examined:  # fmt: skip
    """An act with all that only its paper and the register can tell, or everything that is wrong with it."""
    about = getattr(act, "filing", None)
    if about and round_ and (fault := _not_ones_own(round_, act, known.alliances.get(about))):
        return [finding(rules.rows[act.kind].article, "/filing", Severity.ERROR, fault)]
    if isinstance(act, OpenRound):
        act = act.but(pinned=pinned_on(day))
        if rules.one_open and (running := _running(round_id, act, known)):
            also = rules.examine(round_, act, content, known)
            return [_asks_again(rules, running), *(also if isinstance(also, list) else ())]
    return rules.examine(round_, act, content, known)


def _running(round_id: str, act: OpenRound, known: Known) -> Round | None:
    """A round of the same kind, year and scope that is not over."""
    told, area = parts(round_id), area_of(round_id, act)
    return next(
        (
            one
            for one in known.rounds.values()
            if told and (one.kind, one.year) == (told.kind, told.year) and one.id != round_id and not one.over
            if (one.area.jurisdiction, one.area.zone) == (area.jurisdiction, area.zone)
            if None in (one.area.kind, area.kind) or one.area.kind is area.kind
        ),
        None,
    )


def _asks_again(rules: Rules, running: Round) -> Finding:
    message = (
        f"{of_year(running.kind, running.year, running.area.jurisdiction)}已在进行：“{running.title}”（{running.id}，截止{on_day(running.closes)}），"
        "再开启一轮，同一批联盟须重复办理；请在该轮次中办理，确须重来的，先结束或者取消该轮次"
    )
    return finding(rules.rows[RoundActKind.OPEN_ROUND].article, "/opens", Severity.ERROR, message)


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


def follows(rules: Rules, entry: RoundEntry) -> Follows | None:
    """How to tell what follows from an entry, if anything may."""
    kind = entry.event.kind.value
    return rules.follows.get(PROPOSED.format(kind) if entry.proposed else kind)


def following(rules: Rules, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> list[Consequence]:
    """What follows from an entry, in an order that is always the same."""
    told = follows(rules, entry)
    return list(told.then(entry.round, entry, content, known)) if told else []
