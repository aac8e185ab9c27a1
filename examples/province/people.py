"""Who acts for the offices of the province: two people in each, invented, known by opaque ids."""

from typing import Any

from examples.province.alliances import Alliance
from models.vocabulary import Kind
from regulation import offices

By = dict[str, Any]


def officer(role: str, office: str, number: int = 1) -> By:
    """One of the people of an office."""
    return {"person": f"{role[0]}-{office.lower()}-{number}", "office": office, "role": role}


PROVINCE, PROVINCE_TOO = officer("province_st", "210000"), officer("province_st", "210000", 2)
INDUSTRY = {"person": "pi-210000-1", "office": "210000", "role": "province_iit"}
PUBLIC = {"person": "o-public-1", "office": "public", "role": "public"}


def evaluator(number: int) -> By:
    """Somebody of a third party that was commissioned."""
    return {"person": f"e-third-{number}", "office": "210000", "role": "evaluator"}


def city(code: str, number: int = 1) -> By:
    """Somebody of a city's science and technology office."""
    return officer("city_st", code, number)


def industry_of(code: str) -> By:
    """Somebody of a city's industry office."""
    return {"person": f"ci-{code.lower()}-1", "office": code, "role": "city_iit"}


def reviewer(alliance: Alliance, number: int = 1) -> By:
    """Whoever looks at an alliance's papers: of its zone, where that reviews, else of its city."""
    if alliance.kind is Kind.B and alliance.zone and offices.ZONES[alliance.zone].reviews:
        return officer("zone", alliance.zone, number)
    return city(alliance.city, number)
