"""The register is the queue of letters (release 0.5.0): each is due at an instant, and taken in batches by lease."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Whatever is not delivered yet is due at once.

    So is what the engine was to deliver, a standalone activity a letter: what its channels have come to is noted, so
    none of them is tried that is done, and none sooner than it would be. The engine's own try ends without doing anything.
    """
    op.drop_index("ix_letters_open", "letters")
    op.add_column("letters", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    now = sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True))
    due = "CASE WHEN created_at < :now THEN created_at ELSE :now END"
    op.execute(sa.text(f"UPDATE letters SET due_at = {due}").bindparams(now))
    with op.batch_alter_table("letters") as letters:
        letters.alter_column("due_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index("ix_letters_due", "letters", ["due_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    """What was handed over is handed over again after a quarter of an hour, as of old."""
    op.drop_index("ix_letters_due", "letters")
    with op.batch_alter_table("letters") as letters:
        letters.drop_column("due_at")
    op.create_index("ix_letters_open", "letters", ["closed_at", "handed_at"])
