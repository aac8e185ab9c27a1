"""Bounds: whatever a door takes in is finite, and what is found on it, and shown of it, costs no more than it is long."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from annotated_types import Interval, Le, Lt, MaxLen
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from gateway import applications, lists
from gateway.api import filings
from gateway.forms import fields_of, read
from models.findings import Finding
from models.forms import MEMBERS, FormA, FormB
from models.values import Value
from models.vocabulary import Kind, Severity
from regulation import intake, lodging, reading
from tests.filling import written
from tests.story import application, instant

TAKEN = (FormA, FormB, *lodging.ACT_TYPES, *lodging.PAPERS.values(), lists.Filter, filings.WantedPage)
"""Every model that a door reads: applications, acts, their papers, and what lists are asked for."""

BY_US = {("Resubmit", "facts")}
"""Fields of those that no door takes: a sender's are dropped."""

FOR_EVER = re.compile(r"(?<!\\)[*+]|\{\d+,\}")
"""A pattern that repeats without end."""


def constraints(*metadata: Any) -> Iterator[Any]:
    """What is said of a value, whoever says it."""
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from constraints(*each.metadata)
        else:
            yield each


def unbounded(annotation: Any, said: list[Any], at: str, seen: set[type]) -> Iterator[str]:
    """The places in a type at which somebody could write without end."""
    origin, inner = get_origin(annotation), get_args(annotation)
    limited = any(isinstance(each, MaxLen) or getattr(each, "max_length", None) for each in said)
    if origin is Annotated:
        yield from unbounded(inner[0], [*said, *constraints(*inner[1:])], at, seen)
    elif origin in (Union, UnionType):
        for each in inner:
            yield from unbounded(each, said, at, seen)
    elif origin in (tuple, list, set, frozenset, dict):
        if not limited:
            yield at
        for each in inner:
            if each is not Ellipsis:
                yield from unbounded(each, [], f"{at}[]", seen)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            yield from of_model(annotation, seen | {annotation}, at)
    elif (
        origin is Literal
        or annotation in (NoneType, bool, date, datetime, AwareDatetime)
        or issubclass(annotation, Enum)
    ):
        return
    elif annotation is str:
        pattern = next((found for each in said if (found := getattr(each, "pattern", None))), None)
        if not limited and (pattern is None or FOR_EVER.search(pattern)):
            yield at
    elif annotation is Decimal:
        if not any(getattr(each, "max_digits", None) for each in said):
            yield at
    elif annotation is int:
        if not any(isinstance(each, Le | Lt) or (isinstance(each, Interval) and each.le) for each in said):
            yield at
    else:
        yield f"{at}: {annotation}"


def of_model(model: type[BaseModel], seen: set[type], at: str = "") -> Iterator[str]:
    """The unbounded places of a model."""
    for name, info in model.model_fields.items():
        if (model.__name__, name) not in BY_US:
            yield from unbounded(info.annotation, list(info.metadata), f"{at or model.__name__}.{name}", seen)


@pytest.mark.parametrize("model", TAKEN, ids=lambda model: model.__name__)
def test_everything_that_a_door_reads_has_an_end(model: type[Value]) -> None:
    assert list(of_model(model, {model})) == []


def test_the_walk_finds_what_has_no_end() -> None:
    class Endless(Value):
        rows: tuple[int, ...]
        text: Annotated[str, MaxLen(5)] | Annotated[str, MaxLen(5)] = ""
        other: dict[str, str] = {}

    assert set(of_model(Endless, {Endless})) == {
        "Endless.rows", "Endless.rows[]", "Endless.other", "Endless.other[]"
    }  # fmt: skip


def faulty(**changed: Any) -> dict[str, Any]:
    """An application of kind A with something in place of what belongs there."""
    return application(**changed)


@pytest.mark.parametrize("name", ["members", "documents"])
def test_a_list_that_is_too_long_is_one_finding(name: str) -> None:
    findings = intake.examine(faulty(**{name: [{}] * 300_000}), instant("2027-03-15")).findings
    found = [each for each in findings if each.field.startswith(f"/{name}")]
    assert [each.field for each in found] == [f"/{name}"]
    assert "不得超过" in found[0].message


def test_thousands_of_faults_are_told_as_hundreds_and_a_number() -> None:
    findings = intake.examine(faulty(members=[{}] * MEMBERS), instant("2027-03-15")).findings
    wrong = [each for each in findings if each.severity is Severity.ERROR]
    assert len(wrong) == reading.MOST
    assert re.fullmatch("另有[0-9]{4}项问题未逐一列出，请处理以上各项后再核对", wrong[-1].message)


def test_hundreds_of_warnings_do_not_refuse() -> None:
    warning = Finding(code="G-35", field="/x", severity=Severity.WARNING, message="请核对", article="")
    told = reading.bounded([warning] * 1000)
    assert len(told) == reading.MOST
    assert {each.severity for each in told} == {Severity.WARNING}
    late = reading.bounded([*[warning] * 1000, warning.but(severity=Severity.ERROR)])
    assert late[-1].severity is Severity.ERROR, "what is left out refuses too"


def test_what_no_form_has_is_named_a_few_times() -> None:
    extra = {f"x{number}": 1 for number in range(50_000)}
    assert len(intake.examine(faulty(**extra), instant("2027-03-15")).findings) < 60
    _, found = lodging.read_act({"kind": "accept", "id": "a", **extra})
    assert len(found) == 1
    _, found = lodging.read_act({"kind": "accept", "id": "a", "by": extra})
    assert len(found) <= reading.MOST


class Once(list[Finding]):
    """Findings that count how often somebody looks through them all."""

    looks = 0

    def __iter__(self) -> Iterator[Finding]:
        self.looks += 1
        return super().__iter__()


def test_a_form_looks_through_its_findings_once() -> None:
    raw = faulty(members=[{"name": "甲"}] * 300)
    found = Once(intake.examine(raw, instant("2027-03-15")).findings)
    shown = fields_of(FormA, raw, found)
    assert found.looks == 1
    assert any(row[1].findings for field in shown for row in field.rows)


class Looked(FormData):
    """A form that counts how often somebody looks through all of it."""

    looks = 0

    def __iter__(self) -> Iterator[Any]:
        self.looks += 1
        return super().__iter__()


def test_where_findings_stand_is_looked_up_once_a_list() -> None:
    raw = {**application(), "members": [{"name": "甲"}] * 200}
    form = Looked(written(FormA, raw).multi_items())
    findings = intake.examine(raw, instant("2027-03-15")).findings
    assert len(findings) > 200
    assert len(applications.on_the_form(Kind.A, form, findings)) == len(findings)
    assert form.looks <= 3, "the members, the documents, and no more"


def test_a_form_with_too_many_rows_is_read_as_far_as_it_is_found_too_long() -> None:
    rows = {f"/members/{number}/name": "甲" for number in range(9999)}
    raw = read(FormA, FormData(rows), only=["members"])
    assert MEMBERS < len(raw["members"]) <= 2 * MEMBERS
    (field,) = fields_of(FormA, raw, only=["members"])
    assert len(field.rows) == MEMBERS + 1
