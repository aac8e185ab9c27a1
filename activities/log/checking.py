"""Verifying the log: that the register is what was put into the log, the log what was signed, and what was published and copied the same.

A tail that was cut off, a chain that was rewritten whole, an entry that was dated back: each leaves a leaf behind that says otherwise.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from activities.log import leaves, public_keys
from activities.log.leaves import LEAVES, LOOKS_BACK, SOURCES, Key, LeafKind, data, micros, not_logged
from activities.log.merkle import HASHINGS, Hashing
from activities.log.notes import Checkpoint, NotANote, Note, NotSigned
from activities.log.notes import Key as PublicKey
from activities.log.sequencing import CHECKPOINTS, checkpoint_of
from activities.log.tree import Tree
from models.log import LogCheckpoint
from models.values import day_of

AT_ONCE = 200
FAST = timedelta(minutes=5)
"""How far a clock may be ahead of the one by which a checkpoint was made."""

COUNTED = (
    *(LeafKind.ENTRY, LeafKind.ROUND, LeafKind.TOLD, LeafKind.NOTICE),
    *(LeafKind.DELIVERY, LeafKind.RECEIPT, LeafKind.READ),
)
"""What ought to be in the log soon after it came about."""

DATED = {LeafKind.ENTRY: leaves.ENTRIES, LeafKind.ROUND: leaves.ROUND_ENTRIES}


@dataclass
class Checked:
    """What was found: how many leaves, the roots at every size that was signed, and what is wrong."""

    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    signed: Sequence[LogCheckpoint] = ()
    keys: list[PublicKey] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def of_filing(db: Connection, filing_id: str, kind: LeafKind = LeafKind.ENTRY) -> list[str]:
    """What of a filing's entries, or a round's, is not what was put into the log."""
    query = select(LEAVES).where(LEAVES.c.kind == kind.value, LEAVES.c.of == filing_id).order_by(LEAVES.c.number)
    return [_plainly(each) for each in _differing(db, db.execute(query).mappings().all(), kind)]


def _plainly(fault: tuple[Any, str]) -> str:
    row, says = fault
    return f"第{row['number']}号登记{says}"


def checked(db: Connection, sizes: Iterable[int] = ()) -> Checked:
    """Everything that the register alone can tell of its log; roots also at further sizes, which somebody else has signed."""
    signed = [
        LogCheckpoint(**row)
        for row in db.execute(select(CHECKPOINTS).order_by(CHECKPOINTS.c.number)).mappings()
    ]  # fmt: skip
    found = Checked(signed=signed)
    try:
        hashing = HASHINGS[checkpoint_of(signed[0]).digest] if signed else HASHINGS["sha-256"]
        _leaves(db, hashing, found, {*(each.size for each in signed), *sizes})
        found.keys = _signatures(db, found)
    except (NotANote, LookupError, ValueError) as unreadable:
        found.faults.append(f"日志的内容无法读取（{type(unreadable).__name__}）")
    found.faults += _not_yet(db, found)
    return found


def _leaves(db: Connection, hashing: Hashing, found: Checked, sizes: set[int]) -> None:
    """Every leaf: in its place, of a row that stands as it was, entered when it says; and the tree over them."""
    tree, faults = Tree(db, hashing), found.faults

    def hashes() -> Iterator[bytes]:
        peaks: list[bytes] = []
        for some in _in_parts(db):
            for row in some:
                if row["position"] != found.size:
                    faults.append(f"日志第{found.size}条缺失")
                    return
                value = hashing.leaf(data(row["kind"], row["nonce"], row["covers"]))
                yield value
                _grow(hashing, peaks, value, found.size)
                found.size += 1
                if found.size in sizes:
                    found.roots[found.size] = _joined(hashing, peaks)
            faults.extend(_faults(db, some, found))

    faults.extend(tree.faults(hashes()))
    if 0 in sizes:
        found.roots[0] = hashing.empty


def _in_parts(db: Connection) -> Iterator[Sequence[Any]]:
    position = 0
    while some := (
        db.execute(
            select(LEAVES).where(LEAVES.c.position >= position).order_by(LEAVES.c.position).limit(AT_ONCE)
        ).mappings().all()
    ):  # fmt: skip
        yield some
        position = some[-1]["position"] + 1


def _grow(hashing: Hashing, peaks: list[bytes], value: bytes, size: int) -> None:
    """Add a leaf to the complete subtrees of a tree of a size."""
    while size & 1:
        value = hashing.node(peaks.pop(), value)
        size >>= 1
    peaks.append(value)


def _joined(hashing: Hashing, peaks: Sequence[bytes]) -> bytes:
    value = peaks[-1]
    for left in reversed(peaks[:-1]):
        value = hashing.node(left, value)
    return value


def _faults(db: Connection, some: Sequence[Any], found: Checked) -> Iterator[str]:
    by_kind = defaultdict[LeafKind, list[Any]](list)
    for row in some:
        by_kind[LeafKind(row["kind"])].append(row)
    for kind, rows in by_kind.items():
        if kind is LeafKind.LOST:
            continue
        for row, says in _differing(db, rows, kind):
            number = f"第{row['number']}号" if kind in (LeafKind.ENTRY, LeafKind.ROUND, LeafKind.TOLD) else ""
            yield f"{kind.label} {row['of']} {number}{says}"
        if kind in DATED:
            yield from _dated_back(db, kind, rows, found)


def _differing(db: Connection, rows: Sequence[Any], kind: LeafKind) -> Iterator[tuple[Any, str]]:
    """Leaves whose row is gone, or not what it was."""
    for begin in range(0, len(rows), AT_ONCE):
        some = rows[begin : begin + AT_ONCE]
        stands = SOURCES[kind].stands(db, [Key(row["of"], row["number"]) for row in some])
        excused = EXCUSES.get(kind, _none)(db, some)
        for row in some:
            key = Key(row["of"], row["number"])
            if stands.get(key) == row["covers"] or key in excused:
                continue
            yield row, "已被改动，与日志不符" if key in stands else "已入日志而备案库中没有"


def _none(db: Connection, rows: Sequence[Any]) -> set[Key]:
    return set()


def _tried_again(db: Connection, rows: Sequence[Any]) -> set[Key]:
    """Letters that were sent again after they had been closed: what became of them then has a leaf of its own."""
    ids = [row["of"] for row in rows]
    query = select(leaves.LETTERS.c.id, leaves.LETTERS.c.closed_at).where(leaves.LETTERS.c.id.in_(ids))
    closed = {row.id: micros(row.closed_at) if row.closed_at else None for row in db.execute(query)}
    return {
        Key(row["of"], row["number"])
        for row in rows
        if row["of"] in closed and (closed[row["of"]] is None or closed[row["of"]] > row["number"])
    }


def _no_longer_kept(db: Connection, rows: Sequence[Any]) -> set[Key]:
    """Receipts that were blotted out when their time was over, of filings of which a masking is on record."""
    tried, ids = leaves.DELIVERIES, [row["of"] for row in rows]
    telling = select(tried.c.letter).where(tried.c.letter.in_(ids), (tried.c.address != "") | (tried.c.receipt != ""))
    masked = select(leaves.LETTERS.c.id).where(
        leaves.LETTERS.c.id.in_(ids), leaves.LETTERS.c.filing_id.in_(select(leaves.MASKED.c.filing_id))
    )
    blank = set(db.scalars(masked)) - set(db.scalars(telling))
    return {Key(row["of"], row["number"]) for row in rows if row["of"] in blank} | _tried_again(db, rows)


def _past_its_time(db: Connection, rows: Sequence[Any]) -> set[Key]:
    """Lines of the audit before its oldest one, which went when their time was over."""
    oldest = db.scalar(select(func.min(leaves.AUDIT.c.number))) or 0
    return {Key(row["of"], row["number"]) for row in rows if row["number"] < oldest}


EXCUSES = {
    LeafKind.DELIVERY: _tried_again,
    LeafKind.RECEIPT: _no_longer_kept,
    LeafKind.AUDIT: _past_its_time,
}


def _dated_back(db: Connection, kind: LeafKind, rows: Sequence[Any], found: Checked) -> Iterator[str]:
    """Entries that say they were entered long before a checkpoint in which they are not, or after the first in which they are."""
    table, of = DATED[kind], "filing_id" if kind is LeafKind.ENTRY else "round_id"
    query = select(table.c[of], table.c.number, table.c.entered_at).where(
        leaves.among(table, of, "number", [Key(row["of"], row["number"]) for row in rows])
    )
    entered = {Key(row[0], row[1]): row[2].astimezone(UTC) for row in db.execute(query)}
    sizes = [each.size for each in found.signed]
    for row in rows:
        at, place = entered.get(Key(row["of"], row["number"])), bisect_right(sizes, row["position"])
        without, within = found.signed[max(place - 1, 0) : place], found.signed[place : place + 1]
        if at is None:
            continue
        if any(at < each.made_at - LOOKS_BACK for each in without) or any(at > each.made_at + FAST for each in within):
            yield f"{kind.label} {row['of']} 第{row['number']}号的登记时间与其入日志的时间不符，疑为倒签"


def _signatures(db: Connection, found: Checked) -> list[PublicKey]:
    """Look at what was signed; the keys by which that was, each known from one before it."""
    if not found.signed:
        return []
    origin = checkpoint_of(found.signed[0]).origin
    every, accepted = public_keys.known(db, origin), list[PublicKey]()
    before: LogCheckpoint | None = None
    for row in found.signed:
        name = f"第{row.number}个检查点"
        note, says = Note.read(row.note), checkpoint_of(row)
        if row.number != (before.number + 1 if before else 1) or (before and row.made_at < before.made_at):
            found.faults.append(f"{name}之前有缺失，或者时间颠倒")
        if row.day and row.day != day_of(row.made_at) - timedelta(days=1):
            found.faults.append(f"{name}所属的日期与其时间不符")
        if (says.origin, says.size, says.root.hex()) != (origin, row.size, row.root):
            found.faults.append(f"{name}与其所签的内容不符")
        if found.roots.get(row.size) != says.root:
            found.faults.append(f"{name}所签的根与日志条目不符：日志已被截短或改写")
        try:
            signed = [key for key, _ in note.signed_by(every)]
            times = note.times(every)
            if times and (times.made, times.day) != (row.made_at.replace(microsecond=0), row.day):
                found.faults.append(f"{name}的时间与其所签的不符")
        except NotSigned as false:
            found.faults.append(f"{name}：{false}")
            signed = []
        if not signed or (accepted and not set(signed) & set(accepted)):
            found.faults.append(f"{name}没有已知密钥的签名")
        accepted += [key for key in signed if key not in accepted]
        before = row
    last, own = found.signed[-1], public_keys.seen(db, origin)
    if not own or (own.size, own.root, own.note.partition("\n\n")[0]) != (
        last.size, last.root, last.note.partition("\n\n")[0],
    ):  # fmt: skip
        found.faults.append("检查点与所记的最近一个不符：日志已被截短")
    return accepted


def _not_yet(db: Connection, found: Checked) -> Iterator[str]:
    """What came about so long before the last checkpoint that it ought to be in the log."""
    if not found.signed:
        return
    by = found.signed[-1].made_at - LOOKS_BACK
    for kind in COUNTED:
        late = [key for key in not_logged(db, kind, SOURCES[kind].fresh(db, None)) if _is_old(db, kind, key, by)]
        if late:
            yield f"{len(late)}项{kind.label}早应入日志而未入，如 {late[0].of}"


def _is_old(db: Connection, kind: LeafKind, key: Key, by: datetime) -> bool:
    if kind in (LeafKind.DELIVERY, LeafKind.RECEIPT, LeafKind.READ):
        return key.number < micros(by)
    if kind is LeafKind.NOTICE:
        published = select(leaves.NOTICES.c.published_at).where(leaves.NOTICES.c.id == key.of)
        at = db.scalar(published)
        return at is not None and at < by
    table, of = (leaves.ENTRIES, "filing_id") if kind is LeafKind.ENTRY else (leaves.ROUND_ENTRIES, "round_id")
    at = db.scalar(select(table.c.entered_at).where(table.c[of] == key.of, table.c.number == key.number))
    return at is not None and at < by


# What others hold


def against(found: Checked, whose: str, held: str) -> list[str]:
    """What is wrong with our log by a checkpoint that somebody else holds: a mirror, a witness, or what we published ourselves."""
    try:
        note = Note.read(held)
        says = Checkpoint.read(note.text)
        if not note.signed_by(found.keys):
            return [f"{whose}的检查点没有本日志已知密钥的签名：密钥或日志已被替换"]
    except (NotANote, NotSigned) as wrong:
        return [f"{whose}的检查点无法采信：{wrong}"]
    if says.size > found.size:
        return [f"{whose}已有{says.size}条，备案库中的日志只有{found.size}条：日志被截短，或者由较早的备份恢复"]
    if found.roots.get(says.size) != says.root:
        return [f"{whose}所存的根与备案库中的日志不符：日志已被改写"]
    return []


def size_of(held: str) -> int:
    """How many leaves a checkpoint tells of; 0 if it cannot be read."""
    try:
        return Checkpoint.read(Note.read(held).text).size
    except NotANote:
        return 0
