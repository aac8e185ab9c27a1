"""Two times: what the register knew then, what was true then with all that is known now; and the plan when something proves true late."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from gateway.shown.two_times import then
from models.acts import By, Restore
from models.correction import FACT, OF_NO_YEAR, PROVEN_LATE, InRound, Plan, ProvenLate, Sort, what_is_wrong
from models.filing import Entry
from models.values import at_hour
from models.vocabulary import ActKind, LapseKind, Stage
from regulation import correction, entries, lifecycle, on_paper, two_times
from regulation.moment import Moment
from tests.law.cases import Case, load
from tests.law.notation import event_name, moment

CASES = {each.id: each for each in load()}

EVERY = 9
"""Of the law's cases so many are one that is told once more."""


def in_order(case: Case) -> bool:
    """Whether nothing in a life came later than it counts."""
    docket = case.life.docket
    counted = [entry.at for entry in docket]
    return counted == sorted(counted) and not any(entry.undoes for entry in docket)


def end(case: Case) -> Moment:
    """When a case is over, and everything in it was entered."""
    last = case.life.docket[-1]
    at = max(case.until, last.at, last.entered_at)
    return Moment(at, at)


def test_a_life_in_which_nothing_came_late_is_the_same_in_both_times() -> None:
    some = [case for case in [*CASES.values()][::EVERY] if in_order(case)]
    assert len(some) > 50
    for case in some:
        docket = case.life.docket
        retold = two_times.true_by(docket, end(case).at)
        assert retold.docket == docket, case.id
        assert retold.fallen == (), case.id
        half = docket[len(docket) // 2].entered_at
        assert two_times.known(docket, half) == [entry for entry in docket if entry.entered_at <= half]


def fell(name: str) -> list[str]:
    """What has no place in a life as it truly was, reminders and chases left aside."""
    case = CASES[name]
    fallen = two_times.true_by(case.life.docket, end(case).at).fallen
    return [event_name(entry.event) for entry in sorted(fallen, key=lambda each: each.number) if not _quiet(entry)]


def _quiet(entry: Entry) -> bool:
    return getattr(entry.event, "kind", None) in correction.QUIET


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("annual-received-in-time-arrives-late", ["year_missed[2026]"]),
        ("paper-report-undoes-a-case", ["year_missed[2026]", "revocation_opened[2026]"]),
        (
            "revocation-report-was-in-time-but-revoked",
            ["year_missed[2025]", "revocation_opened[2025]", "record_service", "statement_ended", "revoked"],
        ),
        (
            "objection-undoes-the-provincial-step",
            ["confirm_notice_clear", "forward", "give_office_opinion", "record_party_group"],
        ),
        ("paper-deregistration-before-a-proposal", ["propose_revocation"]),
        ("revocation-late-report-was-in-time", ["revocation_opened[2025]"]),
        ("paper-withdrawal-of-what-was-archived", []),
        ("revocation-announced", []),
    ],
)
def test_what_was_entered_only_because_a_letter_came_late_falls(name: str, expected: list[str]) -> None:
    assert fell(name) == expected


def test_between_the_deadline_and_the_letter_register_and_truth_differ() -> None:
    docket = CASES["paper-report-undoes-a-case"].life.docket
    then = moment("2026-12-02")
    knew = two_times.known(docket, then)[-1].filing
    truly = two_times.true_by(docket, then).filing
    assert (knew.stage, knew.missed_years) == (Stage.REVOCATION_PENDING, 2)
    assert (truly.stage, truly.missed_years) == (Stage.IN_FORCE, 0)
    as_believed = two_times.true_by(two_times.known(docket, then), then).filing
    assert as_believed.stage is Stage.REVOCATION_PENDING, "by what was known then it was true"


def planned(name: str, proven: ProvenLate | None = None, rounds: tuple[InRound, ...] = ()) -> Plan:
    """The plan of a case as of its end."""
    case = CASES[name]
    return correction.plan(case.life.docket, end(case), proven, rounds)


def acts(plan: Plan, sort: Sort) -> list[tuple[str | None, bool]]:
    """The acts of a sort of lines, and whether they take two."""
    return [(step.act, step.two) for step in plan.steps if step.sort is sort]


REPORT = ProvenLate(
    act=ActKind.FILE_ANNUAL_REPORT, year=2025, came_on=date(2025, 12, 3), postmarked_on=date(2025, 11, 29)
)


def test_a_report_posted_in_time_plans_the_restoration_that_a_person_approves() -> None:
    plan = planned("revocation-announced", REPORT)
    assert (plan.stage, plan.truly) == (Stage.REVOKED, Stage.IN_FORCE)
    assert acts(plan, Sort.ENTER) == [("file_annual_report", False), ("file_annual_report", True)]
    gone = [step.entry for step in plan.steps if step.sort is Sort.GONE]
    docket = CASES["revocation-announced"].life.docket
    kinds = {str(docket[number - 1].event.kind) for number in gone if number}
    assert kinds >= {"year_missed", "revocation_opened", "statement_ended", "revoked"}
    itself = [step.what for step in plan.steps if step.sort is Sort.ITSELF]
    assert "2025年度由“未报送”改为“已报送”" in itself
    assert "连续未报送由2年改为0年" in itself
    (restore,) = [step for step in plan.steps if step.sort is Sort.APPROVE]
    assert (restore.act, restore.by) == ("restore", ("沈阳市科技局",))
    assert "公告" in restore.what
    assert all(step.article for step in plan.steps)


