"""Forged packages: each is refused by the program that lies in it, with what is wrong; whoever forges works the sums out anew."""

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete

from activities.attachments import Attachments
from activities.database import stating
from activities.documents import verify
from activities.documents.decision import write_decision
from activities.documents.dossier import write_dossier
from activities.log import keys
from activities.log.leaves import DELIVERIES
from activities.log.notes import Key, Note, Signer, Times
from activities.register import Register
from gateway.remembered.retention import Retention
from models.values import digest
from tests.databases import Sqlite
from tests.logged import LAST as END
from tests.logged import MIDDLE, ORIGIN, begin, keeping
from tests.samples import one_in
from tests.simulated import lived

Files = dict[str, bytes]
LISTS = ("SHA256SUMS", "目录.json")
LAST = 17


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    """The files of true packages: of a filing, one of whose letters was carried by no channel; of a decision; of the filing when personal
    data had been masked, before the log knew of it and after."""
    folder = tmp_path_factory.mktemp("package")
    register = Register.at(Sqlite(folder).migrated())
    kept = keeping(register.engine, folder)
    begin(register)
    with stating(register.engine) as db:
        db.execute(delete(DELIVERIES).where(DELIVERIES.c.letter == "LIFE-9-2"))
    for at in (MIDDLE, MIDDLE + timedelta(days=1)):
        kept.passes(at)
    register.append_all([entry for entry in lived("LIFE").docket if MIDDLE < entry.entered_at < END])
    kept.passes(END)
    [signer] = keys.signers(kept.log.key_file)

    def packed(write: Callable[[BinaryIO], None]) -> Files:
        with (folder / "package.zip").open("wb") as file:
            write(file)
        with ZipFile(folder / "package.zip") as opened:
            return {name: opened.read(name) for name in opened.namelist()}

    def whole(file: BinaryIO) -> None:
        write_dossier(file, register, "LIFE", Attachments(folder), signer=signer)

    decided = packed(lambda file: write_decision(file, register, "LIFE", 12, lambda *_: True, signer))
    told = {"whole": packed(whole), "decision": decided}
    assert Retention(register.engine).apply(END + timedelta(days=3650))
    told["masked since"] = packed(whole)
    kept.passes(END + timedelta(days=3650))
    told["masked"] = packed(whole)
    register.engine.dispose()
    return told


@pytest.fixture(scope="module")
def package(packages: dict[str, Files]) -> Files:
    """The files of a true package."""
    return packages["whole"]


@pytest.fixture(scope="module")
def decision(packages: dict[str, Files]) -> Files:
    """The files of the proof of a decision."""
    return packages["decision"]


def summed(files: Files) -> Files:
    """With its lists worked out anew."""
    told = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name not in LISTS}
    if "目录.json" in files:
        listed = [
            {"文件": name, "说明": "", "字节": len(files[name]), "SHA-256": sha256} for name, sha256 in told.items()
        ]
        files = files | {"目录.json": json.dumps(listed, ensure_ascii=False).encode()}
        told["目录.json"] = hashlib.sha256(files["目录.json"]).hexdigest()
    return files | {"SHA256SUMS": "".join(f"{sha256}  {name}\n" for name, sha256 in told.items()).encode()}


def found(files: Files, folder: Path, known: tuple[str, ...] = (), root: str = "") -> list[str]:
    """What the program finds wrong, or else lacking."""
    with ZipFile(folder / "package.zip", "w") as written:
        for name, content in files.items():
            written.writestr(name, content)
    return checked(folder / "package.zip", *known, root=root)


def checked(place: Path, *known: str, root: str = "", again: bool = False) -> list[str]:
    """What the program finds wrong in a package, or else lacking."""
    forgotten()
    verify.check(place, list(known), root, again)
    return [*verify.WRONG, *verify.LACKING]


def forgotten() -> None:
    """Nothing was checked yet."""
    for each in (verify.WHAT, verify.WRONG, verify.LACKING, verify.DONE, verify.ASIDE):
        each.clear()


def edited(name: str, edit: Callable[[Any], object]) -> Callable[[Files], Files]:
    """A package in which a file of JSON says something else."""

    def forge(files: Files) -> Files:
        value = json.loads(files[name])
        edit(value)
        return files | {name: json.dumps(value, ensure_ascii=False).encode()}

    return forge


def entry(number: int, *, rehash: bool = False, **columns: Any) -> Callable[[Files], Files]:
    """One entry says something else; `rehash`: it and all after it have fresh hashes."""

    def forge(files: Files) -> Files:
        made, previous = dict(files), ""
        for each in range(number, LAST + 1):
            name = f"登记/{each:04d}.json"
            value = json.loads(made[name])
            if each == number:
                value |= {key: edit(value[key]) if callable(edit) else edit for key, edit in columns.items()}
            if rehash:
                value["previous"] = previous or value["previous"]
                text = value["previous"] + value["body"] + digest(value["effects"])
                previous = value["hash"] = hashlib.sha256(text.encode()).hexdigest()
            made[name] = json.dumps(value, ensure_ascii=False).encode()
        return made

    return forge


def without(*names: str) -> Callable[[Files], Files]:
    """A package that lacks some files."""
    return lambda files: {name: content for name, content in files.items() if not name.startswith(names)}


