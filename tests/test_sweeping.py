"""What nobody refers to is swept after a day, whoever brought it; and how much may be stored in a day."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.arrivals import KEPT, Arrivals
from activities.register import Register
from gateway.client import Filings
from gateway.problem import Refused
from gateway.remembered.drafts import Drafts
from gateway.remembered.quotas import Quotas
from gateway.remembered.sweeping import Sweeping, Swept
from gateway.remembered.uploads import HALF_DONE, PUBLIC, Rejected, Uploads
from models.acts import By
from models.filing import Entry
from models.register import Paper
from models.vocabulary import Role
from regulation import identity
from tests.databases import Databases, on_both
from tests.leading import LEADER, OTHER
from tests.served import Clock
from tests.simulated import END, lived, written
from tests.story import application, instant
from tests.test_uploads import PDF, file, lying

NOW = END + timedelta(days=30)
LATER = NOW + HALF_DONE
MOST = {"person": 3000, "office": 5000, "filing": 4000}


def papers(register: Register) -> set[str]:
    """The digests of every paper there is."""
    with Session(register.engine) as session:
        return set(session.exec(select(Paper.digest)))


def sweeping(register: Register, folder: Path) -> Sweeping:
    """Rounds over a register and a folder."""
    uploads = Uploads(register.engine, folder / "uploads", 100_000)
    return Sweeping(uploads, Drafts(register.engine, uploads))


@on_both
def test_what_a_record_rests_on_stays_and_nothing_of_it_changes(full: Register, tmp_path: Path) -> None:
    before = papers(full)
    assert len(before) == 4
    swept = sweeping(full, tmp_path).round(NOW)
    assert replace(swept, expired=()) == Swept(0, 0, 0)
    assert [each.kept for each in swept.expired] == ["objector_years"], "masked, and not gone"
    assert papers(full) == before
    assert full.verify("LIFE") == []


@on_both
def test_a_paper_of_an_act_that_came_to_nothing_goes_after_a_day(full: Register, tmp_path: Path) -> None:
    before = papers(full)
    loose = full.lodge("LIFE", "state_defence", {"text": "未采用"}, NOW)
    nobodys = full.lodge("NEVER-1", "application", {"text": "没有这一备案"}, NOW)
    rounds = sweeping(full, tmp_path)
    assert rounds.round(LATER - timedelta(seconds=1)).papers == 0
    assert {loose, nobodys} <= papers(full)
    assert rounds.round(LATER).papers == 2
    assert papers(full) == before


@on_both
def test_what_was_received_and_not_answered_keeps_its_paper_as_long_as_its_receipt(
    full: Register, tmp_path: Path
) -> None:
    arrivals, rounds = Arrivals(full.engine), sweeping(full, tmp_path)
    arrivals.receive("LIFE", "again-1", "0" * 64, NOW, NOW)
    waiting = full.lodge("LIFE", "state_defence", {"text": "还会再送"}, NOW)
    assert rounds.round(NOW + KEPT).papers == 0
    assert waiting in papers(full)
    late = NOW + KEPT + timedelta(seconds=1)
    assert rounds.round(late).papers == 1
    assert arrivals.receive("LIFE", "again-1", "1" * 64, late, late).received_at == late, "and its receipt is forgotten"


@on_both
def test_what_an_entry_only_mentions_stays_too(full: Register, tmp_path: Path) -> None:
    """A refused signal is an entry: whoever asks what was refused finds its paper."""
    last = full.docket("LIFE")[-1]
    paper = full.lodge("LIFE", "state_defence", {"text": "不予登记的陈述"}, NOW - timedelta(days=2))
    record = full.lodge("LIFE", "state_defence", {"text": "收件记录"}, NOW - timedelta(days=2))
    refused = Entry.model_validate(
        last.model_dump()
        | {
            "number": last.number + 1,
            "filing": last.filing.but(number=last.number + 1),
            "refused": "没有在途的撤销程序",
            "event": {
                "id": "signal-1",
                "kind": "state_defence",
                "by": {"person": "u-leader-01", "office": LEADER.office, "role": "leader"},
                "paper": paper,
                "came": {
                    "on": "2030-01-02",
                    "how": "post",
                    "received_by": "c-101",
                    "record": record,
                },
            },
        }
    )
    assert full.append(refused).outcome == "entered"
    assert sweeping(full, tmp_path).round(NOW + timedelta(days=2)).papers == 0
    assert {paper, record} <= papers(full)


@on_both
async def test_files_go_that_nothing_mentions_and_files_that_a_crash_left(register: Register, tmp_path: Path) -> None:
    rounds = sweeping(register, tmp_path)
    store, drafts = rounds.uploads, rounds.drafts
    in_paper, in_draft, loose, of_staff, public = [
        (await store.store(file(PDF + each), owner, NOW))["sha256"]
        for each, owner in (
            (b"1", LEADER.office), (b"2", LEADER.office), (b"3", OTHER.office), (b"4", "210100/city_st"), (b"5", PUBLIC)
        )
    ]  # fmt: skip
    written(register, lived("FILES-1").until("submit"))
    register.lodge("FILES-1", "object", {"evidence": [{"sha256": in_paper}]}, LATER)
    drafts.begin(LEADER, {"kind": "A", "documents": [{"sha256": in_draft}]}, NOW)
    orphan = store.folder / "ab" / ("ab" * 32)
    orphan.parent.mkdir()
    orphan.write_bytes(b"left")
    os.utime(orphan, (NOW.timestamp(), NOW.timestamp()))
    assert rounds.round(LATER - timedelta(seconds=1)).uploads == 0
    assert rounds.round(LATER).uploads == 4, (loose, of_staff, public)
    assert lying(store) == {f"{each[:2]}/{each}" for each in (in_paper, in_draft)}


async def test_drafts_of_nobody_go_with_their_files(sqlite: Databases, tmp_path: Path) -> None:
    register = Register.at(sqlite.migrated())
    rounds = sweeping(register, tmp_path)
    (sha256,) = [(await rounds.uploads.store(file(), LEADER.office, NOW))["sha256"]]
    drafts = rounds.drafts
    drafts.save("FILED-1", LEADER, {"kind": "A", "documents": [{"sha256": sha256}]}, NOW)
    drafts.save("OLD-1", LEADER, {"kind": "A"}, NOW - timedelta(days=179, hours=12))
    drafts.save("NEW-1", LEADER, {"kind": "A"}, NOW)
    written(register, lived("FILED-1").until("submit"))
    assert rounds.round(LATER) == Swept(0, 1, 2), (
        "one was submitted, one is past its time; the file was in neither paper"
    )
    assert [each.id for each in drafts.of(LEADER.office, LATER)] == ["NEW-1"]
    assert lying(rounds.uploads) == set()
    register.engine.dispose()


# How much in a day


@pytest.fixture
def quotas(register: Register) -> Quotas:
    """Small ones."""
    return Quotas(register.engine, MOST)


@on_both
def test_a_day_has_so_many_bytes_for_a_person_an_office_and_a_filing(quotas: Quotas) -> None:
    assert quotas.take(3000, NOW, person="p-1", office="o-1") is None
    told = quotas.take(1, NOW, person="p-1", office="o-1")
    assert told == "本人今日存入的材料超过0.003 MB，未予收下；请明日再送，或改送纸质材料"
    assert quotas.take(2000, NOW, person="p-2", office="o-1") is None, "what was refused counted for nobody"
    assert "本单位" in str(quotas.take(1, NOW, person="p-3", office="o-1"))
    assert quotas.take(3000, NOW + timedelta(days=1), person="p-1", office="o-1") is None, "tomorrow is another day"


@on_both
def test_nobody_uses_up_what_an_office_needs_for_a_filing(quotas: Quotas) -> None:
    public = By(person="public-1", office="public", role=Role.PUBLIC)
    officer = By(person="c-101", office="210100", role=Role.CITY_ST)
    assert quotas.take_for(public, "F-1", 4000, NOW) == ()
    (found,) = quotas.take_for(public, "F-1", 1, NOW)
    assert "本件" in found.message
    assert quotas.take_for(public, "F-2", 3000, NOW) == (), "of the public no person and no office is counted"
    assert quotas.take_for(officer, "F-1", 2000, NOW) == ()


@on_both
async def test_files_and_drafts_count_and_what_is_there_does_not_count_again(
    register: Register, quotas: Quotas, tmp_path: Path
) -> None:
    store = Uploads(register.engine, tmp_path / "uploads", 100_000, quotas=quotas)
    first = PDF.ljust(2000, b"1")
    for _ in range(3):
        await store.store(file(first), LEADER.office, NOW, person=LEADER.person)
    with pytest.raises(Rejected, match="本人今日存入的材料超过"):
        await store.store(file(PDF.ljust(2000, b"2")), LEADER.office, NOW, person=LEADER.person)
    assert len(lying(store)) == 1
    drafts = Drafts(register.engine, store)
    key = drafts.begin(LEADER, {"kind": "A", "alliance_name": "甲" * 200}, NOW)
    seen = drafts.of(LEADER.office, NOW)[0]
    with pytest.raises(Refused, match="本人今日"):
        drafts.save(key, LEADER, {"kind": "A", "alliance_name": "甲" * 400}, NOW, seen.updated_at.isoformat())


@pytest.fixture
def doors(sqlite: Databases) -> Iterator[Register]:
    """A register with a filing under review."""
    register = Register.at(sqlite.migrated())
    written(register, lived("DOOR").until("submit"))
    yield register
    register.engine.dispose()


def act(kind: str, **fields: Any) -> dict[str, Any]:
    """An act of the leader."""
    by = {"person": "u-leader-01", "office": LEADER.office, "role": "leader"}
    return {"id": f"{kind}-1", "kind": kind, "by": by, **fields}


async def without_an_engine(register: Register, at: str = "2026-03-16") -> Filings:
    """The client at a door behind which no engine answers."""
    nobody = await Client.connect("127.0.0.1:1", data_converter=pydantic_data_converter, lazy=True)
    return Filings(nobody, register, clock=Clock(instant(at)), patience=timedelta(seconds=0.2))


async def test_a_refused_act_leaves_no_paper(doors: Register) -> None:
    before = papers(doors)
    filings = await without_an_engine(doors)
    for refused in (
        act("state_defence", content={"text": "没有这样的程序"}),
        act("withdraw", content={"reason": "x" * 100}, unknown=1),
        act("file_annual_report", year=2026, content={"kind": "A"}),
    ):
        with pytest.raises(Refused):
            await filings.act("DOOR", refused)
    again = application(filing_id="DOOR-2", leader={"uscc": "x"})
    with pytest.raises(Refused):
        await filings.submit(again)
    assert papers(doors) == before


async def test_beyond_the_quota_an_application_is_refused_and_nothing_is_kept(doors: Register) -> None:
    filings = await without_an_engine(doors)
    filings.quotas = Quotas(doors.engine, MOST | {"filing": 10})
    before = papers(doors)
    with pytest.raises(Refused, match="本件今日存入的材料超过"):
        await filings.submit(
            application(
                filing_id="DOOR-3", received_at="2026-03-16T09:00:00+08:00", alliance_name="沈阳示例稀土产业产学研联盟"
            )
        )
    assert papers(doors) == before
    assert not Arrivals(doors.engine).are_noted("DOOR-3", identity.SUBMISSION), "a refusal is an answer"


async def test_a_retry_of_what_is_stored_costs_nothing(doors: Register) -> None:
    filings = await without_an_engine(doors)
    filings.quotas = Quotas(doors.engine, dict.fromkeys(MOST, 20_000))
    form = application(
        filing_id="DOOR-4", received_at="2026-03-16T09:00:00+08:00", alliance_name="沈阳示例稀土产业产学研联盟"
    )
    for _ in range(5):
        with pytest.raises(Exception) as failed:  # noqa: PT011 - whichever way no engine shows
            await filings.submit(form)
        assert not isinstance(failed.value, Refused), failed.value
    assert replace(filings.quotas, most=MOST).take(1, NOW, filing="others:DOOR-4") is None
