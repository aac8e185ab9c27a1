"""All pages."""

from fastapi import APIRouter

from gateway.pages import (
    acts,
    audit,
    batch,
    calendar,
    calls,
    charts,
    data,
    desk,
    drafts,
    filing,
    handling,
    inspections,
    leader,
    lists,
    lots,
    public,
    public_rounds,
    public_surveys,
    rounds,
    sign_in,
    survey_returns,
    surveys,
    uploads,
    year,
)

router = APIRouter(include_in_schema=False)
for each in (
    sign_in,
    filing,
    acts,
    handling,
    desk,
    lists,
    batch,
    calendar,
    charts,
    leader,
    drafts,
    surveys,
    survey_returns,
    uploads,
    data,
    calls,
    lots,
    public,
    inspections,
    public_rounds,
    public_surveys,
    rounds,
    audit,
    year,
):
    router.include_router(each.router)
