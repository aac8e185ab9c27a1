"""Delivering letters (投递), after the entry that wrote them and apart from its workflow: one batch, through all channels.

What a letter says, and to whom, is read for the whole batch before the first is sent. Then channel by channel: one that is down
is tried again later, by pauses that grow with each letter; after some failures in a row it rests, and one that takes long
leaves the rest of the batch for another, so that none of them holds up the others. That somebody's door was knocked at is
noted at once; everything else, such as what was only put into its place and may be put there twice, with the whole batch.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.channels.channel import Channel, Letter, Recipient, Undeliverable, for_a_batch
from activities.channels.configured import PERSONAL, Configured
from activities.letter_contents import Contents, content
from activities.letter_opening import PAGES, REMINDERS
from activities.letter_queue import DONE, Fate, Held, Note, Tried
from activities.letters import Letters
from activities.logs import named
from activities.rows import parts_of
from models.register import DeliveryRow, LetterRow
from models.vocabulary import ActKind, DeliveryState, Role
from regulation import identity, offices
from regulation.messages import NOTIFICATIONS
from regulation.naming import moment

log = structlog.get_logger()

PLACED = frozenset({"inbox", "document", "page"})
"""Families of texts whose channels put a letter where it is looked for; all others knock at somebody's door."""

FIRST_PAUSE = timedelta(seconds=1)
"""Before a channel that is down is tried a second time with a letter; then as long as it has been tried, up to a bound."""

RESTS_AFTER = 3
"""Failures in a row after which a channel rests: nothing is sent by it, so that nothing waits for it in vain."""

LONGEST_REST = 60.0
"""Seconds after which a channel that rests is tried again with some letter."""

SLOW = 10.0
"""Seconds after which a channel leaves the rest of a batch for another, and no second batch waits for it."""

SLOWLY = "对方答复缓慢"

NOBODY = Recipient()
"""Whom a letter is placed for: its place is known, and no address is looked up."""

Report = Callable[[str, Mapping[str, Any]], Awaitable[object]]
"""Does an act to a filing."""

Counted = Callable[[str, DeliveryState], None]
"""Told what a channel came to with a letter."""


def suits(text: str, words: str) -> bool:
    """Whether letters of a text leave by channels of these words: pages are written; reminders are placed, and knock together."""
    if text in PAGES or words == "page":
        return text in PAGES and words == "page"
    if text == REMINDERS:
        return words not in PLACED
    return words in PLACED or text not in NOTIFICATIONS or not NOTIFICATIONS[text].bundle


@dataclass(frozen=True)
class Errand:
    """One letter, to be carried by one channel, and what that has to show so far."""

    row: LetterRow
    letter: Letter
    recipient: Recipient
    before: DeliveryRow | None


@dataclass
class Came:
    """What a letter has come to: when a channel is to be tried again, why others gave up, whether it got through.

    `reached` is what counts for a leader: by a channel to a person, and not by a chat or a folder.
    """

    row: LetterRow
    due: datetime | None = None
    failed: dict[str, str] = field(default_factory=dict)
    reached: bool = False

    def again(self, at: datetime) -> None:
        """A channel is to be tried again."""
        self.due = min(at, self.due or at)

    @property
    def why(self) -> str:
        """Why channels gave up."""
        return "；".join(f"{channel}：{reason}" for channel, reason in self.failed.items())

    @property
    def told_nobody(self) -> bool:
        """An entry told its leader something, and no channel got through."""
        return bool(self.failed) and self.due is None and self.row.to == "leader" and not self.reached


class Carried(NamedTuple):
    """What a batch came to: what becomes of most letters, and which told a leader nothing."""

    fates: Sequence[Fate]
    silent: Sequence[Came]


@dataclass
class Line:
    """How a channel does. After some failures in a row it rests, each time twice as long; then one letter is tried.

    While it is slow, too, it is tried with one letter at a time, so that it takes one thread and not all.
    """

    downs: int = 0
    rests_until: float = 0.0
    why: str = ""
    slow: bool = False
    _under_way: list[float] = field(default_factory=list)

    @property
    def rests(self) -> bool:
        """Whether nothing is to be sent by it now."""
        now, patience = time.monotonic(), 0.0 if self.slow or self.downs >= RESTS_AFTER else SLOW
        return now < self.rests_until or any(now - began >= patience for began in tuple(self._under_way))

    @contextmanager
    def trying(self) -> Iterator[None]:
        """While it has a letter in hand."""
        began = time.monotonic()
        self._under_way.append(began)
        try:
            yield
        finally:
            self._under_way.remove(began)
            self.slow = time.monotonic() - began > SLOW

    def up(self) -> None:
        """It answered, be it to refuse."""
        self.downs, self.why = 0, ""

    def down(self, why: str, longest: float) -> None:
        """It did not."""
        self.downs, self.why = self.downs + 1, why
        if self.downs >= RESTS_AFTER:
            rest = FIRST_PAUSE.total_seconds() * 2 ** min(self.downs - RESTS_AFTER, 10)
            self.rests_until = time.monotonic() + min(rest, LONGEST_REST, longest)


