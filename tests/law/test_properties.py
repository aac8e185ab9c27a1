"""What holds in every life: random lives through the simulator, whatever people do and whatever days pass.

Counting on the calendar has its properties in tests/test_calendar.py.
"""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from models.acts import Lapse, MoveDeadline, ProposeRevocation, Submit
from models.filing import Entry, Filing, ReportingYear
from models.values import SHANGHAI, canonical, day_of, midnight_after
from models.vocabulary import ActKind, Ground, LapseKind, Stage, YearStatus
from regulation import agenda, annual, entries, lifecycle, service
from regulation.lodging import lodge
from regulation.moment import Moment
from tests.law import matrix
from tests.law.matrix import ACTS, CIRCUMSTANCES, Circumstance, Prepared, tables
from tests.law.notation import written
from tests.samples import examples

SAYS = {
    ActKind.RESUBMIT: ("{reason: 补正}", "{technical_field: 新材料}", "{service.consent: false}"),
    ActKind.GIVE_IIT_OPINION: ("{positive: true}", "{positive: true}", "{positive: false}"),
    ActKind.CONFIRM: ("{reason: 符合}", "{notice_from: D+3}", "{notice_from: D-1}"),
    ActKind.OBJECT: ("{postmarked_on: D-2}", "", "{anonymous: true}"),
    ActKind.RULE_ON_ADMISSIBILITY: ("{objection: O, admissible: true}", "{objection: O, admissible: false}"),
    ActKind.RULE_ON_OBJECTION: (
        "{objection: O, outcome: dismissed}",
        "{objection: O, outcome: returned}",
        "{objection: O, outcome: not_confirmed}",
    ),
    ActKind.RECORD_PARTY_GROUP: ("{decision: approved}", "{decision: approved}", "{decision: rejected, reason: 不符}"),
    ActKind.FILE_ANNUAL_REPORT: ("{year: Y+1}", "{year: Y}"),
    ActKind.RETURN_ANNUAL_REPORT: ("{year: Y+1}", "{year: Y}"),
    ActKind.ANSWER_ANNUAL_RETURN: ("{year: Y+1}", "{year: Y}"),
    ActKind.REQUEST_EXTENSION: ("{year: Y+1}", "{year: Y, obstacle_ended_on: D-4}"),
    ActKind.RULE_ON_EXTENSION: (
        "{year: Y+1, outcome: refused}",
        "{year: Y+1, until: L+20}",
        "{year: Y, outcome: refused}",
        "{year: Y, until: D+20}",
    ),
    ActKind.EXCUSE_YEAR: ("{year: Y}", "{year: Y+1}"),
    ActKind.URGE_REPORT: ("{year: Y}", "{year: Y+1}"),
    ActKind.DISCOUNT_ANNUAL_REPORT: ("{year: Y}", "{year: Y+1}"),
    ActKind.DENY_LETTER: ("{letter: l1}",),
    ActKind.CLOSE_LETTER: ("{letter: l1, done_by: 1}",),
    ActKind.MOVE_DEADLINE: ("{year: Y+1, until: L+15}", "{year: Y, until: D+30}", "{year: Y+1, until: L-3}"),
    ActKind.REPORT_CHANGE: ("{change: leader, to: 91210200MA10ABCD6R}", "{change: members}", "{change: ended}"),
    ActKind.RULE_ON_CHANGE: ("{decision: confirmed}", "{decision: confirmed}", "{decision: refused}"),
    ActKind.TRANSFER: ("{to: '210200'}", "{to: '211300'}"),
    ActKind.RECORD_EVALUATION: ("{year: Y, joint_activities: 0}", "{year: Y, joint_activities: 3}"),
    ActKind.PROPOSE_REVOCATION: ("{ground: '4'}", "{ground: '5', listing: abnormal}", "{ground: '6'}"),
    ActKind.RECORD_SERVICE: (
        "{method: post}",
        "{method: post, served_on: D-3}",
        "{method: public_notice, served_on: D-40}",
        "{method: inbox}",
    ),
    ActKind.RULE_ON_DEFENCE: ("{outcome: rejected}", "{outcome: rejected}", "{outcome: accepted}"),
    ActKind.REPORT_UNDELIVERABLE: ("{entry: N}", "{entry: N}", "{entry: 1}", "{entry: 9999}"),
    ActKind.SETTLE_DELIVERY: ("{entry: U}", "{entry: U, method: post}"),
    ActKind.CORRECT_CONTACT: (
        "{phone: '13800000003'}",
        "{consent: false}",
        "{address: 沈阳市示例路2号}",
        "{consent: true, address: inbox-2}",
    ),
    ActKind.CALENDAR_PUBLISHED: ("{calendar: 2027-fictional}", "{calendar: '2024'}"),
    ActKind.TERMS_PUBLISHED: ("{terms: LN-2026-R}", "{terms: LN-2027}"),
}
"""What an act may say, in a random life. D is its day, Y+1 the last due year, L its last day, O an objection.

N is the entry of the notice of the stage, else the last; U one whose message did not arrive.
"""


