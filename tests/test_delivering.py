"""Carrying letters, batch by batch: what is down is tried again, what is slow or broken holds up nobody, and who is told."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, update
from sqlmodel import col, select
from temporalio.common import MetricMeter
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig

from activities import delivering as module
from activities import postman as postmen
from activities.channels.channel import Carried, Channel, Letter, Recipient, Undeliverable
from activities.channels.configured import Configured
from activities.database import writing
from activities.delivering import Delivering, Line
from activities.letter_queue import Batch, Held, LetterQueue
from activities.letters import Letters
from activities.postman import BATCH, Gauges, Postman
from activities.register import Register
from models.acts import Lapse
from models.channels import Filters
from models.register import DeliveryRow, LetterRow
from tests.carried import FAR, LEASE, closed, queue_of, waiting
from tests.databases import Databases
from tests.patience import comes
from tests.simulated import holding, lived, written

HOUR = timedelta(hours=1)


@pytest.fixture
def register(sqlite: Databases) -> Iterator[Register]:
    """A register that holds a whole life, none of it delivered."""
    opened = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    yield opened
    opened.engine.dispose()


@dataclass
class Fake:
    """A channel that does as it is told, and remembers what it was asked to send."""

    words: str = "mail"
    does: Callable[[Letter], None] = lambda letter: None
    sent: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Note that it was tried; then do as told, or take it."""
        self.tried.append(letter.id)
        self.does(letter)
        self.sent.append(letter.id)
        return Carried(address="1***", receipt="taken")


def down(letter: Letter) -> None:
    """A channel that nobody answers on."""
    raise ConnectionError("no answer")


def never(letter: Letter) -> None:
    """A channel that takes nothing."""
    raise Undeliverable("空号")


