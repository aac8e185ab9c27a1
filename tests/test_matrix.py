"""Who reaches what: every role × place × act × stage at the door, and every object of the service by foreign ids over HTTP.

Who may do what stands here once more, written from the law alone: where the table of the lifecycle says something
else, one of the two is wrong.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from io import BytesIO
from itertools import cycle, islice, product
from string import Formatter
from typing import Any
from urllib.parse import parse_qsl
from zipfile import ZipFile

import pytest
from fastapi import UploadFile
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response
from sqlmodel import Session, SQLModel, select

from activities.lists import within
from activities.register import Register
from activities.rows import act_id, paper_of
from activities.year_board import YearBoard
from activities.year_contents import contents
from gateway.app import create
from gateway.identity import EMBEDDED, Identity
from gateway.remembered.absences import Asked
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import HandlingKind, post_of
from gateway.remembered.phrases import Phrases
from gateway.remembered.saved import SavedFilters
from models.acts import Act, By
from models.filing import Filing
from models.register import AnnualReportRow, FilingRow
from models.rounds.base import OpenRound, Pinned, RoundKind
from models.rounds.round import RoundEntry
from models.settings import Settings
from models.values import SHANGHAI, day_of
from models.vocabulary import ActKind, Kind, ReportState, Role, Stage
from regulation import lifecycle, offices
from regulation.agenda import HANDED_OVER_FROM
from regulation.moment import Moment
from regulation.offers import Offer, offers
from regulation.phrases import Purpose
from regulation.rounds import table
from regulation.rounds.every import RULES
from tests.applications import good, led_by
from tests.databases import on_both, prepare
from tests.law.cases import load
from tests.samples import examples as so_many
from tests.samples import one_in
from tests.served import Clock
from tests.simulated import Papered, lived, told, written
from tests.story import application
from tests.visiting import House, visiting

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)

# Who may do what

DOERS: Mapping[str, str] = {
    "the reviewer": """
        accept return_for_correction extend_review recommend confirm refuse rule_on_admissibility rule_on_objection
        confirm_notice_clear forward return_annual_report rule_on_extension discount_annual_report excuse_year urge_report
        rule_on_change transfer record_inspection record_evaluation tag propose_revocation approve_revocation
        drop_revocation record_service rule_on_defence confirm_no_statement hold release record_announcement restore
        record_challenge record_challenge_outcome
        report_undeliverable settle_delivery deny_letter close_letter""",
    "whoever takes a filing over": "transfer",
    "the leader": """
        resubmit complete_record withdraw file_annual_report answer_annual_return request_extension report_change
        deregister state_defence acknowledge_service correct_contact""",
    "the city's 工信 department": "give_iit_opinion",
    "the city's 工信 department, kind A": "record_inspection",
    "the province": """
        record_survey give_office_opinion record_party_group return_to_city archive excuse_year urge_report move_deadline
        record_inspection record_evaluation tag propose_revocation hold release record_challenge record_challenge_outcome record_continuation calendar_published
        terms_published""",
    "the province, of what can be handed over": "transfer",
    "the province's 工信 department": "record_inspection",
    "the evaluator": "record_evaluation",
    "anybody": "object",
    "the platform": """
        acknowledge_service report_undeliverable correct_contact record_continuation calendar_published
        terms_published""",
    "operators": "report_undeliverable calendar_published terms_published",
}
"""Who does which acts (A-09, A-10, A-24, A-25, A-29, A-33, A-36, A-44, B-14, B-17, B-18, G-03 … G-45)."""

SHENYANG, DALIAN, PROVINCE = "210100", "210200", "210000"
ZONE, OTHER_ZONE = "210100-shengaoqu", "210200-gaoxinyuanqu"
OTHER_LEADER = "91210200MA10ABCE4L"


def post(who: str, filing: Filing, act: Act) -> tuple[Role, str] | None:
    """The post that is meant, for a filing; a zone reviews what lies in it, else the city does (B-14, Q10)."""
    if who == "whoever takes a filing over":
        to, to_zone = getattr(act, "to", None), getattr(act, "to_zone", None)
        return (Role.ZONE, to_zone) if to_zone else (Role.CITY_ST, str(to))
    posts = {
        "the reviewer": (Role.ZONE, filing.zone) if filing.zone else (Role.CITY_ST, filing.jurisdiction),
        "the leader": (Role.LEADER, filing.leader),
        "the city's 工信 department": (Role.CITY_IIT, filing.jurisdiction),
        "the province": (Role.PROVINCE_ST, PROVINCE),
        "the province's 工信 department": (Role.PROVINCE_IIT, PROVINCE),
        "the evaluator": (Role.EVALUATOR, PROVINCE),
        "anybody": (Role.PUBLIC, "public"),
        "the platform": (Role.PLATFORM, PROVINCE),
        "operators": (Role.OPERATOR, PROVINCE),
    }
    if who == "the province, of what can be handed over":
        return (Role.PROVINCE_ST, PROVINCE) if filing.stage in HANDED_OVER_FROM else None
    name, _, kind = who.partition(", kind ")
    return posts[name] if kind in ("", filing.kind.value) else None


def doers(filing: Filing, act: Act) -> set[tuple[Role, str] | None]:
    """The posts that do an act to a filing."""
    return {post(who, filing, act) for who, acts in DOERS.items() if act.kind.value in acts.split()}


def posts(filing: Filing) -> list[tuple[Role, str]]:
    """Every post that somebody may hold: of this place and another, this zone and another, this leader and another."""
    places = [filing.jurisdiction, SHENYANG, DALIAN, ZONE, OTHER_ZONE, filing.leader, OTHER_LEADER, PROVINCE, "public"]
    return [each for each in product(Role, dict.fromkeys(places)) if offices.is_post(*each)]


@dataclass(frozen=True, eq=False)
class Standing:
    """A filing as it stood at a moment of some life; each is itself alone."""

    filing: Filing
    when: Moment


@cache
def standings() -> dict[tuple[Kind, bool, Stage], list[Standing]]:
    """Filings at every stage, from the lives that the cases of the law tell; of kind B, in a zone and outside."""
    found: dict[tuple[Kind, bool, Stage], list[Standing]] = {}
    for case in load():
        for entry in case.life.docket:
            filing = entry.filing
            at = max(entry.at, filing.submitted_at)  # what came on paper may count as of the day's first second
            when = Moment(at, max(at, entry.entered_at))
            found.setdefault((filing.kind, bool(filing.zone), filing.stage), []).append(Standing(filing, when))
    for stage in Stage:
        outside = found.get((Kind.B, False, stage), [])
        zoned = [Standing(each.filing.but(zone=ZONE, jurisdiction=SHENYANG), each.when) for each in outside]
        found.setdefault((Kind.B, True, stage), []).extend(zoned)
    return {key: spread(each) for key, each in found.items() if each}


def spread(found: list[Standing]) -> list[Standing]:
    """Some of many, from the first to the last, and one that is being handed over."""
    most, transferred = so_many(2, 4), [each for each in found if each.filing.transfer][:1]
    return [*found[:: max(1, len(found) // most)][:most], *transferred]


KINDS = [(Kind.A, False), (Kind.B, False), (Kind.B, True)]
MATTERS = pytest.mark.parametrize(
    ("kind", "zoned", "stage"),
    [(*each, stage) for each in KINDS for stage in Stage],
    ids=lambda each: {True: "zone", False: "city"}.get(each, str(each)),
)
LAW = pytest.mark.xdist_group("the matrix of the law")
NEVER = {
    *((Kind.A, False, stage) for stage in lifecycle.ONLY_B),
    *((Kind.B, zoned, Stage.DEREGISTERED) for zoned in (False, True)),
}
"""What is no stage of a kind, or what no case of the law tells."""


@cache
def examples() -> Mapping[ActKind, Act]:
    """An act of each kind, as a form would propose it somewhere."""
    found = {each.kind: each.act for many in standings().values() for at in many for each in offers(at.filing, at.when)}
    return {kind: found[kind] for kind in ActKind}


@cache
def by(role: Role, office: str) -> By:
    """Somebody who has not acted on any filing before."""
    return By(person="newcomer", office=office, role=role)


@cache
def offered(at: Standing, role: Role, office: str) -> tuple[Offer, ...]:
    """What such a newcomer is offered, worked out once."""
    return offers(at.filing, at.when, by(role, office))


@LAW
@MATTERS
def test_the_door_lets_through_whom_the_law_names_and_nobody_else(kind: Kind, zoned: bool, stage: Stage) -> None:
    found = standings().get((kind, zoned, stage), [])
    assert bool(found) is ((kind, zoned, stage) not in NEVER)
    for at in found:
        filing, when = at.filing, at.when
        known, everybody = {each.kind: each.act for each in offers(filing, when)}, posts(filing)
        for name, example in examples().items():
            act = known.get(name, example.but(received_at=when.at))
            named = doers(filing, act)
            for role, office in everybody:
                refusal = lifecycle.check(filing, act.but(by=by(role, office)), when)
                if (name.value, filing.stage, filing.kind) not in lifecycle.ROWS:
                    assert refusal, (name, role, office)
                elif (role, office) in named:
                    assert refusal is None or "无权" not in (refusal.missing or ""), (name, role, office, refusal)
                else:
                    assert refusal, (name, role, office)
                    assert "无权" in (refusal.missing or ""), (name, role, office, refusal)


@LAW
@MATTERS
def test_what_is_offered_as_mine_is_what_the_law_names_me_for(kind: Kind, zoned: bool, stage: Stage) -> None:
    for at in standings().get((kind, zoned, stage), []):
        for role, office in posts(at.filing):
            for each in offered(at, role, office):
                named = doers(at.filing, each.act)
                if each.kind is ActKind.TRANSFER:  # one gives, then the other takes, unless the first takes it back
                    next_ = ("whoever takes a filing over",) if at.filing.transfer else ()
                    next_ = ("the reviewer", *next_, "the province, of what can be handed over")
                    named = {post(who, at.filing, each.act) for who in next_}
                assert each.mine is ((role, office) in named), (each.kind, role, office)
                assert (each.act.by == by(role, office)) is (each.mine or each.on_paper)


@LAW
@MATTERS
def test_whoever_may_act_on_a_filing_sees_it(kind: Kind, zoned: bool, stage: Stage) -> None:
    """The door of somebody who signs in shows what lies within their scope, and takes acts on nothing else."""
    for at in standings().get((kind, zoned, stage), []):
        filing = at.filing
        facts = (
            filing.id,
            filing.jurisdiction,
            filing.zone,
            filing.leader,
            filing.stage.value,
            lifecycle.awaited(filing),
        )
        for role, office in posts(filing):
            if role is Role.PUBLIC:
                continue
            who = Identity(person="newcomer", name="", office=office, role=role, assigned=frozenset({filing.id}))
            mine = [each.kind for each in offered(at, role, office) if each.mine and each.open]
            assert not mine or who.scope.holds(*facts), (mine, role, office)


def test_every_act_has_somebody_who_does_it_and_auditors_only_read() -> None:
    assert {name for acts in DOERS.values() for name in acts.split()} == {kind.value for kind in ActKind}
    roles = {role for row in lifecycle.TABLE for role in row.by}
    assert roles == set(Role) - {Role.AUDITOR}


# Who sees what

SCOPES = [
    (role, office)
    for role, office in product(Role, [SHENYANG, DALIAN, ZONE, OTHER_ZONE, OTHER_LEADER, PROVINCE])
    if offices.is_post(role, office)
]


def row(filing_id: str, **facts: Any) -> FilingRow:
    """A filing's row of which only its place, leader, stage and whom it waits for matter."""
    texts = ("head", "alliance_name", "leader_name", "technical_field", "consent", "terms", "calendar", "first_paper")
    rest: dict[str, Any] = dict.fromkeys(texts, "") | dict.fromkeys(("number", "missed_years", "open_objections"), 0)
    rest |= {"kind": "A", "open": True, "on_hold": False, "provisional": False}
    rest |= dict.fromkeys(("updated_at", "listed_at", "due_at", "submitted_at"), NOW)
    return FilingRow(filing_id=filing_id, public="{}", value="{}", **rest, **facts)


