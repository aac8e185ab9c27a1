"""Reading and deciding on one page (审核): each check beside what claims it and what proves it, the decision with what will go out, and
after it the next filing.

The acts are those of the table, sent as from their own pages; this page fills them in from the answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from starlette.datastructures import FormData

from activities.tasks import Task
from gateway import guard
from gateway.asked import acts
from gateway.asked.forms import Field
from gateway.pages import reviewing
from gateway.pages.acts import Asked, earlier_version, first_beside, first_said, look, overtaken, phrases_of
from gateway.pages.previewing import sent
from gateway.pages.reviewing import DECISIONS, REVIEWED, VERDICTS, Apart, Check, Given, Reading, as_shown
from gateway.pages.staff import Staff
from gateway.pages.web import Answer, page, rests_on, then
from gateway.problem import MovedOn, NoAct, NoPaper
from gateway.remembered import reviews
from gateway.remembered.audit import AuditKind
from gateway.remembered.phrases import with_picked
from gateway.remembered.reviews import NOTE, Kept
from gateway.remembered.sessions import Session
from gateway.shown.foreseen import Foreseen, previewed
from gateway.shown.inbox import place_of
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.filing import Entry, Filing, Receipt
from models.findings import Refusal
from models.register import FilingRow
from models.values import day_of, storable
from models.vocabulary import ActKind, Role, Stage
from regulation import lifecycle, naming
from regulation.offers import Offer, offers
from regulation.review import lines

BY_THE_CHECKLIST = (ActKind.CONFIRM, ActKind.RECOMMEND)
"""Decisions that bring the checklist, every line of it met."""

ENDING = (ActKind.CONFIRM, ActKind.RECOMMEND, ActKind.REFUSE)
"""Decisions after which nobody needs the answers. Those to what is returned are carried over to its next version."""

ANOTHER_VERSION = "此件已有新的版本，所填只作为原版本的核对结果保留；请按“保存”，查看新的版本"
REVIEW_OVER = "此件已另行办理，本页所填没有保存；请按“保存”，查看所填内容"
ANOTHER_PAGE = "另一页面已另行保存，未以本页所填覆盖；请按“保存”，查看两处所填"
"""What a page is told that saved by itself, and whose answers do not count."""

FRAMED = f"{guard.CONTENT}; frame-src 'self'"
"""What this page may do beside others: show an attachment in a frame."""

router = APIRouter()


@router.get("/filings/{filing_id}/review")
def show(request: Request, tools: Doors, session: Staff, filing_id: str, decide: ActKind | None = None) -> Response:
    """The page; with a decision, also what would go out. That the application was read is on record."""
    row = tools.seen(filing_id, session.who)
    if not session.who.reads(value_of(row), "application") or row.stage not in REVIEWED:
        if row.stage not in REVIEWED and session.who.reads(value_of(row), "application"):
            return then(
                f"/filings/{filing_id}", f"此件已不在审核中，现为“{Stage(row.stage).label}”，以下是备案全貌与卷宗"
            )
        raise NoPaper(filing_id)
    visit_of(request, tools, session.who).note(AuditKind.READ_PAPER, filing_id=filing_id, about=value_of(row).paper)
    return _page(request, tools, session, row, decide)


@router.post("/filings/{filing_id}/review")
def answer(request: Request, tools: Doors, session: Staff, form: Answer, filing_id: str) -> Response:
    """Keep what was answered on the page; then look at a decision, if the button asks for one. `kept` is asked by the page itself,
    meanwhile.

    A page of an earlier version, or one beside which another page saved something else, is told so, and what it answered stands
    beside what counts. What was answered of a filing that is not reviewed any more counts nowhere, and can still be read.
    """
    row, asked = tools.seen(filing_id, session.who), str(form.get("do", ""))
    if not _decisions(tools, row, session) or row.stage not in REVIEWED:
        return _over(request, tools, session, row, _given(form), asked)
    now = tools.clock()
    before, given, apart = reviewing.reading(tools, row, session.who, now), _given(form), list[Apart]()
    version, opened = _version(form, before.filing.version), str(form.get("page", ""))[:32]

    def kept(stands: Kept | None) -> Mapping[str, reviews.Answer]:
        told, left = reviewing.taken(before.over(stands), given, version, opened, now)
        apart[:] = left
        return told

    tools.reviews.change(session.who, filing_id, kept, now)
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=filing_id, about="review")
    outdated = version != before.filing.version
    if asked == "kept":
        if outdated or apart:
            return PlainTextResponse(ANOTHER_VERSION if outdated else ANOTHER_PAGE, 409)
        return PlainTextResponse(f"已保存 {naming.short(now)}")
    if outdated or apart:
        return _page(request, tools, session, row, apart=apart, of_version=version if outdated else None, status=409)
    queue = _queue(request, row, session)
    if asked in set(DECISIONS):
        to_be_read = (
            "send" if asked in BY_THE_CHECKLIST else "decision"
        )  # where there is nothing to word, its button is next
        return then(f"/filings/{filing_id}/review?{urlencode(queue | {'decide': asked})}#{to_be_read}")
    return then(f"/filings/{filing_id}/review?{urlencode(queue)}", "已保存，尚未办理任何事项")


@router.post("/filings/{filing_id}/review/{kind}")
async def decide(
    request: Request, tools: Doors, session: Staff, form: Answer, filing_id: str, kind: ActKind
) -> Response:
    """Look at what would go out as the form now stands, or send it; after a decision the next filing is opened."""
    visit = visit_of(request, tools, session.who)
    row = await run_in_threadpool(visit.seen, filing_id)
    if kind not in DECISIONS:
        raise NoAct(filing_id)
    raw = acts.worded(value_of(row), acts.read_act(kind, with_picked(form), of=value_of(row).kind))
    raw = await run_in_threadpool(_as_answered, tools, row, session, kind, raw)
    decision = _Decision(
        request, visit, session, row, kind, str(form.get("id", "")), rests_on(str(form.get("seen", "")))
    )
    return await sent(decision, form, raw, tools.clock())


class _Decision(Asked):
    """A decision that came back: the form of an act, on the page where the application is read."""

    def again(
        self, row: FilingRow, raw: dict[str, Any], refusal: Refusal | None = None, *, more_rows: str = "",
        looked: bool = False, changed: bool = False, status: int = 200,
    ) -> Response:  # fmt: skip
        """The page with the decision as it was filled in, and what would come of it."""
        return _page(
            self.request, self.tools, self.session, row, self.kind, raw, refusal, act_id=self.act_id, changed=changed,
            status=status,
        )  # fmt: skip

    def moved_on(self, row: FilingRow, raw: dict[str, Any], moved: MovedOn, refusal: Refusal | None = None) -> Response:
        """Somebody, or time, was first: what was entered since; and of what is reviewed no more, what was written."""
        since = self.visit.since(moved, row.filing_id)
        if row.stage not in REVIEWED:
            return overtaken(self.request, self.tools, self.session, row, self.kind, raw, since)
        outdated = earlier_version(self.tools, row, moved.last_seen)
        return _page(
            self.request, self.tools, self.session, row, self.kind, raw, refusal, act_id=self.act_id, since=since,
            of_version=outdated, status=409,
        )  # fmt: skip

    def done(self, receipt: Receipt) -> Response:
        """To the next filing of the queue; what was opened by itself and accepted is read now."""
        row, kind, request = self.row, self.kind, self.request
        if kind in ENDING:
            self.tools.reviews.clear(self.session.who, row.filing_id)
        said = f"“{row.alliance_name}”：“{kind.label}”已登记为第{receipt.number}号，现为“{receipt.stage.label}”"
        said += "".join(f"；{each}" for each in receipt.warnings)
        if kind is ActKind.ACCEPT and "queue" not in request.query_params:
            return then(f"/filings/{row.filing_id}/review", said)
        queue = _queue(request, row, self.session)
        onward = {"task": queue["queue"], "after": queue["place"]} | ({"mine": "1"} if "mine" in queue else {})
        return then(f"/desk/queue?{urlencode(onward)}", said)


def _as_answered(tools: Tools, row: FilingRow, session: Session, kind: ActKind, raw: dict[str, Any]) -> dict[str, Any]:
    """A decision that nothing can make better than the saved answers are: what was answered otherwise than 符合 is not met."""
    if kind not in BY_THE_CHECKLIST or "checklist" not in raw or row.stage not in REVIEWED:
        return raw
    found = reviewing.reading(tools, row, session.who, tools.clock())
    return {**raw, "checklist": found.over_lines(raw["checklist"])}


def _over(
    request: Request, tools: Tools, session: Session, row: FilingRow, given: Mapping[str, Given], asked: str
) -> Response:  # fmt: skip
    """What was answered of a filing that left review meanwhile, or that another office reviews now: to be read, and kept nowhere."""
    filing, answered = value_of(row), {code: each for code, each in given.items() if any(each.says)}
    if not answered or not session.who.reads(filing, "application") or not _reviews(session, filing):
        raise NoAct(row.filing_id)
    if asked == "kept":
        return PlainTextResponse(REVIEW_OVER, 409)
    asks: dict[str, list[str]] = {}
    for line in lines(filing):
        asks.setdefault(line.code, []).append(line.asks.removeprefix("核对"))
    told = [("；".join(asks[code]), *answered[code].says) for code in asks if code in answered]
    return page(request, tools, "review_over.html", session, status=409, row=row, told=told, verdicts=VERDICTS)


def _reviews(session: Session, filing: Filing) -> bool:
    """Whether somebody of the visitor's sort decides at some stage of a review."""
    rows = (lifecycle.ROWS.get((kind.value, stage, filing.kind)) for kind in DECISIONS for stage in REVIEWED)
    return any(row and session.who.role in row.by for row in rows)


