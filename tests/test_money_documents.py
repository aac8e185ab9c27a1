"""Documents of the evaluation and of the subsidy: what is in them, and what is in none of them."""

import csv
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import docx
import openpyxl
import pytest

from activities import query_codes
from activities.documents import appraisals, subsidies
from activities.documents.sheet_reader import SheetRefused
from models.rounds.appraisals import Appraisals
from models.rounds.merit import Band, Base, Candidate, Scheme
from models.vocabulary import Severity
from regulation.reading import finding, read
from regulation.rounds.bands import SUBSIDIES
from regulation.rounds.merit import draw_up
from regulation.rounds.scoring import PERFORMANCE
from tests.law.test_subsidies import TABLE

AT = datetime(2027, 5, 6, 2, tzinfo=UTC)
TERMS, LAW = PERFORMANCE["LN-2023"], SUBSIDIES["LN-2023"]

ALLIANCES = [
    appraisals.Evaluated(
        f"LN-B-{number}", f"LN-CXY-B-210100-2026-{number:04}", f"沈阳市第{number}联盟", f"第{number}企业", {}
    )
    for number in (1, 2, 3)
]


def filled(*cells: tuple[int, str, Any]) -> bytes:
    """The template, with some cells filled in."""
    book = openpyxl.load_workbook(BytesIO(appraisals.template("评价表", ALLIANCES, TERMS, AT)))
    sheet = book.worksheets[0]
    titles = [str(cell.value) for cell in sheet[1]]
    for row, title, value in cells:
        sheet.cell(row, titles.index(title) + 1, value)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def whole(row: int, points: Any) -> list[tuple[int, str, Any]]:
    """A row with the same score in every dimension."""
    return [(row, title, points) for title in ("建设方向", "运行机制", "创新成效", "组织活动")] + [
        (row, "评价意见", "运行正常")
    ]


def test_a_sheet_goes_out_with_its_alliances_and_comes_back_with_scores() -> None:
    """A row that was left empty is left out; what was brought before is in the next template."""
    brought = appraisals.read(filled(*whole(2, 92.55), (2, "当年合作活动次数", 3), *whole(4, 60)))
    assert [row["filing"] for row in brought.rows] == ["LN-B-1", "LN-B-3"]
    first, second = Appraisals.model_validate({"rows": brought.rows}).rows
    assert (first.results, first.joint_activities, second.results) == (Decimal("92.55"), 3, Decimal(60))
    before = appraisals.Evaluated("LN-B-1", "", "", "", first.model_dump(mode="json"))
    sheet = openpyxl.load_workbook(BytesIO(appraisals.template("评价表", [before], TERMS, AT))).worksheets[0]
    assert [cell.value for cell in sheet[2]][4:] == [92.55, 92.55, 92.55, 92.55, 3, "运行正常"]


def test_every_fault_of_a_sheet_is_told_by_row_and_column() -> None:
    """As people see the sheet, not as a program counts."""
    cells = [*whole(3, 80), (3, "创新成效", 100.5), (4, "建设方向", "八十"), (4, "评价意见", "略")]
    brought = appraisals.read(filled(*cells))
    _, found = read(Appraisals, {"rows": list(brought.rows)}, {}, "/content")
    told = [brought.placed(each).message for each in found]
    assert [each.partition("：")[0] for each in told] == [
        "第3行G列“创新成效”", "第4行E列“建设方向”", "第4行F列“运行机制”", "第4行G列“创新成效”", "第4行H列“组织活动”",
    ]  # fmt: skip
    other = finding("B-20", "/content/rows/1/filing", Severity.ERROR, "不是受您所在机构委托评价的联盟")
    assert brought.placed(other).message.startswith("第4行A列“平台申请编号”：")
    assert brought.placed(finding("B-20", "/document_no", Severity.ERROR, "须填写")).message == "须填写"


def test_a_sheet_without_an_evaluation_is_refused() -> None:
    with pytest.raises(SheetRefused, match="没有填写"):
        appraisals.read(filled())


