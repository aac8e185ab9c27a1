"""Whether the editions that a round published say what its entries say."""

import json
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from activities import papers
from activities.published_editions import TABLE
from activities.rounds import appending, known
from models.rounds.round import RoundEntry
from models.values import canonical
from regulation.rounds import table
from regulation.rounds.consequences import NewTerms
from regulation.rounds.every import rules_of
from regulation.terms import TERMS

ENTRIES = appending.ENTRIES.c


def faults(db: Connection, of: str) -> Iterator[str]:
    """Each edition of a round that is not what the entry makes which published it; one on terms that are not here cannot be told."""
    for row in db.execute(select(TABLE).where(TABLE.c.round_id == of).order_by(TABLE.c.number)):
        document = json.loads(row.document)
        if document["base"] in TERMS and not _is_made_by(db, of, row.entry, document):
            yield f"期限标准 {row.name} 与第{row.entry}号登记不符"


def _is_made_by(db: Connection, of: str, number: int, document: dict[str, object]) -> bool:
    """Whether an entry makes all that an edition says, beside what that carries on of earlier ones."""
    body = db.scalar(select(ENTRIES.body).where(ENTRIES.round_id == of, ENTRIES.number == number))
    entry = RoundEntry.model_validate_json(body) if body else None
    follows = table.follows(rules_of(of), entry) if entry else None
    if entry is None or follows is None:
        return False
    paper = getattr(entry.event, "paper", None)
    asked = replace(follows.asks(entry.round, entry), population=False)
    answered = known.answer(db, asked, entry.round.area)
    told = table.following(rules_of(of), entry, papers.content(db, paper) if paper else None, answered)
    rows: list[object] = document["rows"]  # type: ignore[assignment]
    return any(
        each.document_no == document["document_no"]
        and all(json.loads(canonical(row)) in rows for row in each.rows(str(document["base"])))
        for each in told
        if isinstance(each, NewTerms)
    )
