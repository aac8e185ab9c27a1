"""What is shown of a survey: an alliance's return with what is known of it, the returns of an office, who has not answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from activities.documents import survey_form, survey_sheet, survey_tables
from activities.documents.survey_form import Filled
from activities.documents.survey_sheet import Taken
from activities.rounds import progress
from activities.rounds.progress import Group, Line
from gateway.identity import Identity
from gateway.problem import NoFile, NoRound, NoSurveyReturn
from gateway.shown.documents import XLSX
from gateway.shown.paging import Page, page_of
from gateway.shown.rounds import seen
from gateway.tools import Tools
from models.register import FilingRow
from models.rounds.base import RoundKind
from models.rounds.questionnaires import Questionnaire
from models.rounds.round import Round
from models.rounds.surveys import UNANSWERED, ReturnSurvey, Standing, SurveyActKind, SurveyState
from models.values import DAY, day_of
from regulation import offices
from regulation.moment import Moment
from regulation.naming import on_day
from regulation.rounds import answering, offers, prefilling
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

    def expired(self, day: date) -> bool:
        """Whether the questionnaire is no longer valid on a day."""
        return answering.is_expired(self.questionnaire, day)

    @cached_property
    def subject(self) -> Subject:
        """The alliance with what it told before."""
        return answering.subject(self.round, self.alliance, self.known)

    @property
    def taken(self) -> Taken:
        """What tells its workbook from any other."""
        return Taken(self.alliance.id, self.alliance.name, self.year, self.questionnaire)

    @property
    def sent_back(self) -> bool:
        """Whether it was sent back already, which is done once."""
        return bool(self.item and self.item.figures.get("sent_back"))

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
        raise NoRound(round_id)
    return round_


def survey_seen(tools: Tools, who: Identity, round_id: str) -> Round:
    """A survey that somebody sees; `NotFound` for anything else."""
    _, round_ = seen.seen(tools, who, round_id)
    if not isinstance(round_.of, SurveyState):
        raise NoRound(round_id)
    return round_


def return_of(tools: Tools, round_id: str, filing_id: str) -> Return:
    """The return of an alliance in a survey, sent or not; `NotFound` if it is none of the survey's."""
    round_, register = survey_of(tools, round_id), tools.rounds.register
    known = register.known(answering.asked_of_a_return(round_, filing_id), round_.area)
    alliance = known.alliances.get(filing_id)
    if alliance is None or not alliance.lies_in(round_.area):
        raise NoSurveyReturn(filing_id)
    item = known.item(round_id, filing_id)
    key = (item.paper or item.figures.get("paper")) if item else None
    entry = register.entry(round_id, item.number) if item and item.state == Standing.RETURNED else None
    return Return(
        round=round_,
        alliance=alliance,
        questionnaire=answering.questionnaire_of(round_.paper, known),
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


def printed(told: Return, own: str) -> bytes:
    """The questionnaire in print: as it was sent, with what its receipt says, or empty; with the address of its page, for which
    `own` is where people reach the gateway."""
    online = f"{own}/my/surveys/{told.round.id}/{told.alliance.id}"
    if told.item is None or told.sent is None:
        return survey_form.form_of(told.questionnaire, told.year, told.round.opened_at, online=online)
    filled = Filled(list(_facts(told, told.item)), told.sent.get("figures") or {}, told.figures_before)
    return survey_form.form_of(told.questionnaire, told.year, told.item.at, filled, online)


def to_fill_in(told: Return, raw: Mapping[str, Any]) -> bytes:
    """The return as a workbook to be filled in, with what is written so far."""
    return survey_sheet.workbook(told.taken, raw.get("figures") or {}, told.figures_before, told.round.opened_at)


def _facts(told: Return, item: KnownItem) -> Iterator[tuple[str, str]]:
    alliance = told.alliance
    yield "联盟名称", alliance.name
    yield "备案编号", alliance.archive_number or alliance.id
    yield "盟主企业", f"{alliance.leader_name}（{alliance.leader}）"
    yield "回执编号", f"{told.round.id}-{item.number}"
    yield "报送日期", on_day(day_of(item.at))
    yield "填报情况", Standing(item.state).label
    if item.figures.get("came_on"):
        yield "报送方式", f"纸质（{on_day(DAY.validate_python(item.figures['came_on']))}报送，由机关代录）"
    yield "内容摘要（SHA-256）", item.paper or str(item.figures.get("paper", ""))


# For offices

COLUMNS = {"": UNANSWERED, **{each.value: each.label for each in Standing}}
"""How far an alliance has come, by the state of its item."""


@dataclass(frozen=True)
class Progress:
    """How many alliances of one place and kind have come how far."""

    place: str
    jurisdiction: str
    kind: str
    states: Mapping[str, int]

    @property
    def expected(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def rate(self) -> str:
        """How many of a hundred have answered."""
        return f"{100 * self.states.get(Standing.ANSWERED, 0) / self.expected:.1f}%" if self.expected else ""


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What a survey adds to its page: for offices how far it has come by place and kind, for a leader its own returns."""
    if not who.staff:
        return {
            "asked_for": asked_of(tools, tools.register.filings(scope=who.scope)),
            "progress": [],
            "survey_year": None,
        }
    with tools.register.engine.connect() as db:
        groups = progress.groups(db, round_, who.scope)
    return {
        "asked_for": [],
        "progress": _told(groups),
        "columns": COLUMNS,
        "survey_year": answering.state_of(round_).year,
    }


def _told(groups: Sequence[Group]) -> list[Progress]:
    """By city and kind, and the sum of all if there are several."""
    of: dict[tuple[str, str], dict[str, int]] = {}
    for each in groups:
        states = of.setdefault((each.jurisdiction, each.kind), {})
        states[each.state] = states.get(each.state, 0) + each.count
    lines = [Progress(offices.OFFICES[place].city, place, kind, states) for (place, kind), states in of.items()]
    if len(lines) > 1:
        whole = {state: sum(each.states.get(state, 0) for each in lines) for state in COLUMNS}
        lines.append(Progress("合计", "", "", whole))
    return lines


@dataclass(frozen=True)
class ReturnFilter:
    """What a list of returns is narrowed by, and where its page begins."""

    state: str | None = None
    jurisdiction: str = ""
    kind: str = ""
    after: str = ""


LISTED = 50
"""How many alliances a page lists."""


def returns(tools: Tools, who: Identity, round_: Round, wanted: ReturnFilter) -> Page[Line]:
    """A page of the alliances of a survey, answered or not, as far as somebody sees them."""
    with tools.register.engine.connect() as db:
        found = progress.lines(
            db,
            round_,
            who.scope,
            states=[] if wanted.state is None else [wanted.state],
            jurisdiction=wanted.jurisdiction or None,
            kind=wanted.kind or None,
            after=wanted.after,
            most=LISTED + 1,
        )
    return page_of(found, LISTED, lambda line: line.filing_id)


def may_enter(round_: Round, who: Identity, when: Moment) -> bool:
    """Whether somebody may enter a return that came on paper."""
    offered = offers.offer(round_, SurveyActKind.ENTER_SURVEY, who.by, when)
    return offered.mine and offered.open and may_read(who)


def may_read(who: Identity) -> bool:
    """Whether somebody may read returns: whoever may read papers, of alliances that they see."""
    return who.role in offices.READERS


@dataclass(frozen=True)
class TakenAway:
    """A file."""

    name: str
    media_type: str
    content: bytes


def taken_away(tools: Tools, who: Identity, round_: Round, ending: str) -> TakenAway:
    """The returns that somebody may read, as a file; `NotFound` if there is none of that sort."""
    if ending not in MEDIA_TYPES:
        raise NoFile(ending)
    with tools.register.engine.connect() as db:
        survey = survey_tables.survey_in(db, round_, who.scope)
    return TakenAway(f"{round_.title}.{ending}", MEDIA_TYPES[ending], survey_tables.MADE[ending](survey))


MEDIA_TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8", "json": "application/json"}


def empty(tools: Tools, round_: Round) -> bytes:
    """The questionnaire of a survey in print, empty, with the address of the leader's page, from which each survey is filled in."""
    questionnaire = answering.questionnaire_in(tools.register.paper(round_.paper or ""))
    year = answering.state_of(round_).year or round_.year
    return survey_form.form_of(questionnaire, year, round_.opened_at, online=f"{tools.settings.own_address}/my")
