"""Where a process tells how it is: `/healthz`, `/readyz` and `/metrics`, on a port of their own, on this machine unless set otherwise.

It is answered on the loop on which the process works: where that stands still, nothing is answered, and whoever asks knows.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from activities import loopback

HEAD = 8192
"""Bytes of the longest head of a request."""

PATIENCE = 5.0
"""Seconds within which a head must be there, and an answer taken."""

AT_ONCE = 16
"""How many may ask side by side."""

Answer = tuple[HTTPStatus, str, bytes]
"""What is answered: the status, its media type, the content."""

Page = Callable[[Mapping[str, list[str]]], Awaitable[Answer]]
"""Answers a path, told the parameters that came with it."""

TEXT = "text/plain; charset=utf-8"


def plain(text: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A line of text."""
    return status, TEXT, f"{text}\n".encode()


def document(value: object, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A JSON document."""
    return status, "application/json", json.dumps(value, ensure_ascii=False).encode()


@asynccontextmanager
async def listening(own: socket.socket, pages: Mapping[str, Page]) -> AsyncIterator[None]:
    """Answer on a socket meanwhile."""
    host, port = own.getsockname()[:2]
    alone, room = host in ("127.0.0.1", "::1"), asyncio.Semaphore(AT_ONCE)

    async def answered(head: bytes) -> tuple[Answer, bool]:
        method, _, rest = head.decode("latin-1").partition(" ")
        asked = urlsplit(rest.partition(" ")[0])
        if alone and not loopback.ours(head, port):
            return plain("asked by a foreign name", HTTPStatus.FORBIDDEN), True
        if method not in ("GET", "HEAD"):
            return plain("only asked", HTTPStatus.METHOD_NOT_ALLOWED), True
        page = pages.get(asked.path)
        answer = await page(parse_qs(asked.query)) if page else plain("no such page", HTTPStatus.NOT_FOUND)
        return answer, method == "GET"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            async with room:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
                (status, kind, content), whole = await answered(head)
                writer.write(
                    f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
                    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n".encode()
                )
                writer.write(content if whole else b"")
                await asyncio.wait_for(writer.drain(), PATIENCE)
        writer.close()

    async with await asyncio.start_server(serve, sock=own, limit=HEAD):
        yield
