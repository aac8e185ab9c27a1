"""The leader's pages: drafts, the application and its correction, where filings stand, and the inbox."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from click.testing import CliRunner

import starter
from examples.demo import OFFICES
from gateway.asked import applications
from gateway.client import Filings
from gateway.identity import Identity
from gateway.problem import Unreachable
from gateway.remembered.drafts import body_of, kept
from gateway.shown.leading import tasks_of
from models import sections
from models.acts import Submit
from models.filing import Receipt
from models.settings import Settings
from models.values import canonical, day_of
from models.vocabulary import ActKind, Ground, Kind, LapseKind, Stage
from regulation import agenda, intake, lifecycle
from regulation.moment import Moment
from regulation.naming import midnight
from regulation.offers import offers
from tests.databases import Databases
from tests.law.notation import moment
from tests.law.test_bounds import Told
from tests.leading import COLLEAGUE, LEADER, OFFICER, OTHER, Leader, Page, example, filled, leading, read_back
from tests.patience import Patient
from tests.served import Clock, Served, served
from tests.simulated import lived, told, written
from tests.story import Story, application, instant
from tests.test_year_board import RESTORED, REVOKED
from tests.visiting import House, visiting
from tests.world import World

TODAY = "2026-03-16"


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2026, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant(TODAY))) as opened:
        yield opened


@pytest.fixture
async def signed_in(house: House) -> AsyncIterator[Any]:
    """Browsers for whoever is asked for."""
    async with AsyncExitStack() as browsers:

        async def of(who: Identity = LEADER) -> Leader:
            return await browsers.enter_async_context(leading(house.tools, house.browser(), who))

        yield of


@pytest.fixture
async def leader(signed_in: Any) -> Leader:
    """Somebody who acts for the leader of the examples."""
    found: Leader = await signed_in()
    return found


def clock_of(house: House) -> Clock:
    """The clock by which the house lives."""
    clock = house.tools.clock
    assert isinstance(clock, Clock)
    return clock


def body(house: House, address: str) -> dict[str, Any]:
    """What was saved of a draft."""
    row = house.tools.drafts.find(address.rpartition("/")[2], LEADER.office, house.tools.clock())
    assert row
    return body_of(row)


def where(answer: httpx.Response) -> str:
    """Where a form led, with what was said."""
    assert answer.status_code == 303, unescape(answer.text)
    return unquote(answer.headers["location"])


# Drafts


async def test_a_new_draft_knows_who_leads(house: House, leader: Leader) -> None:
    address = await leader.begins()
    assert address.startswith("/my/drafts/LN-20260316-")
    page = await leader.page(address)
    assert page.value("/leader/uscc") == LEADER.office
    assert page.value("/service/address") == "inbox:u-leader-01"
    assert body(house, address)["jurisdiction"] == "210100"
    overview = await leader.page("/my")
    assert address in overview.links


async def test_only_the_two_forms_there_are_can_be_begun(leader: Leader) -> None:
    assert (await leader.sends("/my/drafts", [("kind", "C")])).status_code == 404
    assert (await leader.sends("/my/drafts")).status_code == 404


async def test_only_an_alliance_of_kind_b_that_stands_is_gone_on_with(house: House, leader: Leader) -> None:
    written(house.tools.register, returned("LEAD-GO"))
    for none in ("LEAD-GO", "NOBODYS-1"):
        assert (await leader.sends("/my/drafts", [("kind", "B"), ("continues", none)])).status_code == 404
    paper = example("B")
    raw = applications.continuing(paper, "LN-OLD")
    assert raw["previous_filing_id"] == "LN-OLD"
    assert raw["members"] == paper["members"]
    assert raw.keys().isdisjoint(applications.OF_THEIR_YEAR)
    assert raw["leader"].keys().isdisjoint({"last_year", "year_before"})


@pytest.mark.parametrize("kind", ["A", "B"])
async def test_what_is_filled_in_is_saved_and_shown_again(house: House, leader: Leader, kind: str) -> None:
    address, raw = await leader.begins(kind), example(kind)
    assert where(await leader.fills(address, raw)) == f"{address}?said=已保存"
    model = intake.FORMS[kind]
    stamps = {"filing_id": "X"} | dict.fromkeys(sections.TEXTS)
    assert model.model_validate(body(house, address) | stamps) == model.model_validate(raw | stamps)
    shown = await leader.page(address)
    again = [pair for pair in filled(body(house, address)) if pair[0].startswith("/")]
    inputs = {each.get("name"): each for each in shown.inputs if each.get("type", "text") in ("text", "date")}
    assert {name for name, _ in again if name in inputs} == {name for name in inputs if name and name[0] == "/"}
    assert all(
        inputs[name].get("value", "") == value for name, value in again if name in inputs and "type" in inputs[name]
    )


async def test_the_sections_are_those_of_the_printed_form(leader: Leader) -> None:
    page = await leader.page(await leader.begins("A"))
    headings = [
        "一、联盟简况",
        "盟主情况",
        "二、技术创新目标",
        "联盟成员单位在行业（或领域）中地位的简要说明",
        "承诺与送达",
    ]
    places = [page.text.index(f">{heading}</h2>") for heading in headings]
    assert places == sorted(places)
    for kind in Kind:
        names = sections.names_of(kind)
        known = intake.FORMS[kind.value].model_fields.keys()
        assert len(set(names)) == len(names)
        assert set(names) == known - {"kind", "filing_id", "by", "received_at", "legacy"}


async def test_a_row_is_added_and_another_removed(house: House, leader: Leader) -> None:
    address, raw = await leader.begins(), example("A")
    assert where(await leader.fills(address, raw, ("more", "/members"))) == f"{address}?more=/members#/members/4"
    page = await leader.page(f"{address}?more=/members")
    assert page.value("/members/4/name") == ""
    assert "/members/5" not in page.ids
    await leader.fills(address, raw, ("remove", "/members/1"), ("do", "save"))
    saved = [row["name"] for row in body(house, address)["members"]]
    assert saved == [row["name"] for number, row in enumerate(raw["members"]) if number != 1]


async def test_rows_are_proposed_for_missing_documents_and_are_none_until_filled_in(
    house: House, leader: Leader
) -> None:
    address, raw = await leader.begins(), example("A", documents=[])
    await leader.fills(address, raw)
    assert body(house, address)["documents"] == []
    proposed = [dict(row) for row in applications.missing(Kind.A, raw)]
    assert [row["kind"] for row in proposed] == ["D1", "D2", "D3", "D3", "D3", "D3"]
    assert [row.get("owner") for row in proposed[2:]] == [row["code"] for row in raw["members"]]
    page = await leader.page(address)
    assert page.value("/documents/2/owner") == LEADER.office
    assert page.says("不得上传涉密材料")


async def test_what_somebody_else_saved_meanwhile_is_not_lost_unseen(house: House, signed_in: Any) -> None:
    one, two = await signed_in(), await signed_in(COLLEAGUE)
    address, raw = await one.begins(), example("A")
    opened = (await two.page(address)).hidden("seen")
    clock_of(house).set("2026-03-16T10:00")
    await one.fills(address, raw)
    late = [*filled(raw | {"alliance_name": "后来的"}), ("do", "save")]
    answer = await two.sends(address, [*late, *opened])
    assert answer.status_code == 409
    page = Page.of(answer.text)
    assert page.says("已在别处另行保存")
    assert page.value("/alliance_name") == "后来的", "what was typed is still there"
    assert body(house, address)["alliance_name"] == raw["alliance_name"]
    await two.sends(address, [*late, *page.hidden("seen")])
    assert body(house, address)["alliance_name"] == "后来的"


async def test_a_draft_is_gone_after_180_days_without_a_change(house: House, leader: Leader) -> None:
    address = await leader.begins()
    clock = clock_of(house)
    clock.now += kept(clock.now) - timedelta(seconds=1)
    house.tools.sessions.begin(LEADER, clock())
    assert [row.id for row in house.tools.drafts.of(LEADER.office, clock())] == [address.rpartition("/")[2]]
    clock.now += timedelta(seconds=1)
    assert house.tools.drafts.find(address.rpartition("/")[2], LEADER.office, clock()) is None
    assert house.tools.drafts.of(OTHER.office, clock()) == []
    clock.now -= timedelta(days=100)
    assert house.tools.drafts.of(LEADER.office, clock()) == [], "whoever listed theirs had it deleted"


async def test_a_draft_is_deleted_by_whoever_may(house: House, signed_in: Any) -> None:
    mine, other = await signed_in(), await signed_in(OTHER)
    address = await mine.begins()
    assert (await other.sends(f"{address}/delete")).status_code == 404
    assert where(await mine.sends(f"{address}/delete")) == "/my?said=草稿已删除"
    assert (await mine.client.get(address)).status_code == 404


async def test_anothers_draft_is_not_there(house: House, signed_in: Any) -> None:
    mine, other, officer = await signed_in(), await signed_in(OTHER), await signed_in(OFFICER)
    address = await mine.begins()
    for path in (address, f"{address}?check=1"):
        missing = await other.client.get("/my/drafts/LN-20260316-AAAAAA")
        answer = await other.client.get(path)
        assert (answer.status_code, answer.text) == (404, missing.text)
    for path in (address, f"{address}/findings"):
        assert (await other.sends(path, filled(example("A")))).status_code == 404
        assert (await officer.sends(path, filled(example("A")))).status_code == 403
    assert (await officer.client.get(address)).status_code == 403
    assert (await house.browser().get(address)).status_code == 303
    assert "alliance_name" not in body(house, address)


async def test_a_form_from_elsewhere_changes_nothing(house: House, leader: Leader) -> None:
    address = await leader.begins()
    before = body(house, address)
    for forged in ("", "x" * 32, "令牌"):
        leader.csrf = forged
        for path in (address, f"{address}/findings", f"{address}/delete", "/my/drafts", "/my/inbox"):
            answer = await leader.sends(path, [*filled(example("A")), ("kind", "A")])
            assert answer.status_code == 403, path
    assert body(house, address) == before
    assert len(house.tools.drafts.of(LEADER.office, house.tools.clock())) == 1


async def test_a_very_large_alliance_fits_on_the_form(house: House, leader: Leader) -> None:
    address, raw = await leader.begins("B"), example("B")
    raw["members"] = [raw["members"][1] | {"name": f"第{number}家"} for number in range(300)]
    await leader.fills(address, raw)
    assert len(body(house, address)["members"]) == 300


async def test_what_no_document_can_carry_is_saved_as_something_it_can(house: House, leader: Leader) -> None:
    address = await leader.begins()
    head = {"content-type": "application/x-www-form-urlencoded"}
    seen = dict((await leader.page(address)).hidden("seen"))["seen"]
    odd = httpx.QueryParams({"csrf": leader.csrf, "seen": seen, "/alliance_name": "甲\x00乙𠮷"})
    assert (await leader.client.post(address, content=str(odd), headers=head)).status_code == 303
    assert body(house, address)["alliance_name"] == "甲\ufffd乙𠮷"
    assert (await leader.page(address)).value("/alliance_name") == "甲\ufffd乙𠮷"


# Findings


def checked(raw: dict[str, Any], tmp_path: Path) -> list[dict[str, str]]:
    """What `beian check` finds on an application."""
    file = tmp_path / "application.json"
    file.write_text(canonical(raw), "utf-8")
    found: list[dict[str, str]] = json.loads(CliRunner().invoke(starter.beian, ["check", str(file), "--json"]).output)
    return found


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "good A": ("A", TODAY, {}),
    "good B": ("B", "2023-04-10", {"agreement_effective_on": "2023-02-20"}),
    "empty": ("A", TODAY, {"leader": {"uscc": LEADER.office}, "members": [], "documents": [], "counts": {"total": 1}}),
    "out of the window": ("B", TODAY, {}),
    "many faults": (
        "A",
        TODAY,
        {
            "alliance_name": "联盟", "innovation_goal": "字" * 501, "integrity_commitment": False,
            "members": [{"name": "甲", "code": "不是代码"}, {"code": "91210102MA10ABCD6H", "position": "乙"}],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_findings_while_typing_are_those_of_the_check(
    house: House, leader: Leader, tmp_path: Path, case: str
) -> None:
    kind, today, changes = CASES[case]
    clock_of(house).set(today)
    leader.signs_in(house.tools, LEADER)
    address, raw = await leader.begins(kind), example(kind, **changes)
    before = body(house, address)
    answer = await leader.sends(f"{address}/findings", filled(raw))
    assert answer.status_code == 200
    stamped = LEADER.stamped({**read_back(raw), "filing_id": address.rpartition("/")[2]}, house.tools.clock())
    expected = checked(stamped, tmp_path)
    assert expected
    page = Page.of(answer.text)
    assert all(page.says(each["message"]) for each in expected)
    assert answer.text.count('<li class="error">') == sum(each["severity"] == "error" for each in expected)
    assert answer.text.count('<li class="warning">') == sum(each["severity"] == "warning" for each in expected)
    assert answer.text.count('<li class="check">') == sum(each["severity"] == "check" for each in expected)
    assert body(house, address) == before, "nothing is saved"


async def test_findings_point_to_the_fields_where_they_stand(leader: Leader) -> None:
    address = await leader.begins()
    rows = [("/members/0/type", "enterprise"), ("/members/3/name", "第四行"), ("/members/3/type", "enterprise")]
    page = Page.of((await leader.sends(f"{address}/findings", rows)).text)
    assert "#/members/3/code" in page.links
    assert page.says("第4个成员单位：法人代码：须填写")
    assert not any(link.startswith("#/members/0/") for link in page.links)
    removed = [*rows, ("remove", "/members/3")]
    page = Page.of((await leader.sends(f"{address}/findings", removed)).text)
    assert not any(link.startswith("#/members/3") for link in page.links)


@pytest.mark.parametrize("kind", ["A", "B"])
async def test_every_link_on_the_form_leads_to_a_place_on_it(leader: Leader, kind: str) -> None:
    address = await leader.begins(kind)
    await leader.fills(address, example(kind, **CASES["many faults"][2]))
    for path in (f"{address}?check=1", address):
        page = await leader.page(path)
        assert len(set(page.ids)) == len(page.ids)
        inner = {link[1:] for link in page.links if link.startswith("#") and link != "#content"}
        assert inner
        assert inner <= set(page.ids)


async def test_findings_stand_at_their_fields_once_they_were_asked_for(leader: Leader) -> None:
    address, raw = await leader.begins(), example("A", innovation_goal="字" * 501)
    assert where(await leader.fills(address, raw, ("do", "check"))) == f"{address}?check=1#found"
    message = "技术创新目标限500字，现有501字"
    quiet, loud = await leader.page(address), await leader.page(f"{address}?check=1")
    assert "found-/innovation_goal" not in quiet.ids
    assert "found-/innovation_goal" in loud.ids
    assert loud.text.count(message) == 2, "in the contents and at the field"


async def test_a_faulty_application_comes_back_with_everything_that_was_found(house: House, leader: Leader) -> None:
    address, raw = await leader.begins(), example("A", innovation_goal="字" * 501, all_members_signed=False)
    answer = await leader.fills(address, raw, ("do", "submit"))
    assert answer.status_code == 422
    page = Page.of(answer.text)
    assert page.says("没有提交成功")
    assert {"found-/innovation_goal", "found-/all_members_signed"} <= set(page.ids)
    assert body(house, address)["innovation_goal"] == "字" * 501, "and is saved"
    assert house.tools.register.row(address.rpartition("/")[2]) is None


async def test_a_text_longer_than_a_field_takes_is_refused_whole_and_kept_whole(house: House, leader: Leader) -> None:
    """No browser cuts it unseen: whoever pasted 24,011 characters of defence is told, and still has all of them."""
    written(house.tools.register, lived("LEAD-9").until("revocation_opened"))
    clock_of(house).set("2028-12-04")
    leader.signs_in(house.tools, LEADER)
    address, text = "/filings/LEAD-9/acts/state_defence", "辩" * 24011
    shown = await leader.page(address)
    assert not any("maxlength" in each for each in shown.inputs)
    answer = await leader.sends(address, [*shown.hidden("seen", "id"), ("/content/text", text)])
    assert answer.status_code == 422
    again = Page.of(answer.text)
    assert again.says("限4000字，现有24011字")
    assert text in again.text
    assert house.tools.register.docket("LEAD-9")[-1].event.kind == "revocation_opened"


async def test_no_field_of_an_application_is_cut_by_the_browser(leader: Leader) -> None:
    for kind in Kind:
        page = await leader.page(await leader.begins(kind.value))
        assert not any("maxlength" in each for each in page.inputs)


class Deaf(Filings):
    """An engine of which nobody knows whether it heard."""

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Never come back."""
        raise Unreachable


