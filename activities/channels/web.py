"""How channels speak HTTP: one exchange, each step of it timed, without redirects, of which nothing is written down.

The library would log every address, and in one stand phone numbers or keys; its errors would reach the engine's history.
Proxies and authorities of the house are told by its own variables: `HTTPS_PROXY`, `SSL_CERT_FILE`.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def ask(method: str, url: str | httpx.URL, timeout: float, **content: Any) -> httpx.Response:
    """The answer to one request, whatever it says. Raises `ConnectionError` if there is none."""
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            return client.request(method, url, **content)
    except httpx.HTTPError as error:
        raise ConnectionError(f"对方没有答复（{type(error).__name__}）") from None


def told(answer: httpx.Response) -> object:
    """What an answer says in JSON; None if it says nothing that can be read."""
    try:
        return json.loads(answer.text)  # by its text: gateways answer in GBK, too
    except (ValueError, RecursionError):
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
    if isinstance(document, str):
        return document
    return json.dumps(document) if isinstance(document, bool | int | float) else None
