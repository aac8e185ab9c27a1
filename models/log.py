"""The log's tables (登记日志): its leaves in order, the tree over them, what was signed, and what was seen of others' logs.

Leaves are only ever added. None of them tells anything: what is published of one is a digest with a nonce (activities/log/leaves.py).
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.register import instant, long_text


class LogLeaf(SQLModel, table=True):
    """日志条目: what stands at a position of the log. `kind`, `of` and `number` name the row that it covers, `covers` is that row's digest."""

    __tablename__ = "log_leaves"
    __table_args__ = (UniqueConstraint("kind", "of", "number", name="uq_log_leaves_row"),)

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=20)
    of: str = Field(max_length=100)
    number: int = Field(sa_type=BigInteger)
    nonce: str = Field(max_length=32)
    covers: str = Field(max_length=64)


class LogTile(SQLModel, table=True):
    """日志分片: 256 hashes of the tree, fewer at its right edge, in hexadecimal one after the other (activities/log/tiles.py)."""

    __tablename__ = "log_tiles"

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    hashes: str = long_text()


class LogCheckpoint(SQLModel, table=True):
    """检查点: the root of the first `size` leaves, as it was signed: `note` with every signature, those of witnesses too.

    `day` is the day at whose end it was made; `stamp` what a time-stamping authority said of it (RFC 3161), in base64.
    """

    __tablename__ = "log_checkpoints"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger, index=True)
    root: str = Field(max_length=64)
    made_at: datetime = instant()
    day: date | None = Field(default=None, unique=True)
    note: str = long_text()
    stamp: str | None = long_text(default=None)


class LogWitnessed(SQLModel, table=True):
    """见证: the last checkpoint of another's log that this deployment has cosigned, and by which keys it knows that log, a line each."""

    __tablename__ = "log_witnessed"

    origin: str = Field(primary_key=True, max_length=200)
    keys: str = long_text()
    size: int = Field(sa_type=BigInteger)
    root: str = Field(max_length=64)
    note: str = long_text()
    seen_at: datetime = instant()
