"""The regulation alone, as a simulator: an application and a list of acts make a life, without any engine.

It must agree, entry by entry and instant by instant, with what the workflow does.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import ValidationError

from models.acts import Act, Lapse, NewVersion, Submit
from models.filing import AgendaLine, Entry, Filing
from models.findings import Finding, Refusal
from models.values import INSTANT, Value
from models.vocabulary import ActKind
from regulation import agenda, entries, identity, intake, judging, lifecycle, on_paper, province
from regulation.changes import Subject
from regulation.lodging import Lodged, lodge, refusal
from regulation.moment import Moment
from regulation.reading import finding


class Simulation(Value):
    """What became of an application: where it stands, everything entered, what time alone will bring."""

    filing: Filing | None = None
    docket: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def agenda(self) -> tuple[AgendaLine, ...]:
        """What time alone will bring from where the life stands."""
        return tuple(entries.outlook(self.filing)) if self.filing else ()


class Life:
    """One filing living in the simulator. Acts must come in the order in which they reach it.

    `docket` is what was entered, `papers` what the acts brought, each with the kind of its act: a door stores them first.
    """

    papers: tuple[tuple[str, dict[str, Any]], ...] = ()

    def __init__(self, submission: Submit, at: datetime) -> None:
        self.docket = [entries.submitted(submission, Moment(at, at))]

    @classmethod
    def after(cls, entry: Entry) -> Self:
        """A life that goes on from its last entry, which is the first of this docket."""
        life = cls.__new__(cls)
        life.docket = [entry]
        return life

    @property
    def filing(self) -> Filing:
        return self.docket[-1].filing

    def until(self, instant: datetime, *, but_not_at: bool = False) -> None:
        """Enter what time brings up to an instant."""
        while due := entries.due_by(self.filing, instant):
            if but_not_at and due.at == instant:
                return
            self.passes(due)

    def passes(self, due: agenda.Due) -> None:
        """Enter what time brings first."""
        written_at = max(due.at, self.docket[-1].entered_at)  # what a late act brings about comes after it
        self.docket.append(entries.entered(self.filing, due.lapse, Moment(due.at, written_at)))

    def act(self, raw: Mapping[str, Any]) -> None:
        """Do an act as a signal would: what is refused is in the docket with its reason."""
        raw = dict(raw)
        received_at = INSTANT.validate_python(raw.get("received_at"))
        reached = raw.pop("reaches", None)
        reaches = INSTANT.validate_python(reached) if reached else received_at
        self.until(reaches, but_not_at=reaches > received_at)
        when = Moment(received_at, reaches)
        if raw.get("kind") == ActKind.ARCHIVE and "archive_number" not in raw:
            raw["archive_number"] = f"{province.number_prefix(self.filing, when.day.year)}0001"
        lodged = lodge(self.filing.id, raw, Subject.made(filing=self.filing))
        brought = ((str(raw.get("kind")), each) for each in (lodged.paper, lodged.record) if each)
        self.papers = (*self.papers, *brought)
        event = entries.unreadable(raw) if lodged.act is None else lodged.act
        if earlier := self._entry_of(event.id):
            known = earlier.event
            is_same = not isinstance(known, Submit | Lapse) and identity.same(event, known)
            if not is_same and self._entry_of(identity.of_reuse(event)) is None:
                self.docket.append(entries.reused(self.filing, event, when, earlier.number))
            return
        if lodged.act:
            when = on_paper.moment(self.filing, lodged.act, reaches)
        judged = self._judged(lodged, raw, when)
        if isinstance(judged, Refusal):
            self.docket.append(entries.refused(self.filing, event, when, judged.message))
        else:
            self.docket.append(entries.entered(self.filing, judged, when))

    def _entry_of(self, act_id: str) -> Entry | None:
        for entry in self.docket:
            if vars(entry.event).get("id") == act_id:  # what time brings has none
                return entry
        return None

    def _judged(self, lodged: Lodged, raw: Mapping[str, Any], when: Moment) -> Act | Refusal:
        act = lodged.act
        if act is None:
            return refusal(lodged.findings)
        if refused := lifecycle.check(self.filing, act, when):
            return refused
        if isinstance(act, NewVersion):
            content = raw.get("content")
            examined = intake.examine(content if isinstance(content, Mapping) else {}, when.at, correcting=self.filing)
            if examined.facts is None:
                return refusal([each for each in examined.findings if each.severity == "error"])
            act = act.but(facts=examined.facts)
        return act


def simulate(
    application: Mapping[str, Any], acts: Iterable[Mapping[str, Any]] = (), until: datetime | None = None
) -> Simulation:
    """What the regulation makes of an application and acts, up to an instant, or else to the last act."""
    try:
        received_at = INSTANT.validate_python(application.get("received_at"))
    except ValidationError:
        at = "/received_at"
        return Simulation(findings=(finding("A-27", at, judging.E, "模拟须写明收到时间（received_at）"),))
    examined = intake.examine(application, received_at)
    if examined.facts is None:
        return Simulation(findings=examined.findings)
    life = Life(examined.facts, received_at)
    for act in sorted(acts, key=lambda act: INSTANT.validate_python(act.get("reaches") or act.get("received_at"))):
        life.act(act)
    if until:
        life.until(until)
    return Simulation(
        filing=life.filing,
        docket=tuple(life.docket),
        findings=examined.findings,
    )
