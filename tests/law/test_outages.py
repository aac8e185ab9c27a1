"""Outages of our own near a deadline (故障顺延, G-29): what is measured, what is proposed, and what two people decide."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.acts import By
from models.availability import BREAK, Outage, Part, Span
from models.findings import Refusal
from models.rounds.base import CancelRound, OpenRound, RoundAct
from models.rounds.outages import Available, ExtendAll, KeepDeadline, OutageEvidence
from models.values import digest, last_day_until
from models.vocabulary import Kind, ReportState, Role, Stage, YearStatus
from regulation import availability, identity
from regulation.rounds import agenda
from regulation.rounds.consequences import ActOnFiling, Letter
from regulation.rounds.known import Alliance, Known, KnownItem, KnownReport
from regulation.rounds.simulation import RoundLife
from tests.law.notation import Plain, moment

CASES: list[dict[str, Any]] = yaml.load(Path(__file__).with_name("outages.yaml").read_text("utf-8"), Plain)

OF = "outage-2026-LN-1"
SERVICE = By(person=identity.SERVICE, office="210000", role=Role.PLATFORM)
ONE, OTHER = (By(person=person, office="210000", role=Role.PROVINCE_ST) for person in ("p-401", "p-402"))
DUE = moment("2026-12-01")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_was_out_before_a_deadline_is_proposed_about(case: dict[str, Any]) -> None:
    spans = [Span(Part(part), moment(a), moment(b)) for part, told in case["given"].items() for a, b in told]
    now = moment(case["now"])
    found = availability.failing(spans, moment(case["deadline"]), now)
    low = {part.value: str(each) for part, each in found.available.items() if each < 100} if found else None
    then = case["then"]
    assert low == (then["percent"] if then else None)
    if found:
        assert str(found.whole) == then["whole"]
        assert found.over
        assert str(availability.proposed_until(found, now)) == then["until"]


MINUTES = st.integers(0, 5 * 1440)


@given(st.lists(st.tuples(st.sampled_from(Part), MINUTES, MINUTES), min_size=1, max_size=12), st.integers(0, 3000))
def test_nobody_gets_an_earlier_day_and_whoever_sees_more_holds_less_against_us(
    looks: list[tuple[Part, int, int]], later: int
) -> None:
    begins = DUE - timedelta(days=4)
    spans = [
        Span(part, begins + timedelta(minutes=min(a, b)), begins + timedelta(minutes=max(a, b))) for part, a, b in looks
    ]
    now = DUE + timedelta(minutes=later)
    found = availability.failing(spans, DUE, now)
    if found:
        until = availability.proposed_until(found, now)
        assert until > last_day_until(DUE)
        assert until > last_day_until(now), "a day is left to everybody"
        assert all(each.lasted > BREAK for each in found.outages)
    more = [*spans, *(Span(part, begins, now) for part in Part)]
    assert availability.failing(more, DUE, now) is None
    assert availability.failing(spans, DUE, now, judged_until=now) is None, "what was decided on is not proposed again"


@given(st.lists(st.tuples(st.sampled_from(Part), MINUTES, st.integers(4, 90)), max_size=40), st.integers(4, 20))
def test_however_many_outages_there_were_they_are_told_in_few_lines_and_none_is_left_out(
    told: list[tuple[Part, int, int]], most: int
) -> None:
    begins = DUE - timedelta(days=4)
    found, until = [], dict.fromkeys(Part, begins)
    for part, minute, lasted in sorted(told, key=lambda each: each[1]):
        since = max(until[part], begins + timedelta(minutes=minute))
        until[part] = since + timedelta(minutes=lasted)
        found.append(Outage(part=part, since=since, until=until[part]))
    lines = availability.in_few_lines(found, most)
    assert len(lines) <= most
    assert sum(each.times for each in lines) == len(found)
    assert sum((each.lasted for each in lines), timedelta(0)) == sum((each.lasted for each in found), timedelta(0))
    assert all(each.lasted <= each.until - each.since for each in lines)
    if len(found) <= most:
        assert sorted(lines, key=str) == sorted(found, key=str), "few are told as they were"


# The proposal


def evidence(*filings: str) -> dict[str, Any]:
    """What a proposal rests on."""
    spans = [
        Span(Part.REGISTER, moment("2026-11-01"), moment("2026-11-30 20:00")),
        Span(Part.REGISTER, moment("2026-11-30 23:00"), DUE),
    ]
    failed = availability.failing(spans, DUE, DUE)
    assert failed
    paper = OutageEvidence(
        due=DUE, since=failed.since, least=failed.least, whole=failed.whole, outages=failed.outages, until=date(2026, 12, 2), filings=filings,
        available=tuple(Available(part=part, percent=each) for part, each in failed.available.items()),
    )  # fmt: skip
    return paper.model_dump(mode="json")


def known(**states: tuple[ReportState, str]) -> Known:
    """The alliances that it names, as their year stands, each with its deadline."""
    items = {each: KnownItem(each, "concerned", {}, 1, None, DUE) for each in states}
    reports = {
        (each, 2026): KnownReport(YearStatus.OPEN, None, None, state, due=moment(due))
        for each, (state, due) in states.items()
    }
    return Known(items={OF: items}, reports=reports)


def opened() -> RoundLife:
    """A proposal about four alliances."""
    life, content = RoundLife(OF), evidence("A", "B", "C", "D")
    act = OpenRound(
        id="o",
        by=SERVICE,
        title="因系统故障顺延",
        opens=date(2026, 12, 1),
        closes=date(2026, 12, 4),
        paper=digest(content),
    )
    life.does(act, moment("2026-12-01 08:00"), content)
    return life


def extends(by: By, until: str = "2026-12-02", number: str = "辽科办〔2026〕9号") -> ExtendAll:
    """Says that it is extended."""
    return ExtendAll(id=f"e-{by.person}-{until}", by=by, until=date.fromisoformat(until), document_no=number)


def lacks(life: RoundLife, act: RoundAct, when: str = "2026-12-01 09:00") -> str:
    """Why an act may not be."""
    answer = life.act(act, moment(when))
    assert isinstance(answer, Refusal)
    return answer.missing


def test_a_proposal_is_the_services_own_and_ends_by_what_two_people_decide() -> None:
    life = opened()
    assert [(each.text, each.office) for each in life.followed if isinstance(each, Letter)] == [
        ("outage_proposed", "210000")
    ]
    assert set(life.items) == {"A", "B", "C", "D"}
    assert "实测" in lacks(RoundLife(OF), OpenRound(id="o", by=SERVICE.but(person="someone"), title="顺延", opens=date(2026, 12, 1), closes=date(2026, 12, 4)))  # fmt: skip
    assert "省科技厅两人" in lacks(life, CancelRound(id="c", by=SERVICE, reason="误"))
    assert "不得早于建议" in lacks(life, extends(ONE, "2026-12-01"))
    assert "下一个工作日（2026年12月4日）" in lacks(life, extends(ONE, "2026-12-03"), "2026-12-03 09:00")
    assert "下一个工作日（2026年12月7日）" in lacks(life, extends(ONE, "2026-12-05"), "2026-12-04 23:59"), (
        "never a weekend"
    )
    assert "次年" in lacks(life, extends(ONE, "2028-12-03"))


def test_two_people_extend_for_all_alike_and_nobody_s_day_becomes_earlier() -> None:
    life, register = opened(), known(
        A=(ReportState.MISSED, "2026-12-01"), B=(ReportState.FILED, "2026-12-01"), C=(ReportState.LATE, "2026-12-01"),
        D=(ReportState.OPEN, "2026-12-20"),
    )  # fmt: skip
    life.does(extends(ONE), moment("2026-12-01 09:00"), None, register)
    assert not [each for each in life.followed if isinstance(each, ActOnFiling)], "the first alone changes nothing"
    assert "您已办理" in lacks(life, extends(ONE))
    life.does(extends(OTHER, number="另一文号"), moment("2026-12-01 09:10"), None, register)
    assert life.round
    assert not life.round.over, "it is something else that the other says"
    life.does(extends(ONE, number="另一文号"), moment("2026-12-01 09:20"), None, register)
    assert life.round.over
    acts = [each for each in life.followed if isinstance(each, ActOnFiling)]
    assert [each.filing_id for each in acts] == ["A", "C"], "one was reported in time, one has a later day already"
    assert acts[0].act == {
        "kind": "move_deadline", "year": 2026, "until": "2026-12-02", "document_no": "另一文号",
        "reason": f"本系统在期限届满前发生故障，统一顺延（{OF}）",
    }  # fmt: skip
    assert agenda.outlook(life.rules, life.round) == []


def test_who_came_into_the_register_since_gets_the_same_day_and_who_is_revoked_is_told_of() -> None:
    life = opened()
    register = known(A=(ReportState.MISSED, "2026-12-01"), B=(ReportState.MISSED, "2026-12-01"))
    later = known(NEW=(ReportState.MISSED, "2026-12-01"), MOVED=(ReportState.OPEN, "2026-12-20"))
    gone = alliance("B", Stage.REVOKED)
    register = replace(register, reports={**register.reports, **later.reports}, alliances={"B": gone})
    for by in (ONE, OTHER):
        life.does(extends(by), moment("2026-12-01 09:00"), None, register)
    assert [each.filing_id for each in life.followed if isinstance(each, ActOnFiling)] == ["A", "NEW"]
    [told] = [each for each in life.followed if isinstance(each, Letter) and each.text == "outage_after_revocation"]
    assert (told.words["count"], told.words["revoked"]) == ("1", "B")


def alliance(key: str, stage: Stage) -> Alliance:
    """One as rounds see it."""
    return Alliance(key, Kind.A, stage, "210100", None, "", "", "", "", None, None, 1)


def test_two_people_keep_the_deadline_with_a_reason_and_until_then_are_chased() -> None:
    life = opened()
    life.until(moment("2026-12-08"))
    assert [each.event.kind for each in life.entries[1:]] == ["overdue", "overdue"], "after three days, and again"
    for by in (ONE, OTHER):
        life.does(KeepDeadline(id=by.person, by=by, reason="事先公告的维护"), moment("2026-12-08 09:00"))
    assert life.round
    assert life.round.over
    assert [each.text for each in life.followed if isinstance(each, Letter)] == [
        "outage_proposed", "outage_undecided", "outage_undecided", "outage_to_agree", "outage_kept",
    ]  # fmt: skip
    assert not [each for each in life.followed if isinstance(each, ActOnFiling)]
