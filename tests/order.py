"""In which order tests run, and what goes to one process at once."""

from inspect import iscoroutinefunction
from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

LONG = (
    "test_browser",
    "test_processes",
    "test_restart",
    "test_money",
    "test_kill",
    "test_register",
    "test_secrecy",
    "test_messages",
    "test_doors",
    "test_outage",
    "test_api",
    "test_cli",
    "test_documents",
)
"""The files whose tests take long: these begin first, and each test may go to another process."""


LIVES = ("test_lives", "test_cases", "test_offers", "test_texts", "test_publishing", "test_mutation")
"""The files that look at all lives of the law's cases, which are lived once for them; these begin first of all. The last of
them lives some anew."""


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """One long test, or a file of short ones; everything on PostgreSQL, so that it is started once; and all lives."""

    def _split_scope(self, nodeid: str) -> str:
        """What a test goes along with."""
        file, _, test = nodeid.partition("::")
        if "postgresql" in test.partition("[")[2]:
            return "postgresql"
        stem = PurePosixPath(file).stem
        return "lives" if stem in LIVES else nodeid if stem in LONG else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares | None:
    """For `--dist loadgroup`: shares in the order of the tests, whose marks alone would not do, for node ids cannot be
    changed any more (pytest-xdist#1386)."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Shares(config, log)


DEAR = (
    "test_matrix",
    "test_openapi",
    "test_histories",
    "test_publishing",
    "test_fuzz",
    "test_backup",
    "test_channels",
    "test_digests",
    "test_importing",
    "test_letters",
    "test_desk",
)
"""The files whose tests share what takes long to make (all lives of the law's cases, written down), or make much of one thing.
Each goes to one process, so they come before the small ones, which fill what is left."""

NEXT = (
    "test_identity",
    "test_builds",
    "test_public",
    "test_forged_packages",
    "test_project",
    "test_one_gateway",
    "test_forms",
    "test_province",
    "test_guard",
    "test_uploads",
    "test_migrations",
    "test_properties",
    "test_one_filing",
)
"""Files that take nine to fifteen seconds of processor time each, which is too long for the end; what of them needs neither
server nor gateway, `make quick` takes."""

ORDER = (*LIVES, *LONG, *DEAR, *NEXT)

SERVERS = {"environment", "postgresql"}
"""The fixtures behind which a server is started."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of `make quick`."""
    parser.addoption(
        "--quick",
        action="store_true",
        help="only what takes little: no server, nothing that awaits an answer, and none of the long or dear files",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, so that no process is still at one of them when the others are done; or, if quick, those that
    take little."""
    if config.getoption("--quick"):
        items[:] = [item for item in items if not _is_long(item)]
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER))


def _is_long(item: pytest.Item) -> bool:
    """Whether a test needs a server, a gateway or somebody else who answers, or is in one of the long or dear files."""
    fixtures, waits = set(getattr(item, "fixturenames", ())), iscoroutinefunction(getattr(item, "function", None))
    return item.path.stem in (*LONG, *DEAR) or waits or bool(fixtures & SERVERS) or "postgresql" in item.name
