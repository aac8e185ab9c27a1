"""What packages that prove themselves have in common: their files and sums, the proof from the log (证明.json), the rules and the verifier."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlmodel import SQLModel

from activities import rules_wheel
from activities.attachments import file_digest
from activities.documents.record import Record, Sent
from activities.editions_used import EDITIONS, USED
from activities.log import keys, proving, public_keys
from activities.log.leaves import Key, LeafKind, micros, papers_of
from activities.log.notes import Checkpoint, Note, Signer
from activities.log.sequencing import checkpoint_of, ends_of_days, newest
from activities.proof import as_hashed
from activities.rows import GENESIS
from models.filing import Filing
from models.log import LogCheckpoint
from models.register import Paper
from models.settings import Settings

Row = tuple[LeafKind, str, int]
Rows = Iterator[Row]


@dataclass(frozen=True)
class File:
    """A file of the package: where it lies, what it is, and when it was caused. A large one is named by its path."""

    name: str
    what: str
    content: bytes | Path
    at: datetime

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @cached_property
    def digest(self) -> str:
        """Its SHA-256."""
        content = self.content
        return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else file_digest(content)


def summed(files: Sequence[File], last: datetime) -> list[File]:
    """Files with the list of their sums."""
    sums = "".join(f"{file.digest}  {file.name}\n" for file in files)
    return [*files, File("SHA256SUMS", "各文件的 SHA-256", sums.encode(), last)]


def json_bytes(value: object) -> bytes:
    """A value as a file of JSON."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def all_columns(rows: Iterable[SQLModel]) -> list[dict[str, object]]:
    """Rows as they were hashed."""
    return [as_hashed(row, "json") for row in rows]


def stored(record: Record, number: int) -> dict[str, object]:
    """An entry as it was written and hashed."""
    row, before = record.entries[number - 1], record.entries[number - 2].hash if number > 1 else GENESIS
    return {"number": number, "previous": before, "body": row.body, "effects": row.effects, "hash": row.hash}


def carried(sent: Sent) -> dict[str, object]:
    """The letters that carried a message, and what their channels have to show."""
    return {"letters": all_columns(sent.letters), "deliveries": all_columns(sent.deliveries)}


def messages(sent: Iterable[Sent]) -> list[dict[str, object]]:
    """Messages as they were hashed, with the letters that carried them."""
    return [{"message": as_hashed(each.message, "json")} | carried(each) for each in sent]


def about(papers: Iterable[Paper]) -> list[dict[str, object]]:
    """What papers are, without what they say."""
    return [each.model_dump(mode="json", exclude={"body"}) for each in papers]


def verifier(last: datetime) -> File:
    """The program that checks a package."""
    content = resources.files(__package__).joinpath("verify.py").read_bytes()
    return File("核验.py", "离线核验本包的程序", content, last)


# The rules by which was counted


def used(db: Connection, filings: Sequence[Filing]) -> list[dict[str, Any]]:
    """The editions by which filings count, and the rules of the running code, as they were remembered when they were first used."""
    wanted = {("terms", filing.terms) for filing in filings} | {("calendar", filing.calendar) for filing in filings}
    for filing in filings:
        for period in filing.periods.values():
            wanted |= {("terms", period.terms), ("calendar", period.calendar)}
    wanted.add((rules_wheel.SUBJECT, rules_wheel.wheel().name))
    rows = [row for row in db.execute(select(USED)).mappings() if (row["subject"], row["name"]) in wanted]
    return [
        {**row, "first_used_at": row["first_used_at"].astimezone(UTC).isoformat()}
        for row in sorted(rows, key=lambda row: (row["subject"], row["name"]))
    ]


def rules(used_: Sequence[dict[str, Any]], last: datetime) -> Iterator[File]:
    """These editions, the documents of which they are made, and the rules as a wheel if the register remembers them."""
    yield File("规则/版本.json", "所用的版本及其首次使用的时间", json_bytes(used_), last)
    documents = [
        {"subject": each["subject"], "document": document}
        for each in used_
        if each["subject"] in ("terms", "calendar") and each["name"] in EDITIONS[each["subject"]]
        for document in reversed(EDITIONS[each["subject"]].ancestry(each["name"]))
    ]
    once = [each for place, each in enumerate(documents) if each not in documents[:place]]
    yield File("规则/依据.json", "期限标准和工作日历", json_bytes(once), last)
    if any(each["subject"] == rules_wheel.SUBJECT for each in used_):
        wheel = rules_wheel.wheel()
        yield File(f"规则/{wheel.file}", "规则程序，可由登记重算结果", wheel.content, last)


