"""The what-ifs (推演) that were asked for, and the previews of editions: each with what was asked, how far it has come, what came of it.

One at a time is lived in a deployment: what runs says now and then that it does, and what has not for a while was cut off. What was
asked at the desk is kept as long as there is nothing newer (`KEPT`); the preview of an edition stays, by the digest of the edition.
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities import forks
from activities.database import stating
from activities.logs import named
from models.register import FilingRow, UsedEdition, WhatIfRow
from models.values import canonical, digest
from models.whatif import Outcome, Question
from regulation import calendar, terms
from regulation.calendar import CALENDARS
from regulation.identity import SERVICE
from regulation.term_names import touches
from regulation.terms import TERMS
from regulation.whatif import CALENDAR
from regulation.whatif import TERMS as OF_TERMS

log = structlog.get_logger()

TABLE = WhatIfRow.metadata.tables["what_ifs"]
FILINGS = FilingRow.metadata.tables["filings"]
USED = UsedEdition.metadata.tables["used_editions"]

KEPT = 20
"""How many that were asked at the desk are kept."""

CUT_OFF_AFTER = timedelta(minutes=3)
"""What runs and has said nothing for so long runs no more."""

SAID_EVERY = timedelta(seconds=1)
"""How often it is said how far a run has come."""

PREVIEWED = 2000
"""Of about so many filings the preview of an edition is made that a deployment brings as it starts."""

RUNNING, DONE, FAILED = "running", "done", "failed"


class Busy(Exception):
    """另有一项推演正在进行，请待其结束"""


class Stopped(Exception):
    """推演被中止：服务停止"""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Now."""


