"""`doctor` (体检): whether a deployment has what it needs, one line each; for whoever is called, or sets one up."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.health import checks
from activities.logs import named
from activities.starting import REFUSED
from cli.arguments import as_json
from cli.examinations import ON_THE_REGISTER, OTHERS, Deployment, Examination, Line, State, of_register, of_release
from cli.exits import FOUND
from cli.output import console, say
from models.settings import read_settings

STYLES = {State.WELL: "green", State.NOTE: "yellow", State.FAULT: "red"}


def examined(of: Deployment) -> Iterator[Line]:
    """Everything that is found, in order."""
    yield from of_release(of)
    register = list(_made("备案库", of_register, of))
    yield from register
    tables = ON_THE_REGISTER.items() if all(each.state is State.WELL for each in register) else ()
    for name, examination in (*tables, *OTHERS.items()):
        yield from _made(name, examination, of)


def _made(name: str, examination: Examination, of: Deployment) -> Iterator[Line]:
    """An examination, or why it cannot be made."""
    try:
        yield from examination(of)
    except REFUSED as refused:
        yield Line(name, State.FAULT, str(refused))
    except SQLAlchemyError as error:
        yield Line(name, State.FAULT, checks.unreachable(error))
    except (OSError, RPCError, RuntimeError) as error:
        yield Line(name, State.FAULT, f"无法查看（{named(error)}）")


@click.command(
    help="体检：连接、版本、检索属性、表结构、日历、时钟、密钥、渠道、附件、备份、磁盘，各一行；有问题的退出码为 1。"
)
@as_json
def doctor(json_: bool) -> None:
    """Look at everything, change nothing."""
    lines = list(examined(Deployment(read_settings(), datetime.now(UTC))))
    faults = sum(each.state is State.FAULT for each in lines)
    if json_:
        say([{"name": each.name, "state": each.state.value, "says": each.says} for each in lines])
    else:
        for each in lines:
            console.print(
                Text.assemble(
                    (f"{each.state.label:　<3}", STYLES[each.state]), "  ", (each.name, "bold"), f"：{each.says}"
                )
            )
        console.print(f"共{len(lines)}项，" + (f"{faults}项有问题" if faults else "没有发现问题"))
    if faults:
        raise SystemExit(FOUND)
