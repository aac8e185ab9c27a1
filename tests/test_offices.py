"""Offices and zones as dated data: called otherwise, or reviewing, from a day on; history keeps its names (G-30, Q10)."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activities import editions as folders
from models.vocabulary import Kind, Role
from regulation import data, offices
from regulation.editions import EditionRefused
from regulation.intake import examine
from tests.applications import RECEIVED, changed, good

BEFORE, AFTER = date(2023, 3, 31), date(2023, 4, 1)
ANSHAN = "210300-gaoxinqu"

EDITION: dict[str, Any] = {
    "edition": "offices-2023",
    "base": "LN",
    "since": str(AFTER),
    "offices": [{"code": "210300", "name": "鞍山市科学技术局", "industry": "鞍山市工业和信息化局"}],
    "zones": [
        {"key": ANSHAN, "reviews": True},
        {"key": "210100-shengaoqu", "name": "沈阳高新区（新名）"},
        {
            "key": "210600-gaoxinqu",
            "city": "210600",
            "name": "丹东高新技术产业开发区",
            "also": ["丹东高新区"],
            "reviews": True,
        },
    ],
}


@pytest.fixture
def edition(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A deployment whose folder has an edition of the directory."""
    monkeypatch.setattr(offices, "DIRECTORIES", offices.shipped())
    for name in ("OFFICES", "ZONES", "CITIES", "KEYS"):
        held = getattr(offices, name)
        monkeypatch.setattr(offices, name, dict(held) if isinstance(held, dict) else list(held))
    (tmp_path / "offices").mkdir()
    (tmp_path / "offices" / "2023.json").write_text(json.dumps(EDITION, ensure_ascii=False), "utf-8")
    folders.load(tmp_path, {"offices": offices.DIRECTORIES})


def test_what_is_shipped_is_the_directory_of_the_two_documents() -> None:
    shipped = offices.shipped().on(AFTER)
    told = data.read("offices.json")
    assert [each["code"] for each in told["offices"]] == list(shipped.offices)
    assert [each["key"] for each in told["zones"]] == list(shipped.zones)


@pytest.mark.usefixtures("edition")
def test_the_industry_department_of_a_city_has_a_name_of_its_own() -> None:
    """It shares its key with the S&T office, and not its door: wherever it is named, it is named by its city."""
    assert offices.title(Role.CITY_IIT, "210100") == offices.industry_beside("210100-shengaoqu") == "沈阳市工信部门"
    assert offices.title(Role.CITY_IIT, "210300") == offices.addressed("city_iit", "210300") == "鞍山市工业和信息化局"
    assert offices.addressed("reviewer", "210300") == "鞍山市科学技术局"
    assert offices.addressed("public", "public") == "社会公众"
    assert offices.addressed("province_iit", offices.PROVINCE) == "省工信厅"
    assert offices.industry_beside(None) == "市工信部门"


@pytest.mark.usefixtures("edition")
def test_an_office_is_called_as_it_was_called_on_the_day() -> None:
    assert offices.name_of("210300", BEFORE) == "鞍山市科技局"
    assert offices.name_of("210300", AFTER) == offices.name_of("210300") == "鞍山市科学技术局"
    assert offices.name_of("210600-gaoxinqu", BEFORE) == "丹东高新技术产业开发区", (
        "a text of earlier days can still name it"
    )


@pytest.mark.usefixtures("edition")
def test_a_zone_reviews_from_its_day_on() -> None:
    for day, reviews in ((BEFORE, False), (AFTER, True)):
        assert offices.reviews_in(Kind.B, "210300", ANSHAN, day) is reviews
        assert offices.reviews_in(Kind.B, "210600", "210600-gaoxinqu", day) is reviews
    assert not offices.reviews_in(Kind.A, "210300", ANSHAN, AFTER)
    assert offices.is_post(Role.ZONE, "210600-gaoxinqu")
    assert "210600-gaoxinqu" in offices.KEYS


@pytest.mark.usefixtures("edition")
@pytest.mark.parametrize("named", ["丹东高新技术产业开发区", "丹东高新区"])
def test_an_application_goes_to_the_zone_that_reviews(named: str) -> None:
    form = changed(good("B"), {"change": {"/zone_name": named, "/jurisdiction": "210600"}})
    facts = examine(form, RECEIVED["B"]).facts
    assert facts
    assert facts.zone == "210600-gaoxinqu"


@pytest.mark.usefixtures("edition")
def test_an_earlier_name_is_recognised() -> None:
    zone = offices.zone_named("沈阳高新技术产业开发区")
    assert zone
    assert (zone.key, zone.name) == ("210100-shengaoqu", "沈阳高新区（新名）")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"offices": [{"code": "211500"}]}, "/offices/0/code"),
        ({"zones": [{"key": "210600-gaoxinqu", "reviews": True}]}, "须写明所在属地、名称和是否受理"),
        (
            {"zones": [{"key": "210600-gaoxinqu", "city": "210700", "name": "某", "reviews": True}]},
            "编号以属地代码开头",
        ),
        ({"base": "nope"}, "没有它所依据的版本"),
        ({"since": "2023"}, "/since"),
    ],
)
def test_an_edition_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(EditionRefused, match=said):
        offices.shipped().add(EDITION | change)
