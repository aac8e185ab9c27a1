"""What the command line prints: tables for people, one JSON document for programs, a bar while long work goes on."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text
from sqlmodel import SQLModel

from models.acts import Lapse
from models.filing import AgendaLine, Entry, Filing, Receipt
from models.findings import Finding
from models.values import in_shanghai
from models.vocabulary import LapseKind, Severity
from regulation import naming
from regulation.articles import quoted

WIDTH = None if sys.stdout.isatty() else 160
console = Console(width=WIDTH, markup=False, emoji=False)
errors = Console(stderr=True, width=WIDTH, markup=False, emoji=False)


def say(document: Any) -> None:
    """Print JSON."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    """What JSON has no word for: instants print with +08:00, a row as its columns."""
    if isinstance(value, datetime):
        return in_shanghai(value)
    return value.model_dump() if isinstance(value, SQLModel) else to_jsonable_python(value)


def print_findings(findings: Sequence[Finding]) -> None:
    """Findings as a table, errors first."""
    table = Table("级别", "代码", "字段", "说明", "依据")
    styles = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.CHECK: ""}
    for each in sorted(findings, key=lambda one: list(Severity).index(one.severity)):
        table.add_row(
            Text(each.severity.label, styles[each.severity]), each.code, each.field, each.message, quoted(each.article)
        )
    console.print(table)


def answer(receipt: Receipt, json_: bool) -> None:
    """A receipt, in a line or two for people."""
    if json_:
        say(receipt)
        return
    following = ""
    if receipt.next:
        following = f"；下一期限 {naming.short_due_at(receipt.next.at, receipt.next.lapse)} {naming.BEFORE[LapseKind(receipt.next.lapse)]}"
    entered = f" 第{receipt.number}号，现为“{receipt.stage.label}”{following}"
    console.print(Text.assemble(("已登记", "green"), entered))
    for warning in receipt.warnings:
        console.print(Text.assemble((Severity.WARNING.label, "yellow"), f" {warning}"))


def print_agenda(lines: Sequence[AgendaLine]) -> None:
    """日程 as a table."""
    table = Table("时间", "届至事项", "依据", "日历", "计算", title="日程（无人行为时）")
    for line in lines:
        counted = line.counted
        how = ""
        if counted and counted.count is not None:
            unit = "个工作日" if counted.unit == "working_day" else "日"
            how = f"自{counted.from_}起{counted.count}{unit}" + (
                f"，跳过{len(counted.skipped)}日" if counted.skipped else ""
            )
        calendar = line.calendar + naming.reserved(provisional=line.provisional)
        table.add_row(
            naming.short_due_at(line.at, line.lapse.kind) + naming.reserved(unopened=line.unopened),
            naming.coming(line.lapse),
            quoted(line.article),
            calendar,
            how,
        )
    console.print(table)


def print_docket(docket: Sequence[Entry]) -> None:
    """卷宗 as a table: dates, what, who, stage, article."""
    table = Table("号", "时间", "事项", "何人", "阶段", "依据", title="卷宗")
    for entry in docket:
        by = getattr(entry.event, "by", None)
        for_whom = getattr(entry.event, "on_behalf_of", None)
        who = (
            f"{by.role.label} {by.person}" + (f"（代{for_whom.label}）" if for_whom else "")
            if by
            else "（期满）"
            if isinstance(entry.event, Lapse)
            else "（信号）"
        )
        refused = f"\n未予登记：{entry.refused}" if entry.refused else ""
        undoes = f"\n推翻第{entry.undoes}号" if entry.undoes else ""
        late = f"\n登记于{naming.short(entry.entered_at)}，明显晚于所记的收到时间" if entry.back_dated else ""
        what = Text.assemble(naming.name_of_entry(entry), (refused, "red"), undoes, (late, "yellow"))
        table.add_row(
            str(entry.number),
            naming.short(entry.at),
            what,
            who,
            entry.stage.label,
            quoted(entry.article, entry.filing.kind),
        )
    console.print(table)


def life(filing: Filing | None, docket: Sequence[Entry], agenda: Sequence[AgendaLine]) -> dict[str, Any]:
    """What `show` and `simulate` print as JSON."""
    return {
        "filing": filing,
        "docket": [entry.model_dump(mode="json", exclude={"filing"}) for entry in docket],
        "agenda": agenda,
    }


@contextmanager
def watching() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal that shows how far long work has come."""
    with Progress(console=errors, transient=True, disable=not sys.stderr.isatty()) as progress:
        bars: dict[str, TaskID] = {}

        def watch(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what)
            progress.update(bars[what], completed=done, total=of)

        yield watch
