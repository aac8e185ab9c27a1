"""某日的备案和更正方案: a filing as it truly was on a day, as the register knew it, and what follows when something proves true late."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from gateway.pages.web import SignedIn, page
from gateway.shown.two_times import AS_OF, instants, named, planned, then, too_long
from gateway.tools import Doors
from models.correction import FACT, PROVEN_LATE, ProvenLate, Sort, what_is_wrong
from models.vocabulary import Role

router = APIRouter(prefix="/filings/{filing_id}/then")

Written = Annotated[str, Query(max_length=40)]
"""What was typed or chosen; nothing where nothing was."""


@router.get("")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing_id: str,
    as_of: Written = "",
    as_known: Written = "",
    act: Written = "",
    year: Written = "",
    came_on: Written = "",
    postmarked_on: Written = "",
) -> HTMLResponse:
    """Both times of a filing; for the desk also the plan of a correction. Nothing is done by looking."""
    row, who = tools.seen(filing_id, session.who), session.who
    wrong = too_long(row)
    docket = [] if wrong else tools.register.docket(filing_id)
    told = plan = None
    if docket:
        try:
            told = then(docket, *instants(as_of, as_known, tools.now))
            wrong = "" if told else f"时间{AS_OF}"
        except ValueError as refused:
            wrong = str(refused)
    if docket and who.staff and who.role is not Role.EVALUATOR:
        proven, fault = _proven(act, year, came_on, postmarked_on)
        plan = None if fault else planned(tools.register, row, tools.now, proven)
        wrong = "；".join(filter(None, (wrong, fault)))
    return page(
        request,
        tools,
        "then.html",
        session,
        row=row,
        wrong=wrong,
        told=told,
        fallen=named(docket, told.fallen) if told else [],
        settled=named(docket, [told.settled]) if told and told.settled else [],
        plan=plan,
        sorts=list(Sort),
        acts=PROVEN_LATE,
        years=[each.year for each in docket[-1].filing.years] if docket else [],
        given={
            "as_of": as_of, "as_known": as_known, "act": act, "year": year, "came_on": came_on,
            "postmarked_on": postmarked_on,
        },
    )  # fmt: skip


def _proven(act: str, year: str, came_on: str, postmarked_on: str) -> tuple[ProvenLate | None, str]:
    """The letter that is meant, if one is; and what is wrong with it."""
    if not act:
        return None, ""
    try:
        asked = {"act": act, "year": int(year) if year else None, "came_on": came_on}
        proven = ProvenLate.model_validate(asked | {"postmarked_on": postmarked_on or None})
    except ValidationError as error:
        return None, what_is_wrong(error)
    except ValueError:  # a year that is no number
        return None, FACT
    return proven, ""
