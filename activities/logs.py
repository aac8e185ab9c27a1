"""Logging, all of it: JSON lines, static event names, ids in keywords, no personal data.

Whoever logs names the event and binds ids; texts of acts and papers are never logged. Workflow code logs through
`workflow.logger`, which is silent while replaying; its ids, and an activity's, are added here.
"""

import errno
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

CONTEXT = ("workflow_id", "run_id", "workflow_type", "activity_id", "activity_type", "attempt", "error_type")
NOISY = {"sqlalchemy": logging.WARNING, "alembic": logging.WARNING, "temporalio": logging.WARNING}


def _engine_context(_: Any, __: str, event: EventDict) -> EventDict:
    """The ids of the workflow or activity that a line of the engine's comes from, and nothing else of it."""
    record = event.get("_record")
    details: dict[str, Any] = {}
    for name in ("temporal_workflow", "temporal_activity"):
        details |= getattr(record, name, None) or {}
    for name in CONTEXT:
        value = details.get(name, getattr(record, name, None))
        if value is not None:
            event[name] = value
    return event


def named(error: BaseException) -> str:
    """An error by its type, and by the code of the system or database beneath, such as ENOSPC or SQLITE_FULL; no text of it."""
    beneath = getattr(error, "orig", None) or error
    number = beneath.errno if isinstance(beneath, OSError) else None
    code = (
        errno.errorcode.get(number or 0)
        or getattr(beneath, "sqlite_errorname", None)
        or getattr(beneath, "sqlstate", None)
    )
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _without_texts(_: Any, __: str, event: EventDict) -> EventDict:
    """Exceptions are logged by type and place; their messages may quote what somebody wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        trace = info[2]
        while trace and trace.tb_next:
            trace = trace.tb_next
        event["error"] = named(info[1]) if info[1] else info[0].__name__
        if trace:
            event["place"] = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return event


A_MINUTE = 60.0

MOST = 60
"""Lines a minute of one event that goes wrong; whoever causes thousands fills no disk."""


class Bounded(logging.Filter):
    """Lets so many lines a minute of each warning or error through; the next one tells how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._begun = clock, 0.0
        self._lines: Counter[tuple[str, str]] = Counter()
        self._left_out: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        if record.levelno < logging.WARNING:
            return True
        event = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
        key, now = (record.name, str(event)[:100]), self._clock()
        if now - self._begun >= A_MINUTE:
            self._left_out = {each: count - MOST for each, count in self._lines.items() if count > MOST}
            self._begun, self._lines = now, Counter()
        self._lines[key] += 1
        if isinstance(record.msg, dict) and (left_out := self._left_out.pop(key, 0)):
            record.msg = {**record.msg, "left_out": left_out}
        return self._lines[key] <= MOST


def configure(level: str) -> None:
    """Log to standard error, from here on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _engine_context,
        _without_texts,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(Bounded())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(least)
