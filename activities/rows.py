"""What an entry becomes in the register's tables: its rows, and the hash that covers them.

Nothing here touches a database: what a row needs of a paper is asked of `papers`. So verifying makes the same rows again.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from models import names
from models.acts import AnswerAnnualReturn, FileAnnualReport, Lapse, NewVersion, RecordEvaluation, ReportChange, Submit
from models.filing import Entry, Filing, ReportingYear
from models.values import LAST_YEAR, at_hour, canonical, day_of, digest
from models.vocabulary import LapseKind, Role
from regulation import agenda, changes, lifecycle, messages, overdue, publicity, reporting, service, texts
from regulation.service import STRICTER_SINCE
from regulation.wording import Names, Past

Papers = Callable[[str], dict[str, Any]]
"""A paper by its digest."""

Row = dict[str, Any]
"""A row of a table: every column by its name. What is written thousands of times is not made an object first."""

GENESIS = "0" * 64
"""The hash before a filing's first entry."""


def act_id(entry: Entry) -> str | None:
    """The id of the act that an entry holds, if it is an act."""
    return None if isinstance(entry.event, Submit | Lapse) else entry.event.id


def paper_of(entry: Entry) -> str | None:
    """The paper that an entry rests on; a refused one rests on none."""
    paper: str | None = vars(entry.event).get("paper") if entry.refused is None else None
    return paper


def papers_of(entry: Entry) -> tuple[str, ...]:
    """Every paper that an entry rests on: its own, and the record of receipt of what came on paper."""
    came = vars(entry.event).get("came") if entry.refused is None else None
    return tuple(filter(None, (paper_of(entry), came and came.record)))


def submission(entry: Entry) -> Submit | NewVersion | None:
    """The event, if it brings a version of the application."""
    brings = entry.refused is None and not entry.awaits_second
    return entry.event if brings and isinstance(entry.event, Submit | NewVersion) else None


def public(before: Filing | None, shown: Mapping[str, Any], entry: Entry, papers: Papers) -> dict[str, Any]:
    """What may be shown of a filing (G-04b): from its application, and from changes since, each for what it is about (G-24)."""
    happened, filing = entry.event, entry.filing
    if before is not None and isinstance(happened, ReportChange):
        renamed = happened.change == "rename" and entry.refused is None and not entry.awaits_second
        return {**shown, **(_told(papers(happened.paper), _parts(entry, "rename")) if renamed else {})}
    if before is None or filing.paper == before.paper:
        return {**shown, **(_told(papers(filing.paper)) if before is None else {})}
    change = before.change.change if before.change and before.change.paper == filing.paper else None
    return {**shown, **_told(papers(filing.paper), _parts(entry, change) if change else EVERYTHING)}


EVERYTHING = ("alliance_name", "technical_field", "leader", "members")


def _parts(entry: Entry, change: str) -> tuple[str, ...]:
    """Which parts of a change's paper become public; until 0.3.0 all that it brought."""
    return changes.PUBLIC[change] if day_of(entry.at) >= STRICTER_SINCE else EVERYTHING


def _told(form: Mapping[str, Any], parts: Collection[str] = EVERYTHING) -> dict[str, Any]:
    """What of these parts of a paper may be shown; a paper on a change has only what it changes."""
    told = {name: form[name] for name in ("alliance_name", "technical_field") if form.get(name) and name in parts}
    if form.get("leader") and "leader" in parts:
        told["leader"] = {"name": form["leader"]["name"]}
    if form.get("members") and "members" in parts:
        told["members"] = [{"name": member["name"]} for member in form["members"]]
    return told


def id_of(entry: Entry, index: int) -> str:
    """The id of what an entry sends, or publishes: its filing, its number, and which of several it is."""
    return f"{entry.filing.id}-{entry.number}-{index}"


def parts_of(sent: str) -> tuple[str, int, int]:
    """The other way round; a filing's own id may have dashes too."""
    filing_id, number, index = sent.rsplit("-", 2)
    return filing_id, int(number), int(index)


def message_rows(before: Filing | None, entry: Entry, shown: Mapping[str, Any], past: Callable[[], Past]) -> list[Row]:
    """The messages that an entry sends. `past` is asked only for texts that tell of it."""
    told = messages.told(before, entry)
    tells = any(texts.names_the_past(each.text, entry.filing.jurisdiction) for each in told)
    names = Names(alliance=shown["alliance_name"], leader=shown["leader"]["name"], past=past() if tells else Past())
    rows = []
    for index, each in enumerate(told, 1):
        title, body = texts.render(each.text, before, entry, names)
        rows.append(
            {
                "id": id_of(entry, index),
                "filing_id": entry.filing.id,
                "number": entry.number,
                "text": each.text,
                "to": each.to,
                "office": each.office,
                "service": each.service,
                "title": title,
                "body": body,
                "created_at": entry.entered_at,
            }
        )
    return rows


