"""A proof from the log: where an entry stands in it, and the way from there to a checkpoint. Whoever has the key needs nobody's word."""

from base64 import b64encode
from typing import Any

from sqlalchemy import Connection, select

from activities.log.leaves import LEAVES, LeafKind
from activities.log.merkle import HASHINGS
from activities.log.sequencing import checkpoint_of
from activities.log.tree import Tree
from models.log import LogCheckpoint


def of_entry(db: Connection, checkpoint: LogCheckpoint, of: str, number: int) -> dict[str, Any] | None:
    """The proof of an entry of a filing or a round; None if the checkpoint does not have it."""
    for kind in (LeafKind.ENTRY, LeafKind.ROUND):
        if found := of_row(db, checkpoint, kind, of, number):
            return found
    return None


def of_row(
    db: Connection, checkpoint: LogCheckpoint, kind: LeafKind, of: str, number: int = 0
) -> dict[str, Any] | None:
    """The proof of any row that the log covers."""
    query = select(LEAVES).where(LEAVES.c.kind == kind.value, LEAVES.c.of == of, LEAVES.c.number == number)
    leaf = db.execute(query).mappings().first()
    if leaf is None or leaf["position"] >= checkpoint.size:
        return None
    tree = Tree(db, HASHINGS[checkpoint_of(checkpoint).digest])
    way = tree.inclusion(leaf["position"], checkpoint.size)
    return {
        **{name: leaf[name] for name in ("kind", "of", "number", "nonce", "covers", "position")},
        "proof": [b64encode(each).decode() for each in way],
        "checkpoint": checkpoint.note,
    }
