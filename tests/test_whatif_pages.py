"""推演 at the desk: the province asks, looks on, and takes away what came of it; and the preview that every edition has."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import starter
from activities import whatifs as kept
from activities.register import Register
from activities.whatifs import CUT_OFF_AFTER, KEPT, Busy, WhatIfs
from gateway.pages.whatif import UNDER_WAY
from models.values import at_hour, day_of
from models.vocabulary import Kind
from models.whatif import Change, Differs, Happened, Load, Outcome, Question, Sum, sum_of
from regulation import whatif
from regulation.calendar import CALENDARS
from regulation.term_names import Proposal, numbers, proposed, touches
from regulation.terms import TERMS
from regulation.whatif import shifted_calendar
from tests.databases import Databases, on_both
from tests.in_force import editions_of_ones_own
from tests.population import NOW, populate
from tests.simulated import holding
from tests.story import instant
from tests.test_desk import at, opened
from tests.visiting import House

AT = instant(NOW)

WINDOW = {
    "edition": "CALL", "base": "LN-2023", "effective": "2023-05-01", "document_no": "文",
    "rows": [{"key": "retention.draft_days", "value": 90, "article": "G-46"}],
}  # fmt: skip
"""Terms that move nothing of what is under way."""

REVIEW = WINDOW | {
    "edition": "REVIEW",
    "rows": [{"key": "archive.working_days", "kind": "A", "value": 5, "article": "G-06"}],
}


def an_outcome(**changes: Any) -> Outcome:
    """What may come of a question."""
    happened = Happened(kind="year_missed", at=AT, year=2023)
    differs = Differs(
        filing="SY-FORCE", office="210100", kind="A", stages=("in_force", "in_force"),
        changes=(Change(what=happened, was=AT, is_now=AT + timedelta(days=20)),),
    )  # fmt: skip
    return Outcome(
        question=Question(), at=AT, until=AT + timedelta(days=365), filings=12, lived=12, differing=1,
        sums=(Sum(kind="year_missed", was=3, is_now=1, moved=1, peak_was=(day_of(AT), 3)),),
        offices=(Load(office="210100", most_was=2, most_is_now=9, on_was=day_of(AT), on_is_now=day_of(AT)),),
        months=(("year_missed", "2023-12", 3, 1),), listed=(differs,),
    ).but(**changes)  # fmt: skip


@pytest.fixture
async def house(sqlite: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway over a population."""
    async with opened(sqlite, tmp_path) as house:
        yield house


async def test_the_province_asks_and_sees_what_differs(house: House) -> None:
    province = await at(house, "p-401")
    page = await province.gets("/desk/whatif")
    assert "年度总结和计划报送截止日（月-日）" in page
    assert "11-30" in page
    asked: dict[str, Any] = {
        "key_0": "annual.deadline",
        "value_0": "12-20",
        "kind_0": "A",
        "since": "2023-06-01",
        "years": "2",
        "one_in": "1",
    }
    answer = await province.posts("/desk/whatif", **asked)
    address = answer.headers["location"].partition("?")[0]
    assert "正在推演" in await province.gets(address) or house.tools.whatifs.outcome(address.rpartition("/")[2])
    await asyncio.wait(UNDER_WAY)
    page = await province.gets(address)
    assert "年度总结和计划报送截止日（月-日）（A类）：11-30 → 12-20" in page
    assert 'href="/filings/SY-FORCE"' in page
    assert "2024-11-30 24:00 → 2024-12-20 24:00" in page
    for name, begins in (("whatif.xlsx", b"PK"), ("whatif-months.svg", b"<svg"), ("whatif-offices.svg", b"<svg")):
        content = (await province.browser.get(f"{address}/{name}")).content
        assert content.startswith(begins)
    await province.gets(f"{address}/other.svg", 404)
    assert "已完成，12件" in await province.gets("/desk/whatif")


async def test_what_cannot_be_asked_comes_back_with_everything_that_is_wrong(house: House) -> None:
    province = await at(house, "p-401")
    asked = {"key_0": "annual.deadline", "value_0": "13-40", "key_1": "notice.length", "value_1": "99"}
    answer = await province.posts("/desk/whatif", 422, **asked)
    assert "“13-40”不可用，须为每年都有的月日（MM-DD）" in answer.text
    assert "“99”不可用，须为3至30" in answer.text
    for nonsense in ({"years": "99"}, {"share": "x"}, {"since": "soon"}, {"slow": "999999"}, {"delay": "-1"}):
        await province.posts("/desk/whatif", 422, **nonsense)
    assert house.tools.whatifs.latest() == []


