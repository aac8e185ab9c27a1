"""The log of a register: what is entered is in it once, whatever dies; who signs; how it goes on after a restore."""

import re
import stat
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from activities.database import stating
from activities.documents import packaging
from activities.files import put
from activities.log import checking, keys, leaves, proving, public_keys
from activities.log.leaves import LEAVES, LeafKind, data
from activities.log.merkle import HASHINGS, root_of_inclusion
from activities.log.notes import Note
from activities.log.sequencing import Log, LogRefused, checkpoint_of, times_of
from activities.log.sources import adopted
from activities.publishing import site as site_module
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.register import Register
from models.settings import Settings, SettingsRefused
from models.values import day_of
from tests.databases import Databases, Sqlite, on_both, statements
from tests.logged import LAST, MIDDLE, ORIGIN, begin, fill, keeping
from tests.served import Clock
from tests.simulated import holding, lived, written
from tests.visiting import visiting

ROOT = Path(__file__).parent.parent

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def life(sqlite: Databases) -> Iterator[Register]:
    """A register on SQLite that holds a whole life."""
    opened = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    yield opened
    opened.engine.dispose()


def held(register: Register) -> int:
    """How many leaves the log has."""
    with register.engine.connect() as db:
        return int(db.scalar(select(func.count()).select_from(LEAVES)) or 0)


@on_both
@pytest.mark.parametrize("digest", HASHINGS)
def test_everything_is_in_the_log_once_and_proves_itself(full: Register, tmp_path: Path, digest: str) -> None:
    kept, hashing = keeping(full.engine, tmp_path, digest), HASHINGS[digest]
    signed = kept.passes(NOW)
    assert signed is not None
    assert held(full) == signed.size
    assert kept.passes(NOW + timedelta(minutes=1)) is None
    assert held(full) == signed.size
    with full.engine.connect() as db:
        assert checking.checked(db).faults == []
        for number in (1, 17, 47):
            found = proving.of_entry(db, signed, "LIFE", number)
            assert found is not None
            leaf = hashing.leaf(data(found["kind"], found["nonce"], found["covers"]))
            way = [b64decode(each) for each in found["proof"]]
            assert root_of_inclusion(hashing, leaf, found["position"], signed.size, way).hex() == signed.root
    assert checkpoint_of(signed).digest == digest
    assert kept.files.checkpoint() == checkpoint_of(signed)


class Died(BaseException):
    """A process that was killed."""


@pytest.mark.parametrize("at", range(1, 9))
def test_killed_anywhere_nothing_is_lost_and_nothing_there_twice(
    life: Register, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, steps = keeping(life.engine, tmp_path), iter(range(1, 1000))

    def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any, **kwargs: Any) -> Any:
            if next(steps) == at:
                raise Died
            return work(*args, **kwargs)

        return done

    monkeypatch.setattr(Log, "add", mortal(Log.add))
    monkeypatch.setattr(Log, "sign", mortal(Log.sign))
    monkeypatch.setattr("activities.log.files.put", mortal(put))
    try:
        kept.passes(NOW)
        kept.passes(NOW + timedelta(days=1))
    except Died:
        pass
    monkeypatch.undo()
    kept.passes(NOW + timedelta(days=1, hours=1))
    with life.engine.connect() as db:
        assert checking.checked(db).faults == []
        rows = db.execute(select(LEAVES.c.kind, LEAVES.c.of, LEAVES.c.number)).all()
    assert len(rows) == len(set(rows)) == 59
    assert kept.files.checkpoint() == checkpoint_of(kept.log.newest())  # type: ignore[arg-type]


def test_a_new_key_signs_once_with_the_old_one_and_then_alone(life: Register, tmp_path: Path) -> None:
    kept = keeping(life.engine, tmp_path)
    kept.passes(NOW)
    file = kept.log.key_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    new = keys.add(file, ORIGIN)
    signed = [kept.passes(NOW + timedelta(days=day)) for day in (1, 2)]
    with life.engine.connect() as db:
        known = public_keys.known(db, ORIGIN)
        assert checking.checked(db).faults == []
    assert [len(Note.read(each.note).signed_by(known)) for each in signed if each] == [2, 1]
    assert known[1] == new
    assert (kept.files.folder / "keys").read_text("utf-8").splitlines() == [str(each) for each in known]
    with pytest.raises(SettingsRefused):
        keys.add(file, "another.name")
    file.chmod(0o644)
    with pytest.raises(SettingsRefused):
        keys.signers(file)


