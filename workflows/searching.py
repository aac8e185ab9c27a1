"""The search attributes of filings and rounds, as the server knows them: a task that sets one it does not know fails, and is tried for ever."""

from collections.abc import Mapping

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows import visibility

log = structlog.get_logger()


async def known(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    """Those of a namespace's own, and of which type they are."""
    told = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    return told.custom_attributes


async def lacking(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    """Those that the server does not know."""
    there = await known(client)
    return {name: kind for name, kind in visibility.REGISTRATION.items() if name not in there}


async def register(client: Client) -> None:
    """Tell the server what filings are searched by; what it knows already stays."""
    missing = await lacking(client)
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # two workers may start at once
            raise


async def register_where_allowed(client: Client) -> None:
    """As a worker does when it starts. Where a cluster has them made elsewhere, it says so and works on: the doctor tells what is lacking."""
    try:
        await register(client)
    except RPCError as error:
        if error.status not in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            raise
        log.warning("search_attributes.not_registered", error=error.status.name)


async def told(client: Client) -> str:
    """In words, what the server does not know, and what to do; empty if it knows all."""
    missing = sorted(await lacking(client))
    return f"缺 {'、'.join(missing)}；启动 worker 即登记" if missing else ""
