"""What operators see of a filing in the Temporal UI: search attributes, and current details in Markdown.

No personal data and no free text: keys, dates, counts, and the alliance's public name.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes
from temporalio.worker import (
    HandleQueryInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.rounds.entering import Stands
from models.filing import Entry, Filing
from models.rounds.base import RoundLapseKind, parts
from models.vocabulary import LapseKind
from regulation import agenda, entries, lifecycle, naming, offices, overdue

STAGE = SearchAttributeKey.for_keyword("FilingStage")
KIND = SearchAttributeKey.for_keyword("FilingKind")
JURISDICTION = SearchAttributeKey.for_keyword("Jurisdiction")
WAITING_FOR = SearchAttributeKey.for_keyword("WaitingFor")
TERMS_EDITION = SearchAttributeKey.for_keyword("TermsEdition")
NEXT_DEADLINE = SearchAttributeKey.for_datetime("NextDeadline")
REPORT_YEAR = SearchAttributeKey.for_int("ReportYear")
MISSED_YEARS = SearchAttributeKey.for_int("MissedYears")
OPEN_OBJECTIONS = SearchAttributeKey.for_int("OpenObjections")
ON_HOLD = SearchAttributeKey.for_bool("OnHold")
PROVISIONAL = SearchAttributeKey.for_bool("Provisional")
OVERDUE = SearchAttributeKey.for_keyword_list("Overdue")
OVERDUE_BY = SearchAttributeKey.for_keyword_list("OverdueBy")
OVERDUE_SINCE = SearchAttributeKey.for_datetime("OverdueSince")

LATE = (OVERDUE, OVERDUE_BY, OVERDUE_SINCE)
"""What offices are late with, which offices, and since when the first of them is."""

KEYS = (
    *(STAGE, KIND, JURISDICTION, WAITING_FOR, NEXT_DEADLINE, *LATE),
    *(MISSED_YEARS, OPEN_OBJECTIONS, ON_HOLD, PROVISIONAL),
)
"""What filings are found by."""

FORMER = (TERMS_EDITION, REPORT_YEAR)
"""What runs of 0.1 to 0.4 show besides, though no query asks for it."""

ROUND_KIND = SearchAttributeKey.for_keyword("RoundKind")
ROUND_STAGE = SearchAttributeKey.for_keyword("RoundStage")

OF_ROUNDS = (ROUND_KIND, ROUND_STAGE)
"""What rounds are found by, beside their place and their next day."""

REGISTRATION = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in (*KEYS, *FORMER, *OF_ROUNDS)}
"""What the server must know of them before the first filing: name → type."""

REASON = 200
"""How many characters of why an act was not entered the details show."""

LINES = 5
"""How many lines of the agenda and of the docket the details show."""


def attributes(
    filing: Filing, *, as_until_0_4: bool = False, as_until_0_6: bool = False
) -> list[SearchAttributeUpdate[Any]]:
    """Every search attribute of a filing as it stands. What nobody looks for is not set: no year missed, not on hold.

    `as_until_0_4`: as runs of 0.1 to 0.4 show it, which set everything. `as_until_0_6`: as runs of 0.1 to 0.6 do, which do not say
    who is late.
    """
    due = agenda.nearest_duty(filing)
    values: dict[SearchAttributeKey[Any], Any] = {
        STAGE: filing.stage.value,
        KIND: filing.kind.value,
        JURISDICTION: filing.jurisdiction,
        WAITING_FOR: lifecycle.awaited(filing),
        TERMS_EDITION: filing.terms if as_until_0_4 else None,
        NEXT_DEADLINE: due.at if due else None,
        REPORT_YEAR: filing.report_year if as_until_0_4 else None,
    }
    noted: dict[SearchAttributeKey[Any], Any] = {
        MISSED_YEARS: filing.missed_years,
        OPEN_OBJECTIONS: filing.open_objections,
        ON_HOLD: filing.on_hold,
        PROVISIONAL: agenda.provisional(filing),
    }
    values |= {key: value if value or as_until_0_4 else None for key, value in noted.items()}
    values |= {} if as_until_0_6 else _late(filing)
    return [key.value_unset() if value is None else key.value_set(value) for key, value in values.items()]


def _late(filing: Filing) -> dict[SearchAttributeKey[Any], Any]:
    """What offices are late with, by the same duties as the desk and `starter.py list --overdue`; it stays until it is done,
    whoever was chased for it how often."""
    duties = list(overdue.late(filing))
    return {
        OVERDUE: sorted({each.lapse.value for each in duties}) or None,
        OVERDUE_BY: sorted({each.office for each in duties}) or None,
        OVERDUE_SINCE: min((each.until for each in duties), default=None),
    }


def by_every_way(filing: Filing) -> Iterator[list[SearchAttributeUpdate[Any]]]:
    """Every search attribute of a filing as each way of a run shows it, that of runs that begin now first (workflows/ways.py)."""
    yield attributes(filing)
    yield attributes(filing, as_until_0_6=True)
    yield attributes(filing, as_until_0_4=True, as_until_0_6=True)


def changed(
    now: Iterable[SearchAttributeUpdate[Any]], shown: TypedSearchAttributes
) -> list[SearchAttributeUpdate[Any]]:
    """Those attributes that are not shown as they are now."""
    held = {pair.key.name: pair.value for pair in shown}
    return [update for update in now if held.get(update.key.name) != update.value]


def from_the_start(filing: Filing) -> TypedSearchAttributes:
    """What a run is started with by whoever knows what its filing will be: nothing is left to be changed by it."""
    told = [(update.key, update.value) for update in attributes(filing)]
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in told if value is not None])


def static_summary(alliance: str, jurisdiction: str) -> str:
    """The one line under which a filing is listed: its alliance and city."""
    return f"{alliance[:50]} · {offices.OFFICES[jurisdiction].city}"


def timer_summary(due: agenda.Due) -> str:
    """What a timer waits for; when, the timer itself tells."""
    return naming.coming(due.lapse)


def rendered(filing: Filing, alliance: str, recent: list[Entry]) -> str:
    """Current details in Markdown: stage, who is awaited, the agenda as a table (of reminders only the next), the last
    entries."""
    who = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
    lines = [
        f"**{alliance}** · {filing.kind.label}（{filing.kind.value}）",
        "",
        f"阶段：**{filing.stage.label}** · 待办：{who or '无（只待期限届至）'} · 登记 {filing.number} 条"
        + (f" · 备案编号 {filing.archive_number}" if filing.archive_number else ""),
        "",
        "| 时间 | 届至事项 | 依据 | 日历 |",
        "|---|---|---|---|",
    ]
    for then, due in islice(_coming(filing), LINES):
        article = lifecycle.article_of(due.lapse, then)
        calendar = f"{then.calendar}（暂定）" if agenda.is_provisional(then, due) else then.calendar
        lines.append(
            f"| {naming.short_due_at(due.at, due.lapse.kind)} | {naming.coming(due.lapse)} | {article} | {calendar} |"
        )
    if recent:
        lines += ["", "| 号 | 时间 | 事项 | 阶段 |", "|---|---|---|---|"]
        for entry in reversed(recent[-LINES:]):
            refused = f"（不予登记：{_in_a_cell(entry.refused)}）" if entry.refused else ""
            lines.append(
                f"| {entry.number} | {naming.short(entry.at)} | {naming.name_of_entry(entry)}{refused} | {entry.stage.label} |"
            )
    return "\n".join(lines)


def _in_a_cell(reason: str) -> str:
    """A reason as a cell of a table holds it: one line, not too long, and nothing in it is Markdown."""
    line = " ".join(reason.split())
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", line if len(line) <= REASON else f"{line[:REASON]}…")


def _coming(filing: Filing) -> Iterator[tuple[Filing, agenda.Due]]:
    """What time brings next, whatever it is, and after that everything but reminders."""
    due = agenda.next_lapse(filing)
    if due and due.lapse.kind is LapseKind.REMINDER:
        yield filing, due
    yield from entries.ahead(filing, agenda.next_deadline)


def attributes_of_round(round_id: str, stands: Stands) -> list[SearchAttributeUpdate[Any]]:
    """What a round is found by."""
    told = parts(round_id)
    values: dict[SearchAttributeKey[Any], Any] = {
        ROUND_KIND: told.kind.value if told else None,
        ROUND_STAGE: stands.stage.value,
        JURISDICTION: stands.jurisdiction,
        NEXT_DEADLINE: stands.due_at,
    }
    return [key.value_unset() if value is None else key.value_set(value) for key, value in values.items()]


def rendered_round(round_id: str, stands: Stands) -> str:
    """Current details of a round in Markdown: its stage, and what time brings next."""
    told = parts(round_id)
    due = f"{naming.short_until(stands.due_at)} {_lapse(stands.due)}" if stands.due_at else "无"
    lines = [
        f"**{stands.title}** · {told.kind.label if told else ''}",
        "",
        f"阶段：**{stands.stage.label}** · 登记 {stands.number} 条 · 下一事项：{due}",
    ]
    return "\n".join([*lines, *(["", "有事项（通知、对备案的行为）尚在办理。"] if stands.behind else [])])


def _lapse(name: str | None) -> str:
    """What a lapse is called for people, by the name under which a round remembers it."""
    return RoundLapseKind(name.partition(":")[0]).label if name else ""


class DetailsWhenAsked(Interceptor):
    """Current details are rendered when the Temporal UI asks for them, and not with every entry."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Look at the queries of every run."""
        return _Asked


class _Asked(WorkflowInboundInterceptor):
    async def handle_query(self, input: HandleQueryInput) -> Any:
        answer = await super().handle_query(input)
        if input.query == "__temporal_workflow_metadata":
            answer.current_details = workflow.instance().details()
        return answer
