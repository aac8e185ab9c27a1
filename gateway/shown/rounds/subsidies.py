"""The subsidy as it is shown: scheme and bounds, whose base is noted, the list as it would be and as it was approved, the files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from activities.documents import subsidies as documents
from activities.papers import PaperMissing
from gateway.identity import Identity
from gateway.tools import Tools
from models.rounds.base import RoundStage
from models.rounds.merit import Line, Scheme, SubsidyList
from models.rounds.round import Round
from models.rounds.subsidies import ApproveList, ListLetter
from models.vocabulary import Role
from regulation.naming import how_it_came
from regulation.rounds import paying, subsidies
from regulation.rounds.bands import Exclusion, interval, plain
from regulation.rounds.known import Alliance, Known, Needs
from regulation.rounds.merit import GRADES, ORDER, PROOFS
from regulation.rounds.performing import state_of as performance_state
from regulation.rounds.subsidising import evaluations_of, results_of, state_of, terms_of

SHOWN = 200
"""How many alliances the page lists; the others are in the table."""

OFFICERS = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR})
"""Who sees the list as a whole before it is public."""


@dataclass(frozen=True)
class Considered:
    """An alliance that may be paid: its grade, what it brought and what was noted."""

    alliance: Alliance
    grade: str
    state: str
    base: Mapping[str, Any] | None
    proof: Mapping[str, Any] | None
    recorded: Sequence[str]
    figures: Mapping[str, Any]


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What the page of the round adds, as far as somebody sees it."""
    state, register = state_of(round_), tools.rounds.register
    scheme = _scheme(tools, round_)
    needs = Needs(population=True, items=(round_.id, *state.performance), rounds=(evaluations_of(round_),))
    known = register.known(needs, round_.area)
    letters = list(_letters(tools, round_)) if who.role is Role.PROVINCE_ST else []
    rows = sorted(_considered(who, round_, known), key=lambda each: (each.base is not None, each.alliance.id))
    return {
        "terms": terms_of(round_),
        "scheme": scheme,
        "results_of": [register.round(each) for each in scheme.performance] if scheme else [],
        "bands": [(number, interval(band), plain(band.amount)) for number, band in enumerate(scheme.bands, 1)] if scheme else [],
        "considered": rows[:SHOWN],
        "considered_count": len(rows),
        "drawn": _drawn(tools, who, round_) if who.role in OFFICERS else None,
        "fallen": list(_fallen(tools, round_)) if who.role in OFFICERS and state.final_at else [],
        "objections": list(_objections(tools, round_)) if who.role is Role.PROVINCE_ST else [],
        "letters": letters,
        "people": {person for each in letters for person in (each.of.person, each.of.came.received_by)},
        "recorded": dict(recorded(round_)),
        "own": list(_own(tools, who, round_)) if who.role is Role.LEADER else [],
        "may_note": who.role in subsidies.NOTERS and state.final_at is None and round_.stage is RoundStage.OPEN,
        "GRADES": GRADES, "PROOFS": PROOFS, "ORDER": ORDER, "plain": lambda amount: plain(Decimal(amount)), "base_year": round_.year - 1,
    }  # fmt: skip


def recorded(round_: Round) -> list[tuple[str, str]]:
    """What may be recorded of an alliance so that it is left out, each by its code and in words."""
    return [(row.code, row.said) for row in terms_of(round_).exclusions.values() if row.test == "recorded"]


def considered(tools: Tools, round_: Round) -> list[tuple[str, str]]:
    """The alliances that may be paid, by id, each with its number."""
    needs = Needs(population=True, items=(round_.id, *state_of(round_).performance), rounds=(evaluations_of(round_),))
    known = tools.rounds.register.known(needs, round_.area)
    there = {*results_of(round_, known), *known.items.get(round_.id, {})}
    found = [each for key, each in known.alliances.items() if key in there]
    return [(each.id, f"{each.name}（{each.archive_number}）") for each in sorted(found, key=lambda each: each.name)]


def _scheme(tools: Tools, round_: Round) -> Scheme | None:
    key = state_of(round_).scheme
    return Scheme.model_validate(tools.register.paper(key)) if key else None


