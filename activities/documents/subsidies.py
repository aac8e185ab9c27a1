"""Documents of the subsidy (后补助): the list with each amount explained, and what goes to whoever pays.

Made of plain values: who calls reads the round and its papers.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO

from activities.documents import gongwen, sheets
from activities.documents.gongwen import Grid
from activities.documents.sheets import Cell, Head, Sheet
from models.rounds.merit import Line, Scheme, SubsidyList
from models.values import day_of
from regulation import offices
from regulation.articles import RULES_TITLE
from regulation.naming import on_day
from regulation.rounds.bands import SubsidyTerms, interval, plain
from regulation.rounds.merit import GRADES, ORDER, TIE, paid_lines, total_of

UNCHECKED = "草稿，须经机关审核后印发"
OFFICE = "辽宁省科学技术厅"


@dataclass(frozen=True)
class Listed:
    """A list as it was approved: of which year, by which scheme and terms, under which digest, when."""

    year: int
    scheme: Scheme
    scheme_no: str
    terms: SubsidyTerms
    drawn: SubsidyList
    digest: str
    at: datetime
    document_no: str = ""

    @property
    def title(self) -> str:
        """What the list is called."""
        return f"{self.year}年度科技型中小企业技术能力提升\n后补助拟支持名单"


def notice(listed: Listed, online: str = "") -> bytes:
    """公示稿 (docx): what is given and how, the list, and each amount explained line by line in an attachment. `online`: where it is read."""
    document = gongwen.blank(listed.title, OFFICE, listed.at, UNCHECKED)
    gongwen.heading(document, listed.title, 0)
    gongwen.write(document, list(_text(listed)))
    gongwen.reached(document, "公示名单和提出异议的办法，可在线查看", online)
    gongwen.attach(document, "1", "拟支持名单", _list_grid(listed))
    gongwen.attach(document, "2", "区间定额表", _bands_grid(listed.scheme))
    gongwen.attach(document, "3", "各联盟资金安排说明", _why_grid(listed))
    return gongwen.saved(document)


def _text(listed: Listed) -> Iterator[tuple[str, str]]:
    lines, scheme = paid_lines(listed.drawn), listed.scheme
    yield (
        "",
        f"根据{RULES_TITLE}第九条、第十条和{listed.scheme_no}，依据年度绩效评价结果和经核对的{listed.year - 1}年度研发投入，拟对{len(lines)}家联盟的盟主企业给予后补助支持，合计{plain(listed.drawn.total)}万元（年度资金总额{plain(scheme.budget)}万元）。现予公示。",
    )
    yield "#", "一、支持额度"
    yield (
        "",
        f"按照区间定额法（附件2）安排，每一定额均不低于盟主企业上一年度研发投入总额的{listed.terms.least_percent:f}%、不高于{listed.terms.most_percent:f}%，且最高不超过{plain(listed.terms.cap)}万元。",
    )
    yield "#", "二、择优次序"
    yield (
        "",
        f"依次比较：{'，'.join(ORDER[key] for key in scheme.order)}；{TIE}。按次序安排至资金不足以安排下一名为止，定额不拆分，也不越过在前者安排在后者。",
    )
    yield "#", "三、异议"
    yield "", "对名单有异议的，请在公示期内实名、书面提出并附证据；单位提出的须加盖公章。匿名或者逾期的不予受理。"
    yield "+", "拟支持名单"
    yield "+", "区间定额表"
    yield "+", "各联盟资金安排说明"
    yield ">", OFFICE
    yield ">", on_day(day_of(listed.at))


def _list_grid(listed: Listed) -> Grid:
    rows = [
        (
            str(line.rank), line.alliance, line.leader_name, line.archive_number or "", offices.CITIES[line.jurisdiction],
            GRADES.get(line.grade or "", ""), plain(line.amount),
        )
        for line in paid_lines(listed.drawn)
        if line.amount is not None
    ]  # fmt: skip
    rows.append(("", "合计", f"{len(rows)}家", "", "", "", plain(listed.drawn.total)))
    header = ("名次", "联盟名称", "盟主企业", "备案编号", "所在市", "评价等级", "金额（万元）")
    return Grid(header, (11, 36, 36, 27, 16, 14, 16), rows)


def _bands_grid(scheme: Scheme) -> Grid:
    rows = [(str(number), interval(band), plain(band.amount)) for number, band in enumerate(scheme.bands, 1)]
    return Grid(("档", "上一年度研发投入总额", "定额（万元）"), (16, 100, 40), rows)


def _why_grid(listed: Listed) -> Grid:
    """What each amount rests on. Who was left out, and why, is nobody's but theirs."""
    rows = [(line.alliance, "\n".join(public_why(line, listed))) for line in paid_lines(listed.drawn)]
    return Grid(("联盟", "说明"), (40, 116), rows)