YEARS = {2025: ReportState.FILED, 2026: ReportState.MISSED, 2027: ReportState.OPEN}
"""What stands of a year of every filing: the last one is at risk, for the one before was missed."""


def reported(of: FilingRow, year: int, state: ReportState) -> AnnualReportRow:
    """What stands of a year of a filing."""
    facts: dict[str, Any] = {"kind": of.kind, "jurisdiction": of.jurisdiction, "zone": of.zone, "due": NOW, "number": 1}
    return AnnualReportRow(filing_id=of.filing_id, year=year, status="due", state=state.value, **facts)


@on_both
def test_a_list_shows_exactly_what_may_be_looked_at(register: Register) -> None:
    """`Scope.holds` of one filing and `within` of a query say the same, for every combination of what they ask."""
    leaders = (OTHER_LEADER, "91210102MA10ABCD6H")
    waiting = (None, SHENYANG, DALIAN, ZONE, PROVINCE, OTHER_LEADER)
    combinations = product((SHENYANG, DALIAN, "21SF00"), (None, ZONE, OTHER_ZONE), leaders, Stage, waiting)
    rows = [
        row(f"F-{number:04d}", jurisdiction=place, zone=zone, leader=leader, stage=stage.value, waiting_for=waits)
        for number, (place, zone, leader, stage, waits) in enumerate(combinations)
    ]
    with Session(register.engine) as session:
        session.add_all([FilingRow.model_validate(each.model_dump()) for each in rows])
        session.flush()
        session.add_all([reported(each, year, state) for each in rows[::5] for year, state in YEARS.items()])
        session.commit()
    assigned = {each.filing_id for each in rows[::3]}
    for role, office in SCOPES:
        scope = offices.scope(role, office, assigned)
        assert scope
        with Session(register.engine) as session:
            listed = set(session.exec(select(FilingRow.filing_id).where(within(scope))))
        held = {
            each.filing_id
            for each in rows
            if scope.holds(each.filing_id, each.jurisdiction, each.zone, each.leader, each.stage, each.waiting_for)
        }
        assert listed == held, (role, office)
        everything = role in (Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR, Role.OPERATOR, Role.PLATFORM)
        assert held
        assert (len(held) == len(rows)) is everything, (role, office)
        # What a year is counted as, who may miss it and what was reported are of the same alliances, wherever they wait.
        place = scope.but(office=None)
        counted = {
            each.filing_id
            for each in rows[::5]
            if place.holds(each.filing_id, each.jurisdiction, each.zone, each.leader, each.stage, None)
        }
        boards = YearBoard(register.engine)
        assert boards.of(2027, scope).total.counts.total() == len(counted), (role, office)
        assert boards.at_risk(2027, scope).keys() == counted, (role, office)
        told = {each.filing_id for each in contents(register.engine, 2025, scope).reports}
        assert told == counted, (role, office)
        if role is Role.EVALUATOR:
            archived = {Stage.IN_FORCE, Stage.REVOCATION_PENDING, Stage.REVOKED, Stage.DEREGISTERED, Stage.CONTINUED}
            assert held == {each.filing_id for each in rows if each.stage in archived} & assigned