RARE = (ActKind.WITHDRAW, ActKind.REFUSE, ActKind.DEREGISTER, ActKind.RETURN_TO_CITY, ActKind.TAG)
"""Acts that are always possible and would end, or fill, most lives."""

ABOUT_SERVICE = (
    ActKind.RETURN_FOR_CORRECTION,
    ActKind.RESUBMIT,
    ActKind.PROPOSE_REVOCATION,
    ActKind.APPROVE_REVOCATION,
    ActKind.REPORT_UNDELIVERABLE,
    ActKind.RECORD_SERVICE,
    ActKind.REPORT_UNDELIVERABLE,
    ActKind.ACKNOWLEDGE_SERVICE,
    ActKind.SETTLE_DELIVERY,
    ActKind.REPORT_UNDELIVERABLE,
    ActKind.CORRECT_CONTACT,
    ActKind.REPORT_UNDELIVERABLE,
    ActKind.STATE_DEFENCE,
    ActKind.RULE_ON_DEFENCE,
    ActKind.CONFIRM_NO_STATEMENT,
    ActKind.HOLD,
    ActKind.RELEASE,
    ActKind.RESTORE,
    ActKind.CALENDAR_PUBLISHED,
)
"""Acts on which it turns whether a notice was served, and what follows; that it was not comes often."""


class Step(NamedTuple):
    """Some days pass and somebody does something; which of what is possible then, the numbers choose."""

    days: int
    act: int
    actor: int
    says: int
    late: int


STEPS = st.lists(
    st.builds(
        Step,
        days=st.sampled_from((0, 0, 1, 1, 2, 3, 5, 8, 13, 30, 60, 120)),
        act=st.integers(0, 59),
        actor=st.integers(0, 11),
        says=st.integers(0, 11),
        late=st.sampled_from((0, 0, 0, 1, 1, 6, 25)),
    ),
    min_size=10,
    max_size=25,
)
BEGINNINGS = (Stage.SUBMITTED, Stage.ON_NOTICE, Stage.AT_PROVINCE, Stage.IN_FORCE, Stage.REVOCATION_PENDING)


