"""Text messages (短信) by a gateway's HTTP interface.

A text is sent in parts of at most 70 characters, each with the registered signature. A copy of what the inbox holds: it is no
service (G-18), and no clock waits for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

import httpx
import structlog

from activities.channels import web
from activities.channels.channel import Carried, Letter, Recipient, Undeliverable, masked, said
from models.channels import SmsSettings

log = structlog.get_logger()

PART = 70
"""Characters of one part as the networks count them: UTF-16 code units, so a rare character is two."""

MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
MAY_PASS = {408, 429}
"""Refusals by HTTP that say nothing of the text: too slow, too many."""

UNREADABLE = "短信网关的答复无法识别，是否送出不明"


def parts(text: str, signature: str) -> list[str]:
    """A text as it is sent: signed, and where one part cannot hold it, in numbered ones. No character is cut in two."""
    head, pieces = _pieces(text, signature)
    return [head + words for words in pieces]


def _pieces(text: str, signature: str) -> tuple[str, list[str]]:
    """The signature and what follows it in each part."""
    head = f"【{signature}】"
    if _units(head + text) <= PART:
        return head, [text]
    for digits in count(1):
        widest = "9" * digits
        cut = list(_cut(text, PART - _units(f"{head}（{widest}/{widest}）")))
        if len(cut) <= int(widest):
            break
    return head, [f"（{number}/{len(cut)}）{words}" for number, words in enumerate(cut, 1)]


def _cut(text: str, room: int) -> Iterator[str]:
    taken, used = "", 0
    for character in text:
        if used + _units(character) > room:
            yield taken
            taken, used = "", 0
        taken += character
        used += _units(character)
    yield taken


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class Part:
    """One part to one phone, with and without the signature; its id is the same in every try."""

    id: str
    phone: str
    text: str
    words: str


@dataclass(frozen=True)
class Sms:
    """Sends every part to every mobile phone of a recipient; one phone that has got all of them is enough.

    If part 1 of 2 went out and part 2 did not, the next try sends part 1 again under the same id: a gateway that looks at ids
    drops it, another delivers it twice. So an answer that cannot be read is not tried again.
    """

    words: ClassVar[str] = "sms"
    settings: SmsSettings

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Whoever has a mobile phone."""
        return bool(_mobiles(recipient))

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Send it; the receipt has the gateway's numbers, and which phones did not get it, masked."""
        taken, receipts, failures = [], [], dict[str, Exception]()
        for phone, sendings in self._sendings(letter, recipient).items():
            shown = masked(phone)
            try:
                for part in sendings:
                    receipts.append(self._sent(part))
                    log.info("sms.sent", letter=letter.id, part=part.id, phone=shown)
                taken.append(shown)
            except (Undeliverable, ConnectionError) as failure:
                log.warning("sms.not_sent", letter=letter.id, phone=shown, error=type(failure).__name__)
                failures[shown] = failure
        if not taken:
            raise next((each for each in failures.values() if isinstance(each, ConnectionError)), _together(failures))
        receipts += [f"{phone}：{failure}" for phone, failure in failures.items()]
        return Carried(address="、".join(taken), receipt="，".join(filter(None, receipts)))

    def _sendings(self, letter: Letter, recipient: Recipient) -> dict[str, list[Part]]:
        """The parts for each phone. A lone part has the letter's id, several have numbers: no two share one."""
        head, pieces = _pieces(letter.body, self.settings.signature)
        phones, numbers = _mobiles(recipient), count(1)
        lone = len(pieces) * len(phones) == 1
        return {
            phone: [
                Part(letter.id if lone else f"{letter.id}-{next(numbers)}", phone, text=head + words, words=words)
                for words in pieces
            ]
            for phone in phones
        }

    def _sent(self, part: Part) -> str:
        """The gateway's number for a part, if it gives one."""
        answer, settings = self._asked(part), self.settings
        if answer.is_client_error and answer.status_code not in MAY_PASS:
            raise Undeliverable(f"短信网关拒绝请求（HTTP {answer.status_code}）")
        if not answer.is_success:
            raise ConnectionError(f"短信网关暂不可用（HTTP {answer.status_code}）")
        told = web.told(answer)
        if web.found(told, settings.accepted.path) in settings.accepted.values:
            number = settings.receipt and web.found(told, settings.receipt)
            return said(number, part.phone) if number else ""
        if settings.rejected:
            code = web.found(told, settings.rejected.path)
            if code in settings.rejected.values:
                raise Undeliverable(f"短信网关拒收（{code}）")
        raise Undeliverable(UNREADABLE)

    def _asked(self, part: Part) -> httpx.Response:
        settings = self.settings
        told = {
            "phone": part.phone,
            "id": part.id,
            "text": part.text,
            "words": part.words,
            "signature": settings.signature,
        }
        fields = {name: template.get_secret_value().format_map(told) for name, template in settings.fields.items()}
        headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        url, content = httpx.URL(settings.url.get_secret_value()), dict[str, object]()
        if settings.encoding == "query":
            url = url.copy_merge_params(fields)
        else:
            content["json" if settings.encoding == "json" else "data"] = fields
        return web.ask(settings.method, url, settings.timeout, headers=headers, **content)


def _together(failures: dict[str, Exception]) -> Undeliverable:
    return Undeliverable("；".join(dict.fromkeys(str(each) for each in failures.values())))


def _mobiles(recipient: Recipient) -> list[str]:
    """The mobile numbers among a recipient's phones, as gateways want them."""
    bare = (re.sub(r"[\s()-]", "", phone) for phone in recipient.phone)
    return list(dict.fromkeys(match[1] for phone in bare if (match := MOBILE.fullmatch(phone))))