def cut(files: Files) -> Files:
    """Without the last entry and all that came of it; the filing stands as it did before."""
    made = without(f"登记/{LAST:04d}")(files)
    last = json.loads(made[f"登记/{LAST - 1:04d}.json"])
    value = json.loads(last["body"])["filing"]
    made["备案.json"] = json.dumps(value, ensure_ascii=False).encode()
    drop = edited("证明.json", lambda proof: proof["leaves"].remove(leaf(proof, "entry", LAST)))
    return drop(made)


def leaf(proof: Any, kind: str, number: int | None = None) -> Any:
    """A leaf of a proof."""
    return next(each for each in proof["leaves"] if each["kind"] == kind and number in (None, each["number"]))


def resigned(files: Files) -> Files:
    """Everything rewritten, and signed by a key of the forger's own."""
    signer = forger(ORIGIN)

    def forge(proof: Any) -> None:
        known = [Key.read(line) for line in proof["keys"]]

        def again(note: str) -> str:
            read = Note.read(note)
            times = read.times(known)
            return str(Note(read.text, (signer.line(read.text), *([signer.times(read.text, times)] if times else []))))

        proof["checkpoint"], proof["head"] = again(proof["checkpoint"]), again(proof["head"])
        proof["ends"] = [again(each) for each in proof["ends"]]
        proof["keys"] = [str(signer.key)]

    return edited("证明.json", forge)(files)


def flipped(name: str) -> Callable[[Any], None]:
    """One bit of a signature is another."""

    def forge(proof: Any) -> None:
        text, signature = proof[name].rstrip("\n").rsplit(" ", 1)
        packed = bytearray(b64decode(signature))
        packed[20] ^= 1
        proof[name] = f"{text} {b64encode(bytes(packed)).decode()}\n"

    return forge


def effects(number: int, edit: Callable[[list[Any], list[Any], list[Any]], object]) -> Callable[[Files], Files]:
    """What an entry sent, published and took in says something else."""
    return edited(f"登记/{number:04d}.json", lambda entry: edit(*entry["effects"]))


def row(which: str, at: int = 0, **columns: Any) -> Callable[[Files], Files]:
    """The first row of a kind says something else; of a letter with its deliveries, the part `at` a place."""

    def edit(proof: Any) -> None:
        says = leaf(proof, which)["row"]
        (says[at] if isinstance(says, list) else says).update(columns)

    return edited("证明.json", edit)


def dropped(*kinds: str) -> Callable[[Files], Files]:
    """A proof without the leaves of some kinds, or without one of one kind."""

    def edit(proof: Any) -> None:
        proof["leaves"] = [each for each in proof["leaves"] if each["kind"] not in kinds]

    return edited("证明.json", edit)


def restamped(proof: Any, **times: Any) -> None:
    """The times of the checkpoint as the forger tells them, by a key that is added."""
    mine = forger(ORIGIN)
    note = Note.read(proof["checkpoint"])
    proof["keys"].append(str(mine.key))
    told = Times(**({"made": datetime(2026, 4, 1, tzinfo=UTC)} | times))
    proof["checkpoint"] = str(Note(note.text, (note.lines[0], mine.times(note.text, told))))


def untimed(proof: Any) -> None:
    """Nothing is told of times any more."""
    proof["checkpoint"] = "\n".join(proof["checkpoint"].split("\n")[:-2]) + "\n"
    proof["ends"].clear()
    for each in proof["leaves"]:
        each.pop("end", None)


def without_ends(proof: Any) -> None:
    """The ends of days left out that tell when something came into the log."""
    proof["ends"].clear()
    for each in proof["leaves"]:
        each.pop("end", None)


def misplaced(proof: Any) -> None:
    """An entry of the last day told as one of the first."""
    late = next(each for each in proof["leaves"] if "end" not in each)
    late |= {"end": 0, "way": late["proof"]}


def forger(name: str) -> Signer:
    """A key of the forger's own."""
    private = Ed25519PrivateKey.generate()
    return Signer(Key(name, 1, private.public_key().public_bytes_raw()), private.sign)


def headed(files: Files) -> Files:
    """The head as it would be now, signed by a key that the forger adds to those of the log."""
    last = json.loads(files[f"登记/{LAST - 1:04d}.json"])
    mine = forger(ORIGIN)

    def forge(proof: Any) -> None:
        lines = Note.read(proof["head"]).text.splitlines()
        lines[2:5] = [str(last["number"]), last["hash"], str(len(proof["leaves"]))]
        text = "".join(f"{line}\n" for line in lines)
        proof["keys"].append(str(mine.key))
        proof["head"] = f"{text}\n{mine.line(text)}"

    return edited("证明.json", forge)(files)


def rerooted(proof: Any) -> None:
    """A head of another root; everything signed by one key, as if by the log's."""
    mine = forger(ORIGIN)
    text = Note.read(proof["checkpoint"]).text
    head = Note.read(proof["head"]).text.splitlines()
    told = "".join(f"{line}\n" for line in [*head[:5], "7", *head[6:]])
    proof["keys"] = [str(mine.key)]
    proof["checkpoint"], proof["head"] = f"{text}\n{mine.line(text)}", f"{told}\n{mine.line(told)}"


