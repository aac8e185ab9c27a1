"""What an act decides on (所办事项的来由): what was entered before it, by whom and when and in which words, as its form shows it.

Nobody approves, ends or rules on what they have not read: the form of an act that answers earlier ones shows these, with their papers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from gateway.asked.acts import asked
from gateway.asked.forms import Field, fields_of
from gateway.identity import Identity
from gateway.tools import Tools
from models.acts import NEW_VERSIONS, Lapse
from models.choices import worded
from models.filing import Case, Entry, Filing
from models.values import on_day
from models.vocabulary import ActKind, LapseKind
from regulation import agenda, naming, service
from regulation.lodging import PAPERS
from regulation.offers import TYPES

A, L = ActKind, LapseKind

Kinds = frozenset[str]


@dataclass(frozen=True)
class Matter:
    """What begins a matter, and what belongs to it after that."""

    begins: Kinds
    goes_on: Kinds = frozenset()


CASE = Matter(
    frozenset({A.PROPOSE_REVOCATION, L.REVOCATION_OPENED}),
    frozenset(
        {
            A.RECORD_SERVICE, A.ACKNOWLEDGE_SERVICE, L.SERVICE_FAILED, A.STATE_DEFENCE, L.STATEMENT_ENDED, A.RULE_ON_DEFENCE,
            A.CONFIRM_NO_STATEMENT, A.HOLD, A.RELEASE, A.DENY_LETTER, A.RECORD_CHALLENGE, A.RECORD_CHALLENGE_OUTCOME,
            A.APPROVE_REVOCATION, L.REVOKED, L.RESTORATION_DUE,
        }
    ),
)  # fmt: skip

OBJECTIONS = Matter(frozenset({A.CONFIRM, A.RULE_ON_CHANGE}), frozenset({A.OBJECT, A.RULE_ON_ADMISSIBILITY}))

REVIEWED = Matter(
    frozenset({A.ACCEPT, L.DEEMED_ACCEPTED, A.RESUBMIT}),
    frozenset(
        {
            A.GIVE_IIT_OPINION, A.RECOMMEND, A.CONFIRM, A.RULE_ON_OBJECTION, A.CONFIRM_NOTICE_CLEAR, L.NOTICE_CLEARED, A.FORWARD,
            A.RECORD_SURVEY, A.GIVE_OFFICE_OPINION, A.RECORD_PARTY_GROUP,
        }
    ),
)  # fmt: skip

REPORT = Matter(frozenset({A.FILE_ANNUAL_REPORT}), frozenset({A.RETURN_ANNUAL_REPORT, A.ANSWER_ANNUAL_RETURN}))

DECIDES_ON: Mapping[ActKind, Matter] = {
    A.APPROVE_REVOCATION: CASE,
    A.DROP_REVOCATION: CASE,
    A.RULE_ON_DEFENCE: CASE,
    A.CONFIRM_NO_STATEMENT: CASE,
    A.HOLD: CASE,
    A.RELEASE: CASE,
    A.RESTORE: CASE,
    A.RECORD_CHALLENGE: CASE,
    A.RECORD_ANNOUNCEMENT: Matter(CASE.begins | {A.DEREGISTER}, CASE.goes_on),
    A.RECORD_CHALLENGE_OUTCOME: Matter(frozenset({A.RECORD_CHALLENGE})),
    A.RULE_ON_ADMISSIBILITY: OBJECTIONS,
    A.RULE_ON_OBJECTION: OBJECTIONS,
    A.CONFIRM_NOTICE_CLEAR: Matter(
        OBJECTIONS.begins, OBJECTIONS.goes_on | {A.RULE_ON_OBJECTION, L.NOTICE_ENDED, L.CHANGE_NOTICE_ENDED}
    ),
    A.FORWARD: REVIEWED,
    A.GIVE_OFFICE_OPINION: REVIEWED,
    A.RECORD_PARTY_GROUP: REVIEWED,
    A.ARCHIVE: REVIEWED,
    A.RULE_ON_EXTENSION: Matter(frozenset({A.REQUEST_EXTENSION})),
    A.RULE_ON_CHANGE: Matter(frozenset({A.REPORT_CHANGE}), frozenset({A.GIVE_IIT_OPINION})),
    A.RETURN_ANNUAL_REPORT: REPORT,
    A.DISCOUNT_ANNUAL_REPORT: REPORT,
    A.SETTLE_DELIVERY: Matter(frozenset({A.REPORT_UNDELIVERABLE, L.SERVICE_FAILED})),
}
"""The matter that an act decides on, by what it is entered under; an act that begins one of its own decides on none."""

LOOKED_BACK = 200
"""How many entries are looked through for where a matter began, the newest."""

MOST = 12
"""How many entries of a matter are shown, the newest; the docket has them all."""


@dataclass(frozen=True)
class Step:
    """An entry that an act decides on: what it says besides its name, and its paper, if the visitor may read it."""

    entry: Entry
    says: tuple[Field, ...] = ()
    paper: tuple[Field, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class Before:
    """What stands beside a form: the facts of the case, each by its name, the letters that nobody has confirmed yet, and the entries,
    the oldest first; `earlier` says how many are left out."""

    facts: tuple[tuple[str, str], ...] = ()
    letters: tuple[Entry, ...] = ()
    steps: tuple[Step, ...] = ()
    earlier: int = 0

    @property
    def persons(self) -> Iterator[str]:
        """Who entered what is shown."""
        for entry in (*self.letters, *(each.entry for each in self.steps)):
            if by := getattr(entry.event, "by", None):
                yield by.person


def before(tools: Tools, who: Identity, filing: Filing, kind: ActKind) -> Before | None:
    """What an act decides on, as somebody may read it; None of an act that decides on nothing."""
    waiting = tuple(letters(tools, filing))
    if kind is A.DENY_LETTER:
        return Before(steps=tuple(_step(tools, who, each) for each in waiting[:MOST]))
    if (matter := DECIDES_ON.get(kind)) is None:
        return None
    docket = [who.shown(entry) for entry in tools.register.docket(filing.id, most=LOOKED_BACK)]
    found = entries_of(docket, matter)
    of_case = matter.begins & CASE.begins
    facts = tuple(_facts(filing, filing.case)) if of_case and filing.case else ()
    steps = tuple(_step(tools, who, each) for each in found[-MOST:])
    return Before(facts, waiting if of_case else (), steps, max(0, len(found) - MOST)) if facts or steps else None


def entries_of(docket: Sequence[Entry], matter: Matter) -> list[Entry]:
    """The entries of a docket that belong to the newest matter of a kind, in order."""
    entered = [each for each in docket if each.refused is None]
    after = list(takewhile(lambda each: each.event.kind not in matter.begins, reversed(entered)))
    if len(after) == len(entered):
        return []
    begun = entered[-len(after) - 1]
    return [begun, *(each for each in reversed(after) if each.event.kind in matter.goes_on)]


def letters(tools: Tools, filing: Filing) -> Iterator[Entry]:
    """The entries that wait for somebody to compare them with what came."""
    for name in agenda.letters_waiting(filing):
        if entry := tools.register.entry_of(filing.id, name.partition(":")[2]):
            yield entry


DEFENCES = {"open": "已提出，待复核", "rejected": "已复核，未予采纳"}


UNOPENED = "（送入收件箱，尚未签收）"


def _facts(filing: Filing, case: Case) -> Iterator[tuple[str, str]]:
    """Where a case stands, in words."""
    listed = f"（{worded('listing', case.listing)}）" if case.listing else ""
    years = f"（{'、'.join(map(str, case.years))}年度）" if case.years else ""
    yield "撤销事由", f"{case.ground.label}{listed}{years}（{naming.CLAUSES[case.ground]}）"
    yield "立案", f"{naming.moment(case.opened.at)}，第{case.opened.number}号登记"
    unopened = service.is_unopened(filing, "window")
    told = f"{on_day(case.served_on)}{UNOPENED if unopened else ''}" if case.served_on else "尚未送达"
    yield "告知书送达", told
    if case.ended:
        yield "陈述申辩期", f"已于{naming.midnight(case.ended.at)}届满"
    elif window := filing.periods.get("window"):
        yield "陈述申辩期", f"至{naming.midnight(window.until)}{naming.reserved(unopened=unopened)}"
    yield "陈述申辩", DEFENCES.get(case.defence or "", "没有收到")
    if case.held:
        yield "暂停", "撤销程序处于暂停"
    if filing.challenges:
        yield "复议诉讼", f"{len(filing.challenges)}件未结"


def _step(tools: Tools, who: Identity, entry: Entry) -> Step:
    """An entry with what it says: the act's own fields, but its checklist, and its paper."""
    event = entry.event
    if isinstance(event, Lapse) or event.kind not in TYPES:
        return Step(entry)
    kind = ActKind(event.kind)
    told = [name for name in asked(kind) if name not in ("checklist", "deficiencies", "content")]
    says = fields_of(TYPES[kind], event.model_dump(mode="json"), only=told)
    key = getattr(event, "paper", None)
    if not key or kind in NEW_VERSIONS or kind not in PAPERS or not who.reads(entry.filing, kind):
        return Step(entry, says)
    return Step(entry, says, fields_of(PAPERS[kind], tools.register.paper(key)), key)
