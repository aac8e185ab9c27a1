"""Uploads: what is taken and what is not, how it lies in the store, and who may fetch it."""

import asyncio
import hashlib
import io
import json
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session, select
from starlette.datastructures import FormData, UploadFile
from structlog.testing import capture_logs

from activities.register import Register
from gateway.identity import Identity
from gateway.problem import Refused
from gateway.remembered import drafts as drafts_of_leaders
from gateway.remembered.drafts import Drafts, body_of
from gateway.remembered.sweeping import Sweeping
from gateway.remembered.uploads import HALF_DONE, JUST_STORED, PUBLIC, TYPES, Rejected, Uploads, safe_name, taken
from gateway.shown import attachments
from models.forms import Document
from models.gateway import UploadRow
from models.settings import Settings
from models.vocabulary import Role
from tests.databases import Databases, on_both
from tests.described import Described
from tests.leading import COLLEAGUE, LEADER, OFFICER, OTHER, Leader, Page, example, filled, leading
from tests.patience import comes
from tests.served import Clock
from tests.simulated import told, written
from tests.story import application, checklist, instant
from tests.visiting import House, visiting

NOW = instant("2026-03-16")
PDF = b"%PDF-1.7\nhello"
SHA = hashlib.sha256(PDF).hexdigest()


def file(content: bytes = PDF, name: str = "协议.pdf") -> UploadFile:
    """A file as a form brings it."""
    return UploadFile(io.BytesIO(content), filename=name)


@pytest.fixture
def store(sqlite: Databases, tmp_path: Path) -> Any:
    """A store with nothing in it."""
    register = Register.at(sqlite.migrated())
    yield Uploads(register.engine, tmp_path / "uploads", 1000)
    register.engine.dispose()


def lying(store: Uploads) -> set[str]:
    """Every file in the folder of a store."""
    return {str(each.relative_to(store.folder)) for each in store.folder.rglob("*") if each.is_file()}


def rows(store: Uploads) -> list[UploadRow]:
    """Everything that is known to be in the store."""
    with Session(store.engine) as session:
        return list(session.exec(select(UploadRow)))


def scanner(store: Uploads, tmp_path: Path, does: str) -> Uploads:
    """A store with a scanner that does something; `sys.argv[1]` is the file."""
    script = tmp_path / "scanner.py"
    script.write_text(f"import os, sys, time\n{does}\n")
    return replace(store, scanner=f"{sys.executable} {script}")


# The store


async def test_a_file_lies_under_its_digest_and_its_reference_fills_a_document(store: Uploads) -> None:
    reference = await store.store(file(), LEADER.office, NOW)
    assert lying(store) == {f"{SHA[:2]}/{SHA}"}
    assert reference == {
        "name": "协议.pdf", "media_type": "application/pdf", "size": len(PDF), "sha256": SHA, "location": f"upload:{SHA}"
    }  # fmt: skip
    Document(kind="D2", **reference)
    found = store.find(SHA, [LEADER.office])
    assert found
    row, path = found
    assert (row.name, path.read_bytes()) == ("协议.pdf", PDF)
    assert path.stat().st_mode & 0o077 == 0, "for nobody else on the machine"


async def test_the_same_content_is_one_file_whoever_brings_it(store: Uploads) -> None:
    for owner, name in ((LEADER.office, "甲.pdf"), (LEADER.office, "乙.pdf"), (OTHER.office, "丙.pdf")):
        await store.store(file(name=name), owner, NOW)
    assert lying(store) == {f"{SHA[:2]}/{SHA}"}
    assert {(row.owner, row.name) for row in rows(store)} == {(LEADER.office, "乙.pdf"), (OTHER.office, "丙.pdf")}
    assert store.find(SHA, [PUBLIC]) is None


ZIP = b"PK\x03\x04rest"
GOOD = {
    ".pdf": PDF, ".ofd": ZIP, ".docx": ZIP, ".xlsx": ZIP, ".jpg": b"\xff\xd8\xff\xe0rest", ".jpeg": b"\xff\xd8\xff\xe1rest",
    ".png": b"\x89PNG\r\n\x1a\nrest",
}  # fmt: skip


