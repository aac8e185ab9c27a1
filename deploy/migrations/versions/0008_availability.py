"""0.8.0. From when until when each part of the service was seen up: what an outage near a deadline is told by. And how often somebody
asked, as gateways on several machines tell each other."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The spans in which parts were seen up, and the table by which gateways count together."""
    op.create_table(
        "seen_up",
        sa.Column("part", sa.String(length=20), primary_key=True),
        sa.Column("watcher", sa.String(length=64), primary_key=True),
        sa.Column("since", INSTANT, primary_key=True),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_index("ix_seen_up_until", "seen_up", ["until"])
    op.create_table(
        "counted",
        sa.Column("gateway", sa.String(length=32), primary_key=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
    )
    op.create_index("ix_counted_written_at", "counted", ["written_at"])


def downgrade() -> None:
    """What was measured is gone, and what was counted: for two days at most."""
    op.drop_table("counted")
    op.drop_table("seen_up")
