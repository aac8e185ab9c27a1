"""What packages that prove themselves have in common: their files and sums, the proof from the log (证明.json), the rules and the verifier."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from activities import rules_wheel
from activities.attachments import file_digest
from activities.database import in_parts
from activities.documents.record import Record, Sent
from activities.editions_used import EDITIONS, USED
from activities.log import keys, proving, public_keys
from activities.log.ends import Ends
from activities.log.leaves import CARRIED, LEAVES, LETTER, MASKED, NOTICE, PAPER, SIGNED_FOR, LeafKind, columns, micros
from activities.log.merkle import HASHINGS
from activities.log.notes import Checkpoint, Note, Signer
from activities.log.sequencing import checkpoint_of, ends_of_days, newest, times_of
from activities.log.tree import Tree
from activities.proof import as_hashed, by_entry
from activities.rows import GENESIS, papers_of, submission
from models.filing import Filing
from models.log import LogCheckpoint
from models.register import EntryRow, MaskedPaper, Paper, PublicNoticeRow
from models.settings import Settings
from models.values import in_shanghai

Row = tuple[LeafKind, str, int, Any]
"""A row that the log covers: its kind, name and number, and what its digest is made of, if that is not a file of its own."""
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


PROOF = "证明.json"


def summed(files: Sequence[File], last: datetime) -> list[File]:
    """Files with the list of their sums; what proves them comes after it, for it may tell what the list was."""
    sums = "".join(f"{file.digest}  {file.name}\n" for file in files)
    return [*files, File("SHA256SUMS", "各文件的 SHA-256", sums.encode(), last)]


def json_bytes(value: object) -> bytes:
    """A value as a file of JSON."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def entries(record: Record, numbers: Iterable[int], *, whole: bool = True) -> Iterator[File]:
    """Entries as they were written and hashed, with what each sent, published and took in; of that the digest alone, if not `whole`."""
    bringing = [step.entry.number for step in record.steps if submission(step.entry)]
    brought = dict(zip(bringing, record.versions, strict=False))
    sent, shown = by_entry(each.message for each in record.sent), by_entry(record.notices)
    for number in numbers:
        row, before = record.entries[number - 1], record.entries[number - 2].hash if number > 1 else GENESIS
        took = [brought[number]] if number in brought else []
        rows = (sent.get(number, []), shown.get(number, []), took)
        effects = [[as_hashed(each, "json") for each in some] for some in rows]
        told = {"number": number, "previous": before, "body": row.body, "hash": row.hash}
        content = json_bytes(told | {"effects": effects if whole else row.effects})
        yield File(f"登记/{number:04d}.json", f"第{number}号登记", content, row.entered_at)


SUBJECTS = {"terms": "期限标准", "calendar": "工作日历", rules_wheel.SUBJECT: "规则程序"}
"""What that is called by which a filing counts."""

PROGRAMS = {
    "核验.py": ("verify.py", "离线核验本包的程序"),
    "重算.py": ("recompute.py", "核验.py 所用：比对规则，由登记重算结果"),
}


def programs(last: datetime) -> Iterator[File]:
    """The program that checks a package, and the one beside it that looks at the rules."""
    for name, (file, what) in PROGRAMS.items():
        yield File(name, what, resources.files(__package__).joinpath(file).read_bytes(), last)


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
    yield from ((LeafKind.EDITION, f"{each['subject']}/{each['name']}", 0, each) for each in used_)


# The proof


def signer_of(settings: Settings) -> Signer | None:
    """Who signs here that nothing was entered after the last entry of a package; None where the log's key is elsewhere."""
    return next(reversed(keys.signers(settings.log_key_file)), None)


def of_package(
    engine: Engine, rows: Sequence[Row], last: EntryRow, signer: Signer | None, sums: str, *, whole: bool
) -> dict[str, Any]:
    """The proof of a package; nothing where the log has not been signed yet.

    Its head, by the key that signed the root: of which list of files it is, up to which root, and up to when; of a `whole` one, by then
    its last entry was the last.
    """
    proof = proven(engine, rows, signer)
    made_at = proof.pop("made_at", None)
    if signer is None or not proof or not _signed(proof["checkpoint"], signer):
        return proof
    root, count = Checkpoint.read(Note.read(proof["checkpoint"]).text), len(proof["leaves"])
    lines = (
        f"{root.origin}/{'head' if whole else 'decision'}", last.filing_id, last.number, last.hash, count,
        root.size, b64encode(root.root).decode(), made_at, sums,
    )  # fmt: skip
    head = "".join(f"{line}\n" for line in lines)
    return proof | {"head": f"{head}\n{signer.line(head)}"}


def papers(record: Record, numbers: Iterable[int] | None = None) -> list[Paper]:
    """The papers on which entries rest, all of them or some."""
    wanted = set(numbers) if numbers else None
    rests = {key for step in record.steps if not wanted or step.entry.number in wanted for key in papers_of(step.entry)}
    return [each for each in record.papers if each.digest in rests]


