"""What is to be put right after a spot check ends with its alliance, in a real register (A-33)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from activities.register import Register
from examples.province.service import Service
from gateway.identity import EMBEDDED
from gateway.remembered.people import People
from models.rounds.inspections import Standing
from models.rounds.round import Round
from models.values import SHANGHAI
from models.vocabulary import Kind, Stage
from regulation.rounds import lot
from regulation.rounds.checks import CHECKS
from regulation.rounds.inspecting import state
from tests.databases import prepare
from tests.simulated import told, written
from tests.story import application

ROUND = "inspection-2027-LN-1"
ST = {"person": "p-401", "office": "210000", "role": "province_st"}
IIT = {"person": "p-501", "office": "210000", "role": "province_iit"}
SECRETS = ((ST, "a" * 20), (IIT, "b" * 20))
ON_FILE = ("SY-1", "SY-2")


def at(day: str) -> datetime:
    """Ten in the morning of a day."""
    return datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=SHANGHAI)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A register with two alliances on file."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    prepare(url)
    service = Service(Register.at(url))
    for number, name in enumerate(ON_FILE, 1):
        form = application(
            Kind.A, filing_id=name, alliance_name=f"沈阳市{name}产学研联盟", received_at="2027-01-15T09:00:00+08:00", by=ST,
            legacy={"archived_on": "2024-12-18", "archive_number": f"{number:06d}", "document_no": "辽科函1号"},
        )  # fmt: skip
        written(service.register, told(form, until=at("2027-02-28")))
    yield service
    service.close()


def inspected(service: Service) -> Round:
    """Both alliances were drawn and inspected; what one or the other has to put right is due on the last of June."""

    def acts(day: str, by: dict[str, Any], kind: str, content: dict[str, Any] | None = None, **said: Any) -> None:
        service.acts(ROUND, at(day), by, kind, content, **said)

    plan = {"purpose": "check", "draw": 2, "at_least_one": False}
    acts("2027-03-01", ST, "open_round", plan, title="2027年度随机抽查", opens="2027-03-01", closes="2027-09-30")
    acts("2027-03-02", ST, "list_population")
    for by, secret in SECRETS:
        acts("2027-03-03", by, "commit_seed", commitment=lot.commitment(ROUND, secret))
    for by, secret in SECRETS:
        acts("2027-03-04", by, "reveal_seed", secret=secret)
    acts("2027-03-05", ST, "draw_lot")
    people = [
        {"person": by["person"], "name": name, "employer": "厅机关", "no_conflict": True}
        for by, name in ((ST, "张衡"), (IIT, "王充"))
    ]
    asked = CHECKS["LN-2026"].items(state(service.round(ROUND)).purpose)
    lines = [{"item": each.asks, "met": each.item != "agreement", "note": "协议已过期"} for each in asked]
    record = {
        "inspected_on": "2027-05-20", "place": "沈阳市", "present": ["赵某"], "lines": lines, "conclusion": "如上",
        "rectify_by": "2027-06-30",
    }  # fmt: skip
    for name in ON_FILE:
        acts("2027-03-06", ST, "assign_inspectors", {"planned_on": "2027-05-20", "inspectors": people}, filing=name)
        for by in (ST, IIT):
            acts("2027-05-21", by, "record_findings", record, filing=name)
    return service.round(ROUND)


def test_the_next_look_ends_what_an_alliance_that_left_had_to_put_right(service: Service) -> None:
    assert state(inspected(service)).rectify == {"2027-06-30": 2}
    leader = service.register.rows(["SY-1"])["SY-1"].leader
    left = {"id": "out", "kind": "deregister", "reason": "不再合作", "received_at": at("2027-06-01").isoformat()}
    by = {"person": "l-1", "office": leader, "role": "leader"}
    service.goes_on("SY-1", [{**left, "by": by}], at("2027-06-02"))
    assert service.register.rows(["SY-1"])["SY-1"].stage == Stage.DEREGISTERED
    service.until(ROUND, at("2027-07-01"))
    items = {each.filing_id: each.state for each in service.rounds.items(ROUND)}
    assert items == {"SY-1": Standing.ENDED, "SY-2": Standing.DEFICIENT}
    assert state(service.round(ROUND)).rectify == {"2027-06-30": 1}
    last = service.rounds.entry(ROUND, service.round(ROUND).number)
    assert last
    assert last.act
    assert (last.act.by.person, last.act.reason) == ("beian", "联盟自愿注销，整改随之终结")
    service.until(ROUND, at("2027-07-12"))
    assert {each.state for each in service.rounds.items(ROUND)} == {Standing.ENDED, Standing.DEFICIENT}
    service.acts(
        ROUND, at("2027-07-12"), ST, "rule_on_rectification", filing="SY-2", decision="not_rectified", reason="未报"
    )
    service.acts(ROUND, at("2027-07-12"), ST, "close_round")
    assert service.round(ROUND).over
    assert service.rounds.verify(ROUND) == []


def test_whoever_is_to_inspect_is_somebody_that_the_service_knows(service: Service) -> None:
    """The record is entered by the inspector: of one who is nobody, nobody could enter it."""
    people, who = People(service.register.engine, EMBEDDED), EMBEDDED["p-401"]
    people.remember(who.but(person="p-409", name="张衡"), at("2027-03-01"))
    for person, found in (
        ("p-402", []),
        ("张衡", []),
        ("q-403", []),
        ("c-101", []),
        ("p-999", ["/content/inspectors/1/person"]),
        ("", []),
    ):
        content = {"inspectors": [{"person": "p-401"}, {"person": person}]}
        told, unknown = people.known("assign_inspectors", {"content": content}, who)
        assert [each.field for each in unknown] == found, person
        named = told["content"]["inspectors"][1]["person"]
        assert named == ("p-409" if person == "张衡" else person)
    assert (
        "没有这样的人员登录过本系统"
        in people.known("assign_inspectors", {"content": {"inspectors": [{"person": "\x00"}, 1, {}]}}, who)[1][
            0
        ].message
    )
    people.remember(who.but(person="p-408", name="张衡"), at("2027-03-01"))
    twice = {"content": {"inspectors": [{"person": "张衡"}]}}
    assert "有2人同名，请填写其编号" in people.known("assign_inspectors", twice, who)[1][0].message
    assert people.known("record_findings", twice, who) == (twice, [])
