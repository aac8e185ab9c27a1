"""The arithmetic of docs/sizing.md: from what was measured of one filing, deadline and page (docs/sizing.json) to very many of them."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SIZES = {"province": 10_000, "country (34 provinces)": 340_000, "a million": 1_000_000}
"""How many filings."""

YEARS = 5
"""How many years of them are kept in the register."""

HELD = 2_000
"""Filings that a worker holds in memory (`BEIAN_CACHED_WORKFLOWS`)."""

PASSED = 100_000
"""Over so many filings a pass of the sentinel is measured."""

LOAD = 0.7
"""How much of a core is planned with."""

USERS = 100
"""Desk users for 10,000 filings."""

PAGES_A_DAY, WORKING_HOURS, BUSIEST = 150, 8, 3
"""Pages that one asks for on a working day, its hours, and how much more is asked for in the busiest one."""

CONNECTIONS = 100
"""Connections that PostgreSQL takes as it comes."""

LEADERS_PAGES, LAST_HOURS = 20, 30
"""Pages that a leader asks for to report a year, and in how many hours half of all leaders do: the last three days, by day."""


@cache
def told() -> Mapping[str, Any]:
    """What was measured."""
    known: Mapping[str, Any] = json.loads((Path(__file__).parent / "sizing.json").read_text("utf-8"))
    return known


def of(name: str) -> float:
    """One figure."""
    return float(told()["figures"][name])


# In words


def number(value: float) -> str:
    """Two digits, or all that stand before the point of what is small."""
    if value >= 100:
        digits = 10 ** (math.floor(math.log10(value)) - 1)
        return f"{round(value / digits) * digits:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def size(value: float) -> str:
    """Bytes."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000:
            return f"{number(value)} {unit}"
        value /= 1000
    return f"{number(value)} TB"


def time(seconds: float) -> str:
    """A time."""
    for most, unit, worth in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < most:
            return f"{number(seconds / worth)} {unit}"
    return f"{number(seconds / 86_400)} d"


def cores(used: float) -> str:
    """Cores that a load takes, planned with room."""
    return f"{number(used / LOAD)} cores" if used / LOAD >= 1 else "under 1 core"


# What was measured


MEASURED: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("register, PostgreSQL: a filing's first year", "register_postgres_bytes_first_year", size),
    ("register, PostgreSQL: each further quiet year", "register_postgres_bytes_further_year", size),
    ("register, PostgreSQL: of which indexes", "register_postgres_index_share", lambda share: f"{share:.0%}"),
    ("register, SQLite: a filing's first year", "register_sqlite_bytes_first_year", size),
    ("register, SQLite: each further quiet year", "register_sqlite_bytes_further_year", size),
    ("entries of a first year", "entries_first_year", number),
    ("letters of a first year", "letters_first_year", number),
    ("letters of each further year", "letters_further_year", number),
    ("an entry, PostgreSQL: CPU of whoever writes it", "register_postgres_cpu_ms_entry", lambda ms: f"{number(ms)} ms"),
    ("an entry, PostgreSQL: CPU of its server", "register_postgres_server_cpu_ms_entry", lambda ms: f"{number(ms)} ms"),
    ("an entry, SQLite: CPU", "register_sqlite_cpu_ms_entry", lambda ms: f"{number(ms)} ms"),
    ("the engine's database (SQLite): a filing that waits", "engine_bytes_waiting", size),
    ("the engine: history of a life of a year, as it is kept", "engine_bytes_history_life", size),
    ("a life of a year: CPU of the worker", "worker_cpu_ms_life", lambda ms: f"{number(ms)} ms"),
    ("a life of a year: CPU with engine and client", "all_cpu_ms_life", lambda ms: f"{number(ms)} ms"),
    ("a deadline: CPU of the worker", "worker_cpu_ms_deadline", lambda ms: f"{number(ms)} ms"),
    ("a deadline: CPU with the engine", "all_cpu_ms_deadline", lambda ms: f"{number(ms)} ms"),
    ("a deadline: CPU of everything for its letters", "letters_cpu_ms_deadline", lambda ms: f"{number(ms)} ms"),
    ("deadlines at one instant, one worker and the embedded engine", "deadlines_per_s", lambda each: f"{number(each)} a second"),
    ("a pass of the sentinel over 100,000 filings: CPU", "sentinel_cpu_s", lambda s: f"{number(s)} s"),
    ("memory of a worker that holds nothing", "worker_bytes_alone", size),
    ("memory of the worker for a filing that it holds", "worker_bytes_waiting", size),
    ("memory of a process of the gateway", "gateway_bytes_process", size),
    ("a city's inbox: CPU of the gateway", "gateway_cpu_ms_inbox", lambda ms: f"{number(ms)} ms"),
    ("a city's list by the API: CPU of the gateway", "gateway_cpu_ms_api_list", lambda ms: f"{number(ms)} ms"),
    ("the board of a year: CPU of the gateway", "gateway_cpu_ms_year", lambda ms: f"{number(ms)} ms"),
    ("the public home page: CPU of the gateway", "gateway_cpu_ms_home", lambda ms: f"{number(ms)} ms"),
    ("connections to PostgreSQL of a process: kept, and at most", "connections_kept", lambda kept: f"{kept:.0f}, {of('connections_at_most'):.0f}"),
)  # fmt: skip