class Walk(Prepared):
    """A random life: mostly what matrix.md allows, sometimes anything."""

    def __init__(self, circumstance: Circumstance, stage: Stage, consent: bool, acts: tuple[ActKind, ...] = ()) -> None:
        super().__init__(circumstance, stage, consent)
        self.acts = acts
        self.begun = len(self.docket)
        self.now = datetime(self.day.year, self.day.month, self.day.day, 18, tzinfo=SHANGHAI)

    def steps(self, step: Step) -> None:
        """One step; then the same act comes once more, and changes nothing."""
        self.now += timedelta(days=step.days, minutes=step.act)
        self.until(self.now)
        self.day = self.now.date()
        last = self.filing.years[-1] if self.filing.years else None
        self.year = last.year - 1 if last else self.day.year
        act = self._chosen(step, last)
        self.act(act)
        number = self.filing.number
        self.until(self.now)
        once = list(self.docket)
        self.act(act)
        assert self.docket == once
        assert getattr(once[number - 1].event, "id", None) == act["id"]

    def _chosen(self, step: Step, last: ReportingYear | None) -> dict[str, Any]:
        """What matrix.md allows and the facts allow too, first what they seldom allow; sometimes anything."""
        if step.act < 5:
            return self._act([*ActKind][(step.act * 12 + step.actor) % len(ActKind)], step, last)
        cells = tables()[self.circumstance.kind, ACTS]
        possible = [ActKind(event) for (event, stage), cell in cells.items() if stage is self.filing.stage and cell]
        possible = [event for event in possible if event not in RARE or step.act > 54]
        allowed = [event for event in self.acts if event in possible] or possible or [*ActKind]
        turn = step.act % len(allowed)
        allowed = allowed[turn:] + allowed[:turn]
        if step.late != 1 and not self.acts:
            allowed.sort(key=lambda event: not matrix.prepared(event, self.filing.stage))
        acts = (self._act(kind, step, last) for kind in allowed)
        return next(filter(self._may_be, acts), None) or self._act(ActKind.ACCEPT, step, last)

    def _may_be(self, act: dict[str, Any]) -> bool:
        facts = lodge(self.filing.id, {name: value for name, value in act.items() if name != "reaches"}).act
        at = datetime.fromisoformat(act["received_at"])
        return facts is None or lifecycle.check(self.filing, facts, Moment(at, at)) is None

    def _act(self, kind: ActKind, step: Step, last: ReportingYear | None) -> dict[str, Any]:
        cells = tables()[self.circumstance.kind, ACTS]
        actors = [matrix.ACTORS.get(each) for each in cells.get((kind, self.filing.stage), "") or matrix.REVIEWER]
        actor = actors[step.actor % len(actors)] or ("rev2" if step.actor % 2 else "rev")
        says = SAYS.get(kind, ("",))
        fields = says[step.says % len(says)].replace("O", self._objection(step.actor))
        fields = re.sub(r"\b[NU]\b", lambda which: str(self._entry(which[0], step.actor)), fields)
        due = day_of(last.due) if last else self.day
        fields = re.sub(r"\bL([+-]\d+)", lambda days: str(due + timedelta(days=int(days[1]) - 1)), fields)
        received = written(self.now - timedelta(days=step.late))
        return self.written(" ".join(filter(None, (received, actor, kind, fields, f"reaches {written(self.now)}"))))

    def _entry(self, which: str, number: int) -> int:
        unsettled = sorted(service.unsettled(self.filing))
        if which == "U":
            return unsettled[number % len(unsettled)] if unsettled else self.filing.number
        return self.filing.notification.number if self.filing.notification else self.filing.number

    def _objection(self, which: int) -> str:
        notices = (self.filing.notice, self.filing.change.notice if self.filing.change else None)
        ids = [each.id for notice in notices if notice for each in notice.objections if each.open]
        return ids[which % len(ids)] if ids else "nothing"


def a_life(circumstance: Circumstance, stage: Stage, consent: bool, steps: list[Step], *acts: ActKind) -> Walk:
    """Walk: one step after the other, by these acts as far as they are possible."""
    walk = Walk(circumstance, stage, consent, acts)
    for step in steps:
        walk.steps(step)
    return walk


random_lives = given(
    circumstance=st.sampled_from(CIRCUMSTANCES),
    stage=st.sampled_from(BEGINNINGS),
    consent=st.booleans(),
    steps=STEPS,
)
thorough = settings(max_examples=examples(40, 100), derandomize=True, deadline=None, database=None)


