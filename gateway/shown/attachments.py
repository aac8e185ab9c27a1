"""An attachment as it can be looked at in place: its pages as pictures, what is written on them, or the picture that it is.

What a stranger made is opened by a program of its own (attachment_renderer.py), which has neither the service's memory nor its
keys, and is stopped when it takes too long. Its programs have threads of their own: however many are waited for, every other
page is answered meanwhile.
"""

import json
import struct
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Literal

from anyio import CapacityLimiter, to_thread

from gateway.turns import Turns

RENDERER = Path(__file__).with_name("attachment_renderer.py")

PAGES = 60
"""How many pages of a document are shown."""

WIDTHS = (1000, 2000)
"""How wide a page is drawn: to be read beside the form, and enlarged."""

AT_ONCE, WAITING = 2, 30
"""So many attachments are looked into at the same time by a process, each for somebody else; so many more wait."""

WAITING_OF_ONE = 8
"""Of one person, so many wait: a browser asks for six pictures of a page at once."""

PATIENCE = 20.0
"""Seconds that somebody waits for their turn, and for the program."""

REMEMBERED, AGAIN_AFTER = 1_000, 600.0
"""So many that could not be shown are remembered, and for so many seconds not tried again."""

LARGEST_ANSWER = 40_000_000
"""Bytes of an answer that are read."""

LARGEST_PICTURE = 60_000_000
"""Pixels of a picture that a browser is asked to unpack."""

PICTURES = ("image/png", "image/jpeg")
PAGED = {
    "application/pdf": "pdf",
    "application/ofd": "ofd",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
"""What is looked into, by its media type."""

Sort = Literal["pages", "text", "picture", "none"]


@dataclass(frozen=True)
class Look:
    """What there is to look at. `why` says what is not shown, and that the file itself is to be fetched."""

    sort: Sort
    texts: tuple[str, ...] = ()
    count: int = 0
    why: str = ""

    @property
    def left_out(self) -> int:
        """Pages that are not shown."""
        return self.count - len(self.texts)


class NotShown(Exception):
    """这份文件不能在页面上显示，请下载查看"""


@dataclass
class Viewer:
    """Looks into attachments, and remembers which could not be shown."""

    clock: Callable[[], float] = time.monotonic
    _of_one: Turns = field(default_factory=lambda: Turns(1, WAITING_OF_ONE, PATIENCE))
    _of_all: Turns = field(default_factory=lambda: Turns(AT_ONCE, WAITING, PATIENCE))
    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))
    _failed: OrderedDict[tuple[str, ...], float] = field(default_factory=OrderedDict)

    async def look(self, path: Path, media_type: str, person: str) -> Look:
        """Look into an attachment for somebody; raises `Busy` if too many wait."""
        if media_type in PICTURES:
            fits = await to_thread.run_sync(as_picture, path, media_type)
            return Look("picture") if fits else Look("none", why="图片过大或者已损坏，不在页面上显示，请下载查看")
        if media_type not in PAGED:
            return Look("none", why="这类文件不在页面上显示，请下载查看")
        ending = PAGED[media_type]
        try:
            found = json.loads(await self._asked(person, "pages", str(path), ending, str(PAGES)))
        except NotShown:
            return Look("none", why="文件打不开（可能已损坏或者加密），请下载查看，必要时退回补正")
        texts = tuple(found["texts"])
        if ending == "pdf":
            return Look("pages", texts, found["count"])
        why = {
            "ofd": "OFD文件只显示其中的文字，版式、图片和印章请下载查看",
            "docx": "只显示其中的文字，版式请下载查看",
        }
        return Look("text", texts, found["count"], why[ending])

    async def picture(self, path: Path, page: int, width: int, person: str) -> bytes:
        """A page of a PDF as PNG; raises `NotShown` if it cannot be drawn, and `Busy` if too many wait."""
        if not 0 < page <= PAGES or width not in WIDTHS:
            raise NotShown
        return await self._asked(person, "picture", str(path), str(page), str(width))

    async def _asked(self, person: str, *question: str) -> bytes:
        """The program's answer; raises `NotShown` if it has none in time, or had none a while ago."""
        self._recall(question)
        async with self._of_one.turn(person), self._of_all.turn():
            self._recall(question)
            command = [sys.executable, "-I", "-B", str(RENDERER), *question]
            try:
                return await to_thread.run_sync(_answer, command, limiter=self._threads)
            except NotShown:
                self._failed[question] = self.clock() + AGAIN_AFTER
                while len(self._failed) > REMEMBERED:
                    self._failed.popitem(last=False)
                raise

    def _recall(self, question: tuple[str, ...]) -> None:
        if self._failed.get(question, 0.0) > self.clock():
            raise NotShown


VIEWER = Viewer()
"""The one of this process."""


def as_picture(path: Path, media_type: str) -> bool:
    """Whether it is a picture, and not too large to be unpacked by a browser."""
    size = _size(path) if media_type in PICTURES else None
    return size is not None and 0 < size[0] * size[1] <= LARGEST_PICTURE


def _answer(command: list[str]) -> bytes:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, cwd="/", env={"LC_ALL": "C.UTF-8"}
    ) as program:
        late = Timer(PATIENCE, program.kill)
        late.start()
        try:
            assert program.stdout
            answer = program.stdout.read(LARGEST_ANSWER + 1)
            if len(answer) > LARGEST_ANSWER:
                program.kill()
        finally:
            late.cancel()
    if program.returncode != 0:
        raise NotShown
    return answer


# How large a picture is, from its first bytes: a small file may unpack into more than a browser can hold


HEAD = 400_000
"""Bytes within which a picture says how large it is."""


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None if it does not say."""
    with path.open("rb") as opened:
        head = opened.read(HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack(">II", head[16:24]) if len(head) >= 24 else None
    return next(_frames(head), None)


def _frames(head: bytes) -> Iterator[tuple[int, int]]:
    """The sizes that the frame headers of a JPEG tell (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            down, across = struct.unpack(">HH", head[at + 5 : at + 9])
            yield across, down
        at += 2 + length
