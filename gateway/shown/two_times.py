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
from regulation.correction import is_quiet, plan
from regulation.moment import Moment

MOST = 2000
"""How long a docket may be that is told once more while somebody waits."""


def too_long(row: FilingRow) -> str:
    """Why a docket is not told once more at a door, if it is too long for that."""
    return f"卷宗超过{MOST}号登记，请由运维人员以命令行查询" if row.number > MOST else ""


AS_OF = "须为日期（含当日全天）或带时区的时间，在备案申请提交之后"


AHEAD = "{}不得晚于{}：以后的事项尚未发生，无人办理时届时将怎样，见“日程”和“为什么”"
"""What lies ahead is no fact: whoever asks for it is told where it is told."""


class Ahead(ValueError):
    """An instant that lies ahead of what can be known."""


class Then(Value):
    """某日的备案: how a filing truly stood (`as_of`), by what the register knew (`as_known`); `fallen` are the entries of the docket
    that have no place in it, and `differs` whether the register had it otherwise on that day, other than as people set it right. `settled` is the entry by which people have
    set right since what rested on them (更正已办结)."""

    as_of: Instant
    as_known: Instant
    filing: Filing
    fallen: tuple[int, ...] = ()
    differs: bool = Field(False, description="与当时登记的不同")
    registered: Filing
    settled: int | None = Field(None, description="更正已办结：办结的登记")


def instants(as_of: str | None, as_known: str | None, now: Moment) -> tuple[datetime, datetime]:
    """The two instants that are meant: what is known now, and as of what is known, where nothing is said. Raises `ValueError`,
    of what lies ahead `Ahead`; of the day itself as much is meant as is over."""
    known = _no_later(as_known, now.at, "依据登记的时间", "现在")
    return _no_later(as_of, known, "所问的时间", "现在" if known == now.at else "依据登记的时间"), known


def _no_later(asked: str | None, last: datetime, what: str, than: str) -> datetime:
    try:
        at = moment_of(asked, Moment(last, last)).at
    except ValueError:
        raise ValueError(f"时间{AS_OF}") from None
    if at > last and asked != day_of(last).isoformat():
        raise Ahead(AHEAD.format(what, than))
    return min(at, last)


def then(docket: Sequence[Entry], as_of: datetime, as_known: datetime) -> Then | None:
    """A filing in two times; None where the register knew nothing of it yet, or it did not exist yet."""
    known = two_times.known(docket, as_known)
    if not known or docket[0].at > as_of or day_of(as_of).year >= calendar.LAST_YEAR:
        return None
    truly, had = two_times.true_by(known, as_of), two_times.known(known, as_of) or known[:1]
    settled = two_times.settled_by(known)
    gone = any(settled and entry.number < settled.number for entry in truly.fallen)
    done = gone and settled is not None and settled.at <= as_of
    since = [entry for entry in truly.fallen if settled and entry.number > settled.number and not is_quiet(entry)]
    return Then(
        as_of=as_of,
        as_known=as_known,
        filing=truly.filing,
        fallen=tuple(sorted(entry.number for entry in truly.fallen)),
        differs=bool(since) if done else _legal(truly.filing) != _legal(had[-1].filing),
        registered=had[-1].filing,
        settled=settled.number if settled and gone else None,
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
