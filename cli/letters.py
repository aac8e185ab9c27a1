"""What offices and leaders were told: messages, inboxes, and letters that did not arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from activities.channels.mail import bounced
from activities.letters import Letters
from cli.arguments import as_instant, as_json, read_bytes
from cli.output import answer, console, say
from cli.tools import found, the_channels, the_register, with_filings
from gateway.problem import NotFound
from models.register import DeliveryRow, LetterRow, MessageRow
from models.vocabulary import DeliveryState
from regulation import naming, offices


class NoSuchLetter(NotFound):
    """没有这封信函"""


@click.command(help="一件备案的全部消息：发给谁、走了哪些渠道、是否送到、凭据为何。")
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
        to = f"{message.to} {offices.addressed(message.to, message.office)}"
        read = naming.short(read_at) if read_at else ""
        table.add_row(message.id, naming.short(message.created_at), to, message.title, read, shown)
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


@click.command(help="收件箱：一个机构或盟主企业（代码）收到的消息。")
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
        read = naming.short(letter.read_at) if letter.read_at else ""
        table.add_row(message.id, naming.short(message.created_at), message.title, message.body, read)
    console.print(table)


@click.command(help="登记一条消息已读；待送达的文书由盟主企业读过即为签收。")
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


@click.command(help="未能送达的信函，须由人处理的。")
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
        table.add_row(row.id, row.text, f"{row.to} {offices.addressed(row.to, row.office)}", why)
    console.print(table if listed else "没有这样的信函")


@click.command(help="把一封未能送达的信函再投递一次，仍用原编号。")
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


@click.command(help="登记一封退信（DSN 原文），可由邮件系统直接管道送入。")
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
