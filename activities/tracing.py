"""Traces (追踪): the way of one act through door, update, activity and statement, sent where the deployment says; off unless set.

What is needed for it is an extra (`traces`), and is imported only where it is on. A span has names and ids, as the log has: the
route and not what was asked, the statement and not its values.
"""

from importlib import import_module
from typing import Protocol

from sqlalchemy import Engine
from starlette.types import ASGIApp
from temporalio.client import Interceptor

from models.settings import Settings, SettingsRefused


class Traces(Protocol):
    """What is traced in a process."""

    @property
    def interceptor(self) -> Interceptor:
        """Carries a trace into the engine, its workflows and activities."""

    def of_requests(self, app: ASGIApp, api: str) -> ASGIApp:
        """The requests of an application whose interface for programs lies below `api`."""

    def of_statements(self, engine: Engine) -> None:
        """The statements of a database, where they are part of something traced."""

    def end(self) -> None:
        """Send what is still here."""


_begun: list[Traces] = []


def begin(settings: Settings, process: str) -> Traces | None:
    """Trace what this process does from now on, if the deployment says where to; once a process."""
    if settings.traces and not _begun:
        try:
            _begun.append(import_module("activities.otlp").Otlp(settings.traces, settings.traces_share, process))
        except ModuleNotFoundError as missing:
            raise SettingsRefused(
                f"环境变量 BEIAN_TRACES 已设置，而 {missing.name} 未安装；请安装 requirements-traces.lock"
            ) from missing
    return begun()


def begun() -> Traces | None:
    """What is traced in this process, if anything is."""
    return _begun[0] if _begun else None
