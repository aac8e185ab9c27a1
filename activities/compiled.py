"""Letters that nobody's entry opens (汇编信函): compiled of many filings, such as a morning's digest, written out when they are opened."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from models.register import LetterRow
from regulation import offices, texts

SHOWN = 50
"""How many lines of one sort a compiled letter prints; the others are counted."""


def compiled(key: str, text: str, office: str, words: Mapping[str, str], now: datetime, to: str = "") -> LetterRow:
    """A letter to an office by one of the inbox's texts; `to` whoever is named, or else whoever reviews, of the province 省科技厅."""
    found = texts.find("inbox", text, place_of(office))
    assert found is not None
    title, body = found.filled(dict(words))
    return LetterRow(
        id=key,
        text=text,
        to=to or ("province_st" if office == offices.PROVINCE else "reviewer"),
        office=office,
        messages="[]",
        title=title,
        body=body,
        created_at=now,
    )


def place_of(office: str) -> str:
    """The jurisdiction whose texts and working days an office keeps; the province keeps those of the State Council alone."""
    return offices.ZONES[office].city if office in offices.ZONES else office


def listed(lines: Sequence[str]) -> str:
    """Lines with their numbers, as many as a letter prints."""
    more = [f"……另有{len(lines) - SHOWN}件"] if len(lines) > SHOWN else []
    return "\n".join([*(f"{number}. {line}" for number, line in enumerate(lines[:SHOWN], 1)), *more])