def own_rules(files: Files) -> Files:
    """Rules of the forger's, and their digest in the edition's row."""
    name = next(each for each in files if each.endswith(".whl"))
    files = files | {name: files[name] + b" "}
    digest = hashlib.sha256(files[name]).hexdigest()

    def forge(proof: Any) -> None:
        [rules] = [each["row"] for each in proof["leaves"] if each["of"].startswith("rules/")]
        rules["digest"] = digest

    return edited("证明.json", forge)(files)


def said(old: str, new: str) -> Callable[[str], str]:
    """A text with something in place of something else."""
    return lambda text: text.replace(old, new)


FORGED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an entry's text": (entry(4, body=said("c-101", "c-102")), "第4号登记与其哈希或者前一条登记不符"),
    "an entry's hash": (entry(4, hash="0" * 64), "第4号登记与其哈希或者前一条登记不符"),
    "the hash before it": (entry(4, previous="0" * 64), "第4号登记与其哈希或者前一条登记不符"),
    "an entry and all hashes after it": (entry(4, rehash=True, body=said("c-101", "c-102")), "登记 LIFE 4 与日志所记不符"),
    "the first entry and all hashes": (entry(1, rehash=True, body=said("consent\":true", "consent\":false")), "登记 LIFE 1 与日志所记不符"),
    "the last entry with a fresh hash": (entry(LAST, rehash=True, body=said('"consent":true', '"consent":false')), f"登记 LIFE {LAST} 与日志所记不符"),
    "an entry taken out of the middle": (without("登记/0005"), "第5号登记缺失"),
    "the last entry cut off": (without(f"登记/{LAST:04d}"), "备案现状与末条登记不符"),
    "the last entry cut off with all that came of it": (cut, "末条登记、项数或者根与所签署的不符"),
    "every entry gone": (without("登记/"), "没有登记"),
    "an entry twice": (lambda files: files | {"登记/0018.json": files["登记/0017.json"]}, "登记/0018.json 编号不符"),
    "another filing's entry": (entry(9, rehash=True, body=said('"id":"LIFE"', '"id":"OTHER"')), "不属于同一件备案"),
    "more in an entry": (entry(4, note=""), "登记/0004.json 编号不符"),
    "a message's text": (effects(1, lambda sent, shown, took: sent[0].update(body="另一段文字")), "第1号登记与其哈希或者前一条登记不符"),
    "a message gone": (effects(1, lambda sent, shown, took: sent.pop()), "第1号登记与其哈希或者前一条登记不符"),
    "a message that nobody sent": (effects(1, lambda sent, shown, took: sent.append(sent[0])), "第1号登记与其哈希或者前一条登记不符"),
    "a notice's last day": (effects(6, lambda sent, shown, took: shown[0].update(shown_until="2030-01-01")), "第6号登记与其哈希或者前一条登记不符"),
    "a notice gone": (effects(6, lambda sent, shown, took: shown.pop()), "第6号登记与其哈希或者前一条登记不符"),
    "what was found on a version": (effects(1, lambda sent, shown, took: took[0].update(findings="[]")), "第1号登记与其哈希或者前一条登记不符"),
    "a version gone": (effects(1, lambda sent, shown, took: took.pop()), "第1号登记与其哈希或者前一条登记不符"),
    "what an entry sent, told as withheld": (edited("登记/0004.json", lambda entry: entry.update(effects="0" * 64)), "第4号登记与其哈希或者前一条登记不符"),
    "the stage of the filing": (edited("备案.json", lambda row: row.update(stage="revoked")), "备案现状与末条登记不符"),
    "the filing's value": (edited("备案.json", lambda row: row.update(jurisdiction="210200")), "备案现状与末条登记不符"),
    "the archive number": (edited("备案.json", lambda row: row.update(archive_number="LN-CXY-A-210100-2026-9999")), "备案现状与末条登记不符"),
    "a year that was filed": (edited("备案.json", lambda row: row["years"][0].update(status="missed")), "备案现状与末条登记不符"),
    "the day on which it was filed": (edited("备案.json", lambda row: row["years"][0].update(filed_at="2020-01-01T00:00:00Z")), "备案现状与末条登记不符"),
    "reasons of another docket": (edited("理由.json", lambda rows: rows[0].update(hash="0" * 64)), "文件的目录不是制作时所签署的"),
    "what people are told of it": (lambda files: files | {"说明.txt": "本备案已撤销".encode()}, "文件的目录不是制作时所签署的"),
    "a draft of a document nobody made": (lambda files: files | {"公文草稿/0017-撤销备案决定书.docx": b"PK"}, "文件的目录不是制作时所签署的"),
    "a paper's text": (lambda files: files | {(name := min(each for each in files if each.startswith("文书/"))): files[name] + b" "}, "已被改动"),
    "a paper that nobody brought": (lambda files: files | {f"文书/{hashlib.sha256(b'{}').hexdigest()}.json": b"{}"}, "不为所附的登记或者文书所引用"),
    "papers gone": (without("文书/"), "缺少文书或者附件"),
    "whose a paper is": (row("paper", filing_id="OTHER"), "文书"),
    "when a paper was stored": (row("paper", stored_at="2020-01-01T00:00:00+00:00"), "与日志所记不符"),
    "what kind of paper it is": (row("paper", kind="revoke"), "与日志所记不符"),
    "an attachment nobody named": (lambda files: files | {f"附件/{hashlib.sha256(b'x').hexdigest()}.pdf": b"x"}, "不为所附的登记或者文书所引用"),
    "an attachment's content": (lambda files: files | {f"附件/{'0' * 64}.pdf": b"x"}, "已被改动"),
    "that a letter arrived": (row("delivery", 1, state="failed"), "送达"),
    "when a letter was sent": (row("delivery", 1, first_tried_at="2020-01-01T00:00:00+00:00"), "与日志所记不符"),
    "to whom a letter went": (row("receipt", 1, address="b***@example.com"), "回执"),
    "a receipt's words": (row("receipt", 1, receipt="550 no"), "回执"),
    "when a letter was read": (row("read", read_at="2020-01-01T00:00:00+00:00"), "阅读"),
    "a letter's text": (row("delivery", title="另一标题"), "送达"),
    "a letter of another filing": (row("delivery", filing_id="OTHER"), "属于另一件备案"),
    "every delivery taken out": (dropped("delivery", "receipt", "read"), "末条登记、项数或者根与所签署的不符"),
    "what an announcement says": (row("notice", content="{}"), "与日志所记不符"),
    "more in an announcement": (row("notice", title="关于恢复备案的公告"), "与日志所记不符"),
    "a row twice": (edited("证明.json", lambda proof: proof["leaves"].append(leaf(proof, "notice"))), "有两份"),
    "a leaf's nonce": (edited("证明.json", lambda proof: leaf(proof, "entry").update(nonce="0" * 32)), "日志路径不通到所签的根"),
    "a leaf's place": (edited("证明.json", lambda proof: leaf(proof, "entry").update(position=5)), "日志路径不通到所签的根"),
    "a leaf's way": (edited("证明.json", lambda proof: leaf(proof, "entry")["proof"].reverse()), "日志路径不通到所签的根"),
    "a leaf's way cut short": (edited("证明.json", lambda proof: leaf(proof, "entry")["proof"].pop()), "日志路径不通到所签的根"),
    "a leaf dropped": (edited("证明.json", lambda proof: proof["leaves"].pop()), "末条登记、项数或者根与所签署的不符"),
    "an entry's leaf dropped": (edited("证明.json", lambda proof: proof["leaves"].remove(leaf(proof, "entry", 9))), "第9号登记制作时尚未列入日志"),
    "an entry told as one of an earlier day": (edited("证明.json", misplaced), "不在所附的历日的根之中"),
    "the way to the end of its day": (edited("证明.json", lambda proof: leaf(proof, "entry")["way"].reverse()), "不在所附的历日的根之中"),
    "the end of its day left out": (edited("证明.json", without_ends), "列入日志当日的根不在包内"),
    "the times of the root left out": (edited("证明.json", untimed), "何时列入日志没有证明"),
    "the times of the root": (edited("证明.json", restamped), "疑为倒签"),
    "the end of a day without its times": (edited("证明.json", lambda proof: proof.update(ends=["\n".join(each.split("\n")[:-2]) + "\n" for each in proof["ends"]])), "何时列入日志没有证明"),
    "the checkpoint's size": (edited("证明.json", lambda proof: proof.update(checkpoint=proof["checkpoint"].replace("\n", "\n1", 1))), "签名不实"),
    "the checkpoint's signature": (edited("证明.json", flipped("checkpoint")), "签名不实"),
    "the signature of the last entry": (edited("证明.json", flipped("head")), "签名不实"),
    "the last entry cut off, and signed by a key that was added": (lambda files: headed(cut(files)), "末条登记不是以签署检查点的密钥签署的"),
    "the signature of the last entry under another root": (edited("证明.json", rerooted), "末条登记、项数或者根与所签署的不符"),
    "no leaf at all": (edited("证明.json", lambda proof: proof["leaves"].clear()), "证明中没有任何条目"),
    "an edition's digest": (row("edition", digest="0" * 64), "与日志所记不符"),
    "since when an edition was used": (row("edition", first_used_at="2020-01-01T00:00:00+00:00"), "与日志所记不符"),
    "a day off more in a calendar": (edited("规则/依据.json", lambda rows: rows[0]["document"]["years"]["2021"]["workdays"].pop()), "与登记所用的不同"),
    "a calendar that no entry counts by": (edited("规则/依据.json", lambda rows: rows.append({"subject": "calendar", "document": {"edition": "X"}})), "规则/依据.json 中的 X 不为登记所用"),
    "a calendar gone": (edited("规则/依据.json", lambda rows: rows.pop(0)), "与登记所用的不同"),
    "what the log knows of editions, gone": (dropped("edition"), "没有日志的证明"),
    "rules of the forger's": (own_rules, "与日志所记不符"),
    "the rules": (lambda files: files | {(name := next(each for each in files if each.endswith(".whl"))): files[name] + b" "}, "不是日志所载的规则程序"),
    "no signature of the last entry": (edited("证明.json", lambda proof: proof.pop("head")), "其后没有登记"),
    "no proof at all": (edited("证明.json", lambda proof: proof.clear()), "没有日志的证明"),
    "a hash in the place of a whole entry": (lambda files: files | {"登记/0005.json": json.dumps({"number": 5, "hash": json.loads(files["登记/0005.json"])["hash"]}).encode()}, "无法读取"),
    "no keys": (edited("证明.json", lambda proof: proof.update(keys=[])), "检查点不是以所给的公钥签署的"),
    "what is no JSON": (lambda files: files | {"证明.json": b"{"}, "无法读取"),
}  # fmt: skip


