"""Witnesses (见证), others of our log: who they are, what they have signed of it, and asking those who have an address (C2SP tlog-witness).

Nobody is asked but at an address that the deployment names. Who does not answer, or has seen something else, is asked again with the
next pass; what is taken is the signature of a key that is known, and nothing else of an answer.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import structlog
from sqlalchemy import Connection, Engine, select, update

from activities.database import stating
from activities.log.merkle import HASHINGS
from activities.log.notes import LONGEST, Key, NotANote, Note, NotSigned
from activities.log.sequencing import CHECKPOINTS, checkpoint_of, ends_of_days, newest
from activities.log.submissions import ADD, Submission, size_in
from activities.log.tree import Tree
from activities.log.witnessing import NotWitnessed
from models.log import LogCheckpoint
from models.settings import Settings, SettingsRefused
from regulation.naming import short

log = structlog.get_logger()

ANSWERS = 20.0
"""Seconds within which a witness has to answer, all of it."""

LOOKED_BACK = 100
"""In so many of the last checkpoints is looked for what a witness signed last; if in none, it says itself what it saw."""

WITHIN, DAYS_LOOKED_BACK = timedelta(days=1), 400
"""So long a witness may take to cosign how a day ended; in so many ends of days is looked for what it cosigned last."""

TRIES = 3
"""How often what was seen is told anew in one go: once by ourselves, once by the witness, once more if somebody came between."""


@dataclass(frozen=True)
class Cosigner:
    """A witness of our log: its key, and the address at which it is asked; without one, its signatures are brought by hand."""

    key: Key
    address: str = ""


def cosigners_of(settings: Settings) -> list[Cosigner]:
    """Who cosigns our log, a line each: a public key, and perhaps an address. Raises `SettingsRefused`."""
    return [Cosigner(key.as_witness, address) for key, address in _lines(settings.log_witnesses, "BEIAN_LOG_WITNESSES")]


def witnessed_by(settings: Settings) -> list[Key]:
    """The keys of the logs that are cosigned here over HTTP, a line each. Raises `SettingsRefused`."""
    return [key for key, _ in _lines(settings.log_witnessing, "BEIAN_LOG_WITNESSING")]


def _lines(file: Path | None, name: str) -> Iterator[tuple[Key, str]]:
    if file is None:
        return
    try:
        told = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{name} 所指的 {file} 无法读取（{type(error).__name__}）") from None
    for number, line in enumerate(told.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, _, address = line.strip().partition(" ")
        if address and not address.strip().startswith(("https://", "http://")):
            raise SettingsRefused(f"{name} 第{number}行的网址须以 https:// 或者 http:// 开头")
        try:
            yield Key.read(key), address.strip().rstrip("/")
        except NotANote as wrong:
            raise SettingsRefused(f"{name} 第{number}行有误：{wrong}") from None


def take(
    engine: Engine, lines: Collection[str], witnesses: Collection[Key], of: LogCheckpoint | None = None
) -> LogCheckpoint:
    """Put witnesses' signatures on one of our checkpoints, or the newest, and on every other that says the same; it.

    Raises `NotWitnessed` if one is of nobody whom we know, or of something else.
    """
    with stating(engine) as db:
        said = of or newest(db)
        if said is None:
            raise NotWitnessed("日志尚未签署")
        text, keys = Note.read(said.note).text, [key.as_witness for key in witnesses]
        by = {line: key for line in lines if (key := _signer(text, line, keys))}
        if len(by) != len(lines) or not lines:
            raise NotWitnessed("签名不是已知见证人对最近检查点的签名")
        same = select(CHECKPOINTS).where(CHECKPOINTS.c.size == said.size, CHECKPOINTS.c.root == said.root)
        for row in db.execute(same.with_for_update()).mappings().all():
            note = Note.read(row["note"])
            more = [line for line, key in by.items() if not note.is_signed_by(key)]
            if more and note.text == text:
                note = note.with_lines(more)
                db.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == row["number"]).values(note=str(note)))
            if row["number"] == said.number:
                said.note = str(note)
    return said


def _signer(text: str, line: str, keys: Collection[Key]) -> Key | None:
    """Of whom the signature of a text is."""
    try:
        return next((key for key, _ in Note.read(f"{text}\n{line}").signed_by(keys)), None)
    except (NotSigned, NotANote):
        return None


@dataclass(frozen=True)
class Cosigning:
    """Asks the witnesses of our log that have an address."""

    engine: Engine
    cosigners: Sequence[Cosigner]

    def ask(self) -> int:
        """Bring each what it has not signed: how the last day ended, and how the log stands; how many signatures came."""
        return sum(self._asked(each) for each in self.cosigners if each.address)

    def _asked(self, witness: Cosigner) -> int:
        with self.engine.connect() as db:
            pending = [row for row in _standing(db) if not Note.read(row.note).is_signed_by(witness.key)]
            seen = _seen_by(db, witness) if pending else 0
        signed = 0
        for row in pending:
            try:
                if seen <= row.size:
                    seen = self._bring(witness, row, seen)
                    signed += 1
            except (NotWitnessed, httpx.HTTPError, NotANote) as why:
                what = str(why) if isinstance(why, NotWitnessed) else f"没有答复（{type(why).__name__}）"
                log.warning("log.not_witnessed", witness=witness.key.name, size=row.size, why=what)
                break
        return signed

    def _bring(self, witness: Cosigner, row: LogCheckpoint, seen: int) -> int:
        """Have a checkpoint signed, from what the witness saw last on; its size."""
        says, note = checkpoint_of(row), Note.read(row.note)
        for _ in range(TRIES):
            with self.engine.connect() as db:
                proof = Tree(db, HASHINGS[says.digest]).consistency(seen, row.size)
            status, answer = posted(f"{witness.address}/{ADD}", str(Submission(seen, proof, note, says)).encode())
            if status == httpx.codes.OK:
                lines = answer.decode("utf-8", "replace").splitlines(keepends=True)
                ours = [line for line in lines if _signer(note.text, line, [witness.key])]
                take(self.engine, ours[:1], [witness.key], row)
                return row.size
            if status != httpx.codes.CONFLICT:
                raise NotWitnessed(f"见证人以 {status} 拒绝")
            told, seen = seen, size_in(answer)
            if seen > row.size:
                raise NotWitnessed(f"见证人所见已有{seen}条：本日志被截短，或者另有检查点先行送达")
            if seen == told:
                raise NotWitnessed(f"见证人所见的{seen}条与本日志不同：日志已经分叉")
        raise NotWitnessed("见证人所见一再变化")


@dataclass(frozen=True)
class Silence:
    """A witness that does not sign how the log stands: since when, which is when the first end of a day was signed that it has not cosigned;
    None if it has cosigned none of those that were looked at."""

    witness: Cosigner
    since: datetime | None

    @property
    def says(self) -> str:
        told = f"自{short(self.since)}签署的根起没有见证" if self.since else "没有见证过本日志历日的根"
        return f"{told}；{'查 worker 日志 log.not_witnessed' if self.witness.address else '其签名由人工送达（log cosigned）'}"


def silent(engine: Engine, cosigners: Sequence[Cosigner], now: datetime) -> list[Silence]:
    """Which of the witnesses have not cosigned ends of days that were signed more than a day ago."""
    with engine.connect() as db:
        ends = ends_of_days(db, limit=DAYS_LOOKED_BACK) if cosigners else []
    notes = [(row.made_at, Note.read(row.note)) for row in ends if row.made_at < now - WITHIN]
    found = []
    for each in cosigners:
        signs = (place for place, (_, note) in enumerate(notes) if note.is_signed_by(each.key))
        place = next(signs, None)
        if notes and place != 0:
            found.append(Silence(each, notes[place - 1][0] if place else None))
    return found


def _standing(db: Connection) -> list[LogCheckpoint]:
    """How the last day ended and how the log stands, the earlier first; once if it is the same."""
    found = [*ends_of_days(db, limit=1), newest(db)]
    return list({each.number: each for each in found if each}.values())


def _seen_by(db: Connection, witness: Cosigner) -> int:
    """The size of the last checkpoint that a witness signed, as far as is known."""
    query = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.number.desc()).limit(LOOKED_BACK)
    return next((size for size, note in db.execute(query) if Note.read(note).is_signed_by(witness.key)), 0)


def posted(address: str, body: bytes) -> tuple[int, bytes]:
    """What is answered to what is posted, within a bound of bytes and seconds; nobody is sent on elsewhere."""
    until = time.monotonic() + ANSWERS
    with httpx.stream("POST", address, content=body, timeout=ANSWERS, follow_redirects=False) as answer:
        content = b""
        for some in answer.iter_bytes():
            content += some
            if len(content) > LONGEST or time.monotonic() > until:
                raise NotWitnessed("见证人的答复过长或者过慢")
        return answer.status_code, content
