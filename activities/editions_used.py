"""The editions by which filings count: remembered by their digest, so that none is altered unseen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from models.filing import Filing
from models.register import UsedEdition
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.terms import TERMS

EDITIONS: Mapping[str, Editions[Any]] = {"calendar": CALENDARS, "terms": TERMS}


@dataclass(frozen=True)
class EditionsUsed:
    """Those of one register; which ones it remembers is looked up once each."""

    _noted: set[tuple[str, str]] = field(default_factory=set)

    def note(self, session: Session, filing: Filing, now: datetime) -> None:
        """Remember the digest of each edition when a filing first counts by it."""
        for subject, name in (("calendar", filing.calendar), ("terms", filing.terms)):
            if (subject, name) in self._noted:
                continue
            if session.get(UsedEdition, (subject, name)) is None:
                content = EDITIONS[subject].digest(name)
                session.add(UsedEdition(subject=subject, name=name, digest=content, first_used_at=now))
                session.flush()
            self._noted.add((subject, name))


def refuse_changed(session: Session) -> None:
    """Raise if an edition by which filings count was altered or lost since."""
    for subject, editions in EDITIONS.items():
        query = select(UsedEdition).where(UsedEdition.subject == subject)
        used = {row.name: row.digest for row in session.exec(query)}
        if changed := editions.changed(used):
            raise EditionRefused(f"{editions.subject} {'、'.join(changed)}: 已有备案据以计算，内容不得更改或删除")