async def test_if_the_engine_does_not_answer_the_draft_stays(house: House, leader: Leader) -> None:
    address = await leader.begins()
    filings = house.tools.filings
    deaf = Deaf(filings.client, filings.register, clock=filings.clock)
    house.app.state.tools = replace(house.tools, filings=deaf)
    answer = await leader.fills(address, example("A"), ("do", "submit"))
    assert answer.status_code == 503
    assert Page.of(answer.text).says("请稍后在本页再次提交")
    assert body(house, address)["alliance_name"] == example("A")["alliance_name"]


async def test_what_was_submitted_elsewhere_is_not_submitted_again(house: House, leader: Leader) -> None:
    address = await leader.begins()
    filing_id = address.rpartition("/")[2]
    form = application(filing_id=filing_id, received_at="2026-03-16T09:00:00+08:00")
    written(house.tools.register, told(form, until=instant(TODAY)))
    answer = await leader.fills(address, example("A", technical_field="新材料"), ("do", "submit"))
    assert where(answer).startswith(f"/filings/{filing_id}?said=这份申请已经提交")
    assert house.tools.drafts.of(LEADER.office, house.tools.clock()) == []


async def test_nobody_says_who_they_are_or_when_it_came(house: House, leader: Leader) -> None:
    address, raw = await leader.begins(), example("A")
    forged = [("/by/person", "somebody"), ("/received_at", "2020-01-01T00:00:00+08:00"), ("/filing_id", "MINE")]
    forged += [("/kind", "B"), ("/legacy/archive_number", "1"), ("/by/role", "province_st")]
    await leader.sends(address, [*filled(raw), *(await leader.page(address)).hidden("seen"), *forged, ("do", "save")])
    assert body(house, address).keys() <= {"kind", *sections.names_of(Kind.A)}
    assert body(house, address)["kind"] == "A"
    stolen = example("A", leader=raw["leader"] | {"uscc": "91210102MA20001KX5"})
    answer = await leader.fills(address, stolen, ("do", "submit"))
    assert answer.status_code == 422
    assert Page.of(answer.text).says("须由盟主企业账号提交")


