"""The made-up province's year in small: every chapter is lived, and every sum agrees with what lies under it."""

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from httpx import AsyncClient
from sqlmodel import Session, select

from bench import rounds
from examples.province.__main__ import lay
from examples.province.alliances import Alliance, province
from examples.province.documents import PARTS, PICTURES, Documents, publish
from examples.province.reconciliation import Reconciliation, Told
from examples.province.side_by_side import made, opened
from examples.province.story import Story
from examples.province.year import live
from gateway.identity import EMBEDDED, seeded
from gateway.tools import Tools
from models.gateway import PersonRow
from models.register import EntryRow, MessageRow, Paper, RoundEntryRow
from models.settings import Settings
from models.vocabulary import Kind, Role
from regulation import codes
from regulation.offices import OFFICES
from tests.databases import statements
from tests.in_force import editions_of_ones_own
from tests.served import Clock
from tests.visiting import visiting

HOW_MANY = 24


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Path, list[Told]]]:
    """A small province that has lived its year, its folder, and its sums."""
    folder = tmp_path_factory.mktemp("year")
    with editions_of_ones_own():
        made(url := f"sqlite:///{folder / 'register.db'}")
        story = Story(opened(url), province(HOW_MANY, 1), 2027)
        try:
            live(story)
            documents = Documents(story, story.over)
            drawn = [each for part in PARTS if part != PICTURES for each in documents.of(part)]
            publish(story, folder)
            yield story, folder, Reconciliation(story, folder).of_register() + lay(story, drawn, folder)
        finally:
            story.service.close()


def test_every_sum_of_the_year_agrees(lived: tuple[Story, Path, list[Told]]) -> None:
    story, _, told = lived
    assert [each for each in told if not each.agrees] == []
    assert story.service.refused == []
    assert len(told) > 25
    assert {row.stage for row in story.service.rounds.rounds(year=2027)} == {"closed"}


def test_a_sum_that_differs_is_seen(lived: tuple[Story, Path, list[Told]]) -> None:
    _, _, told = lived
    money = next(each for each in told if "明细表／名单" in each.what)
    assert not replace(money, told=money.told + 1).agrees


def test_the_documents_lie_in_one_folder_with_a_page_that_names_each(lived: tuple[Story, Path, list[Told]]) -> None:
    _, folder, _ = lived
    page = (folder / "README.md").read_text("utf-8")
    files = list(folder.glob("[0-9]-*/*"))
    assert len(files) > 30
    assert [path.name for path in files if f"({path.parent.name}/{path.name})" not in page] == []
    paid = list(csv.reader(StringIO((folder / "7-后补助/资金下达明细表.csv").read_text("utf-8-sig"))))
    assert len(paid) > 3
    assert json.loads((folder / "6-随机抽查/lot.json").read_text("utf-8"))["order"]
    assert (folder / "site/index.html").exists()


CODES = re.compile(
    r"[A-Za-z]+_[A-Za-z_]+|desk-[0-9a-f]{6,}|\b[a-z]{1,2}-(?:[0-9a-z]+-)*\d+\b|platform://|引擎载荷|(?<![A-Z0-9-])(?:FA|FB|[ABG])-\d{2}\b|\bNone\b"
)
"""What programs call things: acts, states and fields; ids of acts and of people; addresses of the platform; our numbers of requirements."""

STOPS = re.compile("。。|，，|；；|。；|；。|，。|、。|、、")
"""Two stops where one is meant."""

OF_THE_TRADE = {"/ops"}
"""Pages for operators, which name settings as operators write them."""


def as_read(page: str) -> str:
    """What a page says, and what is read out of it; what stands as code in it is what it is: a digest, a file, a field of one."""
    page = re.sub(r"<(script|style|code|textarea)\b.*?</\1>", "…", page, flags=re.DOTALL)
    told = re.findall(r'\s(?:aria-label|alt|placeholder|title)="([^"]*)"', page)
    return unescape("\n".join([re.sub(r"<[^>]*>", "\n", page), *told]))


