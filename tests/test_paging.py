"""Pages of lists: where the next begins, as an address carries it, and what every door takes for one filter."""

from datetime import UTC, date, datetime

import pytest

from gateway.shown.lists import DeskFilter, Filter, read
from gateway.shown.paging import page_of, place, position
from models.values import due_by
from regulation import offices

AT = datetime(2027, 4, 20, 16, tzinfo=UTC)


def test_a_place_comes_back_as_it_was() -> None:
    assert position(place(AT, key="LN-1")) == ((AT,), "LN-1")
    assert position(place(AT, AT, key="LN~1"), instants=2) == ((AT, AT), "LN~1")
    assert position("") is None


@pytest.mark.parametrize("wrong", ["x", "~", "~LN-1", f"{AT.isoformat()}~", "2027-99-99~LN-1", "2027-04-20~LN-1"])
def test_what_is_no_place_is_said_to_be_none(wrong: str) -> None:
    with pytest.raises(ValueError, match="续页标记"):
        position(wrong)


def test_a_page_says_where_the_next_begins_if_there_is_one() -> None:
    assert page_of("abc", 2, str.upper).more == "B"
    assert (page_of("ab", 2, str.upper).shown, page_of("ab", 2, str.upper).more) == (("a", "b"), "")
    assert page_of("", 2, str.upper).shown == ()


def test_a_filter_means_the_same_at_every_door() -> None:
    told = {"stage": "in_force", "jurisdiction": "210100", "waiting_for": "iit", "text": "星海"}
    facts = Filter.model_validate(told).facts
    everybody = offices.Scope()
    assert read(told).within(everybody, date(2027, 4, 20)) == facts | {"scope": everybody, "also": [], "order": "due"}
    assert (facts["waiting_for"], facts["awaits_iit"]) == (None, True)
    ends = Filter.model_validate({"due_by": "2027-04-20", "due_before": "2027-04-20"}).facts["due_by"]
    assert ends == due_by(date(2027, 4, 19)), "of two ends the earlier"
    assert DeskFilter(due=0, due_by="2027-04-30").within(everybody, date(2027, 4, 20))["due_by"] == due_by(
        date(2027, 4, 20)
    )
    assert read(dict(pair.split("=") for pair in read({"due": "3"}).query.split("&"))).due == 3
