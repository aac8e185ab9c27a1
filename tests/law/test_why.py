"""Why, why not, what next: what is asked most is answered as a jurist reads it, and every sentence rests on a fact and an article."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models.filing import Entry
from models.reasons import Answer, Fact, Question, Reason, Register
from models.vocabulary import ActKind, LapseKind
from regulation import agenda, because, why
from regulation.moment import Moment
from tests.law.cases import Case, load, sample
from tests.law.notation import moment, plain

ASKED: list[dict[str, Any]] = plain((Path(__file__).parent / "why.yaml").read_text("utf-8"))
CASES = {each.id: each for each in load()}

EVERY = 89
"""Of the law's cases so many are one of which everything is asked."""

BESIDES = ("service-never-served", "standing-contact-corrected-in-force")
"""Cases in which a notice was never served: what was told of that rested on an entry of before there was a case."""

CODE = re.compile(r"[a-z]{3,}|（[A-Z]{1,2}-?\d|None|[{}]|。。|；。|，，")
"""What no sentence for people holds: words of the program, numbers of requirements, a sentence that was put together wrongly."""


def answer(case: Case, at: str | None = None, **about: Any) -> Answer:
    """What is answered about a case as of its end, or of a day."""
    instant = moment(at) if at else case.until
    return why.why(case.life.docket, Moment(instant, instant), **about)


def _about(asked: dict[str, Any]) -> dict[str, Any]:
    kinds = {"act": ActKind, "lapse": LapseKind, "number": int, "year": int}
    return {name: kind(asked[name]) for name, kind in kinds.items() if name in asked}


@pytest.mark.parametrize("asked", ASKED, ids=lambda each: each["asked"])
def test_what_is_asked_most_is_answered_as_written(asked: dict[str, Any]) -> None:
    told = answer(CASES[asked["case"]], asked.get("at"), **_about(asked))
    lines = [f"{'  ' * depth}{line}" for each in told.reasons for depth, line in each.lines(Register(asked["for"]))]
    assert lines == asked["answer"].splitlines()


def test_each_register_is_asked_for() -> None:
    assert {asked["for"] for asked in ASKED} == set(Register)


def everything(case: Case) -> Iterator[Answer]:
    """Every question about a case: of each entry, act and lapse, and what comes."""
    yield answer(case)
    yield from (answer(case, number=entry.number) for entry in case.life.docket)
    yield from (answer(case, act=kind) for kind in ActKind)
    yield from (answer(case, lapse=kind) for kind in LapseKind)


@cache
def sentences() -> list[tuple[Case, Answer, Reason]]:
    """Every sentence of every answer about some cases."""
    some = [*sample(EVERY), *(CASES[each] for each in BESIDES)]
    return [
        (case, told, each) for case in some for told in everything(case) for top in told.reasons for each in top.every()
    ]


def test_every_question_has_an_answer_in_each_register_with_its_fact_and_article() -> None:
    assert {(told.question, told.about) for _, told, _ in sentences()} >= {
        *((Question.MAY, kind.label) for kind in ActKind),
        *((Question.WHY, kind.label) for kind in LapseKind),
    }
    for case, told, each in sentences():
        where = f"{case.id} {told.about}: {each}"
        assert each.article, where
        assert each.facts, where
        assert all(each.worded(register).endswith("。") for register in Register), where


def test_no_sentence_tells_people_a_code() -> None:
    for case, told, each in sentences():
        for register in Register:
            words = re.sub(r"工作日历[\w.-]+?计算|期限标准[\w.-]+", "", each.worded(register))
            assert not CODE.search(words), f"{case.id} {told.about}: {words}"


def test_the_enterprise_is_spoken_to_and_not_about() -> None:
    assert {each.enterprise for _, _, each in sentences() if "盟主企业" in each.enterprise} == set()
    assert any("您" in each.enterprise for _, _, each in sentences())


def test_every_fact_can_be_looked_up_in_the_entry_that_it_names() -> None:
    stored: dict[str, Any] = {}
    for case, _, each in sentences():
        for fact in each.facts:
            entry = None if fact.expected else case.life.docket[fact.entry - 1]
            if entry is not None:
                document = stored.setdefault(f"{case.id}/{fact.entry}", entry.model_dump(mode="json"))
                assert _at(document, fact) is not None, f"{case.id}: {each}"


def _at(document: Any, fact: Fact) -> Any:
    for part in fact.field.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document.get(name)
        if document is None:
            return None
    return document


def test_every_lapse_and_period_has_its_words() -> None:
    assert set(because.LAPSES) == set(LapseKind)
    assert all(set(words) == {"so", "then", "way"} for words in because.LAPSES.values())
    named = {*agenda.LENGTHS.keys() - {"obstacle"}, *agenda.CHASED, *agenda.ANNOUNCED}
    assert named <= set(because.PERIODS)


def test_a_period_that_was_made_longer_says_by_which_entry() -> None:
    docket = CASES["review-extended-once"].life.docket
    extended = next(entry for entry in docket if entry.event.kind is ActKind.EXTEND_REVIEW and not entry.refused)
    told = because.of_period(_whole(docket[: extended.number]), "review")
    assert [fact.entry for fact in told.facts][1:] == [extended.number]
    assert f"第{extended.number}号登记延长" in told.court


def _whole(docket: tuple[Entry, ...]) -> because.Docket:
    return because.Docket(docket, docket[-1].number)


def test_of_what_is_to_come_no_entry_is_claimed() -> None:
    told = answer(CASES["annual-reminders"], "2026-11-10")
    behind = [fact for top in told.reasons for each in top.every() for fact in each.facts if fact.expected]
    assert behind
    assert all(
        "预计" in each.court or "尚未发生" in each.court or "如果" in each.court
        for top in told.reasons[2:]
        for each in [top]
    )


def test_an_answer_about_the_past_knows_nothing_of_what_came_since() -> None:
    case = CASES["revocation-announced"]
    told = answer(case, "2025-06-01", lapse=LapseKind.REVOKED)
    (first,) = told.reasons
    assert first.court.startswith("没有发生“撤销备案”")
    assert max(fact.entry for each in first.every() for fact in each.facts) <= 20


def test_who_is_late_is_told_by_the_article_of_the_period_that_passed() -> None:
    _, awaited, *_ = answer(CASES["review-nobody-acts"]).reasons
    assert "期限已于" in awaited.office
    assert "《优化营商环境条例》第三十六条" in awaited.office


def test_a_reminder_of_the_service_is_no_period_of_anybody() -> None:
    accepted = next(entry for entry in CASES["review-in-good-order"].life.docket if entry.event.kind is ActKind.ACCEPT)
    assert "midway" in accepted.filing.periods
    told = answer(CASES["review-in-good-order"], number=accepted.number)
    assert not any("提醒" in each.office for top in told.reasons for each in top.every())
