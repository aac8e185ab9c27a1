"""Builds of the worker: which there are, and bringing filings over to one (gateway/watching/builds.py)."""

import click
from rich.table import Table
from rich.text import Text

from cli.arguments import as_json
from cli.exits import FOUND
from cli.output import console, say, watching
from cli.tools import with_filings
from gateway.client import Filings
from gateway.watching.builds import Build, Builds, NoBuild
from gateway.watching.engine import UNVERSIONED

NONE = "unversioned"
"""How one says that workers without a build are meant."""

NAMED = 20
"""How many of those that did not go on are named."""


@click.command(
    help="构建：列出各构建的 worker 和在办的备案、轮次，以及哪些 worker 可以停止；写明构建的，设为现行并将其余的换用过来，"
    "期限不变，可以中断和重复；有未换用的，退出码为 1。"
)
@click.argument("build", required=False, metavar=f"[构建|{NONE}]")
@click.option("--per-second", type=click.FloatRange(0.1, 500), default=20, show_default=True, help="每秒换用几件")
@click.option("--anew", is_flag=True, help="不应答的予以终止，再由备案库在现行构建上重新启动")
@as_json
def rotate(build: str | None, per_second: float, anew: bool, json_: bool) -> None:
    """Tell the builds, or make one the current one and bring everything over to it."""
    wanted = UNVERSIONED if build == NONE else build
    if anew and not wanted:
        raise click.UsageError("--anew 须写明构建")

    async def rotated(filings: Filings) -> tuple[list[Build], list[str]]:
        found, left = Builds(filings), list[str]()
        if wanted:
            await found.make_current(wanted)
            with watching() as watch:
                left = await found.bring_over(wanted, watch, per_second)
            left = await found.start_anew(left) if anew and left else left
        return await found.stand(), left

    try:
        stand, left = with_filings(rotated)
    except NoBuild as error:
        raise click.UsageError(f"{NoBuild.__doc__}{error}") from error
    if json_:
        say({"builds": [dict(each) | {"done": each.is_done} for each in stand], "left": left})
    else:
        print_builds(stand)
        if left:
            named = "、".join(left[:NAMED]) + ("等" if len(left) > NAMED else "")
            console.print(f"未换用 {len(left)} 件：{named}", style="red")
            console.print("请再执行一次；仍不应答的，加 --anew 由备案库重新启动")
    if left:
        raise SystemExit(FOUND)


def print_builds(stand: list[Build]) -> None:
    """The builds, as a table."""
    table = Table("构建", "worker", "在办", "")
    for each in stand:
        says = Text("现行", "green") if each.current else Text("worker 可以停止" if each.is_done else "")
        if each.is_stranded:
            says = Text("没有 worker，在办的停滞", "red")
        table.add_row(each.name, str(each.workers), str(each.runs), says)
    console.print(table)
