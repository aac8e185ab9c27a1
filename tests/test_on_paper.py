"""What comes on paper: which acts may, what a door asks for, how it is kept, and how it is entered at desk and API."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col
from starlette.datastructures import FormData

from activities.register import Register
from activities.rows import papers_of
from examples.demo import OFFICES
from gateway.asked import acts
from models.register import Paper
from models.values import digest
from models.vocabulary import ActKind, Kind, Role, Stage
from regulation import lifecycle
from regulation.lodging import PAPER_MISSING, lodge
from regulation.moment import Moment
from regulation.naming import short_received
from regulation.offers import offer
from regulation.on_paper import ON_PAPER, first_second
from tests.databases import on_both, on_both_by_the_owner
from tests.filling import sent
from tests.leading import OFFICER, leading
from tests.patience import Patient
from tests.served import Served, served
from tests.simulated import Papered, told, written
from tests.story import Story, application, checklist, instant
from tests.world import World

SENDERS = {Role.LEADER, Role.PUBLIC}
CHALLENGE = {"procedure": "suit", "authority": "沈阳市中级人民法院", "accepted_on": "2026-12-04"}
COLLEAGUE = OFFICER.but(person="c-102")
"""Another person of the same office."""


# The table


def test_every_act_of_a_leader_or_an_objector_may_come_on_paper() -> None:
    theirs = {row.event for row in lifecycle.TABLE if row.by & SENDERS}
    assert theirs - {ActKind.ACKNOWLEDGE_SERVICE} == set(ON_PAPER)  # 签收 on paper is the office's own record_service


@pytest.mark.parametrize("kind", ON_PAPER)
def test_whose_it_is_says_the_lifecycle_too(kind: ActKind) -> None:
    rows = [row for row in lifecycle.TABLE if row.event is kind]
    assert rows
    assert all(row.by & SENDERS == {ON_PAPER[kind].sender} for row in rows)


# At a door


SCAN = {
    "name": "来文.pdf",
    "media_type": "application/pdf",
    "size": 9,
    "sha256": digest("scan"),
    "location": "platform://scans/1",
}
CAME = {"on": "2026-03-20", "how": "in_person", "received_by": "c-103", "scan": SCAN}
BY = OFFICER.by.model_dump(mode="json")


def withdrawal(**fields: Any) -> dict[str, Any]:
    """A leader's withdrawal as an officer enters it."""
    act = {"id": "w-1", "kind": "withdraw", "by": BY, "received_at": "2026-03-20T10:00:00+08:00"}
    return act | {"on_behalf_of": "leader", "came": CAME} | fields


def faults(act: dict[str, Any]) -> list[str]:
    """Where an act is at fault."""
    return [each.field for each in lodge("LN-1", act).findings]


def test_the_scan_and_who_brought_it_are_a_paper_and_no_part_of_the_act() -> None:
    lodged = lodge("LN-1", withdrawal(came=CAME | {"brought_by": "送件人示例"}))
    assert lodged.act is not None
    assert lodged.act.came is not None
    assert lodged.record == {"brought_by": "送件人示例", "scan": SCAN}
    assert lodged.act.came.record == digest(lodged.record)
    assert "送件人" not in lodged.act.model_dump_json()


def test_everything_wrong_with_what_came_is_told_at_once_and_where_it_is_wrong() -> None:
    assert faults(withdrawal()) == []
    assert faults(withdrawal(came=None)) == ["/came"]
    assert faults(withdrawal(on_behalf_of=None)) == ["/on_behalf_of"]
    assert faults(withdrawal(on_behalf_of="public")) == ["/on_behalf_of"]
    assert faults(withdrawal(on_behalf_of="city_st")) == ["/on_behalf_of"]
    assert faults(withdrawal(came={})) == ["/came/scan", "/came/on", "/came/how", "/came/received_by"]
    assert faults(withdrawal(came=CAME | {"scan": {"name": "a"}}))[0] == "/came/scan/media_type"
    assert faults(withdrawal(came=CAME | {"on": "2026-03-21", "postmarked_on": "2026-03-22"})) == [
        "/came/on", "/came/postmarked_on", "/came/postmarked_on"
    ]  # fmt: skip
    assert faults(withdrawal(came=CAME | {"on": "2026-03-19", "received_by": "c-101"})) == ["/came/received_by"]
    assert faults(withdrawal(came=CAME | {"received_by": "c-101"})) == []
    assert faults(withdrawal(kind="accept")) == ["/on_behalf_of"]


