"""What the rules of rounds may ask of the register, and how it answers: plain rows, no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.acts import UrgeReport
from models.rounds.base import Area, RoundKind
from models.rounds.round import Round
from models.vocabulary import Kind, ReportState, Stage, YearStatus

FILED = (Stage.IN_FORCE, Stage.REVOCATION_PENDING)
"""Whoever is archived and has not left."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What an act or an entry asks of the register. Nothing that is not asked for is read.

    `population`: the alliances in the round's area that stand at one of `stages`. `filings`: these, wherever they stand.
    `items`: of these rounds, of `filings` alone where some are named and the population is not asked for. `rounds`: of a
    kind and a year, `items_of` their items. `reports`: what became of these reporting years, of the same alliances. `papers`: by
    digest, `behind_items` those of the items of these rounds, as `items` names them. `applications`: as they stand, of these filings. `naming`: who leads an alliance or is a member of it, by code.
    `inspected`: when each of the alliances was last inspected or visited, in a round or not.
    `to_evaluate`: how many alliances of the area are evaluated for a year (`evaluation_judging.may_be_evaluated`), without reading them.
    `continuing`: of whoever was archived after the end of this year, who goes on from an earlier filing (G-32).
    `tries`: an act, and which filings of those whose year among `reports` is owed would take it if it were done to each now.
    """

    population: bool = False
    stages: Collection[Stage] = FILED
    filings: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    rounds: tuple[tuple[RoundKind, int], ...] = ()
    reports: tuple[int, ...] = ()
    inspected: bool = False
    papers: tuple[str, ...] = ()
    items_of: tuple[tuple[RoundKind, int], ...] = ()
    behind_items: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    to_evaluate: int | None = None
    continuing: int | None = None
    tries: UrgeReport | None = None


@dataclass(frozen=True, slots=True)
class Alliance:
    """One filing as rounds see it."""

    id: str
    kind: Kind
    stage: Stage
    jurisdiction: str
    zone: str | None
    leader: str
    name: str
    leader_name: str
    technical_field: str
    archive_number: str | None
    archived_on: date | None
    number: int
    tags: tuple[str, ...] = ()
    submitted_on: date | None = None

    def lies_in(self, area: Area) -> bool:
        """Whether an area holds it."""
        return (
            area.kind in (None, self.kind)
            and area.jurisdiction in (None, self.jurisdiction)
            and area.zone in (None, self.zone)
        )


@dataclass(frozen=True, slots=True)
class KnownItem:
    """What a round's last entry on an alliance made of it, under which entry and by which paper."""

    filing_id: str
    state: str
    figures: Mapping[str, Any]
    number: int
    paper: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownReport:
    """What became of one reporting year of an alliance, as what a board counts it, when its leader was last urged, and its deadline."""

    status: YearStatus
    filed_at: datetime | None
    paper: str | None
    state: ReportState = ReportState.OPEN
    urged_at: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What the register answered: `alliances` by id, `items` by round and alliance, `reports` by alliance and year, `papers`
    by digest, `applications` by filing. Alliances are the population and those that were named, in the order of their ids.
    `continuing` are those archived late that go on from an earlier filing. `naming` holds, by code, the filings of which it is leader or member; `inspected` is by filing; `takes` are the filings that would
    take the act that was tried; `to_evaluate` is how many are."""

    alliances: Mapping[str, Alliance] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, KnownItem]] = field(default_factory=dict)
    rounds: Mapping[str, Round] = field(default_factory=dict)
    reports: Mapping[tuple[str, int], KnownReport] = field(default_factory=dict)
    inspected: Mapping[str, date] = field(default_factory=dict)
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    applications: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    naming: Mapping[str, frozenset[str]] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    to_evaluate: int = 0
    continuing: frozenset[str] = frozenset()

    def item(self, round_id: str, filing_id: str) -> KnownItem | None:
        """What a round made of an alliance, if anything."""
        return self.items.get(round_id, {}).get(filing_id)

    def archived_later(self, alliance: Alliance, year: int) -> bool:
        """Whether an alliance was on file only after the end of a year, and continues none that was: its filing takes no result of the
        year. Needs `continuing`."""
        late = alliance.archived_on is not None and alliance.archived_on.year > year
        return late and alliance.id not in self.continuing
