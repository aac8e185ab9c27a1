"""The year's sums, each told twice: by what an office reads, and counted again from what lies under it.

Nothing here asks the code that made a sum: alliances are counted from their rows, figures from the papers, the lot and the
list are drawn again by other means.
"""

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from activities.year_board import YearBoard
from activities.year_contents import contents
from examples.province.documents import survey
from examples.province.story import Story
from models.filing import Filing
from models.rounds.base import RoundKind
from models.rounds.merit import Scheme, SubsidyList
from models.rounds.subsidies import SubsidyState
from models.vocabulary import Kind, ReportState, Stage, YearStatus
from regulation.offices import Scope
from regulation.rounds.answering import questionnaire_in
from regulation.rounds.figures import figures_in
from regulation.rounds.sums import lines

RECOMPUTES = Path(__file__).parents[2] / "gateway" / "pages" / "static" / "recompute_lot.py"
EVERY = 20
"""Of so many dockets one is verified, entry by entry; of rounds every one."""


@dataclass(frozen=True)
class Told:
    """One sum, as it is told and as it was counted again."""

    what: str
    told: Any
    again: Any

    @property
    def agrees(self) -> bool:
        """Whether both are the same, to the last alliance and the last 0.01万元."""
        return bool(self.told == self.again)


@dataclass(frozen=True)
class Reconciliation:
    """Of a story that has been lived, with the folder of its documents."""

    story: Story
    folder: Path

    def of_register(self) -> list[Told]:
        """Every sum that the register tells."""
        return [*self._register(), *self._reports(), *self._survey(), *self._evaluations()]

    def of_documents(self) -> list[Told]:
        """Every sum that the documents tell."""
        return [*self._lot(), *self._money()]

    # What is counted

    @cached_property
    def _filings(self) -> list[tuple[Any, Filing]]:
        rows = self.story.service.register.rows(each.id for each in self.story.alliances)
        return [(row, Filing.model_validate_json(row.value)) for row in rows.values()]

    def _items(self, kind: RoundKind, place: str | None = None) -> dict[str, Any]:
        items = self.story.service.rounds.items(self.story.round_id(kind, place), most=100_000)
        return {each.filing_id: each for each in items}

    def _paper(self, key: str | None) -> dict[str, Any]:
        return self.story.service.register.paper(key or "")

    # The sums

    def _register(self) -> Iterator[Told]:
        story, register = self.story, self.story.service.register
        yield Told(
            "联盟（家）：故事／备案库",
            len(story.alliances),
            len(register.rows((each.id for each in story.alliances), whole=False)),
        )
        some = story.alliances[::EVERY]
        yield Told(
            f"登记链核验无误的联盟（每{EVERY}家抽1家）", len(some), sum(not register.verify(each.id) for each in some)
        )
        rounds = story.service.rounds.round_ids()
        yield Told("登记链核验无误的轮次", len(rounds), sum(not story.service.rounds.verify(each) for each in rounds))
        yield Told("轮次引起而未被接受的办理（件）", len(story.service.refused), 0)

    def _reports(self) -> Iterator[Told]:
        year, register = self.story.year, self.story.service.register
        board = YearBoard(register.engine).of(year, Scope())
        due = {row.filing_id: told for row, filing in self._filings if (told := filing.year(year))}
        statuses = Counter(told.status for told in due.values())
        yield Told("年度报送：按期已报（看板／逐件）", board.total["filed"], statuses[YearStatus.FILED])
        yield Told("年度报送：迟报", board.total["late"], statuses[YearStatus.LATE])
        yield Told("年度报送：逾期未报", board.total["overdue"], statuses[YearStatus.MISSED])
        yield Told(
            "年度报送：应报（各市之和／逐件）", sum(each["expected"] for each in board.cities.values()), len(due)
        )
        reported = board.total.counts[ReportState.FILED] + board.total.counts[ReportState.LATE]
        yield Told("年度报送：报告内容（份）", len(contents(register.engine, year, Scope()).reports), reported)
        settled = self.story.service.round(self.story.round_id(RoundKind.ANNUAL)).counts
        yield Told(
            "年度报送：办结时已报、迟报和准予延期（轮次／看板）",
            settled["filed"] + settled["late"] + settled["extended"],
            reported,
        )
        planned = sum(each.report != "never" for each in self.story.in_force.values() if each.id in due)
        yield Told("年度报送：已报（看板／故事）", reported, planned)

    def _survey(self) -> Iterator[Told]:
        round_ = self.story.service.round(self.story.round_id(RoundKind.SURVEY))
        items, questionnaire = self._items(RoundKind.SURVEY), questionnaire_in(self._paper(round_.paper))
        yield Told("统计调查：已填报（轮次／事项）", round_.counts["answered"], len(items))
        yield Told(
            "统计调查：已填报（轮次／故事）",
            round_.counts["answered"],
            sum(each.answers_survey for each in self.story.in_force.values()),
        )
        papers = [self._paper(each.paper)["figures"] for each in items.values()]
        summed = {
            line.term: line.whole.total
            for line in lines(questionnaire, [each.answer(questionnaire) for each in survey(self.story).returns])
        }
        for term, words in (("leader.rd", "研究开发费用"), ("alliance.cooperation", "联盟内合作经费")):
            table, _, key = term.partition(".")
            again = sum((Decimal(each[table][key]) for each in papers), Decimal(0))
            yield Told(f"统计调查：{words}（万元）", summed[term], again)
        members = sum((figures_in(questionnaire, each).get("members.rd", Decimal(0)) for each in papers), Decimal(0))
        again = sum((Decimal(row["rd"]) for each in papers for row in each["members"]), Decimal(0))
        yield Told("统计调查：成员研究开发费用（万元）", members, again)

    def _evaluations(self) -> Iterator[Told]:
        register, rounds = self.story.service.register, self.story.service.rounds
        cities = [each for each in rounds.rounds(kind=RoundKind.EVALUATION, year=self.story.year) if each.jurisdiction]
        counts = [json.loads(each.counts) for each in cities]
        evaluated = sum(each["evaluated"] for each in counts)
        on_filings = Counter(row.kind for row, _ in self._filings if row.evaluated_for == self.story.year)
        yield Told("评估评价：已评（各市轮次／备案登记）", evaluated, on_filings[Kind.A.value])
        yield Told("评估评价：应评而已评（各市轮次／在册A类）", evaluated, len(self.story.of_kind(Kind.A)))
        expected = sum(each["expected"] for each in counts)
        yield Told("评估评价：应评（各市轮次所计／在册A类）", expected, len(self.story.of_kind(Kind.A)))
        decided = rounds.round(self.story.round_id(RoundKind.EVALUATION))
        for tag, words in (("typical", "典型联盟"), ("pilot", "试点示范")):
            named = len(register.filings(named=tag, limit=5000, whole=False))
            yield Told(f"评估评价：{words}（轮次／备案登记）", decided.counts.get(tag, 0) if decided else 0, named)
        accepted = self._items(RoundKind.PERFORMANCE)
        yield Told("绩效评价：验收（轮次／备案登记）", len(accepted), on_filings[Kind.B.value])

    def _lot(self) -> Iterator[Told]:
        round_ = self.story.service.round(self.story.round_id(RoundKind.INSPECTION))
        command = [sys.executable, str(RECOMPUTES), str(self.folder / "6-随机抽查")]
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        yield Told("随机抽查：抽签由公布的文件重新计算", 0, again.returncode)
        items = Counter(each.state for each in self._items(RoundKind.INSPECTION).values())
        done = items["in_order"] + items["rectified"] + items["deficient"] + items["reported"]
        yield Told("随机抽查：已检查（轮次／事项）", round_.counts["inspected"], done)
        inspected = sum(
            any(entry.event.kind == "record_inspection" for entry in self.story.service.register.docket(filing_id))
            for filing_id, each in self._items(RoundKind.INSPECTION).items()
            if each.state not in ("listed", "left_out")
        )
        yield Told("随机抽查：已检查（轮次／卷宗）", round_.counts["inspected"], inspected)

    def _money(self) -> Iterator[Told]:
        round_ = self.story.service.round(self.story.round_id(RoundKind.SUBSIDY))
        of = round_.of
        assert isinstance(of, SubsidyState)
        drawn = SubsidyList.model_validate(self._paper(of.drawn))
        listed = {line.filing: line.amount for line in drawn.lines if line.amount is not None}
        yield Told("后补助：合计（万元，名单／逐行）", drawn.total, sum(listed.values(), Decimal(0)))
        items = {
            name: Decimal(json.loads(each.figures)["amount"])
            for name, each in self._items(RoundKind.SUBSIDY).items()
            if each.state == "listed"
        }
        yield Told("后补助：逐家金额（名单／事项）", listed, items)
        paid = list(csv.DictReader(StringIO((self.folder / "7-后补助" / "资金下达明细表.csv").read_text("utf-8-sig"))))
        by_code = {line.leader: line.amount for line in drawn.lines if line.amount is not None}
        yield Told(
            "后补助：逐家金额（名单／资金下达明细表）",
            by_code,
            {row["统一社会信用代码"]: Decimal(row["金额（万元）"]) for row in paid[:-1]},
        )
        yield Told("后补助：合计（元，明细表／名单）", Decimal(paid[-1]["金额（元）"]), drawn.total * 10_000)
        yield Told("后补助：名单摘要（明细表／备案库）", paid[-1]["用途"], of.drawn)
        again = self._second_drawing(Scheme.model_validate(self._paper(of.scheme)), round_.id)
        yield Told("后补助：逐家金额（名单／另行计算）", listed, again)

    def _second_drawing(self, scheme: Scheme, round_id: str) -> dict[str, Decimal]:
        """The list by another hand: from grades, scores and bases alone, in the order of the scheme."""
        results, bases = self._items(RoundKind.PERFORMANCE), self._items(RoundKind.SUBSIDY)
        dates = {row.filing_id: row for row in self.story.service.register.rows(results, whole=False).values()}
        ranked = []
        for filing_id, told in results.items():
            result, figures = (
                json.loads(told.figures),
                json.loads(bases[filing_id].figures) if filing_id in bases else {},
            )
            pending = dates[filing_id].stage != Stage.IN_FORCE
            if result["grade"] not in scheme.grades or "base" not in figures or figures.get("recorded") or pending:
                continue
            base, row = Decimal(figures["base"]["amount"]), dates[filing_id]
            order = (
                result["grade"] != "excellent",
                -Decimal(result["score"]),
                -base,
                row.archived_on,
                row.archive_number,
                filing_id,
            )
            ranked.append((order, filing_id, base))
        return dict(_as_far_as_it_goes(sorted(ranked), scheme))


def _as_far_as_it_goes(ranked: Iterable[tuple[Any, str, Decimal]], scheme: Scheme) -> Iterator[tuple[str, Decimal]]:
    left = scheme.budget
    for _, filing_id, base in ranked:
        amount = next(
            (
                band.amount
                for band in scheme.bands
                if band.at_least <= base and (band.below is None or base < band.below)
            ),
            None,
        )
        if amount is None:
            continue
        if amount > left:
            return
        left -= amount
        yield filing_id, amount
