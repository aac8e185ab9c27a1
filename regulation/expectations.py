"""Who is expected to do what to a filing, and when: what a fork of the register lives on by (regulation/whatif.py).

What is expected is the usual course: an office takes the next step of its table, a leader reports, answers and corrects. Nobody is
expected to object, to refuse, to withdraw or to hold. When, says an assumption: as people acted before, by days that were measured at
the office; in time; or not at all. Whatever is drawn is drawn from the filing's id, so two futures of one filing differ only by what
was asked about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from models.acts import ACT, TOGETHER, Act, By, Submit
from models.filing import Filing, ReportingYear
from models.values import at_hour, day_of, last_day_until
from models.vocabulary import ActKind, Kind, Role, Stage, YearStatus
from models.whatif import Assumption, Conduct, Habits
from regulation import agenda, calendar, checklist, lifecycle, offices, province, review, service
from regulation.moment import Moment

A = ActKind

HOUR = 10
"""At what hour people act."""

PAPER = "f" * 64
"""The paper of an act that nobody wrote."""

WITHOUT_MEASURE = 3
"""How many working days an act takes for which nothing was ever measured and no period runs."""

REPORTED_AHEAD = 28
"""Who reports in time does so within so many days before the deadline is over."""


class Step(NamedTuple):
    """An act that somebody is expected to do: whose it is, within which period, and what it says."""

    kind: ActKind
    role: Role
    period: str | None = None
    about: str = ""
    says: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """Which step this is among those of a filing."""
        return f"{self.kind}:{self.about}"


class Expected(NamedTuple):
    """A step with the instant at which it is expected."""

    at: datetime
    step: Step


def steps(filing: Filing) -> Iterator[Step]:
    """What a filing waits for, of anybody but time and a leader's yearly report."""
    reviewer = offices.reviewer(filing.jurisdiction, filing.zone)[0]
    yield from _applying(filing, reviewer)
    for name in filing.periods:
        what, _, about = name.partition(":")
        if what == "service":
            yield Step(A.RECORD_SERVICE, reviewer, name, says=(("method", "post"),))
        elif what == "delivery":
            yield Step(A.SETTLE_DELIVERY, reviewer, name, about, (("entry", int(about)), ("method", "post")))
        elif what == "objection":
            yield from _objected(filing, reviewer, name, about)
        elif what == "answer" and (year := filing.year(int(about))) and year.returned:
            yield Step(A.ANSWER_ANNUAL_RETURN, Role.LEADER, name, about, (("year", year.year), ("paper", PAPER)))
        elif what == "extension" and (year := filing.year(int(about))) and year.extension:
            refused = (("year", year.year), ("outcome", "refused"))
            yield Step(A.RULE_ON_EXTENSION, reviewer, name, about, refused)
        elif what == "change":
            yield from _changing(filing, reviewer, name)
        elif what == "defence":
            yield Step(A.RULE_ON_DEFENCE, reviewer, name, says=(("outcome", "rejected"), ("reason", "推演")))
        elif what == "decision" and filing.stage is Stage.REVOCATION_PENDING:
            yield Step(A.APPROVE_REVOCATION, reviewer, name, says=(("document_no", "推演"),))
        elif what in ("announcement", "unannounced"):
            yield Step(A.RECORD_ANNOUNCEMENT, reviewer, name, says=(("url", "https://example.gov.cn/"),))


def _applying(filing: Filing, reviewer: Role) -> Iterator[Step]:
    """The next step of an application (docs/lifecycle.md)."""
    match filing.stage:
        case Stage.SUBMITTED:
            yield Step(A.ACCEPT, reviewer, "acceptance")
        case Stage.UNDER_REVIEW if lifecycle.awaits_iit(filing):
            yield Step(A.GIVE_IIT_OPINION, Role.CITY_IIT, "iit", says=(("positive", True),))
        case Stage.UNDER_REVIEW if review.review_of(filing).iit_positive is False:
            return  # what 工信 disagreed with, nobody is expected to confirm
        case Stage.UNDER_REVIEW if filing.kind is Kind.B:
            yield Step(A.RECOMMEND, reviewer, "review", says=(("checklist", _met(filing)),))
        case Stage.UNDER_REVIEW | Stage.REVIEW_PASSED:
            asked = checklist.ON_CONFIRMING[filing.kind]
            yield Step(A.CONFIRM, reviewer, "review", says=(("checklist", _met(filing)),) if asked else ())
        case Stage.NOTICE_CLEARED | Stage.AT_PROVINCE if filing.open_objections:
            return
        case Stage.NOTICE_CLEARED:
            yield Step(A.FORWARD, reviewer, "forwarding", says=(("document_no", "推演"), ("paper", PAPER)))
        case Stage.AT_PROVINCE if agenda.letters_waiting(filing):
            return  # nothing is archived over a letter that two people have not answered
        case Stage.AT_PROVINCE:
            yield _at_province(filing)
        case Stage.RETURNED if not service.is_awaited(filing):
            yield Step(A.RESUBMIT, Role.LEADER, "correction", says=(("paper", filing.paper), ("facts", facts(filing))))
        case _:
            return


