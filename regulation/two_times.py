"""Two times (两种时间) of a filing: what the register knew at an instant, and what was true on a day with all that is known today.

What is known is when something was entered, what is true when it counts (Instants 1). A letter that was in time and came late counts
as of its day, so the docket holds it after what would not have come had it been known. `known` cuts the docket where it stood;
`true_by` tells the life once more, every act in its place and time's lapses between them, by the same functions that entered it.
An act that could not have been done as things truly were has fallen away with what it rested on. Nothing here enters anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush

from models.acts import Act, Lapse, Submit, Unreadable
from models.filing import Entry, Filing
from models.vocabulary import ActKind, Stage
from regulation import entries, lifecycle, on_paper
from regulation.moment import Moment

CURES = frozenset({ActKind.RESTORE, ActKind.DROP_REVOCATION, ActKind.EXCUSE_YEAR})
"""Acts that set right what ought not to have come: that it truly did not come takes no ground from them."""

SETTLES = frozenset({ActKind.RESTORE, ActKind.DROP_REVOCATION})
"""Those of them that end what a correction is about."""


@dataclass(frozen=True)
class Retold:
    """A life told once more: its entries, numbered anew, and those of the docket that have no place in it."""

    docket: tuple[Entry, ...]
    fallen: tuple[Entry, ...] = ()

    @property
    def filing(self) -> Filing:
        """The filing as it truly stood."""
        return self.docket[-1].filing


def known(docket: Sequence[Entry], instant: datetime) -> list[Entry]:
    """The docket as the register had it at an instant."""
    return [entry for entry in docket if entry.entered_at <= instant]


def true_by(docket: Sequence[Entry], instant: datetime, also: Sequence[tuple[Act, Moment]] = ()) -> Retold:
    """The life as it truly was by an instant, with all that the docket knows; `also` are acts that nobody has entered yet."""
    written = {_of(entry): entry.entered_at for entry in docket if isinstance(entry.event, Lapse)}
    told, fallen = [entries.submitted(_submission(docket), _when(docket[0]))], list[Entry]()
    queue = [
        *_acts(docket[1:]),
        *(_Told(when.at, len(docket) + nth, act, when) for nth, (act, when) in enumerate(also)),
    ]
    heapify(queue)
    while queue and queue[0].at <= instant:
        next_ = heappop(queue)
        _bring(told, next_.at, written)
        entry = next_.entry
        if entry is not None and entry.refused is not None:
            told.append(entries.refused(told[-1].filing, next_.event, next_.when, entry.refused))
        elif isinstance(next_.event, Unreadable) or lifecycle.check(told[-1].filing, next_.event, next_.when):
            if entry is not None and next_.at < entry.entered_at:
                heappush(queue, next_.as_entered(entry))
            elif entry is not None and next_.event.kind not in CURES:
                fallen.append(entry)
        else:
            told.append(entries.entered(told[-1].filing, next_.event, next_.when))
    _bring(told, instant, written)
    return Retold(tuple(told), (*fallen, *_lapses_gone(docket, told, instant)))


def settled_by(docket: Sequence[Entry]) -> Entry | None:
    """The last act by which people set a filing right (更正已办结), if any did."""
    for entry in reversed(docket):
        kind = entry.event.kind if not isinstance(entry.event, Unreadable) else None
        if kind in SETTLES and entry.refused is None and not lifecycle.is_proposed(entry):
            return entry
    return None


def set_right_by(docket: Sequence[Entry]) -> Entry | None:
    """The last act that undid by its own entry what time had brought, so that nothing is left of it: no decision had come of it, or
    what had come fell with it."""
    for entry in reversed(docket):
        if entry.undoes and entry.refused is None:
            return None if entry.stage is Stage.REVOKED else entry
    return None


@dataclass(frozen=True, order=True)
class _Told:
    """An act in its place: when it counts, and where in the docket it stands."""

    at: datetime
    number: int
    event: Act | Unreadable = field(compare=False)
    when: Moment = field(compare=False)
    entry: Entry | None = field(compare=False, default=None)

    def as_entered(self, entry: Entry) -> "_Told":
        """The act when it was entered: what could not yet be done on the day as of which it counts."""
        return replace(self, at=entry.entered_at, when=self.when._replace(at=entry.entered_at))


def _acts(docket: Sequence[Entry]) -> Iterator[_Told]:
    for entry in docket:
        if not isinstance(entry.event, Lapse | Submit):
            yield _Told(entry.at, entry.number, entry.event, _when(entry), entry)


def _submission(docket: Sequence[Entry]) -> Submit:
    event = docket[0].event
    if not isinstance(event, Submit):
        raise LookupError(f"{docket[0].filing.id}: 卷宗不自提交开始")
    return event


def _when(entry: Entry) -> Moment:
    """When an entry counts and was written, as it was judged: what came on paper has its receipt and its day besides."""
    event = entry.event
    if isinstance(event, Lapse | Submit | Unreadable) or event.came is None:
        return Moment(entry.at, entry.entered_at)
    judged = on_paper.moment(entry.filing, event, entry.entered_at)
    return Moment(entry.at, entry.entered_at, judged.received_at, judged.came_on)


def _of(entry: Entry) -> tuple[object, datetime]:
    return entry.event, entry.at


def _bring(told: list[Entry], until: datetime, written: dict[tuple[object, datetime], datetime]) -> None:
    """What time brought by an instant, written when it was written if it was."""
    while due := entries.due_by(told[-1].filing, until):
        at = written.get((due.lapse, due.at), due.at)
        told.append(entries.entered(told[-1].filing, due.lapse, Moment(due.at, at)))


def _lapses_gone(docket: Sequence[Entry], told: Sequence[Entry], instant: datetime) -> Iterator[Entry]:
    """The lapses of a docket that did not truly come."""
    came = {_of(entry) for entry in told}
    for entry in docket:
        if isinstance(entry.event, Lapse) and entry.at <= instant and _of(entry) not in came:
            yield entry