# Where filings stand


def returned(filing_id: str) -> Any:
    """A life of kind A up to its return, with two deficiencies."""
    lacking = [
        {"item": "FA-19", "message": "目标须分年度写明"},
        {"item": "D2", "message": "协议缺第三页"},
        {"item": "A-99", "message": "编号无人知道"},
    ]
    form = application(
        filing_id=filing_id, received_at="2026-03-10T09:00:00+08:00", alliance_name=f"沈阳市{filing_id}产学研联盟"
    )
    acts = [("city", "return_for_correction", "2026-03-12T10:00", {"deficiencies": lacking, "reason": "请一并核对"})]
    return told(form, *acts, until=instant("2026-03-13"))


async def test_a_leader_sees_what_is_to_be_done_and_only_theirs(house: House, signed_in: Any) -> None:
    written(house.tools.register, returned("LEAD-1"))
    mine, other = await signed_in(), await signed_in(OTHER)
    page = await mine.page("/my")
    assert "/my/corrections/LEAD-1" in page.links
    assert page.says("退回补正")
    assert page.says("盟主企业")
    assert page.says("2026年尚未发布申报通知")
    assert "/filings/LEAD-1/acts/withdraw" in page.links, "what else may be done"
    foreign = await other.page("/my")
    assert not any("LEAD-1" in link for link in foreign.links)


