"""创新资源统计调查: the rules of a round of this kind (Art. 10, 细则 7).

The province opens it with a questionnaire, leaders answer for each alliance and may replace their answer until the window closes, an
office may send an answer back once. Nothing adverse follows from no answer (G-11b): whoever did not answer is reminded and listed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from models.findings import Lack
from models.rounds.base import (
    Item,
    OpenRound,
    RoundActKind,
    RoundKind,
    RoundLapse,
    RoundLapseKind,
    RoundLine,
    RoundStage,
)
from models.rounds.round import Round, RoundEntry
from models.rounds.surveys import (
    AnswerSurveyReturn,
    EnterSurvey,
    FileSurvey,
    PublishSurveySums,
    ReturnSurvey,
    Standing,
    SurveyActKind,
    SurveyFacts,
    SurveyOnPaper,
    SurveyReturn,
    SurveyState,
)
from models.values import on_day
from models.vocabulary import Role
from regulation.articles import cite
from regulation.moment import Moment
from regulation.rounds import answering, survey_letters
from regulation.rounds.agenda import window
from regulation.rounds.answering import ARTICLE, Files, state_of
from regulation.rounds.common_acts import common, in_window, may_open
from regulation.rounds.questionnaires import Opening
from regulation.rounds.rules import PROVINCE, Row, Rules

REMINDED = (15, 5, 1)
"""How many days before the last one whoever has not answered is reminded."""

REVIEWERS = frozenset({Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST})
"""Who may send an answer back, and enter one that came on paper: the office in charge of the alliance, and the province."""


def _opened(round_: Round, act: OpenRound, when: Moment) -> Round:
    facts = act.facts or {}
    state = SurveyState.model_validate(facts.get("state", {}))
    return round_.but(of=state, counts={"expected": int(str(facts.get("expected", 0))), "answered": 0, "returned": 0})


def _counted(round_: Round, facts: SurveyFacts | None, after: Standing) -> Round:
    """The round with one alliance that stands otherwise than before."""
    counts = dict(round_.counts)
    if facts and facts.before:
        counts[facts.before] -= 1
    counts[after] += 1
    return round_.but(counts=counts)


def _filed(round_: Round, act: Files, when: Moment) -> Round:
    return _counted(round_, act.facts, Standing.ANSWERED)


def _sent(round_: Round, act: ReturnSurvey, when: Moment) -> Round:
    return _counted(round_, act.facts, Standing.RETURNED)


def _has_opened(round_: Round, act: Any, when: Moment) -> Lack | None:
    return Lack(missing=f"{on_day(round_.opens)}起方可办理") if when.at < round_.opens_at else None


def _may_publish(round_: Round, act: PublishSurveySums, when: Moment) -> Lack | None:
    return Lack(missing="汇总数已公布") if state_of(round_).published else None


def _published(round_: Round, act: PublishSurveySums, when: Moment) -> Round:
    return round_.but(of=state_of(round_).but(published=True))


ROWS: Mapping[str, Row] = common(ARTICLE, PROVINCE) | {
    RoundActKind.OPEN_ROUND: Row(ARTICLE, PROVINCE, may=may_open, then=_opened),
    SurveyActKind.FILE_SURVEY: Row(ARTICLE, frozenset({Role.LEADER}), ready=in_window, then=_filed),
    SurveyActKind.RETURN_SURVEY: Row(ARTICLE, REVIEWERS, ready=_has_opened, then=_sent),
    SurveyActKind.ANSWER_SURVEY_RETURN: Row(ARTICLE, frozenset({Role.LEADER}), ready=_has_opened, then=_filed),
    SurveyActKind.ENTER_SURVEY: Row(ARTICLE, REVIEWERS, together="two_people", ready=_has_opened, then=_filed),
    SurveyActKind.PUBLISH_SURVEY_SUMS: Row(
        ARTICLE, PROVINCE, frozenset({RoundStage.CLOSED}), may=_may_publish, then=_published
    ),
}


def _items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterator[Item]:
    """What an entry makes of the alliance that it is about."""
    act = entry.event
    match act:
        case FileSurvey() | AnswerSurveyReturn() | EnterSurvey():
            state, facts = Standing.ANSWERED, act.facts
        case ReturnSurvey():
            state, facts = Standing.RETURNED, (act.facts or SurveyFacts()).but(sent_back=True)
        case _:
            return
    figures = (facts or SurveyFacts()).model_dump(mode="json", exclude={"before"})
    yield Item(filing_id=act.filing, state=state, figures=figures)


def _lapses(round_: Round) -> Iterator[RoundLine]:
    if round_.opens_at > round_.opened_at:
        yield RoundLine(at=round_.opens_at, lapse=RoundLapse(kind=RoundLapseKind.WINDOW_OPENED), article=cite(ARTICLE))
    yield from window(round_, ARTICLE, REMINDED)


RULES = Rules(
    kind=RoundKind.SURVEY,
    one_open=True,
    rows=ROWS,
    papers={
        RoundActKind.OPEN_ROUND: Opening,
        SurveyActKind.FILE_SURVEY: SurveyReturn,
        SurveyActKind.ANSWER_SURVEY_RETURN: SurveyReturn,
        SurveyActKind.ENTER_SURVEY: SurveyOnPaper,
    },
    asks=answering.asks,
    examine=answering.examine,
    items=_items,
    lapses=_lapses,
    follows=survey_letters.FOLLOWS,
    words={
        survey_letters.SUMS: "汇总数",
        "expected": "应填报（开启时）",
        **{each.value: each.label for each in Standing},
        "warnings": "提示（项）",
        "sent_back": "曾退回",
        "leader": "盟主代码",
        "paper": "内容摘要",
        "came_on": "来文之日",
    },
)