def _at_province(filing: Filing) -> Step:
    step = filing.province
    if province.BY_PARTY_GROUP[filing.kind] and not (step and step.approved):
        if step is None or step.opinion is None:
            return Step(A.GIVE_OFFICE_OPINION, Role.PROVINCE_ST, "archiving", says=(("positive", True),))
        says = (("decision", "approved"), ("document_no", "推演"))
        return Step(A.RECORD_PARTY_GROUP, Role.PROVINCE_ST, "archiving", says=says)
    return Step(A.ARCHIVE, Role.PROVINCE_ST, "archiving")


def _objected(filing: Filing, reviewer: Role, name: str, objection: str) -> Iterator[Step]:
    """An objection is taken up, and then dismissed."""
    notices = (filing.notice, filing.change.notice if filing.change else None)
    known = (each for notice in notices if notice for each in notice.objections)
    found = next((each for each in known if each.id == objection), None)
    if objection == TOGETHER or found is None:
        return
    says = (("objection", objection), ("reason", "推演"))
    if found.admissible is None:
        yield Step(A.RULE_ON_ADMISSIBILITY, reviewer, name, objection, (*says, ("admissible", True)))
    else:
        yield Step(A.RULE_ON_OBJECTION, reviewer, name, objection, (*says, ("outcome", "dismissed")))


def _changing(filing: Filing, reviewer: Role, name: str) -> Iterator[Step]:
    if filing.stage is not Stage.IN_FORCE or filing.change is None:
        return
    if lifecycle.awaits_iit(filing):
        yield Step(A.GIVE_IIT_OPINION, Role.CITY_IIT, name, "change", (("positive", True),))
    elif filing.change.notice is None and filing.change.iit_positive is not False:
        yield Step(A.RULE_ON_CHANGE, reviewer, name, says=(("decision", "confirmed"),))


def _met(filing: Filing) -> tuple[dict[str, Any], ...]:
    return tuple({"item": item, "met": True} for item in review.conditions(filing))


def facts(filing: Filing) -> Submit:
    """What a correction says of a filing that is as it was but for what was asked for."""
    return Submit(
        by=By(person="whatif", office=filing.leader, role=Role.LEADER),
        filing=filing.id,
        alliance=filing.kind,
        jurisdiction=filing.jurisdiction,
        zone=filing.zone,
        leader=filing.leader,
        paper=filing.paper,
        substance=filing.substance,
        consent=filing.consent,
        address=filing.address,
        terms=filing.terms,
        calendar=filing.calendar,
        serves_all=filing.serves_all,
        whole_checklist=filing.whole_checklist,
        chased_until_done=filing.chased_since is not None,
    )


