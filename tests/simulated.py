"""A whole life without an engine: simulated, with its papers, to be written into any register."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from activities.register import Appended, Register
from examples.demo import life
from models.filing import Entry
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation import intake
from regulation.lodging import lodge
from regulation.simulation import simulate
from tests.story import application

YEAR = 2026
NOW = datetime(YEAR, 3, 15, 9, tzinfo=SHANGHAI)
END = datetime(YEAR + 4, 1, 1, tzinfo=SHANGHAI)


@dataclass
class Papered:
    """A whole life, simulated, with the papers that its entries rest on."""

    docket: tuple[Entry, ...]
    papers: tuple[tuple[str, dict[str, Any]], ...]

    def lodged(self, register: Register) -> None:
        """Put the papers where a door puts them before an act is sent."""
        for kind, paper in self.papers:
            register.lodge(self.docket[0].filing.id, kind, paper, NOW)


@cache
def lived(filing_id: str, **changes: Any) -> Papered:
    """A life of kind A: returned, objected to, one year late, two missed, revoked and announced."""
    form = application(filing_id=filing_id, received_at=NOW.isoformat(), **changes)
    acts = [act | {"id": f"{filing_id}-{act['id']}"} for act in life(Kind.A, form, YEAR)]
    for act in acts:
        if "objection" in act:
            act["objection"] = f"{filing_id}-{act['objection']}"
    examined = intake.examine(form, NOW)
    assert examined.form
    papers = [("application", intake.paper(examined.form))]
    papers += [(act["kind"], paper) for act in acts if (paper := lodge(filing_id, act).paper)]
    result = simulate(form, acts, END)
    assert not any(entry.refused for entry in result.docket)
    return Papered(result.docket, tuple(papers))


def written(register: Register, told: Papered) -> list[Appended]:
    """A life written into a register."""
    told.lodged(register)
    return [register.append(entry) for entry in told.docket]
