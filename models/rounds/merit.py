"""后补助 (细则 9–10, G-33): the scheme of a year, the research base of each leader, and the list of who gets what and why."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.acts import Year
from models.forms import Document, Name, item
from models.rounds.base import RoundId
from models.values import Amount, Day, Digest, FilingId, Jurisdiction, OneFor, OpaqueId, Value

MOST_BANDS = 30
"""More intervals than a table of bands will ever have."""

LONGEST_LIST = 5000
"""More alliances than will ever be judged in one round."""

PassingGrade = Literal["excellent", "qualified"]
Grade = Literal["excellent", "qualified", "unqualified"]
MeritKey = Literal["grade", "score", "zone", "base", "archived_on"]
Proof = Literal["D5a", "D5b"]

Score = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]
"""Points of a hundred, weighted from scores with at most two decimals: exact, and never rounded."""


class Band(Value):
    """区间定额: every base from `at_least` on and below `below` is paid the same. Only the last one is open above."""

    at_least: Annotated[Amount, Field(gt=0)] = item("B-22", "研发投入下限（含，万元）")
    below: Annotated[Amount, Field(gt=0)] | None = item("B-22", "研发投入上限（不含，万元；最后一档不填）", None)
    amount: Annotated[Amount, Field(gt=0)] = item("B-22", "定额（万元）")


class Scheme(Value):
    """年度方案: the money of one year, on which evaluations it rests, and who comes first when it does not reach for everybody."""

    performance: Annotated[tuple[RoundId, ...], OneFor()] = item(
        "B-21", "所依据的年度绩效评价（轮次编号）", min_length=1, max_length=10
    )
    budget: Annotated[Amount, Field(gt=0)] = item("B-22", "年度资金总额（万元）")
    bands: tuple[Band, ...] = item("B-22", "区间定额表", min_length=1, max_length=MOST_BANDS)
    grades: Annotated[tuple[PassingGrade, ...], OneFor()] = item(
        "B-21", "可予支持的评价等级", min_length=1, max_length=2
    )
    order: Annotated[tuple[MeritKey, ...], OneFor()] = item("B-21", "择优次序（依次比较）", min_length=1, max_length=5)


class BaseProof(Value):
    """研发投入证明材料: a document of the prior year, and what it says by the enterprise's own word."""

    year: Year = item("B-22", "材料所属年度")
    stated: Annotated[Amount, Field(ge=0)] = item("B-22", "材料所载研发投入总额（万元）")
    document: Document = item("B-16", "证明材料（D5a 或者 D5b）")


class Base(Value):
    """What a person read off the proven document of the prior year: the enterprise's whole research expenditure (细则 10)."""

    filing: FilingId = item("B-22", "联盟（平台申请编号）")
    year: Year = item("B-22", "证明材料所属年度")
    amount: Annotated[Amount, Field(ge=0)] = item("B-22", "经核对的研发投入总额（万元）")
    proof: Proof = item("B-22", "核对所依据的证明材料")
    document: Digest = item("B-22", "证明材料的 SHA-256 摘要")
    noted_by: OpaqueId | None = item("B-22", "核对人", None)


class Brought(Value):
    """A document that was brought since the application, for somebody to look at."""

    kind: Proof = Field(title="证明材料")
    sha256: Digest = Field(title="摘要")
    stated: Amount = Field(title="自报研发投入总额（万元）")
    year: Year = Field(title="所属年度")


class Candidate(Value):
    """What is known of one alliance when the list is drawn up: everything that its place and amount rest on."""

    filing: FilingId
    alliance: Name
    leader: Annotated[str, Field(max_length=18)]
    leader_name: Name
    jurisdiction: Jurisdiction
    zone: str | None = None
    in_force: bool = True
    pending: bool = False
    archive_number: str | None = None
    archived_on: Day | None = None
    archived_later: bool = False
    grade: Grade | None = None
    score: Score | None = None
    base: Base | None = None
    proof: Brought | None = None
    paid: tuple[Year, ...] = ()
    recorded: tuple[str, ...] = ()


class Line(Value):
    """One alliance on the list: paid (`rank`, `amount`), in order but beyond the money (`rank` alone), or left out (`left_out`).

    `base`, `proof` and `recorded` are what it was drawn up from, should it have to be drawn up again.
    """

    filing: FilingId = Field(title="平台申请编号")
    alliance: Name = Field(title="联盟")
    leader: Annotated[str, Field(max_length=18)] = Field(title="盟主代码")
    leader_name: Name = Field(title="盟主企业")
    jurisdiction: Jurisdiction = Field(title="属地")
    archive_number: str | None = Field(None, title="备案编号")
    rank: Annotated[int, Field(ge=1)] | None = Field(None, title="名次")
    grade: Grade | None = Field(None, title="等级")
    score: Score | None = Field(None, title="得分")
    base: Base | None = Field(None, title="核对的研发投入")
    proof: Brought | None = Field(None, title="企业新交的材料")
    recorded: tuple[str, ...] = Field((), title="登记的不予支持情形", json_schema_extra={"by_programs": True})
    band: Annotated[int, Field(ge=1)] | None = Field(None, title="档")
    amount: Annotated[Amount, Field(gt=0)] | None = Field(None, title="金额（万元）")
    left_out: str | None = Field(None, title="不予支持的情形", json_schema_extra={"by_programs": True})
    why: Annotated[tuple[str, ...], Field(max_length=12)] = Field((), title="逐项说明")


class SubsidyList(Value):
    """拟支持名单, computed from the scheme and the candidates, never written by hand."""

    budget: Amount = Field(title="年度资金总额（万元）")
    total: Amount = Field(title="合计（万元）")
    lines: Annotated[tuple[Line, ...], Field(max_length=LONGEST_LIST)] = Field(title="名单")
