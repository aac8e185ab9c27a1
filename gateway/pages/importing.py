"""存量联盟导入 (A-02): the province brings a list, sees what would come of each row, and has it imported."""

from pathlib import Path
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from activities.documents.sheet_reader import SheetRefused
from activities.logs import named
from gateway.asked import alliance_list, importing
from gateway.asked.importing import Outcome, Planned, Summary
from gateway.pages.staff import Province
from gateway.pages.uploads import large
from gateway.pages.web import Answer, page, then
from gateway.problem import Failed, NoFile, Problem
from gateway.remembered.audit import AuditKind
from gateway.remembered.imports import Key, Running, Watch
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import Rejected, owner_of
from gateway.shown.documents import XLSX, attachment
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding
from models.gateway import UploadRow

log = structlog.get_logger()

router = APIRouter(prefix="/desk/import")

SHOWN = 200
"""How many rows with something to say are shown; the rest is counted."""

LONGEST_NUMBER = 200
"""Characters of a document number."""


@router.get("")
def begin(request: Request, tools: Doors, session: Province) -> HTMLResponse:
    """Where a list is brought."""
    return page(request, tools, "import.html", session, looked=None, columns=alliance_list.COLUMNS, why="")


@router.get("/template.xlsx")
def template(session: Province) -> Response:
    """A list to be filled in."""
    return attachment(alliance_list.template(), "存量联盟名单.xlsx", XLSX)


@router.post("", dependencies=[Depends(large)])
async def bring(request: Request, tools: Doors, session: Province, form: Answer) -> Response:
    """Take a list in; what would come of it is shown next."""
    file, document_no = form.get("file"), str(form.get("document_no") or "").strip()[:LONGEST_NUMBER]

    def again(why: str) -> HTMLResponse:
        shown = {"looked": None, "columns": alliance_list.COLUMNS, "why": why}
        return page(request, tools, "import.html", session, status=422, **shown)

    if not isinstance(file, UploadFile) or not file.filename:
        return await run_in_threadpool(again, "请选择名单文件")
    try:
        kept = await tools.uploads.store(file, owner_of(session.who.by), tools.clock(), person=session.who.person)
        await run_in_threadpool(_rows, tools, session, kept["sha256"], document_no)
    except (Rejected, SheetRefused) as refused:
        return await run_in_threadpool(again, str(refused))
    tools.importing.forget((kept["sha256"], document_no))
    return then(f"/desk/import/{kept['sha256']}?{_query(document_no)}")


@router.get("/{sha256}")
async def show(request: Request, tools: Doors, session: Province, sha256: str, document_no: str = "") -> HTMLResponse:
    """What would come of each row, or how far looking through the list or importing it has come."""
    key = _key(sha256, document_no)

    def look(watch: Watch) -> Summary:
        return importing.summary(_planned(tools, session, key, watch), SHOWN)

    looked = await tools.importing.looked(key, look)
    if isinstance(looked, Running):
        return await run_in_threadpool(page, request, tools, "import_running.html", session, running=looked)
    return await run_in_threadpool(
        page,
        request,
        tools,
        "import.html",
        session,
        looked=looked,
        most=SHOWN,
        refused=tools.importing.refused(key),
        address=f"/desk/import/{sha256}",
        document_no=key[1],
    )


@router.post("/{sha256}")
async def carry_out(request: Request, tools: Doors, session: Province, form: Answer, sha256: str) -> Response:
    """Begin, or go on. It goes on by itself; whatever stops it, it may be begun again. Pressed twice it is one import."""
    key = _key(sha256, str(form.get("document_no") or ""))
    await run_in_threadpool(_found, tools, session, sha256)
    visit = visit_of(request, tools, session.who)

    async def imported(watch: Watch, refused: dict[int, tuple[Finding, ...]]) -> None:
        try:
            planned = await run_in_threadpool(_planned, tools, session, key, watch)
            about = f"导入存量名单（{sum(each.outcome is Outcome.NEW for each in planned)}行）"
            await run_in_threadpool(visit.note, AuditKind.ACTED, about=about)
            await importing.carry_out(
                tools.filings, planned, watch, refused, submit=visit.submit, note=visit.note_imported
            )
        except Exception as error:
            log.warning("import.stopped", error=named(error))

    tools.importing.begin(key, imported)
    return then(f"/desk/import/{sha256}?{_query(key[1])}")


def _key(sha256: str, document_no: str) -> Key:
    return sha256, document_no.strip()[:LONGEST_NUMBER]


def _planned(tools: Tools, session: Session, key: Key, watch: Watch) -> list[Planned]:
    by = session.who.by.model_dump(mode="json")
    try:
        rows = _rows(tools, session, *key)
    except SheetRefused as refused:
        raise Failed(Problem(title=str(refused), status=422, code="sheet_refused")) from refused
    return importing.plan(tools.filings, rows, by, tools.clock(), watch)


def _rows(tools: Tools, session: Session, sha256: str, document_no: str) -> list[alliance_list.Listed]:
    row, path = _found(tools, session, sha256)
    return alliance_list.read(row.name, path.read_bytes(), document_no)


def _found(tools: Tools, session: Session, sha256: str) -> tuple[UploadRow, Path]:
    found = tools.uploads.find(sha256, [owner_of(session.who.by)])
    if found is None:
        raise NoFile(sha256)
    return found


def _query(document_no: str) -> str:
    return urlencode({"document_no": document_no})
