"""Letters on SQLite and on a real PostgreSQL: opened with their entry, bundled, worded, addressed, and what became of them."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from activities.channels.channel import Letter, Recipient
from activities.compiled import SHOWN, listed
from activities.database import reading, writing
from activities.days import Days
from activities.digests import Digests
from activities.letter_contents import content
from activities.letter_opening import PUBLICATION, REMINDERS
from activities.letter_queue import Batch, Fate, Note, Tried
from activities.letters import Letters
from activities.register import Register
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from examples.demo import OFFICES
from models.acts import Lapse
from models.filing import Entry
from models.register import DeliveryRow, LetterRow
from models.vocabulary import Role
from regulation import texts
from regulation.lodging import lodge
from regulation.messages import NOTIFICATIONS
from regulation.rounds import consequences as round_letters
from regulation.simulation import simulate
from tests.carried import FAR, LEASE, came_to, closed, queue_of
from tests.databases import Databases, on_both, on_both_by_the_owner
from tests.plain_rounds import acts_on_none, in_force, opened, rules
from tests.simulated import Papered, holding, lived, told, written
from tests.story import application, checklist

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)
OFFICE = "210100"
LEADER = application()["leader"]["uscc"]
SUCCESSOR = "N2210421MA10ABCD61"
ALLIANCES = 8
"""So many alliances one leader has where bundles are tried."""

ARRIVED = Tried(state="arrived", address="1***", receipt="250 ok", content="0" * 64)
FAILED = Tried(state="failed", receipt="空号", content="0" * 64)
TRYING = Tried(state="trying", receipt="ConnectError", content="0" * 64)


@pytest.fixture
def alliances(databases: Databases) -> Iterator[Register]:
    """A register with all of a leader's alliances, up to the eve of their last reminder before the deadline."""

    def make(register: Register) -> None:
        for number in range(ALLIANCES):
            told = alliance(number)
            told.lodged(register)
            for entry in told.docket[: last_reminder(told) - 1]:
                assert register.append(entry).outcome == "entered"

    opened = Register.at(databases.made("alliances of one leader", holding(make)))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def replaced() -> Iterator[Callable[..., None]]:
    """Puts texts of a deployment in place, for one test."""
    yield texts.replace
    texts.reset()


# Lives


@cache
def alliance(number: int, *more: tuple[str, str, str, Any], until: str = "2026-12-01T08:00", **leader: Any) -> Papered:
    """One of a leader's alliances: in force since 20 April, then whatever else is told of it."""
    form = application(
        filing_id=f"ONE-{number}",
        alliance_name=f"沈阳市第{number}产学研联盟",
        technical_field=f"方向{number}",
        received_at="2026-03-15T09:00:00+08:00",
    )
    form["leader"] = form["leader"] | leader
    return told(
        form,
        ("city", "accept", "2026-03-16T09:00", {}),
        ("iit", "give_iit_opinion", "2026-03-17T09:00", {"positive": True}),
        ("city2", "confirm", "2026-03-18T09:00", {"checklist": checklist()}),
        ("province", "archive", "2026-04-20T09:00", {"archive_number": f"LN-CXY-A-210100-2026-{number + 1:04d}"}),
        *((who, kind, when, json.loads(fields)) for who, kind, when, fields in more),
        until=datetime.fromisoformat(f"{until}:00+08:00"),
    )


def last_reminder(life: Papered) -> int:
    """The number of the entry that reminds leader and city seven days before the deadline."""
    return next(entry.number for entry in life.docket if isinstance(entry.event, Lapse) and entry.event.days == -7)


def remind(register: Register, number: int) -> Entry:
    """Enter the last reminder of one of the alliances."""
    told = alliance(number)
    entry = told.docket[last_reminder(told) - 1]
    assert register.append(entry).outcome == "entered"
    return entry


def bundle_of(to: str, office: str, running: str = "") -> str:
    """The id of the bundle of that day for somebody."""
    return f"_{REMINDERS}-{office}-{to}-2026-11-23{running}"


def letter_rows(register: Register) -> dict[str, LetterRow]:
    """Every letter by its id."""
    with reading(register.engine) as session:
        return {row.id: row for row in session.exec(select(LetterRow))}


def carried(row: LetterRow) -> list[str]:
    """The messages in a letter."""
    messages: list[str] = json.loads(row.messages)
    return messages


# Opened with the entry


@on_both
def test_every_message_and_publication_has_its_letter_in_the_entrys_own_transaction(register: Register) -> None:
    told = lived("LIFE")
    told.lodged(register)
    commits: list[int] = []
    event.listen(register.engine, "commit", lambda _: commits.append(1))
    for entry in told.docket:
        before = letter_rows(register).keys()
        commits.clear()
        register.append(entry)
        assert len(commits) == 1
        opened = {key: row for key, row in letter_rows(register).items() if key not in before}
        alone = {key: row for key, row in opened.items() if row.text not in (REMINDERS, PUBLICATION)}
        sent = {each.id: each for each in register.messages("LIFE") if each.number == entry.number}
        assert alone.keys() == sent.keys()
        for key, row in alone.items():
            assert (row.text, row.to, row.office, row.filing_id) == (
                sent[key].text,
                sent[key].to,
                sent[key].office,
                "LIFE",
            )
            assert carried(row) == [key]
        shown = {f"_page-{each.id}" for each in register.public_notices("LIFE") if each.number == entry.number}
        assert {key for key, row in opened.items() if row.text == PUBLICATION} == shown
        assert all(row.closed_at is None and row.handed_at is None for row in opened.values())
    assert sum(row.text == PUBLICATION for row in letter_rows(register).values()) == len(
        register.public_notices("LIFE")
    )


