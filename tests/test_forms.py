"""Forms: what is written in them comes back as it was, and what is found stands where it was written."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from examples.demo import OFFICES
from gateway.asked import acts, applications
from gateway.asked import rounds as round_forms
from gateway.asked.filled import read
from gateway.asked.forms import Field, fields_of
from models.acts import By, ReturnForCorrection
from models.choices import CHOICES
from models.forms import AnnualReport, ObjectionPaper
from models.rounds.inspections import Assignment
from models.rounds.merit import Scheme
from models.sections import order_of
from models.values import Value, storable
from models.vocabulary import ActKind, Kind, Role, Severity, Stage
from regulation import checklist, intake, judging, lodging, reading
from regulation.articles import cite
from regulation.moment import Moment
from regulation.offers import TYPES, offer, offers
from regulation.reading import finding
from regulation.rounds import offers as round_offers
from regulation.rounds.every import rules_of
from regulation.simulation import simulate
from tests.filling import sent, written
from tests.in_force import also_in_force, asked_by
from tests.law.cases import load
from tests.samples import one_in
from tests.simulated import lived, told
from tests.story import application, instant

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name: str) -> dict[str, Any]:
    """An example as a file has it, without the door's stamps."""
    raw: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    raw.pop("by", None)
    return raw


@pytest.mark.parametrize(("kind", "name"), [("A", "kind_a"), ("B", "kind_b")])
def test_an_application_comes_back_as_it_was_filled_in(kind: str, name: str) -> None:
    model, raw = intake.FORMS[kind], example(name)
    back = read(model, written(model, raw))
    assert model.model_validate(back) == model.model_validate(raw)


@pytest.mark.parametrize("kind", ["A", "B"])
def test_an_empty_form_is_empty_and_every_finding_has_its_field(kind: str) -> None:
    model = intake.FORMS[kind]
    raw = read(model, written(model, {}))
    assert {name: value for name, value in raw.items() if value} == {"kind": kind}
    findings = intake.examine(raw, instant("2027-03-15")).findings
    shown = fields_of(model, raw, findings)
    placed = {each for field in flat(shown) for each in field.findings}
    errors = {each for each in findings if each.severity == "error" and each.field not in ("", "/by")}
    assert errors
    assert errors <= placed


def flat(fields: tuple[Field, ...]) -> list[Field]:
    """Every field, those inside others too."""
    found = []
    for field in fields:
        found += [field, *flat(field.fields), *(inner for row in field.rows for inner in flat(row))]
    return found


def test_a_form_prints_every_field_in_the_order_of_the_paper() -> None:
    for model in intake.FORMS.values():
        assert set(order_of(model)) == set(model.model_fields) - {"by", "received_at"}


@given(text=st.text(max_size=60))
def test_whatever_is_written_comes_back_trimmed_or_not_at_all(text: str) -> None:
    raw = read(ObjectionPaper, FormData([("/text", text), ("/party", text)]))
    expected = storable(text).replace("\r\n", "\n").strip()
    assert raw.get("text", "") == expected


