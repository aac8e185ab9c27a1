"""What identifies a person is masked when its time is over, and not a day before; and it stays provable."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text, update
from sqlmodel import Session

import starter
from activities.attachments import Attachments
from activities.backup import backup, restore
from activities.documents.dossier import dossier
from activities.letter_contents import _of_leader
from activities.papers import MASKED, PAPERS, fault, store
from activities.register import Register
from cli.exits import USAGE
from gateway.identity import Identity
from gateway.remembered.audit import Audit, AuditKind
from gateway.remembered.drafts import Drafts
from gateway.remembered.people import People
from gateway.remembered.persons import Persons, who_asks
from gateway.remembered.retention import Expired, Kept, Retention
from gateway.remembered.sweeping import Sweeping
from gateway.remembered.uploads import Uploads
from models.filing import Challenge, Entry
from models.forms import ContactPaper, Leader, ObjectionLetter
from models.register import RoundEntryRow, RoundRow
from models.settings import Settings
from models.vocabulary import Role, Stage
from regulation import retention, terms
from regulation.retention import MASK, contacts, objectors
from tests.databases import Databases, on_both, prepare
from tests.logged import keeping
from tests.simulated import END, holding, lived, told, written
from tests.story import application, instant

LIFE = lived("LIFE").docket
ENDED = max(entry.at for entry in LIFE)
LATER = ENDED + timedelta(days=3 * 366 + 2)
DAY = date(2030, 1, 1)
FORM = application(filing_id="LIFE")
PHONE, CONTACT = FORM["leader"]["phone"], FORM["leader"]["contact"]
OFFICER = Identity(person="p-401", name="甲", office="210000", role=Role.PROVINCE_ST)


def withdrawn() -> tuple[Entry, ...]:
    """An application that its leader took back."""
    form = application(filing_id="BACK", received_at="2026-03-15T09:00:00+08:00")
    return told(form, ("leader", "withdraw", "2026-03-20T10:00", {}), until=instant("2027-01-01")).docket


# The rule


def with_filing(docket: tuple[Entry, ...], **changes: Any) -> tuple[Entry, ...]:
    """A docket whose last entry left the filing otherwise."""
    last = docket[-1]
    return (*docket[:-1], last.but(filing=last.filing.but(**changes)))


CHALLENGED = {"challenges": (Challenge(id="c-1", procedure="suit"),)}

NEEDED: dict[str, tuple[Entry, ...]] = {
    "an application under review": LIFE[:1],
    "an alliance in force": next(LIFE[: n + 1] for n, e in enumerate(LIFE) if e.stage is Stage.IN_FORCE),
    "a case of revocation": next(LIFE[: n + 1] for n, e in enumerate(LIFE) if e.stage is Stage.REVOCATION_PENDING),
    "a revocation that is not announced yet": lived("SILENT", announced=False).docket,
    "a revocation before the court": with_filing(LIFE, **CHALLENGED),
}


@pytest.mark.parametrize("docket", NEEDED.values(), ids=NEEDED)
def test_what_is_still_needed_has_no_end(docket: tuple[Entry, ...]) -> None:
    assert contacts(docket, DAY) is None


@pytest.mark.parametrize(
    ("docket", "whose", "at"),
    [
        (withdrawn(), retention.APPLICANT, "2028-03-21T00:00"),
        (LIFE, retention.FILED, None),
    ],
    ids=["withdrawn: two years", "revoked: three years after the last act"],
)
def test_contacts_of_what_ended_are_kept_for_years(docket: tuple[Entry, ...], whose: str, at: str | None) -> None:
    due = contacts(docket, DAY)
    assert due is not None
    assert due.whose == whose
    assert due.at == (instant(at) if at else retention.years_after(ENDED, 3))


def test_who_objected_is_kept_three_years_after_the_last_objection_was_handled() -> None:
    filed = next(entry for entry in LIFE if entry.event.kind == "object")
    handled = next(entry for entry in LIFE[filed.number :] if not entry.filing.open_objections)
    assert objectors(LIFE[: handled.number - 1], DAY) == {}, "it is open"
    due = {filed.event.paper: retention.Due(retention.OBJECTED, retention.years_after(handled.at, 3))}  # type: ignore[union-attr]
    assert objectors(LIFE[: handled.number], DAY) == due, "though the filing goes on"
    assert objectors(with_filing(LIFE, **CHALLENGED), DAY) == {}


def test_how_long_is_a_number_of_the_terms_by_place_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    filing = withdrawn()[-1].filing
    row = {"key": retention.APPLICANT, "jurisdiction": filing.jurisdiction, "value": 5, "article": "G-46"}
    edition = {"edition": "RETAINED", "base": "LN-2023", "effective": "2029-01-01", "document_no": "辽科发〔2029〕1号"}
    mine = terms.shipped()
    mine.add(edition | {"rows": [row]})
    monkeypatch.setattr(terms, "TERMS", mine)
    due = [contacts(withdrawn(), day) for day in (date(2028, 12, 31), date(2029, 1, 1))]
    assert [each and each.at for each in due] == [instant("2028-03-21T00:00"), instant("2031-03-21T00:00")]


def test_29_february_ends_on_the_28th() -> None:
    assert retention.years_after(instant("2028-02-29T10:00"), 2) == instant("2030-03-01T00:00")


def test_every_field_that_tells_a_person_is_known() -> None:
    ways = {"contact", "phone", "fax", "email", "brought_by"}
    for model, prefix, fields in (
        (Leader, "/leader", retention.CONTACTS),
        (ContactPaper, "", retention.CONTACTS),
        (ObjectionLetter, "", retention.OBJECTOR),
    ):
        assert {f"{prefix}/{name}" for name in model.model_fields if name in ways} <= set(fields)


# Masking


def masked(register: Register) -> list[Expired]:
    """What is masked some years later."""
    return [each for each in Retention(register.engine).apply(LATER) if each.paper]


@on_both
def test_what_is_masked_is_gone_and_stays_provable(full: Register) -> None:
    before = full.paper(full.docket("LIFE")[0].filing.paper)
    routine = Retention(full.engine)
    assert routine.apply(instant("2029-03-01")) == [], "neither is past its time"
    due = routine.due(LATER)
    assert {each.kept for each in due} == {Kept.FILED, Kept.OBJECTOR}
    assert full.masked() == [], "a dry run changes nothing"
    assert masked(full) == due
    assert full.verify("LIFE") == []
    with full.engine.connect() as db:
        every = "".join(db.scalars(select(PAPERS.c.body)))
    assert PHONE not in every
    assert '"nonce"' not in every
    after = full.paper(full.docket("LIFE")[0].filing.paper)
    ways = {name for name in ("contact", "phone", "fax", "email") if before["leader"].get(name)}
    assert after["leader"] == before["leader"] | dict.fromkeys(ways, MASK)
    assert {**after, "leader": None, "service": None} == {**before, "leader": None, "service": None}
    assert routine.apply(LATER + timedelta(days=1)) == [], "once"
    lines = Audit(full.engine).lines(filing_id="LIFE")
    assert [line.kind for line in lines] == [AuditKind.MASKED]
    assert {row["report"] for row in full.masked("LIFE")} == {lines[0].object}
    assert list(Audit(full.engine).faults()) == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda db: db.execute(update(PAPERS).values(body=PAPERS.c.body + " ").where(PAPERS.c.kind == "application")),
        lambda db: db.execute(update(MASKED).values(fields="[]")),
        lambda db: db.execute(text("UPDATE audit SET object = ''")),
        lambda db: db.execute(MASKED.delete()),
    ],
    ids=["another text", "other fields", "no line of the audit", "nothing that tells"],
)
def test_what_was_changed_is_not_taken_for_masked(full_on_disk: Register, tamper: Callable[[Any], None]) -> None:
    masked(full_on_disk)
    with full_on_disk.engine.begin() as db:
        tamper(db)
    assert any("文书已被改动或缺失" in fault for fault in full_on_disk.verify("LIFE"))


def test_a_package_made_later_is_whole_and_tells_what_is_masked(full_on_disk: Register, tmp_path: Path) -> None:
    masked(full_on_disk)
    keeping(full_on_disk.engine, tmp_path).passes(LATER)
    with ZipFile(BytesIO(dossier(full_on_disk, "LIFE", Attachments(tmp_path)))) as pack:
        told_of = {each["digest"] for each in json.loads(pack.read("遮蔽.json"))}
        assert len(told_of) == len(full_on_disk.masked("LIFE"))
        assert {f"文书/{key}.json" for key in told_of} <= set(pack.namelist())
        assert "见遮蔽.json" in pack.read("说明.txt").decode()
        assert not any(PHONE.encode() in pack.read(name) for name in pack.namelist())


def test_a_letter_finds_no_address_any_more(full_on_disk: Register) -> None:
    with Session(full_on_disk.engine) as session:
        assert _of_leader(session, "LIFE").phone == (PHONE,)
    masked(full_on_disk)
    with Session(full_on_disk.engine) as session:
        assert not _of_leader(session, "LIFE").phone


def test_a_backup_keeps_it_masked(full_on_disk: Register, tmp_path: Path) -> None:
    masked(full_on_disk)
    here = Settings(var=tmp_path / "here", database_url=str(full_on_disk.engine.url))
    there = Settings(var=tmp_path / "there")
    for settings in (here, there):
        settings.var.mkdir()
    backup(here, tmp_path / "b.zip", LATER)
    restore(there, tmp_path / "b.zip")
    again = Register.at(there.register_url)
    assert again.verify("LIFE") == []
    assert len(again.masked("LIFE")) == len(full_on_disk.masked("LIFE")) > 1
    again.engine.dispose()


@pytest.fixture
def full_on_disk(sqlite: Databases) -> Iterator[Register]:
    """A whole life in SQLite."""
    opened = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    yield opened
    opened.engine.dispose()


def test_who_objected_to_a_list_is_masked_years_after_its_round(sqlite: Databases) -> None:
    register, over = Register.at(sqlite.migrated()), instant("2027-06-01")
    objection = {"name": "异议人", "party": "individual", "contact": PHONE, "text": "名单有误", "nonce": "n"}
    round_ = {
        "round_id": "subsidy-2026-1",
        "number": 1,
        "head": "",
        "kind": "subsidy",
        "year": 2026,
        "stage": "closed",
        "title": "后补助",
    }
    round_ |= {
        "open": True,
        "opens": over.date(),
        "closes": over.date(),
        "counts": "{}",
        "value": "{}",
        "followed": 1,
        "updated_at": over,
    }
    with Session(register.engine) as session:
        key = store(session.connection(), "subsidy-2026-1", "object_to_list", objection, over)
        session.add(RoundRow.model_validate(round_))
        session.flush()
        entry = {
            "round_id": "subsidy-2026-1",
            "number": 1,
            "at": over,
            "entered_at": over,
            "kind": "object_to_list",
            "paper": key,
        }
        session.add(RoundEntryRow.model_validate(entry | {"stage": "", "body": "", "effects": "", "hash": ""}))
        session.commit()
    assert Retention(register.engine).due(LATER) == [], "it is not over"
    with register.engine.begin() as db:
        db.execute(text("UPDATE rounds SET open = 0"))
    assert Retention(register.engine).due(instant("2030-06-01")) == []
    (done,) = Retention(register.engine).apply(instant("2030-06-02"))
    assert (done.kept, done.fields) == (Kept.OBJECTOR, ("/name", "/contact"))
    assert register.paper(key) == {"name": MASK, "party": "individual", "contact": MASK, "text": "名单有误"}
    with register.engine.connect() as db:
        assert fault(db, key) is None
    register.engine.dispose()


# What goes by its age


@on_both
def test_the_audit_is_cut_where_its_time_is_over_and_verifies_from_there(register: Register) -> None:
    audit = Audit(register.engine)
    for year in (2026, 2027, 2030):
        audit.note(OFFICER, AuditKind.SIGNED_IN, datetime.fromisoformat(f"{year}-05-01T09:00:00+08:00"))
    now = instant("2030-12-01")
    assert Retention(register.engine).apply(now) == [Expired(kept=Kept.AUDIT, count=2)]
    left = audit.lines()
    assert [line.number for line in left] == [4, 3]
    assert list(audit.faults()) == []
    assert audit.astray(left) == set()
    with register.engine.begin() as db:
        db.execute(text("DELETE FROM audit WHERE number = 3"))
    assert [*audit.faults()] != []


@on_both
def test_drafts_and_people_go_when_their_time_is_over(register: Register, tmp_path: Path) -> None:
    uploads = Uploads(register.engine, tmp_path, 1000)
    sweeping = Sweeping(uploads, Drafts(register.engine, uploads))
    leader = Identity(person="u-1", name="乙", office=FORM["leader"]["uscc"], role=Role.LEADER)
    begun = instant("2026-03-01")
    sweeping.drafts.begin(leader, {"alliance_name": "某联盟", "kind": "A"}, begun)
    People(register.engine).remember(OFFICER, begun)
    late = begun + timedelta(days=180)
    assert sweeping.due(late - timedelta(seconds=1)).drafts == 0
    assert (sweeping.due(late).drafts, sweeping.round(late).drafts, sweeping.round(late).drafts) == (1, 1, 0)
    assert sweeping.round(instant("2029-03-01")).expired == ()
    assert sweeping.round(instant("2029-03-03")).expired == (Expired(kept=Kept.PERSON),)


# Looking somebody up


@on_both
def test_what_there_is_about_somebody_is_listed_and_the_audit_does_not_say_about_whom(full: Register) -> None:
    people, persons = People(full.engine), Persons(full.engine, "secret")
    assert who_asks(full.engine, "p-401") is None, "never signed in"
    people.remember(OFFICER, END)
    people.remember(Identity(person="c-101", name="丙", office="210100", role=Role.CITY_ST), END)
    assert who_asks(full.engine, "c-101") is None, "of a city"
    who = who_asks(full.engine, "p-401")
    assert who is not None
    found = persons.find(f"+86 {PHONE}", who, END)
    assert ("LIFE", "/leader/phone", PHONE) in {(each.filing_id, each.field, each.value) for each in found}
    assert any(each.field == "/leader/contact" for each in persons.find(CONTACT, who, END))
    assert {"登记", "人员"} <= {each.where for each in persons.find("c-101", who, END)}
    lines = Audit(full.engine).lines()
    assert [line.kind for line in lines] == [AuditKind.SEARCHED] * 3
    assert not any(word in line.object for line in lines for word in (PHONE, CONTACT, "c-101"))
    masked(full)
    assert persons.find(PHONE, who, LATER) == []


def test_the_command_line_lists_masks_and_looks_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    register = Register.at(settings.register_url)
    written(register, lived("LIFE"))
    People(register.engine).remember(OFFICER, END)
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    for arguments, code, out in (
        (["retention"], 0, "以上只是列出"),
        (["retention", "--apply", "--json"], 0, '"applied": true'),
        (["person", PHONE, "--by", "c-101"], USAGE, ""),
        (["person", PHONE, "--by", "p-401"], 0, "/leader/phone"),
        (["verify", "LIFE"], 0, "均与写入时一致"),
    ):
        assert starter.run(arguments) == code, arguments
        assert out in capsys.readouterr().out
    register.engine.dispose()
