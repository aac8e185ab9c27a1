"""What follows from an entry of an evaluation: who is told, and which acts on filings it leads to (A-44…A-49)."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from models.acts import By
from models.choices import CHOICES, OUTCOMES
from models.rounds.base import RoundActKind, RoundLapse, RoundLapseKind
from models.rounds.evaluation_papers import EvaluationReport, TypicalList
from models.rounds.evaluations import EvaluationActKind, ReportEvaluation
from models.rounds.round import Round, RoundEntry
from models.vocabulary import Role
from regulation import offices
from regulation.rounds import telling
from regulation.rounds.consequences import PROPOSED, ActOnFiling, Consequence, Follows, Letter
from regulation.rounds.evaluating import expected, made, names_nobody, offices_of, report_needs, state
from regulation.rounds.known import Known, Needs
from regulation.rounds.telling import Told

Content = Mapping[str, Any] | None

DEPARTMENTS = (Role.PROVINCE_ST, Role.PROVINCE_IIT)


def _to_all(round_: Round, text: str, **words: str) -> Iterator[Letter]:
    """A letter to both offices of the place, or to both departments where the round is the province's."""
    place = round_.area.jurisdiction
    roles = offices_of(round_, place) if place else DEPARTMENTS
    yield from (Letter(text, role, place or offices.PROVINCE, words=words) for role in roles)


def _in_the_name_of(entry: RoundEntry, role: Role) -> By | None:
    """Of those who said the same, the one who may act on filings."""
    said = (*entry.first, *([entry.act.by] if entry.act else []))
    return next((by for by in said if by.role is role), None)


