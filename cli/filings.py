"""Showing how filings stand: one with its docket, its agenda, many in a list."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from activities.columns import columns
from cli.arguments import EVERY, as_json, meant, narrowed
from cli.output import console, life, print_agenda, print_docket, print_findings, say
from cli.tools import faults_of, found, the_register
from models.register import FilingRow
from regulation import entries, naming


@click.command(help="备案现状、卷宗与日程，并核验登记链。")
@click.argument("filing_id")
@as_json
def show(filing_id: str, json_: bool) -> None:
    """Show a filing with its docket, and verify the chain."""
    register = the_register()
    filing = found(register, filing_id)
    entered, ahead, faults = register.docket(filing_id), list(entries.outlook(filing)), faults_of(register, filing_id)
    refused, versions = register.refused_acts(filing_id), register.versions(filing_id)
    if json_:
        about = {
            "versions": [{"version": version, "findings": findings} for version, findings in versions],
            "chain": {"verified": not faults, "faults": faults},
            "refused_at_the_door": [
                {"id": each.act_id, "kind": each.kind, "message": each.message} for each in refused
            ],
        }
        say(life(filing, entered, ahead) | about)
        return
    row = register.row(filing_id)
    name = row.alliance_name if row else ""
    about_it = f"（{filing_id}）  {filing.kind.label}  阶段："
    console.print(Text.assemble((name, "bold"), about_it, (filing.stage.label, "bold")))
    print_docket(entered)
    print_agenda(ahead)
    for each in refused:
        console.print(f"未予登记的行为：{each.kind} {each.act_id}（{naming.short(each.refused_at)}）{each.message}")
    for version, findings in versions[-1:]:
        console.print(f"第{version}版申请的提示与核对事项：")
        print_findings(findings)
    console.print("登记链核验未通过" if faults else "登记链核验通过", style="red" if faults else "green")
    for fault in faults:
        console.print(fault, style="red")


@click.command(help="日程：无人行为时，时间将带来什么。")
@click.argument("filing_id")
@as_json
def agenda(filing_id: str, json_: bool) -> None:
    """Show what time alone will bring."""
    lines = list(entries.outlook(found(the_register(), filing_id)))
    if json_:
        say(lines)
    else:
        print_agenda(lines)


@click.command("list", help="备案列表，逾期最久的在前，其余按最近期限。")
@narrowed
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, EVERY), help="最多列出")
@as_json
def list_(limit: int, json_: bool, **wanted: Any) -> None:
    """List filings: what is overdue longest, then by the nearest deadline."""
    rows = the_register().filings(**meant(wanted), limit=limit)
    if json_:
        say([_listed(row) for row in rows])
        return
    told = columns("filing_id", "alliance", "kind", "city", "stage", "awaited", "until", "lapse")
    table = Table(*(column.title for column in told))
    for row in rows:
        table.add_row(*(str(column.of(row) or "—") for column in told))
    console.print(table)


def _listed(row: FilingRow) -> dict[str, Any]:
    fields = (
        "filing_id", "alliance_name", "kind", "jurisdiction", "zone", "stage", "waiting_for", "report_year",
        "archive_number", "next_lapse", "missed_years", "named", "evaluated_for", "evaluated", "open_objections", "on_hold", "provisional", "terms", "calendar",
        "next_deadline",
    )  # fmt: skip
    return {name: getattr(row, name) for name in fields}