@thorough
@random_lives
def test_in_every_life(circumstance: Circumstance, stage: Stage, consent: bool, steps: list[Step]) -> None:
    """The simulator's `act` checks and then applies: that it comes back at all means that `apply` never raised."""
    docket = a_life(circumstance, stage, consent, steps).docket
    assert len(canonical(docket[-1].filing.model_dump(mode="json")).encode()) <= 16 * 1024
    for before, entry in pairwise(docket):
        assert entry.number == before.number + 1
        dates_never_move_earlier(before.filing, entry)
        a_refusal_changes_nothing(before.filing, entry)
        a_revocation_opens_by_two_missed_years_or_by_somebody(before.filing, entry)
        two_missed_years_do_not_wait(before.filing, entry)
        whoever_is_in_force_has_a_next_date(entry.filing)
        whatever_waits_is_chased(entry.filing)
        nothing_runs_against_a_leader_unserved(before.filing, entry)
        a_notice_fails_only_by_a_report(before.filing, entry)
        a_filing_stays_small(entry.filing)
        what_runs_on_a_year_runs_on_one_that_is_kept(entry.filing)
    assert len({entry.event.id for entry in docket if not isinstance(entry.event, Lapse | Submit)}) == sum(
        not isinstance(entry.event, Lapse | Submit) for entry in docket
    )
    for line in entries.outlook(docket[-1].filing):
        assert line.article
    reminders_change_nothing_that_comes(docket[-1].filing)


def reminders_change_nothing_that_comes(filing: Filing) -> None:
    """What time brings is the same if reminders are left aside; the details in the Temporal UI do so."""
    everything = [due for _, due in entries.ahead(filing) if due.lapse.kind is not LapseKind.REMINDER]
    assert [due for _, due in entries.ahead(filing, agenda.next_deadline)] == everything


def dates_never_move_earlier(before: Filing, entry: Entry) -> None:
    """A period that goes on never ends before what was announced, nor does a reporting year.

    A mistaken move of a deadline may be put right, while its statutory day is ahead, and never to before that (G-10).
    """
    after = entry.filing
    for name, period in after.periods.items():
        if name in before.periods and before.periods[name].from_ == period.from_:
            assert period.until >= before.periods[name].until, name
    for year in after.years:
        earlier = before.year(year.year)
        if earlier and isinstance(entry.event, MoveDeadline) and entry.at < agenda.annual_deadline(before, year.year):
            earlier = earlier.but(due=agenda.annual_deadline(before, year.year))
        assert earlier is None or year.due >= earlier.due


def a_refusal_changes_nothing(before: Filing, entry: Entry) -> None:
    """Only the number of the last entry."""
    if entry.refused:
        assert entry.filing.but(number=before.number) == before


def a_revocation_opens_by_two_missed_years_or_by_somebody(before: Filing, entry: Entry) -> None:
    """Of itself only by two years missed in a row; on another ground only by a person."""
    if entry.stage is not Stage.REVOCATION_PENDING or before.stage is Stage.REVOCATION_PENDING:
        return
    if isinstance(entry.event, Lapse):
        assert entry.event.kind is LapseKind.REVOCATION_OPENED
        assert two_missed(before)
    else:
        assert isinstance(entry.event, ProposeRevocation)
        assert entry.event.ground is not Ground.TWO_YEARS_MISSED


def what_runs_on_a_year_runs_on_one_that_is_kept(filing: Filing) -> None:
    """Of a year too old to be kept nothing waits."""
    years = {name.partition(":")[2] for name in filing.periods if name.partition(":")[0] in annual.OF_A_YEAR}
    assert years <= {str(year.year) for year in filing.years}


def two_missed(filing: Filing) -> bool:
    """Whether the last two due years that are over were both missed (G-12)."""
    over = list(filing.years)
    while over and not over[-1].closed:
        over.pop()
    return len(over) >= 2 and all(year.closed and year.status is YearStatus.MISSED for year in over[-2:])


def two_missed_years_do_not_wait(before: Filing, entry: Entry) -> None:
    """In force with two missed years, nothing but time's other business of that instant comes before the case opens."""
    if before.stage is Stage.IN_FORCE and two_missed(before) and before.opened_for != before.missed_in_a_row[-1].year:
        assert isinstance(entry.event, Lapse)
        assert agenda.next_lapse(before) is not None


def whoever_is_in_force_has_a_next_date(filing: Filing) -> None:
    """There is always a year to come. (Until 0.3 a request to extend it, pending at a restoration, was forgotten.)"""
    restored = filing.freed_at is not None and day_of(filing.freed_at) < service.STRICTER_SINCE
    if filing.stage is Stage.IN_FORCE and not (restored and filing.years[-1].extension):
        assert agenda.next_deadline(filing) is not None


