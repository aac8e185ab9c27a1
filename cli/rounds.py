"""Rounds (轮次): opened, acted on, shown, listed, and verified."""

import json
from collections.abc import Awaitable
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from activities.rounds.register import RoundRegister
from cli.arguments import EVERY, as_json, read_file, worded_for
from cli.exits import FOUND
from cli.output import console, say
from cli.reasons import tell
from cli.tools import the_register, with_filings
from gateway.client import Filings
from gateway.problem import NoRound, NotFound
from gateway.rounds import Rounds
from gateway.shown.rounds import reasons
from models.acts import MOST_ENTRIES
from models.choices import worded
from models.reasons import Register
from models.rounds.base import PROVINCE, RoundActKind, RoundKind, RoundLapseKind, RoundStage
from models.rounds.round import Round, RoundReceipt
from regulation import naming, offices
from regulation.articles import quoted
from regulation.rounds import agenda
from regulation.rounds.every import rules_of
from regulation.rounds.why import Asked
from regulation.rounds.why import why as answer

round_ = click.Group("round", help="年度工作（轮次）：开启、办理、查询、核验。")


def _rounds() -> RoundRegister:
    return RoundRegister(the_register().engine)


def _found(rounds: RoundRegister, round_id: str) -> Round:
    found = rounds.round(round_id)
    if found is None:
        raise NoRound(round_id)
    return found


def _done(round_id: str, raw: dict[str, Any], json_: bool) -> None:
    """Do an act, and print its receipt."""

    def done(filings: Filings) -> Awaitable[RoundReceipt]:
        return Rounds(filings).act(round_id, raw)

    receipt: RoundReceipt = with_filings(done, (round_id, str(raw.get("id"))))
    if json_:
        say({"round_id": round_id, **receipt.model_dump(mode="json")})
        return
    print_receipt(receipt)


def print_receipt(receipt: RoundReceipt) -> None:
    """The receipt of an act in a round, in a line or two for people."""
    following = (
        f"；下一事项 {naming.short_until(receipt.next.at)} {RoundLapseKind(receipt.next.lapse).label}"
        if receipt.next
        else ""
    )
    entered = f" 第{receipt.number}号，现为“{receipt.stage.label}”{following}"
    console.print(Text.assemble(("已登记", "green"), entered))
    for warning in receipt.warnings:
        console.print(Text.assemble(("提示", "yellow"), f" {warning}"))


@round_.command(help="对轮次作出一项行为；第一项为 open_round（开启），编号如 survey-2027-LN-1。")
@click.argument("round_id")
@click.argument("file")
@as_json
def act(round_id: str, file: str, json_: bool) -> None:
    """Do an act in a round."""
    _done(round_id, read_file(file), json_)


@round_.command("open", help="开启轮次：编号取该事项、年度和范围的下一个；同一行为编号重复发送的，仍是同一轮次。")
@click.argument("kind", type=click.Choice([kind.value for kind in RoundKind]))
@click.argument("year", type=click.IntRange(2021, 2060))
@click.argument("file")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码；不写即全省")
@as_json
def open_(kind: str, year: int, file: str, jurisdiction: str | None, json_: bool) -> None:
    """Open a round under the next id of its kind, year and place."""
    raw = {"kind": RoundActKind.OPEN_ROUND.value, **read_file(file)}
    rounds = _rounds()
    known = rounds.rounds(kind=RoundKind(kind), year=year, place=jurisdiction or PROVINCE, limit=EVERY)
    opened = (row.round_id for row in known if rounds.entry_of(row.round_id, str(raw.get("id"))))
    round_id = next(opened, None) or rounds.next_id(RoundKind(kind), year, jurisdiction)
    if not json_:
        console.print(round_id)
    _done(round_id, raw, json_)


@round_.command(help="轮次现状、登记与日程，并核验登记链。")
@click.argument("round_id")
@as_json
def show(round_id: str, json_: bool) -> None:
    """Show a round with its entries, and verify the chain."""
    rounds = _rounds()
    found, docket, faults = _found(rounds, round_id), rounds.docket(round_id), rounds.verify(round_id)
    rules, states = rules_of(round_id), rounds.states(round_id)
    ahead = agenda.outlook(rules, found)
    if json_:
        chain = {"verified": not faults, "faults": faults}
        say({"round": found, "entries": docket, "agenda": ahead, "states": states, "chain": chain})
        return
    window = f"（{round_id}）  {found.kind.label}  {naming.on_day(found.opens)}至{naming.on_day(found.closes)}  状态："
    console.print(Text.assemble((found.title, "bold"), window, (found.stage.label, "bold")))
    told = {
        **{rules.word(name): count for name, count in found.counts.items()},
        **{rules.word(s): c for s, c in states.items()},
    }
    if told:
        console.print("　".join(f"{name} {count}" for name, count in told.items()))
    entered = Table("号", "时间", "事项", "何人", "状态", "依据", title="登记")
    for entry in docket:
        by = entry.act.by if entry.act else None
        who = f"{by.role.label} {by.person}" if by else "（期满）"
        what = entry.event.kind.label + ("（待会同，尚未生效）" if entry.proposed else "")
        entered.add_row(str(entry.number), naming.short(entry.at), what, who, entry.stage.label, quoted(entry.article))
    console.print(entered)
    for line in ahead:
        console.print(f"{naming.short_until(line.at)} {line.lapse.kind.label}  {quoted(line.article)}")
    console.print("登记链核验未通过" if faults else "登记链核验通过", style="red" if faults else "green")
    for fault in faults:
        console.print(fault, style="red")