# What is reached over HTTP

NOBODYS: Mapping[str, str] = {
    "filing_id": "NOBODYS-1",
    "message_id": "NOBODYS-1-1-1",
    "letter_id": "NOBODYS-1-1-2",
    "handling_id": "99999999",
    "draft_id": "LN-20300320-ZZZZZZ",
    "sha256": "f" * 64,
    "digest": "e" * 64,
    "filter_id": "88888888",
    "absence_id": "77777777",
    "phrase_id": "66666666",
    "act_id": "objection-of-nobody",
    "round_id": "annual-2059-210200-9",
}
"""Objects that nobody has: by the name that an address has for them, an id as there could be one."""

PERSONAL = frozenset({"draft_id", "sha256", "filter_id", "absence_id", "phrase_id"})
"""Objects that belong to people, or to the post they hold, whatever filings others may see."""

PARTS: Mapping[str, str] = {
    "version": "1",
    "number": "1",
    "year": "2027",
    "key": "docket",
    "name": "docket",
    "kind": "withdraw",
    "ending": "xlsx",
    "notice_id": "annual-2030-210200-1-1-0",
    "outcome_id": "subsidy-2027-LN-1-7-000000000000",
    "place": "a",
}
"""What an address names within an object; alone, it names no object of anybody."""

WORDS = frozenset({"key", "kind", "name", "table", "step", "ending", "year"})
"""Parameters that choose among things which are the same for everybody."""

