"""Robots in the group chats of office staff (群机器人): DingTalk, WeCom, Feishu and its sister Lark.

apprise reads the address and signs. It is not left to send: these platforms refuse with HTTP 200 and a code in the answer,
which it takes for sent. It also percent-encodes DingTalk's signature twice, which DingTalk refuses in just that way.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import unquote

import httpx
from apprise.exception import AppriseException
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from activities.channels import web
from activities.channels.channel import Carried, Letter, Recipient, Undeliverable
from models.channels import RobotSettings

logging.getLogger("apprise").disabled = True  # it writes down addresses, which are keys

Address = NotifyDingTalk | NotifyWeComBot | NotifyFeishu | NotifyLark
ADDRESSES: Mapping[str, type[Address]] = {
    "dingtalk": NotifyDingTalk,
    "wecombot": NotifyWeComBot,
    "feishu": NotifyFeishu,
    "lark": NotifyLark,
}

LONGEST = {"dingtalk": 15000, "wecombot": 2048, "feishu": 15000, "lark": 15000}
"""Bytes of a text: what WeCom takes, and well below what the others do."""

MAY_PASS = {"-1", "130101", "410100", "90030", "45009", "9499", "11232"}
"""Codes that ask to come back: busy; too many at DingTalk (three), at WeCom, at Feishu (two)."""


@dataclass(frozen=True)
class Robot:
    """Says a letter in a group chat, with its number: a robot cannot tell a second copy, but people can.

    Feishu's signature check is not supported: secure such a robot by a keyword that every text has, or by address.
    """

    words: ClassVar[str] = "robot"
    settings: RobotSettings
    _address: Address = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_address", _read(self.settings.address.get_secret_value()))

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody in the chat, whoever the letter is to: filters say which letters belong there."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Say it. A platform that is busy, or answers nothing that can be read, is tried again; a refusal stays one."""
        scheme = self.settings.address.get_secret_value().partition("://")[0]
        url, content = _request(self._address, _text(letter, LONGEST[scheme]))
        answer = web.ask("POST", url, self.settings.timeout, json=content)
        said = web.told(answer)
        code = next(filter(None, (web.found(said, name) for name in ("errcode", "code", "StatusCode"))), None)
        if answer.is_success and code == "0":
            return Carried(address=scheme, receipt=f"0 {web.found(said, 'errmsg') or web.found(said, 'msg') or ''}")
        if code in {None, "0", *MAY_PASS} or answer.is_server_error:
            raise ConnectionError(f"群机器人暂不可用（HTTP {answer.status_code}，代码 {code}）")
        raise Undeliverable(f"群机器人拒收（代码 {code}）")


def _read(address: str) -> Address:
    """The address as apprise reads it. Raises `ValueError`, without the address."""
    kind = ADDRESSES[address.partition("://")[0]]
    try:
        return kind(**kind.parse_url(address))  # type: ignore[no-untyped-call]
    except (AppriseException, TypeError):
        raise ValueError("机器人地址无法识别") from None


def _request(address: Address, text: str) -> tuple[httpx.URL, Mapping[str, object]]:
    """Where to post a text, and how each platform wants it."""
    if isinstance(address, NotifyDingTalk):
        url = httpx.URL(address.notify_url.format(token=address.token))
        if address.secret:
            timestamp, signature = address.get_signature()  # type: ignore[no-untyped-call]
            url = url.copy_merge_params({"timestamp": timestamp, "sign": unquote(signature)})
        return url, {"msgtype": "text", "text": {"content": text}, "at": {"atMobiles": address.targets}}
    if isinstance(address, NotifyWeComBot):
        return httpx.URL(address.api_url), {"msgtype": "text", "text": {"content": text}}
    hook = address.webhook_url if isinstance(address, NotifyLark) else address.notify_url.format(token=address.token)
    return httpx.URL(hook.rstrip("/")), {"msg_type": "text", "content": {"text": text}}


def _text(letter: Letter, longest: int) -> str:
    """Title, body and number; a body that is too long ends where the inbox goes on.

    `<at user_id="all">` calls everybody in a chat, in whatever name it stands: no text of ours has tags.
    """
    number, more = f"\n〔编号 {letter.id}〕", "……（全文见平台收件箱）"
    whole = f"{letter.title}\n{letter.body}".strip().replace("<", "＜")
    if len(f"{whole}{number}".encode()) <= longest:
        return whole + number
    room = longest - len(f"{more}{number}".encode())
    return whole.encode()[:room].decode("utf-8", "ignore") + more + number
