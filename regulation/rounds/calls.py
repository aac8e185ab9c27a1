"""申报通知 and 属地文件: the rules of a call (B-01…B-05, A-51).

What a call says becomes an edition of terms, by which applications are taken in from then on; filings keep the edition of
their submission, so no call, no move and no end of one changes a date of theirs (G-44). A city's document adds to what the
province asks and takes nothing away: its days are for its own organisation.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from models.acts import By
from models.findings import Finding, Lack
from models.local_rules import LocalRules
from models.rounds.base import MoveWindow, OpenRound, RoundActKind, RoundKind, RoundLapse, RoundLapseKind, RoundLine
from models.rounds.calls import CallPaper, CallState
from models.rounds.round import Round, RoundEntry
from models.values import day_of, on_day
from models.vocabulary import Kind, Role, Severity
from regulation import naming, offices, terms
from regulation.local_rules import documents_of
from regulation.moment import Moment
from regulation.reading import finding, read
from regulation.rounds.agenda import window
from regulation.rounds.common_acts import Lacks, all_at_once, cancelled, closed, in_order, may_close
from regulation.rounds.consequences import Consequence, Follows, Letter, NewTerms, Published
from regulation.rounds.known import Alliance, Known, Needs
from regulation.rounds.rules import PROVINCE, Examined, Row, Rules

ARTICLE, LOCAL = "B-02", "A-51"

REMINDED, LOCAL_REMINDED = (7, 1), (30,)
"""How many days before the last one those who organise applications, or whose document it is, are reminded."""

CALL = "call"
"""What is published of a call whenever it is published, moved or cancelled."""

LONGEST_YEARS = 5
"""For so many years a city's document may hold: as long as 规范性文件 do."""

PUBLISHERS = PROVINCE | {Role.CITY_ST}
"""The province its calls, a city its own documents."""


def state(round_: Round) -> CallState:
    """What only a call holds."""
    if not isinstance(round_.of, CallState):
        raise TypeError(f"{round_.id} is no call")
    return round_.of


# Publishing