PUBLIC = frozenset(
    {
        "/", "/sign-in", "/sign-in/start", "/sign-in/callback", "/notices", "/notices/{path:path}", "/revocations",
        "/register", "/register.csv", "/register.json", "/register/{archive_number:path}", "/statistics", "/statistics/{year}", "/robots.txt",
        "/sitemap.xml", "/sitemap/{kind}-{number:int}.xml", "/objections/{filing_id}", "/objections/{filing_id}/{act_id}",
        "/api/v1/openapi.json", "/static", "/healthz", "/calls", "/calls/{round_id}", "/calls/{round_id}/files/{sha256}",
        "/data", "/data/catalog.json", "/data/{name}.csv", "/data/{name}.json", "/data/{name}.schema.json", "/data/{name}.svg",
        "/lots", "/lots/{round_id}", "/lots/{round_id}/{name}.json", "/surveys", "/surveys/{round_id}", "/rounds",
        "/rounds/{round_id}/published/{notice_id}.json", "/rounds/{round_id}/published/{notice_id}", "/rounds/{round_id}/proofs/{notice_id}.json", "/outcomes", "/outcomes/{outcome_id}", "/objections/rounds/{round_id}", "/objections/rounds/{round_id}/{act_id}",
        "/about", "/guide", "/guide/{place}", "/guide/{place}/form.docx", "/query", "/query.svg", "/register/{archive_number:path}.json",
        "/design",  # of this machine alone: tests/test_design.py
        "/calendar/deadlines.ics",  # by a secret of its own
        "/witness/add-checkpoint",  # what is posted is signed by a log that the deployment names: tests/test_witness.py
    }
)  # fmt: skip
"""What anybody may reach without signing in. Whoever adds to it opens a door."""

ON_PAPER_ONLY = {
    "/filings/{filing_id}/entries/{number}/receipt",
    "/filings/{filing_id}/entries/{number}/confirmation",
}
"""What there is only of acts that came on paper: tests/test_on_paper.py."""


IN_SOME_ROUNDS = {
    "/rounds/{round_id}/returns", "/rounds/{round_id}/returns/{filing_id}", "/rounds/{round_id}/returns/{filing_id}/form.docx",
    "/rounds/{round_id}/questionnaire.docx", "/rounds/{round_id}/survey.{ending}", "/my/surveys/{round_id}/{filing_id}",
    "/my/surveys/{round_id}/{filing_id}/form.docx", "/my/surveys/{round_id}/{filing_id}/form.xlsx",
    "/rounds/{round_id}/questionnaire", "/rounds/{round_id}/questionnaire/newest.json",
    "/rounds/{round_id}/returns/{filing_id}/entry", "/rounds/{round_id}/returns/{filing_id}/entry/form.xlsx",
    "/rounds/{round_id}/bases/{filing_id}",
    "/rounds/{round_id}/sheets/{filing_id}.docx", "/rounds/{round_id}/documents/{key}",
    "/rounds/{round_id}/entries/{number}/paper", "/rounds/{round_id}/acts/{kind}", "/rounds/{round_id}/acts/{kind}/saved", "/api/v1/rounds/{round_id}/papers/{digest}",
    "/api/v1/rounds/{round_id}/documents/{name}", "/api/v1/rounds/{round_id}/questionnaire",
    "/api/v1/rounds/{round_id}/returns", "/api/v1/rounds/{round_id}/survey.{ending}",
}  # fmt: skip
"""What there is only in rounds of some kinds: tests/test_survey_pages.py, test_money.py, in_a_browser/inspection.py, test_round.py."""

