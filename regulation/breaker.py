"""The breaker (撤销熔断): revocations that nobody decides stop and wait for two people where too many would complete on one day (G-16).

Two years without a report are an objective fact; dozens on one day are more likely a fault of ours, a letter that nobody got, or an
outage. So what would complete by itself on a day is counted, for its city and for the province; beyond the bound of the terms in force
on that day none of them completes. Which those are does not depend on who is counted first: what is due on the day, what completed
on it and what was stopped on it are counted alike. A report still ends the case; released by two people it completes at 00:00 of the
next day, and is not stopped again for being one of many.

Likewise stops what an outage of our own may have brought about (G-29): where availability in the hours before was less than it must
be, so that a report or a defence may not have reached us (`regulation.availability`): before the revocation itself, and before each
deadline on whose miss it rests. And so does, however often it is released, whatever a proposal to extend a deadline for all names,
until that is decided and has arrived. Where the terms let people decide such a revocation, they cannot meanwhile either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from models.acts import By, Hold, Lapse
from models.filing import Entry, Filing
from models.values import midnight_after
from models.vocabulary import Kind, LapseKind, Role, Stage
from regulation import agenda, entries, identity, offices, terms
from regulation.moment import Moment
from regulation.naming import on_day
from regulation.service import case_of, is_unopened


class Why(Protocol):
    """Why a revocation stops."""

    @property
    def told(self) -> str:
        """In words."""


@dataclass(frozen=True)
class Undecided:
    """A proposal to extend after an outage of our own (G-29) that names the alliance and that nobody has decided on."""

    round_id: str

    @property
    def told(self) -> str:
        """In words."""
        return f"是否因系统故障顺延报送期限尚未决定（{self.round_id}），决定之前不撤销；须由两人复核后分别解除"

    @property
    def refuses(self) -> str:
        """Why people do not decide a revocation meanwhile."""
        return f"是否因系统故障顺延报送期限尚未决定（{self.round_id}），决定之前不批准撤销"


@dataclass(frozen=True)
class Awaited:
    """An extension of a deadline that two people decided on, and that has not been entered on the alliance yet."""

    round_id: str

    @property
    def told(self) -> str:
        """In words."""
        return (
            f"已决定因系统故障顺延报送期限（{self.round_id}），尚未在本备案登记，登记之前不撤销；须由两人复核后分别解除"
        )

    @property
    def refuses(self) -> str:
        """Why people do not decide a revocation meanwhile."""
        return f"已决定因系统故障顺延报送期限（{self.round_id}），尚未在本备案登记，登记之前不批准撤销"


@dataclass(frozen=True)
class Bound:
    """How many may complete by themselves on a day: in a city (`jurisdiction`), or in the province (None)."""

    place: str
    jurisdiction: str | None
    most: int

    def is_exceeded_by(self, completing: Iterable[tuple[str, str]]) -> bool:
        """Whether these are too many, each told as its filing and its jurisdiction; no more of them is asked for than it takes."""
        counted = set[str]()
        for filing_id, place in completing:
            if self.jurisdiction in (None, place):
                counted.add(filing_id)
            if len(counted) > self.most:
                return True
        return False

    @property
    def told(self) -> str:
        """In words, where it is exceeded."""
        return f"{self.place}当日期满自行办结的撤销超过{self.most}件，须由两人复核后分别解除"


def exceeded(
    day: date,
    kind: Kind,
    jurisdiction: str,
    completing: Callable[[str | None], Iterable[tuple[str, str]]],
    edition: str | None = None,
) -> Bound | None:
    """Which bound a day exceeds for an alliance of this place, its city's before the province's; None if neither.

    `completing` tells the filings that complete by themselves on the day, each with its jurisdiction: of one jurisdiction, or of all.
    Which bound is told does not depend on the order in which it tells them. The terms are those of the day, unless others are named.
    """
    edition = edition or terms.terms_on(day)
    for place, of, key in ((offices.OFFICES[jurisdiction].city, jurisdiction, "city"), ("全省", None, "province")):
        bound = Bound(place, of, terms.value(edition, f"revocation.{key}_most_a_day", kind, jurisdiction))
        if bound.is_exceeded_by(completing(of)):
            return bound
    return None


def may_stop(entry: Entry, before: Filing) -> bool:
    """Whether an entry is a revocation that nobody decided, and the next of its filing."""
    completes = isinstance(entry.event, Lapse) and entry.event.kind is LapseKind.REVOKED
    return completes and before.number == entry.number - 1


def is_let_go(filing: Filing) -> bool:
    """Whether its case was stopped, and two people have let it go on."""
    return filing.case is not None and filing.case.stopped is not None and not filing.case.held


def rests_on(filing: Filing) -> list[datetime]:
    """The deadlines on whose miss a case rests that nobody decides."""
    return [year.due for year in filing.years if year.year in case_of(filing).years]


def stopped(before: Filing, entry: Entry, why: Why) -> Entry:
    """What is entered in the place of a revocation: 暂停, by the service itself."""
    case = case_of(before)
    act = Hold(
        id=identity.of_stop(case.opened.number, entry.number if case.stopped else None),
        by=By(person=identity.SERVICE, office=offices.PROVINCE, role=Role.PLATFORM),
        received_at=entry.entered_at,
        reason=why.told,
    )
    return entries.entered(before, act, Moment(entry.entered_at, entry.entered_at))


@dataclass(frozen=True)
class Coming:
    """A revocation that will complete by itself if nobody acts: at which instant, and whether that may still move.

    It rests on `years`, of which `missed` are; `served_on` is when the notice of a case that is open was served, `unopened` that it lies in
    the inbox and nobody has opened it. `let_go`: it was
    stopped, and two people let it go on. `opens_at`: when its case is opened by time alone, of one that is not open yet.
    """

    at: datetime
    provisional: bool
    years: tuple[int, ...]
    missed: tuple[int, ...]
    served_on: date | None
    let_go: bool = False
    opens_at: datetime | None = None
    unopened: bool = False

    @property
    def why(self) -> str:
        """In words: what it rests on, and what ends it."""
        if self.served_on:
            served = "送入收件箱，尚未签收，期限暂计，以送达为准" if self.unopened else "送达"
            rests = f"{_listed(self.years)}年度连续未报送；告知书于{on_day(self.served_on)}{served}"
        else:
            open_ = [year for year in self.years if year not in self.missed]
            rests = f"{_listed(self.missed)}年度未报送" + (f"，{_listed(open_)}年度尚未报送" if open_ else "")
            rests += "；届时启动撤销程序并送达告知书，期满撤销"
        until = "已由两人复核解除暂停；此前补报仍即终止" if self.let_go else "此前补报即终止"
        return f"{rests}；{until}" + ("；期限暂定" if self.provisional else "")


def _listed(years: Iterable[int]) -> str:
    return "、".join(map(str, years))


def coming(filing: Filing, until: datetime) -> Coming | None:
    """The revocation that time alone will bring to a filing before an instant; None if it brings none by then."""
    if filing.stage not in (Stage.IN_FORCE, Stage.REVOCATION_PENDING):
        return None
    if filing.stage is Stage.IN_FORCE and not filing.missed_years:
        return None
    opens_at = None
    for then, due in entries.ahead(filing, agenda.next_deadline):
        if due.at >= until:
            return None
        if due.lapse.kind is LapseKind.REVOCATION_OPENED:
            opens_at = due.at
        if due.lapse.kind is LapseKind.REVOKED:
            years, now = case_of(then).years, filing.case
            missed = tuple(year.year for year in filing.missed_in_a_row)
            served_on, let_go = (now.served_on, now.stopped is not None) if now else (None, False)
            unopened = is_unopened(filing, "window")
            return Coming(
                due.at, agenda.is_provisional(then, due), years, missed, served_on, let_go, opens_at, unopened
            )
    return None


def completes(filing: Filing, day: date) -> bool:
    """Whether a filing completes by itself on a day, or was to before it and did not yet. What two people let go on they decided."""
    if filing.case is not None and filing.case.stopped is not None:
        return False
    return coming(filing, midnight_after(day)) is not None