def figures() -> Iterator[str]:
    """Every figure, and on what it was measured."""
    about = told()["about"]
    yield f"Measured on {about['at']}: {about['cores']} cores, {about['gigabytes']} GB, Python {about['python']}; pages over a register of {about['registered']:,} filings. Lives, deadlines and the pass are those of [bench/README.md](../bench/README.md)."
    yield ""
    yield "| of one | figure |"
    yield "|---|---|"
    for words, name, form in MEASURED:
        yield f"| {words} | {form(of(name))} |"


# What it comes to


@dataclass(frozen=True)
class Sum:
    """A line of the arithmetic: what it is, how it is reckoned, and the sum for so many filings."""

    words: str
    how: str
    sum: Callable[[int], str]


def _register(sort: str, years: int) -> Callable[[int], str]:
    first, further = of(f"register_{sort}_bytes_first_year"), of(f"register_{sort}_bytes_further_year")
    return lambda filings: size(filings * (first + (years - 1) * further))


def _desk(filings: int) -> float:
    """Pages a second in the busiest hour of the desks."""
    return filings / 10_000 * USERS * PAGES_A_DAY / WORKING_HOURS / 3600 * BUSIEST


def _leaders(filings: int) -> float:
    """Pages a second of leaders in the last days."""
    return filings / 2 * LEADERS_PAGES / LAST_HOURS / 3600


def _page() -> float:
    """Seconds of CPU of a page at a desk: half of them lists, half the inbox."""
    return (of("gateway_cpu_ms_inbox") + of("gateway_cpu_ms_api_list")) / 2000


def _gateways(filings: int) -> int:
    """Processes of gateways: one a core that the desks and the leaders take together."""
    return max(2, math.ceil((_desk(filings) + _leaders(filings)) * _page() / LOAD))


def _workers(filings: int) -> int:
    """Workers, a core each, that enter a deadline for all in an hour."""
    return max(2, math.ceil(filings * of("worker_cpu_ms_deadline") / 1000 / 3600 / LOAD))