IN_SOME_STATES = {
    "/filings/{filing_id}/review", "/uploads/{sha256}/pages/{number}.png", "/uploads/{sha256}/picture",
    "/my/reports/{filing_id}/{year}",
}  # fmt: skip
"""What there is only of applications under review, of reports that are due, and of some sorts of files: tests/test_review.py,
test_reports.py, test_uploads.py."""

OF_THE_PROVINCE = {"/desk/import/{sha256}", "/desk/whatif/{key}", "/desk/whatif/{key}/{name}"}
"""What only the province brings or asks: tests/test_importing.py, test_whatif_pages.py."""


def with_parts(named: Mapping[str, str]) -> dict[str, str]:
    """Objects, with something within them."""
    return {**PARTS, **named}


@dataclass(frozen=True)
class Door:
    """A way to ask for something: a method and an address with parameters."""

    method: str
    path: str

    @property
    def names(self) -> frozenset[str]:
        """The parameters of the address."""
        return frozenset(name.partition(":")[0] for _, name, *_ in Formatter().parse(self.path) if name)

    @property
    def objects(self) -> frozenset[str]:
        """Those that name somebody's object."""
        return self.names & NOBODYS.keys()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors() -> list[Door]:
    """Every route of the gateway, whoever adds it."""
    with_methods = [
        (each.path or "", each.methods or {"GET"}) for each in iter_route_contexts(create(Settings()).routes)
    ]
    return sorted({Door(method, path) for path, methods in with_methods for method in methods - {"HEAD"}}, key=str)


OF_PROGRAMS = ("/api/", "/codec/", "/witness/")
"""Doors that answer with problems and take no forms; which pages may have a browser ask the codec server: tests/test_encryption.py."""

DOORS = doors()
OBJECTS = [each for each in DOORS if each.objects and each.path not in PUBLIC]
BESIDES = (
    Door("GET", "/uploads/{sha256}?filing={filing_id}"),
    Door("POST", "/api/v1/check?filing_id={filing_id}"),
    Door("POST", "/desk/batch?filing={filing_id}"),
    Door("POST", "/desk/batch/form?filing={filing_id}"),
    Door("POST", "/desk/batch/preview?filing={filing_id}"),
    Door("POST", "/desk/batch/done?filing={filing_id}"),
    Door("POST", "/desk/batch/summary.docx?filing={filing_id}"),
)
"""Doors that are told their objects beside the address: in the query, or, of a page's form, in a field."""


TOWN = pytest.mark.xdist_group("the town of the matrix")

POSTS = {each.person: each for each in {(who.office, who.role): who for who in EMBEDDED.values()}.values()}
"""One person a post: what somebody may see depends on the post alone, but for what is personal."""


@dataclass(frozen=True)
class Town:
    """A gateway over a register with filings here and there, and what belongs to each, by the names of `NOBODYS`."""

    house: House
    belongings: Mapping[str, Mapping[str, str]]

    @property
    def ids(self) -> list[str]:
        """The filings."""
        return list(self.belongings)

    def sees(self, who: Identity, filing_id: str) -> bool:
        """Whether a filing lies within what somebody may see."""
        found = self.house.tools.register.row(filing_id)
        return found is not None and who.sees(found)


MINE, ZONES, THEIRS = "AT-HOME", "IN-THE-ZONE", "ELSEWHERE"
THEIR_LEADER = Identity(person="u-elsewhere", name="别处经办人", office=OTHER_LEADER, role=Role.LEADER)
EVERYBODY = [*POSTS.values(), THEIR_LEADER]
LACKING = {"deficiencies": [{"item": "A-17", "message": "协议未写明各方利益分配"}]}


def lives() -> Iterator[Papered]:
    """A filing of Shenyang whose life is over, one of its zone, and one of Dalian and another leader, returned to it."""
    yield lived(MINE)
    in_zone = good("B") | {"filing_id": ZONES, "received_at": "2023-04-10T09:00:00+08:00"}
    yield told(in_zone, ("zone", "return_for_correction", "2023-04-11T09:00", LACKING), until=NOW)
    elsewhere = application(filing_id=THEIRS, jurisdiction=DALIAN, alliance_name="大连市别处产学研联盟")
    elsewhere |= {"received_at": "2030-03-15T09:00:00+08:00", "agreement_effective_on": "2030-02-20"}
    led_by(elsewhere, OTHER_LEADER)
    officer = {"by": EMBEDDED["d-111"].by.model_dump(mode="json")}
    yield told(elsewhere, ("city", "return_for_correction", "2030-03-18T09:00", LACKING | officer), until=NOW)


