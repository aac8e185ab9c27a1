"""故障顺延: the rules of a proposal to extend a deadline for all alike, after an outage of our own near it (G-29).

The service itself opens it, with what was measured; two people of the province decide. Nothing is extended by itself. Until they
have decided, no revocation of an alliance that it names completes (`activities.revocations`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from models.acts import By
from models.findings import Lack
from models.rounds.base import Item, OpenRound, RoundAct, RoundActKind, RoundKind, RoundLapse, RoundLapseKind, RoundLine
from models.rounds.outages import ExtendAll, OutageActKind, OutageEvidence, OutageState
from models.rounds.round import Round, RoundEntry
from models.values import at_hour, day_of, last_day_until, midnight_after, on_day
from models.vocabulary import ReportState, Role, Stage
from regulation import calendar, identity, naming, offices
from regulation.articles import cite
from regulation.calendar import CALENDARS
from regulation.moment import Moment
from regulation.reading import read
from regulation.rounds.agenda import REMINDER_HOUR
from regulation.rounds.common_acts import closed, common, may_open
from regulation.rounds.consequences import PROPOSED, ActOnFiling, Consequence, Follows, Letter
from regulation.rounds.known import FILED, Known, Needs
from regulation.rounds.rules import PROVINCE, Examined, Row, Rules

ARTICLE = "G-29"

CONCERNED = "concerned"
"""What a proposal makes of an alliance: it names it."""

DECIDE_WITHIN = timedelta(days=3)
"""How long the province has before it is chased, every so many days."""

LATEST = timedelta(days=366)
"""How far a deadline may be moved: to before the next year's, which each filing looks to itself."""

HELPED = frozenset({ReportState.OPEN, ReportState.MISSED, ReportState.LATE, ReportState.EXTENDED})
"""Whose year an extension can help: owed still, missed, or reported late."""


def state_of(round_: Round) -> OutageState:
    """What a proposal holds."""
    if not isinstance(round_.of, OutageState):
        raise TypeError(round_.id)
    return round_.of


# Whether it may be


