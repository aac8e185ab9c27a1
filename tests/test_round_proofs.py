"""What rounds publish is proven as the announcements of filings are: leaf, way, drawn, in the browser, and offline by the printed steps."""

import html
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright
from sqlalchemy import delete, update
from sqlmodel import Session, select

from activities import query_codes
from activities.database import reading, stating
from activities.documents import verify
from activities.log import checking, sequencing
from activities.log.keeping import LogKeeping
from activities.log.leaves import LEAVES, NOTICES, SOURCES, LeafKind
from activities.log.notes import Note, Signer
from activities.publishing.notices import Notices
from activities.publishing.publications import OF_ROUNDS
from activities.publishing.site import Site
from activities.register import Register
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from models.register import LetterRow, MessageRow, PublicNoticeRow
from models.settings import Settings
from models.values import canonical, day_of, digest, midnight_after
from regulation.rounds.consequences import Published
from regulation.rounds.simulation import RoundLife
from tests.databases import Databases
from tests.law.rounds_of_money import SUBSIDY, Province
from tests.law.test_inspections import PLAN
from tests.law.test_inspections import told as drawn
from tests.law.test_subsidy_rounds import approved, province
from tests.logged import keeping
from tests.plain_rounds import acts_on_none
from tests.served import Clock
from tests.simulated import holding
from tests.test_browser import chromium
from tests.test_forged_packages import checked
from tests.test_proofs import on_the_web, stranger
from tests.visiting import House, visiting

ENDED = datetime(2027, 6, 1, 17, tzinfo=UTC)
"""After the end of a day by which everything here was published."""


def put(register: Register, life: RoundLife, papers: Iterable[Any]) -> None:
    """A round's entries in the register with their papers, and what it published."""
    rounds, known = RoundRegister(register.engine), {digest(each): each for each in papers}
    for entry in life.entries:
        if key := getattr(entry.event, "paper", None):
            register.lodge(life.round_id, entry.event.kind, known[key], entry.entered_at)
        rounds.append(entry)
    for each in (each for each in life.followed if isinstance(each, Published)):
        entry = next(entry for entry in life.entries[::-1] if day_of(entry.at) == each.shown_from)
        RoundFollowing(rounds, acts_on_none).write(entry, [each])
    for entry in life.entries:
        rounds.followed(life.round_id, entry.number)


def money() -> Province:
    """An evaluation that was accepted, and a list that was on notice and stands."""
    here = province()
    approved(here, "2027-05-06")
    here.until(SUBSIDY, "2027-05-30 00:00")
    return here


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, LogKeeping]]:
    """A gateway over rounds that have published, in a log that an end of a day was signed of, with its site."""
    folder = tmp_path_factory.mktemp("rounds")
    settings = Settings(var=folder, database_url=sqlite.made("rounds that published", holding(fill)))
    register = Register.at(settings.register_url)
    kept = keeping(register.engine, folder)
    kept.passes(ENDED - timedelta(days=1))
    kept.passes(ENDED)
    Site(settings.site, Notices(register.engine), log=Notices(register.engine).log).write_all(day_of(ENDED))
    async with visiting(settings, Clock(ENDED)) as opened:
        yield opened, kept
    register.engine.dispose()


def fill(register: Register) -> None:
    """An evaluation, a subsidy and a spot check."""
    here, check = money(), drawn("drawn")
    for life in here.lives.values():
        put(register, life, here.papers.values())
    put(register, check.life, [PLAN, check.population, check.lot])


def rows(register: Register) -> dict[str, PublicNoticeRow]:
    """What was published, by kind."""
    with reading(register.engine) as session:
        return {row.kind: row for row in session.exec(select(PublicNoticeRow))}


PAGES = {
    "performance_results": "/outcomes/{id}", "subsidy_notice": "/outcomes/{id}", "subsidy_final": "/outcomes/{id}",
    "lot_drawn": "/lots/{round}", "lot_listed": "/rounds/{round}/published/{id}",
}  # fmt: skip


def page_of(row: PublicNoticeRow) -> str:
    """Where an announcement is proven."""
    return PAGES[row.kind].format(id=row.id, round=row.round_id)


