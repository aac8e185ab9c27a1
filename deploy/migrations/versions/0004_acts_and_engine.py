"""What release 0.4.0 remembers: up to which entry the engine follows each filing, what doors received first, and how much was stored today."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; nothing that is there changes."""
    op.create_table(
        "followed",
        sa.Column("filing_id", sa.String(length=64), sa.ForeignKey("filings.filing_id"), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_table(
        "arrivals",
        sa.Column("filing_id", sa.String(length=64), primary_key=True),
        sa.Column("act_id", sa.String(length=64), primary_key=True),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_arrivals_stored_at", "arrivals", ["stored_at"])
    op.create_table(
        "stored",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("whose", sa.String(length=100), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """The engine is asked again about every filing; what nobody answered yet counts from when it is sent again."""
    op.drop_table("stored")
    op.drop_table("arrivals")
    op.drop_table("followed")
