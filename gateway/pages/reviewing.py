"""A filing as its reviewer reads it: each check beside the fields that claim it and the documents that prove it, with what was answered
so far, what the last return asked for, and what changed since.

Which fields and documents a check is about stands in regulation/data/checklist.toml.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from activities.attachments import LOCATION
from gateway.asked.differences import Asked, Difference, about, differences, document_label
from gateway.asked.forms import Field, fields_of
from gateway.identity import Identity
from gateway.remembered.reviews import Answer, Kept, Other
from gateway.tools import Tools, value_of
from models.acts import GiveIitOpinion, ReturnForCorrection, ReturnToCity, RuleOnObjection
from models.filing import Entry, Filing
from models.findings import Finding
from models.register import FilingRow
from models.sections import order_of
from models.values import digest
from models.vocabulary import ActKind, Severity, Stage
from regulation import review
from regulation.intake import FORMS

REVIEWED = (Stage.SUBMITTED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED)
"""Stages in which an application is read and decided on."""

DECISIONS = (
    ActKind.CONFIRM, ActKind.RECOMMEND, ActKind.RETURN_FOR_CORRECTION, ActKind.GIVE_IIT_OPINION, ActKind.ACCEPT, ActKind.REFUSE,
)  # fmt: skip
"""What is decided where an application is reviewed, what ends the review well first. Other acts have their own pages."""

DOCKET = 300
"""How many of the last entries are looked through for opinions and returns."""

VERDICTS = {"met": "符合", "unmet": "不符合", "lacking": "需补充"}
"""What can be answered to a check. The last two lead to a return, never to a confirmation."""


@dataclass(frozen=True)
class Proof:
    """A document that proves something: what it is and whose, its name, and its digest if it lies with us."""

    label: str
    name: str
    sha256: str = ""
    location: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Check:
    """One check: what is asked, what claims and proves it, what was found on it, and what was answered.

    `carried`: on which earlier version it was answered, where nothing changed since; `stale`: what was answered, if what it rested
    on has changed, so that it is open again; `beside`: what was answered otherwise, by a colleague or on another page.
    """

    code: str
    asks: tuple[str, ...]
    corrections: tuple[str, ...]
    article: str
    claimed: tuple[Field, ...]
    proofs: tuple[Proof, ...]
    findings: tuple[Finding, ...]
    changes: tuple[Difference, ...]
    evidence: str
    answer: Answer | None = None
    carried: int | None = None
    stale: Answer | None = None
    beside: tuple[Other, ...] = ()

    @property
    def verdict(self) -> str:
        """What was answered; empty if nothing was."""
        return self.answer.verdict or "" if self.answer else ""

    @property
    def note(self) -> str:
        """What was noted beside the answer."""
        return self.answer.note if self.answer else ""

    @property
    def shown(self) -> str:
        """What stands there, as a page brings it back: whoever changes it changes this."""
        return as_shown(self.verdict, self.note)

    @property
    def deficiency(self) -> str:
        """How a return asks for it to be put right, with what was noted."""
        asked = "；".join(self.corrections)
        return f"{asked}（{self.note}）" if self.note else asked


@dataclass(frozen=True)
class Reading:
    """An application as it lies before its reviewer."""

    row: FilingRow
    filing: Filing
    fields: tuple[Field, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    asked: tuple[Asked, ...]
    said: tuple[Entry, ...]
    kept: Kept | None
    by: Identity

    def over(self, kept: Kept | None) -> "Reading":
        """The same with the answers as they are kept by now."""
        bare = (replace(each, answer=None, carried=None, stale=None, beside=()) for each in self.checks)
        return replace(self, kept=kept, checks=tuple(_answered(each, kept, self.filing.version) for each in bare))

    @property
    def open(self) -> tuple[Check, ...]:
        """Checks that have no answer yet."""
        return tuple(each for each in self.checks if not each.verdict)

    @property
    def wanting(self) -> tuple[Check, ...]:
        """Checks that a return is about."""
        return tuple(each for each in self.checks if each.verdict in ("unmet", "lacking"))

    @property
    def first_proof(self) -> Proof | None:
        """What is shown beside the first check that waits for an answer, if it lies with us."""
        of = [*self.open, *self.checks]
        return next((proof for check in of for proof in check.proofs if proof.sha256), None)

    @cached_property
    def checklist(self) -> list[dict[str, Any]]:
        """The checklist as an act brings it."""
        return [
            {"item": each.code, "met": each.verdict == "met"} | ({"note": each.note} if each.note else {})
            for each in self.checks
            if each.verdict
        ]

    def over_lines(self, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The lines of a checklist as somebody filled it in, none better than it was answered here."""
        wanting = {each.code for each in self.wanting}
        return [{**line, "met": False} if line.get("item") in wanting else dict(line) for line in lines]

    @cached_property
    def deficiencies(self) -> list[dict[str, str]]:
        """What is wanting, as a return brings it."""
        return [{"item": each.code, "message": each.deficiency} for each in self.wanting]


