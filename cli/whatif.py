"""推演: what would become of the register's filings, by another number, calendar or conduct. Nothing is changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.table import Table

from activities import forks
from activities.documents import whatif as documents
from activities.files import put
from activities.pictures import whatif as pictures
from activities.whatifs import WhatIfs
from cli.arguments import as_day, as_instant, as_json, read_acts, read_file
from cli.output import console, say, watching
from cli.tools import the_register
from gateway.problem import refuse
from models.values import day_of
from models.vocabulary import Kind
from models.whatif import MOST_DELAY, MOST_YEARS, Assumption, Conduct, Outcome, Question
from regulation import offices
from regulation import whatif as whatif_of
from regulation.editions import EditionRefused
from regulation.identity import SERVICE
from regulation.term_names import Proposal, proposed

CONDUCTS = click.Choice([each.value for each in Conduct])


@click.command(
    "whatif",
    help="推演：备案库中每一件备案，以现行的和假定的期限标准、工作日历、办理情况各推演若干年，比较差异。只读，不改变任何备案。",
)
@click.option(
    "--set", "sets", multiple=True, metavar="项目=值", help="假定的期限标准，如 annual.deadline=12-15；可多次写明"
)
@click.option("--kind", type=click.Choice([each.value for each in Kind]), help="假定的期限标准只适用于此类")
@click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="假定的期限标准只适用于此属地")
@click.option("--from", "since", callback=as_day, help="假定的期限标准自何日起；缺省为起点之日")
@click.option("--terms", "terms_file", help="假定的期限标准版本（JSON 文件，与版本目录中的同式）")
@click.option("--calendar", "calendar_file", help="假定的工作日历版本（JSON 文件）")
@click.option("--years", default=3, show_default=True, type=click.IntRange(1, MOST_YEARS), help="推演几年")
@click.option("--leaders", default=Conduct.AS_BEFORE.value, show_default=True, type=CONDUCTS, help="盟主企业如何办理")
@click.option(
    "--offices", "conduct", default=Conduct.AS_BEFORE.value, show_default=True, type=CONDUCTS, help="机构如何办理"
)
@click.option("--share", default=100, show_default=True, type=click.IntRange(0, 100), help="百分之多少的联盟会办理")
@click.option("--delay", default=0, show_default=True, type=click.IntRange(0, MOST_DELAY), help="各机构慢几个工作日")
@click.option("--delay-of", multiple=True, metavar="机构=天数", help="某一机构慢几个工作日，如 210100=5；可多次写明")
@click.option("--acts", "acts_file", help="另外假定的行为（JSON 数组，每项写明 filing_id）")
@click.option("--no-calendars", is_flag=True, help="不假定以后年度的工作日历按时公布")
@click.option("--at", "at", callback=as_instant, help="起点（ISO 时间或日期），不晚于现在；缺省为现在")
@click.option("--one-in", default=1, show_default=True, type=click.IntRange(1, 100_000), help="每多少件取一件")
@click.option("--attach", is_flag=True, help="把结果随附于 --terms 或 --calendar 的版本，供启用时备查")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="另写为工作簿")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="另画为图：FILE 为逐月，FILE 名后加 -offices 为机构"
)
@as_json
def whatif(
    sets: tuple[str, ...],
    kind: str | None,
    jurisdiction: str | None,
    since: date | None,
    at: datetime | None,
    xlsx: Path | None,
    svg: Path | None,
    json_: bool,
    **asked: Any,
) -> None:
    """Live a fork of the register on, and tell what differs."""
    now = datetime.now(UTC)
    at = at or now
    if at > now:
        raise click.UsageError("起点不得晚于现在")
    if not sets and (kind or jurisdiction or since):
        raise click.UsageError("--kind、--jurisdiction、--from 只用于 --set 所假定的项目")
    register = the_register()
    terms = read_file(asked["terms_file"]) if asked["terms_file"] else None
    if sets:
        if terms is not None:
            raise click.UsageError("--set 与 --terms 只能择一")
        proposals = [
            Proposal(key=key, written=value, kind=kind, jurisdiction=jurisdiction) for key, value in map(_pair, sets)
        ]
        terms, findings = proposed(proposals, since or day_of(at))
        if findings:
            refuse(findings)
    if asked["attach"] and (sets or not (asked["terms_file"] or asked["calendar_file"])):
        raise click.UsageError("--attach 须与 --terms 或 --calendar 同用")
    question = _question(terms, asked)
    try:
        with watching() as watch:
            outcome = forks.run(register.engine, question, at, watch)
    except EditionRefused as refused:
        raise click.UsageError(str(refused)) from None
    if asked["attach"]:
        _attached(WhatIfs(register.engine), question, outcome, now)
    if xlsx:
        _written(xlsx, lambda: documents.workbook(outcome))
    if svg:
        _written(svg, lambda: pictures.months_drawn(outcome).encode())
        _written(svg.with_stem(f"{svg.stem}-offices"), lambda: pictures.offices_drawn(outcome).encode())
    if json_:
        say(outcome)
    else:
        _print(outcome)


def _attached(whatifs: WhatIfs, question: Question, outcome: Outcome, now: datetime) -> None:
    """Keep the outcome with the editions that were asked about, by their digests."""
    for subject, document in ((whatif_of.TERMS, question.terms), (whatif_of.CALENDAR, question.calendar)):
        if document is not None:
            whatifs.attach(subject, document, outcome, SERVICE, now)


def _question(terms: dict[str, Any] | None, asked: dict[str, Any]) -> Question:
    delays = dict(map(_pair, asked["delay_of"]))
    if unknown := [office for office in delays if office not in offices.KEYS]:
        raise click.UsageError(f"没有这一机构：{'、'.join(unknown)}")
    acts: dict[str, list[dict[str, Any]]] = {}
    for each in read_acts(asked["acts_file"]) if asked["acts_file"] else ():
        acts.setdefault(str(each.pop("filing_id", "")), []).append(each)
    try:
        return Question(
            years=asked["years"],
            assumption=Assumption(
                leaders=asked["leaders"], share=asked["share"], offices=asked["conduct"], delay=asked["delay"],
                delays={office: int(days) for office, days in delays.items()}, calendars=not asked["no_calendars"],
            ),
            terms=terms,
            calendar=read_file(asked["calendar_file"]) if asked["calendar_file"] else None,
            one_in=asked["one_in"],
            acts={name: tuple(each) for name, each in acts.items()},
        )  # fmt: skip
    except (ValidationError, ValueError) as error:
        raise click.UsageError(f"假定有误：{error}") from None


def _pair(written: str) -> tuple[str, str]:
    name, is_pair, value = written.partition("=")
    if not is_pair:
        raise click.UsageError(f"须写作 名称=值：{written}")
    return name.strip(), value.strip()


def _written(path: Path, make: Callable[[], bytes]) -> None:
    try:
        put(path, make())
    except OSError as error:
        raise click.UsageError(f"写不进 {path}：{error.strerror}") from error


def _print(outcome: Outcome) -> None:
    for name, what in documents.supposed(outcome):
        console.print(f"{name}：{what}")
    for title, heads, lines in (
        ("事项", documents.SUM_HEADS, documents.sum_lines(outcome)),
        ("机构", documents.LOAD_HEADS, documents.load_lines(outcome)),
    ):
        table = Table(*(head.title for head in heads), title=title)
        for line in lines:
            table.add_row(*("" if each is None else str(each) for each in line))
        console.print(table)
    was, is_now = outcome.stopped
    if was or is_now:
        console.print(f"因当日过多而暂停、待两人复核的撤销：现行{was}件，假定{is_now}件")
    console.print(f"有差异的备案：{outcome.differing}件")
    for each in outcome.listed[:20]:
        console.print(
            f"  {each.filing}  {'；'.join(map(documents.told, each.changes[:3]))}"
            + ("……" if len(each.changes) > 3 else "")
        )
    if outcome.differing > 20:
        console.print("  其余见 --xlsx 或 --json")
