"""Intake as data: every case of tests/intake, every field of both forms, and whatever else anybody may send."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from gateway.asked.inputs import schemas
from models import forms
from models.findings import Finding
from models.values import day_of
from models.vocabulary import Kind, Severity
from regulation import checklist, intake
from regulation.intake import Examination, examine
from regulation.judging import Known
from regulation.lifecycle import begin
from regulation.moment import Moment
from tests.applications import RECEIVED, at, changed, good, put, steps, take, written
from tests.in_force import also_in_force, asked_by
from tests.samples import examples

FOLDER = Path(__file__).parent / "intake"
MODELS: dict[str, type[BaseModel]] = {"A": forms.FormA, "B": forms.FormB}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"(?:A|B|FA|FB|G)-[0-9]{2}|D[1-8][ab]?")

Case = dict[str, Any]


def loaded(name: str) -> list[Case]:
    """What a file of cases or fields holds."""
    rows: list[Case] = yaml.load((FOLDER / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader)
    return rows


CASES = [
    (kind, case)
    for name in ("codes", "documents", "kind_a", "kind_b", "local", "several")
    for case in loaded(name)
    for kind in case["form"]
]
FIELDS = [(kind, row) for kind in MODELS for row in loaded(f"fields_{kind.lower()}")]


def examined(kind: str, document: Mapping[str, Any], case: Mapping[str, Any] | None = None) -> Examination:
    """The examination of an application received when a case says, by a register that knows what the case says."""
    case = case or {}
    received_at = datetime.fromisoformat(str(case["at"])) if "at" in case else RECEIVED[kind]
    known = Known.model_validate(case.get("known", {"ended": True}))
    if "asks" not in case:
        return examine(document, received_at, known)
    day = str(day_of(received_at))
    rules = [{"document_no": "沈科发〔测试〕1号", "opens": day, "closes": day, **each} for each in case["asks"]]
    with also_in_force(day_of(received_at), asked_by("210100", kind, *to_jsonable_python(rules))):
        return examine(document, received_at, known)


@cache
def of_the_example(kind: str) -> tuple[Finding, ...]:
    """What is found on the good example as it is."""
    return examined(kind, good(kind)).findings


def counted(findings: tuple[Finding, ...]) -> Counter[tuple[str, str, str]]:
    """Findings without their words."""
    return Counter((each.code, each.field, each.severity.value) for each in findings)


def told(rows: list[dict[str, str]]) -> Counter[tuple[str, str, str]]:
    """Findings as a case writes them."""
    return Counter((row["code"], row["field"], row["severity"]) for row in rows)


def errors_at(findings: tuple[Finding, ...], field: str) -> set[str]:
    """The numbers of the errors on a field, or on something inside it."""
    return {
        each.code for each in findings if each.severity is Severity.ERROR and f"{each.field}/".startswith(f"{field}/")
    }


# Cases


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}-{case['name']}" for kind, case in CASES])
def test_what_is_found(kind: str, case: Case) -> None:
    result = examined(kind, changed(good(kind), case), case)
    found, usual = counted(result.findings), counted(of_the_example(kind))
    assert found - usual == told(case["findings"])
    assert usual - found == (usual if result_is_unread(result) else told(case.get("gone", [])))
    assert (result.facts is None) is any(row["severity"] == "error" for row in case["findings"])
    assert (result.facts is None) is result.refused


def result_is_unread(result: Examination) -> bool:
    """Whether not even the kind of form could be told."""
    return [each.field for each in result.findings] == ["/kind"]


@pytest.mark.parametrize("kind", list(MODELS))
def test_the_examples_start_a_filing_with_a_checklist(kind: str) -> None:
    findings = of_the_example(kind)
    assert not any(each.severity is Severity.ERROR for each in findings)
    lines = [each.code for each in findings if each.severity is Severity.CHECK and each.field == ""]
    assert lines == [line.code for line in checklist.CHECKS[Kind(kind)]]


def test_every_case_says_what_it_rests_on() -> None:
    keys = {
        "name", "article", "form", "at", "leader", "alliance", "change", "insert", "remove", "known", "findings", "gone", "asks",
        "brings",
    }  # fmt: skip
    for kind, case in CASES:
        assert case.keys() <= keys, case["name"]
        assert case["article"], case["name"]
        assert kind in MODELS
    names = Counter((kind, case["name"]) for kind, case in CASES)
    assert [name for name, times in names.items() if times > 1] == []


# Fields


@pytest.mark.parametrize(("kind", "row"), FIELDS, ids=[f"{kind}{row['field']}" for kind, row in FIELDS])
def test_each_field_takes_good_values_and_names_bad_ones(kind: str, row: Case) -> None:
    def with_value(value: Any) -> set[str]:
        document = changed(good(kind), {"change": row.get("given", {})})
        put(document, row["field"], written(value))
        return errors_at(examined(kind, document).findings, row["field"])

    wrongly_refused = [value for value in row["good"] if with_value(value)]
    wrongly_taken = [value for value in row["bad"] if with_value(value) != {row["code"]}]
    assert (wrongly_refused, wrongly_taken) == ([], [])
    assert row["bad"]


@pytest.mark.parametrize(("kind", "row"), FIELDS, ids=[f"{kind}{row['field']}" for kind, row in FIELDS])
def test_each_field_is_required_or_not(kind: str, row: Case) -> None:
    document = changed(good(kind), {"change": row.get("given", {})})
    *path, last = steps(row["field"])
    if last in at(document, path):
        take(document, row["field"])
    found = errors_at(examined(kind, document).findings, row["field"])
    conditional = not row["required"] and None in row["bad"] and "given" in row
    assert found == ({row["code"]} if row["required"] or conditional else set())


def fields(model: type[BaseModel], where: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a form, with those of the forms inside it: its pointer, all rows being row 0, and its number."""
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        assert isinstance(extra, dict)
        yield f"{where}/{name}", str(extra["code"])
        for inner in re.findall(r"models\.forms\.(\w+)", str(info.annotation)):
            row = "/0" if "tuple" in str(info.annotation) else ""
            yield from fields(getattr(forms, inner), f"{where}/{name}{row}")


