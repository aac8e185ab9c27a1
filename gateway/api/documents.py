"""Documents as they come in: JSON objects of a size and depth that everything behind the door can bear."""

import json
import re
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from gateway.api.problems import failed
from models.values import unbearable

MOST_VALUES = 100_000
"""Values in the largest document, counted before it is parsed; the longest application has a tenth of them."""

LONGEST_NUMBER = 40
"""Characters of the longest number, and the most zeros that it may stand for."""

JSON = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.IGNORECASE)


async def _document(request: Request) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if not JSON.fullmatch(media_type):
        raise failed(415, "unsupported_media_type", "正文须为 application/json")
    return await run_in_threadpool(_parsed, await request.body())


def _parsed(body: bytes) -> dict[str, Any]:
    if sum(body.count(sign) for sign in b",[{") > MOST_VALUES:
        raise _malformed(f"不得超过{MOST_VALUES:,}项")
    try:
        document = json.loads(
            body.decode("utf-8-sig"),
            parse_float=_amount, parse_int=_whole, parse_constant=_no_number,
        )  # fmt: skip
    except (ValueError, RecursionError):
        raise _malformed("正文不是 JSON（UTF-8），或有过长的数字") from None
    if not isinstance(document, dict):
        raise _malformed("正文须为一个 JSON 对象")
    if fault := unbearable(document):
        raise _malformed(fault)
    return document


Document = Annotated[dict[str, Any], Depends(_document)]
"""The JSON object that came with a request. Amounts are decimal."""


def _malformed(detail: str) -> Exception:
    return failed(400, "malformed", "请求无法读取", detail)


def _amount(text: str) -> Decimal:
    number = Decimal(_short(text))
    if abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    return int(_short(text))


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too long")
    return text


def _no_number(text: str) -> None:
    raise ValueError(text)
