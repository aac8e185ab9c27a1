"""What finds crash points is tried on faults that were put in, so that "all equal" (`make crashes`) says something.

A share of a life without an engine, in which everything dies once at every step: here the register and the postman's part of it.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from activities import letter_opening
from activities.appending import Appended
from activities.channels.channel import Carried, Letter, Recipient
from activities.channels.configured import Configured
from activities.database import reading, stating, writing
from activities.delivering import Delivering, Errand
from activities.letter_queue import Held, LetterQueue, Note, Tried
from activities.letters import Letters
from activities.register import Register
from models.channels import Filters
from models.filing import Entry
from models.register import LetterRow
from models.vocabulary import DeliveryState, Kind
from tests.crashes.counting import shared_out
from tests.crashes.outcome import Told, differences, of_register
from tests.crashes.points import CURRENT, Death, Plan, Points, Process, nowhere, watch_commits
from tests.crashes.watched import watched
from tests.databases import Sqlite
from tests.simulated import lived

PART = "accept"
"""How far the life is lived here."""


@dataclass
class Door:
    """A channel that knocks."""

    words: ClassVar[str] = "mail"

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Nothing more."""
        return Carried(address=letter.office, receipt="taken")


@dataclass
class Split(Register):
    """A fault: letters are opened in a transaction of their own, after the entry's."""

    def append(self, entry: Entry) -> Appended:
        """Append without letters; then open them."""
        held: list[Any] = []
        opens = letter_opening.opened_for

        def later(*rows: Any) -> list[Any]:
            held.extend(opens(*rows))
            return []

        try:
            vars(letter_opening)["opened_for"] = later
            appended = super().append(entry)
        finally:
            vars(letter_opening)["opened_for"] = opens
        if appended.outcome == "entered" and held:
            with stating(self.engine) as db:
                db.execute(letter_opening.OPENS, held)
        return appended


class NotedFirst(Delivering):
    """A fault: that a letter arrived is noted before it is sent."""

    held: Held

    def carry(self, held: Held) -> Any:
        """Remember what is in hand."""
        self.held = held
        return super().carry(held)

    def _try(self, channel: Configured, carrier: Any, errand: Errand) -> Tried:
        arrived = Tried(state=DeliveryState.ARRIVED, receipt="noted first", content="")
        now = datetime.now(UTC)
        self.held.settle(now, [Note(errand.row.id, channel.name, arrived, now)])
        return super()._try(channel, carrier, errand)


@dataclass
class House:
    """A register and a postman, who die at points and begin again."""

    register: Register
    points: Points
    delivers: type[Delivering] = Delivering
    posted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        watch_commits(self.register.engine, self.points, lambda: sqlite3.OperationalError("the answer was lost"))

    @contextmanager
    def process(self, part: str, doing: str) -> Iterator[None]:
        """Whatever is done in here may be the last thing that is."""
        token = CURRENT.set(Process(part, doing))
        try:
            yield
        except (Death, OperationalError):
            pass
        finally:
            CURRENT.reset(token)

    def lives(self) -> "House":
        """The beginning of a life, and its letters."""
        life = lived("LIFE").until(PART)
        life.lodged(self.register)
        for entry in life.docket:
            entered: Appended | None = None
            while entered is None:
                with self.process("worker", f"enter {entry.number}"):
                    entered = self.register.append(entry)
            while self.letters_wait():
                with self.process("postman", f"letters of {entry.number}"):
                    self.postman()
        return self

    def postman(self) -> None:
        """One batch."""
        now, queue = datetime.now(UTC), LetterQueue(self.register.engine, timedelta(minutes=1))
        channel = Configured("mail", watched("mail", Door(), self.points, self.posted), Filters())
        weeks = timedelta(weeks=2)
        postman = self.delivers(Letters(self.register.engine), [channel], self._told, weeks, weeks)
        postman.carry(Held(queue, queue.take(now, 50)))

    async def _told(self, *_: Any) -> None:
        raise AssertionError("everybody is reached")

    def letters_wait(self) -> bool:
        """Whether any do; their leases have run out."""
        ago = datetime.now(UTC) - timedelta(seconds=5)
        with writing(self.register.engine) as session:
            session.connection().execute(update(LetterRow).where(col(LetterRow.closed_at).is_(None)).values(due_at=ago))
            return session.exec(select(LetterRow.id).where(col(LetterRow.closed_at).is_(None))).first() is not None

    @property
    def outcome(self) -> Told:
        """What it has come to."""
        with reading(self.register.engine) as session:
            return of_register(session)


Lives = Callable[..., House]


@pytest.fixture
def lives(sqlite: Sqlite) -> Iterator[Lives]:
    """Lives, each on a register of its own."""
    opened: list[Register] = []

    def begun(plan: Plan = nowhere, kind: type[Register] = Register, delivers: type[Delivering] = Delivering) -> House:
        opened.append(kind(Register.at(sqlite.migrated()).engine))
        return House(opened[-1], Points(plan), delivers).lives()

    yield begun
    for each in opened:
        each.engine.dispose()


def dying(lives: Lives, **how: Any) -> tuple[House, Sequence[House]]:
    """An undisturbed life, and three in which everything dies at each of its points once."""
    undisturbed = lives(**how)
    shares = [asked.dies_at for asked in shared_out(Kind.A, list(undisturbed.points.passed), 3)]
    return undisturbed, [lives(share.__contains__, **how) for share in shares]


def test_everything_dies_once_at_each_point_and_comes_to_the_same(lives: Lives) -> None:
    undisturbed, others = dying(lives)
    died = [point for each in others for point in each.points.died]
    assert sorted(died) == sorted(undisturbed.points.passed), "at each point once"
    assert {point.rpartition(" | ")[2] for point in died} == {"before", "after", "answer lost"}
    for each in others:
        assert differences(undisturbed.outcome, each.outcome) == []
    assert set(undisturbed.posted.values()) == {1}
    assert sum((each.posted for each in others), Counter()).total() > 3 * undisturbed.posted.total(), "some went twice"


def test_a_commit_that_is_split_in_two_is_found(lives: Lives) -> None:
    undisturbed, others = dying(lives, kind=Split)
    assert any("letters - " in found for each in others for found in differences(undisturbed.outcome, each.outcome))


def test_a_letter_that_is_noted_before_it_is_sent_is_found(lives: Lives) -> None:
    undisturbed, others = dying(lives, delivers=NotedFirst)
    assert any(undisturbed.posted.keys() - each.posted.keys() for each in others), "one was never sent"


def test_who_is_dead_does_nothing_more() -> None:
    points = Points(lambda name: name.endswith("send | before"))
    token = CURRENT.set(Process("postman", "letters"))
    try:
        with pytest.raises(Death), points.step("send"):
            raise AssertionError("it was not to be sent")
        with pytest.raises(Death), points.step("tidying up"):
            raise AssertionError("nobody is there to tidy up")
    finally:
        CURRENT.reset(token)
    assert list(points.died) == ["postman | letters | send | before"]