def waiting(filing: Filing) -> set[str]:
    """The periods under which somebody must be chased as a filing stands, told from its facts alone."""
    case, change = filing.case, filing.change
    pending, in_force = filing.stage is Stage.REVOCATION_PENDING, filing.stage is Stage.IN_FORCE
    facts = {
        "hold": bool(case and case.held),
        "service": bool(pending and case and case.served_on is None),
        "defence": bool(pending and case and case.defence == "open"),
        "handing": bool(filing.transfer) and (in_force or filing.stage in APPLYING),
        "ending": in_force and filing.end_reported is not None,
        "change": in_force and change is not None and change.notice is None,
        "archiving": filing.stage is Stage.AT_PROVINCE,
        "forwarding": filing.stage is Stage.NOTICE_CLEARED,
        "review": filing.stage in (Stage.UNDER_REVIEW, Stage.REVIEW_PASSED),
    }
    years = [year for year in filing.years if pending or in_force]
    restored = filing.freed_at is not None and day_of(filing.freed_at) < service.STRICTER_SINCE  # what ran had ended
    notices = [filing.notice if filing.stage in NOTIFIED else None, change.notice if change else None]
    open_ones = [each.id for notice in notices if notice for each in notice.objections if each.open]
    return (
        {name for name, is_so in facts.items() if is_so}
        | {f"extension:{year.year}" for year in years if year.extension and not restored}
        | {f"answer:{year.year}" for year in years if year.returned and not restored}
        | {f"objection:{each}" for each in open_ones}
        | {f"challenge:{each.id}" for each in filing.challenges}
    )


APPLYING = (Stage.SUBMITTED, Stage.RETURNED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED)
NOTIFIED = (*APPLYING, Stage.ON_NOTICE, Stage.NOTICE_CLEARED, Stage.AT_PROVINCE)


def whatever_waits_is_chased(filing: Filing) -> None:
    """Whoever is awaited, and for whatever, a chase stands on the agenda, however often there has been one (Q31)."""
    if filing.stage is Stage.LAPSED:
        return
    chased = {due.period for due in agenda.dues(filing)}
    assert waiting(filing) <= chased
    if filing.stage not in lifecycle.ENDS and lifecycle.awaited(filing):
        assert agenda.next_deadline(filing) is not None
    unannounced = filing.stage in lifecycle.ANNOUNCED and filing.announced is None and not filing.on_hold
    assert not unannounced or chased & {"announcement", "announcement_alert", "unannounced", "restoration"}


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@random_lives
def test_whatever_waits_is_chased_however_long_nobody_acts(
    circumstance: Circumstance, stage: Stage, consent: bool, steps: list[Step]
) -> None:
    """Ten years on, nothing has fallen silent; and not a day brings the same chase twice."""
    walk = a_life(circumstance, stage, consent, steps)
    begun = len(walk.docket)
    walk.until(walk.now + timedelta(days=3650))
    for entry in walk.docket[begun:]:
        whatever_waits_is_chased(entry.filing)
    chases = [(e.at, e.event.kind, e.event.of, e.event.year) for e in walk.docket if isinstance(e.event, Lapse)]
    chases = [each for each in chases if each[1] is not LapseKind.REMINDER]
    assert len(set(chases)) == len(chases)


