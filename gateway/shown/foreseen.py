"""What would go out if an act were done now: letters, notices, documents, each made by what makes it when it goes. Nothing is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from activities import rows
from activities.documents import drafting
from activities.documents.drafting import Written
from activities.publishing import site
from gateway.tools import Tools, value_of
from models.findings import Refusal
from models.register import FilingRow, PublicNoticeRow
from models.values import digest
from models.vocabulary import Role, Stage
from regulation import entries, lifecycle, lodging, offices
from regulation.moment import Moment
from regulation.wording import Past


@dataclass(frozen=True)
class Letter:
    """A message: to whom, what it is called, and what it says."""

    to: str
    title: str
    text: str


@dataclass(frozen=True)
class Foreseen:
    """What would come of an act: a refusal, or where the filing would stand and what would go out.

    `half`: another person has to do it too, and nothing goes out before that.
    """

    refusal: Refusal | None = None
    stage: Stage | None = None
    half: bool = False
    warnings: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    notices: tuple[Markup, ...] = ()
    documents: tuple[Written, ...] = ()


def foreseen(tools: Tools, row: FilingRow, act: Mapping[str, Any], when: Moment) -> Foreseen:
    """What would come of a stamped act to a filing, if it were sent now."""
    filing = entries.projected(value_of(row), when)
    lodged = lodging.lodge(row.filing_id, act)
    if lodged.act is None:
        return Foreseen(lodging.refusal(lodged.findings))
    if refusal := lifecycle.check(filing, lodged.act, when):
        return Foreseen(refusal)
    entry = entries.entered(filing, lodged.act, when)
    shown = rows.public(filing, json.loads(row.public), entry, tools.register.paper)
    letters = rows.message_rows(filing, entry, shown, Past)
    notices = rows.notice_rows(filing, entry, shown, tools.register.paper)
    return Foreseen(
        stage=entry.stage,
        half=lifecycle.is_half(entry.filing, lodged.act),
        warnings=lifecycle.warnings(filing, lodged.act, when),
        letters=tuple(Letter(_addressee(each), each["title"], each["body"]) for each in letters),
        notices=tuple(Markup(site.article(PublicNoticeRow(**each))) for each in notices),
        documents=tuple(drafting.foreseen(tools.register, entry, tools.contacts)),
    )


def previewed(raw: Mapping[str, Any], today: date) -> str:
    """What somebody has read before they send it, as a digest: an act as it was filled in, and the day, which its letters bear."""
    return digest([_filled(raw), today.isoformat()])[:32]


def _filled(value: Any) -> Any:
    """What was filled in: what was left empty is not told apart from what was left out."""
    if isinstance(value, Mapping):
        told = {name: _filled(each) for name, each in value.items()}
        return {name: each for name, each in told.items() if each not in (None, "", [], {})}
    return [_filled(each) for each in value] if isinstance(value, list | tuple) else value


def _addressee(message: Mapping[str, Any]) -> str:
    return Role.LEADER.label if message["to"] == Role.LEADER else offices.addressed(message["to"], message["office"])
