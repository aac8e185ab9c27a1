"""The door for programs: the client of filings (gateway/client.py) as a command line."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from activities import editions, replacements
from activities.channels import configured
from activities.channels.mail import bounced
from activities.letters import Letters
from activities.register import Register
from gateway.client import INSTANT, Conflict, Filings, NotFound, Refused, Unreachable, read_instant, refuse
from models.acts import Lapse
from models.channels import ChannelsRefused, read_channels
from models.filing import AgendaLine, Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.forms import FormA, FormB
from models.register import DeliveryRow, FilingRow, LetterRow, MessageRow
from models.settings import Settings
from models.vocabulary import ActKind, Kind, LapseKind, Stage
from regulation import entries, intake, lodging, offices
from regulation.editions import EditionRefused
from regulation.simulation import simulate as simulate_life
from regulation.texts import TextRefused
from workflows import visibility
from workflows.connection import connect

__all__ = ["Conflict", "Filings", "NotFound", "Refused", "Unreachable", "cli", "run", "schemas", "the_register"]
DONE, REFUSED, NOT_FOUND, CONFLICT, UNREACHABLE, USAGE = 0, 2, 3, 4, 5, 64

WIDTH = None if sys.stdout.isatty() else 160
console = Console(width=WIDTH)
errors = Console(stderr=True, width=WIDTH)


@click.group(
    help="辽宁省实质性产学研联盟备案：提交、办理、查询、模拟。",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def cli() -> None:
    """The commands below."""


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option for programs: one JSON document on standard output and nothing else."""
    return click.option("--json", "json_", is_flag=True, help="输出一份 JSON，供程序使用")(command)


def read_json(name: str) -> Any:
    """JSON, in UTF-8, from a file or standard input; amounts stay decimal."""
    try:
        written = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise click.UsageError(f"读不到文件 {name}：{error.strerror}") from error
    try:
        return json.loads(written.decode("utf-8-sig"), parse_float=Decimal)
    except ValueError as error:
        raise click.UsageError(f"{name} 不是 JSON：{error}") from error


def read_file(name: str) -> dict[str, Any]:
    """A JSON object from a file or standard input."""
    document = read_json(name)
    if not isinstance(document, dict):
        raise click.UsageError(f"{name} 须为一个 JSON 对象")
    return document


def read_acts(name: str) -> list[dict[str, Any]]:
    """A list of acts, each with the instants by which a simulation orders them."""
    acts = read_json(name)
    if not isinstance(acts, list):
        raise click.UsageError(f"{name} 须为一个 JSON 数组")
    for number, act in enumerate(acts, 1):
        instants = [act.get("received_at"), act.get("reaches", act.get("received_at"))] if isinstance(act, dict) else []
        if not instants or None in map(read_instant, instants):
            raise click.UsageError(f"{name} 第{number}项须为写明收到时间（received_at）的行为")
    return acts


