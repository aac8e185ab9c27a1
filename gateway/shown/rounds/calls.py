"""What the page of a call adds: where the public reads it, what a city asks for, and how far the applications under it have come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.identity import Identity
from gateway.shown.calls import PublicCalls
from gateway.shown.rounds.seen import city_of
from gateway.tools import Tools
from models.register import FilingRow
from models.rounds.base import Parts
from models.rounds.round import Round
from models.values import day_of
from models.vocabulary import Kind, Role, Stage
from regulation import offices

FILINGS = FilingRow.metadata.tables["filings"].c


def unasked(told: Parts) -> Collection[str]:
    """What the form of a call does not ask: a city's document of the province, and the other way round."""
    if told.jurisdiction:
        return ("/zone", "/content/recommend_by")
    return ("/alliances", "/zone", "/content/extra", "/content/criteria", "/content/dates")


@dataclass(frozen=True)
class Progress:
    """Applications received in a window: how many of each city stand at which stage; stages at which none stands are left out."""

    stages: tuple[Stage, ...]
    cities: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def total(self) -> tuple[int, ...]:
        """How many stand at each stage."""
        return tuple(sum(counts) for counts in zip(*(counts for _, counts in self.cities), strict=True))


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What the template is given."""
    call, _, rules = PublicCalls(tools).one(round_.id, day_of(tools.clock()))
    progress = None
    if not call.local and who.staff:
        with tools.register.engine.connect() as db:
            progress = progress_of(_counted(db, who, round_))
    return {"call": call, "rules_of_city": rules, "progress": progress}


def _counted(db: Connection, who: Identity, round_: Round) -> Sequence[tuple[str, str, int]]:
    """Applications of kind B received in the window, by city and stage, as far as somebody sees them."""
    query = select(FILINGS.jurisdiction, FILINGS.stage, func.count()).where(
        FILINGS.kind == Kind.B.value, FILINGS.submitted_at >= round_.opens_at, FILINGS.submitted_at < round_.closes_at
    )
    if city := city_of(who):
        query = query.where(FILINGS.jurisdiction == city)
    if who.role is Role.ZONE:
        query = query.where(FILINGS.zone == who.office)
    return [(each[0], each[1], each[2]) for each in db.execute(query.group_by(FILINGS.jurisdiction, FILINGS.stage))]


def progress_of(counted: Sequence[tuple[str, str, int]]) -> Progress:
    """The same as a table: cities in their order, stages in theirs."""
    there = {(city, stage): count for city, stage, count in counted}
    stages = tuple(stage for stage in Stage if any(name == stage for _, name in there))
    cities = [code for code in offices.OFFICES if any(city == code for city, _ in there)]
    return Progress(
        stages,
        tuple((offices.OFFICES[city].city, tuple(there.get((city, each), 0) for each in stages)) for city in cities),
    )