async def test_a_leader_is_told_why_as_the_enterprise_and_plans_no_correction(house: House, signed_in: Any) -> None:
    written(house.tools.register, returned("LEAD-1"))
    mine = await signed_in()
    why = await mine.page("/filings/LEAD-1/why?about=resubmit&for=court")
    assert why.says("现在可以“补正重报”")
    assert why.says("由您办理")
    assert "依照" not in why.text, "that is how a court is told"
    assert "为谁写明" not in why.text
    then = await mine.page("/filings/LEAD-1/then?act=file_annual_report&year=2026&came_on=2026-03-13")
    assert then.says("实际情况与当时的登记一致")
    assert "更正方案" not in then.text


async def test_the_call_of_kind_b_is_told(house: House, leader: Leader) -> None:
    for day, said in (("2023-04-10", "现在可以提交"), ("2023-03-31", "尚未开始"), ("2023-12-10", "已经结束")):
        clock_of(house).set(day)
        leader.signs_in(house.tools, LEADER)
        assert (await leader.page("/my")).says(said), day


async def test_staff_have_pages_of_their_own(signed_in: Any) -> None:
    officer = await signed_in(OFFICER)
    for path in ("/my", "/my/inbox", "/my/corrections/LEAD-1"):
        assert (await officer.client.get(path)).status_code == 403


