"""Batches (批量办理): the same act for many filings; which acts can be, and what each filing would answer.

An act that needs a fact of the one filing (which objection, which deficiencies, a checklist, a paper) is done one by one;
but one formal letter may be about many alliances (B-17): its paper is the same for all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from gateway.asked import acts
from gateway.asked.forms import Field
from gateway.identity import Identity
from gateway.tools import value_of
from models.acts import By
from models.filing import Filing
from models.findings import Finding, Refusal
from models.register import FilingRow
from models.values import digest, required
from models.vocabulary import ActKind, Stage
from regulation import entries, lifecycle, lodging, province
from regulation.moment import Moment
from regulation.offers import TYPES, Offer, offers
from regulation.previews import letters_to_leader
from regulation.wording import Names

MOST = 100
"""How many filings one batch takes."""

OF_ONE = ("paper", "objection", "counted", "deficiencies", "checklist", "entry")
"""Fields that tell something of one filing only."""

Brought = Mapping[str, Mapping[str, Any]]
"""What is known of single filings already, by filing and field: a checklist that somebody has answered to the end, filing by filing."""

ONE_LETTER = frozenset({ActKind.FORWARD})
"""Acts whose paper may be one for many filings: a formal letter, with the 汇总表 of those that it is about."""


@dataclass(frozen=True)
class Choice:
    """An act that can be done to some of the chosen filings; its form is that of the first of them."""

    kind: ActKind
    offer: Offer
    filing: Filing
    count: int

    @property
    def one_letter(self) -> bool:
        """Whether it is done by one letter about all of them, with their 汇总表."""
        return self.kind in ONE_LETTER

    def fields(self, raw: Mapping[str, Any] | None = None, found: Iterable[Finding] = ()) -> tuple[Field, ...]:
        """Its form, filled in once for all."""
        shown = acts.form_of(self.filing, self.offer, (), raw, found)
        return tuple(field for field in shown if field.name not in OF_ONE)


def choices(rows: Sequence[FilingRow], when: Moment, by: By, brought: Brought | None = None) -> list[Choice]:
    """The acts that somebody could do now to at least one of these filings, without a word more on the single one than is `brought`."""
    first: dict[ActKind, tuple[Offer, Filing]] = {}
    counts: dict[ActKind, int] = {}
    for row in rows:
        filing = entries.projected(value_of(row), when)
        for offer in offers(filing, when, by):
            if offer.mine and offer.open and _alike(filing, offer, when, (brought or {}).get(row.filing_id, {})):
                first.setdefault(offer.kind, (offer, filing))
                counts[offer.kind] = counts.get(offer.kind, 0) + 1
    return [Choice(kind, *first[kind], counts[kind]) for kind in ActKind if kind in first]


def _alike(filing: Filing, offer: Offer, when: Moment, brought: Mapping[str, Any]) -> bool:
    """Whether an act can be done without what is to be told of one filing only, beyond what is brought."""
    of_one = set(OF_ONE) - ({"paper"} if offer.kind in ONE_LETTER else set())
    fields = {name: info for name, info in type(offer.act).model_fields.items() if name in of_one}
    if (fields.keys() - brought.keys()) & required(type(offer.act)):
        return False
    told = {name: brought.get(name, info.default) for name, info in fields.items()}
    bare = type(offer.act).model_validate(offer.act.model_dump(mode="json") | told)
    return lifecycle.check(filing, bare, when) is None


def with_brought(kind: ActKind, raw: Mapping[str, Any], brought: Mapping[str, Any]) -> dict[str, Any]:
    """An act as it was filled in for all, with what is known of the one filing."""
    return {**raw, **{name: value for name, value in brought.items() if name in TYPES[kind].model_fields}}


def read(kind: ActKind, form: FormData) -> dict[str, Any]:
    """The act as it was filled in, without what the door fills in."""
    return {name: value for name, value in acts.read_act(kind, form).items() if name not in OF_ONE}


def one(who: Identity, batch: str, kind: ActKind, raw: Mapping[str, Any], filing_id: str) -> dict[str, Any]:
    """The act for one filing. The same batch again, filled in the same way, is the same act; another's never is."""
    key = digest([who.person, batch, kind, raw, filing_id])
    return {**raw, "id": f"batch-{key[:32]}", "kind": kind.value}


@dataclass(frozen=True)
class Foreseen:
    """What would come of an act: a refusal, or the stage after it and the letters to the leader, each with title and text.

    `half`: another person has to do it too.
    """

    row: FilingRow
    refusal: Refusal | None = None
    stage: Stage | None = None
    half: bool = False
    warnings: tuple[str, ...] = ()
    letters: tuple[tuple[str, str], ...] = ()


def findings(row: FilingRow, act: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What is wrong with an act whichever filing it is for."""
    return tuple(each for each in lodging.lodge(row.filing_id, _numbered(value_of(row), act)).findings)


def foreseen(row: FilingRow, act: Mapping[str, Any], when: Moment) -> Foreseen:
    """What would come of an act to a filing, if it were sent now."""
    filing = entries.projected(value_of(row), when)
    lodged = lodging.lodge(row.filing_id, _numbered(filing, act))
    if lodged.act is None:
        return Foreseen(row, lodging.refusal(lodged.findings))
    if refusal := lifecycle.check(filing, lodged.act, when):
        return Foreseen(row, refusal)
    entry = entries.entered(filing, lodged.act, when)
    return Foreseen(
        row,
        stage=entry.stage,
        half=lifecycle.is_half(entry.filing, lodged.act),
        warnings=lifecycle.warnings(filing, lodged.act, when),
        letters=tuple(letters_to_leader(filing, entry, Names(row.alliance_name, row.leader_name))),
    )


def _numbered(filing: Filing, act: Mapping[str, Any]) -> Mapping[str, Any]:
    """An act to look at: the number of the archive is given only when it is done."""
    if act["kind"] != ActKind.ARCHIVE:
        return act
    year = int(str(act["received_at"])[:4])
    return {**act, "archive_number": f"{province.number_prefix(filing, year)}0001"}
