"""Builds of the worker: which there are, and bringing filings over to one (gateway/watching/builds.py)."""

import click
from rich.table import Table
from rich.text import Text

from cli.arguments import as_json
from cli.exits import FOUND
from cli.output import console, say, watching
from cli.tools import with_filings
from gateway.client import Filings
from gateway.watching.builds import WITHOUT, Build, Builds, NoBuild, argument
from gateway.watching.engine import UNVERSIONED
from gateway.watching.proving import NotTaken

NAMED = 20
"""How many of those that did not go on are named."""


@click.command(
    help="构建：列出各构建的 worker 和在办的备案、轮次，以及哪些 worker 可以停止；写明构建的，设为现行并将其余的换用过来，"
    "期限不变，可以中断和重复；有未换用的，退出码为 1。"
)
@click.argument("build", required=False, metavar=f"[构建|{WITHOUT}]")
@click.option("--per-second", type=click.FloatRange(0.1, 500), default=20, show_default=True, help="每秒换用几件")
@click.option("--anew", is_flag=True, help="不应答的予以终止，再由备案库在现行构建上重新启动")
@as_json
def rotate(build: str | None, per_second: float, anew: bool, json_: bool) -> None:
    """Tell the builds, or make one the current one and bring everything over to it."""
    wanted = UNVERSIONED if build == WITHOUT else build
    if anew and not wanted:
        raise click.UsageError("--anew 须写明构建")

    async def rotated(filings: Filings) -> tuple[list[Build], list[str], str]:
        found, left, stopped = Builds(filings), list[str](), ""
        if wanted:
            former = await found.current()
            await found.make_current(wanted)
            try:
                with watching() as watch:
                    left = await found.bring_over(wanted, watch, per_second)
                left = await found.start_anew(left) if anew and left else left
            except NotTaken:
                stopped = f"{wanted} 的 worker 不再领取工作，已停止换用；{await led_back(found, wanted, former)}"
        return await found.stand(), left, stopped

    try:
        stand, left, stopped = with_filings(rotated)
    except NoBuild as error:
        raise click.UsageError(f"{NoBuild.__doc__}{error}") from error
    if json_:
        told = [dict(each) | {"done": each.is_done} for each in stand]
        say({"builds": told, "left": left} | ({"stopped": stopped} if stopped else {}))
    else:
        print_builds(stand)
        if stopped:
            console.print(stopped, style="red")
        if left:
            named = "、".join(left[:NAMED]) + ("等" if len(left) > NAMED else "")
            console.print(f"未换用 {len(left)} 件：{named}", style="red")
            console.print("请再执行一次；刚停掉 worker 的，等两分钟再执行。仍不应答的，加 --anew 由备案库重新启动")
    if left or stopped:
        raise SystemExit(FOUND)


async def led_back(found: Builds, wanted: str, former: str) -> str:
    """Make the former build the current one again; what was done, or what is to be."""
    if former != wanted:
        try:
            await found.make_current(former)
        except NoBuild:
            pass
        else:
            return f"已将 {former} 恢复为现行，请以 rotate {argument(former)} 换回已换用的"
    return f"请启动 {wanted} 的 worker，或者 rotate 另一有 worker 的构建"


def print_builds(stand: list[Build]) -> None:
    """The builds, as a table."""
    table = Table("构建", "worker", "在办", "")
    for each in stand:
        rest = "待启用" if each.is_to_come else "worker 可以停止" if each.is_done else ""
        says = Text("现行", "green") if each.current else Text(rest)
        if each.is_stranded:
            says = Text("没有 worker，在办的停滞", "red")
        table.add_row(each.name, str(each.workers), str(each.runs), says)
    console.print(table)
