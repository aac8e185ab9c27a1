"""The documents of the year, as the offices would draw them from the register, in one folder with a page that says what each is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from activities.documents import (
    appraisals,
    evaluations,
    sheets,
    subsidies,
    summary,
    survey_form,
    survey_tables,
    yearbook,
)
from activities.documents.evaluations import Chosen, Evaluated, Reported, Subject
from activities.documents.inspection import Inspected, record_sheet
from activities.documents.subsidies import Listed
from activities.documents.survey_tables import Survey
from activities.files import put
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from examples.province.story import Story
from gateway.pages.design.sheet import sheet
from gateway.remembered.pictures import Pictures
from gateway.shown.year import MAKES, Year
from models.rounds.base import RoundKind
from models.rounds.evaluation_papers import EvaluationPaper, EvaluationReport, TypicalList
from models.rounds.inspections import Assignment, CheckRecord, Standing
from models.rounds.lots import Seeds
from models.rounds.merit import Scheme, SubsidyList
from models.rounds.round import Round
from models.values import canonical, day_of
from models.vocabulary import Kind
from regulation import offices
from regulation.rounds import inspecting, performing, subsidising
from regulation.rounds.evaluating import items_of, offices_of, state
from regulation.rounds.evaluation_items import ITEMS
from regulation.rounds.known import Alliance, Known, Needs

OFFICE = "辽宁省科学技术厅"
CITY = "210100"
"""Of which city single documents are shown."""

SURVEY, PICTURES = "3-统计调查", "8-图表"
LONGEST = (SURVEY, PICTURES)
"""The parts that take longest: one whole table of every return, and what is drawn as pictures."""

SHEETS = 5
"""So many records of spot checks are drawn."""


@dataclass(frozen=True)
class Document:
    """One file: below which part of the year, what it is called, what it is for, what is in it."""

    part: str
    name: str
    what: str
    content: bytes


def publish(story: Story, folder: Path) -> None:
    """Write the public site of a story that has been lived below a folder."""
    Site(folder / "site", Notices(story.service.register.engine), sheet=sheet()).write_all(day_of(story.over))


@dataclass(frozen=True)
class Documents:
    """Draws the documents of a story that has been lived."""

    story: Story
    at: datetime

    def of(self, part: str) -> list[Document]:
        """Those of one part of the year."""
        return [Document(part, name, what, content) for name, what, content in PARTS[part](self)]

    # What they are drawn from

    def _round(self, kind: RoundKind, place: str | None = None) -> Round:
        return self.story.service.round(self.story.round_id(kind, place))

    def _paper(self, key: str | None) -> dict[str, Any]:
        return self.story.service.register.paper(key or "")

    def _known(self, round_: Round) -> Known:
        return self.story.service.rounds.known(Needs(population=True, items=(round_.id,)), round_.area)

    def _entry(self, round_: Round, kind: str, paper: str | None = None) -> Any:
        """The last entry of an act, or that of a paper."""
        entries = reversed(self.story.service.rounds.docket(round_.id))
        return next(
            each for each in entries
            if each.event.kind == kind and not each.proposed and (paper is None or getattr(each.event, "paper", None) == paper)
        )  # fmt: skip

    # The parts

    def _applications(self) -> Iterator[tuple[str, str, bytes]]:
        register = self.story.service.register
        call = self._round(RoundKind.CALL)
        text = f"{call.title}\n\n{call.document_no}\n\n{self._paper(call.paper)['text']}\n\n申报期：{call.opens}至{call.closes}。\n"
        yield f"{self.story.year}年申报通知.txt", "通知正文，公告于公示公告网", text.encode()
        new = {each.id for each in self.story.of_kind(Kind.B) if each.city == CITY and each.origin == "applies"}
        applied = list(register.rows(new).values())
        name = offices.OFFICES[CITY].name
        yield (
            f"{offices.CITIES[CITY]}提升类联盟汇总表.docx",
            "随正式文件报省科技厅",
            summary.summary(register, applied, name, "沈科发〔示例〕12号", self.at),
        )
        everybody = register.filings(limit=100_000)
        yield "全省联盟汇总表.xlsx", "备案库现状，一行一个联盟", sheets.summary(register, everybody)

    def _reports(self) -> Iterator[tuple[str, str, bytes]]:
        for place, where in ((None, "全省"), (CITY, offices.CITIES[CITY])):
            scope, office = offices.Scope(jurisdiction=place), place or offices.PROVINCE
            year = Year(self.story.service.register, scope, office, self.at, self.story.year)
            for title, _, make in MAKES.values():
                if place is None or title.endswith("情况报告.docx"):
                    yield where + title.format(self.story.year), "收官报告、情况表和报告内容", make(year)

    def _survey(self) -> Iterator[tuple[str, str, bytes]]:
        told = survey(self.story)
        questionnaire, year, first = told.questionnaire, told.year, told.returns[0]
        yield "统计调查表（空表）.docx", "供收集数据用", survey_form.form_of(questionnaire, year, told.round.opened_at)
        facts = [("联盟名称", first.line.alliance_name), ("盟主企业", first.line.leader_name)]
        facts += [("备案编号", first.line.archive_number or "")]
        filled = survey_form.Filled(facts, first.figures)
        printed = survey_form.form_of(questionnaire, year, first.line.at or self.at, filled)
        yield "统计调查表（一家所填）.docx", "盟主填报后的回执", printed
        yield "统计调查汇总.xlsx", "汇总数、分组汇总和逐家数据", survey_tables.as_workbook(told)
        yield "统计调查逐项数据.csv", "供其他系统读取", "".join(survey_tables.as_csv(told)).encode("utf-8-sig")

    def _evaluation(self) -> Iterator[tuple[str, str, bytes]]:
        for place, city in offices.CITIES.items():
            if self.story.service.rounds.round(self.story.round_id(RoundKind.EVALUATION, place)):
                told = self._reported(self._round(RoundKind.EVALUATION, place))
                yield f"{city}评估评价情况报告.docx", "报省科技厅、省工信厅", evaluations.report(told)
                yield f"{city}评估评价汇总表.xlsx", "逐家逐项", evaluations.sheet(told)
        round_ = self._round(RoundKind.EVALUATION)
        if decided := state(round_).decided:
            entry, known = self._entry(round_, "decide_typical", decided), self._known(round_)
            subjects = {each.id: _subject(each) for each in known.alliances.values()}
            paper = TypicalList.model_validate(self._paper(decided))
            chosen = Chosen(self.story.year, paper, subjects, entry.at, entry.act.document_no or "")
            yield "典型联盟名单.docx", "两厅共同公布", evaluations.typical_list(chosen)
            yield "典型联盟名单.xlsx", "同上，表格", evaluations.typical_sheet(chosen)

    def _reported(self, round_: Round) -> Reported:
        known, entry, place = (
            self._known(round_),
            self._entry(round_, "report_evaluation"),
            round_.area.jurisdiction or "",
        )
        evaluated = [
            Evaluated(_subject(known.alliances[key]), EvaluationPaper.model_validate(self._paper(item.paper)))
            for key, item in known.items[round_.id].items()
        ]
        return Reported(
            year=self.story.year, city=offices.CITIES[place],
            offices=tuple(offices.title(role, place) for role in offices_of(round_, place)), edition=ITEMS[items_of(round_)],
            evaluated=evaluated, report=EvaluationReport.model_validate(self._paper(state(round_).report)), at=entry.at,
            document_no=entry.act.document_no or "",
        )  # fmt: skip

    def _performance(self) -> Iterator[tuple[str, str, bytes]]:
        round_ = self._round(RoundKind.PERFORMANCE)
        known = self._known(round_)
        rows = [
            appraisals.Evaluated(each.id, each.archive_number or "", each.name, each.leader_name, item.figures)
            for each in known.alliances.values()
            if (item := known.item(round_.id, each.id))
        ]
        yield (
            "评价表.xlsx",
            "交第三方评价机构填写",
            appraisals.template(round_.title, rows, performing.terms_of(round_), self.at),
        )
        yield "评价结果汇总表.xlsx", "验收后的得分和等级", appraisals.results(round_.title, rows, self.at)

    def _inspection(self) -> Iterator[tuple[str, str, bytes]]:
        round_ = self._round(RoundKind.INSPECTION)
        of = inspecting.state(round_)
        seeds: Seeds = inspecting.seeds_of(round_)
        for name, what, told in (
            ("population", "总体名单，先于种子公布", self._paper(of.population_paper)),
            ("seeds", "承诺值、随机数和公开随机数", seeds.model_dump(mode="json")), ("lot", "抽签结果", self._paper(of.lot_paper)),
        ):  # fmt: skip
            yield f"{name}.json", f"{what}；与另两个文件一起可供任何人重新计算", canonical(told).encode()
        known = self._known(round_)
        inspected = [
            each for each in known.items[round_.id].values() if each.state in (Standing.IN_ORDER, Standing.RECTIFIED)
        ]
        for item in inspected[:SHEETS]:
            alliance = known.alliances[item.filing_id]
            yield f"检查记录表-{alliance.name}.docx", "两名检查人员登记", self._sheet(round_, alliance)

    def _sheet(self, round_: Round, alliance: Alliance) -> bytes:
        entries = [
            each
            for each in self.story.service.rounds.docket(round_.id)
            if getattr(each.event, "filing", None) == alliance.id
        ]
        task = next(each for each in entries if each.event.kind == "assign_inspectors")
        record = next(each for each in entries if each.event.kind == "record_findings")
        papers = [self._paper(getattr(each.event, "paper", None)) for each in (task, record)]
        told = Inspected(round_, alliance, Assignment.model_validate(papers[0]), CheckRecord.model_validate(papers[1]))
        return record_sheet(told, record.at)

    def _subsidy(self) -> Iterator[tuple[str, str, bytes]]:
        listed = self.listed()
        yield "后补助公示名单.docx", "公示稿，附各联盟资金安排说明", subsidies.notice(listed)
        yield "后补助名单全表.xlsx", "参加评价的全部联盟和理由，内部使用", subsidies.table(listed)
        yield "资金下达明细表.xlsx", "交财务，附控制总额", subsidies.payment_xlsx(listed)
        yield "资金下达明细表.csv", "同上，供其他系统读取", subsidies.payment_csv(listed)

    def listed(self) -> Listed:
        """The list that was paid out."""
        round_ = self._round(RoundKind.SUBSIDY)
        of, entry = subsidising.state_of(round_), self._entry(round_, "approve_list")
        return Listed(
            year=self.story.year, scheme=Scheme.model_validate(self._paper(of.scheme)), scheme_no=of.scheme_no or "",
            terms=subsidising.terms_of(round_), drawn=SubsidyList.model_validate(self._paper(of.drawn)), digest=of.drawn or "",
            at=entry.at, document_no=of.drawn_no or "",
        )  # fmt: skip

    def _pictures(self) -> Iterator[tuple[str, str, bytes]]:
        tables = Pictures(self.story.service.register.engine).tables(self.at)
        yield "年度图册.docx", "每图附表", yearbook.book("联盟备案工作年度图册", OFFICE, tables, self.at)
        yield "年度数据.xlsx", "同一批数据", yearbook.workbook("联盟备案工作年度数据", tables, self.at)


def survey(story: Story) -> Survey:
    """What was told in the survey."""
    with story.service.register.engine.connect() as db:
        return survey_tables.survey_in(db, story.service.round(story.round_id(RoundKind.SURVEY)), offices.Scope())


PARTS: Mapping[str, Callable[[Documents], Iterator[tuple[str, str, bytes]]]] = {
    "1-申报备案": Documents._applications,
    "2-年度报送": Documents._reports,
    SURVEY: Documents._survey,
    "4-评估评价": Documents._evaluation,
    "5-绩效评价": Documents._performance,
    "6-随机抽查": Documents._inspection,
    "7-后补助": Documents._subsidy,
    PICTURES: Documents._pictures,
}
"""The parts of the year, in its order, and what draws their documents."""


def _subject(alliance: Alliance) -> Subject:
    return Subject(
        filing_id=alliance.id, name=alliance.name, leader=alliance.leader_name, city=offices.CITIES[alliance.jurisdiction],
        archive_number=alliance.archive_number or "", technical_field=alliance.technical_field,
    )  # fmt: skip


def laid(documents: list[Document], folder: Path, told: str) -> None:
    """Write them, with a page that names each; `told` stands above."""
    for each in documents:
        put(folder / each.part / each.name, each.content)
    lines = [told]
    for part in dict.fromkeys(each.part for each in documents):
        lines += ["", f"## {part}", "", "| 文件 | 用途 |", "|---|---|"]
        lines += [f"| [{each.name}]({part}/{each.name}) | {each.what} |" for each in documents if each.part == part]
    put(folder / "README.md", "\n".join([*lines, ""]).encode())
