"""The register on SQLite and on a real PostgreSQL: one transaction an entry, compare-and-append, and proof."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Table,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from activities import papers
from activities.appending import Appended, RegisterBehind
from activities.database import reaching
from activities.lists import columns_of
from activities.papers import PaperMissing
from activities.register import Register
from activities.rows import GENESIS, duties_of, waiting_columns
from models.acts import Accept, By, Lapse, ReportChange, Restore, Resubmit, RuleOnChange, Withdraw
from models.filing import Entry, Filing
from models.forms import ChangePaper
from models.names import key
from models.register import UtcDateTime
from models.values import SHANGHAI, canonical, digest
from models.vocabulary import LapseKind, Role, Stage
from regulation import entries, intake, judging
from regulation.lodging import PAPER_MISSING
from regulation.moment import Moment
from regulation.simulation import simulate
from tests.databases import Databases, on_both, on_both_by_the_owner
from tests.law.notation import PAPERS
from tests.samples import one_in
from tests.simulated import NOW, Papered, holding, lived, told, written
from tests.story import application

BOOKKEEPING = {"papers": {"filing_id", "kind", "stored_at"}}
"""Columns that prove nothing: a paper is its text under its digest."""
CHAINED = ("filings", "versions", "entries", "messages", "public_notices", "annual_reports", "papers")


def counts(register: Register) -> dict[str, int]:
    """How many rows each table has."""
    with register.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def somebody(act: Callable[..., Any], entry: Entry, **fields: Any) -> Entry:
    """Another event after an entry's filing, as the engine would compute it."""
    at = entry.at + timedelta(hours=1)
    by = By(person="c-901", office="210100", role=Role.CITY_ST)
    return entries.entered(entry.filing, act(by=by, received_at=at, **fields), Moment(at, at))


# Writing


@on_both
def test_a_whole_life_is_read_as_it_was_written(register: Register, databases: Databases) -> None:
    told = lived("LIFE")
    assert {each.outcome for each in written(register, told)} == {"entered"}
    assert register.docket("LIFE") == list(told.docket)
    assert register.filing("LIFE") == told.docket[-1].filing
    assert register.entry("LIFE", 2) == told.docket[1]
    assert register.entry_of("LIFE", "LIFE-demo-1") == told.docket[1]
    assert register.verify("LIFE") == []
    assert all(counts(register)[name] for name in CHAINED)
    assert type(databases).__name__.lower() == register.engine.dialect.name


MOST_STATEMENTS = {"submit": 11, "resubmit": 9, "revocation_opened": 12, "revoked": 13}
"""Entries of more than eight: filings around an application are looked at, and texts of a case tell of what
was before; with a revocation nobody owes the year that is open any more."""


@on_both
def test_an_entry_is_one_transaction_and_a_repetition_writes_nothing(register: Register) -> None:
    told = lived("LIFE")
    told.lodged(register)
    commits, said, writes = [], [], []
    event.listen(register.engine, "commit", lambda _: commits.append(1))

    @event.listens_for(register.engine, "before_cursor_execute")
    def count(_: Connection, __: Any, statement: str, *___: Any) -> None:
        said.extend([statement] if "used_editions" not in statement else [])  # looked for once in a process
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE"):
            writes.append(statement.partition("(")[0])

    for entry in told.docket:
        commits.clear()
        said.clear()
        writes.clear()
        assert register.append(entry).outcome == "entered"
        assert len(commits) == 1, entry.event.kind
        assert len(said) <= MOST_STATEMENTS.get(entry.event.kind, 8), said
        assert len([each for each in writes if "entries" in each]) == 1
        assert len(writes) <= 9, writes
    for entry in told.docket:
        writes.clear()
        assert register.append(entry).outcome == "known"
        assert writes == []


