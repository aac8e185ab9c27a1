"""What the register knows of an alliance that bears on its evaluation, each fact with where it stands (A-45, A-47).

Nothing here decides: these are suggestions to whoever evaluates, and evidence for whoever proposes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile

from models.acts import (
    Lapse,
    ProposeRevocation,
    RecordChallenge,
    RecordChallengeOutcome,
    RecordEvaluation,
    RecordInspection,
    ReportChange,
    Restore,
)
from models.choices import MEMBERS, OUTCOMES, PROCEDURES, RULINGS
from models.filing import Entry, Filing
from models.values import Value, day_of
from models.vocabulary import LapseKind, YearStatus
from regulation.lifecycle import is_proposed
from regulation.naming import CLAUSES, on_day
from regulation.rounds.evaluation_items import Item, ItemsEdition

EXCERPT = 160
"""How many characters of a text a suggestion repeats."""


class Suggestion(Value):
    """What speaks for or against an item: what it says, what it rests on, and, if it leans, to which answer."""

    says: str
    rests_on: str
    leans: bool | None = None


class Report(Value):
    """An annual report as it stands: its year, what became of it, and what it says of the eight tasks, if one was received."""

    year: int
    status: str
    received: bool = True
    tasks: dict[str, str] = {}


class Figure(Value):
    """One figure of a survey return, as it is called there."""

    title: str
    value: str

    @property
    def is_nothing(self) -> bool:
        """Whether it says that there is none."""
        return self.value == "否" or self.value.strip("0.") == ""


class Noted(Value):
    """One entry of the docket that bears on 第十一条. `grave`: it speaks for such a conduct, if it stands."""

    number: int
    day: date
    says: str
    grave: bool = False

    @property
    def source(self) -> str:
        """Where it stands."""
        return f"卷宗第{self.number}号登记（{on_day(self.day)}）"


class Facts(Value):
    """What is known of one alliance. `form` and `members` are of the application as it stands, `survey` of the year's return."""

    year: int
    form: dict[str, str] = {}
    members: dict[str, int] = {}
    reports: tuple[Report, ...] = ()
    survey: dict[str, Figure] = {}
    noted: tuple[Noted, ...] = ()


# Suggestions


def suggestions(edition: ItemsEdition, facts: Facts) -> Mapping[str, tuple[Suggestion, ...]]:
    """What the register has to say of each item, by its key."""
    return {key: tuple(_of_item(item, facts)) for key, item in edition.items.items()}


def _of_item(item: Item, facts: Facts) -> Iterator[Suggestion]:
    yield from _of_reports(item, facts)
    yield from _of_survey(item, facts)
    yield from _of_members(item, facts)
    for name in item.form:
        if text := facts.form.get(name):
            yield Suggestion(says=_short(text), rests_on=f"现行申请表“{FORM_FIELDS.get(name, name)}”")
    if item.docket:
        yield from _of_docket(item, facts)


FORM_FIELDS = {"technical_field": "技术领域", "innovation_goal": "技术创新目标"}
"""How fields of the application are called."""


def _of_reports(item: Item, facts: Facts) -> Iterator[Suggestion]:
    """A task that a summary speaks of leans to yes; one that it is silent on is said to be missing, and leans to nothing."""
    for report in facts.reports if item.tasks else ():
        for task in item.tasks:
            source = f"{report.year}年度总结“八项任务”第{task}项"
            if text := report.tasks.get(task):
                yield Suggestion(says=_short(text), rests_on=source, leans=item.favourable)
            else:
                silent = "总结未述及" if report.received else "没有收到总结"
                yield Suggestion(says=f"{silent}（{report.status}）", rests_on=source)


def _of_survey(item: Item, facts: Facts) -> Iterator[Suggestion]:
    for figure in _figures(item.survey, facts):
        yield _of_figure(figure, facts, leans=item.favourable != figure.is_nothing)


def of_joint_activities(edition: ItemsEdition, facts: Facts) -> tuple[Suggestion, ...]:
    """What the survey says of how often the alliance came together."""
    return tuple(_of_figure(figure, facts) for figure in _figures(edition.joint_activities, facts))


def _figures(names: Iterable[str], facts: Facts) -> Iterator[Figure]:
    yield from (facts.survey[name] for name in names if name in facts.survey)


def _of_figure(figure: Figure, facts: Facts, *, leans: bool | None = None) -> Suggestion:
    return Suggestion(says=f"{figure.title}：{figure.value}", rests_on=f"{facts.year}年度创新资源统计调查", leans=leans)