async def test_every_announcement_of_a_round_is_proven_by_the_steps_that_its_page_prints(
    house: tuple[House, LogKeeping], tmp_path: Path
) -> None:
    opened, kept = house
    with kept.log.engine.connect() as db:
        assert checking.checked(db).faults == []
    found = rows(opened.tools.register)
    assert found.keys() == PAGES.keys()
    assert found.keys() <= OF_ROUNDS.keys()
    async with opened.browser() as browser:
        for kind, row in found.items():
            page = (await browser.get(page_of(row))).text
            assert "核验" in page
            assert 'class="way"' in page, "the way is drawn"
            _, printed = page.split('class="card proven"')
            saved = re.findall(r'<a href="([^"]+)" download(?:="([^"]+)")?>', printed)
            assert [Path(address).name for address, _ in saved] == [f"{row.id}.json", "verify.py"]
            folder = tmp_path / kind
            folder.mkdir()
            for address, name in saved:
                (folder / (name or Path(address).name)).write_bytes((await browser.get(address)).content)
            [command] = re.findall(r"<pre><code>(python3 .*?)</code></pre>", printed)
            done = stranger(html.unescape(command), folder)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            assert done.stdout.endswith("核验通过\n")
            assert f"第{row.number}号登记的{OF_ROUNDS[kind]}，{row.shown_from} 至" in done.stdout
            proof = folder / f"{row.id}.json"
            proof.write_text(proof.read_text("utf-8").replace(str(row.shown_from), "2020-01-01"), "utf-8")
            assert "与日志所记不符" in stranger(html.unescape(command), folder).stdout


@pytest.mark.filterwarnings("default:Chromium")
async def test_the_page_of_a_list_checks_itself_in_a_browser(house: tuple[House, LogKeeping], tmp_path: Path) -> None:
    if (browser := chromium()) is None:
        return
    opened, kept = house
    found = rows(opened.tools.register)
    (tmp_path / "notices").symlink_to(kept.files.site)
    file = tmp_path / "page.html"
    async with opened.browser() as visitor:
        true = {kind: (await visitor.get(page_of(row))).text for kind, row in found.items()}
    a_list = true["subsidy_final"]
    forgeries = {
        a_list.replace(">30.00</td>", ">35.00</td>"): "网页所示的“35.00”与所证明的原文不同",
        re.sub("<tr><td[^>]*rows.2.rank.*?</tr>", "", a_list): "行数与所证明的原文不同",
        re.sub("(?<=data-proves=.seed.>).", "x", true["lot_drawn"]): "网页所示的",
        true["lot_drawn"].replace(
            "抽签结果 · 发布于", "抽签作废 · 发布于"
        ): "网页所示的“抽签作废”与所证明的公布种类不同",
    }
    with on_the_web(tmp_path) as address:
        async with async_playwright() as playwright:
            launched = await playwright.chromium.launch(executable_path=browser)
            page = await launched.new_page()
            for content, says in {**dict.fromkeys(true.values(), "核验通过"), **forgeries}.items():
                assert says == "核验通过" or content not in true.values()
                file.write_text(content, "utf-8")
                await page.goto(f"{address}/page.html")
                await page.click("[data-check=proof] button")
                await page.wait_for_selector("[data-told=proof].notice")
                assert says in await page.inner_text("[data-told=proof]")
            await launched.close()


async def test_a_letter_of_a_round_leads_to_its_page_in_letters_and_as_a_code(house: tuple[House, LogKeeping]) -> None:
    """Whoever reads it on paper gets on, too; the message as it was told stays as it is."""
    opened, _ = house
    at, round_id = ENDED, "performance-2027-LN-1"
    told: dict[str, Any] = {
        "id": "OF-ROUND-1-1",
        "to": "leader",
        "office": "91210102MA10ABCD6H",
        "title": "评价结果",
        "body": "已公布。",
        "created_at": at,
    }
    with Session(opened.tools.register.engine) as session:
        session.add(MessageRow(**told, number=1, text="x", service=False, round_id=round_id))
        session.add(LetterRow(**told, messages=canonical([told["id"]]), text="x", due_at=at))
        session.commit()
    page = (await (await opened.signed_in("u-leader-01")).get(f"/my/inbox/{told['id']}")).text
    address = f"{opened.tools.settings.own_address}/rounds/{round_id}"
    assert f"在线办理和查看：{address}，或者扫描下图。" in page
    assert str(query_codes.on_page(address)) in page