def decided_here(row: FilingRow, kind: ActKind, who: Identity) -> bool:
    """Whether an officer decides this on the page of the review, where the answers and what will go out stand, and nowhere else."""
    reviewed = kind in DECISIONS and row.stage in REVIEWED
    return reviewed and who.staff and who.reads(value_of(row), "application")


def reading(tools: Tools, row: FilingRow, who: Identity, now: datetime) -> Reading:
    """What a reviewer reads of a filing, with what they have answered so far."""
    filing, register = value_of(row), tools.register
    versions = register.version_rows(row.filing_id)
    papers = [register.paper(each.paper) for each in versions[-2:]]
    findings = register.versions(row.filing_id)[-1][1]
    changed = tuple(differences(papers[0], papers[-1])) if len(papers) == 2 else ()
    kept = tools.reviews.find(who, row.filing_id, now)
    fields = fields_of(FORMS[papers[-1]["kind"]], papers[-1], findings, only=order_of(FORMS[papers[-1]["kind"]]))
    said = [who.shown(each) for each in register.docket(row.filing_id, most=DOCKET) if _is_said(each)]
    return Reading(
        row, filing, fields,
        checks=tuple(_checks(filing, papers[-1], fields, findings, changed, kept)),
        findings=tuple(each for each in findings if each.severity is not Severity.CHECK),
        differences=changed,
        asked=tuple(_asked(filing, said, changed)) if changed else (),
        said=tuple(reversed(said)),
        kept=kept, by=who,
    )  # fmt: skip


def _checks(
    filing: Filing, paper: Mapping[str, Any], fields: tuple[Field, ...], findings: Sequence[Finding],
    changed: Sequence[Difference], kept: Kept | None,
) -> Iterator[Check]:  # fmt: skip
    owners = {each.get("code"): each.get("name") for each in paper.get("members") or ()}
    documents = [(f"/documents/{number}", each) for number, each in enumerate(paper.get("documents") or ())]
    new = {each.at for each in changed if each.document}
    lines = review.lines(filing)
    for code in review.conditions(filing):
        of = [line for line in lines if line.code == code]
        pointers = tuple(dict.fromkeys(each for line in of for each in line.claimed))
        sorts = tuple(dict.fromkeys(each for line in of for each in line.proved))
        proving = sorted(
            (each for each in documents if each[1].get("kind") in sorts), key=lambda each: sorts.index(each[1]["kind"])
        )
        claimed = tuple(found for each in pointers if (found := _at(fields, each)) and found.says_something)
        evidence = digest(
            [[each.at, _value(paper, each.at)] for each in claimed] + [each["sha256"] for _, each in proving]
        )
        check = Check(
            code,
            tuple(line.asks.removeprefix("核对") for line in of),
            tuple(line.correction for line in of),
            next((each.article for each in findings if each.code == code), ""),
            tuple(each for each in claimed if each.at != "/documents"),
            tuple(_proof(each, owners, changed=at in new) for at, each in proving),
            tuple(each for each in findings if each.severity is not Severity.CHECK and _bears_on(each, pointers)),
            tuple(each for each in changed if about(each, pointers, sorts)),
            evidence[:32],
        )
        yield _answered(check, kept, filing.version)


def _answered(check: Check, kept: Kept | None, version: int) -> Check:
    answer = kept.answers.get(check.code) if kept else None
    if answer is None:
        return check
    check = replace(check, beside=answer.beside)
    if answer.evidence != check.evidence:
        return replace(check, stale=answer if any(answer.says) else None)
    return replace(check, answer=answer, carried=answer.version if answer.version != version else None)


def _at(fields: Iterable[Field], pointer: str) -> Field | None:
    """The field of a form at a pointer."""
    for field in fields:
        if field.at == pointer:
            return field
        if pointer.startswith(f"{field.at}/"):
            return _at(field.fields, pointer)
    return None