async def settled(house: House, filing_id: str) -> dict[str, str]:
    """What belongs to a filing, and to its leader, with ids."""
    tools, elsewhere = house.tools, filing_id == THEIRS
    saved = SavedFilters(tools.register.engine)
    leader = THEIR_LEADER if elsewhere else EMBEDDED["u-leader-01"]
    officer = EMBEDDED["z-301" if filing_id == ZONES else "d-111" if elsewhere else "c-101"]
    message = next(each for each in tools.register.messages(filing_id) if each.to == "leader" and each.service)
    letter = next(letters[0] for told, letters, _ in tools.letters.of_filing(filing_id) if told.id == message.id)
    tools.handling.note(officer, filing_id, HandlingKind.HAND_OVER, post_of(officer), officer.person, "请办", NOW)
    saved.save(officer.person, "常用", "stage=submitted")
    assert Phrases(tools.register.engine).put(officer, Purpose.OPINION, f"{filing_id}的常用语", NOW)
    away = Asked(person=officer.person, deputy="deputy", first=date(2030, 9, 1), last=date(2030, 9, 2))
    names = {officer.person: officer.name, "deputy": "代办人"}
    assert tools.absences.ask(officer, post_of(officer), away, names, NOW, day_of(NOW)) == []
    row = tools.register.row(filing_id)
    assert row
    file = UploadFile(BytesIO(f"%PDF-1.7 {filing_id}".encode()), filename="协议.pdf")
    return {
        "filing_id": filing_id,
        "message_id": message.id,
        "letter_id": letter.id,
        "handling_id": str(tools.handling.of_filing(filing_id)[0].id),
        "round_id": A_ROUND if elsewhere else "none",
        "draft_id": tools.drafts.begin(leader, {"kind": "A", "alliance_name": f"{filing_id}草稿"}, NOW),
        "sha256": (await tools.uploads.store(file, leader.office, NOW))["sha256"],
        "digest": row.first_paper,
        "filter_id": str(saved.of(officer.person)[0].id),
        "absence_id": str(tools.absences.of_post(post_of(officer), day_of(NOW))[0].id),
        "phrase_id": str(Phrases(tools.register.engine).of_post(post_of(officer))[0].id),
        "act_id": next(
            (str(act_id(e)) for e in tools.register.docket(filing_id) if e.event.kind == ActKind.OBJECT), "none"
        ),
    }


A_ROUND = "annual-2030-210200-1"


def of_dalian() -> RoundEntry:
    """A round of the other city: nobody else but the province has to do with it."""
    officer, at = EMBEDDED["d-111"], NOW
    act = OpenRound(
        id="open", by=officer.by, title="2030年度报送", opens=date(2030, 10, 1), closes=date(2030, 11, 30),
        pinned=Pinned(terms="LN-2023", calendar="2026"),
    )  # fmt: skip
    return table.entered(RULES[RoundKind.ANNUAL], A_ROUND, None, act, Moment(at, at))


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """The gateway, open, where nobody is told to slow down."""
    often = 10_000_000
    settings = Settings(var=tmp_path_factory.mktemp("town"), reads_a_minute=often, acts_a_minute=often)
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as house:
        for life in lives():
            written(house.tools.register, life)
        house.tools.rounds.register.append(of_dalian())
        yield Town(
            house, {life.docket[0].filing.id: await settled(house, life.docket[0].filing.id) for life in lives()}
        )


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, with a browser and as a program."""

    who: Identity
    browser: AsyncClient
    csrf: str

    async def asks(self, door: Door, named: Mapping[str, str]) -> Response:
        """Ask at a door for what is named."""
        address = door.path.format(**with_parts(named))
        if door.path.startswith("/api/"):
            program = {"Authorization": f"Bearer {self.who.person}", "Idempotency-Key": "once"}
            body = {"kind": "withdraw"} if door.method == "POST" else None
            return await self.browser.request(door.method, address, json=body, headers=program)
        address, _, query = address.partition("?")
        fields = dict(parse_qsl(query))
        if door.method == "GET":
            return await self.browser.get(address, params=fields)
        act = {"kind": "withdraw", "batch": "0" * 16, "note": "", "to": "person/nobody"}
        act |= {"purpose": Purpose.OPINION.value, "text": "常用语"}
        return await self.browser.post(address, data={"csrf": self.csrf, **act, **fields})


def visitor(town: Town, who: Identity) -> Visitor:
    """Somebody who is signed in."""
    sessions, browser = town.house.tools.sessions, town.house.browser()
    secret = sessions.begin(who, NOW)
    browser.cookies.set("beian", secret)
    session = sessions.find(secret, NOW)
    assert session
    return Visitor(who, browser, session.csrf)


def answer_of(answer: Response, named: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """An answer, without the address and the ids that were asked for."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("content-length", "etag")}
    text = answer.text.replace(answer.url.path, "…")
    for value in sorted(named.values(), key=len, reverse=True):
        if len(value) > 2:
            text = text.replace(value, "…")
            headers = {name: told.replace(value, "…") for name, told in headers.items()}
    return answer.status_code, headers, text


def kept(town: Town) -> dict[str, str]:
    """Everything that the service keeps, but who signed in and what is on record."""
    engine = town.house.tools.register.engine
    tables = [each for name, each in SQLModel.metadata.tables.items() if name not in ("sessions", "audit", "people")]
    with engine.connect() as connection:
        return {each.name: str(connection.execute(each.select()).all()) for each in tables}


