"""Pictures of the year: each table is drawn, always alike, and taken away with its figures; and the sheet of an inspection."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import docx
import pytest
from openpyxl import load_workbook
from sqlmodel import Session

from activities.documents import yearbook
from activities.documents.inspection import Inspected, record_sheet
from activities.pictures import charts, drawing
from activities.pictures.counting import CITY, KINDS, TABLES, Counting
from activities.pictures.datasets import Dataset, Field
from activities.register import Register
from models.register import RoundItemRow, RoundRow
from models.rounds.inspections import Assignment, CheckRecord
from regulation import offices
from regulation.rounds.subsidising import LISTED
from tests.databases import Databases
from tests.law.test_inspections import ALLIANCES, PEOPLE, told

AT = datetime(2027, 12, 1, tzinfo=UTC)
BY_CITY = Dataset(
    "alliances-by-city", "在册联盟：按属地", "说明", (*CITY, Field("alliances", "在册联盟", unit="个"), *KINDS),
    tuple((code, city, number, number, 0) for number, (code, city) in enumerate(offices.CITIES.items())), date(2027, 12, 1),
)  # fmt: skip


def test_every_table_is_drawn_and_every_jurisdiction_has_its_tile() -> None:
    assert charts.DRAWN.keys() == TABLES.keys()
    assert charts.TILES.keys() == offices.OFFICES.keys()
    assert len({*charts.TILES.values()}) == len(charts.TILES)


def test_the_same_figures_are_the_same_picture_with_its_numbers_in_words() -> None:
    drawn = drawing.svg(charts.DRAWN[BY_CITY.key](BY_CITY))
    assert drawn == drawing.svg(charts.DRAWN[BY_CITY.key](BY_CITY))
    assert all(f">{offices.short_name(code)}</text>" in drawn for code in offices.OFFICES)
    assert ">14</text>" in drawn
    assert "style=" not in drawn
    assert "http" not in drawn.replace("http://www.w3.org/", "")


def test_subsidies_are_counted_by_year_and_band_in_whole_yuan(sqlite: Databases) -> None:
    engine = Register.at(sqlite.migrated()).engine
    of, day = "subsidy-2027-LN-1", date(2027, 10, 1)
    with Session(engine) as session:
        session.add(
            RoundRow(
                round_id=of, number=1, head="0" * 64, kind="subsidy", year=2027, stage="closed", open=False, title="后补助",
                opens=day, closes=day, counts="{}", value="{}", followed=1, updated_at=AT,
            )
        )  # fmt: skip
        session.flush()
        for filing in ("LN-1", "LN-2"):
            figures = json.dumps({"band": 2, "amount": "12.35"})
            session.add(RoundItemRow(round_id=of, filing_id=filing, number=1, state=LISTED, figures=figures, at=AT))
        session.commit()
    assert Counting(engine, day).subsidies().rows == (("2027年第2档", 2, 247_000),)
    engine.dispose()


def test_a_table_that_begins_like_a_formula_is_none() -> None:
    odd = replace(BY_CITY, rows=(("=1+1", "=沈阳", 1, 1, 0),))
    assert odd.csv.splitlines()[1].startswith("'=1+1,'=沈阳")


def test_the_book_has_each_picture_with_its_table_and_the_workbook_a_sheet_for_each() -> None:
    found = docx.Document(BytesIO(yearbook.book("图册", "省科技厅", [BY_CITY], AT)))
    assert len(found.inline_shapes) == 1
    assert [cell.text for cell in found.tables[0].rows[1].cells] == ["沈阳市", "0", "0", "0"]
    book = load_workbook(BytesIO(yearbook.workbook("数据", [BY_CITY], AT)))
    assert book.sheetnames == ["在册联盟 按属地"]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_sheet_is_blank_at_first_and_then_as_it_was_recorded(recorded: bool) -> None:
    story = told("drawn")
    assert story.life.round
    record = CheckRecord.model_validate(story.record("agreement")) if recorded else None
    task = Assignment.model_validate({"planned_on": "2027-05-20", "inspectors": PEOPLE})
    content = record_sheet(Inspected(story.life.round, ALLIANCES["LN-1"], task, record), AT)
    found = docx.Document(BytesIO(content))
    text = "\n".join(cell.text for table in found.tables for row in table.rows for cell in row.cells)
    assert ("☑不符合" in text) is recorded
    assert text.count("☐符合　☐不符合") == (0 if recorded else 9)
    assert "张衡（省科技厅）\n王充（省工信厅）" in text
    assert ("2027年6月30日" in text) is recorded