# Corrections


async def test_a_correction_shows_what_the_return_said_where_it_belongs(house: House, leader: Leader) -> None:
    written(house.tools.register, returned("LEAD-2"))
    page = await leader.page("/my/corrections/LEAD-2")
    assert page.value("/alliance_name") == "沈阳市LEAD-2产学研联盟"
    for message in ("目标须分年度写明", "协议缺第三页", "编号无人知道", "请一并核对"):
        assert page.says(message)
    assert {"found-/innovation_goal", "found-/documents/1/kind"} <= set(page.ids)
    assert page.says("退回补正：目标须分年度写明")
    filing = house.tools.register.filing("LEAD-2")
    assert filing
    due = filing.periods["correction"].until
    assert page.says(f"补正期限：{midnight(due)}。逾期未补正的，视为撤回申请；视为撤回不影响再次申请。")


async def test_a_correction_in_which_nothing_is_corrected_is_asked_about_first(house: House, leader: Leader) -> None:
    written(house.tools.register, returned("LEAD-8"))
    address = "/my/corrections/LEAD-8"
    versions = house.tools.register.filing("LEAD-8")
    assert versions
    same = applications.of_paper(house.tools.register.paper(versions.paper))
    assert "按现状提交" not in (await leader.page(address)).text
    answer = await leader.fills(address, same, ("do", "submit"))
    assert answer.status_code == 422
    again = Page.of(answer.text)
    assert again.says("补正材料与上一版完全相同，未作任何补正，尚未提交")
    anyway = [each for each in again.inputs if (each.get("name"), each.get("value")) == ("do", "anyway")]
    assert "application" in [each.get("form") for each in anyway], "where it is told, before the long form"
    assert "application" in again.ids
    assert house.tools.register.docket("LEAD-8")[-1].event.kind == "return_for_correction"


async def test_a_correction_is_saved_until_it_is_sent(house: House, signed_in: Any) -> None:
    written(house.tools.register, returned("LEAD-3"))
    one, two, other = await signed_in(), await signed_in(COLLEAGUE), await signed_in(OTHER)
    address = "/my/corrections/LEAD-3"
    raw = example("A", alliance_name="沈阳市LEAD-3产学研联盟", innovation_goal="第一年……")
    assert where(await one.fills(address, raw)) == f"{address}?said=已保存"
    assert (await two.page(address)).says("第一年……")
    assert house.tools.drafts.of(LEADER.office, house.tools.clock()) == [], "it is no draft of a new application"
    answer = await one.fills(address, raw | {"jurisdiction": "210200"}, ("do", "check"))
    assert (await one.page(where(answer).partition("#")[0])).says("补正不得改变属地")
    fragment = Page.of((await one.sends(f"{address}/findings", filled(raw | {"jurisdiction": "210200"}))).text)
    assert fragment.says("补正不得改变属地")
    assert (await other.client.get(address)).status_code == 404
    assert (await other.sends(address, filled(raw))).status_code == 404
    assert (await other.sends(f"{address}/findings", filled(raw))).status_code == 404


async def test_only_what_was_returned_can_be_corrected(house: House, leader: Leader) -> None:
    form = application(filing_id="LEAD-4", received_at="2026-03-10T09:00:00+08:00")
    written(house.tools.register, told(form, until=instant("2026-03-11")))
    assert where(await leader.client.get("/my/corrections/LEAD-4")).startswith("/filings/LEAD-4?said=")
    answer = await leader.sends("/my/corrections/LEAD-4", [*filled(example("A")), ("do", "submit")])
    assert where(answer).startswith("/filings/LEAD-4?said=")


# The inbox


async def test_messages_are_read_by_a_form_and_only_ones_own(house: House, signed_in: Any) -> None:
    written(house.tools.register, returned("LEAD-5"))
    mine, other = await signed_in(), await signed_in(OTHER)
    inbox = await mine.page("/my/inbox")
    links = [link for link in inbox.links if link.startswith("/my/inbox/")]
    assert links
    first = links[-1]
    page = await mine.page(first)
    assert page.says("标为已读")
    assert "LEAD-5" in {row.filing_id for row in house.tools.audit.lines(person=LEADER.person)}
    assert where(await mine.sends(first)).endswith("?said=已标为已读")
    assert not (await mine.page(first)).says("标为已读")
    for path in links:
        assert (await other.client.get(path)).status_code == 404
        assert (await other.sends(path)).status_code == 404
    assert (await mine.client.get("/my/inbox/LEAD-5-1-99")).status_code == 404