@dataclass
class WhatIfs:
    """Those of one register; `stopping` is set when the process ends."""

    engine: Engine
    stopping: threading.Event = field(default_factory=threading.Event)

    def begin(self, question: Question, by: str, now: datetime) -> str:
        """Note that a what-if begins, and forget the oldest; its id. Raises `Busy` while another runs."""
        row = _row(question, by, now)
        try:
            with stating(self.engine) as db:
                silent = (TABLE.c.state == RUNNING, TABLE.c.seen_at < now - CUT_OFF_AFTER)
                db.execute(update(TABLE).where(*silent).values(state=FAILED))
                db.execute(insert(TABLE), row)
                asked = select(TABLE.c.id).where(TABLE.c.name.is_(None)).order_by(TABLE.c.asked_at.desc())
                old = db.scalars(asked.offset(KEPT)).all()
                if old:
                    db.execute(delete(TABLE).where(TABLE.c.id.in_(old)))
        except IntegrityError as error:
            raise Busy from error
        return str(row["id"])

    def run(self, of: str, question: Question, at: datetime, clock: Clock = lambda: datetime.now(UTC)) -> None:
        """Live it. Whatever becomes of it is noted."""
        said = at

        def watch(_: str, done: int, total: int) -> None:
            nonlocal said
            if self.stopping.is_set():
                raise Stopped
            now = clock()
            if now - said >= SAID_EVERY:
                said = now
                self._note(of, done=done, of=total, seen_at=now)

        try:
            outcome = forks.run(self.engine, question, at, watch)
        except Exception as error:
            log.warning("whatif.failed", error=named(error))
            self._note(of, state=FAILED, seen_at=clock())
        else:
            told = _told(outcome)
            self._note(of, state=DONE, done=outcome.lived, of=outcome.lived, seen_at=clock(), **told)

    def _note(self, id_: str, **values: Any) -> None:
        with stating(self.engine) as db:
            db.execute(update(TABLE).where(TABLE.c.id == id_).values(**values))

    def find(self, of: str) -> WhatIfRow | None:
        """One of them."""
        with self.engine.connect() as db:
            row = db.execute(select(TABLE).where(TABLE.c.id == of)).first()
        return WhatIfRow(**row._mapping) if row else None

    def outcome(self, of: str) -> Outcome | None:
        """What came of one, if it is done."""
        row = self.find(of)
        return Outcome.model_validate_json(row.outcome) if row and row.outcome else None

    def latest(self) -> list[WhatIfRow]:
        """Those that were asked at the desk, the newest first; without what came of them."""
        return self._listed(TABLE.c.name.is_(None))

    def previews(self) -> list[WhatIfRow]:
        """Those of editions, the newest first; without what came of them."""
        return self._listed(TABLE.c.name.is_not(None))

    def _listed(self, which: Any) -> list[WhatIfRow]:
        columns = [column for column in TABLE.c if column.name != "outcome"]
        with self.engine.connect() as db:
            rows = db.execute(select(*columns).where(which).order_by(TABLE.c.asked_at.desc()).limit(KEPT)).all()
        return [WhatIfRow(**row._mapping) for row in rows]

    # Previews of editions

    def attach(self, subject: str, document: Mapping[str, Any], outcome: Outcome, by: str, now: datetime) -> str:
        """Keep what came of an edition as its preview; its id. An edition that has one keeps it."""
        row = preview_row(subject, document, outcome, by, now)
        with suppress(IntegrityError), stating(self.engine) as db:
            db.execute(insert(TABLE), row)
        with self.engine.connect() as db:
            of_edition = (TABLE.c.subject == subject, TABLE.c.digest == row["digest"])
            return str(db.scalar(select(TABLE.c.id).where(*of_edition)))

    def lacking(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The editions of terms and calendar that this deployment brings and that have no preview. What filings count by already was
        published before there were any."""
        with self.engine.connect() as db:
            known = set(
                map(tuple, db.execute(select(TABLE.c.subject, TABLE.c.digest).where(TABLE.c.digest.is_not(None))))
            )
            used = set(map(tuple, db.execute(select(USED.c.subject, USED.c.name))))
        every = (
            (subject, document)
            for subject, editions, shipped in (
                (OF_TERMS, TERMS, terms.shipped()),
                (CALENDAR, CALENDARS, calendar.shipped()),
            )
            for document in editions.documents
            if document["edition"] not in shipped
        )
        return [
            (subject, document)
            for subject, document in every
            if (subject, digest(dict(document))) not in known and (subject, document["edition"]) not in used
        ]

    def attach_lacking(self, now: datetime) -> list[str]:
        """Preview what has none, over a sample that takes seconds; the names of the editions. What cannot be previewed is said."""
        names = []
        for subject, document in self.lacking():
            name = str(document["edition"])
            try:
                outcome = self.preview(subject, document, now, one_in=self._one_in())
                self.attach(subject, document, outcome, SERVICE, now)
            except Exception as error:  # whatever it is, no deadline waits for a preview
                log.warning("whatif.no_preview", edition=name, error=named(error))
                continue
            log.info("whatif.previewed", edition=name, lived=outcome.lived, differing=outcome.differing)
            names.append(name)
        return names

    def preview(self, subject: str, document: Mapping[str, Any], now: datetime, one_in: int = 1) -> Outcome:
        """What an edition would mean. Of terms that say nothing about filings under way, as a call does, nothing needs to be lived."""
        told = {"terms" if subject == OF_TERMS else "calendar": dict(document)}
        question = Question(one_in=one_in, **told)
        if subject == OF_TERMS and not touches(TERMS.made(document), TERMS[str(document["base"])]):
            return Outcome(
                question=question, at=now, until=now, filings=0, lived=0, differing=0, sums=(), offices=(), nothing=True
            )  # fmt: skip
        return forks.run(self.engine, question, now)

    def _one_in(self) -> int:
        with self.engine.connect() as db:
            filings = db.scalar(select(func.count()).where(FILINGS.c.open.is_(True))) or 0
        return max(1, int(filings) // PREVIEWED)


def preview_row(subject: str, document: Mapping[str, Any], outcome: Outcome, by: str, now: datetime) -> dict[str, Any]:
    """What came of an edition as the row by which it is kept with it."""
    row = _row(outcome.question, by, now) | {"state": DONE, "done": outcome.lived, "of": outcome.lived}
    of_edition = {"subject": subject, "name": str(document["edition"]), "digest": digest(dict(document))}
    return row | of_edition | _told(outcome)


def _row(question: Question, by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4().hex, "asked_at": now, "asked_by": by, "state": RUNNING, "done": 0, "of": 0, "seen_at": now,
        "question": canonical(question.model_dump(mode="json")),
    }  # fmt: skip


def _told(outcome: Outcome) -> dict[str, str]:
    text = canonical(outcome.model_dump(mode="json"))
    return {"outcome": text, "outcome_digest": digest(outcome.model_dump(mode="json"))}
