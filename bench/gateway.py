"""The gateway over a register of very many filings: pages and lists against a bare query of the same rows, and in company."""

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from activities import rows
from bench import full_register
from bench.figures import Figure, percentile
from deploy.embedded import answers
from examples import demo
from gateway.identity import EMBEDDED
from gateway.remembered.sessions import Sessions, cookie_of
from models.register import AnnualReportRow, FilingRow, LetterRow, MessageRow, PublicNoticeRow
from models.settings import Settings
from models.values import digest
from models.vocabulary import Stage
from regulation import offices
from regulation.wording import Past
from tests.loopback import two_free_ports
from tests.patience import eventually
from tests.simulated import YEAR, Papered, lived

ROOT = Path(__file__).parent.parent
COMPANY = 16
"""How many ask at the same time, beside one alone."""

PROCESSES = 2
"""Processes of the gateway."""

WARM = 3
"""So many answers are not counted: templates are compiled, pages of the database read."""

SHARES: Mapping[Stage, int] = {
    Stage.SUBMITTED: 2, Stage.RETURNED: 1, Stage.UNDER_REVIEW: 3, Stage.ON_NOTICE: 1, Stage.AT_PROVINCE: 2,
    Stage.IN_FORCE: 85, Stage.REVOCATION_PENDING: 2, Stage.REVOKED: 4,
}  # fmt: skip
"""Of a hundred filings, so many stand there."""

READ = 0.98
"""Of the messages, such a share has been read."""

DAYS_APART = 40
"""So many shifted copies there are of each life at each entry."""

LAST = 3
"""So many of its messages and notices each filing has."""

ORIGINAL = "LIFE"


# A register of very many filings


Line = tuple[type[SQLModel], dict[str, Any]]
"""A row to be: its table, and its columns."""


@dataclass(frozen=True)
class Stand:
    """A life as it stood after one of its entries, moved so that this was lately: rows to be copied under other names."""

    filing: dict[str, Any]
    others: tuple[Line, ...]


def stands(life: Papered, now: datetime) -> dict[Stage, list[Stand]]:
    """A life after each of its entries, each several times: entered at most as long ago as its next deadline leaves."""
    papers = {digest(paper): paper for _, paper in life.papers}
    found: dict[Stage, list[Stand]] = {stage: [] for stage in SHARES}
    before, shown, told = None, dict[str, Any](), list[SQLModel]()
    chance = random.Random(1)
    for entry in life.docket:
        shown = rows.public(before, shown, entry, papers.__getitem__)
        told += [MessageRow(**each) for each in rows.message_rows(before, entry, shown, Past)]
        told += [PublicNoticeRow(**each) for each in rows.notice_rows(before, entry, shown, papers.__getitem__)]
        told += [AnnualReportRow(**each) for each in rows.report_rows(before, entry)]
        row = rows.filing_row(entry, entry.filing.paper, shown, digest(entry.number), papers.__getitem__)
        room = (row["next_deadline"] - entry.at).days if row["next_deadline"] else 400
        for _ in range(DAYS_APART if entry.stage in found else 0):
            days = timedelta(days=(now - entry.at).days - chance.randint(0, max(0, room - 1)))
            others = tuple((type(each), _later(each.model_dump(), days)) for each in _last_of(told))
            found[entry.stage].append(Stand(_later(row, days), others))
        before = entry.filing
    return found


def _last_of(told: Sequence[SQLModel]) -> Iterator[SQLModel]:
    """What a filing still has of everything that it sent: the last of each sort, and every reporting year as it became."""
    for sort in (MessageRow, PublicNoticeRow):
        yield from [each for each in told if isinstance(each, sort)][-LAST:]
    yield from {each.year: each for each in told if isinstance(each, AnnualReportRow)}.values()