def sort_of(address: str) -> str:
    """Which sort of page an address is of: one of a sort is enough."""
    path, _, query = address.partition("?")
    kind = found[1] if (found := re.match("/rounds/([a-z]+)-", path)) else ""
    names = sorted(name.partition("=")[0] for name in query.split("&"))
    return f"{kind}{re.sub(r'/(?=[^/]*[0-9])[^/]+', '/*', path)}?{','.join(names)}"


NOT_READ = re.compile(
    r"\.(css|js|svg|png|xlsx|csv|json|docx|zip|ics|xml|atom|py)($|\?)|^/(static|site|sign-in)|[?&](codes|before|next)="
)


async def looked_through(browser: AsyncClient, pages: Iterable[str], most: int) -> AsyncIterator[tuple[str, str]]:
    """Pages and those that they lead to, one of each sort, each as it was sent."""
    left, sorts = list(pages), set[str]()
    while left and len(sorts) < most:
        address = left.pop(0)
        if NOT_READ.search(address) or sort_of(address) in sorts:
            continue
        sorts.add(sort_of(address))
        answer = await browser.get(address)
        if answer.status_code in (302, 303):
            left.append(answer.headers["location"])
        elif answer.status_code == 200 and "html" in answer.headers["content-type"]:
            yield address, answer.text
            left += [unescape(each).partition("#")[0] for each in re.findall(r'href="(/[^"]*)"', answer.text)]


def counted_twice(page: str) -> list[str]:
    """What one list of numbers on a page counts more than once."""
    lists = re.findall(r'<ul class="counts".*?</ul>', page, re.DOTALL)
    return [
        label
        for some in lists
        for label, times in Counter(re.findall(r"</strong><span>(.*?)</span>", some)).items()
        if times > 1
    ]


IN_PAPERS = re.compile(r"\b[a-z]+-\d{4}-(?:LN|\d{6})\b|\b\d{4}-\d{2}-\d{2}\b")
"""What no letter and no paper of an office says: what a round is called among programs, and a day as programs write it."""

CELLS_OR_RUNS = re.compile(r"<(?:w:)?t(?: [^>]*)?>([^<]*)<|</w:(p)>|</(si)>")


def said_in(path: Path) -> str:
    """What a Word document or a workbook says: its texts, a line a paragraph or cell. Days of a workbook are days, and not text."""
    with ZipFile(path) as packed:
        parts = [
            name for name in packed.namelist() if re.match(r"word/.*\.xml|xl/(sharedStrings|worksheets/.*)\.xml", name)
        ]
        whole = "".join(packed.read(name).decode() for name in parts)
    return unescape("".join(text or "\n" for text, *_ in CELLS_OR_RUNS.findall(whole)))


def test_no_letter_document_or_sheet_tells_people_what_programs_call_things(
    lived: tuple[Story, Path, list[Told]],
) -> None:
    """Every letter of the year, and every document and workbook that was drawn of it."""
    story, folder, _ = lived
    with Session(story.service.register.engine) as session:
        letters = {f"{each.title}\n{each.body}" for each in session.exec(select(MessageRow))}
    papers = {path.name: said_in(path) for path in folder.glob("[0-9]-*/*") if path.suffix in (".docx", ".xlsx")}
    said = {**{text.partition("\n")[0]: text for text in letters}, **papers}
    found = [
        f"{name}: {each.group()}"
        for name, text in said.items()
        for pattern in (CODES, STOPS, IN_PAPERS)
        for each in pattern.finditer(text)
    ]
    assert found == []
    assert len(letters) > 200
    assert len(papers) > 25
    assert all(len(text) > 50 for text in papers.values()), "each was read"


BEGUN_AT = {
    "c-101": ("/desk", "/desk/rounds?year=2027", "/desk/filings"), "p-401": ("/desk/rounds?year=2027", "/desk", "/desk/filings"),
    "a-601": ("/desk/audit",), "u-leader-01": ("/my",), "": ("/", "/rounds", "/lots", "/outcomes", "/surveys"),
}  # fmt: skip


