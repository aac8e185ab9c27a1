"""Who somebody is: a person with a post. It is stamped on whatever they do, and decides what they may see."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from activities import lists
from models.acts import By, OfficeKey
from models.filing import Entry, Filing
from models.register import FilingRow, LetterRow, MessageRow
from models.settings import Settings, SettingsRefused
from models.values import OpaqueId, Value, in_shanghai
from models.vocabulary import Role
from regulation import entries, offices


class Identity(Value):
    """Somebody who signed in, or whose token was accepted. `name` is shown to colleagues, and goes into no act.

    `assigned` are the filings that an evaluator works on today, as doors look them up (`Tools.at_work`). `head`: they head their
    office, and say who stands in for whom there; it is no mandate of the law.
    """

    person: OpaqueId
    name: str
    office: OfficeKey
    role: Role
    assigned: frozenset[str] = frozenset()
    head: bool = False

    @property
    def by(self) -> By:
        """As it stands in an act."""
        return By(person=self.person, office=self.office, role=self.role)

    def stamped(self, raw: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """An act or an application with who brings it, and when: the door says so, and nobody else."""
        return {**raw, "by": self.by.model_dump(mode="json"), "received_at": in_shanghai(now)}

    @property
    def scope(self) -> offices.Scope:
        """Which filings they may see. Nobody signs in as the public."""
        scope = offices.scope(self.role, self.office, self.assigned)
        if scope is None:
            raise LookupError(self.role)
        return scope

    @property
    def staff(self) -> bool:
        """Whether they work at the desk; leaders have pages of their own."""
        return self.role is not Role.LEADER

    @property
    def place(self) -> str:
        """Their office by name; a leader's is its code."""
        return offices.title(self.role, self.office)

    def sees(self, row: FilingRow) -> bool:
        """Whether a filing lies within what they may see."""
        return lists.sees(self.scope, row)

    def is_told(self, message: MessageRow | LetterRow) -> bool:
        """Whether a message or letter is for them: for their department, not only for their office."""
        return message.office == self.office and message.to in self.inbox

    @property
    def inbox(self) -> frozenset[str]:
        """Whose messages at their office lie in their inbox (收件箱): those of their department."""
        return offices.ADDRESSED.get(self.role, frozenset())

    def reads(self, filing: Filing, paper: str) -> bool:
        """Whether they may read a paper of this kind."""
        return offices.may_read(self.role, self.office, filing, paper)

    def shown(self, entry: Entry) -> Entry:
        """An entry as they may see it: what was refused, without its sender's words, unless these are theirs to read."""
        return entry if self.reads(entry.filing, offices.REFUSED) else entries.withheld(entry)


HEADS = ("c-102", "z-302", "p-402")
"""Those of the embedded identity who head their office."""


def seeded(person: str, name: str, role: Role, office: str) -> Identity:
    """One of the people of the embedded identity."""
    return Identity(person=person, name=name, role=role, office=office, head=person in HEADS)


EMBEDDED = {
    each.person: each
    for each in (
        seeded("u-leader-01", "沈阳星海智造装备有限公司 经办人", Role.LEADER, "91210102MA10ABCD6H"),
        seeded("u-leader-02", "沈阳云帆传感技术有限公司 经办人", Role.LEADER, "91210102MA10ABCD6H"),
        seeded("c-101", "受理人", Role.CITY_ST, "210100"),
        seeded("c-102", "审核人", Role.CITY_ST, "210100"),
        seeded("i-201", "会审人", Role.CITY_IIT, "210100"),
        seeded("z-301", "初审人", Role.ZONE, "210100-shengaoqu"),
        seeded("z-302", "复审人", Role.ZONE, "210100-shengaoqu"),
        seeded("d-111", "大连受理人", Role.CITY_ST, "210200"),
        seeded("p-401", "业务处室", Role.PROVINCE_ST, "210000"),
        seeded("p-402", "入库人", Role.PROVINCE_ST, "210000"),
        seeded("q-403", "省工信厅经办人", Role.PROVINCE_IIT, "210000"),
        seeded("e-501", "评价人", Role.EVALUATOR, "210000"),
        seeded("a-601", "审计人", Role.AUDITOR, "210000"),
        seeded("o-701", "运维人", Role.OPERATOR, "210000"),
        seeded("platform", "平台", Role.PLATFORM, "210000"),
    )
}
"""The people of the embedded identity, one for each post: for newcomers, on loopback only."""


def is_let_in(settings: Settings, token: str) -> bool:
    """Whether the embedded identity lets in whoever brings a start-up token; everybody, where none is set."""
    wanted = settings.embedded_token.get_secret_value()
    return not wanted or secrets.compare_digest(token.encode(errors="replace"), wanted.encode())


def embedded_bearer(settings: Settings, credentials: str) -> Identity | None:
    """Whom a program stands for: one of the seeded people, by `person.token` if there is a start-up token, else by `person`."""
    person, _, token = (
        credentials.partition(".") if settings.embedded_token.get_secret_value() else (credentials, "", "")
    )
    return EMBEDDED.get(person) if is_let_in(settings, token) else None


LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse_to_expose(settings: Settings) -> None:
    """The embedded identity lets anybody be anybody: it never listens where others could reach it. Who may be reached says how.

    Raises `SettingsRefused`.
    """
    if settings.gateway_host in LOOPBACK:
        return
    if settings.identity == "oidc" and not settings.gateway_address:
        raise SettingsRefused(f"监听 {settings.gateway_host} 须写明对外地址；请设置 BEIAN_GATEWAY_ADDRESS")
    if settings.identity == "embedded":
        raise SettingsRefused(f"演示身份只能用于本机，不得监听 {settings.gateway_host}；请设置 BEIAN_IDENTITY=oidc")
