"""matrix.md as data, and filings so prepared that every cell can be asked (shown.yaml)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.acts import Act, By, Lapse, Submit, Unreadable
from models.filing import Entry, Filing
from models.findings import Refusal
from models.values import canonical
from models.vocabulary import ActKind, Kind, Role, Stage
from regulation import intake, lifecycle, offices
from regulation.moment import Moment
from regulation.offers import Offer, offers
from regulation.simulation import Life
from tests.law import cases
from tests.law.editions import load_editions
from tests.law.notation import PERSONS, Writer, lines, moment, plain

HERE = Path(__file__).parent

ACTORS = {
    "盟": "leader",
    "工": "iit",
    "省": "prov",
    "信": "prov_iit",
    "评": "evaluator",
    "众": "public",
    "运": "operator",
    "平": "platform",
}
"""What the letters of matrix.md stand for, as cases name who acts."""

REVIEWER = "核"
HAPPENS, ELSEWHERE = "●", "○"

Cells = Mapping[tuple[str, Stage], str]
"""The cells of one table, by event and stage, as written."""

SECTION = re.compile(r"^## ([甲乙])类.*：(行为|期满)$", re.M)
KINDS = {"甲": Kind.A, "乙": Kind.B}
ACTS, LAPSES = "行为", "期满"
AT = re.compile(r"(?P<at>D[+-]\d+)(?: (?P<actor>\w+2))?(?: (?P<fields>\{.*\}))?(?: (?P<reaches>reaches .+))?")


@dataclass(frozen=True)
class Circumstance:
    """A kind and who reviews it: kind A the city, kind B the city or a high-tech zone (G-30)."""

    kind: Kind
    zone: str | None = None

    @property
    def reviewer(self) -> Role:
        return Role.ZONE if self.zone else Role.CITY_ST

    def __str__(self) -> str:
        return f"{self.kind}-{self.reviewer}"


CIRCUMSTANCES = (Circumstance(Kind.A), Circumstance(Kind.B), Circumstance(Kind.B, "沈阳高新区"))


# The file


@cache
def tables() -> Mapping[tuple[Kind, str], Cells]:
    """Every table of matrix.md, by kind and by what its rows are."""
    _, *parts = SECTION.split((HERE / "matrix.md").read_text("utf-8"))
    return {(KINDS[parts[n]], parts[n + 1]): _table(parts[n + 2]) for n in range(0, len(parts), 3)}


def _table(text: str) -> Cells:
    head, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line)
    stages = [next(stage for stage in Stage if stage.label == label) for label in head[1:]]
    return {(row[0].split("`")[1], stage): cell for row in rows for stage, cell in zip(stages, row[1:], strict=True)}


def stages_of(kind: Kind) -> list[Stage]:
    """The stages that a kind passes, in the order of the file."""
    return list(dict.fromkeys(stage for _, stage in tables()[kind, ACTS]))


def entitled(circumstance: Circumstance, cell: str) -> frozenset[Role]:
    """Whom a cell names."""
    return frozenset(circumstance.reviewer if each == REVIEWER else Role(PERSONS[ACTORS[each]][0]) for each in cell)


def written(circumstance: Circumstance, stage: Stage) -> dict[str, frozenset[Role]]:
    """Who may do what in a stage, as matrix.md has it."""
    cells = tables()[circumstance.kind, ACTS]
    return {event: entitled(circumstance, cell) for (event, of), cell in cells.items() if of is stage}


# Lives


@cache
def shown() -> dict[str, Any]:
    """shown.yaml: how a filing is prepared for every allowed cell."""
    document: dict[str, Any] = plain((HERE / "shown.yaml").read_text("utf-8"))
    return document


@cache
def _begun(circumstance: Circumstance, stage: str, consent: bool) -> tuple[Writer, tuple[Entry, ...]]:
    """A filing brought to a stage, as a docket, and who writes what follows."""
    load_editions()
    day = _day(circumstance.kind, stage)
    case = cases.read(
        {
            "id": f"matrix-{stage}",
            "name": "",
            "articles": (),
            "given": f"{circumstance.kind} {stage} {day}",
            "with": {"consent": consent, **({"zone": circumstance.zone} if circumstance.zone else {})},
            "until": str(day),
            "then": "",
        }
    )
    received_at = moment(f"{case.application['received_at'][:10]} {cases.APPLIED_AT}")
    facts = intake.examine(case.application, received_at).facts
    assert facts is not None
    life = Life(facts, received_at)
    for act in case.acts:
        life.act(act)
    return Writer(case.form, facts.zone), tuple(life.docket)


def _day(kind: Kind, stage: str) -> date:
    days = shown()["days"][kind]
    return date.fromisoformat(days.get(stage, days["usual"]))


class Prepared(Life):
    """A filing that reached a stage, for which lines are written with D and Y (shown.yaml)."""

    def __init__(self, circumstance: Circumstance, stage: Stage, consent: bool = True) -> None:
        self.writer, docket = _begun(circumstance, stage, consent)
        self.docket = list(docket)
        self.circumstance, self.day = circumstance, _day(circumstance.kind, stage)
        years = shown()["years"][circumstance.kind]
        self.year: int = years.get(stage, years["usual"])

    def does(self, block: str) -> None:
        """Live a block of lines, those of another kind left out."""
        for line in lines(block):
            kind, _, rest = line.partition(": ") if line[:3] in ("A: ", "B: ") else ("", "", line)
            if kind in ("", self.circumstance.kind):
                self.act(self.written(rest))

    def written(self, line: str) -> dict[str, Any]:
        """A line as an act."""
        return self.writer.act(self._filled_in(line), f"prepared-{len(self.docket)}")

    def _filled_in(self, line: str) -> str:
        if "{" not in line:
            fields = shown()["fields"].get(line.split()[2], "")
            line = re.sub(r"(?= reaches|$)", f" {fields}".rstrip(), line, count=1)
        line = re.sub(r"^D[+-]\d+|(?<=reaches )D[+-]\d+", r"\g<0> 10:00", line)
        line = re.sub(r"\bD([+-]\d+)", lambda days: str(self.on(int(days[1]))), line)
        line = re.sub(r"\bY(\+1)?", lambda next_year: str(self.year + bool(next_year[1])), line)
        return re.sub(r"\brev(2?)\b", rf"{'zone' if self.circumstance.zone else 'city'}\1", line)

    def on(self, days: int) -> date:
        """The day so many days after the stage was reached."""
        return self.day + timedelta(days=days)


# Asking


OFFERED: dict[tuple[str, Moment], tuple[Offer, ...]] = {}


@dataclass(frozen=True)
class Asked:
    """An act done to a filing: its docket up to there."""

    docket: tuple[Entry, ...]

    @property
    def filing(self) -> Filing:
        """The filing as it stood when the act reached it."""
        return self.docket[-2].filing

    @property
    def entry(self) -> Entry:
        return self.docket[-1]

    @property
    def act(self) -> Act:
        event = self.entry.event
        assert not isinstance(event, Submit | Lapse | Unreadable), self.entry.refused
        return event

    @property
    def when(self) -> Moment:
        """When it was done."""
        return Moment(self.entry.at, self.entry.at)

    @property
    def offered(self) -> tuple[Offer, ...]:
        """What was offered to the filing then: many acts are done to filings that stand alike, so it is told once."""
        alike = (canonical(self.filing.model_dump(mode="json")), self.when)
        if alike not in OFFERED:
            OFFERED[alike] = offers(self.filing, self.when)
        return OFFERED[alike]

    @property
    def before(self) -> frozenset[str]:
        """The acts that brought the filing to where it stood."""
        return frozenset(each.event.kind for each in self.docket[:-1] if not isinstance(each.event, Lapse))

    def by(self, role: Role) -> Refusal | None:
        """What the regulation says to somebody of a role who does the same."""
        by = By(person="n-001", office=_office(self.filing, role), role=role)
        return lifecycle.check(self.filing, self.act.but(by=by), self.when)


def _office(filing: Filing, role: Role) -> str:
    """The office in which somebody of a role would act for a filing, were the role entitled to."""
    nearest = next(zone.key for zone in offices.ZONES.values() if zone.city == filing.jurisdiction)
    return {
        Role.LEADER: filing.leader,
        Role.CITY_ST: filing.jurisdiction,
        Role.CITY_IIT: filing.jurisdiction,
        Role.ZONE: filing.zone or nearest,
        Role.PUBLIC: "public",
    }.get(role, offices.PROVINCE)


FROM_ROUNDS = (ActKind.RECORD_EVALUATION, ActKind.TAG)
"""What only follows from a round, from 1 December 2026 on."""

OF_A_ROUND = "beian:evaluation-2026-210100-1:5.0a1b2c3d"


@cache
def ask(circumstance: Circumstance, stage: Stage, event: str, *, prepared: bool = True) -> Asked:
    """Do an act in a stage: to a filing prepared for it, or to one to which nothing has happened there."""
    way = shown()["stages"].get(stage, {"from": stage, "act": "D+1"})
    way = way | (shown()["acts"].get(event, {}).get(stage, {}) if prepared else {})
    life = Prepared(circumstance, way["from"], way.get("consent", True))
    life.does(way.get("lines", ""))
    found = AT.fullmatch(way["act"])
    assert found is not None, way["act"]
    cell = tables()[circumstance.kind, ACTS][event, stage] or REVIEWER
    actor = found["actor"] or ("rev" if cell[0] == REVIEWER else ACTORS[cell[0]])
    named = f"as {OF_A_ROUND}" if event in FROM_ROUNDS else ""
    life.does(" ".join(filter(None, (found["at"], actor, event, named, found["fields"], found["reaches"]))))
    asked = Asked(tuple(life.docket))
    assert asked.filing.stage is stage, f"{circumstance} {event}: {asked.filing.stage}, not {stage}"
    return asked


def prepared(event: str, stage: Stage) -> bool:
    """Whether an act needs more than a filing of that stage."""
    return "lines" in shown()["acts"].get(event, {}).get(stage, {})


Said = Mapping[str, Mapping[Role, Refusal | None]]


@cache
def said(circumstance: Circumstance, stage: Stage) -> Said:
    """What the regulation says in a stage to every act by every role."""
    asked = {event.value: ask(circumstance, stage, event.value) for event in ActKind}
    return {event: {role: each.by(role) for role in Role} for event, each in asked.items()}


def differences(expected: Mapping[str, frozenset[Role]], said: Said) -> list[str]:
    """Every cell in which what is written and what the regulation says differ."""
    return [
        f"{event} {role}: {'allowed' if said[event][role] is None else 'refused'}"
        for event, roles in expected.items()
        for role in Role
        if (role in roles) is not (said[event][role] is None)
    ]


@cache
def lives(kind: Kind) -> tuple[tuple[Entry, ...], ...]:
    """The dockets of the lives in which time brings what it may."""
    circumstance = Circumstance(kind)
    dockets = []
    for way in shown()["lives"]:
        if Stage(way["from"]) in stages_of(kind):
            life = Prepared(circumstance, way["from"], way.get("consent", True))
            life.does(way.get("lines", ""))
            life.until(moment(str(life.on(int(way["until"][1:])))))
            dockets.append(tuple(life.docket))
    return tuple(dockets)


@cache
def steps(circumstance: Circumstance) -> frozenset[tuple[Stage, str, Stage]]:
    """Every step from stage to stage that any filing here took: the stage, the event, the stage after it."""
    asked = [ask(circumstance, stage, event).docket for event, stage in tables()[circumstance.kind, ACTS]]
    return frozenset(
        (before.stage, str(after.event.kind), after.stage)
        for docket in (*asked, *lives(circumstance.kind))
        for before, after in pairwise(docket)
        if after.refused is None
    )
