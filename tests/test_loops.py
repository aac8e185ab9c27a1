"""What goes round in a gateway and in a worker goes on, whatever one turn of it meets, and says so."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from activities.health.probing import Watcher
from activities.published_editions import PublishedEditions
from gateway.clock import DoorClock
from gateway.continuing import Continuing
from gateway.counters import Counters
from gateway.remembered.sweeping import Sweeping
from gateway.together import Together
from gateway.watching.builds import Builds
from gateway.watching.keeper import Keeper
from tests.story import instant

NOW = instant("2027-03-16T09:00")

NOTHING: Any = SimpleNamespace(
    register=SimpleNamespace(engine=None), client=None, task_queue="", clock=lambda: NOW, engine=None
)

LOOPS: dict[str, tuple[str, str, Callable[[], Coroutine[Any, Any, object]]]] = {
    "gateway.clock.DoorClock.compare": ("clock.not_compared", "", lambda: DoorClock(lambda: NOW).keep()),
    "gateway.continuing.Continuing.round": ("continuing.round_failed", "", lambda: Continuing(NOTHING).keep(0.001)),
    "gateway.remembered.sweeping.Sweeping.round": (
        "sweeping.round_failed", "", lambda: Sweeping(NOTHING, NOTHING).keep(lambda: NOW),
    ),
    "gateway.together.Together.exchange": ("limits.not_shared", "", lambda: Together(NOTHING, Counters()).keep()),
    "gateway.watching.builds.Builds._known": ("build.not_current", "", lambda: Builds(NOTHING).begin("1")),
    "gateway.watching.keeper.scheduled": (
        "sentinel.not_scheduled", "sentinel.not_told", lambda: Keeper(NOTHING, timedelta(minutes=1)).keep(),
    ),
    "activities.health.probing.Watcher.look": ("availability.not_looked", "", lambda: Watcher(NOTHING, {}).keep()),
    "activities.published_editions.PublishedEditions.caught_up": (
        "editions.not_read", "", lambda: PublishedEditions(NOTHING).keep(),
    ),
}  # fmt: skip
"""What one turn does, what is said where it fails, what else is said by the way; and the loop."""


@pytest.mark.parametrize("turn", LOOPS)
async def test_a_loop_survives_whatever_a_turn_meets_and_says_so(turn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said, besides, loop = LOOPS[turn]
    here, thrice, turns, pause = asyncio.get_running_loop(), asyncio.Event(), [], asyncio.sleep

    def meets_something(*_: object, **__: object) -> None:
        turns.append(turn)
        if len(turns) == 3:
            here.call_soon_threadsafe(thrice.set)
        raise KeyError(turn)

    monkeypatch.setattr(turn, meets_something)
    monkeypatch.setattr("asyncio.sleep", lambda _: pause(0))
    with capture_logs() as logged:
        going = asyncio.create_task(loop())
        await asyncio.wait({going, asyncio.create_task(thrice.wait())}, return_when=asyncio.FIRST_COMPLETED)
        assert not going.done()
        going.cancel()
    assert [each["event"] for each in logged if each["event"] == said][:2] == [said] * 2
    assert not besides or besides in {each["event"] for each in logged}
