"""What a filing holds has a bound, whatever anybody sends: 16 KB of JSON (docs/architecture.md)."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from models.acts import TOGETHER
from models.filing import Entry, Filing
from models.values import canonical, day_of
from models.vocabulary import ActKind, LapseKind, Stage
from regulation import agenda, annual, intake, messages, objections, on_paper
from regulation.simulation import Life
from tests.law import cases
from tests.law.editions import load_editions
from tests.law.notation import Writer, moment

BOUND = 16 * 1024
"""How large a filing's value may be, in bytes of JSON."""

WIDE = "x" * 57
"""Ids are as long as they may be: 64 characters."""


COLLECTIONS = {
    "Filing.kept": "the numbers that there are, each of which is kept at most once",
    "Filing.periods": "a period of each kind; of objections and years as many as those; of messages service.UNSETTLED",
    "Filing.years": "annual.KEPT, and those that a case rests on",
    "Filing.tags": "three",
    "Filing.idle_years": "standing.IDLE_YEARS",
    "Filing.challenges": "revocation.CHALLENGES",
    "Filing.told": "the texts that are sent once a day: two",
    "Filing.signed": "lifecycle.SIGNED",
    "Filing.proposals": "an act of two people, of each year and each listed objection at most one; on_paper.PENDING letters in each of their places",
    "Filing.proposed": "Filing.proposals",
    "Filing.letters": "Filing.proposals",
    "Filing.answers": "empty since 0.4.0: the register knows them",
    "Filing.answers_before": "empty since 0.4.0: the register knows them",
    "Notice.objections": "objections.LISTED",
    "Filing.denials": "service.DENIALS, of which each waits for its service",
    "Case.ran": "the two periods in which a leader is heard: revocation.HEARD_IN",
    "Case.years": "the years that were missed in a row: annual.KEPT",
}
"""What of a filing could grow, and what bounds it. Whoever adds a list or a mapping says so here."""


def test_whatever_could_grow_says_what_bounds_it() -> None:
    assert set(collections(Filing)) == set(COLLECTIONS)


def collections(model: type[BaseModel]) -> Iterator[str]:
    """The fields of a value, and of the values in it, that hold several things."""
    for name, field in model.model_fields.items():
        for each in (field.annotation, *get_args(field.annotation)):
            if get_origin(each) in (tuple, dict):
                yield f"{model.__name__}.{name}"
            for inner in (each, *get_args(each)):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    yield from collections(inner)


def size(filing: Filing) -> int:
    """Bytes of a filing's value."""
    return len(canonical(filing.model_dump(mode="json")).encode())


class Told(Life):
    """A life told in lines of the cases."""

    def __init__(self, given: str, **changes: Any) -> None:
        load_editions()
        case = cases.read(
            {
                "id": "bound",
                "name": "",
                "articles": (),
                "given": given,
                "with": changes,
                "until": given[-10:],
                "then": "",
            }
        )
        received_at = moment(f"{case.application['received_at'][:10]} {cases.APPLIED_AT}")
        facts = intake.examine(case.application, received_at).facts
        assert facts
        super().__init__(facts, received_at)
        self.writer = Writer(case.application, facts.zone)
        for act in case.acts:
            self.act(act)

    def does(self, line: str, **fields: Any) -> Entry:
        """A line; what came of it."""
        act = self.writer.act(line, f"told-{len(self.docket)}-{WIDE}"[:64]) | fields
        self.act(act)
        return self.docket[-1]


def objected(life: Told, day: date, count: int) -> None:
    """So many objections on a day, one a minute."""
    for number in range(count):
        entry = life.does(
            f"{day} {number // 60 % 24:02}:{number % 60:02} public object as o{number:05}-{day}-{WIDE[:46]}"
        )
        assert entry.refused is None


def ruled(life: Told, line: str) -> str | None:
    """Why a ruling was refused, if it was."""
    return life.does(line).refused


@cache
def noticed() -> Told:
    """A notice with 1,000 objections, and one more whose sender is unnamed."""
    life = Told("A on_notice 2027-01-05")
    objected(life, date(2027, 1, 6), 500)
    objected(life, date(2027, 1, 7), 500)
    life.does("2027-01-07 23:00 public object {anonymous: true}")
    return life


def copy(life: Told) -> Told:
    """The same life, to be lived on."""
    again = object.__new__(Told)
    again.docket, again.writer = list(life.docket), life.writer
    return again


def test_a_thousand_objections_are_all_open_and_the_filing_stays_small() -> None:
    life = noticed()
    assert life.filing.open_objections == 1000
    assert size(life.filing) < BOUND // 2
    assert max(size(entry.filing) for entry in life.docket[::50]) < BOUND // 2, "and with it every entry"
    life = copy(life)
    life.until(moment("2027-01-20 09:00"))
    assert life.filing.stage is Stage.ON_NOTICE, "any of them holds the notice"
    assert "尚有 1000 件异议未处理" in str(ruled(life, "2027-01-20 09:00 city confirm_notice_clear"))


def test_of_a_day_only_the_first_objection_is_told() -> None:
    life = noticed()
    told = [
        (day_of(entry.at).day, message.text)
        for before, entry in zip(life.docket, life.docket[1:], strict=False)
        for message in messages.told(before.filing, entry)
        if entry.event.kind == ActKind.OBJECT
    ]
    assert told == [
        (6, "objection_filed"), (6, "objection_told_leader"), (7, "objection_filed"), (7, "objection_told_leader"),
        (7, "objection_not_admitted"),
    ]  # fmt: skip


