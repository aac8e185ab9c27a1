"""The offices (机构): 15 jurisdictions and the high-tech zones, and which of them acts for a filing (Q10)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import Field

from models.acts import Act, Transfer
from models.filing import Filing
from models.values import Day, Jurisdiction, Value
from models.vocabulary import ActKind, ByKind, Kind, Role, Stage
from regulation import codes, data
from regulation.editions import Editions, read

PROVINCE = "210000"

INDUSTRY_OF_A_CITY = Role.CITY_IIT.label.removeprefix("市")
"""What the industry department of a city is called whose own name nobody told: the documents name none."""


@dataclass(frozen=True)
class Office:
    """A jurisdiction's S&T office (B-26), and what its industry department is called; `names` are the city's names as alliances
    write them (G-38)."""

    code: str
    city: str
    name: str
    names: tuple[str, ...]
    industry: str

    @property
    def government(self) -> str:
        """The government at its level, which reviews its decisions (行政复议法 24); the province's, of the one that it set up."""
        return f"{self.city}人民政府" if self.city.endswith("市") else "辽宁省人民政府"


@dataclass(frozen=True)
class Contact:
    """How an office is reached, which only a deployment knows (B-26), and who reviews its decisions (G-19).

    What is empty is left to fill in, or follows from the law.
    """

    telephone: str = ""
    postal_address: str = ""
    review_body: str = ""
    court: str = ""


_REACHED: dict[str, Contact] = {}
"""What a deployment says of its offices."""


def contact(key: str) -> Contact:
    """How an office is reached."""
    return _REACHED.get(key, Contact())


def reach(contacts: Mapping[str, Contact]) -> None:
    """These are how the offices of this deployment are reached, and none of before."""
    _REACHED.clear()
    _REACHED.update(contacts)


@dataclass(frozen=True)
class Zone:
    """A provincial-or-above high-tech zone; it reviews kind B where it has staff for it (G-30). `names`: earlier ones too."""

    key: str
    city: str
    name: str
    names: tuple[str, ...]
    reviews: bool


@dataclass(frozen=True)
class Directory:
    """机构名录: every office and zone as they are called, and which zones review, from a day on."""

    name: str
    since: date
    known_from: date | None
    offices: Mapping[str, Office]
    zones: Mapping[str, Zone]


class OfficeRow(Value):
    """An office in a document: what is told of it; what is not stays as the edition before has it."""

    code: Jurisdiction
    city: str | None = None
    name: str | None = None
    industry: str | None = None
    also: tuple[str, ...] = ()


class ZoneRow(Value):
    """A zone in a document, likewise; a new one tells its city, its name and whether it reviews."""

    key: str = Field(pattern=r"^(?:[0-9]{6}|21SF00)-[a-z]{2,20}$")
    city: Jurisdiction | None = None
    name: str | None = None
    also: tuple[str, ...] = ()
    reviews: bool | None = None


class Document(Value):
    """An edition of the directory as written: offices and zones that are called otherwise, and zones that review from now on."""

    edition: str
    base: str | None = None
    since: Day
    known_from: Day | None = None
    document_no: str | None = None
    offices: tuple[OfficeRow, ...] = ()
    zones: tuple[ZoneRow, ...] = ()


def _make(document: Mapping[str, Any], base: Directory | None) -> Directory:
    told = read(Document, document)
    offices = dict(base.offices) if base else {}
    for office in told.offices:
        was = offices.get(office.code)
        if was is None and base:
            raise ValueError(f"{office.code} 不是已有的属地")
        city, name = office.city or (was and was.city), office.name or (was and was.name)
        if not city or not name:
            raise ValueError(f"{office.code} 须写明城市和机构名称")
        names = (*(was.names if was else ()), city, city.removesuffix("市"), *office.also)
        industry = office.industry or (was and was.industry) or f"{city}{INDUSTRY_OF_A_CITY}"
        offices[office.code] = Office(office.code, city, name, tuple(dict.fromkeys(names)), industry)
    zones = dict(base.zones) if base else {}
    for zone in told.zones:
        known = zones.get(zone.key)
        seat, called = zone.city or (known and known.city), zone.name or (known and known.name)
        reviews = known.reviews if known and zone.reviews is None else zone.reviews
        if not called or reviews is None or seat not in offices or not zone.key.startswith(f"{seat}-"):
            raise ValueError(f"{zone.key} 须写明所在属地、名称和是否受理，编号以属地代码开头")
        names = (*(known.names if known else ()), called, *zone.also)
        zones[zone.key] = Zone(zone.key, seat, called, tuple(dict.fromkeys(names)), reviews)
    return Directory(told.edition, told.since, told.known_from, offices, zones)


class Directories(Editions[Directory]):
    """The editions of the directory; the newest also stands in `OFFICES` and `ZONES`, for lists and pages of today."""

    def add(self, document: Mapping[str, Any]) -> None:
        """Take one more edition."""
        super().add(document)
        newest = max((self[name] for name in self), key=lambda each: (each.since, list(self).index(each.name)))
        self.offices, self.zones = newest.offices, newest.zones

    def on(self, day: date) -> Directory:
        """The directory as it holds on a day."""
        return self[self.newest(day, lambda each: each.since <= day)]


