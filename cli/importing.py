"""Importing alliances of before from a list (A-02)."""

from pathlib import Path

import click
from rich.table import Table

from cli.arguments import as_json, read_bytes
from cli.exits import REFUSED
from cli.output import console, errors, say, watching
from cli.tools import the_channels, with_filings
from gateway.asked import alliance_list, importing
from gateway.asked.importing import Outcome, Planned
from gateway.client import Filings
from models.findings import Finding
from models.vocabulary import Role
from regulation import offices

SHOWN = 50
"""How many rows with findings are printed; programs get them all."""


@click.command("import", help="导入存量联盟名单（xlsx、csv、jsonl）。先用 --dry-run 逐行核对；重复运行，已导入的不变。")
@click.argument("file", required=False)
@click.option("--dry-run", is_flag=True, help="只核对，不导入")
@click.option("--document-no", default="", help="导入依据文号，名单中没有写明的用它")
@click.option("--person", default="import", show_default=True, help="省科技厅经办人（不透明编号）")
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), help="只写出空白名单，供填写")
@as_json
def import_(file: str | None, dry_run: bool, document_no: str, person: str, template: Path | None, json_: bool) -> None:
    """Import a list, or only tell what would come of it."""
    if template:
        template.write_bytes(alliance_list.template())
        console.print(f"空白名单已写入 {template}")
        return
    if file is None:
        raise click.UsageError("缺少名单文件")
    the_channels()
    rows = alliance_list.read(file, read_bytes(file), document_no)
    by = {"person": person, "office": offices.PROVINCE, "role": Role.PROVINCE_ST.value}

    async def work(filings: Filings) -> tuple[list[Planned], dict[int, tuple[Finding, ...]]]:
        with watching() as watch:
            planned = importing.plan(filings, rows, by, filings.clock(), lambda *each: watch("核对", *each))
            if dry_run:
                return planned, {}
            return planned, await importing.carry_out(filings, planned, lambda *each: watch("导入", *each))

    planned, refused = with_filings(work)
    told(planned, refused, dry_run=dry_run, json_=json_)
    if refused or any(each.outcome in (Outcome.REFUSED, Outcome.DIFFERS) for each in planned):
        raise SystemExit(REFUSED)


def told(planned: list[Planned], refused: dict[int, tuple[Finding, ...]], *, dry_run: bool, json_: bool) -> None:
    """What came of each row, or would."""
    counts = {outcome: sum(each.outcome is outcome for each in planned) for outcome in Outcome}
    imported = 0 if dry_run else counts[Outcome.NEW] - len(refused)
    found = {each.listed.number: refused.get(each.listed.number, each.findings) for each in planned}
    if json_:
        rows = [
            {"row": each.listed.number, "filing_id": each.filing_id, "outcome": each.outcome, "findings": found[each.listed.number]}
            for each in planned
        ]  # fmt: skip
        say({"imported": imported, "refused": len(refused), "rows": rows})
        return
    table = Table("行", "备案申请编号", "结果", "级别", "字段", "说明", title="名单核对")
    with_findings = [each for each in planned if found[each.listed.number] or each.outcome is Outcome.DIFFERS]
    for each in with_findings[:SHOWN]:
        outcome = Outcome.REFUSED if each.listed.number in refused else each.outcome
        for finding in found[each.listed.number] or (None,):
            told = (finding.severity.label, finding.field, finding.message) if finding else ("", "", "")
            table.add_row(str(each.listed.number), each.filing_id, outcome, *told)
    if with_findings:
        console.print(table)
    if len(with_findings) > SHOWN:
        errors.print(f"另有{len(with_findings) - SHOWN}行有须改正或者留意的内容，可用 --json 查看全部")
    console.print("；".join(f"{outcome}{count}行" for outcome, count in counts.items() if count) or "名单没有内容")
    if not dry_run:
        console.print(f"本次导入{imported}行", style="green")
