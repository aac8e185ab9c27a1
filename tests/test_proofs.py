"""Proofs of single decisions and announcements: made of a life that was lived, verified by the steps that are printed, offline."""

import html
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import get_args
from zipfile import ZipFile

import pytest
from playwright.async_api import async_playwright

from activities import rules_wheel
from activities.attachments import Attachments
from activities.documents import packaging, recompute, verify
from activities.documents.decision import May, NoSuchDecision, rests_on, write_decision
from activities.documents.dossier import dossier
from activities.log import keys
from activities.log.keeping import LogKeeping
from activities.publishing.notices import Notices
from activities.publishing.publications import KINDS, OF_ROUNDS
from activities.publishing.site import Site
from activities.register import Register
from models.values import day_of
from models.vocabulary import ActKind, DeliveryState, LapseKind, Stage
from regulation import agenda, offices, recomputing
from regulation.publicity import PublicationKind
from tests.databases import Databases
from tests.law.cases import load
from tests.law.editions import load_editions
from tests.logged import deliver, keeping
from tests.simulated import holding, lived, written
from tests.test_browser import chromium

OVER = datetime(2030, 6, 2, tzinfo=UTC)
REVOKED = 46
"""The entry by which the demonstration's filing is revoked: nobody decides it, two missed years do."""

NO_NETWORK = ["unshare", "-rn"]


@pytest.fixture(scope="module")
def life(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Register, LogKeeping]]:
    """The demonstration's life, all of it in a log that was signed twice."""
    register = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    kept = keeping(register.engine, tmp_path_factory.mktemp("life"))
    deliver(register)
    kept.passes(datetime(2030, 6, 1, tzinfo=UTC))
    kept.passes(OVER)
    yield register, kept
    register.engine.dispose()


