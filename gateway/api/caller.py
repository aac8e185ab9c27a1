"""Who calls: whom a bearer token stands for, and which filing they may see. A browser's session is no credential here."""

from typing import Annotated, cast

from fastapi import Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.api.problems import failed
from gateway.identity import Identity, embedded_bearer
from gateway.tools import Doors, Tools
from models.register import FilingRow
from models.values import FilingId
from models.vocabulary import Role

SCHEME = "bearer"
BEARER = HTTPBearer(
    scheme_name=SCHEME,
    auto_error=False,
    description="演示身份：人员编号.启动口令；未设启动口令的即人员编号，如 u-leader-01",
)


async def _caller(
    request: Request, tools: Doors, token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Identity:
    if token is None:
        raise failed(401, "unauthenticated", "须以令牌表明身份", "Authorization: Bearer …")
    who = await bearer(tools, token.credentials)
    request.state.who = await run_in_threadpool(tools.at_work, who) if who.role is Role.EVALUATOR else who
    return cast(Identity, request.state.who)


async def bearer(tools: Tools, token: str) -> Identity:
    """Whom a token stands for."""
    if tools.oidc:
        return await tools.oidc.bearer(token)
    if who := embedded_bearer(tools.settings, token):
        return who
    raise failed(401, "invalid_token", "令牌无效", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


Caller = Annotated[Identity, Depends(_caller)]
"""Whoever calls, as a route asks for them."""


def _seen(
    request: Request, tools: Doors, who: Caller, filing_id: Annotated[FilingId, Path(description="平台申请编号")]
) -> FilingRow:
    row = tools.seen(filing_id, who)
    request.state.number = row.number
    return row


Seen = Annotated[FilingRow, Depends(_seen)]
"""The filing that an address names, if the caller may see it; a foreign one is as good as none."""
