"""The charts (办理分析): how long filings stay with whom, what is under way, what is overdue where, and the pictures of the year."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from activities.documents import yearbook
from activities.pictures import stays
from activities.pictures.counting import TABLES, of_stays
from gateway.pages.staff import Staff
from gateway.pages.web import page
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import place, post
from gateway.remembered.pictures import svg
from gateway.remembered.sessions import Session
from gateway.shown.documents import DOCX, XLSX, attachment
from gateway.shown.figures import Figures
from gateway.tools import Doors
from gateway.visit import visit_of
from models.values import day_of
from models.vocabulary import Kind
from regulation import offices

router = APIRouter(prefix="/desk/charts")

OfKind = Literal["", "A", "B"]


def _asked(session: Session, kind: OfKind) -> tuple[offices.Scope, Kind | None]:
    """Of what the figures are: what the visitor may see, of one kind or both."""
    return session.who.scope, Kind(kind) if kind else None


@router.get("")
def show(request: Request, tools: Doors, session: Staff, kind: OfKind = "") -> HTMLResponse:
    """One page of figures on what the visitor may see."""
    scope, of_kind = _asked(session, kind)
    figures = Figures(tools.register.engine)
    told = stays.stays(tools.register.engine, scope, day_of(tools.clock()), of_kind)
    now = tools.clock()
    return page(
        request,
        tools,
        "desk_charts.html",
        session,
        kind=kind,
        stays=told,
        Actor=stays.Actor,
        time=of_stays(told, day_of(now)),
        tables=[tools.pictures.table(each, now, scope, of_kind) for each in TABLES if each != "days-by-actor"],
        stages=figures.by_stage(scope, of_kind),
        overdue=[(place(post(*at)), count) for at, count in figures.overdue(scope, of_kind).most_common()],
    )


@router.get("/book.{ending}")
def book(
    request: Request, tools: Doors, session: Staff, ending: Literal["docx", "xlsx"], kind: OfKind = ""
) -> Response:
    """年度图册: the same pictures and tables, to be taken away."""
    now = tools.clock()
    tables = tools.pictures.tables(now, *_asked(session, kind))
    name = f"联盟备案工作年度图册-{day_of(now)}"
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about="年度图册")
    if ending == "xlsx":
        return attachment(yearbook.workbook("联盟备案工作年度数据", tables, now), f"{name}.xlsx", XLSX)
    office = offices.title(session.who.role, session.who.office)
    return attachment(yearbook.book("联盟备案工作年度图册", office, tables, now), f"{name}.docx", DOCX)


@router.get("/{name}.svg")
def picture(name: str, tools: Doors, session: Staff, kind: OfKind = "") -> Response:
    """One picture; kept by nobody, for it is of what this visitor sees."""
    if name not in TABLES:
        raise NoFile(name)
    table = tools.pictures.table(name, tools.clock(), *_asked(session, kind))
    return Response(svg(table), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
