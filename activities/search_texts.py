"""What a filing is found by (检索文字): its names in one case and width, its number, its field and place, and the initials of its names.

Written by the entry that changes a name, in its transaction, so a search reads one narrow table and works nothing out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import import_module
from itertools import combinations, islice, product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, select, true
from sqlalchemy.dialects import postgresql, sqlite

from activities.database import AT_ONCE, stating
from activities.rows import Row
from models import names
from models.register import FilingRow, SearchText
from regulation import offices

FILINGS, TEXTS = (model.metadata.tables[model.__tablename__] for model in (FilingRow, SearchText))

MADE_OF = frozenset({"public", "archive_number", "jurisdiction", "zone"})
"""The columns of a filing that its text is made of."""

VARIANTS = 16
"""Ways to spell a name by initials that are kept: characters are read in several ways, and a long name has many of them."""

WORDS = 6
"""Words of a search that are looked for; further ones narrow it no more."""


def words(search: str) -> list[str]:
    """The words of a search, of which every one must be found: as the texts are, in one case and width."""
    return list(dict.fromkeys(filter(None, map(names.folded, search.split()))))[:WORDS]


def text_of(filing: Mapping[str, Any]) -> str:
    """What a filing is found by, one thing a line; the columns `MADE_OF` tell."""
    shown = json.loads(filing["public"])
    alliance, leader = shown["alliance_name"], shown["leader"]["name"]
    members = [member["name"] for member in shown.get("members", ())]
    zone = filing["zone"]
    told = [
        filing["archive_number"] or "",
        alliance, leader, *members,
        shown.get("technical_field", ""),
        offices.OFFICES[filing["jurisdiction"]].city,
        offices.name_of(zone) if zone else "",
    ]  # fmt: skip
    spelled = [*initials(alliance, VARIANTS), *initials(leader, VARIANTS)]
    spelled += [each for member in members for each in initials(member, 1)]
    return "\n".join(filter(None, [*map(names.folded, told), *spelled]))


@cache
def pinyin() -> Any:
    """How characters are read (pypinyin). Half a second goes by until its dictionary is there, an eighth of a start, so it is
    looked for by whoever writes the first name; the worker, which writes them while others wait, does so before it begins."""
    return import_module("pypinyin")


@lru_cache(10_000)
def initials(name: str, most: int) -> tuple[str, ...]:
    """A name by the initials of its pinyin, letters and digits as they are: first as it is most likely read, then with other
    readings of ever more characters; at most so many. Kept: an alliance is written anew when it is archived, and the same
    universities are members of many."""
    shown = "".join(each for each in names.folded(name) if each.isalnum())
    likely = "".join(map(_likely, pinyin().core.Pinyin().seg(shown)))
    if len(likely) != len(shown) or likely == shown:  # nothing of it is read
        return ()
    return tuple(islice(_read(shown, likely), most))


@lru_cache(10_000)
def _likely(word: str) -> str:
    """A word by its initials, as it is most likely read. Kept: most names are made of the same words."""
    return "".join(pinyin().lazy_pinyin(word, style=pinyin().Style.FIRST_LETTER))


def _read(shown: str, likely: str) -> Iterator[str]:
    others = {place: more for place, each in enumerate(shown) if (more := _readings(each) - {likely[place]})}
    for count in range(len(others) + 1):
        for places in combinations(others, count):
            for letters in product(*(sorted(others[place]) for place in places)):
                read = list(likely)
                for place, letter in zip(places, letters, strict=True):
                    read[place] = letter
                yield "".join(read)


@cache
def _readings(character: str) -> frozenset[str]:
    """The initials by which a character can be read."""
    told, first = pinyin().constants.PINYIN_DICT.get(ord(character), ""), pinyin().Style.FIRST_LETTER
    return frozenset(pinyin().style.convert(each, first, strict=False) for each in told.split(",") if each)


def mentions(text: str) -> ColumnElement[bool]:
    """The filings in whose text every word of a search is found. The longest is looked for first: it leaves fewest for the others."""
    found = (TEXTS.c.text.contains(each, autoescape=True) for each in sorted(words(text), key=len, reverse=True))
    return FILINGS.c.filing_id.in_(select(TEXTS.c.filing_id).where(and_(true(), *found)))


def _put(dialect: Any) -> Any:
    put = dialect.insert(TEXTS)
    return put.on_conflict_do_update(index_elements=["filing_id"], set_={"text": put.excluded.text})


PUT = {"sqlite": _put(sqlite), "postgresql": _put(postgresql)}


def row_of(filing: Mapping[str, Any]) -> Row:
    """The row of a filing."""
    return {"filing_id": filing["filing_id"], "text": text_of(filing)}


def put(db: Connection, filings: Iterable[Mapping[str, Any]]) -> None:
    """Write the texts of these filings, as their rows now are."""
    if written := [row_of(each) for each in filings]:
        db.execute(PUT[db.dialect.name], written)


def lacking(db: Connection) -> list[Mapping[str, Any]]:
    """Some of the filings that have no text."""
    made_of = (FILINGS.c[name] for name in ("filing_id", *MADE_OF))
    query = select(*made_of).where(FILINGS.c.filing_id.not_in(select(TEXTS.c.filing_id))).limit(AT_ONCE)
    return [dict(each) for each in db.execute(query).mappings()]


def fill(engine: Engine) -> int:
    """Write what is lacking, a few hundred at a time: filings that a worker of an earlier release began. How many there were."""
    filled = 0
    while True:
        with stating(engine) as db:
            found = lacking(db)
            put(db, found)
        filled += len(found)
        if len(found) < AT_ONCE:
            return filled
