"""The queue of letters on SQLite and on a real PostgreSQL: taken by lease, kept, lost, and what is noted of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from alembic import command

from activities.database import reading, writing
from activities.letter_queue import Batch, Fate, LetterQueue, Note, Tried
from activities.letters import Down, Letters
from activities.migrating import config, migrate
from activities.register import Register
from models.register import LetterRow
from models.vocabulary import DeliveryState
from tests.carried import LEASE, came_to, closed, queue_of, waiting
from tests.databases import Databases, on_both, on_both_by_the_owner

ARRIVED = Tried(state=DeliveryState.ARRIVED, address="1***", receipt="250 ok", content="0" * 64)
FAILED = Tried(state=DeliveryState.FAILED, receipt="空号", content="0" * 64)
TRYING = Tried(state=DeliveryState.TRYING, receipt="ConnectError", content="0" * 64)
RESTED = TRYING.but(tries=0)


@pytest.fixture
def now() -> datetime:
    """After whatever was written until now."""
    return datetime.now(UTC)


def row(register: Register, letter: str) -> LetterRow:
    """A letter as it stands."""
    found = Letters(register.engine).row(letter)
    assert found
    return found


# Taken


@on_both
def test_what_is_due_is_taken_once_and_again_when_the_lease_has_run_out(full: Register, now: datetime) -> None:
    queue, everything = queue_of(full.engine), set(waiting(full.engine))
    first = queue.take(now, 3)
    rest = queue.take(now, 500)
    assert len(first.letters) == 3
    assert first.ids | rest.ids == everything
    assert not first.ids & rest.ids
    assert not queue.take(now + LEASE - timedelta(microseconds=1), 500).letters, "they are in somebody's hands"
    again = queue.take(now + LEASE, 500)
    assert again.ids == everything, "who had them died: a minute, and not a quarter of an hour"
    assert all(letter.handed_at == now for letter in again.letters), "when it was first taken"


@on_both
def test_many_take_at_once_and_no_letter_is_taken_twice(full: Register, now: datetime) -> None:
    queue, gate = queue_of(full.engine), Barrier(5)

    def take(_: int) -> list[str]:
        gate.wait()
        taken: list[str] = []
        while batch := queue.take(now, 7).letters:
            taken += [letter.id for letter in batch]
        return taken

    with ThreadPoolExecutor(5) as pool:
        taken = [letter for each in pool.map(take, range(5)) for letter in each]
    assert sorted(taken) == sorted(waiting(full.engine)), "each once, and none is left"


@on_both
def test_those_due_the_longest_come_first(full: Register, now: datetime) -> None:
    queue = queue_of(full.engine)
    batch = queue.take(now, 500)
    last, *others, first = sorted(batch.ids)
    fates = [Fate(first, now + timedelta(seconds=1)), Fate(last, now + timedelta(seconds=3))]
    queue.settle(batch, now, fates=[*fates, *(Fate(each, now + timedelta(seconds=2)) for each in others)])
    in_order = [queue.take(now + timedelta(seconds=9), 1).letters[0].id for _ in range(3)]
    assert in_order == [first, *others[:2]]


@on_both
def test_a_days_reminders_are_waited_for_before_they_are_first_taken(full: Register, now: datetime) -> None:
    wait = timedelta(days=1)  # longer than the register can be old: it may have been filled early in a long run
    queue = queue_of(full.engine, bundle_wait=wait)
    taken = queue.take(now, 500)
    bundles = {letter for letter in waiting(full.engine) if letter.startswith("_reminders-")}
    assert bundles == set(waiting(full.engine)) - taken.ids
    ripe = queue.take(now + wait, 500)
    assert bundles < ripe.ids
    one = sorted(bundles)[0]
    queue.settle(ripe, now, fates=[Fate(one, due=now + wait)])
    assert one in queue.take(now + wait, 500).ids, "what was taken before is not waited for again"


# Kept and lost


@on_both
def test_a_lease_is_prolonged_for_what_is_still_in_hand(full: Register, now: datetime) -> None:
    queue, later = queue_of(full.engine), now + LEASE / 2
    batch = queue.take(now, 3)
    gone, asked, kept = sorted(batch.ids)
    closed(full.engine, gone, now, failed=False)
    assert Letters(full.engine).reopen(asked, now), "people want it sent again"
    held = queue.keep(batch, later)
    assert (held.ids, held.until) == ({kept}, later + LEASE)
    assert kept not in queue.take(now + LEASE, 500).ids


@on_both
def test_who_lost_a_letter_while_sending_notes_that_it_was_sent_and_nothing_else(full: Register, now: datetime) -> None:
    mine, letters = queue_of(full.engine), Letters(full.engine)
    lost = mine.take(now, 1)
    (letter,) = lost.ids
    other = mine.take(now + LEASE, 500)
    assert letter in other.ids
    mine.settle(lost, now + LEASE, [Note(letter, "mail", ARRIVED, now)], [Fate(letter)])
    assert row(full, letter).closed_at is None, "it is another's to close"
    mine.settle(other, now + LEASE, [Note(letter, "mail", TRYING, now + LEASE)], [Fate(letter, due=now + 2 * LEASE)])
    ((shown),) = letters.deliveries(letter)
    assert (shown.state, shown.tries, shown.receipt) == ("arrived", 1, "250 ok"), "it has arrived, whatever others saw"
    assert row(full, letter).due_at == now + 2 * LEASE
    assert mine.keep(lost, now + LEASE).ids == set()


# Noted


@on_both
def test_what_arrived_has_arrived_and_what_was_given_up_stays_so(full: Register, now: datetime) -> None:
    stands = {
        (TRYING, ARRIVED): "arrived",
        (TRYING, FAILED): "failed",
        (TRYING, TRYING): "trying",
        (ARRIVED, TRYING): "arrived",
        (ARRIVED, FAILED): "arrived",
        (FAILED, TRYING): "failed",
        (FAILED, ARRIVED): "arrived",
    }
    for number, (first, second) in enumerate(stands):
        came_to(full.engine, "LIFE-1-1", f"channel {number}", first, now)
        came_to(full.engine, "LIFE-1-1", f"channel {number}", second, now + timedelta(seconds=1))
    shown = {each.channel: each.state for each in Letters(full.engine).deliveries("LIFE-1-1")}
    assert [shown[f"channel {number}"] for number in range(len(stands))] == list(stands.values())


@on_both
def test_a_channel_that_rested_was_not_tried_but_counts_from_then_on(full: Register, now: datetime) -> None:
    for number, tried in enumerate((RESTED, TRYING, RESTED, ARRIVED)):
        came_to(full.engine, "LIFE-1-1", "mail", tried, now + timedelta(hours=number))
    (shown,) = Letters(full.engine).deliveries("LIFE-1-1")
    assert (shown.tries, shown.first_tried_at, shown.last_tried_at) == (2, now, now + timedelta(hours=3))


@on_both
def test_a_batch_is_noted_whole_or_not_at_all(full: Register, now: datetime) -> None:
    queue = queue_of(full.engine)
    batch = queue.take(now, 2)
    one, other = sorted(batch.ids)
    with pytest.raises(Exception, match=r"(?i)constraint"):
        queue.settle(batch, now, [Note(one, "mail", ARRIVED, now), Note("NOBODY", "mail", ARRIVED, now)], [Fate(one)])
    assert row(full, one).closed_at is None
    assert Letters(full.engine).deliveries(one) == []
    queue.settle(batch, now, [Note(one, "mail", ARRIVED, now)], [Fate(one), Fate(other, failed=True)])
    assert (row(full, one).failed, row(full, other).failed) == (False, True)


@on_both
def test_operators_see_what_waits_what_is_owed_and_what_was_given_up(full: Register, now: datetime) -> None:
    letters, many = Letters(full.engine), len(waiting(full.engine))
    came_to(full.engine, "LIFE-1-1", "sms", TRYING, now)
    came_to(full.engine, "LIFE-1-1", "mail", ARRIVED, now)
    came_to(full.engine, "LIFE-2-1", "sms", TRYING, now + timedelta(hours=1))
    came_to(full.engine, "LIFE-3-1", "mail", FAILED, now)
    closed(full.engine, "LIFE-3-1", now, failed=True)
    backlog = letters.backlog(now + timedelta(hours=2))
    assert (backlog.waiting, backlog.failed) == (many - 1, 1)
    assert backlog.down == {"sms": Down(2, now, "ConnectError")}
    assert timedelta(hours=2) <= backlog.late < timedelta(hours=3)
    assert [letter.id for letter, _ in letters.waiting(most=2)] == ["LIFE-1-1", "LIFE-1-2"], "the oldest first"
    shown = {letter.id: deliveries for letter, deliveries in letters.waiting()}
    assert {each.channel: each.state for each in shown["LIFE-1-1"]} == {"sms": "trying", "mail": "arrived"}
    queue_of(full.engine).take(now, 500)
    assert letters.backlog(now).late == timedelta(0), "all of them are in hand"


def test_an_empty_register_has_no_backlog(sqlite: Databases, now: datetime) -> None:
    register = Register.at(sqlite.migrated())
    assert Letters(register.engine).backlog(now) == (0, 0, timedelta(0), {})
    assert LetterQueue(register.engine, LEASE).take(now, 9) == Batch([], now + LEASE)
    register.engine.dispose()


# What an earlier release left


@on_both_by_the_owner
def test_what_an_earlier_release_had_not_delivered_is_due_and_goes_on_where_it_was(
    full: Register, now: datetime
) -> None:
    """Opened, handed to the engine a minute ago, half delivered, given back, and done with."""
    with reading(full.engine) as session:
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
    command.downgrade(config(url), "0004")
    handed = {"LIFE-1-1": now - timedelta(minutes=1), "LIFE-1-2": datetime(1970, 1, 1, tzinfo=UTC)}
    with writing(full.engine) as session:
        connection = session.connection()
        for letter, at in handed.items():
            connection.exec_driver_sql(
                f"UPDATE letters SET handed_at = '{at:%Y-%m-%d %H:%M:%S+00}' WHERE id = '{letter}'"
            )
        connection.exec_driver_sql("UPDATE letters SET closed_at = created_at, failed = true WHERE id = 'LIFE-2-1'")
    migrate(url)
    came_to(full.engine, "LIFE-1-1", "mail", ARRIVED, now)
    came_to(full.engine, "LIFE-1-1", "sms", TRYING, now)
    waits = set(waiting(full.engine))
    assert {"LIFE-1-1", "LIFE-1-2", "LIFE-3-1"} <= waits
    assert "LIFE-2-1" not in waits
    taken = queue_of(full.engine).take(datetime.now(UTC), 500)
    assert taken.ids == waits, "at once, and not a quarter of an hour after they were handed over"
    kept = {each.channel: each.state for each in Letters(full.engine).deliveries("LIFE-1-1")}
    assert kept == {"mail": "arrived", "sms": "trying"}
