"""过渡规定: whatever newer terms say, a filing keeps the old number where they leave it to it, and as long as that lasts (G-44)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from models.values import at_hour
from models.whatif import Conduct, Published
from regulation import data, terms, whatif
from regulation.agenda import LENGTHS
from regulation.editions import EditionRefused
from regulation.term_names import NAMES
from regulation.terms import TERMS, TRANSITION
from tests.law.test_whatif import future, last_of, times

WINDOW = {"key": "revocation.statement_working_days", "value": 20, "article": "G-17"}
ANNOUNCED = {"key": "revocation.announce_working_days", "value": 10, "article": "G-20"}
REMINDED = {"key": "annual.reminder_days", "value": [-3], "article": "G-13"}


@pytest.fixture
def known() -> Iterator[None]:
    """Editions of a test are gone after it."""
    editions, documents = TERMS._editions, TERMS._documents
    yield
    TERMS._editions, TERMS._documents = editions, documents
    terms.find.cache_clear()


def lived(row: dict[str, Any], keeps: tuple[str, ...] | None, told: str) -> whatif.Lived:
    """A filing that nobody does anything for, told terms with another number on a day."""
    transition = [{"key": row["key"], "keeps": keeps, "article": "G-44"}] if keeps is not None else []
    edition = {"edition": "NEW", "base": "LN-2023", "effective": "2023-06-01", "document_no": "文", "rows": [row]}
    TERMS.add(edition | {"transition": transition})
    published = Published(subject="terms", name="NEW", at=at_hour(date.fromisoformat(told), 9))
    return future(Conduct.NOBODY, Conduct.NOBODY, published=[published]).lived(last_of("SY-FORCE"))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("keeps", "told", "revoked"),
    [
        (None, "2024-02-01", "2025-01-03"),
        (("begun",), "2024-02-01", "2025-01-03"),
        (("begun", "missed"), "2024-02-01", "2024-12-19"),  # 2023 was missed before
        (("begun", "missed"), "2023-06-01", "2025-01-03"),  # nothing was missed yet
        (("begun", "decided"), "2024-02-01", "2025-01-03"),  # no case was open yet
        (None, "2024-12-05", "2024-12-19"),  # the window had begun
    ],
)
def test_whoever_missed_a_year_before_keeps_the_window_that_terms_leave_to_them(
    keeps: tuple[str, ...] | None, told: str, revoked: str
) -> None:
    assert times(lived(WINDOW, keeps, told), "revoked") == [revoked]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("keeps", "overdue"), [(None, "2025-01-04"), (("begun", "decided"), "2024-12-27")])
def test_a_case_that_was_under_way_keeps_the_days_for_its_announcement(
    keeps: tuple[str, ...] | None, overdue: str
) -> None:
    assert times(lived(ANNOUNCED, keeps, "2024-12-05"), "announcement_overdue")[0] == overdue


@pytest.mark.usefixtures("known")
def test_a_year_that_had_begun_keeps_its_reminders_and_the_next_has_the_new_ones() -> None:
    at_once = times(lived(REMINDED, None, "2023-10-15"), "reminder")
    assert at_once == ["2023-10-01", "2023-11-27", "2024-11-27", "2025-11-27"][: len(at_once)]
    editions, documents = dict(TERMS._editions), dict(TERMS._documents)
    editions.pop("NEW"), documents.pop("NEW")
    TERMS._editions, TERMS._documents = editions, documents
    terms.find.cache_clear()
    later = lived(REMINDED, ("begun",), "2023-10-15")
    of_2023 = [day for day in times(later, "reminder") if day < "2023-12-01"]
    assert of_2023 == ["2023-10-01", "2023-10-31", "2023-11-16", "2023-11-23", "2023-11-29"]
    assert [day for day in times(later, "reminder") if day[:4] == "2024" and day > "2024-02"] == ["2024-11-27"]
    assert later.filing.kept == {}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"key": "retention.draft_days", "keeps": [], "article": "G-44"}, "没有过渡可言"),
        ({"key": "archive.working_days", "keeps": ["missed"], "article": "G-44"}, "须含 begun"),
        ({"key": "archive.working_days", "keeps": ["begun"], "article": "Z-99"}, "依据 Z-99 不存在"),
        ({"key": "archive.working_days", "keeps": ["forever"], "article": "G-44"}, "keeps"),
    ],
)
def test_what_cannot_be_a_transition_stops_the_start(row: dict[str, Any], said: str) -> None:
    edition = {"edition": "NEW", "base": "LN-2023", "effective": "2023-06-01", "document_no": "文", "rows": []}
    with pytest.raises(EditionRefused, match=said):
        TERMS.made(edition | {"transition": [row]})


def test_every_number_that_may_move_a_date_says_who_keeps_it() -> None:
    assert set(TRANSITION) == set(NAMES)
    assert all("begun" in TRANSITION[key].keeps for key in LENGTHS.values())
    assert data.read("transition.json")["since"] == str(TERMS["LN-2021"].since)
    assert TERMS["LN-2023"].transition == TRANSITION
