"""What is shown of a survey: an alliance's return with what is known of it, the returns of an office, who has not answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from activities.documents import survey_form
from activities.documents.survey_form import Filled
from gateway.problem import NotFound
from gateway.tools import Tools
from models.register import FilingRow
from models.rounds.base import RoundKind
from models.rounds.questionnaires import Questionnaire
from models.rounds.round import Round
from models.rounds.surveys import UNANSWERED, ReturnSurvey, Standing, SurveyState
from models.values import day_of
from regulation.naming import on_day
from regulation.rounds import answering, prefilling
from regulation.rounds.known import FILED, Alliance, Known, KnownItem, Needs
from regulation.rounds.returns import Subject


@dataclass(frozen=True)
class Return:
    """An alliance's return in a survey: what is asked, what it sent, and what the register knows of it."""

    round: Round
    alliance: Alliance
    questionnaire: Questionnaire
    known: Known
    item: KnownItem | None
    sent: dict[str, Any] | None
    returned: ReturnSurvey | None

    @property
    def year(self) -> int:
        """Of which year the figures are."""
        return answering.state_of(self.round).year or self.round.year

    @cached_property
    def subject(self) -> Subject:
        """The alliance with what it told before."""
        return answering.subject(self.round, self.alliance, self.known)

    @property
    def figures_before(self) -> Mapping[str, Decimal]:
        """The figures of the year before, by their terms."""
        return self.subject.before.figures if self.subject.before else {}

    @property
    def begun(self) -> dict[str, Any]:
        """What a return begins with."""
        earlier = answering.state_of(self.round).earlier
        last = answering.earlier_figures(earlier, self.alliance.id, self.known) if earlier else None
        standing = self.known.applications.get(self.alliance.id, {})
        return prefilling.beginning(self.questionnaire, self.alliance.kind, standing, self.subject.elsewhere, last)


def survey_of(tools: Tools, round_id: str) -> Round:
    """A survey by its id; `NotFound` for anything else."""
    round_ = tools.rounds.register.round(round_id)
    if round_ is None or not isinstance(round_.of, SurveyState):
        raise NotFound(round_id)
    return round_


def return_of(tools: Tools, round_id: str, filing_id: str) -> Return:
    """The return of an alliance in a survey, sent or not; `NotFound` if it is none of the survey's."""
    round_, register = survey_of(tools, round_id), tools.rounds.register
    known = register.known(answering.asked_of_a_return(round_, filing_id), round_.area)
    alliance = known.alliances.get(filing_id)
    if alliance is None or not alliance.lies_in(round_.area):
        raise NotFound(filing_id)
    item = known.item(round_id, filing_id)
    key = (item.paper or item.figures.get("paper")) if item else None
    entry = register.entry(round_id, item.number) if item and item.state == Standing.RETURNED else None
    return Return(
        round=round_,
        alliance=alliance,
        questionnaire=answering.questionnaire_in(known.papers[round_.paper or ""]),
        known=known,
        item=item,
        sent=tools.register.paper(key) if key else None,
        returned=entry.event if entry and isinstance(entry.event, ReturnSurvey) else None,
    )


@dataclass(frozen=True)
class Asked:
    """A return that a leader may send: of which survey, about which alliance, and how far it has come."""

    round: Round
    row: FilingRow
    item: KnownItem | None

    @property
    def address(self) -> str:
        """Where it is filled in."""
        return f"/my/surveys/{self.round.id}/{self.row.filing_id}"

    @property
    def standing(self) -> str:
        """How far it has come, in words."""
        return Standing(self.item.state).label if self.item else UNANSWERED

    @property
    def waits(self) -> bool:
        """Whether it has still to be sent."""
        return self.item is None or self.item.state == Standing.RETURNED


def asked_of(tools: Tools, rows: Sequence[FilingRow]) -> list[Asked]:
    """The returns that are asked for now, of some filings: in the surveys that have begun and are not closed."""
    register, now = tools.rounds.register, tools.clock()
    filed = [row for row in rows if row.stage in FILED]
    open_now = register.rounds(kind=RoundKind.SURVEY, is_open=True) if filed else []
    asked: list[Asked] = []
    for round_ in (Round.model_validate_json(each.value) for each in open_now):
        known = register.known(Needs(filings=tuple(row.filing_id for row in filed), items=(round_.id,)), round_.area)
        for row in filed:
            item = known.item(round_.id, row.filing_id)
            open_to = now < round_.closes_at or (item is not None and item.state == Standing.RETURNED)
            if now >= round_.opens_at and open_to and known.alliances[row.filing_id].lies_in(round_.area):
                asked.append(Asked(round_, row, item))
    return asked


def printed(told: Return) -> bytes:
    """The questionnaire in print: as it was sent, with what its receipt says, or empty."""
    if told.item is None or told.sent is None:
        return survey_form.form_of(told.questionnaire, told.year, told.round.opened_at)
    filled = Filled(list(_facts(told, told.item)), told.sent.get("figures") or {}, told.figures_before)
    return survey_form.form_of(told.questionnaire, told.year, told.item.at, filled)


def _facts(told: Return, item: KnownItem) -> Iterator[tuple[str, str]]:
    alliance = told.alliance
    yield "联盟名称", alliance.name
    yield "备案编号", alliance.archive_number or alliance.id
    yield "盟主企业", f"{alliance.leader_name}（{alliance.leader}）"
    yield "回执编号", f"{told.round.id}-{item.number}"
    yield "报送日期", on_day(day_of(item.at))
    yield "填报情况", Standing(item.state).label
    yield "内容摘要（SHA-256）", item.paper or str(item.figures.get("paper", ""))
