"""The breaker (撤销熔断): which revocations stop because too many would complete on one day, and which are coming."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.demo import OFFICES
from models.values import at_hour, day_of
from models.vocabulary import Kind, Stage
from regulation import agenda, breaker
from tests.law.notation import Plain
from tests.simulated import lived
from tests.simulated import told as told_life
from tests.story import application

CASES: list[dict[str, Any]] = yaml.load(Path(__file__).with_name("breaker.yaml").read_text("utf-8"), Plain)


def _all(told: list[tuple[str, str]], _: str | None) -> list[tuple[str, str]]:
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("kind", Kind)
def test_a_day_that_exceeds_a_bound_stops_what_would_complete_on_it(case: dict[str, Any], kind: Kind) -> None:
    completing = [(f"{city}-{n}", city) for city, number in case["given"].items() for n in range(number)]
    for told in (completing, completing[::-1], [*completing, *completing]):  # in any order, and twice or not
        found = breaker.exceeded(date.fromisoformat(case["day"]), kind, case["of"], partial(_all, told))
        assert (found.told if found else None) == case["then"]


def test_what_is_coming_is_known_from_the_first_miss_on_and_on_which_day() -> None:
    docket = lived("COMING").docket
    revoked = next(entry for entry in docket if entry.event.kind == "revoked")
    pending = [entry.filing for entry in docket if entry.filing.stage is Stage.REVOCATION_PENDING]
    for filing in pending:
        if (
            agenda.awaits_calendar(filing)
            or not filing.case
            or filing.case.defence == "open"
            or not filing.case.served_on
        ):
            continue
        told = breaker.coming(filing, revoked.at + timedelta(seconds=1))
        assert told is None or told.at <= revoked.at
    last = pending[-1]
    told = breaker.coming(last, revoked.at + timedelta(days=1))
    assert told
    assert (told.at, told.years) == (revoked.at, last.case.years if last.case else ())
    assert "年度连续未报送；告知书于" in told.why
    assert breaker.coming(last, revoked.at) is None, "until an instant is before it"
    on = day_of(revoked.at)
    assert [breaker.completes(last, day) for day in (on - timedelta(days=1), on, on + timedelta(days=1))] == [
        False,
        True,
        True,
    ], "what was due and did not complete counts for the day on which it would"
    held = last.but(case=last.case.but(held=True)) if last.case else last
    assert breaker.coming(held, at_hour(on + timedelta(days=30), 0)) is None, "what is held is not coming"
    assert breaker.coming(docket[0].filing, at_hour(on, 0)) is None


def test_who_missed_one_year_and_misses_the_next_is_told_before_the_case_opens() -> None:
    form = application(
        filing_id="ONCE", agreement_effective_on="2024-11-20", by=OFFICES["province"], received_at="2025-03-15T09:00:00+08:00",
        legacy={"archived_on": "2024-12-18", "archive_number": "000001", "document_no": "辽科函1号"},
    )  # fmt: skip
    filing = told_life(form, until=at_hour(date(2026, 11, 28), 0)).docket[-1].filing
    told = breaker.coming(filing, at_hour(date(2026, 12, 28), 0))
    assert told
    assert str(day_of(told.at)) == "2026-12-19"
    assert told.why == "2025年度未报送，2026年度尚未报送；届时启动撤销程序并送达告知书，期满撤销；此前补报即终止"