LETTERS_OF_A_CASE = {
    ActKind.FILE_ANNUAL_REPORT: "{{year: {year}, came: {{on: D+{on}}}}}",
    ActKind.REQUEST_EXTENSION: "{{year: {year}, obstacle_ended_on: D+{on}, came: {{on: D+{on}}}}}",
    ActKind.STATE_DEFENCE: "{{came: {{on: D+{on}}}}}",
}


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    kind=st.sampled_from([*LETTERS_OF_A_CASE]),
    on=st.integers(0, 9),
    late=st.integers(0, 8),
    answered=st.one_of(st.none(), st.integers(0, 200)),
    genuine=st.booleans(),
)
def test_no_revocation_completes_while_a_letter_of_its_leader_is_unanswered(
    kind: ActKind, on: int, late: int, answered: int | None, genuine: bool
) -> None:
    """However long an office leaves it lying, and whenever it says yes or no; after a no its leader has days to prove it (G-42)."""
    life = Prepared(CIRCUMSTANCES[0], Stage.REVOCATION_PENDING)
    says = LETTERS_OF_A_CASE[kind].format(year=2026, on=on)
    life.does(f"D+{on + late} rev {kind} as l1 {says}")
    if answered is None:
        life.until(midnight_after(life.on(2000)))
        assert life.filing.stage is Stage.REVOCATION_PENDING
        whatever_waits_is_chased(life.filing)
        assert agenda.unanswered(life.filing)
        return
    day = on + late + answered
    if genuine:
        life.does(f"D+{day} rev2 {kind} {says.replace('{', '{seconds: l1, ', 1)}")
        assert not any(each.event.kind == LapseKind.REVOKED for each in life.docket)
        return
    life.does(f"D+{day} rev deny_letter {{letter: l1}}\nD+{day} rev2 deny_letter {{letter: l1}}")
    assert life.filing.stage is Stage.REVOCATION_PENDING
    (proving,) = [period for name, period in life.filing.periods.items() if name.startswith("denied:")]
    assert proving.from_ == life.on(day)
    life.until(midnight_after(life.on(max(day, 18) + 40)))
    (revoked,) = [each for each in life.docket if each.event.kind == LapseKind.REVOKED]
    assert revoked.at == max(agenda.over_for_sure(proving), midnight_after(life.on(17)))


@thorough
@given(
    circumstance=st.sampled_from(CIRCUMSTANCES),
    stage=st.sampled_from((Stage.RETURNED, Stage.IN_FORCE, Stage.REVOCATION_PENDING)),
    consent=st.booleans(),
    steps=STEPS,
)
def test_in_every_dispute_about_service(
    circumstance: Circumstance, stage: Stage, consent: bool, steps: list[Step]
) -> None:
    """Served or not, doubted, read, moved, held, defended: nothing adverse comes of a notice that was not served."""
    walk = a_life(circumstance, stage, consent, steps, *ABOUT_SERVICE)
    left = walk.filing
    walk.until(walk.now + timedelta(days=800))
    for before, entry in pairwise(walk.docket):
        a_refusal_changes_nothing(before.filing, entry)
        nothing_runs_against_a_leader_unserved(before.filing, entry)
        a_notice_fails_only_by_a_report(before.filing, entry)
        a_filing_stays_small(entry.filing)
        whatever_waits_is_chased(entry.filing)
    if service.is_awaited(left):
        assert walk.filing.stage is left.stage
        assert service.is_awaited(walk.filing)


ADVERSE = {LapseKind.CORRECTION_LAPSED, LapseKind.STATEMENT_ENDED, LapseKind.REVOKED, ActKind.APPROVE_REVOCATION}
"""What ends a period that runs from the service of a notice, or follows from its end."""


def nothing_runs_against_a_leader_unserved(before: Filing, entry: Entry) -> None:
    """While staff must serve a notice none of its periods runs; while its arrival is in doubt none ends (G-18)."""
    filing = entry.filing
    if service.is_awaited(filing):
        assert not filing.periods.keys() & {"correction", "window", "unread", "decision"}
        assert filing.stage is Stage.RETURNED or (filing.case and filing.case.served_on is None)
    if entry.event.kind in ADVERSE and not entry.refused:
        assert not service.is_awaited(before)
        assert not service.is_doubted(before)
        assert before.stage is Stage.RETURNED or (before.case and before.case.served_on)
    if entry.event.kind == LapseKind.STATEMENT_ENDED:
        assert before.case
        assert before.periods["window"].from_ == before.case.served_on
        assert entry.at == before.periods["window"].until


