"""Reading and deciding on one page: what stands beside what, what is kept half-done, and what is foreseen."""

import re
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gateway.asked.differences import differences
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


async def answers(officer: Officer, do: str, **given: str) -> str:
    """Answer some checks by their codes, and press a button; where that leads."""
    filled = {f"{code.replace('_', '-')}/answer": verdict for code, verdict in given.items()}
    answer = await officer.posts(PAGE, 303, **filled, do=do)
    return answer.headers["location"]


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
    kept = await first_.posts(
        PAGE, 200, do="kept", **{"A-12/answer": "met", "A-13/answer": "lacking", "A-13/note": "无报表"}
    )
    assert kept.text.startswith("已保存")
    for officer in (first_, second):
        page = await officer.gets(PAGE)
        assert re.search(r'name="A-12/answer" value="met" checked', page)
        assert 'value="无报表"' in page
    assert "留下的核对结果" in await second.gets(PAGE)
    assert "checked" not in await other.gets(PAGE), "another department judges by itself"
    await answers(second, "save", A_12="unmet")
    assert re.search(r'name="A-12/answer" value="met" checked', await first_.gets(PAGE)), "each has their own"
    await first_.posts(f"/filings/{FILING}/handling", 303, kind="hand_over", to="person/c-102", note="")
    taken = await second.gets(PAGE)
    assert re.search(r'name="A-12/answer" value="met" checked', taken)
    assert "留下的核对结果" not in taken


async def test_answers_are_carried_over_where_nothing_changed(house: House) -> None:
    lies(house, ACCEPTED)
    officer = await at(house, "c-101")
    await answers(officer, "save", **ALL)
    written(
        house.tools.register,
        told(
            first(), ACCEPTED, RETURNED, ("leader", "resubmit", "2026-03-15T09:00", {"content": corrected()}),
            until=instant("2026-03-16"),
        ),
    )  # fmt: skip
    page = await officer.gets(PAGE)

    def check(code: str) -> str:
        return page.partition(f'id="check-{code}"')[2].partition("</section>")[0]

    assert "沿用第1版的核对" in check("A-12")
    assert "checked" in check("A-12")
    for changed in ("A-18", "A-17"):
        assert "checked" not in check(changed)
        assert "请重新核对" in check(changed)
    asked = page.partition('id="before"')[2].partition("</section>")[0]
    assert "请写明技术创新目标" in asked
    assert "三年内攻克三项关键技术" in asked
    assert "补充协议.pdf" in asked
    assert "未见改动" not in asked


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
    await officer.posts(PAGE, 303, do="save", **{"A-17/answer": "lacking", "A-17/note": "缺丙方签字页"})
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
