"""What came back of a form that was made from a model (forms.py), as the JSON that every door takes.

Nothing is judged here: what cannot be read goes on as it was written, and the regulation says what is wrong with it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from gateway.asked.forms import asked_of, default_of, most_of, widget_of
from models.values import storable


def read(model: type[BaseModel], form: FormData, *, at: str = "", only: Sequence[str] | None = None) -> dict[str, Any]:
    """What was filled in, as JSON. What was left empty is left out; an empty row is no row."""
    read_fields: dict[str, Any] = {}
    for name in only or asked_of(model):
        value = _read(name, model.model_fields[name], form, f"{at}/{name}")
        if value is not None:
            read_fields[name] = value
    return read_fields


def _read(name: str, info: FieldInfo, form: FormData, at: str) -> Any:
    widget, inner, _ = widget_of(name, info)
    if widget == "group" and inner:
        return read(inner, form, at=at) or None
    if widget == "rows" and inner:
        return list(_rows(inner, form, at, most_of(info)).values())
    if widget == "texts":
        keys = _keys(form, at)
        return {key: text for key in keys if (text := _text(form, f"{at}/{key}"))} or None
    if widget == "lines":
        return re.split(r"[\s,，、;；]+", text)[: most_of(info) + 1] if (text := _text(form, at)) else None
    if widget == "choices":
        return [each for each in form.getlist(at) if isinstance(each, str)] or None
    text = _text(form, at)
    if text is None:
        return None
    if widget == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if widget in ("whole", "amount"):
        text = _number(text)
    if widget == "whole" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return text


def _number(text: str) -> str:
    """A number as people type it: full-width digits pass, and commas between groups of three; anything else stays as it is."""
    typed = unicodedata.normalize("NFKC", text)
    grouped = re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", typed)
    plain = typed.replace(",", "") if grouped else typed
    return plain if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain) else text


def _rows(model: type[BaseModel], form: FormData, at: str, most: int) -> dict[int, dict[str, Any]]:
    """The rows of a list in which somebody wrote something and did not tick `remove`, by their numbers on the form."""
    removed = set(form.getlist("remove"))
    written = {number: read(model, form, at=f"{at}/{number}") for number in _numbers(form, at)[: 2 * most]}
    return {
        number: row
        for number, row in written.items()
        if _says_something(model, row) and f"{at}/{number}" not in removed
    }


def next_row(model: type[BaseModel], form: FormData, at: str) -> str:
    """Where the empty row is to stand that is asked for of a list: after the rows that are kept and those left empty so far, which
    are none once the form is saved."""
    name = at.removeprefix("/")
    info = model.model_fields.get(name)
    widget, inner, _ = widget_of(name, info) if info else ("line", None, ())
    if widget != "rows" or inner is None or info is None:
        return at
    removed = {each.rpartition("/")[2] for each in form.getlist("remove") if isinstance(each, str)}
    kept = _rows(inner, form, at, most_of(info))
    left = [each for each in _numbers(form, at) if each not in kept and str(each) not in removed]
    return f"{at}/{len(kept) + len(left)}" if left else at


@dataclass(frozen=True)
class Places:
    """Where what was read of a form stands on the form itself, which has empty rows too."""

    model: type[BaseModel]
    form: FormData
    _kept: dict[str, list[str]] = field(default_factory=dict)

    def of(self, pointer: str) -> str:
        """The place of a pointer into what was read."""
        return self._of(self.model, pointer, "")

    def _of(self, model: type[BaseModel], pointer: str, at: str) -> str:
        name, _, rest = pointer.removeprefix("/").partition("/")
        info = model.model_fields.get(name)
        widget, inner, _ = widget_of(name, info) if info else ("line", None, ())
        here = f"{at}/{name}"
        if rest and inner and widget == "group":
            return self._of(inner, f"/{rest}", here)
        if rest and inner and info and widget == "rows":
            number, _, below = rest.partition("/")
            if here not in self._kept:
                self._kept[here] = [str(each) for each in _rows(inner, self.form, here, most_of(info))]
            kept = self._kept[here]
            row = f"{here}/{kept[int(number)] if number.isdecimal() and int(number) < len(kept) else number}"
            return self._of(inner, f"/{below}", row) if below else row
        return at + pointer


def _text(form: FormData, at: str) -> str | None:
    """What an input says, if anything; lines end as everywhere."""
    value = form.get(at)
    if not isinstance(value, str):
        return None
    return storable(value.replace("\r\n", "\n")).strip() or None


def _keys(form: FormData, at: str) -> list[str]:
    """The next parts of the names below a pointer, in their order."""
    below = [name.removeprefix(f"{at}/").partition("/")[0] for name in form if name.startswith(f"{at}/")]
    return list(dict.fromkeys(below))


def _numbers(form: FormData, at: str) -> list[int]:
    return sorted(int(each) for each in _keys(form, at) if re.fullmatch(r"[0-9]{1,4}", each))


def _says_something(model: type[BaseModel], row: Mapping[str, Any]) -> bool:
    """Whether somebody wrote anything in a row: what a form chooses by itself does not count."""
    return any(value not in (None, [], {}) and name not in _chosen(model) for name, value in row.items())


SUGGESTED = frozenset({"owner"})
"""Fields in which a form proposes something in a row that may stay empty: whose certificate is still missing."""


@cache
def _chosen(model: type[BaseModel]) -> frozenset[str]:
    """Fields that a form fills in by itself."""
    return SUGGESTED | {
        name
        for name, info in model.model_fields.items()
        if widget_of(name, info)[0] in ("choice", "yes_no", "fixed") or default_of(info) is not None
    }