def held(register: Register) -> dict[str, list[str]]:
    """Every row of every table, but for when a letter is due, which is told by the clock of the wall."""
    with register.engine.connect() as connection:
        return {
            name: sorted(
                str(tuple(row)) for row in connection.execute(select(*(c for c in table.c if c.name != "due_at")))
            )
            for name, table in SQLModel.metadata.tables.items()
            if name != "filings"
        } | {"filings": [str(tuple(row)) for row in connection.execute(select(SQLModel.metadata.tables["filings"]))]}


@on_both
def test_entries_appended_together_leave_what_one_after_the_other_leaves(
    register: Register, databases: Databases
) -> None:
    told, said = lived("LIFE"), list[str]()
    written(register, told)
    together = Register.at(databases.migrated())
    event.listen(together.engine, "before_cursor_execute", lambda _, __, statement, *___: said.append(statement))
    together.append_all(told.docket, [papers.row_of("LIFE", *each, NOW) for each in told.papers])
    assert len(said) <= 2 * len(told.docket), "one after the other it is eight for each"
    assert held(together) == held(register)
    assert together.verify("LIFE") == []
    same_number = lived("SAME-NUMBER")
    with pytest.raises(IntegrityError):
        together.append_all(
            same_number.docket, [papers.row_of("SAME-NUMBER", *each, NOW) for each in same_number.papers]
        )
    assert held(together) == held(register), "all of them, or none"
    together.engine.dispose()


@on_both
def test_of_a_filing_only_what_changed_is_written(register: Register) -> None:
    """What is not named in a statement costs no index anything."""
    told, moved = lived("LIFE"), list[str]()
    told.lodged(register)

    @event.listens_for(register.engine, "before_cursor_execute")
    def note(_: Connection, __: Any, statement: str, *___: Any) -> None:
        moved.extend([statement] if statement.startswith("UPDATE filings") else [])

    for entry in told.docket:
        before = register.row("LIFE")
        register.append(entry)
        after = register.row("LIFE")
        if before and after:
            said = moved.pop().partition(" WHERE ")[0]
            changed = {name for name, value in columns_of(after).items() if value != getattr(before, name)}
            assert {name for name in columns_of(after) if f" {name}=" in said} == changed
    assert moved == []


@on_both
def test_the_same_entry_again_is_known_and_carries_the_filing_on(full: Register) -> None:
    told = lived("LIFE")
    before = counts(full)
    for entry in told.docket:
        assert full.append(entry) == Appended(outcome="known", number=entry.number, filing=told.docket[-1].filing)
    assert counts(full) == before
    assert full.verify("LIFE") == []


@on_both
def test_a_number_held_by_another_event_is_adopted(register: Register) -> None:
    told = lived("LIFE")
    told.lodged(register)
    for entry in told.docket[:2]:
        register.append(entry)
    other = somebody(Accept, told.docket[0], id="another")
    assert other.number == 2
    assert register.append(other) == Appended(outcome="adopted", filing=told.docket[1].filing)
    assert register.docket("LIFE") == list(told.docket[:2])
    assert register.entry_of("LIFE", "another") is None


@on_both
def test_a_register_that_fell_behind_takes_nothing_rather_than_leave_a_hole(register: Register) -> None:
    told = lived("LIFE")
    told.lodged(register)
    with pytest.raises(RegisterBehind, match="备案库只到第0号，不能登记第2号"):
        register.append(told.docket[1])
    register.append(told.docket[0])
    with pytest.raises(RegisterBehind):
        register.append(told.docket[2])
    assert register.docket("LIFE") == [told.docket[0]]


@on_both
def test_a_lapse_is_known_by_its_number_and_instant(register: Register) -> None:
    told = lived("LIFE")
    at = next(number for number, entry in enumerate(told.docket) if isinstance(entry.event, Lapse))
    told.lodged(register)
    for entry in told.docket[: at + 1]:
        register.append(entry)
    lapse = told.docket[at]
    later = lapse.but(entered_at=lapse.entered_at + timedelta(hours=3))
    assert register.append(later).outcome == "known"
    assert register.append(lapse.but(at=lapse.at + timedelta(days=1))).outcome == "adopted"
    assert register.append(lapse.but(event=Lapse(kind=LapseKind.ANNOUNCEMENT_OVERDUE))).outcome == "adopted"


