"""查询码: what whoever applied or objected holds, to see where it stands without signing in.

It is the beginning of the digest of the paper that they brought. Each paper holds a nonce of 128 bits that nobody else has, so the
code can be told neither from what the paper says nor from another code; nothing more is stored, and it lasts as long as the record.
"""

import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import segno
from markupsafe import Markup
from sqlalchemy import Engine, select

from models.acts import NewVersion, Object
from models.filing import Entry
from models.register import FilingRow, Paper
from models.rounds.subsidies import SubsidyActKind
from models.vocabulary import ActKind, Role

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits that are not taken for one another (Crockford)."""

MISREAD = str.maketrans("OIL", "011")
LENGTH, BITS = 16, 5
HEX = LENGTH * BITS // 4
"""How much of the digest a code says: 80 bits, of which one address may try ten a second."""

APPLICATION, OBJECTION, LIST_OBJECTION = "application", ActKind.OBJECT.value, SubsidyActKind.OBJECT_TO_LIST.value
CODED = (APPLICATION, OBJECTION, LIST_OBJECTION)
"""The kinds of papers that have a code."""

PAPERS = Paper.metadata.tables["papers"]


@dataclass(frozen=True)
class Coded:
    """The paper that a code stands for: its digest, its kind, of which filing or round it is, and when it came."""

    digest: str
    kind: str
    of: str
    stored_at: datetime


def code_of(digest: str) -> str:
    """The code of a paper, in groups of four: 7K2M-…"""
    number = int(digest[:HEX], 16)
    letters = [ALPHABET[number >> BITS * place & 31] for place in reversed(range(LENGTH))]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, LENGTH, 4))


def read(text: str) -> str | None:
    """The beginning of the digest that a code says, however it was typed; None if it is no code."""
    typed = re.sub(r"[\s·\-–—]", "", unicodedata.normalize("NFKC", text[:99]).upper()).translate(MISREAD)
    if len(typed) != LENGTH or not set(typed) <= set(ALPHABET):
        return None
    number = 0
    for letter in typed:
        number = number << BITS | ALPHABET.index(letter)
    return f"{number:0{HEX}x}"


def find(engine: Engine, text: str) -> Coded | None:
    """The paper that a code stands for, found along the key of its table; None if there is none."""
    begins = read(text)
    if begins is None:
        return None
    columns = (PAPERS.c.digest, PAPERS.c.kind, PAPERS.c.filing_id, PAPERS.c.stored_at)
    meant = PAPERS.c.digest.between(begins.ljust(64, "0"), begins.ljust(64, "f")), PAPERS.c.kind.in_(CODED)
    with engine.connect() as db:
        found = db.execute(select(*columns).where(*meant).limit(2)).all()
    return Coded(*found[0]) if len(found) == 1 else None


def on_receipt(row: FilingRow, entry: Entry) -> str | None:
    """The code that a receipt of what came on paper tells: of an objection, or of an application that is not archived yet."""
    event = entry.event
    if isinstance(event, Object):
        return code_of(event.paper)
    is_leaders = getattr(event, "on_behalf_of", None) is Role.LEADER or isinstance(event, NewVersion)
    return code_of(row.first_paper) if is_leaders and row.archived_on is None else None


def address(own: str, code: str) -> str:
    """Where a code is looked up; it is no part of the path, which logs tell."""
    return f"{own}/query?{urlencode({'code': code})}"


def picture(own: str, code: str, kind: str = "svg") -> bytes:
    """That address as a QR code: SVG without a style of its own, or PNG for documents."""
    return drawn(address(own, code), kind)


def on_page(address: str) -> Markup:
    """An address as a QR code that stands in a page."""
    return Markup(segno.make_qr(address, error="m").svg_inline(scale=3, border=4, light="#fff"))


def drawn(address: str, kind: str) -> bytes:
    """An address as a QR code."""
    made = io.BytesIO()
    segno.make_qr(address, error="m").save(made, kind=kind, scale=4, border=4, light="#fff")
    return made.getvalue()
