"""The list of filings (备案列表): everything I may see, by what I look for; saved filters, and tables to take away."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import QueryParams

from activities.documents import sheets
from gateway.identity import Identity
from gateway.pages.staff import Staff, as_asked, table
from gateway.pages.web import Answer, page, then
from gateway.problem import Failed, NoFilter, Problem
from gateway.remembered.audit import AuditKind
from gateway.remembered.saved import MOST, SavedFilters, TooMany
from gateway.shown import lists
from gateway.shown.documents import XLSX, attachment
from gateway.shown.paging import page_of
from gateway.shown.rounds.survey_status import SURVEYED
from gateway.tools import Doors
from gateway.visit import visit_of
from models.choices import CHOICES, OUTCOMES
from models.rounds.evaluation_papers import Grade
from models.values import Ordinal, day_of, storable
from regulation import offices
from regulation.annual import KEPT
from regulation.reporting import SHOWN, year_on

router = APIRouter(prefix="/desk/filings")

NAME = 60
"""How long the name of a saved filter may be, in characters."""


@router.get("")
def show(request: Request, tools: Doors, session: Staff, after: str = "") -> HTMLResponse:
    """One page of the list."""
    today = day_of(tools.clock())
    wanted = as_asked(lambda: lists.read(_with_year(request.query_params, today)))
    behind = as_asked(lambda: lists.position(after))
    facts = wanted.within(session.who.scope, today)
    read = tools.register.filings(**facts, after=behind, limit=lists.PAGE + 1, whole=False)
    found = page_of(read, lists.PAGE, lambda row: lists.place(row, order=wanted.order or "due"))
    saved = SavedFilters(tools.register.engine).of(session.who.person)
    return page(
        request,
        tools,
        "desk_filings.html",
        session,
        filter=wanted,
        within=lists.WITHIN,
        names=CHOICES["tag"],
        grades={grade: OUTCOMES[grade] for grade in get_args(Grade)},
        years=[(year, f"{year}年度") for year in range(today.year, today.year - KEPT - 1, -1)],
        reported=[(key, "未报中已逾期" if key == "overdue" else shown.title) for key, shown in SHOWN.items()],
        surveyed_as=SURVEYED.items(),
        offices_=_offices(session.who),
        cities=cities(session.who),
        orders=lists.ORDERED.items(),
        choosable=lists.CHOSEN,
        columns_shown=wanted.shown,
        first=not after,
        more=found.more,
        saved=saved,
        current=next((each for each in saved if each.query == wanted.query), None),
        **table(tools, session, found.shown, wanted.year),
    )


def _with_year(asked: QueryParams, today: date) -> Mapping[str, str]:
    """What is asked of the list, its columns as one; of reports without a year, the one that is looked at today, of returns this year's survey."""
    params = {**asked, "columns": ",".join(asked.getlist("columns"))}
    if not params.get("report") and not params.get("survey"):
        return params
    year = year_on(today) if params.get("report") else today.year
    return {"year": str(year), **{name: value for name, value in params.items() if value}}


def cities(who: Identity) -> Mapping[str, str]:
    """The cities that a list can be narrowed to; nobody at a city or a zone needs to."""
    scope = who.scope
    return {} if scope.jurisdiction or scope.zone else {each.code: each.city for each in offices.OFFICES.values()}


def _offices(who: Identity) -> Mapping[str, str]:
    """The offices for which a filing in somebody's scope may wait."""
    scope = who.scope
    city = offices.ZONES[scope.zone].city if scope.zone else scope.jurisdiction
    zones = [key for key, zone in offices.ZONES.items() if zone.reviews and city in (None, zone.city)]
    reviewers = [scope.zone] if scope.zone else [*([city] if city else offices.OFFICES), *zones]
    return {key: offices.name_of(key) for key in (*reviewers, offices.PROVINCE)} | {
        lists.IIT: offices.industry_beside(city)
    }


@router.post("/saved")
def save(tools: Doors, session: Staff, form: Answer) -> RedirectResponse:
    """Keep the list under a name."""
    wanted = as_asked(lambda: lists.read(dict(parse_qsl(str(form.get("query", ""))))))
    name = storable(str(form.get("name", "")).strip())
    if not name or len(name) > NAME:
        raise Failed(Problem(title=f"名称须为1至{NAME}字", status=422, code="malformed"))
    try:
        SavedFilters(tools.register.engine).save(session.who.person, name, wanted.query)
    except TooMany:
        problem = Problem(title=f"最多保存{MOST}个常用筛选", status=422, code="too_many", detail="请先删除不用的。")
        raise Failed(problem) from None
    return then(f"/desk/filings?{wanted.query}", f"已保存为“{name}”")


@router.post("/saved/{filter_id}/delete")
def delete(tools: Doors, session: Staff, form: Answer, filter_id: Ordinal) -> RedirectResponse:
    """Forget a saved filter."""
    if not SavedFilters(tools.register.engine).delete(session.who.person, filter_id):
        raise NoFilter(str(filter_id))
    return then("/desk/filings", "已删除")


@router.get("/{table}.xlsx")
def export(request: Request, tools: Doors, session: Staff, table: Literal["list", "deadlines", "summary"]) -> Response:
    """This very list as a table, in its order: with its columns, or as 期限表 or 汇总表. That it was taken away is on record."""
    today = day_of(tools.clock())
    wanted = as_asked(lambda: lists.read(_with_year(request.query_params, today)))
    rows = tools.register.filings(**wanted.within(session.who.scope, today), limit=lists.LONGEST + 1)
    if len(rows) > lists.LONGEST:
        raise Failed(
            Problem(title=f"一张表最多{lists.LONGEST}件", status=422, code="too_many", detail="请先缩小筛选范围。")
        )
    keys = [key for key in wanted.shown if key != lists.HANDLER]
    made: dict[str, Any] = {
        "list": lambda: ("备案列表", sheets.listed(rows, keys)),
        "deadlines": lambda: ("期限表", sheets.deadlines(rows, today)),
        "summary": lambda: ("汇总表", sheets.summary(tools.register, rows)),
    }
    name, content = made[table]()
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about=f"{name}（{len(rows)}件）")
    return attachment(content, f"{name}-{today}.xlsx", XLSX)
