"""What acts of an evaluation by third parties rest on: commissions, who may evaluate whom, what was brought before (细则 8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.acts import By
from models.findings import Finding
from models.rounds.appraisals import DIMENSIONS, Appraisal, Appraisals, Commission, Result, Results
from models.rounds.base import OpenRound, RoundAct, RoundKind, parts
from models.rounds.performance import (
    AcceptResults,
    Appraise,
    Commissioned,
    CommissionThirdParty,
    DeclareInterest,
    ReturnAppraisal,
)
from models.rounds.round import Round
from models.values import day_of, on_day
from models.vocabulary import Role, Severity
from regulation.reading import finding
from regulation.rounds.common_acts import counting_by
from regulation.rounds.known import Alliance, Known, KnownItem, Needs
from regulation.rounds.performing import commission_of, state_of, terms_of
from regulation.rounds.rules import Examined
from regulation.rounds.scoring import PERFORMANCE

ARTICLE = "B-20"

COMMISSIONED, APPRAISED, RETURNED, ACCEPTED = "commissioned", "appraised", "returned", "accepted"
"""What becomes of an alliance in the round."""

GRADES = ("excellent", "qualified", "unqualified")
"""What a score comes to."""

EVALUATORS = frozenset({Role.EVALUATOR})


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """Who is in the rounds of the year, what was brought of them, whom the commissions name, where the organisation is a member."""
    if round_ is None:
        return Needs()
    of_the_year = ((RoundKind.PERFORMANCE, round_.year),)
    papers = tuple(each.paper for each in state_of(round_).commissions)
    match act:
        case CommissionThirdParty():
            return Needs(
                population=True, items=(round_.id,), items_of=of_the_year, naming=(act.code,), continuing=round_.year
            )
        case Appraise():
            own = commissions_of(round_, act.by.role)
            return Needs(
                population=True,
                items=(round_.id,),
                items_of=of_the_year,
                papers=papers,
                naming=tuple(dict.fromkeys(each.code for each in own)),
                continuing=round_.year,
            )
        case AcceptResults():
            return Needs(population=True, items=(round_.id,), items_of=of_the_year, continuing=round_.year)
        case DeclareInterest() | ReturnAppraisal():
            return Needs(items=(round_.id,), papers=papers)
        case _:
            return Needs()


def commissions_of(round_: Round, role: Role) -> tuple[Commissioned, ...]:
    """The commissions that are not ended."""
    return tuple(each for each in state_of(round_).commissions if not each.ended) if role in EVALUATORS else ()


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with what its paper and the register tell, or everything that is wrong with it."""
    match act:
        case OpenRound():
            return counting_by(act, PERFORMANCE)
        case CommissionThirdParty() if round_:
            return _examine_commission(round_, act, Commission.model_validate(content), known)
        case Appraise() if round_:
            return _examine_appraisals(round_, act, Appraisals.model_validate(content), known)
        case DeclareInterest() | ReturnAppraisal() if round_:
            return _examine_one(round_, act, known)
        case AcceptResults() if round_:
            drawn = results(round_, act, known)
            if content is None or Results.model_validate(content) != drawn:
                return [_wrong("", "评价结果的依据已有变化，请按现有评价重新验收")]
            counts = {grade: sum(row.grade == grade for row in drawn.rows) for grade in GRADES}
            kept = {row.filing: told for row in drawn.rows if (told := withdrawn(round_, row.filing, known).figures)}
            return act.but(facts={**counts, "kept": kept})
        case _:
            return act


def _wrong(field: str, message: str) -> Finding:
    return finding(ARTICLE, field, Severity.ERROR, message)


# Who has to do with an alliance (回避)


@dataclass(frozen=True)
class Withdrawn:
    """Who withdrew from an alliance: people, and whole organisations by their codes."""

    people: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()

    @classmethod
    def told(cls, figures: Iterable[Mapping[str, Any]]) -> "Withdrawn":
        """As the figures of an alliance tell it, in one round or in several."""
        every = list(figures)
        people = (person for each in every for person in each.get("conflicts", ()))
        return cls(frozenset(people), frozenset(code for each in every for code in each.get("whole", ())))

    @property
    def figures(self) -> dict[str, Any]:
        """What an alliance's figures hold of it, whatever becomes of it in the round."""
        told = {"conflicts": sorted(self.people), "whole": sorted(self.organisations)}
        return {name: who for name, who in told.items() if who}


