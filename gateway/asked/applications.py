"""The application as a form (备案申请表): its sections in the order in which it is printed, and what is found in each.

Nothing is judged here. A draft is what was filled in; the door adds whose it is, and `intake.examine` says what is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from gateway.asked.filled import Places, read
from gateway.asked.forms import Field, by_field, fields_of
from gateway.identity import Identity
from models.acts import Deficiency
from models.choices import CHOICES
from models.findings import Finding
from models.forms import FIELDS
from models.local_rules import LocalRules
from models.register import FilingRow
from models.sections import SECTIONS, Section, names_of
from models.vocabulary import ByKind, Kind, Severity, Stage
from regulation import articles, codes, intake, local_rules, offices, promises
from regulation.intake import BY_CALL

WANTED = {kind: (*intake.ONCE[kind], *list(intake.EITHER[kind])[:1]) for kind in Kind}
"""Documents for which an application's page has a row from the beginning, besides the members' certificates."""

LISTED_FIELDS = ByKind(a=True, b=False)
"""Whether the technical field is chosen from a list (FA-03)."""


def prefilled(kind: Kind, who: Identity) -> dict[str, Any]:
    """What is known of an application before anything is filled in: who leads, where, and where they are reached."""
    city = f"21{who.office[4:6]}00" if who.office[2:4] == "21" else ""
    filled: dict[str, Any] = {
        "kind": kind.value,
        "leader": {"uscc": who.office},
        "service": {"address": f"inbox:{who.person}"},
    }
    return filled | ({"jurisdiction": city} if city in offices.OFFICES else {})


def filled_in(
    kind: Kind, form: FormData, before: Mapping[str, Any] | None = None, section: Section | None = None
) -> dict[str, Any]:
    """What came back; of a page that shows one section only, with all else as it was `before`."""
    names = list(section.names) if section else names_of(kind)
    kept = {name: value for name, value in (before or {}).items() if name in names_of(kind) and name not in names}
    return {"kind": kind.value, **kept, **read(intake.FORMS[kind], form, only=names)}


def of_paper(paper: Mapping[str, Any]) -> dict[str, Any]:
    """An application that was submitted, as it was filled in."""
    kind = Kind(paper["kind"])
    return {"kind": kind.value, **{name: paper[name] for name in names_of(kind) if name in paper}}


def names_told(papers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names that go with codes in applications of the same leader, the last told one of each."""
    told: dict[str, str] = {}
    for paper in papers:
        leader = paper.get("leader") or {}
        rows = [{"name": leader.get("name"), "code": leader.get("uscc")}, *(paper.get("members") or ())]
        told |= {
            codes.normalised(str(row["code"])): str(row["name"]) for row in rows if row.get("code") and row.get("name")
        }
    return told


OF_THEIR_YEAR = ("documents", "last_year", "year_before", "all_members_signed", "integrity_commitment")
"""What of an application belongs to its year: figures, documents, promises."""


def may_go_on(row: FilingRow) -> bool:
    """Whether an alliance may apply again while it stands: 提升类, 处于建设期 (B-05, G-32)."""
    return bool(BY_CALL[Kind(row.kind)] and row.stage == Stage.IN_FORCE)


def continuing(paper: Mapping[str, Any], filing_id: str) -> dict[str, Any]:
    """继续申报 (B-05): what an earlier application of the same alliance said, without what belongs to its year, and named by it."""
    raw = {name: value for name, value in of_paper(paper).items() if name not in OF_THEIR_YEAR}
    leader = {name: value for name, value in paper["leader"].items() if name not in OF_THEIR_YEAR}
    return {**raw, "leader": leader, "previous_filing_id": filing_id}


# As it is shown


@dataclass(frozen=True)
class Part:
    """A section with its fields."""

    section: Section
    fields: tuple[Field, ...]


def parts(
    raw: Mapping[str, Any], findings: Iterable[Finding], *, rules: LocalRules | None = None, more_rows: str = "",
    asks_documents: bool = True, day: date = date.max,
) -> list[Part]:  # fmt: skip
    """The form filled in, with the texts to be confirmed that are in force on a `day`. Where documents are asked for, rows are proposed for those that are still missing, those of the city's
    `rules` too (A-51)."""
    kind, found, local = Kind(raw["kind"]), by_field(findings), local_rules.documents(rules)
    proposed = missing(kind, raw, local) if asks_documents else ()
    raw = {**raw, "documents": [*_documents(raw), *proposed]}
    return [
        Part(
            section,
            tuple(
                _confirming(_offering(kind, _numbered_as(intake.NUMBERS[kind], field), local), day)
                for field in fields_of(intake.FORMS[kind], raw, found, only=section.names, more_rows=more_rows)
            ),
        )
        for section in SECTIONS[kind]
    ]


