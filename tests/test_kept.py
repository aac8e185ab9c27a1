"""Public pages that are kept: made once, until an entry or midnight makes them untrue; and how often the database is asked for a page."""

import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.database import writing
from activities.register import Register
from gateway.pages import web
from gateway.remembered import kept
from gateway.remembered.kept import KeptPages, for_caches
from models.register import FilingRow
from models.settings import Settings
from models.values import midnight_after
from tests.databases import Databases, statements
from tests.population import NOW, life, populate
from tests.served import Clock
from tests.simulated import holding, written
from tests.story import instant
from tests.visiting import House, visiting

NOON = instant(f"{NOW}T12:00")

NEWCOMER = life("SY-MORE", "210100", "A", f"{NOW}T10:00", ())


@pytest.fixture
def register(sqlite: Databases) -> Iterator[Register]:
    """A register with a dozen filings."""
    register = Register.at(sqlite.made("population", holding(populate)))
    yield register
    register.engine.dispose()


@pytest.fixture
async def house(sqlite: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway over such a register."""
    settings = Settings(var=tmp_path, database_url=sqlite.made("population", holding(populate)))
    async with visiting(settings, Clock(NOON)) as house:
        yield house


# Keeping


class Press:
    """Makes a page, each time another edition."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        return f"edition {self.made}"


def test_a_page_is_made_once_until_something_is_entered(register: Register) -> None:
    pages, press = KeptPages(register.engine), Press()
    first = pages.page("home", 60, NOON, press)
    assert pages.page("home", 60, NOON + timedelta(seconds=59), press) is first
    assert pages.page("search", 60, NOON, press) is not first, "what is asked otherwise is another page"
    written(register, NEWCOMER)
    again = pages.page("home", 60, NOON, press)
    assert again.content != first.content
    assert again.tag != first.tag


@pytest.mark.parametrize("ahead", [timedelta(seconds=4), timedelta(microseconds=1)])
def test_an_entry_that_was_made_earlier_and_written_later_is_noticed(register: Register, ahead: timedelta) -> None:
    """Of two that are made at once either may be written first, and a person's clock may be some seconds ahead."""
    pages, press = KeptPages(register.engine), Press()
    one, other = register.filing_ids()[:2]
    entered(register, one, NOON + ahead)
    first = pages.page("home", 60, NOON, press)
    entered(register, other, NOON)
    assert pages.page("home", 60, NOON, press) is not first


def test_whether_anything_was_entered_is_read_off_an_index_alone(register: Register) -> None:
    """At a deadline most filings have an entry of lately, and most people ask."""
    with register.engine.connect() as db:
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {kept.ENTERED.compile(db.engine)}", (f"{NOON}",)).all()
    looks = [step for *_, step in plan if "filings" in step]
    assert len(looks) == 2
    assert all("COVERING INDEX ix_filings_entered" in each for each in looks)


def entered(register: Register, filing_id: str, at: datetime) -> None:
    """As if something were entered, for those who only look whether it was."""
    with writing(register.engine) as session:
        row = session.get_one(FilingRow, filing_id)
        row.number, row.updated_at = row.number + 1, at


def test_a_page_is_kept_no_longer_than_caches_may_keep_it(register: Register) -> None:
    pages, press = KeptPages(register.engine), Press()
    first = pages.page("home", 60, NOON, press)
    assert pages.page("home", 60, NOON + timedelta(seconds=60), press) is not first


def test_no_page_outlives_its_day(register: Register) -> None:
    """A notice that ended at 24:00 is not told as running by anybody, however lately the page was made."""
    pages, press = KeptPages(register.engine), Press()
    midnight = midnight_after(NOON.date())
    late = midnight - timedelta(seconds=10)
    first = pages.page("home", 300, late, press)
    assert pages.page("home", 300, midnight - timedelta(seconds=1), press) is first
    assert pages.page("home", 300, midnight, press) is not first
    assert for_caches(300, NOON) == {"Cache-Control": "public, max-age=300, stale-while-revalidate=300"}
    assert for_caches(300, midnight - timedelta(seconds=400)) == {
        "Cache-Control": "public, max-age=300, stale-while-revalidate=100"
    }
    assert for_caches(300, late) == {"Cache-Control": "public, max-age=10"}


def test_what_is_kept_has_a_bound(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    pages, press = KeptPages(register.engine), Press()
    first = pages.page("first", 60, NOON, press)
    for number in range(2):
        pages.page(number, 60, NOON, press)
    assert pages.page("first", 60, NOON, press) is first
    pages.page("one more", 60, NOON, press)
    assert pages.page("first", 60, NOON, press) is first, "the one that nobody asked for longest went"
    assert len(pages._kept) == 3
    monkeypatch.setattr(kept, "LARGEST", 15)
    pages.page("too much", 60, NOON, press)
    assert pages._size == sum(len(each.page.content) for each in pages._kept.values()) <= 15


def test_a_page_that_could_not_be_made_is_not_kept(register: Register) -> None:
    pages, press = KeptPages(register.engine), Press()

    def broken() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        pages.page("home", 60, NOON, broken)
    assert pages.page("home", 60, NOON, press).content == b"edition 1"


def test_of_many_who_ask_at_once_one_has_it_made(register: Register) -> None:
    pages, press = KeptPages(register.engine), Press()
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: pages.page("home", 60, NOON, press), range(8)))
    assert press.made == 1
    assert len({id(each) for each in told}) == 1


