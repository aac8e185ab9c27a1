"""`cluster`: the engine's cluster as this release wants it (workflows/cluster.py); may be repeated."""

import asyncio
from datetime import timedelta

import click
from rich.text import Text
from temporalio.service import RPCError

from cli.arguments import as_json
from cli.exits import FOUND
from cli.output import console, say
from cli.tools import NotAnswered
from models.settings import read_settings
from workflows.cluster import Line, Outcome, Wanted, settled
from workflows.connection import connect, why_unreached

STYLES = {Outcome.WELL: "green", Outcome.CHANGED: "bold", Outcome.TO_CHANGE: "yellow", Outcome.FAULT: "red"}


async def _done(days: int, dry: bool) -> list[Line]:
    settings = read_settings()
    client = await connect(settings, lazy=True)
    every = timedelta(seconds=settings.following_interval)
    try:
        wanted = Wanted(client, settings.task_queue, every, timedelta(days=days))
        return [line async for line in settled(wanted, dry=dry)]
    except (RPCError, RuntimeError) as error:
        raise NotAnswered(
            f"引擎（{client.service_client.config.target_host}）没有答复（{why_unreached(error)}）"
        ) from error


@click.command(
    help="使引擎合于本版本：命名空间及其保留期、检索属性、巡查日程。可反复执行，已妥的不动；有不能办的，退出码为 1。"
)
@click.option(
    "--retention-days", type=click.IntRange(1, 3650), default=7, show_default=True, help="已结束的运行至少保留几天"
)
@click.option("--dry-run", is_flag=True, help="只列出将改什么，不改")
@as_json
def cluster(retention_days: int, dry_run: bool, json_: bool) -> None:
    """Look at every part, make what is lacking, say what was made."""
    lines = asyncio.run(_done(retention_days, dry_run))
    if json_:
        say([{"name": each.name, "outcome": each.outcome.value, "says": each.says} for each in lines])
    else:
        for each in lines:
            console.print(
                Text.assemble((f"{each.outcome.label:　<3}", STYLES[each.outcome]), f"  {each.name}：{each.says}")
            )
    if any(each.outcome is Outcome.FAULT for each in lines):
        raise SystemExit(FOUND)
