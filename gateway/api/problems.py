"""What goes wrong at the API, and how it is documented: every error is a problem (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from gateway.problem import PROBLEM, Failed, Problem

MEANINGS = {
    400: "请求无法读取：正文不是 JSON 对象（malformed），或行为编号缺失、有误（idempotency_key_…）",
    401: "没有或无法识别的令牌",
    403: "身份无权使用此项，或请求来自其他网站",
    404: "没有，或无权查看：两者的答复相同",
    409: "编号已用于其他内容",
    412: "您查看之后已有新的登记",
    413: "请求过大",
    415: "正文须为 application/json",
    422: "未予登记，附全部问题（findings）；或参数不合规格、本操作没有的（malformed）",
    429: "请求过于频繁，见 Retry-After",
    503: "服务暂不可用或结果未知，见 Retry-After；请以同一编号重新发送",
}

ALWAYS = (401, 403, 422, 429, 503)
"""What any operation may answer."""

WITH_BODY = (400, 413, 415, 422)
"""What an operation may answer that takes a document."""

Answers = dict[int | str, dict[str, Any]]


def answers(*statuses: int) -> Answers:
    """The errors of an operation, as its documentation lists them."""
    problem = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {status: {"description": MEANINGS[status], **problem} for status in statuses}


def failed(status: int, code: str, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> Failed:
    """A request that the API turns away itself."""
    return Failed(Problem(title=title, status=status, code=code, detail=detail), headers)


def missing(what: str) -> Failed:
    """Something below a filing, or beside it, that is not there, or not for whoever asks."""
    return failed(404, "not_found", f"没有{what}，或您无权查看")
