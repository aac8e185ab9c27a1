"""All routes of the platform API."""

from fastapi import APIRouter, Depends

from gateway.api import (
    acts,
    checking,
    exports,
    filings,
    guide,
    messages,
    reading,
    revocations,
    rounds,
    surveys,
    two_times,
    uploads,
    year,
)
from gateway.api.problems import ALWAYS, answers
from gateway.api.queries import as_described

router = APIRouter()
for each in (
    filings,
    reading,
    two_times,
    acts,
    rounds,
    surveys,
    uploads,
    checking,
    exports,
    messages,
    year,
    revocations,
    guide,
):
    router.include_router(
        each.router, responses=answers(*ALWAYS), generate_unique_id_function=lambda route: route.name,
        dependencies=[Depends(as_described)],
    )  # fmt: skip