def _value(paper: Mapping[str, Any], pointer: str) -> Any:
    value: Any = paper
    for name in pointer.removeprefix("/").split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _bears_on(found: Finding, pointers: Iterable[str]) -> bool:
    return any(found.field == each or found.field.startswith(f"{each}/") for each in pointers)


def _proof(document: Mapping[str, Any], owners: Mapping[Any, Any], *, changed: bool) -> Proof:
    location = str(document.get("location") or "")
    here = location.removeprefix(LOCATION) if location.startswith(LOCATION) else ""
    return Proof(document_label(document, owners), str(document.get("name")), here, "" if here else location, changed)


SAID = (GiveIitOpinion, ReturnForCorrection, RuleOnObjection, ReturnToCity)


def _is_said(entry: Entry) -> bool:
    """Whether an entry tells what somebody thought of the application: an opinion, a return, a ruling."""
    return isinstance(entry.event, SAID) and entry.refused is None


def _asked(filing: Filing, said: Sequence[Entry], changed: Sequence[Difference]) -> Iterator[Asked]:
    """What the last return asked for, each beside what changed of the fields and files that it is about."""
    event = next((each.event for each in reversed(said) if isinstance(each.event, ReturnForCorrection)), None)
    if not isinstance(event, ReturnForCorrection):
        return
    lines = review.lines(filing)
    for each in event.deficiencies:
        pointers = [pointer for line in lines if line.code == each.item for pointer in line.claimed]
        sorts = [sort for line in lines if line.code == each.item for sort in line.proved] or [each.item]
        told = tuple(one for one in changed if about(one, pointers, sorts) or (one.new and one.new.code == each.item))
        yield Asked(each.item, each.message, told)


# What comes back


@dataclass(frozen=True)
class Given:
    """What a page brings of one check: the answer, what stood there when it was opened (`was`), and what that was shown for."""

    verdict: str
    note: str
    was: str
    evidence: str

    @property
    def says(self) -> tuple[str, str]:
        """What is answered, as it is kept."""
        return self.verdict if self.verdict in VERDICTS else "", self.note

    @property
    def changed(self) -> bool:
        """Whether it was answered on that page: what was left as it stood says nothing."""
        return as_shown(*self.says) != self.was


@dataclass(frozen=True)
class Apart:
    """What was answered on a page and does not count: of an earlier version, or another page had saved something else."""

    check: Check
    given: Given

    @property
    def outdated(self) -> bool:
        """Whether what it was answered for has changed."""
        return self.given.evidence != self.check.evidence


def as_shown(verdict: str, note: str) -> str:
    """An answer as one text, by which a page tells what had stood there."""
    return f"{verdict}:{note}"


def taken(
    reading: Reading, given: Mapping[str, Given], version: int, page: str, now: datetime
) -> tuple[dict[str, Answer], list[Apart]]:
    """The answers as they are to be kept after a `page` of this `version` came back, and what of it does not count.

    Only what was changed on the page is taken. It is an answer to what that page showed: of its version and for its evidence, so
    one of an earlier version counts where nothing changed since. What does not count is kept beside what stands.
    """
    told, apart = dict(reading.kept.answers) if reading.kept else {}, list[Apart]()
    for check in reading.checks:
        said, before = given.get(check.code), told.get(check.code)
        again = bool(page and before and before.page == page)
        if said is None or not (said.changed or again) or (before and before.answers(said.says, said.evidence)):
            continue
        answer = Answer.model_validate({
            "verdict": said.says[0] or None, "note": said.note, "version": version, "evidence": said.evidence,
            "at": now, "page": page, "beside": before.beside if before else (),
        })  # fmt: skip
        if said.evidence == check.evidence and (again or check.shown == said.was):
            told[check.code] = answer
            continue
        apart.append(Apart(check, said))
        if before is None or again or (check.answer is None and before.version <= version):
            told[check.code] = answer if again else answer.with_other(*_said(before, reading))
        else:
            told[check.code] = before.with_other(answer.of(reading.by.person))
    return {code: each for code, each in told.items() if any(each.says) or each.beside}, apart


def _said(before: Answer | None, reading: Reading) -> tuple[Other, ...]:
    """What was answered before, as it stands beside."""
    return (before.of(reading.kept.person),) if before and reading.kept and any(before.says) else ()
