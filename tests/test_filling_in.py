"""A long form while it is filled in: its help, its steps, autosave, two windows on one draft, rows and documents."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import httpx
import pytest
from pydantic import BaseModel
from starlette.datastructures import FormData

from activities.documents import drafted, forms
from gateway.asked import applications, steps
from gateway.asked.compared import differences
from gateway.asked.filled import next_row
from gateway.asked.forms import Field, asked_of, fields_of, model_within
from gateway.remembered.drafts import body_of, layout_of
from gateway.shown.documents import DOCX
from models.forms import AnnualReport, DefencePaper, FormA, FormB, ObjectionPaper
from models.help import HELP, WITHOUT, help_of
from models.sections import SECTIONS, names_of
from models.settings import Settings
from models.vocabulary import Kind
from regulation import intake, promises
from regulation.articles import cite
from tests.databases import Databases
from tests.leading import COLLEAGUE, LEADER, OFFICER, OTHER, Leader, example, filled, leading
from tests.served import Clock
from tests.simulated import lived, written
from tests.story import instant
from tests.visiting import House, visiting


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2026, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant("2026-03-16"))) as opened:
        yield opened


@pytest.fixture
async def signed_in(house: House) -> AsyncIterator[Any]:
    """Browsers for whoever is asked for."""
    async with AsyncExitStack() as browsers:

        async def of(who: Any = LEADER) -> Leader:
            return await browsers.enter_async_context(leading(house.tools, house.browser(), who))

        yield of


def saved(house: House, address: str) -> dict[str, Any]:
    """What was saved of a draft."""
    row = house.tools.drafts.find(address.rpartition("/")[2], LEADER.office, house.tools.clock())
    assert row
    return body_of(row)


# Help


def models_of(model: type[BaseModel], only: Any = None) -> Iterator[tuple[type[BaseModel], str]]:
    """Every field of a form that people are asked for, with the model that has it."""
    for name in only or asked_of(model):
        yield model, name
        if inner := model_within(model, name):
            yield from models_of(inner)


FORMS: dict[type[BaseModel], Any] = {
    FormA: names_of(Kind.A),
    FormB: names_of(Kind.B),
    AnnualReport: ("summary", "plan", "integrity_commitment"),
    DefencePaper: None,
    ObjectionPaper: ("party", "name", "contact", "stamped", "text", "evidence"),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda each: each.__name__)
def test_every_field_has_its_help_or_a_reason_for_none(form: type[BaseModel]) -> None:
    without = [
        f"{model.__name__}.{name}"
        for model, name in models_of(form, FORMS[form])
        if help_of(model, name) is None
        and WITHOUT.keys().isdisjoint(f"{base.__name__}.{name}" for base in model.__mro__)
    ]
    assert without == []


def test_help_is_of_fields_that_there_are_and_cites_what_there_is() -> None:
    known = {
        f"{base.__name__}.{name}"
        for form in FORMS
        for model, name in models_of(form, FORMS[form])
        for base in model.__mro__
    }
    assert {*HELP, *WITHOUT} <= known
    assert all(cite(each.number) for each in HELP.values() if each.number)
    assert all(each.why or not each.number for each in HELP.values())


def test_what_a_kind_asks_is_cited_by_its_own_numbers() -> None:
    (leader,) = next(part for part in applications.parts({"kind": "B"}, ()) if part.section.key == "leader").fields
    address = next(each for each in leader.fields if each.name == "registered_address")
    assert address.asked_by == "B-10"


# Step by step


def test_a_section_that_comes_back_leaves_the_others_as_they_were() -> None:
    raw = example("A")
    section = steps.section_of(Kind.A, "goal")
    form = FormData([("/innovation_goal", "新的目标"), ("/alliance_name", "不在这一步")])
    assert applications.filled_in(Kind.A, form, raw, section) == raw | {"innovation_goal": "新的目标"}


def test_a_step_is_done_when_nothing_of_it_is_wrong_and_begun_when_something_of_it_was_filled_in() -> None:
    before = applications.prefilled(Kind.A, LEADER)
    found = intake.examine({**before, "filing_id": "X"}, instant("2026-03-16")).findings
    new = steps.steps(Kind.A, before, found, before)
    assert {each.said for each in new} == {"未开始"}
    whole = example("A")
    examined = intake.examine({**whole, "filing_id": "X"}, instant("2026-03-16")).findings
    assert all(each.done for each in steps.steps(Kind.A, whole, examined, before))
    assert [steps.beside(Kind.A, SECTIONS[Kind.A][0].key, by) for by in (-1, 1)] == ["", "leader"]


async def test_step_by_step_or_whole_is_remembered_with_the_draft(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    answer = await leader.sends("/my/drafts", [("kind", "A")])
    address = answer.headers["location"]
    overview = await leader.page(address)
    assert overview.says("还有7步没有填好，共7步")
    assert f"{address}?step=leader" in overview.links
    one = await leader.page(f"{address}?step=goal")
    assert one.value("/innovation_goal") == ""
    assert "/leader/name" not in one.ids
    sent = [("/innovation_goal", "目标"), *one.hidden("seen", "held", "part")]
    answer = await leader.sends(address, [*sent, ("do", "next")])
    assert answer.headers["location"] == f"{address}?step=members"
    assert saved(house, address)["innovation_goal"] == "目标"
    back = await leader.page(f"{address}?step=members")
    answer = await leader.sends(address, [*back.hidden("seen", "held", "part"), ("do", "back")])
    assert answer.headers["location"] == f"{address}?step=goal"
    overview = await leader.page(address)
    await leader.sends(address, [*overview.hidden("seen", "part"), ("do", "whole")])
    row = house.tools.drafts.find(address.rpartition("/")[2], LEADER.office, house.tools.clock())
    assert row
    assert layout_of(row) == "whole"
    assert saved(house, address)["innovation_goal"] == "目标", "going back loses nothing"
    assert "/leader/name" in (await leader.page(address)).ids


# Autosave


async def test_what_stands_in_the_browser_is_saved_and_the_minute_is_told(house: House, signed_in: Any) -> None:
    leader, other = await signed_in(), await signed_in(OTHER)
    address, raw = await leader.begins(), example("A")
    shown = await leader.page(address)
    sent = [*filled(raw), *shown.hidden("seen", "held", "part")]
    answer = await leader.sends(f"{address}/saved", sent)
    assert answer.status_code == 200
    assert answer.json()["at"] == "09:00"
    assert saved(house, address)["alliance_name"] == raw["alliance_name"]
    assert (await other.sends(f"{address}/saved", sent)).status_code == 404
    leader.csrf = "x"
    assert (await leader.sends(f"{address}/saved", sent)).status_code == 403


async def test_neither_of_two_windows_overwrites_the_other_unseen(house: House, signed_in: Any) -> None:
    one, two = await signed_in(), await signed_in(COLLEAGUE)
    address, raw = await one.begins(), example("A")
    first, second = [(await each.page(address)).hidden("seen", "held", "part") for each in (one, two)]
    clock = house.tools.clock
    assert isinstance(clock, Clock)
    clock.set("2026-03-16T10:00")
    await one.sends(f"{address}/saved", [*filled(raw), *first])
    late = await two.sends(f"{address}/saved", [*filled(raw | {"alliance_name": "后来的联盟"}), *second])
    assert late.status_code == 409
    told = late.json()
    assert raw["alliance_name"] in told["elsewhere"]
    assert "后来的联盟" in told["elsewhere"]
    assert saved(house, address)["alliance_name"] == raw["alliance_name"]
    chosen = [*filled(raw | {"alliance_name": "后来的联盟"}), ("seen", told["seen"]), ("held", ""), ("part", "")]
    assert (await two.sends(f"{address}/saved", chosen)).status_code == 200
    assert saved(house, address)["alliance_name"] == "后来的联盟"


async def test_two_windows_at_two_steps_are_not_in_each_others_way(house: House, signed_in: Any) -> None:
    one, two = await signed_in(), await signed_in(COLLEAGUE)
    address = await one.begins()
    goal, counts = [await each.page(f"{address}?step={step}") for each, step in ((one, "goal"), (two, "counts"))]
    hidden = ("seen", "held", "part")
    clock = house.tools.clock
    assert isinstance(clock, Clock)
    clock.set("2026-03-16T10:00")
    for window, page, said in ((one, goal, ("/innovation_goal", "目标")), (two, counts, ("/counts/total", "5"))):
        assert (await window.sends(f"{address}/saved", [said, *page.hidden(*hidden)])).status_code == 200
    assert (saved(house, address)["innovation_goal"], saved(house, address)["counts"]) == ("目标", {"total": 5})


def test_what_two_versions_say_differently_is_told_field_by_field() -> None:
    one = example("A")
    other = one | {"innovation_goal": "另一目标", "members": one["members"][:-1]}
    found = differences(FormA, one, other, only=names_of(Kind.A))
    assert found[0].label == "技术创新目标（限500字）"
    assert {each.at.split("/")[1] for each in found} == {"innovation_goal", "members"}
    assert all(each.other == "" for each in found if each.at.startswith("/members/"))
    assert differences(FormA, one, one) == []


# The sealed form, and what is confirmed


@pytest.mark.parametrize("kind", Kind)
def test_the_sealed_form_is_drawn_from_a_draft_and_marks_what_is_missing(kind: Kind) -> None:
    raw, now = example(kind.value), instant("2026-03-16")
    whole = intake.FORMS[kind.value].model_validate(raw | {"filing_id": "X"})
    assert drafted.drawn(raw, now, 2026) == drafted.Drawn(forms.form_of(whole, now, 2026), 0)
    raw.pop("alliance_name")
    raw["leader"].pop("phone")
    raw["counts"]["total"] = "很多"
    raw["members"][1]["code"] = "91210102MA10ABCD6J"
    found = intake.examine(raw | {"filing_id": "X", "received_at": now.isoformat()}, now).findings
    some = drafted.drawn(raw, now, 2026, found)
    text = text_of(some.content)
    assert some.missing == text.count(drafted.MISSING) == 2
    assert some.wrong == text.count("【有误：") == 2
    assert "未填或有误共4处（未填2处，有误2处）" in text
    assert "很多【有误：只填整数，如120】" in text
    assert "91210102MA10ABCD6J【有误：" in text
    empty = drafted.drawn({"kind": kind.value}, now, 2026)
    assert empty.missing > 20


def text_of(content: bytes) -> str:
    """The text of a docx, its cells each once."""
    root = ElementTree.fromstring(ZipFile(BytesIO(content)).read("word/document.xml"))
    return "\n".join(each.text or "" for each in root.iter() if each.tag.endswith("}t"))


async def test_the_sealed_form_is_a_click_away(house: House, signed_in: Any) -> None:
    leader, other = await signed_in(), await signed_in(OTHER)
    address = await leader.begins()
    answer = await leader.client.get(f"{address}/form.docx")
    assert answer.headers["content-type"] == DOCX
    assert drafted.MISSING in text_of(answer.content)
    assert (await other.client.get(f"{address}/form.docx")).status_code == 404


async def test_what_is_confirmed_stands_there_and_its_digest_goes_into_the_paper(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    address, raw = await leader.begins(), example("A")
    page = await leader.page(address)
    integrity, service = (promises.in_force(each, date(2026, 3, 16)) for each in ("integrity", "service"))
    assert all(page.says(line) for line in (*integrity.text, *service.text))
    await leader.fills(address, raw)
    told = saved(house, address)
    assert (told["integrity_text"], told["service_text"]) == (integrity.digest, service.digest)
    assert told["integrity_commitment"] is True


def test_a_wording_that_is_not_in_force_is_confirmed_anew() -> None:
    raw, now = example("A") | {"filing_id": "X"}, instant("2026-03-16")
    old = intake.examine(raw | {"integrity_text": "0" * 64}, now).findings
    assert [each.field for each in old if each.severity == "error"] == ["/integrity_text"]
    assert "重新阅读" in old[0].message
    digest = promises.in_force("service", date(2026, 3, 16)).digest
    assert not intake.examine(raw | {"service_text": digest}, now).refused
    assert not intake.examine(raw, now).refused, "programs need not tell it"


# Codes


def test_names_go_with_codes_in_what_the_same_leader_submitted() -> None:
    told = applications.names_told(
        [{"leader": {"name": "甲", "uscc": "91210102ma10abcd6h"}}, {"members": [{"code": "X"}]}]
    )
    assert told == {"91210102MA10ABCD6H": "甲"}


# Rows


def test_a_row_is_added_while_others_are_still_empty() -> None:
    form = FormData([("/members/0/name", "甲"), ("/members/1/name", ""), ("/members/2/name", "")])
    assert next_row(FormA, form, "/members") == "/members/3"
    shown = fields_of(FormA, {"members": [{"name": "甲"}]}, only=["members"], more_rows="/members/3")[0]
    assert len(shown.rows) == 4
    removed = FormData([*form.multi_items(), ("remove", "/members/2")])
    assert next_row(FormA, removed, "/members") == "/members/2"
    assert next_row(FormA, FormData([("/members/0/name", "甲")]), "/members") == "/members"
    assert next_row(FormA, form, "/nothing") == "/nothing"


def test_a_list_has_a_row_to_be_added_that_no_browser_sends() -> None:
    field: Field = fields_of(FormA, {}, only=["members"])[0]
    assert [each.at for each in field.blank][:2] == ["/members/-/name", "/members/-/code"]
    form = FormData([("/members/-/name", "甲")])
    assert applications.filled_in(Kind.A, form)["members"] == []


# Documents


async def test_a_document_is_taken_while_the_form_is_filled_in(house: House, signed_in: Any) -> None:
    leader = await signed_in()
    content = b"%PDF-1.7 example"
    right, wrong = hashlib.sha256(content).hexdigest(), "0" * 64

    async def brings(name: str, body: bytes, sha256: str) -> httpx.Response:
        answer: httpx.Response = await leader.sends("/my/uploads", [("sha256", sha256)], {"file": (name, body)})
        return answer

    taken = await brings("协议.pdf", content, right)
    assert taken.status_code == 201
    assert taken.json()["sha256"] == right
    assert house.tools.uploads.find(right, [LEADER.office])
    for name, body, sha256, told in (
        ("协议.pdf", content + b"!", wrong, "SHA-256"),
        ("协议.exe", content, right, "只接收"),
        ("协议.pdf", b"", right, ""),
    ):
        refused = await brings(name, body, sha256)
        assert refused.status_code == 422
        assert told in refused.json()["message"]
    assert (await leader.sends("/my/uploads")).status_code == 422
    leader.csrf = "x"
    assert (await brings("协议.pdf", content, right)).status_code == 403


# Other long papers


async def test_a_long_paper_of_an_act_is_saved_while_it_is_written(house: House, signed_in: Any) -> None:
    written(house.tools.register, lived("FILL-9").until("revocation_opened"))
    clock = house.tools.clock
    assert isinstance(clock, Clock)
    clock.set("2028-12-04")
    one, two = await signed_in(), await signed_in(COLLEAGUE)
    address, text = "/filings/FILL-9/acts/state_defence", "因搬迁未能按期报送"
    shown, seen = [await each.page(address) for each in (one, two)]
    assert f"{address}/saved" in shown.text
    answer = await one.sends(f"{address}/saved", [("/content/text", text), *shown.hidden("draft")])
    assert answer.status_code == 200
    assert text in (await one.page(address)).text
    late = await two.sends(f"{address}/saved", [("/content/text", "另一稿"), *seen.hidden("draft")])
    assert late.status_code == 409
    assert text in late.json()["elsewhere"]
    chosen = [("/content/text", "另一稿"), ("draft", late.json()["seen"])]
    assert (await two.sends(f"{address}/saved", chosen)).status_code == 200
    assert "另一稿" in (await one.page(address)).text
    officer = await signed_in(OFFICER)
    assert (await officer.sends(f"{address}/saved", chosen)).status_code == 404
    assert (await one.sends("/filings/FILL-9/acts/withdraw/saved", chosen)).status_code == 404
