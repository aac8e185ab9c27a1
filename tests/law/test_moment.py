"""When an entry is written, by two clocks that do not quite agree (Instants 1)."""

from datetime import timedelta

from regulation.moment import MAX_AHEAD, Moment
from tests.law.cases import load
from tests.law.notation import moment

MIDNIGHT = moment("2026-12-19 00:00")
SECONDS = timedelta(seconds=4)


def test_nothing_is_written_before_the_instant_it_is_about() -> None:
    assert Moment(MIDNIGHT, MIDNIGHT - SECONDS).written_at == MIDNIGHT, "the door's clock is a little ahead"
    assert Moment(MIDNIGHT, MIDNIGHT + SECONDS).written_at == MIDNIGHT + SECONDS


def test_a_stamp_of_the_future_does_not_say_when_its_refusal_was_written() -> None:
    assert Moment(MIDNIGHT + 2 * MAX_AHEAD, MIDNIGHT).written_at == MIDNIGHT


def test_what_a_late_act_brings_about_is_written_when_the_act_arrives() -> None:
    (case,) = (case for case in load() if case.id == "revocation-late-report-was-in-time")
    entries = case.life.docket
    late = next(entry for entry in entries if entry.undoes)
    after = entries[late.number]
    assert late.entered_at == moment("2025-12-05 10:00") == after.entered_at > after.at == moment("2025-12-01 09:00")
