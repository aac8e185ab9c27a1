"""Rounds in the register, on both databases: appended once, chained, and any change of them found; and from the command line."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine, delete, update
from sqlmodel import Session

import starter
from activities import editions_used
from activities.database import stating
from activities.editions_used import EDITIONS, USED, note_round, refuse_changed
from activities.register import Register
from activities.rounds import appending
from activities.rounds.appending import RoundMoved
from activities.rounds.entering import told as stood
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister, faults
from activities.rounds.rows import round_row
from cli.rounds import print_receipt
from gateway.identity import EMBEDDED
from gateway.shown.rounds import seen
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Tools
from models.register import RoundRow
from models.rounds.base import Item, MoveWindow, RoundKind
from models.rounds.inspections import InspectionState
from models.rounds.subsidies import SubsidyState
from models.rounds.surveys import SurveyState
from models.values import Value
from models.vocabulary import Role
from regulation import naming
from regulation.editions import EditionRefused
from regulation.moment import Moment
from regulation.rounds import agenda, subsidising, table
from regulation.rounds.bands import shipped
from regulation.rounds.consequences import Letter
from regulation.rounds.drawing_up import list_needs, paid_years
from regulation.rounds.every import rules_of
from tests.databases import on_both, on_both_by_the_owner
from tests.plain_rounds import PROVINCE, acts_on_none, in_force, opened, rules, tells_cities
from tests.story import instant
from workflows.visibility import rendered_round

OF = "annual-2026-LN-1"


def two_alliances(round_: Any, entry: Any, content: Any) -> Iterator[Item]:
    """Each entry makes something of two alliances."""
    yield from (Item(filing_id=each, state="expected", figures={"entry": entry.number}) for each in ("A-1", "A-2"))


@pytest.fixture
def rounds(register: Register) -> Iterator[RoundRegister]:
    """A register with a round that was opened and moved."""
    found = RoundRegister(register.engine)
    with in_force(rules(items=two_alliances)):
        first = opened(OF)
        found.append(first)
        at = instant("2026-11-20")
        moves = MoveWindow(id="m-1", by=PROVINCE, closes=date(2026, 12, 10), reason="系统维护")
        found.append(table.entered(rules_of(OF), OF, first.round, moves, Moment(at, at)))
        yield found


@on_both
def test_an_entry_is_appended_once_and_its_round_stands_after_it(rounds: RoundRegister) -> None:
    with pytest.raises(RoundMoved):
        rounds.append(opened(OF))
    round_, row = rounds.round(OF), rounds.row(OF)
    assert round_
    assert row
    assert (round_.number, str(row.closes), row.open, row.followed) == (2, "2026-12-10", True, 2)
    assert [entry.number for entry in rounds.docket(OF)] == [1, 2]
    assert rounds.states(OF) == {"expected": 2}
    assert [(item.filing_id, item.number, json.loads(item.figures)) for item in rounds.items(OF)] == [
        ("A-1", 2, {"entry": 2}),
        ("A-2", 2, {"entry": 2}),
    ]
    assert [item.filing_id for item in rounds.items(OF, after="A-1")] == ["A-2"]
    assert rounds.round_ids(is_open=True) == [OF]
    assert rounds.next_id(round_.kind, 2026, None) == "annual-2026-LN-2"
    assert rounds.verify(OF) == []


CHANGES = (
    "UPDATE rounds SET stage = 'closed'",
    "UPDATE rounds SET counts = '{\"expected\":9}'",
    "UPDATE rounds SET followed = 9",
    "UPDATE round_entries SET body = replace(body, '系统维护', '另有原因') WHERE number = 2",
    "UPDATE round_entries SET hash = head FROM rounds WHERE round_entries.number = 1",
    "UPDATE round_entries SET act_id = 'x' WHERE number = 1",
    "UPDATE round_items SET state = 'reported' WHERE filing_id = 'A-1' AND number = 1",
    "UPDATE round_items SET figures = '{}' WHERE filing_id = 'A-2' AND number = 2",
    "UPDATE round_items SET current = (number = 1) WHERE filing_id = 'A-1'",
    "DELETE FROM round_items WHERE filing_id = 'A-2' AND number = 2",
    "DELETE FROM round_entries WHERE number = 1",
)


COUNTED_BY: tuple[tuple[Value, str, str], ...] = (
    (SubsidyState(edition="LN-2023"), "subsidies", "后补助标准 LN-2023"),
    (SurveyState(edition="LN-2026"), "surveys", "统计调查表 LN-2026"),
    (InspectionState(rule="LN-2026"), "inspections", "抽查规则 LN-2026"),
)


@on_both_by_the_owner
def test_the_edition_by_which_a_round_counts_is_not_altered_unseen(rounds: RoundRegister) -> None:
    """A questionnaire that was brought for one survey alone is no edition, and stands in its paper."""
    states = [of for of, _, _ in COUNTED_BY] + [SurveyState(edition="of-its-own")]
    with stating(rounds.engine) as db:
        for state, day in product(states, ("2026-11-02", "2026-11-03")):
            note_round(db, opened(OF).round.but(of=state), instant(day))
        refuse_changed(db)
        for _, subject, called in COUNTED_BY:
            db.execute(update(USED).where(USED.c.subject == subject).values(digest="0" * 64))
            with pytest.raises(EditionRefused, match=called):
                refuse_changed(db)
            db.execute(delete(USED).where(USED.c.subject == subject))


@on_both_by_the_owner
def test_a_change_of_anything_is_found(rounds: RoundRegister) -> None:
    for change in CHANGES:
        assert found_after(rounds.engine, change), change
    assert rounds.verify(OF) == []


CHANGES_OF_WHAT_WAS_TOLD = (
    "UPDATE messages SET body = '另有内容' WHERE office = '210100'",
    "UPDATE messages SET office = '210200' WHERE office = '210100'",
    "DELETE FROM messages WHERE office = '210100'",
    "DELETE FROM messages",
    "UPDATE public_notices SET shown_until = '2026-11-03'",
    "UPDATE public_notices SET content = '{}'",
    "DELETE FROM public_notices",
    "UPDATE messages SET number = 2 WHERE office = '210100'",
    "UPDATE messages SET number = 9 WHERE office = '210100'",
    "INSERT INTO public_notices (id, number, kind, jurisdiction, shown_from, content, published_at, round_id)"
    " SELECT 'another', number, kind, jurisdiction, shown_from, content, published_at, round_id FROM public_notices",
    "UPDATE round_entries SET told = NULL WHERE number = 1",
    "UPDATE rounds SET followed = 0",
)


@on_both_by_the_owner
def test_a_change_of_what_was_told_is_found(register: Register) -> None:
    rounds = RoundRegister(register.engine)
    with in_force(rules(follows=tells_cities)):
        first = opened(OF)
        rounds.append(first)
        at = instant("2026-11-20")
        moves = MoveWindow(id="m-1", by=PROVINCE, closes=date(2026, 12, 10), reason="系统维护")
        rounds.append(table.entered(rules_of(OF), OF, first.round, moves, Moment(at, at)))
        assert rounds.verify(OF) == []
        following = RoundFollowing(rounds, acts_on_none)
        led = following.consequences(first)
        following.write(first, led[:3])
        assert rounds.verify(OF) == [], "some of it is written, the rest is on its way"
        following.write(first, led)
        rounds.followed(OF, 1)
        rounds.followed(OF, 2)
        following.write(first, [Letter("round_opened", Role.PROVINCE_ST, "210000")])
        for change in CHANGES_OF_WHAT_WAS_TOLD:
            assert found_after(rounds.engine, change), change
        assert rounds.verify(OF) == []


def found_after(engine: Engine, change: str) -> list[str]:
    """What is found after a change that is taken back again."""
    with engine.connect().execution_options(writes=True) as db, db.begin() as transaction:
        db.exec_driver_sql(change)
        found = faults(db, OF)
        transaction.rollback()
    return found


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_rounds_are_shown_listed_and_verified_from_the_command_line(
    rounds: RoundRegister, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("BEIAN_DATABASE_URL", rounds.engine.url.render_as_string(hide_password=False))

    def said(*command: str) -> Any:
        assert starter.run([*command, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    shown = said("round", "show", OF)
    assert (shown["round"]["stage"], len(shown["entries"]), shown["chain"]["verified"]) == ("open", 2, True)
    assert [each["round_id"] for each in said("round", "list", "--year", "2026", "--open")] == [OF]
    assert [each["state"] for each in said("round", "items", OF)] == ["expected", "expected"]
    assert said("round", "verify", OF) == {"round": OF, "faults": []}
    assert said("verify", "--all") == {"filings": 0, "rounds": 1, "attachments": 0, "masked": 0, "faults": {}}
    for command in (["round", "show", OF], ["round", "list"], ["round", "items", OF], ["round", "verify", OF]):
        assert starter.run(command) == 0
    assert "2026年度报送" in capsys.readouterr().out
    assert starter.run(["verify", "--all"]) == 0
    assert starter.run(["backup", str(tmp_path / "kept")]) == 0
    told = "".join(capsys.readouterr().out.split())
    assert "已核验备案0件、轮次1个、附件0个" in told
    assert "备案0件、登记0条，轮次1个、登记2条，附件0个" in told
    assert starter.run(["round", "show", "annual-2026-LN-9"]) == 3
    assert starter.run(["revive", "annual-2026-LN-9"]) == 3
    assert capsys.readouterr().err.split() == ["没有这一轮次", "annual-2026-LN-9"] * 2
    moves = {
        "id": "m-2",
        "kind": "move_window",
        "by": PROVINCE.model_dump(mode="json"),
        "closes": "2026-12-20",
        "reason": "顺延",
    }
    (tmp_path / "act.json").write_text(json.dumps(moves), "utf-8")
    assert starter.run(["round", "act", OF, str(tmp_path / "act.json")]) == 5
    assert f"轮次 {OF}、编号 m-2" in capsys.readouterr().err


def test_what_comes_next_to_a_round_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    entry = opened(OF)
    line = agenda.next_lapse(rules(), entry.round)
    assert line
    stands = stood(round_row(rules(), entry, "0" * 64, {}) | {"followed": 1})
    assert stands.due == "reminder:7"
    assert rendered_round(OF, stands).endswith(f"下一事项：{naming.short_until(line.at)} 提醒")
    print_receipt(table.receipt(rules(), entry))
    assert capsys.readouterr().out.endswith(f"下一事项 {naming.short_until(line.at)} 提醒\n")


def lists(leader: str) -> Callable[..., Iterable[Item]]:
    """An entry puts one leader's alliance on a list."""
    return lambda *entry: (Item(filing_id=f"F-{leader}", state="listed", figures={"leader": leader}),)


