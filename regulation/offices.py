"""The offices (机构): 15 jurisdictions and the high-tech zones, and which of them acts for a filing (domain.md §1.9, Q10)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from models.acts import Act, Transfer
from models.filing import Filing
from models.vocabulary import Kind, Role
from regulation import data

PROVINCE = "210000"

_DATA: dict[str, list[dict[str, Any]]] = data.read("offices.json")


@dataclass(frozen=True)
class Office:
    """A jurisdiction's S&T office (B-26); `names` are the city's names as alliances write them (G-38)."""

    code: str
    city: str
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Zone:
    """A provincial-or-above high-tech zone; it reviews kind B where it has staff for it (G-30)."""

    key: str
    city: str
    name: str
    names: tuple[str, ...]
    reviews: bool


OFFICES = {
    each["code"]: Office(
        code=each["code"],
        city=each["city"],
        name=each["name"],
        names=(each["city"], each["city"].removesuffix("市"), *each.get("also", ())),
    )
    for each in _DATA["offices"]
}

ZONES = {
    each["key"]: Zone(
        key=each["key"],
        city=each["city"],
        name=each["name"],
        names=(each["name"], *each.get("also", ())),
        reviews=each["reviews"],
    )
    for each in _DATA["zones"]
}


def zone_named(name: str) -> Zone | None:
    """The zone that a form names, by any of its names."""
    return next((zone for zone in ZONES.values() if name.strip() in zone.names), None)


def reviews_in(kind: Kind, jurisdiction: str, key: str) -> bool:
    """Whether a zone of a city reviews filings of a kind: only kind B, and where it has staff for it (B-14, G-30)."""
    zone = ZONES.get(key)
    return kind is Kind.B and zone is not None and zone.reviews and zone.city == jurisdiction


def name_of(key: str) -> str:
    """An office by name: 沈阳市科技局, 沈阳高新技术产业开发区, 省科技厅, or the key itself."""
    if key == PROVINCE:
        return Role.PROVINCE_ST.label
    if key in ZONES:
        return ZONES[key].name
    return OFFICES[key].name if key in OFFICES else key


def acting(filing: Filing, act: Act) -> Collection[tuple[Role, str]] | None:
    """The role and office that an actor must have beside being entitled (A-09, A-10, A-24, A-25, B-14, G-45).

    None where no office is prescribed. The city sees a zone's cases read-only (Q10). In a transfer the taking office acts
    too (Q25).
    """
    role = act.by.role
    if role in (Role.CITY_ST, Role.ZONE):
        reviewers = [_reviewer(filing.jurisdiction, filing.zone)]
        if isinstance(act, Transfer):
            reviewers.append(_reviewer(act.to, act.to_zone))
        return reviewers
    if role is Role.CITY_IIT:
        return [(role, filing.jurisdiction)]
    if role in (Role.PROVINCE_ST, Role.PROVINCE_IIT):
        return [(role, PROVINCE)]
    if role is Role.LEADER:
        return [(role, filing.leader)]
    if role is Role.PUBLIC:
        return [(role, "public")]
    return None


def _reviewer(jurisdiction: str, zone: str | None) -> tuple[Role, str]:
    return (Role.ZONE, zone) if zone else (Role.CITY_ST, jurisdiction)
