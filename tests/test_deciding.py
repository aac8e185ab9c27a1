"""Deciding at the desk: the filing's page, the forms of acts, two people at once, and what is said when it went wrong."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest

from gateway.identity import EMBEDDED
from gateway.pages.web import COOKIE
from tests.patience import Patient
from tests.served import Served, served
from tests.story import Story, checklist
from tests.visiting import sends
from tests.world import World

pytestmark = pytest.mark.xdist_group("desk")


@dataclass
class Desk:
    """Somebody at the desk, with a browser that has no eyes."""

    gateway: Served
    client: httpx.AsyncClient

    async def page(self, path: str, status: int = 200) -> str:
        """A page, as text."""
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    async def hidden(self, path: str) -> dict[str, str]:
        """What the form of a page sends along unseen."""
        return unseen((await self.client.get(path, follow_redirects=True)).text)

    async def sends(
        self, path: str, filled: Mapping[str, Any], hidden: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Fill in the form of a page, read what would go out if it is shown, and send it."""
        told = {**(hidden if hidden is not None else await self.hidden(path)), **filled}
        return await sends(self.client, path, told)


def unseen(page: str) -> dict[str, str]:
    """What the form of a page, in a review that of the decision, sends along unseen."""
    form = page[page.index("<form", max(page.index("<main"), page.find('id="decision"'))) :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="(csrf|id|seen|held|previewed)" value="([^"]*)"', form))


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """The gateway in March 2027."""
    async with served(world, "2027-03-15") as running:
        yield running


@pytest.fixture
async def desks(gateway: Served) -> AsyncIterator[Any]:
    """Desks for whoever is asked for."""
    clients: list[httpx.AsyncClient] = []

    def of(person: str) -> Desk:
        secret = gateway.tools.sessions.begin(EMBEDDED[person], gateway.clock())
        client = Patient(base_url=gateway.base, cookies={COOKIE: secret})
        clients.append(client)
        return Desk(gateway, client)

    yield of
    for client in clients:
        await client.aclose()


def said(answer: httpx.Response) -> str:
    """What a visitor is told where a form led them."""
    assert answer.status_code == 303, unescape(answer.text)
    return httpx.URL(answer.headers["location"]).params["said"]


