"""The year of reports as a round (A-34, B-19, G-13): opened, urged all at once, settled with its figures."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from models.acts import By
from models.findings import Refusal
from models.rounds.base import OpenRound, RoundStage
from models.rounds.round import ROUND_ACT, Round
from models.values import digest
from models.vocabulary import Kind, ReportState, Role, Stage, YearStatus
from regulation.moment import Moment
from regulation.rounds import agenda
from regulation.rounds.consequences import ActOnFiling, Letter
from regulation.rounds.every import rules_of
from regulation.rounds.known import Alliance, Known, KnownReport
from regulation.rounds.offers import offers
from regulation.rounds.simulation import RoundLife
from tests.law.notation import moment

YEAR = "annual-2027-LN-1"
PROV = By(person="p-401", office="210000", role=Role.PROVINCE_ST)
CITY = By(person="c-101", office="210100", role=Role.CITY_ST)
ZONE = By(person="z-301", office="210100-shengaoqu", role=Role.ZONE)
R = ReportState


def alliance(number: int, city: str = "210100", zone: str | None = None, kind: Kind = Kind.A) -> Alliance:
    """One of a few alliances."""
    return Alliance(
        id=f"LN-{number}", kind=kind, stage=Stage.IN_FORCE, jurisdiction=city, zone=zone, leader="91210102MA10ABCD6H",
        name=f"示例联盟{number}", leader_name=f"示例企业{number}", technical_field="新材料", archive_number=None,
        archived_on=date(2024, 5, 1), number=9,
    )  # fmt: skip


ALLIANCES = [
    alliance(1), alliance(2), alliance(3), alliance(4, "210200"), alliance(5, zone=ZONE.office, kind=Kind.B), alliance(6),
]  # fmt: skip


def report(state: ReportState, urged: str = "") -> KnownReport:
    """What became of a year."""
    return KnownReport(YearStatus.OPEN, None, None, state, moment(urged) if urged else None)


KNOWN = Known(
    alliances={each.id: each for each in ALLIANCES},
    reports={
        ("LN-1", 2027): report(R.FILED),
        ("LN-2", 2027): report(R.OPEN),
        ("LN-3", 2027): report(R.OPEN, "2027-11-18 09:00"),
        ("LN-4", 2027): report(R.OPEN),
        ("LN-5", 2027): report(R.OPEN),
    },
)


def taking(*numbers: int, known: Known = KNOWN) -> Known:
    """The same, where the filings of these alliances take a letter."""
    return replace(known, takes=frozenset(f"LN-{number}" for number in numbers))


def opening(by: By = PROV, **said: Any) -> OpenRound:
    """The act that opens a year."""
    told = {"title": "2027年度报送", "opens": date(2027, 10, 1), "closes": date(2027, 12, 31)} | said
    return OpenRound(id="open-1", by=by, **told)


class Life(RoundLife):
    """A year's round with what the register knows of it; papers are drawn up as the service does."""

    def does_drawn(self, kind: str, by: By, at: str, known: Known = KNOWN) -> Any:
        """An act whose paper the service draws up."""
        raw = {
            "id": f"{kind}-{len(self.entries)}",
            "kind": kind,
            "by": by,
            "received_at": moment(at),
            "paper": "0" * 64,
        }
        act = ROUND_ACT.validate_python(raw)
        assert self.round
        paper = self.rules.draws[kind](self.round, act, known).model_dump(mode="json")
        return self.act(act.but(paper=digest(paper)), moment(at), paper, known)


@pytest.fixture
def life() -> Life:
    """The year, opened by the province."""
    opened = Life(YEAR)
    opened.does(opening(), moment("2027-09-28 10:00"))
    return opened


def urged(life: Life) -> list[str]:
    """On which filings something was done."""
    return [each.filing_id for each in life.followed if isinstance(each, ActOnFiling)]


def test_each_office_urges_its_own_that_owe_the_year_and_were_not_urged_lately(life: Life) -> None:
    life.does_drawn("urge_all", CITY, "2027-11-20 10:00", taking(2, 4, 5))
    assert urged(life) == ["LN-2"], "LN-3 was urged two days ago, LN-5 is the zone's, LN-6 need not report yet"
    life.does_drawn("urge_all", ZONE, "2027-11-20 11:00", taking(2, 4, 5))
    assert urged(life) == ["LN-2", "LN-5"]
    life.does_drawn("urge_all", PROV, "2027-11-23 10:00", taking(3, 4))
    assert urged(life)[2:] == ["LN-3", "LN-4"], "whose filing takes no letter is neither counted nor recorded"
    (act, *_) = [each for each in life.followed if isinstance(each, ActOnFiling)]
    assert act.act == {"kind": "urge_report", "year": 2027}
    assert life.round
    assert life.round.counts == {"urged": 4}
    assert {name: item.state for name, item in life.items.items()} == dict.fromkeys(
        ["LN-2", "LN-3", "LN-4", "LN-5"], "urged"
    )


def test_where_nobody_is_left_nothing_is_entered(life: Life) -> None:
    (found,) = life.does_drawn("urge_all", PROV, "2027-11-20 10:00", Known())
    assert "没有可以催报的联盟" in found.message
    refused = life.does_drawn("urge_all", CITY, "2028-01-01 00:00")
    assert isinstance(refused, Refusal)
    assert "截止日" in refused.missing


