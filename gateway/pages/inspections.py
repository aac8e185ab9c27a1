"""检查记录表: the sheet of an inspection, taken away by whoever sees the round and the alliance."""

from fastapi import APIRouter, Request, Response

from gateway.pages.staff import Staff
from gateway.problem import NotFound
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, attachment
from gateway.shown.rounds import inspections
from gateway.shown.rounds.seen import seen
from gateway.tools import Doors
from gateway.visit import visit_of
from models.rounds.base import RoundKind

router = APIRouter()


@router.get("/rounds/{round_id}/sheets/{filing_id}.docx")
def sheet(request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str) -> Response:
    """The sheet of one alliance, blank or as it was recorded. That it was taken away is on record."""
    _, round_ = seen(tools, session.who, round_id)
    row = tools.seen(filing_id, session.who)
    if round_.kind is not RoundKind.INSPECTION:
        raise NotFound(round_id)
    content = inspections.sheet(tools, round_, row.filing_id)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=row.filing_id, about="检查记录表")
    return attachment(content, f"检查记录表-{row.filing_id}.docx", DOCX)
