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

OPERATIONS = (
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
)


def enter(addresses: APIRouter, prefix: str) -> None:
    """Put the operations among the addresses; each file's by itself, for whatever stands between is gone through for every request."""
    for each in OPERATIONS:
        addresses.include_router(
            each.router, prefix=prefix, responses=answers(*ALWAYS), generate_unique_id_function=lambda route: route.name,
            dependencies=[Depends(as_described)],
        )  # fmt: skip
