"""Backup and restore: a machine is destroyed, and everything that cannot be made again comes back on an empty one."""

import hashlib
import json
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pydantic import SecretStr
from sqlalchemy import MetaData, delete, text
from temporalio.testing import WorkflowEnvironment

import starter
from activities.attachments import Attachments, Reference
from activities.backup import ELSEWHERE, MANIFEST, BackupRefused, backup, kept_elsewhere, own_files, release, restore
from activities.database import connect, writing
from activities.documents.dossier import write_dossier
from activities.register import Register
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from cli import exits
from gateway.remembered.sessions import signing_secret
from models.gateway import UploadRow
from models.register import EntryRow
from models.settings import Settings
from tests import record
from tests.databases import Databases, on_both
from tests.patience import comes
from tests.plain_rounds import acts_on_none, in_force, opened, rules, tells_cities
from tests.simulated import lived, written
from tests.story import Story, application
from tests.world import World

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
PDF = b"%PDF-1.7\nthe agreement"
SHA = hashlib.sha256(PDF).hexdigest()
LOST = "f" * 64


@dataclass
class Machine:
    """A deployment's folder and database."""

    settings: Settings

    @classmethod
    def new(cls, folder: Path, url: str) -> "Machine":
        """An empty one."""
        return cls(Settings(var=folder, database_url=url))

    @property
    def register(self) -> Register:
        """Its register."""
        return Register.at(self.settings.register_url)

    @property
    def attachments(self) -> Attachments:
        """Its store of files."""
        return Attachments(self.settings.upload_folder)

    def keeps(self, content: bytes) -> str:
        """Put a file in the store, as a door does."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.attachments.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        register = self.register
        with writing(register.engine) as session:
            session.merge(
                UploadRow(
                    sha256=sha256, owner="leader", name="协议.pdf", media_type="application/pdf",
                    size=len(content), stored_at=NOW,
                )
            )  # fmt: skip
        register.engine.dispose()
        return sha256

    def destroyed(self) -> None:
        """Nothing is left of its folder."""
        shutil.rmtree(self.settings.var)


def attached(sha256: str) -> list[dict[str, Any]]:
    """An application's documents, the first of which lies in the store."""
    documents = application()["documents"]
    return [documents[0] | {"sha256": sha256, "location": f"upload:{sha256}"}, *documents[1:]]


@pytest.fixture
def machine(databases: Databases, tmp_path: Path) -> Machine:
    """A deployment with a filing up to the archive, an attachment, a secret, and an edition and texts of its own."""
    url = databases.migrated()
    made = Machine.new(tmp_path / "here", url)
    register = made.register
    written(register, lived.__wrapped__("LIFE", documents=attached(made.keeps(PDF))).until("archive"))
    rounds, opens = RoundRegister(register.engine), opened("annual-2026-LN-1")
    with in_force(rules(follows=tells_cities)):
        rounds.append(opens)
        following = RoundFollowing(rounds, acts_on_none)
        following.write(opens, following.consequences(opens))
        rounds.followed("annual-2026-LN-1", 1)
    register.engine.dispose()
    signing_secret(made.settings)
    (made.settings.var / "texts" / "sms").mkdir(parents=True)
    (made.settings.var / "texts" / "sms" / "archived.txt").write_text("已入库", "utf-8")
    return made


def elsewhere(machine: Machine, databases: Databases, tmp_path: Path) -> Machine:
    """An empty machine."""
    return Machine.new(tmp_path / "there", databases.empty())


