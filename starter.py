"""The door for programs: the client of filings (gateway/client.py) as a command line."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel
from temporalio.service import RPCError, RPCStatusCode

from activities import backup, editions, logs, replacements
from activities.attachments import Attachments, Reference
from activities.backup import BackupRefused
from activities.channels import configured
from activities.channels.mail import bounced
from activities.channels.pages import calendars
from activities.documents import docket, dossier, drafting, forms, sheets
from activities.documents.drafting import Contacts, Draft, NotTogether
from activities.documents.record import NoSuchFiling
from activities.files import put, putting
from activities.letters import Letters
from activities.privacy import OWN
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.register import Register
from gateway.asked.inputs import schemas
from gateway.client import Filings, read_instant
from gateway.clock import ClockWrong, DoorClock
from gateway.following import Following
from gateway.problem import Conflict, NotFound, Refused, Unreachable, refuse
from models.acts import Lapse
from models.channels import ChannelsFile, ChannelsRefused, read_channels
from models.filing import AgendaLine, Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.register import DeliveryRow, FilingRow, LetterRow, MessageRow
from models.settings import SettingsRefused, read_settings
from models.values import DAY, INSTANT, day_of, due_before, due_by, in_shanghai
from models.vocabulary import DeliveryState, Kind, LapseKind, Stage
from regulation import entries, identity, intake, lodging, offices
from regulation.editions import EditionRefused
from regulation.simulation import simulate as simulate_life
from regulation.texts import TextRefused
from workflows import visibility
from workflows.connection import connect

__all__ = [
    "Conflict",
    "Filings",
    "NotFound",
    "Refused",
    "Unreachable",
    "cli",
    "run",
    "schemas",
    "the_clock",
    "the_register",
]
DONE, FOUND, REFUSED, NOT_FOUND, CONFLICT, UNREACHABLE, USAGE = 0, 1, 2, 3, 4, 5, 64

EVERY = 100_000
"""More filings than there will ever be: nothing is cut off a table that leaves the house."""


class NoSuchEntry(NotFound):
    """没有这一号登记"""


class NoSuchLetter(NotFound):
    """没有这封信函"""


class NobodyKnown(NotFound):
    """没有这一机构或盟主企业"""


WIDTH = None if sys.stdout.isatty() else 160
console = Console(width=WIDTH, markup=False, emoji=False)
errors = Console(stderr=True, width=WIDTH, markup=False, emoji=False)


@click.group(
    help="辽宁省实质性产学研联盟备案：提交、办理、查询、模拟。",
    epilog="退出码：0 完成；1 核验或备份发现问题；2 未予登记；3 没有这一项；4 编号冲突；5 引擎或备案库无法连接、结果未知或时钟有误；"
    "64 用法、设置或配置文件有误。",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def cli() -> None:
    """The commands below."""


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option for programs: one JSON document on standard output and nothing else."""
    return click.option("--json", "json_", is_flag=True, help="输出一份 JSON，供程序使用")(command)


def as_instant(_: click.Context, __: click.Parameter, written: str | None) -> datetime | None:
    """An instant in ISO 8601, or a day for its beginning in Shanghai; wrong usage if it is neither."""
    instant = read_instant(f"{written}T00:00:00+08:00" if written and "T" not in written else written)
    if written and instant is None:
        raise click.UsageError(f"不是时间：{written}")
    return instant


def as_last_instant(_: click.Context, option: click.Parameter, written: str | None) -> datetime | None:
    """The last instant of what is due by, or before, a day or an instant; wrong usage if it is neither."""
    if not written:
        return None
    day = written if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written) else None
    try:
        when = DAY.validate_python(day) if day else INSTANT.validate_python(written)
    except ValidationError:
        raise click.UsageError(f"不是时间：{written}") from None
    return due_before(when) if option.name == "due_before" else due_by(when)


