"""What must hold after a storm: the register against what the callers were told, and against the regulation by itself."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from activities.register import Register
from bench.storm.callers import Told
from bench.storm.sleepers import Sleeper
from models.acts import Lapse, Object, Submit
from models.filing import Entry
from models.register import DeliveryRow, FilingRow, LetterRow, MessageRow
from models.vocabulary import DeliveryState
from regulation import entries, intake
from regulation.moment import Moment
from regulation.simulation import Life

SAID = ("positive", "objection", "admissible", "phone", "name", "innovation_goal")
"""What tells one act from another of its kind, in its facts or in its paper."""


@dataclass
class Truth:
    """The register as it stands, filing by filing, and what was asked of each; every fault that is found is kept in words."""

    register: Register
    told: Sequence[Told]
    asleep: Mapping[str, Sleeper]
    faults: list[str] = field(default_factory=list)
    entries: int = 0
    lapses: int = 0

    def look(self, now: datetime) -> None:
        """Look at every filing."""
        asked = defaultdict[str, list[Told]](list)
        for each in self.told:
            asked[each.filing].append(each)
        for filing in {*asked, *self.asleep}:
            docket = self.register.docket(filing)
            self.entries += len(docket)
            self.lapses += sum(isinstance(entry.event, Lapse) for entry in docket)
            self.faults += self._of_acts(filing, docket, asked[filing])
            if docket:
                self.faults += self._of_dates(filing, docket, asked[filing], now)
        self.faults += self._of_numbers()
        self.faults += self._of_messages()

    def _of_acts(self, filing: str, docket: Sequence[Entry], asked: Sequence[Told]) -> Iterator[str]:
        """What was accepted is there once, what was refused nowhere, and nothing that nobody asked for."""
        under = defaultdict[str, list[Entry]](list)
        for entry in docket:
            if not isinstance(entry.event, Lapse | Submit):
                under[entry.event.id].append(entry)
        known = set(self._before(filing))
        for each in asked:
            if each.kind == "submit":
                found = [entry for entry in docket if isinstance(entry.event, Submit)]
                if each.outcome == "refused" and any(other.outcome == "entered" for other in asked):
                    continue
            else:
                key = self._key(each, docket)
                known.add(key)
                found = under[key]
            told = f"{filing} {each.kind} {each.key} {each.answers}"
            if each.outcome == "entered" and len(found) != 1:
                yield f"{told}: accepted, and entered {len(found)} times"
            elif each.outcome == "refused" and found:
                yield f"{told}: refused, and entered as {found[0].number}"
            elif not each.outcome:
                yield f"{told}: never known"
            elif found and each.number not in (0, found[0].number):
                yield f"{told}: told {each.number}, entered as {found[0].number}"
            elif found and (found[0].event.kind != each.kind or not self._says(found[0], each)):
                yield f"{told}: entered as something else: {found[0].event}"
        yield from (f"{filing}: {key} was asked by nobody" for key in under if under[key] and key not in known)
        if [entry.number for entry in docket] != list(range(1, len(docket) + 1)):
            yield f"{filing}: its numbers have a hole"

    def _key(self, told: Told, docket: Sequence[Entry]) -> str:
        """The id of an act; that of an objection by the public form is made of what it says."""
        if told.kind != "object":
            return told.key
        objections = [entry.event for entry in docket if isinstance(entry.event, Object)]
        papers = {str(self.register.paper(each.paper)["name"]): each.id for each in objections if each.paper}
        return papers.get(told.content["name"], told.key)

    def _says(self, entry: Entry, told: Told) -> bool:
        """Whether an entry says what was asked: its facts, and its paper."""
        paper = getattr(entry.event, "paper", None)
        said = {**(self.register.paper(paper) if paper else {}), **entry.event.model_dump(mode="json")}
        asked = {**told.content, **told.content.get("content", {})}
        return all(said.get(name) == asked[name] for name in SAID if name in asked)

    def _of_dates(self, filing: str, docket: Sequence[Entry], asked: Sequence[Told], now: datetime) -> Iterator[str]:
        """Every instant and every day ahead is what the regulation makes of the same acts, received at the same instants."""
        lived = self._lived(filing, docket, asked, now)
        for mine, theirs in zip(docket, lived, strict=False):
            if (mine.number, mine.at, mine.event.kind, mine.stage) != (
                theirs.number, theirs.at, theirs.event.kind, theirs.stage,
            ):  # fmt: skip
                yield f"{filing}/{mine.number}: {mine.event.kind} {mine.at}, the reference: {theirs.event.kind} {theirs.at}"
                return
            ours, reference = list(entries.outlook(mine.filing)), list(entries.outlook(theirs.filing))
            if ours != reference:
                yield f"{filing}/{mine.number}: another agenda than the reference: {ours[:1]} {reference[:1]}"
                return
        if len(lived) != len(docket):
            yield f"{filing}: {len(docket)} entries, the reference has {len(lived)}"

    def _lived(self, filing: str, docket: Sequence[Entry], asked: Sequence[Told], now: datetime) -> Sequence[Entry]:
        """The reference: the same acts lived by the regulation alone, each received and entered when the register says so."""
        slept = self.asleep.get(filing)
        form = slept.form if slept else next(each.content for each in asked if each.outcome == "entered")
        first = docket[0]
        examined = intake.examine({**form, "by": first.event.model_dump(mode="json")["by"]}, first.at)
        assert examined.facts, examined.findings
        life = Life.after(entries.submitted(examined.facts, Moment(first.at, first.entered_at)))
        sent = self._before(filing) | {
            self._key(each, docket): _as_sent(each) for each in asked if each.outcome == "entered"
        }
        for entry in docket[1:]:
            if isinstance(entry.event, Lapse | Submit):
                continue
            own = entry.event.model_dump(mode="json", exclude_none=True)
            raw = {**sent.get(entry.event.id, {}), "id": entry.event.id, "by": own["by"]}
            if "archive_number" in own:
                raw["archive_number"] = own["archive_number"]
            received, reached = entry.at.isoformat(), entry.entered_at.isoformat()
            life.act({**raw, "kind": entry.event.kind, "received_at": received, "reaches": reached})
        life.until(now)
        return life.docket

    def _before(self, filing: str) -> dict[str, Mapping[str, Any]]:
        """What was done before the storm, by its id."""
        slept = self.asleep.get(filing)
        return {str(act["id"]): act for act in slept.acts} if slept else {}

    def _of_numbers(self) -> Iterator[str]:
        """No number of the archive was given twice."""
        with Session(self.register.engine) as session:
            given = session.exec(
                select(FilingRow.archive_number).where(col(FilingRow.archive_number).is_not(None))
            ).all()
        if len(given) != len(set(given)):
            yield f"{len(given) - len(set(given))} numbers of the archive were given twice"

    def _of_messages(self) -> Iterator[str]:
        """Every message is in a letter, and every letter is closed."""
        with Session(self.register.engine) as session:
            messages = set(session.exec(select(MessageRow.id)).all())
            letters = session.exec(select(LetterRow)).all()
        if lost := messages.difference(*(json.loads(letter.messages) for letter in letters)):
            yield f"{len(lost)} messages are in no letter: {sorted(lost)[:3]}"
        if open_ := [letter.id for letter in letters if letter.closed_at is None]:
            yield f"{len(open_)} letters were never delivered: {open_[:3]}"


def delivered(register: Register, channel: str) -> set[str]:
    """The ids of all letters that a channel says it has carried."""
    carried = select(DeliveryRow.letter).where(
        col(DeliveryRow.channel) == channel, col(DeliveryRow.state) == DeliveryState.ARRIVED
    )
    with Session(register.engine) as session:
        return set(session.exec(carried).all())


def _as_sent(told: Told) -> Mapping[str, Any]:
    """An act as it was sent; an objection by the public form names its channel there."""
    return {"content": {**told.content, "channel": "platform"}} if told.kind == "object" else told.content
