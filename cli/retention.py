"""Personal data (个人信息): what is past its time and goes, and what there is about somebody."""

from datetime import UTC, datetime

import click
from rich.table import Table

from cli.arguments import as_json
from cli.output import console, say
from cli.tools import the_register
from gateway.remembered.drafts import Drafts
from gateway.remembered.persons import Persons, who_asks
from gateway.remembered.retention import Kept
from gateway.remembered.sessions import signing_secret
from gateway.remembered.sweeping import Sweeping, Swept
from gateway.remembered.uploads import Uploads
from models.settings import read_settings
from models.values import day_of
from regulation import retention as law
from regulation.articles import cite


@click.command(
    "retention", help="保存期限：列出已满保存期限、将遮蔽或删除的；--apply 当即办理（平时由 gateway 每日办理）。"
)
@click.option("--apply", is_flag=True, help="当即遮蔽、删除；不写明的只列出")
@as_json
def retention_(apply: bool, json_: bool) -> None:
    """Tell what is past its time, or mask and delete it, as the gateway does every day."""
    register, settings = the_register(), read_settings()
    uploads = Uploads.of(settings, register.engine)
    sweeping = Sweeping(uploads, Drafts(register.engine, uploads))
    now = datetime.now(UTC)
    swept = sweeping.round(now) if apply else sweeping.due(now)
    if json_:
        say(
            {"applied": apply, **_counted(swept), "masked": [each.model_dump() for each in swept.expired if each.paper]}
        )
        return
    table = Table("事项", "保存期限", "依据", "已办理" if apply else "到期")
    for kept, count in _counted(swept).items():
        value, unit = law.number(Kept(kept).number, day_of(now)), "日" if kept.endswith("_days") else "年"
        table.add_row(Kept(kept).label, f"{value}{unit}", cite("G-46"), str(count))
    console.print(table)
    for each in swept.expired:
        if each.paper:
            console.print(f"{each.filing_id} 文书 {each.paper}：{'、'.join(each.fields)}")
    if not apply:
        console.print("以上只是列出，未作改动；加 --apply 当即办理")


def _counted(swept: Swept) -> dict[str, int]:
    """How much there is of each."""
    counted = dict.fromkeys((each.value for each in Kept), 0)
    counted[Kept.DRAFT.value], counted[Kept.UNMENTIONED.value] = swept.drafts, swept.papers + swept.uploads
    for each in swept.expired:
        counted[each.kept] += each.count
    return counted


@click.command(
    "person", help="查找一个人的个人信息：按手机或电话、姓名或人员编号，列出在何处、何字段；每次查找都有审计记录。"
)
@click.argument("word", metavar="电话、姓名或人员编号")
@click.option("--by", "by", required=True, help="依谁的决定查找：省厅人员、审计员或运维人员的人员编号（须登录过）")
@as_json
def person(word: str, by: str, json_: bool) -> None:
    """List what there is about somebody."""
    register, now = the_register(), datetime.now(UTC)
    who = who_asks(register.engine, by)
    if who is None:
        raise click.UsageError("--by 须为登录过的省厅人员、审计员或运维人员的编号")
    if not 2 <= len(word.strip()) <= MOST:
        raise click.UsageError(f"所查内容须为2至{MOST}个字")
    found = Persons(register.engine, signing_secret(read_settings())).find(word, who, now)
    if json_:
        say([each.model_dump(mode="json") for each in found])
        return
    table = Table("何处", "备案或轮次", "字段", "内容", "时间")
    for each in found:
        table.add_row(
            each.where, each.filing_id or "", each.field, each.value, each.at.date().isoformat() if each.at else ""
        )
    console.print(table)
    console.print(f"共 {len(found)} 处；本次查找已记入审计")


MOST = 100
"""How long what is looked for may be, in characters."""
