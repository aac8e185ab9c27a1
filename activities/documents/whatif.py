"""A what-if (推演) as tables: what is told of it on a page, in a workbook and at the command line."""

from collections.abc import Iterator

from activities.documents import sheets
from activities.documents.sheets import Cell, Head, Sheet
from models.values import day_of
from models.vocabulary import ActKind, Kind, LapseKind, Stage
from models.whatif import Change, Conduct, Outcome, Sum
from regulation import naming, offices, whatif
from regulation.term_names import changed
from regulation.terms import TERMS

KINDS = {each.value: each.label for words in (LapseKind, ActKind) for each in words}
"""What may come, by its name."""

FIRST = ("reminder", "file_annual_report", "year_missed", "revocation_opened", "revoked", "record_announcement")
"""What is asked about first."""


def supposed(outcome: Outcome) -> list[tuple[str, str]]:
    """What was asked, line by line."""
    question, assumption = outcome.question, outcome.question.assumption
    delays = [f"{whatif.named(office)}慢{days}个工作日" for office, days in assumption.delays.items()]
    told = [
        ("起点", naming.short(outcome.at)),
        ("推演至", str(day_of(outcome.until))),
        (
            "盟主企业",
            _conduct(assumption.leaders) + (f"（仅{assumption.share}%的联盟）" if assumption.share < 100 else ""),
        ),
        ("机构", _conduct(assumption.offices) + (f"，各慢{assumption.delay}个工作日" if assumption.delay else "")),
        *((("个别机构", "；".join(delays)),) if delays else ()),
        ("以后年度的工作日历", "假定每年12月1日按法定节假日公布" if assumption.calendars else "假定不公布"),
        ("抽样", "全部" if question.one_in == 1 else f"每{question.one_in}件取一件"),
        ("件数", f"{outcome.lived}件（备案库中尚在办理或者在库的共{outcome.filings}件）"),
    ]
    if question.terms is not None:
        told.append(("假定的期限标准", f"自{question.terms['effective']}起"))
        told += [("改动", line) for line in rows_changed(outcome)]
    if question.calendar is not None:
        years = "、".join(f"{year}年" for year in question.calendar.get("years", {}))
        told.append(
            (
                "假定的工作日历",
                f"{question.calendar['edition']}（{years}）" if years else str(question.calendar["edition"]),
            )
        )
    if question.acts:
        told.append(("另外假定的行为", f"{sum(map(len, question.acts.values()))}项"))
    return told


def rows_changed(outcome: Outcome) -> list[str]:
    """The numbers that are supposed, in words."""
    document = outcome.question.terms
    if document is None or document.get("base") not in TERMS:
        return []
    return changed(TERMS.made(document), TERMS[document["base"]])


def _conduct(conduct: Conduct) -> str:
    return conduct.label


def sums(outcome: Outcome) -> list[Sum]:
    """How often what comes, what is asked about first before the rest."""
    order = {kind: at for at, kind in enumerate(dict.fromkeys((*FIRST, *KINDS)))}
    return sorted(outcome.sums, key=lambda each: order.get(each.kind, len(order)))


SUM_HEADS = (
    Head("事项", 26), Head("现行", 10), Head("假定", 10), Head("相差", 10), Head("受影响的备案", 14),
    Head("现行最多的一天", 16), Head("件数", 8), Head("假定最多的一天", 16), Head("件数", 8),
)  # fmt: skip


def sum_lines(outcome: Outcome) -> list[list[Cell]]:
    """The table of sums."""
    return [
        [
            KINDS.get(each.kind, each.kind), each.was, each.is_now, each.is_now - each.was, each.moved,
            *(each.peak_was or (None, None)), *(each.peak_is_now or (None, None)),
        ]
        for each in sums(outcome)
    ]  # fmt: skip


LOAD_HEADS = (
    Head("机构", 30), Head("现行手头最多", 12), Head("自", 12), Head("假定手头最多", 12), Head("自", 12), Head("相差", 8),
    Head("现行被催办", 12), Head("假定被催办", 12), Head("现行单日收到报告最多", 20), Head("假定单日收到报告最多", 20),
)  # fmt: skip


def load_lines(outcome: Outcome) -> list[list[Cell]]:
    """The table of offices, those first whose fullest day grows most."""
    return [
        [
            whatif.named(each.office), each.most_was, each.on_was, each.most_is_now, each.on_is_now, each.grows,
            each.chased_was, each.chased_is_now, each.reports_was, each.reports_is_now,
        ]
        for each in outcome.offices
    ]  # fmt: skip


def told(change: Change) -> str:
    """A difference, in words."""
    name = KINDS.get(change.what.kind, change.what.kind)
    year = f" {change.what.year}年度" if change.what.year else ""
    days = change.what.days
    days_told = f"（{'前' if days < 0 else '后'}{abs(days)}日）" if days else ""
    was, is_now = (naming.short_due_at(at, change.what.kind) if at else None for at in (change.was, change.is_now))
    if was and is_now:
        return f"{name}{year}{days_told}：{was} → {is_now}"
    return f"{name}{year}{days_told}：{f'不再发生（原{was}）' if was else f'新增 {is_now}'}"


def _listed(outcome: Outcome) -> Iterator[list[Cell]]:
    for each in outcome.listed:
        was, is_now = (Stage(stage).label for stage in each.stages)
        for change in each.changes:
            yield [each.filing, Kind(each.kind).value, offices.name_of(each.office), was, is_now, told(change)]


def workbook(outcome: Outcome) -> bytes:
    """All of it as a workbook; of the filings that differ those that are listed."""
    months = [Head("事项", 26), Head("月份", 10), Head("现行", 10), Head("假定", 10)]
    by_month: list[list[Cell]] = [
        [KINDS.get(kind, kind), month, was, is_now] for kind, month, was, is_now in outcome.months
    ]
    heads = [
        Head("备案", 24),
        Head("类别", 6),
        Head("机构", 26),
        Head("现行终态", 14),
        Head("假定终态", 14),
        Head("差异", 60),
    ]
    name = "逐件差异" if outcome.differing <= len(outcome.listed) else f"逐件差异（前{len(outcome.listed)}件）"
    return sheets.workbook(
        "推演",
        [
            Sheet("假定", [Head("项目", 20), Head("内容", 80)], [list(each) for each in supposed(outcome)]),
            Sheet("汇总", SUM_HEADS, sum_lines(outcome)),
            Sheet("机构", LOAD_HEADS, load_lines(outcome)),
            Sheet("逐月", months, by_month),
            Sheet(name, heads, _listed(outcome)),
        ],
        outcome.at,
    )
