"""How long the gateway waits for those who call it, and how many may call at once.

The server itself waits for the head of a request as long as it takes, and a thousand half requests leave no place for a whole
one (slowloris). So each connection has a deadline for the head of its next request, and another between two pieces of a body.
"""

import asyncio
import resource
from typing import Any

from h11 import SEND_BODY
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 15.0
"""Seconds for the head of a request, from the connection or its first byte on."""

BODY = 30.0
"""Seconds between two pieces of a body."""

CONNECTIONS = 1000
"""How many connections are held at once; whoever comes then is turned away."""

LARGEST_HEAD = 32_768
"""Bytes of the head of a request."""

TURN = 0.001
"""Seconds after which a thread that computes lets another have its turn: a page is answered while a form is examined."""

FILES = 4096
"""How many files and connections the process may have open, if the system lets it; each thread and database takes some."""


class Patient(H11Protocol):
    """A connection that is given up when whoever opened it does not get on."""

    most = CONNECTIONS
    head_time, body_time = HEAD, BODY
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._wait(self.head_time)

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait for what is still to come; a head that comes byte by byte gains no time."""
        super().data_received(data)
        if self.transport.is_closing():
            self._wait(None)
        elif self.conn.their_state is SEND_BODY:
            self._wait(self.body_time)
        elif self.cycle is not None and not self.cycle.response_complete:
            self._wait(None)
        elif self._deadline is None:
            self._wait(self.head_time)

    def on_response_complete(self) -> None:
        """The next request may come; how long nothing may come at all, the server sees to."""
        self._wait(None)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._wait(None)
        super().connection_lost(exc)

    def _wait(self, seconds: float | None) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds else None


def served() -> dict[str, Any]:
    """How the server is told (uvicorn.Config)."""
    return {
        "http": Patient,
        "h11_max_incomplete_event_size": LARGEST_HEAD,
        "timeout_keep_alive": 15,
        "backlog": 256,
        "server_header": False,
        "log_config": None,
        "access_log": False,
    }


def make_room() -> None:
    """Let this process have as many connections as it takes, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
