"""推演 (`/desk/whatif`): the province asks what another number, or another conduct, would mean for every filing; nothing is changed."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from activities.documents import whatif as documents
from activities.pictures import whatif as pictures
from activities.whatifs import DONE, RUNNING, Busy
from gateway.pages.staff import Province
from gateway.pages.web import Answer, page, then
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.shown.documents import XLSX, attachment
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding
from models.values import DAY, day_of
from models.vocabulary import Severity
from models.whatif import MOST_DELAY, MOST_YEARS, Assumption, Conduct, Outcome, Question
from regulation import offices
from regulation.calendar import CALENDARS
from regulation.term_names import NAMES, Proposal, numbers, proposed
from regulation.terms import TERMS, terms_on

router = APIRouter(prefix="/desk/whatif")

ROWS = 4
"""How many numbers the form takes at once."""

SHOWN = 200
"""How many filings that differ the page lists; the workbook has more."""

SAMPLES = {1: "全部备案", 10: "每10件取一件", 100: "每100件取一件"}

UNDER_WAY: set[asyncio.Task[None]] = set()
"""Whoever begins something in the background holds on to it."""


@router.get("")
def begin(request: Request, tools: Doors, session: Province) -> HTMLResponse:
    """What can be asked, what was, and the previews of the editions."""
    return _form(request, tools, session, {}, ())


def _form(
    request: Request,
    tools: Tools,
    session: Session,
    asked: dict[str, str],
    findings: tuple[Finding, ...],
    status: int = 200,
) -> HTMLResponse:
    today = day_of(tools.clock())
    return page(
        request,
        tools,
        "whatif.html",
        session,
        status=status,
        asked=defaultdict(str, asked),
        findings=findings,
        numbers=list(numbers(TERMS[terms_on(today)])),
        edition=terms_on(today),
        calendar=CALENDARS.newest(today),
        names=NAMES,
        rows=range(ROWS),
        conducts=list(Conduct),
        tomorrow=today + timedelta(days=1),
        samples=SAMPLES,
        most_years=MOST_YEARS,
        most_delay=MOST_DELAY,
        latest=tools.whatifs.latest(),
        previews=tools.whatifs.previews(),
        keys={key: offices.name_of(key) for key in offices.KEYS},
    )


@router.post("")
async def ask(request: Request, tools: Doors, session: Province, form: Answer) -> Response:
    """Begin one; it goes on by itself, and is looked at meanwhile."""
    asked = {name: str(value).strip()[:200] for name, value in form.items() if name != "csrf"}
    now = tools.clock()
    question, findings = await run_in_threadpool(_question, form, tools)
    if question is None:
        return await run_in_threadpool(_form, request, tools, session, asked, findings, 422)
    try:
        begun = await run_in_threadpool(tools.whatifs.begin, question, session.who.person, now)
    except Busy as busy:
        said = (_finding("/", str(busy.__doc__)),)
        return await run_in_threadpool(_form, request, tools, session, asked, said, 409)
    await run_in_threadpool(visit_of(request, tools, session.who).note, AuditKind.ACTED, about="推演")
    task = asyncio.create_task(asyncio.to_thread(tools.whatifs.run, begun, question, now, tools.clock))
    UNDER_WAY.add(task)
    task.add_done_callback(UNDER_WAY.discard)
    return then(f"/desk/whatif/{begun}")


def _question(form: FormData, tools: Tools) -> tuple[Question | None, tuple[Finding, ...]]:
    told: dict[str, Any] = {name: str(value).strip() for name, value in form.items()}
    try:
        since = DAY.validate_python(told.get("since") or str(day_of(tools.clock())))
        proposals = [
            Proposal.model_validate(
                {
                    "key": told[f"key_{at}"],
                    "written": told.get(f"value_{at}", "")[:200],
                    "kind": told.get(f"kind_{at}") or None,
                    "jurisdiction": told.get(f"place_{at}") or None,
                }
            )
            for at in range(ROWS)
            if told.get(f"key_{at}")
        ]
        terms, findings = proposed(proposals, since)
        if findings:
            return None, tuple(findings)
        slow = told.get("slow")
        assumption = Assumption(
            leaders=told.get("leaders") or Conduct.AS_BEFORE,
            offices=told.get("offices") or Conduct.AS_BEFORE,
            share=int(told.get("share") or 100),
            delay=int(told.get("delay") or 0),
            delays={slow: int(told.get("slow_days") or 0)} if slow else {},
        )
        if slow and slow not in offices.KEYS:
            return None, (_finding("/slow", "没有这一机构"),)
        return Question(
            years=int(told.get("years") or 3), assumption=assumption, terms=terms, one_in=int(told.get("one_in") or 1)
        ), ()
    except (ValidationError, ValueError):
        return None, (_finding("/", "日期须写作 2027-01-01；年数、百分比和天数须为所示范围内的整数"),)


def _finding(field: str, message: str) -> Finding:
    return Finding(code="G-44", field=field, severity=Severity.ERROR, message=message, article="")


@router.get("/{key}")
def show(request: Request, tools: Doors, session: Province, key: str) -> HTMLResponse:
    """How far it has come, or what came of it."""
    row = tools.whatifs.find(key)
    if row is None:
        raise NoFile(key)
    outcome = Outcome.model_validate_json(row.outcome) if row.state == DONE and row.outcome else None
    return page(
        request,
        tools,
        "whatif_outcome.html",
        session,
        row=row,
        running=row.state == RUNNING,
        outcome=outcome,
        documents=documents,
        tables=[pictures.by_month(outcome), pictures.by_office(outcome)] if outcome and not outcome.nothing else [],
        shown=SHOWN,
        address=f"/desk/whatif/{key}",
    )


@router.get("/{key}/{name}")
def document(request: Request, tools: Doors, session: Province, key: str, name: str) -> Response:
    """Its workbook, or one of its pictures."""
    outcome = tools.whatifs.outcome(key)
    if outcome is None or name not in ("whatif.xlsx", "whatif-months.svg", "whatif-offices.svg"):
        raise NoFile(name)
    if name == "whatif.xlsx":
        visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about="推演")
        return attachment(documents.workbook(outcome), "推演.xlsx", XLSX)
    drawn = pictures.months_drawn(outcome) if name == "whatif-months.svg" else pictures.offices_drawn(outcome)
    return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