async def test_no_page_of_any_sort_tells_people_what_programs_call_things(
    lived: tuple[Story, Path, list[Told]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A house with everything in it: filings with their dockets, rounds of every kind with their papers, an audit of all that was read."""
    story, _, _ = lived
    leader = next(iter(story.in_force.values())).leader.code
    monkeypatch.setitem(EMBEDDED, "u-leader-01", seeded("u-leader-01", "某经办人", Role.LEADER, leader))
    shutil.copy(story.service.register.engine.url.database or "", tmp_path / "register.db")
    url = f"sqlite:///{tmp_path / 'register.db'}"
    settings = Settings(var=tmp_path, database_url=url, session_hours=24, reads_a_minute=99_999, acts_a_minute=99_999)
    found, looked = list[str](), set[str]()
    async with visiting(settings, Clock(story.over)) as house:
        everybody_signed_in(house.tools)
        for person, pages in BEGUN_AT.items():
            browser = await house.signed_in(person) if person else house.browser()
            async for address, page in looked_through(browser, pages, 45):
                said = as_read(page)
                looked.add(sort_of(address))
                found += [f"{person} {address}: counted twice: {each}" for each in counted_twice(page)]
                if address not in OF_THE_TRADE:
                    found += [f"{person} {address}: {each}" for each in {*CODES.findall(said), *STOPS.findall(said)}]
    of_ones_own = re.compile(r"/versions/1: u-")  # the account that an applicant wrote as its address
    assert [each for each in found if not of_ones_own.search(each)] == []
    assert len(looked) > 75
    assert {"survey/rounds/*?", "subsidy/rounds/*?", "inspection/rounds/*?", "evaluation/rounds/*?"} <= looked
    assert [each for each in looked if "/paper" in each], "papers of rounds, too"


def everybody_signed_in(tools: Tools) -> None:
    """Whoever did something has a name."""
    with Session(tools.register.engine) as session:
        entries = [*session.exec(select(EntryRow.body)), *session.exec(select(RoundEntryRow.body))]
        bodies = [*entries, *session.exec(select(Paper.body))]
    persons = {found for body in bodies for found in re.findall(r'"(?:person|noted_by|received_by)":"([^"]+)"', body)}
    persons |= {found for body in bodies for found in re.findall(r'"(e-third-\d+|pi?-210000-\d+)"', body)}
    now = tools.clock()
    with Session(tools.register.engine) as session:
        for person in persons:
            session.merge(PersonRow(person=person, name="某人", office="210000", role="province_st", seen_at=now))
        session.commit()


def test_one_seed_is_always_the_same_province_of_both_kinds_everywhere() -> None:
    some = province(1500, 1)
    assert some[:200] == province(200, 1)
    assert some[:200] != province(200, 2)
    assert {each.kind for each in some} == set(Kind)
    assert {each.city for each in some} == set(OFFICES)
    assert len({each.name for each in some}) == len({each.leader.code for each in some}) == len(some)


def test_every_invented_code_passes_its_check() -> None:
    def of(each: Alliance) -> list[str]:
        return [each.leader.code, *(member.code for member in each.members)]

    every = [code for each in province(600, 1) for code in of(each)]
    assert [code for code in every if not (codes.is_uscc(code) and codes.organisation_code_fits(code))] == []


def test_an_act_in_a_round_asks_the_register_as_little_in_a_large_city(tmp_path: Path) -> None:
    """A look for the act under its id, the round twice, what it is judged by, what is written, and how the round stands."""
    asked: dict[str, set[int]] = {}
    for alliances in (3, 12):
        story = rounds.of_one_city(tmp_path, alliances)
        for words, do in rounds.done(story).items():
            do(story.alliances[0])
            with statements(story.service.register) as told:
                do(story.alliances[1])
            asked.setdefault(words, set()).add(len(told))
        story.service.close()
    assert all(len(counts) == 1 for counts in asked.values()), "among twelve as among three"
    assert max(asked[rounds.SURVEY]) <= 18
    assert max(asked[rounds.EVALUATION]) <= 17
