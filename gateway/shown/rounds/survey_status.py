"""How far the survey of a year has come, as the board of that year tells it: by city, as far as somebody sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.rounds import progress
from activities.rounds.progress import Group
from activities.survey_standing import Stands
from gateway.tools import Tools
from models.register import RoundRow
from models.rounds.base import PROVINCE, RoundKind, RoundStage
from models.rounds.round import Round
from models.rounds.surveys import UNANSWERED, Standing
from models.vocabulary import Kind
from regulation import offices

SURVEYED: Mapping[Stands, str] = {
    "none": UNANSWERED, "answered": Standing.ANSWERED.label, "returned": Standing.RETURNED.label,
}  # fmt: skip
"""How a filing stands in the survey of a year, in words."""


@dataclass(frozen=True)
class Answered:
    """Of the alliances of one city, or of all of them, so many have answered; those sent back have not."""

    jurisdiction: str
    place: str
    expected: int
    answered: int


@dataclass(frozen=True)
class SurveyStatus:
    """A survey, and how far it has come: city by city, and all together if there are several."""

    row: RoundRow
    lines: Sequence[Answered]


def survey_status(tools: Tools, scope: offices.Scope, year: int, kind: Kind | None = None) -> SurveyStatus | None:
    """The survey that was opened for a year, the last one of several: two statements, however many alliances there are."""
    found = tools.rounds.register.rounds(kind=RoundKind.SURVEY, year=year, place=PROVINCE)
    row = next((each for each in found if each.stage != RoundStage.CANCELLED), None)
    if row is None:
        return None
    with tools.register.engine.connect() as db:
        groups = progress.groups(db, Round.model_validate_json(row.value), scope)
    return SurveyStatus(row, _by_city([each for each in groups if kind in (None, each.kind)]))


def _by_city(groups: Sequence[Group]) -> list[Answered]:
    cities = {code: [each for each in groups if each.jurisdiction == code] for code in offices.OFFICES}
    lines = [_sum(code, offices.OFFICES[code].city, within) for code, within in cities.items() if within]
    return [*lines, _sum("", "合计", groups)] if len(lines) > 1 else lines


def _sum(code: str, place: str, groups: Sequence[Group]) -> Answered:
    answered = sum(each.count for each in groups if each.state == Standing.ANSWERED)
    return Answered(code, place, sum(each.count for each in groups), answered)
