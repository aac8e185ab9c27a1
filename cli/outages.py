"""可用情况: how each part of the service stood of late, and its outages (G-29)."""

from datetime import UTC, datetime

import click

from activities.availability import Availability
from cli.arguments import as_json
from cli.output import console, say
from cli.tools import the_register
from models.values import in_shanghai
from regulation import naming

MOST_DAYS = 366
"""How many days back may be asked for."""


@click.command(
    help="可用情况：各部分最近48小时和若干日内的可用率及故障时段；期限届满前可用率不足的，另由巡查提出统一顺延。"
)
@click.option("--days", default=30, show_default=True, type=click.IntRange(2, MOST_DAYS), help="最近几日")
@as_json
def outages(days: int, json_: bool) -> None:
    """Tell what was out."""
    found = Availability(the_register().engine).of_parts(datetime.now(UTC), days=days)
    if json_:
        say(
            [
                {
                    "part": each.part.value,
                    "last_48_hours": str(each.last_hours),
                    "days": str(each.in_all),
                    "measured_since": in_shanghai(each.measured_since) if each.measured_since else None,
                    "outages": [one.model_dump(mode="json", exclude={"part"}) for one in each.outages],
                }
                for each in found
            ]
        )
        return
    for each in found:
        measured = f"（自 {naming.short(each.measured_since)} 起计量）" if each.measured_since else ""
        console.print(f"{each.part.label}：最近48小时 {each.last_hours}%，最近{days}日 {each.in_all}%{measured}")
        for one in each.outages:
            over = f"至 {naming.short(one.until)}" if one.over else "起，尚未恢复"
            console.print(f"　　{naming.short(one.since)}{over}（{naming.lasting(one.lasted)}）")
    if not found:
        console.print("尚无记录：worker 启动后每分钟记录一次")
