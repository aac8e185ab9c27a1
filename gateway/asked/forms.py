"""A form from a model: its fields as people fill them in. What came back of it is read in filled.py.

An input is named by the JSON pointer of its field, which is also how a finding names it. So what a form shows, what it
brings and what is found on it meet in one name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from models.choices import CHOICES
from models.findings import Finding
from models.help import help_of
from models.values import Named, required
from regulation.offices import OFFICES
from regulation.promises import Promise
from regulation.reading import longest_of

LONG = 500
"""A text that may be longer is written in several lines."""

Widget = Literal[
    "given",
    "checklist",
    "picks",
    "pick",
    "line",
    "text",
    "whole",
    "amount",
    "day",
    "yes_no",
    "choice",
    "choices",
    "group",
    "rows",
    "lines",
    "texts",
    "fixed",
    "confirm",
]


@dataclass(frozen=True)
class Field:
    """One field of a form. `at` is its JSON pointer and the name of its input; `help` explains what is to be written, `why`
    for what it is asked, `asked_by` by which requirement; `reads` is a text that is read before it is answered. A list has besides its rows the `blank` one that is added to it.
    """

    at: str
    label: str
    widget: Widget
    required: bool = True
    value: Any = None
    code: str = ""
    help: str = ""
    why: str = ""
    asked_by: str = ""
    reads: Promise | None = None
    options: tuple[tuple[str, str], ...] = ()
    limit: int | None = None
    fields: tuple["Field", ...] = ()
    rows: tuple[tuple["Field", ...], ...] = ()
    blank: tuple["Field", ...] = ()
    findings: tuple[Finding, ...] = ()
    seldom: bool = False

    @property
    def name(self) -> str:
        """The last part of its pointer."""
        return self.at.rpartition("/")[2]

    @property
    def says_something(self) -> bool:
        """Whether anything was written in it, or in what it holds."""
        below = [*self.fields, *(field for row in self.rows for field in row)]
        return any(each.says_something for each in below) or self.value not in (None, "", [], {}, ())

    @property
    def called(self) -> str:
        """Its label without the advice for whoever fills it in: as it is called where it is read."""
        return self.label.partition("（不得含")[0]

    @property
    def row(self) -> str:
        """The pointer of what it is part of."""
        return self.at.rpartition("/")[0]

    @property
    def faulty(self) -> bool:
        """Whether something is wrong with it."""
        return any(each.severity == "error" for each in self.findings)

    @property
    def short(self) -> bool:
        """Whether it is narrow: a number, a day, a choice."""
        return self.widget in ("whole", "amount", "day", "choice", "yes_no")


class ByField(dict[str, tuple[Finding, ...]]):
    """Findings by the field that each is on, so that a field of thousands finds its own at once."""


def by_field(findings: Iterable[Finding] | ByField) -> ByField:
    """Findings by their fields, as they are shown there."""
    if isinstance(findings, ByField):
        return findings
    found: dict[str, list[Finding]] = {}
    for each in findings:
        found.setdefault(each.field, []).append(each)
    return ByField((field, tuple(some)) for field, some in found.items())


def fields_of(
    model: type[BaseModel],
    value: Mapping[str, Any],
    findings: Iterable[Finding] | ByField = (),
    *,
    at: str = "",
    only: Sequence[str] | None = None,
    without: Sequence[str] = (),
    more_rows: str = "",
) -> tuple[Field, ...]:
    """The fields of a model with what was written and found so far. `more_rows` points to a list that gets an empty row, or to a
    row up to which a list gets empty ones."""
    found = by_field(findings)
    names = [name for name in only or asked_of(model) if name not in without]
    return tuple(_field(model, name, value.get(name), found, f"{at}/{name}", more_rows) for name in names)


def _field(model: type[BaseModel], name: str, value: Any, found: ByField, at: str, more_rows: str) -> Field:
    info = model.model_fields[name]
    widget, inner, options = widget_of(name, info)
    extra = _extra(info)
    offered = extra.get("offered")
    options = tuple(each for each in options if not offered or each[0] in offered or each[0] == value)
    explained = help_of(model, name)
    fields: tuple[Field, ...] = ()
    rows: tuple[tuple[Field, ...], ...] = ()
    blank: tuple[Field, ...] = ()
    if widget == "group" and inner:
        known = value if isinstance(value, Mapping) else {}
        fields = fields_of(inner, known, found, at=at, more_rows=more_rows)
    elif widget == "rows" and inner:
        written = list(value)[: most_of(info) + 1] if isinstance(value, list | tuple) else []
        written += [{}] * max(_wanted(at, more_rows, len(written)), not written and name in required(model))
        rows = tuple(
            fields_of(inner, row if isinstance(row, Mapping) else {}, found, at=f"{at}/{number}", more_rows=more_rows)
            for number, row in enumerate(written)
        )
        blank = fields_of(inner, {}, at=f"{at}/{BLANK}")
    return Field(
        at=at,
        label=label_of(model, name),
        widget=widget,
        required=name in required(model),
        value=_as_written(default_of(info) if value is None else value),
        code=str(extra.get("number") or extra.get("code", "")),
        help=str(extra.get("help", "")) or (explained.what if explained else ""),
        why=explained.why if explained else "",
        asked_by=explained.number if explained else "",
        options=options,
        limit=longest_of(info),
        fields=fields,
        rows=rows,
        blank=blank,
        findings=found.get(at, ()) if widget != "lines" else _within(found, at),
    )


BLANK = "-"
"""What stands for the number of a row that is not there yet."""


def _wanted(at: str, more_rows: str, written: int) -> int:
    """How many empty rows a list gets."""
    if at == more_rows:
        return 1
    row = more_rows.removeprefix(f"{at}/")
    return min(int(row) + 1 - written, LONG) if row != more_rows and re.fullmatch("[0-9]{1,4}", row) else 0


def _within(found: ByField, at: str) -> tuple[Finding, ...]:
    """The findings on a list of words and on any of them, which is written in one field."""
    return tuple(each for where, some in found.items() if where == at or where.startswith(f"{at}/") for each in some)


def default_of(info: FieldInfo) -> Any:
    """What holds where nothing is written; None if then nothing is said."""
    return None if info.is_required() or info.default in ((), {}) else info.default


@cache
def asked_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that people are asked for; others only programs bring."""
    return tuple(name for name, info in model.model_fields.items() if not _extra(info).get("by_programs"))