@dataclass(frozen=True)
class Expectations:
    """When people are expected to act, by an assumption and what was measured; `since` is when the fork begins."""

    assumption: Assumption
    habits: Habits
    since: datetime

    def next(self, filing: Filing, moved_on: date, now: datetime, tried: frozenset[str]) -> Expected | None:
        """The act that comes first. `moved_on` is the day of what a filing waits upon, `now` the instant of its last entry;
        `tried` are the steps that were refused since."""
        found = [Expected(at, step) for step in steps(filing) if (at := self._when(filing, step, moved_on, now))]
        found += self._reports(filing, now)
        return min((each for each in found if each.step.name not in tried), default=None, key=lambda each: each.at)

    def _when(self, filing: Filing, step: Step, moved_on: date, now: datetime) -> datetime | None:
        conduct = self.assumption.leaders if step.role is Role.LEADER else self.assumption.offices
        office = self._office(filing, step)
        if conduct is Conduct.NOBODY or (step.role is Role.LEADER and not self._acts(filing)):
            return None
        period = filing.periods.get(step.period or "")
        begun = period.from_ if period and step.period not in ("review", "archiving") else moved_on
        delay = self.assumption.delays.get(office, 0) + self.assumption.delay if step.role is not Role.LEADER else 0
        if conduct is Conduct.IN_TIME and period and not period.chased:
            day = last_day_until(period.until)
            day = self._later(filing, day, delay) if delay else day
        else:
            took = WITHOUT_MEASURE if conduct is Conduct.IN_TIME else self._took(filing, step, office)
            day = self._later(filing, begun, took + delay)
        return self._not_before(filing, at_hour(day, HOUR), now)

    def _reports(self, filing: Filing, now: datetime) -> Iterator[Expected]:
        """The yearly reports that are still to come."""
        if filing.stage not in (Stage.IN_FORCE, Stage.REVOCATION_PENDING):
            return
        for year in filing.years[-2:]:
            if year.returned or year.status not in (YearStatus.OPEN, YearStatus.MISSED):
                continue
            if at := self._reports_at(filing, year, now):
                says = (("year", year.year), ("paper", PAPER))
                yield Expected(at, Step(A.FILE_ANNUAL_REPORT, Role.LEADER, None, str(year.year), says))

    def _reports_at(self, filing: Filing, year: ReportingYear, now: datetime) -> datetime | None:
        if self.assumption.leaders is Conduct.NOBODY or not self._acts(filing):
            return None
        last = last_day_until(year.due)
        drawn = chance(f"{filing.id} {year.year}")
        if self.assumption.leaders is Conduct.IN_TIME:
            at = at_hour(last - timedelta(days=1 + int(drawn * REPORTED_AHEAD)), HOUR)
            return self._not_before(filing, at, now) if now < year.due else None
        known = self._known_reports(filing)
        coming = [each for each in known if each is None or at_hour(last + timedelta(days=each), HOUR) > self.since]
        days = _quantile(coming, drawn)
        return None if days is None else self._not_before(filing, at_hour(last + timedelta(days=days), HOUR), now)

    def _known_reports(self, filing: Filing) -> Sequence[int | None]:
        office = filing.zone or filing.jurisdiction
        known = self.habits.reports
        return known.get(f"{office} {filing.kind}") or known.get(f" {filing.kind}") or (-7,)

    def _took(self, filing: Filing, step: Step, office: str) -> int:
        known = self.habits.steps.get(step.kind.value, {})
        days = _quantile(known.get(office) or known.get("") or (WITHOUT_MEASURE,), chance(f"{filing.id} {step.name}"))
        return days if days is not None else WITHOUT_MEASURE

    def _acts(self, filing: Filing) -> bool:
        """Whether the leader is among those that act at all."""
        return chance(f"{filing.id} acts") * 100 < self.assumption.share

    def _office(self, filing: Filing, step: Step) -> str:
        if step.role is Role.PROVINCE_ST:
            return offices.PROVINCE
        return filing.jurisdiction if step.role is Role.CITY_IIT else filing.zone or filing.jurisdiction

    def _later(self, filing: Filing, day: date, days: int) -> date:
        return calendar.last_day(filing.calendar, filing.jurisdiction, day, max(days, 1), "working_day")

    def _not_before(self, filing: Filing, at: datetime, now: datetime) -> datetime:
        """Whoever should have acted already does so on the next working day, and never before what was entered last."""
        floor = max(now, self.since)
        return at if at > floor else at_hour(self._later(filing, day_of(floor), 1), HOUR)


def chance(about: str) -> float:
    """A number from 0 to 1 that is always the same for the same thing."""
    return int.from_bytes(blake2b(about.encode(), digest_size=7).digest()) / 256**7


def _quantile(known: Sequence[int | None], drawn: float) -> int | None:
    return known[int(drawn * len(known))] if known else None


def act(filing: Filing, expected: Expected) -> Act:
    """A step as the act that it is, by somebody who does nothing else."""
    step, at = expected.step, expected.at
    office = offices.posts(filing, step.role)[0][1]
    told: dict[str, Any] = {
        "id": f"whatif-{filing.number}-{step.kind}",
        "kind": step.kind.value,
        "by": {"person": f"whatif-{step.kind}", "office": office, "role": step.role.value},
        "received_at": at.isoformat(),
        **dict(step.says),
    }
    if step.kind is A.RECORD_SERVICE:
        told["served_on"] = str(day_of(at))
    elif step.kind is A.RECORD_PARTY_GROUP:
        told["met_on"] = str(day_of(at))
    elif step.kind is A.ARCHIVE:
        told["archive_number"] = f"{province.number_prefix(filing, day_of(at).year)}0001"
    return ACT.validate_python(told)


def moment(expected: Expected) -> Moment:
    """When a step counts: as it is expected, entered at once."""
    return Moment(expected.at, expected.at)
