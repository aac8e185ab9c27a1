"""将自动撤销: which alliances the coming days revoke by themselves, and why (G-16)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from activities.documents.drafting import Draft
from activities.documents.revocations import TITLE, sheet
from activities.revocations import AHEAD, Listed, Revocations, counted
from cli.arguments import as_json
from cli.exports import exporting, laid
from cli.output import console, say
from cli.tools import the_register
from regulation import offices

MOST_DAYS = 366
"""How many days ahead may be asked for."""


def narrowed(command: Any) -> Any:
    """The options by which it is narrowed."""
    command = click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码")(command)
    days = click.option("--days", default=AHEAD, show_default=True, type=click.IntRange(1, MOST_DAYS), help="今后几日")
    return days(command)


def _found(days: int, jurisdiction: str | None) -> list[Listed]:
    scope = offices.Scope(jurisdiction=jurisdiction)
    return Revocations(the_register().engine).coming(datetime.now(UTC), scope, days)


@click.command(help="今后若干日内无人行为即自行撤销的备案及其理由；export revocations 写成表格。")
@narrowed
@as_json
def revocations(days: int, jurisdiction: str | None, json_: bool) -> None:
    """List what is coming."""
    found = _found(days, jurisdiction)
    if json_:
        say([{"filing_id": each.row.filing_id, "at": each.coming.at, "why": each.why} for each in found])
        return
    for each in found:
        console.print(each.line)
    console.print(f"今后{days}日期满的撤销 {len(found)} 件" + (f"：{counted(found)}" if found else ""))


@exporting("revocations", "今后若干日内无人行为即自行撤销的备案及其理由（xlsx）。")
@narrowed
def export_revocations(to: Path, days: int, jurisdiction: str | None) -> list[Path]:
    """The list as a table."""
    return laid(to, [Draft(TITLE, sheet(_found(days, jurisdiction), datetime.now(UTC)))])
