"""`make seed`: a dozen invented alliances at every stage, so that whoever opens the desk for the first time has work to do.

Their past is lived by the regulation alone, up to this moment, and written into the register as it would have been; then the
running service takes them up from there, as it does after a loss of its engine.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from activities import editions
from activities.register import Register
from activities.starting import or_leave
from cli.output import console
from examples.demo import OFFICES
from gateway.client import Filings
from models.settings import read_settings
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation import intake
from regulation.checklist import CONDITIONS
from regulation.lodging import lodge
from regulation.simulation import simulate
from workflows.connection import connect

HERE = Path(__file__).parent

Step = tuple[int, str, str, dict[str, Any]]
"""How many days ago, who, did what, with which further facts."""

MET = {"checklist": [{"item": item, "met": True} for item in CONDITIONS[Kind.A]]}
LACKING = {"deficiencies": [{"item": "A-17", "message": "合作协议未写明各方利益分配，请补充协议附件"}]}


@dataclass(frozen=True)
class Alliance:
    """One of them: its name, its field, and its past. `ago` is how many days ago it was submitted."""

    id: str
    name: str
    field: str
    ago: int
    steps: tuple[Step, ...] = ()
    city: str = "210100"


def confirmed(ago: int) -> tuple[Step, ...]:
    """Accepted, agreed to and published within ten days of the submission."""
    return (
        (ago - 2, "city", "accept", {}),
        (ago - 4, "iit", "give_iit_opinion", {"positive": True}),
        (ago - 8, "city2", "confirm", MET),
    )


def archived(ago: int) -> tuple[Step, ...]:
    """The same, and in the register forty-five days after the submission."""
    return (*confirmed(ago), (ago - 45, "province2", "archive", {}))


ALLIANCES = (
    Alliance("LN-SHOW-01", "沈阳市星海智造工业机器人产学研联盟", "先进制造与自动化", 1),
    Alliance("LN-SHOW-02", "沈阳市星海智造精密减速器产学研联盟", "新材料", 9, ((7, "city", "accept", {}),)),
    Alliance(
        "LN-SHOW-03", "沈阳市星海智造智能传感产学研联盟", "电子信息", 16,
        ((14, "city", "accept", {}), (10, "iit", "give_iit_opinion", {"positive": True})),
    ),
    Alliance(
        "LN-SHOW-04", "沈阳市星海智造储能装备产学研联盟", "新能源与节能", 20,
        ((17, "city", "return_for_correction", LACKING),),
    ),
    Alliance("LN-SHOW-05", "沈阳市星海智造激光加工产学研联盟", "先进制造与自动化", 10, confirmed(10)),
    Alliance("LN-SHOW-06", "沈阳市星海智造增材制造产学研联盟", "新材料", 60, confirmed(60)),
    Alliance("LN-SHOW-07", "沈阳市星海智造航空部件产学研联盟", "航空航天", 300, archived(300)),
    Alliance("LN-SHOW-08", "沈阳市星海智造检测服务产学研联盟", "高技术服务", 700, archived(700)),
    Alliance("LN-SHOW-09", "沈阳市星海智造节能电机产学研联盟", "新能源与节能", 1060, archived(1060)),
    Alliance(
        "LN-SHOW-10", "沈阳市星海智造生物反应器产学研联盟", "生物与新医药", 120,
        (*archived(120), (20, "leader", "report_change", {
            "change": "rename", "happened_on": "", "content": {"text": "联盟简称规范化", "alliance_name": "沈阳市星海智造生物装备产学研联盟"},
        })),
    ),
)  # fmt: skip
"""From the newest to one whose two years are missed."""


def past(alliance: Alliance, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The application of an alliance and everything that was done since, with the instants of its past."""

    def at(ago: int) -> datetime:
        return (now - timedelta(days=ago)).astimezone(SHANGHAI).replace(hour=10, minute=0, second=0, microsecond=0)

    form: dict[str, Any] = json.loads((HERE / "kind_a.json").read_text("utf-8"))
    signed = at(alliance.ago + 30).date().isoformat()
    form |= {
        "filing_id": alliance.id, "alliance_name": alliance.name, "technical_field": alliance.field,
        "jurisdiction": alliance.city, "agreement_effective_on": signed, "received_at": at(alliance.ago).isoformat(),
    }  # fmt: skip
    acts = []
    for number, (ago, who, kind, facts) in enumerate(alliance.steps, 1):
        by = form["by"] if who == "leader" else OFFICES[who]
        told = facts | ({"happened_on": at(ago).date().isoformat()} if "happened_on" in facts else {})
        stamp = at(ago).isoformat()
        acts.append({"id": f"{alliance.id}-{number}", "kind": kind, "by": by, "received_at": stamp} | told)
    return form, acts


def written(register: Register, alliance: Alliance, now: datetime) -> str:
    """Write an alliance's past into the register, unless it is there; its id."""
    if register.row(alliance.id) is None:
        form, acts = past(alliance, now)
        for act in acts:
            if act["kind"] == "archive":
                prefix = f"LN-CXY-A-{alliance.city}-{act['received_at'][:4]}-"
                act["archive_number"] = register.reserve_archive_number(alliance.id, prefix)
        for kind, paper in _papers(alliance, form, acts):
            register.lodge(alliance.id, kind, paper, now)
        for entry in simulate(form, acts, now).docket:
            register.append(entry)
    return alliance.id


def _papers(
    alliance: Alliance, form: dict[str, Any], acts: list[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    examined = intake.examine(form, datetime.fromisoformat(form["received_at"]))
    assert examined.form, examined.findings
    yield "application", intake.paper(examined.form)
    for act in acts:
        if paper := lodge(alliance.id, act).paper:
            yield str(act["kind"]), paper


async def main() -> None:
    """Write them all, and have the running service take them up."""
    settings = read_settings()
    register = Register.at(settings.register_url)
    editions.load_all(settings.editions, register.published)
    now = datetime.now(UTC)
    for alliance in ALLIANCES:
        written(register, alliance, now)
    started = await Filings(await connect(settings), register, settings.task_queue).revive()
    for alliance in ALLIANCES:
        row = register.row(alliance.id)
        filing = register.filing(alliance.id)
        assert row
        assert filing
        console.print(f"{alliance.id}  {row.alliance_name}  {filing.stage.label}")
    console.print(f"已写入并启动 {len(started)} 件；在浏览器打开 {settings.own_address} 即可办理")


if __name__ == "__main__":
    with or_leave():
        asyncio.run(main())
