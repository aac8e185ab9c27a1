"""What is published of a lot (抽签), so that anybody can draw it again: the population, the seeds, the lot itself.

Each is a file of its own; its SHA-256 is that of its canonical JSON, byte by byte as it is published.
"""

from typing import Annotated, Literal

from pydantic import Field

from models.acts import ShortText
from models.forms import Name
from models.values import Day, Digest, FilingId, Jurisdiction, OneFor, Value
from models.vocabulary import Kind

METHOD: Literal["beian-lot-1"] = "beian-lot-1"
"""The method by which lots are drawn, described in docs/lots.zh.md. Another method has another name."""

MOST = 100_000
"""More alliances than a province will ever have."""

Secret = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{20,64}$")]
"""What one of two people keeps until the lot is drawn: long enough that nobody guesses it from its hash."""

Drawable = Annotated[int, Field(ge=1, le=MOST)]


class Candidate(Value):
    """One alliance of the population; `left_out` says by which rule it takes no part in the lot.

    What is not archived yet is not named: of it the public knows its own notice (G-04b).
    """

    id: FilingId = Field(title="平台申请编号")
    name: str | None = Field(None, title="联盟")
    kind: Kind = Field(title="类别")
    city: Jurisdiction = Field(title="属地")
    inspected_on: Day | None = Field(None, title="最近检查日期")
    left_out: ShortText | None = Field(None, title="不参加抽签的理由")


class Population(Value):
    """总体名单: everybody the lot is drawn of, as of a day, and how many are to be drawn. Published before there is a seed."""

    method: Literal["beian-lot-1"] = Field(METHOD, title="抽签方法")
    round: str = Field(title="轮次编号")
    as_of: Day = Field(title="截至")
    rule: str = Field(title="抽查规则")
    draw: Drawable = Field(title="抽取家数")
    at_least_one: bool = Field(False, title="每类每市至少一家")
    alliances: Annotated[tuple[Candidate, ...], OneFor(("id",))] = Field(title="总体名单", max_length=MOST)


class Committed(Value):
    """承诺与揭示: the hash that one of the two gave first, and the secret behind it, once it is revealed."""

    office: str
    commitment: Digest
    secret: Secret | None = None


PublicNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.,+ -]{0,99}$")]
"""A public value as it is written down: one line of digits and Latin letters, so that everybody writes the same."""


class PublicValue(Value):
    """公开随机数: a value that nobody knows beforehand, as the result of a lottery; named before, entered on its day."""

    name: Name = Field(
        title="公开随机数的名称", description="如：福利彩票双色球第2027031期开奖号码，由小到大、以空格分隔"
    )
    source: Name = Field(title="公布处", description="在哪里可以查到")
    on: Day = Field(title="公布日期")
    value: PublicNumber | None = Field(None, title="公布的数值")


class Seeds(Value):
    """What the seed is made of, in this order."""

    method: Literal["beian-lot-1"] = Field(METHOD, title="抽签方法")
    round: str
    population: Digest
    commitments: tuple[Committed, ...] = Field(max_length=2)
    public_value: PublicValue | None = None


class Stratum(Value):
    """One kind in one city: how many take part, how many are drawn."""

    kind: Kind = Field(title="类别")
    city: Jurisdiction = Field(title="属地")
    size: int = Field(title="参加抽签家数")
    draw: int = Field(title="抽取家数")


class Drawn(Value):
    """An alliance by its place in its stratum: up to `draw` it is drawn, those after it take the place of who drops out."""

    id: FilingId = Field(title="平台申请编号")
    place: int = Field(title="层内次序")
    rank: Digest = Field(title="序值")
    drawn: bool = Field(False, title="抽中")


class Lot(Value):
    """抽签结果: the seed, the strata, and the order in each stratum."""

    method: Literal["beian-lot-1"] = Field(METHOD, title="抽签方法")
    round: str = Field(title="轮次编号")
    population: Digest = Field(title="总体名单的摘要")
    seed: Digest = Field(title="种子")
    strata: tuple[Stratum, ...] = Field(title="各层抽取家数")
    order: tuple[Drawn, ...] = Field(title="各层次序")