def _of_members(item: Item, facts: Facts) -> Iterator[Suggestion]:
    for sort in item.members:
        count = facts.members.get(sort, 0)
        says = f"成员中有{MEMBERS[sort]}{count}家" if count else f"成员中没有{MEMBERS[sort]}"
        yield Suggestion(says=says, rests_on="现行成员单位表")


def _of_docket(item: Item, facts: Facts) -> Iterator[Suggestion]:
    for noted in facts.noted:
        yield Suggestion(says=noted.says, rests_on=noted.source, leans=not item.favourable if noted.grave else None)
    if not any(noted.grave for noted in facts.noted):
        yield Suggestion(
            says="登记中未见第十一条所列情形；信用、环保、安全生产等公开信息须另行核查",
            rests_on="全部卷宗",
            leans=item.favourable,
        )


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXCERPT else f"{plain[:EXCERPT]}……"


# The docket


def noted(entries: Sequence[Entry], since: date) -> Iterator[Noted]:
    """Of a docket, what bears on 第十一条 since a day: what was undone since, or never took effect, does not."""
    undone = {entry.undoes for entry in entries}
    for entry in _effective(entries):
        told = _told(entry, entries[-1].filing) if entry.number not in undone and day_of(entry.at) >= since else None
        if told:
            yield Noted(number=entry.number, day=day_of(entry.at), says=told[0], grave=told[1])


def _effective(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.refused is None and not entry.awaits_second and not is_proposed(entry):
            yield entry


def _told(entry: Entry, stands: Filing) -> tuple[str, bool] | None:
    """What an entry says, and whether it speaks for a conduct of 第十一条, as the filing now stands."""
    event = entry.event
    match event:
        case Lapse(kind=LapseKind.YEAR_MISSED):
            year = stands.year(event.year or 0)
            late = year is not None and year.status is not YearStatus.MISSED
            return f"{event.year}年度未按期报送年度总结和计划" + ("，其后已补报或者免报" if late else ""), not late
        case Lapse(kind=LapseKind.REVOCATION_OPENED):
            return "连续两年未报送，撤销程序立案", True
        case RecordInspection():
            found = event.result == "deficient"
            return f"检查（{on_day(event.inspected_on)}）：{'存在问题' if found else '未发现问题'}", found
        case ProposeRevocation():
            return f"提议撤销备案：{event.ground.label}（{CLAUSES[event.ground]}）", True
        case ReportChange(change="ended"):
            return "盟主企业报告联盟或协议终止", False
        case RecordChallenge():
            return f"提起{PROCEDURES[event.procedure]}（{event.authority}）", False
        case RecordChallengeOutcome():
            return f"复议或诉讼结果：{RULINGS[event.ruling]}", False
        case Restore():
            return "恢复备案", False
        case _:
            return None


# Long without cooperation (第十四条)


IDLE = 2
"""So many years without any joint activity, since the last that had one, call for somebody to look into it (G-28)."""


class Inactivity(Value):
    """What a proposal under 第十四条 would rest on: the evaluations that found no joint activity, each as entered."""

    years: tuple[int, ...]
    lines: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The reason of a proposal, to be judged and worded by whoever makes it."""
        years = "、".join(str(year) for year in self.years)
        return f"{years}年度评估评价均未见产学研合作活动，属长期未开展实质性产学研合作。"

    @property
    def text(self) -> str:
        """The evidence as it is attached."""
        return "据备案库登记：\n" + "\n".join(self.lines)


def inactivity(entries: Sequence[Entry]) -> Inactivity | None:
    """The years without any joint activity since the last that had one, each as it was evaluated last; None if too few."""
    last: dict[int, tuple[Entry, RecordEvaluation]] = {}
    for entry in _effective(entries):
        if isinstance(entry.event, RecordEvaluation) and entry.event.joint_activities is not None:
            last[entry.event.year] = entry, entry.event
    idle = [*takewhile(lambda year: not last[year][1].joint_activities, sorted(last, reverse=True))][::-1]
    if len(idle) < IDLE:
        return None
    return Inactivity(years=tuple(idle), lines=tuple(_evidence(*last[year]) for year in idle))


def _evidence(entry: Entry, event: RecordEvaluation) -> str:
    number = f"，{event.document_no}" if event.document_no else ""
    return (
        f"{event.year}年度评估评价（卷宗第{entry.number}号登记，{on_day(day_of(entry.at))}{number}）："
        f"当年产学研合作活动{event.joint_activities}次，评价结果为{OUTCOMES[event.result]}。"
    )