def candidate(number: int, grade: str, score: str, base: str) -> Candidate:
    """An alliance with its proven base."""
    noted = Base(filing=f"F{number}", year=2026, amount=Decimal(base), proof="D5b", document="d" * 64)
    return Candidate.model_validate({
        "filing": f"F{number}", "alliance": f"沈阳市第{number}产学研联盟", "leader": f"91210102MA10ABC{number:02}H",
        "leader_name": f"沈阳第{number}科技有限公司", "jurisdiction": "210100", "grade": grade, "score": score, "base": noted,
        "archive_number": f"LN-CXY-B-210100-2026-{number:04}", "archived_on": "2026-05-20",
    })  # fmt: skip


def listed(*, budget: str = "86.55", bands: tuple[Band, ...] = TABLE) -> subsidies.Listed:
    """Three that are paid, one beyond the money, one left out."""
    candidates = [
        candidate(1, "excellent", "92.5", "150.25"), candidate(2, "excellent", "88", "600"),
        candidate(3, "qualified", "75", "38.4"), candidate(4, "qualified", "71", "70"), candidate(5, "unqualified", "40", "70"),
    ]  # fmt: skip
    scheme = Scheme(
        performance=("performance-2027-LN-1",), budget=Decimal(budget), bands=bands, grades=LAW.grades, order=LAW.order
    )
    drawn = draw_up(candidates, scheme, LAW, 2027)
    return subsidies.Listed(2027, scheme, "辽科发〔2027〕9号", LAW, drawn, "e" * 64, AT, "辽科发〔2027〕12号")


def test_the_public_list_tells_grades_and_intervals_and_no_base_and_no_score() -> None:
    """Nor who was left out. What is public is enough to reckon each amount and the order of the money again (G-04b)."""
    document = docx.Document(BytesIO(subsidies.notice(listed())))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "拟对3家联盟的盟主企业给予后补助支持，合计86.00万元（年度资金总额86.55万元）" in text
    assert "在第4档，100.00（含）至200.00万元（不含），定额30.00万元" in cells
    for secret in ("150.25", "92.5", "38.4", "第4产学研", "第5产学研"):
        assert secret not in text + cells


def test_the_public_list_leads_to_its_page() -> None:
    online = "https://beian.example.gov.cn/outcomes"
    made = subsidies.notice(listed(), online)
    text = "\n".join(paragraph.text for paragraph in docx.Document(BytesIO(made)).paragraphs)
    assert f"公示名单和提出异议的办法，可在线查看：{online}，或者扫描下图。" in text
    packed = zipfile.ZipFile(BytesIO(made))
    [picture] = [name for name in packed.namelist() if name.startswith("word/media/")]
    assert packed.read(picture) == query_codes.drawn(online, "png")


def test_what_goes_to_whoever_pays_has_codes_as_text_and_adds_up() -> None:
    """The sheet, its control totals, and the text for another system say the same to the fen."""
    book = openpyxl.load_workbook(BytesIO(subsidies.payment_xlsx(listed())))
    rows = [[cell.value for cell in row] for row in book["资金下达明细表"].iter_rows(min_row=2)]
    assert [row[2] for row in rows[:-1]] == ["91210102MA10ABC01H", "91210102MA10ABC02H", "91210102MA10ABC03H"]
    assert [row[6:8] for row in rows] == [[30, 300000], [50, 500000], [6, 60000], [86, 860000]]
    control = {row[0].value: row[1].value for row in book["控制总额"].iter_rows(min_row=2)}
    assert (control["笔数"], control["合计（元）"], control["名单摘要（SHA-256）"]) == ("3", "860000.00", "e" * 64)
    lines = list(csv.reader(StringIO(subsidies.payment_csv(listed()).decode("utf-8-sig"))))
    assert [line[7] for line in lines[1:]] == ["300000.00", "500000.00", "60000.00", "860000.00"]
    assert lines[-1][:2] == ["合计", "3"]
    assert subsidies.payment_xlsx(listed()) == subsidies.payment_xlsx(listed())


def test_the_office_s_table_holds_everybody_with_the_reason() -> None:
    sheet = openpyxl.load_workbook(BytesIO(subsidies.table(listed()))).worksheets[0]
    told = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[0] for row in told] == [1, 2, 3, 4, None]
    assert "不足以在其后依次安排本名的15.00万元" in str(told[3][-1])
    assert "不予支持：评价等级不在方案支持之列" in str(told[4][-1])
