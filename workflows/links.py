"""Ready links into the Temporal UI: what operators look for, as one table.

The docs print it (docs/build.py), the command line (`starter.py links`), and the operators' page (gateway/pages/operations.py). A row says
what is looked for in words, and how the engine is asked for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from string import Formatter
from urllib.parse import quote

from models.values import in_shanghai, midnight_after
from models.vocabulary import Stage
from workflows import visibility

FILINGS = 'WorkflowType="AllianceFiling" AND ExecutionStatus="Running"'
"""Runs of earlier years, and of filings that have ended, keep what they were found by; they are not meant."""

ROUNDS = 'WorkflowType="Round" AND ExecutionStatus="Running"'
WHATEVER_RUNS = 'ExecutionStatus="Running"'


@dataclass(frozen=True)
class Asked:
    """What a link may be narrowed by: a day, which means the whole of it; an office by its key; a release of this service, or a build
    of it, and the name under which the engine keeps the builds."""

    day: date
    office: str
    office_name: str
    release: str
    deployment: str

    @property
    def words(self) -> dict[str, str]:
        """What stands in the place of the names in braces. What is over at an instant is before one second later."""
        until = midnight_after(self.day) + timedelta(seconds=1)
        return {
            "day": str(self.day),
            "by": in_shanghai(until),
            "office": self.office,
            "office_name": self.office_name,
            "release": self.release,
            "deployment": self.deployment,
        }


@dataclass(frozen=True)
class Link:
    """One thing that operators look for: in Chinese, in English, and as the engine is asked; names in braces are filled in."""

    key: str
    title: str
    english: str
    asks: str = ""
    among: str = FILINGS

    def titled(self, asked: Asked) -> str:
        """What is looked for, in words."""
        return self.title.format(**asked.words)

    def query(self, asked: Asked) -> str:
        """The whole query."""
        return " AND ".join(filter(None, (self.among, self.asks.format(**asked.words))))

    def address(self, ui: str, namespace: str, asked: Asked) -> str:
        """Where the Temporal UI shows it."""
        return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows?query={quote(self.query(asked), safe='')}"

    @property
    def narrowed_by(self) -> frozenset[str]:
        """By what of `Asked` it may be narrowed."""
        named = {name for _, name, _, _ in Formatter().parse(self.asks) if name}
        return frozenset({"by": "day", "deployment": "release"}.get(name, name) for name in named)


LINKS: tuple[Link, ...] = (
    Link("due", "{day}（含当日24时）以前到期", "due by {day}, its 24:00 included", 'NextDeadline < "{by}"'),
    Link("overdue", "有机构逾期", "an office is late, whoever was chased how often", "OverdueSince IS NOT NULL"),
    Link("overdue-by", "{office_name}逾期", "{office} is late", 'OverdueBy="{office}"'),
    Link(
        "overdue-since",
        "应于{day}以前办理而未办理",
        "late since {day} or longer",
        'OverdueSince < "{by}"',
    ),
    Link("waiting", "待{office_name}办理", "waiting for {office}", 'WaitingFor="{office}"'),
    Link("missed", "一个年度未报送", "missed one year", "MissedYears=1"),
    Link(
        "revocations",
        "拟撤销",
        "revocations pending",
        f'FilingStage="{Stage.REVOCATION_PENDING.value}"',
    ),
    Link("held", "已暂停", "on hold", "OnHold=true"),
    Link("provisional", "期限暂定（待公布日历）", "provisional dates", "Provisional=true"),
    Link("objections", "有未办结的异议", "open objections", "OpenObjections>0"),
    Link("rounds", "进行中的年度工作", "rounds under way", among=ROUNDS),
    Link(
        "old-builds",
        "尚未由{release}接手",
        "last worked on by another release, or build, than {release}",
        'BuildIds IS NOT NULL AND BuildIds!="unversioned:{release}" AND BuildIds!="pinned:{deployment}:{release}"',
        among=WHATEVER_RUNS,
    ),
    Link(
        "failures",
        "工作流任务失败（停滞）",
        "stuck: workflow tasks fail, or nobody finishes them",
        "TemporalReportedProblems IN ('category=WorkflowTaskFailed','category=WorkflowTaskTimedOut')",
        among=WHATEVER_RUNS,
    ),
)
"""Every link, in the order in which it is shown."""


def told(asked: Asked, ui: str, namespace: str) -> Iterator[tuple[Link, str, str]]:
    """Every link with what it looks for in words, and its address."""
    return ((each, each.titled(asked), each.address(ui, namespace, asked)) for each in LINKS)


NAMES = frozenset(key.name for key in (*visibility.KEYS, *visibility.OF_ROUNDS))
"""What of ours links may ask for; a test holds them to it."""