async def test_a_public_page_is_made_anew_by_an_entry_and_by_the_day(sqlite: Databases, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, database_url=sqlite.made("population", holding(populate)))
    clock = Clock(NOON)
    async with visiting(settings, clock) as house:
        browser = house.browser()
        tag = {"If-None-Match": (await browser.get("/")).headers["etag"]}
        with statements(house.tools.register) as asked:
            assert (await browser.get("/", headers=tag)).status_code == 304
            assert len(asked) == 1
        written(house.tools.register, NEWCOMER)
        with statements(house.tools.register) as asked:
            assert (await browser.get("/", headers=tag)).status_code == 304
            assert len(asked) > 1, "it was made anew, and says the same"
        clock.now = midnight_after(NOON.date())
        with statements(house.tools.register) as asked:
            await browser.get("/", headers=tag)
            assert len(asked) > 1


async def test_what_one_visitor_is_told_is_kept_for_nobody(house: House) -> None:
    answer = await house.browser().get("/?said=x")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == (await house.browser().get("/")).content


# How often the database is asked


@pytest.mark.parametrize("path", ["/", "/statistics", "/register", "/register?text=SY", "/revocations"])
async def test_a_kept_page_asks_only_whether_anything_was_entered(house: House, path: str) -> None:
    browser = house.browser()
    made = await browser.get(path)
    with statements(house.tools.register) as asked:
        assert (await browser.get(path)).content == made.content
    assert len(asked) == 1
    assert "max(filings.updated_at)" in asked[0]


@pytest.mark.parametrize(
    ("person", "path", "most"),
    [
        ("c-101", "/desk", 6), ("i-201", "/desk", 6), ("p-401", "/desk", 6), ("o-701", "/desk", 9),
        ("c-101", "/desk/filings", 5), ("c-101", "/desk/filings?stage=on_notice", 5), ("p-401", "/desk/charts", 34), ("p-401", "/desk/year", 9),
    ],
)  # fmt: skip
async def test_a_page_of_the_desk_asks_little(house: House, person: str, path: str, most: int) -> None:
    """Session, lines, how many there are, who has them in hand, what is unread, whether anything lies beside; which years there are."""
    browser = await house.signed_in(person)
    await browser.get(path)
    with statements(house.tools.register) as asked:
        assert (await browser.get(path)).status_code == 200
    assert len(asked) <= most, asked


async def test_a_line_of_a_list_is_made_once_until_its_filing_changes(house: House) -> None:
    browser = await house.signed_in("c-101")
    marks: Any = web._templates().globals["marks"]
    line = marks["line"]
    first = (await browser.get("/desk")).text
    filings = re.findall(r'name="filing" value="([^"]+)"', first)
    assert len(filings) > 1
    made = line.cache_info().misses
    assert (await browser.get("/desk")).text == first
    assert line.cache_info().misses == made
    entered(house.tools.register, filings[0], NOON)
    assert (await browser.get("/desk")).status_code == 200
    assert line.cache_info().misses == made + 1
