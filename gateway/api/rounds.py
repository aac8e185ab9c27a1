"""Rounds (轮次): the list, each of them with its alliances and its entries, and the acts that are done in them."""

import json
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, JsonValue
from sqlmodel import col, select

from activities.database import reading
from gateway.api.acts import LARGEST_ACT, By, key_of, too_large
from gateway.api.caller import Caller
from gateway.api.conditions import Conditional, rests_on
from gateway.api.documents import Document
from gateway.api.exports import files
from gateway.api.filings import AT_ONCE
from gateway.api.openapi import taking
from gateway.api.paged import next_address
from gateway.api.problems import WITH_BODY, answers, failed, missing
from gateway.api.shapes import Downloadable
from gateway.problem import MovedOn, NoRound, at_interface, refuse
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, XLSX
from gateway.shown.reasons import Sentence
from gateway.shown.rounds import downloads, seen
from gateway.shown.rounds.downloads import CSV
from gateway.shown.rounds.reasons import RoundAsked, answered
from gateway.tools import Doors
from gateway.visit import visit_of
from models.acts import MOST_ENTRIES, OfficeKey, Year
from models.reasons import Question, Register
from models.register import Paper, RoundEntryRow, RoundItemRow, RoundRow
from models.rounds.base import RoundId, RoundKind, RoundLine, RoundStage
from models.rounds.round import Round, RoundEntry, RoundReceipt
from models.values import Day, Digest, FilingId, Instant, Jurisdiction, Value, canonical
from models.vocabulary import Kind, Role
from regulation.articles import numbered
from regulation.offices import READERS
from regulation.rounds import agenda, offers
from regulation.rounds.every import rules_of
from regulation.rounds.lodging import FILLED_IN

router = APIRouter(route_class=Conditional, tags=["轮次"])

Of = Annotated[RoundId, Path(description="轮次编号，如 survey-2027-LN-1")]


class RoundSummary(Value):
    """轮次: where a round stands, as lists show it. `counts` are of its kind."""

    round_id: RoundId
    number: int
    kind: RoundKind
    year: Year
    jurisdiction: Jurisdiction | None = None
    zone: OfficeKey | None = None
    alliances: Kind | None = None
    stage: RoundStage
    open: bool
    title: str
    document_no: str | None = None
    opens: Day
    closes: Day
    next_at: Instant | None = None
    counts: dict[str, int] = {}

    @classmethod
    def of(cls, row: RoundRow) -> Self:
        """A row without what the register keeps for itself."""
        told = {name: getattr(row, name) for name in cls.model_fields if name != "counts"}
        return cls.model_validate({**told, "counts": json.loads(row.counts)})


class RoundOffered(Value):
    """可为之事: an act of the caller's post; if it is not open, what is missing. `first`: the entry of the half that others said."""

    kind: str
    label: str
    article: str
    roles: tuple[Role, ...]
    open: bool
    together: str
    first: int | None = None
    missing: str | None = None


class RoundShown(Value):
    """一个轮次: its summary, the whole value, how many alliances stand at which state, what time brings, what the caller may do."""

    summary: RoundSummary
    round: Round
    states: dict[str, int] = {}
    agenda: tuple[RoundLine, ...] = ()
    offers: tuple[RoundOffered, ...] = ()


class RoundItem(Value):
    """一个联盟在轮次中: its state and figures, by which entry and paper."""

    filing_id: FilingId
    state: str
    number: int
    paper: Digest | None = None
    figures: dict[str, JsonValue] = {}
    at: Instant

    @classmethod
    def of(cls, row: RoundItemRow) -> Self:
        """A row as it is answered."""
        told = {name: getattr(row, name) for name in cls.model_fields if name != "figures"}
        return cls.model_validate({**told, "figures": json.loads(row.figures)})


class RoundItems(Value):
    """轮次中的联盟: a page of them; `next` is where the next page is."""

    items: tuple[RoundItem, ...]
    next: str | None = None


class RoundsWanted(Value):
    """What a list of rounds is narrowed by."""

    kind: RoundKind | None = None
    year: Year | None = None
    open: bool | None = Field(None, description="是否尚未结束")


@router.get("/rounds", responses=answers(422))
def list_rounds(tools: Doors, who: Caller, wanted: Annotated[RoundsWanted, Query()]) -> list[RoundSummary]:
    """轮次列表: those that the caller sees, the one that closes last first."""
    asked = seen.RoundFilter(kind=wanted.kind, year=wanted.year, open=wanted.open)
    return [RoundSummary.of(row) for row in seen.listed(tools, who, asked)]


@router.get("/rounds/{round_id}", responses=answers(404, 422))
def show_round(request: Request, tools: Doors, who: Caller, round_id: Of) -> RoundShown:
    """一个轮次: where it stands, and what the caller may do."""
    row, round_ = seen.seen(tools, who, round_id)
    request.state.number = row.number
    return RoundShown(
        summary=RoundSummary.of(row),
        round=round_,
        states=seen.states(tools, who, round_id) if who.staff else {},
        agenda=tuple(agenda.outlook(rules_of(round_id), round_)),
        offers=tuple(
            RoundOffered(
                kind=each.kind.value, label=each.kind.label, article=numbered(each.article), roles=each.roles, open=each.open,
                together=each.together, first=each.first, missing=each.refusal.missing if each.refusal else None,
            )
            for each in offers.offers(round_, who.by, tools.now)
            if each.mine
        ),
    )  # fmt: skip


