"""What is found on the acts of a survey (创新资源统计调查): on its opening, on returns, on one that is sent back.

What only papers and register can tell of an act becomes its facts; pointers are those of the act, its paper below `/content`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from models.findings import Finding
from models.rounds.base import MoveWindow, OpenRound, RoundAct, RoundKind, RoundStage
from models.rounds.questionnaires import Questionnaire
from models.rounds.round import Round
from models.rounds.surveys import (
    AnswerSurveyReturn,
    EarlierSurvey,
    EnterSurvey,
    FileSurvey,
    ReturnSurvey,
    Standing,
    SurveyFacts,
    SurveyOpening,
    SurveyState,
)
from models.values import day_of, on_day
from models.vocabulary import Role, Severity
from regulation import offices
from regulation.moment import Moment
from regulation.on_paper import faults_of
from regulation.reading import finding
from regulation.rounds import prefilling, questionnaires, returns
from regulation.rounds.agreeing import half_of
from regulation.rounds.known import Alliance, Known, KnownItem, Needs
from regulation.rounds.returns import Subject
from regulation.rounds.rules import Examined

ARTICLE = "A-35"


def state_of(round_: Round) -> SurveyState:
    """What a survey holds. Raises `TypeError` for a round of another kind."""
    if not isinstance(round_.of, SurveyState):
        raise TypeError(round_.id)
    return round_.of


@dataclass(frozen=True)
class _Paper:
    """A paper by its digest: two of one digest say the same."""

    digest: str
    content: Mapping[str, Any] = field(compare=False)


@lru_cache(maxsize=16)
def _questionnaire(paper: _Paper) -> Questionnaire:
    return questionnaire_in(paper.content)


def questionnaire_of(paper: str | None, known: Known) -> Questionnaire:
    """The questionnaire that a paper holds, among what is known. It is long, and read once for all who answer it."""
    key = paper or ""
    return _questionnaire(_Paper(key, known.papers[key]))


def questionnaire_in(opening: Mapping[str, Any]) -> Questionnaire:
    """The questionnaire of a survey, from the paper of its opening."""
    told = SurveyOpening.model_validate(dict(opening)).questionnaire
    if told is None:
        raise LookupError("a survey was opened without a questionnaire")
    return told


# What an act asks of the register, and what is found on it


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """What an act of a survey asks of the register."""
    match act:
        case OpenRound():
            return Needs(
                population=True, rounds=((RoundKind.SURVEY, act.opens.year - 1), (RoundKind.SURVEY, act.opens.year))
            )
        case FileSurvey() | AnswerSurveyReturn() | EnterSurvey() if round_:
            return asked_of_a_return(round_, act.filing)
        case ReturnSurvey() if round_:
            return Needs(filings=(act.filing,), items=(round_.id,), papers=_papers(round_))
        case MoveWindow() if round_:
            return Needs(papers=_papers(round_))
        case _:
            return Needs()


def asked_of_a_return(round_: Round, filing_id: str) -> Needs:
    """What is asked of the register to judge an alliance's return, or to begin one."""
    earlier = state_of(round_).earlier
    before = (earlier.id,) if earlier else ()
    return Needs(
        filings=(filing_id,),
        items=(round_.id, *before),
        papers=(*_papers(round_), *((earlier.paper,) if earlier else ())),
        behind_items=before,
        applications=(filing_id,),
    )


