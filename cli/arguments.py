"""What a command is given: its options, and what is in the files it names. What cannot be read is wrong usage."""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import ValidationError

from activities.survey_standing import Stands
from gateway.reception import read_instant
from gateway.shown.lists import Filter, some_time
from models.reasons import Register
from models.values import DAY
from models.vocabulary import Stage
from regulation import offices
from regulation.reporting import SHOWN

EVERY = 100_000
"""More filings than there will ever be: nothing is cut off a table that leaves the house."""


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option for programs: one JSON document on standard output and nothing else."""
    return click.option("--json", "json_", is_flag=True, help="输出一份 JSON，供程序使用")(command)


def worded_for(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option for whom an answer is worded: the office, if nobody says."""
    return click.option(
        "--for",
        "for_",
        type=click.Choice([each.value for each in Register]),
        default=Register.OFFICE.value,
        show_default=True,
        help="为谁写明：企业、办理机关、法院",
    )(command)


def readable(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command; wrong usage if one is no text in UTF-8."""
    for number, each in enumerate(arguments, 1):
        try:
            each.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"第{number}个参数不是 UTF-8 文字") from None
    return list(arguments)


def as_instant(_: click.Context, __: click.Parameter, written: str | None) -> datetime | None:
    """An instant in ISO 8601, or a day for its beginning in Shanghai; wrong usage if it is neither."""
    instant = read_instant(f"{written}T00:00:00+08:00" if written and "T" not in written else written)
    if written and instant is None:
        raise click.UsageError(f"不是时间：{written}")
    return instant


def as_day(_: click.Context, __: click.Parameter, written: str | None) -> date | None:
    """A day; wrong usage if it is none."""
    try:
        return DAY.validate_python(written) if written else None
    except ValueError:
        raise click.UsageError(f"不是日期：{written}") from None


def as_some_time(_: click.Context, __: click.Parameter, written: str | None) -> date | datetime | None:
    """A day, which means the whole of it, or an instant; wrong usage if it is neither."""
    try:
        return some_time(written) if written else None
    except ValueError as error:
        raise click.UsageError(f"不是时间：{written}（{error}）") from None


def narrowed(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that narrow the filings of a list."""
    for option in (
        click.option("--due-before", callback=as_some_time, help="期限早于（日期即至前一日24时）；宜用 --due-by"),
        click.option("--due-by", callback=as_some_time, help="期限不晚于（日期即含当日24时，或 ISO 时间）"),
        click.option(
            "--evaluated", type=click.Choice(["excellent", "qualified", "unqualified"]), help="最近一次评价的结果"
        ),
        click.option("--named", type=click.Choice(["recommended", "typical", "pilot"]), help="称号"),
        click.option(
            "--report", type=click.Choice(list(SHOWN)), help="该年度报送情况，如 unreported（未报）；须写明 --year"
        ),
        click.option(
            "--survey", type=click.Choice(list(get_args(Stands))), help="该年度统计调查填报情况；须写明 --year"
        ),
        click.option("--year", type=click.IntRange(2021, 2060), help="报送年度"),
        click.option("--overdue", is_flag=True, help="有部门逾期未办的事项"),
        click.option("--waiting-for", help="待办机构代码"),
        click.option("--zone", type=click.Choice(list(offices.ZONES)), help="高新区代码"),
        click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码"),
        click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="阶段"),
    ):
        command = option(command)
    return command


def meant(wanted: dict[str, Any]) -> dict[str, Any]:
    """What the options of a list say, as the register is asked: by the filter of every door."""
    try:
        return Filter.model_validate({name: each for name, each in wanted.items() if each}).facts
    except ValidationError as error:
        name = error.errors()[0]["loc"][0]
        raise click.UsageError(f"--{str(name).replace('_', '-')} 有误：{wanted[str(name)]}") from None


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
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{name} 的文字编码不是 UTF-8") from error
    except (ValueError, RecursionError) as error:
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