def narrowed(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that narrow the filings of a list."""
    for option in (
        click.option("--due-before", callback=as_last_instant, help="期限早于（日期即至前一日24时）；宜用 --due-by"),
        click.option("--due-by", callback=as_last_instant, help="期限不晚于（日期即含当日24时，或 ISO 时间）"),
        click.option("--waiting-for", help="待办机构代码"),
        click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码"),
        click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="阶段"),
    ):
        command = option(command)
    return command


def meant(wanted: dict[str, Any]) -> dict[str, Any]:
    """What the options of a list say, as the register is asked: of two last instants the earlier."""
    instants = [at for name in ("due_by", "due_before") if (at := wanted.pop(name))]
    return {**wanted, "due_by": min(instants, default=None)}


def read_bytes(name: str) -> bytes:
    """What is in a file, or comes from standard input."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise click.UsageError(f"读不到文件 {name}：{error.strerror}") from error


def read_json(name: str) -> Any:
    """JSON, in UTF-8, from a file or standard input; amounts stay decimal."""
    try:
        return json.loads(read_bytes(name).decode("utf-8-sig"), parse_float=Decimal)
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
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    """What JSON has no word for: instants print with +08:00, a row as its columns."""
    if isinstance(value, datetime):
        return in_shanghai(value)
    return value.model_dump() if isinstance(value, SQLModel) else to_jsonable_python(value)


class NotAnswered(Unreachable):
    """The engine did not answer; the message says which, and what of that which was sent is noted."""


def with_filings(work: Callable[[Filings], Awaitable[Any]], sent: tuple[str, str] | None = None) -> Any:
    """Do something with filings. The engine is reached when it is first needed: by then what is sent is noted as received.

    `sent` is the filing and the act id under which that is. Raises `NotAnswered` if the engine does not answer.
    """
    settings = read_settings()

    async def run() -> Any:
        client, register = await connect(settings, lazy=True), the_register()
        clock = the_clock(register)
        filings = Filings(client, register, settings.task_queue, clock, may_stamp=clock.refuse_if_wrong)
        try:
            return await work(filings)
        except ClockWrong:
            raise
        except (Unreachable, RPCError, RuntimeError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise
            engine = f"引擎（{client.service_client.config.target_host}）没有答复"
            if sent and filings.is_known(*sent):
                filing_id, act_id = sent
                under = f"备案 {filing_id}" + ("" if act_id == identity.SUBMISSION else f"、编号 {act_id}")
                raise NotAnswered(
                    f"已收到并记下（{under}）；{engine}，结果未知：请以同一编号重新发送，以本次收到的时间为准"
                ) from error
            raise NotAnswered(f"{engine}；{Unreachable.__doc__}") from error

    return asyncio.run(run())


def the_clock(register: Register) -> DoorClock:
    """The clock by which what is sent here is stamped, compared as that of every door (gateway/clock.py)."""
    clock = DoorClock(register.clock)
    clock.compare()
    if clock.ahead:
        off = f"本机时钟比备案库{'快' if clock.ahead > timedelta(0) else '慢'}{abs(clock.ahead).total_seconds():.0f}秒"
        errors.print(off if clock.wrong else f"{off}，以备案库的时间为准", style="yellow")
    return clock


def the_register() -> Register:
    """The register alone: for reading, the engine need not run."""
    settings = read_settings()
    editions.load(settings.editions)
    return Register.at(settings.register_url)


def the_attachments() -> Attachments:
    """The files that papers refer to."""
    return Attachments(read_settings().upload_folder)


def found(register: Register, filing_id: str) -> Filing:
    """A filing as it stands; raises `NotFound`."""
    filing = register.filing(filing_id)
    if filing is None:
        raise NotFound(filing_id)
    return filing


def print_findings(findings: Sequence[Finding]) -> None:
    """Findings as a table, errors first."""
    table = Table("级别", "代码", "字段", "说明", "依据")
    names = {"error": Text("错误", "red"), "warning": Text("提示", "yellow"), "check": Text("核对")}
    for each in sorted(findings, key=lambda one: ("error", "warning", "check").index(one.severity)):
        table.add_row(names[each.severity], each.code, each.field, each.message, each.article)
    console.print(table)


def answer(receipt: Receipt, json_: bool) -> None:
    """A receipt, in a line or two for people."""
    if json_:
        say(receipt)
        return
    following = ""
    if receipt.next:
        following = (
            f"；下一期限 {visibility.due_at(receipt.next.at, receipt.next.lapse)} {LapseKind(receipt.next.lapse).label}"
        )
    entered = f" 第{receipt.number}号，现为“{receipt.stage.label}”{following}"
    console.print(Text.assemble(("已登记", "green"), entered))
    for warning in receipt.warnings:
        console.print(Text.assemble(("提示", "yellow"), f" {warning}"))


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
        table.add_row(
            visibility.due_at(line.at, line.lapse.kind), line.lapse.kind.label + year, line.article, calendar, how
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
        late = f"\n登记于{visibility.local(entry.entered_at)}，明显晚于所记的收到时间" if entry.back_dated else ""
        what = Text.assemble(visibility.name_of_entry(entry), (refused, "red"), undoes, (late, "yellow"))
        table.add_row(str(entry.number), visibility.local(entry.at), what, who, entry.stage.label, entry.article)
    console.print(table)


def life(filing: Filing | None, docket: Sequence[Entry], agenda: Sequence[AgendaLine]) -> dict[str, Any]:
    """What `show` and `simulate` print as JSON."""
    return {
        "filing": filing,
        "docket": [entry.model_dump(mode="json", exclude={"filing"}) for entry in docket],
        "agenda": agenda,
    }


@cli.command(help="提交备案申请（表A或表B）。")
@click.argument("file")
@as_json
def submit(file: str, json_: bool) -> None:
    """Submit an application."""
    raw = read_file(file)
    sent = (str(raw.get("filing_id")), identity.SUBMISSION)
    answer(with_filings(lambda filings: filings.submit(raw), sent), json_)


@cli.command(help="对备案作出一项行为。")
@click.argument("filing_id")
@click.argument("file")
@as_json
def act(filing_id: str, file: str, json_: bool) -> None:
    """Do an act."""
    raw = read_file(file)
    sent = (filing_id, str(raw.get("id")))
    answer(with_filings(lambda filings: filings.act(filing_id, raw), sent), json_)


@cli.command(help="备案现状、卷宗与日程，并核验登记链。")
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
        console.print(f"未予登记的行为：{each.kind} {each.act_id}（{visibility.local(each.refused_at)}）{each.message}")
    for version, findings in versions[-1:]:
        console.print(f"第{version}版申请的提示与核对事项：")
        print_findings(findings)
    console.print("登记链核验未通过" if faults else "登记链核验通过", style="red" if faults else "green")
    for fault in faults:
        console.print(fault, style="red")


def faults_of(register: Register, filing_id: str) -> list[str]:
    """What is wrong with a filing's chain, and with the files that its papers refer to."""
    return [*register.verify(filing_id), *the_attachments().faults(register.attached(filing_id))]


@cli.command(help="核验：登记链、文书、消息、公示和附件是否与写入时一致；有问题的逐一列出，退出码为 1。")
@click.argument("filing_id", required=False)
@click.option("--all", "all_", is_flag=True, help="全部备案和全部附件")
@as_json
def verify(filing_id: str | None, all_: bool, json_: bool) -> None:
    """Verify one filing, or everything."""
    if all_ == bool(filing_id):
        raise click.UsageError("请写明一件备案，或者 --all")
    register = the_register()
    if filing_id:
        found(register, filing_id)
        filings, faults = 1, {filing_id: faults_of(register, filing_id)}
        attached = register.attached(filing_id)
    else:
        filings, attached, faults = verified(register)
    told = {key: lines for key, lines in faults.items() if lines}
    if json_:
        say({"filings": filings, "attachments": len(attached), "faults": told})
    else:
        for key, lines in told.items():
            for line in lines:
                console.print(Text.assemble((key, "bold"), "：", (line, "red")))
        console.print(f"已核验备案 {filings} 件、附件 {len(attached)} 个，" + ("有问题" if told else "均与写入时一致"))
    if told:
        raise SystemExit(FOUND)


def verified(register: Register) -> tuple[int, list[Reference], dict[str, list[str]]]:
    """How many filings there are, every attachment, and what is wrong with any of them."""
    filing_ids, attached = register.filing_ids(), register.attached()
    with watching() as watch:
        faults = {}
        for number, filing_id in enumerate(filing_ids, 1):
            faults[filing_id] = register.verify(filing_id)
            watch("核验备案", number, len(filing_ids))
        lost: list[str] = []
        for number, each in enumerate(attached, 1):
            lost += the_attachments().faults([each])
            watch("核验附件", number, len(attached))
    return len(filing_ids), attached, faults | {"附件": lost}


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


@cli.command("backup", help="备份：备案库、附件、版本、文字、渠道和签名密钥，运行中可做；写入新的文件夹或 .zip。")
@click.argument("to", type=click.Path(path_type=Path))
@as_json
def backup_(to: Path, json_: bool) -> None:
    """Back up what cannot be made again."""
    settings = read_settings()
    with watching() as watch:
        manifest = backup.backup(settings, to, datetime.now(UTC), watch)
    _kept(manifest, "已备份", to, json_)
    if not json_ and settings.secret.get_secret_value():
        console.print("不含签名密钥：它由 BEIAN_SECRET 给出，请另行保管", style="yellow")
    if manifest.missing:
        raise SystemExit(FOUND)


@cli.command(help="恢复：把一份备份放到空的备案库和本部署的文件夹；先核对全部内容，有一处不符则什么都不改。")
@click.argument("source", metavar="FROM", type=click.Path(exists=True, path_type=Path))
@as_json
def restore(source: Path, json_: bool) -> None:
    """Restore a backup."""
    settings = read_settings()
    with watching() as watch:
        manifest = backup.restore(settings, source, watch)
    _kept(manifest, "已恢复", source, json_)
    if json_:
        return
    for name in ("editions", "texts", "channels"):
        path = settings.var / ("channels.toml" if name == "channels" else name)
        if getattr(settings, name) is None and path.exists():
            console.print(f"备份带有本部署的 {name}，已放在 {path}；请设 BEIAN_{name.upper()}={path}", style="yellow")
    console.print("下一步：清空引擎，启动引擎和 worker，再执行 revive 和 verify --all（docs/operations.md）")
    console.print(f"公示公告（{settings.site}）和日历（{settings.calendars}）由 worker 启动后重新写出")
    if not settings.routines:
        console.print("BEIAN_ROUTINES 已关闭：请执行 export site 写出公示公告", style="yellow")


def _kept(manifest: backup.Manifest, done: str, place: Path, json_: bool) -> None:
    """What a backup holds."""
    if json_:
        say(manifest.model_dump(mode="json", exclude={"parts"}) | {"parts": len(manifest.parts)})
        return
    filings, files = manifest.rows.get("filings", 0), sum(part.name.startswith("uploads/") for part in manifest.parts)
    console.print(f"{done} {place}：备案 {filings} 件、登记 {manifest.rows.get('entries', 0)} 条、附件 {files} 个")
    for each in manifest.missing:
        console.print(each, style="red")


@cli.command(help="日程：无人行为时，时间将带来什么。")
@click.argument("filing_id")
@as_json
def agenda(filing_id: str, json_: bool) -> None:
    """Show what time alone will bring."""
    lines = list(entries.outlook(found(the_register(), filing_id)))
    if json_:
        say(lines)
    else:
        print_agenda(lines)


@cli.command("list", help="备案列表，最近期限在前。")
@narrowed
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, EVERY), help="最多列出")
@as_json
def list_(limit: int, json_: bool, **wanted: Any) -> None:
    """List filings by the nearest deadline."""
    rows = the_register().filings(**meant(wanted), limit=limit)
    if json_:
        say([_listed(row) for row in rows])
        return
    table = Table("备案", "联盟", "类", "属地", "阶段", "待办", "最近期限", "事项")
    for row in rows:
        deadline = (
            visibility.due_at(row.next_deadline, row.next_lapse) + ("（暂定）" if row.provisional else "")
            if row.next_deadline
            else "—"
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
        "next_deadline",
    )  # fmt: skip
    return {name: getattr(row, name) for name in fields}


@cli.command(help="核对一份申请或行为：列出全部问题，不发送任何东西。")
@click.argument("file")
@as_json
def check(file: str, json_: bool) -> None:
    """Print the findings of an application or an act; send nothing."""
    raw = read_file(file)
    editions.load(read_settings().editions)
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


@cli.command(help="只按规则推演：一份申请和一串行为会成为怎样的卷宗；不启动任何东西。")
@click.argument("file")
@click.option("--acts", "acts_file", help="行为列表（JSON 数组）")
@click.option("--until", callback=as_instant, help="推演至（ISO 时间或日期）；缺省至最后一项行为")
@as_json
def simulate(file: str, acts_file: str | None, until: datetime | None, json_: bool) -> None:
    """What the regulation alone makes of an application and acts."""
    editions.load(read_settings().editions)
    acts = read_acts(acts_file) if acts_file else []
    result = simulate_life(read_file(file), acts, until)
    if result.filing is None:
        refuse(result.findings)
    if json_:
        say(life(result.filing, result.docket, result.agenda))
        return
    print_docket(result.docket)
    print_agenda(result.agenda)


@cli.command(help="由备案库重新启动引擎中已不存在的在办备案，并使落后于备案库的与之对齐。")
@click.argument("filing_id", required=False)
@as_json
def revive(filing_id: str | None, json_: bool) -> None:
    """Start again every open filing whose workflow is gone, and bring those level that are behind."""

    def brought_back(filings: Filings) -> Awaitable[list[str]]:
        following = Following(filings)
        return following.one(filing_id) if filing_id else following.round(every=True)

    revived = with_filings(brought_back)
    if json_:
        say(revived)
    else:
        console.print(f"重新启动或对齐 {len(revived)} 件" + ("：" + "、".join(revived) if revived else ""))


# Messages


@cli.command(help="一件备案的全部消息：发给谁、走了哪些渠道、是否送到、凭据为何。")
@click.argument("filing_id")
@as_json
def messages(filing_id: str, json_: bool) -> None:
    """Show every message of a filing with what each channel has to show."""
    register = the_register()
    found(register, filing_id)
    told = Letters(register.engine).of_filing(filing_id)
    if json_:
        say([_told(*each) for each in told])
        return
    table = Table("编号", "时间", "收件", "标题", "已读", "渠道")
    for message, letters, deliveries in told:
        read_at = next((letter.read_at for letter in letters if letter.read_at), None)
        shown = Text("\n").join(map(_shown, deliveries))
        to = f"{message.to} {offices.name_of(message.office)}"
        read = visibility.local(read_at) if read_at else ""
        table.add_row(message.id, visibility.local(message.created_at), to, message.title, read, shown)
    console.print(table)


COLOURS = {DeliveryState.ARRIVED: "green", DeliveryState.FAILED: "red"}


def _shown(delivery: DeliveryRow) -> Text:
    """What became of a delivery, for the console."""
    state = DeliveryState(delivery.state)
    became = (state.label, COLOURS.get(state, "yellow"))
    return Text.assemble(f"{delivery.channel} ", became, f" {delivery.address} {delivery.receipt}".rstrip())


def _told(message: MessageRow, letters: Sequence[LetterRow], deliveries: Sequence[DeliveryRow]) -> dict[str, Any]:
    read_at = next((letter.read_at for letter in letters if letter.read_at), None)
    return message.model_dump() | {"read_at": read_at, "deliveries": deliveries}


@cli.command(help="收件箱：一个机构或盟主企业（代码）收到的消息。")
@click.argument("office")
@click.option("--unread", is_flag=True, help="只列未读")
@click.option("--after", callback=as_instant, help="晚于（ISO 时间或日期），由早到晚；缺省为最新的")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000), help="最多列出")
@as_json
def inbox(office: str, unread: bool, after: datetime | None, limit: int, json_: bool) -> None:
    """Pull an inbox."""
    received = Letters(the_register().engine).inbox(office, after=after, unread=unread, limit=limit)
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
    if receipt:
        answer(receipt, json_)
    elif json_:
        say({})
    else:
        console.print("已登记为已读")


