"""Writing files: what follows `export`."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from activities.channels.pages import calendars
from activities.documents import decision, docket, dossier, drafting, forms, packaging, sheets, survey_tables
from activities.documents.drafting import Draft, NotTogether
from activities.documents.record import NoSuchFiling
from activities.files import put, putting
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.rounds.register import RoundRegister
from cli.arguments import EVERY, as_day, as_json, meant, narrowed
from cli.output import say
from cli.tools import found, the_attachments, the_channels, the_contacts, the_register
from gateway.pages.design.sheet import sheet
from gateway.problem import NoRound, NotFound, Refused
from models.findings import Refusal
from models.rounds.surveys import SurveyState
from models.settings import read_settings
from models.values import day_of
from regulation.offices import Scope


class NoSuchEntry(NotFound):
    """没有这一号登记"""


class NobodyKnown(NotFound):
    """没有这一机构或盟主企业"""


@click.group(help="写出文件并列出其路径：公文草稿、公示、申请表、卷宗、归档包、表格、公示公告网页、日历。")
def export() -> None:
    """The commands below, each of which writes files and says which."""


def exporting(name: str, what: str, to: Path | None = Path()) -> Callable[[Callable[..., list[Path]]], Any]:
    """Make a command of what writes files into a folder: `--to` says which. It speaks in the deployment's own texts,
    and only by the terms and calendars by which the filings count."""
    place = "写入的文件夹；缺省为当前文件夹" if to else "写入的文件夹"

    def made(write: Callable[..., list[Path]]) -> Any:
        @export.command(name, help=what)
        @click.option("--to", default=to, type=click.Path(file_okay=False, path_type=Path), help=place)
        @as_json
        @wraps(write)
        def command(to: Path | None, json_: bool, **asked: Any) -> None:
            the_channels()
            the_register().refuse_changed_editions()
            try:
                paths = write(to, **asked)
            except NoSuchFiling as missing:
                raise NotFound(*missing.args) from missing
            except OSError as error:
                raise click.UsageError(f"写不进文件夹 {to or ''}：{error.strerror}") from error
            if json_:
                say(paths)
            else:
                click.echo("".join(f"{path}\n" for path in paths), nl=False)

        return command

    return made


def laid(to: Path, drafts: Iterable[Draft], of: str = "") -> list[Path]:
    """Documents as files in a folder; what is of a filing begins with its id."""
    return [put(to / "-".join(filter(None, (of, each.name))), each.content) for each in drafts]


@exporting("drafts", "一件备案的公文草稿（docx）；以 --entry 只写一号登记的。")
@click.argument("filing_id")
@click.option("--entry", type=click.IntRange(min=1), help="登记号")
def export_drafts(to: Path, filing_id: str, entry: int | None) -> list[Path]:
    """Official drafts of a filing's life, or of one entry."""
    register = the_register()
    if (entry or 0) > found(register, filing_id).number:
        raise NoSuchEntry(f"{filing_id} {entry}")
    contacts = the_contacts()
    if entry:
        return laid(to, drafting.draft(register, filing_id, entry, contacts), filing_id)
    return laid(to, drafting.drafts(register, filing_id, contacts), filing_id)


@exporting("notice", "一份公示（docx），可含同一机构、同一类别、公示期相同的几个联盟。")
@click.argument("filing_ids", metavar="FILING_ID...", nargs=-1, required=True)
def export_notice(to: Path, filing_ids: tuple[str, ...]) -> list[Path]:
    """One public notice of several alliances."""
    together = list(dict.fromkeys(filing_ids))
    try:
        return laid(to, [drafting.notice(the_register(), together, the_contacts())], together[0])
    except NotTogether as apart:
        refusal = Refusal(message=str(apart), article="《工作指引》第九条第2项（A-31）", missing=str(apart))
        raise Refused(refusal) from apart


@exporting("form", "填好的备案申请表，各版各一份（docx）。")
@click.argument("filing_id")
def export_form(to: Path, filing_id: str) -> list[Path]:
    """The application form of every version."""
    return laid(to, forms.forms(the_register(), filing_id), filing_id)


@exporting("docket", "卷宗（docx）。")
@click.argument("filing_id")
def export_docket(to: Path, filing_id: str) -> list[Path]:
    """The docket."""
    return laid(to, [Draft("卷宗.docx", docket.docket(the_register(), filing_id))], filing_id)


