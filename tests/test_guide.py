"""办事指南: what an enterprise is told before it applies, made of the terms in force, and of what the deployment knows of its offices."""

from collections.abc import AsyncIterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from models.settings import Settings
from models.vocabulary import Kind
from regulation import guide, progress
from regulation.offices import Contact
from tests.databases import Databases
from tests.in_force import also_in_force, asked_by, editions_of_ones_own
from tests.leading import Page
from tests.served import Clock
from tests.story import instant
from tests.visiting import House, visiting

DAY = date(2026, 3, 16)


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2026, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant(str(DAY)))) as opened:
        yield opened


def words(told: guide.Guide) -> str:
    """Everything that it says with a number."""
    return "\n".join(str(each) for each in (*told.limits, *told.steps, *told.duties, *told.questions))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("review.acceptance_working_days", 7, "7个工作日"),
        ("review.city_working_days", 33, "33个工作日"),
        ("notice.length", 9, "9个工作日"),
        ("archive.working_days", 77, "77个工作日"),
        ("annual.deadline", "10-31", "10月31日"),
        ("correction.applicant_days", 44, "44日"),
        ("extension.max_days", 55, "55日"),
        ("change.report_days", 66, "66日"),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_a_number_that_changes_in_the_terms_changes_in_the_guide(
    kind: Kind, key: str, value: object, says: str
) -> None:
    with editions_of_ones_own():
        assert says not in words(guide.guide(kind, DAY))
        with also_in_force(DAY, {"key": key, "kind": kind.value, "value": value, "article": "G-05"}):
            assert says in words(guide.guide(kind, DAY))


def test_what_a_city_has_otherwise_is_told_with_its_name() -> None:
    row = {"key": "review.city_working_days", "jurisdiction": "210200", "value": 10, "article": "G-05"}
    with editions_of_ones_own(), also_in_force(DAY, row):
        (iit,) = [each for each in guide.guide(Kind.A, DAY).limits if each.what.startswith("工信")]
        assert iit.elsewhere == (("沈抚改革创新示范区", "不另出具"),)
        (review,) = [each for each in guide.guide(Kind.A, DAY).limits if each.what == "审核"]
        assert (review.length, review.elsewhere) == ("20个工作日", (("大连市", "10个工作日"),))


@pytest.mark.parametrize("kind", Kind)
def test_its_steps_are_those_of_the_tracker_and_its_articles_have_no_codes(kind: Kind) -> None:
    told = guide.guide(kind, DAY)
    assert [title for title, *_ in told.steps] == [title for _, title in progress.WAYS[kind]]
    articles = [each.article for each in (*told.conditions, *told.duties)] + [each.article for each in told.limits]
    assert all(articles)
    assert not [each for each in articles if "（" in each]


@pytest.mark.parametrize("kind", Kind)
def test_it_tells_what_nobody_hopes_for(kind: Kind) -> None:
    """The lawful extension of a review, what follows an unanswered return, and by what rule a change is reported."""
    told = guide.guide(kind, DAY)
    (longer,) = [each for each in told.limits if each.what.startswith("延长审核")]
    assert (longer.length, longer.who) == ("10个工作日", "审核机构")
    assert "逾期未答复的，经两人决定可以不予计入，该年度计为未报送" in words(told)
    (change,) = [each for each in told.duties if "变更" in each.text]
    assert change.article == "参照《高新技术企业认定管理办法》第十七条"


def test_each_kind_is_told_its_own_documents_in_their_own_words() -> None:
    a, b = guide.guide(Kind.A, DAY), guide.guide(Kind.B, DAY)
    assert (a.document_no, b.document_no) == ("辽科发〔2021〕19号", "辽宁省科学技术厅通知（2023年3月31日）")
    assert (a.duties[-1].text, b.duties[-1].text) == (
        "配合年度创新资源统计调查和评估评价", "配合年度创新资源统计调查和考核评价",
    )  # fmt: skip
    (leader,) = [each for each in b.conditions if "瞪羚企业" in each.text]
    assert leader.article == "《实施细则》第二条"
    (opens,) = [each for each in b.duties if "10月1日" in each.text]
    assert opens.article == "《实施细则》第七条"
    own = {each.article for each in b.limits} | {each.article for each in b.conditions}
    assert not {each for each in own if each.startswith("《工作指引》")}


def test_numbers_of_the_other_kind_are_no_document_of_ones_own() -> None:
    row = {"key": "archive.working_days", "kind": "B", "value": 30, "article": "G-06"}
    with editions_of_ones_own(), also_in_force(DAY, row):
        assert guide.guide(Kind.A, DAY).document_no == "辽科发〔2021〕19号"
        assert guide.guide(Kind.B, DAY).document_no == "测试"


async def test_the_guide_of_kind_b_says_whether_there_is_a_call(house: House) -> None:
    clock = house.tools.clock
    assert isinstance(clock, Clock)
    async with house.browser() as browser:
        with editions_of_ones_own():
            assert Page.of((await browser.get("/guide/b")).text).says("申报通知尚未发布")
            window = {"opens": "2026-04-03", "closes": "2026-04-25"}
            row = {"key": "intake.window", "kind": "B", "year": 2026, "value": window, "article": "B-02"}
            for day, says in (
                ("2026-03-17", "2026年4月3日起申报"),
                ("2026-04-04", "现在可以申报"),
                ("2026-05-01", "已于2026年4月25日截止"),
            ):
                clock.set(day)
                with also_in_force(DAY, row):
                    assert Page.of((await browser.get("/guide/b")).text).says(says), day


async def test_the_guide_tells_whom_to_ask_and_what_cities_ask_besides(house: House) -> None:
    rule = {
        "document_no": "沈科发〔2026〕1号", "opens": "2026-01-01", "closes": "2027-12-31",
        "documents": [{"name": "产业链说明"}], "criteria": [], "dates": [],
    }  # fmt: skip
    house.tools.contacts["210100"] = Contact(telephone="024-22720000")  # type: ignore[index]
    async with house.browser() as browser:
        with editions_of_ones_own(), also_in_force(DAY, asked_by("210100", "A", rule)):
            page = Page.of((await browser.get("/guide/a")).text)
            assert page.says("沈阳市科技局沈阳市电话：024-22720000") or page.says("024-22720000")
            assert page.says("产业链说明")
            assert page.says("随时可以申请")
            assert len(page.text) < 100_000
        about = Page.of((await browser.get("/about")).text)
        assert about.says("沈阳市科技局024-22720000") or about.says("024-22720000")
        assert not about.says("大连市科技局"), "what nobody said of an office is not told"
        assert {"/guide/a", "/guide/b"} <= set(Page.of((await browser.get("/guide")).text).links)
        assert [(await browser.get(each)).status_code for each in ("/guide/c", "/guide/c/form.docx")] == [404, 404]
        form = Document(BytesIO((await browser.get("/guide/b/form.docx")).content))
        assert "技术能力提升类" in "".join(each.text for each in form.paragraphs)
        assert "【未填】" not in "".join(cell.text for table in form.tables for row in table.rows for cell in row.cells)
