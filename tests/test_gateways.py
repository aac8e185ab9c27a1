"""Gateways on several machines, with nothing in common but the database: whoever answers, it is one service."""

from base64 import b64encode
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from activities.database import writing
from activities.register import Register
from gateway.app import counters_of
from gateway.counters import A_DAY, A_MINUTE, AN_HOUR, NOTED, SPANS, TOLD, Counters, Limit
from gateway.together import Together
from models.gateway import CountedRow
from models.settings import Settings, SettingsRefused, read_settings
from tests.databases import Databases, on_both, prepare, statements
from tests.served import Clock
from tests.story import instant
from tests.visiting import House, visiting

NOW = instant("2027-03-16T09:00")
BEGUN = NOW.timestamp()

SECRET = "0123456789" * 4


@dataclass
class Machines:
    """Two of them, and whoever has them tell each other what they counted."""

    houses: list[House]
    counting: list[Together]
    at: list[float] = field(default_factory=lambda: [BEGUN])

    def exchange(self) -> None:
        """Each tells, and then each hears."""
        for each in self.counting * 2:
            each.exchange()


@pytest.fixture
async def machines(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machines]:
    """Two machines, each with a folder of its own."""
    url = databases.migrated()
    monkeypatch.setattr("time.time", lambda: BEGUN)
    async with AsyncExitStack() as running:
        houses, counting = [], []
        for name in ("here", "there"):
            settings = Settings(
                var=tmp_path / name, database_url=url, secret=SECRET, limits="database", reads_a_minute=20
            )
            counters = counters_of(settings)
            house = await running.enter_async_context(visiting(settings, Clock(NOW), counters))
            houses.append(house)
            counting.append(Together(house.tools.filings.register.engine, counters, now=lambda: BEGUN))
        yield Machines(houses, counting)


@on_both
async def test_who_signed_in_on_one_machine_acts_on_the_other_and_limits_count_both(machines: Machines) -> None:
    here, there = machines.houses
    browser = await here.signed_in("c-101")
    other = there.browser()
    other.cookies.update(browser.cookies)
    csrf = (await other.get("/desk/filings")).text.partition('name="csrf" value="')[2].partition('"')[0]
    own = {"Origin": here.origin}
    form = {"csrf": csrf, "name": "公示", "query": "stage=on_notice"}
    assert (await browser.post("/desk/filings/saved", data=form, headers=own)).status_code == 303
    assert "公示" in (await other.get("/desk/filings")).text
    met = [(await browser.get("/desk/filings")).status_code for _ in range(12)]
    assert met == [200] * 12
    machines.exchange()
    met += [(await other.get("/desk/filings")).status_code for _ in range(12)]
    assert met.count(200) == 18, "twenty a minute, two of which were on the other machine before"
    assert met[-1] == 429
    assert (await other.post("/sign-out", data={"csrf": csrf}, headers=own)).status_code == 303
    assert (await browser.get("/desk")).status_code == 303, "who signed out on one is signed out on the other"
    house = machines.houses[0].tools.filings.register
    with statements(house) as asked:
        machines.counting[0].exchange()
        assert (await here.browser("10.0.0.9").get("/healthz")).status_code == 200
    assert len(asked) <= 3, "what is counted costs the database the same however much is asked"


# What they tell each other


def told(one: Counters, other: Counters, now: float) -> None:
    """Each hears the other."""
    here, there = one.told(now), other.told(now)
    one.heard([there], now)
    other.heard([here], now)


def test_a_limit_holds_for_all_gateways_and_ends_for_all() -> None:
    here, there = Counters(secret=SECRET), Counters(secret=SECRET)
    many, few = Limit("somebody", 40, A_MINUTE), Limit("objections", 2, A_DAY)
    assert [here.hit([many, few], BEGUN), there.hit([many, few], BEGUN)] == [0, 0]
    assert [there.hit([many], BEGUN) for _ in range(19)] == [0] * 19
    told(here, there, BEGUN)
    assert here.hit([few], BEGUN) > 0, "one here and one there"
    assert [bool(here.hit([many], BEGUN)) for _ in range(20)] == [False] * 19 + [True]
    told(here, there, BEGUN)
    told(here, there, BEGUN)
    assert there.hit([many], BEGUN) > 0, "told twice is counted once"
    halfway = BEGUN + 90
    told(here, there, halfway)
    assert [bool(there.hit([many], halfway)) for _ in range(21)] == [False] * 20 + [True], "half of both still counts"
    assert Counters().hit([many], BEGUN) == 0