@dataclass
class Reports:
    """What filings are told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    unreachable: bool = False

    async def __call__(self, filing_id: str, act: Mapping[str, Any]) -> None:
        """Note it, or fail as an engine does that cannot be reached."""
        if self.unreachable:
            raise ConnectionError("no engine")
        self.told.append((filing_id, str(act["id"])))


def carrying(register: Register, *, report: Reports | None = None, **channels: Fake) -> Delivering:
    """What delivers by these channels, each under its name."""
    return Delivering(
        Letters(register.engine),
        [Configured(name, cast(Channel, channel), Filters()) for name, channel in channels.items()],
        report=report or Reports(),
        give_up_after=timedelta(days=5),
        longest_pause=HOUR,
    )


def now() -> datetime:
    """By the clock of the wall."""
    return datetime.now(UTC)


def only(register: Register, *letters: str) -> None:
    """Only these are due, and at once."""
    with writing(register.engine) as session:
        connection = session.connection()
        connection.execute(update(LetterRow), {"due_at": FAR})
        connection.execute(update(LetterRow).where(col(LetterRow.id).in_(letters)), {"due_at": now()})


def passes(register: Register, time: timedelta) -> None:
    """So much time passes: everything that was noted of deliveries, and is to be done, was that much earlier."""
    with writing(register.engine) as session:
        for table, columns in ((DeliveryRow, ("first_tried_at", "last_tried_at")), (LetterRow, ("due_at",))):
            for row in session.exec(select(table)).all():
                for column in columns:
                    setattr(row, column, getattr(row, column) - time)


def take(register: Register | Delivering, most: int = 500) -> Held:
    """Take what is due."""
    queue = queue_of(register.engine if isinstance(register, Register) else register.letters.engine)
    return Held(queue, queue.take(now(), most))


def carry(delivering: Delivering, most: int = 500) -> list[str]:
    """Deliver what is due; which letters told a leader nothing."""
    return [each.row.id for each in delivering.carry(take(delivering, most)).silent]


def states(register: Register, letter: str) -> dict[str, str]:
    """What each channel came to with a letter."""
    return {each.channel: each.state for each in Letters(register.engine).deliveries(letter)}


def row(register: Register, letter: str) -> LetterRow:
    """A letter as it stands."""
    found = Letters(register.engine).row(letter)
    assert found
    return found


FIRST = "LIFE-1-1"
"""The first letter to the leader."""


# In batches


def test_a_batch_is_read_and_noted_by_few_statements_however_many_letters_are_in_it(register: Register) -> None:
    inbox = Fake("inbox")
    delivering = carrying(register, files=inbox)
    statements: list[str] = []
    commits: list[int] = []
    event.listen(register.engine, "before_cursor_execute", lambda _, __, statement, *___: statements.append(statement))
    event.listen(register.engine, "commit", lambda _: commits.append(1))
    assert carry(delivering, BATCH) == []
    assert len(inbox.sent) >= BATCH - 10, "each once"
    assert len(set(inbox.sent)) == len(inbox.sent)
    said = [each.split()[0] for each in statements if not each.startswith("BEGIN")]
    assert said == ["SELECT", "UPDATE", "SELECT", "INSERT", "UPDATE"], "taken; their messages; noted, and closed"
    assert len(commits) == 2


def test_what_knocks_is_noted_before_the_next_is_sent_and_what_is_placed_with_the_batch(register: Register) -> None:
    """Of what knocks one goes twice at most if everything dies; what is placed may be placed again."""
    seen: list[tuple[int, int]] = []

    def look(letter: Letter) -> None:
        shown = [Letters(register.engine).deliveries(each) for each in mail.sent]
        seen.append((len(mail.sent), sum(each.channel == "mail" for of in shown for each in of)))

    mail, inbox = Fake(does=look), Fake("inbox")
    only(register, FIRST, "LIFE-2-1", "LIFE-3-1")
    carry(carrying(register, files=inbox, mail=mail))
    assert seen == [(0, 0), (1, 1), (2, 2)]
    assert states(register, FIRST) == {"files": "arrived", "mail": "arrived"}


def test_a_letter_for_which_there_is_no_channel_is_done(register: Register) -> None:
    carry(carrying(register))
    assert waiting(register.engine) == []


# What is down


def test_a_channel_that_is_down_is_tried_by_growing_pauses_with_each_letter(register: Register) -> None:
    mail, inbox = Fake(does=down), Fake("inbox")
    delivering = carrying(register, files=inbox, mail=mail)
    only(register, FIRST)
    pauses: list[float] = []
    for _ in range(16):
        carry(delivering)
        delivering._lines.clear()
        waits = row(register, FIRST).due_at - now()
        pauses.append(waits.total_seconds())
        passes(register, waits + timedelta(milliseconds=1))
    assert 0 < pauses[0] <= pauses[1] < 3, "a second, or a little more on a busy machine"
    growth = [after / before for before, after in pairwise(pauses[1:12])]
    assert all(1.5 < each < 3 for each in growth), "each about as long as all before it"
    assert [round(each) for each in pauses[-2:]] == [3600, 3600], "an hour at most"
    assert (len(mail.tried), len(inbox.tried)) == (16, 1), "what has arrived is not sent again"
    mail.does = lambda letter: None
    carry(delivering)
    assert mail.sent == [FIRST]
    assert row(register, FIRST).closed_at


def test_one_letter_s_pauses_are_no_other_s(register: Register) -> None:
    mail = Fake(does=lambda letter: down(letter) if letter.id == FIRST else None)
    delivering = carrying(register, mail=mail)
    only(register, FIRST)
    carry(delivering)
    carry(delivering)
    assert mail.tried == [FIRST], "not due yet"
    only(register, FIRST, "LIFE-2-1")
    carry(delivering)
    assert mail.tried == [FIRST, "LIFE-2-1"], "asked for sooner, it waits for its pause all the same"
    assert (row(register, FIRST).closed_at, bool(row(register, "LIFE-2-1").closed_at)) == (None, True)


def test_a_channel_that_failed_some_times_in_a_row_rests_and_nobody_waits_for_it(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", timedelta(minutes=1))
    mail, inbox = Fake(does=down), Fake("inbox")
    delivering = carrying(register, mail=mail, files=inbox)
    carry(delivering)
    assert len(mail.tried) == module.RESTS_AFTER
    assert len(inbox.sent) > 2 * module.RESTS_AFTER, "all others went on"
    shown = [each for letter in inbox.sent for each in Letters(register.engine).deliveries(letter)]
    owed = [each for each in shown if each.channel == "mail"]
    assert {(each.state, each.receipt) for each in owed} == {("trying", "no answer")}, "that it is owed is noted"
    assert sorted({each.tries for each in owed}) == [0, 1]
    mail.does = lambda letter: None
    delivering._lines["mail"].rests_until = 0.0
    passes(register, timedelta(minutes=2))
    carry(delivering)
    assert set(mail.sent) >= {each.letter for each in owed}
    assert delivering._lines["mail"].downs == 0


def test_a_rest_grows_up_to_a_minute_and_never_beyond_the_longest_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    line, rests = Line(), []
    for _ in range(12):
        line.down("no answer", 3600.0)
        rests.append(line.rests_until)
    assert rests == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    line.down("no answer", 0.2)
    assert line.rests_until == 0.2


def test_a_slow_channel_leaves_the_rest_of_a_batch_for_another(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = 0.0

    def take_long(letter: Letter) -> None:
        nonlocal shown
        shown += module.SLOW + 1

    slow, quick = Fake(does=take_long), Fake("robot")
    delivering = carrying(register, slow=slow, quick=quick)
    letters = [FIRST, "LIFE-2-1", "LIFE-3-1"]
    only(register, *letters)
    monkeypatch.setattr(time, "monotonic", lambda: shown)
    for number in range(1, 4):
        carry(delivering)
        assert len(slow.sent) == number, "one letter of it at least"
        assert sorted(quick.sent) == letters, "which waited for none of it"
    assert sorted(slow.sent) == letters
    assert not set(letters) & set(waiting(register.engine))


def test_a_slow_channel_has_one_letter_in_hand_and_no_batch_waits_for_it(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: shown)
    line = Line()
    with line.trying():
        assert not line.rests, "one that answers has many in hand"
        shown += module.SLOW + 1
        assert line.rests
    assert not line.rests
    with line.trying():
        assert line.rests, "it was slow"
    assert not line.slow, "and is no more"
    files = Fake("inbox")
    mail = Fake(does=lambda letter: files.sent.index(letter.id))
    delivering = carrying(register, mail=mail, files=files)
    only(register, FIRST, "LIFE-2-1")
    carry(delivering)
    assert len(mail.sent) == 2, "after all that is only put into its place"


def test_a_letter_that_cannot_be_read_holds_up_no_other(register: Register) -> None:
    inbox = Fake("inbox")
    with writing(register.engine) as session:
        broken = update(LetterRow).where(col(LetterRow.id) == FIRST)
        session.connection().execute(broken, {"messages": '["NOBODY-1-1"]'})
    carry(carrying(register, files=inbox))
    assert FIRST not in inbox.sent
    assert len(inbox.sent) > 10
    (shown,) = Letters(register.engine).deliveries(FIRST)
    assert (shown.state, shown.receipt) == ("trying", "KeyError")
    assert FIRST in waiting(register.engine)


def test_a_channel_that_is_down_for_too_long_has_failed(register: Register) -> None:
    inbox, reports = Fake("inbox", does=down), Reports()
    delivering = carrying(register, report=reports, files=inbox)
    only(register, "LIFE-1-2")
    carry(delivering)
    passes(register, timedelta(days=5, seconds=2))
    carry(delivering)
    ((letter, (shown,)),) = Letters(register.engine).failed()
    assert letter.id == "LIFE-1-2"
    assert shown.receipt.endswith("起始终不通，不再重试（no answer）")
    assert reports.told == [], "an office's trouble is no filing's"


# Who is told


async def test_a_leader_whom_nothing_reached_is_a_matter_of_the_filing_and_only_then_closed(register: Register) -> None:
    reports, chat, inbox = Reports(unreachable=True), Fake("robot"), Fake("inbox")
    delivering = carrying(register, report=reports, files=inbox, chat=chat, mail=Fake(does=never))
    only(register, FIRST)
    held = take(register)
    (silent,) = delivering.carry(held).silent
    assert states(register, FIRST) == {"files": "arrived", "chat": "arrived", "mail": "failed"}
    assert row(register, FIRST).closed_at is None, "the filing does not know yet"
    fate = await delivering.tell(silent)
    held.settle(now(), fates=[fate])
    assert row(register, FIRST).closed_at is None, "nor can it be told now: later"

    reports.unreachable = False
    only(register, FIRST)
    held = take(register)
    held.settle(now(), fates=[await delivering.tell(each) for each in delivering.carry(held).silent])
    assert [filing for filing, _ in reports.told] == ["LIFE"]
    assert [letter.id for letter, _ in Letters(register.engine).failed()] == [FIRST]


@pytest.mark.parametrize("other", ["arrives", "is down"])
def test_a_leader_whom_something_reached_or_still_may_is_not(register: Register, other: str) -> None:
    text = Fake("sms", does=down if other == "is down" else lambda letter: None)
    delivering = carrying(register, mail=Fake(does=never), text=text)
    only(register, FIRST)
    assert carry(delivering) == []
    assert bool(row(register, FIRST).closed_at) is (other == "arrives")
    assert row(register, FIRST).failed is (other == "arrives")


# Lease and end


@pytest.mark.parametrize("how", ["closed by another", "slept over the end of the lease"])
def test_what_is_no_longer_in_hand_is_not_sent(register: Register, how: str) -> None:
    def lose(letter: Letter) -> None:
        if how == "closed by another":
            closed(register.engine, "LIFE-2-1", now(), failed=False)
            held.keep(now())
        else:
            held.batch = Batch(held.batch.letters, now())

    mail = Fake(does=lose)
    only(register, FIRST, "LIFE-2-1")
    held = take(register)
    carrying(register, mail=mail).carry(held)
    assert mail.sent == [FIRST]
    assert states(register, FIRST) == {"mail": "arrived"}, "that it was sent is noted in any case"
    assert (FIRST in waiting(register.engine)) is (how != "closed by another"), "it is for whoever has it now"


def test_what_nobody_took_over_when_a_lease_ran_out_is_not_sent_and_still_waits(register: Register) -> None:
    mail = Fake()
    with writing(register.engine) as session:
        session.connection().execute(update(LetterRow), {"due_at": now() - 2 * LEASE})
    queue = queue_of(register.engine)
    held = Held(queue, queue.take(now() - 2 * LEASE, 9))
    carrying(register, mail=mail).carry(held)
    assert mail.sent == []
    assert held.batch.ids <= set(waiting(register.engine))
    assert held.batch.ids <= queue.take(now(), 500).ids, "due at once"


def test_who_is_to_stop_sends_what_is_under_way_and_leaves_the_rest_at_once(register: Register) -> None:
    def stop(letter: Letter) -> None:
        delivering.stopping = True

    mail = Fake(does=stop)
    delivering = carrying(register, mail=mail)
    only(register, FIRST, "LIFE-2-1")
    carry(delivering)
    assert mail.sent == [FIRST]
    assert take(register).batch.ids == {"LIFE-2-1"}, "no lease has to run out"


# The postman


def postman_of(
    delivering: Delivering, at_once: int = 2, interval: float = 60.0, queue: LetterQueue | None = None
) -> Postman:
    """A postman who looks once, and when he is rung for."""
    queue = queue or queue_of(delivering.letters.engine)
    return Postman(delivering.letters, queue, delivering, [], interval, at_once, Gauges(MetricMeter.noop))


@asynccontextmanager
async def working(postman: Postman) -> AsyncIterator[None]:
    """He works meanwhile."""
    running = asyncio.create_task(postman.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_slow_batch_holds_up_no_other(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmen, "BATCH", 5)
    gate, slow = threading.Event(), waiting(register.engine)[0]

    def hold(letter: Letter) -> None:
        if letter.id == slow:
            gate.wait()

    async with working(postman_of(carrying(register, files=Fake("inbox", does=hold)))):
        await comes(lambda: len(waiting(register.engine)) <= 5)
        gate.set()
        await comes(lambda: not waiting(register.engine))


async def test_no_more_is_in_hand_than_batches_side_by_side(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmen, "BATCH", 5)
    gate, at_work = threading.Event(), set[int]()

    def hold(letter: Letter) -> None:
        at_work.add(threading.get_ident())
        gate.wait()

    delivering = carrying(register, files=Fake("inbox", does=hold))
    everything = len(waiting(register.engine))
    async with working(postman_of(delivering, at_once=3)):
        await comes(lambda: len(at_work) == 3)
        left = take(register)
        gate.set()
    assert everything - len(left.batch.letters) == 3 * 5


async def test_a_lease_is_prolonged_for_as_long_as_a_letter_takes(register: Register) -> None:
    prolonged = threading.Semaphore(0)

    @dataclass(frozen=True)
    class Counting(LetterQueue):
        def keep(self, batch: Batch, at: datetime) -> Batch:
            kept = super().keep(batch, at)
            if kept.until and batch.until and kept.until > batch.until and kept.ids == batch.ids:
                prolonged.release()
            return kept

    def take_long(letter: Letter) -> None:
        for _ in range(3):
            prolonged.acquire()

    only(register, FIRST)
    mail = Fake(does=take_long)
    async with working(
        postman_of(carrying(register, mail=mail), queue=Counting(register.engine, timedelta(seconds=1)))
    ):
        await comes(lambda: FIRST not in waiting(register.engine))
    assert mail.sent == [FIRST]


async def test_while_deadlines_are_late_letters_hold_back(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmen, "BATCH", 5)
    monkeypatch.setattr(postmen, "YIELDS", 3600.0)
    held = postmen.LONGEST_HELD
    monkeypatch.setattr(
        postmen, "LONGEST_HELD", timedelta.max
    )  # its letters are years old, as soon as that is looked at
    inbox = Fake("inbox")
    postman = postman_of(carrying(register, files=inbox), at_once=8, interval=0.05)
    life = [entry for entry in lived("LIFE").docket if isinstance(entry.event, Lapse)]
    in_time, late = life[0], life[0].but(entered_at=life[0].at + timedelta(minutes=1))
    postman.entered(in_time.but(entered_at=in_time.at + timedelta(seconds=1)))
    assert not postman._yields
    postman.entered(late)
    assert postman._yields
    most = 0
    started = postman._start

    def start(threads: Any) -> None:
        nonlocal most
        started(threads)
        most = max(most, len(postman._under_way))

    monkeypatch.setattr(postman, "_start", start)
    async with working(postman):
        await comes(lambda: len(inbox.sent) > 10)
    assert most == 1, "one batch at each look: none is held up for good"
    monkeypatch.setattr(postmen, "LONGEST_HELD", held)
    postman._backlog = postman._backlog._replace(late=held)
    assert not postman._yields, "and none for longer than that"


async def test_what_a_day_brings_for_everybody_waits_until_no_lapse_is_entered_any_more(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, inbox = list[datetime](), Fake("inbox")
    postman = postman_of(carrying(register, files=inbox), interval=0.01)
    postman.routines = [compiled.append]
    lapse = next(entry for entry in lived("LIFE").docket if isinstance(entry.event, Lapse))
    monkeypatch.setattr(postmen, "OVER", 3600.0)
    postman.entered(lapse)
    async with working(postman):
        await comes(lambda: inbox.sent)
        assert not compiled, "letters leave meanwhile"
        monkeypatch.setattr(postmen, "OVER", 0.0)
        postman.entered(lapse)
        await comes(lambda: compiled)


# What operators see


def test_every_metric_of_letters_is_measured_and_explained(register: Register) -> None:
    buffer = MetricBuffer(1000)
    gauges = Gauges(Runtime(telemetry=TelemetryConfig(metrics=buffer)).metric_meter)
    delivering = carrying(register, files=Fake("inbox"), mail=Fake(does=down))
    delivering.counted = gauges.tried
    everything = len(waiting(register.engine))
    only(register, FIRST, "LIFE-1-2")
    carry(delivering)
    closed(register.engine, "LIFE-1-2", now(), failed=True)
    gauges.shows(delivering.letters.backlog(now()), ["files", "mail"])
    shown: dict[tuple[str, ...], float] = {}
    for each in buffer.retrieve_updates():
        labels = [str(each.attributes[name]) for name in ("channel", "state") if name in each.attributes]
        shown[each.metric.name, *labels] = each.value
    late = shown.pop(("beian_letters_late_seconds",))
    assert late >= 0
    assert shown == {
        ("beian_letter_tries", "files", "arrived"): 1,
        ("beian_letter_tries", "mail", "trying"): 1,
        ("beian_letters_waiting",): everything - 1,
        ("beian_letters_failed",): 1,
        ("beian_letters_owed", "files"): 0,
        ("beian_letters_owed", "mail"): 1,
    }
    explained = (Path(__file__).parent.parent / "docs" / "operations.md").read_text("utf-8")
    assert all(f"`{name}`" in explained for name, *_ in [*shown, ("beian_letters_late_seconds",)])
