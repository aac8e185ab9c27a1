"""Quotas (额度): how many bytes a person, an office or a filing may have stored in one day, through whichever door.

They are far above what honest work needs, and keep one person's mistake or malice from filling the disk of all. What is stored
already is not counted again, and what the service does itself is not counted at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from activities.database import writing
from models.acts import By
from models.findings import Finding
from models.gateway import StoredRow
from models.settings import Settings
from models.values import day_of
from models.vocabulary import Role, Severity
from regulation.reading import finding

OTHERS = frozenset({Role.LEADER, Role.PUBLIC, Role.PLATFORM})
"""Who is not staff: nothing that they store or send, however much, keeps an office from its own work on a filing."""

NAMED = {"person": "本人", "office": "本单位", "filing": "本件", "notice": "本公示"}


@dataclass(frozen=True)
class Quotas:
    """What was stored each day, behind one database, and how many bytes are the most for each of these.

    `applications`: how many of one leader may be under way at once, and come in one day.
    """

    engine: Engine
    most: Mapping[str, int]
    applications: int = 20

    @classmethod
    def of(cls, settings: Settings, engine: Engine) -> "Quotas":
        """The quotas of a deployment."""
        most = {"person": settings.person_bytes_a_day, "office": settings.office_bytes_a_day}
        return cls(
            engine,
            most | dict.fromkeys(("filing", "notice"), settings.filing_bytes_a_day),
            settings.applications_of_a_leader,
        )

    def take(
        self, count: int, now: datetime, *, person: str = "", office: str = "", filing: str = "", notice: str = ""
    ) -> str | None:  # fmt: skip
        """Count bytes that are to be stored for these, or say in words whose quota does not allow it: then none is counted."""
        whose = {"person": person, "office": office, "filing": filing, "notice": notice}
        counted = {kind: f"{kind}:{key}" for kind, key in whose.items() if key}
        if count <= 0 or not counted:
            return None
        for attempt in (1, 2):
            try:
                return self._taken(count, now, counted)
            except IntegrityError:  # the first of a day, twice at once
                if attempt == 2:
                    raise
        raise AssertionError

    def _taken(self, count: int, now: datetime, counted: Mapping[str, str]) -> str | None:
        with writing(self.engine) as session:
            rows = {kind: self._row(session, counted[kind], now) for kind in sorted(counted)}
            for kind, row in rows.items():
                if row.size + count > self.most[kind]:
                    limit = f"{self.most[kind] / 1_000_000:g} MB"
                    return f"{NAMED[kind]}今日存入的材料超过{limit}，未予收下；请明日再送，或改送纸质材料"
            for row in rows.values():
                row.size += count
                session.add(row)
        return None

    def take_for(self, by: By, filing_id: str, count: int, now: datetime) -> tuple[Finding, ...]:
        """The same for the papers of an act or an application, as findings. Of the public nobody is known: their filing counts."""
        group = "others" if by.role in OTHERS else "staff"
        known = by.role is not Role.PUBLIC
        told = self.take(
            count, now, person=by.person if known else "", office=by.office if known else "",
            filing=f"{group}:{filing_id}",
        )  # fmt: skip
        return (finding("A-28", "", Severity.ERROR, told),) if told else ()

    def one_more(self, under_way: int, today: int) -> tuple[Finding, ...]:
        """What speaks against one more application of a leader that has so many under way, and sent so many today (G-39)."""
        told = []
        if under_way >= self.applications:
            told.append(f"本单位已有{under_way}件备案申请在办，最多{self.applications}件；请待办结或撤回后再申请")
        if today >= self.applications:
            told.append(f"本单位今日已提交{today}件备案申请，每日最多{self.applications}件；请明日再申请")
        return tuple(finding("G-39", "", Severity.ERROR, each) for each in told)

    @staticmethod
    def _row(session: Session, key: str, now: datetime) -> StoredRow:
        """What was stored for somebody today, held until the transaction ends."""
        day = day_of(now)
        row = session.get(StoredRow, (day, key), with_for_update=True)
        return row or StoredRow(day=day, whose=key, size=0)
