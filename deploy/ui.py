"""The Temporal UI of `make run`, behind a check of the Host.

The UI answers whatever name it is asked by, so a foreign page that had its own name point to this machine could read and
change everything through a visitor's browser (DNS rebinding). So it listens where nobody looks, and what stands on its port
passes on only what is asked of this machine by its own name.
"""

import asyncio
import threading
from contextlib import suppress

from activities.loopback import ours

HEAD = 65_536
"""Bytes of the longest head of a request."""

PATIENCE = 10.0
"""Seconds within which a head must be there."""

PIECE = 65_536

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def stand_before(backend: tuple[str, int], port: int) -> asyncio.Server:
    """Listen on a port of this machine, and pass on to the UI what is asked of it by this machine's own name.

    A browser keeps what it opens for one name to that name: the first head of a connection tells.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            writer.close()
            return
        if not ours(head, port):
            writer.write(FORBIDDEN)
            writer.close()
            return
        try:
            behind, to = await asyncio.open_connection(*backend)
        except OSError:
            writer.close()
            return
        to.write(head)
        await asyncio.gather(_pass_on(reader, to), _pass_on(behind, writer))

    return await asyncio.start_server(answer, "127.0.0.1", port, limit=HEAD)


def start(backend: tuple[str, int], port: int) -> None:
    """Stand before the UI for as long as this process runs."""

    async def forever() -> None:
        async with await stand_before(backend, port) as server:
            await server.serve_forever()

    threading.Thread(target=asyncio.run, args=(forever(),), name="ui", daemon=True).start()
