"""Ready links into the Temporal UI (workflows/links.py)."""

from datetime import UTC, date, datetime

import click

from cli.arguments import as_day, as_json
from cli.output import say
from gateway.shown.operations import asked
from models.settings import read_settings
from models.values import day_of
from regulation import offices
from workflows import links as ready
from workflows.connection import namespace


@click.command(help="在 Temporal UI 中查看备案的链接：某日以前到期、逾期、未报送、暂停、停滞等。")
@click.option("--day", callback=as_day, help="日期，含当日24时；缺省为今日")
@click.option("--office", type=click.Choice(offices.KEYS), default=offices.PROVINCE, show_default=True, help="机构代码")
@as_json
def links(day: date | None, office: str, json_: bool) -> None:
    """Print every link."""
    settings = read_settings()
    ui = settings.ui_address or f"http://127.0.0.1:{settings.ui_port}"
    until = day or day_of(datetime.now(UTC))
    wanted = asked(until, office, settings)
    told = [
        {"key": link.key, "title": title, "query": link.query(wanted), "address": address}
        for link, title, address in ready.told(wanted, ui, namespace())
    ]
    if json_:
        say(told)
        return
    for each in told:
        click.echo(f"{each['title']}\n  {each['address']}")
