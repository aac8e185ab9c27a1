"""What a door receives (收件), before anything is sent: read, known or not, noted as arrived, judged, its papers stored.

All of it is the register's; the engine is not asked. So it runs on threads, and holds although the engine is down.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from activities.arrivals import Arrival, Arrivals, Entered, OtherContent
from activities.papers import PaperMissing
from activities.register import Register
from gateway.problem import Conflict, KeyReused, MovedOn, NotFound, Refused, refuse
from gateway.remembered.quotas import Quotas
from models.acts import NEW_VERSIONS, Act, By, Lapse, Submit, Unreadable
from models.filing import Filing, Receipt
from models.findings import Finding, Refusal
from models.forms import Application
from models.legacy import ListedAlliance
from models.register import FilingRow
from models.values import INSTANT, at_hour, canonical, day_of, digest
from models.vocabulary import ActKind, Role
from regulation import changes, entries, identity, intake, lifecycle, lodging, on_paper, province
from regulation.lodging import Lodged
from regulation.moment import Moment
from regulation.offers import as_finding, lacking

CONTENT = "/content"
"""Where an act has its paper, as it is sent."""


@dataclass(frozen=True)
class Asked:
    """An act as somebody asks for it, with its papers, and the fields that the door is to fill in."""

    act: Act
    lodged: Lodged
    left_to_the_door: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """By what it is known (regulation/identity.py)."""
        return identity.asked(self.act, leaving_out=self.left_to_the_door)

    def salted(self, arrival: Arrival) -> tuple[Act, list[dict[str, Any]]]:
        """The act as of its first receipt, and the papers that it brings. What the service does itself keeps no time limit."""
        lodged = self.lodged.salted(arrival.nonce)
        act = lodged.act or self.act
        stamped = act if identity.is_by_service(act.id) else act.but(received_at=arrival.received_at)
        return stamped, [paper for paper in (lodged.paper, lodged.record) if paper is not None]

    def is_same(self, event: Act | Unreadable, register: Register) -> bool:
        """Whether this is what was entered: by its papers' digests, or by what they say."""
        if identity.asked(event, leaving_out=self.left_to_the_door) == self.digest:
            return True
        try:
            said = identity.bared(event, register.paper)
        except PaperMissing:
            return False
        return identity.asked(said, leaving_out=self.left_to_the_door) == self.digest


@dataclass(frozen=True)
class Received:
    """An act as it was received: its filing as it stood then, the act as it was asked for, and as it may travel on."""

    row: FilingRow
    asked: Asked
    act: Act


