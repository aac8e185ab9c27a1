"""A filing in two times, as a door asks for it: as the register knew it, as it truly was, and the plan of a correction."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from activities.register import Register
from activities.rounds.register import RoundRegister
from gateway.shown.reasons import moment_of
from models.correction import Plan, ProvenLate
from models.filing import Entry, Filing
from models.register import FilingRow
from models.values import Instant, Value, day_of
from models.vocabulary import Kind
from regulation import calendar, naming, two_times
from regulation.correction import plan
from regulation.moment import Moment

MOST = 2000
"""How long a docket may be that is told once more while somebody waits."""

TOO_LONG = f"卷宗超过{MOST}号登记，请由运维人员以命令行查询"
AS_OF = "须为日期（含当日全天）或带时区的时间，在备案申请提交之后"


class Then(Value):
    """某日的备案: how a filing truly stood (`as_of`), by what the register knew (`as_known`); `fallen` are the entries of the docket
    that have no place in it, and `differs` whether the register had it otherwise on that day."""

    as_of: Instant
    as_known: Instant
    filing: Filing
    fallen: tuple[int, ...] = ()
    differs: bool = Field(False, description="与当时登记的不同")
    registered: Filing


def instants(as_of: str | None, as_known: str | None, now: Moment) -> tuple[datetime, datetime]:
    """The two instants that are meant: now where nothing is said. Raises `ValueError`."""
    return moment_of(as_of, now).at, moment_of(as_known, now).at


def then(docket: Sequence[Entry], as_of: datetime, as_known: datetime) -> Then | None:
    """A filing in two times; None where the register knew nothing of it yet, or it did not exist yet."""
    known = two_times.known(docket, as_known)
    if not known or docket[0].at > as_of or day_of(as_of).year >= calendar.LAST_YEAR:
        return None
    truly, had = two_times.true_by(known, as_of), two_times.known(known, as_of) or known[:1]
    return Then(
        as_of=as_of,
        as_known=as_known,
        filing=truly.filing,
        fallen=tuple(sorted(entry.number for entry in truly.fallen)),
        differs=_legal(truly.filing) != _legal(had[-1].filing),
        registered=had[-1].filing,
    )


def _legal(filing: Filing) -> object:
    """Where a filing stands, whatever its entries are numbered."""
    years = tuple((year.year, year.status, year.due) for year in filing.years)
    return filing.stage, years, filing.archive_number, filing.leader


def named(docket: Sequence[Entry], numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Entries by their number and name."""
    return [(entry.number, naming.name_of_entry(entry)) for entry in docket if entry.number in numbers]


def planned(register: Register, row: FilingRow, now: Moment, proven: ProvenLate | None = None) -> Plan:
    """The plan of a correction, with what rounds made of the alliance since the fact, or since its beginning."""
    docket = register.docket(row.filing_id)
    since = min(proven.came_on, proven.postmarked_on or proven.came_on) if proven else day_of(docket[0].at)
    rounds = RoundRegister(register.engine).made_of(row.filing_id, Kind(row.kind), row.jurisdiction, since)
    return plan(docket, now, proven, rounds)
