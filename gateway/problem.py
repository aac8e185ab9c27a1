"""What can go wrong at a door, and what whoever asked is told of it (RFC 9457). How it is answered: failures.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from models.findings import Finding, Refusal
from models.values import Value
from models.vocabulary import ActKind, Severity
from regulation import lodging

PROBLEM = "application/problem+json"

AGAIN = {"Retry-After": "5"}
"""What cannot be done or known just now is asked for again in so many seconds, by programs and by browsers."""


class Problem(Value):
    """What went wrong (RFC 9457). `code` is for programs, `title` and `detail` are for people."""

    title: str
    status: int
    code: str
    detail: str = ""
    article: str | None = None
    missing: str | None = None
    supplied_by: ActKind | None = None
    instead: ActKind | None = None
    findings: tuple[Finding, ...] = ()


def at_interface(field: str, message: str) -> Finding:
    """What is wrong with how something was asked, and not with what: a parameter, or what the door fills in itself."""
    return Finding(code="Q21", field=field, severity=Severity.ERROR, message=message, article=lodging.INTERFACE)


@dataclass
class Failed(Exception):
    """A request that a door turns away itself."""

    problem: Problem
    headers: Mapping[str, str] | None = None


class SignInFirst(Exception):
    """请先登录"""


class Forged(Exception):
    """页面已过期，请刷新后重新提交"""


class Refused(Exception):
    """Refused: nothing was started, or no legal fact was changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refuse(findings: Sequence[Finding]) -> NoReturn:
    """Raise `Refused` with every finding."""
    raise Refused(lodging.refusal(findings))


class NotFound(Exception):
    """没有这一备案"""


class Elsewhere(NotFound):
    """A filing that an office was told of and that is another's business now: it is told whose, and nothing more."""

    def __init__(self, office: str) -> None:
        super().__init__(office)
        self.office = office


class NoRound(NotFound):
    """没有这一轮次"""


class NoMessage(NotFound):
    """没有这条消息"""


class NoPaper(NotFound):
    """没有这份文书"""


class NoFile(NotFound):
    """没有这份文件"""


class NoSurveyReturn(NotFound):
    """没有这份调查表"""


class NoDraft(NotFound):
    """没有这份草稿"""


class NoAct(NotFound):
    """没有这一可办事项"""


class NoHandover(NotFound):
    """没有这项交办"""


class NoFilter(NotFound):
    """没有这一常用筛选"""


class Conflict(Exception):
    """同一编号已用于内容不同的备案申请"""


class KeyReused(Conflict):
    """编号已用于其他行为，须另取编号"""


class MovedOn(Exception):
    """您查看之后已有新的登记，请刷新页面、核对后再办理"""

    def __init__(self, filing_id: str, seen: Collection[int]) -> None:
        super().__init__(filing_id)
        self.last_seen = max(seen, default=None)


class Unreachable(Exception):
    """系统暂时连不上，尚不知道是否已经登记；请稍后原样再发一次（编号不变），不会重复登记"""
