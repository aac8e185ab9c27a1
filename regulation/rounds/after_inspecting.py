"""What an entry of an inspection makes of alliances, who is told, and which act on a filing it leads to (A-33, B-18)."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from models.rounds.base import Item, RoundLapse, RoundLapseKind
from models.rounds.inspections import (
    AssignInspectors,
    DrawLot,
    EnterRectification,
    Found,
    InspectionActKind,
    ListPopulation,
    Purpose,
    RecordFindings,
    ReplaceDrawn,
    ReportRectification,
    RuleOnRectification,
    Standing,
)
from models.rounds.lots import Lot, Population
from models.rounds.round import Round, RoundEntry
from models.values import Value, day_of
from models.vocabulary import Role, Stage
from regulation import offices
from regulation.articles import named
from regulation.naming import on_day
from regulation.rounds import telling
from regulation.rounds.checks import CHECKS
from regulation.rounds.consequences import PROPOSED, ActInRound, ActOnFiling, Consequence, Follows, Letter, Published
from regulation.rounds.inspecting import ARTICLE, LEFT, STAGES, state, told
from regulation.rounds.known import FILED, Alliance, Known, Needs
from regulation.rounds.telling import Told

# What an entry makes of alliances


def items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterator[Item]:
    """Where each alliance stands after it."""
    match entry.act:
        case ListPopulation():
            for each in Population.model_validate(content).alliances:
                yield _item(each.id, Standing.LEFT_OUT if each.left_out else Standing.LISTED)
        case DrawLot():
            for one in Lot.model_validate(content).order:
                if one.drawn:
                    yield _item(one.id, Standing.DRAWN, {"place": one.place})
        case ReplaceDrawn(filing=filing, facts=facts):
            yield _item(filing, Standing.REPLACED)
            if following := told(facts).filing:
                yield _item(following, Standing.DRAWN)
        case AssignInspectors(filing=filing, facts=facts):
            yield _item(filing, Standing.ASSIGNED, _figures(told(facts)))
        case RecordFindings(filing=filing, facts=facts):
            yield _item(filing, _found(state(round_).purpose, told(facts)), _figures(told(facts)))
        case ReportRectification(filing=filing, facts=facts) | EnterRectification(filing=filing, facts=facts):
            yield _item(filing, Standing.REPORTED, _figures(told(facts)))
        case RuleOnRectification(filing=filing, facts=facts, decision="accepted"):
            yield _item(filing, Standing.RECTIFIED, _figures(told(facts)))
        case RuleOnRectification(filing=filing, facts=facts, decision="not_rectified"):
            yield _item(filing, Standing.NOT_RECTIFIED, _figures(told(facts)))
        case RuleOnRectification(filing=filing, facts=facts, decision="ended"):
            yield _item(filing, Standing.ENDED, _figures(told(facts)))
        case RuleOnRectification(filing=filing, facts=facts, rectify_by=until):
            yield _item(filing, Standing.DEFICIENT, _figures(told(facts).but(rectify_by=until)))
        case _:
            return


def _found(purpose: Purpose, found: Found) -> Standing:
    if purpose is Purpose.SURVEY:
        return Standing.VISITED
    return Standing.DEFICIENT if found.not_met else Standing.IN_ORDER


def _item(filing: str, standing: Standing, figures: Mapping[str, Any] | None = None) -> Item:
    return Item(filing_id=filing, state=standing.value, figures=dict(figures or {}))


def _figures(facts: Value) -> dict[str, Any]:
    return facts.model_dump(mode="json")


# What follows


REVEALING = "reveal"
"""What a lapse is of by which a secret ought to be revealed; others are of the day on which a rectification was due."""

UNDER_WAY = (Standing.DRAWN, Standing.ASSIGNED, *LEFT)
"""Of what was drawn, what is not done with; of all but the first, the leader was told something."""


def _reviewer(alliance: Alliance) -> tuple[Role, str]:
    return offices.reviewer(alliance.jurisdiction, alliance.zone)


LISTED, DRAWN, VOIDED = "lot_listed", "lot_drawn", "lot_voided"
"""What is published of a lot: the list it is drawn of, the lot itself, that it was given up; of the files, their digests."""


def _announced(what: str, round_: Round, entry: RoundEntry, **words: Any) -> Published:
    """What becomes of a lot, for anybody: the files lie beside it, and their digests hold them (docs/lots.zh.md)."""
    of = state(round_)
    said = {
        "title": round_.title, "round": round_.id, "purpose": of.purpose.label, "document_no": round_.document_no,
        "draw": of.draw, "population": of.population,
    }  # fmt: skip
    return Published(what, said | words, day_of(entry.at))


def _after_listing(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """The list is public before there is a seed; whoever gives a secret is told that it is their turn."""
    listed = Population.model_validate(content)
    taking_part = sum(not each.left_out for each in listed.alliances)
    words = {"as_of": str(listed.as_of), "listed": len(listed.alliances), "taking_part": taking_part}
    yield _announced(LISTED, round_, entry, **words)
    yield from _to_the_departments("seed_to_commit").then(round_, entry, content, known)


def _to_the_departments(text: str) -> Follows:
    """Whoever gives a secret is told when it is their turn: of a check both departments, of a visit the one."""

    def then(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
        of = state(round_)
        both = len(of.commitments) != 1
        roles = (Role.PROVINCE_ST, Role.PROVINCE_IIT) if of.purpose is Purpose.CHECK else (Role.PROVINCE_ST,)
        yield from (Letter(text, role, offices.PROVINCE) for role in roles if both)

    return Follows(then)


def _to_confirm(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """What one person said waits for another, who may be of the other department; what came on paper, for one of the same office."""
    of_check = state(round_).purpose is Purpose.CHECK
    alliance = known.alliances.get(getattr(entry.act, "filing", ""))
    by = told(entry.act).by
    what = f"{entry.event.kind.label}（{alliance.name}）" if alliance else entry.event.kind.label
    if isinstance(entry.act, EnterRectification):
        yield Letter("inspection_to_confirm", by.role, by.office, None, {"what": what})
        return
    for role in (Role.PROVINCE_ST, Role.PROVINCE_IIT) if of_check else (Role.PROVINCE_ST,):
        yield Letter("inspection_to_confirm", role, offices.PROVINCE, None, {"what": what})


def _told(round_: Round, known: Known) -> Iterator[Told]:
    """Whose secrets are asked for, and of what was drawn the offices and the leaders who were told of a day."""
    of_check = state(round_).purpose is Purpose.CHECK
    roles = (Role.PROVINCE_ST, Role.PROVINCE_IIT) if of_check else (Role.PROVINCE_ST,)
    yield from (Told(role, offices.PROVINCE) for role in roles)
    yield from telling.reviewers(telling.there(round_, known, *UNDER_WAY))
    yield from map(telling.leader, telling.there(round_, known, *UNDER_WAY[1:]))


def _after_drawing(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """The public learns who was drawn; the reviewing offices which of theirs were."""
    of = state(round_)
    drawn = {each.id for each in Lot.model_validate(content).order if each.drawn}
    yield _announced(DRAWN, round_, entry, seed=of.seed, lot=of.lot, drawn=len(drawn))
    by_office: dict[tuple[Role, str], list[Alliance]] = {}
    for each in known.alliances.values():
        if each.id in drawn:
            by_office.setdefault(_reviewer(each), []).append(each)
    for (role, office), theirs in sorted(by_office.items()):
        you = "你局" if role is Role.CITY_ST else "你单位"
        names = "、".join(each.name for each in theirs)
        words = {"many": str(len(theirs)), "names": names, "you": you, **_grounded(round_)}
        yield Letter("inspection_drawn", role, office, None, words)


def _after_assigning(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    act = entry.act
    if isinstance(act, AssignInspectors) and (alliance := known.alliances.get(act.filing)):
        words = {"planned_on": on_day(told(act.facts).planned_on), **_grounded(round_)}
        called = {"called": alliance.archive_number or alliance.id}
        yield Letter("inspection_planned", Role.LEADER, alliance.leader, act.filing, {**words, **called})
        yield Letter("inspection_planned_office", *_reviewer(alliance), act.filing, words)


def _grounded(round_: Round) -> Mapping[str, str]:
    """By which article this is done, and what it is called."""
    purpose = state(round_).purpose
    return {
        "basis": named(ARTICLE[purpose]),
        "doing": "检查" if purpose is Purpose.CHECK else "调研考察",
    }


def _after_recording(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """The inspection stands on the filing too; a leader who has to put something right is told what and until when."""
    act = entry.act
    if not isinstance(act, RecordFindings):
        return
    found = told(act.facts)
    if state(round_).purpose is Purpose.SURVEY:
        yield ActOnFiling(act.filing, {"kind": "record_survey", "surveyed_on": str(found.inspected_on)})
        return
    result = "deficient" if found.not_met else "in_order"
    yield ActOnFiling(
        act.filing, {"kind": "record_inspection", "inspected_on": str(found.inspected_on), "result": result}
    )
    alliance = known.alliances.get(act.filing)
    if alliance and found.rectify_by:
        yield _letter("rectification_asked", round_, alliance, found, asked=_asked(round_, found))


def _asked(round_: Round, found: Found) -> str:
    asked = {each.item: each.asks for each in CHECKS[state(round_).rule].items(state(round_).purpose)}
    return "；".join(asked[each] for each in found.not_met)


def _letter(text: str, round_: Round, alliance: Alliance, found: Found, **words: str) -> Letter:
    until = {"rectify_by": on_day(found.rectify_by)} if found.rectify_by else {}
    return Letter(text, Role.LEADER, alliance.leader, alliance.id, {**until, **words})


def _after_ruling(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    act = entry.act
    if not isinstance(act, RuleOnRectification) or not (alliance := known.alliances.get(act.filing)):
        return
    found = told(act.facts)
    match act.decision:
        case "accepted":
            yield _letter("rectification_accepted", round_, alliance, found)
        case "again":
            again = found.but(rectify_by=act.rectify_by)
            yield _letter("rectification_again", round_, alliance, again, reason=act.reason or "")
        case "not_rectified":
            told_ = {"asked": _asked(round_, found), "reason": act.reason or ""}
            yield _letter("rectification_not_done", round_, alliance, found, **told_)
            words = {"rectify_by": on_day(told(found.rectify_by)), **told_}
            for role, office in (_reviewer(alliance), (Role.PROVINCE_ST, offices.PROVINCE)):
                yield Letter("rectification_not_done_office", role, office, alliance.id, words)
        case "ended":
            yield Letter("rectification_ended", Role.PROVINCE_ST, offices.PROVINCE, alliance.id)


def _after_reporting(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    act = entry.act
    if isinstance(act, ReportRectification | EnterRectification):
        yield Letter("rectification_reported", Role.PROVINCE_ST, offices.PROVINCE, act.filing)


def _departments(round_: Round) -> tuple[Role, ...]:
    of_check = state(round_).purpose is Purpose.CHECK
    return (Role.PROVINCE_ST, Role.PROVINCE_IIT) if of_check else (Role.PROVINCE_ST,)


def _unrevealed(round_: Round, entry: RoundEntry) -> Iterator[Consequence]:
    """未按期揭示: whoever has not revealed is told, after three letters both departments; the public site says so too."""
    of = state(round_)
    due = told(of.reveal_by)
    missing = [each.by for each in of.commitments if not each.secret]
    words = {
        "whose": "、".join(offices.title(by.role, by.office) for by in missing),
        "reveal_by": on_day(due),
    }
    late = {by.role for by in missing}
    roles = _departments(round_) if day_of(entry.at) >= CHECKS[of.rule].raised_on(due) else late
    for role in _departments(round_):
        if role in roles:
            yield Letter("seed_overdue", role, offices.PROVINCE, None, words)


def _after_voiding(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """抽签作废: both departments are told, the offices of whoever was drawn, and the leaders who expect a visit."""
    yield _announced(VOIDED, round_, entry, why=state(round_).voided)
    told_of = [(role, offices.PROVINCE) for role in _departments(round_)]
    drawn = {each.filing_id for each in known.items.get(round_.id, {}).values() if each.state in TO_INSPECT}
    told_of += sorted({_reviewer(each) for each in known.alliances.values() if each.id in drawn})
    for role, office in told_of:
        yield Letter("lot_voided", role, office)
    for each in telling.there(round_, known, Standing.ASSIGNED):
        yield Letter("lot_voided", Role.LEADER, each.leader, each.id)


TO_INSPECT = (Standing.DRAWN, Standing.ASSIGNED)
"""Who is drawn and not inspected yet."""


def _after_its_day(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """整改逾期: whoever has not put it right is told, and the reviewing office with them; after three letters the departments,
    who may rule that it was not put right. What was reported waits for the province. What ended with its alliance, ends here."""
    if not isinstance(entry.event, RoundLapse) or entry.event.of is None:
        return
    if entry.event.of == REVEALING:
        yield from _unrevealed(round_, entry)
        return
    day = date.fromisoformat(entry.event.of)
    words = {"rectify_by": on_day(day)}
    for each in known.items.get(round_.id, {}).values():
        alliance = known.alliances.get(each.filing_id)
        if alliance is None or each.state not in LEFT or each.figures.get("rectify_by") != str(day):
            continue
        if alliance.stage not in FILED:
            why = f"联盟{alliance.stage.label}，整改随之终结"
            kind = InspectionActKind.RULE_ON_RECTIFICATION.value
            yield ActInRound({"kind": kind, "filing": alliance.id, "decision": "ended", "reason": why})
        elif each.state == Standing.REPORTED:
            yield Letter("rectification_waits", Role.PROVINCE_ST, offices.PROVINCE, alliance.id, words)
        elif day_of(entry.at) < CHECKS[state(round_).rule].raised_on(day):
            yield Letter("rectification_overdue", Role.LEADER, alliance.leader, alliance.id, words)
            yield Letter("rectification_overdue_office", *_reviewer(alliance), alliance.id, words)
        else:
            for role in _departments(round_):
                yield Letter("rectification_raised", role, offices.PROVINCE, alliance.id, words)


def _while_it_runs(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """What is not inspected yet, told while there is time, and when there is none left."""
    counts = round_.counts
    left = counts.get("drawn_in_all", 0) - counts.get("inspected", 0)
    if state(round_).lot is None or left:
        words = {"left": f"{left}家" if state(round_).lot else "尚未抽签"}
        yield Letter("inspection_left", Role.PROVINCE_ST, offices.PROVINCE, None, words)


def _one(round_: Round, entry: RoundEntry) -> Needs:
    about = getattr(entry.act, "filing", None)
    return Needs(filings=(about,) if about else ())


def _everybody(round_: Round, entry: RoundEntry) -> Needs:
    return Needs(population=True, stages=tuple(Stage), items=(round_.id,))


FOLLOWS: Mapping[str, Follows] = MappingProxyType(
    {
        InspectionActKind.LIST_POPULATION: Follows(_after_listing),
        InspectionActKind.COMMIT_SEED: _to_the_departments("seed_to_reveal"),
        InspectionActKind.DRAW_LOT: Follows(
            _after_drawing, lambda round_, entry: Needs(population=True, stages=STAGES[state(round_).purpose])
        ),
        InspectionActKind.VOID_LOT: Follows(_after_voiding, _everybody),
        InspectionActKind.ASSIGN_INSPECTORS: Follows(_after_assigning, _one),
        InspectionActKind.RECORD_FINDINGS: Follows(_after_recording, _one),
        InspectionActKind.REPORT_RECTIFICATION: Follows(_after_reporting),
        InspectionActKind.ENTER_RECTIFICATION: Follows(_after_reporting),
        InspectionActKind.RULE_ON_RECTIFICATION: Follows(_after_ruling, _one),
        **{
            PROPOSED.format(kind.value): Follows(_to_confirm, _one)
            for kind in (
                InspectionActKind.ENTER_PUBLIC_VALUE,
                InspectionActKind.VOID_LOT,
                InspectionActKind.ENTER_RECTIFICATION,
                InspectionActKind.REPLACE_DRAWN,
                InspectionActKind.RECORD_FINDINGS,
            )
        },
        RoundLapseKind.OVERDUE: Follows(_after_its_day, _everybody),
        **telling.of_changes(_told, _everybody),
        RoundLapseKind.REMINDER: Follows(_while_it_runs),
        RoundLapseKind.WINDOW_CLOSED: Follows(_while_it_runs),
    }
)