@on_both
def test_a_list_knows_from_the_register_who_was_paid_in_other_rounds(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of years before, whoever was paid; of its own year, whoever is on another list, paid out or not."""
    repeated = {"code": "repeated", "test": "paid_within", "said": "三年内已获支持", "article": "B-22", "years": 3}
    told = {
        "edition": "T",
        "base": "LN-2023",
        "effective": "2026-01-01",
        "document_no": "演示",
        "exclusions": [repeated],
    }
    editions = shipped()
    editions.add(told)
    monkeypatch.setattr(subsidising, "SUBSIDIES", editions)
    monkeypatch.setattr(editions_used, "EDITIONS", {**EDITIONS, "subsidies": editions})
    rounds, drawn = RoundRegister(register.engine), SubsidyState(edition="T", drawn="a" * 64)
    for of, state in (
        ("subsidy-2024-LN-1", drawn.but(paid_on=date(2024, 6, 1))), ("subsidy-2025-LN-1", drawn), ("subsidy-2026-LN-1", drawn),
    ):  # fmt: skip
        entry = opened(of, alliances="B")
        makes = replace(rules_of(of), items=lists(of))
        appending.append(register.engine, makes, entry.but(round=entry.round.but(of=state)), None)
    stands = opened("subsidy-2026-LN-2", alliances="B").round.but(of=SubsidyState(edition="T"))
    known = rounds.known(list_needs(stands), stands.area)
    assert paid_years(stands, known) == {"subsidy-2024-LN-1": {2024}, "subsidy-2026-LN-1": {2026}}


@on_both
def test_rounds_of_staff_push_none_off_the_lists_of_others(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.shown.rounds.published.MOST", 2)
    when = instant("2026-11-20")
    with Session(register.engine) as session:
        for number, kind in enumerate((RoundKind.CALL, RoundKind.SURVEY, *[RoundKind.OUTAGE] * 3)):
            day = date(2026, 12, 1 + number)
            session.add(
                RoundRow(
                    round_id=f"{kind}-2026-LN-{number + 1}", number=1, head="", kind=kind, year=2026, stage="closed", open=False,
                    title=kind, opens=day, closes=day, counts="{}", value="{}", followed=1, updated_at=when,
                )
            )  # fmt: skip
        session.commit()
    shown = PublicRounds(register.engine).listed(date(2026, 12, 31))
    assert [each.kind for each in shown] == [RoundKind.SURVEY, RoundKind.CALL]
    tools = cast(Tools, SimpleNamespace(rounds=SimpleNamespace(register=RoundRegister(register.engine))))
    for_a_leader = seen.listed(tools, EMBEDDED["u-leader-01"], seen.RoundFilter(), most=2)
    assert [each.kind for each in for_a_leader] == [RoundKind.SURVEY, RoundKind.CALL]
