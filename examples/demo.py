"""`make demo`: one alliance's whole life on a real Temporal server in skipped time, printed as a docket.

It starts on the coming 15 March, with an edition of its own for kind B's call, so that the docket does not depend on the
day it is printed on.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from activities.attachments import Attachments
from activities.documents.docket import docket as docket_of
from activities.documents.dossier import dossier
from activities.documents.forms import forms
from activities.documents.packaging import signer_of
from activities.documents.sheets import summary
from activities.files import put
from activities.log.keeping import kept_log
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from cli.output import console, print_docket
from deploy.skipping import World, skipping_server
from gateway.pages.design.sheet import sheet
from models.filing import Entry
from models.values import SHANGHAI, day_of
from models.vocabulary import Kind
from regulation.calendar import CALENDARS, STATUTORY
from regulation.checklist import CONDITIONS
from regulation.terms import TERMS

HERE = Path(__file__).parent
VAR = Path("var/demo")

OFFICES = {
    "city": {"person": "c-101", "office": "210100", "role": "city_st"},
    "city2": {"person": "c-102", "office": "210100", "role": "city_st"},
    "iit": {"person": "i-201", "office": "210100", "role": "city_iit"},
    "zone": {"person": "z-301", "office": "210100-shengaoqu", "role": "zone"},
    "zone2": {"person": "z-302", "office": "210100-shengaoqu", "role": "zone"},
    "province": {"person": "p-401", "office": "210000", "role": "province_st"},
    "province2": {"person": "p-402", "office": "210000", "role": "province_st"},
    "operator": {"person": "w-701", "office": "210000", "role": "operator"},
    "public": {"person": "o-501", "office": "public", "role": "public"},
}


def first_year(today: datetime) -> int:
    """The year of the coming 15 March."""
    local = today.astimezone(SHANGHAI)
    return local.year if (local.month, local.day) < (3, 15) else local.year + 1


def call(year: int) -> dict[str, Any]:
    """An edition with kind B's call for the year of the demonstration."""
    kind_b = {"kind": "B", "year": year, "article": "B-02"}
    return {
        "edition": f"DEMO-{year}",
        "base": "LN-2023",
        "effective": f"{year}-03-01",
        "document_no": "演示",
        "rows": [
            {"key": "intake.window", "value": {"opens": f"{year}-03-10", "closes": f"{year}-04-25"}} | kind_b,
            {"key": "intake.recommend_deadline", "value": f"{year}-04-30"} | kind_b,
        ],
    }


def working_days(year: int) -> dict[str, Any]:
    """A calendar of the years of the demonstration, by the statutory days alone: nothing is revoked on provisional days."""
    base = CALENDARS.newest(date(year, 3, 15))
    years = {
        str(each): {
            "days_off": {
                f"{each}-{day}": name
                for day, name in STATUTORY[str(each)].items()
                if date.fromisoformat(f"{each}-{day}").weekday() < 5
            },
            "workdays": [],
        }
        for each in range(CALENDARS[base].covers + 1, year + 5)
    }
    return {"edition": f"DEMO-{year}", "base": base, "known_from": f"{year + 3}-12-10", "years": years}


def know_call(year: int) -> None:
    """Add the call of the demonstration to this process. Doing it twice is doing it once."""
    if f"DEMO-{year}" not in TERMS:
        TERMS.add(call(year))


def know_working_days(year: int) -> None:
    """Add the calendar of the demonstration to this process. Doing it twice is doing it once."""
    if f"DEMO-{year}" not in CALENDARS:
        CALENDARS.add(working_days(year))


@cache
def _text(name: str) -> str:
    return (HERE / f"{name}.json").read_text("utf-8")


def _example(name: str) -> Any:
    """One of the example papers beside this file, anew for each who asks."""
    return json.loads(_text(name))


def application(kind: Kind, year: int) -> dict[str, Any]:
    """The example application, received on 15 March."""
    form: dict[str, Any] = _example(f"kind_{kind.lower()}")
    return form | {"received_at": f"{year}-03-15T09:00:00+08:00"}


def report(year: int) -> dict[str, Any]:
    """An annual report."""
    paper: dict[str, Any] = _example("annual_report")["content"]
    return paper | {"year": year}