def model_within(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of what a field holds: of a group, or of each row of a list; None if it holds a plain value."""
    return widget_of(name, model.model_fields[name])[1]


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def label_of(model: type[BaseModel], name: str) -> str:
    """What a field is called."""
    info = model.model_fields[name]
    generate = model.model_config.get("field_title_generator")
    return info.title or (generate(name, info) if generate else name)


def _as_written(value: Any) -> Any:
    """A value as an input shows it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime | Decimal):
        return str(value)
    return value


def _plain(annotation: Any) -> Any:
    """A type without its constraints, and without the possibility of being absent."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        left = [each for each in get_args(annotation) if each is not type(None)]
        return _plain(left[0])
    return annotation


def most_of(info: FieldInfo) -> int:
    """How many rows a list may have; one more is read and shown, so that it is found to be too long."""
    return longest_of(info) or LONG


def widget_of(name: str, info: FieldInfo) -> tuple[Widget, type[BaseModel] | None, tuple[tuple[str, str], ...]]:
    """How a field is filled in, the model of what it holds, and what can be chosen for it."""
    kind = _plain(info.annotation)
    if name in ("jurisdiction", "city"):
        return "choice", None, tuple((each.code, each.city) for each in OFFICES.values())
    if get_origin(kind) is Literal:
        values = get_args(kind)
        return ("fixed" if len(values) == 1 else "choice"), None, _options(name, values)
    if get_origin(kind) is tuple:
        inner = _plain(get_args(kind)[0])
        if get_origin(inner) is Literal:
            return "choices", None, _options(name, get_args(inner))
        if inner is int:  # which of them there are, the filing knows
            return "choices", None, ()
        return ("lines", None, ()) if inner is str else ("rows", inner, ())
    if get_origin(kind) is dict:
        return "texts", None, _options(name, get_args(_plain(get_args(kind)[0])))
    return _simple(kind, info)


def _simple(kind: Any, info: FieldInfo) -> tuple[Widget, type[BaseModel] | None, tuple[tuple[str, str], ...]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "group", kind, ()
    if isinstance(kind, type) and issubclass(kind, Named):
        return "choice", None, tuple((each.value, each.label) for each in kind)
    widgets: Mapping[Any, Widget] = {bool: "yes_no", int: "whole", Decimal: "amount", date: "day"}
    if kind in widgets:
        return widgets[kind], None, ()
    return ("text" if (longest_of(info) or 0) > LONG else "line"), None, ()


def _options(name: str, values: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    words = CHOICES.get(name, {})
    return tuple((str(each), words.get(str(each), str(each))) for each in values)