async def test_all_messages_are_marked_but_those_to_be_served(house: House, leader: Leader) -> None:
    written(house.tools.register, returned("LEAD-6"))
    page = await leader.page("/my/inbox")
    assert page.says("待签收")
    assert "已标为已读" in where(await leader.sends("/my/inbox"))
    left = house.tools.letters.inbox(LEADER.office, unread=True)
    assert [message.service for message, _ in left] == [True]


async def test_a_notice_to_be_served_shows_its_text_only_once_it_was_opened(house: House, leader: Leader) -> None:
    written(house.tools.register, returned("LEAD-7"))
    message = next(row for row in house.tools.register.messages("LEAD-7") if row.service)
    assert (await leader.page("/my")).says("已于2026年3月12日送达，文书所定的期限自送达之日起算")
    page = await leader.page(f"/my/inbox/{message.id}")
    assert page.says("打开即为签收")
    assert page.says("已于2026年3月12日进入收件箱送达"), (
        "its period runs already: nobody is told that it waits for them"
    )
    assert not page.says("由此起算")
    assert message.body.splitlines()[-1] not in page.text
    letter = house.tools.letters.row(message.id)
    assert letter
    assert letter.read_at is None


async def test_a_decision_is_signed_for_by_opening_it(house: House, leader: Leader) -> None:
    """The time to contest it runs from its receipt, so the page says what opening it is."""
    form = application(
        filing_id="LEAD-8", received_at="2026-03-10T09:00:00+08:00", alliance_name="沈阳市LEAD-8产学研联盟"
    )
    refusal = {"reason": "不属联盟备案范围"}
    acts = [("city", "accept", "2026-03-12T08:00", {}), ("city", "refuse", "2026-03-12T09:00", refusal)]
    written(house.tools.register, told(form, *acts, ("city2", "refuse", "2026-03-12T10:00", refusal)))
    (decision,) = (row for row in house.tools.register.messages("LEAD-8") if row.service)
    assert (await leader.page("/my/inbox")).says("待签收")
    address = f"/my/inbox/{decision.id}"
    assert (await leader.page(address)).says("申请复议、提起诉讼的期限自收到之日起算")
    assert where(await leader.sends(address)).endswith("?said=已签收")
    read = await leader.page(address)
    assert read.says("签收 ")
    assert read.says("60日内")


# With the engine


@asynccontextmanager
async def at_the_gateway(gateway: Served, who: Identity = LEADER) -> AsyncIterator[Leader]:
    """A leader's browser at a gateway that is being served."""
    async with leading(gateway.tools, Patient(base_url=gateway.base), who) as browser:
        yield browser


async def test_an_application_goes_its_way_through_the_forms(world: World) -> None:
    """Submitted, returned, acknowledged and corrected: every step twice, and each is entered once."""
    async with served(world, "2027-03-15") as gateway, at_the_gateway(gateway) as leader:
        address = await leader.begins()
        filing_id = address.rpartition("/")[2]
        raw = example("A", alliance_name=f"沈阳市{filing_id}产学研联盟")
        form = [*filled(raw), *(await leader.page(address)).hidden("seen"), ("do", "submit")]
        assert where(await leader.sends(address, form)).startswith(
            f"/filings/{filing_id}/entries/1/done?said=备案申请已提交"
        )
        assert where(await leader.sends(address, form)).startswith(f"/filings/{filing_id}?said=这份申请已经提交")
        assert where(await leader.client.get(address)) == f"/filings/{filing_id}"
        assert gateway.tools.drafts.of(LEADER.office, gateway.clock()) == []
        story = Story(world, filing_id)
        (first,) = story.docket
        assert isinstance(first.event, Submit)
        assert first.event.by == LEADER.by
        assert first.at == gateway.clock()

        await story.city("return_for_correction", "2027-03-16", deficiencies=[{"item": "FA-19", "message": "写明年度"}])
        gateway.clock.set("2027-03-17")
        leader.signs_in(gateway.tools, LEADER)
        message = next(row for row in world.register.messages(filing_id) if row.service)
        assert "已签收" in where(await leader.sends(f"/my/inbox/{message.id}"))
        assert "已标为已读" in where(await leader.sends(f"/my/inbox/{message.id}"))
        assert (await leader.page(f"/my/inbox/{message.id}")).says("写明年度")

        correction = f"/my/corrections/{filing_id}"
        corrected = raw | {"innovation_goal": "第一年完成样机，第二年小批量。"}
        for fault, said in (
            ({"all_members_signed": False}, "全体成员须已签署协议"),
            ({"counts": {}}, "成员数量：须填写"),
        ):
            faulty = await leader.fills(correction, corrected | fault, ("do", "submit"))
            assert faulty.status_code == 422
            assert Page.of(faulty.text).says(said)
        assert world.register.refused_acts(filing_id) == []
        form = [*filled(corrected), *(await leader.page(correction)).hidden("seen", "id"), ("do", "submit")]
        assert "已补正重报" in where(await leader.sends(correction, form))
        assert "已补正重报" in where(await leader.sends(correction, form))
        assert story.kinds() == ["submit", "return_for_correction", "acknowledge_service", "resubmit"]
        assert story.filing.stage is Stage.SUBMITTED
        assert story.filing.version == 2
        assert world.register.paper(story.filing.paper)["innovation_goal"] == corrected["innovation_goal"]


