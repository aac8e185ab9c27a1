"""What follows from an entry of the subsidy: who is told what they get and why, and what is public (细则 9–10, G-04b)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from models.rounds.base import RoundActKind, RoundLapseKind
from models.rounds.merit import Line, Scheme, SubsidyList
from models.rounds.round import Round, RoundEntry
from models.rounds.subsidies import ConfirmListLetter, RuleOnListObjection, SubsidyActKind
from models.values import day_of
from models.vocabulary import Role
from regulation import naming, offices
from regulation.agenda import last_day
from regulation.publicity import HOW_TO_OBJECT
from regulation.rounds.bands import interval, plain
from regulation.rounds.consequences import PROPOSED, Consequence, Follows, Letter, Published
from regulation.rounds.known import Known, Needs
from regulation.rounds.merit import GRADES, ORDER, TIE, paid_lines
from regulation.rounds.subsidising import LISTED, evaluations_of, results_of, state_of, terms_of

Content = Mapping[str, Any] | None

NOTICE, FINAL, WITHDRAWN = "subsidy_notice", "subsidy_final", "subsidy_withdrawn"
CANCELLED, UNPAID_LIST = "subsidy_cancelled", "subsidy_unpaid"
"""What is published: the list on notice, the list that stands, that a list was taken back, or the round; who of a list was not paid."""


def _province(text: str, **words: str) -> Letter:
    return Letter(text, Role.PROVINCE_ST, offices.PROVINCE, words=words)


def _opened(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    yield _province("round_opened")


def _scheme(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Whoever was evaluated well enough is asked for the document of the year before (细则 10)."""
    scheme = Scheme.model_validate(content)
    words = {"number": state_of(round_).scheme_no or "", "base_year": str(round_.year - 1)}
    for filing_id, item in sorted(results_of(round_, known).items()):
        alliance = known.alliances.get(filing_id)
        if alliance and item.figures.get("grade") in scheme.grades:
            yield Letter("subsidy_begins", Role.LEADER, alliance.leader, filing_id, words)


