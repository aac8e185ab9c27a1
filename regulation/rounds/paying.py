"""Payment (细则 9–10): what stands on the final list is looked at once more before the money goes out.

Between a list and its payment lie weeks, in which an alliance may be revoked, or an evaluation cancelled. Whoever a list drawn up now
would leave out is not paid, each by its row; the others are, for the amounts that were on notice. Nobody moves up: that takes a new list.
"""

from collections.abc import Mapping
from dataclasses import replace

from models.rounds.merit import Scheme, SubsidyList
from models.rounds.round import Round
from models.rounds.subsidies import RecordPayment
from models.vocabulary import Severity
from regulation.reading import finding
from regulation.rounds.bands import Exclusion
from regulation.rounds.drawing_up import candidates, list_needs
from regulation.rounds.known import Known, Needs
from regulation.rounds.merit import left_out, paid_lines, total_of
from regulation.rounds.rules import Examined
from regulation.rounds.subsidising import state_of, terms_of

MOST_UNPAID = 50
"""So many at most fall from a list between its notice and its payment; if more do, it is no list any more."""


def needs(round_: Round) -> Needs:
    """What a payment asks: what its list rested on, as it is now."""
    state = state_of(round_)
    return replace(list_needs(round_), papers=tuple(each for each in (state.scheme, state.drawn) if each))


def fallen(round_: Round, known: Known) -> Mapping[str, Exclusion]:
    """Who of the final list gets nothing any more, by filing, and by which row."""
    state, terms = state_of(round_), terms_of(round_)
    scheme = Scheme.model_validate(known.papers[str(state.scheme)])
    stands = {each.filing: each for each in candidates(round_, known)}
    gone = next(row for row in terms.exclusions.values() if row.test == "not_in_force")
    found: dict[str, Exclusion] = {}
    for line in paid_lines(SubsidyList.model_validate(known.papers[str(state.drawn)])):
        each = stands.get(line.filing)
        if rows := left_out(each, scheme, terms, round_.year) if each else [gone]:
            found[line.filing] = rows[0]
    return found


def without(drawn: SubsidyList, unpaid: Mapping[str, object]) -> SubsidyList:
    """What is left of a list: whoever is paid by it."""
    lines = tuple(line for line in drawn.lines if line.filing not in unpaid)
    return drawn.but(lines=lines, total=total_of(lines))


def examine(round_: Round, act: RecordPayment, known: Known) -> Examined:
    """A payment with whom it leaves out; or that nothing is left to pay."""
    unpaid = fallen(round_, known)
    left = without(SubsidyList.model_validate(known.papers[str(state_of(round_).drawn)]), unpaid)
    if not paid_lines(left):
        rows = "、".join(dict.fromkeys(f"{row.said}（{row.basis}）" for row in unpaid.values()))
        message = f"名单所列联盟均不能下达：{rows}；请撤回名单重新审定，或者取消本轮次"
        return [finding("B-21", "", Severity.ERROR, message)]
    if len(unpaid) > MOST_UNPAID:
        message = f"名单中已有{len(unpaid)}家不再符合条件，请撤回名单重新审定"
        return [finding("B-21", "", Severity.ERROR, message)]
    codes = {name: row.code for name, row in unpaid.items()}
    return act.but(facts={"unpaid": codes, "total": str(left.total)})
