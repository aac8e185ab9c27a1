"""Filings: the list, and each of them with its agenda, its docket and its versions."""

import json
import re
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional
from gateway.api.problems import answers
from gateway.api.shapes import Entered, Listed, Offered, Shown, Summary, Version
from gateway.shown import lists
from gateway.tools import Doors, value_of
from models.acts import MOST_ENTRIES, OfficeKey
from models.filing import AgendaLine
from models.values import DAY, INSTANT, Jurisdiction, Value, due_before, due_by
from models.vocabulary import Kind, Stage
from regulation import entries
from regulation.offers import offers

router = APIRouter(route_class=Conditional, tags=["备案"])

AT_ONCE = 1000
"""How many entries of a docket are answered at once."""


def _moment(written: object) -> date | datetime:
    """A day, or an instant; in years that filings have."""
    if isinstance(written, str) and not re.match(r"20\d{2}-", written):
        raise ValueError("须为本世纪的时间")
    if isinstance(written, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        return DAY.validate_python(written)
    return INSTANT.validate_python(written)


SOME_TIME = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
SomeTime = Annotated[Any, BeforeValidator(_moment), WithJsonSchema(SOME_TIME)]
"""A day, which means the whole of it, or an instant with its offset."""


class Wanted(Value):
    """What somebody looks for in the list; what is left out does not matter."""

    stage: Stage | None = Field(None, description="阶段")
    kind: Kind | None = Field(None, description="类别")
    jurisdiction: Jurisdiction | None = Field(None, description="属地代码")
    waiting_for: OfficeKey | None = Field(None, description="待办机构代码")
    due_by: SomeTime | None = Field(None, description="最近期限不晚于（日期即含当日24时，或带时区的时间）")
    due_before: SomeTime | None = Field(
        None, description="最近期限早于（日期即至前一日24时，或带时区的时间）；宜用 due_by"
    )
    text: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = Field(
        None, description="编号、代码的开头，或联盟、盟主名称的一部分"
    )

    @property
    def facts(self) -> dict[str, Any]:
        """As the register is asked."""
        told = {name: getattr(self, name) for name in Wanted.model_fields if name not in ("due_by", "due_before")}
        asked = [due_by(self.due_by)] if self.due_by else []
        asked += [due_before(self.due_before)] if self.due_before else []
        return told | {"due_by": min(asked, default=None)}


def _place(written: str) -> str:
    """Where a page begins; a `ValueError` if it is no place."""
    lists.position(written)
    return written


Place = Annotated[
    str,
    Field(max_length=120, pattern=r"^2[01][0-9]{2}-[0-9T:.+-]+~[A-Za-z0-9][A-Za-z0-9._-]*$"),
    AfterValidator(_place),
]


class WantedPage(Wanted):
    """A page of what somebody looks for."""

    after: Place | None = Field(None, description="续页标记，见上一页的 next")
    limit: int = Field(100, ge=1, le=200, description="每页件数")


@router.get("/filings", responses=answers(422))
def list_filings(
    request: Request, response: Response, tools: Doors, who: Caller, wanted: Annotated[WantedPage, Query()]
) -> Listed:
    """备案列表: the caller's filings, the nearest deadline first."""
    after = lists.position(wanted.after or "")
    rows = tools.register.filings(**wanted.facts, scope=who.scope, after=after, limit=wanted.limit + 1, whole=False)
    page = [Summary.of(row) for row in rows[: wanted.limit]]
    if len(rows) <= wanted.limit:
        return Listed(filings=tuple(page))
    asked = {name: value for name, value in request.query_params.items() if name != "after"}
    address = f"{request.url.path}?{urlencode({**asked, 'after': lists.place(rows[wanted.limit - 1])})}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return Listed(filings=tuple(page), next=address)


@router.get("/filings/{filing_id}", responses=answers(404, 422))
def show_filing(tools: Doors, who: Caller, row: Seen) -> Shown:
    """一件备案: where it stands, and what the caller may do."""
    filing = value_of(row)
    mine = tuple(Offered.of(each) for each in offers(filing, tools.now, who.by) if each.mine or each.on_paper)
    return Shown(summary=Summary.of(row), filing=filing, offers=mine)


@router.get("/filings/{filing_id}/agenda", responses=answers(404, 422))
def show_agenda(row: Seen) -> list[AgendaLine]:
    """日程: what time alone will bring, and how each date was counted."""
    return list(entries.outlook(value_of(row)))


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
