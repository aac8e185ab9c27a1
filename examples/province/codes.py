"""Codes of invented organisations: whatever checks a code passes them, and no authority ever gave them."""

from regulation import codes


def organisation(eight: str) -> str:
    """An organisation code with the check character that its eight characters ask for (GB 11714)."""
    total = sum(int(char, 36) * weight for char, weight in zip(eight, codes.ORGANISATION_WEIGHTS, strict=True))
    return eight + "0123456789X0"[11 - total % 11]


def uscc(seventeen: str) -> str:
    """A 统一社会信用代码 with the check character that its 17 characters ask for (GB 32100)."""
    total = sum(codes.ALPHABET.index(char) * weight for char, weight in zip(seventeen, codes.WEIGHTS, strict=True))
    return seventeen + codes.ALPHABET[-total % 31]


def invented(authority: str, place: str, number: int) -> str:
    """The code of one of many organisations of a place: `91` enterprises, `12` public institutions."""
    region = place if place.isdecimal() else "210100"
    return uscc(f"{authority}{region}{organisation(f'MA{number:05d}K')}")