def public_why(line: Line, listed: Listed) -> list[str]:
    """The lines of an explanation that the public may read: without score and base, unless the edition publishes bases (G-04b)."""
    if line.rank is None or listed.terms.publish_base:
        return list(line.why)
    band = listed.scheme.bands[(line.band or 1) - 1]
    graded = f"评价：年度绩效评价结果为“{GRADES.get(line.grade or '', '')}”。"
    fixed = f"定额：{listed.year - 1}年度研发投入经核对在第{line.band}档，{interval(band)}，定额{plain(band.amount)}万元，在上下限之内。"
    return [graded, fixed, *(each for each in line.why if each.startswith(("次序", "资金")))]


def table(listed: Listed) -> bytes:
    """名单全表 (xlsx): everybody that was considered, with figures and reasons, for the office."""
    heads = [
        Head("名次", 6), Head("平台申请编号", 22), Head("备案编号", 26), Head("联盟名称", 36), Head("盟主企业", 30),
        Head("统一社会信用代码", 22), Head("所在市", 12), Head("评价等级", 10), Head("得分", 10), Head("研发投入（万元）", 14),
        Head("档", 6), Head("金额（万元）", 12), Head("说明", 110),
    ]  # fmt: skip
    lines = [
        [
            line.rank, line.filing, line.archive_number, line.alliance, line.leader_name, line.leader,
            offices.CITIES[line.jurisdiction], GRADES.get(line.grade or "", ""), line.score,
            line.base.amount if line.base else None, line.band, line.amount, "\n".join(line.why),
        ]
        for line in listed.drawn.lines
    ]  # fmt: skip
    return sheets.table("后补助名单", heads, lines, listed.at)


# Payment

PAYMENT = (
    Head("序号", 6), Head("单位名称", 36), Head("统一社会信用代码", 22), Head("备案编号", 26), Head("联盟名称", 36),
    Head("所在市", 12), Head("金额（万元）", 14), Head("金额（元）", 16), Head("用途", 40),
)  # fmt: skip


def _payments(listed: Listed) -> list[list[Cell]]:
    return [
        [
            number, line.leader_name, line.leader, line.archive_number, line.alliance, offices.CITIES[line.jurisdiction],
            line.amount, yuan(line.amount), f"{listed.year}年度技术能力提升后补助",
        ]
        for number, line in enumerate(paid_lines(listed.drawn), 1)
        if line.amount is not None
    ]  # fmt: skip


def yuan(amount: Decimal) -> Decimal:
    """万元 as 元, to the fen."""
    return (amount * 10_000).quantize(Decimal("0.01"))


def controls(listed: Listed) -> Sequence[tuple[str, str]]:
    """控制总额: by which whoever pays sees that nothing is missing or was changed."""
    total = total_of(listed.drawn.lines)
    return (
        ("笔数", str(len(paid_lines(listed.drawn)))),
        ("合计（万元）", plain(total)),
        ("合计（元）", plain(yuan(total))),
        ("年度方案", listed.scheme_no),
        ("名单文号", listed.document_no),
        ("名单摘要（SHA-256）", listed.digest),
    )


def payment_xlsx(listed: Listed) -> bytes:
    """资金下达明细表, and a sheet with its control totals."""
    lines = _payments(listed)
    total = total_of(listed.drawn.lines)
    lines.append([None, "合计", None, None, None, None, total, yuan(total), None])
    control = Sheet("控制总额", [Head("项目", 24), Head("数值", 70)], controls(listed))
    return sheets.workbook("资金下达明细表", [Sheet("资金下达明细表", PAYMENT, lines), control], listed.at)


def payment_csv(listed: Listed) -> bytes:
    """The same as text for another system: UTF-8 with its mark, amounts with two decimals, the control totals in the last line."""
    written = StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow([head.title for head in PAYMENT])
    for line in _payments(listed):
        rows.writerow([_text_of(cell) for cell in line])
    told = dict(controls(listed))
    rows.writerow(["合计", told["笔数"], "", "", "", "", told["合计（万元）"], told["合计（元）"], listed.digest])
    return written.getvalue().encode("utf-8-sig")


def _text_of(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return plain(cell)
    return sheets.harmless(str(cell)) if cell is not None else ""
