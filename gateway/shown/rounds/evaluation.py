"""An evaluation as it is shown: how far each alliance is and by whom, what the register says of it, and the documents."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import col, select

from activities.columns import names_of
from activities.database import reading
from activities.register import Register
from activities.rounds.register import RoundRegister
from gateway.identity import Identity
from gateway.shown.rounds.hints import Hint
from gateway.tools import Tools
from models.choices import OUTCOMES
from models.filing import Filing
from models.register import AnnualReportRow, FilingRow
from models.rounds.evaluation_papers import EvaluationReport
from models.rounds.questionnaires import Questionnaire
from models.rounds.round import Round
from models.rounds.surveys import SurveyState
from models.vocabulary import Kind, Role, Stage, YearStatus
from regulation.rounds.answering import questionnaire_in
from regulation.rounds.evaluating import expected, items_of, made, state
from regulation.rounds.evaluation_facts import (
    IDLE,
    Facts,
    Figure,
    Report,
    Suggestion,
    noted,
    of_joint_activities,
    suggestions,
)
from regulation.rounds.evaluation_items import ITEMS, ItemsEdition
from regulation.rounds.evaluations import BOTH, CITY
from regulation.rounds.known import Alliance, Known, KnownItem, Needs

LONGEST = 900
"""How much of what the register says is put into an answer beforehand."""


# What the register says of one alliance


def facts_of(register: Register, rounds: RoundRegister, filing: Filing, year: int) -> Facts:
    """What is known of an alliance that bears on its evaluation for a year."""
    form = register.application(filing.id)
    counts = Counter(str(member.get("type")) for member in form.get("members") or ())
    since = date(year - 1, 1, 1)
    return Facts(
        year=year,
        form={name: str(form[name]) for name in ("technical_field", "innovation_goal") if form.get(name)},
        members=dict(counts),
        reports=tuple(_reports(register, filing, year)),
        survey=dict(_survey(register, rounds, filing, year)),
        noted=tuple(noted(register.docket(filing.id), since)),
    )


def _reports(register: Register, filing: Filing, year: int) -> Iterator[Report]:
    query = select(AnnualReportRow.year, AnnualReportRow.status, AnnualReportRow.paper)
    query = query.where(AnnualReportRow.filing_id == filing.id, AnnualReportRow.year == year)
    with reading(register.engine) as session:
        found = session.exec(query.order_by(col(AnnualReportRow.year))).all()
    for due, status, paper in found:
        summary = register.paper(paper).get("summary", {}) if paper else {}
        tasks = summary.get("tasks") or {}
        yield Report(year=due, status=YearStatus(status).label, received=bool(paper), tasks=tasks)


def _survey(register: Register, rounds: RoundRegister, filing: Filing, year: int) -> Iterator[tuple[str, Figure]]:
    """The figures of the survey of that year, by their terms, as the questionnaire calls them."""
    for item in rounds.items_of(filing.id):
        round_ = rounds.round(item.round_id)
        if round_ is None or not isinstance(round_.of, SurveyState) or round_.of.year != year or item.paper is None:
            continue
        told = register.paper(item.paper).get("figures")
        if told and round_.paper:
            yield from _figures(questionnaire_in(register.paper(round_.paper)), told)
            return


def _figures(questionnaire: Questionnaire, told: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    for table in questionnaire.tables:
        row = told.get(table.key)
        if not isinstance(row, Mapping):
            continue
        for indicator in table.indicators:
            value = row.get(indicator.key)
            if value is not None:
                shown = {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)
                yield f"{table.key}.{indicator.key}", Figure(title=indicator.title, value=shown)


@dataclass(frozen=True)
class Suggested:
    """What the register says of an alliance, by item, and of its joint activities; nothing of it decides."""

    edition: ItemsEdition
    by_item: Mapping[str, tuple[Suggestion, ...]]
    joint_activities: tuple[Suggestion, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The form filled in with it: what was found, with where it stands. No answer is chosen beforehand."""
        answers = {key: {"finding": text} for key, some in self.by_item.items() if (text := _told(some))}
        return {"answers": answers}


def _told(some: tuple[Suggestion, ...]) -> str:
    text = "\n".join(f"{each.says}（{each.rests_on}）" for each in some if each.leans is not None)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}……"


def suggested(register: Register, rounds: RoundRegister, round_: Round, filing: Filing) -> Suggested:
    """What a round's evaluation of an alliance may begin with."""
    edition = ITEMS[items_of(round_)]
    facts = facts_of(register, rounds, filing, round_.year)
    return Suggested(edition, suggestions(edition, facts), of_joint_activities(edition, facts))


def filled_in(tools: Tools, round_: Round, filing_id: str) -> Mapping[str, Any]:
    """What the form of an evaluation begins with: what was said before in this round, or else what the register says."""
    filing = tools.register.filing(filing_id)
    if filing is None:
        return {}
    rounds = tools.rounds.register
    item = rounds.known(Needs(filings=(filing_id,), items=(round_.id,)), None).item(round_.id, filing_id)
    if item and item.paper:
        return tools.register.paper(item.paper)
    return suggested(tools.register, rounds, round_, filing).content


def hints(tools: Tools, round_: Round, filing_id: str) -> list[Hint]:
    """What stands beside it: of each item what evidence is looked for, and what the register says."""
    filing = tools.register.filing(filing_id)
    if filing is None:
        return []
    found = suggested(tools.register, tools.rounds.register, round_, filing)
    told = [
        Hint(item.title, item.looks_for, found.by_item[key], f"/content/answers/{key}")
        for key, item in found.edition.items.items()
    ]
    return [*told, Hint("当年产学研合作活动次数", "", found.joint_activities, "/content/joint_activities")]