def _considered(who: Identity, round_: Round, known: Known) -> Iterator[Considered]:
    """Whoever has an accepted result, and whoever something was entered of."""
    results = results_of(round_, known)
    items = known.items.get(round_.id, {})
    for filing_id, alliance in known.alliances.items():
        mine = who.scope.holds(
            alliance.id, alliance.jurisdiction, alliance.zone, alliance.leader, alliance.stage.value, None
        )
        if not mine or (filing_id not in results and filing_id not in items):
            continue
        item = items.get(filing_id)
        figures = item.figures if item else {}
        grade = results[filing_id].figures["grade"] if filing_id in results else ""
        state = subsidies.STATES.get(item.state, item.state) if item else "待提交或者核对研发投入"
        yield Considered(
            alliance, GRADES.get(grade, "未评价"), state, figures.get("base"), figures.get("proof"),
            figures.get("recorded", ()), figures,
        )  # fmt: skip


def _drawn(tools: Tools, who: Identity, round_: Round) -> SubsidyList | None:
    """The list: as it was approved, or as it would be if it were approved now."""
    state = state_of(round_)
    if state.drawn:
        return SubsidyList.model_validate(tools.register.paper(state.drawn))
    if state.scheme is None or round_.over:
        return None
    act = ApproveList.model_construct(id="draft", by=who.by, document_no="", paper="")
    return SubsidyList.model_validate(tools.rounds.register.drawn(round_, act))


@dataclass(frozen=True)
class Objected:
    """An objection that nobody has decided on yet, with what it says. Who objects is known to those who rule on it alone (G-04)."""

    id: str
    number: int
    admitted: bool
    paper: Mapping[str, Any]


def _objections(tools: Tools, round_: Round) -> Iterator[Objected]:
    """The objections that are open and listed one by one."""
    for each in round_.notice.objections if round_.notice else ():
        if each.open and (entry := tools.rounds.register.entry_of(round_.id, each.id)):
            paper = tools.rounds.register.content(entry.event) or {}
            yield Objected(each.id, entry.number, each.admissible is True, paper)


@dataclass(frozen=True)
class Letter:
    """A letter that waits for another person to compare it with what came; who entered it may not."""

    of: ListLetter
    number: int
    paper: Mapping[str, Any]


def _letters(tools: Tools, round_: Round) -> Iterator[Letter]:
    """The letters that wait, with what was entered of them."""
    for each in state_of(round_).letters:
        if entry := tools.rounds.register.entry_of(round_.id, each.id):
            yield Letter(each, entry.number, tools.rounds.register.content(entry.event) or {})


def objections(tools: Tools, round_: Round) -> list[tuple[str, str]]:
    """The objections that one may be ruled on, each by its id and as people know it."""
    return [(each.id, f"第{each.number}号登记的异议") for each in _objections(tools, round_)]


def letters(tools: Tools, round_: Round) -> list[tuple[str, str]]:
    """The letters that one may be compared, each by its id and as people know it."""
    return [(each.of.id, f"第{each.number}号登记，{how_it_came(each.of.came)}") for each in _letters(tools, round_)]


def _own(tools: Tools, who: Identity, round_: Round) -> Iterator[Line]:
    """What a leader reads of its alliances on the list that was approved."""
    if key := state_of(round_).drawn:
        lines = SubsidyList.model_validate(tools.register.paper(key)).lines
        yield from (line for line in lines if line.leader == who.office)


def listed(tools: Tools, round_: Round) -> documents.Listed | None:
    """The list that was approved, as its documents are made of it."""
    state, scheme = state_of(round_), _scheme(tools, round_)
    if state.drawn is None or scheme is None:
        return None
    drawn = SubsidyList.model_validate(tools.register.paper(state.drawn))
    return documents.Listed(
        year=round_.year, scheme=scheme, scheme_no=state.scheme_no or "", terms=terms_of(round_), drawn=drawn,
        digest=state.drawn, at=_approved_at(tools, round_, state.drawn), document_no=state.drawn_no or "",
    )  # fmt: skip


def _approved_at(tools: Tools, round_: Round, drawn: str) -> Any:
    entries = tools.rounds.register.docket(round_.id)
    return next(
        each.at for each in reversed(entries) if getattr(each.event, "paper", None) == drawn and not each.proposed
    )


