"""The documents of an evaluation: a city's report with its table, and the list that both departments decided; drawn from the register."""

from collections.abc import Callable
from typing import Any

from activities.documents import evaluations as drawn
from activities.documents.evaluations import Chosen, Evaluated, Reported, Subject
from gateway.identity import Identity
from gateway.problem import NoFile
from gateway.shown.rounds.evaluation import known_of, progress
from gateway.tools import Tools
from models.rounds.evaluation_papers import EvaluationPaper, EvaluationReport, TypicalList
from models.rounds.round import Round
from regulation import offices
from regulation.rounds.evaluating import items_of, offices_of, state
from regulation.rounds.evaluation_items import ITEMS
from regulation.rounds.evaluations import BOTH, CITY
from regulation.rounds.known import Alliance, Needs


def subject(alliance: Alliance) -> Subject:
    """An alliance as a list names it."""
    return Subject(
        filing_id=alliance.id,
        name=alliance.name,
        leader=alliance.leader_name,
        city=offices.OFFICES[alliance.jurisdiction].city,
        archive_number=alliance.archive_number or "",
        technical_field=alliance.technical_field,
    )


def reported(tools: Tools, round_: Round) -> Reported:
    """What a city's round has come to, as a report: the last one that was sent, or a draft of one."""
    rounds, place, now = tools.rounds.register, round_.area.jurisdiction or "", tools.clock()
    known, sent = known_of(rounds, round_), state(round_).report
    far = progress(round_, known)
    names = tools.people.named(far.by_officer)
    entry = rounds.entry(round_.id, state(round_).reported or 0)
    return Reported(
        year=round_.year,
        city=offices.OFFICES[place].city,
        offices=tuple(offices.title(role, place) for role in offices_of(round_, place)),
        edition=ITEMS[items_of(round_)],
        evaluated=[
            Evaluated(
                subject(line.alliance),
                EvaluationPaper.model_validate(tools.register.paper(line.item.paper))
                if line.item and line.item.paper
                else None,
                names.get(str(line.item.figures["by"]), "") if line.item else "",
            )
            for line in sorted(far.lines, key=lambda line: line.alliance.archive_number or "")
        ],
        report=EvaluationReport.model_validate(tools.register.paper(sent) if sent else UNWRITTEN),
        at=entry.at if entry else now,
        document_no=(entry.act.document_no if entry and entry.act else None) or "",
    )


UNWRITTEN = {"text": "（报送时填写评估评价工作情况。）"}
"""What a draft says of how the city went about it."""


def chosen(tools: Tools, round_: Round) -> Chosen:
    """What both departments decided last in a round. Raises `NotFound` if nothing is."""
    rounds, paper = tools.rounds.register, state(round_).decided
    entry = next((each for each in reversed(rounds.docket(round_.id)) if _decides(each, paper)), None)
    if paper is None or entry is None or entry.act is None:
        raise NoFile(round_.id)
    decided = TypicalList.model_validate(tools.register.paper(paper))
    known = rounds.known(Needs(filings=tuple({row.filing_id for row in decided.decided})), None)
    return Chosen(
        year=round_.year,
        decided=decided,
        subjects={key: subject(each) for key, each in known.alliances.items()},
        at=entry.at,
        document_no=entry.act.document_no or "",
    )


def _decides(entry: Any, paper: str | None) -> bool:
    return not entry.proposed and getattr(entry.event, "paper", None) == paper


Drawn = tuple[str, str, Callable[[], bytes]]
"""A document: its key, the name of its file, and how it is drawn."""


def downloads(tools: Tools, who: Identity, round_: Round) -> list[Drawn]:
    """The report of a city with its table, as it was sent or as it would be; the list that both departments decided. For offices."""
    if who.role not in (*CITY, *BOTH):
        return []
    if round_.area.jurisdiction is None:
        if state(round_).decided is None:
            return []
        return [
            ("typical.docx", "典型联盟名单.docx", lambda: drawn.typical_list(chosen(tools, round_))),
            ("typical.xlsx", "典型联盟名单.xlsx", lambda: drawn.typical_sheet(chosen(tools, round_))),
        ]
    draft = "" if state(round_).reported else "（草稿）"
    return [
        ("report.docx", f"评估评价情况报告{draft}.docx", lambda: drawn.report(reported(tools, round_))),
        ("results.xlsx", f"评估评价汇总表{draft}.xlsx", lambda: drawn.sheet(reported(tools, round_))),
    ]