@on_both
def test_what_is_not_entered_opens_no_letter(register: Register) -> None:
    """A letter is opened before the year's report is written; if that fails, nothing has been."""
    told = lived("LIFE")
    told.lodged(register)
    reminded = next(
        entry for entry in told.docket if isinstance(entry.event, Lapse) and entry.event.kind == "year_missed"
    )
    for entry in told.docket[: reminded.number - 1]:
        register.append(entry)
    before = letter_rows(register).keys()

    def fail(_: Connection, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("INSERT INTO annual_reports"):
            raise OperationalError("disk full", {}, Exception())

    event.listen(register.engine, "before_cursor_execute", fail)
    with pytest.raises(OperationalError, match="disk full"):
        register.append(reminded)
    event.remove(register.engine, "before_cursor_execute", fail)
    assert letter_rows(register).keys() == before
    assert register.append(reminded).outcome == "entered"
    assert letter_rows(register).keys() > before


@on_both
def test_no_letter_of_the_houses_own_has_an_id_that_a_message_may_have(full: Register) -> None:
    """A platform may call its filings `page-LIFE` or `reminders-210100`."""
    messages = {message.id for message in full.messages("LIFE")}
    others = letter_rows(full).keys() - messages
    assert others
    assert all(key.startswith("_") for key in others)


@on_both_by_the_owner
def test_the_chain_is_proven_without_letters(full: Register) -> None:
    with writing(full.engine) as session:
        session.connection().execute(delete(DeliveryRow))
        session.connection().execute(delete(LetterRow))
    assert full.verify("LIFE") == []


# Compiled


@on_both
def test_a_letter_that_nobody_wrote_is_compiled_once(register: Register) -> None:
    letters, gate = Letters(register.engine), Barrier(5)

    def compile(number: int) -> bool:
        gate.wait()
        return letters.compile(digest_letter(body=str(number)))

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(compile, range(5))) == [False, False, False, False, True]
    assert len(letter_rows(register)) == 1
    assert not letters.compile(digest_letter())


def due(register: Register, letter: str) -> datetime | None:
    """From when on a letter is to be taken, unless it is closed."""
    row = letter_rows(register)[letter]
    return None if row.closed_at else row.due_at


def digest_letter(**changes: Any) -> LetterRow:
    """A letter that is compiled of several things."""
    known: dict[str, Any] = {
            "id": "_digest-210100-2026-12-02", "text": "digest", "to": "reviewer", "office": OFFICE, "messages": "[]",
            "title": "待办", "body": "1. 一件", "created_at": NOW, "due_at": NOW,
    }  # fmt: skip
    return LetterRow(**known | changes)


# Bundles


@on_both
def test_a_days_reminders_to_one_addressee_join_until_they_are_taken(alliances: Register) -> None:
    for_leader, for_city = bundle_of("leader", LEADER), bundle_of("reviewer", OFFICE)
    entries = [remind(alliances, number) for number in (0, 1)]
    sent = [[each for each in alliances.messages(entry.filing.id) if each.number == entry.number] for entry in entries]
    assert [[(each.text, each.to) for each in of] for of in sent] == [
        [("annual_reminder", "leader"), ("annual_reminder_copy", "reviewer")]
    ] * 2
    rows = letter_rows(alliances)
    assert carried(rows[for_leader]) == [f"ONE-0-{entries[0].number}-1", f"ONE-1-{entries[1].number}-1"]
    assert carried(rows[for_city]) == [f"ONE-0-{entries[0].number}-2", f"ONE-1-{entries[1].number}-2"]
    assert (rows[for_leader].office, rows[for_leader].filing_id) == (LEADER, None)

    take(alliances, for_leader)
    third, fourth = remind(alliances, 2), remind(alliances, 3)
    rows = letter_rows(alliances)
    assert len(carried(rows[for_leader])) == 2
    assert carried(rows[f"{for_leader}-2"]) == [f"ONE-2-{third.number}-1", f"ONE-3-{fourth.number}-1"]
    assert len(carried(rows[for_city])) == 4, "that one was not taken"
    take(alliances, f"{for_leader}-2")
    fifth = remind(alliances, 4)
    assert carried(letter_rows(alliances)[f"{for_leader}-3"]) == [f"ONE-4-{fifth.number}-1"]


def take(register: Register, *letters: str) -> Batch:
    """Take these letters, of all that are due."""
    with writing(register.engine) as session:
        others = update(LetterRow).where(col(LetterRow.id).not_in(letters))
        session.connection().execute(others, {"due_at": FAR})
    batch = queue_of(register.engine).take(datetime.now(UTC), 500)
    assert batch.ids == set(letters)
    return batch


@on_both
@pytest.mark.parametrize("what", ["reopen", "bounce", "lease lost"])
def test_nothing_joins_a_bundle_that_was_taken_before(alliances: Register, what: str) -> None:
    """It may have got through to some: whoever joined now would never reach them."""
    letters, bundle, engine = Letters(alliances.engine), bundle_of("leader", LEADER), alliances.engine
    now = datetime.now(UTC)
    remind(alliances, 0)
    take(alliances, bundle)
    if what != "lease lost":
        came_to(engine, bundle, "mail", ARRIVED, now)
        came_to(engine, bundle, "sms", FAILED, now)
        closed(engine, bundle, now, failed=True)
        if what == "reopen":
            assert letters.reopen(bundle, now)
        else:
            assert letters.bounced(bundle, ["mail"], "退信", "1***", now)
    remind(alliances, 1)
    rows = letter_rows(alliances)
    assert len(carried(rows[bundle])) == len(carried(rows[f"{bundle}-2"])) == 1
    assert {bundle, f"{bundle}-2"} <= queue_of(engine).take(now + 2 * LEASE, 500).ids


