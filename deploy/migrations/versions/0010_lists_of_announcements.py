"""0.10.0. What a site of announcements looks up for one announcement is found by indexes, however many there are: what a place published
last, and the end of the day that has a leaf of the log."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_public_notices_place": ("public_notices", ["jurisdiction", "published_at"]),
    "ix_log_checkpoints_size": ("log_checkpoints", ["size"]),
}


def upgrade() -> None:
    """Indexes alone."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Nothing goes but the indexes."""
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