async def test_a_calendar_is_supposed_by_shifting_days_choosing_or_bringing_an_edition(house: House) -> None:
    province = await at(house, "p-401")
    covers = max(CALENDARS[name].covers for name in CALENDARS)
    weekday = next(day for day in _days(covers + 1) if day.weekday() == 0)
    [newest] = [dict(each) for each in CALENDARS.documents if str(covers) in each["years"]]
    for asked, says in (
        ({"off": f"{weekday}", "work": f"{weekday + timedelta(days=5)}"}, f"推演历（{covers + 1}年）"),
        ({"calendar": newest["edition"]}, newest["edition"]),
    ):
        answer = await province.posts("/desk/whatif", years="1", one_in="100", **asked)
        await asyncio.wait(UNDER_WAY)
        assert says in await province.gets(answer.headers["location"].partition("?")[0])
    file = {"calendar_file": ("c.json", json.dumps(newest | {"edition": "MINE"}).encode(), "application/json")}
    answer = await province.browser.post(
        "/desk/whatif",
        data={"csrf": province.csrf, "years": "1", "one_in": "100"},
        files=file,
        headers={"Origin": province.origin},
    )
    await asyncio.wait(UNDER_WAY)
    assert "MINE（" in await province.gets(answer.headers["location"].partition("?")[0])
    for wrong, says in (
        ({"off": "soon"}, "须写作 2027-02-15"),
        ({"off": f"{covers - 1}-02-02"}, "须在同一年"),
        ({"off": f"{weekday}", "work": f"{weekday}"}, "不得既休息又上班"),
        ({"off": f"{weekday}", "calendar": newest["edition"]}, "只能择一"),
        ({"calendar": "none"}, "没有这一工作日历版本"),
    ):
        assert says in (await province.posts("/desk/whatif", 422, **wrong)).text
    for content, says in (
        (b"[]", "须是一个版本"),
        (b"{", "不是 JSON"),
        (b" " * 100_001, "不得超过100,000字节"),
        (b"{}", "工作日历"),
    ):
        refused = await province.browser.post(
            "/desk/whatif",
            data={"csrf": province.csrf},
            files={"calendar_file": ("c", content)},
            headers={"Origin": province.origin},
        )
        assert refused.status_code == 422
        assert says in refused.text


def _days(year: int) -> Iterator[date]:
    return (date(year, 1, 1) + timedelta(days=n) for n in range(100, 200))


def test_a_shifted_calendar_works_and_rests_on_the_days_that_are_told() -> None:
    covers = max(CALENDARS[name].covers for name in CALENDARS)
    [known] = [each for each in CALENDARS.documents if str(covers) in each["years"]]
    plain = CALENDARS.made(dict(known) | {"edition": "AS-IT-IS"})
    off = next(day for day in _days(covers) if day.weekday() == 2 and day not in plain.off)
    rest = min(day for day in plain.off if day.year == covers)
    made = CALENDARS.made(shifted_calendar(known, covers, [off], [rest, off + timedelta(days=3)]))
    assert (off in made.off, rest in made.off, off + timedelta(days=3) in made.made_up) == (True, False, True)
    assert made.covers == covers
    next_year = CALENDARS.made(shifted_calendar(known, covers, [off.replace(year=covers + 1)], []))
    assert next_year.covers == covers + 1


async def test_one_runs_at_a_time_and_only_the_province_asks(house: House) -> None:
    province, city = await at(house, "p-401"), await at(house, "c-101")
    house.tools.whatifs.begin(Question(), "p-402", house.tools.clock())
    answer = await province.posts("/desk/whatif", 409, years="1")
    assert "另有一项推演正在进行" in answer.text
    await city.gets("/desk/whatif", 403)
    await city.posts("/desk/whatif", 403, years="1")
    await province.gets("/desk/whatif/" + "0" * 32, 404)


async def test_an_outcome_is_told_with_its_tables(house: House) -> None:
    province = await at(house, "p-401")
    made = house.tools.whatifs.attach(whatif.TERMS, REVIEW, an_outcome(stopped=(0, 2)), "p-401", AT)
    page = await province.gets(f"/desk/whatif/{made}")
    assert "期限标准REVIEW的推演" in page
    assert "因当日过多而暂停、待两人复核的撤销：现行0件，假定2件" in page
    assert re.search(r'<th scope="row">沈阳市科技局</th><td>2</td>', page)
    nothing = house.tools.whatifs.attach(whatif.TERMS, WINDOW, an_outcome(nothing=True), "p-401", AT)
    assert "不影响办理中的和在库的任何备案的日期" in await province.gets(f"/desk/whatif/{nothing}")
    assert "期限标准 REVIEW" in await province.gets("/desk/whatif")
    operator = await at(house, "o-701")
    assert "REVIEW" in await operator.gets("/ops")


# What is kept


