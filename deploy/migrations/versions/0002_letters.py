"""Letters and their deliveries; whether a message has left is told of its letter, so that messages are only ever added."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Every message gets its letter, as far as it had got."""
    op.create_table(
        "letters",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("filing_id", sa.String(length=64), nullable=True),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("to", sa.String(length=20), nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("handed_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_letters_filing_id", "letters", ["filing_id"])
    op.create_index("ix_letters_open", "letters", ["closed_at", "handed_at"])
    op.create_table(
        "deliveries",
        sa.Column("letter", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", INSTANT, nullable=False),
        sa.Column("last_tried_at", INSTANT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"]),
        sa.PrimaryKeyConstraint("letter", "channel"),
    )
    op.execute(
        """INSERT INTO letters (id, filing_id, text, "to", office, messages, created_at, handed_at, closed_at, failed)
        SELECT id, filing_id, text, "to", office, '["' || id || '"]', created_at, handed_at, delivered_at, false
        FROM messages"""
    )
    with op.batch_alter_table("messages") as messages:
        messages.drop_index("ix_messages_undelivered")
        messages.drop_index("ix_messages_inbox")
        messages.drop_column("handed_at")
        messages.drop_column("delivered_at")
        messages.create_index("ix_messages_inbox", ["office", "created_at"])


def downgrade() -> None:
    """Messages tell again how far they got; what each channel had to show is lost."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_index("ix_messages_inbox")
        messages.add_column(sa.Column("handed_at", INSTANT, nullable=True))
        messages.add_column(sa.Column("delivered_at", INSTANT, nullable=True))
        messages.create_index("ix_messages_inbox", ["office", "to"])
        messages.create_index("ix_messages_undelivered", ["delivered_at", "handed_at"])
    op.execute(
        """UPDATE messages SET
        handed_at = (SELECT handed_at FROM letters WHERE letters.id = messages.id),
        delivered_at = (SELECT closed_at FROM letters WHERE letters.id = messages.id)"""
    )
    op.drop_table("deliveries")
    op.drop_table("letters")
