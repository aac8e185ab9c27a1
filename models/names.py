"""Names as people see them: which characters of a name show nothing, and when two names look the same."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from models.values import digest

SHOWS_NOTHING = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode has programs ignore when they draw a text (Default_Ignorable_Code_Point), and the empty braille pattern."""

PROGRAMS = frozenset(
    [
        "exe",
        "com",
        "bat",
        "cmd",
        "scr",
        "pif",
        "msi",
        "msp",
        "dll",
        "sys",
        "js",
        "jse",
        "vbs",
        "vbe",
        "wsf",
        "ps1",
        "sh",
        "jar",
        "apk",
        "app",
        "lnk",
        "reg",
        "hta",
        "htm",
        "html",
        "svg",
    ]
)
"""What files are called that run, or run something, where they are opened."""

DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)
"""What no file may be called on some systems, with whatever ending."""

BREAKS, SPACE, NOTHING = "换行或控制字符", "特殊空格", "不可见字符"


def hidden(name: str) -> Iterator[tuple[int, str, str]]:
    """The characters that no one-line name may have, each with its place, counted from 1, and what it is called.

    Whatever shows nothing or turns the text around, ends the line, or is a space that is not the ordinary one.
    """
    for place, character in enumerate(_suspect(name), 1):
        if called := _called(character):
            yield place, character, called


def _suspect(name: str) -> str:
    """A name to be looked at character by character; most need not be."""
    return "" if name.isprintable() and (name.isascii() or not SHOWS_NOTHING.search(name)) else name


def _called(character: str) -> str | None:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Cs"):
        return BREAKS
    if category == "Zs":
        return SPACE if character != " " else None
    return NOTHING if category == "Cf" or SHOWS_NOTHING.match(character) else None


def folded(name: str) -> str:
    """What two names that look the same have in common: no spaces, nothing hidden, one width, one case."""
    told = unicodedata.normalize("NFKC", name)
    if _suspect(told):
        told = "".join(each for each in told if not each.isspace() and _called(each) is None)
    return unicodedata.normalize("NFKC", told.replace(" ", "").casefold())


def misleads(filing_id: str) -> bool:
    """Whether a filing's id is the name of something else where it becomes an address or a file: of a page, a program, a device."""
    stem, *ends = filing_id.lower().split(".")
    return stem in DEVICES or "" in ends or (bool(ends) and ends[-1] in PROGRAMS)


@lru_cache(1_000)
def key(name: str) -> str:
    """By what the register compares names: of one length, however long their folded forms are."""
    return digest(folded(name))
