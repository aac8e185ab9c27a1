"""Turns to write: who comes first writes first."""

from concurrent.futures import ThreadPoolExecutor

from activities.database import Turns
from tests.patience import eventually


def test_whoever_writes_without_pause_keeps_nobody_out() -> None:
    turns, written = Turns(1), list[str]()

    def write(name: str) -> None:
        assert turns.take(patience=1800)
        written.append(name)
        turns.give_back()

    with ThreadPoolExecutor(1) as pool:
        assert turns.take(patience=0)
        other = pool.submit(write, "who waited")
        eventually(lambda: turns.waiting)
        turns.give_back()
        write("who comes back at once")
        other.result()
    assert written == ["who waited", "who comes back at once"]


def test_whoever_has_waited_in_vain_takes_no_turn_with_him() -> None:
    turns = Turns(2)
    assert turns.take(patience=0)
    assert turns.take(patience=0)
    assert not turns.take(patience=0.01)
    assert not turns.waiting
    turns.give_back()
    assert turns.take(patience=0)
    assert not turns.take(patience=0)
