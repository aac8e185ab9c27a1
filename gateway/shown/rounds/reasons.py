"""Why in rounds, as a door asks it: about which entry and which alliance, and for whom it is worded. What somebody may not read of a
round they are told of their own alliance alone."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from activities.register import Register as Registry
from activities.rounds.register import RoundRegister
from gateway.identity import Identity
from gateway.shown.rounds import seen
from gateway.tools import Tools
from models.acts import MOST_ENTRIES
from models.reasons import Answer, Question, Register
from models.rounds.inspections import InspectionState
from models.rounds.performance import PerformanceActKind
from models.rounds.round import RoundEntry
from models.rounds.subsidies import SubsidyActKind
from models.values import FilingId, Value
from models.vocabulary import Role
from regulation.rounds.why import Asked, Sent, why

AT_ONCE = 1000
"""How many entries an answer looks back, the newest."""


TOLD_ONE_BY_ONE = (PerformanceActKind.ACCEPT_RESULTS, SubsidyActKind.APPROVE_LIST)
"""What comes to something else for each alliance, of which its leader is told."""


class RoundAsked(Value):
    """What is asked of a round: an entry, of one alliance if somebody names it; without an entry, what comes next."""

    entry: int | None = Field(None, ge=1, le=MOST_ENTRIES, description="这一号登记为何发生、结果怎样得出、告知了谁")
    filing: FilingId | None = Field(None, description="只就这一个联盟而言")
    for_: Register | None = Field(
        None, alias="for", description="为谁写明：企业、办理机关或者法院；盟主企业只看为企业写明的"
    )

    def register(self, who: Identity) -> Register:
        """For whom it is worded: the enterprise for a leader, and for staff whom they choose."""
        return Register.ENTERPRISE if who.role is Role.LEADER else self.for_ or Register.OFFICE


def answered(tools: Tools, who: Identity, round_id: str, wanted: RoundAsked) -> Answer:
    """The answer, of what somebody may see of a round that they see."""
    rounds = tools.rounds.register
    if wanted.entry is None:
        return why(Asked(rounds.docket(round_id, most=AT_ONCE)))
    nothing = Answer(question=Question.WHY, about=f"第{wanted.entry}号登记", reasons=())
    entry = rounds.entry(round_id, wanted.entry)
    if entry is None:
        return nothing
    whole = seen.may_read(tools, who, entry)
    if not whole and not _is_of_theirs(tools, who, entry, wanted.filing):
        return nothing
    sent = rounds.sent(round_id, entry.number)
    if who.role not in seen.LOOK_AT_ALL:  # of what others were told nothing is said
        sent = [each for each in sent if each.office == who.office]
    return why(of_entry(tools.register, rounds, entry, sent, wanted.filing, own=not whole), entry.number)


def _is_of_theirs(tools: Tools, who: Identity, entry: RoundEntry, filing: str | None) -> bool:
    """Whether an entry decided on an alliance that somebody sees: whose leader was told what it came to, and nothing of the others."""
    row = tools.register.row(filing) if filing and entry.event.kind in TOLD_ONE_BY_ONE and not entry.proposed else None
    if row is None or who.role in (Role.EVALUATOR, Role.PUBLIC) or not who.sees(row):
        return False
    return any(each.round_id == entry.round.id for each in tools.rounds.register.items_of(row.filing_id))


def of_entry(
    register: Registry,
    rounds: RoundRegister,
    entry: RoundEntry,
    sent: Sequence[Sent],
    filing: str | None = None,
    *,
    own: bool = False,
) -> Asked:
    """What an answer about an entry is made of."""
    papers: dict[str, Mapping[str, object]] = {}
    if isinstance(entry.round.of, InspectionState) and (listed := entry.round.of.population_paper):
        papers[listed] = register.paper(listed)
    about = {each for each in (filing, *(one.about for one in sent)) if each}
    names = {key: row.alliance_name for key, row in register.rows(about, whole=False).items()}
    docket = rounds.docket(entry.round.id, before=entry.number + 1, most=AT_ONCE)
    return Asked(docket, rounds.content(entry.event), papers, sent, names, filing, own)
