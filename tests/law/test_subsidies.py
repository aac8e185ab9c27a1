"""后补助 (细则 9–10, G-33): the cases a jurist reads, and what must hold of every table, every list and every amount.

The lists are drawn up a second time by a program of its own, in fen and with integers, that shares no line with the first.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rounds.merit import Band, Base, Candidate, Scheme, SubsidyList
from regulation.articles import cite
from regulation.editions import EditionRefused
from regulation.rounds.bands import SUBSIDIES, SubsidyTerms, faults, plain, shipped
from regulation.rounds.merit import draw_up, paid_lines, total_of
from tests.samples import examples

YEAR = 2027
EVALUATED = ("performance-2027-LN-1",)
CASES = yaml.safe_load((Path(__file__).parent / "rounds/subsidies.yaml").read_text("utf-8"))
LAW = SUBSIDIES["LN-2023"]


def amount(number: float | str) -> Decimal:
    """An amount as a case writes it."""
    return Decimal(str(number))


def bands_of(rows: list[list[Any]]) -> tuple[Band, ...]:
    """A table as a case writes it."""
    return tuple(
        Band(at_least=amount(low), below=None if high is None else amount(high), amount=amount(paid))
        for low, high, paid in rows
    )


TABLE = bands_of(CASES["tables"][0]["bands"])


@pytest.mark.parametrize("case", CASES["tables"], ids=lambda case: case["name"])
def test_a_table_of_intervals(case: dict[str, Any]) -> None:
    """Every fault of a table at once, with the interval and the figure it is in."""
    assert cite(case["article"])
    found = [f"{each.number}/{each.field} {each.message}" for each in faults(bands_of(case["bands"]), LAW)]
    assert found == case.get("faults", [])


def candidate_of(row: dict[str, Any]) -> Candidate:
    """An alliance as a case writes it."""
    base = None
    if "base" in row:
        base = Base(
            filing=f"F{row['number']}", year=row.get("base_year", YEAR - 1), amount=amount(row["base"]), proof="D5b",
            document="0" * 64,
        )  # fmt: skip
    return Candidate(
        filing=f"F{row['number']}", alliance=row["id"], leader=row["leader"], leader_name=row["leader"],
        jurisdiction=row.get("place", "210100"), zone=row.get("zone"), in_force=row.get("in_force", True),
        pending=row.get("pending", False), archive_number=f"LN-CXY-B-210100-2026-{row['number']:04}",
        archived_on="2026-05-20", grade=row.get("grade"), score=amount(row["score"]) if "score" in row else None,
        base=base, paid=tuple(row.get("paid", ())), recorded=tuple(row.get("recorded", ())),
    )  # fmt: skip


def terms_of(more: dict[str, Any] | None) -> SubsidyTerms:
    """An edition that builds on the shipped one."""
    editions = shipped()
    editions.add({"edition": "T", "base": "LN-2023", "effective": "2027-01-01", "document_no": "演示", **(more or {})})
    return editions["T"]


@pytest.mark.parametrize("case", CASES["lists"], ids=lambda case: case["name"])
def test_a_list(case: dict[str, Any]) -> None:
    """Who is paid how much, who no longer fits, who is left out and by which row."""
    assert cite(case["article"])
    scheme = Scheme(
        performance=EVALUATED, budget=amount(case["budget"]), bands=TABLE, grades=case.get("grades", LAW.grades), order=case.get("order", LAW.order)
    )  # fmt: skip
    drawn = draw_up([candidate_of(row) for row in case["alliances"]], scheme, terms_of(case.get("edition")), YEAR)
    told = [
        f"{line.alliance} {line.left_out or (f'{line.amount.normalize():f}' if line.amount else '无')}"
        for line in drawn.lines
    ]
    assert told == case["list"]
    assert drawn.total == amount(case["total"]) == total_of(drawn.lines)
    assert all(line.why for line in drawn.lines)


def test_an_amount_is_explained_line_by_line() -> None:
    """A leader reads, in the order of the law, what the amount rests on."""
    row = {"id": "甲", "leader": "L1", "grade": "excellent", "score": 92.5, "base": 120, "number": 1}
    line = draw_up([candidate_of(row)], Scheme(performance=EVALUATED, budget=amount(50), bands=TABLE, grades=LAW.grades, order=LAW.order), LAW, YEAR).lines[0]  # fmt: skip
    assert list(line.why) == [
        "评价：年度绩效评价结果为“优秀”，得分92.50分，依据《实施细则》第九条。",
        "基数：2026年度研发投入总额120.00万元，经核对“研发投入专项审计报告”（文件摘要000000000000…）登记。",
        "定额：在第4档，100.00（含）至200.00万元（不含），定额30.00万元，依据《实施细则》第十条。",
        "上下限：下限12.00万元（研发投入的10%与50.00万元中较小的），上限36.00万元（研发投入的30%与50.00万元中较小的），定额30.00万元在上下限之内。",
        "次序：第1名（评价等级高者在先，评价得分高者在先，上一年度研发投入高者在先，备案在先者在先；以上均相同的，备案编号在前者在先）。",
        "资金：年度资金总额50.00万元，列前各名已安排0.00万元，余50.00万元，安排30.00万元。",
    ]


def test_an_edition_that_cannot_hold_is_refused_when_it_is_loaded() -> None:
    """Also one whose rows rest on nothing, or that forgets what every edition has."""
    for wrong, said in (
        ({"bands": [{"at_least": "10", "below": "40", "amount": "3"}, {"at_least": "40", "amount": "50"}]}, "第1档：研发投入为39.99万元时"),
        ({"least_percent": "40"}, "大于上限"),
        ({"exclusions": [{"code": "odd", "test": "recorded", "said": "无依据"}]}, "须写明依据条款"),
        ({"exclusions": [{"code": "odd", "test": "recorded", "said": "无此条", "article": "Z-99"}]}, "不存在"),
        ({"exclusions": [{"code": "odd", "test": "paid_within", "said": "未写年数", "document": "演示"}]}, "年数"),
        ({"exclusions": [{"code": "below_bands", "test": "recorded", "said": "改了含义", "document": "演示"}]}, "须包括 below_bands"),
    ):  # fmt: skip
        with pytest.raises(EditionRefused, match=said):
            terms_of(wrong)


# What must hold of every list

fen = st.integers(min_value=1, max_value=60_000_00)
"""An amount in fen of 万元: hundredths, so that integers do all arithmetic."""


@st.composite
def tables(draw: st.DrawFn) -> tuple[Band, ...]:
    """Tables that hold: each interval at most three times as wide as it begins, its amount anywhere within the bound."""
    lows = [draw(st.integers(min_value=10_00, max_value=100_00))]
    while lows[-1] < 166_67:
        lows.append(lows[-1] + draw(st.integers(min_value=lows[-1] // 2, max_value=lows[-1] * 3 // 2)))
    rows: list[Band] = []
    before = 0
    for number, low in enumerate(lows):
        last = number == len(lows) - 1
        high = None if last else lows[number + 1]
        most = min(low * 30 // 100, 50_00)
        least = 50_00 if high is None else min(-(-(high - 1) * 10 // 100), 50_00)
        paid = draw(st.integers(min_value=max(least, before), max_value=most))
        before = paid
        rows.append(Band(at_least=Decimal(low) / 100, below=None if high is None else Decimal(high) / 100, amount=Decimal(paid) / 100))  # fmt: skip
    return tuple(rows)


@st.composite
def alliances(draw: st.DrawFn) -> list[Candidate]:
    """Alliances of every sort, some of one leader, many of them equal."""
    found = []
    for number in range(draw(st.integers(min_value=0, max_value=25))):
        points = draw(st.none() | st.integers(min_value=0, max_value=1_000_000))
        score = None if points is None else Decimal(points) / 10_000
        research = draw(st.none() | fen)
        filing = f"F{number:03}"
        base = None
        if research is not None:
            year = draw(st.sampled_from([YEAR - 1, YEAR - 1, YEAR - 1, YEAR - 2]))
            base = Base(filing=filing, year=year, amount=Decimal(research) / 100, proof="D5a", document="1" * 64)
        found.append(
            Candidate(
                filing=filing, alliance=filing, leader=f"L{draw(st.integers(0, 12))}", leader_name="盟主",
                jurisdiction="210100", in_force=draw(st.booleans()) or draw(st.booleans()), pending=draw(st.integers(0, 9)) == 0,
                archive_number=f"LN-{draw(st.integers(0, 3))}", archived_on=f"2026-0{draw(st.integers(1, 3))}-01",
                grade=None if score is None else "excellent" if score >= 85 else "qualified" if score >= 60 else "unqualified",
                score=score, base=base,
            )
        )  # fmt: skip
    return found


def again(candidates: list[Candidate], scheme: Scheme) -> dict[str, int]:
    """The amounts, in fen, drawn up by integers: who gets nothing is not in it."""

    def hundredths(number: Decimal) -> int:
        return int(number * 100)

    rows = []
    for each in candidates:
        if not each.in_force or each.pending or each.grade in (None, "unqualified") or each.base is None:
            continue
        if each.base.year != YEAR - 1 or each.base.amount < scheme.bands[0].at_least:
            continue
        points = int((each.score or 0) * 10_000)
        rows.append((each.grade != "excellent", -points, -hundredths(each.base.amount), each.archived_on, each.archive_number, each.filing, each))  # fmt: skip
    left, paid, leaders = hundredths(scheme.budget), {}, set()
    for *_, each in sorted(rows, key=lambda row: row[:6]):
        if each.leader in leaders:
            continue
        leaders.add(each.leader)
        assert each.base
        (fixed,) = [
            hundredths(band.amount)
            for band in scheme.bands
            if hundredths(band.at_least) <= hundredths(each.base.amount)
            and (band.below is None or hundredths(each.base.amount) < hundredths(band.below))
        ]
        if fixed > left:
            break
        left -= fixed
        paid[each.filing] = fixed
    return paid


@settings(max_examples=examples(50, 150), deadline=None)
@given(alliances(), tables(), st.integers(min_value=1, max_value=400_00), st.randoms(use_true_random=False))
def test_every_list_holds(candidates: list[Candidate], table: tuple[Band, ...], money: int, random: Any) -> None:
    """Bounds kept to the last fen, the money never exceeded, nobody passed over, the same whatever order they came in."""
    assert not list(faults(table, LAW))
    scheme = Scheme(performance=EVALUATED, budget=Decimal(money) / 100, bands=table, grades=LAW.grades, order=LAW.order)
    drawn = draw_up(candidates, scheme, LAW, YEAR)
    assert {line.filing: int(line.amount * 100) for line in paid_lines(drawn) if line.amount} == again(
        candidates, scheme
    )
    assert drawn.total <= scheme.budget
    _bounds_hold(drawn)
    _nobody_is_passed_over(drawn, scheme)
    assert sorted(line.filing for line in drawn.lines) == sorted(each.filing for each in candidates)
    random.shuffle(candidates)
    assert draw_up(candidates, scheme, LAW, YEAR) == drawn


def _bounds_hold(drawn: SubsidyList) -> None:
    for line in paid_lines(drawn):
        assert line.base is not None
        assert line.amount is not None
        research, paid = int(line.base.amount * 100), int(line.amount * 100)
        assert min(research * 10, 50_00 * 100) <= paid * 100 <= min(research * 30, 50_00 * 100)


def _nobody_is_passed_over(drawn: SubsidyList, scheme: Scheme) -> None:
    ranked = [line for line in drawn.lines if line.rank is not None]
    assert [line.rank for line in ranked] == list(range(1, len(ranked) + 1))
    reached = [line.amount is not None for line in ranked]
    assert reached == sorted(reached, reverse=True)
    grades = [["excellent", "qualified"].index(line.grade or "") for line in ranked]
    assert grades == sorted(grades)
    if not all(reached):
        first = ranked[reached.index(False)]
        assert first.band is not None
        assert drawn.total + scheme.bands[first.band - 1].amount > scheme.budget


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(fen, fen, st.integers(1, 60_00)), min_size=1, max_size=5), fen)
def test_a_table_without_faults_is_within_the_bound_for_every_base(rows: list[tuple[int, int, int]], base: int) -> None:
    """Whatever passes the check of a table cannot break the bound anywhere."""
    starts = sorted({low for low, _, _ in rows})
    made = tuple(
        Band(
            at_least=Decimal(low) / 100,
            below=Decimal(starts[number + 1]) / 100 if number + 1 < len(starts) else None,
            amount=Decimal(paid) / 100,
        )
        for number, (low, (_, _, paid)) in enumerate(zip(starts, rows, strict=False))
    )
    broken = {each.number for each in faults(made, LAW)}
    at = max((number for number, low in enumerate(starts) if low <= base), default=None)
    if at is not None and at not in broken:
        assert LAW.within(made[at].amount, Decimal(base) / 100)


def test_amounts_are_never_rounded_in_print() -> None:
    """As many decimals as there are, two at least."""
    assert [plain(Decimal(text)) for text in ("3.999", "50", "0.1", "1E+2", "12.3400")] == [
        "3.999", "50.00", "0.10", "100.00", "12.34"
    ]  # fmt: skip
