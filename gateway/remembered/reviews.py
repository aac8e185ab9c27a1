"""Half-done reviews (核对到一半的清单): what an officer has answered of a filing's checklist so far, and not decided on yet.

They are no legal record and lie among the drafts, one for each person and filing: gone some time after their last change, or with
the decision. An answer keeps what it was given for (`evidence`): once another version says something else there, it counts no more,
and where nothing changed it is carried over.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Engine, delete
from sqlmodel import Session, col, select

from activities.database import alone, reading, writing
from gateway.identity import Identity
from gateway.remembered.drafts import REVIEW, kept
from gateway.remembered.handling import post, post_of
from models.gateway import DraftRow
from models.values import Value, canonical, digest
from models.vocabulary import Role

Verdict = Literal["met", "unmet", "lacking"]

NOTE = 500
"""How long a note on an answer may be, in characters."""


BESIDE = 5
"""How many other answers are kept beside one, the newest."""


class Other(Value):
    """An answer that stands beside the one that counts: a colleague's of before the filing went over, or one of another page."""

    person: str
    verdict: Verdict | None = None
    note: str = ""
    version: int


class Answer(Value):
    """What somebody answered to a check: on which version, for what it was claimed and proved by then, and when.

    `page` is the page, as it was opened, on which it was given; `beside` is what was answered otherwise and does not count: nothing that somebody wrote is lost by what another wrote.
    """

    verdict: Verdict | None = None
    note: str = ""
    version: int
    evidence: str
    at: datetime | None = None
    page: str = ""
    beside: tuple[Other, ...] = ()

    @property
    def says(self) -> tuple[str, str]:
        """What it comes to: the verdict and the note."""
        return self.verdict or "", self.note

    def answers(self, says: tuple[str, str], evidence: str) -> bool:
        """Whether it says just this of just that."""
        return (self.says, self.evidence) == (says, evidence)

    def with_other(self, *others: Other) -> "Answer":
        """This one, with others beside it that say something else."""
        told = (*(each for each in others if (each.verdict or "", each.note) != self.says), *self.beside)
        return self.but(beside=tuple(dict.fromkeys(told))[:BESIDE])

    def of(self, person: str) -> Other:
        """As it stands beside another."""
        return Other(person=person, verdict=self.verdict, note=self.note, version=self.version)


def merged(
    taker: str, own: Mapping[str, Answer], giver: str, theirs: Mapping[str, Answer]
) -> dict[str, Answer]:  # fmt: skip
    """Two people's answers to one checklist, check by check: what was answered of the later version counts, and of one version what
    was answered later. What the other one said stands beside it."""
    told = dict(own)
    for code, given in theirs.items():
        mine = own.get(code)
        if mine is None:
            told[code] = given
        elif (mine.version, mine.at or EVER) < (given.version, given.at or EVER):
            told[code] = given.with_other(*_said(mine, taker), *mine.beside)
        else:
            told[code] = mine.with_other(*_said(given, giver), *given.beside)
    return told


def _said(answer: Answer, person: str) -> tuple[Other, ...]:
    return (answer.of(person),) if any(answer.says) else ()


EVER = datetime.min.replace(tzinfo=UTC)


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
        with reading(self.engine) as session:
            return _found(session, who, filing_id, now)

    def change(
        self, who: Identity, filing_id: str, merge: Callable[[Kept | None], Mapping[str, Answer]], now: datetime
    ) -> None:  # fmt: skip
        """Keep what `merge` makes of the answers as they stand, those that are found; both in one turn to write, so that of two
        pages neither overlooks what the other saved."""
        with writing(self.engine) as session:
            _alone(session, post_of(who), filing_id)
            answers = merge(_found(session, who, filing_id, now))
            _put(session, post_of(who), who.person, filing_id, answers, now)

    def hand_over(
        self, filing_id: str, of: tuple[Role, str], giver: str, taker: str, now: datetime
    ) -> bool:  # fmt: skip
        """Give what one person of a post (role and office) has answered to a colleague who goes on with it; False if there is
        nothing. What the colleague had begun is kept: check by check the newer answer counts, the other stands beside it."""
        whose = post(*of)
        with writing(self.engine) as session:
            _alone(session, whose, filing_id)
            row, own = (session.get(DraftRow, _key(filing_id, whose, each)) for each in (giver, taker))
            if row is None or giver == taker:
                return False
            begun = _kept(own).answers if own else {}
            _put(session, whose, taker, filing_id, merged(taker, begun, giver, _kept(row).answers), now)
            session.delete(row)
            return True

    def clear(self, who: Identity, filing_id: str) -> None:
        """The filing is decided on: nobody of the post needs their answers any more."""
        with writing(self.engine) as session:
            _alone(session, post_of(who), filing_id)
            session.connection().execute(delete(DraftRow).where(*_of(post_of(who), filing_id)))


def _alone(session: Session, whose: str, filing_id: str) -> None:
    """A post's answers to one checklist are changed by one at a time; those that are not there yet cannot be locked."""
    alone(session, REVIEW, whose, filing_id)


def _of(whose: str, filing_id: str) -> tuple[ColumnElement[bool], ...]:
    of_reviews = col(DraftRow.id).like(f"{REVIEW}%")
    return of_reviews, col(DraftRow.leader) == _owner(whose), col(DraftRow.title) == filing_id


def _key(filing_id: str, whose: str, person: str) -> str:
    return f"{REVIEW}{digest([filing_id, whose, person])[:32]}"


def _owner(whose: str) -> str:
    """A post where other drafts have their leader."""
    return f"@{digest(whose)[:17]}"


def _found(session: Session, who: Identity, filing_id: str, now: datetime) -> Kept | None:
    query = select(DraftRow).where(*_of(post_of(who), filing_id), DraftRow.updated_at > now - kept(now))
    rows = session.exec(query.order_by(col(DraftRow.updated_at).desc())).all()
    row = next((each for each in rows if each.person == who.person), next(iter(rows), None))
    return _kept(row) if row else None


def _put(
    session: Session, whose: str, person: str, filing_id: str, answers: Mapping[str, Answer], now: datetime
) -> None:
    key = _key(filing_id, whose, person)
    row = session.get(DraftRow, key) or DraftRow(
        id=key, leader=_owner(whose), person=person, title=filing_id, body="", created_at=now, updated_at=now
    )
    row.body = canonical({code: each.model_dump(mode="json") for code, each in answers.items()})
    row.updated_at = now
    session.add(row)


def _kept(row: DraftRow) -> Kept:
    """What a row holds; an answer that does not say when it was given was given when the row was last written."""
    read = {code: Answer.model_validate(each) for code, each in json.loads(row.body).items()}
    answers = {code: each if each.at else each.but(at=row.updated_at) for code, each in read.items()}
    return Kept(row.person, row.updated_at, answers)
