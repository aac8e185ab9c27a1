"""What is overdue (逾期), and whose duty it is: told from the periods that passed and were chased (Q31)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from models.filing import Filing
from models.values import midnight_after
from models.vocabulary import LapseKind, Role
from regulation import agenda, offices
from regulation.messages import CHASES, NOTIFICATIONS


@dataclass(frozen=True)
class Late:
    """A duty whose period has passed: whose it is, what was chased, and the last day that there was for it."""

    role: Role
    office: str
    lapse: LapseKind
    last: date

    @property
    def until(self) -> datetime:
        """The instant by which it should have been done."""
        return midnight_after(self.last)


def late(filing: Filing) -> Iterator[Late]:
    """Every duty of an office on a filing that is overdue, and still running; whoever is chased first is late."""
    for name, period in filing.periods.items():
        lapse = agenda.CHASED.get(name.partition(":")[0])
        if period.chased and lapse and lapse not in LEADERS:
            role, office = _post(filing, NOTIFICATIONS[CHASES[lapse][0]].to[0])
            yield Late(role, office, lapse, agenda.last_day(period))


def late_since(duties: Iterable[Late], roles: Iterable[Role], office: str | None) -> datetime | None:
    """Since when an office in one of these roles is late with the duty that is overdue longest; None if it is not late."""
    among = set(roles)
    return min((each.until for each in duties if each.role in among and each.office == office), default=None)


OF_THE_REVIEWER = (LapseKind.DEEMED_ACCEPTED, LapseKind.NOTICE_ENDED, LapseKind.CHANGE_NOTICE_ENDED)
"""What time brings by itself, and the reviewing office looks to: it decides before it, or goes on after it."""


def keeper(filing: Filing, kind: LapseKind) -> tuple[Role, str] | None:
    """Whose day it is on which time brings this; None if it is the leader's, or nobody's in an office."""
    if kind in OF_THE_REVIEWER:
        return offices.reviewer(filing.jurisdiction, filing.zone)
    if kind in LEADERS or kind not in CHASES:
        return None
    return _post(filing, NOTIFICATIONS[CHASES[kind][0]].to[0])


LEADERS = (LapseKind.CORRECTION_OVERDUE, LapseKind.ANNUAL_ANSWER_OVERDUE)
"""What the leader is late with. An answer's period even stays on file when nobody waits for it any more (Instants 4)."""


def _post(filing: Filing, to: str) -> tuple[Role, str]:
    if to == "taking" and filing.transfer:
        return offices.reviewer(filing.transfer.jurisdiction, filing.transfer.zone)
    if to in ("reviewer", "taking"):
        return offices.reviewer(filing.jurisdiction, filing.zone)
    return offices.posts(filing, Role(to))[0]