def test_what_was_published_before_announcements_of_rounds_had_leaves_is_not_dated_back(
    sqlite: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry was sealed with it in time; where there is no such seal, what comes late is suspect."""
    register = Register.at(sqlite.made("rounds that published", holding(fill)))
    kept, notices = keeping(register.engine, tmp_path), Notices(register.engine)
    with monkeypatch.context() as earlier:
        earlier.setattr(
            sequencing, "SOURCES", {kind: each for kind, each in SOURCES.items() if kind != LeafKind.NOTICE}
        )
        kept.passes(ENDED - timedelta(days=1))
        kept.passes(ENDED)
    kept.passes(ENDED + timedelta(days=30))
    row = rows(register)["performance_results"]
    proof = notices.log().proofs([row])[row.id]
    assert (proof.late, proof.vouched) == (False, True)
    Site(kept.files.site, notices, log=notices.log, door="https://ln.example").write_all(day_of(ENDED))
    told = (kept.files.folder / "2027-07.html").read_text("utf-8")
    assert (
        f'<a href="https://ln.example/rounds/{row.round_id}/published/{row.id}">二〇二七年度：年度绩效评价结果</a>'
        in told
    )
    for changed in (row.shown_from - timedelta(days=9), row.shown_from):
        with stating(register.engine) as db:
            db.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(shown_from=changed))
            seen = [each for each in checking.checked(db).faults if row.id in each]
        assert bool(seen) == (changed != row.shown_from), "a change is seen"
    with stating(register.engine) as db:
        db.execute(delete(LEAVES).where(LEAVES.c.kind == "told", LEAVES.c.of == row.round_id))
    unsealed = notices.log().proofs([row])[row.id]
    assert (unsealed.late, unsealed.vouched) == (True, False)
    register.engine.dispose()


def test_what_was_published_as_its_day_ended_is_proven_by_the_next_one(
    sqlite: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry was being written while the day's end was signed: that end does not have it, and nothing calls it suspect."""
    register = Register.at(sqlite.made("rounds that published", holding(fill)))
    kept, notices = keeping(register.engine, tmp_path), Notices(register.engine)
    row = rows(register)["performance_results"]
    midnight = midnight_after(day_of(row.published_at))
    with monkeypatch.context() as written:
        written.setattr(sequencing, "SOURCES", {LeafKind.EDITION: SOURCES[LeafKind.EDITION]})
        kept.passes(midnight - timedelta(hours=1))
        kept.passes(midnight + timedelta(seconds=5))
    assert notices.log().proofs([row]) == {}
    kept.passes(midnight + timedelta(days=1, seconds=5))
    proof = notices.log().proofs([row])[row.id]
    assert (proof.before and proof.before.day, proof.end.day) == (
        day_of(midnight) - timedelta(days=1),
        day_of(midnight),
    )
    assert (proof.late, proof.vouched) == (False, False)
    (tmp_path / "proof.json").write_bytes(proof.document)
    assert checked(tmp_path / "proof.json", *proof.keys, root=proof.end.root) == []
    assert any("晚于" in each for each in verify.DONE)
    register.engine.dispose()


def test_what_was_published_before_the_upgrade_is_not_suspect_offline(
    sqlite: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs of 0.9.0 told no times: nothing that is signed says that the leaf came late, and the program says that nothing does."""
    register = Register.at(sqlite.made("rounds that published", holding(fill)))
    kept, notices = keeping(register.engine, tmp_path), Notices(register.engine)
    with monkeypatch.context() as earlier:
        before = {kind: each for kind, each in SOURCES.items() if kind != LeafKind.NOTICE}
        earlier.setattr(sequencing, "SOURCES", before)
        earlier.setattr(sequencing, "_times", lambda *_: None)
        earlier.setattr(Note, "times", lambda *_: None)
        earlier.setattr(Signer, "times", lambda signer, text, times: signer.line(text))
        kept.passes(ENDED - timedelta(days=1))
        kept.passes(ENDED)
    for days in (30, 31, 32):
        kept.passes(ENDED + timedelta(days=days))
    for kind, row in rows(register).items():
        proof = notices.log().proofs([row])[row.id]
        assert (proof.late, proof.vouched) == (False, True), "its page tells why it came late"
        told = tmp_path / f"{kind}.json"
        told.write_bytes(proof.document)
        assert checked(told, *proof.keys, root=proof.end.root) == []
        assert any("何时以后列入日志没有签署" in each for each in verify.ASIDE)
    register.engine.dispose()
