"""What people do to the filings of the province: applications on their way to the archive, the reports of November."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from examples.province import applications, people
from examples.province.alliances import Alliance
from examples.province.applications import document
from examples.province.people import PROVINCE, PROVINCE_TOO, By
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS

Acts = Iterator[dict[str, Any]]

LACKING = {
    Kind.A: {"item": "A-17", "message": "合作协议未写明各方利益分配，请补充协议附件"},
    Kind.B: {"item": "B-11", "message": "合作内容没有阶段目标，请补充"},
}


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """An instant of a day, by the clock of the province."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def applied_on(alliance: Alliance, year: int) -> date:
    """When an alliance applies in a year: kind B within the call, kind A from January to September, both on working days."""
    first, days = (date(year, 3, 11), 20) if alliance.kind is Kind.B else (date(year, 1, 11), 240)
    day = first + timedelta(days=int(alliance.share * days))
    return day - timedelta(days=max(0, day.weekday() - 4))


class _Acts:
    """Acts on one filing, each with an id of its own."""

    def __init__(self, alliance: Alliance, year: int) -> None:
        self.name, self.numbers = f"{alliance.id}-{year}", count(1)

    def act(self, by: By, kind: str, day: date, **said: Any) -> dict[str, Any]:
        """One of them, on a day."""
        number = next(self.numbers)
        received_at = at(day, 10 + number % 6, number).isoformat()
        return {"id": f"{self.name}-{number}", "kind": kind, "by": by, "received_at": received_at, **said}


def applies(alliance: Alliance, form: dict[str, Any], year: int) -> Acts:
    """Everything that is done to an application, as its fate has it."""
    acts = _Acts(alliance, year)
    day = date.fromisoformat(form["received_at"][:10])
    office, chief = people.reviewer(alliance), people.reviewer(alliance, 2)
    corrected = {name: value for name, value in form.items() if name not in ("received_at", "by")}
    if alliance.fate == "returned":
        yield acts.act(office, "return_for_correction", day + timedelta(2), deficiencies=[LACKING[alliance.kind]])
        day += timedelta(5)
        yield acts.act(form["by"], "resubmit", day, content=corrected)
    yield acts.act(office, "accept", day + timedelta(1))
    if alliance.fate == "withdrawn":
        yield acts.act(form["by"], "withdraw", day + timedelta(3), reason="合作方调整计划，暂不申请")
        return
    if alliance.fate == "refused":
        for by in (office, chief):
            yield acts.act(by, "refuse", day + timedelta(6), reason="协议未载明高校或者科研机构的实质性合作内容")
        return
    yield from _to_the_archive(alliance, acts, day, office, chief)


def _to_the_archive(alliance: Alliance, acts: _Acts, day: date, office: By, chief: By) -> Acts:
    checklist = [{"item": item, "met": True} for item in CONDITIONS[alliance.kind]]
    if alliance.kind is Kind.A:
        if alliance.city != "21SF00":
            yield acts.act(people.industry_of(alliance.city), "give_iit_opinion", day + timedelta(4), positive=True)
        confirmed = day + timedelta(6)
        yield acts.act(chief, "confirm", confirmed, checklist=checklist)
    else:
        yield acts.act(office, "recommend", day + timedelta(4), checklist=checklist)
        confirmed = day + timedelta(5)
        yield acts.act(chief, "confirm", confirmed)
    clear = confirmed + timedelta(20)  # the notice, and the days on which letters may still come
    if alliance.fate == "objected":
        yield from _objection(acts, confirmed, office)
        clear += timedelta(8)
    if alliance.kind is Kind.A:
        yield acts.act(PROVINCE_TOO, "archive", clear + timedelta(8))
    else:
        yield from _before_the_province(alliance, acts, clear + timedelta(1), chief)


def _objection(acts: _Acts, confirmed: date, office: By) -> Acts:
    paper = {
        "name": "示例科技有限公司", "party": "unit", "stamped": True, "channel": "platform", "contact": "示例联系人",
        "text": "该联盟所列合作项目与事实不符，附合同复印件。",
    }  # fmt: skip
    objection = acts.act(people.PUBLIC, "object", confirmed + timedelta(2), content=paper)
    yield objection
    of = {"objection": objection["id"]}
    yield acts.act(
        office, "rule_on_admissibility", confirmed + timedelta(3), admissible=True, reason="实名并附证据", **of
    )
    yield acts.act(
        office, "rule_on_objection", confirmed + timedelta(10), outcome="dismissed", reason="经核查不属实", **of
    )


def _before_the_province(alliance: Alliance, acts: _Acts, day: date, chief: By) -> Acts:
    letter = {"document": document("D7", "关于报送备案的函", alliance.id)}
    number = f"{alliance.city}报〔{day.year}〕{alliance.number}号"
    yield acts.act(chief, "forward", day, document_no=number, content=letter)
    yield acts.act(PROVINCE, "give_office_opinion", day + timedelta(14), positive=True)
    met = day + timedelta(20)
    minutes = {"document_no": f"厅党组会议纪要〔{day.year}〕9号", "met_on": str(met), "decision": "approved"}
    yield acts.act(PROVINCE, "record_party_group", met, **minutes)
    yield acts.act(PROVINCE_TOO, "archive", met + timedelta(2))


# November


def reports(alliance: Alliance, year: int) -> Acts:
    """The annual report of an alliance in force, as it comes: in November, later, not at all, or after an extension."""
    acts, leader = _Acts(alliance, year * 10), applications.by(alliance)
    day = date(year, 11, 2 + int(alliance.share * 27))
    told = {"year": year, "content": applications.report(alliance, year)}
    match alliance.report:
        case "in_time":
            yield acts.act(leader, "file_annual_report", day, **told)
        case "late":
            yield acts.act(leader, "file_annual_report", date(year, 12, 4 + int(alliance.share * 24)), **told)
        case "extended":
            yield acts.act(leader, "request_extension", day, year=year, reason="盟主企业受灾停产，材料暂不能整理")
            until = date(
                year + 1, 1, 28
            )  # at most sixty days after 30 November (kind A); kind B reports until the end of December
            granted = {"year": year, "outcome": "granted", "until": str(until)}
            yield acts.act(people.reviewer(alliance), "rule_on_extension", day, **granted)
            yield acts.act(leader, "file_annual_report", date(year + 1, 1, 8), **told)
        case "never":
            return
