"""Time stamps of the log's day-end checkpoints by an authority of others (RFC 3161): that a root was there on a day rests on no word of ours."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from sqlalchemy import Engine, select, update

from activities.database import stating
from activities.log.notes import Note
from activities.log.sequencing import CHECKPOINTS
from models.log import LogCheckpoint
from models.settings import Settings, SettingsRefused

ANSWERS = 20.0
"""Seconds within which the authority has to answer."""

LARGEST = 65_536
"""Bytes of the largest stamp: it brings the authority's certificates along."""

AT_ONCE = 31
"""Of how many days stamps are asked for in one pass, the newest first: an authority that was away is made up for."""

Roots = Sequence[x509.Certificate]


class NotStamped(Exception):
    """The authority gave no stamp, or one that does not hold; the text says why."""


def roots_of(settings: Settings) -> Roots:
    """The certificates by which stamps are believed. Raises `SettingsRefused`."""
    file = settings.log_stamp_roots
    if file is None:
        if settings.log_stamps:
            raise SettingsRefused("设有 BEIAN_LOG_STAMPS 的，须以 BEIAN_LOG_STAMP_ROOTS 给出时间戳机构的根证书")
        return ()
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsRefused(f"BEIAN_LOG_STAMP_ROOTS 所指的 {file} 无法读取（{type(error).__name__}）") from None


def asked(address: str, text: str, roots: Roots) -> bytes:
    """A stamp of a text from an authority, looked at before it is kept. Raises `NotStamped`."""
    request = TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        answer = httpx.post(
            address,
            content=request.as_bytes(),
            timeout=ANSWERS,
            headers={"Content-Type": "application/timestamp-query"},
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NotStamped(f"时间戳机构没有答复（{type(error).__name__}）") from None
    stamped_at(answer.content, text, roots, request.nonce)
    return answer.content


def stamped_at(stamp: bytes, text: str, roots: Roots, nonce: int | None = None) -> datetime:
    """When an authority saw a text. Raises `NotStamped` if the stamp is of something else, or by nobody whom these certificates know."""
    try:
        if len(stamp) > LARGEST:
            raise ValueError("too large")
        response = decode_timestamp_response(stamp)
        verifier = VerifierBuilder(roots=list(roots), nonce=nonce).build()
        verifier.verify_message(response, text.encode())
        return response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise NotStamped(f"时间戳不成立（{type(error).__name__}）") from None


def stamp_days(engine: Engine, address: str, roots: Roots) -> int:
    """Have the ends of days stamped that are not yet; how many were. Raises `NotStamped`."""
    lacking = select(CHECKPOINTS.c.number, CHECKPOINTS.c.note).where(CHECKPOINTS.c.day.is_not(None))
    lacking = lacking.where(CHECKPOINTS.c.stamp.is_(None)).order_by(CHECKPOINTS.c.number.desc()).limit(AT_ONCE)
    with engine.connect() as db:
        found = db.execute(lacking).all()
    for number, note in found:
        stamp = base64.b64encode(asked(address, Note.read(note).text, roots)).decode()
        with stating(engine) as db:
            db.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == number).values(stamp=stamp))
    return len(found)


def faults(signed: Sequence[LogCheckpoint], roots: Roots) -> Iterator[str]:
    """Stamps that do not hold, or were given before the day was over or long after its checkpoint."""
    for row in signed:
        if row.stamp is None or not roots:
            continue
        try:
            stamped_at(base64.b64decode(row.stamp), Note.read(row.note).text, roots)
        except (NotStamped, ValueError) as wrong:
            yield f"第{row.number}个检查点的{wrong}"
