"""What release 0.4.0 remembers: up to which entry the engine follows each filing, what doors received first, how much was
stored today, and by what the names of filings are compared, those included that changes under review bring."""

import json

import sqlalchemy as sa
from alembic import op

from models import names
from models.filing import Filing
from regulation import identity

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; filings tell by what their ids and names are compared."""
    for name in ("name_key", "id_key", "claimed_key"):
        op.add_column("filings", sa.Column(name, sa.String(length=64), nullable=True))
        op.create_index(f"ix_filings_{name}", "filings", [name])
    _tell_names()
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


def _tell_names() -> None:
    """As every entry will tell it again."""
    columns = ("filing_id", "alliance_name", "value", "name_key", "claimed_key")
    filings = sa.table("filings", *(sa.column(name) for name in columns))
    papers = sa.table("papers", sa.column("digest"), sa.column("body"))
    connection = op.get_bind()
    op.execute("UPDATE filings SET id_key = lower(filing_id)")
    for filing_id, name in connection.execute(sa.select(filings.c.filing_id, filings.c.alliance_name)).all():
        told = {"name_key": names.key(name)}
        connection.execute(sa.update(filings).where(filings.c.filing_id == filing_id).values(told))
    changing = sa.select(filings.c.filing_id, filings.c.value).where(filings.c.value.like('%"change":"leader"%'))
    for filing_id, value in connection.execute(changing).all():
        change = Filing.model_validate_json(value).change
        if change is None:
            continue
        reported = connection.execute(sa.select(papers.c.body).where(papers.c.digest == change.paper)).scalar_one()
        name = identity.content_of(json.loads(reported)).get("alliance_name")
        if isinstance(name, str):
            told = {"claimed_key": names.key(name)}
            connection.execute(sa.update(filings).where(filings.c.filing_id == filing_id).values(told))


def downgrade() -> None:
    """The engine is asked again about every filing; what nobody answered yet counts from when it is sent again."""
    op.drop_table("stored")
    op.drop_table("arrivals")
    op.drop_table("followed")
    for name in ("claimed_key", "id_key", "name_key"):
        op.drop_index(f"ix_filings_{name}", "filings")
        op.drop_column("filings", name)