@cli.command(help="未能送达的信函，须由人处理的。")
@click.option("--office", help="只列一个机构")
@click.option("--waiting", is_flag=True, help="改列仍待投递的，最早的在前，至多200封")
@as_json
def undelivered(office: str | None, waiting: bool, json_: bool) -> None:
    """List letters that a channel gave up, or those that are still to be delivered."""
    letters = Letters(the_register().engine)
    listed = letters.waiting(office) if waiting else letters.failed(office)
    if json_:
        say([row.model_dump() | {"deliveries": deliveries} for row, deliveries in listed])
        return
    table = Table("信函", "事项", "收件", "渠道与原因")
    for row, deliveries in listed:
        why = "\n".join(f"{each.channel}：{each.receipt}" for each in deliveries if each.state != DeliveryState.ARRIVED)
        table.add_row(row.id, row.text, f"{row.to} {offices.name_of(row.office)}", why)
    console.print(table)


@cli.command(help="把一封未能送达的信函再投递一次，仍用原编号。")
@click.argument("letter_id")
@as_json
def redeliver(letter_id: str, json_: bool) -> None:
    """Try a letter again on the channels that gave up."""
    if not Letters(the_register().engine).reopen(letter_id, datetime.now(UTC)):
        raise NoSuchLetter(letter_id)
    if json_:
        say({"letter": letter_id})
    else:
        console.print("已交付再次投递")