@dataclass
class Delivering:
    """Carries letters through every channel that is for them. The register's inbox needs none: a message is its row."""

    letters: Letters
    channels: Sequence[Configured]
    report: Report
    give_up_after: timedelta
    longest_pause: timedelta
    counted: Counted = lambda channel, state: None
    stopping: bool = False
    _lines: dict[str, Line] = field(default_factory=dict)

    def carry(self, held: Held) -> Carried:
        """Carry a batch through the channels that are not done with it, and note what it came to.

        Those that told a leader nothing stay in hand: their filing has to hear of it first (`tell`).
        What was sent and not noted, because everything died in between, goes out again under the same id.
        """
        rows = held.batch.letters
        came = {row.id: Came(row) for row in rows}
        errands, notes = self._errands(rows, came, datetime.now(UTC))
        for channel in sorted(self.channels, key=lambda channel: channel.channel.words not in PLACED):
            self._send(channel, errands[channel.name], held, came, notes)
        silent = [each for each in came.values() if each.told_nobody]
        fates = [Fate(each.row.id, each.due, bool(each.failed)) for each in came.values() if not each.told_nobody]
        held.settle(datetime.now(UTC), notes, fates)
        return Carried(fates, silent)

    async def tell(self, came: Came) -> Fate:
        """Tell the filing of each message in a letter that no channel got through with; what becomes of the letter.

        Harmless to repeat: the act's id is told from the message and the reason.
        """
        if came.row.round_id:  # it stands among the letters that were not delivered; no filing hangs on it
            return Fate(came.row.id, failed=True)
        try:
            for message in json.loads(came.row.messages):
                await self._tell_filing(message, came.why)
        except Exception as error:
            log.warning("delivery.not_told", letter=came.row.id, error=named(error))
            return Fate(came.row.id, datetime.now(UTC) + min(self.longest_pause, timedelta(seconds=LONGEST_REST)))
        return Fate(came.row.id, failed=True)

    # What is to be sent

    def _errands(
        self, rows: Sequence[LetterRow], came: Mapping[str, Came], now: datetime
    ) -> tuple[Mapping[str, list[Errand]], list[Note]]:
        """What each channel has to carry, in its words; and notes of what cannot even be read.

        One that was taken away since holds up nothing.
        """
        errands: dict[str, list[Errand]] = {channel.name: [] for channel in self.channels}
        notes = []
        with self.letters.opened(rows) as contents:
            shown = contents.deliveries([row.id for row in rows if row.handed_at])
            for row in rows:
                reading = _Reading(contents, row)
                for channel in self.channels:
                    before = shown.get((row.id, channel.name))
                    if not suits(row.text, channel.channel.words) or not self._is_to_try(
                        came[row.id], channel, before, now
                    ):
                        continue
                    try:
                        letter, recipient = reading.of(channel)
                        if letter and channel.carries(letter, recipient):
                            errands[channel.name].append(Errand(row, letter, recipient, before))
                    except SQLAlchemyError:
                        raise
                    except Exception as error:  # one letter that cannot be read holds up no other
                        why = type(error).__name__
                        log.error("delivery.unreadable", letter=row.id, channel=channel.name, error=why)
                        notes.append(self._noted(came[row.id], channel, before, self._not_now(before, why, "")))
        return errands, notes

    def _is_to_try(self, came: Came, channel: Configured, before: DeliveryRow | None, now: datetime) -> bool:
        """Whether a channel is to be tried with a letter now: it is not done with it, and its pause is over."""
        if before is None or before.state == DeliveryState.AGAIN:
            return True
        if before.state in DONE:
            self._has_come(came, channel, before.state, before.receipt)
            return False
        at = self._next_try(before)
        if at > now:
            came.again(at)
        return at <= now

    def _send(
        self, channel: Configured, errands: Iterable[Errand], held: Held, came: Mapping[str, Came], notes: list[Note]
    ) -> None:
        """One channel's part of a batch."""
        began, left = time.monotonic(), False
        with for_a_batch(channel.channel) as carrier:
            for errand in errands:
                now = datetime.now(UTC)
                left = left or self.stopping or time.monotonic() - began > SLOW
                if left or not held.holds(errand.row.id, now):
                    came[errand.row.id].again(now)
                    continue
                tried = self._try(channel, carrier, errand)
                note = self._noted(came[errand.row.id], channel, errand.before, tried)
                if tried.state == DeliveryState.ARRIVED and channel.channel.words not in PLACED:
                    held.settle(datetime.now(UTC), [note])
                else:
                    notes.append(note)

    # What it came to

    def _try(self, channel: Configured, carrier: Channel, errand: Errand) -> Tried:
        """One try of one channel; none if it rests."""
        line, said = self._lines.setdefault(channel.name, Line()), content(errand.letter)
        if line.rests:
            return self._not_now(errand.before, line.why or SLOWLY, said, tries=0)
        try:
            with line.trying():
                carried = carrier.send(errand.letter, errand.recipient)
        except Undeliverable as failed:
            line.up()
            log.warning("delivery.failed", letter=errand.row.id, channel=channel.name)
            return Tried(state=DeliveryState.FAILED, receipt=str(failed), content=said)
        except Exception as error:
            why = str(error) if isinstance(error, ConnectionError) else type(error).__name__
            line.down(why, self.longest_pause.total_seconds())
            log.warning("delivery.down", letter=errand.row.id, channel=channel.name, error=named(error))
            return self._not_now(errand.before, why, said)
        line.up()
        return Tried(state=DeliveryState.ARRIVED, address=carried.address, receipt=carried.receipt, content=said)

    def _not_now(self, before: DeliveryRow | None, why: str, said: str, tries: int = 1) -> Tried:
        """A channel that is down is tried again, until it has been so for too long."""
        since, now = _since(before), datetime.now(UTC)
        if since and now - since >= self.give_up_after:
            reason = f"自{moment(since)}起始终不通，不再重试（{why}）"
            return Tried(state=DeliveryState.FAILED, receipt=reason, content=said, tries=tries)
        return Tried(state=DeliveryState.TRYING, receipt=why, content=said, tries=tries)

    def _noted(self, came: Came, channel: Configured, before: DeliveryRow | None, tried: Tried) -> Note:
        now = datetime.now(UTC)
        if tried.tries:
            self.counted(channel.name, tried.state)
        if tried.state == DeliveryState.TRYING:
            came.again(now + self._pause(_since(before) or now, now))
        self._has_come(came, channel, tried.state, tried.receipt)
        return Note(came.row.id, channel.name, tried, now)

    def _has_come(self, came: Came, channel: Configured, state: str, receipt: str) -> None:
        if state == DeliveryState.FAILED:
            came.failed[channel.name] = receipt
        elif state == DeliveryState.ARRIVED and channel.channel.words in PERSONAL:
            came.reached = True

    def _next_try(self, before: DeliveryRow) -> datetime:
        return before.last_tried_at + self._pause(before.first_tried_at, before.last_tried_at)

    def _pause(self, since: datetime, now: datetime) -> timedelta:
        """How long a channel is left alone with a letter that it has been tried with since then."""
        return min(max(now - since, FIRST_PAUSE), self.longest_pause)

    async def _tell_filing(self, message: str, why: str) -> None:
        filing_id, entry, index = parts_of(message)
        reason = why[:500]
        act = {
            "id": identity.of_failure(entry, index, reason),
            "kind": ActKind.REPORT_UNDELIVERABLE.value,
            "by": {"person": identity.DELIVERING, "office": offices.PROVINCE, "role": Role.PLATFORM.value},
            "entry": entry,
            "reason": reason,
        }
        await self.report(filing_id, act)


def _since(before: DeliveryRow | None) -> datetime | None:
    """Since when a channel has been tried with a letter in vain."""
    return before.first_tried_at if before and before.state == DeliveryState.TRYING else None


@dataclass
class _Reading:
    """One letter, put into the words of each family once, and its addressee looked up once."""

    contents: Contents
    row: LetterRow
    _words: dict[str, Letter | None] = field(default_factory=dict)
    _recipient: Recipient | None = None

    def of(self, channel: Configured) -> tuple[Letter | None, Recipient]:
        """It in the words of a channel, if there are any, and whom it is for."""
        words = channel.channel.words
        if words not in self._words:
            self._words[words] = self.contents.worded(self.row, words)
        if words in PLACED or self._words[words] is None:
            return self._words[words], NOBODY
        if self._recipient is None:
            self._recipient = self.contents.recipient(self.row)
        return self._words[words], self._recipient