@pytest.mark.parametrize("kind", ON_PAPER)
def test_a_form_sent_empty_is_told_in_chinese_what_it_lacks_and_only_of_what_it_asks(kind: ActKind) -> None:
    empty = acts.read_act(kind, FormData(), on_paper=True, of=Kind.A)
    lodged = lodge("LN-1", {**empty, "id": "o-1", "kind": kind.value, "by": OFFICES["city"]})
    assert lodged.findings, "nothing was filled in"
    told = [each.message for each in lodged.findings if re.search(r"[a-z]{3,}", each.message)]
    assert told == [], "words of the program"
    asked = {"/came/how", "/came/on", "/came/received_by", "/came/scan"} | {f"/{name}" for name in acts.asked(kind)}
    derived = [
        each.field for each in lodged.findings if not each.field.startswith("/content/") and each.field not in asked
    ]
    assert derived == [], "what the door reads from the paper nobody can fill in"


def test_the_postmark_of_an_objection_is_told_once() -> None:
    content = {"party": "individual", "name": "异议人示例", "channel": "letter", "text": "与事实不符。"}
    posted = CAME | {"how": "post", "postmarked_on": "2026-03-18"}
    objection = withdrawal(kind="object", on_behalf_of="public", came=posted, content=content)
    lodged = lodge("LN-1", objection)
    assert lodged.act is not None
    assert str(getattr(lodged.act, "postmarked_on", None)) == "2026-03-18"
    other = objection | {"content": content | {"postmarked_on": "2026-03-17"}}
    assert "/content/postmarked_on" in faults(other)


# In the register


def entered() -> Papered:
    """A withdrawal that came over the counter, entered the day after by another officer."""
    form = application(filing_id="PAPER", received_at="2026-03-16T09:00:00+08:00")
    came = {"on_behalf_of": "leader", "came": CAME | {"on": "2026-03-19", "brought_by": "送件人示例"}}
    return told(form, ("city", "withdraw", "2026-03-20T10:00", came), until=instant("2026-03-20T11:00"))


@on_both_by_the_owner
def test_the_record_of_receipt_is_kept_and_proved_like_any_paper(register: Register) -> None:
    life = entered()
    assert {each.outcome for each in written(register, life)} == {"entered"}
    (record,) = papers_of(life.docket[-1])
    assert register.paper(record)["brought_by"] == "送件人示例"
    assert register.verify("PAPER") == []
    with register.engine.begin() as connection:
        other = json.dumps(register.paper(record) | {"brought_by": "另一人"})
        connection.execute(update(Paper).where(col(Paper.digest) == record).values(body=other))
    assert register.verify("PAPER") == [f"第{life.docket[-1].number}号登记的文书已被改动或缺失"]


@on_both
def test_nothing_is_entered_without_its_record_of_receipt(register: Register) -> None:
    life = entered()
    for entry in life.docket[:-1]:
        register.lodge("PAPER", "application", dict(life.papers)["application"], entry.at)
        register.append(entry)
    assert register.append(life.docket[-1]).reason == PAPER_MISSING


@pytest.mark.parametrize("answered", [2, 4, 5])
@on_both
def test_nothing_is_left_to_do_upon_a_letter_only_by_the_entry_that_did_it(register: Register, answered: int) -> None:
    """A report came on paper and was then filed online too, by entry 5: no other entry did what the letter asks for."""
    form = application(filing_id="PAPER", received_at="2026-12-01T09:00:00+08:00")
    corrected = {"content": application(filing_id="PAPER") | {"technical_field": "新材料"}}
    came = {"id": "l-1", "on_behalf_of": "leader", "came": CAME | {"on": "2026-12-03"}}
    closing = {"letter": "l-1", "done_by": answered, "reason": "同一事项已经在线办结"}
    life = told(
        form,
        ("city", "return_for_correction", "2026-12-02T10:00", {"deficiencies": [{"item": "A-17", "message": "缺页"}]}),
        ("city", "resubmit", "2026-12-03T10:00", corrected | came),
        ("city2", "record_challenge", "2026-12-04T10:00", CHALLENGE),
        ("leader", "resubmit", "2026-12-05T10:00", corrected),
        ("city", "close_letter", "2026-12-07T10:00", closing),
        until=instant("2026-12-07T11:00"),
    )
    *_, last = written(register, life)
    by = "entered" if answered == 5 else f"来文所请之事不是由第{answered}号登记办结的"
    assert by in (last.outcome, last.reason)


