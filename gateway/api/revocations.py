"""将自动撤销: which alliances the coming days revoke by themselves if nobody acts, and why (G-16)."""

from typing import Annotated

from fastapi import APIRouter, Query

from activities.revocations import AHEAD, Revocations
from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.problems import answers, missing
from gateway.tools import Doors
from models.values import Instant, Jurisdiction, Value, last_day_until

router = APIRouter(route_class=Conditional, tags=["年度报送"])

MOST_DAYS = 366


class ComingRevocation(Value):
    """One alliance that will be revoked by itself: when, until which day a report ends that, and why."""

    filing_id: str
    alliance_name: str
    jurisdiction: Jurisdiction
    at: Instant
    last_day: str
    provisional: bool
    unopened: bool
    why: str


@router.get("/revocations", responses=answers(404, 422))
def coming_revocations(
    tools: Doors,
    who: Caller,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="今后几日")] = AHEAD,
) -> list[ComingRevocation]:
    """今后若干日内无人行为即自行撤销的备案, the nearest first: those that the caller may see."""
    if not who.staff:
        raise missing("将自动撤销名单")
    return [
        ComingRevocation(
            filing_id=each.row.filing_id,
            alliance_name=each.row.alliance_name,
            jurisdiction=each.row.jurisdiction,
            at=each.coming.at,
            last_day=str(last_day_until(each.coming.at)),
            provisional=each.coming.provisional,
            unopened=each.coming.unopened,
            why=each.why,
        )
        for each in Revocations(tools.register.engine).coming(tools.clock(), who.scope, days)
    ]
