"""年度报送: what a round of this kind holds, its own acts and their papers."""

from typing import Literal

from pydantic import Field

from models.acts import OfficeKey
from models.forms import item
from models.rounds.base import CommonAct, RoundAct, RoundKind, WithPaper
from models.values import FilingId, Jurisdiction, Named, Value
from models.vocabulary import Kind, ReportState


class AnnualActKind(Named):
    """What may be done in the round of a year of reports."""

    URGE_ALL = "urge_all", "催报全部未报的"
    SETTLE_YEAR = "settle_year", "办结年度报送"


class AnnualState(Value):
    """What only the round of a year holds: how many letters urged whoever owed it, over all times."""

    kind: Literal[RoundKind.ANNUAL] = RoundKind.ANNUAL
    urged: int = 0


# Papers: both are drawn up by the service, from what the register holds

MOST = 100_000
"""More alliances than there will ever be."""


class Urged(Value):
    """催报名单: whoever owes the year and may be urged now, of the office that urges."""

    filings: tuple[FilingId, ...] = item("G-13", "催报的联盟", max_length=MOST)


class Figure(Value):
    """How many of one kind, in a city and within or outside of a zone, are counted as what."""

    jurisdiction: Jurisdiction = item("A-34", "属地")
    kind: Kind = item("A-34", "类别")
    zone: OfficeKey | None = item("A-34", "高新区", None)
    state: ReportState = item("A-34", "报送情况")
    count: int = item("A-34", "联盟数", ge=1, le=MOST)


class Became(Value):
    """What became of the year of one alliance."""

    filing: FilingId = item("A-34", "联盟的平台申请编号")
    state: ReportState = item("A-34", "报送情况")


class YearFigures(Value):
    """年度报送情况: the figures of the closing report, and what became of each alliance's year."""

    figures: tuple[Figure, ...] = item("A-34", "报送情况", max_length=1000)
    became: tuple[Became, ...] = item("A-34", "各联盟的报送情况", max_length=MOST)


# Acts


class UrgeAll(RoundAct, WithPaper):
    """催报: every alliance of the office that owes the year, each by an act of its own (`urge_report`) and one letter."""

    kind: Literal[AnnualActKind.URGE_ALL] = AnnualActKind.URGE_ALL
    facts: int | None = Field(None, title="催报的联盟数")


class SettleYear(RoundAct, WithPaper):
    """办结: the window is over; the figures of the closing report are on record with the entry."""

    kind: Literal[AnnualActKind.SETTLE_YEAR] = AnnualActKind.SETTLE_YEAR
    facts: dict[str, int] | None = Field(None, title="报送情况")


AnnualAct = CommonAct | UrgeAll | SettleYear
"""The acts of the round of a year."""