async def test_two_submissions_at_once_are_one_filing(world: World) -> None:
    """By the clock of the wall, as two clicks would come."""
    async with served(world, "2027-03-15") as gateway:
        tools = replace(gateway.tools, filings=world.door)
        gateway.app.state.tools = tools
        async with leading(tools, Patient(base_url=gateway.base)) as leader:
            address = await leader.begins()
            filing_id = address.rpartition("/")[2]
            raw = example("A", alliance_name=f"沈阳市{filing_id}产学研联盟", agreement_effective_on="2025-01-10")
            form = [*filled(raw), *(await leader.page(address)).hidden("seen"), ("do", "submit")]
            answers = await asyncio.gather(*(leader.sends(address, form) for _ in range(4)))
            assert {where(each).partition("?")[0] for each in answers} == {f"/filings/{filing_id}/entries/1/done"}
            assert [entry.event.kind for entry in world.register.docket(filing_id)] == ["submit"]
            assert tools.drafts.of(LEADER.office, tools.clock()) == []


def tasks(life: Told, on: str, kind: ActKind = ActKind.FILE_ANNUAL_REPORT) -> list[tuple[str, str | None]]:
    """What the overview asks of a leader on a day, and until when; None where nobody waits for it."""
    when = moment(on)
    life.until(when)
    found = [each for each in offers(life.filing, Moment(when, when)) if each.kind is kind and each.open]
    told = [task for each in found for task in tasks_of(life.filing, each, Moment(when, when))]
    return [(each.what, None if each.again or not each.due else str(day_of(each.due))) for each in told]


def test_a_leader_is_asked_for_every_year_that_waits_the_oldest_first() -> None:
    life = Told("A in_force 2026-03-16")
    assert tasks(life, "2026-11-20 09:00") == [("报送年度总结和计划（2026年度）", "2026-12-01")]
    assert tasks(life, "2027-03-01 09:00") == [
        ("报送年度总结和计划（2026年度，补报）", "2027-12-01"),
        ("报送年度总结和计划（2027年度）", "2027-12-01"),
    ]
    life.does("2027-03-01 09:00 leader file_annual_report {year: 2026}")
    assert tasks(life, "2027-03-01 10:00") == [("报送年度总结和计划（2027年度）", "2027-12-01")]
    life.does("2027-03-01 11:00 leader file_annual_report {year: 2027}")
    assert tasks(life, "2027-03-02 09:00") == [("报送年度总结和计划（2027年度，替换已报送的）", None)]


def test_of_a_year_that_was_missed_nobody_is_told_that_it_will_be() -> None:
    life = Told("A in_force 2026-03-16")
    when = moment("2027-03-01 09:00")
    life.until(when)
    [report] = [each for each in offers(life.filing, Moment(when, when)) if each.kind is ActKind.FILE_ANNUAL_REPORT]
    missed, next_ = tasks_of(life.filing, report, Moment(when, when))
    assert missed.otherwise.startswith("已记为未报送，补报以后不计入连续未报送；")
    assert next_.otherwise.startswith("逾期记为未报送；")


def test_whoever_must_answer_a_return_is_told_the_day_of_the_answer_and_that_it_is_theirs() -> None:
    life = Told("A in_force 2026-03-16")
    life.does("2026-11-03 09:00 leader file_annual_report {year: 2026}")
    assert lifecycle.awaited(life.filing) is None
    life.does("2026-11-10 10:00 city return_annual_report {year: 2026}")
    assert tasks(life, "2026-11-11 09:00", ActKind.ANSWER_ANNUAL_RETURN) == [
        ("答复年度报告退回（2026年度）", "2026-11-25")
    ]
    assert lifecycle.awaited(life.filing) == life.filing.leader
    due = agenda.nearest_duty(life.filing)
    assert due
    assert (str(day_of(due.at)), due.lapse.kind) == ("2026-11-25", LapseKind.ANNUAL_ANSWER_OVERDUE)
    life.until(moment("2026-11-26 09:00"))
    assert lifecycle.awaited(life.filing) == life.filing.jurisdiction, "what becomes of the report is theirs to decide"


def test_an_extension_is_asked_for_before_the_year_is_due() -> None:
    life = Told("A in_force 2026-03-16")
    assert tasks(life, "2026-11-20 09:00", ActKind.REQUEST_EXTENSION) == [("申请延期（2026年度）", "2026-12-01")]
    late = dict(tasks(life, "2026-12-05 09:00", ActKind.REQUEST_EXTENSION))
    assert late["申请延期（2026年度）"] is None, "after the deadline it is the obstacle that counts"


def test_no_day_is_told_by_which_nobody_has_to_do_anything() -> None:
    life = Told("A in_force 2026-03-16")
    due = agenda.nearest_duty(life.filing)
    assert due
    assert (str(day_of(due.at)), due.lapse.kind) == ("2026-12-01", LapseKind.YEAR_MISSED)
    life.does("2026-11-03 09:00 leader file_annual_report {year: 2026}")
    assert agenda.nearest_duty(life.filing) is None