def life(kind: Kind, form: dict[str, Any], year: int) -> Iterator[dict[str, Any]]:
    """Everything that people do in this life: act by act, with the instant at which the door receives it."""
    know_working_days(year)
    count = 0

    def act(who: str, what: str, at: str, **fields: Any) -> dict[str, Any]:
        nonlocal count
        count += 1
        by = form["by"] if who == "leader" else OFFICES[who]
        return {"id": f"demo-{count}", "kind": what, "by": by, "received_at": f"{at}:00+08:00", **fields}

    reviewer, approver = ("city", "city2") if kind is Kind.A else ("zone", "zone2")
    checklist = [{"item": item, "met": True} for item in CONDITIONS[kind]]
    lacking = {"item": "A-17" if kind is Kind.A else "B-11", "message": "合作协议未写明各方利益分配，请补充协议附件"}
    corrected = {name: value for name, value in form.items() if name not in ("received_at", "by")}
    objection = _example("objection")["content"]

    yield act(reviewer, "return_for_correction", f"{year}-03-17T10:00", deficiencies=[lacking])
    yield act("leader", "resubmit", f"{year}-03-22T15:00", content=corrected)
    yield act(reviewer, "accept", f"{year}-03-23T09:30")
    if kind is Kind.A:
        yield act("iit", "give_iit_opinion", f"{year}-03-30T11:00", positive=True)
        yield act(approver, "confirm", f"{year}-04-01T10:00", checklist=checklist)
    else:
        yield act(reviewer, "recommend", f"{year}-03-30T11:00", checklist=checklist)
        yield act(approver, "confirm", f"{year}-04-01T10:00")
    yield (objected := act("public", "object", f"{year}-04-06T16:00", content=objection))
    ruling = {"objection": objected["id"]}
    yield act(
        reviewer, "rule_on_admissibility", f"{year}-04-07T09:00", admissible=True, reason="实名并附证据", **ruling
    )
    yield act(
        reviewer, "rule_on_objection", f"{year}-04-12T17:00", outcome="dismissed", reason="经核查不属实", **ruling
    )
    if kind is Kind.B:
        document = _example("forward")["content"]
        yield act(approver, "forward", f"{year}-04-19T10:00", document_no="沈高新报〔演示〕1号", content=document)
        yield act("province", "record_survey", f"{year}-04-26T15:00", surveyed_on=f"{year}-04-26")
        yield act("province", "give_office_opinion", f"{year}-05-10T10:00", positive=True)
        minutes = {"document_no": "厅党组纪要〔演示〕5号", "met_on": f"{year}-05-18", "decision": "approved"}
        yield act("province", "record_party_group", f"{year}-05-18T17:00", **minutes)
    yield act("province2", "archive", f"{year}-05-{'10' if kind is Kind.A else '20'}T10:00")
    yield act("leader", "file_annual_report", f"{year}-11-12T10:00", year=year, content=report(year))
    yield act("leader", "file_annual_report", f"{year + 2}-01-20T10:00", year=year + 1, content=report(year + 1))
    published = f"{year + 3}-12-10" if kind is Kind.A else f"{year + 4}-01-10"
    yield act("operator", "calendar_published", f"{published}T10:00", calendar=f"DEMO-{year}")
    announced = f"{year + 3}-12-20" if kind is Kind.A else f"{year + 4}-01-22"
    yield act(reviewer, "record_announcement", f"{announced}T09:00", url="https://kjj.example.gov.cn/gg/1")


async def live(world: World, kind: Kind, year: int, filing_id: str | None = None) -> list[Entry]:
    """Live it, and let time pass until the filing has ended; its docket."""
    know_call(year)
    know_working_days(year)
    form = application(kind, year)
    form["filing_id"] = filing_id = filing_id or str(form["filing_id"])
    await world.submits(form)
    for act in life(kind, form, year):
        await world.acts(filing_id, act)
    await world.handle(filing_id).result()
    return world.register.docket(filing_id)


def said(docket: list[Entry], form: Mapping[str, Any]) -> None:
    """The docket, for people."""
    print_docket([entry for entry in docket if entry.event.kind != "reminder"])
    reminders = sum(entry.event.kind == "reminder" for entry in docket)
    console.print(f"{form['alliance_name']}：登记 {len(docket)} 条（提醒 {reminders} 条未列）")


FOLDERS = {
    "outbox": "发出的消息，按收件机构分",
    "drafts": "公文初稿，按经办机构分",
    "papers": "申请表、卷宗、归档包、汇总表",
    "site": "公示公告网页与订阅，打开 index.html",
}
"""What a life leaves behind, below its folder."""


def laid_out(world: World, filing_id: str, at: datetime) -> None:
    """The life as papers, and its announcements as they would be seen on its last day."""
    register, papers = world.register, world.settings.var / "papers"
    row = register.row(filing_id)
    assert row
    for form in forms(register, filing_id):
        put(papers / form.name, form.content)
    put(papers / "卷宗.docx", docket_of(register, filing_id))
    kept = kept_log(world.settings, register.engine)
    kept.passes(at)
    signer = signer_of(world.settings)
    put(papers / "归档包.zip", dossier(register, filing_id, Attachments(world.settings.upload_folder), signer=signer))
    put(papers / "汇总表.xlsx", summary(register, [row]))
    Site(world.settings.site, Notices(register.engine), sheet=sheet()).write_all(day_of(at))


async def main(kind: Kind, var: Path = VAR) -> int:
    """Print one life."""
    began = time.monotonic()
    year = first_year(datetime.now(UTC))
    place = var / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{kind.lower()}"
    put(place / "editions" / "terms" / "demo.json", json.dumps(call(year), ensure_ascii=False, indent=2).encode())
    put(place / "editions" / "calendars" / "demo.json", json.dumps(working_days(year), ensure_ascii=False).encode())
    async with (
        skipping_server(dev_server_database_filename=str(place / "temporal.db")) as server,
        World.opened(server, place, drafts=True) as world,
    ):
        docket = await live(world, kind, year)
        form = application(kind, year)
        messages = await world.delivered(form["filing_id"])
        faults = world.register.verify(form["filing_id"])
        laid_out(world, form["filing_id"], docket[-1].at)
    said(docket, form)
    console.print(f"消息 {messages} 条；登记链核验{'未' if faults else ''}通过。这一生的文件都在 {place}/：")
    for folder, what in FOLDERS.items():
        files = sum(path.is_file() for path in (place / folder).rglob("*"))
        console.print(f"  {folder + '/':<10} {what}，{files} 个文件")
    settings = f"BEIAN_VAR={place} BEIAN_EDITIONS={place}/editions"
    console.print(f"再写别的文件：{settings} python starter.py export --help")
    took = timedelta(seconds=round(time.monotonic() - began))
    console.print(f"真实服务器上跳时 {docket[-1].at.year - year} 年，用时 {took}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Kind(sys.argv[1] if len(sys.argv) > 1 else "A"))))
