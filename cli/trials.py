"""Trying something out without sending it: an input, a life by the regulation alone, a deployment's own files."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from activities import replacements
from activities.channels import configured
from cli.arguments import as_instant, as_json, read_acts, read_file
from cli.exits import REFUSED
from cli.output import console, life, print_agenda, print_docket, print_findings, say
from cli.tools import the_editions
from gateway.asked.inputs import schemas
from gateway.problem import refuse
from gateway.reception import read_instant
from models.channels import read_channels
from regulation import intake, lodging, offices
from regulation.simulation import simulate as simulate_life


@click.command(help="核对一份申请或行为：列出全部问题，不发送任何东西。")
@click.argument("file")
@as_json
def check(file: str, json_: bool) -> None:
    """Print the findings of an application or an act; send nothing."""
    raw = read_file(file)
    the_editions()
    if str(raw.get("kind")) in intake.FORMS or "alliance_name" in raw:
        findings = intake.examine(raw, read_instant(raw.get("received_at")) or datetime.now(UTC)).findings
    else:
        findings = lodging.lodge("check", raw).findings
    if json_:
        say(findings)
    elif findings:
        print_findings(findings)
    else:
        console.print("没有发现问题", style="green")
    if any(each.severity == "error" for each in findings):
        raise SystemExit(REFUSED)


@click.command(help="输入的 JSON Schema：kind_a、kind_b，或某一行为的名称；不写名称则列出全部。")
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of an input."""
    known = schemas()
    if name is None:
        say(sorted(known))
    elif name in known:
        say(known[name])
    else:
        raise click.UsageError(f"没有名为 {name} 的输入；可用：{'、'.join(sorted(known))}")


@click.command(help="只按规则推演：一份申请和一串行为会成为怎样的卷宗；不启动任何东西。")
@click.argument("file")
@click.option("--acts", "acts_file", help="行为列表（JSON 数组）")
@click.option("--until", callback=as_instant, help="推演至（ISO 时间或日期）；缺省至最后一项行为")
@as_json
def simulate(file: str, acts_file: str | None, until: datetime | None, json_: bool) -> None:
    """What the regulation alone makes of an application and acts."""
    the_editions()
    acts = read_acts(acts_file) if acts_file else []
    result = simulate_life(read_file(file), acts, until)
    if result.filing is None:
        refuse(result.findings)
    if json_:
        say(life(result.filing, result.docket, result.agenda))
        return
    print_docket(result.docket)
    print_agenda(result.agenda)


@click.command("check-texts", help="核对本部署的文字目录：未知用语、未知事项、缺标题的逐一列出。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
def check_texts(folder: Path, json_: bool) -> None:
    """Check a folder of texts."""
    count = replacements.load(folder)
    if json_:
        say({"texts": count})
    else:
        console.print(f"{count} 个文件，均可用")


@click.command("check-channels", help="核对渠道配置文件。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def check_channels(file: Path, json_: bool) -> None:
    """Check a file of channels."""
    read = read_channels(file, os.environ)
    built = configured.build(read)
    if json_:
        say([{"name": each.name, "words": each.channel.words} for each in built])
        return
    for each in built:
        console.print(f"{each.name}：{each.channel.words}")
    if absent := [key for key in offices.KEYS if key not in read.offices]:
        console.print(f"通讯录未列，邮件和短信到不了：{'、'.join(map(offices.name_of, absent))}")
