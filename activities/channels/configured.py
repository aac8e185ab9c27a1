"""The channels that a deployment has configured: each with its name, and which letters it carries."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from activities import replacements
from activities.channels.channel import Channel, Letter, Recipient
from activities.channels.folder import OutboxFolder
from activities.channels.mail import Mail
from activities.channels.nowhere import Nowhere
from activities.channels.robot import Robot
from activities.channels.sms import Sms
from activities.channels.webhook import Webhook, utc_now
from activities.documents.drafting import Contacts
from models.channels import (
    ChannelSettings,
    ChannelsFile,
    ChannelsRefused,
    Filters,
    FolderSettings,
    MailSettings,
    RobotSettings,
    SmsSettings,
    WebhookSettings,
    read_channels,
)
from models.settings import Settings
from models.vocabulary import Role
from regulation import offices
from regulation.messages import NOTIFICATIONS
from regulation.offices import Contact
from regulation.texts import COMPILED

OPERATORS = Role.OPERATOR.value
"""To whom is written what is wrong with the service itself (activities/drift.py): at the province, if the address book has no more."""

ADDRESSEES = frozenset(to for notification in NOTIFICATIONS.values() for to in notification.to) | {OPERATORS}

PERSONAL = frozenset({"mail", "sms"})
"""Families of texts whose channels reach a leader in person. A chat is its members', who need not be the leader."""


@dataclass(frozen=True)
class Configured:
    """A channel as a deployment uses it; `name` is what its file calls it, and what people are shown."""

    name: str
    channel: Channel
    filters: Filters

    def carries(self, letter: Letter, recipient: Recipient) -> bool:
        """Whether this letter is for this channel: by its filters, and because it reaches the recipient at all."""
        wanted = (
            (self.filters.offices, letter.office),
            (self.filters.to, letter.to),
            (self.filters.texts, letter.text),
        )
        return all(_admits(some, one) for some, one in wanted) and self.channel.reaches(letter, recipient)


def _admits(some: Sequence[str] | None, one: str) -> bool:
    return some is None or one in some


def build(file: ChannelsFile, now: Callable[[], datetime] = utc_now) -> Sequence[Configured]:
    """The channels of a file, in its order. Raises `ChannelsRefused` with every name that there is not."""
    faults, built = dict(_unknown(file)), []
    for name, settings in file.channels.items():
        try:
            built.append(Configured(name, _channel(settings, now), settings))
        except ValueError as error:
            faults[f"channels.{name}.address"] = str(error)
    if faults:
        raise ChannelsRefused(faults)
    return built


def nowhere(channels: Sequence[Configured]) -> Sequence[Configured]:
    """What tells of leaders whom none of these channels reaches; nothing where none is meant to."""
    others = [
        each.channel for each in channels if each.channel.words in PERSONAL and _admits(each.filters.to, Role.LEADER)
    ]
    return [Configured("联系方式", Nowhere(others), Filters(to=(Role.LEADER,)))] if others else []


def office_recipient(file: ChannelsFile, to: str, office: str) -> Recipient:
    """How the address book reaches an addressee at an office; nowhere, if it does not say."""
    own = f"{office}/{to}"
    known = file.offices.get(own) or (None if to in offices.INDUSTRY else file.offices.get(office))
    return Recipient(mail=known.mail, phone=known.phone) if known else Recipient()


def as_deployed(settings: Settings) -> ChannelsFile:
    """The channels of a deployment; its own texts, and what it says of its offices, hold in this process from now on.

    Whatever writes or shows a letter or a document begins with it, or what is shown before would not be what goes. Raises
    `TextRefused` and `ChannelsRefused`.
    """
    replacements.load(settings.texts)
    file = read_channels(settings.channels, os.environ)
    offices.reach(contacts(file))
    return file


def contacts(file: ChannelsFile) -> Contacts:
    """What documents print of the offices (B-06, B-26): each by its own entry, not by one for an addressee there."""
    return {
        key: Contact(each.telephone, each.postal_address, each.review_body, each.court)
        for key, each in file.offices.items()
    }


def _channel(settings: ChannelSettings, now: Callable[[], datetime]) -> Channel:
    match settings:
        case FolderSettings():
            return OutboxFolder(settings.folder)
        case WebhookSettings():
            return Webhook(settings, now)
        case MailSettings():
            return Mail(settings)
        case SmsSettings():
            return Sms(settings)
        case RobotSettings():
            return Robot(settings)
        case _:
            assert_never(settings)


def _unknown(file: ChannelsFile) -> Iterator[tuple[str, str]]:
    """Events, addressees and offices that the regulation does not know, by place."""
    for name, settings in file.channels.items():
        for field, known, what in (
            ("texts", {*NOTIFICATIONS, *COMPILED}, "事项"),
            ("to", ADDRESSEES, "收件人"),
            ("offices", {*offices.KEYS, "public"}, "机构"),
        ):
            unknown = _missing(getattr(settings, field) or (), known)
            if unknown:
                yield f"channels.{name}.{field}", f"没有这样的{what}：{unknown}"
    for key in file.offices:
        office, _, to = key.partition("/")
        if office not in offices.KEYS or (to and to not in ADDRESSEES):
            yield f"offices.{key}", "没有这样的机构"


def _missing(named: Iterable[str], known: Iterable[str]) -> str:
    return "、".join(each for each in named if each not in set(known))