@dataclass(frozen=True)
class Reception:
    """What is received for the filings of a register. Every method may be repeated with the same ids."""

    register: Register
    quotas: Quotas | None = None

    @cached_property
    def arrivals(self) -> Arrivals:
        """What was received and nobody has answered yet."""
        return Arrivals(self.register.engine)

    # Applications

    def submitted_before(self, raw: Mapping[str, Any], paper: Mapping[str, Any]) -> Receipt | None:
        """The receipt of what was submitted under a filing's id, if anything was; other content is a `Conflict` (Q19)."""
        row = self.register.row(str(raw["filing_id"]))
        first = self.register.entry(row.filing_id, 1) if row else None
        if row is None or first is None:
            return None
        if digest(self.register.paper(row.first_paper)) != digest(paper):
            raise Conflict(row.filing_id)
        return entries.receipt(first)

    def examined(self, raw: Mapping[str, Any], received_at: datetime) -> intake.Examination:
        """Everything that is found on an application as of its receipt."""
        return intake.examine(raw, received_at, self.register.known(str(raw.get("filing_id")), raw))

    def application(
        self, raw: Mapping[str, Any], paper: Mapping[str, Any], arrival: Arrival, now: datetime
    ) -> tuple[Application | ListedAlliance, Submit, str]:
        """An application that was received, judged as of its first receipt; its paper is stored, and known by a digest."""
        examination = self.examined(raw, arrival.received_at)
        form, facts = examination.form, examination.facts
        if form is None or facts is None:
            refuse(examination.findings)
        if facts.by.role is Role.LEADER and (many := self._too_many(facts.leader, now)):
            refuse(many)
        salted = identity.salted(paper, arrival.nonce)
        if beyond := self.beyond(facts.by, form.filing_id, [salted], now):
            refuse(beyond)
        return form, facts, self.register.lodge(form.filing_id, "application", salted, now)

    def _too_many(self, leader: str, now: datetime) -> tuple[Finding, ...]:
        """What speaks against one more application of a leader: nobody fills an office's desk alone."""
        if self.quotas is None:
            return ()
        return self.quotas.one_more(*self.register.applications_of(leader, at_hour(day_of(now), 0)))

    def beyond(
        self, by: By | None, filing_id: str, papers: Sequence[Mapping[str, Any]], now: datetime
    ) -> tuple[Finding, ...]:
        """What speaks against storing papers today; those that are stored already cost nothing."""
        if self.quotas is None or by is None:
            return ()
        new = sum(len(canonical(each).encode()) for each in papers if not self.register.has_paper(digest(each)))
        return self.quotas.take_for(by, filing_id, new, now)

    # Acts

    def receive(
        self,
        filing_id: str,
        raw: Mapping[str, Any],
        now: datetime,
        seen: Collection[int] | None = None,
        *,
        own: bool = False,
    ) -> Received | Receipt:
        """Receive an act; or its answer, if it is entered. `seen`: the entries on the last of which it rests, if it must."""
        row = self.row(filing_id)
        self.unmoved(row, raw, seen)
        filing = Filing.model_validate_json(row.value)
        raw = self.as_entered(filing_id, raw)
        asked = self._asked(filing, raw, now, own=own)
        if receipt := self._told(filing_id, asked, now):
            return receipt
        try:
            return Received(row, asked, self._noted(filing, raw, asked, now))
        except Entered:
            return self.receive(filing_id, raw, now, seen, own=own)

    def unmoved(self, row: FilingRow, raw: Mapping[str, Any], seen: Collection[int] | None) -> None:
        """Refuse an act that rests on an earlier state of its filing, unless it was received before: `MovedOn`."""
        if seen is not None and row.number not in seen and not self.is_known(row.filing_id, str(raw.get("id"))):
            raise MovedOn(row.filing_id, seen)

    def as_entered(self, filing_id: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """An act that confirms what a colleague entered for somebody, with all that was entered: nobody types it again."""
        entry = self.register.entry_of(filing_id, str(raw.get("seconds"))) if raw.get("seconds") else None
        event: Any = entry.event if entry else None
        came = getattr(event, "came", None)
        if event is None or came is None or "came" in raw or "content" in raw:
            return raw
        first = event.model_dump(
            mode="json", exclude={*identity.ADDED, "by", "id", "paper", "seconds"}, exclude_none=True
        )
        first["came"] = {**first["came"], **self.register.paper(came.record)}
        del first["came"]["record"]
        paper = getattr(event, "paper", None)
        content = {"content": self.register.paper(paper)} if paper else {}
        from_the_paper = lodging.FROM_THE_PAPER.get(event.kind, ()) if content else ()
        return {**{name: value for name, value in first.items() if name not in from_the_paper}, **content, **raw}

    def is_known(self, filing_id: str, act_id: str) -> bool:
        """Whether something is under an act's id already: entered, or received and not answered yet."""
        return self.register.entry_of(filing_id, act_id) is not None or self.arrivals.are_noted(filing_id, act_id)

    def row(self, filing_id: str) -> FilingRow:
        """A filing as the register has it; `NotFound` if it has none."""
        row = self.register.row(filing_id)
        if row is None:
            raise NotFound(filing_id)
        return row

    def _asked(self, filing: Filing, raw: Mapping[str, Any], now: datetime, *, own: bool = False) -> Asked:
        """An act as it is asked for, with its papers; refused with every finding if it is none."""
        numbered = raw
        if raw.get("kind") == ActKind.ARCHIVE and "archive_number" not in raw:
            day = day_of(read_instant(raw.get("received_at")) or now)
            numbered = {**raw, "archive_number": f"{province.number_prefix(filing, day.year)}0001"}
        reported = raw.get("kind") == ActKind.REPORT_CHANGE
        subject = (
            self.register.subject(filing.id, raw.get("content")) if reported else changes.Subject.made(filing=filing)
        )
        lodged = lodging.lodge(filing.id, numbered, subject)
        if lodged.act is None and self.register.entry_of(filing.id, str(raw.get("id"))) is not None:
            raise KeyReused(raw.get("id"))
        if not own and self._is_reserved(filing.id, raw.get("id")):
            lodged = Lodged(findings=(*lodged.findings, lodging.reserved(raw.get("kind"))))
        if not own and (found := lodging.in_own_name(raw)):
            lodged = Lodged(findings=(*lodged.findings, *found))
        if lodged.act is None:
            received = Moment(read_instant(raw.get("received_at")) or now, now)
            found = (*lodged.findings, *lacking(filing, raw, lodged.findings, received))
            self.register.record_refusal(filing.id, raw, lodging.refusal(found).message, now)
            refuse(found)
        return Asked(lodged.act, lodged, ("archive_number",) if numbered is not raw else ())

    def _is_reserved(self, filing_id: str, act_id: object) -> bool:
        """Whether callers may not take an id. What they entered before it was reserved has its answer, as ever."""
        earlier = identity.is_earlier(act_id) and self.register.entry_of(filing_id, str(act_id)) is None
        return earlier or identity.is_own(act_id)

    def _noted(self, filing: Filing, raw: Mapping[str, Any], asked: Asked, now: datetime) -> Act:
        """The act as it may travel on: stamped as of its first receipt, its papers stored in the register."""
        stamp = asked.act.received_at or now
        try:
            arrival = self.arrivals.receive(filing.id, asked.act.id, asked.digest, stamp, now)
        except OtherContent as other:
            self.register.record_refusal(filing.id, raw, identity.REUSED, now)
            raise KeyReused(asked.act.id) from other
        act, papers = asked.salted(arrival)
        version, refusal = self.new_version(filing, act, raw, now), None
        if not identity.is_by_service(act.id):  # the service's own acts count by the engine's clock: it judges them
            when = on_paper.moment(filing, act, now)
            refusal = lifecycle.check(entries.projected(filing, when), act, when)
        if version and version.refused:
            refusal = self.of_the_act(version, refusal)
        if refusal:
            raise self._refused(filing.id, asked, refusal, now)  # nothing of it is stored
        if asked.left_to_the_door:
            prefix = province.number_prefix(filing, day_of(arrival.received_at).year)
            act = act.but(archive_number=self.register.reserve_archive_number(filing.id, prefix))
        if not identity.is_by_service(act.id) and (beyond := self.beyond(act.by, filing.id, papers, now)):
            raise self._refused(filing.id, asked, lodging.refusal(beyond), now)
        for paper in papers:  # the record of what came on paper is read by whoever reads the act's own
            self.register.lodge(filing.id, act.kind.value, paper, now)
        return act

    def new_version(
        self, filing: Filing, act: Act, raw: Mapping[str, Any], now: datetime
    ) -> intake.Examination | None:  # fmt: skip
        """Everything that is found on the new version that an act brings, as of when it counts; None if it brings none."""
        if act.kind not in NEW_VERSIONS or "content" not in raw:
            return None
        counts_at = on_paper.moment(filing, act, now).at
        known = self.register.known(filing.id, raw["content"])
        return intake.examine(raw["content"], counts_at, known, correcting=filing)

    @staticmethod
    def of_the_act(version: intake.Examination, besides: Refusal | None = None) -> Refusal:
        """A refused version as it is told to whoever brings it with an act; with what the act itself lacks."""
        found = [each.but(field=f"{CONTENT}{each.field}") for each in version.findings]
        return lodging.refusal([*found, *([as_finding(besides)] if besides else [])])

    def _refused(self, filing_id: str, asked: Asked, refusal: Refusal, now: datetime) -> Refused:
        """A refusal is an answer: it is on record, and whatever is sent under this id now is received now."""
        act = asked.act.model_dump(mode="json")
        self.register.record_refusal(filing_id, act, refusal.message, now, asked=asked.digest)
        return Refused(refusal)

    def _told(self, filing_id: str, asked: Asked, now: datetime) -> Receipt | None:
        """The answer of then to an act that was entered, however long ago; `KeyReused` if another is under its id (Q21)."""
        act = asked.act
        for key in (act.id, *identity.earlier_ids(act)):
            entry = self.register.entry_of(filing_id, key)
            if entry is None or isinstance(entry.event, Submit | Lapse):
                continue
            if asked.is_same(entry.event.but(id=act.id), self.register):
                if entry.refused is None:
                    return entries.receipt(entry)
                raise Refused(Refusal(message=entry.refused, article=entry.article, missing=entry.refused))
            if key == act.id:
                raw = act.model_dump(mode="json")
                self.register.record_refusal(filing_id, raw, identity.REUSED, now, asked=asked.digest)
                raise KeyReused(act.id)
        return None

    def answered_before(self, filing_id: str, asked: Asked, why: Refusal | str, now: datetime) -> Receipt:
        """A refusal, unless this very act was entered long ago: then its answer of then (Q21)."""
        if receipt := self._told(filing_id, asked, now):
            return receipt
        if isinstance(why, str):
            raise Refused(Refusal(message=why, article="", missing=why))
        raise self._refused(filing_id, asked, why, now)


def of_the_application(refusal: Refusal) -> Refusal:
    """A refused correction as it is told to whoever sent the application alone, and not the act around it."""
    if not refusal.findings:
        return refusal
    return lodging.refusal([each.but(field=each.field.removeprefix(CONTENT)) for each in refusal.findings])


def read_instant(value: Any) -> datetime | None:
    """An instant from JSON; None if there is none or it cannot be read (then a finding says so elsewhere)."""
    with suppress(ValidationError):
        return INSTANT.validate_python(value) if value is not None else None
    return None
