"""What was told in a survey, to take away: the questionnaire in print, a workbook, one long table, JSON."""

import csv
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from activities import query_codes
from activities.documents import survey_form, survey_sheet, survey_tables
from activities.documents.sheet_reader import SheetRefused
from activities.documents.survey_form import Filled
from activities.documents.survey_sheet import Taken
from activities.documents.survey_tables import Return, Survey
from activities.rounds.progress import Line
from gateway.asked.surveys import Uploaded
from models.acts import By
from models.rounds.base import Area
from models.rounds.round import Round
from models.rounds.surveys import SurveyState
from models.vocabulary import Kind, Role
from regulation.rounds import returns
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.returns import Subject

SHIPPED = QUESTIONNAIRES["LN-2026"]
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "examples" / "survey_b.json").read_text("utf-8"))[
    "figures"
]
AT = datetime(2027, 3, 10, 1, tzinfo=UTC)

SOME = SHIPPED.but(
    tables=tuple(each for each in SHIPPED.tables if each.key in ("leader", "members", "project_list", "remarks")),
    checks=(),
)
"""A questionnaire that is sooner read: figures told once, members, a list, texts."""

FIGURES = {table.key: EXAMPLE[table.key] for table in SOME.tables}


def survey(*returns: Return) -> Survey:
    """A survey with these returns."""
    by = By(person="p-401", office="210000", role=Role.PROVINCE_ST)
    round_ = Round(
        id="survey-2027-LN-1", year=2027, area=Area(), title="2026年度创新资源统计调查", opened_by=by, opened_at=AT,
        opens=date(2027, 3, 1), closes=date(2027, 3, 31), of=SurveyState(year=2026, edition="LN-2026"),
    )  # fmt: skip
    return Survey(round_, SHIPPED, returns)


def returned(number: int, city: str = "沈阳市", **changed: Any) -> Return:
    """The return of one of many alliances."""
    facts = {"leader": "91210102MA10ABCD6H", "groups": {"city": city, "kind": "B类", "field": "新材料"}}
    line = Line(
        filing_id=f"LN-{number}", archive_number=None, alliance_name=f"=示例联盟{number}", leader_name="示例企业",
        leader="91210102MA10ABCD6H", jurisdiction="210100", zone=None, kind="B", technical_field="新材料", state="answered",
        number=3, at=AT, paper=None, figures=facts,
    )  # fmt: skip
    return Return(line, EXAMPLE | changed)


def text_of(content: bytes) -> str:
    """Everything that a document says."""
    document = docx.Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_the_questionnaire_is_printed_empty_with_what_each_indicator_means() -> None:
    said = text_of(survey_form.form_of(SHIPPED, 2026, AT))
    assert "制定机关：辽宁省科学技术厅" in said
    assert "（2026年）" in said
    for table in SHIPPED.tables:
        assert table.title in said
        assert all(each.code in said and each.label in said for each in table.indicators)
    assert "402 当年获得II类知识产权：实用新型专利" in said


def test_the_questionnaire_is_printed_as_it_was_filled_in() -> None:
    filled = Filled([("回执编号", "survey-2027-LN-1-12")], EXAMPLE, {"leader.staff": Decimal(86)})
    said = text_of(survey_form.form_of(SOME, 2026, AT, filled))
    for words in (
        "survey-2027-LN-1-12",
        "92",
        "86",
        "-60.00",
        "是",
        "辽宁示例工业大学\n12210000MA10ABCD6L\n高校",
        "揭榜挂帅",
    ):
        assert words in said


@pytest.mark.parametrize(("filled", "words"), [(None, "在线填报"), (Filled(), "在线查看")])
def test_the_questionnaire_leads_to_its_page(filled: Filled | None, words: str) -> None:
    online = "https://beian.example.gov.cn/my/surveys/survey-2027-LN/LN-1"
    made = survey_form.form_of(SOME, 2026, AT, filled, online)
    assert f"{words}：{online}，或者扫描下图。" in text_of(made)
    (picture,) = [each for each in zipfile.ZipFile(BytesIO(made)).namelist() if each.startswith("word/media/")]
    assert zipfile.ZipFile(BytesIO(made)).read(picture) == query_codes.drawn(online, "png")