def say(document: Any) -> None:
    """Print JSON."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))  # noqa: T201 - standard output


def with_filings(work: Callable[[Filings], Awaitable[Any]]) -> Any:
    """Do something with filings, connected."""
    settings = Settings()

    async def run() -> Any:
        return await work(Filings(await connect(settings), the_register(), settings.task_queue))

    return asyncio.run(run())


def the_register() -> Register:
    """The register alone: for reading, the engine need not run."""
    settings = Settings()
    editions.load(settings.editions)
    return Register.at(settings.register_url)


def print_findings(findings: Sequence[Finding]) -> None:
    """Findings as a table, errors first."""
    table = Table("级别", "代码", "字段", "说明", "依据")
    names = {"error": "[red]错误[/]", "warning": "[yellow]提示[/]", "check": "核对"}
    for each in sorted(findings, key=lambda one: ("error", "warning", "check").index(one.severity)):
        table.add_row(names[each.severity], each.code, each.field, each.message, each.article)
    console.print(table)


def print_receipt(receipt: Receipt) -> None:
    """A receipt in a line or two."""
    following = ""
    if receipt.next:
        following = f"；下一期限 {visibility.local(receipt.next.at)} {LapseKind(receipt.next.lapse).label}"
    console.print(f"[green]已登记[/] 第{receipt.number}号，现为“{receipt.stage.label}”{following}")
    for warning in receipt.warnings:
        console.print(f"[yellow]提示[/] {warning}")


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
        calendar = line.calendar + ("（暂定）" if line.provisional else "")
        year = f" {line.lapse.year}年度" if line.lapse.year else ""
        table.add_row(visibility.local(line.at), line.lapse.kind.label + year, line.article, calendar, how)
    console.print(table)


def print_docket(docket: Sequence[Entry]) -> None:
    """卷宗 as a table: dates, what, who, stage, article."""
    table = Table("号", "时间", "事项", "何人", "阶段", "依据", title="卷宗")
    for entry in docket:
        by = getattr(entry.event, "by", None)
        who = f"{by.role.label} {by.person}" if by else "（期满）" if isinstance(entry.event, Lapse) else "（信号）"
        note = f"\n[red]未予登记：{entry.refused}[/]" if entry.refused else ""
        note += f"\n推翻第{entry.undoes}号" if entry.undoes else ""
        what = visibility.name_of(entry.event) + note
        table.add_row(str(entry.number), visibility.local(entry.at), what, who, entry.stage.label, entry.article)
    console.print(table)


def life(filing: Filing | None, docket: Sequence[Entry], agenda: Sequence[AgendaLine]) -> dict[str, Any]:
    """What `show` and `simulate` print as JSON."""
    return {
        "filing": filing.model_dump(mode="json") if filing else None,
        "docket": [entry.model_dump(mode="json", exclude={"filing"}) for entry in docket],
        "agenda": [line.model_dump(mode="json") for line in agenda],
    }


@cli.command(help="提交备案申请（表A或表B）。")
@click.argument("file")
@as_json
def submit(file: str, json_: bool) -> None:
    """Submit an application."""
    raw = read_file(file)
    receipt = with_filings(lambda filings: filings.submit(raw))
    if json_:
        say(receipt.model_dump(mode="json"))
    else:
        print_receipt(receipt)


@cli.command(help="对备案作出一项行为。")
@click.argument("filing_id")
@click.argument("file")
@as_json
def act(filing_id: str, file: str, json_: bool) -> None:
    """Do an act."""
    raw = read_file(file)
    receipt = with_filings(lambda filings: filings.act(filing_id, raw))
    if json_:
        say(receipt.model_dump(mode="json"))
    else:
        print_receipt(receipt)


@cli.command(help="备案现状、卷宗与日程，并核验登记链。")
@click.argument("filing_id")
@as_json
def show(filing_id: str, json_: bool) -> None:
    """Show a filing with its docket, and verify the chain."""
    register = the_register()
    filing = register.filing(filing_id)
    if filing is None:
        raise NotFound(filing_id)
    docket, agenda, faults = register.docket(filing_id), list(entries.outlook(filing)), register.verify(filing_id)
    refused = register.refused_acts(filing_id)
    if json_:
        proof = {"verified": not faults, "faults": faults}
        door = [{"id": each.act_id, "kind": each.kind, "message": each.message} for each in refused]
        versions = [
            {"version": version, "findings": [each.model_dump(mode="json") for each in findings]}
            for version, findings in register.versions(filing_id)
        ]
        say(life(filing, docket, agenda) | {"versions": versions, "chain": proof, "refused_at_the_door": door})
        return
    row = register.row(filing_id)
    name = row.alliance_name if row else ""
    console.print(f"[bold]{name}[/]（{filing_id}）  {filing.kind.label}  阶段：[bold]{filing.stage.label}[/]")
    print_docket(docket)
    print_agenda(agenda)
    for each in refused:
        console.print(f"未予登记的行为：{each.kind} {each.act_id}（{visibility.local(each.refused_at)}）{each.message}")
    for version, findings in register.versions(filing_id)[-1:]:
        console.print(f"第{version}版申请的提示与核对事项：")
        print_findings(findings)
    console.print("[green]登记链核验通过[/]" if not faults else "[red]登记链核验未通过[/]")
    for fault in faults:
        console.print(f"[red]{fault}[/]")


@cli.command(help="日程：无人行为时，时间将带来什么。")
@click.argument("filing_id")
@as_json
def agenda(filing_id: str, json_: bool) -> None:
    """Show what time alone will bring."""
    filing = the_register().filing(filing_id)
    if filing is None:
        raise NotFound(filing_id)
    lines = list(entries.outlook(filing))
    if json_:
        say([line.model_dump(mode="json") for line in lines])
    else:
        print_agenda(lines)


@cli.command("list", help="备案列表，最近期限在前。")
@click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="阶段")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码")
@click.option("--waiting-for", help="待办机构代码")
@click.option("--due-before", help="期限早于（ISO 时间或日期）")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000), help="最多列出")
@as_json
def list_(
    stage: str | None,
    jurisdiction: str | None,
    waiting_for: str | None,
    due_before: str | None,
    limit: int,
    json_: bool,
) -> None:
    """List filings by the nearest deadline."""
    before = read_instant(f"{due_before}T00:00:00+08:00" if due_before and "T" not in due_before else due_before)
    if due_before and before is None:
        raise click.UsageError(f"不是时间：{due_before}")
    rows = the_register().filings(
        stage=stage, jurisdiction=jurisdiction, waiting_for=waiting_for, due_before=before, limit=limit
    )
    if json_:
        say([_listed(row) for row in rows])
        return
    table = Table("备案", "联盟", "类", "属地", "阶段", "待办", "最近期限", "事项")
    for row in rows:
        deadline = (
            visibility.local(row.next_deadline) + ("（暂定）" if row.provisional else "") if row.next_deadline else "—"
        )
        waits = offices.name_of(row.waiting_for) if row.waiting_for else "—"
        city = offices.OFFICES[row.jurisdiction].city
        table.add_row(
            row.filing_id,
            row.alliance_name,
            row.kind,
            city,
            Stage(row.stage).label,
            waits,
            deadline,
            LapseKind(row.next_lapse).label if row.next_lapse else "—",
        )
    console.print(table)


def _listed(row: FilingRow) -> dict[str, Any]:
    fields = (
        "filing_id", "alliance_name", "kind", "jurisdiction", "zone", "stage", "waiting_for", "report_year",
        "archive_number", "next_lapse", "missed_years", "open_objections", "on_hold", "provisional", "terms", "calendar",
    )  # fmt: skip
    deadline = INSTANT.dump_python(row.next_deadline, mode="json") if row.next_deadline else None
    return {name: getattr(row, name) for name in fields} | {"next_deadline": deadline}


@cli.command(help="核对一份申请或行为：列出全部问题，不发送任何东西。")
@click.argument("file")
@as_json
def check(file: str, json_: bool) -> None:
    """Print the findings of an application or an act; send nothing."""
    raw = read_file(file)
    editions.load(Settings().editions)
    if str(raw.get("kind")) in intake.FORMS or "alliance_name" in raw:
        findings = intake.examine(raw, read_instant(raw.get("received_at")) or datetime.now(UTC)).findings
    else:
        findings = lodging.lodge("check", raw).findings
    if json_:
        say([each.model_dump(mode="json") for each in findings])
    else:
        print_findings(findings)
    if any(each.severity == "error" for each in findings):
        raise SystemExit(REFUSED)


@cli.command(help="输入的 JSON Schema：kind_a、kind_b，或某一行为的名称；不写名称则列出全部。")
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


def schemas() -> dict[str, Any]:
    """The JSON Schema of every input: both applications, and each act with the paper it brings as `content`."""
    known: dict[str, Any] = {"kind_a": FormA.model_json_schema(), "kind_b": FormB.model_json_schema()}
    for act_type in lodging.ACT_TYPES:
        described = act_type.model_json_schema()
        kind = described["properties"]["kind"]["const"]
        for internal in ("seen", "facts"):
            described["properties"].pop(internal, None)
        described.get("$defs", {}).pop("Submit", None)
        paper = lodging.PAPERS.get(kind)
        if paper or kind == ActKind.RESUBMIT:
            content = paper.model_json_schema() if paper else {"description": "kind_a 或 kind_b"}
            described.setdefault("$defs", {}).update(content.pop("$defs", {}))
            described["properties"]["content"] = content
            described["properties"]["paper"]["description"] = "文书摘要；已附 content 的不填"
            described["required"] = [each for each in described["required"] if each != "paper"]
        known[kind] = described
    return known


@cli.command(help="只按规则推演：一份申请和一串行为会成为怎样的卷宗；不启动任何东西。")
@click.argument("file")
@click.option("--acts", "acts_file", help="行为列表（JSON 数组）")
@click.option("--until", help="推演至（ISO 时间）；缺省至最后一项行为")
@as_json
def simulate(file: str, acts_file: str | None, until: str | None, json_: bool) -> None:
    """What the regulation alone makes of an application and acts."""
    editions.load(Settings().editions)
    acts = read_acts(acts_file) if acts_file else []
    end = read_instant(until)
    if until and end is None:
        raise click.UsageError(f"不是时间：{until}")
    result = simulate_life(read_file(file), acts, end)
    if result.filing is None:
        refuse(result.findings)
    if json_:
        say(life(result.filing, result.docket, result.agenda))
        return
    print_docket(result.docket)
    print_agenda(result.agenda)


@cli.command(help="由备案库重新启动引擎中已不存在的在办备案。")
@click.argument("filing_id", required=False)
@as_json
def revive(filing_id: str | None, json_: bool) -> None:
    """Start again every open filing whose workflow is gone."""
    revived = with_filings(lambda filings: filings.revive(filing_id))
    if json_:
        say(revived)
    else:
        console.print(f"重新启动 {len(revived)} 件" + ("：" + "、".join(revived) if revived else ""))


# Messages


@cli.command(help="一件备案的全部消息：发给谁、走了哪些渠道、是否送到、凭据为何。")
@click.argument("filing_id")
@as_json
def messages(filing_id: str, json_: bool) -> None:
    """Show every message of a filing with what each channel has to show."""
    register = the_register()
    if register.row(filing_id) is None:
        raise NotFound(filing_id)
    told = Letters(register.engine).of_filing(filing_id)
    if json_:
        say([_told(*each) for each in told])
        return
    table = Table("编号", "时间", "收件", "标题", "已读", "渠道")
    for message, letters, deliveries in told:
        read_at = next((letter.read_at for letter in letters if letter.read_at), None)
        shown = [f"{each.channel} {STATES[each.state]} {each.address} {each.receipt}".strip() for each in deliveries]
        to = f"{message.to} {offices.name_of(message.office)}"
        read = visibility.local(read_at) if read_at else ""
        table.add_row(message.id, visibility.local(message.created_at), to, message.title, read, "\n".join(shown))
    console.print(table)


STATES = {
    "arrived": "[green]已送[/]",
    "trying": "[yellow]重试中[/]",
    "again": "[yellow]重试中[/]",
    "failed": "[red]未送达[/]",
}


def _told(message: MessageRow, letters: Sequence[LetterRow], deliveries: Sequence[DeliveryRow]) -> dict[str, Any]:
    return message.model_dump(mode="json") | {
        "read_at": next((letter.model_dump(mode="json")["read_at"] for letter in letters if letter.read_at), None),
        "deliveries": [each.model_dump(mode="json") for each in deliveries],
    }


@cli.command(help="收件箱：一个机构或盟主企业（代码）收到的消息。")
@click.argument("office")
@click.option("--unread", is_flag=True, help="只列未读")
@click.option("--after", help="晚于（ISO 时间）")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000), help="最多列出")
@as_json
def inbox(office: str, unread: bool, after: str | None, limit: int, json_: bool) -> None:
    """Pull an inbox."""
    since = read_instant(after)
    if after and since is None:
        raise click.UsageError(f"不是时间：{after}")
    received = Letters(the_register().engine).inbox(office, after=since, unread=unread, limit=limit)
    if json_:
        say([_told(message, [letter], []) for message, letter in received])
        return
    table = Table("编号", "时间", "标题", "正文", "已读")
    for message, letter in received:
        read = visibility.local(letter.read_at) if letter.read_at else ""
        table.add_row(message.id, visibility.local(message.created_at), message.title, message.body, read)
    console.print(table)


@cli.command(help="登记一条消息已读；待送达的文书由盟主企业读过即为签收。")
@click.argument("message_id")
@click.option("--person", default="platform", show_default=True, help="何人（不透明编号）")
@as_json
def read(message_id: str, person: str, json_: bool) -> None:
    """Note that a message was read."""
    by = {"person": person, "office": offices.PROVINCE, "role": "platform"}
    receipt = with_filings(lambda filings: filings.read(message_id, by))
    if json_:
        say(receipt.model_dump(mode="json") if receipt else {})
    elif receipt:
        print_receipt(receipt)
    else:
        console.print("已登记为已读")


@cli.command(help="未能送达的信函，须由人处理的。")
@click.option("--office", help="只列一个机构")
@as_json
def undelivered(office: str | None, json_: bool) -> None:
    """List letters that a channel gave up."""
    given_up = Letters(the_register().engine).failed(office)
    if json_:
        say(
            [
                row.model_dump(mode="json") | {"deliveries": [d.model_dump(mode="json") for d in of]}
                for row, of in given_up
            ]
        )
        return
    table = Table("信函", "事项", "收件", "渠道与原因")
    for row, deliveries in given_up:
        why = "\n".join(f"{each.channel}：{each.receipt}" for each in deliveries if each.state == "failed")
        table.add_row(row.id, row.text, f"{row.to} {offices.name_of(row.office)}", why)
    console.print(table)


@cli.command(help="把一封未能送达的信函再投递一次，仍用原编号。")
@click.argument("letter_id")
def redeliver(letter_id: str) -> None:
    """Try a letter again on the channels that gave up."""
    if not Letters(the_register().engine).reopen(letter_id):
        raise NotFound(letter_id)
    console.print("已交付再次投递")


@cli.command(help="登记一封退信（DSN 原文），可由邮件系统直接管道送入。")
@click.argument("file")
def bounce(file: str) -> None:
    """Note a bounced mail."""
    settings = Settings()
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    came_back = bounced(raw)
    mails = [
        name for name, each in read_channels(settings.channels, os.environ).channels.items() if each.type == "mail"
    ]
    why = f"退信 {came_back.status}" if came_back else ""
    if came_back is None or not Letters(the_register().engine).bounced(came_back.letter, mails, why):
        raise click.UsageError(f"{file} 不是本系统信函的退信")
    console.print(f"{came_back.letter}：{why}")


@cli.command("check-texts", help="核对本部署的文字目录：未知用语、未知事项、缺标题的逐一列出。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_texts(folder: Path) -> None:
    """Check a folder of texts."""
    console.print(f"{replacements.load(folder)} 个文件，均可用")


@cli.command("check-channels", help="核对渠道配置文件。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_channels(file: Path) -> None:
    """Check a file of channels."""
    for each in configured.build(read_channels(file, os.environ)):
        console.print(f"{each.name}：{each.channel.words}")


@cli.command(help="对全部在办备案作出同一行为，如启用新工作日历、调整年度报送期限。")
@click.argument("file")
@click.option("--kind", type=click.Choice(list(Kind)), help="只对某一类")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="只对某一属地")
@as_json
def broadcast(file: str, kind: str | None, jurisdiction: str | None, json_: bool) -> None:
    """Do the same act to every open filing."""
    raw = read_file(file)
    meant = the_register().open_filings(kind=kind, jurisdiction=jurisdiction)
    answers = with_filings(lambda filings: filings.broadcast(raw, [filing_id for filing_id, *_ in meant]))
    if json_:
        say({filing_id: answer.model_dump(mode="json") for filing_id, answer in answers.items()})
        return
    for filing_id, answer in answers.items():
        outcome = f"已登记第{answer.number}号" if isinstance(answer, Receipt) else f"[red]{answer.message}[/]"
        console.print(f"{filing_id}：{outcome}")


def _report(json_: bool, message: str, refusal: Refusal | None = None) -> None:
    """Say what went wrong, in the form that was asked for."""
    if json_:
        say(refusal.model_dump(mode="json") if refusal else {"message": message})
        return
    errors.print(f"[red]{message}[/]")
    if refusal and refusal.findings:
        print_findings(refusal.findings)


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code."""
    json_ = "--json" in arguments
    try:
        cli.main(list(arguments), prog_name="beian", standalone_mode=False)
    except Refused as refused:
        _report(json_, str(refused), refused.refusal)
        return REFUSED
    except (NotFound, Conflict) as error:
        _report(json_, f"{error.__doc__} {error}")
        return NOT_FOUND if isinstance(error, NotFound) else CONFLICT
    except (Unreachable, RPCError, RuntimeError, SQLAlchemyError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
            _report(json_, error.message)
            return REFUSED
        _report(json_, f"{Unreachable.__doc__}（{type(error).__name__}）")
        return UNREACHABLE
    except (click.UsageError, EditionRefused, TextRefused, ChannelsRefused) as error:
        _report(json_, error.format_message() if isinstance(error, click.UsageError) else str(error))
        return USAGE
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return DONE


def main() -> NoReturn:
    """The console script. Leaves at once when done: the engine's runtime may not survive the interpreter's own exit."""
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
