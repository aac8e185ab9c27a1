"""The application as a form (备案申请表): its sections in the order in which it is printed, and what is found in each.

Nothing is judged here. A draft is what was filled in; the door adds whose it is, and `intake.examine` says what is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData

from gateway.asked.forms import CHOICES, Field, Places, by_field, fields_of, read
from gateway.identity import Identity
from models.acts import Deficiency
from models.findings import Finding
from models.forms import FIELDS
from models.vocabulary import ByKind, Kind, Severity
from regulation import codes, intake, offices


@dataclass(frozen=True)
class Section:
    """A part of the form: its anchor, its heading as printed, its fields, and the notes that belong to it."""

    key: str
    title: str
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


ON_MEMBERS = "联盟成员单位在行业（或领域）中地位的简要说明"

DOCUMENTS = Section(
    "documents",
    "申请材料",
    ("documents",),
    (
        "不得上传涉密材料：密级为秘密、机密、绝密的（如国防专利）不得在本系统上传或填报，请按保密规定另行报送。",
        "全体成员的证照（D3）每家一份，“所属单位代码”填该成员的代码；电子营业执照与加盖公章的复印件效力相同。",
    ),
)
PROMISES = Section("promises", "承诺与送达", ("all_members_signed", "integrity_commitment", "service"))

SECTIONS: Mapping[Kind, tuple[Section, ...]] = {
    Kind.A: (
        Section(
            "alliance",
            "一、联盟简况",
            ("alliance_name", "agreement_effective_on", "technical_field", "jurisdiction", "previous_filing_id"),
            ("联盟名称 = 所在市 + 盟主简称 + 主导产业 + “产学研联盟”。",),
        ),
        Section("leader", "盟主情况", ("leader",)),
        Section("counts", "成员数量", ("counts",), ("盟主计入成员总数和成员企业数量。",)),
        Section("goal", "二、技术创新目标", ("innovation_goal",)),
        Section(
            "members",
            ON_MEMBERS,
            ("members",),
            ("盟主是成员之一，列为第一项。若成员单位超过10家，则只需填写主要成员单位的有关情况。",),
        ),
        DOCUMENTS,
        PROMISES,
    ),
    Kind.B: (
        Section(
            "alliance",
            "联盟简况",
            (
                "alliance_name", "technical_field", "zone_name", "agreement_effective_on", "jurisdiction",
                "previous_filing_id",
            ),
            ("联盟名称为“××市××联盟”。所属高新区填省级高新区或者沈大自创区；不在高新区内的不填。",),
        ),
        Section(
            "leader",
            "一、盟主企业情况",
            ("leader",),
            (
                "科技人员：直接从事研发和相关技术创新活动，以及专门从事上述活动的管理和提供直接技术服务的人员，包括在职、兼职和临时聘用人员。",
                "产学研合作经费：企业与科研院所、大专院校开展技术合作所发生的费用。",
                "高新技术产品（服务）收入：通过研发和相关技术创新活动取得的产品（服务）收入与技术性收入的总和。",
                "I类知识产权：发明专利（含国防专利）、植物新品种、国家级农作物品种、国家新药、国家一级中药保护品种、集成电路布图设计专有权等。",
                "II类知识产权：实用新型专利、外观设计专利、软件著作权等（不含商标）。",
            ),
        ),
        Section(
            "cooperation",
            "二、联盟情况",
            (
                "cooperation", "cooperation_forms", "other_cooperation_form", "last_year", "year_before", "counts",
                "cooperation_status", "development_tasks",
            ),
            (
                "联盟销售收入和研究开发费用为全部成员之和。",
                "合作情况主要包括：产业（行业）领域地位、产学研合作、人才团队、项目实施、开展活动。",
            ),
        ),
        Section("members", ON_MEMBERS, ("members",), ("全部成员逐家列明；盟主是成员之一，列为第一项。",)),
        DOCUMENTS,
        PROMISES,
    ),
}  # fmt: skip
"""The sections of both forms. What the system adds to the printed form stands where it belongs."""

TITLES = ByKind(a="实质性产学研联盟备案申请表", b="技术能力提升类联盟备案申请表")

WANTED = {kind: (*intake.ONCE[kind], *list(intake.EITHER[kind])[:1]) for kind in Kind}
"""Documents for which an application's page has a row from the beginning, besides the members' certificates."""

LISTED_FIELDS = ByKind(a=True, b=False)
"""Whether the technical field is chosen from a list (FA-03)."""


def names_of(kind: Kind) -> list[str]:
    """The fields that a leader fills in."""
    return [name for section in SECTIONS[kind] for name in section.names]


def prefilled(kind: Kind, who: Identity) -> dict[str, Any]:
    """What is known of an application before anything is filled in: who leads, where, and where they are reached."""
    city = f"21{who.office[4:6]}00" if who.office[2:4] == "21" else ""
    filled: dict[str, Any] = {
        "kind": kind.value,
        "leader": {"uscc": who.office},
        "service": {"address": f"inbox:{who.person}"},
    }
    return filled | ({"jurisdiction": city} if city in offices.OFFICES else {})


def filled_in(kind: Kind, form: FormData) -> dict[str, Any]:
    """What came back."""
    return {"kind": kind.value, **read(intake.FORMS[kind], form, only=names_of(kind))}


def of_paper(paper: Mapping[str, Any]) -> dict[str, Any]:
    """An application that was submitted, as it was filled in."""
    kind = Kind(paper["kind"])
    return {"kind": kind.value, **{name: paper[name] for name in names_of(kind) if name in paper}}


# As it is shown


@dataclass(frozen=True)
class Part:
    """A section with its fields."""

    section: Section
    fields: tuple[Field, ...]


def parts(raw: Mapping[str, Any], findings: Iterable[Finding], *, more_rows: str = "") -> list[Part]:
    """The form filled in. Rows are proposed for documents that are still missing."""
    kind, found = Kind(raw["kind"]), by_field(findings)
    raw = {**raw, "documents": [*_documents(raw), *missing(kind, raw)]}
    return [
        Part(
            section,
            tuple(
                _offering(kind, field)
                for field in fields_of(intake.FORMS[kind], raw, found, only=section.names, more_rows=more_rows)
            ),
        )
        for section in SECTIONS[kind]
    ]


def new_row(raw: Mapping[str, Any], pointer: str) -> str:
    """Where the empty row stands that a list of the form got."""
    shown = [field for part in parts(raw, (), more_rows=pointer) for field in part.fields]
    return next((each.rows[-1][0].row for each in shown if each.at == pointer and each.rows), "")


def _documents(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in raw.get("documents") or () if isinstance(each, Mapping)]


def missing(kind: Kind, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each document that is asked for and not there yet; left empty, it is no row."""
    documents = _documents(raw)
    there = {each.get("kind") for each in documents}
    there |= {"D5a"} if "D5b" in there else set()
    yield from ({"kind": each} for each in WANTED[kind] if each not in there)
    owners = {codes.normalised(str(each.get("owner"))) for each in documents if each.get("kind") == "D3"}
    told = [raw.get("leader"), *(raw.get("members") or ())]
    listed = [each.get("uscc") or each.get("code") for each in told if isinstance(each, Mapping)]
    for code in dict.fromkeys(codes.normalised(str(each)) for each in listed if each):
        if code not in owners:
            yield {"kind": "D3", "owner": code}


