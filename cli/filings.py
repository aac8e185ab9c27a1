"""Showing how filings stand: one with its docket, its agenda, many in a list."""

from datetime import date
from typing import Any

import click
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from activities.columns import columns
from activities.register import Register
from cli.arguments import EVERY, as_day, as_json, meant, narrowed
from cli.output import console, life, print_agenda, print_docket, print_findings, say
from cli.tools import faults_of, found, the_register
from gateway.problem import NotFound
from gateway.shown.two_times import AS_OF, instants, named, planned, then
from models.acts import YEARS
from models.correction import PROVEN_LATE, ProvenLate, what_is_wrong
from models.register import FilingRow
from models.vocabulary import ActKind
from regulation import entries, naming
from regulation.articles import quoted
from regulation.moment import Moment


@click.command(help="备案现状、卷宗与日程，并核验登记链。")
@click.argument("filing_id")
@click.option("--as-of", help="哪一日（含全天）或者哪一时刻的实际情况，依现在所知")
@click.option("--as-known", help="依哪一日（含全天）或者哪一时刻为止的登记")
@as_json
def show(filing_id: str, as_of: str | None, as_known: str | None, json_: bool) -> None:
    """Show a filing with its docket, and verify the chain; or as it truly was on a day, by what was known at an instant."""
    register = the_register()
    filing = found(register, filing_id)
    if as_of or as_known:
        _show_then(register, filing_id, as_of, as_known, json_)
        return
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


def _show_then(register: Register, filing_id: str, as_of: str | None, as_known: str | None, json_: bool) -> None:
    """A filing in two times."""
    now = register.clock()
    try:
        told = then(docket := register.docket(filing_id), *instants(as_of, as_known, Moment(now, now)))
    except ValueError as wrong:
        raise click.UsageError(f"--as-of、--as-known：{wrong}") from None
    if told is None:
        raise click.UsageError(f"--as-of、--as-known {AS_OF}")
    if json_:
        say(told)
        return
    console.print(f"{naming.short(told.as_of)} 的实际情况（依 {naming.short(told.as_known)} 为止的登记）", style="bold")
    for title, filing in (("实际", told.filing), ("当时登记", told.registered)):
        years = "、".join(f"{year.year}年度{year.status.label}" for year in filing.years) or "无应报年度"
        console.print(f"{title}：{filing.stage.label}；{years}；连续未报送{filing.missed_years}年")
    if told.fallen:
        gone = "、".join(f"第{number}号“{name}”" for number, name in named(docket, told.fallen))
        console.print(f"没有依据的登记：{gone}", style="yellow", soft_wrap=True)
    for number, name in named(docket, [told.settled] if told.settled else []):
        console.print(f"更正已办结：第{number}号“{name}”", soft_wrap=True)


@click.command(
    help="更正方案：某一来文经查实在期限内，哪些登记失去依据、哪些自动改变、哪些须由人决定；只计算，不办理。"
)
@click.argument("filing_id")
@click.option(
    "--act", type=click.Choice([each.value for each in PROVEN_LATE]), help="来文是哪一行为；不写即已经登记的迟到事实"
)
@click.option("--year", type=click.IntRange(YEARS[0], YEARS[-1]), help="报送年度")
@click.option("--came-on", callback=as_day, help="收到日期")
@click.option("--postmarked-on", callback=as_day, help="邮戳日期")
@as_json
def correction(
    filing_id: str, act: str | None, year: int | None, came_on: date | None, postmarked_on: date | None, json_: bool
) -> None:
    """Work out a correction."""
    register = the_register()
    row = register.row(filing_id)
    if row is None:
        raise NotFound(filing_id)
    if act and came_on is None:
        raise click.UsageError("须写明收到日期（--came-on）")
    try:
        proven = (
            ProvenLate(act=ActKind(act), year=year, came_on=came_on, postmarked_on=postmarked_on)
            if act and came_on
            else None
        )
    except ValidationError as error:
        raise click.UsageError(what_is_wrong(error)) from None
    now = register.clock()
    told = planned(register, row, Moment(now, now), proven)
    if json_:
        say(told)
        return
    console.print(f"更正方案：{told.about}（登记为“{told.stage.label}”，实际应为“{told.truly.label}”）", style="bold")
    table = Table("", "事项", "由谁", "依据")
    for each in told.steps:
        who = "、".join(each.by) + ("（两人）" if each.two else "")
        table.add_row(each.sort.label, each.what, who or "—", quoted(each.article))
    console.print(table if told.steps else "没有失去依据的登记。")


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
