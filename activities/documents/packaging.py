"""The proof in a package (证明.json): where everything that it holds stands in the log, up to a signed root."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Engine

from activities.documents.record import Record
from activities.log import keys, proving, public_keys
from activities.log.leaves import Key, LeafKind, micros, papers_of
from activities.log.notes import Signer
from activities.log.sequencing import checkpoint_of, days, newest
from models.log import LogCheckpoint
from models.settings import Settings

Rows = Iterator[tuple[LeafKind, str, int]]


def signer_of(settings: Settings) -> Signer | None:
    """Who signs here that nothing was entered after the last entry of a package; None where the log's key is elsewhere."""
    return next(reversed(keys.signers(settings.log_key_file)), None)


def proof_of(engine: Engine, record: Record, signer: Signer | None = None) -> dict[str, Any]:
    """The proof of a filing's package; nothing where the log has not been signed yet."""
    with engine.connect() as db:
        last = newest(db)
        if last is None:
            return {}
        ended = next(iter(days(db)), None)
        entries = [Key(record.row.filing_id, entry.number) for entry in record.entries]
        rests = {key.of for key in papers_of(db, LeafKind.ENTRY, entries)}
        found: list[dict[str, Any]] = []
        chosen = last
        for checkpoint in [ended, last] if ended and ended.number != last.number else [last]:
            assert checkpoint
            every = [proving.of_row(db, checkpoint, *each) for each in _rows(record, rests)]
            found, chosen = [each for each in every if each], checkpoint
            if len(found) == len(every):  # the end of a day is printed with the announcements, so it is preferred
                break
        origin = checkpoint_of(chosen).origin
        known = [str(key) for key in public_keys.known(db, origin)]
    for each in found:
        del each["checkpoint"]
    proof = {"checkpoint": chosen.note, "keys": known, "leaves": found} | _stamped(chosen)
    if signer is None or str(signer.key) not in known:
        return proof
    head = f"{origin}/head\n{record.row.filing_id}\n{record.row.number}\n{record.row.head}\n{len(found)}\n"
    return proof | {"head": f"{head}\n{signer.line(head)}"}


def _stamped(checkpoint: LogCheckpoint) -> dict[str, str]:
    return {"stamp": checkpoint.stamp} if checkpoint.stamp else {}


def _rows(record: Record, rests: Collection[str]) -> Rows:
    """Everything in a package that the log covers by itself."""
    for entry in record.entries:
        yield LeafKind.ENTRY, record.row.filing_id, entry.number
    for paper in sorted(rests):
        yield LeafKind.PAPER, paper, 0
    letters = {letter.id: letter for sent in record.sent for letter in sent.letters}
    tried = [each for sent in record.sent for each in sent.deliveries]
    blank = {each.letter for each in tried} - {each.letter for each in tried if each.address or each.receipt}
    for letter in letters.values():
        if letter.closed_at:
            yield LeafKind.DELIVERY, letter.id, micros(letter.closed_at)
            if letter.id not in blank:
                yield LeafKind.RECEIPT, letter.id, micros(letter.closed_at)
        if letter.read_at:
            yield LeafKind.READ, letter.id, micros(letter.read_at)