@given(names=st.lists(st.text(max_size=20), max_size=8))
def test_names_that_are_no_fields_are_left_alone(names: list[str]) -> None:
    assert read(AnnualReport, FormData([(f"/{name}", "x") for name in names if name not in ("year",)])) is not None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12,600.50", "12600.50"), ("９８０．５０", "980.50"), ("１，２００", "1200"), ("-3,000.00", "-3000.00"),
        ("12，6", "12，6"), ("1,2", "1,2"), ("1.5e3", "1.5e3"), ("约980", "约980"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_type_it_and_what_could_mean_two_things_is_not(typed: str, meant: str) -> None:
    form = FormData([("/leader/sales_last_year", typed), ("/counts/total", typed)])
    raw = read(intake.FORMS["A"], form)
    assert raw["leader"]["sales_last_year"] == meant
    assert raw["counts"]["total"] == (int(meant) if meant.removeprefix("-").isdecimal() else meant)


def test_what_is_no_number_is_told_with_an_example() -> None:
    raw = application()
    raw["leader"]["sales_last_year"], raw["counts"]["total"] = "约980万", "三家"
    told = [each.message for each in intake.examine(raw, instant("2027-03-15")).findings]
    assert "上一年度销售收入（万元）：只填数字，如12600.50" in told
    assert any(each.endswith("：只填整数，如120") for each in told)


def test_rows_are_kept_in_order_and_empty_ones_are_none() -> None:
    form = FormData(
        [
            ("/members/10/name", "第二个"), ("/members/2/name", "第一个"), ("/members/3/type", "university"),
            ("/members/4/is_main", "yes"), ("/members/9999999/name", "太远"), ("/members/x/name", "不是行"),
        ]
    )  # fmt: skip
    assert read(intake.FORMS["A"], form)["members"] == [{"name": "第一个"}, {"name": "第二个"}]


def test_a_row_is_added_where_it_was_asked_for() -> None:
    shown = fields_of(intake.FORMS["A"], {"members": [{"name": "甲"}]}, more_rows="/members")
    members = next(field for field in shown if field.name == "members")
    assert [row[0].value for row in members.rows] == ["甲", None]


def test_every_choice_has_a_name() -> None:
    models: list[type[Value]] = [*intake.FORMS.values(), *lodging.PAPERS.values(), *TYPES.values()]
    for model in models:
        for field in flat(fields_of(model, {}, more_rows="")):
            if field.widget == "choice" and field.name in CHOICES:
                assert all(word != key for key, word in field.options), field.at


# Forms of acts


CASES = {case.id: case for case in load()}


@pytest.mark.parametrize("case", one_in(3, list(CASES.values())[::5]), ids=lambda case: case.id)
def test_every_offered_act_has_a_form_that_brings_it_back(case: Any) -> None:
    """Whatever an act needs is on its form: the act as proposed, filled in, is read back the same."""
    lived = case.life
    for entry in lived.docket[::4]:
        when = Moment(entry.at, entry.at)
        for each in offers(entry.filing, when):
            if each.kind is ActKind.RESUBMIT:
                continue
            proposed = each.act.model_dump(mode="json")
            fields = acts.form_of(entry.filing, each, [], proposed, [])
            back = acts.read_act(each.kind, FormData(list(sent(fields))))
            back.pop("content", None)
            asked = {name: proposed[name] for name in acts.asked(each.kind, entry.filing.kind) if name in proposed}
            model = TYPES[each.kind]
            left: dict[str, Any] = {"id": "x", "kind": each.kind, "by": each.act.by, "paper": "0" * 64, "consent": True}
            left |= {"address": "0" * 64, "archive_number": proposed.get("archive_number")}
            left = {name: value for name, value in left.items() if name in model.model_fields}
            assert model.model_validate(left | back) == model.model_validate(left | asked)


def returned(picks: dict[int, str]) -> tuple[dict[str, Any], tuple[Field, ...]]:
    """A return with some lines of the checklist ticked, each in these words; and the form as it was shown."""
    filing = simulate(application(received_at="2027-03-15T09:00:00+08:00"), [], None).filing
    assert filing
    when = Moment(instant("2027-03-16"), instant("2027-03-16"))
    offer = next(each for each in offers(filing, when) if each.kind is ActKind.RETURN_FOR_CORRECTION)
    findings = intake.examine(application(), instant("2027-03-15")).findings
    shown = acts.form_of(filing, offer, findings, None, [])
    rows = next(field for field in shown if field.name == "deficiencies").rows
    form: list[tuple[str, str]] = [("offered", row[0].options[0][1]) for row in rows if row[0].widget == "pick"]
    for number, (item, message) in enumerate(rows):
        if number in picks:
            form.append((item.at, item.options[0][0]))
        form.append((message.at, picks.get(number) or message.value or ""))
    return acts.read_act(ActKind.RETURN_FOR_CORRECTION, FormData([*form])), shown


def test_a_return_picks_its_reasons_from_the_checklist() -> None:
    raw, shown = returned({1: "", 4: "请补充实地经营证明"})
    rows = next(field for field in shown if field.name == "deficiencies").rows
    assert raw["deficiencies"] == [
        {"item": rows[1][0].options[0][0], "message": rows[1][0].options[0][1]},
        {"item": rows[4][0].options[0][0], "message": "请补充实地经营证明"},
    ]
    assert ReturnForCorrection.model_validate(
        raw | {"id": "r", "by": {"person": "c", "office": "210100", "role": "city_st"}}
    )


def test_a_reason_that_was_only_picked_is_worded_for_the_enterprise() -> None:
    filing = simulate(application(received_at="2027-03-15T09:00:00+08:00"), [], None).filing
    assert filing
    picked = {"deficiencies": [{"item": "A-17"}, {"item": "D2"}, {"item": "A-12", "message": "请补充租赁合同"}]}
    words = [each["message"] for each in acts.worded(filing, picked)["deficiencies"]]
    assert words[0].startswith("请补充或者修改协议")
    assert words[1:] == ["请补充或者更正“联盟协议文本”", "请补充租赁合同"]


@pytest.mark.parametrize("kind", list(Kind))
def test_what_an_officer_looks_at_is_offered_as_what_the_leader_has_to_do(kind: Kind) -> None:
    for code, said, *_ in checklist.CHECKS[kind]:
        told = checklist.correction_of(finding(code, "", Severity.CHECK, said))
        assert told
        assert told.startswith("请"), said
        assert "核对" not in told


def test_what_nobody_can_correct_is_not_offered_as_a_deficiency() -> None:
    filing = simulate(application(received_at="2027-03-15T09:00:00+08:00"), [], None).filing
    assert filing
    when = Moment(instant("2027-03-16"), instant("2027-03-16"))
    offer = next(each for each in offers(filing, when) if each.kind is ActKind.RETURN_FOR_CORRECTION)
    known = judging.Known(revoked=("某联盟",), same_field=("另一联盟",))
    findings = intake.examine(application(), instant("2027-03-15"), known).findings
    assert {"G-22", "G-39"} <= {each.code for each in findings}
    shown = acts.form_of(filing, offer, findings, None, [])
    rows = next(field for field in shown if field.name == "deficiencies").rows
    offered = {row[0].options[0][0] for row in rows if row[0].widget == "pick"}
    assert offered.isdisjoint({"G-22", "G-39", "G-32"})
    assert "A-28" in offered
    (free,) = {row[0].options for row in rows if row[0].widget == "choice"}
    assert {key for key, _ in free} == {*checklist.CONDITIONS[Kind.A], "D1", "D2", "D3", "D8"}, (
        "nothing of the other kind"
    )
    assert all(row[0].required for row in rows if row[0].widget == "choice"), "no row without what it is about"


def test_no_line_of_the_checklist_is_ticked_beforehand() -> None:
    raw, shown = returned({})
    assert raw.get("deficiencies", []) == []
    rows = next(field for field in shown if field.name == "deficiencies").rows
    assert not any(row[0].value for row in rows)


def test_words_written_without_a_tick_are_not_lost() -> None:
    _raw, shown = returned({})
    rows = next(field for field in shown if field.name == "deficiencies").rows
    form = FormData([("offered", rows[0][0].options[0][1]), (rows[0][1].at, "改过的说明")])
    assert acts.read_act(ActKind.RETURN_FOR_CORRECTION, form)["deficiencies"] == [{"message": "改过的说明"}]


def test_the_checklist_asks_for_every_condition() -> None:
    filing = simulate(application(received_at="2027-03-15T09:00:00+08:00"), [], instant("2027-04-01")).filing
    assert filing
    when = Moment(instant("2027-04-01"), instant("2027-04-01"))
    offer = next(each for each in offers(filing, when) if each.kind is ActKind.CONFIRM)
    shown = acts.form_of(filing, offer, [], None, [])
    rows = next(field for field in shown if field.name == "checklist").rows
    assert [row[0].options[0][0] for row in rows] == list(checklist.CONDITIONS[filing.kind])
    assert all(row[1].value is None for row in rows)


def test_what_a_city_adds_is_asked_by_name_and_judged_by_its_reviewer() -> None:
    rules = {
        "document_no": "沈科发〔测试〕1号",
        "opens": "2027-01-01",
        "closes": "2027-12-31",
        "documents": [{"name": "产业链配套证明"}],
        "criteria": [{"asks": "核对是否属于本市主导产业", "correction": "请说明与主导产业的关系"}],
    }
    with also_in_force(date(2027, 3, 15), asked_by("210100", "A", rules)):
        raw = {"kind": "A", "jurisdiction": "210100"}
        shown = applications.parts(raw, (), rules=intake.asked_by_city(Kind.A, "210100", date(2027, 3, 15)))
        documents = next(field for part in shown for field in part.fields if field.name == "documents")
        asked = [row[0] for row in documents.rows if row[0].value == "L1"]
        assert [dict(each.options)["L1"] for each in asked] == ["产业链配套证明"]
        sent_in = application(received_at="2027-03-15T09:00:00+08:00")
        sent_in["documents"].append(sent_in["documents"][0] | {"kind": "L1"})
        filing = simulate(sent_in, [], instant("2027-04-01")).filing
        assert filing
        when = Moment(instant("2027-04-01"), instant("2027-04-01"))
        offered = {each.kind: each for each in offers(filing, when)}
        shown_acts = acts.form_of(filing, offered[ActKind.CONFIRM], [], None, [])
        rows = next(field for field in shown_acts if field.name == "checklist").rows
        assert rows[-1][0].label == "核对是否属于本市主导产业（沈科发〔测试〕1号）"
        findings = intake.examine(sent_in, instant("2027-03-15")).findings
        returned_as = acts.form_of(filing, offered[ActKind.RETURN_FOR_CORRECTION], findings, None, [])
        picks = next(field for field in returned_as if field.name == "deficiencies").rows
        words = [row[0].options[0][1] for row in picks if row[0].widget == "pick"]
        assert "请说明与主导产业的关系（沈科发〔测试〕1号）" in words
        free = {key for row in picks if row[0].widget == "choice" for key, _ in row[0].options}
        assert {"C1", "L1"} <= free


def test_what_was_entered_by_mistake_is_set_right_by_what_can_be_done_and_by_whom() -> None:
    """Not by what the stage knows but nobody can do, and not by them if another office does it."""
    form = application(filing_id="LN-1", received_at="2026-03-02T09:00:00+08:00")
    life = told(form, ("city", "transfer", "2026-03-03T09:00", {"to": "210200"}), until=instant("2026-03-04"))
    given, when = life.docket[-1].filing, Moment(instant("2026-03-04"), instant("2026-03-04"))
    said = [acts.corrected_by(ActKind.TRANSFER, given, when, By(**OFFICES[who])) for who in ("city", "iit")]
    assert said == [
        "；如有错误，登记不能撤回，可以再次办理“属地移交”更正",
        "；如有错误，登记不能撤回，可以由市科技部门、省科技厅再次办理“属地移交”更正",
    ]
    kept = [each for each in CASES["revocation-announced"].life.docket if each.event.kind == "record_announcement"]
    announced = next(each for each in kept if each.filing.announced)
    at = Moment(announced.at, announced.at)
    assert not acts.corrected_by(ActKind.RECORD_ANNOUNCEMENT, announced.filing, at, By(**OFFICES["city"]))


def test_the_form_of_an_opening_asks_for_what_that_officer_may_open() -> None:
    """A city's own zones, one kind where there is one, and a star where something must be filled in."""
    when = Moment(instant("2027-02-20"), instant("2027-02-20"))

    def asks(of: str, by: By, raw: dict[str, Any] | None = None) -> dict[str, Field]:
        rules = rules_of(of)
        opening = round_offers.opening(of, by, when)
        return {each.at: each for each in round_forms.form_of(rules, None, "open_round", raw, (), opening=opening)}

    province = By.model_validate(OFFICES["province"])
    dalian = By(person="d-111", office="210200", role=Role.CITY_ST)
    annual = asks("annual-2027-210200-1", dalian)
    assert [key for key, _ in annual["/zone"].options] == ["210200-gaoxinyuanqu"]
    assert [key for key, _ in annual["/alliances"].options] == ["A", "B"]
    assert "/zone" not in asks("annual-2027-LN-1", province)
    strange = asks("annual-2027-210200-1", dalian, {"zone": "210100-shengaoqu"})["/zone"]
    assert len(strange.options) == 2, "what was written is shown, where it is told wrong"
    evaluation = asks("evaluation-2027-210200-1", dalian)
    assert "/zone" not in evaluation
    only = evaluation["/alliances"]
    assert (only.options, only.value, only.required) == ((("A", Kind.A.label),), "A", True)
    assert only.label == "联盟类别"
    assert asks("subsidy-2027-LN-1", province)["/alliances"].value == "B"
    call = asks("call-2027-LN-1", province)
    marked = {at for at, field in call.items() if field.required}
    assert marked >= {"/document_no", "/content/recommend_by", "/content/text"}
    assert {at for at, field in call.items() if field.seldom} == {"/basis", "/reason"}


def test_what_only_a_program_could_write_is_on_no_form_and_evidence_is_nobodys() -> None:
    assert "screenshot" not in acts.asked(ActKind.RECORD_ANNOUNCEMENT)
    entry = next(each for each in lived("LN-1").docket if each.filing.stage is Stage.IN_FORCE)
    filing, when = entry.filing, Moment(entry.entered_at, entry.entered_at)
    proposing = offer(filing, ActKind.PROPOSE_REVOCATION, when, By.model_validate(OFFICES["city"]))
    assert proposing
    documents = next(each for each in acts.form_of(filing, proposing, [], {}, []) if each.at == "/content/documents")
    assert "kind" in {each.name for each in documents.blank}
    assert "owner" not in {each.name for each in documents.blank}


@pytest.mark.parametrize(
    "inspectors", [[], [{"person": "p-1", "name": "甲", "employer": "省科技厅", "no_conflict": True}]]
)
def test_a_list_that_has_too_few_rows_is_a_finding_and_no_error_of_ours(inspectors: list[Any]) -> None:
    """Were that all that is wrong with a paper, its page answered 500."""
    _, found = reading.read(Assignment, {"planned_on": "2026-12-10", "inspectors": inspectors}, {}, "/content")
    assert [(each.field, each.message) for each in found] == [
        ("/content/inspectors", "检查人员（不少于两人）：至少2项")
    ]
    _, found = reading.read(Scheme, {"bands": []}, {})
    assert ("/bands", "区间定额表：至少1项") in {(each.field, each.message) for each in found}


def test_an_act_of_a_case_is_told_under_no_ground_of_another() -> None:
    """What a termination lacks is told by the article on cases: which ground it is of, the act does not say."""
    raw = {"id": "d", "kind": "drop_revocation", "by": OFFICES["city"]}
    (found,) = lodging.lodge("LN-1", raw).findings
    assert (found.field, found.article) == ("/reason", cite("A-36"))