@cli.command(help="登记一封退信（DSN 原文），可由邮件系统直接管道送入。")
@click.argument("file")
@as_json
def bounce(file: str, json_: bool) -> None:
    """Note a bounced mail."""
    came_back = bounced(read_bytes(file))
    mails = [name for name, each in the_channels().channels.items() if each.type == "mail"]
    why = f"退信 {came_back.status}" if came_back else ""
    taken = came_back is not None and Letters(the_register().engine).bounced(
        came_back.letter, mails, why, came_back.address, datetime.now(UTC)
    )
    if came_back is None or not taken:
        raise click.UsageError(f"{file} 不是本系统信函的退信")
    if json_:
        say(came_back)
    else:
        console.print(f"{came_back.letter}：{why}")


@cli.command("check-texts", help="核对本部署的文字目录：未知用语、未知事项、缺标题的逐一列出。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
def check_texts(folder: Path, json_: bool) -> None:
    """Check a folder of texts."""
    count = replacements.load(folder)
    if json_:
        say({"texts": count})
    else:
        console.print(f"{count} 个文件，均可用")


@cli.command("check-channels", help="核对渠道配置文件。")
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


# Files


@cli.group(help="写出文件并列出其路径：公文草稿、公示、申请表、卷宗、归档包、表格、公示公告网页、日历。")
def export() -> None:
    """The commands below, each of which writes files and says which."""


def exporting(name: str, what: str, to: Path | None = Path()) -> Callable[[Callable[..., list[Path]]], Any]:
    """Make a command of what writes files into a folder: `--to` says which. It speaks in the deployment's own texts,
    and only by the terms and calendars by which the filings count."""
    place = "写入的文件夹；缺省为当前文件夹" if to else "写入的文件夹"

    def made(write: Callable[..., list[Path]]) -> Any:
        @export.command(name, help=what)
        @click.option("--to", default=to, type=click.Path(file_okay=False, path_type=Path), help=place)
        @as_json
        @wraps(write)
        def command(to: Path | None, json_: bool, **asked: Any) -> None:
            replacements.load(read_settings().texts)
            the_register().refuse_changed_editions()
            try:
                paths = write(to, **asked)
            except NoSuchFiling as missing:
                raise NotFound(*missing.args) from missing
            except OSError as error:
                raise click.UsageError(f"写不进文件夹 {to or ''}：{error.strerror}") from error
            if json_:
                say(paths)
            else:
                click.echo("".join(f"{path}\n" for path in paths), nl=False)

        return command

    return made


def laid(to: Path, drafts: Iterable[Draft], of: str = "") -> list[Path]:
    """Documents as files in a folder; what is of a filing begins with its id."""
    return [put(to / "-".join(filter(None, (of, each.name))), each.content) for each in drafts]


def the_channels() -> ChannelsFile:
    """The channels of this deployment, and its address book."""
    return read_channels(read_settings().channels, os.environ)


def the_contacts() -> Contacts:
    """How documents say that the offices of this deployment are reached."""
    return configured.contacts(the_channels())


@exporting("drafts", "一件备案的公文草稿（docx）；以 --entry 只写一号登记的。")
@click.argument("filing_id")
@click.option("--entry", type=click.IntRange(min=1), help="登记号")
def export_drafts(to: Path, filing_id: str, entry: int | None) -> list[Path]:
    """Official drafts of a filing's life, or of one entry."""
    register = the_register()
    if (entry or 0) > found(register, filing_id).number:
        raise NoSuchEntry(f"{filing_id} {entry}")
    contacts = the_contacts()
    if entry:
        return laid(to, drafting.draft(register, filing_id, entry, contacts), filing_id)
    return laid(to, drafting.drafts(register, filing_id, contacts), filing_id)


@exporting("notice", "一份公示（docx），可含同一机构、同一类别、公示期相同的几个联盟。")
@click.argument("filing_ids", metavar="FILING_ID...", nargs=-1, required=True)
def export_notice(to: Path, filing_ids: tuple[str, ...]) -> list[Path]:
    """One public notice of several alliances."""
    together = list(dict.fromkeys(filing_ids))
    try:
        return laid(to, [drafting.notice(the_register(), together, the_contacts())], together[0])
    except NotTogether as apart:
        refusal = Refusal(message=str(apart), article="《工作指引》第九条第2项（A-31）", missing=str(apart))
        raise Refused(refusal) from apart


@exporting("form", "填好的备案申请表，各版各一份（docx）。")
@click.argument("filing_id")
def export_form(to: Path, filing_id: str) -> list[Path]:
    """The application form of every version."""
    return laid(to, forms.forms(the_register(), filing_id), filing_id)


@exporting("docket", "卷宗（docx）。")
@click.argument("filing_id")
def export_docket(to: Path, filing_id: str) -> list[Path]:
    """The docket."""
    return laid(to, [Draft("卷宗.docx", docket.docket(the_register(), filing_id))], filing_id)


@exporting("dossier", "归档包（zip）：全部登记、文书、消息和文件，可离线核验；含个人信息。")
@click.argument("filing_id")
def export_dossier(to: Path, filing_id: str) -> list[Path]:
    """Everything on a filing, for the archive."""
    register, path = the_register(), to / f"{filing_id}-归档包.zip"
    found(register, filing_id)
    with putting(path) as pack:
        dossier.write_dossier(pack, register, filing_id, the_attachments(), the_contacts())
    return [path]


@exporting("summary", "汇总表（xlsx）：每件备案一行，按属地和编号排列。")
@narrowed
def export_summary(to: Path, **wanted: Any) -> list[Path]:
    """The summary that cities send upward."""
    register = the_register()
    rows = sorted(register.filings(**meant(wanted), limit=EVERY), key=lambda row: (row.jurisdiction, row.filing_id))
    return laid(to, [Draft("汇总表.xlsx", sheets.summary(register, rows))])


@exporting("deadlines", "期限表（xlsx）：每件备案一行，最近期限在前。")
@narrowed
def export_deadlines(to: Path, **wanted: Any) -> list[Path]:
    """What every filing waits for, and until when."""
    rows = the_register().filings(**meant(wanted), limit=EVERY)
    return laid(to, [Draft("期限表.xlsx", sheets.deadlines(rows, day_of(datetime.now(UTC))))])


@exporting("site", "公示公告的网页和订阅源，缺省写在服务所写之处；只写内容有变的文件。", to=None)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="以哪一天为准；缺省为今天")
def export_site(to: Path | None, on: datetime | None) -> list[Path]:
    """The announcements, as any web server can serve them."""
    settings = read_settings()
    site = Site(to or settings.site, Notices(the_register().engine), settings.site_address, settings.own_address)
    return site.write_all(on.date() if on else day_of(datetime.now(UTC)))


