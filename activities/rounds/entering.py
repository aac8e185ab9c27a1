"""The steps of a round's workflow: where it stands, an act, the passing of time. Local activities, all of them.

Each reads the round from the register, judges by its rules, and appends; the workflow only waits. A retry is harmless: an act
that was entered is known by its id, a lapse by its instant.
"""

from dataclasses import dataclass

from temporalio import activity

from activities.papers import PaperMissing
from activities.rounds.appending import RoundMoved
from activities.rounds.register import RoundRegister
from activities.rows import Row
from models.findings import Lack, Refusal
from models.rounds.base import RoundAct, RoundId, RoundStage
from models.rounds.round import AnyRoundAct, Round, RoundReceipt
from models.values import Instant, Value
from regulation import identity, lodging
from regulation.moment import Moment
from regulation.rounds import agenda, table
from regulation.rounds.every import rules_of


class Stands(Value):
    """Where a round stands, as far as its workflow has to know: until when it waits, and whether something is left to follow."""

    number: int
    stage: RoundStage
    title: str
    jurisdiction: str | None = None
    due_at: Instant | None = None
    due: str | None = None
    behind: bool = False
    over: bool = False


class Acting(Value):
    """An act for a round, and when it is handled."""

    round_id: RoundId
    act: AnyRoundAct
    handled_at: Instant


class Acted(Value):
    """What became of an act: its receipt, or why not; `reused` is the entry of another act under its id."""

    stands: Stands | None = None
    receipt: RoundReceipt | None = None
    refusal: Refusal | None = None
    reused: int | None = None


class Passing(Value):
    """A round, and the instant up to which time has passed."""

    round_id: RoundId
    until: Instant


@dataclass(frozen=True)
class RoundEntering:
    """The register's side of a round's workflow."""

    register: RoundRegister

    @activity.defn(name="round_stands")
    def stands(self, round_id: str) -> Stands | None:
        """Where a round stands; None if it was never opened. Reads only."""
        row = self.register.row(round_id)
        return told(row.model_dump()) if row else None

    @activity.defn(name="round_passes")
    def passes(self, passing: Passing) -> Stands | None:
        """Enter what time has brought to a round up to an instant."""
        self._up_to(passing.round_id, Moment(passing.until, passing.until))
        return self.stands(passing.round_id)

    @activity.defn(name="round_acts")
    def acts(self, acting: Acting) -> Acted:
        """Enter an act, judged after everything that was due when it was received; or say why it may not be."""
        of, act = acting.round_id, acting.act
        when = Moment(act.received_at or acting.handled_at, acting.handled_at)
        while True:
            if known := self.register.entry_of(of, act.id):
                if known.act is None or not identity.same(known.act, act):
                    return Acted(stands=self.stands(of), reused=known.number)
                return Acted(stands=self.stands(of), receipt=table.receipt(rules_of(of), known))
            try:
                return self._entered(of, act.but(received_at=when.at, seen=None), when)
            except RoundMoved:
                continue

    def _entered(self, of: str, act: RoundAct, when: Moment) -> Acted:
        rules, round_ = rules_of(of), self._up_to(of, when)
        if refused := table.check(rules, of, round_, act, when):
            return Acted(stands=self.stands(of), refusal=refused)
        try:
            content = self.register.content(act)
            found = self.register.examined(of, round_, act, content, when.day)
        except PaperMissing:
            refused = table.refusal(rules, act, Lack(missing=lodging.PAPER_MISSING))
            return Acted(stands=self.stands(of), refusal=refused)
        if isinstance(found, list):
            return Acted(stands=self.stands(of), refusal=lodging.refusal(found))
        entry = table.entered(rules, of, round_, found, when)
        stands = self.register.append(entry, content)
        return Acted(stands=told(stands), receipt=table.receipt(rules, entry))

    def _up_to(self, of: str, when: Moment) -> Round | None:
        """The round with every lapse entered that was due by then."""
        rules = rules_of(of)
        while True:
            round_ = self.register.round(of)
            line = agenda.due_by(rules, round_, min(when.at, when.entered_at)) if round_ else None
            if round_ is None or line is None:
                return round_
            try:
                self.register.append(table.passed(rules, round_, line, Moment(line.at, max(line.at, when.entered_at))))
            except RoundMoved:
                continue


def told(row: Row) -> Stands:
    """What a workflow has to know of a round's row."""
    return Stands(
        number=row["number"],
        stage=RoundStage(row["stage"]),
        title=row["title"],
        jurisdiction=row["jurisdiction"],
        due_at=row["next_at"],
        due=row["next_lapse"],
        behind=row["followed"] < row["number"],
        over=not row["open"],
    )