def test_a_true_package_is_proven_in_an_empty_environment(package: Files, tmp_path: Path) -> None:
    receipts = [each["row"] for each in json.loads(package["证明.json"])["leaves"] if each["kind"] == "receipt"]
    assert [len(each) for each in receipts].count(1) == 1, "of a letter that no channel carried"
    assert found(package, tmp_path) == []
    with ZipFile(tmp_path / "package.zip") as opened:
        opened.extractall(tmp_path / "unpacked")
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(tmp_path / "unpacked" / "核验.py")]
    told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={}, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.endswith("核验通过\n")
    assert "以下须凭信任" in told.stdout
    assert len((tmp_path / "unpacked" / "核验.py").read_text("utf-8").splitlines()) < 400, "it is to be read whole"


def test_what_systems_leave_in_folders_by_themselves_belongs_to_no_package(package: Files, tmp_path: Path) -> None:
    strays = (".DS_Store", "登记/._0001.json", "__MACOSX/._备案.json", "Thumbs.db", "__pycache__/重算.cpython-311.pyc")
    assert found(package | dict.fromkeys(strays, b"x"), tmp_path) == []
    assert "多出文件 登记/Thumbs.txt" in found(package | {"登记/Thumbs.txt": b"x"}, tmp_path)


@pytest.mark.parametrize("what", one_in(3, FORGED))
def test_a_forged_package_is_refused_with_what_is_wrong(package: Files, tmp_path: Path, what: str) -> None:
    forge, says = FORGED[what]
    wrong = found(summed(forge(package)), tmp_path)
    assert any(says in each for each in wrong), wrong


