"""What tests share: one server whose time can be skipped, and one world on it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.skipping import skipping_server
from tests.databases import Databases, Postgresql, Sqlite
from tests.world import World


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server."""
    async with skipping_server() as server:
        yield server


@pytest.fixture(scope="session")
async def world(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A register on SQLite and a worker."""
    async with World.opened(environment, tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases on SQLite."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """Databases on a real PostgreSQL."""
    with Postgresql.started() as server:
        yield server
