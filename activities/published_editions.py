"""The editions of terms that a running service publishes (申报通知, 属地文件): written with what published them, known to every process.

A table of the register holds them in the order in which they were published, each as the document that a folder would hold. A
process takes in what is new when an application is examined, for which the newest counts; when an edition is asked for by a
name that it does not know, for then another process published it; and now and then, for what pages and texts say of today's call.
What an edition says never changes: filings count by it, and its digest is remembered when the first does (editions_used.py).
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from activities.brought_questionnaires import BroughtQuestionnaires
from activities.database import stating, unless_there
from activities.logs import named
from activities.whatifs import TABLE as WHAT_IFS
from activities.whatifs import WhatIfs, preview_row
from models.register import PublishedEdition
from models.values import canonical
from regulation.identity import SERVICE
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.terms import LOCAL_RULES, OF_ONE_YEAR, TERMS, Selector, terms_on
from regulation.whatif import TERMS as OF_TERMS

log = structlog.get_logger()

TABLE = PublishedEdition.metadata.tables["published_editions"]
SINCE = select(TABLE.c.number, TABLE.c.document).where(TABLE.c.number > bindparam("upto")).order_by(TABLE.c.number)
OF_ENTRY = select(TABLE.c.name).where(TABLE.c.round_id == bindparam("round"), TABLE.c.entry == bindparam("entry"))
LAST = select(TABLE.c.number, TABLE.c.name).order_by(TABLE.c.number.desc()).limit(1)

KEEP_PREVIEW = unless_there(WHAT_IFS)

CARRIED = (*OF_ONE_YEAR, LOCAL_RULES)
"""What is published is carried on by whatever is published next, also if the newest terms of the folder do not build on it."""

Row = Mapping[str, Any]

EVERY = 10.0
"""Seconds between two looks that nothing asked for."""

OUTSIDE = ThreadPoolExecutor(1, "editions")
"""A thread of its own: a workflow that asks for an edition is in a sandbox, in which nothing is read from outside."""


@dataclass
class PublishedEditions:
    """Those of one register; `upto` is the last one that this process has."""

    engine: Engine
    upto: int = field(default=0, init=False)
    questionnaires: BroughtQuestionnaires = field(default_factory=BroughtQuestionnaires, init=False)

    def catch_up(self) -> None:
        """Take in what was published since."""
        with self.engine.connect() as db:
            rows = db.execute(SINCE, {"upto": self.upto}).all()
            self.questionnaires.catch_up(db)
        for number, document in rows:
            TERMS.add(json.loads(document))
            self.upto = max(self.upto, number)

    def follow(self) -> bool:
        """From now on this process has every edition that any process publishes in this register.

        Whether it has what there is already: a database that does not answer, or is not made yet, is asked again later.
        """
        TERMS.look_further = QUESTIONNAIRES.look_further = lambda: OUTSIDE.submit(self.catch_up).result()
        return self.caught_up()

    def caught_up(self) -> bool:
        """Take in what was published since, if the database answers."""
        try:
            self.catch_up()
        except SQLAlchemyError as error:
            log.warning("editions.not_read", error=named(error))
            return False
        return True

    async def keep(self) -> None:
        """Again and again, until cancelled. Whatever fails is tried again."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.caught_up)
            except Exception as error:
                log.warning("editions.not_read", error=named(error))

    def publish(
        self, round_id: str, entry: int, at: datetime, day: date, document_no: str, rows: Callable[[str], Sequence[Row]]
    ) -> str:
        """Publish an edition of terms that builds on the newest one of a day, whose name `rows` is given; its name.

        An entry publishes once: done again, it has its edition already. Of two at once the later builds on the earlier.
        """
        while True:
            self.catch_up()
            try:
                with stating(self.engine) as db:
                    if known := db.execute(OF_ENTRY, {"round": round_id, "entry": entry}).scalar():
                        return str(known)
                    last = db.execute(LAST).first()
                    if last and last.number > self.upto:
                        continue
                    name = round_id if entry == 1 else f"{round_id}.{entry}"
                    base = terms_on(day)
                    document = {
                        "edition": name, "base": base, "effective": str(day), "document_no": document_no,
                        "rows": [*_carried(last.name if last else base, base), *rows(base)],
                    }  # fmt: skip
                    TERMS.made(document)
                    preview = WhatIfs(self.engine).preview(
                        OF_TERMS, document, at
                    )  # a call moves nothing of what is under way
                    db.execute(KEEP_PREVIEW[db.dialect.name], preview_row(OF_TERMS, document, preview, SERVICE, at))
                    db.execute(
                        insert(TABLE),
                        {
                            "number": last.number + 1 if last else 1, "name": name, "document": canonical(document),
                            "round_id": round_id, "entry": entry, "published_at": at,
                        },
                    )  # fmt: skip
            except IntegrityError:
                continue  # somebody else published at the same moment


def _carried(last: str, base: str) -> list[Row]:
    """What was published before and the newest terms do not have."""
    there = TERMS[base].rows
    return [
        _row(each, *TERMS[last].rows[each]) for each in TERMS[last].rows if each[0] in CARRIED and each not in there
    ]


def _row(selector: Selector, value: Any, article: str) -> Row:
    key, kind, jurisdiction, year = selector
    return {"key": key, "kind": kind, "jurisdiction": jurisdiction, "year": year, "value": value, "article": article}
