"""What comes on paper: which acts may, what a door asks for, how it is kept, and how it is entered at desk and API."""

import json
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from activities.register import Register
from activities.rows import papers_of
from models.register import Paper
from models.values import digest
from models.vocabulary import ActKind, Role
from regulation import lifecycle
from regulation.lodging import PAPER_MISSING, lodge
from regulation.on_paper import ON_PAPER
from tests.databases import on_both
from tests.simulated import Papered, told, written
from tests.story import application

SENDERS = {Role.LEADER, Role.PUBLIC}


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
OFFICER = {"person": "c-101", "office": "210100", "role": "city_st"}


def withdrawal(**fields: Any) -> dict[str, Any]:
    """A leader's withdrawal as an officer enters it."""
    act = {"id": "w-1", "kind": "withdraw", "by": OFFICER, "received_at": "2026-03-20T10:00:00+08:00"}
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
    return told(form, ("city", "withdraw", "2026-03-20T10:00", came))


@on_both
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
