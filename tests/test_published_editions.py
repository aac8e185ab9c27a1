"""Editions that a running service publishes: every process knows each, in one order, and none is ever changed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from activities.editions_used import USED
from activities.published_editions import TABLE, PublishedEditions
from activities.register import Register
from activities.whatifs import WhatIfs
from models.register import RoundRow
from models.vocabulary import Kind
from regulation import intake, terms
from regulation.editions import EditionRefused
from regulation.terms import TERMS
from tests.databases import Databases, on_both
from tests.in_force import editions_of_ones_own

DAY = date(2029, 3, 20)
AT = datetime(2029, 3, 20, 1, tzinfo=UTC)
ROUNDS = RoundRow.metadata.tables["rounds"]


@pytest.fixture
def register(databases: Databases) -> Iterator[Register]:
    """A register in which ten calls were opened."""
    yield from _opened(databases)


@pytest.fixture
def on_sqlite(sqlite: Databases) -> Iterator[Register]:
    """The same on SQLite alone."""
    yield from _opened(sqlite)


def _opened(databases: Databases) -> Iterator[Register]:
    opened = Register.at(databases.migrated())
    rows = [
        RoundRow(
            round_id=round_id(number), number=1, head="", kind="call", year=2027, stage="open", open=True, title="测试",
            opens=DAY, closes=DAY, counts="{}", value="{}", followed=0, updated_at=AT,
        ).model_dump()
        for number in range(1, 11)
    ]  # fmt: skip
    with opened.engine.connect().execution_options(writes=True) as db, db.begin():
        db.execute(insert(ROUNDS), rows)
    with editions_of_ones_own():
        yield opened
    opened.engine.dispose()


def round_id(number: int) -> str:
    """The id of one of the rounds."""
    return f"call-2027-LN-{number}"


def window(year: int, closes: str = "04-25") -> Callable[[str], Sequence[Mapping[str, Any]]]:
    """The rows of a year's call."""
    value = {"opens": f"{year}-04-03", "closes": f"{year}-{closes}"}
    return lambda base: [{"key": "intake.window", "kind": "B", "year": year, "value": value, "article": "B-02"}]


def elsewhere(name: str) -> None:
    """This process does not know an edition: another one published it."""
    TERMS._editions = {each: TERMS._editions[each] for each in TERMS._editions if each != name}
    TERMS._documents = {each: TERMS._documents[each] for each in TERMS._documents if each != name}


@on_both
def test_what_one_process_publishes_every_other_knows_at_once(register: Register) -> None:
    here, there = PublishedEditions(register.engine), PublishedEditions(register.engine)
    assert intake.call_of(DAY, "210100") is None
    name = here.publish(round_id(1), 1, AT, DAY, "辽科发〔测试〕5号", window(2029))
    assert name == round_id(1)
    assert intake.call_of(DAY, "210100") == (date(2029, 4, 3), date(2029, 4, 25))
    elsewhere(name)
    assert intake.call_of(DAY, "210100") is None
    register.known("LN-1", {})
    assert intake.call_of(DAY, "210100") == (date(2029, 4, 3), date(2029, 4, 25)), (
        "whoever is examined is examined by it"
    )
    elsewhere(name)
    there.follow()
    elsewhere(name)
    there.upto = 0
    assert TERMS[name].document_no == "辽科发〔测试〕5号", "and whoever is asked for it by name has it"
    assert "LN-no-such" not in TERMS


@on_both
def test_an_entry_publishes_once_and_of_two_at_once_the_later_builds_on_the_earlier(register: Register) -> None:
    years = range(2027, 2037)

    def publish(number: int) -> str:
        return PublishedEditions(register.engine).publish(round_id(number), 1, AT, DAY, "文号", window(2026 + number))

    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(publish, [*range(1, 11), *range(1, 11)]))
    assert names == [round_id(number) for number in range(1, 11)] * 2
    with register.engine.connect() as db:
        documents = [json.loads(each) for each in db.scalars(select(TABLE.c.document).order_by(TABLE.c.number))]
    assert [each["base"] for each in documents[1:]] == [each["edition"] for each in documents[:-1]]
    assert all(terms.find(documents[-1]["edition"], "intake.window", Kind.B, "210100", year) for year in years)


def test_what_was_published_is_carried_on_past_newer_terms_of_the_folder(on_sqlite: Register) -> None:
    published = PublishedEditions(on_sqlite.engine)
    published.publish(round_id(1), 1, AT, DAY, "文号", window(2029))
    reviewed = {"key": "review.city_working_days", "value": 15, "article": "G-05"}
    TERMS.add(
        {"edition": "LN-x", "base": "LN-2023", "effective": "2029-03-21", "document_no": "文", "rows": [reviewed]}
    )
    name = published.publish(round_id(2), 1, AT, date(2029, 3, 22), "文号", window(2030))
    assert terms.find(name, "review.city_working_days", Kind.A, "210100") == 15
    assert terms.find(name, "intake.window", Kind.B, "210100", 2029), "the call of 2029 is not lost"


def test_an_edition_that_filings_count_by_is_not_changed_in_the_register(on_sqlite: Register) -> None:
    name = PublishedEditions(on_sqlite.engine).publish(round_id(1), 1, AT, DAY, "文号", window(2029))
    with on_sqlite.engine.connect().execution_options(writes=True) as db, db.begin():
        db.execute(insert(USED), {"subject": "terms", "name": name, "digest": TERMS.digest(name), "first_used_at": AT})
        changed = json.dumps({**TERMS._documents[name], "document_no": "另一文号"})
        db.execute(update(TABLE).values(document=changed))
    with pytest.raises(EditionRefused, match="同名而内容不同"):
        PublishedEditions(on_sqlite.engine).catch_up()
    elsewhere(name)
    on_sqlite.published.catch_up()
    with pytest.raises(EditionRefused, match="不得更改"):
        on_sqlite.refuse_changed_editions()


def test_what_is_published_has_its_preview_that_it_moves_nothing_under_way(on_sqlite: Register) -> None:
    name = PublishedEditions(on_sqlite.engine).publish(round_id(1), 1, AT, DAY, "文号", window(2029))
    whatifs = WhatIfs(on_sqlite.engine)
    (preview,) = whatifs.previews()
    assert (preview.subject, preview.name) == ("terms", name)
    outcome = whatifs.outcome(preview.id)
    assert outcome
    assert outcome.nothing
    assert name not in [document["edition"] for _, document in whatifs.lacking()]


def test_what_cannot_be_an_edition_is_not_published(on_sqlite: Register) -> None:
    with pytest.raises(EditionRefused):
        PublishedEditions(on_sqlite.engine).publish(round_id(1), 1, AT, DAY, "文号", window(2029, "02-30"))
    on_sqlite.published.catch_up()
    assert round_id(1) not in TERMS