def _papers(round_: Round) -> tuple[str, ...]:
    return (round_.paper,) if round_.paper else ()


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act of a survey with its facts, or everything that is wrong with it."""
    match act:
        case OpenRound():
            return _examine_opening(act, content, known)
        case FileSurvey() | AnswerSurveyReturn() | EnterSurvey() if round_:
            return _examine_return(round_, act, content, known)
        case ReturnSurvey() if round_:
            return _examine_sending_back(round_, act, known)
        case MoveWindow() if round_ and round_.paper in known.papers:
            return [*_beyond(act.closes, questionnaire_of(round_.paper, known))] or act
        case _:
            return act


def _error(message: str, field: str) -> Finding:
    return finding(ARTICLE, field, Severity.ERROR, message)


def _examine_opening(act: OpenRound, content: Mapping[str, Any] | None, known: Known) -> OpenRound | list[Finding]:
    """The questionnaire can be answered, and suits the year of which it asks."""
    if content is None:
        return [_error("须附统计年度和调查表", "/content")]
    opening = SurveyOpening.model_validate(dict(content))
    asked = opening.questionnaire
    if asked is None:
        there = "、".join(questionnaires.QUESTIONNAIRES)
        return [_error(f"没有这一版调查表，或者没有适用于统计年度的；现有：{there}", "/content/edition")]
    found = questionnaires.faults(asked) or questionnaires.of_another(asked)
    found = [each.but(field=f"/content/questionnaire{each.field}") for each in found]
    if not 0 <= act.opens.year - opening.year <= 1:
        found.append(_error(f"统计年度须为{act.opens.year}年或者上一年", "/content/year"))
    if asked.first_year > opening.year:
        found.append(_error(f"这一版调查表自{asked.first_year}年起适用", "/content/questionnaire"))
    found += _beyond(act.closes, asked)
    if found:
        return found
    state = SurveyState(year=opening.year, edition=asked.edition, earlier=_earlier(opening.year, known))
    return act.but(facts={"state": state.model_dump(mode="json"), "expected": len(known.alliances)})


def is_expired(questionnaire: Questionnaire, day: date) -> bool:
    """Whether a questionnaire is no longer valid on a day: nobody need answer it then (统计法)."""
    return questionnaire.valid_until is not None and day > questionnaire.valid_until


def _beyond(closes: date, questionnaire: Questionnaire) -> Iterator[Finding]:
    """Nobody is asked beyond the day until which the questionnaire is valid."""
    if questionnaire.valid_until and is_expired(questionnaire, closes):
        last = on_day(questionnaire.valid_until)
        yield _error(f"截止日晚于调查表的有效期（至{last}）；超过有效期限的调查表，调查对象有权拒绝填报", "/closes")


def _earlier(year: int, known: Known) -> EarlierSurvey | None:
    """The last survey of the figures of the year before: what is told now is compared with what was told in it."""
    closed = [
        each
        for each in known.rounds.values()
        if each.stage is RoundStage.CLOSED and isinstance(each.of, SurveyState) and each.of.year == year - 1
    ]
    last = max(closed, key=lambda each: (each.area.jurisdiction is None, each.closes), default=None)
    return EarlierSurvey(id=last.id, year=year - 1, paper=last.paper) if last and last.paper else None


Files = FileSurvey | AnswerSurveyReturn | EnterSurvey
"""By what an alliance answers: online, or on paper through an office."""


def _examine_return(
    round_: Round, act: Files, content: Mapping[str, Any] | None, known: Known
) -> Files | list[Finding]:
    """A return with everything that is found on it (A-35, B-19); what is merely worth a look is counted."""
    item = known.item(round_.id, act.filing)
    if isinstance(act, AnswerSurveyReturn) and (item is None or item.state != Standing.RETURNED):
        return [_error("此件没有退回待补正的统计调查表", "/filing")]
    alliance = known.alliances[act.filing]
    came_on = None
    if isinstance(act, EnterSurvey):
        came_on = act.came.postmarked_on or act.came.on
        if wrong := [_error(message, at) for at, message in _on_paper(round_, act, came_on, item, alliance)]:
            return wrong
    sent = content or {}
    examined = returns.examine(
        questionnaire_of(round_.paper, known),
        sent.get("figures"),
        subject(round_, alliance, known),
        "/content/figures",
    )
    errors = [*examined.errors, *_promised(sent)]
    if errors:
        return [*errors, *examined.warnings]
    facts = SurveyFacts(
        before=Standing(item.state) if item else None,
        sent_back=_sent_back(item),
        warnings=len(examined.warnings),
        leader=alliance.leader,
        came_on=came_on,
        groups=groups_of(alliance),
    )
    return act.but(facts=facts)


def _on_paper(
    round_: Round, act: EnterSurvey, came_on: date, item: KnownItem | None, alliance: Alliance
) -> Iterator[tuple[str, str]]:
    """What is wrong with a return on paper: the field, and what. It is for the reviewing office, or the province; it came within
    the window, or to put right what was sent back; and nothing newer stands.
    """
    reviewing = offices.reviewer(alliance.jurisdiction, alliance.zone)
    if act.by.role is not Role.PROVINCE_ST and (act.by.role, act.by.office) != reviewing:
        yield "/filing", f"该联盟由{offices.title(*reviewing)}代录"
    if act.received_at:
        confirmed = half_of(round_, act) is not None
        yield from faults_of(act.came, act.by, Moment(act.received_at, act.received_at), confirmed=confirmed)
    returned = item is not None and item.state == Standing.RETURNED
    if came_on < round_.opens:
        yield "/came/on", f"收到或者寄出之日（{on_day(came_on)}）早于开始日（{on_day(round_.opens)}）"
    if came_on > round_.closes and not returned:
        yield "/came/on", f"收到或者寄出之日（{on_day(came_on)}）晚于截止日（{on_day(round_.closes)}）"
    if item and not returned and (told := _told_on(item)) > came_on:
        yield "/came/on", f"该联盟{on_day(told)}另有填报，晚于此件收到或者寄出之日（{on_day(came_on)}），以后报的为准"


def _told_on(item: KnownItem) -> date:
    """The day as of which an answer counts."""
    return SurveyFacts.model_validate(item.figures).came_on or day_of(item.at)


def _promised(sent: Mapping[str, Any]) -> Iterator[Finding]:
    if sent.get("integrity_commitment") is not True:
        yield _error("须承诺所填数据真实、准确、完整", "/content/integrity_commitment")


def _examine_sending_back(round_: Round, act: ReturnSurvey, known: Known) -> ReturnSurvey | list[Finding]:
    """What was answered may be sent back, once; what is asked is asked of indicators that there are."""
    item = known.item(round_.id, act.filing)
    if item is None or item.state != Standing.ANSWERED:
        return [_error("此件没有可以退回的统计调查表", "/filing")]
    if _sent_back(item):
        return [_error("统计调查表只退回一次", "/filing")]
    asked = questionnaire_of(round_.paper, known)
    codes = {each.code for table in asked.tables for each in table.indicators}
    unknown = [number for number, each in enumerate(act.points) if each.code not in codes]
    if unknown:
        return [_error("调查表没有这一指标代码", f"/points/{number}/code") for number in unknown]
    told = SurveyFacts.model_validate(item.figures)
    return act.but(facts=told.but(before=Standing.ANSWERED, paper=item.paper))


def _sent_back(item: KnownItem | None) -> bool:
    return bool(item and item.figures.get("sent_back"))


def subject(round_: Round, alliance: Alliance, known: Known) -> Subject:
    """The alliance that answers, with what it told before: in the last survey, else in its application."""
    state, application = state_of(round_), known.applications.get(alliance.id)
    year = state.year or round_.year
    before = elsewhere = None
    asked = questionnaire_of(round_.paper, known)
    if state.earlier and (told := earlier_figures(state.earlier, alliance.id, known)):
        by = questionnaire_of(state.earlier.paper, known)
        before = prefilling.by_return(by, told, state.earlier.year, f"{state.earlier.year}年度调查所填")
    if application:
        in_it = (asked, alliance.kind, application, prefilling.applied_in(application, alliance.submitted_on))
        before = before or prefilling.by_application(*in_it, year - 1)
        elsewhere = prefilling.by_application(*in_it, year)
    members = prefilling.members_in(application) if application else ()
    return Subject(alliance.kind, members, before, elsewhere)


def earlier_figures(earlier: EarlierSurvey, filing_id: str, known: Known) -> Mapping[str, Any] | None:
    """What an alliance told in the last survey, if it answered."""
    item = known.item(earlier.id, filing_id)
    paper = known.papers.get(item.paper) if item and item.paper else None
    return paper.get("figures") if paper else None


def groups_of(alliance: Alliance) -> dict[str, str]:
    """Where an alliance belongs when its return is taken: by city, kind and technical field."""
    return {
        "city": offices.OFFICES[alliance.jurisdiction].city,
        "kind": f"{alliance.kind}类",
        "field": alliance.technical_field,
    }