def sums() -> tuple[Sum, ...]:
    """The arithmetic."""
    letters = of("letters_further_year")
    deadline, everything = of("worker_cpu_ms_deadline") / 1000, of("all_cpu_ms_deadline") / 1000
    alone, each = of("worker_bytes_alone"), of("worker_bytes_waiting")
    return (
        Sum("register after a year, PostgreSQL", "first year", _register("postgres", 1)),
        Sum(f"register after {YEARS} years, PostgreSQL", f"first year + {YEARS - 1} further ones", _register("postgres", YEARS)),
        Sum(f"register after {YEARS} years, SQLite", "the same", _register("sqlite", YEARS)),
        Sum("the engine's database", "a filing that waits", lambda n: size(n * of("engine_bytes_waiting"))),
        Sum("letters a quiet year", "letters of a further year", lambda n: number(n * letters)),
        Sum("CPU of a year of lives, engine and doors included", "CPU of a life of a year", lambda n: time(n * of("all_cpu_ms_life") / 1000)),
        Sum("a deadline for all: CPU of the workers", "CPU of the worker a deadline", lambda n: time(n * deadline)),
        Sum("the same with the engine", "CPU of everything a deadline", lambda n: time(n * everything)),
        Sum("the same by the clock: one worker, the embedded engine", "deadlines a second", lambda n: time(n / of("deadlines_per_s"))),
        Sum("workers of one core, to enter it in an hour", f"CPU of the workers / 3,600 s / {LOAD}; two at least", lambda n: f"{_workers(n)}"),
        Sum("then its letters, CPU", "CPU of the letters a deadline", lambda n: time(n * of("letters_cpu_ms_deadline") / 1000)),
        Sum(f"memory of a worker that holds {HELD:,}", "alone + as many", lambda n: size(alone + min(n, HELD) * each)),
        Sum("memory to hold every filing, over all workers", "alone × workers + all", lambda n: size(alone * _workers(n) + n * each)),
        Sum("a pass of the sentinel, CPU", f"a pass over {PASSED:,}", lambda n: time(n / PASSED * of("sentinel_cpu_s"))),
        Sum("desk pages a second in the busiest hour", f"{USERS} users for 10,000 filings, {PAGES_A_DAY} pages in {WORKING_HOURS} h, × {BUSIEST}", lambda n: number(_desk(n))),
        Sum("what they take of gateways", f"CPU of a page / {LOAD}", lambda n: cores(_desk(n) * _page())),
        Sum("leaders' pages a second, last three days", f"half of the leaders, {LEADERS_PAGES} pages each, {LAST_HOURS} h", lambda n: number(_leaders(n))),
        Sum("what they take of gateways", f"CPU of a page / {LOAD}", lambda n: cores(_leaders(n) * _page())),
        Sum("connections to PostgreSQL at most", f"{of('connections_at_most'):.0f} × (workers + processes of gateways)", lambda n: f"{of('connections_at_most') * (_workers(n) + _gateways(n)):,.0f}"),
    )  # fmt: skip


def arithmetic() -> Iterator[str]:
    """The sums for a province, a country and a million."""
    yield f"| | reckoned from | {' | '.join(f'{name}: {n:,}' for name, n in SIZES.items())} |"
    yield "|---|---|" + "---|" * len(SIZES)
    for line in sums():
        yield f"| {line.words} | {line.how} | {' | '.join(line.sum(n) for n in SIZES.values())} |"


# What gives way


def _beyond(connections: int) -> int:
    """At how many filings the workers and gateways that they take may have more connections than this."""
    steps = range(10_000, 10_000_000, 10_000)
    return next(n for n in steps if of("connections_at_most") * (_workers(n) + _gateways(n)) > connections)


def limits() -> Iterator[str]:
    """Which part gives way, at how many filings, the first that does first."""
    hour = 3600 * LOAD
    found = (
        (3600 * of("deadlines_per_s"), "the embedded engine with one worker", "a deadline for all takes more than an hour", "Temporal's own server on PostgreSQL; a second worker"),
        (hour / (of("worker_cpu_ms_deadline") / 1000), "one core of workers", "a deadline for all takes more than an hour", "more workers: they share filings and letters by themselves"),
        (hour * 1000 / of("register_sqlite_cpu_ms_entry"), "SQLite, which has one writer", "an entry for all takes more than an hour, on the fastest disk", "PostgreSQL"),
        (hour * 1000 / of("register_postgres_server_cpu_ms_entry"), "one core of PostgreSQL", "an entry for all takes more than an hour", "more cores: entries of different filings are written side by side; then a faster disk for its log"),
        (60 / of("sentinel_cpu_s") * PASSED, "a pass of the sentinel", "it takes more than a minute of a core every hour", "a longer `BEIAN_FOLLOWING_INTERVAL`"),
        (_beyond(CONNECTIONS), f"the {CONNECTIONS} connections that PostgreSQL comes with", "processes wait for connections", "a larger `max_connections`: each takes some memory of PostgreSQL. No pooler by transactions: connections are opened with settings of their own, and statements stay prepared on them"),
        (LOAD / _page() / (_leaders(10_000) / 10_000), "one process of a gateway", "leaders wait in the last three days of November", "more processes (`BEIAN_GATEWAY_PROCESSES`), then more gateways"),
        (100e9 / (of("register_postgres_bytes_first_year") + (YEARS - 1) * of("register_postgres_bytes_further_year")), "a disk of 100 GB", f"the register of {YEARS} years fills it, uploads aside", "a larger one"),
    )  # fmt: skip
    yield "| at so many filings | gives way | because | then |"
    yield "|---|---|---|---|"
    for filings, part, why, then in sorted(found):
        yield f"| {number(filings)} | {part} | {why} | {then} |"
