"""Filings: the list, and each of them with its agenda, its docket and its versions."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from activities.survey_standing import standings
from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional
from gateway.api.paged import next_address
from gateway.api.problems import answers
from gateway.api.shapes import Entered, Listed, Offered, Shown, Summary, Version, Way
from gateway.shown import lists, progress
from gateway.shown.lists import Filter
from gateway.shown.paging import page_of
from gateway.tools import Doors, value_of
from models.acts import MOST_ENTRIES
from models.filing import AgendaLine
from regulation import entries
from regulation.offers import offers

router = APIRouter(route_class=Conditional, tags=["备案"])

AT_ONCE = 1000
"""How many entries of a docket are answered at once."""


def _place(written: str) -> str:
    """Where a page begins; a `ValueError` if it is no place."""
    lists.position(written)
    return written


Place = Annotated[
    str,
    Field(max_length=120, pattern=r"^2[01][0-9]{2}-[0-9T:.+-]+~[A-Za-z0-9][A-Za-z0-9._-]*$"),
    AfterValidator(_place),
]


class FilterPage(Filter):
    """A page of what somebody looks for."""

    after: Place | None = Field(None, description="续页标记，见上一页的 next")
    limit: int = Field(100, ge=1, le=200, description="每页件数")


@router.get("/filings", responses=answers(422))
def list_filings(
    request: Request, response: Response, tools: Doors, who: Caller, wanted: Annotated[FilterPage, Query()]
) -> Listed:
    """备案列表: the caller's filings: what is overdue longest, then by the nearest deadline."""
    after = lists.position(wanted.after or "")
    read = tools.register.filings(**wanted.facts, scope=who.scope, after=after, limit=wanted.limit + 1, whole=False)
    page = page_of(read, wanted.limit, lists.place)
    ids = [row.filing_id for row in page.shown]
    told = standings(tools.register.engine, wanted.year, ids) if wanted.year else {}
    filings = tuple(Summary.of(row, told.get(row.filing_id)) for row in page.shown)
    if not page.more:
        return Listed(filings=filings)
    return Listed(filings=filings, next=next_address(request, response, page.more))


@router.get("/filings/{filing_id}", responses=answers(404, 422))
def show_filing(tools: Doors, who: Caller, row: Seen) -> Shown:
    """一件备案: where it stands, and what the caller may do."""
    filing = value_of(row)
    mine = tuple(
        Offered.of(each, filing.kind) for each in offers(filing, tools.now, who.by) if each.mine or each.on_paper
    )
    return Shown(summary=Summary.of(row), filing=filing, offers=mine)


@router.get("/filings/{filing_id}/agenda", responses=answers(404, 422))
def show_agenda(row: Seen) -> list[AgendaLine]:
    """日程: what time alone will bring, and how each date was counted."""
    return list(entries.outlook(value_of(row)))


@router.get("/filings/{filing_id}/steps", responses=answers(404, 422))
def show_steps(tools: Doors, row: Seen) -> list[Way]:
    """办理进度: the ways that the filing goes, the one that it is on first, with the days that were and the days that will be."""
    ways = progress.ways(tools.register.engine, {row.filing_id: value_of(row)}, tools.clock())
    return [Way.of(each) for each in ways[row.filing_id]]


@router.get("/filings/{filing_id}/docket", responses=answers(404, 422))
def show_docket(
    tools: Doors,
    who: Caller,
    row: Seen,
    after: Annotated[int, Query(ge=0, le=MOST_ENTRIES, description="此号之后的登记")] = 0,
) -> list[Entered]:
    """卷宗: everything entered, in order; a thousand entries at once, those after a number.

    What a refused signal said is for the reviewing office, the province, operators and auditors; others see that it was refused, and why.
    """
    found = tools.register.docket(row.filing_id, after=after, before=after + AT_ONCE + 1)
    return [Entered.of(entry, who) for entry in found]


@router.get("/filings/{filing_id}/versions", responses=answers(404, 422))
def show_versions(tools: Doors, row: Seen) -> list[Version]:
    """申请版本: every version of the application with its findings."""
    return [
        Version.model_validate(
            {"version": each.version, "paper": each.paper, "received_at": each.received_at}
            | {"findings": json.loads(each.findings)}
        )
        for each in tools.register.version_rows(row.filing_id)
    ]