def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""
    engine = connect(url)
    with engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        found = {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


@on_both
@pytest.mark.parametrize("to", ["kept", "kept.zip"])
def test_what_was_destroyed_comes_back_on_an_empty_machine(
    machine: Machine, databases: Databases, tmp_path: Path, to: str
) -> None:
    before = rows_of(machine.settings.register_url)
    secret = signing_secret(machine.settings)
    manifest = backup(machine.settings, tmp_path / to, NOW)
    assert manifest.missing == ()
    assert manifest.rows["entries"] == len(before["entries"]) > 8
    machine.destroyed()
    there = elsewhere(machine, databases, tmp_path)
    assert restore(there.settings, tmp_path / to) == manifest
    assert rows_of(there.settings.register_url) == before
    register = there.register
    assert register.verify("LIFE") == []
    assert list(there.attachments.faults(register.attached())) == []
    assert there.attachments.path(SHA).read_bytes() == PDF
    assert (there.settings.var / "texts" / "sms" / "archived.txt").read_text("utf-8") == "已入库"
    assert signing_secret(there.settings) == secret
    register.record_refusal("LIFE", {"id": "later"}, "it goes on", NOW)  # numbers go on after those that were restored
    register.engine.dispose()


def test_a_register_moves_from_sqlite_to_postgresql(sqlite: Databases, postgresql: Databases, tmp_path: Path) -> None:
    here = Machine.new(tmp_path / "here", sqlite.migrated())
    register = here.register
    written(register, lived("LIFE"))
    register.record_refusal("LIFE", {"id": "refused-1"}, "it was refused", NOW)
    register.engine.dispose()
    backup(here.settings, tmp_path / "kept", NOW)
    there = Machine.new(tmp_path / "there", postgresql.empty())
    restore(there.settings, tmp_path / "kept")
    moved = there.register
    assert moved.verify("LIFE") == []
    assert [each.refused_at for each in moved.refused_acts("LIFE")] == [NOW]
    moved.record_refusal("LIFE", {"id": "refused-2"}, "numbers go on", NOW)
    assert [each.act_id for each in moved.refused_acts("LIFE")] == ["refused-1", "refused-2"]
    moved.engine.dispose()


@on_both
def test_what_is_entered_while_a_backup_is_made_is_whole_in_it_or_not_at_all(
    machine: Machine, databases: Databases, tmp_path: Path
) -> None:
    register = machine.register
    others = iter(range(100))

    def watch(what: str, done: int, of: int) -> None:
        if what == "备案库" and done % 5 == 2:
            number = next(others)
            another = lived(f"MEANWHILE-{number}", alliance_name=f"沈阳市{number}号产学研联盟")
            written(register, another.until("submit"))

    backup(machine.settings, tmp_path / "kept", NOW, watch)
    there = elsewhere(machine, databases, tmp_path)
    restore(there.settings, tmp_path / "kept")
    restored = there.register
    assert len(restored.filing_ids()) < len(register.filing_ids())
    for filing_id in restored.filing_ids():
        assert restored.verify(filing_id) == []
    restored.engine.dispose()
    register.engine.dispose()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_only_the_owner_can_read_a_backup(machine: Machine, tmp_path: Path) -> None:
    for to in ("kept", "kept.zip"):
        backup(machine.settings, tmp_path / to, NOW)
    places = [tmp_path / "kept", tmp_path / "kept.zip", *(tmp_path / "kept").rglob("*")]
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in places} == {0}


def altered(folder: Path) -> str:
    """A part is not what it was."""
    path = folder / "register" / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b"c-101", b"c-102", 1))
    return "register/entries.jsonl 已被改动"


def lost(folder: Path) -> str:
    """A part is gone."""
    (folder / "uploads" / SHA).unlink()
    return f"缺少 uploads/{SHA}"


def more(folder: Path) -> str:
    """A part is there that is not on the list."""
    (folder / "register" / "more.jsonl").write_text("{}")
    return "清单未列的 register/more.jsonl"


def leading_elsewhere(folder: Path) -> str:
    """A part would be put somewhere else."""
    listed = json.loads((folder / MANIFEST).read_text("utf-8"))
    listed["parts"].append({"name": "texts/../../../evil", "size": 1, "sha256": LOST})
    (folder / MANIFEST).write_text(json.dumps(listed), "utf-8")
    return "名称有误：texts/../../../evil"


def of_no_place(folder: Path) -> str:
    """Parts are on the list, as they are, that have no place in a deployment."""
    listed = json.loads((folder / MANIFEST).read_text("utf-8"))
    for name in ("site/evil.html", "channels.toml/evil", "texts", "uploads", "register/evil.jsonl"):
        path = folder / name
        if not path.exists() and not path.parent.is_file():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"?")
        listed["parts"].append({"name": name, "size": 1, "sha256": hashlib.sha256(b"?").hexdigest()})
    listed["rows"] |= {"evil": 1}
    (folder / MANIFEST).write_text(json.dumps(listed), "utf-8")
    return "不知放在何处的 site/evil.html"


