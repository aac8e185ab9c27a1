"""The words of our pages: every stage, deadline and act by its one name, and no code, internal name or English word for people."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from gateway.asked import acts
from gateway.shown.objected import known_by
from gateway.shown.objected import told as objections_of
from models.acts import By
from models.settings import Settings
from models.vocabulary import ActKind, Kind, LapseKind, Role
from regulation.articles import ARTICLES, cite, numbered, quoted
from regulation.moment import Moment
from regulation.naming import BEFORE, received
from regulation.offers import offers
from tests.databases import Databases
from tests.law.test_cases import CASES, live
from tests.population import NOW, populate
from tests.samples import examples as so_many
from tests.samples import one_in
from tests.served import Clock
from tests.simulated import holding, lived
from tests.story import instant
from tests.visiting import House, visiting

FORMATS = {
    "PDF",
    "OFD",
    "Word",
    "Excel",
    "xlsx",
    "docx",
    "csv",
    "CSV",
    "JSON",
    "Atom",
    "Feed",
    "ZIP",
    "zip",
    "SHA",
    "MB",
    "JPG",
    "PNG",
    "jpg",
    "png",
    "jpeg",
    "pdf",
    "ofd",
    "tif",
    "tiff",
}
"""What people call files and the like."""

OUR_OWN = re.compile(
    r"platform://\S+|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}|(?:SY|DL|GX|LN|AS)-[A-Z0-9-]+|[cdpuz]-(?:[a-z]+-)?\d+|[0-9A-Z]{18}|V\d+|LN-CXY-[AB]-\d+-\d+-\d+|[AB]类"
)
"""What is called so by those who brought it, or is a number: filings, accounts, credit codes, versions."""


ALLOWED = {"CN", "GB", "UTF", "Schema", "sydzcx", "Outlook", "iCalendar", "ics", "http", "query", "Tab"}

CODE = re.compile(r"(?<![A-Z0-9-])(?:FA|FB|[ABG])-\d{2}")
"""A number of ours of a requirement (docs/articles.md)."""


def words(page: str) -> set[str]:
    """The words of a page that are not Chinese: what is read, and what is read out."""
    page = re.sub(r"<(script|style|code|textarea)\b.*?</\1>", " ", page, flags=re.DOTALL)
    told = re.findall(r'\s(?:aria-label|alt|placeholder|title)="([^"]*)"', page)
    text = OUR_OWN.sub(" ", unescape("\n".join([re.sub(r"<[^>]*>", "\n", page), *told])))
    return set(re.findall(r"[A-Za-z][A-Za-z_]+", text)) - FORMATS


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway that nobody changes anything in."""
    folder: Path = tmp_path_factory.mktemp("words")
    register = sqlite.made("population", holding(populate))
    settings = Settings(var=folder, database_url=register, session_hours=24, reads_a_minute=9999, acts_a_minute=9999)
    async with visiting(settings, Clock(instant(NOW))) as house:
        yield house


PAGES = {
    "": ("/", "/register", "/query", "/query?code=x", "/calls", "/revocations", "/statistics", "/rounds", "/lots", "/outcomes"),
    "c-101": (
        "/desk", "/desk/filings", "/desk/calendar", "/desk/year", "/desk/charts", "/desk/rounds", "/filings/SY-LATE",
        "/filings/SY-NEW/review?decide=return_for_correction", "/filings/SY-NOTICE/objections",
    ),
    "p-401": ("/desk", "/desk/revocations", "/filings/SY-SENT"),
    "u-leader-01": ("/my", "/my/inbox", "/filings/SY-BACK", "/my/corrections/SY-BACK", "/filings/SY-FORCE"),
}  # fmt: skip
"""Pages of every sort, and who looks at them."""


@pytest.mark.parametrize("person", PAGES)
async def test_pages_are_chinese_and_tell_no_codes(person: str, house: House) -> None:
    browser = await house.signed_in(person) if person else house.browser()
    for address in PAGES[person]:
        page = (await browser.get(address)).text
        assert words(page) <= ALLOWED, address
        assert not CODE.findall(re.sub(r"<[^>]*>", " ", page)), address


async def test_whoever_of_staff_asks_is_told_codes_and_no_leader(house: House) -> None:
    for person, told in (("c-101", True), ("u-leader-01", False)):
        page = (await (await house.signed_in(person)).get("/filings/SY-BACK?codes=1")).text
        assert bool(CODE.search(page)) is told


