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
from activities.documents.survey_tables import Return
from models.vocabulary import Kind, Stage
from regulation.rounds.figures import figures_in
from regulation.rounds.known import Alliance
from regulation.rounds.questionnaires import QUESTIONNAIRES

SHIPPED = QUESTIONNAIRES["LN-2026"]
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "examples" / "survey_b.json").read_text("utf-8"))[
    "figures"
]
AT = datetime(2027, 3, 10, 1, tzinfo=UTC)


def returned(number: int, city: str = "210100", **changed: Any) -> Return:
    """The return of one of many alliances."""
    alliance = Alliance(
        id=f"LN-{number}", kind=Kind.B, stage=Stage.IN_FORCE, jurisdiction=city, zone=None, leader="91210102MA10ABCD6H",
        name=f"=示例联盟{number}", leader_name="示例企业", technical_field="新材料", archive_number=None, archived_on=date(2024, 5, 1),
        number=9,
    )  # fmt: skip
    figures = EXAMPLE | changed
    return Return(alliance, AT, figures, figures_in(SHIPPED, figures))


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
    returns = [returned(1), returned(2, "210200", remarks={"moved": "=SUM(A1)"})]
    book = openpyxl.load_workbook(BytesIO(survey_tables.as_workbook(SHIPPED, "调查", returns, AT)))
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
    written = "".join(survey_tables.as_csv(SHIPPED, [returned(1)]))
    lines = list(csv.DictReader(StringIO(written.removeprefix("\ufeff"))))
    told = {(line["代码"], line["单位代码"], line["序号"]): line["数值"] for line in lines}
    assert told["111", "", ""] == "-60.00"
    assert told["202", "12210000MA10ABCD6L", "2"] == "260.00"
    assert told["112", "", ""] == "是"
    assert {line["联盟名称"] for line in lines} == {"'=示例联盟1"}
    assert survey_tables.as_json(SHIPPED, 2026, [returned(1)])["returns"][0]["figures"] == EXAMPLE
