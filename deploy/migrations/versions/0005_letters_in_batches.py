"""Release 0.5.0. The register is the queue of letters: each is due at an instant, and taken in batches by lease. And a
filing's row says what desks find it by: until when it waits for its office, what is overdue, what did not arrive. What is good for once is known to every gateway."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.rows import NEVER, waiting_columns
from models.filing import Filing

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("closed_at IS NULL")

WAITING: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("listed_at", INSTANT), ("due_at", INSTANT), ("iit_due_at", INSTANT), ("overdue", sa.Text()), ("unsettled", sa.Text()),
    ("submitted_at", INSTANT),
)  # fmt: skip
ALWAYS = ("listed_at", "due_at", "submitted_at")

BEFORE = (
    ("ix_filings_zone", ["zone"]),
    ("ix_filings_stage", ["stage", "next_deadline", "filing_id"]),
    ("ix_filings_awaited", ["waiting_for", "next_deadline", "filing_id"]),
)
INDEXES = (
    ("ix_filings_entered", ["updated_at", "number"], None),
    ("ix_filings_listed", ["listed_at", "filing_id"], None),
    ("ix_filings_listed_place", ["jurisdiction", "listed_at", "filing_id"], None),
    ("ix_filings_zone", ["zone", "listed_at", "filing_id"], None),
    ("ix_filings_stage", ["stage", "listed_at", "filing_id"], None),
    ("ix_filings_awaited", ["waiting_for", "listed_at", "filing_id"], None),
    ("ix_filings_inbox", ["waiting_for", "due_at", "submitted_at", "filing_id", "calendar", "jurisdiction"], None),
    (
        "ix_filings_iit",
        ["jurisdiction", "iit_due_at", "submitted_at", "filing_id", "calendar"],
        "iit_due_at IS NOT NULL",
    ),
    ("ix_filings_overdue", ["waiting_for", "filing_id"], "overdue IS NOT NULL"),
    ("ix_filings_unsettled", ["jurisdiction", "zone", "filing_id"], "unsettled IS NOT NULL"),
)


def upgrade() -> None:
    """Letters, then filings."""
    _letters()
    _filings()
    op.create_table(
        "spent",
        sa.Column("key", sa.String(length=64), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_spent_at", "spent", ["at"])


def _letters() -> None:
    """Whatever is not delivered yet is due at once.

    So is what the engine was to deliver, a standalone activity a letter: what its channels have come to is noted, so
    none of them is tried that is done, and none sooner than it would be. The engine's own try ends without doing anything.
    """
    op.drop_index("ix_letters_open", "letters")
    op.add_column("letters", sa.Column("due_at", INSTANT, nullable=True))
    now = sa.bindparam("now", datetime.now(UTC), INSTANT)
    due = "CASE WHEN created_at < :now THEN created_at ELSE :now END"
    op.execute(sa.text(f"UPDATE letters SET due_at = {due}").bindparams(now))
    with op.batch_alter_table("letters") as letters:
        letters.alter_column("due_at", existing_type=INSTANT, nullable=False)
    op.create_index("ix_letters_due", "letters", ["due_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)


def _filings() -> None:
    """What most of them say is in their rows; the others tell it as their next entry will."""
    for name, type_ in WAITING:
        op.add_column("filings", sa.Column(name, type_, nullable=True))
    never = sa.bindparam("never", NEVER, INSTANT)
    received = "(SELECT at FROM entries WHERE entries.filing_id = filings.filing_id AND number = 1)"
    until = "coalesce(next_deadline, :never)"
    plainly = f"listed_at = {until}, due_at = {until}, submitted_at = coalesce({received}, updated_at)"
    op.execute(sa.text(f"UPDATE filings SET {plainly}").bindparams(never))
    known: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("filing_id", "value", "awaits_iit")]
    filings = sa.table("filings", *known, *(sa.column(name, type_) for name, type_ in WAITING))
    telling = sa.or_(filings.c.awaits_iit, *(filings.c.value.contains(each) for each in ('"chased":', '"delivery:')))
    connection = op.get_bind()
    for filing_id, value in connection.execute(sa.select(filings.c.filing_id, filings.c.value).where(telling)).all():
        columns = waiting_columns(Filing.model_validate_json(value))
        told = {name: columns[name] for name, _ in WAITING}
        connection.execute(sa.update(filings).where(filings.c.filing_id == filing_id).values(told))
    with op.batch_alter_table("filings") as table:
        for name in ALWAYS:
            table.alter_column(name, existing_type=INSTANT, nullable=False)
    for name, _ in BEFORE:
        op.drop_index(name, "filings")
    for name, over, where in INDEXES:
        some = sa.text(where) if where else None
        op.create_index(name, "filings", over, sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    """What was handed over is handed over again after a quarter of an hour, as of old."""
    op.drop_table("spent")
    for name, *_ in INDEXES:
        op.drop_index(name, "filings")
    with op.batch_alter_table("filings") as filings:
        for name, _ in WAITING:
            filings.drop_column(name)
    for name, over in BEFORE:
        op.create_index(name, "filings", over)
    op.drop_index("ix_letters_due", "letters")
    with op.batch_alter_table("letters") as letters:
        letters.drop_column("due_at")
    op.create_index("ix_letters_open", "letters", ["closed_at", "handed_at"])
