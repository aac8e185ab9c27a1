"""The application forms (备案申请表) as filled in: form A (《工作指引》附件) and form B (2023年通知附件2), as they are printed.

Labels are the titles of the fields (models/forms.py); fields that the system added stand where they belong. Each version
of an application is a form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_never

from docx.document import Document
from docx.oxml.simpletypes import ST_Merge
from docx.table import _Cell, _Row

from activities.documents import gongwen
from activities.documents.drafting import Draft
from activities.documents.gongwen import Grid
from activities.documents.record import Record, read
from activities.register import Register
from models.forms import Application, Counts, FormA, FormB, LeaderYear, Member
from models.sections import ON_MEMBERS, PRINTED_TITLES, TEXTS
from models.values import Value, day_of
from models.vocabulary import Kind
from regulation import intake, naming
from regulation.naming import on_day
from regulation.retention import MASK

LEADER_TYPES = ("瞪羚", "雏鹰", "科技型中小企业")
COOPERATION_FORMS = ("签署产学研合作协议", "开展项目合作", "联合培养人才", "共建研发机构", "其他")

COLUMNS = 12
"""A form is laid out in twelfths of the text's width."""

TWELFTH = gongwen.TYPE_AREA / COLUMNS
"""How wide that is, in millimetres."""


@dataclass(frozen=True)
class Cell:
    """A cell of a form, `span` twelfths wide and `down` rows high: a label, which is centred, or a value."""

    text: str
    span: int
    label: bool = False
    down: int = 1


Row = Sequence[Cell]


def forms(register: Register, filing_id: str) -> list[Draft]:
    """Every version of an application as its form, filled in: `申请表-V1.docx`."""
    return of_record(read(register, filing_id))


def of_record(record: Record) -> list[Draft]:
    """The same of what was read. The years of form B count from the call, so from the first version."""
    made = []
    for version in record.versions:
        paper = record.paper(version.paper)
        if paper.get("listed"):  # a row of a list fills in no form
            continue
        form = as_stored(paper)
        content = form_of(form, version.received_at, day_of(record.versions[0].received_at).year)
        made.append(Draft(f"申请表-V{version.version}.docx", content))
    return made


STANDS_IN = {"phone": "024-00000000", "fax": None, "email": None}
"""What stands for a way to reach somebody while a paper is read in which it was masked: what says that is none."""


def as_stored(paper: Mapping[str, Any]) -> Application:
    """An application as its paper says, also where it was masked."""
    leader = paper["leader"]
    masked = {name: MASK for name in STANDS_IN if leader.get(name) == MASK}
    whole = {**paper, "leader": {**leader, **{name: STANDS_IN[name] for name in masked}}}
    form: Application = intake.FORMS[paper["kind"]].model_validate(whole)
    return form.but(leader=form.leader.but(**masked)) if masked else form


def form_of(form: Application, received_at: datetime, call: int, *, note: str = "") -> bytes:
    """An application as its form, filled in; `call` is the year of the application. Of a draft that is not to be sealed
    yet a `note` says why."""
    document = gongwen.blank(PRINTED_TITLES[Kind(form.kind)], form.leader.name, received_at)
    gongwen.heading(document, PRINTED_TITLES[Kind(form.kind)], 0)
    document.add_paragraph(note)
    match form:
        case FormA():
            _form_a(document, form)
        case FormB():
            _form_b(document, form, call)
        case _:
            assert_never(form)
    gongwen.heading(document, "承诺与送达")
    lay(
        document,
        [
            [*_asked(form, "all_members_signed", 3, 3), *_asked(form, "integrity_commitment", 3, 3)],
            [*_asked(form.service, "consent", 3, 9)],
            [*_asked(form.service, "address", 3, 9)],
            *_confirmed(form),
            [Cell("盟主单位（公章）：\n\n\n年　　月　　日", COLUMNS)],
        ],
    )
    return gongwen.saved(document)