def test_threads_of_one_gateway_count_one_after_the_other() -> None:
    counters, once = Counters(), Limit("one", 1, A_MINUTE)
    with ThreadPoolExecutor(1) as pool:
        with counters._alone():
            other = pool.submit(counters.hit, [once], BEGUN)
            assert other in wait([other], timeout=0.05).not_done
        assert other.result() == 0
    assert counters.hit([once], BEGUN) > 0


def test_who_has_another_secret_is_not_heard_and_little_is_kept_to_oneself() -> None:
    here, there = Counters(secret=SECRET), Counters()
    limit = Limit("somebody", 100, A_MINUTE)
    for _ in range(9):
        here.hit([limit], BEGUN)
    assert here.told(BEGUN) == b"", "less than a tenth"
    here.hit([limit], BEGUN)
    there.heard([here.told(BEGUN)] * 20, BEGUN)
    assert there.hit([limit], BEGUN) == 0


def test_what_is_told_has_a_bound() -> None:
    here = Counters(secret=SECRET)
    for number in range(3 * NOTED):
        here.hit([Limit(f"made up {number}", 1, A_MINUTE)], BEGUN)
    first = here.told(BEGUN)
    assert 0 < len(first) <= 44 * NOTED
    assert here.told(BEGUN) == first
    assert here.told(BEGUN + 120) == b""
    assert (here.untold() > 0, here.untold()) == (True, 0), "what was left out is said, once"


def test_a_flood_from_many_addresses_keeps_nobody_s_limit_from_the_others() -> None:
    """What is noted is what is nearest to its limit, of each span by itself; who comes later and goes further is told too."""
    here, there = Counters(secret=SECRET), Counters(secret=SECRET)
    for number in range(2 * NOTED):
        net = f"2001:db8:0:{number:x}::/64"
        flood = [Limit(f"objections {net}", 10, AN_HOUR), Limit(f"to one notice {net}", 20, A_DAY)]
        for _ in range(2):
            here.hit([*flood, Limit(f"acts {net}", 20, A_MINUTE)], BEGUN)
    objections = [Limit("objections 203.0.113.7", 10, AN_HOUR)]
    assert [bool(here.hit(objections, BEGUN)) for _ in range(11)] == [False] * 10 + [True]
    there.heard([here.told(BEGUN)], BEGUN)
    assert there.hit(objections, BEGUN) > 0, "all ten were used at the other gateway"
    assert len(here.told(BEGUN)) <= TOLD.size * NOTED * len(SPANS)


def test_what_another_release_tells_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    prepare(url)
    engine = Register.at(url).engine
    with writing(engine) as session:
        strange = TOLD.pack(bytes(16), 7, BEGUN, 1, 0, 1)
        for gateway, counts in {
            "newer": "2:?", "odd": "1:AAA", "letters": "1:中", "short": "1:AAAA", "span": f"1:{b64encode(strange).decode()}",
        }.items():  # fmt: skip
            session.add(CountedRow(gateway=gateway, counts=counts, written_at=NOW))
    here = Together(engine, Counters(secret=SECRET), now=lambda: BEGUN)
    there = Together(engine, Counters(secret=SECRET), now=lambda: BEGUN)
    there.counters.hit([Limit("somebody", 1, A_MINUTE)], BEGUN)
    with capture_logs() as said:
        there.exchange()
        here.exchange()
    assert here.counters.hit([Limit("somebody", 1, A_MINUTE)], BEGUN) > 0, "what can be read is heard"
    assert [each["event"] for each in said] == ["limits.not_read"] * 10, "by each, once of each"
    engine.dispose()


def test_gateways_that_count_together_must_have_one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEIAN_LIMITS", "database")
    with pytest.raises(SettingsRefused, match="BEIAN_SECRET"):
        read_settings()