def removed(files: Files, folder: Path, count: int = 1) -> dict[str, list[str]]:
    """What the program says of a package without a file of each sort, or of one sort in so many, its sums worked out anew."""
    sorts = {name.partition("/")[0]: name for name in sorted(files)}
    sorts |= {name: name for name in files if "规则/" in name}
    return {
        name: found(summed(without(name)(files)), folder)
        for name in one_in(count, sorts.values())
        if name != "SHA256SUMS"
    }


def test_whatever_is_taken_out_of_a_package_for_the_archive_is_missed(package: Files, tmp_path: Path) -> None:
    told = removed(package, tmp_path, 2) | {"SHA256SUMS": found(without("SHA256SUMS")(package), tmp_path)}
    for name in {*verify.EVERY, *verify.ARCHIVED} & told.keys():
        assert any(f"缺少文件 {name}" in each for each in told[name]), (name, told[name])
    says = "缺少", "缺失", "末条登记不符", "文件的目录不是制作时所签署的"
    assert [name for name, wrong in told.items() if not any(each in line for each in says for line in wrong)] == []


def test_a_package_for_the_archive_made_to_look_like_less_says_what_it_is_not(package: Files, tmp_path: Path) -> None:
    """Without all that only an archive's package has, it is the proof of its entries alone, and the first line says so."""
    bare = without(*verify.ARCHIVED, "申请表/", "公文草稿/")(package)
    assert any("缺少文件 备案.json" in each for each in found(summed(bare), tmp_path)), "a signed head is an archive's"
    bare = edited("证明.json", lambda proof: proof.pop("head"))(bare)
    assert found(summed(bare), tmp_path) == ["文件的目录和末条登记没有签署，不能证明包内没有缺少、其后没有登记"]
    assert [verify.DECISION] == verify.WHAT
    assert "不是归档包" in verify.DECISION


def test_whatever_is_taken_out_of_the_proof_of_a_decision_is_missed(decision: Files, tmp_path: Path) -> None:
    assert found(decision, tmp_path) == []
    assert any("第12号登记的证明；制作以后没有取出、增添或者替换" in each for each in verify.DONE)
    told = removed(decision, tmp_path)
    assert {"说明.txt", "登记", "文书", "规则", "重算.py"} <= {name.partition("/")[0] for name in told}
    assert "缺少文件 证明.json" in told.pop("证明.json")
    unsigned = "文件的目录不是制作时所签署的：有取出、增添或者替换"
    assert {name: wrong for name, wrong in told.items() if unsigned not in wrong} == {}


@pytest.mark.parametrize("name", ["说明.txt", "规则/依据.json", "重算.py"])
def test_whatever_is_changed_in_the_proof_of_a_decision_is_seen(decision: Files, tmp_path: Path, name: str) -> None:
    wrong = found(summed(decision | {name: decision[name] + b"\n"}), tmp_path)
    assert "文件的目录不是制作时所签署的：有取出、增添或者替换" in wrong
    leafless = edited("证明.json", lambda proof: proof["leaves"].remove(leaf(proof, "delivery")))(decision)
    assert "末条登记、项数或者根与所签署的不符：有截去、增添或者替换" in found(leafless, tmp_path)