def withdrawn(round_: Round, filing_id: str, known: Known) -> Withdrawn:
    """Who withdrew from an alliance in any evaluation of the year: another commission, or another round, changes nothing about it."""
    of_the_year = (
        items[filing_id].figures
        for name, items in known.items.items()
        if filing_id in items and (told := parts(name)) and (told.kind, told.year) == (round_.kind, round_.year)
    )
    return Withdrawn.told(of_the_year)


def _examine_commission(round_: Round, act: CommissionThirdParty, paper: Commission, known: Known) -> Examined:
    found = [] if paper.no_interest else [_wrong("/content/no_interest", "机构须书面声明与受托评价的联盟无利害关系")]
    items = known.items.get(round_.id, {})
    for number, filing_id in enumerate(paper.alliances):
        if fault := _not_to_be_commissioned(round_, act.code, paper, filing_id, known):
            found.append(_wrong(f"/content/alliances/{number}", f"{filing_id}：{fault}"))
    new = sum(filing_id not in items for filing_id in paper.alliances)
    kept = {each: told for each in paper.alliances if (told := withdrawn(round_, each, known).figures)}
    return found or act.but(facts={"alliances": len(paper.alliances), "new": new, "kept": kept})


def _not_to_be_commissioned(round_: Round, code: str, paper: Commission, filing_id: str, known: Known) -> str | None:
    alliance, item = known.alliances.get(filing_id), known.item(round_.id, filing_id)
    if alliance is None or not alliance.lies_in(round_.area):
        return "不是本轮次范围内已备案入库的联盟"
    if known.archived_later(alliance, round_.year):
        return _archived_later(alliance, round_)
    if filing_id in known.naming.get(code, ()):
        return f"“{alliance.name}”的盟主或者成员就是该机构，须回避"
    gone = withdrawn(round_, filing_id, known)
    if code in gone.organisations:
        return f"该机构已就“{alliance.name}”申报整个机构回避，本年度不得再受托评价"
    if gone.people.issuperset(paper.people):
        return f"所列评价人员均已申报与“{alliance.name}”有利害关系，须另派人员"
    if item is None:
        return None
    if item.state in (APPRAISED, ACCEPTED):
        return f"“{alliance.name}”已经评价"
    other = commission_of(round_, item.figures.get("commission"))
    if other and not other.ended and other.code not in gone.organisations:
        return f"“{alliance.name}”已委托{other.organisation}评价"
    return None


def _archived_later(alliance: Alliance, round_: Round) -> str:
    on = on_day(alliance.archived_on) if alliance.archived_on else ""
    return f"“{alliance.name}”于{on}备案，不在{round_.year}年度评价范围"


def _examine_appraisals(round_: Round, act: Appraise, paper: Appraisals, known: Known) -> Examined:
    found: list[Finding] = []
    items, day = known.items.get(round_.id, {}), day_of(act.received_at) if act.received_at else None
    mine = {
        each.number: each
        for each in commissions_of(round_, act.by.role)
        if act.by.person in known.papers.get(each.paper, {}).get("people", ())
        and (day is None or each.begins <= day <= each.ends)
    }
    for number, row in enumerate(paper.rows):
        gone = withdrawn(round_, row.filing, known)
        if fault := _not_to_be_appraised(round_, row.filing, act.by, items.get(row.filing), mine, gone, known):
            found.append(_wrong(f"/content/rows/{number}/filing", f"{row.filing}：{fault}"))
    kept = {row.filing: _kept(items[row.filing].figures) for row in paper.rows if row.filing in items}
    done = sum(items[row.filing].state != APPRAISED for row in paper.rows if row.filing in items)
    if found:
        return found
    # All rows of one sheet are of one commission, as a rule; what differs is kept by alliance.
    first = next(iter(kept.values()))
    other = {filing_id: told for filing_id, told in kept.items() if told != first}
    return act.but(facts={"done": done, "kept": first, "other": other})


