"""The texts (文字): one file an event and channel, and what a deployment puts in their place.

Shipped below data/texts/, a folder for each family: `inbox` is the message itself, the others are what a channel says
instead. The first line is the title, the rest the body; a text message (`sms`) has no title. A deployment drops files of
the same names into a folder of its own, for all jurisdictions or below one's code. Every word in braces must be one that
wording.py tells, or the file is refused when it is read, not when it is sent.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from string import Formatter
from typing import NamedTuple

from models.filing import Entry, Filing
from models.values import NOT_FOR_XML
from regulation import data
from regulation.wording import OF_THE_PAST, WORDS, Facts, Names


class Family(NamedTuple):
    """A family of texts: whether they have a title, and whether only its own texts are said in it, and not the message."""

    titled: bool = True
    only_its_own: bool = False


FAMILIES: Mapping[str, Family] = {
    "inbox": Family(),
    "sms": Family(titled=False, only_its_own=True),
    "mail": Family(),
    "robot": Family(),
    "document": Family(only_its_own=True),
}
ONLY_ITS_OWN = frozenset(name for name, family in FAMILIES.items() if family.only_its_own)
"""Families that carry only events for which they have a text."""


class Compiled(NamedTuple):
    """A text of letters that are compiled of several things: the words that it may use, and the families that say it.

    `elsewhere`: the words that are known in other families than the inbox, where they are fewer.
    """

    words: frozenset[str]
    families: frozenset[str]
    elsewhere: frozenset[str] | None = None

    def words_in(self, family: str) -> frozenset[str]:
        """The words that it may use in a family."""
        return self.words if family == "inbox" or self.elsewhere is None else self.elsewhere


ROUND_WORDS = frozenset({
    "title", "kind", "year", "document", "opens", "closes", "day", "reason", "office", "by", "alliance", "leader", "filing_id",
    "archive_number",
})  # fmt: skip
"""The words that every text of a round may use (regulation/rounds/wording.py)."""

OF_ROUNDS: Mapping[str, frozenset[str]] = {
    key: ROUND_WORDS | frozenset(each.get("words", ()))
    for key, each in tomllib.loads((files(data) / "round_texts.toml").read_text("utf-8")).items()
}
"""What rounds tell, and the words of each text."""

KNOCKING = frozenset({"sms", "mail", "robot"})
"""Families whose channels knock at somebody's door."""

COMPILED: Mapping[str, Compiled] = {
    **{key: Compiled(words, KNOCKING | {"inbox"}, ROUND_WORDS) for key, words in OF_ROUNDS.items()},
    "reminders": Compiled(frozenset({"count", "first", "lines"}), KNOCKING | {"inbox"}),
    "digest": Compiled(
        frozenset(
            {"office", "day", "due", "overdue", "arrived", "reports", "due_count", "overdue_count", "arrived_count"}
        ),
        frozenset({"inbox"}),
    ),
    "drift": Compiled(frozenset({"count", "lines"}), frozenset({"inbox"})),
    "revocations_coming": Compiled(
        frozenset({"office", "day", "days", "count", "counts", "lines"}), frozenset({"inbox"})
    ),
}
"""A digest reads the same everywhere, for it is written once. What a round tells in other families is told of its entry and its
alliance alone, for what its letter brought of its own stands in the inbox."""

Place = tuple[str, str, str]
"""Where a text of a deployment belongs: jurisdiction ("" for all), family, event."""


DOUBLED = re.compile(r"[。；，、]+([。；，、])|([！？])。")
"""Where a word that is told ends with a stop, and the text goes on with its own."""


def once(text: str) -> str:
    """A text with one stop where two would stand: what somebody wrote ends with one, and the sentence around it with its own."""
    return DOUBLED.sub(lambda found: found[1] or found[2], text)


class TextRefused(Exception):
    """文字模板有误: the file names a word that there is not, an event that there is not, or has no title."""