@on_both
def test_an_entry_without_its_paper_is_refused_and_leaves_nothing(register: Register) -> None:
    told = lived("LIFE")
    empty = counts(register)
    assert register.append(told.docket[0]) == Appended(outcome="refused", reason=PAPER_MISSING)
    assert counts(register) == empty
    told.lodged(register)
    assert register.append(told.docket[0]).outcome == "entered"


@on_both
def test_an_archive_number_belongs_to_one_filing(register: Register) -> None:
    first, second = lived("ONE"), lived("TWO", alliance_name="沈阳市另一产学研联盟")
    written(register, first)
    second.lodged(register)
    archived = next(entry for entry in second.docket if entry.event.kind == "archive")
    for entry in second.docket[: archived.number - 1]:
        assert register.append(entry).outcome == "entered"
    refused = register.append(archived)
    assert refused.outcome == "refused"
    assert refused.reason == f"备案编号 {first.docket[-1].filing.archive_number} 已属于另一备案"
    assert register.docket("TWO") == list(second.docket[: archived.number - 1])


def at_once(register: Register, rivals: list[Entry]) -> list[str]:
    """What came of entries that were appended at the same time, each by a thread of its own."""
    gate = Barrier(len(rivals))

    def append(entry: Entry) -> str:
        gate.wait()
        return register.append(entry).outcome

    with ThreadPoolExecutor(len(rivals)) as pool:
        return sorted(pool.map(append, rivals))


@on_both
def test_of_several_who_append_at_once_one_wins(register: Register) -> None:
    told = lived("LIFE")
    told.lodged(register)
    first = told.docket[0]
    assert at_once(register, [first] * 5) == ["entered", *["known"] * 4]
    rivals = [somebody(Accept, first, id=f"accept-{each}") for each in range(5)]
    assert at_once(register, rivals) == [*["adopted"] * 4, "entered"]
    second = register.docket("LIFE")[1]
    assert second in rivals
    assert at_once(register, [somebody(Withdraw, second, id="withdraw")] * 5) == ["entered", *["known"] * 4]
    assert [entry.number for entry in register.docket("LIFE")] == [1, 2, 3]
    assert register.verify("LIFE") == []


# Names (FA-01, G-24)

NAME = "沈阳市同名产学研联盟"


def reporting(told: Papered, register: Register, change: str, content: dict[str, Any]) -> Entry:
    """A change reported by a leader whose alliance is in force, its paper in the register."""
    archived = told.docket[-1]
    leader = By(person="u-1", office=archived.filing.leader, role=Role.LEADER)
    key = register.lodge(archived.filing.id, "report_change", content, NOW)
    at = archived.at + timedelta(hours=1)
    act = ReportChange.model_validate(
        {"id": f"{archived.filing.id}-change", "by": leader, "paper": key, "change": change, "happened_on": at.date()}
    )
    return entries.entered(archived.filing, act, Moment(at, at))


def living(register: Register, filing_id: str, until: str = "confirm", **changes: Any) -> Papered:
    """A filing that has come so far, written."""
    told = lived(filing_id, **changes).until(until)
    assert {each.outcome for each in written(register, told)} == {"entered"}
    return told


@on_both
def test_of_many_under_one_name_at_once_one_is_taken(register: Register) -> None:
    rivals = [lived(f"RIVAL-{number}", alliance_name=NAME) for number in range(6)]
    for each in rivals:
        each.lodged(register)
    assert at_once(register, [each.docket[0] for each in rivals]) == ["entered", *["refused"] * 5]
    assert len([each for each in rivals if register.filing(each.docket[0].filing.id)]) == 1
    refused = next(each for each in rivals if register.filing(each.docket[0].filing.id) is None)
    assert register.append(refused.docket[0]) == Appended(outcome="refused", reason=judging.NAME_TAKEN)


