"""What the register knows of other filings that bears on an application: names, ids, and what its leader has beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from activities import papers
from models import names
from models.filing import Filing
from models.register import FilingRow
from models.vocabulary import Kind, Stage
from regulation import codes, intake, offices
from regulation.lifecycle import ENDS, FILED


def to_the_office(session: Session, filing: Filing, form: Mapping[str, Any]) -> intake.Known:
    """What bears on a version of an application that was taken in."""
    return _known(
        session,
        filing.id,
        previous=str(form.get("previous_filing_id")),
        name=str(form["alliance_name"]),
        leader=filing.leader,
        technical_field=str(form["technical_field"]),
    )


def to_whoever_brings(session: Session, filing_id: str, form: Mapping[str, Any]) -> intake.Known:
    """What bears on an application, as far as whoever brings it may know it.

    That a name is taken anybody may know. What a leader has beside it is told to that leader and to the province.
    """
    leader = form.get("leader")
    code = codes.normalised(str(leader.get("uscc"))) if isinstance(leader, Mapping) else ""
    return _known(
        session,
        filing_id,
        previous=str(form.get("previous_filing_id")),
        name=str(form.get("alliance_name")),
        leader=code if _may_know(session, filing_id, form, code) else "",
        technical_field=str(form.get("technical_field")),
    )


def _may_know(session: Session, filing_id: str, form: Mapping[str, Any], leader: str) -> bool:
    """Whether whoever brings an application may know what else its leader has: by who brings it, else by the filing it corrects."""
    by = form.get("by")
    if isinstance(by, Mapping):
        return by.get("office") in (leader, offices.PROVINCE)
    row = session.get(FilingRow, filing_id)
    return row is None or row.leader == leader


def _known(session: Session, own: str, *, previous: str, name: str, leader: str, technical_field: str) -> intake.Known:
    """Whatever an application names as its predecessor, its leader's revocations are told (G-22, G-32)."""
    stands = session.get(FilingRow, own)
    others = select(FilingRow).where(FilingRow.leader == leader, FilingRow.filing_id != own)
    of_leader = session.exec(others).all()
    named = session.get(FilingRow, previous) if previous != own else None
    predecessor = named if named and named.leader == leader else None
    goes_on = predecessor is not None and predecessor.kind == Kind.B and predecessor.stage in FILED
    called = () if bears(session, own, name) else others_called(session, own, name)
    alike = [each for each in called if not (goes_on and each.filing_id == previous)]
    living = [row for row in of_leader if row.stage not in ENDS and row.filing_id != previous]
    return intake.Known(
        names=tuple(name for _ in alike),
        alike_id=stands is None and _has_alike_id(session, own),
        same_field=tuple(row.alliance_name for row in living if row.technical_field == technical_field),
        revoked=tuple(row.alliance_name for row in of_leader if row.stage == Stage.REVOKED),
        ended=predecessor is not None and predecessor.stage in ENDS,
        goes_on=goes_on,
        present=papers.substance(session, Filing.model_validate_json(stands.value).paper) if stands else None,
    )


# Names and ids


def others_called(session: Session, filing_id: str, name: str) -> Sequence[FilingRow]:
    """The other filings under a name, or one that looks like it, or about to bear one, that have not come to an end."""
    key = names.key(name)
    named = or_(col(FilingRow.name_key) == key, col(FilingRow.claimed_key) == key)
    alive = select(FilingRow).where(named, FilingRow.filing_id != filing_id)
    return session.exec(alive.where(col(FilingRow.stage).not_in([stage.value for stage in ENDS]))).all()


def bears(session: Session, filing_id: str, name: str) -> bool:
    """Whether a filing has this name already: it keeps it, whoever got one that looks like it from an earlier release."""
    row = session.get(FilingRow, filing_id)
    return row is not None and row.name_key == names.key(name)


def name_is_taken(session: Session, filing_id: str, name: str, but_by: str | None) -> bool:
    """Whether a living alliance other than one has a name; whoever asks for the same name waits for this transaction."""
    _in_turn(session, names.key(name))
    if bears(session, filing_id, name):
        return False
    return any(row.filing_id != but_by for row in others_called(session, filing_id, name))


def id_is_taken(session: Session, filing_id: str) -> bool:
    """Whether another filing has the same id but for the case of its letters; whoever asks for it waits likewise."""
    _in_turn(session, filing_id.lower())
    return _has_alike_id(session, filing_id)


def _has_alike_id(session: Session, filing_id: str) -> bool:
    alike = select(FilingRow.filing_id).where(FilingRow.id_key == filing_id.lower(), FilingRow.filing_id != filing_id)
    return session.exec(alike.limit(1)).first() is not None


def _in_turn(session: Session, key: str) -> None:
    """Whoever asks for the same waits for this transaction; SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sql("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
