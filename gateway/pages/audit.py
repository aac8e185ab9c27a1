"""The audit record (审计记录), for auditors: looked through by what they look for, page by page, and taken away as a table."""

from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from gateway.pages.staff import as_asked
from gateway.pages.web import SignedIn, page
from gateway.problem import Failed, Problem
from gateway.remembered import audited
from gateway.remembered.audit import AuditKind, kind_of, role_of
from gateway.remembered.sessions import Session
from gateway.shown.audited import MAKES, about, names_then
from gateway.shown.documents import XLSX, attachment
from gateway.shown.paging import page_of
from gateway.shown.year import CSV
from gateway.tools import Doors
from gateway.visit import visit_of
from models.values import Ordinal, day_of
from models.vocabulary import Role
from regulation import offices

router = APIRouter()

LINES = 100
"""Lines on a page."""

LONGEST = 20_000
"""Lines that one table takes."""


def _only_auditors(session: Session) -> None:
    """To everybody but an auditor there is no such page."""
    if session.who.role is not Role.AUDITOR:
        raise HTTPException(404)


@router.get("/desk/audit")
def show(
    request: Request, tools: Doors, session: SignedIn, before: Ordinal | None = None, verify: bool = False
) -> HTMLResponse:
    """The latest lines that are looked for; earlier ones page by page.

    The lines shown are verified always; the whole record when it is asked for, because it grows for years.
    """
    _only_auditors(session)
    wanted = as_asked(lambda: audited.read(request.query_params))
    found = page_of(
        audited.lines(tools.register.engine, wanted, before=before, limit=LINES + 1),
        LINES,
        lambda line: str(line.number),
    )
    newest = tools.audit.lines(limit=1)
    return page(
        request,
        tools,
        "audit.html",
        session,
        lines=found.shown,
        astray=tools.audit.astray(found.shown),
        names=names_then(tools.people, found.shown),
        kind_of=kind_of,
        role_of=role_of,
        about=about,
        kinds=AuditKind,
        offices_={each.code: each.city for each in offices.OFFICES.values()}
        | {key: zone.name for key, zone in offices.ZONES.items()}
        | {offices.PROVINCE: offices.name_of(offices.PROVINCE)},
        wanted=wanted,
        narrowed=lambda **more: (
            "/desk/audit?" + audited.read(wanted.model_dump(mode="json", exclude_none=True) | more).query
        ),
        before=before,
        earlier=f"/desk/audit?{_joined(wanted.query, before=found.more)}" if found.more else "",
        newest=newest[0] if newest else None,
        faults=list(tools.audit.faults()) if verify else None,
        longest=LONGEST,
    )


def _joined(query: str, **more: str) -> str:
    return "&".join(filter(None, (query, urlencode(more))))


@router.get("/desk/audit.{ending}")
def export(request: Request, tools: Doors, session: SignedIn, ending: Literal["xlsx", "csv"]) -> Response:
    """Every line that is looked for, as a table, with the names of then. That it was taken away is on record."""
    _only_auditors(session)
    wanted = as_asked(lambda: audited.read(request.query_params))
    lines = list(audited.every(tools.register.engine, wanted, LONGEST + 1))
    if len(lines) > LONGEST:
        raise Failed(
            Problem(title=f"一张表最多{LONGEST}条", status=422, code="too_many", detail="请先缩小筛选范围，如按日期。")
        )
    content = MAKES[ending](lines, names_then(tools.people, lines), tools.clock())
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about=f"审计记录（{len(lines)}条）{wanted.query}")
    name = f"审计记录-{day_of(tools.clock())}.{ending}"
    return attachment(content, name, XLSX if ending == "xlsx" else CSV)
