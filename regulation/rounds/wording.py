"""What the texts of rounds say: the words that every one of them may use, and those of its own that a letter brings.

Which texts there are stands in data/round_texts.toml, with the words of its own that each may use.
"""

from collections.abc import Mapping

from models.rounds.base import called
from models.rounds.round import RoundEntry
from models.values import day_of
from models.vocabulary import Role
from regulation import naming, offices, texts
from regulation.rounds.consequences import Letter
from regulation.rounds.known import Alliance


def facts(letter: Letter, entry: RoundEntry, alliance: Alliance | None) -> Mapping[str, str]:
    """Every word that a text of a round may use (`texts.ROUND_WORDS`)."""
    round_ = entry.round
    told = {
        "title": round_.title,
        "kind": called(round_.kind, round_.area.jurisdiction),
        "year": str(round_.year),
        "document": f"（{round_.document_no}）" if round_.document_no else "",
        "opens": naming.on_day(round_.opens),
        "closes": naming.on_day(round_.closes),
        "day": naming.on_day(day_of(entry.at)),
        "reason": (entry.act and entry.act.reason) or "",
        "office": alliance.leader_name
        if letter.to is Role.LEADER and alliance
        else offices.title(letter.to, letter.office),
        "by": offices.title(round_.opened_by.role, round_.opened_by.office),
        "alliance": alliance.name if alliance else "",
        "leader": alliance.leader_name if alliance else "",
        "filing_id": alliance.id if alliance else "",
        "archive_number": (alliance and alliance.archive_number) or "",
    }
    return {**told, **letter.words}


def place_of(entry: RoundEntry, alliance: Alliance | None) -> str:
    """Whose texts tell it: those of the alliance's jurisdiction, or of the round's; "" for the province's."""
    return alliance.jurisdiction if alliance else entry.round.area.jurisdiction or ""


def render(letter: Letter, entry: RoundEntry, alliance: Alliance | None, family: str = "inbox") -> tuple[str, str]:
    """Title and body of a letter in a family's text, in the jurisdiction's own if it has one."""
    text = texts.find(family, letter.text, place_of(entry, alliance))
    if text is None:
        raise LookupError(f"没有 {letter.text} 的文字")
    return text.filled(facts(letter, entry, alliance))