# Whom a form lets one choose


Choices = list[tuple[str, str]]


def to_evaluate(tools: Tools, round_: Round) -> Choices:
    """The alliances of a city, those that are still to be evaluated first."""
    lines = progress(round_, known_of(tools.rounds.register, round_)).lines
    return [(line.alliance.id, line.alliance.name + ("（已评）" if line.item else "")) for line in lines]


def to_recommend(tools: Tools, round_: Round) -> Choices:
    """Who was evaluated, and not found wanting, the best result first."""
    lines = progress(round_, known_of(tools.rounds.register, round_)).lines
    good = [
        (line.alliance, str(line.item.figures["result"]))
        for line in lines
        if line.item and line.item.figures["result"] != "unqualified" and not line.item.figures.get("misconduct")
    ]
    good.sort(key=lambda each: (each[1] != "excellent", each[0].name))
    return [(alliance.id, f"{alliance.name}（{OUTCOMES[result]}）") for alliance, result in good]


def to_name(tools: Tools, round_: Round) -> Choices:
    """Whom both departments may decide on, with what each is named now."""
    there = candidates(known_of(tools.rounds.register, round_))
    some = (*there.recommended, *there.typical, *there.pilots)
    return [(each.id, f"{each.name}（{names_of(' '.join(each.tags))}）") for each in some]


# How far a round is


@dataclass(frozen=True)
class Line:
    """One alliance of a round: what was made of it, if anything."""

    alliance: Alliance
    item: KnownItem | None


@dataclass(frozen=True)
class Progress:
    """How far a round is: each alliance, those that are still to be evaluated first."""

    lines: tuple[Line, ...]

    @property
    def done(self) -> int:
        """How many are evaluated."""
        return sum(line.item is not None for line in self.lines)

    @property
    def by_officer(self) -> Mapping[str, int]:
        """How many each officer evaluated, by their opaque ids."""
        return Counter(str(line.item.figures["by"]) for line in self.lines if line.item)

    @property
    def results(self) -> Mapping[str, int]:
        """How many have each result."""
        return Counter(str(line.item.figures["result"]) for line in self.lines if line.item)


def known_of(rounds: RoundRegister, round_: Round) -> Known:
    """Everybody whom a round is over, and what it made of them."""
    return rounds.known(Needs(population=True, items=(round_.id,)), round_.area)


def progress(round_: Round, known: Known) -> Progress:
    """How far a city's round is."""
    items = made(round_, known)
    lines = [Line(alliance, items.get(key)) for key, alliance in expected(round_, known).items()]
    return Progress(tuple(sorted(lines, key=lambda line: (line.item is not None, line.alliance.name))))


@dataclass(frozen=True)
class Candidates:
    """Whom both departments may decide on: recommended and not typical yet, typical and not a pilot yet, and pilots."""

    recommended: tuple[Alliance, ...]
    typical: tuple[Alliance, ...]
    pilots: tuple[Alliance, ...]


def candidates(known: Known) -> Candidates:
    """The same of everybody in force."""
    there = [each for each in known.alliances.values() if each.kind is Kind.A and each.stage is Stage.IN_FORCE]
    return Candidates(
        recommended=tuple(each for each in there if "recommended" in each.tags and "typical" not in each.tags),
        typical=tuple(each for each in there if "typical" in each.tags and "pilot" not in each.tags),
        pilots=tuple(each for each in there if "pilot" in each.tags),
    )


def idle(register: Register, round_: Round) -> list[tuple[FilingRow, tuple[int, ...]]]:
    """The alliances of a place whose evaluations found no joint activity for years, with these years (第十四条)."""
    rows = register.filings(
        jurisdiction=round_.area.jurisdiction, kind=Kind.A.value, stage=Stage.IN_FORCE.value, limit=MOST
    )
    told = ((row, Filing.model_validate_json(row.value).idle_years) for row in rows if '"idle_years":' in row.value)
    return [(row, years) for row, years in told if len(years) >= IDLE]


MOST = 10_000
"""More alliances than one place has."""


# The page


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What the page of an evaluation shows besides what every round does."""
    rounds, city = tools.rounds.register, round_.area.jurisdiction is not None
    if who.role not in (*CITY, *BOTH, *LOOK_ON):
        return {"progress": None, "candidates": None, "idle": []}
    known = known_of(rounds, round_)
    far = progress(round_, known) if city else None
    report = state(round_).report
    sent = EvaluationReport.model_validate(tools.register.paper(report)) if report else None
    return {
        "progress": far,
        "officers": tools.people.named(far.by_officer) if far else {},
        "recommended": {row.filing_id for row in sent.recommended} if sent else set(),
        "candidates": None if city else candidates(known),
        "idle": idle(tools.register, round_) if city and who.role in PROPOSERS else [],
        "grades": OUTCOMES,
        "may_evaluate": who.role in CITY and not round_.over and tools.now.at >= round_.opens_at,
    }


LOOK_ON = frozenset({Role.AUDITOR, Role.OPERATOR})
"""Who looks on besides both offices and both departments."""

PROPOSERS = frozenset({Role.CITY_ST, Role.PROVINCE_ST})
"""Who may propose under 第十四条."""
