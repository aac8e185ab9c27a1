"""Checking before sending: the findings of a document, the schemas of what is taken in, and who one is to the service."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from gateway.api import findings, inputs
from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.documents import Document
from gateway.api.openapi import taking
from gateway.api.problems import WITH_BODY, answers, missing
from gateway.api.shapes import Checked, Me
from gateway.tools import Doors, value_of
from models.values import FilingId
from regulation import entries, intake, lifecycle

router = APIRouter(route_class=Conditional, tags=["核对"])


@router.get("/me")
def me(who: Caller) -> Me:
    """本人: whom the token stands for."""
    return Me.of(who)


@router.get("/schemas")
def list_schemas(who: Caller) -> list[str]:
    """The names of everything that can be sent: both applications, and every act."""
    return sorted(inputs.taken())


@router.get("/schemas/{name}", responses=answers(404, 422))
def show_schema(
    who: Caller, name: Annotated[str, Path(pattern="^[a-z_]{1,40}$", description="kind_a、kind_b，或一种行为")]
) -> Mapping[str, Any]:
    """The JSON Schema of an input, with the paper that an act brings as `content`."""
    known = inputs.taken()
    if name not in known:
        raise missing("这一输入")
    return known[name]


@router.post("/check", responses=answers(*WITH_BODY, 404), openapi_extra=taking("Application", "Act"))
def check(
    tools: Doors,
    who: Caller,
    document: Document,
    filing_id: Annotated[FilingId | None, Query(description="对哪一件备案；申请则视为对它的补正")] = None,
) -> Checked:
    """核对: everything that would be found on an application, or an act, if it were sent now. Nothing is sent."""
    filing = value_of(tools.seen(filing_id, who)) if filing_id else None
    if str(document.get("kind")) in intake.FORMS or "alliance_name" in document:
        return Checked(findings=tuple(findings.of_application(tools, document, who, correcting=filing)))
    document = dict(tools.filings.reception.as_entered(filing.id, document)) if filing else document
    found, act = findings.of_act(tools, document, who, filing)
    refusal = lifecycle.check(entries.projected(filing, tools.now), act, tools.now) if filing and act else None
    return Checked(findings=tuple(found), refusal=refusal)
