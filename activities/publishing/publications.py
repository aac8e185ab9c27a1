"""A publication as its readers see it: what it shows, what it is called, and what later publications make of it.

Only the fields that `Shown` names can be seen (G-04b): whatever else a row might hold is left where it is.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, ConfigDict, Field

from models.register import PublicNoticeRow
from models.rounds.base import RoundKind
from models.values import Value, at_hour, day_of, legible
from regulation import offices
from regulation.naming import on_day
from regulation.publicity import PublicationKind
from regulation.rounds import after_inspecting, after_performance, after_subsidies, calls, survey_letters
from regulation.rounds.every import RULES


class Publications(Protocol):
    """What a site reads of the register."""

    def of_filings(self, filing_ids: Collection[str]) -> Sequence[PublicNoticeRow]:
        """Everything published of these filings, in any order."""

    def every(self) -> Iterable[PublicNoticeRow]:
        """Everything published of filings, a filing's after one another."""

    def current(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What is being shown on a day (`shown_from` ≤ today ≤ `shown_until`), what began last first; of one jurisdiction, or of all."""

    def latest(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What was published last (`published_at`) of what may be shown by a day (`shown_from` ≤ today)."""

    def months(self, year: int) -> Sequence[date]:
        """The months of a year in which anything was published (`published_at`, of Shanghai), by their first days."""

    def count(self, month: date) -> int:
        """How much was published in a month."""

    def before(self, row: PublicNoticeRow) -> int:
        """How much was published in its month before it, by instant and id."""

    def part(self, month: date, first: int, limit: int) -> Sequence[PublicNoticeRow]:
        """What was published in a month, by instant and id, from a place on."""

    def years(self) -> Sequence[int]:
        """The years in which anything was published."""


@dataclass(frozen=True)
class Wording:
    """A kind of publication in words. `says` stands on the earlier publications `of` which it says it."""

    label: str
    title: str
    lead: str
    says: str = ""
    of: tuple[PublicationKind, ...] = ()


NOTICES: frozenset[PublicationKind] = frozenset({"notice", "change_notice"})
"""What is published anew whenever it begins: later publications on notices speak of the last one only."""

KINDS: Mapping[str, Wording] = {
    "notice": Wording(
        "公示",
        "关于拟备案“{}”的公示",
        "经企业自主申请、材料审核，拟将“{}”报省科技厅备案，现予公示。",
        "已重新公示",
        ("notice", "corrected_notice"),
    ),
    "corrected_notice": Wording(
        "更正公示",
        "关于“{}”公示期的更正公示",
        "依新公布的工作日历，“{}”的公示期更正如下，原公示期不缩短。",
        "公示期已更正",
        ("notice", "change_notice", "corrected_notice"),
    ),
    "notice_withdrawn": Wording(
        "终止公示",
        "关于终止“{}”公示的公告",
        "“{}”的备案申请已终止办理，原公示不再继续。",
        "公示已终止",
        ("notice", "corrected_notice", "notice_suspended", "notice_reinstated"),
    ),
    "notice_suspended": Wording(
        "中止公示",
        "关于中止“{}”公示的公告",
        "经处理公示期内的异议，“{}”的备案申请退回补正，原公示自即日起中止，不再接受异议；补正后按规定继续公示或者重新公示。",
        "公示已中止，不再接受异议",
        ("notice", "corrected_notice", "notice_reinstated"),
    ),
    "notice_reinstated": Wording(
        "恢复公示",
        "关于恢复“{}”公示的公告",
        "“{}”的备案申请恢复办理，原公示继续有效。",
        "公示已恢复",
        ("notice", "corrected_notice", "notice_withdrawn", "notice_suspended"),
    ),
    "change_notice": Wording(
        "变更公示",
        "关于“{}”变更的公示",
        "拟确认“{}”的变更，变更后的情况现予公示。",
    ),
    "revocation_proposal": Wording(
        "拟撤销公示",
        "关于拟撤销“{}”备案的公示",
        "拟撤销“{}”的备案，现予公示。",
        "此后另有拟撤销公示",
        ("revocation_proposal",),
    ),
    "proposal_ended": Wording(
        "终止撤销",
        "关于终止撤销“{}”备案程序的公告",
        "“{}”的撤销程序已终止，备案继续有效。",
        "撤销程序已终止，备案继续有效",
        ("revocation_proposal",),
    ),
    "revocation": Wording(
        "撤销备案",
        "关于撤销“{}”备案的公告",
        "“{}”的备案已撤销。",
        "备案已撤销",
        ("revocation_proposal", "restoration"),
    ),
    "deregistration": Wording(
        "自愿注销",
        "关于“{}”自愿注销备案的公告",
        "“{}”已自愿注销备案。",
    ),
    "revocation_undone": Wording(
        "撤销终止",
        "关于终止撤销“{}”备案程序的公告",
        "“{}”的备案在撤销之前已经自愿注销或者由新备案承接，撤销程序终止，已作出的撤销决定不再有效；不属撤销备案。",
        "备案在撤销之前已经自愿注销或者由新备案承接，撤销不再有效",
        ("revocation_proposal", "revocation"),
    ),
    "continuation": Wording(
        "由新备案承接",
        "关于“{}”由新备案承接的公告",
        "“{}”继续申报的备案已入库，原备案由新备案承接，自即日起终止；不属撤销备案。",
    ),
    "restoration": Wording(
        "恢复备案",
        "关于恢复“{}”备案的公告",
        "“{}”的备案已恢复。",
        "备案已恢复",
        ("revocation_proposal", "revocation", "announcement"),
    ),
    "announcement": Wording(
        "官网公告",
        "“{}”有关公告的发布情况",
        "“{}”的有关公告已在官方网站发布。",
    ),
}
"""Every kind of publication, and which earlier ones of its filing are marked by it."""

OF_ROUNDS: Mapping[str, str] = {
    kind: RULES[of].word(kind)
    for of, kinds in {
        RoundKind.CALL: (calls.CALL,),
        RoundKind.INSPECTION: (after_inspecting.LISTED, after_inspecting.DRAWN, after_inspecting.VOIDED),
        RoundKind.PERFORMANCE: (after_performance.PUBLISHED,),
        RoundKind.SUBSIDY: (
            *(after_subsidies.NOTICE, after_subsidies.FINAL, after_subsidies.WITHDRAWN),
            *(after_subsidies.CANCELLED, after_subsidies.UNPAID_LIST),
        ),
        RoundKind.SURVEY: (survey_letters.SUMS,),
    }.items()
    for kind in kinds
}
"""What each kind of what rounds publish is called."""

SETTLED: frozenset[PublicationKind] = frozenset(
    {"notice", "corrected_notice", "revocation_proposal", "proposal_ended", "revocation", "revocation_undone"}
)
"""What takes the place of the publications it marks for good."""


Text = Annotated[str, BeforeValidator(lambda value: legible(value) if isinstance(value, str) else value)]


class Shown(Value):
    """What may be shown of a publication (G-04b); anything else in its content is ignored."""

    model_config = ConfigDict(extra="ignore")

    alliance: Text = Field(alias="联盟名称")
    city: Text | None = Field(default=None, alias="所在市")
    leader: Text | None = Field(default=None, alias="盟主企业")
    members: tuple[Text, ...] = Field(default=(), alias="成员单位")
    technical_field: Text | None = Field(default=None, alias="技术领域")
    archive_number: Text | None = Field(default=None, alias="备案编号")
    successor: Text | None = Field(default=None, alias="承接备案编号")
    clause: Text | None = Field(default=None, alias="依据")
    document_no: Text | None = Field(default=None, alias="文号")
    url: Text | None = Field(default=None, alias="网址")
    how_to_object: Text | None = Field(default=None, alias="异议方式")


PUBLIC = {each.alias for each in Shown.model_fields.values()} | {"公示期"}
"""What a row may hold to be published whole, as a proof of it must be."""


def is_all_public(row: PublicNoticeRow) -> bool:
    """Whether a row holds nothing but what may be shown."""
    return PUBLIC.issuperset(json.loads(row.content))


@dataclass(frozen=True)
class Published:
    """One publication with what it shows, and the later ones of its filing that mark it."""

    row: PublicNoticeRow
    shown: Shown
    later: tuple["Published", ...]

    @property
    def path(self) -> str:
        return f"notices/{self.row.id}.html"

    @property
    def wording(self) -> Wording:
        return KINDS[self.row.kind]

    @property
    def title(self) -> str:
        return self.wording.title.format(self.shown.alliance)

    @property
    def lead(self) -> str:
        return self.wording.lead.format(self.shown.alliance)

    @property
    def place(self) -> str:
        return offices.OFFICES[self.row.jurisdiction].city

    @property
    def at(self) -> datetime:
        """From when it can be read: once it is entered, and not before the day from which it is shown."""
        return max(self.row.published_at, at_hour(self.row.shown_from, 0))

    @property
    def day(self) -> date:
        return day_of(self.at)

    @property
    def month(self) -> date:
        """The month under which it is kept, by its first day."""
        return month_of(self.row)

    @property
    def period(self) -> str | None:
        """公示期, up to 24:00 of its last day."""
        until = self.row.shown_until
        return f"{on_day(self.row.shown_from)}至{on_day(until)}24时" if until else None

    @property
    def stands(self) -> bool:
        """Whether nothing later has taken its place, or ended it for now."""
        kinds = [each.row.kind for each in self.later]
        return not SETTLED.intersection(kinds) and kinds[-1:] not in (["notice_withdrawn"], ["notice_suspended"])


PAGES: Mapping[RoundKind, str] = {
    RoundKind.CALL: "/calls/{round}", RoundKind.SURVEY: "/surveys/{round}", RoundKind.INSPECTION: "/lots/{round}",
    RoundKind.PERFORMANCE: "/outcomes/{id}", RoundKind.SUBSIDY: "/outcomes/{id}",
}  # fmt: skip
"""Where what rounds publish is shown."""


@dataclass(frozen=True)
class PublishedByRound:
    """One thing that a round published, which has its page at the gateway's doors: all that its row holds is public."""

    row: PublicNoticeRow

    @property
    def round_id(self) -> str:
        return str(self.row.round_id)

    @property
    def name(self) -> str:
        """What it is."""
        return RULES[RoundKind(self.round_id.partition("-")[0])].word(self.row.kind)

    @property
    def content(self) -> Mapping[str, Any]:
        told: dict[str, Any] = json.loads(self.row.content)
        return told

    @property
    def title(self) -> str:
        return f"{self.content.get('title') or self.content.get('round') or self.round_id}：{self.name}"

    @property
    def address(self) -> str:
        return f"/rounds/{self.round_id}/published/{self.row.id}"

    @property
    def page(self) -> str:
        """Where people read what it says."""
        kind = RoundKind(self.round_id.partition("-")[0])
        return PAGES.get(kind, "/rounds").format(round=self.round_id, id=self.row.id)

    @property
    def sha256(self) -> str:
        """The digest of the file as it is handed out."""
        return hashlib.sha256(self.row.content.encode()).hexdigest()

    @property
    def day(self) -> date:
        """The day from which it can be read."""
        return day_of(max(self.row.published_at, at_hour(self.row.shown_from, 0)))


def next_month(month: date) -> date:
    """The month after one, each by its first day."""
    return (month + timedelta(days=31)).replace(day=1)


def month_of(row: PublicNoticeRow) -> date:
    """The month of Shanghai in which it was published, by its first day."""
    return day_of(row.published_at).replace(day=1)


def histories(rows: Iterable[PublicNoticeRow], today: date) -> dict[str, tuple[Published, ...]]:
    """What may be shown by a day of each filing, in the order in which it was entered."""
    shown = sorted(
        (row for row in rows if row.shown_from <= today), key=lambda row: (row.filing_id, row.number, row.id)
    )
    return {filing_id: _history(tuple(each)) for filing_id, each in groupby(shown, lambda row: row.filing_id)}


def _history(rows: tuple[PublicNoticeRow, ...]) -> tuple[Published, ...]:
    """Told from the last one back, so that each knows those after it."""
    told: tuple[Published, ...] = ()
    for row in reversed(rows):
        marked_by = tuple(later for index, later in enumerate(told) if _marks(later, row, told[:index]))
        told = (shown_as(row, marked_by), *told)
    return told


def shown_as(row: PublicNoticeRow, marked_by: tuple[Published, ...] = ()) -> Published:
    """A publication with what may be shown of it."""
    return Published(row, Shown.model_validate(json.loads(row.content)), marked_by)


def _marks(later: Published, earlier: PublicNoticeRow, between: tuple[Published, ...]) -> bool:
    """Whether a publication says something of an earlier one; if of notices, then of the last only."""
    if earlier.kind not in later.wording.of:
        return False
    return NOTICES.isdisjoint(later.wording.of) or NOTICES.isdisjoint(each.row.kind for each in between)


def newest_first(publications: Iterable[Published]) -> list[Published]:
    """As lists show them."""
    return sorted(publications, key=lambda each: (each.at, each.row.number, each.row.id), reverse=True)
