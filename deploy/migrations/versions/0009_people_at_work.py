"""0.9.0. Who stands in for whom, the phrases of an office, and what people were called when: so that an audit names them as they were
then. Who heads an office is told by a session. What filings are found by: names of members, initials of pinyin. And the log of everything
that is entered (activities/log/)."""

import sqlalchemy as sa
from alembic import op

from activities import search_texts

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Tables that earlier releases do not look at, a column that they leave as it is, and indexes."""
    _offices()
    _audit()
    _found_by()
    _subscriptions()
    _log()
    _what_ifs()


def _offices() -> None:
    """How an office shares its work: absences and phrases; and who heads it."""
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("post", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("deputy", sa.String(length=64), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_by", sa.String(length=64)),
    )
    op.create_index("ix_absences_post", "absences", ["post", "last"])
    op.create_table(
        "phrases",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("post", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_person", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_by", sa.String(length=64)),
    )
    op.create_index("ix_phrases_post", "phrases", ["post", "ended_at"])
    op.add_column("sessions", sa.Column("head", sa.Boolean()))


ORDERS = {"submitted": "submitted_at", "called": "alliance_name"}
"""The orders of a list that are new, by their indexes."""


def _audit() -> None:
    """What people were called when; the audit by office, by kind of event and by day; and how many filings are where."""
    op.create_table(
        "person_names",
        sa.Column("person", sa.String(length=64), primary_key=True),
        sa.Column("since", INSTANT, primary_key=True),
        sa.Column("name", sa.String(length=100), nullable=False),
    )
    op.create_index("ix_filings_picture", "filings", ["jurisdiction", "stage", "kind"])
    for index, column in ORDERS.items():
        op.create_index(f"ix_filings_{index}", "filings", [column, "filing_id"])
        op.create_index(f"ix_filings_{index}_place", "filings", ["jurisdiction", column, "filing_id"])
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_office", "audit", ["office", "number"])
    op.create_index("ix_audit_kind", "audit", ["kind", "number"])


def _found_by() -> None:
    """The texts of searches, written for every filing there is, a few hundred at a time."""
    op.create_table(
        "search_texts",
        sa.Column("filing_id", sa.String(length=64), sa.ForeignKey("filings.filing_id"), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
    )
    while found := search_texts.lacking(op.get_bind()):
        search_texts.put(op.get_bind(), found)


def _subscriptions() -> None:
    """Addresses by which calendar programs read somebody's deadlines."""
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
    )
    op.create_index("ix_subscriptions_person", "subscriptions", ["person"])


def _log() -> None:
    """The log of everything that is entered, and what it looks for."""
    op.create_table(
        "log_leaves",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("of", sa.String(length=100), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("covers", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("kind", "of", "number", name="uq_log_leaves_row"),
    )
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.Text(), nullable=False),
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text()),
        sa.UniqueConstraint("day"),
    )
    op.create_table(
        "log_witnessed",
        sa.Column("origin", sa.String(length=200), primary_key=True),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
    )
    for column in ("closed_at", "read_at"):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_letters_{column}", "letters", [column], sqlite_where=there, postgresql_where=there)


def _what_ifs() -> None:
    """What was asked of a fork of the register, and the previews of editions."""
    op.create_table(
        "what_ifs",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=20)),
        sa.Column("name", sa.String(length=40)),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("outcome_digest", sa.String(length=64)),
        sa.UniqueConstraint("subject", "digest", name="uq_what_ifs_edition"),
    )
    one = sa.text("state = 'running'")
    op.create_index("ux_what_ifs_running", "what_ifs", ["state"], unique=True, sqlite_where=one, postgresql_where=one)


def downgrade() -> None:
    """A search finds names of alliances and leaders alone again. Who stands in for whom is gone, and the offices' own phrases; the log too, but for what was published of it; the record stays."""
    op.drop_table("what_ifs")
    op.drop_table("search_texts")
    op.drop_table("subscriptions")
    for column in ("closed_at", "read_at"):
        op.drop_index(f"ix_letters_{column}", "letters")
    for table in ("log_witnessed", "log_checkpoints", "log_tiles", "log_leaves"):
        op.drop_table(table)
    op.drop_index("ix_filings_picture", "filings")
    for index in ORDERS:
        op.drop_index(f"ix_filings_{index}", "filings")
        op.drop_index(f"ix_filings_{index}_place", "filings")
    for index in ("ix_audit_kind", "ix_audit_office", "ix_audit_at"):
        op.drop_index(index, "audit")
    op.drop_table("person_names")
    op.drop_column("sessions", "head")
    op.drop_table("phrases")
    op.drop_table("absences")
