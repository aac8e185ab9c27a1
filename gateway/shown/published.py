"""What the public may know of the register (备案名录): archived alliances, and what was published of them (G-04b).

Only what was archived is here; of an application that never was, nothing is said but by its own notice. A proposal to
revoke is told by its notice too: until the decision an alliance is in force.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, func, or_, select
from sqlmodel import col

from activities import search_texts
from activities.columns import names_of
from activities.database import reading
from activities.lists import along_another_index, is_named
from activities.pictures.counting import OTHER
from activities.publishing.notices import OF_FILINGS, Notices
from activities.publishing.publications import Published, histories, newest_first
from activities.publishing.site import OBJECTED_TO, listed, takes_objections
from models.forms import FIELDS
from models.register import FilingRow, PublicNoticeRow
from models.values import Named, Value
from models.vocabulary import Kind, Stage

AT_ONCE = 1000
"""How many alliances one query reads for an export."""


class Standing(Named):
    """How an archived alliance stands, as the public is told."""

    IN_FORCE = "in_force", "已备案入库"
    REVOKED = "revoked", "已撤销"
    DEREGISTERED = "deregistered", "自愿注销"
    CONTINUED = "continued", "已由新备案承接"

    @classmethod
    def of(cls, stage: str) -> "Standing":
        """The standing of a filing that was archived."""
        return cls.IN_FORCE if stage == Stage.REVOCATION_PENDING else cls(stage)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that the public is told as this."""
        return (self.value, Stage.REVOCATION_PENDING.value) if self is Standing.IN_FORCE else (self.value,)


PUBLIC_NAMES = ("typical", "pilot")
"""What the province named an alliance is public while it is in force (A-49); what a city recommended is not decided."""


NUMBERED = col(FilingRow.archive_number) > ""
"""Whatever was archived has a number, and nothing else has one. Lists are read along the index of numbers."""


STAGE = along_another_index(col(FilingRow.stage))


class Wanted(Value):
    """What somebody looks for: words, each a part of a name, a number, a field or a place, or the initials of a name; a city, kind,
    field, standing."""

    text: str = ""
    city: str = ""
    kind: str = ""
    field: str = ""
    state: str = ""
    named: str = ""

    @property
    def facts(self) -> Iterator[ColumnElement[bool]]:
        """It as conditions of a query."""
        if self.text.strip():
            yield search_texts.mentions(self.text)
        if self.city:
            yield col(FilingRow.jurisdiction) == self.city
        if self.kind:
            yield col(FilingRow.kind) == self.kind
        if self.field:
            named = col(FilingRow.technical_field)
            yield named.not_in(FIELDS) if self.field == OTHER else named == self.field
        standings = {standing.value: standing for standing in Standing}
        if self.named in PUBLIC_NAMES:
            yield from is_named(self.named)
            yield STAGE.in_(Standing.IN_FORCE.stages)
        if self.state in standings:
            yield STAGE.in_(standings[self.state].stages)


@dataclass(frozen=True)
class Listed:
    """An archived alliance, as a line of the list."""

    archive_number: str
    alliance: str
    leader: str
    jurisdiction: str
    kind: Kind
    technical_field: str
    archived_on: date
    standing: Standing
    named: str = ""


COLUMNS = (
    col(FilingRow.archive_number), col(FilingRow.alliance_name), col(FilingRow.leader_name),
    col(FilingRow.jurisdiction), col(FilingRow.kind), col(FilingRow.technical_field), col(FilingRow.archived_on),
    col(FilingRow.stage), col(FilingRow.named),
)  # fmt: skip
"""What a line is made of: no paper is read for it, nor the filing."""


@dataclass(frozen=True)
class Alliance:
    """An archived alliance with its members and everything published of it, newest first."""

    line: Listed
    members: tuple[str, ...]
    publications: tuple[Published, ...]