def test_whoever_has_no_key_of_the_log_signs_nothing_and_publishes_what_was_signed(
    life: Register, tmp_path: Path
) -> None:
    ours, other = keeping(life.engine, tmp_path / "ours"), keeping(life.engine, tmp_path / "other")
    ours.passes(NOW)
    with pytest.raises(LogRefused, match="没有签署上一检查点的密钥"):
        other.passes(NOW + timedelta(days=1))
    assert other.files.checkpoint() == ours.files.checkpoint()
    keys.add(other.log.key_file, ORIGIN)
    with pytest.raises(LogRefused):
        other.passes(NOW + timedelta(days=1))


def test_a_command_signs_where_the_key_is_not_ours_to_read(life: Register, tmp_path: Path) -> None:
    line, key = keys.made(ORIGIN)
    (tmp_path / "hsm.py").write_text(
        "import sys\nfrom base64 import b64decode, b64encode\n"
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as K\n"
        f"seed = b64decode('{line.split('+', 4)[4]}')[1:]\n"
        "print(b64encode(K.from_private_bytes(seed).sign(sys.stdin.buffer.read())).decode())\n",
        "utf-8",
    )
    file = tmp_path / "log-keys"
    file.write_text(f"{key} {sys.executable} {tmp_path / 'hsm.py'}\n", "utf-8")
    file.chmod(0o600)
    assert keeping(life.engine, tmp_path).passes(NOW)
    file.write_text(f"{key} {sys.executable} -c 1\n", "utf-8")
    with pytest.raises((keys.NotSigning, LogRefused)):
        keeping(life.engine, tmp_path).passes(NOW + timedelta(days=1))


def test_an_older_register_signs_no_fork_and_goes_on_from_what_was_published(tmp_path: Path) -> None:
    older, newer = (Register.at(Sqlite(tmp_path / name).migrated()) for name in ("older", "newer"))
    kept = keeping(newer.engine, tmp_path)
    fill(newer, kept)
    restored = keeping(older.engine, tmp_path)
    with pytest.raises(LogRefused, match="不相衔接"):
        restored.passes(NOW)
    with pytest.raises(LogRefused):
        adopted(restored.log, kept.files.folder)  # nothing says whose log this is
    # the register as it was backed up in the middle
    begin(older)
    _copied(newer, older, until=1)
    with pytest.raises(LogRefused, match="不相衔接"):
        restored.passes(NOW)
    assert adopted(restored.log, kept.files.folder) > 0
    older.append_all([entry for entry in lived("LIFE").docket if entry.entered_at > MIDDLE][:1])
    assert restored.passes(NOW)
    with older.engine.connect() as db:
        assert checking.checked(db).faults == []
        assert db.scalar(select(func.count()).where(LEAVES.c.kind == LeafKind.LOST)) > 0  # type: ignore[operator]


def _copied(newer: Register, older: Register, until: int) -> None:
    """The log as it was when only so many checkpoints were signed."""
    from activities.log.sequencing import CHECKPOINTS
    from activities.log.tree import Tree
    from models.log import LogCheckpoint

    with newer.engine.connect() as db:
        signed = LogCheckpoint(**db.execute(select(CHECKPOINTS).where(CHECKPOINTS.c.number == until)).mappings().one())
        rows = [dict(row) for row in db.execute(select(LEAVES).where(LEAVES.c.position < signed.size)).mappings()]
        known = public_keys.known(db, ORIGIN)
        rules = dict(db.execute(select(leaves.USED).where(leaves.USED.c.subject == "rules")).mappings().one())
    with older.engine.connect().execution_options(writes=True) as db, db.begin():
        db.execute(leaves.USED.insert(), rules)
        db.execute(delete(LEAVES))
        db.execute(LEAVES.insert(), rows)
        hashing = HASHINGS["sha-256"]
        said = [hashing.leaf(data(row["kind"], row["nonce"], row["covers"])) for row in rows]
        Tree(db, hashing).append(0, said)
        db.execute(CHECKPOINTS.insert(), signed.model_dump())
        public_keys.remember(db, signed, known)


