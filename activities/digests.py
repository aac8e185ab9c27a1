"""The morning's digest (每日待办): one letter to each office on every working morning, with what is due, overdue and new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from activities.database import reading
from activities.letters import Letters
from models.filing import Filing
from models.register import FilingRow, LetterRow, MessageRow
from models.values import SHANGHAI, day_of, midnight_after
from models.vocabulary import LapseKind, Stage
from regulation import calendar, offices, texts
from regulation.calendar import CALENDARS
from regulation.wording import midnight, on_day

DIGEST = "digest"
MORNING = time(8, 30)
DUE_WITHIN = 5
"""Working days that a digest looks ahead."""
SHOWN = 50
"""How many lines of each sort a digest prints; the others are counted."""


@dataclass
class Digests:
    """Compiles each office's digest once a working morning. Who has nothing waiting gets none."""

    letters: Letters

    def compile(self, now: datetime) -> list[str]:
        """Open the letters of this morning, if it is one and they are not open yet; which ones."""
        local = now.astimezone(SHANGHAI)
        today = local.date()
        if local.time() < MORNING or not _works(today):
            return []
        with reading(self.letters.engine) as session:
            opened = select(LetterRow.office).where(LetterRow.text == DIGEST, col(LetterRow.id).endswith(f"-{today}"))
            done = set(session.exec(opened))
            compiled = [
                letter
                for office in self._offices(session, today)
                if office not in done and (letter := self._of(session, office, now))
            ]
        return [letter.id for letter in compiled if self.letters.compile(letter)]

    def _offices(self, session: Session, today: date) -> list[str]:
        """Offices for which a filing waits, or to which something was sent since the last working morning."""
        waited = session.exec(select(FilingRow.waiting_for).where(col(FilingRow.open).is_(True)).distinct()).all()
        since = _morning(_before(today))
        told = session.exec(select(MessageRow.office).where(col(MessageRow.created_at) > since).distinct()).all()
        return sorted({key for key in (*waited, *told) if key and _is_office(key)})

    def _of(self, session: Session, office: str, now: datetime) -> LetterRow | None:
        today = day_of(now)
        query = select(FilingRow).where(FilingRow.waiting_for == office, col(FilingRow.open).is_(True))
        rows = session.exec(query.order_by(col(FilingRow.next_deadline), FilingRow.filing_id)).all()
        ahead = midnight_after(calendar.last_day(_edition(today), _place(office), today, DUE_WITHIN, "working_day"))
        due = [row for row in rows if row.next_deadline and row.next_deadline <= ahead]
        overdue = [line for row in rows for line in _overdue(row)]
        since = _morning(_before(today))
        new = select(MessageRow.title).where(
            MessageRow.office == office, col(MessageRow.created_at) > since, col(MessageRow.created_at) <= now
        )
        arrived = list(session.exec(new.order_by(col(MessageRow.created_at), MessageRow.id)))
        if not (due or overdue or arrived):
            return None
        text = texts.find("inbox", DIGEST, _place(office))
        assert text is not None
        title, body = text.filled(
            {
                "office": offices.name_of(office),
                "day": on_day(today),
                "due_count": str(len(due)),
                "overdue_count": str(len(overdue)),
                "arrived_count": str(len(arrived)),
                "due": _lines([_due(row) for row in due]),
                "overdue": _lines(overdue),
                "arrived": _lines(arrived),
            }
        )
        return LetterRow(
            id=f"{DIGEST}-{office}-{today}", text=DIGEST, to=_addressee(office), office=office, messages="[]",
            title=title, body=body, created_at=now,
        )  # fmt: skip


def _overdue(row: FilingRow) -> Iterator[str]:
    """What a filing's office has been chased for and has not done (Q31)."""
    filing = Filing.model_validate_json(row.value)
    for term in filing.clocks.values():
        if term.chased:
            yield f"{row.alliance_name}（{row.filing_id}）：期限{midnight(term.until)}，{Stage(row.stage).label}"


def _due(row: FilingRow) -> str:
    assert row.next_deadline is not None
    what = LapseKind(row.next_lapse).label if row.next_lapse else ""
    mark = "（暂定）" if row.provisional else ""
    return f"{row.alliance_name}（{row.filing_id}）：{midnight(row.next_deadline)}{mark} {what}"


def _lines(of: Sequence[str]) -> str:
    more = [f"……另有{len(of) - SHOWN}件"] if len(of) > SHOWN else []
    return "\n".join([*(f"{number}. {line}" for number, line in enumerate(of[:SHOWN], 1)), *more]) or "无"


def _is_office(key: str) -> bool:
    return key == offices.PROVINCE or key in offices.OFFICES or key in offices.ZONES


def _addressee(office: str) -> str:
    return "province_st" if office == offices.PROVINCE else "reviewer"


def _place(office: str) -> str:
    """The jurisdiction whose working days an office keeps; the province keeps those of the State Council alone."""
    return offices.ZONES[office].city if office in offices.ZONES else office


def _edition(day: date) -> str:
    return CALENDARS.newest(day)


def _works(day: date) -> bool:
    return calendar.next_working_day(_edition(day), offices.PROVINCE, day) == day


def _before(day: date) -> date:
    """The working day before a day."""
    day -= timedelta(days=1)
    while not _works(day):
        day -= timedelta(days=1)
    return day


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, SHANGHAI)