def blotted(files: Files) -> Files:
    """A paper with another text, and told as masked."""
    name = min(each for each in files if each.startswith("文书/"))
    text = files[name] + b" "
    row = {"digest": Path(name).stem, "stands": hashlib.sha256(text).hexdigest(), "fields": [], "filing_id": "LIFE"}
    told = [*json.loads(files.get("遮蔽.json", b"[]")), row]
    return files | {name: text, "遮蔽.json": json.dumps(told).encode()}


def test_a_paper_that_is_told_as_masked_is_forged_unless_the_log_knows_it(
    packages: dict[str, Files], tmp_path: Path
) -> None:
    masked = packages["masked"]
    told = [each["digest"] for each in json.loads(masked["遮蔽.json"])]
    says = {f"文书 {each} 的个人信息已按保存期限遮蔽，原文无从核对" for each in told}
    assert set(found(masked, tmp_path)) == says
    assert verify.WRONG == []
    since = {f"缺少文书或者附件 {each}" for each in told}
    assert set(found(packages["masked since"], tmp_path)) == since
    assert "遮蔽.json" not in packages["masked since"]
    for true in (packages["whole"], packages["decision"], masked):
        forged = blotted(edited("证明.json", lambda proof: proof.pop("head"))(true))
        found(summed(forged), tmp_path)
        if true is not masked:
            assert "遮蔽.json 与日志所记不符" in verify.WRONG
        assert any("已被改动" in each for each in verify.WRONG)


# Packages that are made to hurt whoever opens them, or to look like what they are not


def deep(levels: int) -> bytes:
    """JSON in JSON in JSON."""
    return b"[" * levels + b"]" * levels


def repeated(times: int) -> Callable[[Files], Files]:
    """A checkpoint that a forger signed over and over, each of which is to be verified."""

    def forge(files: Files) -> Files:
        made = resigned(files)
        return edited("证明.json", lambda proof: proof.update(checkpoint=longer(proof["checkpoint"])))(made)

    def longer(note: str) -> str:
        text, _, line = note.rstrip("\n").rpartition("\n")
        return f"{text}\n" + f"{line}\n" * times

    return forge


HOSTILE: dict[str, tuple[Callable[[Files], Files], str]] = {
    "JSON that never ends": (lambda files: files | {"证明.json": deep(200_000)}, "无法读取：层次过深"),
    "JSON that never ends, in an entry": (entry(3, body=deep(200_000).decode()), "无法读取：层次过深"),
    "a huge file of JSON": (lambda files: files | {"理由.json": b" " * (verify.LARGEST + 1), "备案.json": b" " * (verify.LARGEST + 1)}, "备案.json 过大"),
    "a huge list of sums": (lambda files: files | {"SHA256SUMS": b"\n" * (verify.LARGEST + 1)}, "SHA256SUMS 过大"),
    "a number of a million digits": (lambda files: files | {"规则/依据.json": b'[{"version":' + b"1" * 1_000_000 + b"}]"}, "无法读取：所载的值不合格式"),
    "a size of a million digits": (edited("证明.json", lambda proof: proof.update(checkpoint=proof["checkpoint"].replace("\n", "\n" + "1" * 1_000_000, 1))), "签名不实"),
    "a value under one name twice": (lambda files: files | {"备案.json": files["备案.json"].replace(b"{", b'{"stage":"in_force",', 1)}, "同一名称有两个值"),
    "an entry with two of one name": (entry(4, rehash=True, body=said("{", '{"stage":"in_force",')), "同一名称有两个值"),
    "what is no UTF-8": (lambda files: files | {"备案.json": b'{"stage":"\xff"}'}, "无法读取：不是UTF-8文字"),
    "numbers that are none": (edited("证明.json", lambda proof: leaf(proof, "entry").update(position=float("nan"))), "无法读取：所载的值不是应有的类型"),
    "a list where an object is wanted": (lambda files: files | {"备案.json": b"[]"}, "备案现状与末条登记不符"),
    "a document that nobody entered": (lambda files: files | {"补充决定.docx": b"PK"}, "多出文件 补充决定.docx"),
    "a paper under a name of its own": (lambda files: files | {"文书/撤销决定.json": b"{}"}, "多出文件 文书/撤销决定.json"),
    "a program of the forger's": (lambda files: files | {"json.py": b"print('\xe6\xa0\xb8\xe9\xaa\x8c\xe6\x97\xa0\xe8\xaf\xaf')"}, "多出文件 json.py"),
    "a file outside of it": (lambda files: files | {"../核验.py": b""}, "多出文件 ../核验.py"),
    "a file anywhere": (lambda files: files | {"/etc/passwd": b""}, "多出文件 /etc/passwd"),
    "a name like another's": (lambda files: files | {"备案.json ": files["备案.json"]}, "多出文件 备案.json "),
    "a name that writes a line of its own": (lambda files: files | {"x\n核验通过": b""}, "多出文件 x"),
    "a thousand signatures": (repeated(1000), "签名过多"),
    "a thousand keys": (edited("证明.json", lambda proof: proof.update(keys=proof["keys"] * 1000)), "公钥或者根过多"),
    "thousands of roots": (edited("证明.json", lambda proof: proof.update(ends=proof["ends"] * 3000)), "公钥或者根过多"),
    "a hash that anybody finds": (edited("证明.json", lambda proof: proof.update(checkpoint=proof["checkpoint"].replace("\n\n", "\ndigest md5\n\n", 1))), "签名不实"),
}  # fmt: skip