def test_the_day_that_ended_is_signed_once_also_where_nothing_was_entered(life: Register, tmp_path: Path) -> None:
    kept = keeping(life.engine, tmp_path)
    assert kept.log.sign(NOW) is None, "a log of nothing"
    days = [kept.passes(NOW + timedelta(hours=hours)) for hours in (0, 12, 13, 36)]
    assert [each and each.day and each.day.isoformat() for each in days] == [None, "2030-06-01", None, "2030-06-02"]
    with life.engine.connect() as db:
        times = [times_of(db, each) for each in days if each]
    assert [each and (each.made, each.day, each.after, each.after_made) for each in times] == [
        (NOW, None, 0, None),
        (NOW + timedelta(hours=12), date(2030, 6, 1), 0, None),
        (NOW + timedelta(hours=36), date(2030, 6, 2), days[1].size, NOW + timedelta(hours=12)),  # type: ignore[union-attr]
    ], "each tells, signed, when it was made, and which day's end was before"
    assert kept.pause(datetime(2030, 6, 1, 15, 50, tzinfo=UTC)) == timedelta(minutes=10, seconds=5)
    assert kept.pause(NOW) == timedelta(hours=1)


def test_the_days_end_is_printed_in_the_announcements(life: Register, tmp_path: Path) -> None:
    kept, notices = keeping(life.engine, tmp_path), Notices(life.engine)
    site = Site(kept.files.site, notices, log=notices.log)
    site.write_all(day_of(NOW))
    assert "日志尚未开始" in (kept.files.folder / "index.html").read_text("utf-8")
    kept.passes(NOW)
    site.write_all(day_of(NOW))
    assert "第一日的根于当日24时签署" in (kept.files.folder / "index.html").read_text("utf-8")
    signed = kept.passes(NOW + timedelta(days=1))
    assert signed
    site.write_all(day_of(NOW + timedelta(days=1)))
    in_base64 = b64encode(bytes.fromhex(signed.root)).decode()
    for page in ("index.html", "places/210100.html", "log/index.html", "log/2030-06.html"):
        written = (kept.files.site / page).read_text("utf-8")
        assert f"<code>{signed.root}</code>" in written
        assert f"<code>{in_base64}</code>" in written


def test_what_was_announced_between_two_days_is_told_and_what_is_gone_is_missed(tmp_path: Path) -> None:
    register = Register.at(Sqlite(tmp_path).migrated())
    kept, notices = keeping(register.engine, tmp_path), Notices(register.engine)
    site = Site(kept.files.site, notices, log=notices.log)
    fill(register, kept)
    site.write_all(day_of(LAST))
    page, month = (kept.files.site / each for each in ("notices/LIFE-6-1.html", "log/2026-12.html"))
    assert '<h2 id="d2026-12-01">' in month.read_text("utf-8")
    assert "的公示</a>" in month.read_text("utf-8")
    assert "2026年12月1日的根签署之前列入" in page.read_text("utf-8")
    assert site.write_all(day_of(LAST)) == [], "what was proven once does not change again"
    assert of_positions(site, register) == [], "until the next day's end nothing is read for the log's pages"
    (kept.files.folder / "index.html").unlink()
    read = of_positions(site, register)
    assert len(read) == 3, "the newest month twice, the days of the first page once"
    with register.engine.connect() as db:
        first, *_ = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {read[0]}", ("", "notice", 0, 10**9)).all()
    assert "(position>? AND position<?)" in str(first), "by the days that are read, not through all announcements"
    with stating(register.engine) as db:
        db.exec_driver_sql("PRAGMA foreign_keys=OFF")
        db.execute(delete(leaves.NOTICES).where(leaves.NOTICES.c.id == "LIFE-6-1"))
    site.write_all(day_of(LAST))
    assert "已不在公示公告中</strong> LIFE-6-1" in month.read_text("utf-8")
    register.engine.dispose()


