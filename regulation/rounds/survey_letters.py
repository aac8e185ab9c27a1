"""What follows from what happens in a survey: whom it is told, and what of its sums becomes public."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from models.rounds.base import RoundActKind, RoundLapseKind
from models.rounds.questionnaires import Questionnaire
from models.rounds.round import Round, RoundEntry
from models.rounds.surveys import EnterSurvey, ReturnSurvey, Standing, SurveyActKind, SurveyFacts
from models.values import day_of
from models.vocabulary import Role
from regulation import offices
from regulation.naming import on_day
from regulation.rounds import sums
from regulation.rounds.answering import questionnaire_in, state_of
from regulation.rounds.consequences import PROPOSED, Consequence, Follows, Letter, Published
from regulation.rounds.figures import figures_in
from regulation.rounds.known import Alliance, Known, KnownItem, Needs
from regulation.rounds.sums import Answer

Then = Callable[[Round, RoundEntry, Mapping[str, Any] | None, Known], Iterator[Consequence]]


def _words(round_: Round) -> dict[str, str]:
    return {"figures_of": str(state_of(round_).year)}


# Letters


def _to_leaders(text: str) -> Then:
    """A letter about each alliance that has not answered, or not what was sent back."""

    def then(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> Iterator[Letter]:
        for each in known.alliances.values():
            item = known.item(round_.id, each.id)
            if item is None or item.state != Standing.ANSWERED:
                yield Letter(text, Role.LEADER, each.leader, each.id, _words(round_))

    return then


def _opened(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> Iterator[Consequence]:
    """Leaders are told when the window opens, be it at once."""
    if entry.act is None or round_.opens_at <= round_.opened_at:
        yield from _to_leaders("survey_opened")(round_, entry, content, known)


def _reminded(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
) -> Iterator[Consequence]:
    """Whoever has not answered is reminded; each office is told how many of its own those are."""
    yield from _to_leaders("survey_reminder")(round_, entry, content, known)
    yield from (each for each in _to_offices("survey_progress", round_, known) if each.words["waiting"] != "0")


def _ended(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> Iterator[Consequence]:
    """The window is over: each office, and the province, is told how many answered."""
    yield from _to_offices("survey_ended", round_, known)
    everybody = _numbers(round_, list(known.alliances.values()), known)
    yield Letter("survey_ended", Role.PROVINCE_ST, offices.PROVINCE, None, everybody)


def _to_offices(text: str, round_: Round, known: Known) -> Iterator[Letter]:
    of: dict[tuple[Role, str], list[Alliance]] = {}
    for each in known.alliances.values():
        of.setdefault(offices.reviewer(each.jurisdiction, each.zone), []).append(each)
    for (role, office), alliances in sorted(of.items()):
        yield Letter(text, role, office, None, _numbers(round_, alliances, known))


def _numbers(round_: Round, alliances: list[Alliance], known: Known) -> dict[str, str]:
    """How many of some alliances answered."""
    items = [known.item(round_.id, each.id) for each in alliances]
    answered = sum(item is not None and item.state == Standing.ANSWERED for item in items)
    told = {"expected": len(items), "answered": answered, "waiting": len(items) - answered}
    return _words(round_) | {name: str(number) for name, number in told.items()}


def _sent_back(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
) -> Iterator[Consequence]:
    """Whoever answered is told what is to be put right."""
    act = entry.event
    if isinstance(act, ReturnSurvey):
        alliance = known.alliances[act.filing]
        points = "；".join([act.reason, *(f"{each.code} {each.message}" for each in act.points)])
        yield Letter("survey_returned", Role.LEADER, alliance.leader, alliance.id, _words(round_) | {"points": points})


def _to_compare(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
) -> Iterator[Consequence]:
    """A colleague compares what was entered with what came."""
    act = entry.event
    if isinstance(act, EnterSurvey):
        yield Letter("survey_to_compare", act.by.role, act.by.office, act.filing, _words(round_))


def _entered(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
) -> Iterator[Consequence]:
    """Whoever sent paper is told that it was entered, and as of which day."""
    act = entry.event
    if isinstance(act, EnterSurvey):
        came_on = on_day(act.came.postmarked_on or act.came.on)
        words = _words(round_) | {"came_on": came_on, "entered_by": offices.title(act.by.role, act.by.office)}
        yield Letter("survey_entered", Role.LEADER, known.alliances[act.filing].leader, act.filing, words)


# Sums


def answers(
    questionnaire: Questionnaire, items: Iterable[KnownItem], papers: Mapping[str, Mapping[str, Any]]
) -> Iterator[Answer]:
    """The returns that stand, for summing: not those that wait to be put right."""
    for each in items:
        if each.state == Standing.ANSWERED and each.paper:
            facts = SurveyFacts.model_validate(each.figures)
            told = papers[each.paper].get("figures") or {}
            yield Answer(facts.leader, facts.groups, figures_in(questionnaire, told))


GROUPINGS = {"city": "所在市", "kind": "类别", "field": "技术领域"}
"""By what offices sum returns, and what it is called."""

PUBLIC = "city"
"""The one grouping that is published: of two, one less the other would tell of a single leader what neither tells alone."""


SUMS = "survey_sums"
"""What the published sums are kept as."""


def _published(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
) -> Iterator[Consequence]:
    """The sums, as far as they tell of nobody."""
    asked = questionnaire_in(known.papers[round_.paper or ""])
    told = list(answers(asked, known.items.get(round_.id, {}).values(), known.papers))
    sums_of = {
        "round": round_.title,
        "year": state_of(round_).year,
        "answered": len(told),
        "lines": list(public_lines(asked, told)),
    }
    yield Published(SUMS, sums_of, day_of(entry.at))


def public_lines(questionnaire: Questionnaire, told: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """What everybody may read of some answers: of each figure the whole, and the cities that tell of nobody."""
    for line in sums.lines(questionnaire, told, PUBLIC):
        whole, of = sums.published(line)
        if whole is not None:
            shown = {group: str(total) for group, total in sorted(of.items()) if total is not None}
            yield {**_of(line), "total": str(whole), PUBLIC: shown}


def _of(line: sums.Line) -> dict[str, Any]:
    return {
        "code": line.indicator.code,
        "label": line.indicator.label,
        "unit": line.indicator.unit,
        "table": line.table.title,
    }


# By what happened


def _everybody(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(population=True, items=(round_.id,))


def _one(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(filings=(entry.event.filing,) if isinstance(entry.event, ReturnSurvey | EnterSurvey) else ())


def _returns(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(items=(round_.id,), behind_items=(round_.id,), papers=(round_.paper,) if round_.paper else ())


FOLLOWS: Mapping[str, Follows] = {
    RoundActKind.OPEN_ROUND: Follows(_opened, _everybody),
    RoundLapseKind.WINDOW_OPENED: Follows(_opened, _everybody),
    RoundActKind.MOVE_WINDOW: Follows(_to_leaders("round_moved"), _everybody),
    RoundActKind.CANCEL_ROUND: Follows(_to_leaders("round_cancelled"), _everybody),
    RoundLapseKind.REMINDER: Follows(_reminded, _everybody),
    RoundLapseKind.WINDOW_CLOSED: Follows(_ended, _everybody),
    SurveyActKind.RETURN_SURVEY: Follows(_sent_back, _one),
    SurveyActKind.ENTER_SURVEY: Follows(_entered, _one),
    PROPOSED.format(SurveyActKind.ENTER_SURVEY.value): Follows(_to_compare, _one),
    SurveyActKind.PUBLISH_SURVEY_SUMS: Follows(_published, _returns),
}