@pytest.mark.parametrize("ending", TYPES)
async def test_every_type_is_known_by_how_it_begins(store: Uploads, ending: str) -> None:
    assert GOOD.keys() == TYPES.keys()
    reference = await store.store(file(GOOD[ending], f"材料{ending.upper()}"), PUBLIC, NOW)
    assert reference["media_type"] == TYPES[ending][0]
    for other, content in GOOD.items():
        if TYPES[other][1] != TYPES[ending][1]:
            with pytest.raises(Rejected, match="内容不是"):
                await store.store(file(content, f"材料{ending}"), PUBLIC, NOW)


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "空.pdf", "空的"),
        (PDF, "程序.exe", "只接收"),
        (PDF, "无后缀", "只接收"),
        (PDF, ".pdf", "只接收"),
        (PDF, "", "只接收"),
        (PDF, "材料.pdf.html", "只接收"),
        (b"PK\x03\x04", "压缩.zip", "只接收"),
        (b"MZ\x90\x00", "其实是程序.pdf", "内容不是pdf"),
        (b"<html>%PDF-", "其实是网页.pdf", "内容不是pdf"),
        (b"%PDF-" + b"x" * 996, "太大.pdf", "不得超过0.001 MB"),
    ],
)
async def test_what_is_not_taken_leaves_nothing_behind(store: Uploads, content: bytes, name: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        await store.store(file(content, name), LEADER.office, NOW)
    assert lying(store) == set()
    assert rows(store) == []


async def test_the_largest_file_is_just_as_large_as_may_be(store: Uploads) -> None:
    content = b"%PDF-" + b"x" * 995
    assert (await store.store(file(content), LEADER.office, NOW))["size"] == 1000


async def test_a_digest_told_beforehand_must_be_that_of_the_file(store: Uploads) -> None:
    with pytest.raises(Rejected, match="摘要"):
        await store.store(file(), LEADER.office, NOW, expected="0" * 64)
    assert lying(store) == set()
    assert (await store.store(file(), LEADER.office, NOW, expected=SHA.upper()))["sha256"] == SHA


async def test_nothing_is_taken_where_uploads_are_off(store: Uploads) -> None:
    with pytest.raises(Rejected, match="不接收文件"):
        await replace(store, taking=False).store(file(), LEADER.office, NOW)
    assert rows(store) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("D:\\Users\\me\\协议.pdf", "协议.pdf"),
        ("..", ""),
        ("/", ""),
        ("..\\..\\.pdf", "pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("fdp.\u202exe.pdf", "fdp.xe.pdf"),
        ("nul\x00l.pdf", "null.pdf"),
        ("𠮷田.pdf", "𠮷田.pdf"),
        ("名" * 500 + ".pdf", "名" * 196 + ".pdf"),
        ("x." + "p" * 500, "." + "p" * 500),
    ],
)
async def test_names_keep_to_themselves(store: Uploads, name: str, safe: str) -> None:
    assert safe_name(name) in (safe, safe[:200])
    if safe.endswith(".pdf"):
        reference = await store.store(file(name=name), LEADER.office, NOW)
        assert reference["name"] == safe
        assert lying(store) == {f"{SHA[:2]}/{SHA}"}
        Document(kind="D2", **reference)


@pytest.mark.parametrize("sha256", ["..", "../register.db", SHA.upper(), SHA[:-1], SHA + "0", "incoming/x", "", "\x00"])
async def test_only_a_digest_finds_anything(store: Uploads, sha256: str) -> None:
    await store.store(file(), LEADER.office, NOW)
    assert store.find(sha256, [LEADER.office]) is None


# The scanner


