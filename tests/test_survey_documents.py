"""What was told in a survey, to take away: the questionnaire in print, a workbook, one long table, JSON."""

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import docx
import openpyxl

from activities.documents import survey_form, survey_tables
from activities.documents.survey_form import Filled
from activities.documents.survey_tables import Return, Survey
from activities.rounds.progress import Line
from models.acts import By
from models.rounds.base import Area
from models.rounds.round import Round
from models.rounds.surveys import SurveyState
from models.vocabulary import Role
from regulation.rounds.questionnaires import QUESTIONNAIRES

SHIPPED = QUESTIONNAIRES["LN-2026"]
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "examples" / "survey_b.json").read_text("utf-8"))[
    "figures"
]
AT = datetime(2027, 3, 10, 1, tzinfo=UTC)


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
    said = text_of(survey_form.form_of(SHIPPED, 2026, AT, filled))
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