def test_what_is_planned_is_what_comes_once_the_letter_is_entered() -> None:
    """The plan of a letter, and the plan after it was entered, end alike."""
    before = list(CASES["revocation-report-was-in-time-but-revoked"].life.docket)
    report = next(entry for entry in before if entry.event.kind is ActKind.FILE_ANNUAL_REPORT and entry.undoes)
    year = int(getattr(report.event, "year", 0))
    proven = ProvenLate(act=ActKind.FILE_ANNUAL_REPORT, year=year, came_on=date(year, 11, 30))
    earlier = before[: report.number - 1]
    now = Moment(report.entered_at, report.entered_at)
    foreseen = correction.plan(earlier, now, proven)
    after = correction.plan(before[: report.number], now)
    gone = [[step.entry for step in plan.steps if step.sort is Sort.GONE] for plan in (foreseen, after)]
    assert gone[0] == gone[1] != []
    assert foreseen.truly is after.truly is Stage.IN_FORCE
    assert acts(foreseen, Sort.APPROVE) == acts(after, Sort.APPROVE) == [("restore", False)]


def test_a_letter_that_was_late_vanishes_nothing() -> None:
    late = REPORT.but(postmarked_on=None, came_on=date(2025, 12, 22))
    plan = planned("revocation-announced", late)
    assert [step for step in plan.steps if step.sort in (Sort.GONE, Sort.APPROVE)] == []
    assert "现在不能登记这一来文" in plan.steps[0].what
    assert plan.truly is Stage.REVOKED


def test_a_defence_posted_in_time_is_heard_and_the_case_goes_on() -> None:
    plan = planned("revocation-announced", ProvenLate(act=ActKind.STATE_DEFENCE, came_on=date(2025, 12, 10)))
    assert plan.truly is Stage.REVOCATION_PENDING
    assert acts(plan, Sort.APPROVE) == [("restore", False)]


def test_a_round_rests_on_it_only_if_the_filing_stood_otherwise_when_it_looked() -> None:
    case = CASES["revocation-announced"]
    revoked = next(entry for entry in case.life.docket if entry.event.kind is LapseKind.REVOKED)
    before = InRound(
        round_id="evaluation-2025-210100-1", title="2025年度评估评价", state="done", at=at_hour(date(2025, 6, 1), 9)
    )
    since = InRound(round_id="subsidy-2025-LN-1", title="2025年度后补助", at=revoked.at + timedelta(days=1))
    call = since.but(round_id="call-2026-LN-1", title="2026年申报通知")
    plan = planned("revocation-announced", REPORT, (before, since, call))
    (step,) = [step for step in plan.steps if step.round_id]
    assert (step.round_id, step.act, step.two, step.by) == ("subsidy-2025-LN-1", "withdraw_list", True, ("省科技厅",))
    assert "没有列入" in step.what
    assert "当时登记为“已撤销”" in step.what
    assert "实际应为“已备案入库”" in step.what


def test_nothing_is_planned_of_a_life_in_which_nothing_came_late() -> None:
    for name in ("revocation-announced", "annual-two-in-a-row", "review-in-good-order"):
        assert planned(name).steps == (), name


def test_a_plan_enters_nothing() -> None:
    case = CASES["revocation-announced"]
    before = case.life.docket
    planned("revocation-announced", REPORT)
    assert case.life.docket == before


@pytest.mark.parametrize("name", ["revocation-announced", "paper-report-undoes-a-case", "annual-two-in-a-row"])
@pytest.mark.parametrize("act", [each for each in PROVEN_LATE if each is not ActKind.RESUBMIT])
def test_no_line_of_a_plan_would_be_refused(name: str, act: ActKind) -> None:
    """Each act of a plan, in its order, may be done to the filing as those before it leave it."""
    case = CASES[name]
    now, year = end(case), None if act in OF_NO_YEAR else 2025
    proven = ProvenLate(act=act, year=year, came_on=date(2025, 12, 3), postmarked_on=date(2025, 11, 28))
    filing = entries.projected(case.life.docket[-1].filing, now)
    plan = correction.plan(case.life.docket, now, proven)
    if [step for step in plan.steps if step.sort is Sort.ENTER and step.act]:
        for letter in correction._acts(filing, proven, now):
            when = on_paper.moment(filing, letter, now.at)
            assert lifecycle.check(filing, letter, when) is None
            filing = lifecycle.apply(filing, letter, when)
    trying = correction._Trying(filing, now)
    for step in plan.steps:
        if step.act and step.sort is not Sort.ENTER and not step.round_id:
            about = {"year": year} if year else {}
            assert trying.does(ActKind(step.act), **about) == "", step.what


