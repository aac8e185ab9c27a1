"""The operators' page (运维, `/ops`): links into the Temporal UI, releases, editions that end, backups, letters that came back."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from activities.availability import Availability
from activities.log.cosigning import cosigners_of, silent
from gateway.pages.staff import as_asked
from gateway.pages.web import SignedIn, page
from gateway.remembered.sessions import Session
from gateway.shown import operations
from gateway.shown.drift import passed
from gateway.tools import Doors, Tools
from gateway.watching.builds import Build, Builds, lacking
from gateway.watching.workers import Worker, workers
from models.acts import OfficeKey
from models.values import DAY, day_of
from models.vocabulary import Role
from regulation import offices
from regulation.expiring import expiring
from workflows import links
from workflows.builds import build_of

router = APIRouter()

LETTERS = 50
"""How many letters that came back the page shows, the newest."""


@router.get("/ops")
async def show(
    request: Request, tools: Doors, session: SignedIn, day: str = "", office: OfficeKey = offices.PROVINCE
) -> HTMLResponse:
    """What operators look at. To everybody else there is no such page."""
    if session.who.role is not Role.OPERATOR:
        raise HTTPException(404)
    at_work = await workers(tools.filings.client, tools.settings.task_queue)
    pausing = await operations.pausing(tools.filings.client, tools.settings.task_queue) if at_work is not None else ""
    builds = (await Builds(tools.filings).side_by_side() or []) if at_work is not None else []
    return await run_in_threadpool(_shown, request, tools, session, at_work, builds, pausing, day, office)


def _shown(
    request: Request,
    tools: Tools,
    session: Session,
    at_work: list[Worker] | None,
    builds: list[Build],
    pausing: str,
    day: str,
    office: str,
) -> HTMLResponse:
    now = tools.clock()
    until = as_asked(lambda: DAY.validate_python(day)) if day else day_of(now)
    current = next((each.name for each in builds if each.current), "")
    asked = operations.asked(until, office if office in offices.KEYS else offices.PROVINCE, tools.settings, current)
    backups = operations.backups(tools.audit)
    return page(
        request,
        tools,
        "operations.html",
        session,
        asked=asked,
        links=list(links.told(asked, tools.settings.ui_address, tools.filings.client.namespace)),
        offices={key: offices.name_of(key) for key in offices.KEYS},
        this=build_of(tools.settings),
        workers=at_work,
        builds=builds,
        lacking=lacking(builds),
        pausing=pausing,
        tables=operations.tables(tools.register.engine),
        previews=tools.whatifs.previews(),
        without_preview=[str(document["edition"]) for _, document in tools.whatifs.lacking()],
        expiring=list(expiring(day_of(now))),
        available=Availability(tools.register.engine).of_parts(datetime.now(UTC), days=operations.DAYS),
        days=operations.DAYS,
        unseen=Availability(tools.register.engine).never_seen(datetime.now(UTC)),
        silences=silent(tools.register.engine, cosigners_of(tools.settings), now),
        backups=backups,
        old=operations.is_old(backups, datetime.now(UTC)),
        backlog=tools.letters.backlog(now),
        letters=tools.letters.failed(most=LETTERS)[::-1],
        **passed(tools),
    )