async def test_an_act_by_its_form_is_entered_as_its_officer(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-1")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    city = desks("c-101")
    answer = await city.sends("/filings/DESK-1/acts/accept", {})
    assert "“受理”已登记为第2号，现为“审核中”" in said(answer)
    entry = story.docket[-1]
    assert entry.event.kind == "accept"
    assert (entry.event.by.person, entry.event.by.office) == ("c-101", "210100")  # type: ignore[union-attr]
    assert entry.at == gateway.clock()
    page = await city.page("/filings/DESK-1")
    assert re.search(r"沈阳市科技局 (c-101|受理人)", page)
    assert "出具工信部门意见：市工信部门" in page
    assert "退回补正" in page


async def test_the_door_s_stamps_cannot_be_written_on_a_form(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-2")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    forged = {"/by/person": "p-401", "/by/office": "210000", "/by/role": "province_st", "by": "p-401",
              "/received_at": "2027-03-15T09:00:00+08:00", "received_at": "2027-03-15T09:00:00+08:00"}  # fmt: skip
    await desks("c-101").sends("/filings/DESK-2/acts/accept", forged)
    entry = story.docket[-1]
    assert entry.event.by.person == "c-101"  # type: ignore[union-attr]
    assert entry.at == gateway.clock()


async def test_pressing_twice_is_one_act(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-3")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    city = desks("c-101")
    hidden = await city.hidden("/filings/DESK-3/acts/accept")
    answers = [await city.sends("/filings/DESK-3/acts/accept", {}, hidden) for _ in range(2)]
    assert said(answers[0]) == said(answers[1])
    assert story.kinds() == ["submit", "accept"]


async def test_two_officers_at_once_one_wins_and_the_other_is_told(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-4")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    path = "/filings/DESK-4/acts/"
    first, second = desks("c-101"), desks("c-102")
    one, other = await first.hidden(f"{path}accept"), await second.hidden(f"{path}return_for_correction")
    lacking = {"/deficiencies/0/item": "A-17", "/deficiencies/0/message": "补充协议附件"}
    answers = await asyncio.gather(
        first.sends(f"{path}accept", {}, one), second.sends(f"{path}return_for_correction", lacking, other)
    )
    won = [each for each in answers if each.status_code == 303]
    lost = [each for each in answers if each.status_code != 303]
    assert won, [each.text for each in answers]
    decided = [kind for kind in story.kinds() if kind != "submit"]
    assert len(decided) == len(won)
    for each in lost:
        assert each.status_code == 409
        text = unescape(each.text)
        assert "您打开页面之后，此件已有新的登记，本次没有登记任何事项" in text
        assert "第2号" in text
        assert "补充协议附件" in text or "accept" in str(each.url)


async def test_who_looked_before_another_decided_is_told_what_happened(
    world: World, gateway: Served, desks: Any
) -> None:
    story = Story(world, "DESK-5")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    late = desks("c-102")
    path = "/filings/DESK-5/acts/return_for_correction"
    hidden = await late.hidden(path)
    await story.city("accept", "2027-03-16")
    filled = {"/deficiencies/0/item": "A-17", "/deficiencies/0/message": "补充协议附件"}
    answer = await late.sends(path, filled, hidden)
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert re.search(r"第2号 2027-03-16 09:00 受理", text)
    assert "补充协议附件" in text
    assert story.kinds() == ["submit", "accept"]
    again = dict(re.findall(r'<input type="hidden" name="(csrf|id|seen)" value="([^"]*)"', answer.text))
    assert "退回补正" in said(await late.sends(path, filled, again))


async def test_a_refusal_names_what_is_missing_and_keeps_what_was_written(
    world: World, gateway: Served, desks: Any
) -> None:
    story = Story(world, "DESK-6")
    await story.submitted("2027-03-15")
    await story.city("accept", "2027-03-16")
    gateway.clock.set("2027-03-17")
    lines = {f"/checklist/{n}/{name}": value for n, line in enumerate(checklist())
             for name, value in {"item": line["item"], "met": "yes", "note": "已实地核对"}.items()}  # fmt: skip
    answer = await desks("c-102").sends("/filings/DESK-6/acts/confirm", lines)
    text = unescape(answer.text)
    assert answer.status_code == 422
    assert "工信" in text
    assert text.count("已实地核对") == len(checklist())
    answer = await desks("c-102").sends("/filings/DESK-6/acts/confirm", {"/checklist/0/item": "A-12"})
    assert answer.status_code == 422
    assert "须填写" in unescape(answer.text)


async def test_an_act_of_two_says_so_and_takes_two(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-7")
    await story.submitted("2027-03-15")
    await story.city("accept", "2027-03-16")
    gateway.clock.set("2027-03-17")
    path, reason = "/filings/DESK-7/acts/refuse", {"/reason": "不属联盟备案范围"}
    decision = "/filings/DESK-7/review?decide=refuse"
    one, other = desks("c-101"), desks("c-102")
    assert "须由两人分别办理" in await one.page(decision)
    told = said(await one.sends(path, reason))
    assert "现为“审核中”" in told
    assert "尚未生效，须由另一人以同一内容办理" in told
    assert (await one.sends(path, reason)).status_code == 422
    again = await one.page(decision)
    assert "您已办理，待另一人办理" in again
    assert "另一人已先办理" not in again
    form = await other.page(decision)
    first_said = f"已于2027-03-17 09:00先办理（第{story.docket[-1].number}号登记）"
    assert re.search(rf"沈阳市科技局 (c-101|受理人){first_said}", re.sub(r"<[^>]*>", "", form))
    assert "不属联盟备案范围</textarea>" in form, "what the first wrote is filled in"
    assert "您照此办理，即生效" in form
    changed = unseen(form) | {"/reason": "同意", "do": "preview"}
    shown = unescape((await other.client.post("/filings/DESK-7/review/refuse", data=changed)).text)
    assert "您所填的与先办理的不同，办理后不生效" in shown
    differs = shown.partition("您所填的与先办理的不同")[2].partition("</table>")[0]
    assert re.findall(r'data-label="(.*?)" class="told">(.*?)</td>', differs) == [
        ("先办理的", "不属联盟备案范围"), ("您所填的", "同意")
    ]  # fmt: skip
    leader = desks("u-leader-01")
    assert "提出不予确认（须待另一人决定，尚未生效）" in await leader.page("/filings/DESK-7")
    assert "尚未生效" in said(await other.sends(path, {"/reason": "同意"})), "another reason is another proposal"
    assert "现为“不予确认”" in said(await one.sends(path, {"/reason": "同意"}))


async def test_a_paper_is_brought_on_its_form_and_read_by_who_may(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-8")
    await story.archived(2027)
    await story.on("2027-11-12")
    gateway.clock.set("2027-11-12")
    leader = desks("u-leader-01")
    paper = {
        "/content/summary/text": "完成两项攻关",
        "/content/plan/text": "继续攻关",
        "/content/integrity_commitment": "no",
    }
    path = "/my/reports/DESK-8/2027"
    refused = await leader.sends(path, {**paper, "do": "submit"})
    assert refused.status_code == 422
    assert "须作出诚信承诺" in unescape(refused.text)
    taken = await leader.sends(path, {**paper, "/content/integrity_commitment": "yes", "do": "submit"})
    assert "“报送年度总结和计划”已登记" in said(taken)
    number = story.docket[-1].number
    assert taken.headers["location"].startswith(f"/filings/DESK-8/entries/{number}/done?")
    receipt = await leader.page(f"/filings/DESK-8/entries/{number}/done")
    assert "接下来" in receipt
    assert "沈阳市科技局" in receipt, "who looks at it now"
    assert "2027年12月10日" in receipt, "until when: twenty working days"
    assert "自2027年11月12日起20个工作日" in receipt, "and how that was counted"
    await desks("c-101").page(f"/filings/DESK-8/entries/{number}/done", 403)
    before = len(gateway.tools.audit.lines(filing_id="DESK-8"))
    assert "完成两项攻关" in await desks("c-101").page(f"/filings/DESK-8/entries/{number}/paper")
    lines = gateway.tools.audit.lines(filing_id="DESK-8")
    assert len(lines) == before + 1
    assert (lines[0].person, lines[0].kind) == ("c-101", "read_paper")
    await desks("e-501").page(f"/filings/DESK-8/entries/{number}/paper", 404)
    await desks("o-701").page("/filings/DESK-8/versions/1", 404)


async def test_who_objected_is_known_to_the_reviewer_alone(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-9")
    await story.on_notice(2027)
    objection = {
        "name": "异议人甲",
        "party": "individual",
        "contact": "13900000009",
        "channel": "platform",
        "text": "成员不实",
    }
    await story.public("object", "2027-03-22", content=objection)
    gateway.clock.set("2027-03-23")
    number = story.docket[-1].number
    assert "异议人甲" in await desks("c-101").page(f"/filings/DESK-9/entries/{number}/paper")
    for person in ("u-leader-01", "p-401", "i-201", "q-403", "e-501", "a-601", "o-701", "platform"):
        await desks(person).page(f"/filings/DESK-9/entries/{number}/paper", 404)
        page = await desks(person).page("/filings/DESK-9", 404 if person == "e-501" else 200)
        assert "异议人甲" not in page
        assert "13900000009" not in page


async def test_documents_are_drawn_for_those_who_may_have_them(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-10")
    await story.submitted("2027-03-15")
    await story.city("return_for_correction", "2027-03-16", deficiencies=[{"item": "A-17", "message": "补充协议附件"}])
    gateway.clock.set("2027-03-17")
    city, leader, province = desks("c-101"), desks("u-leader-01"), desks("p-401")
    for desk, keys in (
        (city, {"docket", "form-1", "dossier"}),
        (leader, {"docket", "form-1"}),
        (province, {"docket", "form-1"}),
    ):
        page = await desk.page("/filings/DESK-10")
        shown = set(re.findall(r"/filings/DESK-10/documents/([\w-]+)", page))
        assert keys <= shown
        assert ("dossier" in shown) == (desk is city)
        assert any("returned" in key for key in shown) or desk is province
        for key in shown:
            answer = await desk.client.get(f"/filings/DESK-10/documents/{key}")
            assert answer.status_code == 200
            assert answer.content[:2] == b"PK"
            assert "attachment" in answer.headers["content-disposition"]
    assert (await leader.client.get("/filings/DESK-10/documents/dossier")).status_code == 404


async def test_a_form_that_another_session_was_shown_is_not_taken(world: World, gateway: Served, desks: Any) -> None:
    story = Story(world, "DESK-11")
    await story.submitted("2027-03-15")
    gateway.clock.set("2027-03-16")
    city = desks("c-101")
    foreign = await desks("c-102").hidden("/filings/DESK-11/acts/accept")
    assert (await city.sends("/filings/DESK-11/acts/accept", {}, foreign)).status_code == 403
    assert (await city.sends("/filings/DESK-11/acts/accept", {}, {**foreign, "csrf": ""})).status_code == 403
    assert story.kinds() == ["submit"]