def _confirming(field: Field, day: date) -> Field:
    """A field with the text that is confirmed by it, as it is in force on a day; and which one that was, told by the page."""
    match field.at:
        case "/integrity_commitment":
            return replace(field, widget="confirm", reads=promises.in_force("integrity", day))
        case "/service":
            return replace(field, reads=promises.in_force("service", day))
        case "/integrity_text" | "/service_text":
            subject: promises.Subject = "integrity" if field.name == "integrity_text" else "service"
            shown = promises.in_force(subject, day).digest
            return replace(field, widget="fixed", options=((shown, shown),))
    return field


def _numbered_as(numbers: Mapping[str, str], field: Field) -> Field:
    """A field whose help, and that of what it holds, names requirements by the numbers of its kind."""
    if not numbers:
        return field
    of_rows = {
        name: tuple(tuple(_numbered_as(numbers, each) for each in row) for row in rows)
        for name, rows in (("rows", field.rows), ("fields", (field.fields,)), ("blank", (field.blank,)))
    }
    return replace(
        field,
        asked_by=numbers.get(field.asked_by, field.asked_by),
        rows=of_rows["rows"],
        fields=of_rows["fields"][0],
        blank=of_rows["blank"][0],
    )


def new_row(raw: Mapping[str, Any], pointer: str) -> str:
    """Where the empty row stands that a list of the form got, or that is meant itself."""
    if pointer.rpartition("/")[2].isdecimal():
        return pointer
    shown = [field for part in parts(raw, (), more_rows=pointer) for field in part.fields]
    return next((each.rows[-1][0].row for each in shown if each.at == pointer and each.rows), "")


def _documents(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in raw.get("documents") or () if isinstance(each, Mapping)]


def missing(kind: Kind, raw: Mapping[str, Any], local: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """A row for each document that is asked for and not there yet; left empty, it is no row."""
    documents = _documents(raw)
    there = {each.get("kind") for each in documents}
    there |= {"D5a"} if "D5b" in there else set()
    yield from ({"kind": each} for each in (*WANTED[kind], *local) if each not in there)
    owners = {codes.normalised(str(each.get("owner"))) for each in documents if each.get("kind") == "D3"}
    told = [raw.get("leader"), *(raw.get("members") or ())]
    listed = [each.get("uscc") or each.get("code") for each in told if isinstance(each, Mapping)]
    for code in dict.fromkeys(codes.normalised(str(each)) for each in listed if each):
        if code not in owners:
            yield {"kind": "D3", "owner": code}


def _offering(kind: Kind, field: Field, local: Mapping[str, str]) -> Field:
    """A field with what can be chosen for it, or is proposed."""
    match field.at:
        case "/technical_field" if LISTED_FIELDS[kind]:
            return replace(field, options=tuple((each, each) for each in FIELDS))
        case "/zone_name" | "/leader/zone_name":
            return replace(field, options=tuple((each.name, each.name) for each in offices.ZONES.values()))
        case "/documents":
            rows = tuple(tuple(_of_document(kind, each, local) for each in row) for row in (field.blank, *field.rows))
            return replace(field, blank=rows[0], rows=rows[1:])
    if field.fields:
        return replace(field, fields=tuple(_offering(kind, each, local) for each in field.fields))
    return field


def _of_document(kind: Kind, field: Field, local: Mapping[str, str]) -> Field:
    if field.name != "kind":
        return field
    offered = dict.fromkeys([*intake.DOCUMENTS_OF[kind], *local, *([str(field.value)] if field.value else [])])
    called = {**CHOICES["kind"], **local}
    return replace(field, options=tuple((each, called.get(each, each)) for each in offered))


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
    """Findings by section of an application, errors first."""
    return found_in(SECTIONS[kind], findings)


def found_in(sections: Sequence[Section], findings: Sequence[Finding]) -> Found:
    """Findings by section of any long form, errors first."""
    ordered = sorted(findings, key=lambda each: list(Severity).index(each.severity))
    of_section = {name: section.key for section in sections for name in section.names}
    keyed = [(of_section.get(each.field.split("/")[1] if each.field else ""), each) for each in ordered]
    return Found(
        whole=tuple(each for key, each in keyed if key is None and each.severity is not Severity.CHECK),
        sections=tuple((section, tuple(each for key, each in keyed if key == section.key)) for section in sections),
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
            article=articles.behind(each.item, kind),
        )
        for each in deficiencies
    ]


def _numbered(kind: Kind) -> Iterator[tuple[str, str]]:
    """The fields of a form, outside of lists, with their numbers (docs/articles.md)."""
    of_kind = intake.NUMBERS[kind]

    def walk(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
        for each in fields:
            yield each.at, of_kind.get(each.code, each.code)
            yield from walk(each.fields)

    return walk(fields_of(intake.FORMS[kind], {}, only=names_of(kind)))
