"""What was objected to a notice and what became of each, read off the docket: for the reviewing office alone (G-04).

A filing lists few open objections and counts the rest; here each is told apart, in the order in which they came.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.register import Register
from models.acts import TOGETHER
from models.rounds.subsidies import SubsidyActKind
from models.vocabulary import ActKind
from regulation.naming import received

UNDECIDED, ADMITTED = "待认定是否受理", "已受理，待处理"
RECORDED, INADMISSIBLE = "未予受理（匿名、逾期或已无公示），登记备查", "不予受理"
OUTCOMES = {
    "dismissed": "不成立",
    "returned": "成立，退回补正",
    "not_confirmed": "成立，不予确认",
    "upheld": "成立，名单予以更正",
}

OBJECTS = (ActKind.OBJECT, SubsidyActKind.OBJECT_TO_LIST)
ADMITS = (ActKind.RULE_ON_ADMISSIBILITY, SubsidyActKind.ADMIT_LIST_OBJECTION)
RULES = (ActKind.RULE_ON_OBJECTION, SubsidyActKind.RULE_ON_LIST_OBJECTION)
"""What objects, and what rules on it: to the notice of a filing, or to the list of a round."""


@dataclass
class Objected:
    """One objection: its entry, its id, when it was received, where it stands, and when that was decided."""

    number: int
    id: str
    at: datetime
    stands: str
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.stands in (UNDECIDED, ADMITTED)


def objections(register: Register, filing_id: str) -> list[Objected]:
    """Every objection that was entered on a filing, the oldest first."""
    return list(told(json.loads(body) for body in register.bodies(filing_id)).values())


def told(docket: Iterable[Mapping[str, Any]]) -> dict[str, Objected]:
    """The same of a docket as it is stored, of a filing or of a round. Its values are not validated: there may be thousands."""
    found: dict[str, Objected] = {}
    before = 0
    for entry in docket:
        event, now = entry["event"], _open(entry.get("filing") or entry["round"])
        if not entry.get("refused"):
            kind, at = event["kind"], datetime.fromisoformat(entry["at"])
            if kind in OBJECTS and not (event.get("on_behalf_of") and not event.get("seconds")):
                found[event["id"]] = Objected(entry["number"], event["id"], at, UNDECIDED if now > before else RECORDED)
            elif kind in ADMITS:
                for each in _meant(found, event, UNDECIDED):
                    each.stands, each.decided_at = ADMITTED if event["admissible"] else INADMISSIBLE, at
            elif kind in RULES and now < before:  # what one of two said alone rules on nothing yet
                for each in _meant(found, event, ADMITTED):
                    each.stands, each.decided_at = OUTCOMES[event["outcome"]], at
        before = now
    return found


def known_by(found: Iterable[Objected]) -> dict[str, str]:
    """What whoever rules knows each open objection by: its entry, as its page and its paper name it, and when it came."""
    return {each.id: f"第{each.number}号登记的异议，{received(each.at)}收到" for each in found if each.open}


def _open(filing: Mapping[str, Any]) -> int:
    notices = (filing.get("notice"), (filing.get("change") or {}).get("notice"))
    return sum(
        sum(each.get("admissible") is not False and not each.get("outcome") for each in notice.get("objections", ()))
        + sum((notice.get("crowd") or {}).values())
        for notice in notices
        if notice
    )


def _meant(found: Mapping[str, Objected], ruling: Mapping[str, Any], waiting: str) -> Iterator[Objected]:
    """What a ruling is on: one, or the oldest so many that wait for it."""
    if ruling["objection"] != TOGETHER:
        if one := found.get(ruling["objection"]):
            yield one
        return
    oldest = [each for each in found.values() if each.stands == waiting]
    yield from oldest[: ruling["counted"]]
