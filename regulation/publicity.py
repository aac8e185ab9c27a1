"""What is made public, and only that (G-04b, G-17, G-20, G-41).

Published: alliance, city, leader, members, field, the days of a notice and how to object; for an end, its clause.
Never: contacts, phones, amounts, the agreement, who objected.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from models.acts import CalendarPublished, Confirm, RecordAnnouncement, RecordContinuation, RuleOnChange, Transfer
from models.filing import Entry, Filing
from models.values import Value, day_of
from models.vocabulary import Stage
from regulation import notice, offices
from regulation.agenda import last_day
from regulation.naming import CLAUSES
from regulation.service import STRICTER_SINCE

HOW_TO_OBJECT = (
    "公示期内可以书面形式实名向{office}反映并提供证明材料；单位须加盖公章，信函以邮戳日期为准，匿名和逾期的不予受理"
)

PublicationKind = Literal[
    "notice",
    "corrected_notice",
    "notice_withdrawn",
    "notice_suspended",
    "notice_reinstated",
    "change_notice",
    "revocation_proposal",
    "proposal_ended",
    "revocation",
    "deregistration",
    "revocation_undone",
    "continuation",
    "restoration",
    "announcement",
]


class Publication(Value):
    """One thing to be published on the official website of the jurisdiction and on the platform."""

    kind: PublicationKind
    jurisdiction: str
    shown_from: date
    shown_until: date | None = None
    content: dict[str, Any]


def published(
    before: Filing | None, entry: Entry, form: dict[str, Any], changed: dict[str, Any] | None = None
) -> list[Publication]:
    """What an entry publishes (G-04b, G-20).

    `form` tells the alliance as filed, `changed` what of it a change under review would replace.
    """
    if before is None or entry.refused is not None:
        return []
    return list(_published(before, entry, form, form | (changed or {})))


def _published(before: Filing, entry: Entry, form: dict[str, Any], changed: dict[str, Any]) -> Iterator[Publication]:
    filing, event = entry.filing, entry.event
    if isinstance(event, Confirm) and (before.stage is Stage.ON_NOTICE or not notice.stands(before)):
        period = filing.periods["notice"]
        yield _shown("notice", filing, form, period.from_, last_day(period))
    for name in ("notice", "change_notice") if isinstance(event, CalendarPublished) else ():
        if name in filing.periods and filing.periods[name].until != before.periods[name].until:
            period = filing.periods[name]
            told = form if name == "notice" else changed
            yield _shown("corrected_notice", filing, told, period.from_, last_day(period))
    if _returned_while_shown(before, entry):
        yield _shown("notice_suspended", filing, form, day_of(entry.at))
    goes_on = isinstance(event, Confirm) and before.stage is not Stage.ON_NOTICE and notice.stands(before)
    if goes_on and filing.stage is Stage.ON_NOTICE and _is_shown(filing, entry):
        yield _shown("notice_reinstated", filing, form, day_of(entry.at))
    ended = filing.stage is not before.stage and filing.stage in (Stage.WITHDRAWN, Stage.LAPSED, Stage.NOT_CONFIRMED)
    if before.notice and isinstance(event, Transfer) and filing.stage is Stage.SUBMITTED and filing.notice is None:
        yield _shown("notice_withdrawn", before, form, day_of(entry.at))
    if before.notice and ended and before.stage is not Stage.NOT_CONFIRMED:
        yield _shown("notice_withdrawn", filing, form, day_of(entry.at))
    if before.notice and before.stage is Stage.LAPSED and filing.stage is not Stage.LAPSED:
        yield _shown("notice_reinstated", filing, form, day_of(entry.at))
    if isinstance(event, RuleOnChange) and "change_notice" in filing.periods:
        period = filing.periods["change_notice"]
        yield _shown("change_notice", filing, changed, period.from_, last_day(period))
    proposal, earlier = filing.periods.get("publicity"), before.periods.get("publicity")
    if proposal and (earlier is None or (proposal.from_, proposal.until) != (earlier.from_, earlier.until)):
        yield _ended("revocation_proposal", filing, form, proposal.from_, last_day(proposal))
    if before.case and not filing.case and filing.stage is Stage.IN_FORCE and "publicity" in before.periods:
        yield _ended("proposal_ended", filing.but(case=before.case), form, day_of(entry.at))
    if filing.stage is Stage.REVOKED and before.stage is not Stage.REVOKED:
        shown = _ended("revocation", filing, form, day_of(entry.at))
        yield shown.but(content=shown.content | _document_no(entry))
    if filing.stage is Stage.DEREGISTERED and before.stage is not Stage.DEREGISTERED:
        yield _ended("deregistration", filing, form, day_of(entry.at))
    if isinstance(event, RecordContinuation):
        shown = _ended("continuation", filing, form, day_of(entry.at))
        yield shown.but(content={**shown.content, "承接备案编号": event.successor_number})
    left = filing.stage is not before.stage and filing.stage in (Stage.DEREGISTERED, Stage.CONTINUED)
    if left and (before.stage is Stage.REVOKED or "publicity" in before.periods):
        yield _ended("revocation_undone", filing.but(case=before.case), form, day_of(entry.entered_at))
    if filing.stage is Stage.IN_FORCE and before.stage is Stage.REVOKED:
        shown = _ended("restoration", filing, form, day_of(entry.at))
        yield shown.but(content=shown.content | _rests_on(before, entry) | _document_no(entry))
    if isinstance(event, RecordAnnouncement):
        shown = _ended("announcement", filing, form, day_of(entry.at))
        yield shown.but(content={**shown.content, "网址": event.url})


def _document_no(entry: Entry) -> dict[str, str]:
    """The number of the document by which it was decided; from `STRICTER_SINCE` on."""
    said: str | None = getattr(entry.event, "document_no", None)
    return {"文号": said} if said and day_of(entry.entered_at) >= STRICTER_SINCE else {}


def _rests_on(before: Filing, entry: Entry) -> dict[str, str]:
    """On what a restoration rests, if its act says so, and which decision falls with it (G-23); from `STRICTER_SINCE` on."""
    if day_of(entry.entered_at) < STRICTER_SINCE or before.case is None:
        return {}
    said: str | None = getattr(entry.event, "basis", None)
    return {"依据": "；".join(filter(None, (said, CORRECTED.format(clause=CLAUSES[before.case.ground]))))}


CORRECTED = "原依{clause}作出的撤销备案决定已予纠正"
"""What a restoration says of the decision that it ends, be it set aside or corrected by whoever made it."""


def _returned_while_shown(before: Filing, entry: Entry) -> bool:
    """Whether an objection was upheld by a return before the notice was over (Q7): until it goes on, nothing is shown."""
    return before.stage is Stage.ON_NOTICE and entry.filing.stage is Stage.RETURNED and _is_shown(before, entry)


def _is_shown(filing: Filing, entry: Entry) -> bool:
    """Whether an entry falls within the days of the notice; from `STRICTER_SINCE` on."""
    period, day = filing.periods.get("notice"), day_of(entry.at)
    return period is not None and STRICTER_SINCE <= day <= last_day(period)


def _shown(
    kind: PublicationKind, filing: Filing, form: dict[str, Any], start: date, until: date | None = None
) -> Publication:
    _, reviewer = offices.reviewer(filing.jurisdiction, filing.zone)
    return Publication(
        kind=kind,
        jurisdiction=filing.jurisdiction,
        shown_from=start,
        shown_until=until,
        content={
            "联盟名称": form["alliance_name"],
            "所在市": offices.OFFICES[filing.jurisdiction].city,
            "盟主企业": form["leader"]["name"],
            "成员单位": [member["name"] for member in form["members"]],
            "技术领域": form["technical_field"],
            "公示期": [str(start), str(until)] if until else None,
            "异议方式": HOW_TO_OBJECT.format(office=offices.name_of(reviewer, start)) if until else None,
        },
    )


def _ended(
    kind: PublicationKind, filing: Filing, form: dict[str, Any], start: date, until: date | None = None
) -> Publication:
    return Publication(
        kind=kind,
        jurisdiction=filing.jurisdiction,
        shown_from=start,
        shown_until=until,
        content={
            "联盟名称": form["alliance_name"],
            "盟主企业": form["leader"]["name"],
            "备案编号": filing.archive_number,
            "依据": CLAUSES[filing.case.ground] if filing.case else None,
        },
    )
