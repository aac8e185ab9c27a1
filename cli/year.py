"""A year of reports (年度报送): its board and who may miss it; the closing report and what was reported are `export year`."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from activities.documents.drafting import Draft
from cli.arguments import EVERY, as_json
from cli.exports import exporting, laid
from cli.output import console, say
from cli.tools import the_register
from gateway.shown.year import MAKES, Year
from models.vocabulary import Kind
from regulation import offices
from regulation.reporting import SHOWN, Tally


def of_a_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """The year, and the options that say over which alliances."""
    for option in (
        click.option("--zone", type=click.Choice(list(offices.ZONES)), help="高新区代码"),
        click.option("--jurisdiction", type=click.Choice(list(offices.OFFICES)), help="属地代码"),
        click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="类别"),
        click.argument("year", type=click.IntRange(2021, 2060)),
    ):
        command = option(command)
    return command


def _year(year: int, kind: str | None, jurisdiction: str | None, zone: str | None) -> Year:
    scope = offices.Scope(jurisdiction=jurisdiction, zone=zone)
    office = zone or jurisdiction or offices.PROVINCE
    return Year(the_register(), scope, office, datetime.now(UTC), year, Kind(kind) if kind else None)


@click.command(help="一个年度的报送情况：应报、已报、迟报、未报、准予延期、免报；--forecast 列出可能不报的及其理由。")
@of_a_place
@click.option("--forecast", is_flag=True, help="可能不报的联盟")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, EVERY), help="最多列出（--forecast）")
@as_json
def board(year: int, forecast: bool, limit: int, json_: bool, **place: Any) -> None:
    """Show the board of a year, or who may miss it."""
    told = _year(year, **place)
    if forecast:
        found = told.boards.at_risk(year, told.scope, told.kind)
        at_risk = dict(islice(found.items(), limit))
        if json_:
            say([{"filing_id": each, "reasons": risk.reasons} for each, risk in at_risk.items()])
        for each, risk in at_risk.items() if not json_ else ():
            console.print(f"{each}  {'；'.join(risk.reasons)}")
        if len(found) > len(at_risk) and not json_:
            console.print(f"共{len(found)}件，只列出最需要催报的{len(at_risk)}件（--limit）。")
        return
    counted = told.board
    if json_:
        say({city: {key: tally[key] for key in SHOWN} for city, tally in _lines(counted.cities, counted.total)})
        return
    table = Table("地区", *(shown.title for shown in SHOWN.values()), "报送率")
    for city, tally in _lines({offices.CITIES[code]: each for code, each in counted.cities.items()}, counted.total):
        table.add_row(city, *(str(tally[key]) for key in SHOWN), "—" if tally.rate is None else f"{tally.rate}%")
    console.print(table)


def _lines(cities: Any, total: Tally) -> list[tuple[str, Tally]]:
    return [*cities.items(), ("合计", total)]


@exporting("year", "一个年度的报送情况报告（docx）、情况表（xlsx）和报告内容（xlsx、CSV、JSON）。")
@of_a_place
def export_year(to: Path, year: int, **place: Any) -> list[Path]:
    """The documents of a year."""
    told = _year(year, **place)
    return laid(to, [Draft(title.format(year), make(told)) for title, _, make in MAKES.values()])