@on_both
def test_reminders_entered_at_the_same_time_are_each_in_one_bundle(alliances: Register) -> None:
    gate = Barrier(ALLIANCES)

    def enter(number: int) -> None:
        gate.wait()
        remind(alliances, number)

    with ThreadPoolExecutor(ALLIANCES) as pool:
        list(pool.map(enter, range(ALLIANCES)))
    rows = letter_rows(alliances)
    for to, office, index in (("leader", LEADER, 1), ("reviewer", OFFICE, 2)):
        wanted = {f"ONE-{number}-{last_reminder(alliance(number))}-{index}" for number in range(ALLIANCES)}
        in_bundle = carried(rows[bundle_of(to, office)])
        assert set(in_bundle) == wanted
        assert len(in_bundle) == ALLIANCES
        assert bundle_of(to, office, "-2") not in rows


@on_both
def test_reminders_entered_while_bundles_are_taken_are_each_in_one_that_never_changes(alliances: Register) -> None:
    over, queue = Event(), queue_of(alliances.engine)
    taken: dict[str, list[str]] = {}

    def take_all() -> None:
        last = False
        while not last:
            last = over.is_set()
            for row in queue.take(datetime.now(UTC), 500).letters:
                taken.setdefault(row.id, carried(row))

    with ThreadPoolExecutor(5) as pool:
        postman = pool.submit(take_all)
        try:
            list(pool.map(lambda number: remind(alliances, number), range(ALLIANCES)))
        finally:
            over.set()
        postman.result()
    rows = {key: row for key, row in letter_rows(alliances).items() if "-2026-11-23" in key}
    assert {key: carried(row) for key, row in rows.items()} == {key: taken[key] for key in rows}, "nothing joins later"
    everything = sorted(each for row in rows.values() for each in carried(row))
    assert everything == sorted(
        f"ONE-{number}-{last_reminder(alliance(number))}-{index}" for number in range(ALLIANCES) for index in (1, 2)
    )


@on_both
def test_every_message_of_a_filing_is_told_with_what_carried_it(alliances: Register) -> None:
    letters = Letters(alliances.engine)
    bundle = bundle_of("leader", LEADER)
    numbers = [remind(alliances, 0).number]
    take(alliances, bundle)
    numbers.append(remind(alliances, 1).number)
    came_to(letters.engine, "ONE-1-1-1", "mail", ARRIVED, NOW)
    came_to(letters.engine, bundle, "mail", FAILED, NOW)
    came_to(letters.engine, f"{bundle}-2", "mail", ARRIVED, NOW)
    for number, key in ((0, bundle), (1, f"{bundle}-2")):
        told = letters.of_filing(f"ONE-{number}")
        assert [message.id for message, *_ in told] == [
            each.id
            for each in sorted(alliances.messages(f"ONE-{number}"), key=lambda one: (one.number, len(one.id), one.id))
        ]
        of = {message.id: ([row.id for row in rows], [each.receipt for each in shown]) for message, rows, shown in told}
        reminder = f"ONE-{number}-{numbers[number]}-1"
        assert of[reminder] == ([reminder, key], ["空号" if number == 0 else "250 ok"])
        assert of[f"ONE-{number}-1-1"] == ([f"ONE-{number}-1-1"], ["250 ok"] if number else [])
        for message, rows, _ in told:
            assert len(rows) == 1 + NOTIFICATIONS[message.text].bundle, message.text
    assert letters.of_filing("NOBODY") == []


# What became of it


@on_both
def test_a_letter_is_closed_reopened_for_what_gave_up_and_has_its_whole_time_anew(full: Register) -> None:
    letters, letter, later = Letters(full.engine), "LIFE-1-1", NOW + timedelta(days=30)
    came_to(letters.engine, letter, "mail", ARRIVED, NOW)
    came_to(letters.engine, letter, "sms", TRYING, NOW)
    came_to(letters.engine, letter, "sms", FAILED, NOW + timedelta(days=5))
    (sms,) = [each for each in letters.deliveries(letter) if each.channel == "sms"]
    assert (sms.tries, sms.first_tried_at, sms.last_tried_at) == (2, NOW, NOW + timedelta(days=5))
    closed(letters.engine, letter, NOW + timedelta(days=5), failed=True)
    assert [row.id for row, _ in letters.failed()] == [letter]

    assert letters.reopen(letter, NOW)
    assert {each.channel: each.state for each in letters.deliveries(letter)} == {"mail": "arrived", "sms": "again"}
    assert letters.failed() == []
    assert due(full, letter) == NOW
    came_to(letters.engine, letter, "sms", TRYING, later)
    came_to(letters.engine, letter, "sms", TRYING, later + timedelta(hours=1))
    (sms,) = [each for each in letters.deliveries(letter) if each.channel == "sms"]
    assert (sms.tries, sms.first_tried_at) == (4, later), "not given up because it once was"
    assert not letters.reopen("NOBODY-1-1", NOW)