def test_whatever_a_setting_names_is_in_a_backup_or_said_not_to_be(tmp_path: Path) -> None:
    """A setting for a file or a secret that is added joins by itself: whoever restores must know what is still to be brought."""
    types = {name: str(field.annotation) for name, field in Settings.model_fields.items()}
    stores = {name for name, each in types.items() if "Path" in each or "Secret" in each}
    not_restored = {
        "var",
        "oidc_client_secret",
        "embedded_token",
    }  # where all lies, the provider's, and for trials alone
    own = {"editions", "texts", "channels"}
    assert stores - not_restored - own <= set(ELSEWHERE)
    assert {name.partition(".")[0] for name in own_files(Settings(var=tmp_path))} == own | {
        "gateway-secret",
        "log-keys",
    }
    keys = tmp_path / "keys"
    told = kept_elsewhere(Settings(var=tmp_path, log_keys=keys, secret=SecretStr("x" * 32)))
    assert told == ["BEIAN_SECRET", "BEIAN_LOG_KEYS"]
    assert kept_elsewhere(Settings(var=tmp_path)) == []


def test_a_backup_knows_its_release_where_only_dependencies_are_installed() -> None:
    """As `make run` sets up."""
    assert release() == record.release()


def of_a_later_release(folder: Path) -> str:
    """Its tables are not known here."""
    listed = json.loads((folder / MANIFEST).read_text("utf-8")) | {"revision": "9999", "release": "9.9.9"}
    (folder / MANIFEST).write_text(json.dumps(listed), "utf-8")
    return "备份由更新的版本（9.9.9）所作"


