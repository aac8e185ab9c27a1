"""办事指南 as shown: what the regulation says of a kind today, whether it may be applied for now, what cities ask besides, and whom to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway.shown.calls import Announced, PublicCalls
from gateway.tools import Tools
from models.local_rules import LocalRules
from models.values import at_hour, day_of, midnight_after
from models.vocabulary import ByKind, Kind, Role
from regulation import guide, intake, local_rules, offices
from regulation.guide import Guide

BY_CALL = ByKind(a=False, b=True)
"""Whether a kind is applied for upon a yearly call (B-02)."""


@dataclass(frozen=True)
class Window:
    """When a kind may be applied for: at any time, or in the window of a call, which is running, yet to come, over, or not known yet."""

    year: int
    days: tuple[date, date] | None
    today: date
    open: bool
    always: bool = False

    @classmethod
    def of(cls, tools: Tools, kind: Kind, now: datetime, jurisdiction: str = guide.NOBODY) -> "Window":
        """The window of a kind as of now."""
        today = day_of(now)
        if not BY_CALL[kind]:
            return cls(today.year, None, today, open=True, always=True)
        tools.register.published.catch_up()
        days = intake.call_of(today, jurisdiction)
        return cls(today.year, days, today, bool(days and at_hour(days[0], 0) <= now < midnight_after(days[1])))


@dataclass(frozen=True)
class Reached:
    """An office, and how it is reached."""

    name: str
    city: str
    telephone: str
    address: str


@dataclass(frozen=True)
class Shown:
    """The guide of a kind, with what stands around it today."""

    guide: Guide
    window: Window
    calls: Sequence[Announced]
    offices: Sequence[Reached]
    local: Sequence[tuple[str, LocalRules]]

    @property
    def telephones(self) -> bool:
        """Whether a telephone of any office is known."""
        return any(each.telephone for each in self.offices)


def shown(tools: Tools, kind: Kind) -> Shown:
    """The guide of a kind now."""
    now = tools.clock()
    window, today = Window.of(tools, kind, now), day_of(now)
    told = guide.guide(kind, today)
    rules = ((code, local_rules.rules_on(today, told.edition, kind, code)) for code in offices.OFFICES)
    return Shown(
        guide=told,
        window=window,
        calls=PublicCalls(tools).current(today) if BY_CALL[kind] else (),
        offices=_offices(tools, kind, today),
        local=[(offices.OFFICES[code].city, each) for code, each in rules if each],
    )


def _offices(tools: Tools, kind: Kind, today: date) -> list[Reached]:
    """Who decides about a kind, each with what the deployment says of it (B-26): the province, the cities, the zones that review it."""
    found = [(offices.PROVINCE, Role.PROVINCE_ST.label, "全省")]
    found += [(each.code, each.name, each.city) for each in offices.OFFICES.values()]
    found += [
        (each.key, each.name, offices.OFFICES[each.city].city)
        for each in offices.ZONES.values()
        if offices.reviews_in(kind, each.city, each.key, today)
    ]
    reached = ((key, name, city, tools.contacts.get(key)) for key, name, city in found)
    return [
        Reached(name, city, known.telephone if known else "", known.postal_address if known else "")
        for _, name, city, known in reached
    ]
