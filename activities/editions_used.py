"""The editions by which filings count: remembered by their digest, so that none is altered unseen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from activities.database import unless_there
from models.filing import Filing
from models.register import UsedEdition
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.terms import TERMS

USED = UsedEdition.metadata.tables["used_editions"]
NOTES = unless_there(USED)
NOTED = select(USED.c.digest).where(USED.c.subject == bindparam("subject"), USED.c.name == bindparam("name"))

EDITIONS: Mapping[str, Editions[Any]] = {"calendar": CALENDARS, "terms": TERMS}


@dataclass(frozen=True)
class EditionsUsed:
    """Those of one register; which ones it remembers is looked up once each."""

    _noted: set[tuple[str, str]] = field(default_factory=set)

    def note(self, db: Connection, filing: Filing, now: datetime) -> None:
        """Remember the digest of each edition when a filing first counts by it."""
        for edition in (("calendar", filing.calendar), ("terms", filing.terms)):
            if edition in self._noted:
                continue
            subject, name = edition
            if db.execute(NOTED, {"subject": subject, "name": name}).first():
                self._noted.add(edition)
            else:
                row = {"subject": subject, "name": name, "digest": EDITIONS[subject].digest(name)}
                db.execute(NOTES[db.dialect.name], row | {"first_used_at": now})


def refuse_changed(db: Connection) -> None:
    """Raise if an edition by which filings count was altered or lost since."""
    for subject, editions in EDITIONS.items():
        used = {row.name: row.digest for row in db.execute(select(USED).where(USED.c.subject == subject))}
        if changed := editions.changed(used):
            raise EditionRefused(f"{editions.subject} {'、'.join(changed)}: 已有备案据以计算，内容不得更改或删除")