@exporting("dossier", "归档包（zip）：全部登记、文书、消息和文件，可离线核验；含个人信息。")
@click.argument("filing_id")
def export_dossier(to: Path, filing_id: str) -> list[Path]:
    """Everything on a filing, for the archive."""
    register, path = the_register(), to / f"{filing_id}-归档包.zip"
    found(register, filing_id)
    with putting(path) as pack:
        signer = packaging.signer_of(read_settings())
        dossier.write_dossier(pack, register, filing_id, the_attachments(), the_contacts(), signer)
    return [path]


@click.command(
    "proof", help="一项决定的证明（zip）：所据的登记、文书、送达、期限和日志中的位置，可离线核验；含个人信息。"
)
@click.argument("filing_id")
@click.argument("entry", type=click.IntRange(min=1))
@click.argument("to", type=click.Path(file_okay=False, path_type=Path))
@as_json
def proof(filing_id: str, entry: int, to: Path, json_: bool) -> None:
    """The proof of one entry, for whoever may read everything."""
    register, path = the_register(), to / f"{filing_id}-第{entry}号证明.zip"
    found(register, filing_id)
    register.refuse_changed_editions()
    try:
        with putting(path) as pack:
            signer = packaging.signer_of(read_settings())
            decision.write_decision(pack, register, filing_id, entry, lambda filing, kind: True, signer)
    except decision.NoSuchDecision as missing:
        raise NoSuchEntry(f"{filing_id} {entry}") from missing
    except OSError as error:
        raise click.UsageError(f"写不进文件夹 {to}：{error.strerror}") from error
    if json_:
        say([path])
    else:
        click.echo(path)


@exporting("summary", "汇总表（xlsx）：每件备案一行，按属地和编号排列。")
@narrowed
def export_summary(to: Path, **wanted: Any) -> list[Path]:
    """The summary that cities send upward."""
    register = the_register()
    rows = sorted(register.filings(**meant(wanted), limit=EVERY), key=lambda row: (row.jurisdiction, row.filing_id))
    return laid(to, [Draft("汇总表.xlsx", sheets.summary(register, rows))])


@exporting("deadlines", "期限表（xlsx）：每件备案一行，逾期最久的在前，其余按最近期限。")
@narrowed
def export_deadlines(to: Path, **wanted: Any) -> list[Path]:
    """What every filing waits for, and until when."""
    rows = the_register().filings(**meant(wanted), limit=EVERY)
    return laid(to, [Draft("期限表.xlsx", sheets.deadlines(rows, day_of(datetime.now(UTC))))])


@exporting("survey", "统计调查的填报数据：xlsx（含汇总）、csv（一行一数）或 json。")
@click.argument("round_id")
@click.option("--as", "ending", type=click.Choice([*survey_tables.MADE]), default="xlsx", help="文件格式")
def export_survey(to: Path, round_id: str, ending: str) -> list[Path]:
    """What alliances told in a survey."""
    register = the_register()
    round_ = RoundRegister(register.engine).round(round_id)
    if round_ is None or not isinstance(round_.of, SurveyState):
        raise NoRound(round_id)
    with register.engine.connect() as db:
        survey = survey_tables.survey_in(db, round_, Scope())
    return laid(to, [Draft(f"{round_.title}.{ending}", survey_tables.MADE[ending](survey))])


@exporting("site", "公示公告的网页和订阅源，缺省写在服务所写之处；只写内容有变的文件。", to=None)
@click.option("--on", callback=as_day, help="以哪一天为准；缺省为今天")
def export_site(to: Path | None, on: date | None) -> list[Path]:
    """The announcements, as any web server can serve them."""
    settings = read_settings()
    notices = Notices(the_register().engine)
    folder, address, door = to or settings.site, settings.site_address, settings.own_address
    site = Site(folder, notices, address, door, sheet(), notices.log)
    return site.write_all(on or day_of(datetime.now(UTC)))


@exporting("calendar", "一个机构或盟主企业（代码）的日程（ics）。")
@click.argument("whose", metavar="OFFICE_OR_LEADER")
def export_calendar(to: Path, whose: str) -> list[Path]:
    """The deadlines of an office or a leader."""
    written = calendars(the_register(), whose)
    if whose not in written:
        raise NobodyKnown(whose)
    return laid(to, [Draft(f"{whose}.ics", written[whose])])