@exporting("calendar", "一个机构或盟主企业（代码）的日程（ics）。")
@click.argument("whose", metavar="OFFICE_OR_LEADER")
def export_calendar(to: Path, whose: str) -> list[Path]:
    """The deadlines of an office or a leader."""
    written = calendars(the_register(), whose)
    if whose not in written:
        raise NobodyKnown(whose)
    return laid(to, [Draft(f"{whose}.ics", written[whose])])


# To all of them


@cli.command(help="对全部在办备案作出同一行为，如启用新工作日历、调整年度报送期限。")
@click.argument("file")
@click.option("--kind", type=click.Choice(list(Kind)), help="只对某一类")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="只对某一属地")
@as_json
def broadcast(file: str, kind: str | None, jurisdiction: str | None, json_: bool) -> None:
    """Do the same act to every open filing. Leaves with `REFUSED` if any of them refused, and says which."""
    raw = read_file(file)
    chosen = the_register().open_filings(kind=kind, jurisdiction=jurisdiction)
    answers = with_filings(lambda filings: filings.broadcast(raw, [filing_id for filing_id, *_ in chosen]))
    refused = [filing_id for filing_id, each in answers.items() if not isinstance(each, Receipt)]
    if json_:
        say(answers)
    else:
        for filing_id, each in answers.items():
            outcome = Text(f"已登记第{each.number}号") if isinstance(each, Receipt) else Text(each.message, "red")
            console.print(Text.assemble(f"{filing_id}：", outcome))
        if refused:
            errors.print(f"{len(refused)}件未予登记：{'、'.join(refused)}", style="red")
    if refused:
        raise SystemExit(REFUSED)


