"""The board of a year (A-34, B-19): what it counts is what the register holds, to the last alliance."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest
from alembic import command
from sqlalchemy import select

from activities.lists import OfYear
from activities.migrating import config, migrate
from activities.register import Register
from activities.year_board import REPORTS, Cell, YearBoard
from examples.demo import OFFICES
from models.filing import Filing
from models.values import SHANGHAI
from models.vocabulary import Kind, ReportState, Stage, YearStatus
from regulation import offices
from regulation.reporting import SHOWN, year_on
from tests.databases import Databases, on_both, on_both_by_the_owner
from tests.simulated import Papered, Step, holding, told, written
from tests.story import application, report

UNTIL = datetime(2028, 12, 10, 9, tzinfo=SHANGHAI)
"""When everybody looks at it: kind A's year 2028 is over, kind B's is not."""

EVERYBODY = offices.Scope()
LIVES = 14

Fate = tuple[Step, ...]


def filed(year: int, on: str) -> Step:
    """The leader reports a year."""
    return "leader", "file_annual_report", on, {"year": year, "content": report(year)}


def excused(year: int) -> Fate:
    """Two people of the province excuse it."""
    why = {"year": year, "reason": "停产", "document_no": "免报1号"}
    return ("province", "excuse_year", f"{year}-11-02T10:00", why), (
        "province2",
        "excuse_year",
        f"{year}-11-03T10:00",
        why,
    )


def extended(year: int) -> Fate:
    """The leader asks for more time and gets it, until after the statutory day."""
    asked = {"year": year, "reason": "停产"}
    granted = {"year": year, "outcome": "granted", "until": f"{year + 1}-01-20"}
    return ("leader", "request_extension", f"{year}-11-20T10:00", asked), (
        "city",
        "rule_on_extension",
        f"{year}-11-24T10:00",
        granted,
    )


def fates(year: int) -> dict[str, Fate]:
    """What may become of a year."""
    return {
        "filed": (filed(year, f"{year}-11-10T10:00"),),
        "late": (filed(year, f"{year + 1}-05-10T10:00"),),
        "never": (),
        "excused": excused(year),
        "extended": extended(year),
        "extended and filed": (*extended(year), filed(year, f"{year + 1}-01-10T10:00")),
    }


MOVED: Fate = (
    ("city", "transfer", "2027-06-01T10:00", {"to": "210200"}),
    (
        "city",
        "transfer",
        "2027-06-02T10:00",
        {"to": "210200", "by": {"person": "d-111", "office": "210200", "role": "city_st"}},
    ),
)
LEFT: Fate = (("leader", "deregister", "2027-08-01T10:00", {"reason": "协议到期"}),)
REVOKED: Fate = (
    ("city", "propose_revocation", "2027-05-11T09:00", {"ground": "2", "reason": "材料不实"}),
    ("city", "record_service", "2027-05-13T09:00", {"served_on": "2027-05-12", "method": "post"}),
    ("city2", "approve_revocation", "2027-06-28T09:00", {"document_no": "沈科决1号"}),
)
RESTORED: Fate = (*REVOKED, ("city", "restore", "2027-09-01T09:00", {"document_no": "沈科复1号"}))


def lives() -> Iterator[Papered]:
    """Alliances of both kinds that were archived before this system, each with a random life of three years; what the law
    does not take is refused."""
    chance = random.Random(11)
    for number in range(LIVES):
        kind, zone = chance.choice([(Kind.A, None), (Kind.A, None), (Kind.B, None), (Kind.B, "沈阳高新区")])
        steps = [step for year in (2026, 2027, 2028) for step in chance.choice([*fates(year).values()])]
        steps += chance.choice([(), (), (), MOVED, LEFT, REVOKED, RESTORED])
        if zone:
            steps = [(who.replace("city", "zone"), what, on, fields) for who, what, on, fields in steps]
        form = application(
            kind, filing_id=f"LN-{number}", alliance_name=f"沈阳市{number}号产学研联盟", by=OFFICES["province"],
            received_at="2026-03-15T09:00:00+08:00", **({"zone_name": zone} if kind is Kind.B else {}),
            legacy={"archived_on": "2024-12-18", "archive_number": f"{number:06d}", "document_no": "辽科函1号"},
        )  # fmt: skip
        past = (step for step in steps if step[2] < UNTIL.isoformat())
        yield told(form, *sorted(past, key=lambda step: step[2]), until=UNTIL, taken=False)


def populate(register: Register) -> None:
    """Write them all."""
    for life in lives():
        written(register, life)


def counted(dockets: Iterator[tuple[Filing, ...]]) -> Counter[tuple[int, Cell, ReportState]]:
    """What every year is to be counted as, told again from the states of each filing, by another way than the register's."""
    found: Counter[tuple[int, Cell, ReportState]] = Counter()
    for states in dockets:
        now = states[-1]
        stands = now.stage in (Stage.IN_FORCE, Stage.REVOCATION_PENDING)
        known = {year.year: year for filing in states for year in filing.years}
        for year in known.values():
            if year.status is not YearStatus.OPEN:
                state = ReportState(year.status.value)
            elif stands and year in now.years:
                state = ReportState.EXTENDED if year.extended_from else ReportState.OPEN
            else:
                state = ReportState.ENDED
            found[year.year, Cell(now.jurisdiction, now.kind, now.zone), state] += 1
    return found