def test_a_month_of_the_log_comes_in_parts_and_a_day_renders_what_it_proves(
    life: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_module, "IN_PART", 1)
    kept, notices = keeping(life.engine, tmp_path), Notices(life.engine)
    site = Site(kept.files.site, notices, log=notices.log, rests=tmp_path / "rests.json")
    kept.passes(NOW - timedelta(days=1))
    site.write_day(day_of(NOW))
    kept.passes(NOW)
    kept.passes(NOW + timedelta(hours=5))
    written = {path.relative_to(site.folder) for path in site.write_day(day_of(NOW) + timedelta(days=1))}
    parts = sorted(kept.files.folder.glob("2030-0[56]*.html"))
    with life.engine.connect() as db:
        every = set(db.scalars(select(LEAVES.c.of).where(LEAVES.c.kind == "notice")))
    told = [re.findall(r'href="\.\./notices/([^"]+)\.html"', path.read_text("utf-8")) for path in parts]
    assert {name for some in told for name in some} == every
    assert sum(map(len, told)) == len(every)
    assert max(map(len, told)) == 1 < len(every)
    assert all("辽宁省产学研联盟备案公示公告</" in path.read_text("utf-8") for path in parts)
    ids = {path.name: set(re.findall(r'id="(d[-0-9]+)"', path.read_text("utf-8"))) for path in parts}
    for path in parts:
        for name, anchor in re.findall(r'href="([-0-9]+\.html)#(d[-0-9]+)"', path.read_text("utf-8")):
            assert anchor in ids[name], "every day that has more elsewhere leads there"
    assert Path("notices/LIFE-6-1.html") in written, "proven by the end of the day that ended"
    assert site.write_day(day_of(NOW) + timedelta(days=1)) == []
    with stating(life.engine) as db:
        db.exec_driver_sql("PRAGMA foreign_keys=OFF")
        db.execute(delete(leaves.NOTICES).where(leaves.NOTICES.c.id == "LIFE-6-1"))
    gone = {path.name for path in site.write_day(day_of(NOW) + timedelta(days=1)) if path.parent.name == "log"}
    [at] = [path for path in parts if "LIFE-6-1" in path.read_text("utf-8")]
    assert "已不在公示公告中</strong> LIFE-6-1" in at.read_text("utf-8")
    assert at.name in gone, "in a part that had been whole, too"


def test_a_package_reads_the_ends_of_days_that_it_needs(tmp_path: Path) -> None:
    """However many days have ended: each leaf asks for the end that has it first, and none for all of them."""
    asked = []
    for days in (2, 40):
        register = Register.at(Sqlite(tmp_path / str(days)).migrated())
        kept = keeping(register.engine, tmp_path / str(days))
        fill(register, kept)
        for day in range(1, days):
            kept.log.sign(LAST + timedelta(days=day), day_of(LAST) + timedelta(days=day - 1))
        with register.engine.connect() as db:
            entries_ = select(LEAVES.c.number).where(LEAVES.c.kind == "entry", LEAVES.c.of == "LIFE")
            rows = [(LeafKind.ENTRY, "LIFE", number, None) for number in db.scalars(entries_)]
        with statements(register) as told:
            proof = packaging.proven(register.engine, rows)
        assert len(proof["ends"]) >= 1
        of_ends = [each for each in told if "FROM log_checkpoints" in each]
        assert [each for each in of_ends if " LIMIT " not in each and "count(" not in each] == []
        asked.append(len(of_ends))
        register.engine.dispose()
    assert asked[1] <= asked[0] + 2, asked


async def test_the_addresses_of_the_page_on_verifying_answer(life: Register, tmp_path: Path) -> None:
    """Every address that 核验.md prints is there, as soon as the log was signed, at a gateway that serves the site."""
    told = set(re.findall(r"`(/notices/[a-z./]+[a-z])`", (ROOT / "docs" / "核验.md").read_text("utf-8")))
    assert {"/notices/log/keys", "/notices/log/checkpoint", "/notices/log/index.html"} <= told
    settings = Settings(var=tmp_path, database_url=str(life.engine.url))
    kept, notices = keeping(life.engine, settings.site.parent), Notices(life.engine)
    async with visiting(settings, Clock(NOW)) as house, house.browser() as browser:
        assert (await browser.get("/notices/log/index.html")).status_code == 200, "before anything was written"
        kept.passes(NOW)
        Site(settings.site, notices, log=notices.log).write_all(day_of(NOW))
        found = {each: (await browser.get(each)).status_code for each in told}
    assert set(found.values()) == {200}, found


def of_positions(site: Site, register: Register) -> list[str]:
    """By what statements a write of the site reads the announcements' places in the log."""
    with statements(register) as told:
        site.write(["LIFE"], day_of(LAST))
    return [each for each in told if "log_leaves.position >=" in each]


def test_an_entry_is_written_as_ever(life: Register, tmp_path: Path) -> None:
    """Nothing of the log is written with an entry."""
    kept = keeping(life.engine, tmp_path)
    kept.passes(NOW)
    before = held(life)
    told = lived("OTHER", alliance_name="沈阳市日志装备产学研联盟")
    told.lodged(life)
    life.append_all(told.docket[:3])
    assert held(life) == before
    kept.passes(NOW + timedelta(hours=1))
    assert held(life) > before
    assert Log(life.engine, tmp_path, ORIGIN).newest()