def without_its_list(folder: Path) -> str:
    """It says nothing of itself."""
    (folder / MANIFEST).unlink()
    return "没有可读的备份清单"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "harmed",
    [altered, lost, more, leading_elsewhere, of_no_place, of_a_later_release, without_its_list],
    ids=lambda each: each.__name__,
)
def test_a_backup_that_is_not_what_it_was_is_refused_and_nothing_is_changed(
    machine: Machine, databases: Databases, tmp_path: Path, harmed: Callable[[Path], str]
) -> None:
    backup(machine.settings, tmp_path / "kept", NOW)
    why = harmed(tmp_path / "kept")
    there = elsewhere(machine, databases, tmp_path)
    with pytest.raises(BackupRefused, match=re.escape(why)) as told:
        restore(there.settings, tmp_path / "kept")
    if harmed is of_no_place:
        assert str(told.value).count("不知放在何处") == 5
    assert not there.settings.var.exists()
    assert rows_of(there.settings.register_url) == {}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_zip_with_bytes_that_are_not_what_they_were_is_refused_part_by_part(
    machine: Machine, databases: Databases, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.zip"
    backup(machine.settings, kept, NOW)
    whole, there = kept.read_bytes(), elsewhere(machine, databases, tmp_path)
    with ZipFile(kept) as pack:
        places = {each.filename: each.header_offset for each in pack.infolist() if each.file_size}
    for name, at in places.items():
        header = int.from_bytes(whole[at + 26 : at + 28], "little") + int.from_bytes(whole[at + 28 : at + 30], "little")
        for place in (at, at + 30 + header, at + 30 + header + 2):  # its header, how it is packed, its content
            kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            with pytest.raises(BackupRefused, match=re.escape(name) + r" 已被改动|没有可读的备份清单"):
                restore(there.settings, kept)
    assert rows_of(there.settings.register_url) == {}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_nothing_is_restored_over_what_is_there(machine: Machine, databases: Databases, tmp_path: Path) -> None:
    backup(machine.settings, tmp_path / "kept", NOW)
    with pytest.raises(BackupRefused, match="备案库非空"):
        restore(machine.settings, tmp_path / "kept")
    there = elsewhere(machine, databases, tmp_path)
    (there.settings.var / "texts" / "sms").mkdir(parents=True)
    (there.settings.var / "texts" / "sms" / "archived.txt").write_text("另一份", "utf-8")
    with pytest.raises(BackupRefused, match="已有另一文件"):
        restore(there.settings, tmp_path / "kept")
    with pytest.raises(BackupRefused, match="已存在"):
        backup(machine.settings, tmp_path / "kept", NOW)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_missing_or_altered_attachment_is_named_everywhere(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_VAR", str(machine.settings.var))
    monkeypatch.setenv("BEIAN_DATABASE_URL", machine.settings.register_url)
    assert starter.run(["verify", "--all"]) == exits.DONE
    assert "均与写入时一致" in capsys.readouterr().out
    register = machine.register
    path = machine.attachments.path(SHA)
    for harm, fault in ((lambda: path.write_bytes(b"%PDF-1.7\nforged"), "附件内容已被改动"), (path.unlink, "附件缺失")):
        harm()
        assert starter.run(["verify", "--all", "--json"]) == exits.FOUND
        told = json.loads(capsys.readouterr().out)["faults"]
        assert [fault in line for lines in told.values() for line in lines] == [True]
        assert starter.run(["verify", "LIFE"]) == exits.FOUND
        assert fault in capsys.readouterr().out
        starter.run(["show", "LIFE", "--json"])
        assert [fault in line for line in json.loads(capsys.readouterr().out)["chain"]["faults"]] == [True]
        with (tmp_path / "package.zip").open("wb") as pack:
            write_dossier(pack, register, "LIFE", machine.attachments)
        with ZipFile(tmp_path / "package.zip") as package:
            assert fault in package.read("说明.txt").decode()
            assert not any(name.startswith("附件/") for name in package.namelist())
        to = tmp_path / fault
        assert starter.run(["backup", str(to), "--json"]) == exits.FOUND, "made, and it says what it lacks"
        assert [fault in line for line in json.loads(capsys.readouterr().out)["missing"]] == [True]
    register.engine.dispose()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_the_package_for_the_archive_has_the_attachments(machine: Machine, tmp_path: Path) -> None:
    register = machine.register
    assert register.attached("LIFE") == [Reference(sha256=SHA, name=attached(SHA)[0]["name"])]
    with (tmp_path / "package.zip").open("wb") as pack:
        write_dossier(pack, register, "LIFE", machine.attachments)
    with ZipFile(tmp_path / "package.zip") as package:
        (name,) = [each for each in package.namelist() if each.startswith("附件/")]
        assert package.read(name) == PDF
        listed = {each["文件"]: each for each in json.loads(package.read("目录.json"))}
        assert (listed[name]["SHA-256"], listed[name]["字节"]) == (SHA, len(PDF))
    register.engine.dispose()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_verifying_all_finds_a_changed_entry(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    register = machine.register
    with register.engine.begin() as connection:
        connection.execute(delete(EntryRow).where(text("number = 3")))
    register.engine.dispose()
    monkeypatch.setenv("BEIAN_VAR", str(machine.settings.var))
    monkeypatch.setenv("BEIAN_DATABASE_URL", machine.settings.register_url)
    assert starter.run(["verify", "--all"]) == exits.FOUND
    assert "第3号登记缺失" in capsys.readouterr().out
    assert starter.run(["verify"]) == exits.USAGE


async def test_every_filing_is_revived_from_a_backup_with_the_same_agenda(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    here = World.without_worker(environment, tmp_path / "here")
    stories = [Story(here, f"KEPT-{number}", alliance_name=f"沈阳市{number}号产学研联盟") for number in range(3)]
    async with here.working():
        await stories[0].submitted("2027-03-15")
        await stories[1].archived(2027)
        await stories[2].submitted("2027-03-15")
        await stories[2].leader("withdraw", "2027-03-16")
        agendas = {story.id: await here.agenda(story.id) for story in stories[:2]}
        backup(here.settings, tmp_path / "kept.zip", NOW)
        for story in stories[:2]:
            await here.handle(story.id).terminate()
    here.register.engine.dispose()
    shutil.rmtree(here.settings.var)

    restore(Settings(var=tmp_path / "there"), tmp_path / "kept.zip")
    again = World.without_worker(environment, tmp_path / "there")
    async with again.working():
        assert sorted(await again.door.revive()) == ["KEPT-0", "KEPT-1"]

        async def the_same() -> bool:
            return {story.id: await again.agenda(story.id) for story in stories[:2]} == agendas

        assert await comes(the_same)
    for filing_id in again.register.filing_ids():
        assert again.register.verify(filing_id) == []
    again.register.engine.dispose()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_backup_makes_no_folder_around_itself(machine: Machine, tmp_path: Path) -> None:
    """A disk that is not mounted is not filled below its name."""
    for name in ("kept", "kept.zip"):
        with pytest.raises(BackupRefused, match="没有文件夹"):
            backup(machine.settings, tmp_path / "not-mounted" / name, NOW)
    assert not (tmp_path / "not-mounted").exists()
