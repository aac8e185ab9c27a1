"""What follows from an entry of an evaluation by third parties: who is told, what stands on the filings, what is public (细则 8)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from models.rounds.appraisals import Commission, Results
from models.rounds.base import RoundActKind, RoundLapse, RoundLapseKind
from models.rounds.performance import AcceptResults, CommissionThirdParty, PerformanceActKind
from models.rounds.round import Round, RoundEntry
from models.values import day_of
from models.vocabulary import Role
from regulation import naming, offices
from regulation.articles import cite
from regulation.rounds import telling
from regulation.rounds.bands import plain
from regulation.rounds.consequences import ActOnFiling, Consequence, Follows, Letter, Published
from regulation.rounds.known import Known, Needs
from regulation.rounds.merit import GRADES
from regulation.rounds.performing import terms_of
from regulation.rounds.telling import Told

Content = Mapping[str, Any] | None

PUBLISHED = "performance_results"
"""What is published of an evaluation."""


def _commissioned(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Each leader is told by whom its alliance is evaluated and until when, so that it can say if they have to do with each other."""
    act = entry.event
    if not isinstance(act, CommissionThirdParty):
        return
    words = {"organisation": act.organisation, "begins": naming.on_day(act.begins), "ends": naming.on_day(act.ends)}
    for filing_id in Commission.model_validate(content).alliances:
        if alliance := known.alliances.get(filing_id):
            yield Letter("performance_begins", Role.LEADER, alliance.leader, filing_id, words)


def _accepted(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The grade stands on each filing, each leader is told, and the public is: grades, and scores only where the edition says so."""
    act = entry.event
    if not isinstance(act, AcceptResults):
        return
    terms, results = terms_of(round_), Results.model_validate(content)
    basis = {
        "basis": cite("B-20"), "document_no": act.document_no, "reason": f"{round_.title}（轮次{round_.id}第{entry.number}号登记）"
    }  # fmt: skip
    for row in results.rows:
        said = {"kind": "record_evaluation", "year": round_.year, "result": row.grade, **basis}
        told = {} if row.joint_activities is None else {"joint_activities": row.joint_activities}
        yield ActOnFiling(row.filing, said | told)
    for row in results.rows:
        scored = f"，得分{plain(row.score)}分" if terms.publish_scores else ""
        words = {"grade": GRADES[row.grade] + scored, "number": act.document_no}
        yield Letter("performance_accepted", Role.LEADER, row.leader, row.filing, words)
    rows = [
        {
            "alliance": row.alliance, "leader": row.leader_name, "archive_number": row.archive_number, "grade": GRADES[row.grade],
            **({"score": plain(row.score)} if terms.publish_scores else {}),
        }
        for row in results.rows
    ]  # fmt: skip
    shown = {"title": round_.title, "year": round_.year, "document_no": act.document_no, "rows": rows}
    yield Published(PUBLISHED, shown, day_of(entry.at))


def _due(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """The province is told while alliances that were commissioned are not evaluated."""
    missing = round_.counts.get("expected", 0) - round_.counts.get("done", 0)
    if missing > 0 and isinstance(entry.event, RoundLapse):
        yield Letter("performance_unfinished", Role.PROVINCE_ST, offices.PROVINCE, words={"missing": str(missing)})


def _paper(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(population=True)


def _told(round_: Round, known: Known) -> Iterator[Told]:
    """The province, and each leader who was told by whom its alliance is evaluated."""
    yield Told(Role.PROVINCE_ST, offices.PROVINCE)
    yield from map(telling.leader, telling.there(round_, known))


def _opened(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    yield Letter("round_opened", Role.PROVINCE_ST, offices.PROVINCE)


FOLLOWS = MappingProxyType(
    {
        RoundActKind.OPEN_ROUND.value: Follows(_opened),
        **telling.of_changes(_told, lambda round_, entry: Needs(population=True, items=(round_.id,))),
        PerformanceActKind.COMMISSION.value: Follows(_commissioned, _paper),
        PerformanceActKind.ACCEPT_RESULTS.value: Follows(_accepted, _paper),
        RoundLapseKind.REMINDER.value: Follows(_due),
        RoundLapseKind.WINDOW_CLOSED.value: Follows(_due),
    }
)
"""What follows, by the event."""
