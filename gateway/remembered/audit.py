"""Audit (审计记录): who signed in, read personal data, took files away, or was refused; every line linked to the one before.

Content as 等保2.0 8.1.4.3 asks: when, who, what kind of event, about what, and whether it succeeded.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, func, text
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from activities.database import reading, stating
from activities.papers import ON_RECORD
from gateway.identity import Identity
from models.gateway import AuditRow
from models.values import Named, canonical, storable
from models.vocabulary import Role
from regulation import identity, offices

GENESIS = "0" * 64

AUDIT = AuditRow.metadata.tables["audit"]

AT_ONCE = 1000
"""Lines that are read at a time when the whole record is verified."""


class AuditKind(Named):
    """What is put on record."""

    SIGNED_IN = "signed_in", "登录"
    SIGNED_OUT = "signed_out", "退出"
    READ_PAPER = "read_paper", "查阅文书"
    READ_MESSAGES = "read_messages", "查阅消息"
    READ_UPLOAD = "read_upload", "查阅上传材料"
    EXPORTED = "exported", "导出"
    ACTED = "acted", "办理"
    DRAFTED = "drafted", "草稿"
    HANDLED = "handled", "经办"
    REFUSED = "refused", "拒绝"
    BACKED_UP = "backed_up", "备份"
    SEARCHED = "searched", "查找个人信息"
    MASKED = ON_RECORD, "遮蔽"
    EXPIRED = "expired", "到期删除"
    CUT = "cut", "审计记录到期"
    CODEC = "codec", "流程数据加密、解密"
    KEYED = "keyed", "启用密钥"


@dataclass(frozen=True)
class Audit:
    """The record behind one database. Lines are only ever added; those past their time go, from the oldest on."""

    engine: Engine

    def note(
        self,
        who: Identity,
        kind: AuditKind,
        now: datetime,
        *,
        filing_id: str | None = None,
        about: str = "",
        client: str = "",
        success: bool = True,
    ) -> None:
        """Put something on record. `about` names a thing (a digest, a file, an act), never its content."""
        with stating(self.engine) as db:
            self.add(db, who, kind, now, filing_id=filing_id, about=about, client=client, success=success)

    def add(
        self,
        db: Connection,
        who: Identity,
        kind: AuditKind,
        now: datetime,
        *,
        filing_id: str | None = None,
        about: str = "",
        client: str = "",
        success: bool = True,
    ) -> None:
        """The same in a transaction that does what is put on record."""
        if db.dialect.name == "postgresql":
            db.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
        last = db.execute(sql_select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)).first()
        row = AuditRow(
            number=last.number + 1 if last else 1,
            at=now.astimezone(UTC),
            person=who.person,
            office=who.office,
            role=who.role.value,
            client=client[:45],
            kind=kind.value,
            filing_id=filing_id,
            object=storable(about)[:100],
            success=success,
            hash="",
        )
        row.hash = _linked(last.hash if last else GENESIS, row)
        db.execute(AUDIT.insert(), row.model_dump())

    def cut(self, who: Identity, before: datetime, now: datetime) -> bool:
        """Delete the lines from before an instant; whether there were any. A new line tells up to which, and its hash: the rest
        is verified from there."""
        with stating(self.engine) as db:
            if db.dialect.name == "postgresql":
                db.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
            kept = sql_select(func.min(AUDIT.c.number)).where(AUDIT.c.at >= before)
            old = sql_select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)
            first = db.scalar(kept)
            last = db.execute(old.where(AUDIT.c.number < first) if first else old).first()
            if last is None:
                return False
            self.add(db, who, AuditKind.CUT, now, about=f"{last.number}:{last.hash}")
            db.execute(delete(AUDIT).where(AUDIT.c.number <= last.number))
            return True

    def lines(
        self, *, filing_id: str | None = None, person: str | None = None, before: int | None = None, limit: int = 200
    ) -> list[AuditRow]:
        """The latest lines, newest first; with `before`, those earlier than a number."""
        query = select(AuditRow)
        if filing_id:
            query = query.where(AuditRow.filing_id == filing_id)
        if person:
            query = query.where(AuditRow.person == person)
        if before:
            query = query.where(AuditRow.number < before)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(AuditRow.number).desc()).limit(limit)))

    def astray(self, lines: Sequence[AuditRow]) -> set[int]:
        """The numbers of those lines that do not follow from the line before them."""
        earlier = [row.number - 1 for row in lines]
        query = select(AuditRow.number, AuditRow.hash).where(col(AuditRow.number).in_(earlier))
        with reading(self.engine) as session:
            known = {0: GENESIS, **dict([self._cut()]), **dict(session.exec(query).all())}
        return {row.number for row in lines if row.hash != _linked(known.get(row.number - 1, ""), row)}

    def faults(self) -> Iterator[str]:
        """What is wrong with the whole record: a line altered, or lines missing.

        That the newest lines were cut off shows only against a hash that was noted elsewhere.
        """
        cut, previous = self._cut()
        expected = cut + 1
        while rows := self._from(expected):
            for row in rows:
                if row.number > expected:
                    yield f"第{expected}至{row.number - 1}条审计记录缺失"
                elif row.hash != _linked(previous, row):
                    yield f"第{row.number}条审计记录已被改动"
                expected, previous = row.number + 1, row.hash

    def _cut(self) -> tuple[int, str]:
        """The last line that was deleted when its time was over, and its hash."""
        first = select(AuditRow.number).order_by(col(AuditRow.number)).limit(1)
        last = select(AuditRow.object).where(AuditRow.kind == AuditKind.CUT).order_by(col(AuditRow.number).desc())
        with reading(self.engine) as session:
            if session.exec(first).first() in (None, 1):  # nothing was: nobody need look through the whole record
                return 0, GENESIS
            number, _, hash_ = (session.exec(last.limit(1)).first() or f"0:{GENESIS}").partition(":")
        return int(number), hash_

    def _from(self, number: int) -> list[AuditRow]:
        query = select(AuditRow).where(AuditRow.number >= number)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(AuditRow.number)).limit(AT_ONCE)))


BACKUP = Identity(person=identity.BACKUP, name="备份", office=offices.PROVINCE, role=Role.OPERATOR)
"""Who makes backups: whoever may run the command line."""


def noted_backup(engine: Engine, at: datetime, name: str, *, whole: bool) -> None:
    """A backup takes everything away, so it is on record; and operators see which was the last."""
    Audit(engine).note(BACKUP, AuditKind.BACKED_UP, at, about=name, success=whole)


def _linked(previous: str, row: AuditRow) -> str:
    told = row.model_dump(mode="json", exclude={"hash"})
    return hashlib.sha256(f"{previous}{canonical(told)}".encode()).hexdigest()


def kind_of(row: AuditRow) -> str:
    """What a line puts on record, in words."""
    return AuditKind(row.kind).label


def role_of(row: AuditRow) -> str:
    """The role of a line in words."""
    return Role(row.role).label