# Its form


def test_what_did_what_a_letter_asks_for_is_chosen_among_what_was_entered() -> None:
    form = application(filing_id="PAPER", received_at="2026-12-01T09:00:00+08:00")
    corrected = {"content": application(filing_id="PAPER") | {"technical_field": "新材料"}}
    came = {"id": "l-1", "on_behalf_of": "leader", "came": CAME | {"on": "2026-12-03"}}
    life = told(
        form,
        ("city", "return_for_correction", "2026-12-02T10:00", {"deficiencies": [{"item": "A-17", "message": "缺页"}]}),
        ("city", "resubmit", "2026-12-03T10:00", corrected | came),
        ("leader", "resubmit", "2026-12-05T10:00", corrected),
        until=instant("2026-12-07"),
    )
    filing, now = life.docket[-1].filing, instant("2026-12-07")
    offered = offer(filing, ActKind.CLOSE_LETTER, Moment(now, now), OFFICER.by)
    assert offered is not None
    there = {"l-1": "第3号登记“补正重报”", f"{acts.ENTRY}4": "第4号登记“补正重报”（2026年12月5日10时00分）"}
    shown = {each.name: each for each in acts.form_of(filing, offered, (), None, (), known_by=there)}
    assert shown["letter"].options == (("l-1", "第3号登记“补正重报”"),)
    assert (shown["done_by"].widget, shown["done_by"].options) == ("choice", (("4", there["#4"]),))


def test_what_counts_as_of_a_day_is_told_as_that_day() -> None:
    assert short_received(first_second(date(2026, 12, 3), instant("2026-12-05"))) == "2026-12-03"
    assert short_received(instant("2026-12-03T00:00")) == "2026-12-03"
    assert short_received(instant("2026-12-03T09:05")) == "2026-12-03 09:05"


def test_a_correction_is_entered_over_the_application_as_it_stands() -> None:
    form = application(filing_id="PAPER", received_at="2026-03-16T09:00:00+08:00")
    lacking = {"deficiencies": [{"item": "A-17", "message": "协议缺签署页"}]}
    life = told(form, ("city", "return_for_correction", "2026-03-17T10:00", lacking), until=instant("2026-03-18"))
    filing, now = life.docket[-1].filing, instant("2026-03-18")
    offered = offer(filing, ActKind.RESUBMIT, Moment(now, now), OFFICER.by)
    assert offered is not None
    assert (offered.mine, offered.on_paper, offered.open) == (False, True, True)
    paper = dict(life.papers)["application"]
    shown = acts.form_of(filing, offered, (), None, (), application=paper, colleagues=[("c-103", "收件人")])
    filled = FormData([*sent(shown), ("/came/how", "in_person"), ("/came/on", "2026-03-18")])
    act = acts.read_act(ActKind.RESUBMIT, filled, on_paper=True, of=filing.kind)
    assert act["on_behalf_of"] == "leader"
    assert act["came"] == {"how": "in_person", "on": "2026-03-18", "scan": {}} or "scan" not in act["came"]
    again = lodge("PAPER", {"id": "r-1", "by": BY, "kind": "resubmit", **act, "came": CAME | {"on": "2026-03-18"}})
    assert again.paper == paper


def test_what_the_province_alone_says_of_an_import_is_in_no_form_of_a_leader() -> None:
    """补充存量资料 on paper begins with what the list said, but for what makes it an import: that a leader cannot say (A-02)."""
    listed = {"filing_id": "PAPER", "kind": "A", "alliance_name": "沈阳丁联盟", "leader": {"name": "沈阳丁有限公司"}}
    listed["legacy"] = {"archived_on": "2021-12-08", "document_no": "辽科备〔2021〕9号"}
    form = application(filing_id="PAPER", received_at="2026-03-16T09:00:00+08:00")
    filing = told(form, until=instant("2026-03-17")).docket[-1].filing
    filing = filing.but(stage=Stage.IN_FORCE, incomplete=True)
    now = instant("2026-03-18")
    offered = offer(filing, ActKind.COMPLETE_RECORD, Moment(now, now), OFFICER.by)
    assert offered is not None
    assert offered.on_paper
    filled = FormData([*sent(acts.form_of(filing, offered, (), None, (), application=listed))])
    content = acts.read_act(ActKind.COMPLETE_RECORD, filled, on_paper=True, of=filing.kind)["content"]
    assert content == {name: told for name, told in listed.items() if name != "legacy"} | {
        "members": [],
        "documents": [],
    }
    forged = FormData([*filled.multi_items(), ("/content/legacy/archived_on", "2021-12-08")])
    assert "legacy" not in acts.read_act(ActKind.COMPLETE_RECORD, forged, on_paper=True, of=filing.kind)["content"]