def shipped() -> Directories:
    """The directory that comes with this release, to which a deployment adds its own editions."""
    return Directories("机构名录", _make, [{"edition": "LN", "since": "2021-01-01", **data.read("offices.json")}])


DIRECTORIES = shipped()
OFFICES: dict[str, Office] = dict(DIRECTORIES.offices)
ZONES: dict[str, Zone] = dict(DIRECTORIES.zones)
CITIES: dict[str, str] = {code: office.city for code, office in OFFICES.items()}
KEYS: list[str] = [PROVINCE, *OFFICES, *ZONES]
"""Every office that is written to by its key, and below: offices and zones as the newest edition has them."""


def take_effect() -> None:
    """Have lists and pages show the newest edition that was added. Called when the editions are loaded."""
    OFFICES.update(DIRECTORIES.offices)
    ZONES.update(DIRECTORIES.zones)
    CITIES.update({code: office.city for code, office in OFFICES.items()})
    KEYS[:] = [PROVINCE, *OFFICES, *ZONES]


INDUSTRY = frozenset({Role.CITY_IIT.value, Role.PROVINCE_IIT.value})
"""Addressees in the industry offices (工信), which share their key with the science and technology office but not its door."""


REVIEWING = frozenset({"reviewer", "supervisor", "taking", "giving"})

ADDRESSED: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        Role.LEADER: frozenset({"leader"}),
        Role.CITY_ST: REVIEWING,
        Role.ZONE: REVIEWING,
        Role.CITY_IIT: frozenset({"city_iit"}),
        Role.PROVINCE_ST: frozenset({"province_st"}),
        Role.PROVINCE_IIT: frozenset({"province_iit"}),
    }
)
"""收件箱: which addressees' messages a role reads, at its own office. A city's departments share one code, and so do the
province's: whose inbox it is, no code says alone. Whoever is not here has no inbox."""


def zone_named(name: str) -> Zone | None:
    """The zone that a form names, by any of its names."""
    return next((zone for zone in ZONES.values() if name.strip() in zone.names), None)


BY_ZONES = ByKind(a=False, b=True)
"""Whether a zone may review a kind."""


def reviews_in(kind: Kind, jurisdiction: str, key: str, day: date) -> bool:
    """Whether a zone of a city reviews filings of a kind on a day: only kind B, where it has staff for it (B-14, G-30)."""
    zone = DIRECTORIES.on(day).zones.get(key)
    return BY_ZONES[kind] and zone is not None and zone.reviews and zone.city == jurisdiction


def name_of(key: str, on: date | None = None) -> str:
    """An office by name: 沈阳市科技局, 沈阳高新技术产业开发区, 省科技厅, or the key itself; as it was called on a day."""
    if key == PROVINCE:
        return Role.PROVINCE_ST.label
    offices, zones = (OFFICES, ZONES) if on is None else (DIRECTORIES.on(on).offices, DIRECTORIES.on(on).zones)
    if key in zones:
        return zones[key].name
    return offices[key].name if key in offices else ZONES[key].name if key in ZONES else key


def short_name(jurisdiction: str) -> str:
    """A jurisdiction in as few characters as people know it by: 沈阳, 沈抚示范区."""
    names = [name.removesuffix("市") for name in OFFICES[jurisdiction].names if 2 <= len(name.removesuffix("市")) <= 5]
    return names[-1] if names else OFFICES[jurisdiction].city


def title(role: Role, office: str) -> str:
    """Whose post it is, by name: 沈阳市科技局, 沈阳市工信部门, 省工信厅; a leader's is its code."""
    if role is Role.CITY_IIT and office in OFFICES:
        return OFFICES[office].industry
    return name_of(office) if role in (Role.CITY_ST, Role.ZONE, Role.LEADER) else role.label


def post(role: Role, office: str) -> str:
    """A post by name where it is said who did something: a leader as such, never by its code."""
    return role.label if role in (Role.LEADER, Role.PUBLIC) else title(role, office)


def industry_beside(key: str | None) -> str:
    """The industry department beside a reviewing office, by name; as such where it is not told beside which."""
    return title(Role.CITY_IIT, ZONES[key].city if key in ZONES else key or "")


def addressed(to: str, office: str) -> str:
    """To whom a message goes, by name: an addressee that is a role is another house than the office whose key it shares."""
    if to == Role.PUBLIC:
        return Role.PUBLIC.label
    return title(Role(to), office) if to in set(Role) else name_of(office)


def acting(filing: Filing, act: Act) -> Collection[tuple[Role, str]] | None:
    """The role and office that an actor must have beside being entitled (A-09, A-10, A-24, A-25, B-14, G-45).

    None where no office is prescribed. The city sees a zone's cases read-only (Q10). In a transfer the taking office acts
    too (Q25).
    """
    role = act.by.role
    if role in (Role.CITY_ST, Role.ZONE):
        reviewers = [reviewer(filing.jurisdiction, filing.zone)]
        if isinstance(act, Transfer):
            reviewers.append(reviewer(act.to, act.to_zone))
        return list(dict.fromkeys(reviewers))
    return None if role in ANYWHERE else posts(filing, role)


