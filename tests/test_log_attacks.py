"""The attacker's table: whoever may do anything with the database, and how each thing that they do is seen.

docs/proof.md has the same table in words. What is seen by nobody is all keys and all copies taken at once.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Date, Integer, delete, insert, select
from sqlmodel import SQLModel

from activities.database import stating
from activities.log import checking, keys
from activities.log.leaves import AUDIT
from activities.log.notes import Checkpoint, Note, Times
from activities.log.tiles import tiles
from activities.register import Register
from activities.rounds.register import faults
from gateway.remembered.audit import Audit, noted_backup
from models.register import MaskedPaper, PublishedEdition, UtcDateTime
from tests import test_round_proofs as of_rounds
from tests.databases import Sqlite
from tests.logged import LAST, ORIGIN, Attacked, fill, keeping, of_log
from tests.simulated import lived

EVIDENCE = {
    "entries", "versions", "messages", "public_notices", "papers", "annual_reports", "filings", "letters", "deliveries",
    "used_editions", "log_leaves", "log_tiles", "log_checkpoints", "log_witnessed",
}  # fmt: skip
"""The tables that a life fills and that prove something."""

OF_ROUNDS = {"rounds", "round_entries", "round_items"}
"""Those that rounds fill; what they told and published stands in messages and public notices."""

OF_THEIR_OWN = {"masked_papers", "published_editions", "audit"}
"""Those that have a leaf of their own; the audit is a chain besides, of whose end the log has the hash."""

BY_THEIR_ENTRY = {"archive_numbers", "uploads"}
"""What counts by what an entry, or its paper, says of it."""

NO_PROOF = {
    "absences", "arrivals", "counted", "drafts", "drift", "followed", "handlings", "passes", "people", "person_names", "phrases",
    "refused_acts", "saved_filters", "search_texts", "seen_up", "sessions", "spent", "stored", "subscriptions", "what_ifs",
}  # fmt: skip
"""Tables of doors and engine: nothing rests on them."""

OF_DOCKET = {"entries", "versions", "messages", "public_notices", "annual_reports", "filings"}
"""Of these, the tables that a docket accounts for."""

NO_EVIDENCE = {
    ("letters", "due_at"): "when the postman looks again",
    ("log_checkpoints", "stamp"): "looked at where there is one",
    ("log_witnessed", "note"): "its text is compared; its signatures are those of the checkpoint",
    ("log_witnessed", "seen_at"): "when, by our own clock; what was seen is compared",
}
"""Columns that prove nothing, and why."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A register in the hands of an attacker."""
    folder = tmp_path_factory.mktemp("attacked")
    register = Register.at(Sqlite(folder).migrated())
    kept = keeping(register.engine, folder)
    fill(register, kept)
    yield Attacked(register.engine, kept)
    register.engine.dispose()


def altered(column: "Column[object]") -> str:
    """Another value for a column, in SQL."""
    name = f'"{column.name}"'
    if isinstance(column.type, Boolean):
        return f"NOT {name}"
    if isinstance(column.type, Integer):
        return f"coalesce({name}, 0) + 100000"
    if isinstance(column.type, UtcDateTime):
        return "'2008-08-08 00:00:00.000000'"
    return "'2008-08-08'" if isinstance(column.type, Date) else f"coalesce({name}, '') || '7'"


def test_nothing_is_found_where_nothing_was_done(attacked: Attacked) -> None:
    assert attacked.seen() is None


def test_every_change_of_any_column_is_seen(attacked: Attacked) -> None:
    unseen = [
        f"{table}.{column.name}"
        for table in sorted(EVIDENCE)
        for column in SQLModel.metadata.tables[table].columns
        if (table, column.name) not in NO_EVIDENCE
        and not attacked.seen(
            f'UPDATE {table} SET "{column.name}" = {altered(column)} WHERE rowid = (SELECT min(rowid) FROM {table})',
            docket_first=table in OF_DOCKET,
        )
    ]
    assert unseen == []


def test_every_row_that_is_taken_away_or_added_is_seen(attacked: Attacked) -> None:
    unseen = [
        table
        for table in sorted(EVIDENCE)
        if not attacked.seen(f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})")
    ]
    assert unseen == []
    added = {
        "messages": "UPDATE messages SET number = 99 WHERE rowid = 1",
        "public_notices": "UPDATE public_notices SET id = id || '9', number = 1 WHERE rowid = 1",
        "annual_reports": "INSERT INTO annual_reports SELECT filing_id, 2031, status, due, filed_at, paper, number, kind, "
        "jurisdiction, zone, state, urged_at FROM annual_reports LIMIT 1",
        "log_leaves": "INSERT INTO log_leaves SELECT position + 1000, kind, of, number + 1000, nonce, covers FROM log_leaves LIMIT 1",
    }  # fmt: skip
    assert [table for table, statement in added.items() if not attacked.seen(statement)] == []


def opened(folder: Path) -> Register:
    """A register with rounds that published, and an audit."""
    register = Register.at(Sqlite(folder).migrated())
    of_rounds.fill(register)
    for name in ("a", "b"):
        noted_backup(register.engine, of_rounds.ENDED, name, whole=True)
    return register