def _report(json_: bool, message: str, refusal: Refusal | None = None) -> None:
    """Say what went wrong, in the form that was asked for."""
    if json_:
        say(refusal or {"message": message})
        return
    errors.print(message, style="red")
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
    except BackupRefused as error:
        _report(json_, str(error))
        return REFUSED
    except (NotFound, Conflict) as error:
        _report(json_, f"{error.__doc__} {error}")
        return NOT_FOUND if isinstance(error, NotFound) else CONFLICT
    except (Unreachable, RPCError, RuntimeError, SQLAlchemyError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
            _report(json_, error.message)
            return REFUSED
        said = (
            str(error) if isinstance(error, NotAnswered) else error.__doc__ if isinstance(error, ClockWrong) else None
        )
        _report(json_, said or f"{Unreachable.__doc__}（{logs.named(error)}）")
        return UNREACHABLE
    except (click.UsageError, SettingsRefused, EditionRefused, TextRefused, ChannelsRefused) as error:
        _report(json_, error.format_message() if isinstance(error, click.UsageError) else str(error))
        return USAGE
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return DONE


def main() -> NoReturn:
    """The console script. Leaves at once when done: the engine's runtime may not survive the interpreter's own exit."""
    os.umask(OWN)
    logs.configure("CRITICAL")  # whoever calls is told in words
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