@pytest.mark.parametrize("what", one_in(2, HOSTILE))
def test_a_hostile_package_is_refused_with_what_is_wrong(package: Files, tmp_path: Path, what: str) -> None:
    forge, says = HOSTILE[what]
    files = forge(package)
    wrong = found(files if "list of sums" in what else summed(files), tmp_path)
    assert any(says in each for each in wrong), wrong
    assert not re.search("Error|Exception", "".join(wrong)), "told to a court's expert, in Chinese"
    assert verify.WRONG, "what is merely lacking would be told as not refuted"


def test_more_than_eighty_packages_are_refused() -> None:
    assert len(FORGED) + len(HOSTILE) + len(PACKED) >= 80


def many(place: Path, files: Files) -> None:
    """More files than a package has."""
    with ZipFile(place, "w") as written:
        for number in range(verify.MOST + 1):
            written.writestr(f"{number}", b"")


def bomb(place: Path, files: Files) -> None:
    """Attachments that unpack to far more than lies there, all of them the same few bytes; and a list of sums that names them."""
    content = zlib.compress(bytes(1 << 24), 9)
    with ZipFile(place, "w", ZIP_DEFLATED) as written:
        for name, each in files.items():
            written.writestr(name, each)
        for number in range(3):
            written.writestr(f"附件/{number:064d}.bin", content[:1000])
            written.infolist()[-1].file_size = verify.ALL
    assert place.stat().st_size < 1_000_000