@dataclass(frozen=True)
class Text:
    """A title and a body with words in braces."""

    title: str
    body: str

    def filled(self, facts: Mapping[str, str]) -> tuple[str, str]:
        """Title and body with every word told."""
        return once(self.title.format_map(facts)), once(self.body.format_map(facts))

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that it names; what else Python would take between braces is named as written, and no word."""
        return frozenset(
            (f"{name}!{conversion}" if conversion else name) + (f":{form}" if form else "") if name else "{}"
            for part in (self.title, self.body)
            for _, name, form, conversion in Formatter().parse(part)
            if name is not None
        )


def read(family: str, key: str, written: str, where: str) -> Text:
    """A text as its file has it; raises `TextRefused` with everything that is wrong."""
    if NOT_FOR_XML.search(written):
        raise TextRefused(f"{where}：含不能书写的控制字符")
    titled = FAMILIES[family].titled
    title, _, body = written.partition("\n") if titled else ("", "", written)
    text = Text(title.strip(), body.strip())
    try:
        unknown = sorted(text.words - words_of(key, family))
    except ValueError as error:
        raise TextRefused(f"{where}：花括号不成对（{error}）") from error
    if unknown:
        raise TextRefused(f"{where}：没有名为 {'、'.join(unknown)} 的用语")
    if not text.body or (titled and not text.title):
        raise TextRefused(f"{where}：缺标题或正文（首行为标题，其余为正文）")
    return text


def words_of(key: str, family: str) -> frozenset[str]:
    """The words that the text of an event may use in a family."""
    return COMPILED[key].words_in(family) if key in COMPILED else WORDS


def is_said_in(key: str, family: str) -> bool:
    """Whether an event has a text in a family, or may be given one."""
    return family in (COMPILED[key].families if key in COMPILED else FAMILIES)


def _shipped() -> Iterator[tuple[tuple[str, str], Text]]:
    for folder in (files(data) / "texts").iterdir():
        for file in folder.iterdir():
            key = file.name.removesuffix(".txt")
            yield (folder.name, key), read(folder.name, key, file.read_text("utf-8"), f"{folder.name}/{file.name}")


SHIPPED = dict(_shipped())
_OURS: dict[Place, Text] = {}
"""What a deployment put in place of shipped texts."""


def find(family: str, key: str, jurisdiction: str) -> Text | None:
    """The text of an event in a family: the jurisdiction's own, the deployment's, or the shipped one."""
    return _OURS.get((jurisdiction, family, key)) or _OURS.get(("", family, key)) or SHIPPED.get((family, key))


def exists(family: str, key: str) -> bool:
    """Whether an event has a text of its own in a family, here or in any jurisdiction."""
    return (family, key) in SHIPPED or any(place[1:] == (family, key) for place in _OURS)


def checked(jurisdiction: str, family: str, key: str, written: str) -> tuple[Place, Text]:
    """A deployment's text that may stand in place of the shipped one; raises `TextRefused` (Art. 17: a city may be
    more specific)."""
    where = "/".join(part for part in (jurisdiction, family, f"{key}.txt") if part)
    if family not in FAMILIES or ("inbox", key) not in SHIPPED:
        raise TextRefused(f"{where}：没有这样的文字；渠道为 {'、'.join(FAMILIES)}，事项须为已有事项")
    if not is_said_in(key, family):
        raise TextRefused(f"{where}：{key} 没有 {family} 文字")
    return (jurisdiction, family, key), read(family, key, written, where)


def replace(jurisdiction: str, family: str, key: str, written: str) -> None:
    """Put one text in place of the shipped one."""
    place, text = checked(jurisdiction, family, key, written)
    _OURS[place] = text


def replace_all(ours: Iterable[tuple[Place, Text]] = ()) -> None:
    """These texts, and none of before, in place of the shipped ones."""
    _OURS.clear()
    _OURS.update(ours)


def reset() -> None:
    """Back to the shipped texts."""
    replace_all()


def render(key: str, before: Filing | None, entry: Entry, names: Names, family: str = "inbox") -> tuple[str, str]:
    """Title and body of an event's text, filled in; where a family has none of its own, the message itself."""
    place = entry.filing.jurisdiction
    text = find(family, key, place) or find("inbox", key, place)
    if text is None:
        raise LookupError(f"没有 {key} 的文字")
    return text.filled(Facts(before, entry, names))


def names_the_past(key: str, place: str) -> bool:
    """Whether a message's text tells what the docket holds on the years of a case, which the register must then look up."""
    text = find("inbox", key, place)
    return text is not None and bool(text.words & OF_THE_PAST)