# At the desk and by the API


PDF = b"%PDF-1.7\nletter"
SHA = hashlib.sha256(PDF).hexdigest()


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """A gateway over the engine, in March 2027."""
    async with served(world, "2027-03-15", reads_a_minute=9999, acts_a_minute=9999) as running:
        yield running


async def on_notice(world: World, filing_id: str) -> Story:
    """A filing whose notice is over, while letters may still come: until 2027-04-06."""
    story = Story(world, filing_id)
    await story.submitted("2027-03-16")
    await story.city("accept", "2027-03-17")
    await story.iit("give_iit_opinion", "2027-03-22", positive=True)
    await story.city2("confirm", "2027-03-24", checklist=checklist())
    await story.on("2027-04-01")
    return story


async def test_a_letter_is_entered_at_the_desk_with_its_scan_and_blocks_as_if_it_had_been_sent_online(
    world: World, gateway: Served
) -> None:
    story = await on_notice(world, "PAPER-1")
    gateway.clock.set("2027-04-02")
    address = "/filings/PAPER-1/acts/object"
    async with leading(gateway.tools, Patient(base_url=gateway.base), OFFICER) as desk:
        assert address in (await desk.page("/filings/PAPER-1")).links
        form = await desk.page(address)
        assert form.says("代异议人登记")
        filled = {
            "/came/how": "post", "/came/on": "2027-04-01", "/came/postmarked_on": "2027-03-31",
            "/came/received_by": "c-103", "/content/party": "individual", "/content/name": "异议人示例",
            "/content/contact": "13900000009", "/content/text": "所列成员单位情况与事实不符。",
        }  # fmt: skip
        letter = [*form.hidden("id", "seen"), *filled.items()]
        without = await desk.sends(address, letter)
        assert without.status_code == 422
        assert 'id="found-/came/scan' in without.text
        assert "本机构没有这样的工作人员登录过本系统" in without.text, "told with the rest, at its field"
        refused = await desk.sends(address, [*letter, ("/came/received_by", "c-101")], {"/x": ("x", b"")})
        assert refused.status_code == 422
        scanned = {"/came/scan/file": ("异议信.pdf", PDF)}
        nobody = await desk.sends(address, [*letter, ("/came/received_by", "查无此人")], scanned)
        assert (nobody.status_code, "收件人须为本机构工作人员的姓名，或者其编号" in nobody.text) == (422, True)
        gateway.tools.people.remember(OFFICER.but(person="c-103", name="收件人示例"), gateway.clock())
        letter = [(name, "收件人示例" if name == "/came/received_by" else value) for name, value in letter]
        answer = await desk.sends(address, letter, scanned)
        assert answer.status_code == 303, answer.text
        receipt = answer.headers["location"].partition("?")[0]
        page = await desk.page(receipt)
        for fact in (
            "收件回执",
            "异议人没有收件箱，以本回执告知",
            "异议人示例",
            "2027年4月1日",
            "2027年3月31日",
            "收件人示例",
            OFFICER.name,
            SHA,
        ):
            assert page.says(fact), fact
        assert (await desk.client.get(f"/uploads/{SHA}?filing=PAPER-1")).content == PDF
        number = re.findall(r"entries/(\d+)/receipt", receipt)[0]
        drawn = await desk.client.get(f"/filings/PAPER-1/documents/receipt-{number}")
        assert drawn.headers["content-type"].endswith("wordprocessingml.document")
    entry = world.register.docket("PAPER-1")[-1]
    assert (str(entry.event.kind), entry.filing.open_objections) == ("object", 0), "nobody has confirmed it"
    async with leading(gateway.tools, Patient(base_url=gateway.base), OFFICER) as desk:
        assert not (await desk.page(receipt)).says("核对无误")
    async with leading(gateway.tools, Patient(base_url=gateway.base), COLLEAGUE) as desk:
        assert receipt in (await desk.page("/filings/PAPER-1")).links
        shown = await desk.page(receipt)
        assert shown.says("核对无误")
        confirmed = await desk.sends(
            receipt.replace("receipt", "confirmation"), shown.hidden("id", "seen", "previewed")
        )
        assert confirmed.status_code == 303, confirmed.text
    entry = world.register.docket("PAPER-1")[-1]
    assert (str(entry.event.kind), entry.filing.open_objections) == ("object", 1)
    assert entry.at == instant("2027-03-31T00:00:01")
    noted = [each for each in gateway.tools.audit.lines(person=OFFICER.person) if each.filing_id == "PAPER-1"]
    assert {"acted", "read_upload", "read_paper", "exported"} <= {each.kind for each in noted}
    async with leading(gateway.tools, Patient(base_url=gateway.base)) as leader:
        assert "异议人示例" not in (await leader.page("/filings/PAPER-1")).text
        assert (await leader.client.get(receipt)).status_code == 404
        assert (await leader.client.get(f"/uploads/{SHA}?filing=PAPER-1")).status_code == 404
    await story.on("2027-04-20")
    assert story.filing.stage == "on_notice", "nothing is cleared while it is open"