def _given(form: FormData) -> dict[str, Given]:
    """What a page answers, by check, each with what had stood there."""
    parts = {name: str(value) for name, value in form.items()}
    codes = {name.rpartition("/")[0] for name in parts if name.endswith(("/answer", "/note"))}
    return {
        code: Given(
            parts.get(f"{code}/answer", ""), storable(parts.get(f"{code}/note", "")).strip()[:NOTE],
            parts.get(f"{code}/was", as_shown("", "")), parts.get(f"{code}/of", ""),
        )
        for code in codes
    }  # fmt: skip


def _version(form: FormData, newest: int) -> int:
    """Which version a page showed; none if it does not say."""
    told = str(form.get("version", ""))
    return int(told) if re.fullmatch("[0-9]{1,6}", told) and 1 <= int(told) <= newest else 0


def _decisions(tools: Tools, row: FilingRow, session: Session) -> list[Offer]:
    """What the visitor may decide of a filing, in our order; also what is not open yet, with its reason."""
    found = {each.kind: each for each in offers(value_of(row), tools.now, session.who.by) if each.mine}
    return [found[kind] for kind in DECISIONS if kind in found]


def _page(
    request: Request, tools: Tools, session: Session, row: FilingRow, kind: ActKind | None = None,
    raw: dict[str, Any] | None = None, refusal: Refusal | None = None, *,
    act_id: str = "", since: Sequence[Entry] = (), apart: Sequence[Apart] = (), of_version: int | None = None,
    changed: bool = False, status: int = 200,
) -> Response:  # fmt: skip
    """`apart` is what was answered and does not count, `of_version` the earlier version that was looked at, `changed` whether what was
    to be sent is not what was read."""
    who, now = session.who, tools.clock()
    if row.stage not in REVIEWED:  # somebody else decided meanwhile
        return then(f"/filings/{row.filing_id}", "此件已另行办理，本次没有登记任何事项")
    found = reviewing.reading(tools, row, who, now)
    decisions = _decisions(tools, row, session)
    offered = next((each for each in decisions if each.kind is kind), None)
    shown: Foreseen | None = None
    fields: tuple[Field, ...] = ()
    mark, checked = "", list[tuple[str, str]]()
    if offered:
        if raw is None:  # what another officer proposed, filled in, or else as the answers make it
            raw = (first_said(tools, row, offered) if offered.second else None) or _filled(found, offered.kind)
        if (
            of_version is not None and "checklist" in raw
        ):  # what was checked of another version is no answer to this one
            checked = acts.checked(found.filing, raw["checklist"])
            raw = {**raw, "checklist": found.checklist}
        versions = tools.register.versions(row.filing_id)[-1][1]
        form = acts.form_of(found.filing, offered, versions, raw, refusal.findings if refusal else ())
        fields, raw = tuple(_picked(form)), acts.as_sent(raw, form)
        mark = previewed(raw, day_of(now))
        shown = look(tools, session, row, offered.kind, raw)
    queue = _queue(request, row, session)
    answer = page(
        request, tools, "review.html", session, status=status,
        row=row, reading=found, filing=found.filing, decisions=decisions, offer=offered, fields=fields, foreseen=shown,
        refusal=refusal, since=[(entry.number, naming.short_received(entry.at), naming.name_of_entry(entry)) for entry in since],
        verdicts=VERDICTS, note_limit=NOTE, act_id=act_id or f"desk-{uuid4().hex}", by_the_checklist=BY_THE_CHECKLIST,
        names=tools.people.named(_persons(found)), queue=urlencode(queue), phrases=phrases_of(tools, session, offered),
        onward=urlencode({"task": queue["queue"], "after": queue["place"]} | ({"mine": "1"} if "mine" in queue else {})),
        apart=apart, opened=uuid4().hex, of_version=of_version, checked=checked, changed=changed, previewed=mark,
        half=first_beside(tools, row, offered, raw) if offered else None,
        unasked=_unasked(found, raw or {}),
        accepts=previewed({}, day_of(now)),
        accepting=_accepting(tools, session, row, decisions),
        handler=tools.handling.handlers(who, day_of(now), [row.filing_id]).get(row.filing_id),
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


def _accepting(tools: Tools, session: Session, row: FilingRow, decisions: Sequence[Offer]) -> Foreseen | None:
    """What would come of accepting, which one press does: it is read on the same page."""
    offered = next((each for each in decisions if each.kind is ActKind.ACCEPT and each.open), None)
    return look(tools, session, row, ActKind.ACCEPT, {}) if offered else None


def _filled(found: Reading, kind: ActKind) -> dict[str, Any]:
    """A decision as the answers make it."""
    if kind in BY_THE_CHECKLIST:
        return {"checklist": found.checklist}
    return {"deficiencies": found.deficiencies} if kind is ActKind.RETURN_FOR_CORRECTION else {}


def _unasked(found: Reading, raw: Mapping[str, Any]) -> list[Check]:
    """What was found wanting, and a return does not ask for: it is told all at once (A-30)."""
    asked = {each.get("item") for each in raw.get("deficiencies") or ()}
    return [each for each in found.wanting if each.code not in asked]


def _picked(fields: Sequence[Field]) -> Iterator[Field]:
    """The fields of a decision; of what a return may ask for first what it does, and apart, `seldom`, what else could be picked."""
    for field in fields:
        if field.widget != "picks":
            yield field
            continue
        asked = tuple(row for row in field.rows if row[0].value or any(each.findings for each in row))
        others = tuple(row for row in field.rows if row not in asked)
        yield replace(field, rows=asked)
        yield replace(field, rows=others, label="其他可以退回补正的事项", findings=(), seldom=True)


def _persons(found: Reading) -> list[str]:
    kept = [found.kept.person] if found.kept else []
    kept += [each.person for check in found.checks for each in check.beside]
    return [*kept, *(by.person for entry in found.said if (by := getattr(entry.event, "by", None)))]


# The queue


def _queue(request: Request, row: FilingRow, session: Session) -> dict[str, str]:
    """The queue that a filing stands in and where: as the address says, else the group of the inbox that it belongs to."""
    asked = request.query_params
    task = (
        asked.get("queue")
        or (Task.OPINION if session.who.role is Role.CITY_IIT else TASKS.get(Stage(row.stage), Task.REVIEW)).value
    )
    told = {"queue": task, "place": asked.get("place") or (place_of(session.who, row) if row.due_at else "")}
    return told | ({"mine": "1"} if asked.get("mine") else {})


TASKS = {Stage.SUBMITTED: Task.ACCEPT, Stage.UNDER_REVIEW: Task.REVIEW, Stage.REVIEW_PASSED: Task.PUBLISH}
"""The group of an inbox in which an application of each stage waits."""
