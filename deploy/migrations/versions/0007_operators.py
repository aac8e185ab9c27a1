"""The release after 0.6.0. For operators: what the sentinel found, and what it has seen of each filing in the engine."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The tables of the sentinel."""
    op.add_column("followed", sa.Column("run_id", sa.String(length=36), nullable=True))
    op.add_column("followed", sa.Column("armed_for", INSTANT, nullable=True))
    op.create_table(
        "drift",
        sa.Column("key", sa.String(length=64), primary_key=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mended", sa.Boolean(), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "passes",
        sa.Column("queue", sa.String(length=200), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """What the next pass finds again."""
    op.drop_table("passes")
    op.drop_table("drift")
    for name in ("armed_for", "run_id"):
        op.drop_column("followed", name)
