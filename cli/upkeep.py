"""Looking after what is kept: verifying it, backing it up, restoring it, bringing the engine level with it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from activities import backup
from activities.attachments import Reference
from activities.database import astray
from activities.register import Register
from activities.rounds.register import RoundRegister
from cli.arguments import as_json
from cli.exits import FOUND
from cli.log import log_faults
from cli.output import console, say, watching
from cli.tools import faults_of, the_attachments, the_register, with_filings
from gateway.client import Filings
from gateway.problem import NotFound
from gateway.remembered.audit import Audit, noted_backup
from gateway.watching.builds import Builds
from gateway.watching.sentinel import Sentinel
from models.drift import Drift, DriftKind, Pass
from models.settings import read_settings
from workflows import searching


@click.command(help="核验：登记链、文书、消息、公示和附件是否与写入时一致；有问题的逐一列出，退出码为 1。")
@click.argument("filing_id", required=False)
@click.option("--all", "all_", is_flag=True, help="全部备案、全部附件和登记日志")
@click.option("--mirror", multiple=True, help="同时与他处所存的日志比对：其文件夹、检查点文件或网址；可多次给出")
@as_json
def verify(filing_id: str | None, all_: bool, mirror: tuple[str, ...], json_: bool) -> None:
    """Verify one filing, or everything."""
    if all_ == bool(filing_id) or (mirror and not all_):
        raise click.UsageError("请写明一件备案，或者 --all；--mirror 须与 --all 同用")
    register = the_register()
    if filing_id:
        if register.row(filing_id) is None:
            raise NotFound(filing_id)
        filings, rounds, faults = 1, 0, {filing_id: faults_of(register, filing_id)}
        attached = register.attached(filing_id)
    else:
        filings, rounds, attached, faults = verified(register, mirror)
    told = {key: lines for key, lines in faults.items() if lines}
    masked = len(register.masked(filing_id))
    if json_:
        say({"filings": filings, "rounds": rounds, "attachments": len(attached), "masked": masked, "faults": told})
    else:
        for key, lines in told.items():
            for line in lines:
                console.print(Text.assemble((key, "bold"), "：", (line, "red")))
        looked_at = f"已核验备案 {filings} 件、" + (f"轮次 {rounds} 个、" if all_ else "") + f"附件 {len(attached)} 个"
        looked_at += "和登记日志" if all_ else ""
        looked_at += f"（其中 {masked} 份文书的个人信息已按保存期限遮蔽）" if masked else ""
        console.print(f"{looked_at}，" + ("有问题" if told else "均与写入时一致"))
    if told:
        raise SystemExit(FOUND)


def verified(register: Register, mirrors: Sequence[str] = ()) -> tuple[int, int, list[Reference], dict[str, list[str]]]:
    """How many filings and rounds there are, every attachment, and what is wrong with any of them, or of the rounds."""
    filing_ids, attached = register.filing_ids(), register.attached()
    rounds = RoundRegister(register.engine)
    round_ids = rounds.round_ids()
    with watching() as watch:
        faults = {}
        for number, filing_id in enumerate(filing_ids, 1):
            faults[filing_id] = register.verify(filing_id)
            watch("核验备案", number, len(filing_ids))
        for number, round_id in enumerate(round_ids, 1):
            faults[round_id] = rounds.verify(round_id)
            watch("核验轮次", number, len(round_ids))
        lost: list[str] = []
        for number, each in enumerate(attached, 1):
            lost += the_attachments().faults([each])
            watch("核验附件", number, len(attached))
    with register.engine.connect() as db:
        faults["备案库"] = astray(db)
    faults["审计记录"] = list(Audit(register.engine).faults())
    faults["登记日志"] = log_faults(register, mirrors)
    return len(filing_ids), len(round_ids), attached, faults | {"附件": lost}


@click.command("backup", help="备份：备案库、附件、版本、文字、渠道和签名密钥，运行中可做；写入新的文件夹或 .zip。")
@click.argument("to", type=click.Path(path_type=Path))
@as_json
def backup_(to: Path, json_: bool) -> None:
    """Back up what cannot be made again."""
    settings = read_settings()
    with watching() as watch:
        manifest = backup.backup(settings, to, datetime.now(UTC), watch)
    noted_backup(Register.at(settings.register_url).engine, manifest.made_at, to.name, whole=not manifest.missing)
    _kept(manifest, "已备份", to, json_)
    if not json_ and (elsewhere := backup.kept_elsewhere(settings)):
        console.print(f"不含以下设置所给出的密钥和文件，请另行保管：{'、'.join(elsewhere)}", style="yellow")
    if manifest.missing:
        raise SystemExit(FOUND)


@click.command(help="恢复：把一份备份放到空的备案库和本部署的文件夹；先核对全部内容，有一处不符则什么都不改。")
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


COUNTED = ("filings", "entries", "rounds", "round_entries")
"""The tables whose rows tell how much a backup holds."""


def _kept(manifest: backup.Manifest, done: str, place: Path, json_: bool) -> None:
    """What a backup holds."""
    if json_:
        say(manifest.model_dump(mode="json", exclude={"parts"}) | {"parts": len(manifest.parts)})
        return
    files = sum(part.name.startswith("uploads/") for part in manifest.parts)
    filings, entries, rounds, of_rounds = (manifest.rows.get(name, 0) for name in COUNTED)
    held = f"备案 {filings} 件、登记 {entries} 条，轮次 {rounds} 个、登记 {of_rounds} 条，附件 {files} 个"
    console.print(f"{done} {place}：{held}")
    for each in manifest.missing:
        console.print(each, style="red")


@click.command(help="由备案库重新启动引擎中已不存在的在办备案和轮次，并使与备案库有出入的与之对齐。")
@click.argument("key", required=False, metavar="[备案或轮次编号]")
@click.option("--anew", is_flag=True, help="仍在运行的先予终止，再由备案库重新启动；须写明编号")
@as_json
def revive(key: str | None, anew: bool, json_: bool) -> None:
    """Start again every open filing and round whose workflow is gone, and bring those level that are not."""
    if anew and not key:
        raise click.UsageError("--anew 须写明一件备案或一个轮次")

    async def brought_back(filings: Filings) -> tuple[list[str], list[Drift]]:
        if key:
            return await Sentinel(filings).one(key, anew=anew), []
        _, different = await Sentinel(filings).look(every=True)
        return sorted(each.key for each in different if each.mended), [each for each in different if not each.mended]

    revived, left = with_filings(brought_back)
    if json_:
        say(revived)
    else:
        console.print(f"重新启动或对齐 {len(revived)} 件" + ("：" + "、".join(revived) if revived else ""))
        print_drift(left)


@click.command("drift", help="巡查：逐件比对备案库与引擎，列出不一致的及修复的命令；仍有不一致的，退出码为 1。")
@click.option("--mend", is_flag=True, help="能安全修复的当即修复，并记为最近一次巡查")
@as_json
def drift_(mend: bool, json_: bool) -> None:
    """Compare register and engine, as the sentinel does on its schedule."""

    async def passed(filings: Filings) -> tuple[Pass, list[Drift], str, str]:
        sentinel = Sentinel(filings)
        lacks = await searching.told(filings.client)
        found, different = await sentinel.look(mends=mend)
        if mend:
            await asyncio.to_thread(sentinel.memory.note, found, different)
        stuck = any(each.kind is DriftKind.STUCK for each in different)
        return found, different, "" if mend else lacks, await Builds(filings).lacking() if stuck else ""

    found, different, lacks, cause = with_filings(passed)
    if json_:
        told = [each.model_dump() | {"command": mending(each, cause)} for each in different]
        say(found.model_dump(mode="json") | {"drift": told} | ({"cause": cause} if cause else {}))
    else:
        print_drift(different, cause)
        if cause:
            console.print(f"任务停滞的原因：{cause}；不必逐件处理", style="red")
        if lacks:
            console.print(f"检索属性{lacks}；此前有任务停滞的，登记后自行恢复", style="red")
        unseen = f"，{found.unseen} 件留待下次细查" if found.unseen else ""
        differs = f"不一致 {found.left + found.mended} 件（已修复 {found.mended} 件）" if different else "均一致"
        console.print(f"已比对 {found.compared} 件，用时 {found.took:.1f} 秒{unseen}；{differs}")
    if found.left:
        raise SystemExit(FOUND)


def mending(each: Drift, cause: str) -> str:
    """The command that mends what is different; none for what stands still by a cause that is told once for all."""
    return "" if cause and each.kind is DriftKind.STUCK else each.command


def print_drift(different: Sequence[Drift], cause: str = "") -> None:
    """What is different, and the command that mends it, as a table."""
    if not different:
        return
    table = Table("编号", "情形", "说明", "修复")
    for each in different:
        done = Text("已修复", "green") if each.mended else Text(mending(each, cause))
        table.add_row(each.key, Text(each.kind.label, "" if each.mended else "red"), each.what, done)
    console.print(table)