@router.get("/rounds/{round_id}/items", responses=answers(404, 422))
def list_items(
    request: Request,
    response: Response,
    tools: Doors,
    who: Caller,
    round_id: Of,
    state: Annotated[str, Query(max_length=30, description="状态")] = "",
    jurisdiction: Annotated[Jurisdiction | None, Query(description="属地")] = None,
    after: Annotated[str, Query(max_length=64, description="续页标记，见上一页的 next")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数")] = 100,
) -> RoundItems:
    """轮次中的联盟: in the order of their ids, as far as the caller sees them."""
    seen.seen(tools, who, round_id)
    page = seen.items(tools, who, round_id, seen.ItemFilter(state, jurisdiction or "", after), limit)
    items = tuple(map(RoundItem.of, page.shown))
    if not page.more:
        return RoundItems(items=items)
    return RoundItems(items=items, next=next_address(request, response, page.more))


@router.get("/rounds/{round_id}/entries", responses=answers(404, 422))
def list_round_entries(
    tools: Doors,
    who: Caller,
    round_id: Of,
    after: Annotated[int, Query(ge=0, le=MOST_ENTRIES, description="此号之后的登记")] = 0,
) -> list[RoundEntry]:
    """轮次登记: everything entered, in order; a thousand entries at once. Who is no staff sees what is about its own alliances."""
    seen.seen(tools, who, round_id)
    found = tools.rounds.register.docket(round_id, after=after, before=after + AT_ONCE + 1)
    return seen.readable(tools, who, found)


class RoundWhy(Value):
    """轮次的理由: what was asked about, and the answer in one register, each sentence with the entries that it rests on and its article."""

    question: Question
    about: str
    worded_for: Register
    reasons: tuple[Sentence, ...]


@router.get("/rounds/{round_id}/why", responses=answers(404, 422))
def why_of_round(tools: Doors, who: Caller, round_id: Of, wanted: Annotated[RoundAsked, Query()]) -> RoundWhy:
    """轮次为何如此: why an entry came, how a result, a lot or an amount came about, and who was told and why; else what comes next.

    Of an entry that the caller may not read whole, what it came to for the alliance that is named, if that is the caller's.
    """
    seen.seen(tools, who, round_id)
    told, register = answered(tools, who, round_id, wanted), wanted.register(who)
    reasons = tuple(Sentence.of(each, register) for each in told.reasons)
    return RoundWhy(question=told.question, about=told.about, worded_for=register, reasons=reasons)


@router.get("/rounds/{round_id}/papers/{digest}", responses=answers(404, 422), response_model=dict[str, object])
def read_round_paper(
    request: Request,
    tools: Doors,
    who: Caller,
    round_id: Of,
    digest: Annotated[Digest, Path(description="文书的 SHA-256")],
) -> Response:
    """轮次文书: a paper as it was hashed, if an entry of the round rests on it and the caller may read that."""
    seen.seen(tools, who, round_id)
    with reading(tools.register.engine) as session:
        rests = select(RoundEntryRow.number).where(
            RoundEntryRow.round_id == round_id, col(RoundEntryRow.paper) == digest
        )
        number, paper = session.exec(rests.limit(1)).first(), session.get(Paper, digest)
    entry = tools.rounds.register.entry(round_id, number) if number else None
    if paper is None or entry is None or who.role not in READERS or not seen.may_read(tools, who, entry):
        raise missing("这份文书")
    visit_of(request, tools, who).note(AuditKind.READ_PAPER, filing_id=round_id, about=f"{paper.kind} {digest}")
    return Response(paper.body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/rounds/{round_id}/documents", responses=answers(404, 422))
def list_round_documents(request: Request, tools: Doors, who: Caller, round_id: Of) -> list[Downloadable]:
    """轮次可下载的文件: reports, lists and tables of its kind, as far as the caller may have them."""
    _, round_ = seen.seen(tools, who, round_id)
    return [Downloadable.of(each, request.url.path) for each in downloads.listed(tools, who, round_)]


@router.get(
    "/rounds/{round_id}/documents/{name}",
    response_class=Response,
    responses={**files(DOCX, XLSX, CSV), **answers(404, 422)},
)
def download_of_round(
    request: Request,
    tools: Doors,
    who: Caller,
    round_id: Of,
    name: Annotated[str, Path(pattern="^[A-Za-z0-9_.-]{1,80}$", description="见文件列表的 key")],
) -> Response:
    """下载轮次文件: drawn now."""
    _, round_ = seen.seen(tools, who, round_id)
    return downloads.download(tools, request, who, round_, name)


@router.post(
    "/rounds/{round_id}/acts",
    status_code=201,
    response_description="已登记",
    responses={
        200: {"model": RoundReceipt, "description": "此前已登记：同一答复"},
        **answers(*WITH_BODY, 404, 409, 412),
    },
    openapi_extra=taking("RoundAct"),
)
async def act_on_round(
    response: Response, tools: Doors, who: Caller, sender: By, round_id: Of, document: Document
) -> RoundReceipt:
    """办理轮次: an act of its kind, with its paper as `content`; the first one opens it."""
    claimed = [name for name in ("by", "received_at", "seen", *FILLED_IN) if name in document]
    if claimed:
        refuse([at_interface(f"/{name}", "由系统填写，不得提交") for name in claimed])
    raw: dict[str, Any] = {**document, "id": key_of(sender.key, document.get("id"))}
    if len(canonical({name: value for name, value in raw.items() if name != "content"})) > LARGEST_ACT:
        raise too_large()
    row = await run_in_threadpool(tools.rounds.register.row, round_id)
    if row is None and not offers.opens(round_id, who.by):
        raise NoRound(round_id)
    if row is not None and not await run_in_threadpool(seen.sees, tools, who, row):
        raise NoRound(round_id)
    try:
        receipt = await sender.visit.act_on_round(round_id, raw, seen=rests_on(sender.if_match))
    except MovedOn as moved:
        raise failed(412, "moved_on", "轮次已有新的登记") from moved
    response.status_code = 200 if row and receipt.number <= row.number else 201
    return receipt