def test_of_two_addresses_one_that_fails_is_struck_out(sqlite: Databases) -> None:
    register = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    letters, letter = Letters(register.engine), "LIFE-1-1"
    came_to(letters.engine, letter, "mail", ARRIVED.but(address="1***、2***"), NOW)
    assert letters.bounced(letter, ["mail"], "退信 5.1.1", "1***", NOW)
    (mail,) = letters.deliveries(letter)
    assert (mail.state, mail.receipt, mail.address) == ("arrived", "退信 5.1.1", "2***")
    assert letters.bounced(letter, ["mail"], "退信 5.1.1", "2***", NOW)
    assert letters.deliveries(letter)[0].state == "failed"
    register.engine.dispose()


@on_both
def test_what_came_back_has_failed_and_the_letter_is_judged_anew(full: Register) -> None:
    letters, letter = Letters(full.engine), "LIFE-1-1"
    came_to(letters.engine, letter, "mail", ARRIVED, NOW)
    closed(letters.engine, letter, NOW, failed=False)
    assert not letters.bounced(letter, ["mail"], "退信", "2***", NOW), "it was not sent there"
    assert not letters.bounced(letter, ["mail"], "退信", "", NOW)
    assert not letters.bounced(letter, ["mail"], "退信", "1***", NOW + timedelta(days=15)), "too long ago"
    assert [each.state for each in letters.deliveries(letter)] == ["arrived"]
    assert letters.bounced(letter, ["post", "mail"], "退信 5.1.1", "1***", NOW + timedelta(days=5))
    (mail,) = letters.deliveries(letter)
    assert (mail.state, mail.receipt, mail.address) == ("failed", "退信 5.1.1", "1***")
    assert due(full, letter) == NOW + timedelta(days=5)
    assert not letters.bounced(letter, ["sms"], "退信", "1***", NOW), "nothing went that way"
    assert not letters.bounced("NOBODY-1-1", ["mail"], "退信", "1***", NOW)


@on_both
def test_what_gave_up_is_listed_by_office_with_what_every_channel_has_to_show(full: Register) -> None:
    letters = Letters(full.engine)
    to_city = next(message for message in full.messages("LIFE") if message.office == OFFICE)
    for days, letter in enumerate((to_city.id, "LIFE-1-1")):
        came_to(letters.engine, letter, "mail", FAILED, NOW)
        came_to(letters.engine, letter, "platform", ARRIVED, NOW)
        closed(letters.engine, letter, NOW - timedelta(days=days), failed=True)
    closed(letters.engine, "LIFE-2-1", NOW, failed=False)
    assert [row.id for row, _ in letters.failed()] == ["LIFE-1-1", to_city.id], "the oldest first"
    ((row, shown),) = letters.failed(OFFICE)
    assert row.id == to_city.id
    assert {each.channel: each.state for each in shown} == {"mail": "failed", "platform": "arrived"}
    assert letters.failed("210200") == []


@on_both
def test_a_message_is_read_once_and_what_is_no_message_never(full: Register) -> None:
    letters = Letters(full.engine)
    letters.compile(digest_letter())
    for at in (NOW, NOW + timedelta(days=1)):
        message = letters.read("LIFE-1-1", at)
        assert message
        assert message.id == "LIFE-1-1"
    row = letters.row("LIFE-1-1")
    assert row
    assert row.read_at == NOW
    for other in ("NOBODY-1-1", digest_letter().id):
        assert letters.read(other, NOW) is None
    assert [row.id for row in letter_rows(full).values() if row.read_at] == ["LIFE-1-1"]


@on_both
def test_an_inbox_has_everything_that_was_sent_there_the_newest_last(full: Register) -> None:
    letters = Letters(full.engine)
    sent = sorted(
        (message for message in full.messages("LIFE") if message.office == LEADER),
        key=lambda one: (one.created_at, one.id),
    )
    assert [message.id for message, _ in letters.inbox(LEADER)] == [each.id for each in sent]
    assert all(message.id == letter.id for message, letter in letters.inbox(LEADER))
    assert [message.id for message, _ in letters.inbox(LEADER, limit=3)] == [each.id for each in sent[-3:]]
    letters.read(sent[-1].id, NOW)
    letters.read(sent[0].id, NOW)
    unread = [message.id for message, _ in letters.inbox(LEADER, unread=True)]
    assert unread == [each.id for each in sent[1:-1]]
    assert letters.inbox("210200") == []


@on_both
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_whoever_pulls_an_inbox_page_by_page_misses_nothing_and_gets_nothing_twice(full: Register, limit: int) -> None:
    """The province is told of an archiving twice at one instant: its own copy and that of industry."""
    letters, pulled, after = Letters(full.engine), list[str](), datetime(2000, 1, 1, tzinfo=UTC)
    while page := letters.inbox("210000", after=after, limit=limit):
        pulled += [message.id for message, _ in page]
        after = page[-1][0].created_at
    sent = [message for message in full.messages("LIFE") if message.office == "210000"]
    assert len({message.created_at for message in sent}) < len(sent)
    assert sorted(pulled) == sorted(message.id for message in sent)


# Words


def letter_of(register: Register, text: str, family: str, filing_id: str = "LIFE") -> Letter | None:
    """The first letter of an event in the words of a family."""
    letters = Letters(register.engine)
    message = next(each for each in register.messages(filing_id) if each.text == text)
    row = letters.row(message.id)
    assert row
    return letters.worded(row, family)


def words(register: Register, text: str, family: str, filing_id: str = "LIFE") -> tuple[str, str] | None:
    """Title and body of it."""
    letter = letter_of(register, text, family, filing_id)
    return (letter.title, letter.body) if letter else None


