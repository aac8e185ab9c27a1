"""What a query code tells (查询): where an objection or an application stands, in days and plain words. Nobody's name, and nothing of what
was written; what an office decided on an objection it tells itself, in writing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from activities import query_codes
from activities.database import reading
from activities.query_codes import Coded
from gateway.shown.objected import ADMITTED, INADMISSIBLE, RECORDED, UNDECIDED, Objected, told
from gateway.shown.progress import ways
from gateway.tools import Tools
from models.acts import TOGETHER
from models.filing import Filing, Period
from models.register import RoundEntryRow
from models.rounds.base import RoundStage
from models.values import day_of
from models.vocabulary import ActKind, Stage
from regulation import offices
from regulation.naming import midnight, on_day, short
from regulation.progress import STOPPED, Step, Track


@dataclass(frozen=True)
class Standing:
    """Where what a code stands for stands: what it is, who has it, until when, a sentence on it, facts, and its way if it has one."""

    what: str
    stands: str
    about: str
    who: str = ""
    until: str = ""
    tone: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    way: Track | None = None
    archive_number: str = ""


def standing(tools: Tools, code: str) -> Standing | None:
    """What a code tells; None if there is none such."""
    found = query_codes.find(tools.register.engine, code)
    if found is None:
        return None
    if found.kind == query_codes.APPLICATION:
        return _application(tools, found)
    return _objection(tools, found) if found.kind == query_codes.OBJECTION else _list_objection(tools, found)


# Applications


def _application(tools: Tools, found: Coded) -> Standing | None:
    row = tools.register.row(found.of)
    if row is None or row.first_paper != found.digest:
        return None
    filing, now = Filing.model_validate_json(row.value), tools.clock()
    track = next(
        (
            each
            for each in ways(tools.register.engine, {filing.id: filing}, now)[filing.id]
            if each.key == "application"
        ),
        None,
    )
    current = track.current if track else None
    facts = [("申请", filing.kind.label), ("受理地", offices.OFFICES[filing.jurisdiction].city)]
    facts += [("提交时间", short(filing.submitted_at))]
    facts += (
        [("备案编号", row.archive_number), ("备案日期", on_day(row.archived_on))]
        if row.archive_number and row.archived_on
        else []
    )
    return Standing(
        what="备案申请",
        stands=filing.stage.label,
        about=_said(current) or ENDS.get(filing.stage, ""),
        who=current.who if current else "",
        until=midnight(current.until) if current and current.until else "",
        tone=filing.stage.value,
        facts=tuple(facts),
        way=track,
        archive_number=row.archive_number or "",
    )


ENDS = {
    Stage.WITHDRAWN: "申请已经撤回，不再办理；符合条件的，可以重新申请。",
    Stage.LAPSED: "退回补正后逾期未补正，申请视为撤回；可以重新申请。",
    Stage.NOT_CONFIRMED: "审核结果为不予确认，理由和救济途径见送达的决定书。",
    Stage.IN_FORCE: "已经备案入库，可在备案名录中查到。",
}
"""What is said of an application that is through, or at an end."""


def _said(step: Step | None) -> str:
    return (
        "。".join(each.rstrip("。") for each in (step.says, step.otherwise) if each) + "。"
        if step and step.says
        else ""
    )


# Objections


def _objection(tools: Tools, found: Coded) -> Standing | None:
    row = tools.register.row(found.of)
    if row is None:
        return None
    filing = Filing.model_validate_json(row.value)
    handler = offices.title(*offices.reviewer(filing.jurisdiction, filing.zone))
    periods = {**filing.periods} if filing.stage not in STOPPED else {}
    docket = [json.loads(body) for body in tools.register.bodies(found.of)]
    return _told("对备案公示的异议", docket, found, handler, periods, over=filing.stage in STOPPED)


def _list_objection(tools: Tools, found: Coded) -> Standing | None:
    round_ = tools.rounds.register.round(found.of)
    if round_ is None:
        return None
    bodies = select(RoundEntryRow.body).where(RoundEntryRow.round_id == found.of).order_by(col(RoundEntryRow.number))
    with reading(tools.register.engine) as session:
        docket = [json.loads(body) for body in session.exec(bodies)]
    handler = offices.title(round_.opened_by.role, round_.opened_by.office)
    over = round_.stage is RoundStage.CANCELLED
    return _told("对名单公示的异议", docket, found, handler, round_.periods, over=over)


def _told(
    what: str,
    docket: Sequence[Mapping[str, Any]],
    found: Coded,
    handler: str,
    periods: Mapping[str, Period],
    *,
    over: bool,
) -> Standing | None:
    brought = next(
        (each for each in docket if each["event"].get("paper") == found.digest and not each.get("refused")), None
    )
    if brought is None:
        return None
    event = brought["event"]
    waits = event.get("on_behalf_of") and not event.get("seconds")
    seconded = (each["event"]["id"] for each in docket if each["event"].get("seconds") == event["id"])
    objection = told(docket).get(next(seconded, "") if waits else event["id"])
    day = day_of(datetime.fromisoformat(brought["at"]))
    facts = [("收到日期", on_day(day)), ("登记号", f"第{brought['number']}号")]
    stands, about, tone = _stands(objection, handler, over=over)
    if waits and (answer := _answered(docket, event["id"])):
        stands, about, tone = answer[0], answer[1].format(handler), "mute"
    open_ = objection is not None and objection.open and not over
    period = (
        periods.get(f"objection:{objection.id}") or periods.get(f"objection:{TOGETHER}")
        if objection and open_
        else None
    )
    if objection and objection.decided_at:
        facts += [("作出决定的日期", on_day(day_of(objection.decided_at)))] if not open_ else []
    until = midnight(period.until) if period else ""
    return Standing(what, stands, about, handler if open_ or objection is None else "", until, tone, tuple(facts))


ANSWERED: Mapping[str, tuple[str, str]] = {
    ActKind.DENY_LETTER: (
        "登记未生效",
        "经两人核对，这件来信的登记不生效；确系您所寄送的，请向{}查询，查实后重新登记，仍以来信之日计。",
    ),
    ActKind.CLOSE_LETTER: (
        "已另行登记",
        "经两人核对，这件来信所提的异议已另行登记，不再重复处理；认为还有未办事项的，请向{}查询，可重新登记，仍以来信之日计。",
    ),
}
"""What is told of a letter that two people did not confirm, by what they said of it instead; who has it is named."""


def _answered(docket: Sequence[Mapping[str, Any]], letter: str) -> tuple[str, str] | None:
    """What two people said of what was entered under an id; None while it waits, and once it is confirmed."""
    for each in docket:
        said = ANSWERED.get(each["event"]["kind"]) if each["event"].get("letter") == letter else None
        if (
            said
            and not each.get("refused")
            and f"{ActKind.OBJECT.value}:{letter}" not in each["filing"].get("proposals", ())
        ):
            return said
    return None


def _stands(objection: Objected | None, handler: str, *, over: bool) -> tuple[str, str, str]:
    """Where an objection stands in a word, in a sentence, and in which tone."""
    if objection is None:
        return "已收到", f"来信已经收到，{handler}正在核对登记。", ""
    if over and objection.open:
        return "不再办理", "所异议的公示已经终止，异议随之不再办理。", "mute"
    match objection.stands:
        case each if each == UNDECIDED:
            return "正在核实", f"{handler}正按您所留的联系方式核实，核实后决定是否受理。请保持联系畅通。", ""
        case each if each == ADMITTED:
            return (
                "已受理，正在处理",
                f"异议已经受理，{handler}正在调查核实；处理完毕前，所异议的事项不进入下一步。",
                "",
            )
        case each if each == RECORDED:
            return "已登记，不予受理", "匿名的、逾期的或者已无公示的异议，只作登记备查。", "mute"
        case each if each == INADMISSIBLE:
            return "不予受理", f"{handler}将理由按您所留的联系方式告知。", "mute"
    return "已处理完毕", f"处理结果由{handler}按您所留的联系方式书面告知；没有收到的，请向{handler}询问。", "good"