def may_publish(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """The province publishes the call of a year, a city its document, each with its number (B-01, B-02, A-51)."""
    local = round_.area.jurisdiction is not None
    if local != (act.by.role is Role.CITY_ST):
        return Lack(missing="属地文件由该市科技部门发布" if local else "全省申报通知由省科技厅发布")
    return all_at_once(_lacks(round_, act, when, local=local))


def _lacks(round_: Round, act: OpenRound, when: Moment, *, local: bool) -> Lacks:
    if not act.document_no:
        yield "/document_no", "须写明文号"
    yield from in_order(act, when)
    if act.zone:
        yield "/zone", "申报通知和属地文件不限于高新区"
    if not local and {act.opens.year, act.closes.year} != {round_.year}:
        yield "/opens", f"申报期须在{round_.year}年之内"
    if local and (act.opens.year != round_.year or act.closes.year - act.opens.year > LONGEST_YEARS):
        yield "/closes", f"自{round_.year}年起施行，有效期不超过{LONGEST_YEARS}年"


def opens_with(place: str | None) -> Collection[str]:
    """A call and a city's document have a number, a call its day for recommendations (B-03)."""
    return ("/document_no",) if place else ("/document_no", "/content/recommend_by")


def published(round_: Round, act: OpenRound, when: Moment) -> Round:
    """发布: until when is recommended is a fact of its own."""
    return round_.but(of=CallState.model_validate(act.facts or {}))


def asks(round_: Round | None, act: Any) -> Needs:
    """The calls of the same year."""
    return Needs(rounds=((RoundKind.CALL, act.opens.year),)) if isinstance(act, OpenRound) else Needs()


def examine(round_: Round | None, act: Any, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """What a call says can be published: of the province's the days, of a city's what it asks besides (B-01, B-03, A-51)."""
    if not isinstance(act, OpenRound):
        return act  # type: ignore[no-any-return]
    paper, found = read(CallPaper, content or {}, {}, at="/content")
    if not found:
        found += _of_city(paper, act) if act.by.role is Role.CITY_ST else _of_province(paper, act, known)
    if any(each.severity is Severity.ERROR for each in found):
        return found
    return act.but(facts={"recommend_by": str(paper.recommend_by)} if paper.recommend_by else {})


def _of_province(paper: CallPaper, act: OpenRound, known: Known) -> Iterator[Finding]:
    def wrong(code: str, field: str, message: str) -> Finding:
        return finding(code, field, Severity.ERROR, message)

    if paper.recommend_by is None:
        yield wrong("B-03", "/content/recommend_by", "须写明初审推荐截止日")
    elif not (act.closes <= paper.recommend_by and paper.recommend_by.year == act.closes.year):
        yield wrong("B-03", "/content/recommend_by", "初审推荐截止日不早于申报截止日，且在同一年")
    for name in ("extra", "criteria", "dates"):
        if getattr(paper, name):
            yield wrong(LOCAL, f"/content/{name}", "由各市在其属地文件中规定")
    if act.alliances:
        yield wrong("B-05", "/alliances", "申报通知告知两类联盟的盟主，不选联盟类别")
    if standing := [each for each in known.rounds.values() if each.area.jurisdiction is None and not each.over]:
        said = f"{act.opens.year}年的申报通知已经发布（{standing[0].document_no}），须先结束；只是延长的，顺延截止日"
        yield wrong(ARTICLE, "/opens", said)


def _of_city(paper: CallPaper, act: OpenRound) -> Iterator[Finding]:
    def wrong(field: str, message: str) -> Finding:
        return finding(LOCAL, f"/content/{field}", Severity.ERROR, message)

    if paper.recommend_by:
        yield wrong("recommend_by", "由省里的申报通知规定")
    if not (paper.extra or paper.criteria or paper.dates):
        yield wrong("extra", "须至少有一项材料、条件或内部安排")
    for number, each in enumerate(paper.criteria):
        if (each.measure is None) != (each.at_least is None):
            yield wrong(f"criteria/{number}/at_least", "量化指标和数值须一并填写")
    for number, inner in enumerate(paper.dates):
        if not act.opens <= inner.day <= act.closes:
            yield wrong(f"dates/{number}/day", "须在文件有效期之内")


# Moving and ending


def may_move(round_: Round, act: MoveWindow, when: Moment) -> Lack | None:
    """To a later day that has not passed; the province's within its year, with its day for recommendations (B-02, B-03)."""
    if act.closes <= round_.closes:
        return Lack(missing=f"截止日只能顺延，现为{on_day(round_.closes)}")
    if act.closes < when.day:
        return Lack(missing="新的截止日已过")
    if round_.area.jurisdiction is None:
        recommend_by = _recommended_by(round_, act.closes)
        if act.closes.year != round_.year or (recommend_by and recommend_by.year != round_.year):
            return Lack(missing=f"申报期和初审推荐须在{round_.year}年之内")
    elif act.closes.year - round_.opens.year > LONGEST_YEARS:
        return Lack(missing=f"有效期不超过{LONGEST_YEARS}年")
    return None


def _recommended_by(round_: Round, closes: date) -> date | None:
    """The day for recommendations is moved by as many days as the window."""
    told = state(round_).recommend_by
    return told + (closes - round_.closes) if told else None


def moved(round_: Round, act: MoveWindow, when: Moment) -> Round:
    """顺延."""
    of = state(round_).but(recommend_by=_recommended_by(round_, act.closes))
    return round_.but(closes=act.closes, moved=True, of=of)


def ready_to_cancel(round_: Round, by: By, when: Moment) -> Lack | None:
    """A call whose window has begun stands: whoever relied on it is not shut out. A city repeals its document whenever it will."""
    begun = round_.area.jurisdiction is None and when.at >= round_.opens_at
    return Lack(missing="申报期已经开始，不能取消") if begun else None


# What it makes of the terms


def _rows(
    round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, base: str
) -> Sequence[Mapping[str, Any]]:
    """The rows by which a call changes an edition of terms."""
    if round_.area.jurisdiction is None:
        return _of_call(round_, stands=not round_.over)
    kinds = [round_.area.kind] if round_.area.kind else list(Kind)
    return [_of_document(round_, kind, content or {}, base) for kind in kinds]


def _of_call(round_: Round, *, stands: bool) -> Sequence[Mapping[str, Any]]:
    recommend_by = state(round_).recommend_by
    said = {
        "intake.window": ({"opens": str(round_.opens), "closes": str(round_.closes)}, "B-02"),
        "intake.recommend_deadline": (str(recommend_by), "B-03"),
    }
    about = {"kind": Kind.B.value, "year": round_.year}
    return [
        {"key": key, **about, "value": value if stands else None, "article": article}
        for key, (value, article) in said.items()
    ]


def _of_document(round_: Round, kind: Kind, content: Mapping[str, Any], base: str) -> Mapping[str, Any]:
    """A city's documents about a kind: those that are not over, and this one as it stands now."""
    place = round_.area.jurisdiction or ""
    own = rules(round_, content)
    others = [
        each
        for each in documents_of(base, kind, place)
        if (each.document_no, each.opens) != (own.document_no, own.opens) and each.closes >= day_of(round_.opened_at)
    ]
    standing = others if round_.over else [*others, own]
    value = [each.model_dump(mode="json") for each in standing]
    return {
        "key": terms.LOCAL_RULES, "kind": kind.value, "jurisdiction": place, "value": value, "article": LOCAL,
    }  # fmt: skip


def rules(round_: Round, content: Mapping[str, Any]) -> LocalRules:
    """What a city's document asks, as the terms hold it."""
    paper = CallPaper.model_validate(content)
    return LocalRules(
        document_no=round_.document_no or "",
        opens=round_.opens,
        closes=round_.closes,
        documents=paper.extra,
        criteria=paper.criteria,
        dates=paper.dates,
    )


# What follows


def _paper_of(round_: Round, content: Mapping[str, Any] | None, known: Known) -> Mapping[str, Any]:
    """What the call says: its paper comes with its opening, and is asked for afterwards."""
    return content or known.papers.get(round_.paper or "", {})


def _told(what: str) -> Callable[[Round, RoundEntry, Mapping[str, Any] | None, Known], Iterator[Consequence]]:
    """What follows from publishing, moving or cancelling: the edition first, then who is told, and the public."""

    def then(
        round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
    ) -> Iterator[Consequence]:
        paper = _paper_of(round_, content, known)
        yield NewTerms(round_.document_no or "", lambda base: _rows(round_, entry, paper, base))
        yield Published(CALL, shown(round_, paper), day_of(entry.at))
        if round_.area.jurisdiction:
            yield from _to_offices(round_, f"local_rules_{what}", [(Role.PROVINCE_ST, offices.PROVINCE)])
            return
        yield from _to_offices(round_, f"call_{what}", organisers())
        yield from _to_leaders(round_, f"call_{what}_leaders", known)

    return then


def shown(round_: Round, paper: Mapping[str, Any]) -> dict[str, Any]:
    """A call as the public sees it: what it says, from when until when, its attachments by name."""
    told = CallPaper.model_validate(paper)
    recommend_by = state(round_).recommend_by
    return {
        "title": round_.title,
        "document_no": round_.document_no,
        "office": offices.title(round_.opened_by.role, round_.opened_by.office),
        "stage": round_.stage.value,
        "opens": str(round_.opens),
        "closes": str(round_.closes),
        "recommend_by": str(recommend_by) if recommend_by else None,
        "text": told.text,
        "attachments": [each.name for each in told.attachments],
    }


def organisers() -> list[tuple[Role, str]]:
    """Who organises applications: 各市、沈抚科技局, 各高新区 that review (B-01)."""
    zones = [(Role.ZONE, each.key) for each in offices.ZONES.values() if each.reviews]
    return [*((Role.CITY_ST, code) for code in offices.OFFICES), *zones]


def _words(round_: Round, days: int | None = None) -> dict[str, str]:
    recommend_by = state(round_).recommend_by
    told = {"recommend_by": naming.on_day(recommend_by)} if recommend_by else {}
    return told | ({"days": str(days)} if days is not None else {})


def _to_offices(round_: Round, text: str, to: Sequence[tuple[Role, str]], days: int | None = None) -> Iterator[Letter]:
    yield from (Letter(text, role, office, words=_words(round_, days)) for role, office in to)


def _to_leaders(round_: Round, text: str, known: Known) -> Iterator[Letter]:
    """Every leader once: who leads alliances of kind B is told of each that it may go on (继续申报, B-05), the others of the call (B-01)."""
    of_leader: dict[str, list[Alliance]] = {}
    for each in known.alliances.values():
        of_leader.setdefault(each.leader, []).append(each)
    for leader, alliances in of_leader.items():
        going_on = [each for each in alliances if each.kind is Kind.B]
        about = (going_on or alliances)[-1 if going_on else 0]
        if going_on and text == GOES_ON:
            words = _words(round_) | {"going_on": "；".join(map(_may_go_on, going_on))}
            yield Letter(f"{text}_b", Role.LEADER, leader, about.id, words)
        else:
            yield Letter(text, Role.LEADER, leader, about.id, _words(round_))


def _may_go_on(alliance: Alliance) -> str:
    """An alliance as the letter names it, with what its leader writes into the new application."""
    return f"“{alliance.name}”（此前的备案申请编号{alliance.id}）"


GOES_ON = "call_published_leaders"
"""The text that has another for leaders whose alliance may go on."""


def _asked(round_: Round, entry: RoundEntry) -> Needs:
    """The leaders that a call of the province is told to, and what it says."""
    papers = (round_.paper,) if round_.paper else ()
    return Needs(population=round_.area.jurisdiction is None, papers=papers)


def reminded(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """Those who organise applications are reminded; of a document that will soon be over, the city that made it."""
    days = entry.event.days if isinstance(entry.event, RoundLapse) else None
    if round_.area.jurisdiction:
        yield from _to_offices(round_, "local_rules_end", [(Role.CITY_ST, round_.area.jurisdiction)], days)
    else:
        yield from _to_offices(round_, "call_closes", organisers(), days)


def window_closed(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Consequence]:
    """The window is over: until when is recommended (B-03)."""
    if round_.area.jurisdiction is None:
        yield from _to_offices(round_, "call_closed", organisers())


def lapses(round_: Round) -> Iterator[RoundLine]:
    """Reminders and the end of the window."""
    local = round_.area.jurisdiction is not None
    return window(round_, LOCAL if local else ARTICLE, LOCAL_REMINDED if local else REMINDED)


RULES = Rules(
    kind=RoundKind.CALL,
    rows={
        RoundActKind.OPEN_ROUND: Row(ARTICLE, PUBLISHERS, may=may_publish, then=published, of_city=LOCAL),
        RoundActKind.MOVE_WINDOW: Row(ARTICLE, PUBLISHERS, may=may_move, then=moved, of_city=LOCAL),
        RoundActKind.CLOSE_ROUND: Row(ARTICLE, PUBLISHERS, may=may_close, then=closed, of_city=LOCAL),
        RoundActKind.CANCEL_ROUND: Row(ARTICLE, PUBLISHERS, ready=ready_to_cancel, then=cancelled, of_city=LOCAL),
    },
    papers={RoundActKind.OPEN_ROUND: CallPaper},
    opens_with=opens_with,
    asks=asks,
    examine=examine,
    lapses=lapses,
    follows={
        RoundActKind.OPEN_ROUND: Follows(_told("published"), _asked),
        RoundActKind.MOVE_WINDOW: Follows(_told("moved"), _asked),
        RoundActKind.CANCEL_ROUND: Follows(_told("cancelled"), _asked),
        RoundLapseKind.REMINDER: Follows(reminded),
        RoundLapseKind.WINDOW_CLOSED: Follows(window_closed),
    },
    words={CALL: "通知全文"},
)