def stranger(command: str, folder: Path, *, bare: bool = True) -> subprocess.CompletedProcess[str]:
    """A printed command as somebody runs it who has nothing of ours: offline where the machine lets us take the network away;
    `bare`: with the standard library alone."""
    offline = (
        NO_NETWORK if subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode == 0 else []
    )
    _, *arguments = shlex.split(command)
    python = [sys.executable, "-I", "-X", "utf8", *(["-S"] if bare else [])]
    return subprocess.run(
        [*offline, *python, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", env={"PATH": "/usr/bin:/bin"}, check=False
    )  # fmt: skip


def proof(
    life: tuple[Register, LogKeeping], number: int, folder: Path, may: May = lambda *_: True, office: str = ""
) -> Path:
    """The proof of an entry, unpacked."""
    register, kept = life
    [signer] = keys.signers(kept.log.key_file)
    with (folder / f"{number}.zip").open("wb") as file:
        write_decision(file, register, "LIFE", number, may, signer, office=office)
    with ZipFile(folder / f"{number}.zip") as packed:
        packed.extractall(folder / f"{number}{office}")
    return folder / f"{number}{office}"


def test_from_the_page_of_a_revocation_to_what_proves_it_by_the_printed_steps(
    life: tuple[Register, LogKeeping], tmp_path: Path
) -> None:
    register, kept = life
    notices = Notices(register.engine)
    Site(kept.files.site, notices, log=notices.log).write_all(day_of(OVER))
    page = (kept.files.site / "notices/LIFE-46-1.html").read_text("utf-8")
    saved = re.findall(r'<a href="([^"]+)" download(?:="([^"]+)")?>', page)
    assert [Path(address).name for address, _ in saved] == ["LIFE-46-1.json", "verify.py"]
    for address, name in saved:
        content = (kept.files.site / "notices" / address).resolve().read_bytes()
        (tmp_path / (name or Path(address).name)).write_bytes(content)
    [command] = re.findall(r"<pre><code>(python3 .*?)</code></pre>", page)
    done = stranger(html.unescape(command), tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("核验通过\n")
    told = json.loads((tmp_path / "LIFE-46-1.json").read_bytes())
    assert "u-leader" not in json.dumps(told)
    told["leaves"][0]["row"]["published_at"] = "2029-01-01T00:00:00+00:00"
    (tmp_path / "LIFE-46-1.json").write_text(json.dumps(told), "utf-8")
    assert "与日志所记不符" in stranger(html.unescape(command), tmp_path).stdout


@contextmanager
def on_the_web(folder: Path) -> Iterator[str]:
    """A folder as any web server serves it; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Silent(SimpleHTTPRequestHandler):
    """Serves files and tells nobody."""

    def end_headers(self) -> None:
        """Nothing is kept: within a second a file is another."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.mark.filterwarnings("default:Chromium")
async def test_the_pages_check_themselves_in_a_browser(life: tuple[Register, LogKeeping]) -> None:
    if (browser := chromium()) is None:
        return
    register, kept = life
    notices = Notices(register.engine)
    Site(kept.files.site, notices, log=notices.log).write_all(day_of(OVER))
    page_file = kept.files.site / "notices/LIFE-46-1.html"
    with on_the_web(kept.files.site) as address:
        async with async_playwright() as playwright:
            opened = await playwright.chromium.launch(executable_path=browser)
            page = await opened.new_page()

            async def told(which: str) -> str:
                await page.click(f"[data-check={which}] button")
                await page.wait_for_selector(f"[data-told={which}].notice")
                said = await page.inner_text(f"[data-told={which}]")
                await page.evaluate(f"document.querySelector('[data-told={which}]').className = ''")
                return said

            await page.goto(f"{address}/notices/LIFE-46-1.html")
            assert (await told("proof")).startswith("核验通过")
            true = page_file.read_text("utf-8")
            forgeries = {
                true.replace("2029-12-19T16", "2029-01-01T16"): "公告原文与其摘要不符",
                true.replace(
                    "<dd>沈阳星海智造装备有限公司</dd>", "<dd>另一公司</dd>"
                ): "网页所示的盟主企业与所证明的原文不同",
                re.sub("发布于<time[^>]*>[^<]*", "发布于<time>2020年1月1日", true): "发布日期与所证明的原文不同",
                re.sub("data-position=.[0-9]+", 'data-position="3', true): "路径",
                re.sub("(?<=data-nonce>).", "x", true): "路径不通到所签的根",
            }
            forgeries |= {
                re.sub("<h1>关于撤销", "<h1>关于恢复", true): "网页所示的标题与所证明的原文不同",
                re.sub("<title>关于撤销", "<title>关于恢复", true): "网页所示的标题与所证明的原文不同",
                re.sub("(?<=的备案)已撤销。", "已恢复。", true): "网页所示的首句与所证明的原文不同",
                re.sub("(?<=about.>)撤销备案", "恢复备案", true): "网页所示的公告种类与所证明的原文不同",
                true.replace("<dt>依据</dt>", "<dt>文号</dt>"): "网页所示的文号与所证明的原文不同",
                re.sub("<dt>盟主企业</dt><dd>[^<]*</dd>", "", true): "网页所示的盟主企业与所证明的原文不同",
            }
            for forged, says in forgeries.items():
                assert forged != true
                page_file.write_text(forged, "utf-8")
                await page.reload()
                assert says in await told("proof")
            page_file.write_text(true, "utf-8")
            notice = kept.files.site / "notices/LIFE-6-1.html"
            members = notice.read_text("utf-8")
            await page.goto(f"{address}/notices/LIFE-6-1.html")
            assert (await told("proof")).startswith("核验通过")
            notice.write_text(re.sub("<li>[^<]*</li>(?=</ul></dd>)", "", members), "utf-8")
            await page.reload()
            assert "网页所示的成员单位与所证明的原文不同" in await told("proof")
            notice.write_text(members, "utf-8")
            await page.goto(f"{address}/log/index.html")
            [root] = await page.eval_on_selector_all("[data-root]", "rows => rows.map(row => row.dataset.root)")
            for held in (root, (kept.files.folder / "checkpoint").read_text("utf-8")):
                await page.fill("#kept-root", held)
                assert (await told("kept")).startswith("相符")
            await page.fill("#kept-root", "0" * 64)
            assert "没有这个根" in await told("kept")
            held = (kept.files.folder / "checkpoint").read_text("utf-8").splitlines()
            await page.fill("#kept-root", "\n".join([held[0], "7", *held[2:]]))
            assert "签名不实" in await told("kept")
            await page.fill("#kept-root", "\n".join(["other.example/log", *held[1:]]))
            assert "不是本日志的检查点" in await told("kept")
            await opened.close()


def test_the_revocation_of_the_demonstration_is_proven_alone_and_comes_out_the_same(
    life: tuple[Register, LogKeeping], tmp_path: Path
) -> None:
    register, kept = life
    folder = proof(life, REVOKED, tmp_path)
    revoked = register.entry("LIFE", REVOKED)
    assert revoked
    terms, explained = revoked.filing.terms, (folder / "说明.txt").read_text("utf-8")
    for told in (
        "撤销备案",
        "期限届至",
        "《工作指引》第十一条第6项",
        "陈述申辩期：至2029年12月14日24时",
        "撤销备案事先告知书",
        f"\n   期限标准 {terms} SHA-256 ",
        "\n   工作日历 20",
        f"\n   规则程序 {rules_wheel.wheel().name} SHA-256 ",
    ):
        assert told in explained
    commands = re.findall(r"python3 -I 核验\.py 文件夹或zip(?: --[^（（]+)?", explained)
    assert [each.strip() for each in commands] == [
        "python3 -I 核验.py 文件夹或zip",
        "python3 -I 核验.py 文件夹或zip --重算",
    ]
    commands = [each.replace("文件夹或zip", ".") for each in commands]
    [signer] = keys.signers(kept.log.key_file)
    printed = kept.log.newest()
    assert printed
    done = stranger(f"{commands[0]} --key {signer.key} --root {printed.root}", folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "未重算：各期限和结果是否由登记的事实按规则得出，只有重算才能证明" in done.stdout
    assert "第46号登记：2029-12-20 00:00 撤销备案（revoked）" in done.stdout
    assert "登记后为已撤销（revoked）" in done.stdout
    assert done.stdout.startswith("决定的证明：只证明所附的登记。不是归档包")
    again = stranger(commands[1], folder, bare=False)
    assert "结果已重算一致（" in again.stdout, again.stdout + again.stderr
    assert again.stdout.endswith("核验通过\n")
    assert len(list((folder / "文书").iterdir())) == 1, "the application: nobody has a paper by which it was revoked"


def test_a_leader_is_given_what_a_leader_may_read_and_nothing_is_given_of_what_is_not(
    life: tuple[Register, LogKeeping], tmp_path: Path
) -> None:
    leader = lived("LIFE").docket[0].filing.leader
    folder = proof(life, 12, tmp_path, lambda filing, kind: kind not in ("object", offices.REFUSED), leader)
    done = stranger("python3 核验.py", folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "第12号登记的消息、公示公告和申请版本未附" in done.stdout
    leaves = json.loads((folder / "证明.json").read_bytes())["leaves"]
    offices_of = {each["row"][0]["office"] for each in leaves if each["kind"] == "delivery"}
    assert offices_of == {leader}
    assert "object" not in {each["row"]["kind"] for each in leaves if each["kind"] == "paper"}
    with pytest.raises(NoSuchDecision):
        proof(life, 48, tmp_path)


def test_an_entry_rests_on_what_brought_the_filing_there() -> None:
    docket = list(lived("LIFE").docket)
    missed = [entry.number for entry in docket if entry.event.kind in ("year_missed", "revocation_opened")][1:]
    assert {1, *missed, REVOKED - 1, REVOKED} <= set(rests_on(docket, REVOKED))
    assert len(rests_on(docket, REVOKED)) < 12
    assert rests_on(docket, 1) == [1]


def test_whoever_is_given_other_rules_or_another_outcome_sees_which_date_differs(
    life: tuple[Register, LogKeeping], tmp_path: Path
) -> None:
    register, kept = life
    [signer] = keys.signers(kept.log.key_file)
    (tmp_path / "whole.zip").write_bytes(dossier(register, "LIFE", Attachments(tmp_path), signer=signer))
    for program in (verify, recompute):
        (tmp_path / Path(str(program.__file__)).name).write_bytes(Path(str(program.__file__)).read_bytes())
    done = stranger("python3 verify.py whole.zip --重算", tmp_path, bare=False)
    assert "结果已重算一致（47条登记、" in done.stdout, done.stdout + done.stderr
    docket = list(lived("LIFE").docket)
    opened = next(entry for entry in docket if entry.event.kind == "revocation_opened")
    window = opened.filing.periods["window"]
    moved = window.but(until=window.until.replace(day=window.until.day - 1))
    early = opened.but(filing=opened.filing.but(periods=opened.filing.periods | {"window": moved}))
    wrong = list(recomputing.differences([docket[opened.number - 2], early]))
    assert any("陈述申辩期登记为2029年12月" in each and "重算为2029年12月" in each for each in wrong), wrong
    late = docket[REVOKED - 1].but(at=opened.at)
    assert ["登记为" in each and "重算为" in each for each in recomputing.differences([docket[REVOKED - 2], late])] == [
        True
    ]


def test_the_rules_run_in_bounds_without_network_and_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, said = tmp_path / "regulation", tmp_path / "said.json"
    rules.mkdir()
    said.write_text("{}", "utf-8")
    (rules / "__init__.py").touch()
    monkeypatch.setattr(recompute, "OUTPUT", 1000)
    monkeypatch.setattr(recompute, "SECONDS", 20)
    for attempt, refused in (
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("import subprocess; subprocess.run(['true'])", "PermissionError"),
        (f"bytearray({recompute.MEMORY})", "MemoryError"),
        ("import sys; [sys.stdout.write('x' * 1000) for _ in iter(int, 1)]", "输出超过 1000 字节"),
        ("import sys; [sys.stderr.write('x' * 1000) for _ in iter(int, 1)]", "输出超过 1000 字节"),
    ):
        (rules / "recomputing.py").write_text(f"def main():\n    {attempt}\n", "utf-8")
        assert refused in recompute.run(str(tmp_path), said)[0]
    monkeypatch.setattr(recompute, "SECONDS", 0.05)
    (rules / "recomputing.py").write_text("def main():\n    while True:\n        pass\n", "utf-8")
    assert "运行超过" in recompute.run(str(tmp_path), said)[0]


def test_the_words_by_which_it_is_told_are_those_of_the_rules() -> None:
    """Whatever may be entered has its name in the wheel, read as the program reads it, and whatever may be published in the program."""
    wheel = rules_wheel.wheel()
    rows = {"": ("edition", {"subject": "rules", "name": wheel.name, "digest": wheel.digest}, "")}
    rules = recompute.Rules({}, rows, [], {wheel.file: wheel.content})
    assert (rules.wrong, rules.lacking) == ([], [])
    named = rules.names()
    assert [each for each in (*ActKind, *LapseKind, *DeliveryState) if named.get(each.value) != each.label] == []
    assert [each for each in Stage if named.get(f"stage {each.value}") != each.label] == []
    assert {**{kind: each.label for kind, each in KINDS.items()}, **OF_ROUNDS} == verify.KINDS
    assert set(get_args(PublicationKind)) == KINDS.keys()
    assert recompute.SUBJECTS.items() <= packaging.SUBJECTS.items()


def test_the_rules_are_the_same_bytes_wherever_they_are_made() -> None:
    once = rules_wheel.wheel()
    rules_wheel.wheel.cache_clear()
    assert rules_wheel.wheel() == once
    with ZipFile(BytesIO(once.content)) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
    assert {"regulation/recomputing.py", "regulation/data/articles.json", "models/filing.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_every_case_of_the_law_comes_out_the_same() -> None:
    load_editions()
    cases = load()[::7]
    assert {case.id: wrong for case in cases if (wrong := list(recomputing.differences(case.life.docket)))} == {}
    assert agenda.LENGTHS.keys() <= recomputing.NAMED, "every period that the law counts has a name"