@on_both
def test_a_rename_brings_a_name_that_nobody_has_and_nothing_else(register: Register) -> None:
    """However it came, by a signal with a paper of its own too: what is public changes by what was reviewed, or the name."""
    living(register, "OTHER", alliance_name=NAME)
    told = living(register, "LIFE", "archive")
    everything = {"text": "更名", **{part: application()[part] for part in ("leader", "members", "counts")}}
    everything["leader"] = {"name": "冒名有限公司"} | {
        name: value for name, value in everything["leader"].items()
        if name in ("uscc", "registered_address", "operating_address", "contact", "phone")
    }  # fmt: skip
    new = "沈阳市新名产学研联盟"
    for content, reason in (
        ({"text": "更名", "alliance_name": NAME}, judging.NAME_TAKEN),
        ({"text": "更名", "alliance_name": "沈阳市新名联合体"}, "联盟名称须以“产学研联盟”结尾"),
        (everything | {"alliance_name": new}, "报告变更（更名）的材料不得带这一项，须另行报告"),
        ({"text": "另一种文书"}, "变更更名的，须填报变更后的情况"),
        (register.paper(told.docket[0].filing.paper), "所附文书不是“报告变更”的材料"),
    ):
        refused = register.append(reporting(told, register, "rename", content))
        assert (refused.outcome, reason in refused.reason) == ("refused", True), refused
    assert (
        register.append(reporting(told, register, "rename", {"text": "更名", "alliance_name": new})).outcome
        == "entered"
    )
    row = register.row("LIFE")
    assert row
    assert (row.alliance_name, row.leader_name) == (new, application()["leader"]["name"])
    assert register.verify("LIFE") == []
    form = application(alliance_name=NAME)
    assert register.known("NEXT", form).names == (NAME,)
    assert register.known("NEXT", application(alliance_name=new)).names == (new,)
    assert register.known("NEXT", application()).names == (), "its old name is free again"


def taking_over(told: Papered, register: Register, name: str) -> Entry:
    """A new leader, and with it a new name, reported of an alliance that is in force."""
    to = "N2210421MA10ABCD61"
    content = PAPERS["report_change"](application(), {"change": "leader", "to": to}) | {"alliance_name": name}
    entry = reporting(told, register, "leader", content)
    substance = intake.substance(name, to, ChangePaper.model_validate(content).members or (), "")
    assert isinstance(entry.event, ReportChange)
    act = entry.event.but(leader=to, substance=substance)
    return entries.entered(told.docket[-1].filing, act, Moment(entry.at, entry.at))


@on_both
def test_the_name_that_a_new_leader_brings_is_taken_until_it_is_ruled_on(register: Register) -> None:
    reported = taking_over(living(register, "LIFE", "archive"), register, NAME)
    assert register.append(reported).outcome == "entered"
    row = register.row("LIFE")
    assert row
    assert (row.claimed_key, row.alliance_name) == (key(NAME), application()["alliance_name"])
    applying = lived("RIVAL", alliance_name=NAME)
    applying.lodged(register)
    assert register.append(applying.docket[0]) == Appended(outcome="refused", reason=judging.NAME_TAKEN)
    assert register.known("RIVAL", application(alliance_name=NAME)).names == (NAME,), "and the door says so"
    assert register.verify("LIFE") == []
    assert register.append(somebody(RuleOnChange, reported, id="no", decision="refused")).outcome == "entered"
    assert register.append(applying.docket[0]).outcome == "entered", "it is free again"


@on_both
def test_of_a_change_and_an_application_that_ask_for_one_name_at_once_one_is_taken(register: Register) -> None:
    reported = taking_over(living(register, "LIFE", "archive"), register, NAME)
    applying = lived("RIVAL", alliance_name=NAME)
    applying.lodged(register)
    assert at_once(register, [reported, applying.docket[0]]) == ["entered", "refused"]