def _kept(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of an alliance's figures, whatever is brought of it."""
    return {name: figures[name] for name in ("commission", *DECLARED) if name in figures}


def is_theirs(figures: Mapping[str, Any], one: Commissioned, person: str, gone: Withdrawn) -> bool:
    """Whether somebody who works under a commission evaluates an alliance: it is still of that commission, and neither withdrew."""
    withdrew = one.code in gone.organisations or person in gone.people
    return figures.get("commission") == one.number and not withdrew


NOT_YOURS = "不是受您所在机构委托评价的联盟"


def _not_to_be_appraised(
    round_: Round, filing_id: str, by: By, item: KnownItem | None, mine: Mapping[int, Commissioned], gone: Withdrawn, known: Known
) -> str | None:  # fmt: skip
    alliance = known.alliances.get(filing_id)
    if item is None or alliance is None:
        return NOT_YOURS
    if item.state == ACCEPTED:
        return f"“{alliance.name}”的评价已经验收"
    if known.archived_later(alliance, round_.year):
        return _archived_later(alliance, round_)
    one = mine.get(item.figures.get("commission", 0))
    if one is None or one.code in gone.organisations:
        return NOT_YOURS
    if by.person in gone.people:
        return f"您已申报与“{alliance.name}”有利害关系，须由其他人员评价"
    if filing_id in known.naming.get(one.code, ()):
        return f"“{alliance.name}”的盟主或者成员就是受托机构，须回避"
    return None


def _examine_one(round_: Round, act: DeclareInterest | ReturnAppraisal, known: Known) -> Examined:
    item = known.item(round_.id, act.filing)
    if item is None:
        return [_wrong("/filing", "该联盟尚未委托评价")]
    one = commission_of(round_, item.figures.get("commission"))
    told = known.papers.get(one.paper, {}) if one else {}
    if act.by.role is Role.EVALUATOR and act.by.person not in told.get("people", ()):
        return [_wrong("/filing", NOT_YOURS)]
    if item.state == ACCEPTED:
        return [_wrong("/filing", "该联盟的评价已经验收")]
    if isinstance(act, ReturnAppraisal) and item.state != APPRAISED:
        return [_wrong("/filing", "该联盟没有可退回的评价")]
    figures: dict[str, Any] = dict(item.figures) if isinstance(act, ReturnAppraisal) else _kept(item.figures)
    if isinstance(act, DeclareInterest):
        figures["conflicts"] = sorted({*figures.get("conflicts", ()), act.by.person})
        figures |= {"whole": sorted({*figures.get("whole", ()), one.code})} if act.whole and one else {}
    return act.but(facts={"done": -1 if item.state == APPRAISED else 0, "figures": figures})


# The results


def results(round_: Round, act: RoundAct, known: Known) -> Results:
    """The results as they follow from what was brought: of each alliance that was evaluated, or accepted before.

    Of whoever was archived after the year there is none: its filing would refuse it.
    """
    items = known.items.get(round_.id, {})
    return Results(rows=tuple(_results(round_, items, known)))


def _results(round_: Round, items: Mapping[str, KnownItem], known: Known) -> Iterator[Result]:
    terms = terms_of(round_)
    for filing_id, item in sorted(items.items()):
        alliance = known.alliances.get(filing_id)
        if item.state not in (APPRAISED, ACCEPTED) or alliance is None or known.archived_later(alliance, round_.year):
            continue
        told = Appraisal.model_validate({"filing": filing_id, **appraised(item.figures)})
        score, one = terms.score(told), commission_of(round_, item.figures["commission"])
        yield Result.model_validate(
            {
                **told.model_dump(), "alliance": alliance.name, "leader": alliance.leader, "leader_name": alliance.leader_name,
                "archive_number": alliance.archive_number, "commission": item.figures["commission"],
                "organisation": one.organisation if one else "", "score": score, "grade": terms.grade(score),
            }
        )  # fmt: skip


BROUGHT = (*DIMENSIONS, "joint_activities", "opinion")


DECLARED = ("conflicts", "whole")
"""Who withdrew from an alliance, among its figures: people, and whole organisations by their codes."""


def appraised(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What an evaluator brought of an alliance, out of its figures."""
    return {name: figures[name] for name in BROUGHT if name in figures}
