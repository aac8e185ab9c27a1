"""Starting (启动): a program that cannot work with what its deployment brought says so in a line, and leaves."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from activities import logs
from models.channels import ChannelsRefused
from models.settings import SettingsRefused
from regulation.editions import EditionRefused
from regulation.texts import TextRefused

UNREACHABLE, UNUSABLE = 5, 64
"""How a program ends that finds no database, and one that was started or set up wrongly."""


class PortTaken(Exception):
    """端口已被占用"""

    def __init__(self, port: int, variable: str, instead: str = "") -> None:
        super().__init__(f"端口 {port} 已被占用；请停止占用它的程序，或以环境变量 {variable} 另行指定{instead}")


def bound(
    host: str, port: int, variables: tuple[str, str], instead: str = "", *, shared: bool = False
) -> socket.socket:
    """A socket on an address that two variables set; if it is shared, others of this service may have one on it too.

    Raises `PortTaken`, or `SettingsRefused` for an address that this machine does not have.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        own = socket.socket(
            family, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # named, or asyncio lets answers wait (Nagle)
    except OSError as fault:
        raise _unusable(variables, fault) from fault
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
    try:
        own.bind(address)
    except OSError as fault:
        own.close()
        if fault.errno == errno.EADDRINUSE:
            raise PortTaken(port, variables[1], instead) from fault
        raise _unusable(variables, fault) from fault
    return own


def _unusable(variables: tuple[str, str], fault: OSError) -> SettingsRefused:
    return SettingsRefused(f"环境变量 {'、'.join(variables)} 所指的地址不能使用（{fault.strerror}）")


REFUSED = (SettingsRefused, EditionRefused, TextRefused, ChannelsRefused, PortTaken)
"""What a deployment brought that cannot be."""


@contextmanager
def or_leave() -> Iterator[None]:
    """Leave, with a line on standard error, rather than with a trace, which might quote what is secret."""
    try:
        yield
    except REFUSED as refused:
        _leave(str(refused), UNUSABLE)
    except OperationalError as error:
        _leave(
            f"备案库无法连接或无法读写（{logs.named(error)}）；请检查环境变量 BEIAN_DATABASE_URL 和数据库",
            UNREACHABLE,
        )
    except OSError as error:
        _leave(f"文件或目录无法读写（{logs.named(error)}）；请检查环境变量 BEIAN_VAR 和磁盘", UNREACHABLE)


def _leave(message: str, code: int) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)
