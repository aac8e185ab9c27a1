"""Why, why not, what next (为什么): the answer to a question about a filing, as a tree of sentences (regulation/because.py).

Asked of an instant past, the docket answers as it stood; of one to come, as it will stand if nobody acts. Whether an act may be
done is asked of `lifecycle.check`, which judges acts, and what comes of `agenda`: no rule is told here a second time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, cast

from models.acts import Act, By
from models.filing import Entry, Filing
from models.findings import Refusal
from models.reasons import Answer, Question, Reason
from models.values import day_of, required
from models.vocabulary import ActKind, LapseKind, Role, Stage, YearStatus
from regulation import agenda, because, entries, lifecycle, naming, offers, progress, steps
from regulation.articles import quoted
from regulation.because import Docket, by, post, you
from regulation.moment import Moment

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
        return act, lifecycle.check(entries.projected(filing, when), act, when)
    if who is None and (doers := offers.doers(filing, kind)):
        person = By(person=offers.SOMEBODY, office=doers[0][1], role=doers[0][0])
    asked = offers.TYPES[kind]
    bare: dict[str, Any] = dict.fromkeys(required(asked)) | {"id": "why", "kind": kind, "by": person}
    act = cast(Act, asked.model_construct(None, **bare))
    return act, lifecycle.check(entries.projected(filing, when), act, when)


def of_act(docket: Docket, kind: ActKind, when: Moment, year: int | None = None) -> Reason:
    """Whether an act may be done, by whom, and if not, what is missing, who supplies it, and from when on it may."""
    filing = docket.filing
    act, refusal = probe(filing, kind, when, year=year)
    who = "、".join(dict.fromkeys(post(*each) for each in offers.doers(filing, kind))) or "无人"
    entry = _since(docket, act, refusal, when)
    behind = tuple(_behind_act(docket, act, entry))
    turns = _turns(filing, kind, refusal, when, year)
    if refusal is None:
        until = f"，到{turns}为止" if turns else ""
        article = lifecycle.article_of(act, filing)
        law, two = quoted(article, filing.kind), "，须由两人分别办理" if _takes_two(filing, act, when) else ""
        otherwise = _if_nobody(filing, act)
        return Reason(
            enterprise=f"现在可以“{kind.label}”{until}，由{you(who)}办理{otherwise}。",
            office=f"现在可以“{kind.label}”{until}：由{who}在本件备案页办理{two}{otherwise}。依据：{law}。",
            court=f"在{naming.moment(when.at)}，{by(law)}，{who}可以“{kind.label}”{until}{two}{otherwise}。",
            article=article,
            facts=(docket.fact(entry, _changed(docket, entry)),),
            because=behind,
        )
    later = f"。无人办理其他事项的，自{turns}起可以办理" if turns else ""
    way, law, missing = refusal.way_on, quoted(refusal.article), refusal.missing.rstrip("。")
    supplied = f"（{'、'.join(_names(filing, refusal.supplied_by))}）" if refusal.supplied_by else ""
    return Reason(
        enterprise=f"现在不能“{kind.label}”：{you(missing)}{way}{you(supplied)}{later}。",
        office=f"现在不能“{kind.label}”（由{who}办理）：{missing}{way}{supplied}{later}。依据：{law}。",
        court=f"在{naming.moment(when.at)}，{by(law)}，不得“{kind.label}”：{missing}（自{docket.called(entry)}起如此）{way}{supplied}{later}。",
        article=refusal.article,
        facts=(docket.fact(entry, _changed(docket, entry)),),
        because=behind,
    )


def _if_nobody(filing: Filing, act: Act) -> str:
    """What follows if its leader does not do it; nothing of a year that was missed already."""
    year = filing.year(getattr(act, "year", None) or 0)
    missed = year is not None and year.status is YearStatus.MISSED
    told = "" if missed else steps.if_nobody(filing, ActKind(act.kind))
    return f"。{told}" if told else ""


def _names(filing: Filing, kind: ActKind) -> list[str]:
    return list(dict.fromkeys(f"由{post(*each)}办理" for each in offers.doers(filing, kind)))


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
    since = when.at
    for then, due in islice(entries.ahead(filing, agenda.next_deadline), LOOKS_AHEAD):
        years = [agenda.year_begins(each) for each in range(day_of(since).year + 1, day_of(due.at).year + 1)]
        for at in [since, *(each for each in years if since < each < due.at)]:
            _, found = probe(then, kind, Moment(at, at), year=year)
            if (found is None) is not (refusal is None):
                return naming.midnight(at) if refusal is None else f"{naming.on_day(day_of(at))}0时"
        since = due.at
    return ""


# Lapses


def of_lapse(docket: Docket, kind: LapseKind, year: int | None = None) -> Iterator[Reason]:
    """Why a lapse came, the last time it did; why it has not come yet, and what keeps it or will bring it."""
    about = [entry for entry in docket.entries if _is_of(entry, kind, year)]
    coming = [due for due in agenda.dues(docket.filing) if due.lapse.kind is kind and year in (None, due.lapse.year)]
    stands = kind is LapseKind.REVOKED and docket.filing.stage is not Stage.REVOKED
    if about and not (coming or stands):
        yield because.of_entry(docket, about[-1])
        return
    if coming:
        yield because.to_come(docket, coming[0])
        return
    yield from _not_ahead(docket, kind)


def _is_of(entry: Entry, kind: LapseKind, year: int | None) -> bool:
    event = entry.event
    return event.kind == kind and year in (None, getattr(event, "year", None))


def _not_ahead(docket: Docket, kind: LapseKind) -> Iterator[Reason]:
    """Why time alone does not bring a lapse as things stand."""
    filing, here = docket.filing, because.here(docket)
    row = next(each for each in lifecycle.TABLE if each.event is kind)
    names = "、".join(f"“{stage.label}”" for stage in row.moves)
    article = row.article(filing.kind, lifecycle.ground_of(filing))
    said, law = because.LAPSES[kind]["so"], quoted(article, filing.kind)
    inside = filing.stage in row.moves
    lack = f"备案现在处于“{filing.stage.label}”" + ("" if inside else f"，只在{names}阶段发生")
    behind = list(_instead(docket, kind))
    ahead = islice(entries.ahead(filing, agenda.next_deadline), LOOKS_AHEAD)
    expected = next((due for _, due in ahead if due.lapse.kind is kind), None)
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


def _instead(docket: Docket, kind: LapseKind) -> Iterator[Reason]:
    """What keeps a revocation from coming: what is missing of its years, or what its case waits for."""
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
    article = here.article
    if step is None:
        said, otherwise = f"备案处于“{filing.stage.label}”，{'等候' + who if who else '没有等候谁办理的事项'}", ""
    else:
        until = (
            f"，{'期限已于' if step.late else '最迟'}{naming.midnight(step.until)}{'届满' if step.late else ''}"
            if step.until
            else ""
        )
        said = f"现在到“{step.title}”：{step.says or step.title}；由{step.who or who or '期限届满'}办理{until}"
        otherwise = f"。{step.otherwise}" if step.otherwise else ""
        of_step = [due for due in agenda.dues(filing) if due.at == step.until]
        runs = [name for name, period in filing.periods.items() if period.until == step.until]
        article = lifecycle.article_of(of_step[0].lapse, filing) if of_step else article
        article = because.of_period(docket, runs[0]).article if runs else article
    return Reason(
        enterprise=f"{you(said)}{you(otherwise)}。",
        office=f"{said}{otherwise}。依据：{quoted(article)}。",
        court=f"{said}{otherwise}（自{docket.called(here)}起；{quoted(article)}）。",
        article=article,
        facts=(docket.fact(here, "/filing/stage"),),
        counted=step.counted if step else None,
    )