def test_a_plan_tells_the_signer_on_what_restoring_rests_and_what_else_it_does() -> None:
    (restore,) = [step for step in planned("revocation-announced", REPORT).steps if step.act == "restore"]
    assert "自行纠正（参照《行政许可法》第六十九条）" in restore.what
    assert "行政复议法" not in restore.article
    assert "2024年度由“未报送”记为“免报”" in restore.what
    assert "早于撤销决定" in restore.what
    assert restore.until is None


def test_a_defence_that_was_not_heard_is_a_fault_of_procedure_and_the_plan_says_what_restoring_goes_beyond() -> None:
    defence = ProvenLate(act=ActKind.STATE_DEFENCE, came_on=date(2025, 12, 10))
    (restore,) = [step for step in planned("revocation-announced", defence).steps if step.act == "restore"]
    assert "未报送的事实没有改变，有误的是程序" in restore.what
    assert "不能使备案回到“拟撤销”" in restore.what


def test_an_extension_that_restoring_leaves_nothing_of_is_no_act_of_a_plan() -> None:
    asked = ProvenLate(
        act=ActKind.REQUEST_EXTENSION, year=2025, came_on=date(2025, 12, 3), postmarked_on=date(2025, 11, 28)
    )
    plan = planned("revocation-announced", asked)
    assert acts(plan, Sort.APPROVE) == [("restore", False)]
    assert any("延期申请不再批复" in step.what for step in plan.steps)


def test_what_people_have_set_right_is_done_with() -> None:
    """Restored, nothing is without its ground for good any more, least of all the act that restored."""
    case = CASES["revocation-report-was-in-time-but-revoked"]
    docket, now = [entry for entry in case.life.docket if entry.event.kind is not ActKind.RESTORE], end(case)
    filing = next(entry.filing for entry in reversed(docket) if entry.stage is Stage.REVOKED)
    role, office = correction._doers(filing, ActKind.RESTORE)[0]
    by = By(person="c-1", office=office, role=role)
    act = Restore(id="restored", by=by, received_at=now.at, document_no="沈科恢1号")
    revoked = docket[: filing.number]
    docket = [*revoked, entries.entered(filing, act, now)]
    assert two_times.settled_by(revoked) is None
    fallen = [entry.number for entry in two_times.true_by(docket, now.at).fallen]
    assert fallen
    assert docket[-1].number not in fallen
    plan = correction.plan(docket, now)
    assert [step.entry for step in plan.steps if step.sort is Sort.DONE] == [docket[-1].number]
    assert [step for step in plan.steps if step.sort in (Sort.GONE, Sort.APPROVE)] == []


@pytest.mark.parametrize(
    "told", [{"act": "archive", "came_on": "2025-12-01"}, {"act": "file_annual_report", "came_on": "2025-12-01"}]
)
def test_only_what_a_leader_can_send_late_is_tried(told: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="act"):
        ProvenLate.model_validate(told)


def test_what_a_letter_s_own_entry_set_right_has_lost_no_ground_any_more() -> None:
    """A case that ended by itself with the letter leaves nobody anything to do."""
    case = CASES["paper-report-undoes-a-case"]
    docket = case.life.docket
    (confirmed,) = [entry for entry in docket if entry.undoes]
    steps = correction.plan(docket, end(case)).steps
    assert [step.sort for step in steps if step.sort in (Sort.GONE, Sort.APPROVE)] == []
    (done,) = [step for step in steps if step.sort is Sort.DONE]
    assert done.entry == confirmed.number
    assert "无须另行处理" in done.what


def test_once_people_have_set_a_filing_right_it_is_not_said_to_stand_otherwise_than_it_does() -> None:
    case = CASES["paper-old-letters-after-the-decision"]
    docket = case.life.docket
    revoked, restored = docket[-2], docket[-1]
    assert restored.event.kind is ActKind.RESTORE
    before = then(docket, revoked.entered_at, end(case).at)
    after = then(docket, end(case).at, end(case).at)
    assert before
    assert after
    assert (before.differs, after.differs) == (True, False)
    assert after.settled == restored.number


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"act": "file_annual_report", "year": 2025, "came_on": "2025-12-03"}, None),
        ({"act": "state_defence", "came_on": "2025-12-03", "postmarked_on": "2025-12-03"}, None),
        (
            {"act": "state_defence", "year": 2025, "came_on": "2020-12-03", "postmarked_on": "2020-12-04"},
            "“陈述申辩”不写年度；邮戳日期2020年12月4日不得晚于收到日期2020年12月3日；收到日期、邮戳日期不得早于2021年1月1日",
        ),
        ({"act": "request_extension", "came_on": "2025-12-03"}, "“申请延期”须写明年度"),
        ({"act": "restore", "came_on": "2025-12-03"}, "“恢复备案”不是可以查实的来文"),
        ({"act": "state_defence"}, FACT),
    ],
)
def test_what_no_letter_can_be_is_said_whole_and_alike_at_every_door(told: dict[str, object], said: str | None) -> None:
    if said is None:
        ProvenLate.model_validate(told)
        return
    with pytest.raises(ValidationError) as refused:
        ProvenLate.model_validate(told)
    assert what_is_wrong(refused.value) == said
