"""The figures of a return: the questionnaire made into a model, and what the terms of its checks mean in it.

An edition of the questionnaire becomes a model like that of any other form, so that whatever reads, shows and checks forms does the
same with it.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from models.forms import MEMBERS, WRITTEN, Code, Count, Name, OrganisationType, YesNo
from models.rounds.questionnaires import Indicator, Questionnaire, Table
from models.values import Amount, Day, OneFor, Value, once

LIMIT = 1000
"""How long a text is that has no limit of its own."""


@once
def form_of(questionnaire: Questionnaire) -> type[Value]:
    """The model of a return's figures: a field for each table."""
    return _form_of(questionnaire)


@lru_cache(maxsize=32)
def _form_of(questionnaire: Questionnaire) -> type[Value]:
    """The same; questionnaires that say the same share it."""
    fields: dict[str, Any] = {table.key: _of_table(table) for table in questionnaire.tables}
    return create_model("Figures", __base__=Value, **fields)


def _of_table(table: Table) -> tuple[Any, Any]:
    identity: dict[str, Any] = {
        "name": (Name, _asked("单位名称")),
        "code": (Code, _asked("统一社会信用代码")),
        "type": (OrganisationType, _asked("单位类型")),
    }
    fields: dict[str, Any] = {each.key: _of_indicator(each) for each in table.indicators}
    row: Any = create_model(table.key, __base__=Value, **(identity if table.rows == "members" else {}), **fields)
    match table.rows:
        case "once" if any(info.is_required() for info in row.model_fields.values()):
            return row, _asked(table.title)
        case "once":
            return row | None, _asked(table.title, None)
        case "members":
            rows = Annotated[tuple[row, ...], OneFor(("code",))]
            return rows, _asked(table.title, (), most=MEMBERS)
        case "list":
            return tuple[row, ...], _asked(table.title, (), most=table.most)


def _of_indicator(indicator: Indicator) -> tuple[Any, Any]:
    told = {"number": indicator.code} | ({"help": indicator.definition} if indicator.definition else {})
    kind = _type_of(indicator)
    if indicator.required and indicator.when is None:
        return kind, _asked(indicator.title, told=told)
    return kind | None, _asked(indicator.title, None, told=told)


def _type_of(indicator: Indicator) -> Any:
    match indicator.type:
        case "whole":
            return Annotated[int, Field(ge=-10_000_000, le=10_000_000, strict=True)] if indicator.negative else Count
        case "amount":
            return Amount if indicator.negative else Annotated[Amount, Field(ge=0)]
        case "yes_no":
            return YesNo
        case "choice":
            return Literal[indicator.options]
        case "line":
            return Annotated[Name, Field(max_length=indicator.limit or 200)]
        case "text":
            return Annotated[str, Field(min_length=1, max_length=indicator.limit or LIMIT, pattern=WRITTEN)]
        case "day":
            return Day


def _asked(
    title: str, default: Any = ..., *, most: int | None = None, told: Mapping[str, str] = MappingProxyType({})
) -> Any:
    return Field(default, title=title, json_schema_extra={"code": "A-35", **told}, max_length=most)


# What is in it


def rows_of(figures: Value, table: Table) -> tuple[Any, ...]:
    """The rows of a table; a table that is filled in once has one. What could not be read has none."""
    held = getattr(figures, table.key, None)
    if table.rows == "once":
        return () if held is None else (held,)
    return held or ()


def column_of(figures: Value, table: Table, indicator: Indicator) -> list[Any]:
    """What each row of a table says of an indicator; None where it says nothing."""
    return [getattr(row, indicator.key, None) for row in rows_of(figures, table)]


def figures_in(questionnaire: Questionnaire, told: Mapping[str, Any]) -> dict[str, Decimal]:
    """Every figure of a return as it was sent, by its term, columns added up; a member's own by term and code (`members.rd:9121…`)."""
    figures: dict[str, Decimal] = {}
    for table in questionnaire.tables:
        rows = _rows_sent(table, told.get(table.key))
        for indicator in filter(lambda each: each.is_figure, table.indicators):
            term = f"{table.key}.{indicator.key}"
            known = [(row, figure) for row in rows if (figure := figure_of(row.get(indicator.key))) is not None]
            if known:
                figures[term] = sum((figure for _, figure in known), Decimal(0))
            if table.rows == "members":
                figures |= {f"{term}:{row.get('code')}": figure for row, figure in known}
    return figures


def _rows_sent(table: Table, held: Any) -> list[Mapping[str, Any]]:
    rows = [held] if table.rows == "once" else held
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def figure_of(value: Any) -> Decimal | None:
    """A figure as JSON has it: a whole number, or an amount written out; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None