def _later(columns: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """A row with every day in it so much later."""

    def later(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\d{4}-\d{2}-\d{2}", lambda day: str(date.fromisoformat(day[0]) + by), value)
        return value + by if isinstance(value, date) and value != rows.NEVER else value

    return {name: later(value) for name, value in columns.items()}


def seed(connection: Connection, filings: int, now: datetime) -> None:
    """So many filings, each a life somewhere on its way, under its own id, name, leader and number, in one of the cities."""
    chance, cities = random.Random(2), list(offices.OFFICES)
    known = stands(lived(ORIGINAL), now)
    stages = chance.choices(list(SHARES), weights=list(SHARES.values()), k=filings)
    copies = (_copied(chance.choice(known[stage]), n, chance.choice(cities), chance) for n, stage in enumerate(stages))
    while some := list(islice(copies, full_register.SEEDED_AT_ONCE)):
        of_tables: dict[type[SQLModel], list[dict[str, Any]]] = {FilingRow: []}
        for table, columns in (line for copy in some for line in copy):
            of_tables.setdefault(table, []).append(columns)
        for table, lines in of_tables.items():
            connection.execute(insert(table), lines)


def _copied(stand: Stand, number: int, city: str, chance: random.Random) -> Iterator[Line]:
    """One filing of many."""
    original = stand.filing
    archived = f"LN-CXY-A-{city}-{original['archived_on'].year}-{number:06d}" if original["archived_on"] else ""
    renamed = {
        ORIGINAL: f"MANY-{number:06d}",
        original["leader"]: f"9121010{number:011d}",
        original["alliance_name"]: f"{offices.OFFICES[city].city}第{number}产学研联盟",
        original["leader_name"]: f"第{number}企业有限公司",
        original["jurisdiction"]: city,
        original["archive_number"] or "no number yet": archived,
    }
    told = re.compile("|".join(map(re.escape, sorted(renamed, key=len, reverse=True))))

    def copied(columns: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: told.sub(lambda found: renamed[found[0]], value) if isinstance(value, str) else value
            for name, value in columns.items()
        }

    yield FilingRow, copied(original)
    for table, columns in stand.others:
        line = copied(columns)
        yield table, line
        if table is MessageRow:
            yield LetterRow, _letter(line, chance.random() < READ)


def _letter(message: Mapping[str, Any], read: bool) -> dict[str, Any]:
    """The letter of a message, long delivered."""
    same = {name: message[name] for name in ("id", "filing_id", "text", "to", "office", "created_at")}
    at = message["created_at"]
    empty = {"title": None, "body": None, "failed": False}
    return {
        **same,
        **empty,
        "messages": f'["{message["id"]}"]',
        "handed_at": at,
        "closed_at": at,
        "due_at": at,
        "read_at": (read and at) or None,
    }


# A gateway that serves it


@contextmanager
def served(var: Path) -> Iterator[int]:
    """A gateway as it is deployed, which never says that somebody asks too often; its port, once it answers. No engine runs."""
    port, nobody = two_free_ports()
    calendars = var / "editions" / "calendars"
    calendars.mkdir(parents=True)
    (calendars / "demonstration.json").write_text(json.dumps(demo.working_days(YEAR)), "utf-8")
    environment = {
        **os.environ,
        "TEMPORAL_ADDRESS": f"127.0.0.1:{nobody}",
        "BEIAN_VAR": str(var),
        "BEIAN_EDITIONS": str(calendars.parent),
        "BEIAN_GATEWAY_PORT": str(port),
        "BEIAN_GATEWAY_PROCESSES": str(PROCESSES),
        "BEIAN_GATEWAY_METRICS_PORT": "0",
        "BEIAN_READS_A_MINUTE": str(10**9),
        "BEIAN_LOG_LEVEL": "ERROR",
    }
    with subprocess.Popen([sys.executable, "-m", "gateway"], cwd=ROOT, env=environment) as process:
        try:
            eventually(lambda: answers(port))
            yield port
        finally:
            process.terminate()


# Asking


@dataclass(frozen=True)
class Asked:
    """A page or a list: where it is, who asks, and the query that gives its rows to somebody who writes SQL by hand."""

    key: str
    words: str
    path: str
    person: str | None
    sql: str


ASKED = (
    Asked(
        "year", "board of a year, whole province (/desk/year)", "/desk/year", "p-401",
        "SELECT jurisdiction, kind, zone, state, count(*) FROM annual_reports"
        " WHERE year = (SELECT max(year) FROM annual_reports) GROUP BY 1, 2, 3, 4",
    ),
    Asked(
        "inbox", "inbox of a city (/desk)", "/desk", "c-101",
        "SELECT * FROM filings WHERE waiting_for = '210100' ORDER BY next_deadline, filing_id LIMIT 50",
    ),
    Asked(
        "api_list", "list of a city (/api/v1/filings)", "/api/v1/filings?limit=50", "c-101",
        "SELECT * FROM filings WHERE (jurisdiction = '210100' OR waiting_for = '210100') AND next_deadline IS NOT NULL"
        " ORDER BY next_deadline, filing_id LIMIT 51",
    ),
    Asked(
        "home", "public home page (/)", "/", None,
        "SELECT * FROM public_notices WHERE shown_until >= date('now') AND shown_from <= date('now')"
        " ORDER BY shown_until, id LIMIT 11",
    ),
    Asked(
        "search", "public search by name (/register)", f"/register?text={quote('第777')}", None,
        "SELECT archive_number, alliance_name, leader_name, stage FROM filings WHERE archive_number > ''"
        " AND (alliance_name LIKE '%第777%' OR leader_name LIKE '%第777%') ORDER BY archive_number LIMIT 51",
    ),
    Asked(
        "statistics", "register in numbers (/statistics)", "/statistics", None,
        "SELECT jurisdiction, kind, technical_field, strftime('%Y', archived_on), count(*) FROM filings"
        " WHERE archive_number > '' AND stage IN ('in_force', 'revocation_pending') GROUP BY 1, 2, 3, 4",
    ),
)  # fmt: skip


def measured(folder: Path, filings: int, requests: int) -> Iterator[Figure]:
    """Every page and list, each in turns with its query, and then in company."""
    folder.mkdir()
    settings, now = Settings(var=folder), datetime.now(UTC)
    register = full_register.opened(settings.register_url)
    with register.engine.connect().execution_options(writes=True) as connection, connection.begin():
        seed(connection, filings, now)
    sessions = Sessions(register.engine, timedelta(hours=24))
    cookies = {person: sessions.begin(EMBEDDED[person], now) for person in ("c-101", "p-401")}
    register.engine.dispose()
    bare = sqlite3.connect(folder / "register.db")
    with served(folder) as port:
        for asked in ASKED:
            headers = headers_of(settings, asked, cookies)
            yield from _figures(asked, filings, requests, port, headers, bare)
    bare.close()


def headers_of(settings: Settings, asked: Asked, cookies: Mapping[str, str]) -> dict[str, str]:
    """How somebody says who they are: to the API by a token, to pages by a cookie."""
    if asked.person is None:
        return {}
    if asked.path.startswith("/api/"):
        return {"Authorization": f"Bearer {asked.person}"}
    return {"Cookie": f"{cookie_of(settings)}={cookies[asked.person]}"}


def _figures(
    asked: Asked, filings: int, requests: int, port: int, headers: Mapping[str, str], bare: sqlite3.Connection
) -> Iterator[Figure]:
    answers_, queries = list[float](), list[float]()
    with asking(port, asked, headers) as ask:
        for _ in range(WARM + requests):
            answers_.append(ask())
            began = time.perf_counter()
            bare.execute(asked.sql).fetchall()
            queries.append((time.perf_counter() - began) * 1000)
    answer, query = median(answers_[WARM:]), median(queries[WARM:])
    company = _in_company(port, asked, headers, requests)
    key, together = f"gateway_{asked.key}", f"{COMPANY} at once"
    for name, side, value, unit in (
        ("ms", "half of the answers", answer, "ms"),
        ("p99_ms", "99 of 100", percentile(answers_[WARM:], 0.99), "ms"),
        ("query_ms", "a bare query of the same rows", query, "ms"),
        ("ratio", "answer / bare query", answer / query, ""),
        (f"{COMPANY}_ms", f"{together}, half of the answers", median(company), "ms"),
        (f"{COMPANY}_p99_ms", f"{together}, 99 of 100", percentile(company, 0.99), "ms"),
    ):
        yield Figure(f"{key}_{name}", asked.words, value, unit, side)


def _in_company(port: int, asked: Asked, headers: Mapping[str, str], requests: int) -> list[float]:
    """What each answer took while several ask, each on a connection of its own."""

    def several(share: int) -> list[float]:
        with asking(port, asked, headers) as ask:
            ask()
            return [ask() for _ in range(share)]

    with ThreadPoolExecutor(COMPANY) as threads:
        return [took for some in threads.map(several, [max(1, 2 * requests // COMPANY)] * COMPANY) for took in some]


@contextmanager
def asking(port: int, asked: Asked, headers: Mapping[str, str]) -> Iterator[Callable[[], float]]:
    """Ask on one connection; what an answer took, in milliseconds."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask() -> float:
        began = time.perf_counter()
        connection.request("GET", asked.path, headers=dict(headers))
        answer = connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{asked.path}: {answer.status} {text[:200]!r}")
        return took

    try:
        yield ask
    finally:
        connection.close()
