"""The reviewer's checklist (regulation/data/checklist.toml): each check stands beside what claims it and what proves it."""

from typing import get_args

import pytest

from models.forms import Document
from models.vocabulary import Kind
from regulation import checklist, intake
from regulation.checklist import Line
from tests.filling import pointers_of

EVERY = [(kind, line) for kind in Kind for line in checklist.CHECKS[kind]]


@pytest.mark.parametrize(("kind", "line"), EVERY, ids=[f"{line.code} {line.asks}" for _, line in EVERY])
def test_a_check_names_the_fields_that_claim_it_and_the_documents_that_prove_it(kind: Kind, line: Line) -> None:
    assert line.claimed
    assert set(line.claimed) <= pointers_of(intake.FORM_OF[kind])
    assert line.proved
    assert set(line.proved) <= set(intake.DOCUMENTS_OF[kind])


@pytest.mark.parametrize("kind", list(Kind))
def test_no_document_that_is_asked_for_proves_nothing(kind: Kind) -> None:
    assert {each for line in checklist.CHECKS[kind] for each in line.proved} == set(intake.DOCUMENTS_OF[kind])


def test_what_is_found_on_some_applications_stands_beside_its_fields_too() -> None:
    every = set.union(*(pointers_of(intake.FORM_OF[kind]) for kind in Kind))
    for line in checklist.SOMETIMES.values():
        assert line.claimed
        assert set(line.claimed) <= every
        assert set(line.proved) <= set(get_args(Document.model_fields["kind"].annotation))


def test_every_edition_begins_after_the_one_before() -> None:
    days = [each.since for each in checklist.EDITIONS]
    assert days == sorted(set(days))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_reason_of_a_return_is_worded_for_the_enterprise(kind: Kind) -> None:
    for line in checklist.CHECKS[kind]:
        told = checklist.wording(line.code, checklist.CHECKS[kind], line.code)
        assert line.correction in told
        assert told.startswith("请")
        assert "核对" not in told
    assert checklist.wording("D2", checklist.CHECKS[kind], "联盟协议文本") == "请补充或者更正“联盟协议文本”"