def asked(town: Town, seen: Collection[str], door: Door) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What somebody who sees some filings asks for at a door, of others and of nobody: a foreign filing with all that belongs
    to it, and things of others under a filing of one's own."""
    objects = {name for name in NOBODYS if f"{{{name}}}" in door.path}
    nothing = {name: NOBODYS[name] for name in objects}
    own = next((each for each in town.ids if each in seen), None)
    for foreign in (each for each in town.ids if each not in seen):
        theirs = {name: town.belongings[foreign][name] for name in objects}
        if "none" in theirs.values():
            continue
        yield theirs, nothing
        if own and "filing_id" in objects and len(objects) > 1:
            yield theirs | {"filing_id": own}, nothing | {"filing_id": own}
    if objects <= PERSONAL and len(seen) == len(town.ids):
        yield {name: town.belongings[THEIRS][name] for name in objects}, nothing


def test_every_parameter_of_an_address_is_known() -> None:
    """A new one says here whether it names somebody's object, so that what follows asks for others'."""
    for door in DOORS:
        assert door.names <= NOBODYS.keys() | PARTS.keys() | WORDS or door.path in PUBLIC, door
        assert door.objects or door.names <= WORDS or door.path in PUBLIC, door
    assert len(OBJECTS) > 30
    assert {door.path for door in DOORS} >= PUBLIC, "what is no door any more needs no opening"


@TOWN
@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.person)
async def test_what_is_anothers_is_as_good_as_nothing(town: Town, who: Identity) -> None:
    """For whoever may not see it, an object that exists and one that does not are answered alike, to the byte. At each door a
    few of them ask, each at other doors; CI: everybody at every door."""
    before, visiting_ = kept(town), visitor(town, who)
    seen = [each for each in town.ids if town.sees(who, each)]
    count = 0

    async def answered(door: Door, named: dict[str, str]) -> tuple[int, dict[str, str], str]:
        return answer_of(await visiting_.asks(door, named), named)

    for door in one_in(8, (*OBJECTS, *BESIDES), EVERYBODY.index(who)):
        if door.path.startswith("/api/") and who.person not in EMBEDDED:
            continue
        on_nothing: dict[str, tuple[int, dict[str, str], str]] = {}
        for theirs, nothing in asked(town, seen, door):
            key = str(nothing)
            if key not in on_nothing:
                on_nothing[key] = await answered(door, nothing)
            answer = await answered(door, theirs)
            assert answer == on_nothing[key], f"{door} tells {who.person} that {theirs} exists"
            assert answer[0] in (403, 404), f"{door} answers {who.person} {answer[0]} on {theirs}"
            count += 1
    assert count > so_many(0, 5)
    assert kept(town) == before, "somebody changed what is not theirs"


@TOWN
@pytest.mark.parametrize("who", POSTS.values(), ids=POSTS)
async def test_papers_are_for_those_whose_work_they_are_and_reading_them_is_on_record(
    town: Town, who: Identity
) -> None:
    """They name persons, phones and amounts: not for auditors, operators; objections for the reviewer alone."""
    tools, reader = town.house.tools, visitor(town, who)
    nowhere = (
        Door("GET", "/filings/{filing_id}/entries/9999/paper"),
        Door("GET", "/api/v1/filings/{filing_id}/papers/{digest}"),
    )
    for filing_id in (each for each in town.ids if town.sees(who, each)):
        for entry in tools.register.docket(filing_id):
            if not (paper := paper_of(entry)):
                continue
            reviewing = (who.role, who.office) == ((Role.ZONE, ZONE) if filing_id == ZONES else reviewer_of(filing_id))
            working = who.role not in (Role.AUDITOR, Role.OPERATOR)
            may = reviewing if entry.event.kind == ActKind.OBJECT else working
            named = {"filing_id": filing_id, "digest": paper}
            doors_ = Door("GET", f"/filings/{{filing_id}}/entries/{entry.number}/paper"), nowhere[1]
            for door, nothing in zip(doors_, nowhere, strict=True):
                before = [line.number for line in tools.audit.lines(filing_id=filing_id, person=who.person, limit=1)]
                answer = await reader.asks(door, named)
                noted = tools.audit.lines(filing_id=filing_id, person=who.person, limit=10)
                kinds = [line.kind for line in noted if line.number > max(before, default=0)]
                expected = (200, [AuditKind.READ_PAPER]) if may else (404, [AuditKind.REFUSED])
                assert (answer.status_code, kinds) == expected, (entry.event.kind, door)
                if not may:
                    none = {"filing_id": filing_id, "digest": NOBODYS["digest"]}
                    assert answer_of(answer, named) == answer_of(await reader.asks(nothing, none), none)


def reviewer_of(filing_id: str) -> tuple[Role, str]:
    """The city that reviews a filing outside any zone."""
    return Role.CITY_ST, DALIAN if filing_id == THEIRS else SHENYANG


