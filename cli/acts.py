"""Doing something to filings: submit, act, and the same act for all."""

import click
from rich.text import Text

from cli.arguments import as_json, read_file
from cli.exits import REFUSED
from cli.output import answer, console, errors, say
from cli.tools import the_register, with_filings
from models.filing import Receipt
from models.vocabulary import Kind
from regulation import identity, offices


@click.command(help="提交备案申请（表A或表B）。")
@click.argument("file")
@as_json
def submit(file: str, json_: bool) -> None:
    """Submit an application."""
    raw = read_file(file)
    sent = (str(raw.get("filing_id")), identity.SUBMISSION)
    answer(with_filings(lambda filings: filings.submit(raw), sent), json_)


@click.command(help="对备案作出一项行为。")
@click.argument("filing_id")
@click.argument("file")
@as_json
def act(filing_id: str, file: str, json_: bool) -> None:
    """Do an act."""
    raw = read_file(file)
    sent = (filing_id, str(raw.get("id")))
    answer(with_filings(lambda filings: filings.act(filing_id, raw), sent), json_)


@click.command(help="对全部在办备案作出同一行为，如启用新工作日历、调整年度报送期限。")
@click.argument("file")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="只对某一类")
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
