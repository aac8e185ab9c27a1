"""Why, why not, what next (为什么): the answer to a question about a filing, as a tree of sentences (regulation/because.py).

Asked of an instant past, the docket answers as it stood; of one to come, as it will stand if nobody acts. Whether an act may be
done is asked of `lifecycle.check`, which judges acts, and what comes of `agenda`: no rule is told here a second time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, cast

from models.acts import Act, By
from models.filing import Entry, Filing, ReportingYear
from models.findings import Refusal
from models.reasons import Answer, Question, Reason, Register
from models.values import day_of, required
from models.vocabulary import ActKind, Ground, LapseKind, Role, Stage, YearStatus
from regulation import agenda, because, calendar, entries, lifecycle, naming, offers, offices, progress, steps
from regulation.articles import cite, quoted
from regulation.because import Docket, by, you
from regulation.moment import Moment
from regulation.revocation import GROUNDS

AHEAD = 4
"""How many days that somebody must keep are told of what comes."""

LOOKS_AHEAD = 24
"""So many lapses are gone through to find when an act will be open, or closed."""

ENDS_A_CASE = (LapseKind.REVOKED, LapseKind.STATEMENT_ENDED)


def standing(docket: Sequence[Entry], when: Moment) -> Docket:
    """The entries as of an instant, with what time alone has brought, or will bring, by then."""
    until = next((number for number, entry in enumerate(docket) if entry.at > when.at), len(docket))
    found = list(docket[: max(until, 1)])
    known = found[-1].number
    while when.sensible and (due := entries.due_by(found[-1].filing, when.stamped_at)):
        written = max(due.at, found[-1].entered_at)
        found.append(entries.entered(found[-1].filing, due.lapse, Moment(due.at, written)))
    return Docket(found, known)


def why(
    docket: Sequence[Entry],
    when: Moment,
    *,
    act: ActKind | None = None,
    lapse: LapseKind | None = None,
    number: int | None = None,
    year: int | None = None,
) -> Answer:
    """Why an act may be done or not, why a lapse came or not yet, why an entry came; else where the filing stands, and what comes."""
    if number is not None:
        whole = Docket(docket, docket[-1].number)
        entry = whole.find(number)
        reasons = (because.of_entry(whole, entry),) if entry else ()
        return Answer(question=Question.WHY, about=f"第{number}号登记", reasons=reasons)
    stands = standing(docket, when)
    if act is not None:
        return Answer(question=Question.MAY, about=act.label, reasons=(of_act(stands, act, when, year),))
    if lapse is not None:
        return Answer(question=Question.WHY, about=lapse.label, reasons=tuple(of_lapse(stands, lapse, year)))
    return Answer(question=Question.NEXT, about=stands.filing.stage.label, reasons=tuple(coming(stands, when)))


# Acts


def probe(
    filing: Filing, kind: ActKind, when: Moment, who: By | None = None, year: int | None = None
) -> tuple[Act, Refusal | None]:
    """An act as its form would propose it, and why it may not be done; of what the stage does not know, its kind alone."""
    person = who or By(person=offers.SOMEBODY, office="public", role=Role.PUBLIC)
    found = offers.offer(filing, kind, when, person, year)
    if found is not None:
        act = found.act.but(by=who) if who else found.act
        if year is not None and getattr(act, "year", year) != year:  # one that no form proposes
            act = act.but(year=year)
        return act, lifecycle.check(entries.projected(filing, when), act, when)
    if who is None and (doers := offers.doers(filing, kind)):
        person = By(person=offers.SOMEBODY, office=doers[0][1], role=doers[0][0])
    asked = offers.TYPES[kind]
    bare: dict[str, Any] = dict.fromkeys(required(asked)) | {"id": "why", "kind": kind, "by": person}
    bare |= {"year": year} if "year" in bare else {}
    act = cast(Act, asked.model_construct(None, **bare))
    return act, lifecycle.check(entries.projected(filing, when), act, when)


def of_act(docket: Docket, kind: ActKind, when: Moment, year: int | None = None) -> Reason:
    """Whether an act may be done, by whom, and if not, what is missing, who supplies it, and from when on it may."""
    filing = docket.filing
    act, refusal = probe(filing, kind, when, year=year)
    who = "、".join(dict.fromkeys(offices.post(*each) for each in offers.doers(filing, kind))) or "无人"
    entry = _since(docket, act, refusal, when)
    behind = tuple(_behind_act(docket, act, entry))
    about = year or getattr(act, "year", None)
    turns, what = _turns(filing, kind, refusal, when, about), naming.name_of(act)
    if refusal is None:
        until = _until(filing, act, turns, when)
        article = lifecycle.article_of(act, filing)
        law, two = quoted(article, filing.kind), "，须由两人分别办理" if _takes_two(filing, act, when) else ""
        otherwise = _if_nobody(filing, act)
        return Reason(
            enterprise=f"现在可以“{what}”{until}，由{you(who)}办理{otherwise}。",
            office=f"现在可以“{what}”{until}：由{who}在本件备案页办理{two}{otherwise}。依据：{law}。",
            court=f"在{naming.moment(when.at)}，{by(law)}，{who}可以“{what}”{until}{two}{otherwise}。",
            article=article,
            facts=(docket.fact(entry, _changed(docket, entry)),),
            because=behind,
        )
    later = f"。无人办理其他事项的，自{turns}起可以办理" if turns else ""
    way, law, missing = refusal.way_on, quoted(refusal.article), refusal.missing.rstrip("。")
    supplied = f"（{'、'.join(_names(filing, refusal.supplied_by))}）" if refusal.supplied_by else ""
    return Reason(
        enterprise=f"现在不能“{what}”：{you(missing)}{way}{you(supplied)}{later}。",
        office=f"现在不能“{what}”（由{who}办理）：{missing}{way}{supplied}{later}。依据：{law}。",
        court=f"在{naming.moment(when.at)}，{by(law)}，不得“{what}”：{missing}（自{docket.called(entry)}起如此）{way}{supplied}{later}。",
        article=refusal.article,
        facts=(docket.fact(entry, _changed(docket, entry)),),
        because=behind,
    )


def _until(filing: Filing, act: Act, turns: str, when: Moment) -> str:
    """Until when an act may be done: what is about a year until that is due; later only what is late, as long as that may be."""
    year = filing.year(getattr(act, "year", None) or 0)
    kind, last = ActKind(act.kind), f"，到{turns}为止" if turns else ""
    if kind not in (ActKind.FILE_ANNUAL_REPORT, ActKind.REQUEST_EXTENSION) or year is None:
        return last
    in_time = when.at < year.due
    if kind is ActKind.REQUEST_EXTENSION:
        days = agenda.number(filing, "extension.obstacle_days")
        late = f"以后申请的，须因不可抗力，在障碍消除之日起{days}日以内提出"
        return f"，到{naming.midnight(year.due)}为止；{late}" if in_time else f"，报送截止{late}{last}"
    if not in_time:
        return f"，为补报{last}"
    after = year.status is YearStatus.OPEN and bool(turns) and turns != naming.midnight(year.due)
    return f"，到{naming.midnight(year.due)}为止" + (f"；此后收到的为补报{last}" if after else "")


def _if_nobody(filing: Filing, act: Act) -> str:
    """What follows if its leader does not do it; nothing of a year that was missed already."""
    year = filing.year(getattr(act, "year", None) or 0)
    missed = year is not None and year.status is YearStatus.MISSED
    told = "" if missed else steps.if_nobody(filing, ActKind(act.kind))
    return f"。{told}" if told else ""


def _names(filing: Filing, kind: ActKind) -> list[str]:
    return list(dict.fromkeys(f"由{offices.post(*each)}办理" for each in offers.doers(filing, kind)))


def _takes_two(filing: Filing, act: Act, when: Moment) -> bool:
    row = lifecycle.ROWS.get((act.kind.value, filing.stage, filing.kind))
    return row is not None and row.two_people(filing, act, when)


def _since(docket: Docket, act: Act, refusal: Refusal | None, when: Moment) -> Entry:
    """The entry since which the same is said of an act."""
    told, stage = refusal.missing if refusal else None, docket.filing.stage
    known = (act.kind.value, stage, docket.filing.kind) in lifecycle.ROWS

    def said(filing: Filing) -> bool:
        if filing.stage is not stage or not known:
            return filing.stage is stage
        found = lifecycle.check(filing, act, when)
        return (found.missing if found else None) == told

    return docket.since(said)


SAYS = ("stage", "case", "years", "clocks", "notice", "review", "province", "change", "challenges", "proposals")
"""The fields of a filing that decide most, the first of which changed is what an entry is cited for."""


def _changed(docket: Docket, entry: Entry) -> str:
    """Where an entry changed the filing."""
    after, before = entry.filing, docket.before(entry)
    if after is before:
        return "/filing/stage"
    names = {"clocks": "periods"}
    for name in SAYS:
        held = names.get(name, name)
        if getattr(after, held) != getattr(before, held) and getattr(after, held):
            return f"/filing/{name}"
    return "/filing/stage"


def _behind_act(docket: Docket, act: Act, entry: Entry) -> Iterator[Reason]:
    """What is behind the answer about an act: the entry since which it is so, and the year that the act is about."""
    yield because.of_entry(docket, entry)
    year = docket.filing.year(getattr(act, "year", None) or 0)
    if year:
        yield because.of_year(docket, year)
    if docket.filing.stage in (Stage.REVOCATION_PENDING, Stage.REVOKED):
        yield from because.keeping(docket)


def _turns(filing: Filing, kind: ActKind, refusal: Refusal | None, when: Moment, year: int | None) -> str:
    """When an act will be open that is not, or closed that is, if nobody acts; nothing where time alone does not change it."""
    since, last = when.at, None
    for then, due in islice(entries.ahead(filing, agenda.next_deadline), LOOKS_AHEAD):
        years = [agenda.year_begins(each) for each in range(day_of(since).year + 1, day_of(due.at).year + 1)]
        for at in [since, *(each for each in years if since < each < due.at)]:
            _, found = probe(then, kind, Moment(at, at), year=year)
            if (found is None) is not (refusal is None):
                return naming.midnight(at) if refusal is None else f"{naming.on_day(day_of(at))}0时"
        since, last = due.at, (then, due)
    if last and last[1].at.year < calendar.LAST_YEAR:  # as it stands when time brings nothing any more
        then, due = last
        comes = Moment(due.at, due.at)
        _, found = probe(lifecycle.apply(then, due.lapse, comes), kind, comes, year=year)
        if (found is None) is not (refusal is None):
            return naming.midnight(due.at) if refusal is None else f"{naming.on_day(day_of(due.at))}0时"
    return ""


# Lapses


def of_lapse(docket: Docket, kind: LapseKind, year: int | None = None) -> Iterator[Reason]:
    """Why a lapse came, the last time it did; why it has not come yet, and what keeps it or will bring it."""
    about = [entry for entry in docket.entries if _is_of(entry, kind, year)]
    coming = [due for due in agenda.dues(docket.filing) if due.lapse.kind is kind and year in (None, due.lapse.year)]
    stands = kind is LapseKind.REVOKED and docket.filing.stage is not Stage.REVOKED
    undone = bool(about) and because.undone_by(docket, about[-1]) is not None
    if about and (undone or not stands):
        yield because.of_entry(docket, about[-1])
    if coming:
        yield because.to_come(docket, coming[0], again=bool(about))
    elif not about or (stands and not undone):
        yield from _not_ahead(docket, kind, year)


def _is_of(entry: Entry, kind: LapseKind, year: int | None) -> bool:
    event = entry.event
    return event.kind == kind and year in (None, getattr(event, "year", None))


def _not_ahead(docket: Docket, kind: LapseKind, year: int | None = None) -> Iterator[Reason]:
    """Why time alone does not bring a lapse as things stand."""
    filing, here = docket.filing, because.here(docket)
    row = next(each for each in lifecycle.TABLE if each.event is kind)
    names = "、".join(f"“{stage.label}”" for stage in row.moves)
    article = row.article(filing.kind, lifecycle.ground_of(filing))
    of_year = filing.year(year) if year else None
    if kind is LapseKind.YEAR_MISSED and of_year is not None:
        yield _not_missed(docket, of_year)
        return
    ground = lifecycle.ground_of(filing) if filing.stage is Stage.REVOCATION_PENDING else None
    if kind is LapseKind.REVOKED and ground in GROUNDS:
        yield _decided_by_people(docket, ground)
        return
    said, law = because.LAPSES[kind]["so"], quoted(article, filing.kind)
    inside = filing.stage in row.moves
    lack = f"备案现在处于“{filing.stage.label}”" + ("" if inside else f"，只在{names}阶段发生")
    behind = list(_instead(docket, kind))
    ahead = islice(entries.ahead(filing, agenda.next_deadline), LOOKS_AHEAD)
    expected = next((due for _, due in ahead if due.lapse.kind is kind and year in (None, due.lapse.year)), None)
    if kind in NOTICES_CLEARED and filing.open_objections:
        lack += f"，有{filing.open_objections}件异议没有处理完毕，处理完毕以前不发生"
    if expected:
        lack += f"；无人办理的，预计{naming.due_at(expected.at, kind)}发生"
    yield Reason(
        enterprise=f"没有发生“{kind.label}”：{lack}；{you(said)}的，才会发生。",
        office=f"没有发生“{kind.label}”：{lack}（{docket.called(here)}）；须{said}。依据：{law}。",
        court=f"没有发生“{kind.label}”：{by(law)}，须{said}；{lack}（{docket.called(here)}）。",
        article=article,
        facts=(docket.fact(here, "/filing/stage"),),
        because=tuple(behind or [because.of_entry(docket, here)]),
    )


NOTICES_CLEARED = (LapseKind.NOTICE_CLEARED, LapseKind.CHANGE_NOTICE_CLEARED)


def _not_missed(docket: Docket, year: ReportingYear) -> Reason:
    """Why a year that is not missed is none: a request for an extension waits, or it was reported or excused (Q12, G-14)."""
    reason = because.of_year(docket, year)
    name = f"没有发生“{LapseKind.YEAR_MISSED.label} {year.year}年度”："
    if year.extension is None or not year.extension.timely:
        return reason.but(**{each.value: name + reason.worded(each) for each in Register})
    entry = docket.since(lambda each: (of := each.year(year.year)) is not None and bool(of.extension))
    said = f"{name}延期申请已在截止以前提出，尚待批复，批复以前不记为未报送"
    period = f"extension:{year.year}"
    runs = [because.of_period(docket, period)] if period in docket.filing.periods else []
    behind = (*runs, because.of_deadline(docket, year))
    return because.alike(docket, entry, "/filing/years", said, cite("G-14"), behind)


def _decided_by_people(docket: Docket, ground: Ground) -> Reason:
    """Why a case on a ground on which people decide does not complete by itself."""
    who = offices.reviewer_of(docket.filing)
    said = f"没有发生“{LapseKind.REVOKED.label}”：撤销程序的情形为{naming.CLAUSES[ground]}（{ground.label}），由{who}决定，期满不自动撤销"
    behind = _instead(docket, LapseKind.REVOKED)
    return because.alike(docket, because.here(docket), "/filing/stage", said, cite(GROUNDS[ground]), behind)


def _instead(docket: Docket, kind: LapseKind) -> Iterator[Reason]:
    """What keeps a revocation from coming: what is missing of its years, or what its case waits for."""
    if kind in NOTICES_CLEARED and docket.filing.open_objections:
        still = set(offers.open_objections(docket.filing))
        yield from (because.of_entry(docket, each) for each in docket.entries if getattr(each.event, "id", "") in still)
        return
    if kind not in (*ENDS_A_CASE, LapseKind.REVOCATION_OPENED):
        return
    if docket.filing.case and docket.filing.stage is Stage.REVOCATION_PENDING:
        yield from because.of_case(docket)
        yield from (because.to_come(docket, due, shortly=True) for due in agenda.dues(docket.filing)[:1])
    else:
        yield because.missing_in_a_row(docket)


# What comes


def coming(docket: Docket, when: Moment) -> Iterator[Reason]:
    """What brought the filing here, which step it is at and who has it, and the next days that somebody must keep."""
    filing, here = docket.filing, because.here(docket)
    yield because.of_entry(docket, here)
    yield _awaited(docket, here, when)
    at, told = docket.last.at, 0
    for then, due in entries.ahead(filing, agenda.next_deadline):
        if (due.lapse.level or 1) == 1:
            yield because.to_come(_after(docket, then, at), due, shortly=True)
            told += 1
        if told == AHEAD:
            return
        at = due.at


def _after(docket: Docket, then: Filing, at: datetime) -> Docket:
    """The docket with a filing as time will have brought it by an instant."""
    if then is docket.filing:
        return docket
    expected = docket.last.but(number=then.number, filing=then, stage=then.stage, at=at)
    return Docket([*docket.entries, expected], docket.known)


def _awaited(docket: Docket, here: Entry, when: Moment) -> Reason:
    """The step that a filing is at: who has it, until when, and what follows if nobody does it."""
    filing = docket.filing
    ways = progress.tracks(filing, progress.passed(docket.entries), when.at)
    step = next((track.current for track in ways if track.current), None)
    who = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
    if step and (year := _year_at_hand(filing, ways, step)):
        return _year_awaited(docket, here, year, step)
    if step is None:
        waits = f"等候{who}{_at_its_end(filing)}" if who else "没有等候谁办理的事项"
        said, otherwise = f"备案处于“{filing.stage.label}”，{waits}", ""
        restored = filing.stage is Stage.REVOKED and "restoration" in filing.periods
        article = cite("G-23") if restored else here.article
    else:
        by_whom = f"；由{step.who}办理" if step.who else "；现在不等候谁办理"
        said = f"现在到“{step.title}”：{step.says or step.title}{by_whom}{_done_by(filing, step)}"
        otherwise = f"。{step.otherwise}" if step.otherwise else ""
        article = _article_of(docket, step) or here.article
    law = quoted(article, filing.kind)
    return Reason(
        enterprise=f"{you(said)}{you(otherwise)}。",
        office=f"{said}{otherwise}。依据：{law}。",
        court=f"{said}{otherwise}（自{docket.called(here)}起；{law}）。",
        article=article,
        facts=(docket.fact(here, "/filing/stage"),),
        counted=step.counted if step else None,
    )


def _done_by(filing: Filing, step: steps.Step) -> str:
    """Until when a step is to be done; of a review to which it has not come, as if the application will be deemed accepted."""
    if "acceptance" in filing.periods and filing.stage is Stage.SUBMITTED:
        review = agenda.begin(filing, "review", filing.periods["acceptance"].from_).periods["review"]
        return f"，视为受理的，最迟{naming.midnight(review.until)}"
    if step.until is None:
        return ""
    return f"，期限已于{naming.midnight(step.until)}届满" if step.late else f"，最迟{naming.midnight(step.until)}"


def _article_of(docket: Docket, step: steps.Step) -> str | None:
    """The article behind a step: of the period that runs until then, else of what time brings then, else of what it is over with."""
    filing = docket.filing
    if runs := [name for name, period in filing.periods.items() if period.until == step.until]:
        return because.of_period(docket, runs[0]).article
    if of_step := [due for due in agenda.dues(filing) if due.at == step.until]:
        return lifecycle.article_of(of_step[0].lapse, filing)
    return _article_of_step(filing, step)


def _at_its_end(filing: Filing) -> str:
    """What an office is still waited for with when a filing has come to its end."""
    if filing.stage is Stage.REVOKED and "restoration" in filing.periods:
        return "恢复备案"
    return "公告" if {"announcement", "announcement_alert", "unannounced"} & filing.periods.keys() else ""


OF_STEP: Mapping[str, ActKind | LapseKind] = {
    "review": ActKind.CONFIRM,
    "notice": LapseKind.NOTICE_ENDED,
    "forwarding": ActKind.FORWARD,
    "decision": ActKind.ARCHIVE,
    "archiving": ActKind.ARCHIVE,
    "check": ActKind.RETURN_ANNUAL_REPORT,
    "served": ActKind.RECORD_SERVICE,
    "stated": ActKind.STATE_DEFENCE,
    "decided": ActKind.APPROVE_REVOCATION,
}
"""What a step is over with, by whose article it is asked for where no period says so."""


def _article_of_step(filing: Filing, step: steps.Step) -> str | None:
    kind = OF_STEP.get(step.key)
    rows = [row for row in lifecycle.TABLE if row.event is kind and filing.kind in row.kinds]
    # of several the last is that of the kind's own document
    return rows[-1].article(filing.kind, lifecycle.ground_of(filing)) if rows else None


def _year_at_hand(filing: Filing, ways: Sequence[steps.Track], step: steps.Step) -> ReportingYear | None:
    """The year that a step asks to report, by its last day."""
    if step.key not in ("window", "report"):
        return None
    due = next(each.until for track in ways for each in track.steps if each.key == "report")
    return next((year for year in filing.years if year.due == due), None)


def _year_awaited(docket: Docket, here: Entry, year: ReportingYear, step: steps.Step) -> Reason:
    """A year's report that is waited for: from when on, until when, and what follows (A-34, B-19, Q12)."""
    filing, due = docket.filing, naming.midnight(year.due)
    asked = f"{year.year}年度总结和计划" + (
        f"自{naming.on_day(day_of(agenda.window_opens(filing, year.year)))}起报送，早于该日报送的，也予接收"
        if step.key == "window"
        else "现在应当报送"
    )
    article = because.deadline_article(filing)
    if year.extension and year.extension.timely:
        last = f"截止为{due}，延期申请尚待批复，批复以前不记为未报送；可以先行报送，不必等候批复"
        article = cite("G-14")
    elif step.late:
        last = f"报送已于{due}截止，请尽快补报，补报以后不计入连续未报送"
    else:
        last = f"最迟{due}。逾期记为{year.year}年度未报送；{steps.MISSED_TWICE}"
    said, law = f"{asked}；由{Role.LEADER.label}办理，{last}", quoted(article, filing.kind)
    return Reason(
        enterprise=f"{you(said)}。",
        office=f"{said}。依据：{law}。",
        court=f"{said}（自{docket.called(here)}起；{law}）。",
        article=article,
        facts=(docket.fact(here, "/filing/stage"),),
    )
