"""What would go out if an act in a round were done now: its letters, what it makes public, what it does to filings. Nothing is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from markupsafe import Markup

from activities.rounds import following
from gateway.shown.foreseen import Foreseen, Letter
from gateway.shown.foreseen import foreseen as foreseen_of_filing
from gateway.shown.rounds.public_words import in_words
from gateway.tools import Tools
from models.findings import Refusal
from models.rounds.round import RoundEntry
from models.vocabulary import ActKind, Role
from regulation import naming, offices
from regulation.moment import Moment
from regulation.rounds import agenda, consequences, table, wording
from regulation.rounds.consequences import ActOnFiling, Consequence, NewTerms, Published
from regulation.rounds.every import rules_of
from regulation.rounds.known import Known, KnownItem, Needs

SORTS = 30
"""How many letters that say different things are shown in full."""

NAMED = 50
"""How many of those to whom the same letter goes are named."""


def foreseen(tools: Tools, round_id: str, act: Mapping[str, Any], when: Moment) -> Foreseen:
    """What would come of a stamped act in a round, if it were sent now."""
    entered = tools.rounds.foreseen(round_id, act, when)
    if isinstance(entered, Refusal):
        return Foreseen(entered)
    entry, content = entered
    rules = rules_of(round_id)
    found = _consequences(tools, entry, content)
    letters, besides = _letters(tools, entry, [each for each in found if isinstance(each, consequences.Letter)])
    acts = [each for each in found if isinstance(each, ActOnFiling)]
    on_filings = [_on_filings(tools, entry, each, when) for each in _alike(acts)]
    due = agenda.next_lapse(rules, entry.round)
    return Foreseen(
        stage=entry.stage,
        half=entry.proposed,
        until=f"{naming.short_until(due.at)} {due.lapse.kind.label}" if due else "",
        warnings=table.receipt(rules, entry).warnings,
        letters=(*letters, *(letter for told, _ in on_filings for letter in told)),
        notices=tuple(_notice(entry, each) for each in found if isinstance(each, Published)),
        besides=(*besides, *(says for _, says in on_filings), *_terms(found)),
    )


def _consequences(tools: Tools, entry: RoundEntry, content: Mapping[str, Any] | None) -> list[Consequence]:
    """What would follow from an entry that is not there yet: its paper and its items are told by itself."""
    rules, round_ = rules_of(entry.round.id), entry.round
    follows = table.follows(rules, entry)
    if follows is None:
        return []
    needs, own = follows.asks(round_, entry), getattr(entry.event, "paper", None)
    known = tools.rounds.register.known(replace(needs, papers=_but(needs.papers, own)), round_.area)
    if own and content is not None:
        known = replace(known, papers={**known.papers, own: content})
    return table.following(rules, entry, content, _with_items(known, entry, content, needs, own))


def _but(papers: Sequence[str], own: str | None) -> tuple[str, ...]:
    return tuple(each for each in papers if each != own)


def _with_items(
    known: Known, entry: RoundEntry, content: Mapping[str, Any] | None, needs: Needs, paper: str | None
) -> Known:
    """What is known, with what the entry would make of alliances."""
    of = entry.round.id
    if of not in needs.items:
        return known
    made = {
        each.filing_id: KnownItem(each.filing_id, each.state, each.figures, entry.number, paper, entry.at)
        for each in table.items(rules_of(of), entry, content)
    }
    return replace(known, items={**known.items, of: {**known.items.get(of, {}), **made}})


def _letters(
    tools: Tools, entry: RoundEntry, sent: Sequence[consequences.Letter]
) -> tuple[list[Letter], tuple[str, ...]]:
    """The letters, each sort of which says the same: the first in full, and to whom else it goes."""
    sorts: dict[tuple[Any, ...], list[consequences.Letter]] = {}
    for each in sent:
        sorts.setdefault((each.text, each.to, *sorted(each.words.items())), []).append(each)
    about = tuple(dict.fromkeys(each.filing_id for some in sorts.values() for each in some[:NAMED] if each.filing_id))
    known = tools.rounds.register.known(Needs(filings=about), None) if about else Known()
    shown = [_letter(entry, some, known) for some in list(sorts.values())[:SORTS]]
    left = sum(len(some) for some in list(sorts.values())[SORTS:])
    return shown, (f"另有{left}封内容各异的信函，一并发出",) if left else ()


def _letter(entry: RoundEntry, some: Sequence[consequences.Letter], known: Known) -> Letter:
    """One sort of letters."""
    first, *others = some
    title, text = wording.render(first, entry, known.alliances.get(first.filing_id or ""))
    beside = [_to(each, known) for each in others[:NAMED]]
    return Letter(_to(first, known), title, text, (*beside, *(_more(len(others) - NAMED))))


def _more(left: int) -> Iterator[str]:
    if left > 0:
        yield f"另外{left}个收件人"


def _to(letter: consequences.Letter, known: Known) -> str:
    """To whom a letter goes, by name."""
    alliance = known.alliances.get(letter.filing_id or "")
    if letter.to is Role.LEADER:
        return f"{alliance.leader_name}（{alliance.name}）" if alliance else Role.LEADER.label
    return offices.title(letter.to, letter.office)


def _alike(acts: Sequence[ActOnFiling]) -> list[list[ActOnFiling]]:
    """The acts on filings by what they are called."""
    ordered = sorted(acts, key=lambda each: str(each.act["kind"]))
    return [list(some) for _, some in groupby(ordered, key=lambda each: str(each.act["kind"]))]


def _on_filings(
    tools: Tools, entry: RoundEntry, some: Sequence[ActOnFiling], when: Moment
) -> tuple[tuple[Letter, ...], str]:
    """What an act does to filings: the letters of the first, with the others to whom the like goes, and how many there are."""
    rows = tools.register.rows([each.filing_id for each in some[: NAMED + 1]], whole=True)
    first = next((each for each in some if each.filing_id in rows), None)
    called = ActKind(some[0].act["kind"]).label
    says = f"在{len(some)}件备案登记“{called}”"
    if first is None:
        return (), says
    stamped = {**following.act_of(entry, first), "received_at": when.at.isoformat()}
    would = foreseen_of_filing(tools, rows[first.filing_id], stamped, when)
    if would.refusal:
        return (), f"{says}；其中“{rows[first.filing_id].alliance_name}”不能登记：{would.refusal.missing}"
    names = [row.leader_name for key, row in rows.items() if key != first.filing_id]
    beside = (*names, *_more(len(some) - 1 - len(names)))
    to_leader = Role.LEADER.label
    return tuple(
        replace(each, beside=(*each.beside, *beside)) if each.to == to_leader else each for each in would.letters
    ), says


def _notice(entry: RoundEntry, published: Published) -> Markup:
    """What is made public: what it is called, from when until when, and what its file says."""
    days = f"自{naming.on_day(published.shown_from)}起" + (
        f"至{naming.on_day(published.shown_until)}" if published.shown_until else ""
    )
    called = rules_of(entry.round.id).word(published.kind)
    return Markup("<h2>{}</h2><p>{}公布</p>{}").format(called, days, in_words(published.content))


def _terms(found: Sequence[Consequence]) -> Iterator[str]:
    """That days and numbers of the law change with it."""
    for each in found:
        if isinstance(each, NewTerms):
            yield f"期限标准随之启用新的版本（{each.document_no}），登记之日起适用"
