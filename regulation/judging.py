"""What is judged alike of whatever brings an alliance in: an application (intake.py), or a row of a list of before (listed.py)."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from models.findings import Finding
from models.forms import FormA, FormB
from models.legacy import ListedAlliance
from models.names import misleads
from models.rounds.base import parts
from models.values import Value, day_of, on_day
from models.vocabulary import Kind, Role, Severity
from regulation import terms
from regulation.service import STRICTER_SINCE

E, W, C = Severity.ERROR, Severity.WARNING, Severity.CHECK

ID_TAKEN = "已有仅大小写不同的备案申请编号，须另取编号"

NAME_TAKEN = "已有同名联盟备案或正在申请"


class Known(Value):
    """What the register knows that bears on a new application.

    `ended`, `goes_on`: the filing that it names as its predecessor is this leader's and has come to an end, or is of kind B
    and in force. `present`: digest of what the version that stands says, where the filing itself is known.
    `alike_id`: another filing has the same id but for the case of its letters.
    """

    names: tuple[str, ...] = ()
    same_field: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    ended: bool = False
    goes_on: bool = False
    present: str | None = None
    alike_id: bool = False


F = TypeVar("F", FormA | FormB, ListedAlliance)


class Judging(Generic[F]):
    """The rules across the fields of a form. What could not be read is None and judged by nobody.

    `known` is None where no register is asked.
    """

    def __init__(self, form: F, received_at: datetime, known: Known | None) -> None:
        self.form: F = form
        self.received_at = received_at
        self.day = day_of(received_at)
        self.known = known

    @staticmethod
    def say(code: str, field: str, severity: Severity, message: str) -> Finding:
        """A finding, numbered as on form A; its article comes later."""
        return Finding.made(code=code, field=field, severity=severity, message=message, article="")

    def new_id(self, filing_id: str) -> Iterator[Finding]:
        """The id of a new filing is taken for no other, and for nothing else (A-27)."""
        if misleads(filing_id) or parts(filing_id):
            message = (
                "备案申请编号不得以点结尾或含连续的点，不得以网页、程序的扩展名结尾，"
                "也不得是系统保留名称（如 con、年度工作的编号）"
            )
            yield self.say("A-27", "/filing_id", E, message)
        if self.known and self.known.alike_id:
            yield self.say("A-27", "/filing_id", E, ID_TAKEN)

    def new_name(self, name: str) -> Iterator[Finding]:
        """No living alliance has the name (FA-01)."""
        if self.known and name in self.known.names:
            yield self.say("FA-01", "/alliance_name", E, NAME_TAKEN)

    def imported(self, archived_on: date | None) -> Iterator[Finding]:
        """Only the province imports what was archived before, on a day that is over and that somebody can mean (A-02)."""
        by = self.form.by
        if by is None or by.role is not Role.PROVINCE_ST:
            yield self.say("A-02", "/by", E, "存量联盟须由省科技厅导入")
        if archived_on and archived_on > self.day:
            yield self.say("A-02", "/legacy/archived_on", E, "原备案日期晚于导入之日")
        yield from self.long_ago("A-02", "/legacy/archived_on", "原备案日期", archived_on)

    def long_ago(self, code: str, field: str, label: str, named: date | None) -> Iterator[Finding]:
        """A day that nobody can mean, and one that is probably a slip of the pen."""
        if self.day < STRICTER_SINCE or named is None:
            return
        earliest, years = date.fromisoformat(self.number("days.earliest")), self.number("days.doubtful_after_years")
        if named < earliest:
            yield self.say(code, field, E, f"{label}不得早于{on_day(earliest)}")
        elif named.year < self.day.year - years:
            yield self.say(code, field, W, f"{label}距今已逾{years}年，请核对")

    def number(self, key: str) -> Any:
        """A number of the law that governs what is brought on the day; of what tells no kind, as of the ordinary one."""
        kind = Kind(self.form.kind) if self.form.kind else Kind.A
        return terms.value(terms.terms_on(self.day), key, kind, self.form.jurisdiction or "", self.day.year)