@round_.command("list", help="轮次列表，截止最晚的在前。")
@click.option("--kind", type=click.Choice([kind.value for kind in RoundKind]), help="事项")
@click.option("--year", type=click.IntRange(2021, 2060), help="年度")
@click.option("--open", "is_open", is_flag=True, help="只列未结束的")
@as_json
def list_(kind: str | None, year: int | None, is_open: bool, json_: bool) -> None:
    """List rounds, the one that closes last first."""
    rows = _rounds().rounds(kind=RoundKind(kind) if kind else None, year=year, is_open=is_open or None, limit=EVERY)
    if json_:
        say([{**row.model_dump(exclude={"value", "head"}), "counts": json.loads(row.counts)} for row in rows])
        return
    shown = Table("编号", "名称", "范围", "起止", "状态")
    for row in rows:
        place = offices.OFFICES[row.jurisdiction].city if row.jurisdiction else "全省"
        shown.add_row(
            row.round_id,
            row.title,
            place,
            f"{naming.on_day(row.opens)}至{naming.on_day(row.closes)}",
            RoundStage(row.stage).label,
        )
    console.print(shown)


@round_.command(help="轮次中的联盟：各处于何种状态。")
@click.argument("round_id")
@click.option("--state", help="状态")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码")
@as_json
def items(round_id: str, state: str | None, jurisdiction: str | None, json_: bool) -> None:
    """What stands of alliances in a round."""
    rounds = _rounds()
    _found(rounds, round_id)
    rows = rounds.items(round_id, state=state, jurisdiction=jurisdiction, most=EVERY)
    if json_:
        say([{**row.model_dump(exclude={"current"}), "figures": json.loads(row.figures)} for row in rows])
        return
    rules, shown = rules_of(round_id), Table("备案", "状态", "登记", "数据")
    for row in rows:
        figures: dict[str, Any] = json.loads(row.figures)
        told = "　".join(
            f"{rules.word(name)} {worded(name, value) if isinstance(value, str) else value}"
            for name, value in figures.items()
        )
        shown.add_row(row.filing_id, rules.word(row.state), str(row.number), told)
    console.print(shown)


@round_.command(help="核验轮次的登记链、事项和文书；有问题的逐一列出，退出码为 1。")
@click.argument("round_id")
@as_json
def verify(round_id: str, json_: bool) -> None:
    """Verify one round; `verify --all` verifies every one."""
    rounds = _rounds()
    _found(rounds, round_id)
    faults = rounds.verify(round_id)
    if json_:
        say({"round": round_id, "faults": faults})
    else:
        for fault in faults:
            console.print(fault, style="red")
        console.print("登记链核验未通过" if faults else "登记链核验通过", style="red" if faults else "green")
    if faults:
        raise SystemExit(FOUND)


@round_.command(help="为什么：轮次的一号登记为何发生，结果、抽签、金额怎样得出，告知了谁；不写登记号即接下来会怎样。")
@click.argument("round_id")
@click.option("--entry", type=click.IntRange(1, MOST_ENTRIES), help="这一号登记为何发生")
@click.option("--filing", help="只就这一个联盟（平台申请编号）而言")
@worded_for
@as_json
def why(round_id: str, entry: int | None, filing: str | None, for_: str, json_: bool) -> None:
    """Answer why, of a round."""
    register, rounds = the_register(), _rounds()
    _found(rounds, round_id)
    found = rounds.entry(round_id, entry) if entry else None
    if entry and found is None:
        raise NotFound(f"{round_id} 第{entry}号登记")
    asked = (
        reasons.of_entry(register, rounds, found, rounds.sent(round_id, found.number), filing)
        if found
        else Asked(rounds.docket(round_id, most=reasons.AT_ONCE))
    )
    tell(answer(asked, entry), Register(for_), json_)