async def test_a_program_of_the_office_enters_what_came_with_the_scan_that_it_uploaded(
    world: World, gateway: Served
) -> None:
    await on_notice(world, "PAPER-2")
    gateway.clock.set("2027-04-02")
    async with Patient(base_url=f"{gateway.base}/api/v1/") as officer:
        officer.headers["Authorization"] = "Bearer c-101"
        scan = (await officer.post("uploads", files={"file": ("来文.pdf", PDF + b"2")})).json()
        came = {"on": "2027-04-02", "how": "in_person", "received_by": "c-101", "scan": scan}
        act = {"id": "w-1", "kind": "withdraw", "on_behalf_of": "leader", "came": came}
        for wrong, field in (
            ({"came": came | {"scan": scan | {"sha256": "0" * 64, "location": f"upload:{'0' * 64}"}}}, "/came/scan"),
            ({"came": came | {"on": "2027-04-01"}}, "/came/received_by"),
            ({"came": came | {"record": "0" * 64}}, "/came/record"),
            ({"came": came | {"received_by": "c-999"}}, "/came/received_by"),
            ({"came": None}, "/came"),
        ):
            refused = await officer.post("filings/PAPER-2/acts", json=act | wrong)
            assert (refused.status_code, field in {each["field"] for each in refused.json()["findings"]}) == (422, True)
        entered = await officer.post("filings/PAPER-2/acts", json=act)
        assert (entered.status_code, entered.json().get("stage")) == (201, "on_notice"), "one alone ends nothing"
        second = {"id": "w-2", "kind": "withdraw", "seconds": "w-1"}
        alone = await officer.post("filings/PAPER-2/acts", json=second)
        assert (alone.status_code, "登记人以外的人" in alone.text) == (422, True), alone.text
        colleague = {"Authorization": f"Bearer {COLLEAGUE.person}"}
        async with leading(gateway.tools, Patient(base_url=gateway.base), COLLEAGUE) as desk:
            receipt = await desk.page(f"/filings/PAPER-2/entries/{entered.json()['number']}/receipt")
            answers = {link.rpartition("/")[2] for link in receipt.links if "/acts/" in link}
            assert answers == {"deny_letter"}, "who asks for an end is never told that nothing is left to do"
        other = second | {"on_behalf_of": "leader", "came": came | {"brought_by": "另一人"}}
        differs = await officer.post("filings/PAPER-2/acts", json=other, headers=colleague)
        assert (differs.status_code, "所载不同" in differs.text) == (422, True), differs.text
        done = await officer.post("filings/PAPER-2/acts", json=second, headers=colleague)
        assert (done.status_code, done.json().get("stage")) == (201, "withdrawn"), done.text
        again = await officer.post("filings/PAPER-2/acts", json=second, headers=colleague)
        assert (again.status_code, again.json()) == (200, done.json())
        documents = (await officer.get("filings/PAPER-2/documents")).json()
        assert [each["name"] for each in documents if each["key"].startswith("receipt-")]
    told = [each.text for each in world.register.messages("PAPER-2") if each.to == "leader"]
    assert told[-3:] == ["letter_entered", "entered_for_leader", "withdrawn"]