def each_change(tables: set[str]) -> Iterator[tuple[str, str]]:
    """Each change of a column of the last row of some tables, and that it is taken away; how it is called."""
    for table in sorted(tables):
        last = f"WHERE rowid = (SELECT max(rowid) FROM {table})"
        yield table, f"DELETE FROM {table} {last}"
        for column in SQLModel.metadata.tables[table].columns:
            if (table, column.name) not in NO_EVIDENCE:
                yield f"{table}.{column.name}", f'UPDATE {table} SET "{column.name}" = {altered(column)} {last}'


def test_every_change_of_what_a_round_made_and_published_is_seen(tmp_path: Path) -> None:
    register = opened(tmp_path)
    kept = keeping(register.engine, tmp_path)
    kept.passes(of_rounds.ENDED)
    attacked = Attacked(register.engine, kept)

    def seen(*statements: str) -> str | None:
        with attacked.tampered(*statements) as db:
            rounds = db.exec_driver_sql("SELECT DISTINCT round_id FROM round_entries ORDER BY 1").scalars().all()
            return next(chain((each for of in rounds for each in faults(db, of)), of_log(db, kept)), None)

    assert seen() is None
    assert [what for what, statement in each_change(OF_ROUNDS | {"public_notices"}) if not seen(statement)] == []
    register.engine.dispose()


def test_every_change_of_what_has_a_leaf_of_its_own_is_seen(tmp_path: Path) -> None:
    register = opened(tmp_path)
    at, stands = of_rounds.ENDED - timedelta(days=9), "0" * 64
    masked = MaskedPaper(
        digest="1" * 64, stands=stands, filing_id="F", fields="[]", whose="w", masked_at=at, report=stands
    )
    with stating(register.engine) as db:
        of = str(db.exec_driver_sql("SELECT min(round_id) FROM rounds").scalar_one())
        edition = PublishedEdition(number=1, name="E", document="{}", round_id=of, entry=1, published_at=at)
        for row in (masked, edition):
            db.execute(insert(type(row)), row.model_dump())
    kept = keeping(register.engine, tmp_path)
    kept.passes(of_rounds.ENDED)
    attacked = Attacked(register.engine, kept)

    def seen(*statements: str) -> str | None:
        with attacked.tampered(*statements) as db:
            return next(of_log(db, kept), None)

    assert seen() is None
    changes = each_change(OF_THEIR_OWN - {"audit"})
    assert [what for what, statement in changes if not seen(statement)] == []
    for what, statement in list(each_change({"audit"})):
        with register.engine.connect() as db:
            lines = db.execute(select(AUDIT)).mappings().all()
        with stating(register.engine) as db:
            db.exec_driver_sql(statement)
        with register.engine.connect() as db:
            assert next(chain(Audit(register.engine).faults(), of_log(db, kept)), None), what
        with stating(register.engine) as db:
            db.execute(delete(AUDIT))
            db.execute(insert(AUDIT), [dict(each) for each in lines])
    with register.engine.connect() as db:
        assert next(chain(Audit(register.engine).faults(), of_log(db, kept)), None) is None
    register.engine.dispose()


def test_every_table_proves_something_or_nothing_rests_on_it_and_the_page_says_which() -> None:
    proving = EVIDENCE | OF_ROUNDS | OF_THEIR_OWN | BY_THEIR_ENTRY
    assert not proving & NO_PROOF
    assert proving | NO_PROOF == SQLModel.metadata.tables.keys()
    _, told = (Path(__file__).parents[1] / "docs/proof.md").read_text("utf-8").split("## Table by table\n")
    named = [
        set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in told.split("\n## ")[0].splitlines() if "|" in row
    ]
    assert set().union(*named[:-1]) == proving
    assert named[-1] == NO_PROOF


CUT = (
    "DELETE FROM messages WHERE number = {last}",
    "DELETE FROM public_notices WHERE number = {last}",
    "DELETE FROM annual_reports WHERE number = {last}",
    "DELETE FROM entries WHERE number = {last}",
)
"""The last entry of the docket with everything that came of it."""


def tail(attacked: Attacked) -> tuple[str, ...]:
    """Cut the docket's last entry off, and put the filing's row back to the one before: its chain is whole."""
    with attacked.engine.connect() as db:
        last = db.exec_driver_sql("SELECT max(number) FROM entries").scalar_one()
    return tuple(each.format(last=last) for each in CUT)


def unlog(last: int) -> str:
    """Take the leaf of an entry out of the log."""
    return f"DELETE FROM log_leaves WHERE kind = 'entry' AND number = {last}"


def test_a_tail_that_was_cut_off_is_seen_by_the_log(attacked: Attacked) -> None:

    with attacked.tampered(*tail(attacked)) as db:
        assert any("已入日志而备案库中没有" in each for each in checking.of_filing(db, "LIFE"))
        assert any("已入日志而备案库中没有" in each for each in checking.checked(db).faults)
    with attacked.tampered(*tail(attacked), unlog(17)) as db:
        assert any("缺失" in each for each in checking.checked(db).faults)


