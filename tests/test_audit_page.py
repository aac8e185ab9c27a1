"""The auditor's page: looked through by what is looked for, with the names of then, and taken away as it stands."""

import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from gateway.identity import EMBEDDED
from gateway.remembered.audit import AuditKind
from gateway.remembered.audited import read
from tests.databases import Databases
from tests.story import instant
from tests.test_desk import at, opened
from tests.visiting import House

NOW = instant("2023-05-10")
MARRIED = EMBEDDED["c-101"].but(name="李改名")


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway with a record of several days."""
    async with opened(sqlite, tmp_path_factory.mktemp("audit")) as house:
        tools = house.tools
        tools.people.remember(EMBEDDED["c-101"], NOW - timedelta(days=9))
        tools.people.remember(MARRIED, NOW - timedelta(days=2))
        for day in range(5, -1, -1):
            when = NOW - timedelta(days=day)
            tools.audit.note(
                MARRIED, AuditKind.ACTED, when, filing_id="SY-NEW", about=f"accept {day}", success=day != 3
            )
            tools.audit.note(EMBEDDED["p-401"], AuditKind.READ_PAPER, when, filing_id=f"X-{day}", about="=1+1")
        yield house


def numbers(page: str) -> list[int]:
    """The numbers of the lines on a page."""
    return [int(each) for each in re.findall(r'<td data-label="号" class="whole">(\d+)', page)]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("person=c-101", 6),
        ("person=c-101&success=no", 1),
        ("office=210000&kind=read_paper", 6),
        ("role=city_st&kind=acted", 6),
        ("filing=X-2", 1),
        ("kind=acted&first=2023-05-06&last=2023-05-08", 3),
        ("kind=acted&last=2023-05-05", 1),
        ("kind=acted&first=2023-05-10", 1),
        ("first=2031-01-01", 0),
    ],
)
async def test_each_question_has_its_lines_and_its_table_has_as_many(house: House, query: str, lines: int) -> None:
    auditor = await at(house, "a-601")
    assert len(numbers(await auditor.gets(f"/desk/audit?{query}"))) == lines
    told = (await auditor.browser.get(f"/desk/audit.csv?{query}")).content.decode("utf-8-sig")
    assert len(list(csv.reader(StringIO(told)))) == lines + 1


async def test_somebody_is_called_what_they_were_called_then(house: House) -> None:
    auditor = await at(house, "a-601")
    page = await auditor.gets("/desk/audit?person=c-101&kind=acted")
    assert re.findall(r'data-label="人员"><a[^>]*>(\S+)</a>', page) == ["李改名"] * 3 + ["受理人"] * 3
    book = load_workbook(
        BytesIO((await auditor.browser.get("/desk/audit.xlsx?kind=read_paper&last=2023-05-05")).content)
    )
    _, line = list(book["审计记录"].iter_rows(values_only=True))
    assert (line[2], line[8]) == ("p-401", "'=1+1")
    noted = house.tools.audit.lines(person="a-601", limit=1)[0]
    assert (noted.kind, noted.object) == ("exported", "审计记录（1条）kind=read_paper&last=2023-05-05")


async def test_pages_of_a_question_miss_nothing_and_keep_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.pages.audit.LINES", 2)
    auditor, seen, address = await at(house, "a-601"), list[int](), "/desk/audit?person=c-101"
    while address:
        page = await auditor.gets(address)
        seen += numbers(page)
        found = re.search(r'href="(/desk/audit\?person=c-101&before=\d+)" rel="next"', page)
        address = found[1] if found else ""
    assert len(seen) == 6
    assert seen == sorted(seen, reverse=True)


async def test_what_cannot_be_looked_for_is_said_and_others_have_no_such_page(house: House) -> None:
    auditor, officer = await at(house, "a-601"), await at(house, "c-102")
    for nonsense in ("first=soon", "kind=praise", "first=2023-05-10&last=2023-05-09", "person=" + "x" * 101):
        await auditor.gets(f"/desk/audit?{nonsense}", 422)
    for path in ("/desk/audit", "/desk/audit.csv", "/desk/audit.xlsx"):
        await officer.gets(path, 404)
    assert read({"person": " a ", "kind": "", "else": "1"}).query == "person=a"