def of_editions(used_: Iterable[dict[str, Any]]) -> Rows:
    """Where editions stand in the log."""
    yield from ((LeafKind.EDITION, f"{each['subject']}/{each['name']}", 0) for each in used_)


# The proof


def signer_of(settings: Settings) -> Signer | None:
    """Who signs here that nothing was entered after the last entry of a package; None where the log's key is elsewhere."""
    return next(reversed(keys.signers(settings.log_key_file)), None)


def proof_of(
    engine: Engine, record: Record, used_: Sequence[dict[str, Any]] = (), signer: Signer | None = None
) -> dict[str, Any]:
    """The proof of a filing's package; nothing where the log has not been signed yet.

    Its head, by the key that signed the root: up to when, and up to which root, the last entry was the last.
    """
    with engine.connect() as db:
        entries = [Key(record.row.filing_id, entry.number) for entry in record.entries]
        rests = {key.of for key in papers_of(db, LeafKind.ENTRY, entries)}
    proof = proven(engine, [*_rows(record, rests), *of_editions(used_)], signer)
    made_at = proof.pop("made_at", None)
    if signer is None or not proof or not _signed(proof["checkpoint"], signer):
        return proof
    root, count = Checkpoint.read(Note.read(proof["checkpoint"]).text), len(proof["leaves"])
    lines = (
        f"{root.origin}/head", record.row.filing_id, record.row.number, record.row.head, count,
        root.size, b64encode(root.root).decode(), made_at,
    )  # fmt: skip
    head = "".join(f"{line}\n" for line in lines)
    return proof | {"head": f"{head}\n{signer.line(head)}"}


def _signed(note: str, signer: Signer) -> bool:
    return bool(Note.read(note).signed_by([signer.key]))


def proven(engine: Engine, rows: Sequence[Row], signer: Signer | None = None) -> dict[str, Any]:
    """Where rows stand in the log, up to the end of the last day if that has them all: its root is printed with the announcements.
    With a `signer`, that day's end is passed over which another key has signed, and when the root was made is told too.

    Nothing where the log has not been signed yet.
    """
    with engine.connect() as db:
        last = newest(db)
        if last is None:
            return {}
        ended = next(iter(ends_of_days(db, limit=1)), None)
        found: list[dict[str, Any]] = []
        chosen = last
        if ended and (ended.number == last.number or (signer and not _signed(ended.note, signer))):
            ended = None
        for checkpoint in filter(None, (ended, last)):
            every = [proving.of_row(db, checkpoint, *each) for each in rows]
            found, chosen = [each for each in every if each], checkpoint
            if len(found) == len(every):
                break
        known = [str(key) for key in public_keys.known(db, checkpoint_of(chosen).origin)]
    for each in found:
        del each["checkpoint"]
    at = {"made_at": chosen.made_at.astimezone(UTC).isoformat(timespec="minutes")} if signer else {}
    return {"checkpoint": chosen.note, "keys": known, "leaves": found} | _stamped(chosen) | at


def _stamped(checkpoint: LogCheckpoint) -> dict[str, str]:
    return {"stamp": checkpoint.stamp} if checkpoint.stamp else {}


def _rows(record: Record, rests: Collection[str]) -> Rows:
    """Everything in a package that the log covers by itself."""
    for entry in record.entries:
        yield LeafKind.ENTRY, record.row.filing_id, entry.number
    for paper in sorted(rests):
        yield LeafKind.PAPER, paper, 0
    for notice in record.notices:
        yield LeafKind.NOTICE, notice.id, 0
    yield from of_letters(record.sent)


def of_letters(sent_: Iterable[Sent]) -> Rows:
    """What the log covers of the letters that carried messages."""
    sent_ = list(sent_)
    letters = {letter.id: letter for sent in sent_ for letter in sent.letters}
    tried = [each for sent in sent_ for each in sent.deliveries]
    blank = {each.letter for each in tried} - {each.letter for each in tried if each.address or each.receipt}
    for letter in letters.values():
        if letter.closed_at:
            yield LeafKind.DELIVERY, letter.id, micros(letter.closed_at)
            if letter.id not in blank:
                yield LeafKind.RECEIPT, letter.id, micros(letter.closed_at)
        if letter.read_at:
            yield LeafKind.READ, letter.id, micros(letter.read_at)