def test_whoever_rules_on_an_objection_knows_it_by_its_entry_and_day() -> None:
    (objected,) = [each for each in lived("LIFE").docket if each.event.kind == "object"]
    by = By(person="c-101", office="210100", role=Role.CITY_ST)
    offered = {each.kind: each for each in offers(objected.filing, Moment(objected.at, objected.at), by)}
    of = getattr(objected.event, "id", "")
    stands = objections_of([objected.model_dump(mode="json")])
    form = acts.form_of(
        objected.filing, offered[ActKind.RULE_ON_ADMISSIBILITY], [], None, (), known_by=known_by(stands.values())
    )
    (asked,) = [each for each in form if each.name == "objection"]
    assert (of, f"第{objected.number}号登记的异议，{received(objected.at)}收到") in asked.options


# The list of words


def test_what_comes_has_a_name_before_and_one_after() -> None:
    assert BEFORE.keys() == set(LapseKind)
    assert not [kind for kind in LapseKind if re.search("逾期|未报送|未答复|视为", BEFORE[kind])]


DAYS = re.compile(r"\{(?:day_of|last_day_until)\([^{}]*\)+\}")
"""A day as programs write it, within a text: people are told one by `naming` (2026年11月30日)."""


def test_no_sentence_of_the_law_tells_a_day_as_programs_write_it() -> None:
    said = [
        (path.name, line)
        for path in Path("regulation").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if DAYS.search(line) and re.search("[一-鿿]", line)
    ]
    assert said == []


def test_no_number_of_ours_is_left_in_an_article() -> None:
    for number in (*ARTICLES, "FA-01", "FB-19", "D3", "D5a", "L1"):
        assert quoted(cite(number)), number
        assert number not in quoted(cite(number)), number


def test_what_is_followed_by_analogy_says_so_everywhere() -> None:
    """Laws that do not bind a filing are followed, and quoted as that; what binds is quoted plainly (docs/decisions.md)."""
    followed = {number for number in ARTICLES if "参照" in quoted(cite(number))}
    assert {number for number in followed if not quoted(cite(number)).startswith("参照")} == set()
    assert {"G-01", "G-02", "G-03", "G-05b", "G-08", "G-14", "G-17", "G-18", "G-19", "G-24"} <= followed
    borrowed = ("行政许可法", "行政处罚法", "民法典", "民事诉讼法", "企业信息公示", "高新技术企业")
    assert not [number for number in set(ARTICLES) - followed if any(law in cite(number) for law in borrowed)]
    assert quoted(cite("G-04b")) == "《政府信息公开条例》第十五条、第二十条"
    assert quoted("《工作指引》第九条第2项（A-30）") == "《工作指引》第九条第2项", "what a docket holds"


def test_a_gap_is_filled_by_the_document_of_the_kind() -> None:
    assert [quoted(cite("G-13"), kind) for kind in Kind] == ["《工作指引》第十条", "《实施细则》第七条"]
    assert numbered(cite("D2"), Kind.B) == "《实施细则》第六条第1项（D2）"


DRIFTED = {
    "退回修改": "退回补正", "驳回申请": "不予确认", "审批中": "审核中", "公示期届满": "公示期满", "撤消": "撤销", "撤回备案": "撤销备案",
    "催促": "催办", "牵头企业": "盟主企业", "报备": "备案", "年报": "年度报送、年度总结和计划",
}  # fmt: skip
"""What things were also called, and what they are called by their one name (models/vocabulary.py, regulation/naming.py)."""

ROOT = Path(__file__).parent.parent
TEXTS = [
    path
    for folder, ending in (("gateway/pages", "html"), ("activities/publishing/pages", "html"), ("regulation/data", "txt"),
                           ("regulation/data", "toml"), ("regulation", "py"), ("gateway", "py"))
    for path in sorted((ROOT / folder).rglob(f"*.{ending}"))
]  # fmt: skip


@pytest.mark.parametrize("drifted", DRIFTED)
def test_nothing_is_called_by_another_name(drifted: str) -> None:
    apart = re.compile(f"(?<!{{year}})(?<!每){drifted}(?!送)")
    assert [str(path) for path in TEXTS if apart.search(path.read_text("utf-8"))] == [], DRIFTED[drifted]


# Days

A_DAY_IN_A_TEXT = re.compile(
    r"[\u4e00-\u9fff（][0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}）?[\u4e00-\u9fff]"
)
"""A day as programs write it, in a sentence."""


def test_no_refusal_of_the_law_writes_a_day_as_programs_do() -> None:
    """Days of a sentence are written as offices write them (regulation/naming.py)."""
    refused = {entry.refused for case in one_in(8, CASES) for entry in live(case).docket if entry.refused}
    assert len(refused) > so_many(20, 100)
    assert [text for text in refused if A_DAY_IN_A_TEXT.search(text)] == []