def test_a_chain_that_was_rewritten_whole_is_seen(attacked: Attacked, tmp_path: Path) -> None:
    """The attacker writes another life, with fresh hashes, and a log over it that they have signed with keys of their own."""
    other = Register.at(Sqlite(tmp_path).migrated())
    theirs = keeping(other.engine, tmp_path)
    fill(other, theirs)
    mirror = str(attacked.kept.log.newest().note)  # type: ignore[union-attr]
    forged = Attacked(other.engine, theirs)
    assert forged.seen() is None, "by itself it is whole"
    assert "密钥" in str(forged.seen(mirrors={"mirror": mirror}))
    ours = Attacked(other.engine, attacked.kept)
    assert ours.seen() is not None, "where our keys are, it is seen without a mirror"
    other.engine.dispose()


def test_a_log_that_was_rewritten_with_our_own_keys_is_seen_by_whoever_has_a_copy(
    attacked: Attacked, tmp_path: Path
) -> None:
    (tmp_path / "log-keys").write_bytes(attacked.kept.log.key_file.read_bytes())
    (tmp_path / "log-keys").chmod(0o600)
    other = Register.at(Sqlite(tmp_path).migrated())
    theirs = keeping(other.engine, tmp_path)
    fill(other, theirs)
    forged = Attacked(other.engine, theirs)
    assert forged.seen() is None, "all keys, and everything that we keep"
    mirror = str(attacked.kept.log.newest().note)  # type: ignore[union-attr]
    assert "改写" in str(forged.seen(mirrors={"mirror": mirror}))
    other.engine.dispose()


def test_receipts_that_were_blotted_out_when_their_time_was_over_are_no_fault(attacked: Attacked) -> None:
    blank = "UPDATE deliveries SET address = '', receipt = ''"
    masked = (
        "INSERT INTO masked_papers SELECT digest, digest, filing_id, '[]', 'retention.filed_years', stored_at, digest "
        "FROM papers LIMIT 1"
    )
    with attacked.tampered(blank) as db:
        assert any("送达回执" in each for each in checking.checked(db).faults)
    with attacked.tampered(blank, masked) as db:
        assert checking.checked(db).faults == []


def test_an_entry_that_was_dated_back_is_seen(tmp_path: Path) -> None:

    register = Register.at(Sqlite(tmp_path).migrated())
    kept = keeping(register.engine, tmp_path)
    fill(register, kept)
    late = lived("LATE", alliance_name="沈阳市倒签装备产学研联盟")
    late.lodged(register)
    register.append_all(late.docket[:3])  # as if in March
    kept.passes(LAST + timedelta(hours=1))
    with register.engine.connect() as db:
        assert [each for each in checking.checked(db).faults if "疑为倒签" in each and "LATE" in each]
    register.engine.dispose()


def test_a_time_other_than_the_signed_one_is_seen(attacked: Attacked) -> None:
    assert "时间与其所签的不符" in str(
        attacked.seen("UPDATE log_checkpoints SET made_at = '2026-12-02 00:00:09.000000' WHERE number = 2")
    )
    row = attacked.kept.log.newest()
    assert row
    note = Note.read(row.note)
    [signer] = keys.signers(attacked.kept.log.key_file)
    own, _ = note.lines
    other = Note(note.text, (own, signer.times(note.text + "x", Times(row.made_at))))
    assert "时间签名不实" in str(attacked.seen(f"UPDATE log_checkpoints SET note = '{other}' WHERE number = 2"))


def test_files_that_were_swapped_are_seen_and_made_again(attacked: Attacked) -> None:
    folder = attacked.kept.files.folder
    [published, *_] = tiles(attacked.kept.files.checkpoint().size)  # type: ignore[union-attr]
    tile = folder / published.path
    whole = tile.read_bytes()
    tile.write_bytes(whole[::-1])
    assert "缺失或已被改动" in str(attacked.seen())
    tile.unlink()
    assert "缺失或已被改动" in str(attacked.seen())
    attacked.kept.publish()
    (folder / "checkpoint").write_text("gone", "utf-8")
    assert attacked.seen() is not None
    attacked.kept.publish()
    assert tile.read_bytes() == whole
    assert attacked.seen() is None


def test_a_checkpoint_under_another_root_or_key_is_seen(attacked: Attacked, tmp_path: Path) -> None:
    note = Note.read(attacked.kept.log.newest().note)  # type: ignore[union-attr]
    says = Checkpoint.read(note.text)
    keys.add(tmp_path / "k", ORIGIN)
    [stranger] = keys.signers(tmp_path / "k")
    forged = Note(note.text, (stranger.line(note.text),))
    assert "没有本日志已知密钥的签名" in str(attacked.seen(mirrors={"m": str(forged)}))
    assert "没有已知密钥的签名" in str(
        attacked.seen(f"UPDATE log_checkpoints SET note = '{forged}' WHERE size = {says.size}")
    )
    replaced = Note(note.text.replace(str(says.size), str(says.size - 1)), note.lines)
    assert "签名不实" in str(attacked.seen(mirrors={"m": str(replaced)}))
