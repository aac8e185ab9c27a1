"""Frozen values: replaced, never edited; what is asked about one is worked out once."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from models.filing import Filing
from models.values import Instant, Value, canonical, once
from models.vocabulary import Kind
from regulation import agenda, intake, reading
from tests.applications import good
from tests.simulated import lived


class _Place(Value):
    city: str
    zone: str | None = None


def test_a_value_is_replaced_in_some_fields_and_stays_as_it_was() -> None:
    place = _Place(city="沈阳")
    moved = place.but(zone="浑南")
    assert (place.zone, moved.zone, moved.city) == (None, "浑南", "沈阳")
    assert moved == _Place(city="沈阳", zone="浑南")
    assert moved.model_dump_json() == _Place(city="沈阳", zone="浑南").model_dump_json()
    with pytest.raises(ValidationError, match="frozen"):
        moved.city = "大连"  # type: ignore[misc]


def test_a_field_that_a_value_does_not_have_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="_Place has no town"):
        _Place(city="沈阳").but(town="抚顺")


def test_what_the_regulation_makes_itself_is_as_if_it_had_been_read() -> None:
    made, read = _Place.made(city="沈阳"), _Place(city="沈阳")
    assert made == read
    assert (dict(made), made.model_fields_set) == (dict(read), read.model_fields_set)
    for entry in lived("LIFE").docket:
        assert (entry.at.tzinfo, entry.entered_at.tzinfo) == (UTC, UTC)
        again = type(entry).model_validate_json(told := entry.model_dump_json())
        assert again == entry
        assert again.model_dump_json() == told, "in the same order too"


def test_what_is_made_lacks_nothing_has_nothing_more_and_shares_nothing_that_could_be_changed() -> None:
    for fields in ({"zone": "浑南"}, {"city": "沈阳", "town": "抚顺"}):
        with pytest.raises(TypeError, match="_Place is not made of"):
            _Place.made(**fields)
    with pytest.raises(TypeError, match="a default that could be changed"):
        Filing.made()


def test_a_question_is_worked_out_once_for_each_value_and_leaves_no_trace_in_it() -> None:
    asked: list[str] = []

    @once
    def length(place: _Place) -> int:
        asked.append(place.city)
        return len(place.city)

    place = _Place(city="沈阳")
    assert [length(place), length(place), length(place.but(city="葫芦岛")), length(place)] == [2, 2, 3, 2]
    assert asked == ["沈阳", "葫芦岛"]
    assert place == _Place(city="沈阳")
    assert place.model_dump() == {"city": "沈阳"}
    assert dict(place.but()) == {"city": "沈阳", "zone": None}


def test_a_filing_that_was_asked_for_its_dates_is_stored_as_it_was() -> None:
    filing = lived("LIFE").docket[4].filing
    before = canonical(filing.model_dump(mode="json"))
    assert agenda.next_lapse(filing) is agenda.dues(filing)[0]
    assert canonical(filing.model_dump(mode="json")) == before
    assert type(filing).model_validate_json(before) == filing


@pytest.mark.parametrize("kind", Kind)
def test_a_form_is_read_at_once_as_it_is_read_field_by_field(kind: Kind) -> None:
    model: type[BaseModel] = intake.FORMS[kind]
    form = good(kind)
    whole, found = reading.read(model, form, {})
    by_field, found_too = reading._by_field(model, form, {}, "", "A-55")
    assert (whole, found) == (by_field, found_too)


class _Told(Value):
    at: Instant
    whether: bool | None = None
    often: int | None = None
    each: tuple[str, ...] = ()
    many: dict[str, int] = {}
    sure: bool = False
    unless: bool | None = False


def test_only_what_reading_it_back_gives_anyhow_is_left_out() -> None:
    at = datetime(2026, 3, 15, tzinfo=UTC)
    plain, written = _Told(at=at), {"at": "2026-03-15T08:00:00+08:00"}
    assert plain.model_dump(mode="json") == written
    told = _Told(at=at, whether=False, often=0, each=("",), many={"": 0}, sure=True, unless=None)
    assert told.model_dump(mode="json") == written | {
        "whether": False, "often": 0, "each": [""], "many": {"": 0}, "sure": True, "unless": None
    }  # fmt: skip
    assert [_Told.model_validate(each.model_dump(mode="json")) for each in (plain, told)] == [plain, told]
    assert plain.model_dump(mode="json", exclude={"at", "sure"}) == {}


def test_an_instant_is_read_the_same_again_and_refused_where_it_stands() -> None:
    for _ in range(2):
        assert _Told.model_validate({"at": "2026-03-15T08:00:00+08:00"}).at == datetime(2026, 3, 15, tzinfo=UTC)
        with pytest.raises(ValidationError) as refused:
            _Told.model_validate({"at": "1026-03-15T08:00:00+08:00", "often": "x"})
        assert [(each["loc"], each["type"]) for each in refused.value.errors()] == [
            (("at",), "date_out_of_bounds"),
            (("often",), "int_parsing"),
        ]
    for none in ("2026-03-15T08:00:00", 5, None, ["2026-03-15T08:00:00Z"]):
        with pytest.raises(ValidationError):
            _Told.model_validate({"at": none})


def test_what_is_read_from_the_register_shares_no_dictionary() -> None:
    stored = lived("LIFE").docket[0].filing.model_dump_json()
    one, other = (Filing.model_validate_json(stored) for _ in range(2))
    assert one == other
    assert all(getattr(one, name) is not getattr(other, name) for name in ("periods", "kept", "told", "signed"))
