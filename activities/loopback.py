"""Listening on this machine alone (本机): addresses that nobody guesses, and who is answered there.

A foreign page that has its own name point to this machine reaches what listens there through a visitor's browser (DNS
rebinding). So what is asked of this machine must be asked by its own name.
"""

import re
import secrets
import socket
import sys

NAMES = ("127.0.0.1", "localhost", "[::1]")
"""By which names this machine calls itself."""


def hidden() -> tuple[str, int]:
    """An address of this machine that nobody can guess, where the system has a whole net of them; and a free port of it."""
    host = (
        f"127.{'.'.join(str(1 + secrets.randbelow(254)) for _ in range(3))}" if sys.platform == "linux" else "127.0.0.1"
    )
    with socket.socket() as probe:
        probe.bind((host, 0))
        return host, int(probe.getsockname()[1])


def ours(head: bytes, port: int) -> bool:
    """Whether a request asks for this machine by its own name; one that names two hosts, or none, does not."""
    hosts = re.findall(rb"(?im)^host[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", head)
    return hosts in ([f"{name}:{port}".encode()] for name in NAMES)
