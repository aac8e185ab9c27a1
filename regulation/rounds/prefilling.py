"""What an alliance told before, as far as a return begins with it or is compared with it.

A return begins with what stands (members and their numbers), with what the application told of the same year, and with what the
last return listed. Figures of the year are otherwise left empty: nobody confirms by mistake what he did not write.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from models.rounds.questionnaires import Indicator, Questionnaire, Source
from models.values import DAY
from models.vocabulary import Kind
from regulation.rounds.figures import figure_of, figures_in
from regulation.rounds.returns import MemberRow, Told

THE_APPLICATION = "备案申请表"


def members_in(paper: Mapping[str, Any]) -> tuple[MemberRow, ...]:
    """The members of an alliance, as the paper has them that now stands."""
    rows = [row for row in paper.get("members") or () if isinstance(row, Mapping) and row.get("code")]
    return tuple(
        MemberRow(str(row["code"]), str(row.get("name", "")), str(row.get("type", "other")), row.get("is_main", True))
        for row in rows
    )


def applied_in(application: Mapping[str, Any], submitted_on: date | None) -> int | None:
    """The year in which an application was made: what it calls last year is the year before. None where nobody knows."""
    if legacy := application.get("legacy"):
        return DAY.validate_python(legacy["archived_on"]).year
    return submitted_on.year if submitted_on else None


def by_application(
    questionnaire: Questionnaire, kind: Kind, application: Mapping[str, Any], applied: int | None, year: int
) -> Told | None:
    """The figures of a year that an application told, of the year before it or of the year before that (FB-05)."""
    if applied is None:
        return None
    figures = {
        f"{table}.{indicator.key}": figure
        for table, indicator, source in _carried(questionnaire, kind)
        if indicator.is_figure
        and (figure := figure_of(_held(application, _of_year(source, applied - year)))) is not None
    }
    return Told(year, THE_APPLICATION, figures) if figures else None


def by_return(questionnaire: Questionnaire, figures: Mapping[str, Any], year: int, where: str) -> Told:
    """The figures of an earlier return, read by the questionnaire that it answered."""
    return Told(year, where, figures_in(questionnaire, figures))


def beginning(
    questionnaire: Questionnaire,
    kind: Kind,
    standing: Mapping[str, Any],
    of_this_year: Told | None = None,
    last: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a return begins with. `standing` is the paper that now stands of the alliance, `last` what it told a year ago."""
    begun: dict[str, Any] = {}
    for table in questionnaire.tables:
        earlier = (last or {}).get(table.key)
        if table.rows == "members":
            begun[table.key] = [
                {"name": each.name, "code": each.code, "type": each.type} for each in members_in(standing)
            ]
        elif table.rows == "list":
            begun[table.key] = list(earlier) if table.kept and isinstance(earlier, Sequence) else []
        else:
            told = earlier if isinstance(earlier, Mapping) else {}
            kept = [each.key for each in table.indicators if each.type in ("yes_no", "choice")]
            begun[table.key] = {key: told[key] for key in kept if key in told}
    for key, indicator, source in _carried(questionnaire, kind):
        value = _standing(standing, source)
        if value is not None:
            begun[key][indicator.key] = value
        elif of_this_year and (figure := of_this_year.figures.get(f"{key}.{indicator.key}")) is not None:
            begun[key][indicator.key] = int(figure) if indicator.type == "whole" else str(figure)
    return begun


def _carried(questionnaire: Questionnaire, kind: Kind) -> list[tuple[str, Indicator, Source]]:
    """The indicators that the application of a kind has something for, each with its table and its source."""
    return [
        (table.key, indicator, source)
        for table in questionnaire.tables
        for indicator in table.indicators
        if indicator.carried and (source := indicator.carried.of(kind))
    ]


def _of_year(source: Source, years_ago: int) -> str | None:
    return {1: source.last_year, 2: source.year_before}.get(years_ago)


def _standing(paper: Mapping[str, Any], source: Source) -> Any:
    held = _held(paper, source.standing)
    if source.has is None:
        return held
    return source.has in held if isinstance(held, list | tuple) else None


def _held(paper: Any, place: str | None) -> Any:
    """What a paper has at a place; None if it has nothing there."""
    for name in (place or "").split("/")[1:]:
        paper = paper.get(name) if isinstance(paper, Mapping) else None
    return paper if place else None
