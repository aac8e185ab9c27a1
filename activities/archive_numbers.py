"""备案编号: running numbers under a prefix (G-40)."""

from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from models.register import ArchiveNumber, FilingRow


def reserve(session: Session, filing_id: str, prefix: str) -> str:
    """The next running number under a prefix, once a filing. Numbers given by hand are passed over."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sql("LOCK TABLE archive_numbers IN EXCLUSIVE MODE"))
    running, mine = _next(session, filing_id, prefix)
    if mine and mine.running != running:
        session.delete(mine)
        session.flush()
    if mine is None or mine.running != running:
        session.add(ArchiveNumber(prefix=prefix, running=running, filing_id=filing_id))
    return f"{prefix}{running:04d}"


def foreseen(session: Session, filing_id: str, prefix: str) -> str:
    """The number that a filing would be given now. Nothing is reserved."""
    return f"{prefix}{_next(session, filing_id, prefix)[0]:04d}"


def _next(session: Session, filing_id: str, prefix: str) -> tuple[int, ArchiveNumber | None]:
    """The running number that a filing is due, and what is reserved for it so far."""
    reserved = session.exec(select(ArchiveNumber).where(ArchiveNumber.prefix == prefix)).all()
    held = select(FilingRow.archive_number).where(col(FilingRow.archive_number).startswith(prefix))
    by_hand = {number or "" for number in session.exec(held.where(FilingRow.filing_id != filing_id))}
    mine = next((row for row in reserved if row.filing_id == filing_id), None)
    if mine and f"{prefix}{mine.running:04d}" not in by_hand:
        return mine.running, mine
    used = [row.running for row in reserved]
    used += [int(end) for number in by_hand if (end := number.removeprefix(prefix)).isdecimal()]
    return max(used, default=0) + 1, mine