def comparable(db: Connection, papers_: Iterable[Paper]) -> tuple[list[Paper], list[MaskedPaper]]:
    """Papers that can be compared with what the log knows of them, and the maskings of those that were masked. One that was masked since
    the log was signed last is not among them: its text is not what was entered, and nothing shows yet why."""
    papers_, last = list(papers_), newest(db)
    masked: dict[str, MaskedPaper] = {}
    logged: set[str] = set()
    for some in in_parts(each.digest for each in papers_):
        masked |= {
            row["digest"]: MaskedPaper(**row)
            for row in db.execute(select(MASKED).where(MASKED.c.digest.in_(some))).mappings()
        }
        of_these = select(LEAVES.c.of).where(LEAVES.c.kind == LeafKind.MASKED.value, LEAVES.c.of.in_(some))
        logged.update(db.scalars(of_these.where(LEAVES.c.position < last.size)) if last else ())
    told = [each for each in papers_ if each.digest not in masked or each.digest in logged]
    return told, [masked[each.digest] for each in told if each.digest in masked]


def masks(masked: Sequence[MaskedPaper], last: datetime) -> Iterator[File]:
    """What was masked of the papers, told to people; nothing if none was."""
    if masked:
        told = [
            each.model_dump() | {"fields": json.loads(each.fields), "masked_at": in_shanghai(each.masked_at)}
            for each in masked
        ]
        yield File("遮蔽.json", "已遮蔽的文书：原文摘要（digest）、现文摘要（stands）、字段", json_bytes(told), last)


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
            told = [(proving.of_row(db, checkpoint, kind, of, number), says) for kind, of, number, says in rows]
            found, chosen = [leaf | _said(says) for leaf, says in told if leaf], checkpoint
            if len(found) == len(told):
                break
        known = [str(key) for key in public_keys.known(db, checkpoint_of(chosen).origin)]
        ends = _came(db, chosen, found)
    for each in found:
        del each["checkpoint"]
    at = {"made_at": chosen.made_at.astimezone(UTC).isoformat(timespec="minutes")} if signer else {}
    return {"checkpoint": chosen.note, "keys": known, "ends": ends, "leaves": found} | _stamped(chosen) | at


def _said(says: Any) -> dict[str, Any]:
    return {} if says is None else {"row": says}


def _came(db: Connection, chosen: LogCheckpoint, leaves: Sequence[dict[str, Any]]) -> list[str]:
    """The ends of days that tell, signed, when leaves came into the log: of each the first that has it, unless the checkpoint tells so
    itself; each leaf gets its way to its own."""
    told, ends = times_of(db, chosen), Ends(db)
    tree, used_ = Tree(db, HASHINGS[checkpoint_of(chosen).digest]), list[str]()
    for leaf in leaves:
        if told and leaf["position"] >= told.after:
            continue
        end = ends.dated(leaf["position"])
        if end and end.number < chosen.number:
            if end.note not in used_:
                used_.append(end.note)
            way = tree.inclusion(leaf["position"], end.size)
            leaf |= {"end": used_.index(end.note), "way": [b64encode(each).decode() for each in way]}
    return used_


def _stamped(checkpoint: LogCheckpoint) -> dict[str, str]:
    return {"stamp": checkpoint.stamp} if checkpoint.stamp else {}


def of_whole(record: Record, papers_: Iterable[Paper], masked: Iterable[MaskedPaper]) -> Rows:
    """Everything of a filing that the log covers by itself."""
    yield from of_entries(record, range(1, len(record.entries) + 1))
    yield from of_papers(papers_)
    yield from of_masks(masked)
    yield from of_notices(record.notices)
    yield from of_letters(record.sent)


def of_entries(record: Record, numbers: Iterable[int]) -> Rows:
    """Where entries stand in the log."""
    yield from ((LeafKind.ENTRY, record.row.filing_id, each, None) for each in numbers)


def of_papers(papers_: Iterable[Paper]) -> Rows:
    """What the log covers of papers: what they are, and when they came."""
    yield from ((LeafKind.PAPER, each.digest, 0, columns(each, *PAPER)) for each in papers_)


def of_masks(masked: Iterable[MaskedPaper]) -> Rows:
    """What the log covers of papers that were masked: which text stands there since, and what is gone of it."""
    yield from ((LeafKind.MASKED, each.digest, 0, columns(each, *MASKED.c.keys())) for each in masked)


def of_notices(notices: Iterable[PublicNoticeRow]) -> Rows:
    """What the log covers of announcements: all that is public of them."""
    yield from ((LeafKind.NOTICE, each.id, 0, columns(each, *NOTICE)) for each in notices)


def of_letters(sent_: Iterable[Sent]) -> Rows:
    """What the log covers of the letters that carried messages; of what was blotted out, nothing."""
    sent_ = list(sent_)
    letters = {letter.id: letter for sent in sent_ for letter in sent.letters}
    for letter in letters.values():
        tried = {each.channel: each for sent in sent_ for each in sent.deliveries if each.letter == letter.id}
        shown = [tried[channel] for channel in sorted(tried)]
        if letter.closed_at:
            at = micros(letter.closed_at)
            yield (
                LeafKind.DELIVERY,
                letter.id,
                at,
                [columns(letter, *LETTER), *(columns(each, *CARRIED) for each in shown)],
            )
            if not shown or any(each.address or each.receipt for each in shown):
                yield LeafKind.RECEIPT, letter.id, at, [letter.id, *(columns(each, *SIGNED_FOR) for each in shown)]
        if letter.read_at:
            yield LeafKind.READ, letter.id, micros(letter.read_at), columns(letter, "id", "read_at")