@on_both
def test_a_name_that_is_applied_for_is_not_brought_by_a_new_leader(register: Register) -> None:
    living(register, "OTHER", "accept", alliance_name=NAME)
    told = living(register, "LIFE", "archive", alliance_name="沈阳市另一产学研联盟")
    assert register.append(taking_over(told, register, NAME)).reason == judging.NAME_TAKEN
    assert register.append(taking_over(told, register, "沈阳市另一产学研联盟")).outcome == "entered", "its own it keeps"


@on_both
def test_what_an_act_says_of_its_paper_is_what_the_paper_says(register: Register) -> None:
    """A signal cannot report a new leader that its paper does not name."""
    told = living(register, "LIFE", "archive")
    form = application()
    shown = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")
    content = {"text": "变更", "leader": {name: form["leader"][name] for name in shown}}
    content |= {name: form[name] for name in ("alliance_name", "members", "counts")}
    entry = reporting(told, register, "members", content)
    assert isinstance(entry.event, ReportChange)
    lied = entry.but(event=entry.event.but(substance="0" * 64))
    assert register.append(lied) == Appended(outcome="refused", reason="行为所载事项与所附文书不符")


@on_both
def test_whoever_restores_is_told_that_the_name_is_taken(full: Register) -> None:
    revoked = lived("LIFE").docket[-1]
    living(full, "OTHER", alliance_name=application()["alliance_name"])
    at = revoked.at + timedelta(days=1)
    by = By(person="c-101", office="210100", role=Role.CITY_ST)
    act = Restore(id="restore", by=by, document_no="复议决定4号")
    appended = full.append(entries.entered(revoked.filing, act, Moment(at, at)))
    assert appended.outcome == "entered"
    assert appended.warnings == ("撤销期间已有同名联盟备案或正在申请（OTHER），请通知盟主更名",)


@on_both
def test_whoever_takes_a_late_correction_is_told_that_the_name_was_taken_meanwhile(register: Register) -> None:
    """A correction that was posted in time brings its application back, and with it a name that was free for a while (FA-01, G-07)."""
    form = application(filing_id="LIFE", received_at="2027-03-01T09:00:00+08:00", alliance_name=NAME)
    lacking = {"deficiencies": [{"item": "A-17", "message": "协议缺签署页"}]}
    life = told(
        form,
        ("city", "return_for_correction", "2027-03-02T10:00", lacking),
        until=datetime(2027, 4, 20, tzinfo=SHANGHAI),
    )
    written(register, life)
    lapsed = life.docket[-1]
    assert lapsed.stage is Stage.LAPSED
    other = application(filing_id="OTHER", received_at="2027-04-10T09:00:00+08:00", alliance_name=NAME)
    written(register, told(other, until=datetime(2027, 4, 11, tzinfo=SHANGHAI)))
    sent_at, entered_at = lapsed.at - timedelta(hours=1), lapsed.at + timedelta(days=9)
    corrected = {**dict(life.papers)["application"], "innovation_goal": "三年内实现产业化。"}
    facts = intake.examine(corrected, sent_at, correcting=lapsed.filing).facts
    assert facts
    leader = By(person="u-1", office=lapsed.filing.leader, role=Role.LEADER)
    act = Resubmit(
        id="late",
        by=leader,
        received_at=sent_at,
        facts=facts,
        paper=register.lodge("LIFE", "resubmit", corrected, sent_at),
    )
    appended = register.append(entries.entered(lapsed.filing, act, Moment(sent_at, entered_at)))
    assert (appended.outcome, appended.warnings) == (
        "entered",
        ("视为撤回期间已有同名联盟备案或正在申请（OTHER），请通知盟主更名",),
    )


