"""What this release wants of the engine's cluster (集群): a namespace and how long it keeps what has ended, search attributes, the sentinel's schedule.

Each part says what is lacking and how that is made; so whoever sets up a cluster may look first, and set it up as often as they like.
A worker that starts makes the last two by itself, where it may.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.values import Named
from workflows import searching, sentinel, visibility

Answer = TypeVar("Answer")

REFRESHED = 60
"""Tries, a second each, until a server has everywhere heard of a namespace that was just made."""

MAY_NOT = {
    RPCStatusCode.PERMISSION_DENIED: "本连接无权",
    RPCStatusCode.UNAUTHENTICATED: "本连接未获认可",
    RPCStatusCode.UNIMPLEMENTED: "该集群不提供此项接口",
}
"""Why a cluster does not do it: one that is hosted has namespaces and attributes made on its own pages."""


class Outcome(Named):
    """What became of a part."""

    WELL = "well", "已妥"
    CHANGED = "changed", "已改"
    TO_CHANGE = "to_change", "待改"
    FAULT = "fault", "有问题"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a cluster, and by whom: a task queue."""

    client: Client
    queue: str
    every: timedelta
    kept: timedelta


@dataclass(frozen=True)
class Found:
    """How a part stands: what is told of it, and, if something is lacking, what makes it so."""

    says: str
    change: Callable[[], Awaitable[object]] | None = None
    fault: bool = False


@dataclass(frozen=True)
class Line:
    """What is told of one part."""

    name: str
    outcome: Outcome
    says: str


async def settled(wanted: Wanted, *, dry: bool = False) -> AsyncIterator[Line]:
    """Look at every part and, unless it is `dry`, make what is lacking. Raises `RPCError` where the engine does not answer."""
    for name, look in PARTS.items():
        try:
            found = await _known(partial(look, wanted), dry=dry)
            if found.change and not dry:
                await _known(found.change)
        except RPCError as error:
            if error.status not in MAY_NOT:
                raise
            yield Line(name, Outcome.FAULT, f"{MAY_NOT[error.status]}；请由集群的管理员办理：{BY_HAND[name](wanted)}")
            continue
        changed = Outcome.TO_CHANGE if dry else Outcome.CHANGED
        outcome = Outcome.FAULT if found.fault else changed if found.change else Outcome.WELL
        yield Line(name, outcome, found.says)


async def _known(ask: Callable[[], Awaitable[Answer]], *, dry: bool = False) -> Answer:
    """What a server answers that may not have heard everywhere yet of a namespace that was just made."""
    for _ in range(0 if dry else REFRESHED):
        try:
            return await ask()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(1)
    return await ask()


async def _namespace(wanted: Wanted) -> Found:
    service, name = wanted.client.workflow_service, wanted.client.namespace
    kept = Duration(seconds=int(wanted.kept.total_seconds()))
    try:
        there = await service.describe_namespace(DescribeNamespaceRequest(namespace=name))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        make = RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=kept)
        return Found(f"{name}，建立，已结束的保留{wanted.kept.days}天", lambda: service.register_namespace(make))
    stands = timedelta(seconds=there.config.workflow_execution_retention_ttl.seconds)
    if stands >= wanted.kept:
        return Found(f"{name}，已结束的保留{stands.days}天")
    config = NamespaceConfig(workflow_execution_retention_ttl=kept)
    longer = UpdateNamespaceRequest(namespace=name, config=config)
    return Found(
        f"{name}，已结束的由保留{stands.days}天改为{wanted.kept.days}天", lambda: service.update_namespace(longer)
    )


async def _attributes(wanted: Wanted) -> Found:
    known = await _unless_new(searching.known(wanted.client), {})
    other = sorted(name for name, kind in visibility.REGISTRATION.items() if known.get(name, kind) != kind)
    if other:
        return Found(f"{'、'.join(other)} 已有而类型不同，不能更改；请换一个命名空间", fault=True)
    if missing := sorted(visibility.REGISTRATION.keys() - known.keys()):
        return Found(f"登记 {'、'.join(missing)}", partial(searching.register, wanted.client))
    return Found(f"{len(visibility.REGISTRATION)}个，均已登记")


async def _schedule(wanted: Wanted) -> Found:
    every, name = f"每{wanted.every.total_seconds() / 60:g}分钟一次", sentinel.schedule_id(wanted.queue)
    make = partial(sentinel.scheduled, wanted.client, wanted.queue, wanted.every)
    there = await _unless_new(sentinel.described(wanted.client, wanted.queue), None)
    if there is None:
        return Found(f"{name}，建立，{every}", make)
    if not sentinel.passes_every(there, wanted.every):
        return Found(f"{name}，改为{every}", make)
    if paused := await sentinel.pausing(wanted.client, wanted.queue):
        return Found(paused, fault=True)
    return Found(f"{name}，{every}")


async def _unless_new(asked: Awaitable[Answer], otherwise: Answer) -> Answer:
    """What a namespace that is not there yet has: nothing."""
    try:
        return await asked
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return otherwise


PARTS: dict[str, Callable[[Wanted], Awaitable[Found]]] = {
    "命名空间": _namespace,
    "检索属性": _attributes,
    "巡查日程": _schedule,
}
"""What is looked at, in the order in which it is made."""

BY_HAND: dict[str, Callable[[Wanted], str]] = {
    "命名空间": lambda wanted: f"{wanted.client.namespace}，已结束的至少保留{wanted.kept.days}天",
    "检索属性": lambda _: "、".join(
        f"{name}（{IndexedValueType.Name(kind).removeprefix('INDEXED_VALUE_TYPE_').title()}）"
        for name, kind in visibility.REGISTRATION.items()
    ),
    "巡查日程": lambda wanted: f"{sentinel.schedule_id(wanted.queue)}，由 worker 启动后自行建立",
}
"""What whoever may is to make."""
