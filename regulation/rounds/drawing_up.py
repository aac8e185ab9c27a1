"""What acts of a subsidy rest on: the scheme, the documents, what is on record; and the list that follows from it (细则 9–10)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from models.findings import Finding
from models.rounds.base import (
    OpenRound,
    RoundAct,
    RoundKind,
    RoundStage,
    parts,
)
from models.rounds.merit import Base, BaseProof, Brought, Candidate, Scheme, SubsidyList
from models.rounds.round import Round
from models.rounds.subsidies import (
    AdoptScheme,
    ApproveList,
    BringProof,
    EnterListLetter,
    NoteBase,
    RecordExclusion,
)
from models.vocabulary import Severity, Stage
from regulation import on_paper
from regulation.moment import Moment
from regulation.reading import finding
from regulation.rounds.bands import SUBSIDIES, faults
from regulation.rounds.common_acts import counting_by
from regulation.rounds.known import FILED, Alliance, Known, KnownItem, Needs
from regulation.rounds.merit import draw_up
from regulation.rounds.performing import state_of as performance_state
from regulation.rounds.rules import Examined
from regulation.rounds.subsidising import LISTED, evaluations_of, results_of, state_of, terms_of

ARTICLE = "B-21"

LOOKED_BACK = 20
"""How many years back it is looked who was paid before: as far as a row of exclusions may ask."""

FIRST_YEAR = 2020
"""No round is of a year before."""


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """Of a list, all that it rests on; of one alliance, what is on record of it."""
    if round_ is None:
        return Needs()
    match act:
        case AdoptScheme():
            return Needs(rounds=(evaluations_of(round_),))
        case NoteBase():
            return Needs(items=(round_.id,), applications=(act.filing,))
        case BringProof() | RecordExclusion():
            return Needs(items=(round_.id,))
        case ApproveList():
            return list_needs(round_)
        case _:
            return Needs()


def list_needs(round_: Round) -> Needs:
    """All that a list rests on."""
    state = state_of(round_)
    looks_back = any(row.test == "paid_within" for row in terms_of(round_).exclusions.values())
    years = range(round_.year - LOOKED_BACK if looks_back else round_.year, round_.year + 1)
    subsidies = tuple((RoundKind.SUBSIDY, year) for year in years if year >= FIRST_YEAR)
    return Needs(
        population=True,
        stages=(*FILED, Stage.REVOKED, Stage.DEREGISTERED, Stage.CONTINUED),
        items=(round_.id, *state.performance),
        items_of=subsidies,
        rounds=(evaluations_of(round_), *subsidies),
        papers=(state.scheme,) if state.scheme else (),
        continuing=round_.year,
    )


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with what its paper and the register tell, or everything that is wrong with it."""
    match act:
        case OpenRound():
            return counting_by(act, SUBSIDIES)
        case AdoptScheme() if round_:
            return _examine_scheme(round_, act, Scheme.model_validate(content), known)
        case BringProof() if round_:
            return _examine_proof(round_, act, BaseProof.model_validate(content), known)
        case NoteBase() if round_:
            return _examine_base(round_, act, known)
        case RecordExclusion() if round_:
            return _examine_exclusion(round_, act, known)
        case EnterListLetter() if act.received_at:
            faults_of = list(on_paper.faults_of(act.came, act.by, Moment(act.received_at, act.received_at)))
            if act.anonymous == bool((content or {}).get("name")):
                faults_of.append(("/anonymous", "未填异议人的为匿名，填了的不是匿名"))
            return [_wrong("G-03", field, message) for field, message in faults_of] or act
        case ApproveList() if round_:
            return _examine_list(round_, act, content, known)
        case _:
            return act


def _wrong(code: str, field: str, message: str) -> Finding:
    return finding(code, field, Severity.ERROR, message)