def a_notice_fails_only_by_a_report(before: Filing, entry: Entry) -> None:
    """Never before somebody reported it, never once it was read; then it is served anew."""
    if entry.event.kind == LapseKind.SERVICE_FAILED:
        notification = before.notification
        assert notification
        assert notification.doubted_at
        assert entry.at >= notification.doubted_at
        assert not notification.read
        assert service.is_awaited(entry.filing)
    if service.is_doubted(entry.filing) and not service.is_doubted(before):
        assert entry.event.kind == ActKind.REPORT_UNDELIVERABLE


def a_filing_stays_small(filing: Filing) -> None:
    """However much does not arrive."""
    assert len(service.unsettled(filing)) <= service.UNSETTLED
    assert service.is_awaited(filing) + service.is_doubted(filing) <= 1


def test_a_notice_in_doubt_fails_no_later_than_its_own_period_ends() -> None:
    """Also where an edition gives more days to read than to be heard: nothing follows from a notice in doubt."""
    life = Prepared(CIRCUMSTANCES[0], Stage.REVOCATION_PENDING)
    life.until(midnight_after(life.day))
    notice = life.filing.number
    life.does(f"D+1 platform report_undeliverable {{entry: {notice}}}")
    life.does(f"D+1 rev settle_delivery {{entry: {notice}}}")
    doubted = agenda.prolong(life.filing, "unread", "revocation.announce_alert_working_days")
    due = agenda.next_lapse(doubted)
    assert doubted.periods["unread"].until > doubted.periods["window"].until
    assert due
    assert (due.lapse.kind, due.at) == (LapseKind.SERVICE_FAILED, doubted.periods["window"].until)


FATES = {
    "filed": "{year}-11-01 10:00 leader file_annual_report {{year: {year}}}",
    "late": "{next}-05-10 10:00 leader file_annual_report {{year: {year}}}",
    "excused": "{year}-11-02 10:00 prov excuse_year {{year: {year}}}\n{year}-11-03 10:00 prov2 excuse_year {{year: {year}}}",
    "never": "",
}
"""What may become of a reporting year, and by which acts."""


@settings(max_examples=80, derandomize=True, deadline=None, database=None)
@given(circumstance=st.sampled_from(CIRCUMSTANCES), fates=st.lists(st.sampled_from([*FATES]), min_size=2, max_size=7))
def test_two_due_years_missed_in_a_row_open_a_revocation_and_nothing_else_does(
    circumstance: Circumstance, fates: list[str]
) -> None:
    life = Prepared(circumstance, Stage.IN_FORCE)
    first = life.year
    told = [FATES[fate].format(year=year, next=year + 1) for year, fate in enumerate(fates, first)]
    told.append(f'{first}-10-08 10:00 operator calendar_published {{calendar: "2054"}}')  # or revocations would wait
    for line in sorted("\n".join(told).split("\n")):
        life.does(line)
    life.until(datetime(first + len(fates), 6, 1, tzinfo=SHANGHAI))
    missed = [
        year
        for year, pair in enumerate(pairwise(fates), first + 1)
        if pair[0] == "never" and pair[1] in ("never", "late")
    ]
    opened = [
        entry.event.year
        for entry in life.docket
        if isinstance(entry.event, Lapse) and entry.event.kind is LapseKind.REVOCATION_OPENED
    ]
    assert opened == missed[:1]
    assert (life.filing.stage is Stage.REVOKED) is bool(missed)


def test_a_calendar_published_moves_no_date_to_before_what_was_announced() -> None:
    filing = Prepared(CIRCUMSTANCES[0], Stage.UNDER_REVIEW).filing
    earlier = later = 0
    for days in range(420):
        start = date(2026, 11, 20) + timedelta(days=days)
        announced = agenda.begin(agenda.begin(filing, "notice", start), "review", start)
        moved = agenda.count_again(announced, "2027-fictional", midnight_after(start))
        for name in ("notice", "review"):
            anew = agenda.begin(filing.but(calendar="2027-fictional"), name, start).periods[name].until
            assert moved.periods[name].until == max(anew, announced.periods[name].until)
            earlier += anew < announced.periods[name].until
            later += anew > announced.periods[name].until
    assert earlier
    assert later
