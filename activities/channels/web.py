"""How channels speak HTTP: one exchange in a given time, without redirects, of which nothing is written down.

The library would log every address, and in one stand phone numbers or keys; its errors would reach the engine's history.
Proxies and authorities of the house are told by its own variables: `HTTPS_PROXY`, `SSL_CERT_FILE`.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from activities.channels import authorities
from activities.channels.channel import said

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


READ = 100_000
"""Bytes of an answer that are read; whoever sends more says nothing to us."""


def ask(method: str, url: str | httpx.URL, timeout: float, **content: Any) -> httpx.Response:
    """The answer to one request, whatever it says. Raises `ConnectionError` if there is no status in time.

    With its status the other side has spoken. A body that is cut off, garbled, slow or endless is an answer as far as it
    came: to ask again would send twice what was taken.
    """
    return asyncio.run(_asked(method, url, timeout, content))


async def _asked(method: str, url: str | httpx.URL, seconds: float, content: Mapping[str, Any]) -> httpx.Response:
    status, body = 0, b""
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=None, follow_redirects=False, verify=authorities.of_the_web()) as client,
            client.stream(method, url, **content) as answer,
        ):
            status = answer.status_code
            async for some in answer.aiter_bytes():
                body += some
                if len(body) > READ:
                    break
    except (httpx.HTTPError, TimeoutError) as error:
        if not status:
            raise ConnectionError(f"对方没有答复（{type(error).__name__}）") from None
    return httpx.Response(status, content=body)


def told(answer: httpx.Response) -> object:
    """What an answer says in JSON; None if it says nothing that can be read. What it says of its encoding is not asked."""
    for encoding, errors in (("utf-8-sig", "strict"), ("gb18030", "replace")):
        with suppress(ValueError, RecursionError):
            return json.loads(answer.content.decode(encoding, errors))
    return None


def found(document: object, path: str) -> str | None:
    """A word or number in a JSON document, by its dotted path (`data.0.code`); None if there is none."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    if isinstance(document, bool | int | float):
        document = json.dumps(document)
    return said(document) if isinstance(document, str) else None