def _confirmed(form: Application) -> list[Row]:
    """Which wordings were confirmed, where that is told."""
    told = [f"{_title(form, name)}：{value}" for name in TEXTS if (value := getattr(form, name))]
    return [[Cell("\n".join(told), COLUMNS)]] if told else []


def _form_a(document: Document, form: FormA) -> None:
    leader = form.leader
    leads: list[Row] = [
        *(_asked(leader, name, 3, 8) for name in ("name", "uscc", "registered_address", "operating_address")),
        [*_asked(leader, "sales_last_year", 3, 2), *_asked(leader, "rd_last_year", 3, 3)],
        [*_asked(leader, "is_tech_sme", 3, 2), *_asked(leader, "tech_sme_number", 3, 3)],
        [*_asked(leader, "in_zone", 3, 2), *_asked(leader, "zone_name", 3, 3)],
        [*_asked(leader, "is_eagle_or_gazelle", 3, 2), *_asked(leader, "capability_alliance", 3, 3)],
        [*_asked(leader, "contact", 3, 2), *_asked(leader, "phone", 3, 3)],
        [*_asked(leader, "fax", 3, 2), *_asked(leader, "email", 3, 3)],
    ]
    gongwen.heading(document, "一、联盟简况")
    lay(
        document,
        [
            _asked(form, "alliance_name", 3, 9),
            [*_asked(form, "agreement_effective_on", 3, 3), *_asked(form, "technical_field", 2, 4)],
            *_beside("盟\n主\n情\n况", 1, leads),
            *_counts(form.counts),
        ],
    )
    gongwen.heading(document, f"二、{_title(form, 'innovation_goal')}")
    lay(document, [[Cell(form.innovation_goal, COLUMNS)]])
    gongwen.heading(document, ON_MEMBERS)
    name, code, position = (Member.model_fields[each].title or "" for each in ("name", "code", "position"))
    members = [(str(n), f"{each.name}\n{_code(each)}", each.position) for n, each in enumerate(form.members, 1)]
    gongwen.tabulate(document, Grid(("序号", f"{name}及{code}", position), (14, 62, 80), members))
    document.add_paragraph("注：若成员单位超过10家，则只需填写主要成员单位的有关情况。", gongwen.CELL)


def _form_b(document: Document, form: FormB, call: int) -> None:
    leader = form.leader
    years: Row = [Cell("年份", 4, label=True), *(Cell(f"{call - back}年", 4, label=True) for back in (1, 2))]
    lay(
        document,
        [
            _asked(form, "alliance_name", 3, 9),
            [*_asked(form, "technical_field", 3, 3), *_asked(form, "zone_name", 3, 3)],
            _asked(form, "agreement_effective_on", 3, 9),
        ],
    )
    gongwen.heading(document, "一、盟主企业情况")
    lay(
        document,
        [
            *(_asked(leader, name, 4, 8) for name in ("name", "uscc", "registered_address", "operating_address")),
            [Cell(_title(leader, "types"), 4, label=True), Cell(boxes(LEADER_TYPES, leader.types), 8)],
            years,
            *_in_two_years(leader.last_year, leader.year_before, but=("ip_class1", "ip_class2")),
            [
                Cell("知识产权情况（提供证明材料）", 4, label=True),
                *(Cell(_rights(year), 4) for year in (leader.last_year, leader.year_before)),
            ],
            _asked(leader, "projects", 4, 8),
            [*_asked(leader, "contact", 2, 4), *_asked(leader, "phone", 2, 4)],
            [*_asked(leader, "fax", 2, 4), *_asked(leader, "email", 2, 4)],
        ],
    )
    gongwen.heading(document, "二、联盟情况")
    done: list[Row] = [
        [Cell("单位或团队名称", 4, label=True), Cell("合作内容及阶段目标", 6, label=True)],
        *([Cell(each.partner, 4), Cell(each.content, 6)] for each in form.cooperation),
    ]
    other = f"：{form.other_cooperation_form}" if form.other_cooperation_form else ""
    ways = boxes(COOPERATION_FORMS, form.cooperation_forms) + other
    lay(
        document,
        [
            *_beside(_title(form, "cooperation"), 2, done),
            [Cell(_title(form, "cooperation_forms"), 2, label=True), Cell(ways, 10)],
            years,
            *_in_two_years(form.last_year, form.year_before),
            *_counts(form.counts),
            *([Cell(f"{_title(form, name)}：\n{getattr(form, name)}", COLUMNS)] for name in TEXTS_OF_B),
        ],
    )
    gongwen.heading(document, ON_MEMBERS)
    name, code, position = (Member.model_fields[each].title or "" for each in ("name", "code", "position"))
    members = [(str(n), each.name, _code(each), each.position) for n, each in enumerate(form.members, 1)]
    gongwen.tabulate(document, Grid(("序号", name, f"成员单位{code}", position), (14, 40, 50, 52), members))