def stored(register: Register, text: str, filing_id: str = "LIFE") -> tuple[str, str]:
    """What stands in the inbox."""
    message = next(each for each in register.messages(filing_id) if each.text == text)
    return message.title, message.body


@on_both
def test_a_letter_says_what_its_family_has_to_say(full: Register) -> None:
    for text in ("accepted", "new_case", "archived"):
        for family in ("inbox", "mail", "robot"):
            assert words(full, text, family) == stored(full, text)
    title, body = words(full, "archived", "sms") or ("?", "")
    assert title == ""
    assert body == "“沈阳市星海智造数控机床产学研联盟”已备案入库，编号LN-CXY-A-210100-2026-0001。"
    assert words(full, "new_case", "sms") is None, "there is no text message of it"
    assert words(full, "accepted", "document") == stored(full, "accepted")
    assert words(full, "archived", "document") is None, "there is no document of it"


@on_both
def test_a_letter_of_a_round_is_texted_to_a_leader_who_has_to_act(
    full: Register, replaced: Callable[..., None]
) -> None:
    """What its letter brought of its own stands in the inbox; a text message is told of the round and the alliance."""
    of, entry = "annual-2026-LN-1", opened("annual-2026-LN-1")
    rounds = RoundRegister(full.engine)
    with in_force(rules(follows=lambda *_: ())):  # the letters are written by hand
        rounds.append(entry)
    asked = {"asked": "未备齐协议", "rectify_by": "2027年1月8日"}
    told = (
        round_letters.Letter("rectification_asked", Role.LEADER, LEADER, "LIFE", asked),
        round_letters.Letter("round_opened", Role.LEADER, LEADER, "LIFE"),
    )
    RoundFollowing(rounds, acts_on_none).write(entry, told)
    letters = Letters(full.engine)
    mine = {row.text: row for message, row in letters.inbox(LEADER, limit=1_000) if message.round_id == of}
    said = letters.worded(mine["rectification_asked"], "sms")
    assert said
    assert said.body == "“沈阳市星海智造数控机床产学研联盟”须限期整改并报告，事项和期限见平台收件箱。"
    assert letters.recipient(mine["rectification_asked"]).phone, "reached as by any letter to its leader"
    assert letters.worded(mine["round_opened"], "sms") is None, "there is no text message of it"
    in_mail = letters.worded(mine["rectification_asked"], "mail")
    assert in_mail
    assert "未备齐协议" in in_mail.body
    replaced("210100", "sms", "round_opened", "{by}已启动“{title}”，{closes}截止")
    texted = letters.worded(mine["round_opened"], "sms")
    assert texted
    assert texted.body == "省科技厅已启动“2026年度报送”，2026年11月30日截止"
    with pytest.raises(texts.TextRefused, match="没有名为 rectify_by 的用语"):
        replaced("", "sms", "rectification_asked", "{rectify_by}")


@on_both
def test_a_letter_knows_what_it_is(full: Register) -> None:
    letter = letter_of(full, "revocation_notice", "sms")
    message = next(each for each in full.messages("LIFE") if each.text == "revocation_notice")
    assert letter
    assert letter.service
    assert letter.model_dump(exclude={"title", "body", "service"}) == {
        "id": message.id,
        "messages": (message.id,),
        "filing_id": "LIFE",
        "text": "revocation_notice",
        "to": "leader",
        "office": LEADER,
        "created_at": message.created_at,
    }
    again = letter_of(full, "revocation_notice", "sms")
    assert again
    assert content(again) == content(letter)
    assert content(letter_of(full, "archived", "sms") or letter) != content(letter)


@on_both
def test_a_deployment_has_its_own_words_and_a_city_its_own_of_those(
    full: Register, replaced: Callable[..., None]
) -> None:
    replaced("", "mail", "accepted", "受理\n全省：{alliance}")
    replaced("", "inbox", "accepted", "受理\n收件箱")
    replaced("210200", "mail", "accepted", "受理\n大连")
    alliance_name = "沈阳市星海智造数控机床产学研联盟"
    assert words(full, "accepted", "mail") == ("受理", f"全省：{alliance_name}")
    assert words(full, "accepted", "inbox") == stored(full, "accepted"), "what was sent stays"
    assert words(full, "accepted", "robot") == stored(full, "accepted")
    replaced("210100", "mail", "accepted", "受理\n沈阳：{review_end}")
    assert words(full, "accepted", "mail") == ("受理", "沈阳：2026年4月21日24时")
    replaced("210100", "sms", "new_case", "新件：{alliance}")
    replaced("210200", "sms", "notice_published", "大连的")
    assert words(full, "new_case", "sms") == ("", f"新件：{alliance_name}")
    assert words(full, "notice_published", "sms") is None, "only Dalian has one"


@on_both
def test_after_a_transfer_a_letter_keeps_the_words_of_the_city_that_sent_it(
    register: Register, replaced: Callable[..., None]
) -> None:
    dalian = {"by": {"person": "d-1", "office": "210200", "role": "city_st"}, "to": "210200"}
    written(
        register,
        alliance(
            0,
            ("city", "transfer", "2026-05-18T10:00", json.dumps({"to": "210200"})),
            ("dalian", "transfer", "2026-05-19T10:00", json.dumps(dalian)),
            until="2026-05-20T08:00",
        ),
    )
    filing = register.filing("ONE-0")
    assert filing
    assert filing.jurisdiction == "210200"
    replaced("210200", "sms", "new_case", "大连新件")
    replaced("210200", "mail", "archived", "入库\n大连")
    assert words(register, "new_case", "sms", "ONE-0") is None
    assert words(register, "archived", "mail", "ONE-0") == stored(register, "archived", "ONE-0")
    replaced("210100", "sms", "new_case", "沈阳新件")
    assert words(register, "new_case", "sms", "ONE-0") == ("", "沈阳新件")
    assert (words(register, "transferred", "robot", "ONE-0") or ("", ""))[1] == stored(
        register, "transferred", "ONE-0"
    )[1]