def test_a_year_that_was_reported_does_not_hide_the_last_day_of_the_defence() -> None:
    life = Told("A in_force 2026-03-16")
    life.does("2026-11-03 09:00 leader file_annual_report {year: 2026}")
    life.does('2026-11-20 09:00 city propose_revocation {ground: "2"}')
    life.does("2026-11-23 09:00 city record_service {served_on: 2026-11-23}")
    (due,) = [each for each in agenda.dues(life.filing) if each.period == "window"]
    assert due.at > moment("2026-12-01 00:00")
    assert agenda.nearest_duty(life.filing) == due
    told = tasks(life, "2026-11-24 09:00", ActKind.STATE_DEFENCE)
    assert told == [("陈述申辩", str(day_of(due.at)))]


async def test_a_year_chosen_on_the_card_is_the_one_on_the_form(house: House, leader: Leader) -> None:
    written(house.tools.register, lived("LEAD-9").until("year_missed"))
    clock_of(house).set("2028-01-05")
    leader.signs_in(house.tools, LEADER)
    card = await leader.page("/my")
    for year in (2027, 2028):
        address = f"/my/reports/LEAD-9/{year}"
        assert address in card.links
        assert (await leader.page(address)).says(f"{year}年度总结和{year + 1}年度计划")


async def test_where_no_year_can_be_reported_it_is_said_from_when_and_no_form_asks_for_one(
    house: House, leader: Leader
) -> None:
    written(house.tools.register, lived("LEAD-9").until("year_closed"))
    clock_of(house).set("2026-12-05")
    leader.signs_in(house.tools, LEADER)
    page = await leader.page("/filings/LEAD-9/acts/file_annual_report")
    assert page.says("现在还不能办理：2027年度尚未开始，自2027年1月1日起可以报送")
    assert "/content/summary/text" not in page.ids
    assert not any(each.get("name", "").startswith("/content") for each in page.inputs)


async def test_nobody_is_said_to_object_once_no_notice_is_shown(house: House, leader: Leader) -> None:
    life = lived("LEAD-9")
    for event, day, shown in (("confirm", "2026-04-02", True), ("archive", "2026-05-11", False)):
        written(house.tools.register, life.until(event))
        clock_of(house).set(day)
        leader.signs_in(house.tools, LEADER)
        assert (await leader.page("/filings/LEAD-9")).says("提出异议：社会公众") is shown


async def test_what_ends_a_filing_says_what_it_costs_and_is_not_done_by_one_click(
    house: House, leader: Leader, signed_in: Any
) -> None:
    life = lived("LEAD-9")
    for event, day, kind, cost in (
        ("confirm", "2026-04-02", "withdraw", "再要备案的，须重新申请"),
        ("archive", "2026-05-11", "deregister", "不再列为已备案入库的联盟"),
    ):
        written(house.tools.register, life.until(event))
        clock_of(house).set(day)
        leader.signs_in(house.tools, LEADER)
        address = f"/filings/LEAD-9/acts/{kind}"
        page = await leader.page(address)
        assert page.says("不能恢复")
        assert page.says(cost)
        assert [each["type"] for each in page.inputs if each.get("name") == "sure"] == ["checkbox"]
        answer = await leader.sends(address, page.hidden("seen", "id"))
        assert answer.status_code == 422
        assert Page.of(answer.text).says("请先阅读后果，并勾选“我已知悉，确认办理”")
    officer = await signed_in(OFFICER)
    proposing = await officer.page("/filings/LEAD-9/acts/propose_revocation")
    assert proposing.says("拟撤销公示即行公开发布")
    assert not proposing.says(Ground.TWO_YEARS_MISSED.label), "that opens by itself"
    assert proposing.says(Ground.FALSIFICATION.label)


async def test_an_announcement_that_is_only_not_entered_is_asked_for_by_its_address(
    house: House, signed_in: Any
) -> None:
    written(house.tools.register, lived("LEAD-9", announced=False))
    clock_of(house).set("2030-02-18")
    officer = await signed_in(OFFICER)
    assert (await officer.page("/desk/filings")).says("公告：在官网公告后，尚须登记公告网址")


async def test_a_decision_that_was_set_aside_waits_for_nobody(house: House, leader: Leader) -> None:
    """Restored, an alliance is not asked to sign for the decision that revoked it; the message stays to be read."""
    for name, fate, asked in (("LEAD-R1", REVOKED, True), ("LEAD-R2", RESTORED, False)):
        form = application(
            filing_id=name, alliance_name=f"沈阳市{name}产学研联盟", by=OFFICES["province"],
            received_at="2026-03-15T09:00:00+08:00",
            legacy={"archived_on": "2024-12-18", "archive_number": name, "document_no": "辽科函1号"},
        )  # fmt: skip
        written(house.tools.register, told(form, *fate, until=instant("2027-09-02"), taken=False))
        (decision,) = (row for row in house.tools.register.messages(name) if row.text == "revocation_decision")
        assert decision.service
        assert (f"/my/inbox/{decision.id}" in (await leader.page("/my")).links) is asked
        opened = await leader.page(f"/my/inbox/{decision.id}")
        assert opened.says("申请复议、提起诉讼的期限自收到之日起算") is asked
        assert opened.says("这一决定已不再执行") is not asked
        assert not opened.says("送达另行登记"), "whether it stands or not, nobody is to serve it"
        notice = next(row for row in house.tools.register.messages(name) if row.text == "revocation_notice_other")
        shown = await leader.page(f"/my/inbox/{notice.id}")
        assert shown.says("已经办结或者另有通知"), "the case has been decided"
