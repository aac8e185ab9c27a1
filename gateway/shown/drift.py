"""What the sentinel's last pass found, as operators are shown it. From the register alone: it is there while the engine is not."""

from datetime import UTC, datetime
from typing import Any

from activities.drift import DriftLog, drift_of
from gateway.tools import Tools


def passed(tools: Tools) -> dict[str, Any]:
    """The last pass, whether it is too long ago, and what was different, since when."""
    memory = DriftLog(tools.register.engine, tools.settings.task_queue)
    last = memory.last()
    return {
        "last_pass": last,
        "overdue_pass": last is None or last.is_old(datetime.now(UTC), tools.settings.following_interval),
        "drift": [(drift_of(row), row.found_at) for row in memory.rows()],
    }
