"""What is read of a filing beside its entries: papers, messages, and why it stands where it stands. Reading is on record."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy import or_
from sqlmodel import col, select

from activities.database import reading
from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional
from gateway.api.problems import answers, failed, missing
from gateway.api.shapes import Awaited, Entered, May, Told, Why
from gateway.identity import Identity
from gateway.remembered.audit import AuditKind
from gateway.shown.reasons import AT_ONCE, OUT_OF_BOUNDS, Sentence, Wanted, answered, moment_of, out_of_bounds
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.filing import Entry, Filing
from models.register import EntryRow, FilingRow, Paper
from models.values import Digest
from models.vocabulary import ActKind, Role
from regulation import entries, lifecycle, naming, offices
from regulation.moment import Moment
from regulation.why import probe

router = APIRouter(route_class=Conditional, tags=["备案"])


@router.get("/filings/{filing_id}/papers/{digest}", responses=answers(404, 422), response_model=dict[str, object])
def read_paper(
    request: Request,
    tools: Doors,
    who: Caller,
    row: Seen,
    digest: Annotated[Digest, Path(description="文书的 SHA-256")],
) -> Response:
    """文书: a paper as it was hashed, if the filing rests on it and the caller may read it."""
    paper = _paper(tools, row, digest)
    if paper is None or not who.reads(value_of(row), paper.kind):
        raise missing("这份文书")
    visit = visit_of(request, tools, who)
    visit.note(AuditKind.READ_PAPER, filing_id=row.filing_id, about=f"{paper.kind} {digest}")
    return Response(paper.body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _paper(tools: Tools, row: FilingRow, digest: str) -> Paper | None:
    """A paper on which an entry of this filing rests. Its kind is that under which it was first lodged."""
    recorded = col(EntryRow.body).contains(f'"record":"{digest}"')  # the record of receipt of what came on paper
    rests = select(EntryRow.number).where(
        EntryRow.filing_id == row.filing_id,
        or_(col(EntryRow.paper) == digest, recorded),
        col(EntryRow.refused).is_(None),
    )
    with reading(tools.register.engine) as session:
        return session.get(Paper, digest) if session.exec(rests.limit(1)).first() else None


@router.get("/filings/{filing_id}/messages", responses=answers(404, 422))
def read_messages(request: Request, response: Response, tools: Doors, who: Caller, row: Seen) -> list[Told]:
    """消息: whom the filing's entries told what, and how it was delivered; a leader sees what was sent to itself."""
    visit_of(request, tools, who).note(AuditKind.READ_MESSAGES, filing_id=row.filing_id)
    response.headers["Cache-Control"] = "no-store"
    return [
        Told.of(message, letters, deliveries)
        for message, letters, deliveries in tools.letters.of_filing(row.filing_id)
        if who.role is not Role.LEADER or (message.to, message.office) == (Role.LEADER, who.office)
    ]


@router.get("/filings/{filing_id}/why", responses=answers(404, 422))
def why(tools: Doors, who: Caller, row: Seen, wanted: Annotated[Wanted, Query()]) -> Why:
    """为何如此: what brought the filing here, who is awaited, what time will bring, and the reasons for what is asked about.

    Of a moment past it tells how things stood; of one to come, how they will stand if nobody acts.
    """
    docket, filing = tools.register.docket(row.filing_id, most=AT_ONCE), value_of(row)
    try:
        when = moment_of(wanted.at, tools.now)
    except ValidationError:
        raise failed(422, "at_invalid", "时间有误", "at 须为日期（如2026-03-15）或带时区的时间") from None
    if wanted.at is not None:
        docket = [entry for entry in docket if entry.at <= when.at]
        if not docket or out_of_bounds(docket, when):
            raise failed(422, "at_out_of_bounds", "时间有误", OUT_OF_BOUNDS)
        filing = entries.projected(docket[-1].filing, when)
    register, told = wanted.register(who), answered(tools, who, row.filing_id, wanted, when)
    return Why(
        stage=filing.stage,
        since=Entered.of(_brought_here(docket), who),
        awaits=tuple(_awaited(filing)),
        next=next(entries.outlook(filing), None),
        act=_may(filing, wanted.act, when, who) if wanted.act else None,
        question=told.question,
        about=told.about,
        worded_for=register,
        reasons=tuple(Sentence.of(each, register) for each in told.reasons),
    )


def _brought_here(docket: list[Entry]) -> Entry:
    """The entry since which a filing is in its stage, as far as its newest entries tell."""
    first = docket[-1]
    for entry in reversed(docket):
        if entry.stage is not first.stage:
            break
        first = entry
    return first


def _awaited(filing: Filing) -> list[Awaited]:
    key = lifecycle.awaited(filing)
    found = [Awaited(office=key, name=naming.leader_or_office(key, filing.leader))] if key else []
    if lifecycle.awaits_iit(filing):
        found.append(Awaited(office=filing.jurisdiction, name=offices.title(Role.CITY_IIT, filing.jurisdiction)))
    return found


def _may(filing: Filing, kind: ActKind, when: Moment, who: Identity) -> May:
    """Whether somebody may do an act, tried as its form proposes it; what the stage does not know has no form."""
    _, refusal = probe(filing, kind, when, who.by)
    return May(kind=kind, may=refusal is None, refusal=refusal)