async def test_a_scanner_sees_every_file_before_it_has_its_place(store: Uploads, tmp_path: Path) -> None:
    note = tmp_path / "seen"
    does = f"path = sys.argv[1]\nopen({str(note)!r}, 'w').write(path + ' ' + open(path).read())"
    await scanner(store, tmp_path, does).store(file(), LEADER.office, NOW)
    path, _, content = note.read_text().partition(" ")
    assert content == PDF.decode()
    assert Path(path).parent == store.folder / "incoming"
    assert lying(store) == {f"{SHA[:2]}/{SHA}"}


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("sys.exit(1)", "病毒"),
        ("sys.exit(2)", "现在不能查毒"),
        ("sys.exit(127)", "现在不能查毒"),
        ("os.abort()", "现在不能查毒"),
        ("time.sleep(60)", "现在不能查毒"),
    ],
)
async def test_what_was_not_found_clean_is_never_stored(
    store: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, why: str
) -> None:
    monkeypatch.setattr("gateway.remembered.uploads.SCAN", timedelta(seconds=1))
    with pytest.raises(Rejected, match=why), capture_logs() as logs:
        await scanner(store, tmp_path, does).store(file(), LEADER.office, NOW)
    assert lying(store) == set()
    assert rows(store) == []
    assert [each["event"] for each in logs] == ["uploads.infected" if "病毒" in why else "uploads.not_scanned"]
    assert "协议" not in str(logs)


async def test_what_others_take_away_meanwhile_is_in_nobodys_way(store: Uploads) -> None:
    """A link to nothing is listed and not there, as a file is whose bringing ends between the two."""
    for place in (Path(store.folder, "incoming"), Path(store.folder, "ab")):
        place.mkdir(parents=True)
        (place / ("ab" * 32)).symlink_to("nowhere")
    assert (await store.store(file(), LEADER.office, NOW))["sha256"]
    assert Sweeping(store, Drafts(store.engine, store)).round(NOW).uploads == 0


async def test_a_slow_scanner_holds_up_nobody_who_brings_no_file(store: Uploads, tmp_path: Path) -> None:
    go = tmp_path / "go"
    slow = scanner(store, tmp_path, f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)")
    brought = [asyncio.create_task(slow.store(file(PDF + bytes([number])), LEADER.office, NOW)) for number in range(45)]
    lying = Path(store.folder)
    await comes(lambda: sum(1 for each in lying.rglob("*") if each.is_file()) >= 4)
    assert await run_in_threadpool(lambda: "answered") == "answered"
    assert not any(each.done() for each in brought)
    go.touch()
    assert len({(await each)["sha256"] for each in brought}) == 45


async def test_a_scanner_that_is_not_there_takes_nothing(store: Uploads) -> None:
    with pytest.raises(Rejected, match="现在不能查毒"):
        await replace(store, scanner="no-such-scanner --fast").store(file(), LEADER.office, NOW)
    assert lying(store) == set()