@on_both
def test_a_predecessor_is_an_ended_filing_of_the_same_leader(full: Register) -> None:
    living(full, "LIVING", alliance_name=NAME)
    form = application(filing_id="NEXT", alliance_name=NAME)
    stranger = form | {"leader": form["leader"] | {"uscc": "91210200MA10ABCE4L"}}
    for named, ended in (("LIFE", True), ("LIVING", False), ("NOBODY", False), ("NEXT", False)):
        known = full.known("NEXT", form | {"previous_filing_id": named})
        assert (known.ended, known.goes_on) == (ended, False), named
        assert known.names == (NAME,), "naming a filing does not free its name"
        assert known.revoked == (application()["alliance_name"],), "nor does it hide a revocation"
        assert not full.known("NEXT", stranger | {"previous_filing_id": named}).ended


@on_both
def test_a_number_given_by_hand_is_not_reserved_again(register: Register) -> None:
    told = lived("LIFE")
    prefix = "LN-CXY-A-210100-2026-"
    assert register.reserve_archive_number("EARLY", prefix) == f"{prefix}0001"
    written(register, told)
    assert told.docket[-1].filing.archive_number == f"{prefix}0001"
    assert register.reserve_archive_number("EARLY", prefix) == f"{prefix}0002", "its own was given away by hand"
    assert register.reserve_archive_number("LATE", prefix) == f"{prefix}0003"
    assert register.reserve_archive_number("LIFE", prefix) == f"{prefix}0004"


@on_both
def test_an_archive_number_is_reserved_once_by_many(register: Register) -> None:
    filings = [f"F-{number}" for number in range(5)] * 2

    def reserve(filing_id: str) -> str:
        return register.reserve_archive_number(filing_id, "LN-CXY-A-210100-2026-")

    with ThreadPoolExecutor(len(filings)) as pool:
        numbers = dict(zip(filings, pool.map(reserve, filings), strict=True))
    assert sorted(numbers.values()) == [f"LN-CXY-A-210100-2026-000{number}" for number in range(1, 6)]
    assert {filing_id: reserve(filing_id) for filing_id in numbers} == numbers


@on_both
def test_a_paper_is_kept_once_under_its_digest(register: Register) -> None:
    paper = {"text": "生僻字𠮷与扩展区𫝀", "amount": "1.50", "half": "\ud800"}
    keys = {register.lodge("LIFE", "defence", paper, NOW), register.lodge("LIFE", "defence", dict(paper), NOW)}
    assert keys == {digest(paper)}
    assert register.paper(digest(paper)) == paper
    assert counts(register)["papers"] == 1
    with pytest.raises(PaperMissing):
        register.paper("0" * 64)


# Reading


