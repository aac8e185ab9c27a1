"""What if (推演): a life goes on by what is expected, and two futures differ by what was asked about, and by nothing else."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import pytest

from models.filing import Entry
from models.values import at_hour, day_of
from models.vocabulary import Kind, Stage
from models.whatif import Assumption, Conduct, Habits, Published
from regulation import expectations, terms, whatif
from regulation.expectations import Expectations
from regulation.terms import TERMS
from tests.law.cases import load, sample
from tests.population import LIVES, NOW, life
from tests.story import instant

SINCE = instant(NOW)
UNTIL = at_hour(date(2026, 5, 10), 0)

UNMEASURED = Habits()

EVERY = 11
"""Of so many cases one is lived on."""


@pytest.fixture
def supposing() -> Iterator[None]:
    """Editions that a test supposes are gone after it."""
    load()
    editions, documents = TERMS._editions, TERMS._documents
    yield
    TERMS._editions, TERMS._documents = editions, documents
    terms.find.cache_clear()


def future(
    leaders: Conduct = Conduct.AS_BEFORE,
    offices: Conduct = Conduct.AS_BEFORE,
    *,
    habits: Habits = UNMEASURED,
    published: Sequence[Published] = (),
    since: datetime = SINCE,
    until: datetime = UNTIL,
    **assumed: object,
) -> whatif.Future:
    """A future by an assumption."""
    assumption = Assumption.model_validate({"leaders": leaders, "offices": offices, **assumed})
    return whatif.Future(until, Expectations(assumption, habits, since), tuple(published))


def last_of(filing_id: str) -> Entry:
    """The last entry of one of the dozen alliances of the spring of 2023."""
    return next(life(*each).docket[-1] for each in LIVES if each[0] == filing_id)


def suppose(*rows: tuple[str, object], on: str = "2023-06-01") -> Published:
    """Terms with some numbers otherwise, told on their day."""
    name, article = "SUPPOSED", {key: row.article for key, row in _rows().items()}
    written = [{"key": key, "value": value, "article": article[key]} for key, value in rows]
    # a row for all stands behind one for a kind
    written += [{**row, "kind": kind} for row in written for kind in Kind if (row["key"], kind.value) in _by_kind()]
    TERMS.add({"edition": name, "base": "LN-2023", "effective": on, "document_no": "推演", "rows": written})
    return Published(subject="terms", name=name, at=at_hour(date.fromisoformat(on), 0))


def _rows() -> dict[str, terms.TermsRow]:
    return {
        key: terms.TermsRow(key=key, value=value, article=article)
        for (key, *_), (value, article) in TERMS["LN-2023"].rows.items()
    }


def _by_kind() -> set[tuple[str, str | None]]:
    return {(key, kind) for key, kind, *_ in TERMS["LN-2023"].rows}


def times(lived: whatif.Lived, kind: str) -> list[str]:
    """The days on which something comes."""
    return [str(day_of(each.at)) for each in lived.events if each.name[0] == kind]


@pytest.mark.parametrize("conduct", Conduct)
@pytest.mark.usefixtures("supposing")
def test_the_numbers_that_are_in_force_make_no_difference(conduct: Conduct) -> None:
    lived = [(case, case.life.docket[-1]) for case in sample(EVERY)]  # before there is anything newer to apply by
    for name in list(TERMS):
        same = {"edition": f"SAME-{name}", "base": name, "effective": str(TERMS[name].since)}
        TERMS.add(same | {"document_no": "同", "rows": []})
    for case, last in lived:
        since = max(case.until, last.entered_at)
        told = Published(subject="terms", name=f"SAME-{last.filing.terms}", at=since)
        until = since.replace(year=since.year + 2, day=min(since.day, 28))
        was = future(conduct, conduct, since=since, until=until).lived(last)
        is_now = future(conduct, conduct, since=since, until=until, published=[told]).lived(last)
        assert whatif.differences(was, is_now) == (), case.id
        assert was.hands == is_now.hands


@pytest.mark.parametrize("conduct", [Conduct.AS_BEFORE, Conduct.IN_TIME])
def test_what_is_expected_is_what_the_table_lets_happen(conduct: Conduct) -> None:
    """The usual course meets no refusal, wherever a life stands."""
    for case in sample(EVERY):
        for last in case.life.docket[::4]:
            since = last.entered_at
            lived = future(conduct, conduct, since=since, until=since.replace(year=since.year + 1, day=28)).lived(last)
            assert lived.refused == 0, (case.id, last.number)


def test_an_application_takes_its_usual_course_to_the_register() -> None:
    lived = future().lived(last_of("SY-NEW"))
    kinds = [each.name[0] for each in lived.events]
    assert kinds[:3] == ["accept", "give_iit_opinion", "confirm"]
    assert lived.filing.stage is Stage.IN_FORCE
    assert times(lived, "archive") == ["2023-06-06"]
    assert lived.refused == 0


def test_where_nobody_acts_two_years_are_missed_and_the_filing_is_revoked() -> None:
    lived = future(Conduct.NOBODY, Conduct.NOBODY).lived(last_of("SY-FORCE"))
    assert times(lived, "year_missed") == ["2023-12-01", "2024-12-01"]
    assert times(lived, "revocation_opened") == ["2024-12-01"]
    assert times(lived, "revoked") == ["2024-12-19"]
    assert lived.filing.stage is Stage.REVOKED


@pytest.mark.usefixtures("supposing")
def test_a_later_deadline_holds_for_the_years_that_begin_under_it() -> None:
    """2023 was open when the number came; its deadline stays (G-44)."""
    told = suppose(("annual.deadline", "12-20"))
    last = last_of("SY-FORCE")
    was, is_now = future(Conduct.NOBODY).lived(last), future(Conduct.NOBODY, published=[told]).lived(last)
    assert times(was, "year_missed") == ["2023-12-01", "2024-12-01"]
    assert times(is_now, "year_missed") == ["2023-12-01", "2024-12-21"]
    moved = {each.what.name: (each.was, each.is_now) for each in whatif.differences(was, is_now)}
    assert moved["year_missed", None, 2024, None, None] == (
        at_hour(date(2024, 12, 1), 0),
        at_hour(date(2024, 12, 21), 0),
    )
    assert moved["reminder", "annual", 2024, -60, None] == (
        at_hour(date(2024, 10, 1), 9),
        at_hour(date(2024, 10, 21), 9),
    )


@pytest.mark.usefixtures("supposing")
def test_a_longer_window_moves_the_revocation_and_an_office_has_it_no_longer_in_hand() -> None:
    told = suppose(("revocation.statement_working_days", 20))
    last = last_of("SY-FORCE")
    was, is_now = (future(Conduct.NOBODY, published=each).lived(last) for each in ((), (told,)))
    changes = {each.what.kind: (each.was, each.is_now) for each in whatif.differences(was, is_now)}
    assert changes["revoked"] == (at_hour(date(2024, 12, 19), 0), at_hour(date(2025, 1, 3), 0))
    assert "year_missed" not in changes


@pytest.mark.usefixtures("supposing")
def test_an_application_is_told_new_terms_when_it_is_archived() -> None:
    told = suppose(("annual.deadline", "12-20"))
    lived = future(published=[told]).lived(last_of("SY-NEW"))
    assert lived.filing.terms == "SUPPOSED"
    assert times(lived, "year_closed")[0] == "2023-12-01", "its first year began with the archive"
    assert times(lived, "year_closed")[1] == "2024-12-21"


def test_an_office_that_is_slower_is_chased_and_archives_later() -> None:
    last = last_of("SY-LATE")
    usual, slow = future().lived(last), future(delays={"210000": 30}).lived(last)
    assert times(usual, "archiving_overdue") == []
    assert len(times(slow, "archiving_overdue")) == 2
    assert times(slow, "archive") > times(usual, "archive")
    held = [each for each in slow.hands if each.office == "210000"]
    assert sum((each.until - each.since).days for each in held) > 40


def test_habits_are_those_of_the_office_and_drawn_from_the_filing() -> None:
    habits = Habits(reports={"210100 A": (-20,), " A": (5,)}, steps={"archive": {"": (7,)}})
    shenyang, dalian = (future(habits=habits).lived(last_of(each)) for each in ("SY-FORCE", "DL-NOTICE"))
    assert times(shenyang, "file_annual_report")[0] == "2023-11-10"
    assert times(dalian, "file_annual_report")[0] == "2023-12-05", "after the deadline, as everybody"
    assert times(dalian, "year_missed")[0] == "2023-12-01"
    never = future(habits=Habits(reports={" A": (None,)})).lived(last_of("SY-FORCE"))
    assert times(never, "file_annual_report") == []


def test_so_many_of_a_hundred_act_always_the_same() -> None:
    acting = [n for n in range(1000) if expectations.chance(f"F-{n} acts") * 100 < 30]
    assert 250 < len(acting) < 350
    assert acting == [n for n in range(1000) if expectations.chance(f"F-{n} acts") * 100 < 30]
    assert times(future(share=0).lived(last_of("SY-FORCE")), "file_annual_report") == []


def test_too_many_revocations_on_one_day_stop_and_wait_for_people() -> None:
    lived = future(Conduct.NOBODY).lived(last_of("SY-FORCE"))
    stop = whatif.revoked_on(lived)
    assert stop == (date(2024, 12, 19), Kind.A, "210100")
    few = whatif.stopping({f"F-{n}": stop for n in range(5)}, lambda _: "LN-2023")
    many = whatif.stopping({f"F-{n}": stop for n in range(6)}, lambda _: "LN-2023")
    assert few == {}
    assert list(many) == [stop]
    without = future(Conduct.NOBODY)
    held = whatif.Future(without.until, without.expectations, stops=many).lived(last_of("SY-FORCE"))
    assert held.filing.on_hold
    assert times(held, "hold") == ["2024-12-19"]
    assert times(held, "revoked") == []


def test_sums_tell_the_fullest_day_of_an_office() -> None:
    sums = whatif.Sums()
    for filing_id in ("SY-NEW", "SY-NEXT", "SY-LATE"):
        sums.add(future(Conduct.NOBODY, Conduct.NOBODY).lived(last_of(filing_id)))
    assert sums.fullest("210100") == (3, date(2023, 5, 9))
    assert whatif.peak({date(2023, 1, 2): 4, date(2023, 1, 1): 4, date(2023, 1, 3): 1}) == (date(2023, 1, 1), 4)


def test_supposed_calendars_reach_to_the_end() -> None:
    made = list(whatif.supposed_calendars("2026", 2026, date(2028, 6, 1), "推定"))
    assert [(each["edition"], each["base"]) for each in made] == [
        ("推定2027", "2026"),
        ("推定2028", "推定2027"),
        ("推定2029", "推定2028"),
    ]
    assert "2027-01-01" in made[0]["years"]["2027"]["days_off"]
