"""What every channel is: it carries a letter to its recipient and says what became of it.

A letter that certainly cannot arrive is `Undeliverable`: it becomes a task for people. Anything else that goes wrong is
tried again later, for days if need be. A letter keeps its id over all tries, so whoever receives it can tell a second copy.
"""

import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol, runtime_checkable

from pydantic import AfterValidator

from models.values import Value, legible, on_one_line


class Undeliverable(Exception):
    """无法送达: this letter will not arrive by this channel, however often it is tried; the text says why, without names."""


@dataclass(frozen=True)
class Recipient:
    """How an office, or a leader, can be reached: addresses of each sort, none of them in any log."""

    mail: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()


class Letter(Value):
    """信函: what leaves as one, in the words of the channel that carries it.

    Title and body may hold what anybody wrote: no channel gets characters that mislead its readers.

    `id` is the message's id, or that of a bundle; `messages` are the messages in it. `to` is the addressee's word
    (`leader`, `reviewer`, …), `office` its key, `text` the event's key. `service` marks a document to be served. What a round
    tells is of no filing: `round_id` names the round, `about` the filing that it is about.
    """

    id: str
    messages: tuple[str, ...]
    filing_id: str | None = None
    round_id: str | None = None
    about: str | None = None
    text: str
    to: str
    office: str
    service: bool = False
    title: Annotated[str, AfterValidator(on_one_line)]
    body: Annotated[str, AfterValidator(legible)]
    created_at: datetime


@dataclass(frozen=True)
class Carried:
    """What a channel has to show for a letter: to where (masked) and the other side's own words or number."""

    address: str
    receipt: str


class Channel(Protocol):
    """A way to reach somebody. Sending the same letter twice must come to the same wherever the channel can tell."""

    words: ClassVar[str]
    """The family of texts that it speaks: `inbox`, `mail`, `sms`, `robot` or `document`."""

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Whether it has a way to this recipient at all."""

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Carry a letter. Raises `Undeliverable` if it never can, anything else if it may not have arrived."""


@runtime_checkable
class Lasting(Protocol):
    """A channel that costs less for several letters in a row, such as by one connection for all of them."""

    def for_a_batch(self) -> AbstractContextManager[Channel]:
        """The same channel, to be used by one thread until the batch is through."""


def for_a_batch(channel: Channel) -> AbstractContextManager[Channel]:
    """A channel as it is used for several letters in a row."""
    return channel.for_a_batch() if isinstance(channel, Lasting) else nullcontext(channel)


def said(words: str, *addresses: str) -> str:
    """What the other side said, as it may be kept and shown: short, on one line, all of it printable, addresses masked."""
    for address in addresses:
        words = re.sub(re.escape(address), masked(address), words, flags=re.IGNORECASE)
    return "".join(each if each.isprintable() else " " for each in words).strip()[:200]


def masked(address: str) -> str:
    """An address as it may be shown: 139****1234, z***@example.gov.cn."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}****{address[-4:]}" if len(address) >= 8 else "****"
