"""What tests share: one server whose time can be skipped, and for each file a world on it."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from temporalio.testing import WorkflowEnvironment

from activities import database
from activities.register import Register
from deploy.skipping import skipping_server
from tests.databases import Databases, Postgresql, Sqlite
from tests.order import pytest_addoption, pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.simulated import holding, lived, written
from tests.world import World

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]

os.environ |= {"GOGC": "400", "GOMAXPROCS": "1"}  # servers of the tests: memory for time, and one processor each
os.environ["BEIAN_GATEWAY_METRICS_PORT"] = "0"  # gateways of several tests run side by side

TOLD_AT_ONCE = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1"
"""Operators are told of a workflow task that fails at its first try, not at its fifth."""


database.PRAGMAS = (*database.PRAGMAS, "synchronous=OFF")
"""What a test writes need not outlast the machine, only the process: no commit waits for the disk."""


asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # tests run in the loop that the service runs in

settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # a machine that does other work beside is no finding

gc.disable()  # while tests are collected hardly anything becomes garbage, and every look at it is a long one


def pytest_collection_finish() -> None:
    """What is loaded by now stays: garbage is not looked for in it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_sessionfinish() -> None:
    """What the tests have left is looked through once, and not at every look that pytest then takes."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server."""
    async with skipping_server(flags=(TOLD_AT_ONCE,)) as server:
        yield server


@pytest.fixture(scope="module")
async def world(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A register on SQLite and a worker, for the tests of one file; what they leave is in nobody's way."""
    async with World.opened(environment, tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases on SQLite."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """Databases on a real PostgreSQL."""
    with Postgresql.started() as server:
        yield server


@pytest.fixture(scope="session")
def by_the_owner(postgresql: Postgresql) -> Databases:
    """The same, for whoever may do anything in them."""
    return postgresql.by_the_owner()


@pytest.fixture
def databases(request: pytest.FixtureRequest) -> Databases:
    """The databases that a test is run with."""
    found: Databases = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def register(databases: Databases) -> Iterator[Register]:
    """An empty register."""
    address = databases.migrated()
    opened = Register.at(address)
    yield opened
    opened.engine.dispose()
    databases.done_with(address)


@pytest.fixture
def full(databases: Databases) -> Iterator[Register]:
    """A register that holds a whole life."""
    opened = Register.at(databases.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    yield opened
    opened.engine.dispose()
