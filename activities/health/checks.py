"""What a process needs (就绪检查), and why it is not there: asked by /readyz, by the metrics and by `starter.py doctor` alike.

A check tells what is wrong, in Chinese for whoever is called at night, and nothing where nothing is.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.database import AHEAD_AT_MOST, ahead_of_database
from activities.logs import named
from activities.migrating import lacking
from activities.register import Register
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused
from regulation.expiring import is_missed

CHECKS: Mapping[str, str] = {
    "register": "备案库",
    "migrations": "表结构",
    "editions": "版本",
    "clock": "时钟",
    "engine": "引擎",
}
"""What is checked, and what people call it."""

ENGINE_ANSWERS = timedelta(seconds=3)
"""How long the engine may take to say that it is there."""


def unreachable(error: BaseException) -> str:
    """That the register does not answer."""
    return f"备案库无法连接或无法读写（{named(error)}）"


def clock_fault(ahead: timedelta) -> str:
    """What is wrong with this machine's clock, compared with the database's."""
    if abs(ahead) <= AHEAD_AT_MOST:
        return ""
    way = "快" if ahead > timedelta(0) else "慢"
    return f"本机时钟比备案库{way}{abs(ahead).total_seconds():.0f}秒，超过一分钟，不予办理"


def migrations_fault(engine: Engine) -> str:
    """What is wrong with the tables. Those of a newer release are no fault: releases work side by side while one is rolled out."""
    missing = lacking(engine)
    return f"表结构落后于本版本，缺 {'、'.join(missing)}；启动本版本的 worker 即可更新" if missing else ""


def editions_fault(register: Register) -> str:
    """What is wrong with the editions by which filings count."""
    try:
        register.refuse_changed_editions()
    except EditionRefused as refused:
        return str(refused)
    return ""


def register_faults(register: Register) -> tuple[dict[str, str], timedelta]:
    """What is wrong with the register, by check, and by how much this machine's clock is ahead of it."""
    faults, ahead = dict.fromkeys(("register", "migrations", "editions", "clock"), ""), timedelta(0)
    checks: dict[str, Callable[[], str]] = {
        "migrations": lambda: migrations_fault(register.engine),
        "editions": lambda: editions_fault(register),
    }
    try:
        ahead = ahead_of_database(register.engine)
        faults["clock"] = clock_fault(ahead)
        for name, check in checks.items():
            faults[name] = check()
            if faults[name]:
                break
    except SQLAlchemyError as error:
        faults["register"] = unreachable(error)
    return faults, ahead


async def engine_fault(client: Client) -> str:
    """What is wrong with the engine: it does not answer, or knows no such namespace."""
    asked = client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=ENGINE_ANSWERS
    )
    try:
        await asyncio.wait_for(asked, ENGINE_ANSWERS.total_seconds())
    except (RPCError, RuntimeError, TimeoutError) as error:
        return f"引擎无法连接（{named(error)}）"
    return ""


def last_year_known() -> int:
    """The last year whose working days are known to this process."""
    return max(CALENDARS[name].covers for name in CALENDARS)


def calendar_fault(today: date) -> str:
    """That next year's working days are missing though they ought to be known: from 15 December on, dates of January are guessed."""
    last = last_year_known()
    if not is_missed(last, today):
        return ""
    return f"没有{last + 1}年工作日历，涉及该年的期限只能暂定；请将国务院办公厅公布的安排放入 BEIAN_EDITIONS 的 calendars/{last + 1}.json"