def test_a_workbook_has_the_sums_and_a_sheet_for_each_table() -> None:
    told = survey(returned(1), returned(2, "大连市", remarks={"moved": "=SUM(A1)"}))
    book = openpyxl.load_workbook(BytesIO(survey_tables.as_workbook(told)))
    assert book.sheetnames[:5] == ["1_汇总", "2_按所在市汇总", "3_按类别汇总", "4_按技术领域汇总", "5_各联盟填报数"]
    sums = {row[0]: row for row in book["1_汇总"].iter_rows(min_row=2, values_only=True)}
    assert sums["104"] == ("104", "研究开发费用", "万元", 2, 1020)
    by_city = list(book["2_按所在市汇总"].iter_rows(values_only=True))
    assert by_city[0][3:] == ("大连市", "沈阳市", "合计")
    lines = list(book["5_各联盟填报数"].iter_rows(values_only=True))
    column = {title: at for at, title in enumerate(lines[0])}
    assert lines[1][column["104 研究开发费用（万元）"]] == 510
    assert lines[1][column["联盟名称"]] == "'=示例联盟1"
    assert lines[2][column["1101 与上年相差较大的指标及其原因"]] == "'=SUM(A1)"
    members = list(book["6_二、成员单位情况"].iter_rows(values_only=True))
    assert len(members) == 1 + 2 * 3
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_one_long_table_has_a_line_for_each_thing_told() -> None:
    written = "".join(survey_tables.as_csv(survey(returned(1))))
    lines = list(csv.DictReader(StringIO(written.removeprefix("\ufeff"))))
    told = {(line["代码"], line["单位代码"], line["序号"]): line["数值"] for line in lines}
    assert told["111", "", ""] == "-60.00"
    assert told["202", "12210000MA10ABCD6L", "2"] == "260.00"
    assert told["112", "", ""] == "是"
    assert {line["联盟名称"] for line in lines} == {"'=示例联盟1"}
    assert survey_tables.as_json(survey(returned(1)))["returns"][0]["figures"] == EXAMPLE


TAKEN = Taken("LN-1", "沈阳示例联盟", 2026, SOME)


def filled_in(figures: dict[str, Any], *cells: tuple[str, int, str, Any]) -> bytes:
    """The workbook of a return with these figures, in which somebody wrote into some cells: by sheet, row and title."""
    book = openpyxl.load_workbook(BytesIO(survey_sheet.workbook(TAKEN, figures, {"leader.staff": Decimal(86)}, AT)))
    for name, row, title, value in cells:
        (sheet,) = (each for each in book if each.title.endswith(name))
        sheet.cell(row, [str(cell.value) for cell in sheet[1]].index(title) + 1, value)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def test_what_a_workbook_was_given_comes_back_the_same() -> None:
    """Every sort of indicator: counts, amounts, yes or no, choices, days, texts that begin as a formula does, rows of members."""
    figures = FIGURES | {"remarks": {"moved": "=无变化"}}
    content = filled_in(figures)
    once = openpyxl.load_workbook(BytesIO(content))["2_填报数"]
    assert [cell.value for cell in once[2]][:6] == ["一、盟主企业情况", "101", "从业人员期末人数", "人", 92, 86]
    assert [cell.protection.locked for cell in once[2]] == [True, True, True, True, False, True, True]
    brought = Uploaded(SOME, survey_sheet.read(content, TAKEN)).raw["figures"]
    amounts = json.loads(json.dumps(figures), parse_float=str)
    assert returns.examine(SOME, brought, Subject(Kind.B)).figures == (
        returns.examine(SOME, amounts, Subject(Kind.B)).figures
    )


def test_whatever_is_found_on_a_workbook_is_told_by_sheet_row_and_column() -> None:
    rows = len(FIGURES["members"])
    content = filled_in(
        FIGURES,
        ("填报数", 2, "本年", "九十二"),
        ("二、成员单位情况", 3, "202 研究开发费用（万元）", "约十万"),
        ("二、成员单位情况", rows + 3, "单位名称", "示例学堂"),
        ("二、成员单位情况", rows + 3, "单位类型", "学堂"),
        ("五（续）、项目清单", 2, "516 计划完成日期", "2027/5/1"),
    )
    uploaded = Uploaded(SOME, survey_sheet.read(content, TAKEN))
    assert uploaded.raw["figures"]["project_list"][-1]["ends"] == "2027-05-01"
    found = uploaded.placed(returns.examine(SOME, uploaded.raw["figures"], Subject(Kind.B)).findings)
    told = {each.message.partition("：")[0] for each in found}
    assert {
        "“2_填报数”表第2行E列“本年”",
        "“3_二、成员单位情况”表第3行E列“202 研究开发费用（万元）”",
        f"“3_二、成员单位情况”表第{rows + 3}行C列“单位类型”",
        f"“3_二、成员单位情况”表第{rows + 3}行B列“统一社会信用代码”",
    } <= told
    said = "".join(each.message for each in found)
    assert "“202 研究开发费用（万元）”：只填数字" in said
    assert "高校" in said
    assert "university" not in said, "in the words of the sheet"


def test_a_workbook_of_another_alliance_or_without_its_lines_is_refused() -> None:
    other = Taken("LN-2", "大连示例联盟", 2026, SOME)
    with pytest.raises(SheetRefused, match="平台申请编号须为“LN-2”，文件中为“LN-1”"):
        survey_sheet.read(filled_in({}), other)
    with pytest.raises(SheetRefused, match="缺少代码101的一行"):
        survey_sheet.read(filled_in({}, ("填报数", 2, "代码", "")), TAKEN)
    with pytest.raises(SheetRefused, match="表中代码101（第2行、第3行）重复，每个代码只能有一行"):
        survey_sheet.read(filled_in({}, ("填报数", 3, "代码", "101")), TAKEN)
    with pytest.raises(SheetRefused, match="没有找到表头"):
        survey_sheet.read(filled_in({}, ("二、成员单位情况", 1, "单位名称", "名称")), TAKEN)