@on_both
def test_the_board_reconciles_with_the_register_to_the_last_alliance(databases: Databases) -> None:
    url = databases.made("yearly", holding(populate))
    register = Register.at(url)
    ids = register.filing_ids()
    wanted = counted(tuple(entry.filing for entry in register.docket(each)) for each in ids)
    board = YearBoard(register.engine)
    assert board.years() == [2029, 2028, 2027, 2026]
    told = {year: board.of(year, EVERYBODY) for year in board.years()}
    assert wanted == Counter(
        {(year, cell, state): count for year, each in told.items() for cell, tally in each.cells.items()
         for state, count in tally.counts.items()}
    )  # fmt: skip
    assert {state for _, _, state in wanted} == set(ReportState)
    for year, each in told.items():
        total = each.total
        assert total["expected"] == sum(total[name] for name in ("filed", "late", "unreported", "extended"))
        assert sum((tally.counts for tally in each.cities.values()), Counter()) == total.counts
        for city, tally in each.cities.items():
            scope = offices.Scope(office=city, jurisdiction=city)
            assert board.of(year, scope).total == tally == each.of(jurisdiction=city)
        for shown, meant in SHOWN.items():  # the names behind each number
            found = register.filings(of_year=OfYear(year=year, states=meant.states), limit=LIVES)
            assert len(found) == total[shown]
    assert [each for each in ids if register.verify(each)] == []
    register.engine.dispose()


@on_both_by_the_owner
def test_a_register_that_stood_counts_its_years_the_day_it_is_upgraded(databases: Databases) -> None:
    url = databases.made("yearly", holding(populate))
    register = Register.at(url)
    with register.engine.connect() as db:
        stood = db.execute(select(REPORTS).order_by(REPORTS.c.filing_id, REPORTS.c.year)).all()
    register.engine.dispose()
    command.downgrade(config(url), "0005")
    migrate(url)
    with register.engine.connect() as db:
        assert db.execute(select(REPORTS).order_by(REPORTS.c.filing_id, REPORTS.c.year)).all() == stood
    register.engine.dispose()


@pytest.mark.parametrize(
    ("day", "year"),
    [("2026-09-30", 2025), ("2026-10-01", 2026), ("2026-12-31", 2026), ("2027-01-01", 2026), ("2027-09-30", 2026)],
)
def test_a_year_is_looked_at_from_the_opening_of_its_window_on(day: str, year: int) -> None:
    assert year_on(datetime.fromisoformat(day).date()) == year
