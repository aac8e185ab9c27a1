"""Two who do the same thing at once, each for the first time: neither fails, neither overlooks what the other wrote."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from activities.register import Register
from gateway.identity import EMBEDDED
from gateway.remembered.absences import Absences, Asked
from gateway.remembered.drafts import Drafts, Overtaken
from gateway.remembered.handling import post_of
from gateway.remembered.people import People
from gateway.remembered.phrases import Phrases, Unusable
from gateway.remembered.reviews import Answer, Kept, Reviews
from gateway.remembered.saved import SavedFilters
from gateway.remembered.subscriptions import Subscriptions
from gateway.remembered.uploads import Uploads
from models.gateway import AbsenceRow, DraftRow, PersonRow, PhraseRow, SavedFilterRow, SubscriptionRow
from regulation.phrases import Purpose
from tests.databases import DATABASES
from tests.story import instant

NOW, TODAY = instant("2023-05-10"), date(2023, 5, 10)
OFFICER, HEAD = EMBEDDED["c-101"], EMBEDDED["c-102"]
FOR_THE_OTHER = 0.25
"""Seconds for which a writer waits for the other; who looks alone is not joined by anybody."""

at_a_server = pytest.mark.parametrize("databases", DATABASES[1:], indirect=True)
"""SQLite has one writer, who looks and writes in one turn."""

Act = Callable[[], Any]


@contextmanager
def meeting(register: Register) -> Iterator[None]:
    """Whoever is about to write waits until both are: what one looked at before, the other has not written yet."""
    both = threading.Barrier(2)

    def wait(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.startswith("INSERT"):
            with suppress(threading.BrokenBarrierError):
                both.wait(FOR_THE_OTHER)

    event.listen(register.engine, "before_cursor_execute", wait)
    yield
    event.remove(register.engine, "before_cursor_execute", wait)


def at_once(register: Register, *acts: Act) -> list[Any]:
    """What each of two comes to: its value, or the refusal that its writer is told."""

    def done(act: Act) -> Any:
        try:
            return act()
        except (Overtaken, Unusable) as refused:
            return refused

    with meeting(register), ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(done, acts))


def rows(register: Register, of: Any) -> int:
    """How many rows a table has."""
    with register.engine.connect() as db:
        return int(db.scalar(select(func.count()).select_from(of)) or 0)


@at_a_server
def test_two_first_pages_of_a_review_both_count(register: Register) -> None:
    reviews = Reviews(register.engine)

    def answers(code: str) -> Act:
        def merge(kept: Kept | None) -> dict[str, Answer]:
            told = dict(kept.answers) if kept else {}
            return told | {code: Answer(verdict="met", version=1, evidence="0")}

        return lambda: reviews.change(OFFICER, "LN-1", merge, NOW)

    at_once(register, answers("A-12"), answers("A-17"))
    kept = reviews.find(OFFICER, "LN-1", NOW)
    assert kept
    assert set(kept.answers) == {"A-12", "A-17"}


@at_a_server
def test_of_two_first_saves_of_a_draft_one_is_told_of_the_other(register: Register, tmp_path: Path) -> None:
    drafts, leader = Drafts(register.engine, Uploads(register.engine, tmp_path, 1000)), EMBEDDED["u-leader-01"]
    saves = [lambda each=each: drafts.save("p-1", leader, {"text": each}, NOW) for each in "甲乙"]
    assert [type(told) for told in at_once(register, *saves)].count(Overtaken) == 1
    assert rows(register, DraftRow) == 1


@at_a_server
def test_what_an_office_remembers_is_there_once(register: Register) -> None:
    engine, post, names = register.engine, post_of(OFFICER), {"c-101": "甲", "c-102": "乙"}
    told = at_once(
        register,
        *[lambda: Phrases(engine).put(OFFICER, Purpose.OPINION, "请补齐落款日期。", NOW)] * 2,
    )
    assert {type(each) for each in told} == {bool, Unusable}
    assert rows(register, PhraseRow) == 1
    at_once(register, *[lambda: SavedFilters(engine).save(OFFICER.person, "逾期", "overdue=true")] * 2)
    assert rows(register, SavedFilterRow) == 1
    at_once(register, *[lambda: Subscriptions(engine).begin(OFFICER, NOW)] * 2)
    assert rows(register, SubscriptionRow) == 1, "whoever asks for another has that one alone"
    at_once(register, *[lambda: People(engine).remember(OFFICER, NOW)] * 2)
    assert rows(register, PersonRow) == 1
    away = Asked(person="c-101", deputy="c-102", first=date(2023, 5, 15), last=date(2023, 5, 19))
    told = at_once(register, *[lambda: Absences(engine).ask(OFFICER, post, away, names, NOW, TODAY)] * 2)
    assert sorted(bool(each) for each in told) == [False, True]
    assert rows(register, AbsenceRow) == 1