@on_both
def test_what_many_letters_have_in_common_is_looked_up_once(alliances: Register) -> None:
    for number in range(ALLIANCES):
        remind(alliances, number)
    letters, rows, said = Letters(alliances.engine), list(letter_rows(alliances).values()), list[str]()
    assert len(rows) > 10 * ALLIANCES
    event.listen(alliances.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    with letters.opened(rows) as contents:
        for row in rows:
            for family in ("inbox", "mail", "sms", "robot"):
                contents.worded(row, family)
            contents.recipient(row)
    addresses = 2 * ALLIANCES  # of each alliance the entries that bring one, and the paper
    assert len(said) <= 4 + addresses, said


@on_both
def test_a_bundle_says_how_many_until_when_and_which(alliances: Register, replaced: Callable[..., None]) -> None:
    letters, bundle = Letters(alliances.engine), bundle_of("leader", LEADER)

    def said(family: str) -> tuple[str, str] | None:
        row = letters.row(bundle)
        assert row
        letter = letters.worded(row, family)
        assert letter is None or letter.text == ("annual_reminder" if len(carried(row)) == 1 else REMINDERS)
        assert letter is None or list(letter.messages) == carried(row)
        return (letter.title, letter.body) if letter else None

    remind(alliances, 0)
    one = next(each for each in reversed(alliances.messages("ONE-0")) if each.text == "annual_reminder")
    assert said("mail") == (one.title, one.body), "a bundle of one is that one"
    assert said("sms") == ("", "请于2026年11月30日24时前报送“沈阳市第0产学研联盟”2026年度总结和计划。")
    assert said("document") is None
    remind(alliances, 1)
    title, body = said("mail") or ("", "")
    assert title == "2个联盟的年度总结和计划待报送"
    assert "最近的报送截止：2026年11月30日24时。" in body
    lines = ["1. 请报送2026年度总结和计划：沈阳市第0产学研联盟", "2. 请报送2026年度总结和计划：沈阳市第1产学研联盟"]
    assert "\n".join(lines) in body
    assert said("robot") == (title, body)
    assert said("sms") == (
        "",
        "2个联盟的年度总结和计划待报送，最近截止2026年11月30日24时，详见平台收件箱。",
    )
    assert said("document") is None
    replaced("", "mail", REMINDERS, "全省\n{count}")
    replaced("210200", "mail", REMINDERS, "大连\n{count}")
    assert said("mail") == ("全省", "2")
    replaced("210100", "mail", REMINDERS, "沈阳\n{count}，{first}")
    assert said("mail") == ("沈阳", "2，2026年11月30日24时")
    assert said("robot") == (title, body)


@on_both
def test_what_is_compiled_reads_as_it_was_compiled(register: Register) -> None:
    letters = Letters(register.engine)
    letters.compile(digest_letter())
    row = letters.row(digest_letter().id)
    assert row
    said = {family: letters.worded(row, family) for family in (*texts.FAMILIES, "page")}
    assert {family for family, letter in said.items() if letter is None} == {"sms", "document"}
    assert {(letter.title, letter.body) for letter in said.values() if letter} == {("待办", "1. 一件")}
    assert {letter.messages for letter in said.values() if letter} == {()}


def test_a_letter_prints_only_so_many_lines_and_counts_the_others() -> None:
    assert listed([]) == ""
    assert listed(["甲", "乙"]) == "1. 甲\n2. 乙"
    lines = listed([f"第{number}件" for number in range(SHOWN + 7)]).split("\n")
    assert len(lines) == SHOWN + 1
    assert lines[-2:] == [f"{SHOWN}. 第{SHOWN - 1}件", "……另有7件"]


# Addresses


def reached(register: Register, filing_id: str = "ONE-0") -> Recipient:
    """How the leader is reached with the first message of a filing."""
    letters = Letters(register.engine)
    row = letters.row(f"{filing_id}-1-1")
    assert row
    assert row.to == "leader"
    return letters.recipient(row)


def contact(phone: str, **more: Any) -> str:
    """The fields of a corrected contact."""
    service = {"consent": True, "address": "inbox:u-leader-01"}
    return json.dumps({"content": {"contact": "周示例", "phone": phone, "service": service} | more})


def change(kind: str, leader: dict[str, Any] | None = None) -> str:
    """The fields of a reported change, with the state after it."""
    form = application(alliance_name="沈阳市第0产学研联盟")
    after = {name: form[name] for name in ("alliance_name", "members", "counts")}
    shown = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")
    stated = {name: form["leader"][name] for name in shown} | (leader or {})
    if kind == "leader":
        stated["rd_last_year"] = "120.00"
        after["members"] = [each for each in form["members"] if each["code"] != form["leader"]["uscc"]]
        after["counts"] = {"total": 3, "enterprises": 1, "universities": 1, "institutes": 1}
    paper = {"text": "变更情况说明", "leader": stated} | (after if kind in ("members", "leader") else {})
    return json.dumps({"change": kind, "happened_on": "2026-05-01", "content": paper})


FIRST = {"phone": "13900000001", "email": "first@example.cn"}
SECOND, THIRD = "13900000002", "13900000003"
TAKING_OVER = {"name": "示例接任有限公司", "uscc": SUCCESSOR, "phone": SECOND}
REVIEWED = (
    ("iit", "give_iit_opinion", "2026-05-13T10:00", '{"positive": true}'),
    ("city2", "rule_on_change", "2026-05-14T10:00", '{"decision": "confirmed"}'),
)
Step = tuple[str, str, str, str]


@on_both
@pytest.mark.parametrize(
    ("steps", "until", "expected"),
    [
        pytest.param([], "2026-05-02T08:00", Recipient(("first@example.cn",), ("13900000001",)), id="application"),
        pytest.param(
            [("leader", "correct_contact", "2026-05-03T10:00", contact(SECOND))],
            "2026-05-04T08:00", Recipient((), (SECOND,)), id="corrected, without a mail address",
        ),
        pytest.param(
            [
                ("leader", "correct_contact", "2026-05-03T10:00", contact(SECOND)),
                ("leader", "correct_contact", "2026-05-04T10:00", contact(THIRD, email="third@example.cn")),
            ],
            "2026-05-05T08:00", Recipient(("third@example.cn",), (THIRD,)), id="corrected twice",
        ),
        pytest.param(
            [("leader", "report_change", "2026-05-11T10:00", change("contact", {"phone": SECOND}))],
            "2026-05-12T08:00", Recipient((), (SECOND,)), id="a contact that is only recorded",
        ),
        pytest.param(
            [("leader", "report_change", "2026-05-11T10:00", change("members", {"phone": SECOND}))],
            "2026-05-12T08:00", Recipient(("first@example.cn",), ("13900000001",)), id="members: pending",
        ),
        pytest.param(
            [
                ("leader", "report_change", "2026-05-11T10:00", change("members", {"phone": SECOND})),
                ("city", "rule_on_change", "2026-05-12T10:00", '{"decision": "refused"}'),
            ],
            "2026-05-13T08:00", Recipient(("first@example.cn",), ("13900000001",)), id="members: refused",
        ),
        pytest.param(
            [
                ("leader", "report_change", "2026-05-11T10:00", change("members", {"phone": SECOND})),
                ("city", "rule_on_change", "2026-05-12T10:00", '{"decision": "confirmed"}'),
            ],
            "2026-05-13T08:00", Recipient((), (SECOND,)), id="members: confirmed",
        ),
        pytest.param(
            [("leader", "report_change", "2026-05-11T10:00", change("leader", TAKING_OVER)), *REVIEWED],
            "2026-05-26T08:00", Recipient(("first@example.cn",), ("13900000001",)), id="leader: still on notice",
        ),
        pytest.param(
            [("leader", "report_change", "2026-05-11T10:00", change("leader", TAKING_OVER)), *REVIEWED],
            "2026-05-28T08:00", Recipient((), (SECOND,)), id="leader: took over",
        ),
        pytest.param(
            [
                ("leader", "report_change", "2026-05-11T10:00", change("leader", TAKING_OVER)),
                *REVIEWED,
                ("leader", "correct_contact", "2026-05-20T10:00", contact(THIRD)),
            ],
            "2026-05-26T08:00", Recipient((), (THIRD,)), id="corrected by the old leader while on notice",
        ),
        pytest.param(
            [
                ("leader", "report_change", "2026-05-11T10:00", change("leader", TAKING_OVER)),
                *REVIEWED,
                ("leader", "correct_contact", "2026-05-20T10:00", contact(THIRD)),
            ],
            "2026-05-28T08:00", Recipient((), (SECOND,)), id="and the new one took over: the old one's phone is not theirs",
        ),
    ],
)  # fmt: skip
def test_a_leader_is_reached_where_it_last_said(
    register: Register, steps: Sequence[Step], until: str, expected: Recipient
) -> None:
    told = alliance(0, *steps, until=until, **FIRST)
    written(register, told)
    assert reached(register) == expected


@on_both
def test_what_an_office_enters_for_a_leader_is_told_where_it_was_reached_before(register: Register) -> None:
    scan = {"name": "a.pdf", "media_type": "application/pdf", "size": 9, "sha256": "0" * 64, "location": "platform://a"}
    came = {"on": "2026-05-03", "how": "in_person", "received_by": "c-101", "brought_by": "某人", "scan": scan}
    forged = json.loads(contact(SECOND, email="stranger@example.cn")) | {"on_behalf_of": "leader", "came": came}
    steps: list[Step] = [("city", "correct_contact", "2026-05-03T10:00", json.dumps(forged))]
    entered = alliance(0, *steps, until="2026-05-03T11:00", **FIRST)
    first = entered.docket[-1].event
    steps.append(
        ("city2", "correct_contact", "2026-05-03T12:00", json.dumps(forged | {"seconds": getattr(first, "id", "")}))
    )
    told = alliance(0, *steps, until="2026-05-04T08:00", **FIRST)
    written(register, told)
    assert told.docket[-1].filing.proposals == {}
    assert reached(register) == Recipient(("stranger@example.cn",), (SECOND,))
    letters = Letters(register.engine)
    of_it = [row for row in letter_rows(register).values() if row.text in ("letter_entered", "entered_for_leader")]
    assert len(of_it) == 2
    for row in of_it:
        assert {"first@example.cn", "stranger@example.cn"} == set(letters.recipient(row).mail)
        assert {"13900000001", SECOND} == set(letters.recipient(row).phone)


@on_both
def test_a_resubmission_tells_a_new_address_and_a_refused_act_none(register: Register) -> None:
    told = lived("LIFE")
    corrected = json.loads(json.dumps(application(filing_id="LIFE")))
    corrected = {name: value for name, value in corrected.items() if name not in ("received_at", "by")}
    corrected["leader"] |= {"phone": SECOND, "email": None}
    form = application(filing_id="LIFE", received_at="2026-03-15T09:00:00+08:00")
    lacking = [{"item": "A-17", "message": "合作协议未写明各方利益分配"}]
    acts: list[dict[str, Any]] = [
        {"kind": "return_for_correction", "by": OFFICES["city"], "deficiencies": lacking},
        {"kind": "resubmit", "by": form["by"], "content": corrected},
        {"kind": "correct_contact", "by": OFFICES["city"]} | json.loads(contact(THIRD)),
    ]
    acts = [act | {"id": f"a-{n}", "received_at": f"2026-03-{16 + n}T10:00:00+08:00"} for n, act in enumerate(acts)]
    result = simulate(form, acts)
    assert [bool(entry.refused) for entry in result.docket] == [False, False, False, True]
    papers = [*told.papers[:1], *((str(act["kind"]), paper) for act in acts if (paper := lodge("LIFE", act).paper))]
    written(register, Papered(result.docket, tuple(papers)))
    assert reached(register, "LIFE") == Recipient((), (SECOND,))


@on_both
def test_a_bundle_reaches_everybody_whom_the_leader_named(register: Register) -> None:
    """Each alliance of one leader may have somebody else who looks after it."""
    people = [FIRST, FIRST | {"email": "second@example.cn"}, {"phone": SECOND, "email": "first@example.cn"}]
    for number, person in enumerate(people):
        written(register, alliance(number, **person))
    letters = Letters(register.engine)
    row = letters.row(bundle_of("leader", LEADER))
    assert row
    assert len(carried(row)) == 3
    assert letters.recipient(row) == Recipient(("first@example.cn", "second@example.cn"), ("13900000001", SECOND))


@on_both
def test_offices_are_reached_as_the_book_says(full: Register) -> None:
    asked: list[tuple[str, str]] = []

    def book(to: str, office: str) -> Recipient:
        asked.append((to, office))
        return Recipient(mail=(f"{to}@{office}.example.cn",))

    letters = Letters(full.engine, book)
    rows = letter_rows(full)
    new_case = next(row for row in rows.values() if row.text == "new_case")
    assert letters.recipient(new_case) == Recipient(mail=("reviewer@210100.example.cn",))
    assert letters.recipient(digest_letter()) == Recipient(mail=("reviewer@210100.example.cn",))
    assert letters.recipient(rows["LIFE-1-1"]).mail == (application()["leader"]["email"],)
    assert asked == [("reviewer", OFFICE)] * 2, "no leader is looked for in it"
    assert Letters(full.engine).recipient(new_case) == Recipient()


# What it costs the register


@contextmanager
def explained(register: Register) -> Iterator[list[tuple[str, str]]]:
    """Every query that is made meanwhile, with the database's plan for it, as if the tables were large."""
    plans: list[tuple[str, str]] = []
    sqlite = register.engine.dialect.name == "sqlite"

    def explain(_: Connection, cursor: Any, statement: str, parameters: Any, __: Any, many: bool) -> None:
        if not statement.startswith(("SELECT", "UPDATE")):
            return
        asking = cursor.connection.cursor()
        if not sqlite:
            asking.execute("SET enable_seqscan = off")
        asking.execute(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", parameters[0] if many else parameters)
        plans.append((statement, "\n".join(str(row[-1]) for row in asking.fetchall())))

    event.listen(register.engine, "before_cursor_execute", explain)
    yield plans
    event.remove(register.engine, "before_cursor_execute", explain)


@on_both
def test_no_look_at_letters_goes_through_whole_tables(full: Register) -> None:
    letters = Letters(full.engine)
    bundle = next(row for row in letter_rows(full).values() if row.text == REMINDERS and row.to == "leader")
    letter, queue = letters.row("LIFE-3-1"), queue_of(full.engine)
    assert letter
    with explained(full) as plans:
        letters.of_filing("LIFE")
        letters.inbox(OFFICE)
        letters.inbox(OFFICE, after=NOW - timedelta(days=300), unread=True, limit=1)
        batch = queue.take(datetime.now(UTC), 20)
        queue.keep(batch, NOW)
        queue.settle(batch, NOW, [Note(letter.id, "sms", ARRIVED, NOW)], [Fate(letter.id, NOW), Fate(bundle.id)])
        letters.waiting()
        letters.backlog(NOW)
        came_to(letters.engine, letter.id, "mail", ARRIVED, NOW)
        letters.deliveries(letter.id)
        letters.bounced(letter.id, ["mail"], "退信", "1***", NOW)
        closed(letters.engine, letter.id, NOW, failed=True)
        letters.reopen(letter.id, NOW)
        letters.read(letter.id, NOW)
        Digests(letters).compile(NOW)
        Days(letters).compile(NOW)
        for row in (letter, bundle):
            letters.recipient(row)
            for family in texts.FAMILIES:
                letters.worded(row, family)
    assert len(plans) > 20
    scans = re.compile(r"SCAN (?!letters USING INDEX ix_letters_due)|Seq Scan")  # that index holds the open ones alone
    assert [each for each in plans if scans.search(each[1])] == []