def _examine_scheme(round_: Round, act: AdoptScheme, scheme: Scheme, known: Known) -> Examined:
    found = [
        _wrong("G-33", f"/content/bands/{each.number}/{each.field}", f"第{each.number + 1}档：{each.message}")
        for each in faults(scheme.bands, terms_of(round_))
    ]
    if scheme.order[0] not in ("grade", "score"):
        found.append(_wrong("B-21", "/content/order", "择优须依据年度绩效评价结果：评价等级或者得分须列在次序之首"))
    for number, round_id in enumerate(scheme.performance):
        if fault := _no_basis(round_, round_id, known):
            found.append(_wrong("B-21", f"/content/performance/{number}", fault))
    if scheme.budget < min(band.amount for band in scheme.bands):
        found.append(_wrong("B-22", "/content/budget", "年度资金总额不足最低一档的定额"))
    return found or act.but(facts={"performance": list(scheme.performance), "budget": str(scheme.budget)})


def _no_basis(round_: Round, round_id: str, known: Known) -> str | None:
    """Why a round is no evaluation that money of the year may rest on: another kind or year, cancelled, not accepted."""
    told, one = parts(round_id), known.rounds.get(round_id)
    if told and told.kind is RoundKind.PERFORMANCE and told.year != round_.year:
        return f"须为本年度（{round_.year}年度）的绩效评价，不得以{told.year}年度的评价结果为依据"
    if one is None or one.kind is not RoundKind.PERFORMANCE:
        return f"没有{round_id}这一年度绩效评价轮次"
    if one.stage is RoundStage.CANCELLED:
        return f"“{one.title}”已取消，其评价结果不能作为依据"
    return None if performance_state(one).results else f"“{one.title}”的评价结果尚未验收"


def _figures(known: Known, round_: Round, filing_id: str) -> dict[str, Any]:
    """What is on record of an alliance in the round, without what a list made of it."""
    item = known.item(round_.id, filing_id)
    return {name: item.figures[name] for name in ("base", "proof", "recorded") if item and name in item.figures}


def _examine_proof(round_: Round, act: BringProof, paper: BaseProof, known: Known) -> Examined:
    found = []
    if paper.document.kind not in ("D5a", "D5b"):
        found.append(
            _wrong("B-16", "/content/document/kind", "须为研发费用加计扣除明细表（D5a）或者专项审计报告（D5b）")
        )
    if paper.year != round_.year - 1:
        found.append(_wrong("B-22", "/content/year", f"须为上一年度（{round_.year - 1}年度）的材料"))
    figures = _figures(known, round_, act.filing)
    proof = {
        "kind": paper.document.kind,
        "sha256": paper.document.sha256,
        "stated": str(paper.stated),
        "year": paper.year,
    }
    return found or act.but(facts={"figures": {**figures, "proof": proof}, "proven": "base" in figures})


def _examine_base(round_: Round, act: NoteBase, known: Known) -> Examined:
    """The document that a base is read off is one that the register has: of the application, or brought since (细则 10)."""
    figures = _figures(known, round_, act.filing)
    documents = known.applications.get(act.filing, {}).get("documents", ())
    there = {(each.get("kind"), each.get("sha256")) for each in documents}
    if proof := figures.get("proof"):
        there.add((proof["kind"], proof["sha256"]))
    if (act.proof, act.document) not in there:
        return [_wrong("B-22", "/document", "申请材料和此后提交的证明材料中没有这份材料（类别、摘要均须一致）")]
    base = Base(
        filing=act.filing, year=round_.year - 1, amount=act.amount, proof=act.proof, document=act.document,
        noted_by=act.by.person,
    )  # fmt: skip
    told = base.model_dump(mode="json")
    return act.but(facts={"figures": {**figures, "base": told}, "new": int("base" not in figures)})


def _examine_exclusion(round_: Round, act: RecordExclusion, known: Known) -> Examined:
    rows = {row.code: row for row in terms_of(round_).exclusions.values() if row.test == "recorded"}
    alliance = known.alliances.get(act.filing)
    here = {code for code, row in rows.items() if alliance and row.jurisdiction in (None, alliance.jurisdiction)}
    if act.code not in here:
        told = "、".join(f"{code}（{rows[code].said}）" for code in sorted(here))
        return [_wrong(ARTICLE, "/code", f"须为下列情形之一：{told}")]
    figures = _figures(known, round_, act.filing)
    recorded = set(figures.get("recorded", ()))
    if act.lifted and act.code not in recorded:
        return [_wrong(ARTICLE, "/lifted", "该联盟没有登记这一情形")]
    figures["recorded"] = sorted(recorded - {act.code} if act.lifted else recorded | {act.code})
    return act.but(facts={"figures": figures})