def _opened(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Both offices are told; of a city's round the leaders too, who take part in it (A-35)."""
    yield from _to_all(round_, "round_opened")
    for alliance in expected(round_, known).values() if round_.area.jurisdiction else ():
        yield Letter("evaluation_begins", Role.LEADER, alliance.leader, alliance.id)


def _told(round_: Round, known: Known) -> Iterator[Told]:
    """Whoever was told of the opening."""
    place = round_.area.jurisdiction
    roles = offices_of(round_, place) if place else DEPARTMENTS
    yield from (Told(role, place or offices.PROVINCE) for role in roles)
    yield from map(telling.leader, expected(round_, known).values() if place else ())


def _to_agree(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Whoever has not said the same yet is asked to."""
    place = round_.area.jurisdiction
    roles = {by.role for by in (*entry.first, *([entry.act.by] if entry.act else []))}
    for role in offices_of(round_, place) if place else DEPARTMENTS:
        if role not in roles and entry.act:
            words = {"what": entry.act.kind.label, "whose": "、".join(each.label for each in Role if each in roles)}
            yield Letter("evaluation_to_agree", role, place or offices.PROVINCE, words=words)


def _reported(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Both departments are told (A-48); each result that is new is recorded on its filing, and who is recommended is named: by the list of
    the newest year that the place has reported, whatever is reported later of a year before."""
    act, report, before = entry.event, EvaluationReport.model_validate(content), state(round_).reported_before
    if not isinstance(act, ReportEvaluation) or act.facts is None:
        return
    facts = act.facts
    results = "、".join(f"{OUTCOMES[grade]}{count}家" for grade, count in facts.results.items())
    words = {
        "expected": str(facts.expected), "evaluated": str(facts.evaluated), "results": f"（{results}）" if results else "",
        "recommended": str(facts.recommended),
    }  # fmt: skip
    yield from (Letter("evaluation_reported", role, offices.PROVINCE, words=words) for role in DEPARTMENTS)
    by, basis = _in_the_name_of(entry, Role.CITY_ST), _basis(round_, entry, "《工作指引》第十二条、第十四条")
    for key, item in made(round_, known).items():
        if item.number > (before or 0):
            said = {"year": round_.year, **{name: item.figures[name] for name in ("result", "joint_activities")}}
            yield ActOnFiling(key, {"kind": "record_evaluation", **said, **basis}, by)
    if names_nobody(round_, known):
        return
    recommended = {row.filing_id for row in report.recommended}
    for key, alliance in known.alliances.items():
        named = "recommended" in alliance.tags
        if named is not (key in recommended):
            yield ActOnFiling(key, {"kind": "tag", "tag": "recommended", "removed": named, **basis}, by)


def _basis(round_: Round, entry: RoundEntry, article: str) -> dict[str, str]:
    """By what an act on a filing is done, and which entry of the round it is."""
    told = {"basis": article, "reason": f"{round_.title}（轮次{round_.id}第{entry.number}号登记）"}
    return told | ({"document_no": entry.act.document_no} if entry.act and entry.act.document_no else {})


def _decided(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """Each alliance is named, or its name taken; its leader and the offices of its place are told (A-49)."""
    by, basis = _in_the_name_of(entry, Role.PROVINCE_ST), _basis(round_, entry, "《工作指引》第十五条")
    number = f"（{entry.act.document_no}）" if entry.act and entry.act.document_no else ""
    lines: dict[str, list[str]] = {}
    rows = TypicalList.model_validate(content).decided
    for row in _pilots_last(rows):
        alliance = known.alliances.get(row.filing_id)
        if alliance is None:
            continue
        what = ("不再列为" if row.removed else "确定为") + f"“{CHOICES['tag'][row.tag]}”"
        lines.setdefault(alliance.jurisdiction, []).append(f"“{alliance.name}”{what}")
        act = {"kind": "tag", "tag": row.tag, "removed": row.removed, **basis}
        yield ActOnFiling(row.filing_id, act, by)
    for filing_id, told in _by_alliance(rows).items():
        if alliance := known.alliances.get(filing_id):
            yield Letter("typical_named", Role.LEADER, alliance.leader, alliance.id, {"names": told, "number": number})
    for place, named in sorted(lines.items()):
        for role in offices_of(round_, place):
            yield Letter("typical_decided", role, place, words={"names": "；".join(named), "number": number})


def _pilots_last(rows: Iterable[Any]) -> list[Any]:
    """In an order in which each is right after the ones before it: who is no pilot any more first, who becomes one last."""
    return sorted(rows, key=lambda row: (not row.removed, (row.tag == "pilot") is not row.removed, row.filing_id))


def _by_alliance(rows: Iterable[Any]) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for row in rows:
        what = ("不再列为" if row.removed else "确定为") + f"“{CHOICES['tag'][row.tag]}”"
        told.setdefault(row.filing_id, []).append(what)
    return {filing_id: "、".join(each) for filing_id, each in sorted(told.items())}


def _due(round_: Round, entry: RoundEntry, content: Content, known: Known) -> Iterator[Consequence]:
    """While something is owed: a city its report, both departments their decision."""
    owed = state(round_).reported is None if round_.area.jurisdiction else state(round_).decided is None
    if not owed or not isinstance(entry.event, RoundLapse):
        return
    owing = expected(round_, known)
    done = {"expected": str(len(owing)), "evaluated": str(len(owing.keys() & made(round_, known).keys()))}
    match entry.event.kind:
        case RoundLapseKind.REMINDER:
            yield from _to_all(round_, "round_closes_soon", days=str(entry.event.days))
        case RoundLapseKind.WINDOW_CLOSED if round_.area.jurisdiction:
            yield from _to_all(round_, "evaluation_report_due", **done)
        case RoundLapseKind.OVERDUE:
            yield from _to_all(round_, "evaluation_report_overdue", days=str(entry.event.days), **done)
            place = offices.name_of(round_.area.jurisdiction or offices.PROVINCE)
            words = {"days": str(entry.event.days), "place": place, **done}
            yield Letter("evaluation_report_missing", Role.PROVINCE_ST, offices.PROVINCE, words=words)
        case _:
            return


def _everybody(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(population=True, items=(round_.id,))


FOLLOWS = MappingProxyType(
    {
        RoundActKind.OPEN_ROUND.value: Follows(_opened, _everybody),
        **telling.of_changes(_told, _everybody),
        EvaluationActKind.REPORT_EVALUATION.value: Follows(_reported, lambda round_, entry: report_needs(round_)),
        EvaluationActKind.DECIDE_TYPICAL.value: Follows(_decided, _everybody),
        PROPOSED.format(EvaluationActKind.REPORT_EVALUATION.value): Follows(_to_agree),
        PROPOSED.format(EvaluationActKind.DECIDE_TYPICAL.value): Follows(_to_agree),
        **{
            kind.value: Follows(_due, _everybody)
            for kind in (RoundLapseKind.REMINDER, RoundLapseKind.WINDOW_CLOSED, RoundLapseKind.OVERDUE)
        },
    }
)
"""What follows, by the event."""
