"""What the doors remember, and what their lists are found by."""

import sqlalchemy as sa
from alembic import op

from models.filing import Filing
from regulation import lifecycle

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

PUBLIC = [
    "archive_number", "alliance_name", "leader_name", "jurisdiction", "kind", "technical_field", "archived_on", "stage",
]  # fmt: skip
INDEXES = (
    ("ix_filings_public", "filings", PUBLIC),
    ("ix_letters_failed", "letters", ["failed", "office", "closed_at"]),
    ("ix_letters_unread", "letters", ["office", "read_at", "created_at"]),
    ("ix_public_notices_shown", "public_notices", ["shown_until", "shown_from"]),
    ("ix_public_notices_published_at", "public_notices", ["published_at"]),
    ("ix_annual_reports_year", "annual_reports", ["year", "status"]),
)
"""What lists are found by, at a hundred thousand filings."""


def upgrade() -> None:
    """New tables; filings tell whether they await their 工信 department."""
    with op.batch_alter_table("filings") as filings:
        filings.add_column(sa.Column("awaits_iit", sa.Boolean(), nullable=False, server_default=sa.false()))
        for column in ("stage", "jurisdiction", "waiting_for"):
            filings.drop_index(f"ix_filings_{column}")
        filings.create_index("ix_filings_awaited", ["waiting_for", "next_deadline", "filing_id"])
        filings.create_index("ix_filings_place", ["jurisdiction", "next_deadline", "filing_id"])
        filings.create_index("ix_filings_stage", ["stage", "next_deadline", "filing_id"])
        filings.create_index("ix_filings_zone", ["zone"])
    with op.batch_alter_table("filings") as filings:
        filings.alter_column("awaits_iit", server_default=None)
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    _tell_who_awaits_iit()
    _create_tables()


def _tell_who_awaits_iit() -> None:
    """The column is told from the filing, as every entry will tell it again; also for whom a handed-over one waits."""
    filings = sa.table(
        "filings", *(sa.column(name) for name in ("filing_id", "value", "open", "awaits_iit", "waiting_for"))
    )
    connection = op.get_bind()
    stand = connection.execute(sa.select(filings.c.filing_id, filings.c.value).where(filings.c.open.is_(True))).all()
    for filing_id, value in stand:
        filing = Filing.model_validate_json(value)
        if lifecycle.awaits_iit(filing) or filing.transfer:
            told = {"awaits_iit": lifecycle.awaits_iit(filing), "waiting_for": lifecycle.awaited(filing)}
            connection.execute(sa.update(filings).where(filings.c.filing_id == filing_id).values(told))


def _create_tables() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.String(length=64), primary_key=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
    )
    op.create_index("ix_people_office", "people", ["office", "role"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("client", sa.String(length=45), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("filing_id", sa.String(length=64), nullable=True),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_audit_person", "audit", ["person"])
    op.create_index("ix_audit_filing_id", "audit", ["filing_id"])
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("leader", sa.String(length=18), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index("ix_drafts_leader", "drafts", ["leader"])
    op.create_index("ix_drafts_updated_at", "drafts", ["updated_at"])
    op.create_table(
        "uploads",
        sa.Column("sha256", sa.String(length=64), primary_key=True),
        sa.Column("owner", sa.String(length=40), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
    )
    op.create_index("ix_saved_filters_person", "saved_filters", ["person", "name"], unique=True)
    op.create_table(
        "handlings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("filing_id", sa.String(length=64), sa.ForeignKey("filings.filing_id"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by_person", sa.String(length=64), nullable=False),
        sa.Column("by_office", sa.String(length=40), nullable=False),
        sa.Column("to_person", sa.String(length=64), nullable=True),
        sa.Column("to_office", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
    )
    op.create_index("ix_handlings_filing_id", "handlings", ["filing_id"])
    op.create_index("ix_handlings_to", "handlings", ["to_office", "to_person", "ended_at"])


def downgrade() -> None:
    """What the doors remembered is lost; the filings stand as they did."""
    for name in ("handlings", "saved_filters", "uploads", "drafts", "audit", "sessions", "people"):
        op.drop_table(name)
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    with op.batch_alter_table("filings") as filings:
        for index in ("ix_filings_awaited", "ix_filings_place", "ix_filings_stage", "ix_filings_zone"):
            filings.drop_index(index)
        filings.drop_column("awaits_iit")
        for column in ("stage", "jurisdiction", "waiting_for"):
            filings.create_index(f"ix_filings_{column}", [column])
