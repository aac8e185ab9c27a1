"""推演 (`/desk/whatif`): the province asks what another number, or another conduct, would mean for every filing; nothing is changed."""

import asyncio
import json
import re
from collections import defaultdict
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

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
from regulation.editions import EditionRefused
from regulation.term_names import NAMES, Proposal, numbers, proposed
from regulation.terms import TERMS, terms_on
from regulation.whatif import shifted_calendar

router = APIRouter(prefix="/desk/whatif")

ROWS = 4
"""How many numbers the form takes at once."""

EDITIONS_SHOWN = 5
"""From so many editions of the calendar one is chosen, the newest."""

LARGEST, LONGEST = 100_000, 1000
"""Bytes of the largest file of a calendar; characters of the longest answer in the form."""

SEPARATED = re.compile(r"[\s,，、;；]+")

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
        calendars=_choices(),
        shifting=(_fullest(), CALENDARS[_fullest()].covers),
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
    asked = {name: value.strip()[:LONGEST] for name, value in form.items() if name != "csrf" and isinstance(value, str)}
    now = tools.clock()
    file = form.get("calendar_file")
    brought = await file.read(LARGEST + 1) if isinstance(file, UploadFile) else b""
    question, findings = await run_in_threadpool(_question, form, tools, brought)
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


def _question(form: FormData, tools: Tools, brought: bytes) -> tuple[Question | None, tuple[Finding, ...]]:
    told: dict[str, Any] = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    try:
        calendar = _calendar(told, brought)
    except (ValueError, RecursionError) as wrong:
        return None, (_finding("/calendar", str(wrong)),)
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
            years=int(told.get("years") or 3),
            assumption=assumption,
            terms=terms,
            calendar=calendar,
            one_in=int(told.get("one_in") or 1),
        ), ()
    except (ValidationError, ValueError):
        return None, (_finding("/", "日期须写作 2027-01-01；年数、百分比和天数须为所示范围内的整数"),)


def _calendar(told: dict[str, Any], brought: bytes) -> dict[str, Any] | None:
    """The calendar that is supposed: a file, an edition that is known here, or the newest with some days shifted; none by default.
    Raises `ValueError` with why it cannot be."""
    chosen, shifted = told.get("calendar", ""), [told.get(name, "") for name in ("off", "work")]
    if sum((bool(brought), bool(chosen), any(shifted))) > 1:
        raise ValueError("工作日历的三种假定只能择一：上传版本、选用版本，或者写明改动的日子")
    if chosen:
        found = next((each for each in CALENDARS.documents if each["edition"] == chosen), None)
        if found is None or chosen not in _choices():
            raise ValueError("没有这一工作日历版本")
        return dict(found)
    if brought:
        return _tried(_read(brought))
    if not any(shifted):
        return None
    try:
        off, work = ([DAY.validate_python(day) for day in SEPARATED.split(each) if day] for each in shifted)
    except ValidationError:
        raise ValueError("改动的日子须写作 2027-02-15，以逗号分隔") from None
    newest = _fullest()
    known = next(each for each in CALENDARS.documents if each["edition"] == newest)
    return _tried(shifted_calendar(known, CALENDARS[newest].covers, off, work))


def _read(brought: bytes) -> dict[str, Any]:
    if len(brought) > LARGEST:
        raise ValueError(f"工作日历文件不得超过{LARGEST:,}字节")
    try:
        told = json.loads(brought)
    except ValueError:
        raise ValueError("工作日历文件不是 JSON") from None
    if not isinstance(told, dict):
        raise ValueError("工作日历文件须是一个版本，与版本目录中的同式")
    return told


def _tried(document: dict[str, Any]) -> dict[str, Any]:
    try:
        CALENDARS.made(document)
    except EditionRefused as refused:
        raise ValueError(str(refused)) from None
    return document


def _fullest() -> str:
    """The edition of the calendar that covers most, by which a fork counts (activities/forks.py)."""
    return max(CALENDARS, key=lambda name: CALENDARS[name].covers)


def _choices() -> list[str]:
    """The editions of the calendar from which one may be chosen, the newest first."""
    return [str(each["edition"]) for each in CALENDARS.documents][-EDITIONS_SHOWN:][::-1]


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
