"""The release after 0.5.0. Rounds: what happens every year over many filings has rows, entries and items of its own; what they tell
and publish names them. Each due year says as what it is counted, and where its filing lies."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.rows import NAMED
from models.filing import Filing
from models.vocabulary import ReportState, YearStatus
from regulation.reporting import SETTLED, state_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROUND = sa.String(length=40)
OF_ROUND = sa.text("round_id IS NOT NULL")

TELLING = ("messages", "public_notices")
"""Tables whose rows name a filing, or a round."""


def upgrade() -> None:
    """The tables of rounds, and what names them."""
    _rounds()
    for table in TELLING:
        with op.batch_alter_table(table) as rows:
            rows.alter_column("filing_id", existing_type=sa.String(length=64), nullable=True)
            rows.add_column(sa.Column("round_id", ROUND, nullable=True))
        op.create_index(
            f"ix_{table}_round", table, ["round_id", "number"], sqlite_where=OF_ROUND, postgresql_where=OF_ROUND
        )
    op.add_column("letters", sa.Column("round_id", ROUND, nullable=True))
    for table in ("messages", "letters"):
        op.add_column(table, sa.Column("about", sa.String(length=64), nullable=True))
    _evaluated()
    _reports()


EVALUATED = (
    ("named", sa.String(length=40)), ("evaluated_for", sa.Integer()), ("evaluated", sa.String(length=20)),
)  # fmt: skip
PUBLIC = (
    "archive_number", "alliance_name", "leader_name", "jurisdiction", "kind", "technical_field", "archived_on", "stage",
)  # fmt: skip
IS_NAMED = sa.text("named IS NOT NULL")


def _evaluated() -> None:
    """What an alliance is named, and as what it was evaluated last, as its next entry will tell it again."""
    for name, type_ in EVALUATED:
        op.add_column("filings", sa.Column(name, type_, nullable=True))
    op.create_index(
        "ix_filings_named", "filings", ["listed_at", "filing_id"], sqlite_where=IS_NAMED, postgresql_where=IS_NAMED
    )
    op.drop_index("ix_filings_public", "filings")
    op.create_index("ix_filings_public", "filings", [*PUBLIC, "named"])
    connection = op.get_bind()
    filings = sa.table("filings", *map(sa.column, ("filing_id", "value", "named", "evaluated_for", "evaluated")))
    tagged = sa.select(filings.c.filing_id, filings.c.value).where(filings.c.value.contains('"tags":['))
    told: dict[str, dict[str, object]] = {}
    for filing_id, value in connection.execute(tagged).all():
        tags = json.loads(value)["tags"]
        told[filing_id] = {"named": " ".join(name for name in NAMED if name in tags) or None}
    entries = sa.table("entries", *map(sa.column, ("filing_id", "number", "kind", "refused", "body")))
    made = sa.select(entries.c.filing_id, entries.c.body).where(
        entries.c.kind == "record_evaluation", entries.c.refused.is_(None)
    )
    for filing_id, body in connection.execute(made.order_by(entries.c.filing_id, entries.c.number)).all():
        event, row = json.loads(body)["event"], told.setdefault(filing_id, {})
        if event["year"] >= (row.get("evaluated_for") or 0):
            row |= {"evaluated_for": event["year"], "evaluated": event["result"]}
    for filing_id, row in told.items():
        connection.execute(sa.update(filings).where(filings.c.filing_id == filing_id).values(**row))


def _rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("round_id", ROUND, primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=6), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.Column("alliances", sa.String(length=1), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("opens", sa.Date(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("next_lapse", sa.String(length=60), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("followed", sa.Integer(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index("ix_rounds_listed", "rounds", ["closes", "round_id"])
    op.create_index("ix_rounds_kind", "rounds", ["kind", "year", "jurisdiction"])
    is_open = sa.text("open")
    op.create_index("ix_rounds_open", "rounds", ["round_id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "round_entries",
        sa.Column("round_id", ROUND, sa.ForeignKey("rounds.round_id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("act_id", sa.String(length=64), nullable=True),
        sa.Column("filing_id", sa.String(length=64), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("paper", sa.String(length=64), sa.ForeignKey("papers.digest"), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("effects", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("told", sa.String(length=64), nullable=True),
        sa.UniqueConstraint("round_id", "act_id", name="uq_round_entries_act"),
    )
    op.create_table(
        "round_items",
        sa.Column("round_id", ROUND, sa.ForeignKey("rounds.round_id"), primary_key=True),
        sa.Column("filing_id", sa.String(length=64), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("paper", sa.String(length=64), nullable=True),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
    )
    current = sa.text("current")
    for name, over in (
        ("ix_round_items_state", ["round_id", "state", "filing_id"]),
        ("ix_round_items_filing", ["filing_id", "round_id"]),
    ):
        op.create_index(name, "round_items", over, sqlite_where=current, postgresql_where=current)
    op.create_table(
        "published_editions",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=40), nullable=False, unique=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("round_id", ROUND, sa.ForeignKey("rounds.round_id"), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.UniqueConstraint("round_id", "entry", name="uq_published_editions_entry"),
    )


COUNTED: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("kind", sa.String(1)), ("jurisdiction", sa.String(6)), ("zone", sa.String(40)), ("state", sa.String(10)),
    ("urged_at", INSTANT),
)  # fmt: skip
ALWAYS = ("kind", "jurisdiction", "state")

REPORT_INDEXES = (
    ("ix_annual_reports_board", ["year", "jurisdiction", "kind", "zone", "state", "filing_id"]),
    ("ix_annual_reports_zone", ["zone", "year", "kind", "state", "filing_id"]),
    ("ix_annual_reports_state", ["year", "state", "filing_id"]),
)


def _reports() -> None:
    """Each year is counted where its filing lies, as what became of it; of one still open the filing says as what."""
    for name, type_ in COUNTED:
        op.add_column("annual_reports", sa.Column(name, type_, nullable=True))
    told = ", ".join(
        f"{name} = (SELECT {name} FROM filings WHERE filings.filing_id = annual_reports.filing_id)"
        for name in ("kind", "jurisdiction", "zone")
    )
    op.execute(sa.text(f"UPDATE annual_reports SET {told}"))
    connection = op.get_bind()
    reports = sa.table("annual_reports", *(sa.column(name) for name in ("filing_id", "year", "status", "state")))
    for status, state in SETTLED.items():
        connection.execute(sa.update(reports).where(reports.c.status == status.value).values(state=state.value))
    connection.execute(sa.update(reports).where(reports.c.state.is_(None)).values(state=ReportState.ENDED.value))
    filings = sa.table("filings", sa.column("filing_id"), sa.column("value"))
    owing = sa.select(reports.c.filing_id).where(reports.c.status == YearStatus.OPEN.value)
    for (value,) in connection.execute(sa.select(filings.c.value).where(filings.c.filing_id.in_(owing))).all():
        filing = Filing.model_validate_json(value)
        for year in filing.years:
            mine = sa.and_(reports.c.filing_id == filing.id, reports.c.year == year.year)
            connection.execute(sa.update(reports).where(mine).values(state=state_of(filing, year).value))
    with op.batch_alter_table("annual_reports") as years:
        for name, type_ in COUNTED:
            if name in ALWAYS:
                years.alter_column(name, existing_type=type_, nullable=False)
    op.drop_index("ix_annual_reports_year", "annual_reports")
    for name, over in REPORT_INDEXES:
        op.create_index(name, "annual_reports", over)


def downgrade() -> None:
    """What rounds told and published goes with them."""
    for index, _ in REPORT_INDEXES:
        op.drop_index(index, "annual_reports")
    with op.batch_alter_table("annual_reports") as years:
        for name, _ in COUNTED:
            years.drop_column(name)
    op.create_index("ix_annual_reports_year", "annual_reports", ["year", "status"])
    op.drop_index("ix_filings_public", "filings")
    op.create_index("ix_filings_public", "filings", PUBLIC)
    op.drop_index("ix_filings_named", "filings")
    for name, _ in EVALUATED:
        op.drop_column("filings", name)
    for table in ("messages", "letters"):
        op.drop_column(table, "about")
    op.drop_column("letters", "round_id")
    for table in TELLING:
        op.execute(sa.text(f"DELETE FROM {table} WHERE filing_id IS NULL"))
        op.drop_index(f"ix_{table}_round", table)
        with op.batch_alter_table(table) as rows:
            rows.drop_column("round_id")
            rows.alter_column("filing_id", existing_type=sa.String(length=64), nullable=False)
    for table in ("published_editions", "round_items", "round_entries", "rounds"):
        op.drop_table(table)
