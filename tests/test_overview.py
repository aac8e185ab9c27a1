"""全景: each number of the page is that of the rows it leads to, and few questions are asked for all of them."""

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest

from activities.pictures import flow
from models.vocabulary import Stage
from regulation import offices
from tests.databases import Databases, statements
from tests.population import accepted, life
from tests.simulated import written
from tests.test_desk import at, listed, opened
from tests.visiting import House


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway over a population, in which two offices are late with one filing."""
    async with opened(sqlite, tmp_path_factory.mktemp("overview")) as house:
        written(house.tools.register, life("SY-SLOW", "210100", "A", "2023-04-03", (accepted("2023-04-04"),)))
        yield house


@pytest.mark.parametrize("person", ["p-401", "a-601", "c-101", "z-301", "i-201", "d-111"])
@pytest.mark.parametrize("narrowed", ["", "?kind=B", "?jurisdiction=210200"])
async def test_every_number_is_that_of_its_rows(house: House, person: str, narrowed: str) -> None:
    officer = await at(house, person)
    page = await officer.gets(f"/desk/overview{narrowed}")
    told = re.findall(r'<a href="(/desk/filings\?[^"]+)" data-rows="(\d+)"', page)
    told += re.findall(r'<a href="(/desk/filings[^"]+)"><strong>(\d+)</strong>', page)
    assert len(told) >= 4
    for address, count in dict.fromkeys(told):
        assert len(listed(await officer.gets(address))) == int(count), (address, count)


async def test_the_whole_province_is_told_in_few_questions(house: House) -> None:
    province = await at(house, "p-401")
    await province.gets("/desk/overview")
    with statements(house.tools.register) as asked:
        page = await province.gets("/desk/overview")
    assert len(asked) <= 4, asked
    assert len(page.encode()) < 100_000
    assert all(f"<strong>{office.city}</strong>" in page for office in offices.OFFICES.values())


async def test_late_offices_are_named_with_how_many_and_since_when(house: House) -> None:
    page = await (await at(house, "p-401")).gets("/desk/overview")
    late = page.partition('aria-labelledby="late"')[2]
    assert dict(re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', late)) == {
        "沈阳市科技局": "2023年3月30日", "省科技厅": "2023年4月17日", "沈阳市工信部门": "2023年4月19日",
        "沈阳高新技术产业开发区": "2023年4月30日",
    }  # fmt: skip


def test_a_journey_is_told_of_the_year_that_ended_yesterday(house: House) -> None:
    today = date(2023, 5, 10)
    way = flow.journey(house.tools.register.engine, offices.Scope(), today)
    assert (way.first, way.last, way.filings, way.looked_at) == (date(2022, 5, 10), date(2023, 5, 9), 1, 1)
    assert [(stage, each.filings, each.longest) for stage, each in way.steps.items()] == [
        (Stage.SUBMITTED, 1, 1), (Stage.UNDER_REVIEW, 1, 2), (Stage.ON_NOTICE, 1, 8), (Stage.AT_PROVINCE, 1, 16),
    ]  # fmt: skip
    assert way.whole
    assert way.whole.longest == sum(each.longest for each in way.steps.values())
    assert flow.journey(house.tools.register.engine, offices.Scope(), date(2023, 3, 10)).filings == 0


async def test_what_no_number_asks_for_is_turned_away(house: House) -> None:
    province = await at(house, "p-401")
    for nonsense in ("late_at=nobody@210100", "late_at=city_st@1", "passed=soon", "archived_from=x", "phase=z"):
        await province.gets(f"/desk/filings?{nonsense}", 422)
    await province.gets("/desk/overview?jurisdiction=999999", 422)