def notice_rows(before: Filing | None, entry: Entry, shown: Mapping[str, Any], papers: Papers) -> list[Row]:
    """What an entry makes public; the notice of a change shows the alliance as it would be."""
    change = entry.filing.change
    changed = _told(papers(change.paper)) if change and change.notice else None
    return [
        {
            "id": id_of(entry, index),
            "filing_id": entry.filing.id,
            "number": entry.number,
            "kind": each.kind,
            "jurisdiction": each.jurisdiction,
            "shown_from": each.shown_from,
            "shown_until": each.shown_until,
            "content": canonical(each.content),
            "published_at": entry.entered_at,
        }
        for index, each in enumerate(publicity.published(before, entry, dict(shown), changed), 1)
    ]


def report_rows(before: Filing | None, entry: Entry) -> Iterator[Row]:
    """The reporting years that an entry changed. One that brings no newer paper says None: the one that is known of it stays."""
    earlier: Sequence[ReportingYear] = before.years if before else ()
    for year in entry.filing.years:
        brought = _report(entry, year)
        if year in earlier and brought is None:
            continue
        yield {
            "filing_id": entry.filing.id,
            "year": year.year,
            "status": year.status.value,
            "due": year.due,
            "filed_at": year.filed_at,
            "paper": brought,
            "number": entry.number,
            "kind": entry.filing.kind.value,
            "jurisdiction": entry.filing.jurisdiction,
            "zone": entry.filing.zone,
            "state": reporting.state_of(entry.filing, year).value,
            "urged_at": year.urged,
        }


def moved_reports(before: Filing | None, after: Filing) -> Iterator[Row]:
    """Where a filing lies from now on, if that has changed: every year of it, however old, is counted there."""
    if before and (before.jurisdiction, before.zone) != (after.jurisdiction, after.zone):
        yield {"of": after.id, "jurisdiction": after.jurisdiction, "zone": after.zone}


def restated_reports(before: Filing | None, after: Filing) -> Iterator[Row]:
    """The reporting years that are counted otherwise though nothing happened to them: the alliance ended, or came back."""
    for year in before.years if before else ():
        state = reporting.state_after(after, year)
        if before and state and state is not reporting.state_of(before, year):
            yield {"of": after.id, "of_year": year.year, "state": state.value}


def reported(known: Mapping[int, Row], before: Filing | None, entry: Entry) -> dict[int, Row]:
    """Every reporting year after an entry, by year, over what was known of it, as the register merges them."""
    told = dict(known)
    for row in report_rows(before, entry):
        told[row["year"]] = row | {"paper": row["paper"] or told.get(row["year"], row)["paper"]}
    for moved in moved_reports(before, entry.filing):
        told = {year: row | {name: moved[name] for name in ("jurisdiction", "zone")} for year, row in told.items()}
    for restated in restated_reports(before, entry.filing):
        told[restated["of_year"]] = told[restated["of_year"]] | {"state": restated["state"]}
    return told


def _report(entry: Entry, year: ReportingYear) -> str | None:
    """The paper of a year that an entry brings, unless one that was received later had come before it."""
    if not isinstance(entry.event, FileAnnualReport | AnswerAnnualReturn) or entry.event.year != year.year:
        return None
    if entry.awaits_second:
        return None
    return paper_of(entry) if year.text_at in (None, entry.at) else None


def effects(sent: Sequence[Row], shown: Sequence[Row], versions: Sequence[Row] = ()) -> str:
    """Digest of what an entry sent, published and took in; whether it has arrived is told of its letters."""
    return digest(to_jsonable_python([sent, shown, versions]))


def link(previous: str, body: str, sent: str) -> str:
    """The hash of an entry: of the entry before it, of its own text, and of its effects."""
    return hashlib.sha256(f"{previous}{body}{sent}".encode()).hexdigest()


def searched(entry: Entry) -> dict[str, Any]:
    """The columns that repeat parts of an entry's text for queries."""
    return {
        "filing_id": entry.filing.id,
        "number": entry.number,
        "at": entry.at,
        "entered_at": entry.entered_at,
        "kind": entry.event.kind,
        "act_id": act_id(entry),
        "stage": entry.stage.value,
        "refused": entry.refused,
        "paper": paper_of(entry),
    }


NAMED = ("recommended", "typical", "pilot")
"""What an alliance can be named (A-46, A-49), in the order in which its row says so."""


