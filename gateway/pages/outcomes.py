"""年度绩效评价和后补助 on the public site: grades, lists on notice, lists that stand; and how to object to a list (G-04). Nobody signs in."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.asked.forms import fields_of
from gateway.guard import OTHERWISE
from gateway.pages.objections import ASKED, CONTENT, STORE, TRAP, anybody, said, somebody, trapped
from gateway.pages.public import GET, SOON, for_all
from gateway.pages.web import page
from gateway.problem import NotFound, Refused
from gateway.shown.outcomes import Outcome, Outcomes
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding
from models.forms import ObjectionPaper
from models.rounds.subsidies import ObjectToList, SubsidyActKind
from models.values import day_of, digest, storable
from models.vocabulary import Severity
from regulation.reading import finding

router = APIRouter()


@router.api_route("/outcomes", methods=GET)
def listed(request: Request, tools: Doors) -> Response:
    """Everything that was published."""

    def shown() -> Mapping[str, Any]:
        return {"outcomes": Outcomes(tools).listed(day_of(tools.clock()))}

    return for_all(request, tools, None, "public_outcomes.html", shown, SOON)


@router.api_route("/outcomes/{outcome_id}", methods=GET)
def one(request: Request, tools: Doors, outcome_id: str) -> Response:
    """One of them, with all that anybody needs to reckon it again."""
    outcome = Outcomes(tools).one(storable(outcome_id), day_of(tools.clock()))

    def shown() -> Mapping[str, Any]:
        return {"outcome": outcome, "told": outcome.content}

    return for_all(request, tools, outcome.round.number, "public_outcome.html", shown, SOON)


# Objecting to a list


@router.get("/objections/rounds/{round_id}")
def ask(request: Request, tools: Doors, round_id: str) -> HTMLResponse:
    """The form, while the list is on notice."""
    outcome = Outcomes(tools).on_notice(storable(round_id), day_of(tools.clock()))
    return _form(request, tools, outcome, secrets.token_hex(16), {}, ())


def _form(
    request: Request, tools: Tools, outcome: Outcome, key: str, content: Mapping[str, Any], found: Sequence[Finding]
) -> HTMLResponse:
    """The form with what was filled in and what was found on it. `key` makes what is sent twice one objection."""
    (evidence,) = fields_of(ObjectionPaper, content, found, at=CONTENT, only=("evidence",))
    answer = page(
        request, tools, "public_list_objection.html", None, status=422 if found else 200, outcome=outcome, key=key, trap=TRAP,
        form=fields_of(ObjectionPaper, content, found, at=CONTENT, only=ASKED), evidence=evidence, kept=(), most=0, endings=(),
        largest=0, found=found, refused=any(each.severity is Severity.ERROR for each in found),
    )  # fmt: skip
    answer.headers.update(STORE)
    return answer


@router.post("/objections/rounds/{round_id}")
async def send(request: Request, tools: Doors, round_id: str) -> Response:
    """An objection to a list. The same form sent twice is one."""
    round_id = storable(round_id)
    async with request.form(max_files=0, max_fields=100) as form:
        key, content = await run_in_threadpool(said, form, tools.uploads)
        caught = trapped(form)
    told = digest([key, content])
    act = {
        "id": f"objection-{told[:32]}", "kind": SubsidyActKind.OBJECT_TO_LIST.value,
        "by": somebody(told[32:48]).model_dump(mode="json"), "content": content, "anonymous": not content.get("name"),
    }  # fmt: skip
    if await run_in_threadpool(tools.rounds.register.entry_of, round_id, str(act["id"])) is None:
        outcome = await run_in_threadpool(Outcomes(tools).on_notice, round_id, day_of(tools.clock()))
        if caught := [*caught, *await run_in_threadpool(_too_many, tools, round_id)]:
            return await run_in_threadpool(_form, request, tools, outcome, key, content, caught)
        try:
            await visit_of(request, tools, anybody(act)).act_on_round(round_id, act)
        except Refused as refused:
            found = refused.refusal.findings
            if not found:
                raise
            return await run_in_threadpool(_form, request, tools, outcome, key, content, found)
    return RedirectResponse(f"/objections/rounds/{round_id}/{act['id']}", 303, STORE)


def _too_many(tools: Tools, round_id: str) -> list[Finding]:
    """So many in one day come from a machine; whoever means it is told of the other way."""
    most = tools.settings.objections_in_all
    if Outcomes(tools).objected_today(round_id) < most:
        return []
    return [finding("G-04", "", Severity.ERROR, f"今日对本名单的网上异议已达{most}件。{OTHERWISE}")]


@router.get("/objections/rounds/{round_id}/{act_id}")
def received(request: Request, tools: Doors, round_id: str, act_id: str) -> HTMLResponse:
    """What became of it: its number, and who handles it."""
    entry = tools.rounds.register.entry_of(storable(round_id), storable(act_id))
    if entry is None or not isinstance(entry.event, ObjectToList):
        raise NotFound(round_id)
    answer = page(request, tools, "public_list_objected.html", None, entry=entry, anonymous=entry.event.anonymous)
    answer.headers.update(STORE)
    return answer
