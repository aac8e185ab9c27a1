"""办事指南: what an enterprise should know before it applies, and as long as its alliance is on file, for both kinds.

Every number is that of the terms in force on the day (regulation/data/terms/), every article that behind it: a number that is changed
there is changed here, and nowhere is one typed. What a city has otherwise is told with its name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple

from models.vocabulary import ByKind, Kind
from regulation import intake, offices, progress, terms
from regulation.articles import GUIDELINE_NO, GUIDELINE_TITLE, RULES_TITLE, named

NOBODY = ""
"""The place of no city: what the terms say for all."""


class Said(NamedTuple):
    """A sentence with the article behind it."""

    text: str
    article: str


class Material(NamedTuple):
    """A document that is handed in: by its number, what it is called, how many of it, whose seal, and what else is asked of it."""

    code: str
    name: str
    copies: str
    seal: str
    note: str = ""


class Limit(NamedTuple):
    """How long something takes: what, how long, who keeps it, by which article, and where it is otherwise (city, length)."""

    what: str
    length: str
    who: str
    article: str
    elsewhere: tuple[tuple[str, str], ...] = ()


class Question(NamedTuple):
    """A question that people ask, and its answer."""

    asked: str
    answer: str


@dataclass(frozen=True)
class Guide:
    """The guide of a kind as of a day, by an edition of terms."""

    kind: Kind
    edition: str
    document_no: str
    since: date
    basis: str
    decides: str
    conditions: tuple[Said, ...]
    materials: tuple[Material, ...]
    limits: tuple[Limit, ...]
    steps: tuple[tuple[str, str, str], ...]
    duties: tuple[Said, ...]
    questions: tuple[Question, ...]


BASIS = ByKind(
    a=f"{GUIDELINE_TITLE}（{GUIDELINE_NO}，以下简称《工作指引》）第四条至第十一条",
    b=f"{RULES_TITLE}（以下简称《实施细则》）第二条至第七条，未规定的依{GUIDELINE_TITLE}（{GUIDELINE_NO}，以下简称《工作指引》）",
)
DECIDES = ByKind(
    a="盟主企业所在市的科技部门会同工信部门审核，省科技厅备案入库",
    b="盟主企业所在市的科技部门（在受理备案的高新区内的，由该高新区）初审推荐和审核，省科技厅审定后备案入库",
)

CONDITIONS: ByKind[tuple[tuple[str, str], ...]] = ByKind(
    a=(
        ("联盟由企业牵头，按照市场机制自发组建", "A-11"),
        ("盟主是在辽宁省内注册并实地经营的独立法人企业", "A-12"),
        ("盟主有研发经费投入，能够持续开展科技创新活动", "A-13"),
        ("成员中至少有一家高校或者科研机构，在合作的技术领域有比较优势", "A-14"),
        ("产业链、创新链上下游的优势企业共同参与", "A-15"),
        ("成员已经签署有法律约束力的协议，建立内在的利益机制", "A-17"),
        ("协议中有明确的技术创新目标，能够形成生产力", "A-18"),
        ("符合结构调整“三篇大文章”的重点领域、国家产业政策和绿色低碳导向", "A-19"),
        ("有利于关键核心技术攻关、创新要素向企业集聚、产业链和创新链融合、区域主导产业发展", "A-20"),
        ("有开放发展的机制，根据需要吸收新成员，与外部交流合作", "A-21"),
    ),
    b=(
        ("盟主是省级瞪羚企业、雏鹰企业或者评价入库的科技型中小企业", "B-08"),
        ("盟主是在辽宁省内注册并实地经营的独立法人企业，成员中有高校、科研机构等单位", "B-10"),
        ("与高校、科研机构或者人才团队已经开展实质性产学研合作", "B-11"),
        ("近一年开展了科技研发活动，有研发投入", "B-12"),
        ("定期组织成员单位开展活动", "B-13"),
        ("成员以有法律约束力的契约结成联盟，有明确的市场目标", "B-08"),
    ),
)
"""What an alliance must be, by the documents."""

SEALED = "盟主单位公章"

MATERIALS = {
    "D1": ("联盟备案申请表", "1份", SEALED, "在线填写后下载，打印、盖章、扫描上传"),
    "D2": ("联盟协议文本复印件", "1份", "各成员签署", "生效日期不晚于提交之日"),
    "D3": ("全部成员的营业执照或者法人证书", "每个成员1份", "各成员公章", "电子营业执照与加盖公章的复印件效力相同"),
    "D4": ("上一年度纳税申报表", "1份", "税务章", ""),
    "D5a": ("上一年度研发费用加计扣除明细表", "1份", "税务章", "与研发投入专项审计报告提交其一"),
    "D5b": ("上一年度研发投入专项审计报告", "1份", "审计机构盖章", "与研发费用加计扣除明细表提交其一"),
    "D6": ("知识产权证明材料", "按实际", "", "填报的知识产权数量大于零的，须提交"),
    "D8": ("推荐函或者汇总表", "至多1份", "", "所在市要求的才提交"),
}
"""What is handed in with an application: its name, how many, whose seal, and a note."""

LENGTHS: ByKind[tuple[tuple[str, str, str], ...]] = ByKind(
    a=(
        ("受理", "review.acceptance_working_days", "review"),
        ("审核", "review.city_working_days", "review"),
        ("延长审核（至多一次，在审核期限届满前作出，说明理由并告知申请人）", "review.extension_working_days", "review"),
        ("工信部门意见（在审核期限内）", "review.iit_opinion_working_days", "iit"),
        ("公示", "notice.length", "review"),
        ("等候公示期内寄出的书面异议", "notice.postal_grace_working_days", "review"),
        ("异议处理", "objection.handling_working_days", "review"),
        ("备案入库", "archive.working_days", "province"),
    ),
    b=(
        ("受理", "review.acceptance_working_days", "review"),
        ("初审推荐和审核", "review.city_working_days", "review"),
        ("延长审核（至多一次，在审核期限届满前作出，说明理由并告知申请人）", "review.extension_working_days", "review"),
        ("公示", "notice.length", "review"),
        ("等候公示期内寄出的书面异议", "notice.postal_grace_working_days", "review"),
        ("异议处理", "objection.handling_working_days", "review"),
        ("正式文件报省", "forwarding.working_days", "review"),
        ("省厅审定和备案入库", "archive.working_days", "province"),
    ),
)
"""What takes how long: by which number of the terms, and who keeps it."""

KEEPERS = {"review": "审核机构", "iit": "市工信部门", "province": "省科技厅"}


def guide(kind: Kind, day: date) -> Guide:
    """The guide of a kind on a day."""
    edition = terms.terms_on(day)
    numbers = terms.that_says_of(edition, kind)
    told = _Terms(edition, kind)
    return Guide(
        kind=kind,
        edition=edition,
        document_no=numbers.document_no,
        since=numbers.since,
        basis=BASIS[kind],
        decides=DECIDES[kind],
        conditions=tuple(Said(text, named(number, kind)) for text, number in CONDITIONS[kind]),
        materials=tuple(Material(code, *MATERIALS[code]) for code in intake.DOCUMENTS_OF[kind]),
        limits=tuple(told.limits()),
        steps=tuple(_steps(told)),
        duties=tuple(_duties(told)),
        questions=tuple(_questions(told)),
    )


@dataclass(frozen=True)
class _Terms:
    """The numbers of a kind in an edition, as they are said."""

    edition: str
    kind: Kind

    def number(self, key: str, city: str = NOBODY) -> object:
        """A number, for all or as a city has it."""
        return terms.value(self.edition, key, self.kind, city)

    def length(self, key: str, city: str = NOBODY) -> str:
        """How long a period lasts: 5个工作日, 30日."""
        count = self.number(key, city)
        unit = self.number("notice.unit", city) if key == "notice.length" else None
        working = unit == "working_day" or key.endswith("working_days")
        return f"{count}{'个工作日' if working else '个自然日' if unit else '日'}"

    def article(self, key: str) -> str:
        """By which article: of the row for this kind, else of that for both."""
        rows = terms.TERMS[self.edition].rows
        row = rows.get((key, self.kind.value, None, None)) or rows.get((key, None, None, None))
        return named(row[1], self.kind) if row else ""

    def elsewhere(self, say: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
        """Where something is said otherwise than for all: each city, and how."""
        told = ((office.city, say(code)) for code, office in offices.OFFICES.items())
        return tuple((city, said) for city, said in told if said != say(NOBODY))

    def limits(self) -> Iterator[Limit]:
        """How long each step takes."""
        for what, key, keeper in LENGTHS[self.kind]:
            say = self._of_iit if keeper == "iit" else partial(self.length, key)
            yield Limit(what, say(NOBODY), KEEPERS[keeper], self.article(key), self.elsewhere(say))

    def _of_iit(self, city: str) -> str:
        required = self.number("review.iit_required", city)
        return self.length("review.iit_opinion_working_days", city) if required else "不另出具"

    def day(self, key: str) -> str:
        """A day of every year: 11月30日."""
        month, day = map(int, str(self.number(key)).split("-"))
        return f"{month}月{day}日"


def _steps(told: _Terms) -> Iterator[tuple[str, str, str]]:
    """Each step: its title, what is done in it, and how long it takes."""
    notice, grace = told.length("notice.length"), told.length("notice.postal_grace_working_days")
    review = f"{told.length('review.acceptance_working_days')}内决定是否受理，受理后{told.length('review.city_working_days')}内审核"
    archiving = told.length("archive.working_days")
    lengths = ByKind(
        a={"review": review, "notice": notice, "forwarding": f"公示期满后{grace}无异议的即报", "archiving": archiving},
        b={
            "review": review,
            "notice": f"{notice}，另等候书面异议{grace}",
            "forwarding": told.length("forwarding.working_days"),
            "decision": f"与入库合计{archiving}",
        },
    )[told.kind]
    for key, title in progress.WAYS[told.kind]:
        yield title, progress.SAYS[key], lengths.get(key, "")


def _duties(told: _Terms) -> Iterator[Said]:
    """What a filed alliance has to do."""
    deadline, opens = told.day("annual.deadline"), told.day("annual.window_opens")
    report = "当年度技术创新活动总结和下一年度技术创新活动计划"
    yield Said(
        f"每年{deadline}24时前在线报送{report}；自{opens}起报送，当年1月1日起提前报送的也予接收",
        told.article("annual.deadline"),
    )
    least = told.number("annual.first_due_min_days")
    yield Said(f"备案入库之日距当年报送截止不足{least}日的，自次年起报送", told.article("annual.first_due_min_days"))
    missed = told.number("revocation.missed_years")
    stated = told.length("revocation.statement_working_days")
    yield Said(
        f"连续{missed}年未报送的，启动撤销备案程序：告知书送达之日起{stated}内可以陈述、申辩，期间补报的，程序终止",
        told.article("revocation.missed_years"),
    )
    changed = told.length("change.report_days")
    yield Said(
        f"联系方式、名称、成员、盟主变更或者联盟终止的，自变更之日起{changed}内报告", told.article("change.report_days")
    )
    helps = ByKind(a=("评估评价", "A-35"), b=("考核评价", "B-19"))[told.kind]
    yield Said(f"配合年度创新资源统计调查和{helps[0]}", named(helps[1]))


def _questions(told: _Terms) -> Iterator[Question]:
    """What people ask, answered from the terms."""
    accepting = told.length("review.acceptance_working_days")
    yield Question(
        "提交后一直没有受理，怎么办？", f"{accepting}内没有作出是否受理决定的，自收到申请之日起视为受理，不必再问。"
    )
    yield Question(
        "审核机构超过期限没有办，会自动通过吗？",
        f"不会自动通过。系统向审核机构催办，再过{told.length('chase.superior_working_days')}仍未办的，告知其上级机关。",
    )
    correcting = told.length("correction.applicant_days")
    over = (
        "逾期未补正的，申请视为撤回，可以重新申请"
        if told.number("correction.lapses")
        else "逾期未补正的，系统催办，其间仍可补正"
    )
    yield Question(
        "被退回补正，要在多久之内补正？可以退回几次？",
        f"自补正通知送达之日起{correcting}内补正；{over}。须补正的内容一次性告知；补正次数没有限制，"
        f"退回{told.number('correction.escalate_after')}次的由上级机关过问。",
    )
    yield Question(
        "每一步到了哪里、由谁办，怎么查？",
        "登录后在“我的备案”看进度：已经办结的日期、正在办理的机构和最迟的日期都写明。",
    )
    yield Question(
        "填了一半可以下次再填吗？",
        f"可以。草稿自最后一次修改起保留{told.number('retention.draft_days')}日，提交之前任何人看不到。",
    )
    yield Question(
        "提交以后发现写错了，怎么办？", "审核期间可以请审核机构退回补正；备案入库之前也可以撤回申请，另行提交。"
    )
    yield Question(
        "年度总结不能按时报送，可以延期吗？",
        f"可以在截止之前申请延期；因不可抗力等耽误的，在障碍消除后{told.length('extension.obstacle_days')}内申请。"
        f"审核机构在{told.length('extension.ruling_working_days')}内批复，最长延期{told.length('extension.max_days')}。",
    )
    yield Question(
        "年度报告报送以后会被退回吗？",
        f"空白或者与联盟无关的，审核机构可以在收到后{told.length('annual.check_working_days')}内退回一次，"
        f"退回后{told.length('annual.answer_working_days')}内补正答复，仍以首次报送之日为准。"
        "逾期未答复的，经两人决定可以不予计入，该年度计为未报送；作出决定之前仍可答复，不自动不予计入。",
    )
    yield Question("同一家企业可以牵头几个联盟吗？", "可以。分别申请、分别备案，每个联盟每年分别报送。")
    yield from WHEN[told.kind]


WHEN: ByKind[tuple[Question, ...]] = ByKind(
    a=(Question("什么时候可以申请？", "随时可以申请。"),),
    b=(
        Question("什么时候可以申报？", "按省科技厅每年发布的申报通知，在申报期内提交；申报期之外可以先填写草稿。"),
        Question(
            "去年已经申报过，今年还要申报吗？",
            "处于建设期的联盟可以继续申报：新建草稿时选择原联盟，先填入原申请的内容。",
        ),
    ),
)
"""When each kind is applied for."""
