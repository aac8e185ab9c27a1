"""The webhook (回调): letters posted to a platform's endpoint, signed in the format Standard Webhooks.

The platform knows a second copy by `webhook-id`, which is the letter's, and that a letter is ours by the signature.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
import standardwebhooks

from activities.channels import web
from activities.channels.channel import Carried, Letter, Recipient, Undeliverable
from models.channels import WebhookSettings
from models.values import in_shanghai

MAY_PASS = {408, 409, 425, 429}
"""Refusals that say nothing of the letter: too slow, in conflict, too early, too many."""


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Webhook:
    """Posts a letter as `message.created`; only the time of sending and the signature differ from one try to the next."""

    words: ClassVar[str] = "inbox"
    settings: WebhookSettings
    now: Callable[[], datetime] = utc_now

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody: the platform knows its own users."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Post it; 2xx has arrived, a refusal that cannot pass never will, all else may yet."""
        url = httpx.URL(self.settings.url.get_secret_value())
        body, at = _body(letter), self.now().astimezone(UTC)
        signature = standardwebhooks.Webhook(self.settings.secret.get_secret_value()).sign(letter.id, at, body)
        answer = web.ask(
            "POST",
            url,
            self.settings.timeout,
            content=body.encode(),
            headers={
                "content-type": "application/json",
                "webhook-id": letter.id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signature,
            },
        )
        if answer.is_success:
            number = web.found(web.told(answer), "id")
            return Carried(address=url.host, receipt=f"{answer.status_code} {number or ''}".strip())
        if answer.is_client_error and answer.status_code not in MAY_PASS:
            raise Undeliverable(f"平台拒收（HTTP {answer.status_code}）")
        raise ConnectionError(f"平台暂不接收（HTTP {answer.status_code}）")


def _body(letter: Letter) -> str:
    data: dict[str, Any] = {
        "id": letter.id,
        "filing_id": letter.filing_id,
        "text": letter.text,
        "to": letter.to,
        "office": letter.office,
        "service": letter.service,
        "title": letter.title,
        "body": letter.body,
        "messages": letter.messages,
    }
    if letter.round_id:
        data |= {"round_id": letter.round_id, "about": letter.about}
    told = {"type": "message.created", "timestamp": in_shanghai(letter.created_at), "data": data}
    return json.dumps(told, ensure_ascii=False)