@on_both
def test_filings_are_listed_by_the_nearest_deadline(register: Register) -> None:
    lives = {"LATER": 3, "ENDED": None, "SOONER": 1, "ALSO-SOONER": 1}
    for filing_id, length in lives.items():
        told = lived(filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟")
        told.lodged(register)
        for entry in told.docket[:length]:
            outcome = register.append(entry).outcome
            assert outcome == "entered"
    rows = register.filings()
    assert [row.filing_id for row in rows] == ["ALSO-SOONER", "SOONER", "LATER", "ENDED"]
    deadlines = [row.next_deadline for row in rows[:3]]
    assert deadlines == sorted(each for each in deadlines if each)
    assert rows[3].next_deadline is None
    assert [row.filing_id for row in register.filings(limit=2)] == ["ALSO-SOONER", "SOONER"]
    assert [row.filing_id for row in register.filings(stage="revoked")] == ["ENDED"]
    assert register.filings(jurisdiction="210200") == []
    assert [row.filing_id for row in register.filings(due_by=deadlines[1])] == ["ALSO-SOONER", "SOONER"]
    assert [filing_id for filing_id, *_ in register.open_filings()] == ["ALSO-SOONER", "LATER", "SOONER"]
    waiting = {row.filing_id: row.waiting_for for row in rows}
    assert {row.filing_id for row in register.filings(waiting_for=waiting["SOONER"])} == {
        filing_id for filing_id, office in waiting.items() if office == waiting["SOONER"]
    }


def test_what_is_overdue_is_told_alike_of_a_filing_that_was_read_again() -> None:
    """Two duties passed one after the other; JSON has them in another order."""
    filing = simulate(application(received_at=NOW.isoformat()), (), NOW + timedelta(days=60)).filing
    assert filing
    told = waiting_columns(filing)
    assert len(duties_of(told["overdue"])) == 2
    assert waiting_columns(Filing.model_validate_json(canonical(filing.model_dump(mode="json")))) == told


@on_both
def test_what_is_known_of_a_leader_warns_the_next_application(full: Register) -> None:
    form = application(filing_id="NEXT")
    known = full.known("NEXT", form)
    assert known.revoked == (form["alliance_name"],)
    assert (known.names, known.same_field) == ((), ())
    assert full.known("LIFE", form).but(present=None) == judging.Known()


# Proof


@on_both
def test_the_chain_can_be_recomputed_from_what_is_written(full: Register) -> None:
    """An auditor needs SHA-256 and the rows: previous hash, text of the entry, digest of its effects."""
    with full.engine.connect() as connection:
        rows = connection.execute(select(SQLModel.metadata.tables["entries"]).order_by("number")).all()
    previous = GENESIS
    for row, entry in zip(rows, lived("LIFE").docket, strict=True):
        assert row.body == canonical(entry.model_dump(mode="json"))
        assert row.hash == hashlib.sha256((previous + row.body + row.effects).encode()).hexdigest()
        previous = row.hash
    head = full.row("LIFE")
    assert head
    assert head.head == previous


def test_postgresql_that_no_longer_answers_is_noticed_on_both_sides_and_the_role_of_an_address_stays() -> None:
    asked = reaching("postgresql+psycopg://beian@register/beian?options=-crole%3Dbeian")
    assert asked["connect_timeout"] == 5
    assert (asked["keepalives_idle"], asked["tcp_user_timeout"]) == (5, 12_000)
    role, *theirs = asked["options"].split()
    assert role == "-crole=beian"
    assert "-ctcp_keepalives_idle=5" in theirs
    assert reaching("postgresql+psycopg://beian@register/beian")["options"].split() == theirs


@contextmanager
def unguarded(register: Register) -> Iterator[Connection]:
    """A connection for somebody who meddles: foreign keys are not watched, and every statement is committed."""
    engine = create_engine(register.engine.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            yield connection
    finally:
        engine.dispose()


def test_instants_stand_in_sqlite_as_its_driver_writes_and_reads_them() -> None:
    instants = UtcDateTime()
    dialect = create_engine("sqlite://").dialect
    written, read = instants.bind_processor(dialect), instants.result_processor(dialect, None)
    as_driver = DateTime(timezone=True).dialect_impl(dialect).bind_processor(dialect)
    assert as_driver
    for each in (
        None,
        NOW,
        NOW.astimezone(SHANGHAI),
        datetime(1900, 1, 1, tzinfo=SHANGHAI),
        NOW.replace(microsecond=7),
    ):
        assert written(each) == as_driver(each and each.astimezone(UTC))
        assert read(written(each)) == each


def others(value: Any, column: Column[Any]) -> list[Any]:
    """Values that differ from one as little as can be: by a character at either end or inside, by a microsecond."""
    if value is None:
        filled: dict[type, Any] = {int: 1, date: NOW.date()}
        return [NOW if isinstance(column.type, UtcDateTime) else filled.get(column.type.python_type, "x")]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1000]
    if isinstance(value, datetime):
        return [value + timedelta(microseconds=1)]
    if isinstance(value, date):
        return [value + timedelta(days=1)]
    assert isinstance(value, str)
    places = sorted({0, len(value) // 2, len(value) - 1})
    return [value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] for at in places] + [value[1:]]


def picked(rows: list[Row[Any]], column: str) -> list[Row[Any]]:
    """Rows enough for a column: the first, the last, and one with and without a value."""
    chosen = [rows[0], rows[-1]]
    for empty in (True, False):
        chosen += [row for row in rows if (getattr(row, column) is None) is empty][:1]
    return list(dict.fromkeys(chosen))


def same(table: Table, row: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition that finds a row."""
    return and_(*(column == row[column.name] for column in table.primary_key))


@contextmanager
def meddled(connection: Connection, table: Table, row: Mapping[str, Any], name: str, value: Any) -> Iterator[None]:
    """For a while, one column of one row holds another value."""
    connection.execute(update(table).where(same(table, row)).values({name: value}))
    yield
    connection.execute(update(table).where(same(table, {**row, name: value})).values({name: row[name]}))


@pytest.fixture
def young(databases: Databases) -> Iterator[Register]:
    """A register that holds a life up to the close of its first year: something of everything that a chain covers."""
    told = lived("LIFE").until("year_closed")
    opened = Register.at(databases.made("a young life", holding(lambda register: written(register, told))))
    yield opened
    opened.engine.dispose()


@on_both_by_the_owner
@pytest.mark.parametrize("name", CHAINED)
def test_a_change_of_any_byte_is_found(young: Register, name: str) -> None:
    table, others_on = SQLModel.metadata.tables[name], young.engine.dialect.name == "postgresql"
    unseen = []
    with unguarded(young) as connection:
        rows = list(connection.execute(select(table).order_by(*table.primary_key)).all())
        for column in table.columns:
            if column.name in BOOKKEEPING.get(name, ()):
                continue
            for row in (row._asdict() for row in one_in(4, picked(rows, column.name), 2 * others_on)):
                for other in others(row[column.name], column):
                    with meddled(connection, table, row, column.name, other):
                        if not young.verify("LIFE"):
                            unseen.append((column.name, row[column.name], other))
    assert unseen == []
    assert young.verify("LIFE") == []


@on_both_by_the_owner
@pytest.mark.parametrize("name", CHAINED)
def test_a_row_taken_away_is_found(young: Register, name: str) -> None:
    table = SQLModel.metadata.tables[name]
    with unguarded(young) as connection:
        rows = connection.execute(select(table).order_by(*table.primary_key)).all()
        for row in (row._asdict() for row in rows[:: 1 + len(rows) // 12]):
            connection.execute(delete(table).where(same(table, row)))
            assert young.verify("LIFE"), row
            connection.execute(insert(table).values(row))
    assert young.verify("LIFE") == []


@on_both_by_the_owner
def test_a_row_added_is_found(young: Register) -> None:
    added: dict[str, dict[str, Any]] = {
        "messages": {"id": "LIFE-1-9", "number": 1},
        "public_notices": {"id": "LIFE-9999-1", "number": 9999},
        "versions": {"version": 3},
        "annual_reports": {"year": 2050},
    }
    with unguarded(young) as connection:
        for name, changes in added.items():
            table = SQLModel.metadata.tables[name]
            row = connection.execute(select(table)).first()
            assert row
            connection.execute(insert(table).values(row._asdict() | changes))
            assert young.verify("LIFE"), name
            connection.execute(delete(table).where(*(table.c[key] == value for key, value in changes.items())))
    assert young.verify("LIFE") == []


@on_both
def test_the_database_itself_refuses_a_second_entry_of_a_number_or_an_act(full: Register) -> None:
    table = SQLModel.metadata.tables["entries"]
    with full.engine.connect() as connection:
        row = connection.execute(select(table).where(table.c.number == 2)).one()._asdict()
    for changes in (
        {},
        {"number": 9999},
        {"filing_id": "NOBODY", "act_id": "x"},
        {"number": 9999, "act_id": "x", "paper": "0" * 64},
    ):
        with pytest.raises(IntegrityError), full.engine.begin() as connection:
            connection.execute(insert(table).values(row | changes))
