"""How the application forms (备案申请表) are laid out: their sections, headings and notes, in the order in which they are printed."""

from dataclasses import dataclass

from models.forms import FormA, FormB
from models.vocabulary import ByKind, Kind


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
        "全体成员的证照每家一份，“所属单位代码”填该成员的代码；电子营业执照与加盖公章的复印件效力相同。",
    ),
)
TEXTS = ("integrity_text", "service_text")
"""Which wordings were confirmed (regulation/promises.py): a page tells them itself, and nobody types them."""

PROMISES = Section("promises", "承诺与送达", ("all_members_signed", "integrity_commitment", "service", *TEXTS))

SECTIONS: ByKind[tuple[Section, ...]] = ByKind(
    a=(
        Section(
            "alliance",
            "一、联盟简况",
            ("alliance_name", "agreement_effective_on", "technical_field", "jurisdiction", "previous_filing_id"),
        ),
        Section("leader", "盟主情况", ("leader",)),
        Section("counts", "成员数量", ("counts",)),
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
    b=(
        Section(
            "alliance",
            "联盟简况",
            (
                "alliance_name", "technical_field", "zone_name", "agreement_effective_on", "jurisdiction",
                "previous_filing_id",
            ),
        ),
        Section("leader", "一、盟主企业情况", ("leader",)),
        Section(
            "cooperation",
            "二、联盟情况",
            (
                "cooperation", "cooperation_forms", "other_cooperation_form", "last_year", "year_before", "counts",
                "cooperation_status", "development_tasks",
            ),
        ),
        Section("members", ON_MEMBERS, ("members",), ("全部成员逐家列明；盟主是成员之一，列为第一项。",)),
        DOCUMENTS,
        PROMISES,
    ),
)  # fmt: skip
"""The sections of both forms. What the system adds to the printed form stands where it belongs."""

TITLES = ByKind(a="实质性产学研联盟备案申请表", b="技术能力提升类联盟备案申请表")
PRINTED_TITLES = ByKind(a="实质性产学研联盟备案申请表", b="辽宁省科技型中小企业技术能力提升类联盟\n备案申请表")
"""What the forms are called, on a page and in print."""

ORDER = (
    "kind", "filing_id", "jurisdiction", "alliance_name", "agreement_effective_on", "technical_field", "zone_name",
    "leader", "counts", "innovation_goal", "last_year", "year_before", "cooperation", "cooperation_forms",
    "other_cooperation_form", "cooperation_status", "development_tasks", "members", "documents", "all_members_signed",
    "integrity_commitment", "integrity_text", "service", "service_text", "previous_filing_id", "legacy",
)  # fmt: skip
"""The fields of an application in the order in which its form prints them."""


def names_of(kind: Kind) -> list[str]:
    """The fields that a leader fills in."""
    return [name for section in SECTIONS[kind] for name in section.names]


def order_of(form: type[FormA] | type[FormB]) -> list[str]:
    """The fields of a form, as printed, without the door's stamps."""
    return [name for name in ORDER if name in form.model_fields]