def downloads(tools: Tools, who: Identity, round_: Round) -> list[tuple[str, str, Callable[[], bytes]]]:
    """What the province takes away: the list once it is approved, the payments once it stands."""
    found = listed(tools, round_) if who.role in OFFICERS else None
    if found is None:
        return []
    files: list[tuple[str, str, Callable[[], bytes]]] = [
        (
            "notice.docx",
            "拟支持名单公示稿.docx",
            lambda: documents.notice(found, f"{tools.settings.own_address}/outcomes"),
        ),
        ("list.xlsx", "后补助名单.xlsx", lambda: documents.table(found)),
    ]
    if state_of(round_).final_at is not None:
        files += [
            ("payment.xlsx", "资金下达明细表.xlsx", lambda: documents.payment_xlsx(_payable(tools, round_, found))),
            ("payment.csv", "资金下达明细表.csv", lambda: documents.payment_csv(_payable(tools, round_, found))),
        ]
    return files


def _payable(tools: Tools, round_: Round, found: documents.Listed) -> documents.Listed:
    """The list as it is paid: without whoever fell from it, which before the payment is looked up anew."""
    return replace(found, drawn=paying.without(found.drawn, _unpaid(tools, round_)))


def _unpaid(tools: Tools, round_: Round) -> Mapping[str, Exclusion]:
    """Who of the final list is not paid: as it was entered, or before that, as it is now."""
    if state_of(round_).paid_on is None:
        return paying.fallen(round_, tools.rounds.register.known(paying.needs(round_), round_.area))
    rows = terms_of(round_).exclusions
    return {name: rows[code] for name, code in state_of(round_).unpaid.items()}


def _fallen(tools: Tools, round_: Round) -> Iterator[tuple[str, str]]:
    """The same for a page: which alliances, and why."""
    unpaid = _unpaid(tools, round_)
    for line in SubsidyList.model_validate(tools.register.paper(str(state_of(round_).drawn))).lines:
        if row := unpaid.get(line.filing):
            yield line.alliance, f"{row.said}，依据{row.basis}"


@dataclass(frozen=True)
class Proof:
    """A document off which a base may be read: what it is, whose file it is, and how it is picked."""

    kind: str
    sha256: str
    name: str
    location: str
    said: str
    of_round: bool = False

    @property
    def key(self) -> str:
        """How it is picked."""
        return f"{self.kind}:{self.sha256}"


def proofs(tools: Tools, round_: Round, filing_id: str) -> tuple[list[Proof], str]:
    """The documents of an alliance that prove its research, newest first, and what its form says of the year before (for comparison)."""
    known = tools.rounds.register.known(
        Needs(filings=(filing_id,), items=(round_.id,), applications=(filing_id,)), None
    )
    item = known.item(round_.id, filing_id)
    application = known.applications.get(filing_id, {})
    found = []
    if item and (proof := item.figures.get("proof")):
        document = _brought(tools, round_, filing_id)
        told = f"{proof['year']}年度，企业自报{proof['stated']}万元"
        found.append(
            Proof(
                proof["kind"], proof["sha256"], document.get("name", ""), document.get("location", ""), told, of_round=True
            )
        )  # fmt: skip
    for each in application.get("documents", ()):
        if each.get("kind") in PROOFS:
            found.append(Proof(each["kind"], each["sha256"], each["name"], each["location"], "随申请材料提交"))
    stated = application.get("leader", {}).get("last_year", {}).get("rd")
    return found, str(stated) if stated is not None else ""


def _brought(tools: Tools, round_: Round, filing_id: str) -> Mapping[str, Any]:
    for entry in reversed(tools.rounds.register.docket(round_.id)):
        if entry.event.kind == subsidies.A.BRING_PROOF and getattr(entry.event, "filing", "") == filing_id:
            try:
                content = tools.rounds.register.content(entry.event) or {}
            except PaperMissing:
                return {}
            document: Mapping[str, Any] = content["document"]
            return document
    return {}


def proposed_scheme(tools: Tools, round_: Round) -> dict[str, Any]:
    """What a scheme begins with: what the edition has, and the evaluations that were accepted."""
    terms, register = terms_of(round_), tools.rounds.register
    kind, year = evaluations_of(round_)
    rounds = [Round.model_validate_json(row.value) for row in register.rounds(kind=kind, year=year)]
    accepted = [
        each.id for each in rounds if performance_state(each).results and each.stage is not RoundStage.CANCELLED
    ]
    bands = [band.model_dump(mode="json") for band in terms.bands]
    return {"performance": accepted, "bands": bands or [{}], "grades": list(terms.grades), "order": list(terms.order)}
