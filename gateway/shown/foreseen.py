"""What would go out if an act were done now: letters, notices, documents, each made by what makes it when it goes. Nothing is done."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from activities import letter_contents, rows
from activities.documents import drafting
from activities.documents.drafting import Written
from activities.publishing import site
from gateway.tools import Tools, value_of
from models.acts import Act
from models.filing import Filing
from models.findings import Refusal
from models.register import FilingRow, Paper, PublicNoticeRow
from models.values import canonical, digest
from models.vocabulary import ActKind, Role
from regulation import agenda, entries, lifecycle, lodging, naming, offices, on_paper, province
from regulation.lodging import Lodged
from regulation.moment import Moment
from regulation.offers import lacking
from regulation.wording import Past

NUMBER_TO_COME = "备案编号按现在的次序列出，以登记时排定的为准。"


@dataclass(frozen=True)
class Letter:
    """A message: to whom, what it is called, and what it says. Of many that say the same, the first stands for all:
    `beside` are the others to whom it goes."""

    to: str
    title: str
    text: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """What would come of an act: a refusal, or where the filing, or the round, would stand and what would go out.

    `half`: another person has to do it too, and it has no effect before that. `awaits`: whom everybody waits for then, and `until`
    when. `besides` says what else follows.
    """

    refusal: Refusal | None = None
    stage: Any = None
    half: bool = False
    awaits: str = ""
    until: str = ""
    warnings: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    notices: tuple[Markup, ...] = ()
    documents: tuple[Written, ...] = ()
    besides: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether nobody is told of it, and nothing else follows."""
        return not (self.letters or self.notices or self.documents or self.besides)


def foreseen(tools: Tools, row: FilingRow, act: Mapping[str, Any], when: Moment) -> Foreseen:
    """What would come of a stamped act to a filing, if it were sent now."""
    brought = _Brought.of(tools, row, act, when)
    if brought.act is None:
        found = brought.lodged.findings
        return Foreseen(lodging.refusal((*found, *lacking(value_of(row), act, found, when))))
    if brought.unfit:
        return Foreseen(brought.unfit)
    when = on_paper.moment(value_of(row), brought.act, when.written_at)
    filing = entries.projected(value_of(row), when)
    if refusal := lifecycle.check(filing, brought.act, when):
        return Foreseen(refusal)
    entry = entries.entered(filing, brought.act, when)
    shown = rows.public(filing, json.loads(row.public), entry, brought.paper)
    letters = rows.message_rows(filing, entry, shown, lambda: _past(tools, entry.filing))
    notices = rows.notice_rows(filing, entry, shown, brought.paper)
    due = agenda.nearest_duty(entry.filing)
    return Foreseen(
        stage=entry.stage,
        half=lifecycle.is_half(entry.filing, brought.act) or entry.awaits_second,
        awaits=naming.awaited(
            lifecycle.awaited(entry.filing), entry.filing.leader, lifecycle.awaits_iit(entry.filing), row.leader_name
        ),
        until=f"{naming.short_due_at(due.at, due.lapse.kind)} {naming.coming(due.lapse)}" if due else "",
        warnings=lifecycle.warnings(filing, brought.act, when),
        letters=_once(letters),
        notices=tuple(Markup(site.article(PublicNoticeRow(**each))) for each in notices),
        documents=tuple(drafting.foreseen(tools.register, entry, tools.contacts, tuple(brought.papers(row.filing_id)))),
        besides=(NUMBER_TO_COME,) if brought.numbered else (),
    )


@dataclass(frozen=True)
class _Brought:
    """An act as the door would take it in, with the papers that it would store, which nobody has stored yet."""

    tools: Tools
    lodged: Lodged
    numbered: bool
    unfit: Refusal | None

    @classmethod
    def of(cls, tools: Tools, row: FilingRow, raw: Mapping[str, Any], when: Moment) -> "_Brought":
        reception, filing = tools.filings.reception, value_of(row)
        raw = reception.as_entered(row.filing_id, raw)
        numbered = raw.get("kind") == ActKind.ARCHIVE and "archive_number" not in raw
        if numbered:
            prefix = province.number_prefix(filing, when.day.year)
            raw = {**raw, "archive_number": tools.register.foresee_archive_number(row.filing_id, prefix)}
        reported = raw.get("kind") == ActKind.REPORT_CHANGE
        subject = tools.register.subject(row.filing_id, raw.get("content")) if reported else None
        lodged = lodging.lodge(row.filing_id, raw, subject)
        version = reception.new_version(filing, lodged.act, raw, when.entered_at) if lodged.act else None
        if version and version.refused:
            return cls(tools, lodged, numbered, reception.of_the_act(version))
        if version and version.facts and lodged.act:
            told = version.facts.but(paper=getattr(lodged.act, "paper", None))
            lodged = lodged.but(act=lodged.act.but(facts=told))
        return cls(tools, lodged, numbered, None)

    @property
    def act(self) -> Act | None:
        return self.lodged.act

    def papers(self, filing_id: str) -> Iterator[Paper]:
        """What it brings, as it would lie in the register."""
        for content in (self.lodged.paper, self.lodged.record):
            if content is not None:
                yield Paper(digest=digest(content), filing_id=filing_id, kind="", body=canonical(content))

    def paper(self, key: str) -> dict[str, Any]:
        """A paper by its digest, of those that lie there or would."""
        own = (each for each in (self.lodged.paper, self.lodged.record) if each is not None and digest(each) == key)
        return next(own, None) or self.tools.register.paper(key)


def _past(tools: Tools, filing: Filing) -> Past:
    with tools.register.engine.connect() as db:
        return letter_contents.past_of_case(db, filing)


def previewed(raw: Mapping[str, Any], today: date) -> str:
    """What somebody has read before they send it, as a digest: an act as it was filled in, and the day, which its letters bear."""
    return digest([_filled(raw), today.isoformat()])[:32]


def _filled(value: Any) -> Any:
    """What was filled in: what was left empty, or is answered with the no that it is anyway, is not told apart from what was left out."""
    if isinstance(value, Mapping):
        told = {name: _filled(each) for name, each in value.items()}
        return {name: each for name, each in told.items() if each is not False and each not in (None, "", [], {})}
    return [_filled(each) for each in value] if isinstance(value, list | tuple) else value


def _once(messages: Iterable[Mapping[str, Any]]) -> tuple[Letter, ...]:
    """Letters as they are read: those of one text once, with everybody to whom it goes."""
    told: dict[tuple[str, str], list[str]] = {}
    for each in messages:
        told.setdefault((each["title"], each["body"]), []).append(_addressee(each))
    return tuple(Letter(first, title, text, tuple(others)) for (title, text), (first, *others) in told.items())


def _addressee(message: Mapping[str, Any]) -> str:
    return Role.LEADER.label if message["to"] == Role.LEADER else offices.addressed(message["to"], message["office"])