def evaluated(known: Mapping[str, Any], entry: Entry) -> Row:
    """The newest year for which an alliance was evaluated, and its result as evaluated last: over what its row says so far."""
    told = {name: known.get(name) for name in ("evaluated_for", "evaluated")}
    event = entry.event
    if isinstance(event, RecordEvaluation) and entry.refused is None and event.year >= (told["evaluated_for"] or 0):
        return {"evaluated_for": event.year, "evaluated": event.result}
    return told


def entry_rows(
    entry: Entry, sent: str, previous: str, first_paper: str, shown: Mapping[str, Any], papers: Papers
) -> tuple[Row, Row]:
    """An entry as written down, linked to the one before it; and where its filing stands after it."""
    written = entry.model_dump(mode="json")
    body = canonical(written)
    row = searched(entry) | {"body": body, "effects": sent, "hash": link(previous, body, sent)}
    return row, filing_row(entry, first_paper, shown, row["hash"], papers, written["filing"])


def _claimed_key(filing: Filing, papers: Papers) -> str | None:
    """The name that a change of leader under review brings with it; nobody else may take it meanwhile (FA-01)."""
    change = filing.change
    name = papers(change.paper).get("alliance_name") if change and change.change == "leader" else None
    return names.key(name) if isinstance(name, str) else None


NEVER = at_hour(date(LAST_YEAR, 12, 31), 0)
"""Sorts what waits for no day behind everything else; an instant that can be read again from an address."""

AWAITED = (Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST)
"""Whom a filing waits for, of those who share the key of an office."""


def waiting_columns(filing: Filing) -> Row:
    """Whom a filing waits for and until when, what is overdue and what did not arrive: by these desks find it (models/register.py)."""
    due, duties = agenda.nearest_duty(filing), list(overdue.late(filing))
    office, iit = lifecycle.awaited(filing), lifecycle.awaits_iit(filing)
    until = due.at if due else NEVER
    told = sorted([each.role.value, each.office, each.lapse.value, each.last.isoformat()] for each in duties)
    unsettled = sorted(service.unsettled(filing))
    return {
        "waiting_for": office,
        "awaits_iit": iit,
        "next_deadline": due.at if due else None,
        "next_lapse": due.lapse.kind.value if due else None,
        "listed_at": min((each.until for each in duties), default=until),
        "due_at": overdue.late_since(duties, AWAITED, office) or until,
        "iit_due_at": (overdue.late_since(duties, [Role.CITY_IIT], filing.jurisdiction) or until) if iit else None,
        "overdue": canonical(told) if told else None,
        "unsettled": canonical(unsettled) if unsettled else None,
        "submitted_at": filing.submitted_at,
    }


def duties_of(told: str | None) -> list[overdue.Late]:
    """What a row says is overdue, the other way round."""
    return [
        overdue.Late(Role(role), office, LapseKind(lapse), date.fromisoformat(last))
        for role, office, lapse, last in (json.loads(told) if told else ())
    ]


def filing_row(
    entry: Entry, first_paper: str, shown: Mapping[str, Any], hash_: str, papers: Papers,
    written: Mapping[str, Any] | None = None,
) -> Row:  # fmt: skip
    """Where a filing stands after an entry; `written` is the filing as JSON, if that is known already."""
    filing = entry.filing
    return {
        "filing_id": filing.id,
        "number": filing.number,
        "head": hash_,
        "kind": filing.kind.value,
        "stage": filing.stage.value,
        "open": not lifecycle.is_over(filing),
        "jurisdiction": filing.jurisdiction,
        "zone": filing.zone,
        "leader": filing.leader,
        "alliance_name": shown["alliance_name"],
        "leader_name": shown["leader"]["name"],
        "technical_field": shown.get("technical_field", ""),
        "archive_number": filing.archive_number,
        "archived_on": filing.archived_on,
        **waiting_columns(filing),
        "id_key": filing.id.lower(),
        "name_key": names.key(shown["alliance_name"]),
        "claimed_key": _claimed_key(filing, papers),
        "report_year": filing.report_year,
        "missed_years": filing.missed_years,
        "open_objections": filing.open_objections,
        "on_hold": filing.on_hold,
        "provisional": (due := agenda.nearest_duty(filing)) is not None and agenda.is_provisional(filing, due),
        "terms": filing.terms,
        "calendar": filing.calendar,
        "named": " ".join(name for name in NAMED if name in filing.tags) or None,
        "first_paper": first_paper,
        "public": canonical(shown),
        "value": canonical(written or filing.model_dump(mode="json")),
        "updated_at": entry.entered_at,
    }
