"""0.7.0. For operators: what the sentinel found, what it has seen of each filing in the engine, and which
papers were masked when their time was over."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The tables of the sentinel, and of what was masked."""
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
    op.create_table(
        "masked_papers",
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("stands", sa.String(length=64), nullable=False),
        sa.Column("filing_id", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("whose", sa.String(length=40), nullable=False),
        sa.Column("masked_at", INSTANT, nullable=False),
        sa.Column("report", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_masked_papers_report", "masked_papers", ["report"])


def downgrade() -> None:
    """What the next pass finds again. Papers that were masked look altered to an earlier release."""
    op.drop_table("masked_papers")
    op.drop_table("passes")
    op.drop_table("drift")
    for name in ("armed_for", "run_id"):
        op.drop_column("followed", name)
