"""What an entry of a round told and published, under one digest, written when everything that follows from it was done.

Who is told and what of depends on the register as it was then, so it cannot be worked out again: what was written is what counts.
"""

from sqlalchemy import Connection, bindparam, or_, select, union_all

from models.register import MessageRow, PublicNoticeRow
from models.values import digest

TOLD = tuple(model.metadata.tables[model.__tablename__] for model in (MessageRow, PublicNoticeRow))
OF_ENTRY = tuple(
    select(table).where(table.c.round_id == bindparam("of"), table.c.number == bindparam("number")) for table in TOLD
)
STRAY = union_all(
    *(
        select(table.c.id).where(
            table.c.round_id == bindparam("of"), or_(table.c.number < 1, table.c.number > bindparam("last"))
        )
        for table in TOLD
    )
)


def seal(head: str, rows: list[str]) -> str:
    """Digest of the hash of an entry and of the digests of what it told, in whatever order."""
    return digest([head, sorted(rows)])


NOTHING: list[str] = []
"""What an entry tells from which nothing follows."""


def sealed(db: Connection, of: str, number: int, head: str) -> str:
    """The seal of an entry, whose hash is `head`, over the messages and notices that are there."""
    rows = (row for query in OF_ENTRY for row in db.execute(query, {"of": of, "number": number}).mappings())
    return seal(head, [digest(dict(row)) for row in rows])


def any_stray(db: Connection, of: str, last: int) -> bool:
    """Whether a message or a notice names an entry of a round that there is not."""
    return db.execute(STRAY, {"of": of, "last": last}).first() is not None
