"""Logging, all of it: JSON lines, static event names, ids in keywords, no personal data.

Whoever logs names the event and binds ids; texts of acts and papers are never logged. Workflow code logs through
`workflow.logger`, which is silent while replaying; its ids, and an activity's, are added here.
"""

import logging
import sys
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


def _without_texts(_: Any, __: str, event: EventDict) -> EventDict:
    """Exceptions are logged by type and place; their messages may quote what somebody wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        trace = info[2]
        while trace and trace.tb_next:
            trace = trace.tb_next
        event["error"] = info[0].__name__
        if trace:
            event["place"] = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return event


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
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(least)
