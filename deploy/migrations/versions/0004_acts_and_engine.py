"""What release 0.4.0 remembers: up to which entry the engine follows each filing."""

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


def downgrade() -> None:
    """The engine is asked again about every filing."""
    op.drop_table("followed")
