"""Reported changes: each brings what it is about, and the alliance after it is judged as at intake (G-24, Art. 5)."""

from copy import deepcopy
from typing import Any

import pytest

from models.forms import ChangePaper
from models.vocabulary import Kind, Severity
from regulation import changes, checklist, judging
from regulation.changes import BRINGS, STATE, Subject
from regulation.lodging import lodge
from regulation.simulation import simulate
from tests.applications import RECEIVED, good

TAKING_OVER = "91210200MA10ABCE4L"


def example(kind: Kind = Kind.A) -> dict[str, Any]:
    """The good application of a kind."""
    return good(kind.value)


def subject(kind: Kind = Kind.A, **known: Any) -> Subject:
    """The example's filing, as a door knows it."""
    form = example(kind)
    filing = simulate(form | {"received_at": RECEIVED[kind.value].isoformat()}).filing
    assert filing
    name, leader = form["alliance_name"], form["leader"]["name"]
    return Subject(filing=filing, alliance_name=name, leader_name=leader, known=judging.Known(**known))


def paper(change: str, kind: Kind = Kind.A, **fields: Any) -> dict[str, Any]:
    """A good paper of a change; of a replaced leader with its successor in its row."""
    form = example(kind)
    leader = {name: form["leader"][name] for name in LEADER}
    members = deepcopy(form["members"])
    if change == "leader":
        leader |= {"name": "示例接任有限公司", "uscc": TAKING_OVER, "rd_last_year": "120.00"}
        members[0] |= {"name": leader["name"], "code": TAKING_OVER}
    state = {"alliance_name": form["alliance_name"], "leader": leader, "members": members, "counts": form["counts"]}
    if change == "rename":
        state["alliance_name"] = {Kind.A: "沈阳市新名产学研联盟", Kind.B: "沈阳市新名联盟"}[kind]
    return {"text": "变更说明", **{part: state[part] for part in BRINGS[change].must}, **fields}


LEADER = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")


def errors(change: str, content: dict[str, Any], about: Subject | None = None) -> list[tuple[str, str]]:
    """The numbers and places of what refuses a paper."""
    found = changes.findings(change, ChangePaper.model_validate(content), about or subject())
    return [(each.code, each.field) for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("change", BRINGS)
def test_a_good_paper_is_taken(change: str, kind: Kind) -> None:
    assert errors(change, paper(change, kind), subject(kind)) == []


@pytest.mark.parametrize("change", BRINGS)
def test_a_paper_brings_what_its_change_is_about_and_nothing_else(change: str) -> None:
    everything = paper("members") | {"leader": {name: example()["leader"][name] for name in LEADER}}
    for part in STATE:
        with_it = paper(change) | {part: everything[part]}
        if part not in (*BRINGS[change].must, *BRINGS[change].may):
            assert ("G-24", f"/{part}") in errors(change, with_it), part
        without = {name: value for name, value in paper(change).items() if name != part}
        assert (("G-24", f"/{part}") in errors(change, without)) is (part in BRINGS[change].must), part


def test_a_rename_cannot_bring_leader_and_members_along() -> None:
    act = {"id": "r", "kind": "report_change", "change": "rename", "happened_on": "2026-05-01"}
    by = {"person": "u-1", "office": example()["leader"]["uscc"], "role": "leader"}
    brought = paper("members") | {"alliance_name": "沈阳市新名产学研联盟"}
    lodged = lodge("LN-1", act | {"by": by, "content": brought}, subject())
    assert [each.field for each in lodged.findings if each.severity is Severity.ERROR] == [
        "/content/leader", "/content/members", "/content/counts",
    ]  # fmt: skip
    assert lodged.refused


def test_a_new_name_is_a_name_and_nobody_elses() -> None:
    for kind, name in ((Kind.A, "沈阳市新名联合体"), (Kind.B, "沈阳市新名联合体"), (Kind.A, "沈阳市新名联盟")):
        content = paper("rename", kind, alliance_name=name)
        assert errors("rename", content, subject(kind)) == [("FA-01" if kind is Kind.A else "FB-01", "/alliance_name")]
    taken = subject(names=("沈阳市新名产学研联盟",))
    assert errors("rename", paper("rename"), taken) == [("FA-01", "/alliance_name")]
    assert errors("leader", paper("leader"), subject(names=(example()["alliance_name"],))) == [
        ("FA-01", "/alliance_name")
    ]
    assert errors("rename", paper("rename", alliance_name=example()["alliance_name"])) == [("G-24", "/alliance_name")]


def test_what_stays_is_told_as_it_stands() -> None:
    other = paper("leader")
    assert errors("members", other | {"alliance_name": "沈阳市另一产学研联盟"})[:2] == [
        ("G-24", "/leader/uscc"), ("G-24", "/alliance_name"),
    ]  # fmt: skip
    contact = {"leader": {name: example()["leader"][name] for name in LEADER} | {"phone": "13900000002"}}
    assert errors("contact", paper("contact") | contact) == []
    contact["leader"]["name"] = "沈阳另一有限公司"
    assert errors("contact", paper("contact") | contact) == [("G-24", "/leader/name")]


def test_the_alliance_after_a_change_is_judged_as_at_intake() -> None:
    """The numbers said one university, the rows held none: confirmed, against Art. 5."""
    content = paper("members")
    content["members"] = [each for each in content["members"] if each["type"] == "enterprise"]
    content["counts"] = {"total": 2, "enterprises": 1, "universities": 1, "institutes": 0}
    assert ("A-14", "/members") in errors("members", content)
    twice = paper("members")
    twice["members"].append(twice["members"][1])
    assert ("FA-20", "/members") in errors("members", twice)
    short = paper("members")
    short["members"] = short["members"][:-1]
    assert errors("members", short) == [("FA-20", "/members")]


def test_a_new_leader_is_an_enterprise_that_spends_on_research() -> None:
    for uscc in ("12210000MA10ABCD6L", "52210200MA10ABCD6T"):
        content = paper("leader")
        content["leader"]["uscc"] = uscc
        content["members"] = [each for each in content["members"] if each["code"] not in (TAKING_OVER, uscc)]
        assert ("A-06", "/leader/uscc") in errors("leader", content)
    declared = paper("leader")
    declared["leader"]["org_type"] = "university"
    assert errors("leader", declared) == [("A-06", "/leader/org_type")]
    for spent in (None, "0"):
        idle = paper("leader")
        idle["leader"]["rd_last_year"] = spent
        assert errors("leader", idle) == [("A-13", "/leader/rd_last_year")]


def test_whoever_reviews_a_change_is_told_what_to_look_at() -> None:
    for kind in Kind:
        told = {
            change: [
                each.code
                for each in changes.findings(change, ChangePaper.model_validate(paper(change, kind)), subject(kind))
                if each.severity is Severity.CHECK and not each.field
            ]
            for change in BRINGS
        }
        assert told["leader"] == [line.code for line in checklist.CHECKS[kind]]
        assert set(told["members"]) == set(checklist.OF_MEMBERS[kind])
        assert told["contact"] == told["rename"] == told["ended"] == []
    elsewhere = paper("leader")
    elsewhere["leader"]["uscc"] = elsewhere["members"][0]["code"] = "91110000600037341L"
    found = changes.findings("leader", ChangePaper.model_validate(elsewhere), subject())
    assert ("A-12", "/leader/uscc", Severity.CHECK) in [(each.code, each.field, each.severity) for each in found]