def _examine_list(round_: Round, act: ApproveList, content: Mapping[str, Any] | None, known: Known) -> Examined:
    drawn = the_list(round_, act, known)
    if content is None or SubsidyList.model_validate(content) != drawn:
        return [_wrong(ARTICLE, "", "名单的依据已有变化，请按现有的评价结果、研发投入和情形重新审定")]
    if drawn.total == 0:
        return [_wrong(ARTICLE, "", "名单中没有可予支持的联盟")]
    ranked = [line for line in drawn.lines if line.rank is not None]
    paid = sum(line.amount is not None for line in ranked)
    counts = {"listed": paid, "beyond": len(ranked) - paid, "left_out": len(drawn.lines) - len(ranked)}
    return act.but(facts={**counts, "total": str(drawn.total)})


def the_list(round_: Round, act: RoundAct, known: Known) -> SubsidyList:
    """The list as it follows from what is on record (`draw_up`)."""
    scheme = Scheme.model_validate(known.papers[str(state_of(round_).scheme)])
    return draw_up(list(candidates(round_, known)), scheme, terms_of(round_), round_.year)


def candidates(round_: Round, known: Known) -> Iterator[Candidate]:
    """Every alliance that stands, or that was evaluated, with all that its place and amount rest on."""
    results, paid = results_of(round_, known), paid_years(round_, known)
    for filing_id, alliance in known.alliances.items():
        if alliance.lies_in(round_.area) and (alliance.stage in FILED or filing_id in results):
            figures, later = _figures(known, round_, filing_id), known.archived_later(alliance, round_.year)
            yield _candidate(alliance, results.get(filing_id), figures, paid).but(archived_later=later)


def _candidate(
    alliance: Alliance, result: KnownItem | None, figures: Mapping[str, Any], paid: Mapping[str, set[int]]
) -> Candidate:
    return Candidate(
        filing=alliance.id, alliance=alliance.name, leader=alliance.leader, leader_name=alliance.leader_name,
        jurisdiction=alliance.jurisdiction, zone=alliance.zone, in_force=alliance.stage in FILED,
        pending=alliance.stage is Stage.REVOCATION_PENDING, archive_number=alliance.archive_number,
        archived_on=alliance.archived_on, grade=result.figures["grade"] if result else None,
        score=Decimal(result.figures["score"]) if result else None,
        base=Base.model_validate(figures["base"]) if "base" in figures else None,
        proof=Brought.model_validate(figures["proof"]) if "proof" in figures else None,
        paid=tuple(sorted(paid.get(alliance.leader, ()))), recorded=tuple(figures.get("recorded", ())),
    )  # fmt: skip


def paid_years(round_: Round, known: Known) -> dict[str, set[int]]:
    """In which years a leader was paid, under whichever alliance, by another round than this.

    Of the round's own year that is whoever stands on another list of it, paid out or not: the bound of 细则 10 is an enterprise's for a year.
    """
    paid: dict[str, set[int]] = {}
    for round_id, items in known.items.items():
        one = known.rounds.get(round_id)
        if one is None or one.kind is not RoundKind.SUBSIDY or one.id == round_.id or not _gives(one, round_.year):
            continue
        for item in items.values():
            if item.state == LISTED:
                paid.setdefault(str(item.figures["leader"]), set()).add(one.year)
    return paid


def _gives(other: Round, year: int) -> bool:
    """Whether another round has paid, or in the same year has a list by which it will."""
    state = state_of(other)
    if state.paid_on is not None:
        return True
    return other.year == year and state.drawn is not None and other.stage is not RoundStage.CANCELLED