@TOWN
@pytest.mark.parametrize(
    "door",
    [
        each
        for each in OBJECTS
        if each.method == "GET"
        and each.path not in {*ON_PAPER_ONLY, *IN_SOME_ROUNDS, *IN_SOME_STATES, *OF_THE_PROVINCE}
    ],
    ids=str,
)
async def test_to_somebody_it_is_something(town: Town, door: Door) -> None:
    """What is refused above is there: the same address, asked by whoever it belongs to, answers."""
    everybody = product((*EMBEDDED.values(), THEIR_LEADER), town.belongings.values())
    asking = [each for each in everybody if not door.path.startswith("/api/") or each[0].person in EMBEDDED]
    for who, named in asking:
        answer = await visitor(town, who).asks(door, named)
        assert answer.status_code < 500
        if answer.status_code == 200:
            return
    raise AssertionError("it is nothing to anybody")


@TOWN
@pytest.mark.parametrize("door", one_in(2, DOORS), ids=str)
async def test_whoever_is_not_signed_in_signs_in_first(town: Town, door: Door) -> None:
    """Every door but the public ones; nothing of what is asked for is told, nor whether it is there."""
    somebody = town.house.browser()
    for belongings in (town.belongings[MINE], NOBODYS):
        fields = with_parts(belongings) | {
            "table": "summary",
            "step": "form",
            "path": "index.html",
            "archive_number": "x",
        }
        answer = await somebody.request(
            door.method, door.path.replace(":path", "").replace(":int", "").format(**fields)
        )
        if door.path in PUBLIC:
            assert answer.status_code < 500
        elif door.path.startswith(OF_PROGRAMS):
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        else:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?next=")


@TOWN
@pytest.mark.parametrize("token", ["nobody", "c-101x", "", "u-elsewhere"])
async def test_a_program_that_is_nobody_reaches_nothing(town: Town, token: str) -> None:
    for door in DOORS:
        if door.path.startswith("/api/") and door.path not in PUBLIC:
            address = door.path.format(**with_parts(town.belongings[MINE]))
            headers = {"Authorization": f"Bearer {token}"}
            answer = await town.house.browser().request(door.method, address, headers=headers, json={})
            assert answer.status_code == 401, door


@TOWN
async def test_a_browsers_session_is_no_credential_of_a_program(town: Town) -> None:
    """So no page of another site can make a browser act at the API."""
    browser = visitor(town, EMBEDDED["c-101"]).browser
    for door in DOORS:
        if door.path.startswith("/api/") and door.path not in PUBLIC:
            address = door.path.format(**with_parts(town.belongings[MINE]))
            assert (await browser.request(door.method, address, json={})).status_code == 401, door


FORMS = [
    each
    for each in DOORS
    if each.method == "POST" and not each.path.startswith(OF_PROGRAMS) and each.path not in PUBLIC
]


@TOWN
@pytest.mark.parametrize("door", one_in(2, FORMS), ids=str)
async def test_no_form_is_taken_that_was_not_shown_to_this_session(town: Town, door: Door) -> None:
    """Whoever it is, whatever else the form says: without the token of the session nothing happens. At each door others try."""
    before = kept(town)
    other = visitor(town, EMBEDDED["c-102"])
    begin = FORMS.index(door)
    everybody = islice(cycle(EVERYBODY), begin, begin + 3)
    for who, csrf in zip(everybody, ("", "x", other.csrf), strict=True):
        visitor_ = visitor(town, who)
        answer = await Visitor(who, visitor_.browser, csrf).asks(door, town.belongings[MINE])
        assert answer.status_code in (403, 404), (door, who.person, answer.status_code)
        crossing = {"Origin": "https://evil.example"}
        address = door.path.format(**with_parts(town.belongings[MINE]))
        answer = await visitor_.browser.post(address, data={"csrf": visitor_.csrf}, headers=crossing)
        assert answer.status_code == 403
    assert kept(town) == before


def readable(answer: Response) -> str:
    """What can be read in an answer, also in a table that was downloaded."""
    if "spreadsheet" not in answer.headers.get("content-type", ""):
        return answer.text
    with ZipFile(BytesIO(answer.content)) as table:
        return "".join(table.read(name).decode() for name in table.namelist())


@TOWN
@pytest.mark.parametrize("who", POSTS.values(), ids=POSTS)
async def test_no_list_names_what_is_anothers(town: Town, who: Identity) -> None:
    """What somebody may not look at is in no list, table, search or calendar of theirs either; what they may is."""
    rows = [row for each in town.ids if (row := town.house.tools.register.row(each))]
    lists = [
        each
        for each in DOORS
        if each.method == "GET" and not each.names - {"table", "year"} and each.path not in PUBLIC
    ]
    assert len(lists) > 10
    visitor_, found = visitor(town, who), ""
    for number, door in enumerate(lists):
        for query in ("", *one_in(4, (f"?text={THEIRS}", f"?text={MINE}"), number)):
            answer = await visitor_.asks(Door(door.method, door.path + query), {"table": "summary"})
            assert answer.status_code < 500, door
            text = readable(answer).replace(query.removeprefix("?text=") or "\0", "")
            found += text
            for row in rows:
                if not who.sees(row):
                    assert row.filing_id not in text, door
                    assert row.alliance_name not in text, door
    for row in rows:
        assert (row.alliance_name in found) is who.sees(row), row.filing_id