def _brought(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Whoever reviews the alliance looks at the document."""
    filing_id = str(getattr(entry.event, "filing", ""))
    if alliance := known.alliances.get(filing_id):
        role, office = offices.reviewer(alliance.jurisdiction, alliance.zone)
        yield Letter("subsidy_proof", role, office, filing_id)


def _to_agree(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The other person is asked to look at the same list."""
    drawn = SubsidyList.model_validate(content)
    yield _province("subsidy_to_agree", count=str(len(paid_lines(drawn))), total=plain(drawn.total))


def _approved(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The list is on notice; everybody who was ranked is told, line by line, what they are to get and why, or why not."""
    drawn, state = SubsidyList.model_validate(content), state_of(round_)
    until = last_day(round_.periods["notice"])
    words = {"until": naming.on_day(until), "number": state.drawn_no or ""}
    for line in drawn.lines:
        if line.grade is not None:
            text = "subsidy_listed" if line.amount is not None else "subsidy_not_listed"
            told = {**words, "amount": plain(line.amount) if line.amount is not None else "", "why": _lines(line)}
            yield Letter(text, Role.LEADER, line.leader, line.filing, told)
    scheme = Scheme.model_validate(known.papers[str(state.scheme)])
    shown = public(round_, drawn, scheme) | {
        "how_to_object": HOW_TO_OBJECT.format(office=offices.name_of(offices.PROVINCE))
    }
    yield Published(NOTICE, shown | {"until": until.isoformat()}, day_of(entry.at), until)


def _lines(line: Line) -> str:
    return "\n".join(f"{number}．{each}" for number, each in enumerate(line.why, 1))


def public(round_: Round, drawn: SubsidyList, scheme: Scheme) -> dict[str, Any]:
    """What the public may know of a list: enough to reckon each amount and the order of the money again; no score, no base (G-04b). `list` is its digest."""
    terms = terms_of(round_)
    rows = [
        {
            "rank": line.rank, "alliance": line.alliance, "leader": line.leader_name, "archive_number": line.archive_number,
            "city": offices.CITIES[line.jurisdiction], "grade": GRADES.get(line.grade or "", ""), "band": line.band,
            "amount": plain(line.amount),
            **({"base": plain(line.base.amount)} if terms.publish_base and line.base else {}),
        }
        for line in paid_lines(drawn)
        if line.amount is not None
    ]  # fmt: skip
    return {
        "title": round_.title, "year": round_.year, "list": state_of(round_).drawn, "document_no": state_of(round_).drawn_no, "scheme_no": state_of(round_).scheme_no,
        "budget": plain(scheme.budget), "total": plain(drawn.total), "rows": rows, "tie": TIE,
        "bands": [{"number": n, "interval": interval(band), "amount": plain(band.amount)} for n, band in enumerate(scheme.bands, 1)],
        "order": [ORDER[key] for key in scheme.order],
    }  # fmt: skip


def _objected(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    yield _province("subsidy_objection")


def _letter_entered(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    yield _province("subsidy_letter")


def _letter_confirmed(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    if isinstance(entry.event, ConfirmListLetter) and entry.event.same:
        yield _province("subsidy_objection")


def _ruled(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Upheld, the list is taken from notice, and whoever stood on it is told."""
    act = entry.event
    if not isinstance(act, RuleOnListObjection) or act.outcome != "upheld":
        return
    yield from _taken_back(round_, entry, known, WITHDRAWN, why="经核查异议成立")


def _withdrawn(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The office took its list back: the same as if somebody had objected."""
    yield from _taken_back(round_, entry, known, WITHDRAWN, why="经机关复核")


def _cancelled(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Whoever was told of a list is told that there will be no money of this round; so is the public."""
    if state_of(round_).lists:
        yield from _taken_back(round_, entry, known, CANCELLED)


def _taken_back(round_: Round, entry: RoundEntry, known: Known, what: str, **words: str) -> Iterator[Consequence]:
    yield Published(what, {"title": round_.title, "year": round_.year, **words}, day_of(entry.at))
    for filing_id, item in known.items.get(round_.id, {}).items():
        if item.state == LISTED:
            yield Letter(what, Role.LEADER, str(item.figures["leader"]), filing_id, words)


def _other_to_agree(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The other person is asked to say the same."""
    yield _province("subsidy_other_to_agree", act=entry.event.kind.label)


def _final(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The list stands: public for good, and whoever is on it is told."""
    state = state_of(round_)
    if state.final_at is None:
        return
    drawn = SubsidyList.model_validate(known.papers[str(state.drawn)])
    yield Published(
        FINAL, public(round_, drawn, Scheme.model_validate(known.papers[str(state.scheme)])), day_of(entry.at)
    )
    yield _province("subsidy_stands", count=str(len(paid_lines(drawn))), total=plain(drawn.total))
    for line in paid_lines(drawn):
        yield Letter(
            "subsidy_final", Role.LEADER, line.leader, line.filing, {"amount": plain(line.amount or drawn.total)}
        )


def _paid(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Whoever is paid is told by which document."""
    state = state_of(round_)
    drawn = SubsidyList.model_validate(known.papers[str(state.drawn)])
    told = {"number": state.paid_no or "", "paid_on": naming.on_day(state.paid_on or day_of(entry.at))}
    rows = []
    for line in paid_lines(drawn):
        words = {**told, "amount": plain(line.amount or drawn.total)}
        if code := state.unpaid.get(line.filing):
            row = terms_of(round_).exclusions[code]
            why = f"{row.said}，依据{row.basis}"
            rows.append({"alliance": line.alliance, "leader": line.leader_name, "amount": words["amount"], "why": why})
            yield Letter("subsidy_unpaid", Role.LEADER, line.leader, line.filing, words | {"why": why})
        else:
            yield Letter("subsidy_paid", Role.LEADER, line.leader, line.filing, words)
    if rows:
        shown = {"title": round_.title, "year": round_.year, "document_no": state.paid_no, "unpaid": rows}
        yield Published(UNPAID_LIST, shown, day_of(entry.at))


def _overdue(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    yield _province("subsidy_objection_overdue")


def _of_alliance(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(filings=(str(getattr(entry.event, "filing", "")),))


def _results(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(population=True, items=state_of(round_).performance, rounds=(evaluations_of(round_),))


def _own_items(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(items=(round_.id,))


def _papers(round_: Round, entry: RoundEntry) -> Needs:
    state = state_of(round_)
    return Needs(papers=tuple(each for each in (state.scheme, state.drawn) if each))


A = SubsidyActKind

FOLLOWS = MappingProxyType(
    {
        RoundActKind.OPEN_ROUND.value: Follows(_opened),
        A.ADOPT_SCHEME.value: Follows(_scheme, _results),
        A.BRING_PROOF.value: Follows(_brought, _of_alliance),
        PROPOSED.format(A.APPROVE_LIST.value): Follows(_to_agree),
        A.APPROVE_LIST.value: Follows(_approved, _papers),
        A.OBJECT_TO_LIST.value: Follows(_objected),
        A.ENTER_LIST_LETTER.value: Follows(_letter_entered),
        A.CONFIRM_LIST_LETTER.value: Follows(_letter_confirmed),
        A.RULE_ON_LIST_OBJECTION.value: Follows(_ruled, _own_items),
        PROPOSED.format(A.WITHDRAW_LIST.value): Follows(_other_to_agree),
        A.WITHDRAW_LIST.value: Follows(_withdrawn, _own_items),
        PROPOSED.format(RoundActKind.CANCEL_ROUND.value): Follows(_other_to_agree),
        RoundActKind.CANCEL_ROUND.value: Follows(_cancelled, _own_items),
        A.CONFIRM_LIST_CLEAR.value: Follows(_final, _papers),
        RoundLapseKind.NOTICE_CLEARED.value: Follows(_final, _papers),
        A.RECORD_PAYMENT.value: Follows(_paid, _papers),
        RoundLapseKind.OVERDUE.value: Follows(_overdue),
    }
)
"""What follows, by the event."""