@pytest.mark.parametrize("kind", list(MODELS))
def test_every_field_of_a_form_is_listed(kind: str) -> None:
    listed = [re.sub(r"/\d+", "/0", row["field"]) for form, row in FIELDS if form == kind]
    assert sorted(listed) == sorted(pointer for pointer, _ in fields(MODELS[kind]))


# Findings


def test_every_number_that_intake_can_give_is_in_some_case() -> None:
    source = Path(intake.__file__).read_text("utf-8")
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    given_ = {value for value in constants if isinstance(value, str) and NUMBER.fullmatch(value)}
    shown = {row["code"] for _, case in CASES for row in case["findings"]}
    shown |= {row["code"] for _, row in FIELDS}
    shown |= {each.code for kind in MODELS for each in of_the_example(kind)}
    shown |= {"G-07"}  # of corrections (below)
    assert given_ - shown == set()


def test_a_correction_that_corrects_nothing_is_told_so() -> None:
    """It starts the periods anew, which helps nobody (G-07)."""
    first = examined("A", good("A"))
    assert first.facts
    filing = begin(first.facts, Moment(RECEIVED["A"], RECEIVED["A"]))
    same = examine(good("A"), RECEIVED["A"], Known(present=first.facts.paper), correcting=filing)
    said = [(each.code, each.severity) for each in same.findings if each.message == intake.NOTHING_CORRECTED]
    assert said == [("G-07", Severity.WARNING)]
    assert not same.refused
    mended = examine(
        good("A") | {"innovation_goal": "另一目标"}, RECEIVED["A"], Known(present=first.facts.paper), correcting=filing
    )
    assert intake.NOTHING_CORRECTED not in [each.message for each in mended.findings]


def test_every_finding_is_said_in_chinese_with_its_article() -> None:
    for kind, case in CASES:
        for each in examined(kind, changed(good(kind), case), case).findings:
            assert CHINESE.search(each.message), each
            assert each.article.endswith(f"（{each.code}）"), each


def values() -> st.SearchStrategy[Any]:
    """Any JSON value, and some that are nearly right."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(["\ud800", "\0", "A"]),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
        max_leaves=6,
    )


@pytest.mark.parametrize("kind", list(MODELS))
@settings(max_examples=examples(10, 60), deadline=None)
@given(data=st.data())
def test_nothing_that_is_sent_makes_the_examination_stumble(kind: str, data: st.DataObject) -> None:
    document = good(kind)
    places = sorted(every_place(document))
    for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4)):
        try:
            put(document, place, data.draw(values()))
        except (LookupError, TypeError, ValueError):
            continue  # an earlier change took the place away
    result = examined(kind, document)
    assert result.refused is (result.facts is None)
    for each in result.findings:
        assert each.model_dump_json().encode()


def every_place(document: Any, where: str = "") -> Iterator[str]:
    """The pointer to everything in a document."""
    if isinstance(document, dict | list):
        for step, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield f"{where}/{step}"
            yield from every_place(value, f"{where}/{step}")


# Schemas


def described(schema: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of a schema with its place."""
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            yield f"{where}/{name}", value
        for name, value in schema.items():
            yield from described(value, f"{where}/{name}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from described(value, f"{where}/{index}")


def test_the_schemas_say_every_field_in_chinese() -> None:
    for name, schema in schemas().items():
        silent = [
            where
            for where, each in described(schema)
            if not CHINESE.search(each.get("title", "") + each.get("description", ""))
        ]
        assert silent == [], name


@pytest.mark.parametrize("kind", list(MODELS))
def test_the_schema_of_a_form_numbers_every_field(kind: str) -> None:
    properties = dict(described(schemas()[f"kind_{kind.lower()}"]))
    assert {"/alliance_name", "/leader", "/$defs/Member/code"} <= properties.keys()
    assert [where for where, each in properties.items() if "code" not in each and "/By/" not in where] == []
