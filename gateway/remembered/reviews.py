"""Half-done reviews (核对到一半的清单): what an officer has answered of a filing's checklist so far, and not decided on yet.

They are no legal record and lie among the drafts, one for each person and filing: gone some time after their last change, or with
the decision. An answer keeps what it was given for (`evidence`): once another version says something else there, it counts no more,
and where nothing changed it is carried over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Engine, delete
from sqlmodel import Session, col, select

from activities.database import reading, writing
from gateway.identity import Identity
from gateway.remembered.drafts import REVIEW, kept
from gateway.remembered.handling import post, post_of
from models.gateway import DraftRow
from models.values import Value, canonical, digest
from models.vocabulary import Role

Verdict = Literal["met", "unmet", "lacking"]

NOTE = 500
"""How long a note on an answer may be, in characters."""


class Answer(Value):
    """What somebody answered to a check: on which version, and for what it was claimed and proved by then."""

    verdict: Verdict | None = None
    note: str = ""
    version: int
    evidence: str


@dataclass(frozen=True)
class Kept:
    """The answers of one person to the checklist of one filing, by the codes of the checks."""

    person: str
    at: datetime
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Reviews:
    """The half-done reviews behind one database."""

    engine: Engine

    def find(self, who: Identity, filing_id: str, now: datetime) -> Kept | None:
        """What somebody has answered; else what a colleague of their post did last, for whoever goes on with it."""
        query = select(DraftRow).where(*_of(post_of(who), filing_id), DraftRow.updated_at > now - kept(now))
        with reading(self.engine) as session:
            rows = session.exec(query.order_by(col(DraftRow.updated_at).desc())).all()
        own = next((each for each in rows if each.person == who.person), None)
        row = own or next(iter(rows), None)
        return _kept(row) if row else None

    def save(self, who: Identity, filing_id: str, answers: Mapping[str, Answer], now: datetime) -> None:
        """Keep what somebody has answered so far, in place of what they had."""
        written = {code: each.model_dump(mode="json") for code, each in answers.items()}
        with writing(self.engine) as session:
            _put(session, post_of(who), who.person, filing_id, canonical(written), now)

    def hand_over(
        self, filing_id: str, of: tuple[Role, str], giver: str, taker: str, now: datetime
    ) -> bool:  # fmt: skip
        """Give what one person of a post (role and office) has answered to a colleague who goes on with it; False if there is
        nothing. It takes the place of whatever the colleague had begun."""
        whose = post(*of)
        with writing(self.engine) as session:
            row = session.get(DraftRow, _key(filing_id, whose, giver))
            if row is None or giver == taker:
                return False
            _put(session, whose, taker, filing_id, row.body, now)
            session.delete(row)
            return True

    def clear(self, who: Identity, filing_id: str) -> None:
        """The filing is decided on: nobody of the post needs their answers any more."""
        with writing(self.engine) as session:
            session.connection().execute(delete(DraftRow).where(*_of(post_of(who), filing_id)))


def _of(whose: str, filing_id: str) -> tuple[ColumnElement[bool], ...]:
    of_reviews = col(DraftRow.id).like(f"{REVIEW}%")
    return of_reviews, col(DraftRow.leader) == _owner(whose), col(DraftRow.title) == filing_id


def _key(filing_id: str, whose: str, person: str) -> str:
    return f"{REVIEW}{digest([filing_id, whose, person])[:32]}"


def _owner(whose: str) -> str:
    """A post where other drafts have their leader."""
    return f"@{digest(whose)[:17]}"


def _put(session: Session, whose: str, person: str, filing_id: str, body: str, now: datetime) -> None:
    key = _key(filing_id, whose, person)
    row = session.get(DraftRow, key) or DraftRow(
        id=key, leader=_owner(whose), person=person, title=filing_id, body="", created_at=now, updated_at=now
    )
    row.body, row.updated_at = body, now
    session.add(row)


def _kept(row: DraftRow) -> Kept:
    answers = {code: Answer.model_validate(each) for code, each in json.loads(row.body).items()}
    return Kept(row.person, row.updated_at, answers)