def test_the_year_is_settled_with_the_figures_of_its_closing_report(life: Life) -> None:
    refused = life.does_drawn("settle_year", PROV, "2027-12-31 23:59")
    assert isinstance(refused, Refusal)
    assert refused.missing == "截止日（2027年12月31日）未过"
    act = ROUND_ACT.validate_python({"id": "close-1", "kind": "close_round", "by": PROV})
    refused = life.act(act, moment("2028-01-05 10:00"))
    assert isinstance(refused, Refusal)
    assert "办结年度报送" in refused.missing
    missed = {
        key: replace(each, state=R.MISSED) if each.state is R.OPEN else each for key, each in KNOWN.reports.items()
    }
    life.does_drawn("settle_year", PROV, "2028-01-05 10:00", replace(KNOWN, reports=missed))
    assert life.round
    assert life.round.stage is RoundStage.CLOSED
    told = {"expected": 5, "filed": 1, "late": 0, "unreported": 4, "extended": 0, "excused": 0}
    assert life.round.counts == told
    assert {name: item.state for name, item in life.items.items()} == {
        "LN-1": "filed", "LN-2": "missed", "LN-3": "missed", "LN-4": "missed", "LN-5": "missed",
    }  # fmt: skip


def test_a_year_is_not_settled_while_anybody_may_still_report_it(life: Life) -> None:
    found = life.does_drawn("settle_year", PROV, "2028-01-05 10:00")
    assert isinstance(found, list)
    assert "尚有4家的2027年度未到期或者延期申请待批" in found[0].message
    assert life.round
    assert life.round.stage is RoundStage.OPEN


@pytest.mark.parametrize(
    ("kind", "closes", "refused"),
    [
        (None, "2027-12-30", "截止日不得早于两类2027年度的法定报送末日（2027年12月31日）"),
        (None, "2027-12-31", ""),
        (Kind.A, "2027-11-29", "截止日不得早于A类2027年度的法定报送末日（2027年11月30日）"),
        (Kind.A, "2027-11-30", ""),
        (Kind.B, "2027-11-30", "截止日不得早于B类2027年度的法定报送末日（2027年12月31日）"),
    ],
)
def test_its_window_ends_no_earlier_than_the_laws(kind: Kind | None, closes: str, refused: str) -> None:
    act = opening(closes=date.fromisoformat(closes), alliances=kind)
    answer = Life(YEAR).act(act, moment("2027-09-28 10:00"))
    assert (answer.missing if isinstance(answer, Refusal) else "") == refused


def test_whoever_opened_it_is_told_how_far_the_year_is(life: Life) -> None:
    life.until(moment("2028-01-02 10:00"), KNOWN)
    letters = [each for each in life.followed if isinstance(each, Letter)]
    assert [(each.text, each.words["days"], each.words["unreported"]) for each in letters] == [
        ("annual_progress", "7", "4"),
        ("annual_progress", "1", "4"),
        ("annual_ended", "-1", "4"),
    ]
    assert {each.office for each in letters} == {"210000"}


def test_a_city_opens_its_own_year_and_no_other() -> None:
    own = Life("annual-2027-210100-1")
    own.does(opening(CITY, closes=date(2027, 11, 30), alliances=Kind.A), moment("2027-09-28 10:00"))
    own.does_drawn("urge_all", CITY, "2027-11-26 10:00", taking(2, 3))
    assert urged(own) == ["LN-2", "LN-3"]
    other = Life("annual-2027-210200-1")
    assert isinstance(other.act(opening(CITY), moment("2027-09-28 10:00")), Refusal)
    assert isinstance(own.does_drawn("urge_all", ZONE, "2027-11-27 10:00"), list), "what a zone reviews is of kind B"


def test_its_value_stays_small(life: Life) -> None:
    def many() -> Iterator[tuple[str, Alliance]]:
        for number in range(3000):
            yield f"LN-{number}", alliance(number)

    crowd = dict(many())
    known = Known(alliances=crowd, reports={(each, 2027): report(R.OPEN) for each in crowd})
    life.does_drawn("urge_all", PROV, "2027-11-20 10:00", replace(known, takes=frozenset(crowd)))
    assert isinstance(life.round, Round)
    assert len(life.round.model_dump_json()) < 2000
    assert rules_of(YEAR).word("missed") == "未报（已逾期）"
    assert agenda.next_lapse(life.rules, life.round)


def test_before_the_window_is_over_nobody_is_offered_to_settle_it(life: Life) -> None:
    assert life.round
    for at, is_open in (("2027-11-20 10:00", False), ("2028-01-02 10:00", True)):
        when = Moment(moment(at), moment(at))
        assert {str(each.kind): each.open for each in offers(life.round, PROV, when)}["settle_year"] is is_open


def test_the_offices_that_urge_are_told_that_the_year_was_moved_or_cancelled_and_no_leader(life: Life) -> None:
    """The day by which a leader reports stands on its filing, and no round moves it."""
    life.does_drawn("urge_all", CITY, "2027-11-20 10:00")
    moves = {"id": "m", "kind": "move_window", "by": PROV, "closes": "2028-01-15", "reason": "系统维护"}
    cancels = {"id": "x", "kind": "cancel_round", "by": PROV, "reason": "改由各市办理"}
    for act, text in ((moves, "round_moved"), (cancels, "round_cancelled")):
        life.does(ROUND_ACT.validate_python(act), moment("2027-11-21 10:00"), known=KNOWN)
        told = [(each.to, each.office) for each in life.followed if isinstance(each, Letter) and each.text == text]
        assert sorted(told) == [
            (Role.CITY_ST, "210100"), (Role.CITY_ST, "210200"), (Role.PROVINCE_ST, "210000"), (Role.ZONE, ZONE.office),
        ]  # fmt: skip