def test_objections_are_ruled_on_together_the_oldest_first_until_none_is_open() -> None:
    life = copy(noticed())
    together = f"{{objection: '{TOGETHER}', admissible: %s, counted: %d}}"
    assert "只有 1000 件" in str(
        ruled(life, f"2027-01-08 09:00 city rule_on_admissibility {together % ('false', 1001)}")
    )
    assert "须写明件数" in str(ruled(life, f"2027-01-08 09:01 city rule_on_admissibility {{objection: '{TOGETHER}'}}"))
    assert ruled(life, f"2027-01-08 09:02 city rule_on_admissibility {together % ('false', 4)}") is None
    first = life.filing.notice
    assert first
    assert (len(first.objections), first.unlisted, first.undecided) == (objections.LISTED - 4, 992, 996)
    assert ruled(life, f"2027-01-08 09:03 city rule_on_admissibility {together % ('true', 6)}") is None
    assert ruled(life, f"2027-01-08 09:04 city rule_on_admissibility {together % ('false', 990)}") is None
    outcome = f"{{objection: '{TOGETHER}', outcome: %s, counted: %d}}"
    assert "只有 6 件" in str(ruled(life, f"2027-01-08 09:05 city rule_on_objection {outcome % ('dismissed', 7)}"))
    assert ruled(life, f"2027-01-08 09:06 city rule_on_objection {outcome % ('dismissed', 5)}") is None
    assert life.filing.open_objections == 1
    assert ruled(life, f"2027-01-08 09:07 city rule_on_objection {outcome % ('dismissed', 1)}") is None
    assert not any(name.startswith("objection") for name in life.filing.periods)
    life.until(moment("2027-01-20 09:00"))
    assert life.filing.stage is Stage.AT_PROVINCE


def test_one_of_many_may_be_upheld() -> None:
    life = copy(noticed())
    together = f"{{objection: '{TOGETHER}', %s, counted: %d}}"
    assert ruled(life, f"2027-01-08 09:00 city rule_on_admissibility {together % ('admissible: false', 700)}") is None
    assert ruled(life, f"2027-01-08 09:01 city rule_on_admissibility {together % ('admissible: true', 1)}") is None
    assert ruled(life, f"2027-01-08 09:02 city rule_on_objection {together % ('outcome: returned', 1)}") is None
    assert life.filing.stage is Stage.RETURNED


def test_what_is_not_listed_is_chased_as_one() -> None:
    life = copy(noticed())
    life.until(moment("2027-03-01 09:00"))
    chases = [entry.event for entry in life.docket if entry.event.kind == "objection_overdue"]
    assert len(chases) == 2 * (objections.LISTED + 1)


def test_a_notice_in_which_few_object_is_as_it_was() -> None:
    life = Told("A on_notice 2027-01-05")
    objected(life, date(2027, 1, 6), objections.LISTED)
    notice = life.filing.notice
    assert notice
    assert [each.open for each in notice.objections] == [True] * objections.LISTED
    assert notice.crowd is None


def test_a_filing_knows_its_last_years_only_and_stays_small_for_decades() -> None:
    life = Told("A in_force 2027-03-15")
    for year in range(2027, 2058):
        life.does(f"{year}-11-03 10:00 leader file_annual_report {{year: {year}}}")
        life.does(f"{year}-11-04 10:00 city return_annual_report {{year: {year}}}")
        life.until(moment(f"{year + 1}-01-15 09:00"))
        life.does(f"{year + 1}-01-16 09:00 city excuse_year {{year: {year + 1}}}")
        life.does(f"{year + 1}-01-17 09:00 public object")
    assert [year.year for year in life.filing.years] == [*range(2058 - annual.KEPT + 1, 2059)]
    assert size(life.filing) < BOUND // 2
    refused = life.does("2058-02-01 09:00 city2 excuse_year {year: 2030}").refused
    assert "2030年度已过去多年" in str(refused)


def test_the_worst_filing_anybody_can_make_stays_within_the_bound() -> None:
    """In force for decades with unanswered returns and proposals, a new leader on notice, objected to by everybody,
    with messages that arrived nowhere."""
    life = Told("A in_force 2027-03-15")
    for year in range(2027, 2040):
        life.does(f"{year}-11-03 10:00 leader file_annual_report {{year: {year}}}")
        life.does(f"{year}-11-04 10:00 city return_annual_report {{year: {year}}}")
        for number in range(1, 9):
            life.does(f"{year}-12-02 0{number}:00 city report_undeliverable {{entry: {len(life.docket)}}}")
        life.until(moment(f"{year + 1}-01-15 09:00"))
        for person in ("city", "prov"):
            life.does(f"{year + 1}-01-16 09:00 {person} excuse_year {{year: {year + 1}}}")
            life.does(f"{year + 1}-01-16 10:00 {person} tag {{tag: pilot}}")
    life.does("2040-01-20 09:00 leader report_change {change: leader, to: 91210200MA10ABCD6R}")
    life.does("2040-01-21 09:00 iit give_iit_opinion {positive: true}")
    life.does("2040-01-22 09:00 city rule_on_change {decision: confirmed}")
    assert life.filing.change
    assert life.filing.change.notice
    objected(life, date(2040, 1, 23), 300)
    assert life.filing.open_objections == 300
    held = size(life.filing)
    for kind in ("deregister", "correct_contact", "object"):
        for number in range(9):
            life.does(f"2040-02-06 10:00 city {kind} as {f'{kind}-{number}-':x<64} {{came: {{on: 2040-02-06}}}}")
    waiting = 2 * on_paper.PENDING + on_paper.PENDING_OBJECTIONS
    assert len(life.filing.letters) == waiting
    places = (len(agenda.AGAINST[LapseKind.REVOKED]) + 1) * on_paper.PENDING + on_paper.PENDING_OBJECTIONS
    assert held + (size(life.filing) - held) * places // waiting < BOUND
    assert size(life.filing) < BOUND * 3 // 4, size(life.filing)
