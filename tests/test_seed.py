"""The invented alliances stand where they should, on whatever day somebody opens the desk for the first time."""

from datetime import date, datetime
from typing import Any

import pytest

from activities.columns import COLUMNS, overdue_of
from activities.register import Register
from examples.seed import ALLIANCES, past, written
from gateway.pages.web import _templates
from gateway.shown.progress import ways
from models.values import SHANGHAI
from models.vocabulary import LapseKind, Role, Stage
from regulation.simulation import simulate
from tests.databases import on_both

STAGES = {
    "LN-SHOW-01": Stage.SUBMITTED, "LN-SHOW-02": Stage.UNDER_REVIEW, "LN-SHOW-03": Stage.UNDER_REVIEW,
    "LN-SHOW-04": Stage.RETURNED, "LN-SHOW-05": Stage.ON_NOTICE, "LN-SHOW-06": Stage.AT_PROVINCE,
    "LN-SHOW-07": Stage.IN_FORCE, "LN-SHOW-10": Stage.IN_FORCE,
}  # fmt: skip
"""What does not depend on the time of the year."""


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [5, 22])
def test_on_any_day_every_past_is_lawful_and_ends_where_it_should(month: int, day: int) -> None:
    now = datetime(2026, month, day, 11, tzinfo=SHANGHAI)
    for alliance in ALLIANCES:
        lived = simulate(*past(alliance, now), now)
        assert lived.filing, lived.findings
        assert [entry.refused for entry in lived.docket if entry.refused] == []
        assert STAGES.get(alliance.id, lived.filing.stage) is lived.filing.stage


@on_both
def test_what_is_written_verifies_and_is_written_once(register: Register) -> None:
    now = datetime(2026, 11, 22, 11, tzinfo=SHANGHAI)
    for _ in range(2):
        for alliance in ALLIANCES:
            written(register, alliance, now)
    assert [register.verify(alliance.id) for alliance in ALLIANCES] == [[]] * len(ALLIANCES)
    rows = {row.filing_id: row for row in register.filings()}
    late = overdue_of(rows["LN-SHOW-06"], date(2026, 11, 22), Role.CITY_ST, "210100")
    filing = register.filing("LN-SHOW-06")
    assert filing
    way = ways(register.engine, {"LN-SHOW-06": filing}, now)["LN-SHOW-06"][0].current
    assert late
    assert way
    assert (late.duty.last, late.duty.lapse, way.late) == (way.last, LapseKind.ARCHIVING_OVERDUE, True)
    marks: Any = _templates().globals["marks"]
    head = marks["until"](rows["LN-SHOW-06"], date(2026, 11, 22), late)
    assert f"逾期{late.days}个工作日" in head
    assert "余" not in head
    assert COLUMNS["lapse"].of(rows["LN-SHOW-08"]) == "年度报送截止 2026年度"
    assert len({row.archive_number for row in register.filings() if row.archive_number}) == 4
