"""Reading and deciding on one page: what stands beside what, what is kept half-done, and what is foreseen."""

import re
from collections.abc import AsyncIterator
from copy import deepcopy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from gateway.asked.differences import differences
from gateway.identity import EMBEDDED
from gateway.pages import reviewing
from models.settings import Settings
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS
from tests.applications import good
from tests.databases import Databases
from tests.served import Clock
from tests.simulated import Step, told, written
from tests.story import application, instant
from tests.test_desk import Officer, at
from tests.visiting import House, visiting

FILING = "LN-REVIEW-1"
PAGE = f"/filings/{FILING}/review"
RETURN = {
    "deficiencies": [{"item": "A-18", "message": "请写明技术创新目标"}, {"item": "A-17", "message": "请补充协议"}]
}
ACCEPTED: Step = ("city", "accept", "2026-03-11T09:00", {})
AGREED: Step = ("iit", "give_iit_opinion", "2026-03-12T09:00", {"positive": True})
RETURNED: Step = ("city", "return_for_correction", "2026-03-13T09:00", RETURN)


def first(**changes: Any) -> dict[str, Any]:
    """An application received in March."""
    return application(filing_id=FILING, received_at="2026-03-10T09:00:00+08:00", **changes)


def corrected() -> dict[str, Any]:
    """The same with another goal, one member less and another agreement."""
    form = deepcopy(first(innovation_goal="三年内攻克三项关键技术"))
    form["documents"] = [
        each | {"sha256": "9" * 64, "name": "补充协议.pdf"} if each["kind"] == "D2" else each
        for each in form["documents"]
    ]
    return form


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2026, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant("2026-03-16"))) as opened:
        yield opened


def lies(house: House, *steps: Step) -> None:
    """The application lies there, after these steps."""
    written(house.tools.register, told(first(), *steps, until=instant("2026-03-16")))


