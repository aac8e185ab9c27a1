"""What a day brings by itself: each office's digest on working mornings, and the day's pages and calendars."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import chinese_calendar
import pytest
from sqlalchemy import event, insert
from sqlmodel import select

from activities import digests
from activities.channels.channel import Letter
from activities.compiled import SHOWN
from activities.database import reading, writing
from activities.days import Days
from activities.digests import Digests
from activities.letter_opening import CALENDARS, PUBLICATION
from activities.letters import Letters
from activities.register import Register
from models.register import LetterRow, MessageRow
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation import calendar, texts
from tests.databases import Databases, on_both
from tests.simulated import Papered, told, written
from tests.story import application, checklist

CITY, ZONE, PROVINCE = "210100", "210100-shengaoqu", "210000"


@pytest.fixture
def small(sqlite: Databases) -> Iterator[Register]:
    """An empty register on SQLite, for what no database makes a difference to."""
    opened = Register.at(sqlite.migrated())
    yield opened
    opened.engine.dispose()


Step = tuple[str, str, str]
ACCEPTED: Step = ("city", "accept", "2026-01-06T09:00")
REVIEWED: tuple[Step, ...] = (
    ACCEPTED,
    ("iit", "give_iit_opinion", "2026-01-07T09:00"),
    ("city2", "confirm", "2026-01-08T09:00"),
)
FIELDS: dict[str, dict[str, Any]] = {
    "give_iit_opinion": {"positive": True},
    "confirm": {"checklist": checklist()},
}


@cache
def life(*steps: Step, until: str, filing_id: str = "DUE", submitted: str = "2026-01-05T09:00") -> Papered:
    """A life of kind A up to an instant."""
    form = application(
        filing_id=filing_id,
        alliance_name=f"沈阳市{filing_id}产学研联盟",
        agreement_effective_on="2025-11-20",
        received_at=f"{submitted}:00+08:00",
    )
    return _lived(form, steps, until)


@cache
def in_the_zone(*steps: Step, until: str) -> Papered:
    """A life of kind B in a zone, in the call of 2023."""
    form = application(
        Kind.B, filing_id="BEE", received_at="2023-04-10T09:00:00+08:00", agreement_effective_on="2023-02-01"
    )
    return _lived(form, steps, until)


def _lived(form: dict[str, Any], steps: tuple[Step, ...], until: str) -> Papered:
    return told(form, *((who, kind, when, FIELDS.get(kind, {})) for who, kind, when in steps), until=at(until))


def at(local: str) -> datetime:
    """An instant as the clocks of Shanghai show it, in UTC."""
    return datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)


def compiled(register: Register, now: str) -> dict[str, Letter]:
    """The digests that a worker opens at an instant, by office."""
    letters = Letters(register.engine)
    told = {}
    for key in Digests(letters).compile(at(now)):
        row = letters.row(key)
        assert row
        letter = letters.worded(row, "mail")
        assert letter
        told[letter.office] = letter
    return told


def part(letter: Letter, heading: str) -> list[str]:
    """The lines below a heading of a digest, without their numbers."""
    lines = letter.body.split("\n")
    first = lines.index(f"{heading}：") + 1
    rest = lines[first:]
    shown = rest[: rest.index("")] if "" in rest else rest
    return [line.partition(". ")[2] or line for line in shown]


OVERDUE, DUE, NEW = "逾期", "五个工作日内到期", "上一工作日早间以来新到"


# When


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2026-02-13T08:29:59.999999", False),
        ("2026-02-13T08:30", True),
        ("2026-02-13T23:59", True),
        ("2026-02-14T08:30", True),  # a Saturday worked in exchange
        ("2026-02-15T09:00", False),
        ("2026-02-17T09:00", False),  # 春节
        ("2026-02-23T09:00", False),
        ("2026-02-24T09:00", True),
        ("2026-02-28T09:00", True),  # a Saturday worked in exchange
        ("2026-03-07T09:00", False),
        ("2026-04-06T09:00", False),  # 清明节
        ("2026-09-20T09:00", True),  # a Sunday worked in exchange
        ("2026-10-01T09:00", False),
        ("2026-10-10T08:30", True),
        ("2027-01-01T09:00", False),  # counted by the statutory days, nothing being arranged yet
        ("2027-01-04T09:00", True),
    ],
)
def test_what_is_overdue_is_told_every_working_morning_from_half_past_eight(
    small: Register, now: str, comes: bool
) -> None:
    written(small, life(ACCEPTED, until="2026-02-12T00:00"))
    assert (CITY in compiled(small, now)) is comes


def test_around_festivals_every_day_is_worked_as_another_library_has_it(small: Register) -> None:
    """Which days are worked is shown for all years in test_calendar."""
    written(small, life(ACCEPTED, until="2026-02-12T00:00"))
    letters = Letters(small.engine)
    begin, many = (date(2026, 2, 12), date(2026, 4, 3), date(2026, 9, 19)), 24
    days = [day + timedelta(days=n) for day in begin for n in range(many)]
    came = [day for day in days if Digests(letters).compile(datetime.combine(day, time(9), SHANGHAI))]
    assert came == [day for day in days if chinese_calendar.is_workday(day)]


@on_both
def test_a_digest_is_opened_once_however_many_workers_ask(register: Register) -> None:
    written(register, life(ACCEPTED, until="2026-02-12T00:00"))
    gate = Barrier(5)

    def ask(_: int) -> list[str]:
        gate.wait()
        return Digests(Letters(register.engine)).compile(at("2026-02-12T08:30"))

    with ThreadPoolExecutor(5) as pool:
        opened = [key for keys in pool.map(ask, range(5)) for key in keys]
    assert opened == ["_digest-210100-2026-02-12"]
    one = Digests(Letters(register.engine))
    assert one.compile(at("2026-02-12T12:00")) == one.compile(at("2026-02-12T12:00")) == []
    assert one.compile(at("2026-02-13T08:30")) == ["_digest-210100-2026-02-13"]


def test_a_city_that_is_closed_gets_none_and_its_neighbour_does(
    small: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    editions = calendar.shipped()
    closures = {CITY: {"2026-02-12": "暴雪停工"}}
    editions.add({"edition": "2026-snow", "base": "2026", "years": {}, "closures": closures})
    monkeypatch.setattr(calendar, "CALENDARS", editions)
    monkeypatch.setattr(digests, "CALENDARS", editions)
    told = life(ACCEPTED, until="2026-02-10T00:00")
    written(small, told)
    message = next(each for each in small.messages("DUE") if each.to == "reviewer")
    told_again = [("210200", "2026-02-12T07:00"), (CITY, "2026-02-12T09:00"), (ZONE, "2026-02-12T07:00")]
    send(small, *({"office": office, "created_at": at(when)} for office, when in told_again), like=message)
    assert compiled(small, "2026-02-12T09:00").keys() == {"210200"}
    friday = compiled(small, "2026-02-13T09:00")
    assert friday.keys() == {CITY, ZONE}, "the zone keeps its city's days"
    assert len(part(friday[CITY], NEW)) == len(part(friday[ZONE], NEW)) == 1


def send(register: Register, *changes: dict[str, Any], like: MessageRow) -> None:
    """More messages, each like one but for some columns."""
    rows = [like.model_dump() | {"id": f"{like.id}-{n}", **each} for n, each in enumerate(changes)]
    with writing(register.engine) as session:
        session.connection().execute(insert(MessageRow), rows)


# What


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2026-02-06T08:30", False),
        ("2026-02-09T08:30", False),  # 10, 11, 12, 13 and Saturday 14 February
        ("2026-02-10T08:30", True),  # the fifth is 24 February, after 春节
        ("2026-02-14T08:30", True),
        ("2026-02-24T08:30", True),  # its last day
    ],
)
def test_what_is_due_within_five_working_days_is_told(small: Register, now: str, shown: bool) -> None:
    reviewing = (("city", "accept", "2026-01-20T09:00"), ("iit", "give_iit_opinion", "2026-01-21T09:00"))
    written(small, life(*reviewing, submitted="2026-01-19T09:00", until="2026-01-22T00:00"))
    letter = compiled(small, now).get(CITY)
    assert (letter is not None) is shown
    if letter:
        assert part(letter, DUE) == ["沈阳市DUE产学研联盟（DUE）：2026年2月24日24时 审核截止"]
        assert part(letter, OVERDUE) == part(letter, NEW) == ["无"]


def test_what_a_superior_is_about_to_hear_of_is_overdue_and_not_due(small: Register) -> None:
    """The next that time brings is the second chase; for the office the period is over."""
    told = life(ACCEPTED, ("iit", "give_iit_opinion", "2026-01-07T09:00"), until="2026-02-05T00:00")
    written(small, told)
    row = small.row("DUE")
    assert row
    assert (row.next_lapse, row.next_deadline) == ("review_overdue", at("2026-02-11T00:00"))
    letter = compiled(small, "2026-02-05T08:30")[CITY]
    assert part(letter, OVERDUE) == ["沈阳市DUE产学研联盟（DUE）：2026年2月3日24时 审核逾期催办"]
    assert part(letter, DUE) == ["无"]
    assert letter.title == "2026年2月5日待办：0件临期，1件逾期，0件新到"


def test_two_periods_of_one_filing_are_told_each_in_its_place(small: Register) -> None:
    """Nobody asked 工信 in time, and the review itself ends soon."""
    written(small, life(ACCEPTED, until="2026-01-29T00:00"))
    letter = compiled(small, "2026-01-29T08:30")[CITY]
    assert [line.rpartition(" ")[2] for line in part(letter, OVERDUE)] == ["工信部门意见逾期催办"]
    assert [line.rpartition("：")[2] for line in part(letter, DUE)] == ["2026年2月3日24时 审核截止"]


def test_what_arrived_is_told_on_the_next_working_morning_and_never_again(small: Register) -> None:
    written(small, life(until="2026-01-06T00:00"))
    message = next(each for each in small.messages("DUE") if each.to == "reviewer")
    instants = {
        "2026-02-13T08:30": "2026-02-13",
        "2026-02-13T08:30:01": "2026-02-14",
        "2026-02-14T08:29": "2026-02-14",
        "2026-02-14T09:00": "2026-02-24",  # 春节 in between
        "2026-02-18T12:00": "2026-02-24",
        "2026-02-24T08:30": "2026-02-24",
        "2026-02-24T09:00": "2026-02-25",
    }
    send(
        small,
        *({"office": "210200", "title": instant, "created_at": at(instant)} for instant in instants),
        like=message,
    )
    told: dict[str, str] = {}
    for number in range(12, 29):
        digest = compiled(small, f"2026-02-{number}T15:00").get("210200")  # the worker was down in the morning
        for title in part(digest, NEW) if digest else []:
            assert title not in told
            told[title] = f"2026-02-{number}"
    assert told == instants


def test_industry_offices_are_told_apart_though_they_share_a_key(small: Register) -> None:
    written(small, life(ACCEPTED, until="2026-01-06T12:00"))
    to = {message.to for message in small.messages("DUE") if message.office == CITY}
    assert to == {"reviewer", "city_iit"}
    assert compiled(small, "2026-01-07T08:30") == {}, "what came on that day came for 工信"


def test_who_has_nothing_waiting_gets_none(small: Register) -> None:
    assert compiled(small, "2026-01-06T08:30") == {}
    written(small, life(*REVIEWED, until="2026-01-09T00:00"))
    assert compiled(small, "2026-01-08T08:30").keys() == {CITY}, "the case arrived"
    assert compiled(small, "2026-01-12T08:30") == {}, "on notice: everybody waits for the day"


def test_a_zone_gets_a_digest_of_its_own(small: Register) -> None:
    written(small, in_the_zone(until="2023-04-11T00:00"))
    told = compiled(small, "2023-04-11T08:30")
    assert told.keys() == {ZONE}
    assert told[ZONE].to == "reviewer"
    assert told[ZONE].body.startswith("沈阳高新技术产业开发区：")
    assert len(part(told[ZONE], NEW)) == 1


def test_the_province_gets_a_digest_of_what_waits_for_it(small: Register) -> None:
    written(small, life(*REVIEWED, until="2026-01-21T12:00"))
    row = small.row("DUE")
    assert row
    assert (row.stage, row.waiting_for) == ("at_province", PROVINCE)
    told = compiled(small, "2026-01-21T08:30")
    assert told[PROVINCE].to == "province_st"
    assert told[PROVINCE].body.startswith("省科技厅：")
    assert len(part(told[PROVINCE], NEW)) == 1, "what industry got is not among it"
    assert row.next_deadline
    last_morning = (row.next_deadline.astimezone(SHANGHAI) - timedelta(hours=15, minutes=30)).replace(tzinfo=None)
    told = compiled(small, last_morning.isoformat())
    assert told.keys() == {PROVINCE}
    assert [line.rpartition(" ")[2] for line in part(told[PROVINCE], DUE)] == ["入库截止"]


def test_a_digest_names_no_person(small: Register) -> None:
    written(small, life(ACCEPTED, until="2026-02-12T00:00"))
    leader = application()["leader"]
    letter = compiled(small, "2026-02-12T08:30")[CITY]
    said = f"{letter.title}\n{letter.body}"
    for private in (leader["phone"], leader["contact"], leader["email"], application()["by"]["person"], "c-101"):
        assert private not in said


def test_a_digest_prints_only_so_many_lines_and_counts_all(small: Register) -> None:
    written(small, life(until="2026-01-06T00:00"))
    message = next(each for each in small.messages("DUE") if each.to == "reviewer")
    more = ({"office": "210200", "title": f"第{n}件", "created_at": at("2026-01-06T12:00")} for n in range(SHOWN + 9))
    send(small, *more, like=message)
    letter = compiled(small, "2026-01-07T08:30")["210200"]
    assert letter.title == f"2026年1月7日待办：0件临期，0件逾期，{SHOWN + 9}件新到"
    assert len(part(letter, NEW)) == SHOWN + 1
    assert part(letter, NEW)[-1] == "……另有9件"


def test_a_city_may_word_its_digest(small: Register) -> None:
    written(small, life(until="2026-01-06T00:00"))
    try:
        texts.replace(CITY, "inbox", "digest", "早报\n{office}{day}：{arrived_count}")
        letter = compiled(small, "2026-01-06T08:30")[CITY]
    finally:
        texts.reset()
    assert (letter.title, letter.body) == ("早报", "沈阳市科技局2026年1月6日：1")


# Every day


@on_both
def test_a_days_pages_and_calendars_are_opened_once(register: Register) -> None:
    gate = Barrier(5)

    def ask(_: int) -> list[str]:
        gate.wait()
        return Days(Letters(register.engine)).compile(at("2026-02-17T00:00"))

    with ThreadPoolExecutor(5) as pool:
        opened = sorted(key for keys in pool.map(ask, range(5)) for key in keys)
    assert opened == ["_calendars-2026-02-17", "_publication-2026-02-17"], "holidays too"
    days = Days(Letters(register.engine))
    assert days.compile(at("2026-02-17T23:59:59")) == []
    assert days.compile(at("2026-02-18T00:00")) == ["_publication-2026-02-18", "_calendars-2026-02-18"]
    with reading(register.engine) as session:
        rows = session.exec(select(LetterRow)).all()
    assert {(row.to, row.office, row.filing_id) for row in rows} == {("public", PROVINCE, None)}


@on_both
def test_what_a_day_has_written_is_written_anew_by_whoever_starts_and_finds_it_gone(
    register: Register, tmp_path: Path
) -> None:
    """After a restore the day's letters are in the register, and done; their files are not there."""
    letters, site = Letters(register.engine), tmp_path / "site"
    Days(letters).compile(at("2026-02-17T09:00"))
    restored = Days(letters, {PUBLICATION: site, CALENDARS: tmp_path})
    assert restored.compile(at("2026-02-17T12:00")) == ["_publication-2026-02-17-anew"]
    assert restored.compile(at("2026-02-18T00:00")) == ["_publication-2026-02-18", "_calendars-2026-02-18"]
    site.mkdir()
    assert Days(letters, {PUBLICATION: site}).compile(at("2026-02-18T12:00")) == []


Asked = Callable[[datetime], list[str]]


@pytest.mark.parametrize("routine", [Days, Digests])
def test_asking_again_on_the_same_day_costs_the_register_nothing(
    small: Register, routine: Callable[[Letters], Any]
) -> None:
    """The postman asks every few seconds."""
    written(small, life(ACCEPTED, until="2026-02-12T00:00"))
    compile_: Asked = routine(Letters(small.engine)).compile
    assert compile_(at("2026-02-12T09:00"))
    asked: list[str] = []
    event.listen(small.engine, "before_cursor_execute", lambda _, __, statement, *___: asked.append(statement))
    assert compile_(at("2026-02-12T09:01")) == []
    assert asked == []
    assert compile_(at("2026-02-13T09:00"))
    assert asked