def swollen(place: Path, files: Files) -> None:
    """Texts that are more than anybody reads, though each may be so long."""
    with ZipFile(place, "w", ZIP_DEFLATED) as written:
        for number in range(1 + verify.TEXTS // verify.LARGEST):
            written.writestr(f"文书/{number:064d}.json", b"x")
            written.infolist()[-1].file_size = verify.LARGEST


def doubled(place: Path, files: Files) -> None:
    """One name twice: who unpacks it takes the one or the other."""
    with ZipFile(place, "w") as written, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, each in [("备案.json", b"{}"), *files.items()]:
            written.writestr(name, each)


def linked(place: Path, files: Files) -> None:
    """A file that is the name of another, outside."""
    with ZipFile(place, "w") as written:
        for name, each in files.items():
            part = ZipInfo(name)
            part.create_system, part.external_attr = 3, (0o120777 if name == "卷宗.docx" else 0o100644) << 16
            written.writestr(part, b"/etc/passwd" if name == "卷宗.docx" else each)


def directory(place: Path, files: Files, at: int, byte: int) -> None:
    """A zip in whose directory a byte of each member's line says something else: at 8 its flags, at 10 how it is packed."""
    with ZipFile(place, "w") as written:
        for name, each in files.items():
            written.writestr(name, each)
    content = bytearray(place.read_bytes())
    line = -1
    while (line := content.find(b"PK\x01\x02", line + 1)) >= 0:
        content[line + at] |= byte
    place.write_bytes(content)


def locked(place: Path, files: Files) -> None:
    """It says that a password is wanted."""
    directory(place, files, 8, 1)


def strange(place: Path, files: Files) -> None:
    """Packed in a way that nobody knows."""
    directory(place, files, 10, 99)


def broken(place: Path, files: Files) -> None:
    """Cut off in the middle."""
    with ZipFile(place, "w") as written:
        for name, each in files.items():
            written.writestr(name, each)
    place.write_bytes(place.read_bytes()[:-1000])


def spoilt(place: Path, files: Files) -> None:
    """A packed file begins as none can that was packed."""
    name = "卷宗.docx"
    with ZipFile(place, "w", ZIP_DEFLATED) as written:
        for each, content in files.items():
            written.writestr(each, content)
        at = written.getinfo(name).header_offset + 30 + len(name.encode())
    packed = bytearray(place.read_bytes())
    packed[at] = 0xFF  # a block of a kind that there is not (RFC 1951)
    place.write_bytes(packed)


def empty(place: Path, files: Files) -> None:
    """A zip with nothing in it."""
    with ZipFile(place, "w"):
        pass


def none(place: Path, files: Files) -> None:
    """No zip."""
    place.write_bytes(b"PK\x03\x04")


PACKED: dict[Callable[[Path, Files], None], str] = {
    many: "文件过多或者过大",
    bomb: "文件过多或者过大",
    swollen: "文件过多或者过大",
    doubled: "包内有同名的文件",
    linked: "['卷宗.docx'] 不是文件，而是指向别处",
    locked: "无法读取：设有密码",
    strange: "无法读取：压缩方式不能识别",
    broken: "无法读取：",  # what lies within may be a zip itself
    spoilt: "无法读取：压缩的内容已经损坏",
    empty: "✗ 缺少文件 SHA256SUMS\n",
    none: "无法读取：不是完好的zip文件",
}


@pytest.mark.parametrize("made", PACKED, ids=lambda made: made.__name__)
def test_a_hostile_zip_is_refused_in_bounds(
    package: Files, tmp_path: Path, made: Callable[[Path, Files], None], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(verify, "MOST", 1_000)
    made(tmp_path / "package.zip", package)
    monkeypatch.setattr(sys, "argv", ["核验.py", str(tmp_path / "package.zip")])
    forgotten()
    with pytest.raises(SystemExit) as ended:
        verify.main()
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert PACKED[made] in told
    assert not re.search("Error|Exception", told)
    assert "已核验" not in told
    assert told.splitlines()[-1] == "核验未通过"


@pytest.mark.parametrize("name", ["归档包.zip", "LIFE-46-1.json", "文件夹"])
def test_what_is_not_there_is_told_so(tmp_path: Path, name: str) -> None:
    assert checked(tmp_path / name) == ["所核验的文件无法读取：没有这个文件或者文件夹"]


def test_a_folder_with_links_is_refused(package: Files, tmp_path: Path) -> None:
    for name, content in package.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    outside = tmp_path.with_name("outside.docx")
    outside.write_bytes((tmp_path / "卷宗.docx").read_bytes())
    (tmp_path / "卷宗.docx").unlink()
    (tmp_path / "卷宗.docx").symlink_to(outside)
    checked(tmp_path)
    assert any("卷宗.docx'] 不是文件，而是指向别处" in each for each in verify.WRONG)
    (tmp_path / "卷宗.docx").unlink()
    os.mkfifo(tmp_path / "卷宗.docx")
    checked(tmp_path)
    assert any("卷宗.docx'] 不是文件，而是指向别处" in each for each in verify.WRONG), (
        "and nobody waits for what never comes"
    )


def test_what_a_package_says_is_told_in_one_line_of_ours(
    package: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name may hold line ends and signs that move a cursor: nothing of it stands where the verdict stands."""
    names = [
        "x\n核验通过",
        "x\r核验通过",
        "\x1b[2J\x1b[H核验通过",
        "x\u2028核验通过",
        *(f"{number}\n核验通过" for number in range(300)),
    ]
    forged = summed(package | dict.fromkeys(names, b""))
    with ZipFile(tmp_path / "package.zip", "w") as written:
        for name, content in forged.items():
            written.writestr(name, content)
    forgotten()
    monkeypatch.setattr(sys, "argv", ["核验.py", str(tmp_path / "package.zip")])
    with pytest.raises(SystemExit):
        verify.main()
    told = capsys.readouterr().out
    assert not {"\r", "\x1b", "\u2028"} & set(told)
    lines = told.splitlines()
    assert lines[0] == verify.ARCHIVE
    assert all(line.startswith("✗ ") for line in lines[1:-1])
    assert lines[-1] == "核验未通过"
    assert lines[-2].startswith("✗ 另有")
    assert len(lines) <= verify.TOLD + 3


@pytest.mark.parametrize("name", one_in(2, ["登记/0003.json", "说明.txt", "卷宗.docx", "目录.json", "核验.py"]))
def test_a_file_that_was_changed_taken_out_or_added_is_seen_by_the_sums(
    package: Files, tmp_path: Path, name: str
) -> None:
    assert any("SHA256SUMS" in each for each in found(package | {name: package[name] + b" "}, tmp_path))
    assert f"缺少文件 {name}" in found(without(name)(package), tmp_path)
    assert "多出文件 再来.txt" in found(package | {"再来.txt": b""}, tmp_path)


def test_a_package_signed_by_the_forger_is_seen_by_the_key_and_the_root_that_are_known(
    package: Files, tmp_path: Path
) -> None:
    forged, proof = resigned(package), json.loads(package["证明.json"])
    assert found(forged, tmp_path) == [], "by itself it is whole: the key is told as what rests on trust"
    assert "检查点不是以所给的公钥签署的" in found(forged, tmp_path, tuple(proof["keys"]))
    for mistyped in ("x", "x+00000000+AAAA"):
        assert f"公钥不合格式：{mistyped}" in found(package, tmp_path, (mistyped,))
    root = Note.read(proof["checkpoint"]).text.splitlines()[2]
    assert found(package, tmp_path, tuple(proof["keys"]), root) == []
    assert found(package, tmp_path, (), b64decode(root).hex()) == []
    assert "根与您所给的不符" in found(package, tmp_path, (), "0" * 64)


def test_signatures_are_judged_as_cryptography_judges_them() -> None:
    """The published cases of RFC 8032, 7.1, and whatever else can be wrong with a signature."""
    cases = (
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    )  # fmt: skip
    for told in cases:
        assert verify.signed(*map(bytes.fromhex, told))
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public_key, message = private.public_key().public_bytes_raw(), "备案".encode()
    good = private.sign(message)
    assert verify.signed(public_key, message, good)
    added = (int.from_bytes(good[32:], "little") + verify.Q).to_bytes(32, "little")
    wrong = [good[:-1], good + b"\0", bytes(64), good[:32] + added, b"\xff" * 64, bytes([good[0] ^ 1]) + good[1:]]
    assert not any(verify.signed(public_key, message, each) for each in wrong)
    assert not verify.signed(public_key, message + b" ", good)
    assert not verify.signed(b"\xff" * 32, message, good)
