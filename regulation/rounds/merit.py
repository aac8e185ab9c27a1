"""择优 (细则 9): who is left out and why, who comes first, and how far the money of a year reaches.

The list is drawn up in one pass by rank. Who no longer fits into what is left ends it: nobody further down gets what somebody before
them did not (择优), and no interval's amount is paid in part (区间定额). Two who agree in everything that the scheme compares are told
apart by archive number, the older first, so an order is never left to whoever draws it up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from models.choices import CHOICES
from models.rounds.merit import Base, Candidate, Line, MeritKey, Scheme, SubsidyList
from regulation.articles import named
from regulation.rounds.bands import Exclusion, SubsidyTerms, Test, band_of, interval, plain, wan

GRADES: Mapping[str, str] = {"excellent": "优秀", "qualified": "合格", "unqualified": "不合格"}
PROOFS: Mapping[str, str] = {"D5a": "研发费用加计扣除明细表", "D5b": "研发投入专项审计报告"}

ORDER: Mapping[str, str] = CHOICES["order"]
"""By what a scheme can rank, as it is printed."""

TIE = "以上均相同的，备案编号在前者在先"
"""What tells apart whoever is equal in all that, so that the order is one."""

_LAST = date.max

_KEYS: Mapping[MeritKey, Callable[[Candidate, Base], Any]] = {
    "grade": lambda each, base: list(GRADES).index(each.grade or "unqualified"),
    "score": lambda each, base: -(each.score or Decimal(0)),
    "zone": lambda each, base: each.zone is None,
    "base": lambda each, base: -base.amount,
    "archived_on": lambda each, base: each.archived_on or _LAST,
}


def rank_key(candidate: Candidate, base: Base, order: Sequence[MeritKey]) -> tuple[Any, ...]:
    """By what a candidate is placed; smaller comes first. No two are equal."""
    return (*(_KEYS[key](candidate, base) for key in order), candidate.archive_number or "", candidate.filing)


def _paid_within(candidate: Candidate, row: Exclusion, scheme: Scheme, year: int) -> bool:
    return any(year - (row.years or 0) < paid < year for paid in candidate.paid)


def _below_bands(candidate: Candidate, row: Exclusion, scheme: Scheme, year: int) -> bool:
    return candidate.base is not None and band_of(scheme.bands, candidate.base.amount) is None


TESTS: Mapping[Test, Callable[[Candidate, Exclusion, Scheme, int], bool]] = {
    "not_in_force": lambda each, row, scheme, year: not each.in_force,
    "pending": lambda each, row, scheme, year: each.pending,
    "archived_later": lambda each, row, scheme, year: each.archived_later,
    "not_evaluated": lambda each, row, scheme, year: each.grade is None,
    "grade": lambda each, row, scheme, year: each.grade is not None and each.grade not in scheme.grades,
    "base_unproven": lambda each, row, scheme, year: each.base is None or each.base.year != year - 1,
    "below_bands": _below_bands,
    "same_leader": lambda each, row, scheme, year: False,  # told only in order, see `draw_up`
    "paid_this_year": lambda each, row, scheme, year: year in each.paid,
    "paid_within": _paid_within,
    "recorded": lambda each, row, scheme, year: row.code in each.recorded,
}
"""Whether a fact that leaves somebody out is there."""


def left_out(candidate: Candidate, scheme: Scheme, terms: SubsidyTerms, year: int) -> list[Exclusion]:
    """Every row by which an alliance gets nothing; none, and it is ranked."""
    here = (row for row in terms.exclusions.values() if row.jurisdiction in (None, candidate.jurisdiction))
    return [row for row in here if TESTS[row.test](candidate, row, scheme, year)]


def draw_up(candidates: Sequence[Candidate], scheme: Scheme, terms: SubsidyTerms, year: int) -> SubsidyList:
    """The list: the ranked by rank, paid as far as the money reaches, then whoever is left out, each with the reasons.

    The same candidates give the same list in whatever order they come.
    """
    ranked: list[tuple[Candidate, Base]] = []
    others: list[Line] = []
    for each in candidates:
        rows = left_out(each, scheme, terms, year)
        if rows or each.base is None:
            others.append(_without(each, rows))
        else:
            ranked.append((each, each.base))
    ranked.sort(key=lambda each: rank_key(each[0], each[1], scheme.order))
    lines, total = _paid(ranked, scheme, terms, year)
    others += [line for line in lines if line.rank is None]
    others.sort(key=lambda line: (line.archive_number or "", line.filing))
    return SubsidyList(
        lines=(*(line for line in lines if line.rank is not None), *others), budget=scheme.budget, total=total
    )


def _paid(
    ranked: Sequence[tuple[Candidate, Base]], scheme: Scheme, terms: SubsidyTerms, year: int
) -> tuple[list[Line], Decimal]:
    lines: list[Line] = []
    leaders: dict[str, str] = {}
    total, ended, rank = Decimal("0.00"), False, 0
    same_leader = [row for row in terms.exclusions.values() if row.test == "same_leader"]
    for candidate, base in ranked:
        if candidate.leader in leaders:
            lines.append(_without(candidate, same_leader[:1], leaders[candidate.leader]))
            continue
        leaders[candidate.leader] = candidate.alliance
        number = band_of(scheme.bands, base.amount)
        assert number is not None  # below the first it would have been left out
        amount, rank = scheme.bands[number].amount, rank + 1
        fits = not ended and total + amount <= scheme.budget
        ended = not fits
        why = (*_basis(candidate, base, scheme, terms, number, year), _place(rank, scheme))
        money = _money(scheme.budget, total, amount, fits=fits)
        total += amount if fits else Decimal(0)
        lines.append(
            _line(candidate).but(rank=rank, band=number + 1, amount=amount if fits else None, why=(*why, money))
        )
    return lines, total


def _line(each: Candidate) -> Line:
    return Line(
        filing=each.filing, alliance=each.alliance, leader=each.leader, leader_name=each.leader_name,
        jurisdiction=each.jurisdiction, archive_number=each.archive_number, grade=each.grade, score=each.score,
        base=each.base, proof=each.proof, recorded=each.recorded,
    )  # fmt: skip


def _without(each: Candidate, rows: Sequence[Exclusion], other: str = "") -> Line:
    why = tuple(f"不予支持：{row.said}{f'（{other}）' if other else ''}，依据{row.basis}。" for row in rows)
    return _line(each).but(left_out=rows[0].code if rows else "base_unproven", why=why)


# Each amount, line by line


def _basis(each: Candidate, base: Base, scheme: Scheme, terms: SubsidyTerms, number: int, year: int) -> Iterator[str]:
    band = scheme.bands[number]
    scored = f"，得分{plain(each.score)}分" if each.score is not None else ""
    yield f"评价：年度绩效评价结果为“{GRADES[each.grade or 'unqualified']}”{scored}，依据{named('B-21')}。"
    proof = f"“{PROOFS[base.proof]}”（文件摘要{base.document[:12]}…）"
    yield f"基数：{base.year}年度研发投入总额{wan(base.amount)}，经核对{proof}登记。"
    yield f"定额：在第{number + 1}档，{interval(band)}，定额{wan(band.amount)}，依据{named('B-22')}。"
    least, most = (
        f"{wan(bound)}（研发投入的{percent:f}%与{wan(terms.cap)}中较小的）"
        for percent, bound in (
            (terms.least_percent, terms.least(base.amount)), (terms.most_percent, terms.most(base.amount))
        )
    )  # fmt: skip
    within = "在上下限之内" if terms.within(band.amount, base.amount) else "不在上下限之内"
    yield f"上下限：下限{least}，上限{most}，定额{wan(band.amount)}{within}。"


def _place(rank: int, scheme: Scheme) -> str:
    compared = "，".join(ORDER[key] for key in scheme.order)
    return f"次序：第{rank}名（{compared}；{TIE}）。"


def _money(budget: Decimal, before: Decimal, amount: Decimal, *, fits: bool) -> str:
    left = budget - before
    ahead = f"年度资金总额{wan(budget)}，列前各名已安排{wan(before)}，余{wan(left)}"
    if fits:
        return f"资金：{ahead}，安排{wan(amount)}。"
    return f"资金：{ahead}，不足以在其后依次安排本名的{wan(amount)}，不予安排；定额不拆分，也不越过在前者安排在后者。"


def total_of(lines: Sequence[Line]) -> Decimal:
    """What the lines come to."""
    return sum((line.amount for line in lines if line.amount is not None), Decimal("0.00"))


def paid_lines(drawn: SubsidyList) -> list[Line]:
    """Whoever is paid, by rank."""
    return [line for line in drawn.lines if line.amount is not None]
