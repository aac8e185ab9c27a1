"""Lives without an engine: simulated, with their papers, to be written into any register."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from activities.appending import Appended
from activities.register import Register
from activities.rows import papers_of
from examples.demo import OFFICES, life
from models.filing import Entry
from models.values import SHANGHAI, digest
from models.vocabulary import Kind
from regulation import intake
from regulation.lodging import lodge
from regulation.simulation import simulate
from tests.story import application

YEAR = 2026
NOW = datetime(YEAR, 3, 15, 9, tzinfo=SHANGHAI)
END = datetime(YEAR + 4, 1, 1, tzinfo=SHANGHAI)

Step = tuple[str, str, str, dict[str, Any]]
"""Who does what, when, with which further fields; whoever is not in the demonstration brings `by` along."""


@dataclass
class Papered:
    """A whole life, simulated, with the papers that its entries rest on."""

    docket: tuple[Entry, ...]
    papers: tuple[tuple[str, dict[str, Any]], ...]

    def lodged(self, register: Register) -> None:
        """Put the papers where a door puts them before an act is sent."""
        for kind, paper in self.papers:
            register.lodge(self.docket[0].filing.id, kind, paper, NOW)

    def until(self, event: str) -> "Papered":
        """The life up to the first such event, and the papers that it rests on until then."""
        docket = self.docket[: 1 + next(n for n, entry in enumerate(self.docket) if entry.event.kind == event)]
        brought = {paper for entry in docket for paper in papers_of(entry)}
        return Papered(docket, tuple((kind, paper) for kind, paper in self.papers if digest(paper) in brought))


@cache
def lived(filing_id: str, *, announced: bool = True, **changes: Any) -> Papered:
    """A life of kind A: returned, objected to, one year late, two missed, revoked and, unless nobody does, announced."""
    form = application(filing_id=filing_id, received_at=NOW.isoformat(), **changes)
    acts = [act | {"id": f"{filing_id}-{act['id']}"} for act in life(Kind.A, form, YEAR)]
    for act in acts:
        if "objection" in act:
            act["objection"] = f"{filing_id}-{act['objection']}"
    if announced:
        return _papered(form, acts, END)
    return _papered(form, [act for act in acts if act["kind"] != "record_announcement"], END + timedelta(days=60))


def told(form: dict[str, Any], *steps: Step, until: datetime = END, taken: bool = True) -> Papered:
    """A life told as (who, act, when, fields), simulated, with its papers; every act of it is `taken`, if nothing else is said."""
    leader = application(Kind(form["kind"]))["by"]
    acts = [
        {"id": f"{form['filing_id']}-{number}", "kind": kind, "received_at": f"{when}:00+08:00"}
        | {"by": leader if who == "leader" else OFFICES.get(who)}
        | fields
        for number, (who, kind, when, fields) in enumerate(steps, 1)
    ]
    return _papered(form, acts, until, taken=taken)


def _papered(form: dict[str, Any], acts: Sequence[dict[str, Any]], until: datetime, *, taken: bool = True) -> Papered:
    examined = intake.examine(form, datetime.fromisoformat(form["received_at"]))
    assert examined.form, examined.findings
    papers = [("application", intake.paper(examined.form))]
    lodged = [(str(act["kind"]), lodge(form["filing_id"], act)) for act in acts]
    papers += [(kind, paper) for kind, each in lodged for paper in (each.paper, each.record) if paper]
    result = simulate(form, acts, until)
    assert not taken or [entry.refused for entry in result.docket if entry.refused] == []
    return Papered(result.docket, tuple(papers))


def holding(make: Callable[[Register], object]) -> Callable[[str], None]:
    """Makes a database with the tables hold something."""

    def made(url: str) -> None:
        register = Register.at(url)
        make(register)
        register.engine.dispose()

    return made


def written(register: Register, told: Papered) -> list[Appended]:
    """A life written into a register."""
    told.lodged(register)
    return [register.append(entry) for entry in told.docket]
