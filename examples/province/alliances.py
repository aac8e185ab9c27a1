"""The alliances of a made-up province, drawn from a seed: who leads them, who belongs to them, how diligent they are.

Everybody is invented. The shares are those of a province as one might find it: two cities hold nearly half, most alliances
were on a list before there was this system, some applied in the year before, some do in the year that is lived.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import product
from random import Random
from typing import Literal

from examples.province.codes import invented
from models.forms import FIELDS
from models.vocabulary import Kind
from regulation import offices

Origin = Literal["listed", "before", "applies"]
"""On a list from before this system; applied in the year before; applies in the year."""

Fate = Literal["archived", "returned", "objected", "withdrawn", "refused"]
"""What becomes of an application; whatever was returned or objected to is archived a little later."""

Report = Literal["in_time", "late", "never", "extended"]
"""How an annual report comes."""

WEIGHTS = {
    "210100": 24, "210200": 22, "210300": 9, "210400": 5, "210500": 4, "210600": 4, "210700": 5, "210800": 6, "210900": 3,
    "211000": 4, "211100": 4, "211200": 3, "211300": 3, "211400": 2, "21SF00": 2,
}  # fmt: skip
"""How many of a hundred alliances each jurisdiction has."""

FIRST = "星辰云海天地山川长风明华新宏远博瑞凯盛泰和信达诚安永恒正启"
SECOND = "帆桥石舟屿原林泉岭峰溪湾洲松柏竹梅兰"
THIRD = ("智造", "精工", "科创", "材料", "装备", "能源", "光电")
TOPICS = (
    "数控机床", "工业传感", "轻质合金", "储能电源", "精细化工", "燃气轮机", "海洋装备", "生物制药", "工业软件", "菱镁耐材",
    "机器人", "集成电路", "农机装备", "轨道交通", "节能环保", "航空部件",
)  # fmt: skip
SCHOOLS = ("示例理工大学", "示例工业大学", "示例科技大学", "示例海洋大学", "示例农业大学", "示例医科大学")
INSTITUTES = ("示例金属材料研究院", "示例自动化研究院", "示例化学工程研究院", "示例能源技术研究院")


@dataclass(frozen=True)
class Company:
    """A leader: who it is, and how large. Amounts in 万元, of the year before the one that is lived."""

    name: str
    code: str
    staff: int
    rd: Decimal
    sales: Decimal


@dataclass(frozen=True)
class Member:
    """Another member."""

    name: str
    code: str
    type: Literal["enterprise", "university", "institute"]


@dataclass(frozen=True)
class Alliance:
    """One of them, as the seed has drawn it. `share` is a number of its own, by which whatever else is chosen is chosen."""

    number: int
    kind: Kind
    city: str
    zone: str | None
    name: str
    field: str
    leader: Company
    members: tuple[Member, ...]
    origin: Origin
    fate: Fate
    report: Report
    answers_survey: bool
    quality: int
    share: float

    @property
    def id(self) -> str:
        """Its filing."""
        return f"LN-YEAR-{self.number:04d}"

    @property
    def zone_name(self) -> str | None:
        """How its zone is called."""
        return offices.ZONES[self.zone].name if self.zone else None

    @property
    def enterprises(self) -> int:
        """How many enterprises it has, the leader among them."""
        return 1 + sum(each.type == "enterprise" for each in self.members)


@cache
def province(how_many: int, seed: int) -> tuple[Alliance, ...]:
    """So many alliances, always the same of one seed; every jurisdiction has one of each kind at least, if there are enough."""
    random = Random(seed)
    names = ["".join(each) for each in product(FIRST, SECOND, THIRD)]
    random.shuffle(names)
    return tuple(_alliance(random, number, names[number - 1]) for number in range(1, how_many + 1))


def _alliance(random: Random, number: int, brand: str) -> Alliance:
    cities = list(WEIGHTS)
    kind = Kind.B if number % 10 in (3, 6, 9) else Kind.A
    in_turn = number <= 3 * len(cities)
    city = cities[number * 7 % len(cities)] if in_turn else random.choices(cities, list(WEIGHTS.values()))[0]
    share, place = random.random(), offices.OFFICES[city]
    zones = [key for key, zone in offices.ZONES.items() if zone.city == city]
    zone = random.choice(zones) if zones and random.random() < 0.5 else None
    origins: list[Origin] = ["listed", "before", "applies"]
    topic = random.choice(TOPICS)
    rd = Decimal(round(random.lognormvariate(5.0, 1.1) * 100 + 1500)) / 100
    return Alliance(
        number=number,
        kind=kind,
        city=city,
        zone=zone if kind is Kind.B else None,
        name=f"{place.city}{brand}{topic}{'产学研' if kind is Kind.A else ''}联盟",
        field=random.choice(FIELDS),
        leader=Company(
            name=f"{place.city.removesuffix('市')}{brand}{topic}有限公司",
            code=invented("91", city, number),
            staff=random.randint(20, 900),
            rd=rd,
            sales=(rd * random.randint(8, 40)).quantize(Decimal("0.01")),
        ),
        members=tuple(_members(random, number, city)),
        origin=random.choices(origins, (80, 8, 12) if kind is Kind.A else (62, 16, 22))[0],
        fate=random.choices(("archived", "returned", "objected", "withdrawn", "refused"), (80, 9, 3, 5, 3))[0],
        report=random.choices(("in_time", "late", "never", "extended"), (90, 5, 3, 2))[0],
        answers_survey=random.random() < 0.93,
        quality=min(100, max(35, round(random.gauss(78, 11)))),
        share=share,
    )


def _members(random: Random, number: int, city: str) -> Iterator[Member]:
    """A university or an institute, and some enterprises that work for the leader."""
    pool: list[Member] = [
        Member(f"辽宁{name}", invented("12", "210000", 90_000 + at), "university") for at, name in enumerate(SCHOOLS)
    ]
    pool += [
        Member(f"辽宁{name}", invented("12", "210000", 91_000 + at), "institute") for at, name in enumerate(INSTITUTES)
    ]
    yield from random.sample(pool, random.choice((1, 1, 2)))
    place = offices.OFFICES[city].city.removesuffix("市")
    for at in range(random.choice((0, 1, 1, 2, 3))):
        yield Member(
            f"{place}示例配套企业第{number}之{at + 1}号有限公司",
            invented("91", city, 10_000 + number * 4 + at),
            "enterprise",
        )
