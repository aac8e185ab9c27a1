"""Acts in rounds of which what was foreseen on a page is compared with what they lead to."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from activities.rounds import following
from activities.rounds.following import RoundFollowing
from gateway.problem import Refused
from gateway.shown.foreseen import Foreseen
from gateway.shown.rounds.foreseen import NAMED, SORTS, foreseen
from gateway.shown.rounds.public_words import NAMES
from gateway.tools import Tools
from models.rounds.round import RoundReceipt
from regulation.rounds.consequences import ActOnFiling, Letter, Published
from regulation.rounds.known import Needs
from tests.plain_rounds import acts_on_none


async def goes_as_foreseen(tools: Tools, round_id: str, raw: Mapping[str, Any]) -> RoundReceipt:
    """Do an act, which is refused only if that was foreseen, and leads to what was."""
    stamped = {**raw, "received_at": raw.get("received_at") or tools.clock().isoformat()}
    is_new = not tools.rounds.is_known(round_id, str(raw["id"]))
    would = await asyncio.to_thread(foreseen, tools, round_id, stamped, tools.now)
    try:
        receipt = await tools.rounds.act(round_id, raw)
    except Refused:
        assert would.refusal, f"{raw['kind']}: that it is refused was not foreseen"
        raise
    if is_new:
        await asyncio.to_thread(_is_as, would, tools, round_id, receipt)
    return receipt


def _is_as(would: Foreseen, tools: Tools, round_id: str, receipt: RoundReceipt) -> None:
    assert would.refusal is None, would.refusal
    register = tools.rounds.register
    entry = register.entry(round_id, receipt.number)
    assert entry
    assert (would.stage, would.half) == (entry.stage, entry.proposed)
    found = RoundFollowing(register, acts_on_none).consequences(entry)
    letters = [each for each in found if isinstance(each, Letter)]
    known = register.known(Needs(filings=tuple({each.filing_id for each in letters if each.filing_id})), None)
    sent = Counter((each["title"], each["body"]) for each in (following.message(entry, one, known) for one in letters))
    acts = [each for each in found if isinstance(each, ActOnFiling)]
    own = would.letters if not acts else would.letters[: len(would.letters) - _of_acts(would, sent)]
    assert {(each.title, each.text) for each in own} <= sent.keys(), "in the very words"
    if len(own) < SORTS and len(letters) <= NAMED:
        assert sum(1 + len(each.beside) for each in own) == len(letters), "all of them"
    published = [each for each in found if isinstance(each, Published)]
    assert len(would.notices) == len(published)
    for each in published:
        assert not [*_unnamed(each.content)], "whoever publishes it reads what it says"


def _unnamed(said: Any) -> Iterator[str]:
    """What is published of which nobody said what it is called; cities are named by themselves."""
    if isinstance(said, Mapping):
        for name, value in said.items():
            yield from () if name in NAMES else (name,)
            yield from () if name == "city" else _unnamed(value)
    elif isinstance(said, list | tuple):
        for each in said:
            yield from _unnamed(each)


def _of_acts(would: Foreseen, sent: Mapping[Any, int]) -> int:
    """How many of the letters are those of acts on filings, which come last."""
    return sum((each.title, each.text) not in sent for each in would.letters)
