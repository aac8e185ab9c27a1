"""What channels have to show for letters, and whether a message got through to whom it was for."""

import json
from collections.abc import Iterable, Sequence
from itertools import count

from sqlmodel import Session, col, select

from activities.letter_opening import bundle_of, is_bundled
from models.register import DeliveryRow, LetterRow, MessageRow
from models.vocabulary import DeliveryState

TRAY = "drafts"
"""A channel that is no way to the addressee: drafts are laid out for staff with the letter."""


def with_deliveries(
    letters: Sequence[LetterRow], deliveries: Iterable[DeliveryRow]
) -> list[tuple[LetterRow, list[DeliveryRow]]]:
    """Letters, each with what every channel has to show for it."""
    of: dict[str, list[DeliveryRow]] = {}
    for each in deliveries:
        of.setdefault(each.letter, []).append(each)
    return [(letter, of.get(letter.id, [])) for letter in letters]


def carried_by(
    session: Session, messages: Sequence[MessageRow], own: Sequence[LetterRow]
) -> list[tuple[MessageRow, list[LetterRow], list[DeliveryRow]]]:
    """Messages with the letters that carried them, their `own` and bundles, and what their channels have to show."""
    letters = [*own, *_bundles(session, messages)]
    shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_([letter.id for letter in letters]))
    of_message: dict[str, list[tuple[LetterRow, list[DeliveryRow]]]] = {}
    for letter, deliveries in with_deliveries(letters, session.exec(shown)):
        for message_id in json.loads(letter.messages):
            of_message.setdefault(message_id, []).append((letter, deliveries))
    mine = [of_message.get(message.id, []) for message in messages]
    return [
        (message, [letter for letter, _ in each], [one for _, deliveries in each for one in deliveries])
        for message, each in zip(messages, mine, strict=True)
    ]


def _bundles(session: Session, messages: Iterable[MessageRow]) -> list[LetterRow]:
    """The bundles that carry these messages, found by their ids: what is not in a day's first one is in a next."""
    left = {row["id"]: row for row in (message.model_dump() for message in messages) if is_bundled(row)}
    found: list[LetterRow] = []
    for running in count(1):
        keys = {bundle_of(message, running) for message in left.values()}
        bundles = session.exec(select(LetterRow).where(col(LetterRow.id).in_(keys))).all() if keys else []
        if not bundles:
            break
        found += bundles
        carried = {each for bundle in bundles for each in json.loads(bundle.messages)}
        left = {key: message for key, message in left.items() if key not in carried}
    return found


def got_through(letters: Sequence[LetterRow], deliveries: Sequence[DeliveryRow]) -> bool:
    """Whether a message reached its addressee: it was read, a channel carried it, or none has given it up.

    Every message stands in its addressee's inbox. Only where the channels gave up and nobody has read it did it not arrive.
    """
    states = {delivery.state for delivery in deliveries if delivery.channel != TRAY}
    read = any(letter.read_at for letter in letters)
    return read or DeliveryState.ARRIVED in states or DeliveryState.FAILED not in states