def sent(page: str, form: str = "checks") -> dict[str, Any]:
    """What a form of a page sends as it stands: its hidden inputs, what is ticked, what is written."""
    found: dict[str, Any] = {}
    shown = page.partition(f'id="{form}"')[2].partition("</form>")[0]
    found |= dict(re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>([^<]*)<', shown))
    for name, options in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', shown, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found |= {name: chosen[1]} if chosen else {}
    for each in re.findall(r"<input [^>]*>", shown):
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', each))
        if told.get("type") in ("hidden", "text", "date") or " checked" in each:
            found[told["name"]] = told.get("value", "")
    return found | {"offered": re.findall(r'name="offered" value="([^"]*)"', shown)}


def clock_of(house: House) -> Clock:
    """The clock of the gateway."""
    assert isinstance(house.tools.clock, Clock)
    return house.tools.clock


def corrects(house: House, *after: Step, before: tuple[Step, ...] = (ACCEPTED,)) -> None:
    """Meanwhile the application was returned, and a second version of it is there."""
    resubmitted: Step = ("leader", "resubmit", "2026-03-15T09:00", {"content": corrected()})
    steps = (*before, RETURNED, resubmitted, *after)
    written(house.tools.register, told(first(), *steps, until=instant("2026-03-16")))


def check(page: str, code: str) -> str:
    """One check on a page."""
    return page.partition(f'id="check-{code}"')[2].partition("</section>")[0]


def answered(page: str, code: str) -> str:
    """What is ticked at a check."""
    ticked = re.search(r'value="(\w+)" checked', check(page, code))
    return ticked[1] if ticked else ""


async def answers(officer: Officer, do: str, **given: str) -> str:
    """Open the page, answer some checks by their codes, and press a button; where that leads."""
    answer = await replies(officer, await officer.gets(PAGE), do, **given)
    return answer.headers["location"]


async def replies(officer: Officer, page: str, do: str, status: int = 303, /, **given: str) -> Response:
    """Answer some checks on a page that was opened before, `A_12="met"`, `A_12_note="…"`, and press a button."""
    filled = {
        f"{name[:4].replace('_', '-')}/{'note' if name.endswith('_note') else 'answer'}": told
        for name, told in given.items()
    }
    return await officer.posts(PAGE, status, **sent(page) | filled | {"do": do})


ALL = {code.replace("-", "_"): "met" for code in CONDITIONS[Kind.A]}


# Versions


def test_versions_are_compared_by_field_by_row_and_by_file() -> None:
    old, new = first(), corrected()
    new["members"] = [*new["members"][:-1], new["members"][-1] | {"code": "12210000MB0000000X", "name": "新成员"}]
    told_ = {(each.change, each.label): each for each in differences(old, new)}
    goal = told_[("changed", "技术创新目标（限500字）")]
    assert goal.old
    assert goal.new
    assert (goal.old.value, goal.new.value) == (old["innovation_goal"], new["innovation_goal"])
    assert {change for change, label in told_ if label.startswith("成员单位表")} == {"added", "removed"}
    agreement = next(each for each in told_.values() if each.document == "D2")
    assert agreement.change == "changed"
    assert agreement.new
    assert agreement.new.value == "补充协议.pdf"
    assert agreement.new.help == "9" * 12
    assert differences(old, old) == []
    assert differences(old, old | {"members": old["members"][::-1], "documents": old["documents"][::-1]}) == [], "moved"


# The page


async def test_each_check_stands_beside_what_claims_and_what_proves_it(house: House) -> None:
    lies(house, ACCEPTED)
    page = await (await at(house, "c-101")).gets(PAGE)
    for code in CONDITIONS[Kind.A]:
        assert f'id="check-{code}"' in page
        assert page.count(f'name="{code}/answer"') == len(reviewing.VERDICTS)
    check = page.partition('id="check-A-13"')[2].partition("</section>")[0]
    assert str(first()["leader"]["rd_last_year"]) in check
    assert "备案申请表：" in check
    assert "工信" in page.partition('class="status')[2].partition("</section>")[0], "why it cannot be confirmed yet"
    assert len(page.encode()) < 100_000
    noted = [each for each in house.tools.audit.lines(person="c-101") if each.kind == "read_paper"]
    assert len(noted) == 1, "that the application was read is on record"


async def test_numbers_of_requirements_are_for_who_asks_and_a_key_means_one_thing(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    await answers(officer, "save", A_17="lacking")
    corrects(house, ("city", "accept", "2026-03-15T10:00", {}))
    number = re.compile(r"\b[ABDG]-?[0-9]{1,2}\b")
    for address in (PAGE, f"{PAGE}?decide=return_for_correction", f"{PAGE}?decide=refuse"):
        page = await officer.gets(address)
        assert number.findall(re.sub(r"<[^>]+>", " ", page)) == []
    assert "（A-17）" in await officer.gets(f"{PAGE}?codes=1")
    keys = re.findall(r"<dt>(.*?)</dt>", page.partition('id="keys"')[2].partition("</dl>")[0])
    told_ = [key for line in keys for key in re.findall(r"<kbd>(.)</kbd>", line)]
    assert told_ == list("njk123oed"), "each once"
    script = (Path(reviewing.__file__).parent / "static" / "desk.js").read_text()
    assert set(re.findall(r'key === "(.)"', script)) & {*told_} <= {"j", "k"}, (
        "up and down means up and down everywhere"
    )
    assert "<kbd>n</kbd>" not in await officer.gets(f"/filings/{FILING}?queue=review")


async def test_only_who_reads_applications_sees_it_and_only_who_decides_answers(house: House) -> None:
    lies(house, ACCEPTED)
    await (await at(house, "a-601")).gets(PAGE, 404)
    await (await at(house, "d-111")).gets(PAGE, 404)
    leader = await at(house, "u-leader-01")
    await leader.gets(PAGE, 403)
    department = await at(house, "i-201")
    opinion = await department.gets(f"{PAGE}?decide=give_iit_opinion")
    assert "请填写后" in opinion
    assert "data-send" not in opinion, "nothing goes that was not read"
    chosen = await department.posts(f"{PAGE}/give_iit_opinion", 200, do="preview", **{"/positive": "yes"})
    assert "data-send" in chosen.text
    iit = await department.gets(PAGE)
    assert 'value="give_iit_opinion"' in iit
    assert 'value="confirm"' not in iit
    province = await at(house, "p-401")
    await province.posts(PAGE, 404, do="save", **{"A-12/answer": "met"})


async def test_what_is_half_done_is_kept_and_a_colleague_goes_on_with_it(house: House) -> None:
    lies(house, ACCEPTED, AGREED)
    first_, second, other = [await at(house, person) for person in ("c-101", "c-102", "i-201")]
    await answers(first_, "save", A_12="met", A_13="lacking")
    kept = await replies(first_, await first_.gets(PAGE), "kept", 200, A_13_note="无报表")
    assert kept.text.startswith("已保存")
    for officer in (first_, second):
        page = await officer.gets(PAGE)
        assert re.search(r'name="A-12/answer" value="met" checked', page)
        assert 'value="无报表"' in page
    assert "留下的核对结果" in await second.gets(PAGE)
    assert "checked" not in await other.gets(PAGE), "another department judges by itself"
    clock_of(house).set("2026-03-16T10:00:00")
    await answers(second, "save", A_12="unmet", A_12_note="无营业执照", A_14="met")
    assert answered(await first_.gets(PAGE), "A-12") == "met", "each has their own"
    await first_.posts(f"/filings/{FILING}/handling", 303, kind="hand_over", to="person/c-102", note="")
    taken = await second.gets(PAGE)
    assert [answered(taken, code) for code in ("A-12", "A-13", "A-14")] == ["unmet", "lacking", "met"], "the newer one"
    assert "另有受理人所答：符合" in check(taken, "A-12"), "and the other one beside it"
    assert "留下的核对结果" not in taken


async def test_answers_are_carried_over_where_nothing_changed(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    await answers(officer, "save", **ALL)
    corrects(house)
    page = await officer.gets(PAGE)
    assert "沿用第1版的核对" in check(page, "A-12")
    assert answered(page, "A-12") == "met"
    for changed in ("A-18", "A-17"):
        assert answered(page, changed) == ""
        assert "请重新核对" in check(page, changed)
    asked = page.partition('id="before"')[2].partition("</section>")[0]
    assert "请写明技术创新目标" in asked
    assert "三年内攻克三项关键技术" in asked
    assert "补充协议.pdf" in asked
    assert "未见改动" not in asked


async def test_an_old_page_answers_for_its_own_version_alone(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    old = await officer.gets(PAGE)
    corrects(house, ("city", "accept", "2026-03-15T10:00", {}))
    told_ = await replies(officer, old, "confirm", 409, **ALL | {"A_17_note": "协议已核"})
    page = unescape(told_.text)
    assert "此件现为第2版，您打开的是第1版" in page
    assert "data-send" not in page
    assert "您所填的是“符合，说明：协议已核”" in page, "what was written is not lost"
    page = await officer.gets(PAGE)
    assert answered(page, "A-12") == "met"
    assert "沿用第1版的核对" in check(page, "A-12"), "nothing changed there"
    assert answered(page, "A-17") == ""
    assert "第1版答的是：符合，说明：协议已核" in check(page, "A-17")
    await answers(officer, "save", A_17="unmet")
    said = await replies(officer, old, "kept", 409, A_17="met", A_17_note="又及")
    assert "此件已有新的版本" in said.text
    page = await officer.gets(PAGE)
    assert answered(page, "A-17") == "unmet", "what was answered of the new version stands"
    assert "另有受理人按第1版所答：符合，说明：又及" in check(page, "A-17")
    unknown = await officer.posts(PAGE, 409, do="save", **{"A-18/answer": "met"})
    assert "没有写明是哪一版" in unknown.text
    assert answered(await officer.gets(PAGE), "A-18") == ""


async def test_a_checklist_of_an_earlier_version_confirms_nothing(house: House) -> None:
    lies(house, ACCEPTED, AGREED)
    officer = await at(house, "c-102")
    form = sent(await officer.gets(await answers(officer, "confirm", **ALL)), "decision")
    lines = {f"/checklist/{n}/{name}": value for n, code in enumerate(CONDITIONS[Kind.A])
             for name, value in {"item": code, "met": "yes", "note": "已实地核对"}.items()}  # fmt: skip
    corrects(house, ("city", "accept", "2026-03-15T10:00", {}), before=(ACCEPTED, AGREED))
    for seen, which in ((form["seen"], "第1版"), ("", "较早的版本")):
        page = unescape((await officer.posts(f"{PAGE}/confirm", 409, **form | lines | {"seen": seen})).text)
        assert f"核对清单是按{which}勾选的，没有作为第2版的核对结果" in page
        assert "已实地核对" in page, "what was written is shown"
        shown = page.partition("<form")[2]
        assert "data-send" not in shown
        assert not re.search(r'name="/checklist/\d+/note" value="已实地核对"', shown)


async def test_the_form_of_an_act_is_no_way_round_the_review(house: House) -> None:
    lies(house, ACCEPTED, AGREED)
    officer = await at(house, "c-102")
    where = await answers(officer, "confirm", **ALL | {"A_17": "unmet", "A_17_note": "缺丙方签字页"})
    for kind in ("confirm", "return_for_correction", "refuse"):
        direct = await officer.browser.get(f"/filings/{FILING}/acts/{kind}")
        assert direct.headers["location"] == f"{PAGE}?decide={kind}#decision"
    form = sent(await officer.gets(where), "decision")
    lines = {f"/checklist/{n}/{name}": value for n, code in enumerate(CONDITIONS[Kind.A])
             for name, value in {"item": code, "met": "yes"}.items()}  # fmt: skip
    direct = await officer.posts(f"/filings/{FILING}/acts/confirm", 307, **form | lines)
    assert direct.headers["location"] == f"{PAGE}/confirm"
    page = unescape((await officer.posts(f"{PAGE}/confirm", 422, **form | lines)).text)
    assert "审核清单认定不符合：" in page, "是 to what was answered 不符合 is no answer"
    assert "data-send" not in page
    returned = await officer.gets(f"{PAGE}?decide=return_for_correction")
    assert "缺丙方签字页" in returned
    assert "没有要求补正的" not in returned
    other = {"/deficiencies/30/item": "D2", "/deficiencies/30/message": ""}
    returned = (await officer.posts(f"{PAGE}/return_for_correction", 200, do="preview", **other)).text
    assert "而本次没有要求补正的" in returned, "what is wanting is told all at once"


async def test_a_form_is_sent_by_whoever_it_was_drawn_for(house: House) -> None:
    lies(house, ACCEPTED)
    first_, second = await at(house, "c-101"), await at(house, "c-102")
    form = sent(await first_.gets(f"{PAGE}?decide=refuse"), "decision") | {"/reason": "不属备案范围"}
    page = unescape((await second.posts(f"{PAGE}/refuse", 403, **form)).text)
    assert "现在登录的是审核人，本页由受理人填写" in page
    assert "不属备案范围" in page
    assert "再次提交" not in page
    signed_out = house.browser()
    kept = unescape((await signed_out.post(f"{PAGE}/refuse", data=form, headers={"Origin": first_.origin})).text)
    drawn = re.search(r'name="drawn" value="([^"]+)"', kept)
    assert drawn
    again = form | {"csrf": "", "drawn": drawn[1]}
    assert "本页由受理人填写" in unescape((await second.posts(f"{PAGE}/refuse", 403, **again)).text)
    mine = unescape((await first_.posts(f"{PAGE}/refuse", 403, **again)).text)
    assert "您已重新登录" in mine
    assert "再次提交" in mine


async def test_of_two_pages_of_one_officer_neither_wipes_the_other(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    await answers(officer, "save", A_12="met", A_13="met")
    one, other = await officer.gets(PAGE), await officer.gets(PAGE)
    await replies(officer, one, "kept", 200, A_14="met", A_13="unmet", A_13_note="无报表")
    await replies(officer, other, "kept", 200, A_15="met")
    page = await officer.gets(PAGE)
    assert [answered(page, f"A-{n}") for n in (12, 13, 14, 15)] == ["met", "unmet", "met", "met"]
    apart = unescape(
        (await replies(officer, other, "save", 409, A_13="lacking", A_13_note="报表缺页", A_17="met")).text
    )
    assert "另一页面已另行保存" in apart
    assert "您所填的是“需补充，说明：报表缺页”，已保存的是“不符合，说明：无报表”" in apart
    page = await officer.gets(PAGE)
    assert (answered(page, "A-13"), answered(page, "A-17")) == ("unmet", "met")
    assert "需补充，说明：报表缺页" in check(page, "A-13")
    await replies(officer, one, "kept", 200, A_14="met", A_13="met")
    assert answered(await officer.gets(PAGE), "A-13") == "met", "a page may change what itself has saved"
    await officer.posts(PAGE, 409, do="save", **{"A-12/answer": "unmet"})
    assert answered(await officer.gets(PAGE), "A-12") == "met"


async def test_nothing_goes_but_what_was_read(house: House) -> None:
    lies(house, ACCEPTED)
    clock_of(house).set("2026-03-16T22:00:00")
    officer = await at(house, "c-101")
    where = await answers(officer, "return_for_correction", A_17="lacking", A_17_note="缺丙方签字页")
    form = sent(await officer.gets(where), "decision")
    words = {"/reason": "请于三十日内补齐"}
    page = unescape((await officer.posts(f"{PAGE}/return_for_correction", 409, **form | words)).text)
    assert "您预览之后，所填或者日期有变，本次没有登记任何事项" in page
    assert "data-send" in page
    assert sent(page, "decision")["previewed"] != form["previewed"]
    clock_of(house).set("2026-03-17T00:10:00")
    page = unescape((await officer.posts(f"{PAGE}/return_for_correction", 409, **form)).text)
    assert "日期有变" in page, "its letter bears another day"


async def test_what_was_written_outlives_what_another_decided_meanwhile(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    where = await answers(officer, "return_for_correction", A_17="lacking", A_17_note="缺丙方签字页")
    form = sent(await officer.gets(where), "decision")
    written(house.tools.register, told(first(), ACCEPTED, RETURNED, until=instant("2026-03-16")))
    for address in (f"{PAGE}/return_for_correction", f"/filings/{FILING}/acts/return_for_correction"):
        page = unescape((await officer.posts(address, 409, **form)).text)
        assert "此件已有新的登记，本次没有登记任何事项" in page
        assert "缺丙方签字页" in page.partition("您所填的内容没有登记")[2]


async def test_what_was_answered_outlives_the_review(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    page = await officer.gets(PAGE)
    written(house.tools.register, told(first(), ACCEPTED, RETURNED, until=instant("2026-03-16")))
    shown = unescape((await replies(officer, page, "save", 409, A_17="lacking", A_17_note="缺丙方签字页")).text)
    assert "此件已另行办理" in shown
    assert "需补充，说明：缺丙方签字页" in shown.partition("您所填的内容")[2]
    alone = await replies(officer, page, "kept", 409, A_17="lacking")
    assert "没有保存" in alone.text, "the page that saves by itself is told, too"
    assert house.tools.reviews.find(EMBEDDED["c-101"], FILING, house.tools.clock()) is None
    await officer.posts(PAGE, 404)
    moved = await officer.browser.get(PAGE)
    assert moved.status_code == 303
    assert "退回" in (await officer.gets(moved.headers["location"])).partition("此件已不在审核中")[2][:40]


async def test_what_goes_out_is_read_before_it_goes(house: House) -> None:
    lies(house, ACCEPTED, AGREED)
    officer = await at(house, "c-102")  # who accepts does not confirm
    where = await answers(officer, "confirm", **ALL)
    page = await officer.gets(where)
    shown = page.partition('id="decision"')[2].partition('id="checks"')[0]
    assert "现在还不能办理" not in shown, shown.partition("现在还不能办理")[2][:300]
    assert "将公开发布的公告" in shown
    assert "如何提出异议" in shown
    assert "公文草稿" in shown
    assert shown.count('name="/checklist/') == 3 * len(CONDITIONS[Kind.A])
    assert "frame-src 'self'" in (await officer.browser.get(where)).headers["content-security-policy"]
    filing = house.tools.register.filing(FILING)
    assert filing
    assert filing.stage == "under_review", "nothing was done"


async def test_a_return_is_made_of_what_was_found_wanting(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    await answers(officer, "save", A_17="lacking", A_17_note="缺丙方签字页")
    page = await officer.gets(f"{PAGE}?decide=return_for_correction")
    shown = page.partition('id="decision"')[2].partition('id="checks"')[0]
    assert "请补充或者修改协议，写明各方的权利义务、违约责任和利益机制（缺丙方签字页）" in shown
    letter = shown.partition("致盟主企业")[2]
    assert "缺丙方签字页" in letter, "the letter says it, as it would go"
    assert "核对协议" not in letter
    confirm = await officer.gets(f"{PAGE}?decide=confirm")
    assert "还有13项没有核对" in confirm
    asked = await officer.posts(
        f"{PAGE}/return_for_correction",
        200,
        do="preview",
        **{"/deficiencies/30/item": "D2", "/deficiencies/30/message": ""},
    )
    assert "请补充或者更正“联盟协议文本”" in asked.text.partition("致盟主企业")[2], "what was only picked is worded"
    assert "data-send" not in confirm


async def test_an_application_of_kind_b_is_recommended_the_same_way(tmp_path: Path, sqlite: Databases) -> None:
    form = good("B") | {"filing_id": FILING, "received_at": "2023-04-10T09:00:00+08:00"}
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant("2023-04-13"))) as house:
        accepted: Step = ("zone", "accept", "2023-04-11T09:00", {})
        written(house.tools.register, told(form, accepted, until=instant("2023-04-13")))
        officer = await at(house, "z-302")
        where = await answers(officer, "recommend", **{code.replace("-", "_"): "met" for code in CONDITIONS[Kind.B]})
        shown = (await officer.gets(where)).partition('id="decision"')[2].partition('id="checks"')[0]
        assert "data-send" in shown, shown
        assert shown.count('name="/checklist/') == 3 * len(CONDITIONS[Kind.B])