ANYWHERE = (Role.EVALUATOR, Role.AUDITOR, Role.OPERATOR, Role.PLATFORM)
"""Roles for which no office is prescribed; theirs is the province's."""


def posts(filing: Filing, role: Role) -> list[tuple[Role, str]]:
    """The posts of a role that act for a filing: none or one."""
    if role in (Role.CITY_ST, Role.ZONE):
        return [each for each in [reviewer(filing.jurisdiction, filing.zone)] if each[0] is role]
    if role is Role.CITY_IIT:
        return [(role, filing.jurisdiction)]
    if role is Role.LEADER:
        return [(role, filing.leader)]
    if role is Role.PUBLIC:
        return [(role, "public")]
    return [(role, PROVINCE)]


def reviewer(jurisdiction: str, zone: str | None) -> tuple[Role, str]:
    """The post that reviews: the zone's where one does, else the city's (B-14, Q10)."""
    return (Role.ZONE, zone) if zone else (Role.CITY_ST, jurisdiction)


def reviewer_of(filing: Filing) -> str:
    """The office that reviews a filing, by name."""
    return name_of(reviewer(filing.jurisdiction, filing.zone)[1])


def is_post(role: Role, office: str) -> bool:
    """Whether somebody can hold a role at an office at all."""
    if role in (Role.CITY_ST, Role.CITY_IIT):
        return office in OFFICES
    if role is Role.ZONE:
        return office in ZONES
    if role is Role.LEADER:
        return codes.is_uscc(office)
    return office == ("public" if role is Role.PUBLIC else PROVINCE)


class Scope(Value):
    """Which filings an office may see: those of this place, zone or leader, and whatever waits for it (A-24, Q10, Q25);
    or no other than these (`filings`)."""

    office: str | None = None
    jurisdiction: str | None = None
    zone: str | None = None
    leader: str | None = None
    stages: tuple[Stage, ...] = ()
    filings: tuple[str, ...] | None = None

    def holds(
        self, filing_id: str, jurisdiction: str, zone: str | None, leader: str, stage: str, waiting_for: str | None
    ) -> bool:
        """Whether a filing lies within it, by its place, leader and stage, and for whom it waits."""
        if self.filings is not None and filing_id not in self.filings:
            return False
        if self.office is not None and waiting_for == self.office:
            return True
        told = ((self.jurisdiction, jurisdiction), (self.zone, zone), (self.leader, leader))
        return all(wanted in (None, is_) for wanted, is_ in told) and (not self.stages or stage in self.stages)


def scope(role: Role, office: str, assigned: Collection[str] = ()) -> Scope | None:
    """What somebody in a role at an office may see of the register; None: only what everybody may.

    A city sees a zone's cases too, without acting on them (Q10). An evaluator sees what was archived of the alliances that are
    `assigned` to them, for as long as their commission runs (细则 8).
    """
    if role is Role.PUBLIC:
        return None
    if role in (Role.CITY_ST, Role.CITY_IIT):
        return Scope(office=office, jurisdiction=office)
    if role is Role.ZONE:
        return Scope(office=office, zone=office)
    if role is Role.LEADER:
        return Scope(office=office, leader=office)
    if role is Role.EVALUATOR:
        archived = (Stage.IN_FORCE, Stage.REVOCATION_PENDING, Stage.REVOKED, Stage.DEREGISTERED, Stage.CONTINUED)
        return Scope(stages=archived, filings=tuple(sorted(assigned)))
    return Scope(office=office)


READERS = frozenset(
    {Role.LEADER, Role.CITY_ST, Role.CITY_IIT, Role.ZONE, Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.PLATFORM}
)
"""Who may read the papers of a filing that they may see: they name persons, phones and amounts (个保法 6, G-04b)."""


EVALUATED_BY = frozenset({
    "application", "submit", ActKind.RESUBMIT.value, ActKind.FILE_ANNUAL_REPORT.value, ActKind.ANSWER_ANNUAL_RETURN.value,
    ActKind.REPORT_CHANGE.value,
})  # fmt: skip
"""What an evaluator reads of the alliances that are theirs: forms and reports, and no more (细则 8)."""

REFUSED = "refused"
"""What the sender of a refused act wrote, as if it were a kind of paper."""


def may_read(role: Role, office: str, filing: Filing, paper: str) -> bool:
    """Whether a paper of this kind may be read. Who objected is known to nobody but the reviewer (G-04).

    What a refused act said is for the office that it was meant for, the province, and those who look into faults.
    """
    if paper == REFUSED:
        addressed = (role, office) == reviewer(filing.jurisdiction, filing.zone)
        return addressed or role in (Role.PROVINCE_ST, Role.OPERATOR, Role.AUDITOR)
    if paper == ActKind.OBJECT:
        return (role, office) == reviewer(filing.jurisdiction, filing.zone)
    if role is Role.EVALUATOR:
        return paper in EVALUATED_BY
    return role in READERS
