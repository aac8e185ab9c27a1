"""What an entry of a round becomes in the register's tables. Nothing here touches a database, so verifying makes the same rows again."""

from typing import Any

from activities.rows import Row, link
from models.rounds.base import Item
from models.rounds.round import Round, RoundEntry
from models.values import canonical, digest
from regulation.rounds import agenda
from regulation.rounds.rules import Rules


def item_rows(entry: RoundEntry, items: list[Item]) -> list[Row]:
    """What an entry makes of alliances, each a row: until a later entry says otherwise it is the current one."""
    paper = getattr(entry.event, "paper", None)
    return [
        {
            "round_id": entry.round.id,
            "filing_id": each.filing_id,
            "number": entry.number,
            "state": each.state,
            "figures": canonical(each.model_dump(mode="json").get("figures", {})),
            "paper": paper,
            "at": entry.at,
            "current": True,
        }
        for each in items
    ]


def effects(items: list[Row]) -> str:
    """Digest of what an entry made of alliances, in the order of their ids; which row is current is no part of it."""
    covered = [{name: value for name, value in row.items() if name not in ("current", "at")} for row in items]
    return digest(sorted(covered, key=lambda row: str(row["filing_id"])))


def searched(entry: RoundEntry) -> Row:
    """The columns that repeat parts of an entry's text for queries."""
    act = entry.act
    return {
        "round_id": entry.round.id,
        "number": entry.number,
        "at": entry.at,
        "entered_at": entry.entered_at,
        "kind": str(entry.event.kind),
        "act_id": act.id if act else None,
        "filing_id": getattr(act, "filing", None),
        "stage": entry.stage.value,
        "paper": getattr(act, "paper", None),
    }


def entry_rows(rules: Rules, entry: RoundEntry, covered: str, previous: str) -> tuple[Row, Row]:
    """An entry as written down, linked to the one before it; and where its round stands after it."""
    written = entry.model_dump(mode="json")
    body = canonical(written)
    row = searched(entry) | {"body": body, "effects": covered, "hash": link(previous, body, covered)}
    return row, round_row(rules, entry, row["hash"], written["round"])


def round_row(rules: Rules, entry: RoundEntry, head: str, written: Any) -> Row:
    """Where a round stands after an entry; how far it was followed is told elsewhere."""
    round_: Round = entry.round
    due = agenda.next_lapse(rules, round_)
    return {
        "round_id": round_.id,
        "number": round_.number,
        "head": head,
        "kind": round_.kind.value,
        "year": round_.year,
        "jurisdiction": round_.area.jurisdiction,
        "zone": round_.area.zone,
        "alliances": round_.area.kind.value if round_.area.kind else None,
        "stage": round_.stage.value,
        "open": not (round_.over and due is None),
        "title": round_.title,
        "document_no": round_.document_no,
        "opens": round_.opens,
        "closes": round_.closes,
        "next_at": due.at if due else None,
        "next_lapse": due.lapse.name if due else None,
        "counts": canonical(written.get("counts", {})),
        "value": canonical(written),
        "updated_at": entry.entered_at,
    }