TEXTS_OF_B = ("cooperation_status", "development_tasks")


# Rows and cells


def lay(document: Document, rows: Sequence[Row]) -> None:
    """A table of these rows. What a row lacks to the full width, on its left, a cell above it reaches down into."""
    table = gongwen.ruled(document, 0, (TWELFTH,) * COLUMNS)
    for row in rows:
        line = gongwen.line(table)
        if reached := COLUMNS - sum(cell.span for cell in row):
            gongwen.spanning(line, reached, reached * TWELFTH).vMerge = ST_Merge.CONTINUE
        for cell in row:
            made = gongwen.spanning(line, cell.span, cell.span * TWELFTH)
            if cell.down > 1:
                made.vMerge = ST_Merge.RESTART
            gongwen.fill(_Cell(made, table), cell.text, centred=cell.label)
        if any(cell.down > 1 for cell in row):
            gongwen.keep_with_next(_Row(line, table))


def _beside(text: str, span: int, rows: Sequence[Row]) -> list[Row]:
    """Rows with one label to the left of them all."""
    first, *others = rows
    return [[Cell(text, span, label=True, down=len(rows)), *first], *others]


def _asked(of: Value, name: str, label: int, value: int) -> Row:
    """A field: what it is called, and what was filled in."""
    return [Cell(_title(of, name), label, label=True), Cell(written(getattr(of, name)), value)]


def _title(of: Value, name: str) -> str:
    return type(of).model_fields[name].title or ""


def _in_two_years(last: Value, before: Value, but: Iterable[str] = ()) -> list[Row]:
    """The fields of a year's column, for both years side by side."""
    return [
        [Cell(_title(last, name), 4, label=True), *(Cell(written(getattr(year, name)), 4) for year in (last, before))]
        for name in type(last).model_fields
        if name not in but
    ]


def _counts(counts: Counts) -> list[Row]:
    """成员数量, two by two."""
    told = [
        [Cell(_title(counts, name), 3, label=True), Cell(f"{getattr(counts, name)} 个", 3)]
        for name in type(counts).model_fields
    ]
    return [[*left, *right] for left, right in zip(told[::2], told[1::2], strict=True)]


def _rights(year: LeaderYear) -> str:
    return f"I类 {year.ip_class1} 项，II类 {year.ip_class2} 项"


def _code(member: Member) -> str:
    return member.code if member.country == "CN" else f"{member.code}（{member.country}）"


def written(value: object) -> str:
    """What was filled in, as people write it."""
    if isinstance(value, bool):
        return boxes(("是", "否"), ("是" if value else "否",))
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, date):
        return on_day(value)
    return "" if value is None else naming.place(str(value))


def boxes(offered: Iterable[str], chosen: Iterable[str]) -> str:
    """Every choice with its box, ticked or not."""
    ticked = set(chosen)
    return "　".join(f"{'☑' if each in ticked else '☐'}{each}" for each in offered)