@dataclass(frozen=True)
class PublicRegister:
    """What the public reads of the register behind one database."""

    engine: Engine

    @property
    def notices(self) -> Notices:
        """What was published."""
        return Notices(self.engine)

    # Alliances

    def search(self, wanted: Wanted, after: str = "", limit: int = 50) -> list[Listed]:
        """The alliances that are looked for, by archive number; those that come after one."""
        query = select(*COLUMNS).where(NUMBERED, *wanted.facts).order_by(col(FilingRow.archive_number))
        if after:
            query = query.where(col(FilingRow.archive_number) > after)
        with reading(self.engine) as session:
            return [_line(row) for row in session.connection().execute(query.limit(limit))]

    def all(self, wanted: Wanted) -> Iterator[Listed]:
        """All of them, read in parts."""
        after = ""
        while lines := self.search(wanted, after, AT_ONCE):
            yield from lines
            after = lines[-1].archive_number

    def alliance(self, archive_number: str, today: date) -> Alliance | None:
        """One archived alliance."""
        query = select(*COLUMNS, col(FilingRow.filing_id), col(FilingRow.public))
        query = query.where(NUMBERED, col(FilingRow.archive_number) == archive_number)
        with reading(self.engine) as session:
            found = session.connection().execute(query).one_or_none()
        if found is None:
            return None
        *line, filing_id, shown = found
        members = tuple(member["name"] for member in json.loads(shown).get("members", ()))
        return Alliance(_line(line), members, tuple(newest_first(self._history(filing_id, today))))

    # Publications

    def current(self, today: date, limit: int) -> list[Published]:
        """The notices that stand and are being shown; those that end first come first."""
        until, key = col(PublicNoticeRow.shown_until), col(PublicNoticeRow.id)
        running = select(PublicNoticeRow).where(OF_FILINGS, until >= today, col(PublicNoticeRow.shown_from) <= today)
        found = self._listed(running.order_by(until, key).limit(2 * limit), today)
        return [each for each in found if each.stands][:limit]

    def announced(self, today: date, limit: int) -> list[Published]:
        """What was made known last, beside notices that are to be objected to."""
        day, kind = col(PublicNoticeRow.shown_from), col(PublicNoticeRow.kind)
        newest = col(PublicNoticeRow.published_at).desc(), col(PublicNoticeRow.id).desc()
        made_known = select(PublicNoticeRow).where(OF_FILINGS, kind.not_in(OBJECTED_TO), day <= today)
        return self._listed(made_known.order_by(*newest).limit(limit), today)

    def revocations(self, today: date, after: str = "", limit: int = 50) -> list[Published]:
        """撤销备案公告, newest first; those that come after one."""
        day, key = col(PublicNoticeRow.shown_from), col(PublicNoticeRow.id)
        query = select(PublicNoticeRow).where(col(PublicNoticeRow.kind) == "revocation", day <= today)
        if after:
            with reading(self.engine) as session:
                last = session.get(PublicNoticeRow, after)
            if last is None:
                return []
            query = query.where(or_(day < last.shown_from, and_(day == last.shown_from, key < last.id)))
        return self._listed(query.order_by(day.desc(), key.desc()).limit(limit), today)

    def _listed(self, query: Select[PublicNoticeRow], today: date) -> list[Published]:
        """What a query finds, in its order, each with what its filing's later publications make of it."""
        with reading(self.engine) as session:
            rows = list(session.scalars(query))
        told = {each.row.id: each for each in listed(self.notices, rows, today)}
        return [told[row.id] for row in rows]

    def objected_to(self, filing_id: str, today: date) -> Published | None:
        """The notice of a filing to which the public may object now, if there is one (G-04)."""
        return next((each for each in self._history(filing_id, today) if takes_objections(each, today)), None)

    def last_notice(self, filing_id: str, today: date) -> Published | None:
        """The last notice of a filing to which the public could object, whether it still can or not."""
        shown = [each for each in self._history(filing_id, today) if each.row.kind in OBJECTED_TO]
        return shown[-1] if shown else None

    def _history(self, filing_id: str, today: date) -> tuple[Published, ...]:
        return histories(self.notices.of_filings([filing_id]), today).get(filing_id, ())

    # For those who read everything

    def numbers(self, skip: int, limit: int) -> list[str]:
        """The archive numbers, in order."""
        number = col(FilingRow.archive_number)
        query = select(number).where(NUMBERED).order_by(number)
        with reading(self.engine) as session:
            return [str(each) for each in session.scalars(query.offset(skip).limit(limit))]

    def publications(self, today: date, skip: int, limit: int) -> list[str]:
        """The ids of everything published, in order."""
        key = col(PublicNoticeRow.id)
        query = select(key).where(OF_FILINGS, col(PublicNoticeRow.shown_from) <= today).order_by(key)
        with reading(self.engine) as session:
            return list(session.scalars(query.offset(skip).limit(limit)))

    def sizes(self, today: date) -> tuple[int, int]:
        """How many alliances there are, and how many publications."""
        alliances = select(func.count()).where(NUMBERED)
        publications = select(func.count()).where(OF_FILINGS, col(PublicNoticeRow.shown_from) <= today)
        with reading(self.engine) as session:
            return session.scalar(alliances) or 0, session.scalar(publications) or 0


def _line(columns: Sequence[Any]) -> Listed:
    number, alliance, leader, city, kind, technical_field, day, stage, named = columns
    standing = Standing.of(stage)
    public = [name for name in (named or "").split() if name in PUBLIC_NAMES and standing is Standing.IN_FORCE]
    return Listed(
        number, alliance, leader, city, Kind(kind), technical_field, day, standing, names_of(" ".join(public))
    )