def _may_propose(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """By the service alone: what it rests on is measured, and not said."""
    if act.by.person != identity.SERVICE:
        return Lack(missing="由本系统依据实测记录提出")
    return may_open(round_, act, when)


def _by_deciding(round_: Round, by: By, when: Moment) -> Lack | None:
    """It ends by what two people decide, and by nothing else."""
    labels = "或者".join(f"“{each.label}”" for each in OutageActKind)
    return Lack(missing=f"由省科技厅两人以{labels}了结")


def _nothing_due(round_: Round, by: By, when: Moment) -> Lack | None:
    """That the outage touched no deadline."""
    state = state_of(round_)
    return Lack(missing="没有可以顺延的期限") if state.due is None or state.until is None else None


def _may_extend(round_: Round, act: ExtendAll, when: Moment) -> Lack | None:
    """To the proposed day or a later one that lies ahead: nobody gets less than the outage took."""
    state = state_of(round_)
    if state.due is None or state.until is None:
        return _nothing_due(round_, act.by, when)
    if act.until < state.until:
        return Lack(missing=f"顺延不得早于建议的{on_day(state.until)}")
    first = calendar.next_working_day(CALENDARS.newest(when.day), "", when.day + timedelta(days=1))
    if act.until < first:
        return Lack(missing=f"顺延后的末日不得早于决定之日的下一个工作日（{on_day(first)}），联盟方能补报")
    if act.until > last_day_until(state.due) + LATEST:
        return Lack(missing="顺延不得晚于次年的报送期限")
    return None


def _examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """What a proposal is about, as its evidence says."""
    if not isinstance(act, OpenRound):
        return act
    paper, found = read(OutageEvidence, content or {}, {}, at="/content")
    if found:
        return found
    return act.but(facts={"due": paper.due.isoformat(), "until": str(paper.until), "concerned": len(paper.filings)})


# What acts do


def _proposed(round_: Round, act: OpenRound, when: Moment) -> Round:
    facts = act.facts or {}
    state = OutageState.model_validate({"due": facts["due"], "until": facts["until"]})
    return round_.but(of=state, counts={CONCERNED: facts["concerned"]})


def _extended(round_: Round, act: ExtendAll, when: Moment) -> Round:
    """同意顺延: decided; each filing is told by its own entry."""
    return closed(round_.but(of=state_of(round_).but(extended_to=act.until), document_no=act.document_no), act, when)


def _items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterator[Item]:
    if isinstance(entry.event, OpenRound):
        for each in OutageEvidence.model_validate(content).filings:
            yield Item(filing_id=each, state=CONCERNED)


def _lapses(round_: Round) -> Iterator[RoundLine]:
    """Whoever is to decide is chased, until they do."""
    if round_.over:
        return
    lapse = RoundLapse(kind=RoundLapseKind.OVERDUE, of="decision")
    first = at_hour(day_of(round_.opened_at) + DECIDE_WITHIN, REMINDER_HOUR)
    last = round_.passed.get(lapse.name)
    yield RoundLine(at=last + DECIDE_WITHIN if last else first, lapse=lapse, article=cite(ARTICLE))


# What follows


def _told(text: str) -> Follows:
    """The province is told."""

    def then(
        round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
    ) -> Iterator[Consequence]:
        yield Letter(text, Role.PROVINCE_ST, offices.PROVINCE, None, words(round_, entry))

    return Follows(then)


def words(round_: Round, entry: RoundEntry) -> dict[str, str]:
    """What the letters about a proposal say of their own."""
    state = state_of(round_)
    assert state.due
    assert state.until
    extended = getattr(entry.event, "until", None) or state.extended_to or state.until
    return {
        "due": naming.on_day(last_day_until(state.due)),
        "until": naming.on_day(extended),
        "proposed": naming.on_day(state.until),
        "count": str(round_.counts[CONCERNED]),
        "act": entry.event.kind.label,
    }


def _everybody(round_: Round, entry: RoundEntry) -> Needs:
    """Those that the proposal names, whoever else has the deadline by now, and what has become of their year; also if they are revoked."""
    return Needs(population=True, stages=(*FILED, Stage.REVOKED), reports=(round_.year,), items=(round_.id,))


def _acts(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> Iterator[Consequence]:
    """The deadline of each is moved, in the name of whoever decided; not of one that has a later one by now, nor whose year is done.

    All alike: also of who came into the register since the proposal. Whoever is revoked already is told of to the province.
    """
    act = entry.event
    if not isinstance(act, ExtendAll):
        return
    helped = sorted(_helped(round_, act, known))
    told = words(round_, entry) | {"document_no": act.document_no}
    yield Letter("outage_extended", Role.PROVINCE_ST, offices.PROVINCE, None, told)
    moved = {
        "kind": "move_deadline",
        "year": round_.year,
        "until": str(act.until),
        "document_no": act.document_no,
        "reason": f"本系统在期限届满前发生故障，统一顺延（{round_.id}）",
    }
    revoked = [each for each in helped if _is_revoked(each, known)]
    if revoked:
        told = words(round_, entry) | {"count": str(len(revoked)), "revoked": listed(revoked)}
        yield Letter("outage_after_revocation", Role.PROVINCE_ST, offices.PROVINCE, None, told)
    for filing_id in helped:
        if filing_id not in revoked:
            yield ActOnFiling(filing_id, moved)


def _helped(round_: Round, act: ExtendAll, known: Known) -> Iterator[str]:
    """Whose year an extension can help, of those whom the proposal names and of those who have the deadline."""
    due, named = state_of(round_).due, known.items.get(round_.id, {})
    for (filing_id, year), report in known.reports.items():
        concerned = year == round_.year and (filing_id in named or report.due == due)
        if concerned and report.state in HELPED and report.due and report.due < midnight_after(act.until):
            yield filing_id


def _is_revoked(filing_id: str, known: Known) -> bool:
    alliance = known.alliances.get(filing_id)
    return alliance is not None and alliance.stage is Stage.REVOKED


MOST_LISTED = 20
"""Of how many a letter says which they are."""


def listed(filings: Sequence[str]) -> str:
    """Which they are, and how many more."""
    more = f"等{len(filings)}家" if len(filings) > MOST_LISTED else ""
    return "、".join(filings[:MOST_LISTED]) + more


A = OutageActKind
SERVICE = frozenset({Role.PLATFORM})

RULES = Rules(
    kind=RoundKind.OUTAGE,
    of_staff=True,
    rows={
        **common(ARTICLE, SERVICE),
        RoundActKind.OPEN_ROUND: Row(ARTICLE, SERVICE, may=_may_propose, then=_proposed),
        **{
            each: Row(ARTICLE, SERVICE, ready=_by_deciding)
            for each in (RoundActKind.MOVE_WINDOW, RoundActKind.CLOSE_ROUND, RoundActKind.CANCEL_ROUND)
        },
        A.EXTEND_ALL: Row(
            ARTICLE, PROVINCE, together="two_people", ready=_nothing_due, may=_may_extend, then=_extended
        ),
        A.KEEP_DEADLINE: Row(ARTICLE, PROVINCE, together="two_people", then=closed),
    },
    papers={RoundActKind.OPEN_ROUND: OutageEvidence},
    examine=_examine,
    items=_items,
    lapses=_lapses,
    follows={
        RoundActKind.OPEN_ROUND: _told("outage_proposed"),
        PROPOSED.format(A.EXTEND_ALL.value): _told("outage_to_agree"),
        PROPOSED.format(A.KEEP_DEADLINE.value): _told("outage_to_agree"),
        A.EXTEND_ALL: Follows(_acts, _everybody),
        A.KEEP_DEADLINE: _told("outage_kept"),
        RoundLapseKind.OVERDUE: _told("outage_undecided"),
    },
    words={CONCERNED: "涉及的联盟", "decision": "决定是否顺延"},
)
