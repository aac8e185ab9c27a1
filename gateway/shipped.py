"""What is shipped with the gateway (style, script, icon), and the page by which a supervisor sees that it answers.

Both are answered from memory, on the event loop: they wait for no thread, no database and no engine.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

HEALTH = "/healthz"
"""Where a supervisor asks whether the gateway answers. It says nothing of the register or the engine."""


@dataclass(frozen=True)
class File:
    """A file as it is answered: as it is, and packed for browsers that unpack. What is packed here is the same for everybody."""

    content: bytes
    packed: bytes
    media_type: str
    digest: str

    def answer(self, request: Request) -> Response:
        """For whoever does not have it as it is."""
        packs = "gzip" in request.headers.get("accept-encoding", "")
        encoding = {"Content-Encoding": "gzip"} if packs else {}
        headers = {"ETag": f'"{self.digest}{"-gzip" if packs else ""}"', "Vary": "Accept-Encoding"}
        if self.digest in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.packed if packs else self.content, headers=headers | encoding, media_type=self.media_type)


def _files(folder: Traversable, made: Mapping[str, bytes]) -> dict[str, File]:
    contents = {**_read(folder), **made}
    return {
        name: File(
            content,
            gzip.compress(content, mtime=0),
            mimetypes.guess_type(name)[0] or "application/octet-stream",
            hashlib.sha256(content).hexdigest()[:32],
        )
        for name, content in contents.items()
    }


def _read(folder: Traversable, under: str = "") -> dict[str, bytes]:
    """What lies in a folder and in those below it, each by its path from there."""
    read: dict[str, bytes] = {}
    for each in folder.iterdir():
        read |= _read(each, f"{under}{each.name}/") if each.is_dir() else {under + each.name: each.read_bytes()}
    return read


class Shipped:
    """An application that answers with the files of one folder and those below it, read once, and with what was `made`, by
    its name."""

    def __init__(self, folder: Traversable, made: Mapping[str, bytes]) -> None:
        self._files = _files(folder, made)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, if there is one of that name."""
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        root = request.scope.get("root_path", "")
        file = self._files.get(request.scope["path"].removeprefix(f"{root}/"))
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405)
        if file is None:
            raise HTTPException(404)
        return file.answer(request)


async def health() -> Response:
    """在运行."""
    return Response("ok", headers={"Cache-Control": "no-store"}, media_type="text/plain")


def ship(app: FastAPI, made: Mapping[str, bytes]) -> None:
    """Add both to an application; files that are `made` stand beside those that lie there."""
    app.add_api_route(HEALTH, health, methods=["GET"], include_in_schema=False)
    app.mount("/static", Shipped(resources.files("gateway.pages").joinpath("static"), made), name="static")