def _offering(kind: Kind, field: Field) -> Field:
    """A field with what can be chosen for it, or is proposed."""
    match field.at:
        case "/technical_field" if LISTED_FIELDS[kind]:
            return replace(field, options=tuple((each, each) for each in FIELDS))
        case "/zone_name" | "/leader/zone_name":
            return replace(field, options=tuple((each.name, each.name) for each in offices.ZONES.values()))
        case "/documents":
            return replace(field, rows=tuple(tuple(_of_document(kind, each) for each in row) for row in field.rows))
    if field.fields:
        return replace(field, fields=tuple(_offering(kind, each) for each in field.fields))
    return field


def _of_document(kind: Kind, field: Field) -> Field:
    if field.name != "kind":
        return field
    offered = dict.fromkeys([*intake.DOCUMENTS_OF[kind], *([str(field.value)] if field.value else [])])
    return replace(field, options=tuple((each, CHOICES["kind"].get(each, each)) for each in offered))


# What is found


@dataclass(frozen=True)
class Found:
    """Findings as the form shows them: on the whole, in each section, and what the reviewer will look at."""

    whole: tuple[Finding, ...]
    sections: tuple[tuple[Section, tuple[Finding, ...]], ...]
    checks: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        rest = [each for _, found in self.sections for each in found]
        return sum(each.severity is Severity.ERROR for each in [*self.whole, *rest])


def found(kind: Kind, findings: Sequence[Finding]) -> Found:
    """Findings by section, errors first."""
    ordered = sorted(findings, key=lambda each: list(Severity).index(each.severity))
    of_section = {name: section.key for section in SECTIONS[kind] for name in section.names}
    keyed = [(of_section.get(each.field.split("/")[1] if each.field else ""), each) for each in ordered]
    return Found(
        whole=tuple(each for key, each in keyed if key is None and each.severity is not Severity.CHECK),
        sections=tuple(
            (section, tuple(each for key, each in keyed if key == section.key)) for section in SECTIONS[kind]
        ),
        checks=tuple(each for key, each in keyed if key is None and each.severity is Severity.CHECK),
    )


def on_the_form(kind: Kind, form: FormData, findings: Iterable[Finding]) -> list[Finding]:
    """Findings on what was filled in, as they point to the fields of the form it was filled in on."""
    places = Places(intake.FORMS[kind], form)
    return [each.but(field=places.of(each.field)) if each.field else each for each in findings]


def told(kind: Kind, raw: Mapping[str, Any], deficiencies: Iterable[Deficiency]) -> list[Finding]:
    """What a return says is lacking, at the fields of which it speaks (A-30); of others it names only the requirement."""
    fields = {code: pointer for pointer, code in reversed(list(_numbered(kind)))}
    documents = {each.get("kind"): f"/documents/{number}/kind" for number, each in enumerate(_documents(raw))}
    fields |= dict.fromkeys(intake.OF_APPLICATIONS, "/documents") | {str(key): at for key, at in documents.items()}
    return [
        Finding(
            code=each.item,
            field=fields.get(each.item, ""),
            severity=Severity.WARNING,
            message=f"退回补正：{each.message}",
            article=each.item,
        )
        for each in deficiencies
    ]


def _numbered(kind: Kind) -> Iterator[tuple[str, str]]:
    """The fields of a form, outside of lists, with their numbers in the specification."""
    of_kind = intake.NUMBERS[kind]

    def walk(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
        for each in fields:
            yield each.at, of_kind.get(each.code, each.code)
            yield from walk(each.fields)

    return walk(fields_of(intake.FORMS[kind], {}, only=names_of(kind)))
