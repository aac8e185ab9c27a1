"""Exports: the documents of a filing, tables of what the caller may see, and their calendar. Taking away is on record."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from activities.channels.pages import Diary
from activities.documents import sheets
from activities.publishing.calendars import Subject
from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional
from gateway.api.problems import Answers, answers
from gateway.api.shapes import Downloadable
from gateway.identity import Identity
from gateway.remembered.audit import AuditKind
from gateway.shown import documents
from gateway.shown.documents import DOCX, XLSX, ZIP, attachment
from gateway.shown.lists import Filter
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.register import FilingRow
from regulation import entries

router = APIRouter(route_class=Conditional, tags=["导出"])

ICS = "text/calendar"
EVERY = 100_000
"""More filings than there will ever be: nothing is cut off a table that leaves the house."""


def files(*media_types: str) -> Answers:
    """A file as it is documented."""
    schema = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {200: {"description": "文件", "content": dict.fromkeys(media_types, schema)}}


@router.get("/filings/{filing_id}/documents", responses=answers(404, 422))
def list_documents(request: Request, tools: Doors, who: Caller, row: Seen) -> list[Downloadable]:
    """可下载的文件: what the caller may download of a filing."""
    return [Downloadable.of(each, request.url.path) for each in documents.listed(tools, row, who)]


@router.get(
    "/filings/{filing_id}/documents/{name}",
    response_class=Response,
    responses={**files(DOCX, ZIP), **answers(404, 422)},
)
def download(
    request: Request,
    tools: Doors,
    who: Caller,
    row: Seen,
    name: Annotated[str, Path(pattern="^[a-z0-9_-]{1,80}$", description="见文件列表的 key")],
) -> Response:
    """下载: the docket, a version's form, a draft, or the whole dossier, drawn now; `proof-N` is the proof of entry N."""
    return documents.download(tools, request, row, who, name)


@router.get("/exports/summary.xlsx", response_class=Response, responses={**files(XLSX), **answers(422)})
def summary(request: Request, tools: Doors, who: Caller, wanted: Annotated[Filter, Query()]) -> Response:
    """汇总表: a line a filing, by place and number."""
    rows = sorted(_rows(tools, who, wanted), key=lambda row: (row.jurisdiction, row.filing_id))
    return _table(request, tools, who, "汇总表.xlsx", sheets.summary(tools.register, rows))


@router.get("/exports/deadlines.xlsx", response_class=Response, responses={**files(XLSX), **answers(422)})
def deadlines(request: Request, tools: Doors, who: Caller, wanted: Annotated[Filter, Query()]) -> Response:
    """期限表: what every filing waits for, and until when."""
    rows = _rows(tools, who, wanted)
    return _table(request, tools, who, "期限表.xlsx", sheets.deadlines(rows, tools.now.day))


def _rows(tools: Tools, who: Identity, wanted: Filter) -> list[FilingRow]:
    return tools.register.filings(**wanted.facts, scope=who.scope, limit=EVERY)


def _table(request: Request, tools: Tools, who: Identity, name: str, content: bytes) -> Response:
    visit_of(request, tools, who).note(AuditKind.EXPORTED, about=name)
    return attachment(content, name, XLSX)


@router.get("/calendar.ics", response_class=Response, responses=files(ICS))
def calendar(request: Request, tools: Doors, who: Caller) -> Response:
    """日程: the deadlines of every open filing that the caller may see, to subscribe to."""
    visit_of(request, tools, who).note(AuditKind.EXPORTED, about="calendar.ics")
    diary = Diary(who.place)
    for row in _rows(tools, who, Filter()):
        if row.open:
            subject = Subject(row.filing_id, row.alliance_name, row.number, row.updated_at)
            diary.lines.extend((subject, line) for line in entries.outlook(value_of(row)))
    return Response(diary.written(), media_type=ICS)