@on_both
def test_what_was_asked_is_kept_as_long_as_there_is_little_newer(register: Register) -> None:
    whatifs = WhatIfs(register.engine)
    for minute in range(KEPT + 2):
        begun = whatifs.begin(Question(), "p-401", AT + timedelta(minutes=minute))
        whatifs._note(begun, state=kept.DONE)
    assert len(whatifs.latest()) == KEPT
    whatifs.attach(whatif.TERMS, REVIEW, an_outcome(), "p-401", AT)
    assert whatifs.outcome(str(whatifs.attach(whatif.TERMS, REVIEW, an_outcome(lived=1), "x", AT))) == an_outcome()
    assert [each.name for each in whatifs.previews()] == ["REVIEW"]
    first = whatifs.begin(Question(), "p-401", AT + timedelta(hours=1))
    with pytest.raises(Busy):
        whatifs.begin(Question(), "p-401", AT + timedelta(hours=1))
    whatifs.begin(Question(), "p-401", AT + timedelta(hours=1) + 2 * CUT_OFF_AFTER)
    assert (cut_off := whatifs.find(first))
    assert cut_off.state == kept.FAILED


def test_what_fails_or_is_stopped_says_so(sqlite: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register.at(sqlite.migrated())
    whatifs = WhatIfs(register.engine)

    def stopping(*told: Any) -> Outcome:
        whatifs.stopping.set()
        told[-1]("推演", 1, 2)
        return an_outcome()

    monkeypatch.setattr("activities.forks.run", stopping)
    begun = whatifs.begin(Question(), "p-401", AT)
    whatifs.run(begun, Question(), AT, lambda: AT)
    assert (row := whatifs.find(begun))
    assert (row.state, row.outcome) == (kept.FAILED, None)


# Previews of editions


@pytest.fixture
def known() -> Iterator[None]:
    """Editions of a test are gone after it, and those of others are none of its deployment's."""
    with editions_of_ones_own():
        yield


@pytest.mark.usefixtures("known")
def test_an_edition_that_a_deployment_brings_is_previewed_once_before_it_serves(sqlite: Databases) -> None:
    register = Register.at(sqlite.made("a population", holding(populate)))
    whatifs = WhatIfs(register.engine)
    for document in (WINDOW | {"edition": "BROUGHT-1"}, REVIEW | {"edition": "BROUGHT-2"}):
        TERMS.add(document)
    assert [document["edition"] for _, document in whatifs.lacking()] == ["BROUGHT-1", "BROUGHT-2"]
    assert whatifs.attach_lacking(AT) == ["BROUGHT-1", "BROUGHT-2"]
    assert whatifs.attach_lacking(AT) == []
    by_name = {str(each.name): whatifs.outcome(each.id) for each in whatifs.previews()}
    assert (call := by_name["BROUGHT-1"])
    assert call.nothing
    assert (review := by_name["BROUGHT-2"])
    assert (review.lived, review.nothing) == (12, False)
    assert sum_of(review, "archive").was > 0


@pytest.mark.usefixtures("known")
def test_the_command_line_attaches_what_came_of_an_edition(
    sqlite: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = sqlite.made("a population", holding(populate))
    monkeypatch.setenv("BEIAN_DATABASE_URL", url)
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    monkeypatch.setattr("cli.whatif.forks.run", lambda *_: an_outcome())
    (tmp_path / "e.json").write_text('{"edition": "X", "base": "LN-2023"}', "utf-8")
    assert starter.run(["whatif", "--terms", str(tmp_path / "e.json"), "--attach"]) == 0
    assert [each.name for each in WhatIfs(Register.at(url).engine).previews()] == ["X"]
    assert starter.run(["whatif", "--set", "notice.length=7", "--attach"]) == 64


def test_numbers_that_move_nothing_under_way_are_told_apart() -> None:
    base = TERMS["LN-2023"]
    assert not touches(TERMS.made(WINDOW), base)
    assert touches(TERMS.made(REVIEW), base)
    assert {each.key for each in numbers(base)} >= {"annual.deadline", "revocation.city_most_a_day"}
    asked = [
        Proposal(key="annual.reminder_days", written="-30，-3"),
        Proposal(key="review.iit_required", written="否", kind=Kind.A),
    ]
    document, findings = proposed(asked, day_of(AT))
    assert findings == []
    assert document
    assert [row["value"] for row in document["rows"]] == [[-30, -3], False]
    assert at_hour(day_of(AT), 0) <= AT


def test_a_number_for_both_kinds_is_refused_where_one_kind_has_its_own() -> None:
    """It would leave that kind as it is, and say nothing of it."""
    key = next(each.key for each in numbers(TERMS["LN-2023"]) if each.kind is None and each.value is not None)
    value = next(each.value for each in numbers(TERMS["LN-2023"]) if each.key == key)
    row = {"key": key, "kind": "A", "value": value, "article": "G-06"}
    own = {"edition": "OWN", "base": "LN-2023", "effective": "2023-05-01", "document_no": "文", "rows": [row]}
    with editions_of_ones_own():
        TERMS.add(own)
        _, findings = proposed([Proposal(key=key, written=str(value))], date(2023, 6, 1))
        assert any("对A类另有规定，不写明类别的假定只改动另一类" in each.message for each in findings)
        of_one, nothing = proposed([Proposal(key=key, written=str(value), kind=Kind.B)], date(2023, 6, 1))
        assert of_one is not None or nothing
