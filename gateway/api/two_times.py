"""A filing in two times: as it truly was on a day, by what the register knew at an instant; and the plan of a correction."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, ValidationError

from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional
from gateway.api.problems import answers, failed
from gateway.shown.two_times import AS_OF, Ahead, Then, instants, planned, too_long
from gateway.shown.two_times import then as told
from gateway.tools import Doors
from models.acts import Year
from models.correction import Plan, ProvenLate, what_is_wrong
from models.register import FilingRow
from models.values import Day, Value
from models.vocabulary import ActKind, Role

router = APIRouter(route_class=Conditional, tags=["备案"])


class WhenAsked(Value):
    """As of when, in both times."""

    as_of: str | None = Field(
        None,
        max_length=40,
        description="哪一日（含全天）或者哪一时刻的实际情况，不晚于现在和所依登记的时间；不写即所依登记的时间",
    )
    as_known: str | None = Field(
        None, max_length=40, description="依哪一日（含全天）或者哪一时刻为止的登记，不晚于现在；不写即现在"
    )


class Asked(Value):
    """A letter that proves to have been in time, and is not entered yet."""

    act: ActKind | None = Field(None, description="来文是哪一行为；不写即已经登记的迟到事实")
    year: Year | None = Field(None, description="报送年度")
    came_on: Day | None = Field(None, description="收到日期")
    postmarked_on: Day | None = Field(None, description="邮戳日期")


@router.get("/filings/{filing_id}/then", responses=answers(404, 422))
def show_then(tools: Doors, row: Seen, asked: Annotated[WhenAsked, Query()]) -> Then:
    """某日的备案: how the filing truly stood on a day with all that is known at an instant, and how the register had it then."""
    _short(row)
    try:
        as_of, as_known = instants(asked.as_of, asked.as_known, tools.now)
    except Ahead as ahead:
        raise failed(422, "at_ahead", "时间有误", str(ahead)) from None
    except ValueError as wrong:
        raise failed(422, "at_invalid", "时间有误", str(wrong)) from None
    found = told(tools.register.docket(row.filing_id), as_of, as_known)
    if found is None:
        raise failed(422, "at_out_of_bounds", "时间有误", AS_OF)
    return found


@router.get("/filings/{filing_id}/correction", responses=answers(403, 404, 422))
def show_plan(tools: Doors, who: Caller, row: Seen, asked: Annotated[Asked, Query()]) -> Plan:
    """更正方案: what loses its ground when a letter proves to have been in time, what follows by itself, and what people approve."""
    if not who.staff or who.role is Role.EVALUATOR:
        raise failed(403, "forbidden", f"{who.role.label}不办理更正")
    _short(row)
    proven = None
    if asked.act is not None:
        try:
            proven = ProvenLate.model_validate(asked.model_dump())
        except ValidationError as error:
            raise failed(422, "fact_invalid", "来文有误", what_is_wrong(error)) from None
    return planned(tools.register, row, tools.now, proven)


def _short(row: FilingRow) -> None:
    if refused := too_long(row):
        raise failed(422, "docket_too_long", "卷宗过长", refused)
