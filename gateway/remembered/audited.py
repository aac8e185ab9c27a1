"""Looking through the audit (审计记录): what an auditor looks for, as a value and as a query string, and the lines that are it.

A day means its whole day, as clocks show it in Shanghai. Lines stand by their numbers, which follow the time but for the clocks of
several gateways; so days are looked up as numbers first, and a long record is not read through for an old day.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import Field, model_validator
from sqlalchemy import ColumnElement, Connection, Engine, select

from gateway.remembered.audit import AUDIT, AuditKind
from models.gateway import AuditRow
from models.values import Value, at_hour, storable
from models.vocabulary import Role

ASTRAY = timedelta(minutes=10)
"""By how much clocks of gateways may differ at the most: beyond a minute no door stamps anything."""

AT_ONCE = 1_000
"""Lines that are read at a time for a table."""

Word = Annotated[str, Field(max_length=100)]


class Wanted(Value):
    """What is looked for in the audit; what is left out does not matter."""

    person: Word = ""
    office: Word = ""
    role: Role | None = None
    filing: Word = ""
    kind: AuditKind | None = None
    first: date | None = None
    last: date | None = None
    success: Literal["yes", "no"] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Wanted":
        if self.first and self.last and self.last < self.first:
            raise ValueError("结束日期不得早于开始日期")
        return self

    @property
    def query(self) -> str:
        """As a query string, always the same for the same question."""
        return urlencode({name: value for name, value in self.model_dump(mode="json").items() if value})

    def facts(self, db: Connection) -> list[ColumnElement[bool]]:
        """As conditions."""
        of = AUDIT.c
        told: list[tuple[Any, Any]] = [
            (of.person, self.person), (of.office, self.office), (of.filing_id, self.filing),
            (of.role, self.role and self.role.value), (of.kind, self.kind and self.kind.value),
        ]  # fmt: skip
        facts: list[ColumnElement[bool]] = [column == value for column, value in told if value]
        if self.success:
            facts.append(of.success.is_(self.success == "yes"))
        if self.first:
            begun = at_hour(self.first, 0)
            facts += [of.at >= begun, of.number >= (_number_at(db, begun - ASTRAY) or NOBODY)]
        if self.last:
            over = at_hour(self.last + timedelta(days=1), 0)
            after = _number_at(db, over + ASTRAY)
            facts += [of.at < over, *([of.number < after] if after else [])]
        return facts


NOBODY = 2**62
"""A number that no line has."""


def read(params: Mapping[str, str]) -> Wanted:
    """What is looked for, from a query; what is empty, or about something else, is left out. Raises `ValueError`."""
    told = {name: storable(text) for name in Wanted.model_fields if (text := params.get(name, "").strip())}
    return Wanted.model_validate(told)


def _number_at(db: Connection, at: datetime) -> int | None:
    """The number of the first line from an instant on."""
    return db.scalar(select(AUDIT.c.number).where(AUDIT.c.at >= at).order_by(AUDIT.c.at, AUDIT.c.number).limit(1))


def lines(engine: Engine, wanted: Wanted, *, before: int | None = None, limit: int) -> list[AuditRow]:
    """The latest lines that are looked for, newest first; with `before`, those earlier than a number."""
    with engine.connect() as db:
        query = select(AUDIT).where(*wanted.facts(db), *([AUDIT.c.number < before] if before else []))
        found = db.execute(query.order_by(AUDIT.c.number.desc()).limit(limit)).all()
    return [AuditRow(**row._mapping) for row in found]


def every(engine: Engine, wanted: Wanted, most: int) -> Iterator[AuditRow]:
    """All of them, newest first, at most so many; read a piece at a time."""
    before, left = None, most
    while left > 0 and (found := lines(engine, wanted, before=before, limit=min(AT_ONCE, left))):
        yield from found
        before, left = found[-1].number, left - len(found)