async def test_a_scanner_is_no_shell(store: Uploads, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    with pytest.raises(Rejected):
        await replace(store, scanner=f"false; touch {trap}").store(file(), LEADER.office, NOW)
    assert not trap.exists()


# Crashes and forgetting


async def test_after_a_crash_half_a_file_is_no_file_and_the_whole_one_can_come_again(
    store: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(half: Path, sha256: str) -> None:
        half.rename(half.with_name("left behind"))
        raise OSError("the power is gone")

    with monkeypatch.context() as crashing:
        crashing.setattr(Uploads, "_place", lambda _, half, sha256: crash(half, sha256))
        with pytest.raises(OSError, match="power"):
            await store.store(file(), LEADER.office, NOW)
    assert lying(store) == {"incoming/left behind"}
    assert rows(store) == [], "the row fell with the file"
    await store.store(file(), LEADER.office, NOW)
    assert store.find(SHA, [LEADER.office])
    assert lying(store) == {f"{SHA[:2]}/{SHA}", "incoming/left behind"}
    late = instant("2026-03-16") + HALF_DONE + timedelta(days=365 * 10)
    await store.store(file(), LEADER.office, late)
    assert lying(store) == {f"{SHA[:2]}/{SHA}"}, "what was left is swept away"


async def test_a_file_without_its_row_is_nobodys_until_it_comes_again(store: Uploads) -> None:
    path = store.folder / SHA[:2] / SHA
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")
    assert store.find(SHA, [LEADER.office]) is None
    await store.store(file(), LEADER.office, NOW)
    assert path.read_bytes() == PDF


def test_a_leader_has_so_many_drafts_at_once(store: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins and begins fills neither the register nor their own page; a colleague's are the leader's too, another's are not."""
    monkeypatch.setattr(drafts_of_leaders, "MOST", 3)
    drafts = Drafts(store.engine, store)
    keys = [drafts.begin(who, {"kind": "A"}, NOW) for who in (LEADER, COLLEAGUE, LEADER)]
    with pytest.raises(Refused, match="先删除不再使用的"):
        drafts.begin(COLLEAGUE, {"kind": "A"}, NOW)
    drafts.begin(OTHER, {"kind": "A"}, NOW)
    drafts.discard(keys[0], LEADER.office, NOW)
    assert drafts.begin(LEADER, {"kind": "B"}, NOW)


@on_both
async def test_files_go_with_the_last_that_mentions_them(register: Register, tmp_path: Path) -> None:
    store = Uploads(register.engine, tmp_path / "uploads", 1000)
    drafts = Drafts(register.engine, store)
    kept, shared, alone = [
        (await store.store(file(PDF + each), LEADER.office, NOW))["sha256"] for each in (b"1", b"2", b"3")
    ]
    register.lodge("X-1", "application", {"documents": [{"sha256": kept}]}, NOW)
    body = {"kind": "A", "documents": [{"sha256": each} for each in (kept, shared, alone)]}
    one = drafts.begin(LEADER, body, NOW)
    two = drafts.begin(LEADER, {"kind": "A", "documents": [{"sha256": shared}]}, NOW)

    def there() -> list[bool]:
        return [store.find(each, [LEADER.office]) is not None for each in (kept, shared, alone)]

    drafts.discard(one, OTHER.office, NOW + JUST_STORED)
    assert there() == [True, True, True], "it was not theirs"
    drafts.discard(one, LEADER.office, NOW + JUST_STORED)
    assert there() == [True, True, False]
    drafts.discard(two, LEADER.office, NOW + JUST_STORED)
    assert there() == [True, False, False]
    assert len(lying(store)) == 1


async def test_a_file_that_was_just_brought_stays_though_nothing_mentions_it_yet(store: Uploads) -> None:
    await store.store(file(), LEADER.office, NOW)
    store.release([SHA], NOW + JUST_STORED - timedelta(seconds=1))
    assert store.find(SHA, [LEADER.office])
    store.release([SHA, "0" * 64], NOW + JUST_STORED)
    assert lying(store) == set()


# Files in forms


async def test_a_form_with_a_file_reads_as_if_its_reference_had_been_typed(store: Uploads) -> None:
    form = FormData([("/documents/3/kind", "D2"), ("/documents/3/name", "旧名"), ("/documents/3/file", file())])
    filled_in, faults = await taken(form, store, LEADER.office, NOW)
    assert faults == ()
    assert dict(filled_in) == {
        "/documents/3/kind": "D2", "/documents/3/name": "协议.pdf", "/documents/3/media_type": "application/pdf",
        "/documents/3/size": str(len(PDF)), "/documents/3/sha256": SHA, "/documents/3/location": f"upload:{SHA}",
    }  # fmt: skip


async def test_what_was_not_taken_is_told_and_what_was_typed_stays(store: Uploads) -> None:
    form = FormData(
        [
            ("/content/documents/0/file", file(b"MZ", "坏.pdf")), ("/content/document/file", file(PDF)),
            ("/content/document/sha256", "0" * 64), ("/documents/1/file", UploadFile(io.BytesIO(), filename="")),
            ("name", "照旧"),
        ]
    )  # fmt: skip
    filled_in, faults = await taken(form, store, LEADER.office, NOW)
    assert [(each.field, each.severity) for each in faults] == [
        ("/content/documents", "error"), ("/content/document", "error")
    ]  # fmt: skip
    assert "“坏.pdf”未收下：内容不是pdf文件" in faults[0].message
    assert "摘要与所填的 SHA-256 不符" in faults[1].message
    assert dict(filled_in) == {"/content/document/sha256": "0" * 64, "name": "照旧"}
    assert rows(store) == []


async def test_another_file_takes_the_place_of_an_earlier_one(store: Uploads) -> None:
    first = await store.store(file(PDF + b"1"), LEADER.office, NOW)
    form = FormData(
        [(f"/documents/0/{key}", str(value)) for key, value in first.items()] + [("/documents/0/file", file())]
    )
    filled_in, faults = await taken(form, store, LEADER.office, NOW)
    assert (faults, filled_in["/documents/0/sha256"]) == ((), SHA)


# At the gateway


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2026, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated(), largest_upload=100_000)
    async with visiting(settings, Clock(NOW)) as opened:
        yield opened


@pytest.fixture
async def signed_in(house: House) -> AsyncIterator[Any]:
    """Browsers for whoever is asked for."""
    async with AsyncExitStack() as browsers:

        async def of(who: Identity = LEADER) -> Leader:
            return await browsers.enter_async_context(leading(house.tools, house.browser(), who))

        yield of


def saved(house: House, address: str) -> list[dict[str, Any]]:
    """The documents of a draft as saved."""
    row = house.tools.drafts.find(address.rpartition("/")[2], LEADER.office, NOW)
    assert row
    documents: list[dict[str, Any]] = body_of(row)["documents"]
    return documents


async def test_a_file_chosen_in_the_form_becomes_its_document(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    address = await leader.begins()
    seen = (await leader.page(address)).hidden("seen")
    pairs = [*filled(example("A", documents=[])), *seen, ("do", "save")]
    answer = await leader.sends(address, pairs, {"/documents/1/file": ("联盟协议.pdf", PDF)})
    assert answer.status_code == 303, answer.text
    (document,) = saved(house, address)
    assert document == {
        "kind": "D2", "name": "联盟协议.pdf", "media_type": "application/pdf", "size": len(PDF), "sha256": SHA,
        "location": f"upload:{SHA}", "secrecy": "公开",
    }  # fmt: skip
    page = await leader.page(address)
    assert f"/uploads/{SHA}" in page.links
    assert next(each for each in page.inputs if each.get("type") == "file")["accept"] == ",".join(TYPES)
    again = filled(example("A", documents=[document]))
    await leader.sends(address, [*again, *page.hidden("seen"), ("do", "save")])
    assert saved(house, address) == [document], "it stays without being brought again"


async def test_a_file_that_is_not_taken_is_told_and_the_rest_is_saved(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    address, raw = await leader.begins(), example("A")
    pairs = [*filled(raw), *(await leader.page(address)).hidden("seen"), ("do", "submit")]
    answer = await leader.sends(address, pairs, {"/documents/0/file": ("假的.png", PDF)})
    assert answer.status_code == 422
    assert Page.of(answer.text).says("“假的.png”未收下：内容不是png文件")
    assert len(saved(house, address)) == len(raw["documents"])
    assert house.tools.register.row(address.rpartition("/")[2]) is None, "and nothing is submitted"
    again = await leader.sends(address, [*filled(raw), *Page.of(answer.text).hidden("seen"), ("do", "save")])
    assert again.status_code == 303


async def test_findings_while_typing_store_nothing(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    address = await leader.begins()
    answer = await leader.sends(f"{address}/findings", filled(example("A")), {"/documents/0/file": ("甲.pdf", PDF)})
    assert answer.status_code == 200
    assert rows(house.tools.uploads) == []


async def test_a_file_larger_than_any_is_turned_away_before_it_is_read(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    address = await leader.begins()
    answer = await leader.sends(address, [], {"/documents/0/file": ("大.pdf", PDF + b"x" * 2_000_000)})
    assert answer.status_code == 413
    larger = await leader.sends(
        address, (await leader.page(address)).hidden("seen"), {"/documents/0/file": ("大.pdf", PDF + b"x" * 200_000)}
    )
    assert larger.status_code == 422
    assert Page.of(larger.text).says("文件不得超过0.1 MB")
    assert rows(house.tools.uploads) == []


async def test_where_uploads_are_off_there_is_no_input_for_files(tmp_path: Path, sqlite: Databases) -> None:
    settings = Settings(var=tmp_path, database_url=sqlite.migrated(), uploads=False)
    async with visiting(settings, Clock(NOW)) as house, leading(house.tools, house.browser(), LEADER) as leader:
        address = await leader.begins()
        page = await leader.page(address)
        assert not any(each.get("type") == "file" for each in page.inputs)
        pairs = [*filled(example("A")), *page.hidden("seen"), ("do", "save")]
        answer = await leader.sends(address, pairs, {"/documents/0/file": ("甲.pdf", PDF)})
        assert answer.status_code == 422
        assert Page.of(answer.text).says("不接收文件")
        assert len(saved(house, address)) == len(example("A")["documents"]), "references are kept"


# Fetching


IIT = Identity(person="i-201", name="会审人", role=Role.CITY_IIT, office="210100")
AUDITOR = Identity(person="a-601", name="审计人", role=Role.AUDITOR, office="210000")
ELSEWHERE = Identity(person="d-111", name="大连受理人", role=Role.CITY_ST, office="210200")


def filed(house: House, filing_id: str, documents: list[dict[str, Any]], *steps: Any) -> None:
    """A filing whose application names documents, and what was done since."""
    name = f"沈阳市{filing_id}产学研联盟"
    form = application(filing_id=filing_id, alliance_name=name, received_at="2026-03-10T09:00:00+08:00")
    form["documents"] = [*form["documents"], *documents]
    written(house.tools.register, told(form, *steps, until=instant("2026-03-25")))


async def brought(house: House, owner: str, content: bytes = PDF, name: str = "知识产权.pdf") -> dict[str, Any]:
    """A document in the store."""
    return {"kind": "D8", **await house.tools.uploads.store(file(content, name), owner, NOW)}


async def test_a_document_is_fetched_by_whoever_brought_it_or_may_read_the_paper(house: House, signed_in: Any) -> None:
    filed(house, "UP-1", [await brought(house, LEADER.office)])
    filed(house, "UP-2", [])
    here, there = f"/uploads/{SHA}", f"/uploads/{SHA}?filing=UP-1"
    for who, reached in (
        (LEADER, {here, there}), (OFFICER, {there}), (IIT, {there}), (OTHER, set()), (AUDITOR, set()), (ELSEWHERE, set())
    ):  # fmt: skip
        browser = await signed_in(who)
        for path in (here, there, f"/uploads/{SHA}?filing=UP-2", f"/uploads/{SHA}?filing=NONE"):
            answer = await browser.client.get(path)
            assert answer.status_code == (200 if path in reached else 404), (who.person, path)
            assert (PDF in answer.content) == (path in reached)
        lines = [each for each in house.tools.audit.lines(person=who.person) if each.kind == "read_upload"]
        assert sum(each.success for each in lines) == len(reached)
        assert {each.object for each in lines} <= {SHA}
    assert (await house.browser().get(here)).status_code == 303, "nobody fetches anything without signing in"


async def test_a_document_is_saved_never_shown(house: House, signed_in: Any) -> None:
    await brought(house, LEADER.office, name='"><script>.pdf')
    answer = await (await signed_in()).client.get(f"/uploads/{SHA}")
    assert answer.headers["content-disposition"].startswith("attachment; filename")
    assert "<script>" not in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/pdf"


async def test_a_document_is_looked_at_in_a_sandbox_by_whoever_may_fetch_it(house: House, signed_in: Any) -> None:
    sheet = zlib.compress(b"\0\xff")
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0" + bytes(4) + sheet
    sha = hashlib.sha256(picture).hexdigest()
    filed(
        house, "UP-5", [await brought(house, LEADER.office), await brought(house, LEADER.office, picture, "证照.png")]
    )
    for who, status in ((OFFICER, 200), (LEADER, 200), (ELSEWHERE, 404), (AUDITOR, 404)):
        browser = await signed_in(who)
        around = await browser.client.get(f"/uploads/{sha}/shown?filing=UP-5")
        within = await browser.client.get(f"/uploads/{sha}/picture?filing=UP-5")
        assert (around.status_code, within.status_code) == (status, status), who.person
    browser = await signed_in(OFFICER)
    around, within = [await browser.client.get(f"/uploads/{sha}/{part}?filing=UP-5") for part in ("shown", "picture")]
    assert f"/uploads/{sha}/picture?filing=UP-5" in around.text
    for answer, may in ((around, "sandbox allow-same-origin allow-downloads"), (within, "sandbox")):
        policy = answer.headers["content-security-policy"].split("; ")
        assert policy[-1] == may, "no script, no form, no window"
        assert {"default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert within.headers["content-type"] == "image/png"
    assert "文件打不开" in (await browser.client.get(f"/uploads/{SHA}/shown?filing=UP-5")).text
    for path in (f"{SHA}/pages/1.png", f"{SHA}/pages/0.png", f"{sha}/pages/1.png", f"{SHA}/picture"):
        assert (await browser.client.get(f"/uploads/{path}?filing=UP-5")).status_code in (404, 422), path
    noted = {each.object for each in house.tools.audit.lines(person=OFFICER.person) if each.kind == "read_upload"}
    assert {sha, SHA, f"{SHA} page 1"} <= noted


async def test_attachments_that_take_long_hold_up_nobody_else(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty requests from six addresses stand still over one file, more than there are threads; every other page is answered."""
    filed(house, "UP-6", [await brought(house, LEADER.office)])
    go, program = tmp_path / "go", tmp_path / "halted.py"
    program.write_text(f"import os, sys, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\nsys.exit(1)\n")
    monkeypatch.setattr(attachments, "RENDERER", program)
    async with AsyncExitStack() as browsers:
        of_one = [
            await browsers.enter_async_context(leading(house.tools, house.browser(f"192.0.2.{number}"), OFFICER))
            for number in range(6)
        ]
        paths = [
            f"/uploads/{SHA}/shown?filing=UP-6",
            *(f"/uploads/{SHA}/pages/{page}.png?filing=UP-6" for page in range(1, 10)),
        ]
        asked = [asyncio.create_task(each.client.get(path)) for path in paths for each in of_one]
        waiting = 1 + attachments.WAITING_OF_ONE
        await comes(lambda: sum(each.done() for each in asked) == len(asked) - waiting)
        other = house.browser("198.51.100.7")
        assert [(await other.get(path)).status_code for path in ("/", "/register", "/sign-in")] == [200] * 3
        told = [each.result() for each in asked if each.done()]
        assert {each.status_code for each in told} == {503}
        assert all(int(each.headers["retry-after"]) for each in told)
        go.touch()
        for each in [each for each in await asyncio.gather(*asked[:6]) if each.status_code == 503]:
            assert "此刻查看附件的人较多" in each.text
            assert "frame-ancestors 'self'" in each.headers["content-security-policy"], "it is told in the frame"
        assert {(await each).status_code for each in asked} <= {200, 404, 503}


async def test_to_know_a_digest_is_not_enough(house: House, signed_in: Any) -> None:
    """Whoever names another's document in an application of their own does not reach it by that."""
    document = await brought(house, OTHER.office)
    filed(house, "UP-3", [document])
    for who in (LEADER, OFFICER):
        assert (await (await signed_in(who)).client.get(f"/uploads/{SHA}?filing=UP-3")).status_code == 404


async def test_evidence_of_an_objection_is_for_the_reviewer_alone(house: House, signed_in: Any) -> None:
    document = await brought(house, PUBLIC)
    objection = json.loads((Path(__file__).parent.parent / "examples/objection.json").read_text("utf-8"))["content"]
    steps = [
        ("city", "accept", "2026-03-11T09:00", {}),
        ("iit", "give_iit_opinion", "2026-03-12T09:00", {"positive": True}),
        ("city2", "confirm", "2026-03-13T09:00", {"checklist": checklist()}),
        ("public", "object", "2026-03-17T09:00", {"content": objection | {"evidence": [document]}}),
    ]
    filed(house, "UP-4", [], *steps)
    for who, status in ((OFFICER, 200), (LEADER, 404), (IIT, 404), (AUDITOR, 404)):
        assert (await (await signed_in(who)).client.get(f"/uploads/{SHA}?filing=UP-4")).status_code == status, (
            who.person
        )


async def test_a_file_that_is_gone_from_the_disk_is_not_there(house: House, signed_in: Any) -> None:
    await brought(house, LEADER.office)
    (house.tools.uploads.folder / SHA[:2] / SHA).unlink()
    assert (await (await signed_in()).client.get(f"/uploads/{SHA}")).status_code == 404


# By the API


def program(house: House, person: str) -> Any:
    """A program whose token stands for somebody, held against what the API says of itself."""
    client = house.browser()
    described = Described.by(house.app)

    async def watching(answer: Any) -> None:
        if answer.request.method == "GET":  # what was sent as a stream cannot be shown again
            await described.watching(answer)
        else:
            assert str(answer.status_code) in described.of("post", answer.request.url.path)[2]["responses"]

    client.event_hooks["response"].append(watching)
    client.headers["Authorization"] = f"Bearer {person}"
    return client


async def test_a_program_brings_a_file_under_the_same_limits_and_the_same_scan(house: House, tmp_path: Path) -> None:
    officer, path = program(house, "c-101"), "/api/v1/uploads"
    sent = {"file": ("异议信.pdf", PDF)}
    reference = (await officer.post(path, files=sent)).json()
    assert reference["location"] == f"upload:{SHA}"
    Document(kind="D8", **reference)
    assert (await officer.post(path, files=sent, data={"sha256": SHA})).status_code == 201
    for files, data in (
        ({"file": ("信.exe", b"MZ")}, {}),
        ({"file": ("信.pdf", b"MZ")}, {}),
        ({"file": ("信.pdf", b"")}, {}),
        ({"file": ("信.pdf", b"%PDF-" + bytes(100_001))}, {}),
        (sent, {"sha256": "0" * 64}),
        ({"other": ("信.pdf", PDF)}, {}),
    ):
        refused = await officer.post(path, files=files, data=data)
        assert (refused.status_code, refused.json()["findings"][0]["field"]) == (422, "/file")
    assert (await officer.post(path, files={"file": ("信.pdf", b"%PDF-" + bytes(1_200_000))})).status_code == 413
    assert (await officer.post(path, json={})).status_code == 415
    assert (await officer.post(path, files=[("file", ("1.pdf", PDF)), ("file", ("2.pdf", PDF))])).status_code == 400
    assert (await program(house, "a-601").post(path, files=sent)).status_code == 403
    assert (await house.browser().post(path, files=sent)).status_code == 401
    infected = scanner(house.tools.uploads, tmp_path, "sys.exit(1)")
    house.app.state.tools = replace(house.tools, uploads=infected)
    assert "病毒" in (await officer.post(path, files=sent)).json()["findings"][0]["message"]


async def test_a_program_fetches_what_its_post_brought_or_may_read(house: House) -> None:
    filed(house, "UP-9", [await brought(house, LEADER.office)])
    here, there = f"/api/v1/uploads/{SHA}", f"/api/v1/uploads/{SHA}?filing=UP-9"
    for person, reached in (
        ("u-leader-01", {here, there}), ("c-101", {there}), ("i-201", {there}), ("d-111", set()), ("a-601", set())
    ):  # fmt: skip
        for path in (here, there, f"/api/v1/uploads/{SHA}?filing=NONE"):
            answer = await program(house, person).get(path)
            assert answer.status_code == (200 if path in reached else 404), (person, path)
            assert (answer.content == PDF) == (path in reached)
    assert (await program(house, "c-101").post("/api/v1/uploads", files={"file": ("信.pdf", PDF)})).status_code == 201
    assert (await program(house, "c-102").get(here)).status_code == 200, "colleagues of one post share what they bring"
    assert (await program(house, "i-201").get(here)).status_code == 404, "another post of the same place does not"
    read = [each for each in house.tools.audit.lines(person="a-601") if each.kind == "read_upload"]
    assert [each.success for each in read] == [False] * 3
