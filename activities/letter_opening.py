"""How letters (信函) are opened: in the transaction of the entry whose message each carries, so nothing is lost.

Most carry one message and have its id. Reminders of a day to one addressee also leave together, on the channels that knock
at somebody's door. Ids of letters that are more than one message begin with `_`, as no filing's number does.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, func, insert
from sqlalchemy.dialects import postgresql, sqlite

from activities.database import unless_there
from activities.rows import Row
from models.register import LetterRow
from models.values import day_of
from regulation.messages import NOTIFICATIONS

REMINDERS = "reminders"
"""The text of a letter that carries several reminders."""

PUBLICATION = "publication"
"""The text of a letter that has announcements written: those of one filing, or of all for whom a day begins or ends."""

CALENDARS = "calendars"
"""The text of a letter that has the calendars of deadlines written."""

PAGES = frozenset({PUBLICATION, CALENDARS})
"""Letters without a message: what they bring about is written for whoever looks."""

LETTERS = LetterRow.metadata.tables["letters"]
OPENS = insert(LETTERS)

OPENS_ONCE = {name: opens.returning(LETTERS.c.id) for name, opens in unless_there(LETTERS).items()}
"""Open a letter that somebody else has opened, or may be opening at the same time: nothing comes back if they did."""


def _joins(dialect: Any) -> Any:
    put = dialect.insert(LETTERS)
    before_its_end = func.substr(LETTERS.c.messages, 1, func.length(LETTERS.c.messages) - 1)
    joined = before_its_end + ", " + func.substr(put.excluded.messages, 2)
    joining = put.on_conflict_do_update(
        index_elements=["id"], set_={"messages": joined}, where=LETTERS.c.handed_at.is_(None)
    )
    return joining.returning(LETTERS.c.id)


JOINS = {"sqlite": _joins(sqlite), "postgresql": _joins(postgresql)}
"""Open a bundle with a message, or add the message to its list; nothing comes back once the bundle was taken to be delivered."""


def opened_for(sent: Sequence[Row], shown: Sequence[Row]) -> list[Row]:
    """The letters of an entry's messages and publications, opened in its transaction; they are due from then on.

    Deliveries go by the clock of the wall, whatever a filing's own clock shows.
    """
    now = datetime.now(UTC)
    return [*(_of(each, now) for each in sent), *(_publication(each, now) for each in shown)]


def _of(message: Row, now: datetime) -> Row:
    """A message's own letter."""
    return NEW | {
        "id": message["id"],
        "filing_id": message["filing_id"],
        "round_id": message.get("round_id"),
        "about": message.get("about"),
        "text": message["text"],
        "to": message["to"],
        "office": message["office"],
        "messages": json.dumps([message["id"]]),
        "created_at": message["created_at"],
        "due_at": now,
    }


def _publication(notice: Row, now: datetime) -> Row:
    return NEW | {
        "id": f"_page-{notice['id']}",
        "filing_id": notice["filing_id"],
        "round_id": notice.get("round_id"),
        "text": PUBLICATION,
        "to": "public",
        "office": notice["jurisdiction"],
        "messages": "[]",
        "created_at": notice["published_at"],
        "due_at": now,
    }


NEW = {name: field.default for name, field in LetterRow.model_fields.items() if not field.is_required()}
"""What nobody knows yet of a letter that is opened."""


def is_bundled(message: Row) -> bool:
    """Whether a message leaves together with others of its day to the same addressee."""
    known = NOTIFICATIONS.get(message["text"])
    return known is not None and known.bundle


def bundle_of(message: Row, running: int = 1) -> str:
    """The id of a day's first bundle for a message's addressee, or of a further one."""
    name = f"_{REMINDERS}-{message['office']}-{message['to']}-{day_of(message['created_at'])}"
    return name if running == 1 else f"{name}-{running}"


def bundle(db: Connection, sent: Sequence[Row]) -> None:
    """Put those messages of an entry that leave together into the day's bundles for their addressees, in its transaction.

    Once a bundle was taken to be delivered, they go into a next one.
    """
    now, joins, left = datetime.now(UTC), JOINS[db.dialect.name], dict[str, list[Row]]()
    in_order = sorted(filter(is_bundled, sent), key=bundle_of)  # so no two entries wait for each other
    for message in in_order:
        left.setdefault(bundle_of(message), []).append(message)
    for running in count(1):
        if not left:
            return
        bundles = {bundle_of(each[0], running): (first, each) for first, each in left.items()}
        joined = db.scalars(joins, [_of_several(key, each, now) for key, (_, each) in bundles.items()])
        for key in joined.all():
            del left[bundles[key][0]]


def _of_several(key: str, messages: Sequence[Row], now: datetime) -> Row:
    """A day's bundle that begins with these."""
    ids = json.dumps([message["id"] for message in messages])
    return _of(messages[0], now) | {"id": key, "filing_id": None, "text": REMINDERS, "messages": ids}
