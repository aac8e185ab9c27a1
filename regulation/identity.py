"""What an act is known by: its id, and what it is (Q21).

The same id is the same act only if kind, person, office and content are the same; anything else under it is another act,
and is refused. Ids that the service makes itself have a form that no caller can take.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from models.acts import (
    AcknowledgeService,
    Act,
    AnyAct,
    FileAnnualReport,
    Hold,
    RecordContinuation,
    ReportUndeliverable,
    Unreadable,
)
from models.rounds.base import parts
from models.values import Value, digest
from models.vocabulary import Role

OWN = "beian:"
"""How the ids begin that the service makes itself."""

EARLIER = re.compile(r"(read|undeliverable|unreadable)-", re.IGNORECASE)
"""How they began in 0.1 to 0.3."""

ALL = f"{OWN}all:"
"""How the ids of acts to many filings begin; the rest is the id that whoever ordered them gave."""

SERVICE = "beian"
"""The person who acts where nobody did."""

DELIVERING, RETENTION, BACKUP, ENCRYPTION = "delivering", "retention", "backup", "encryption"
"""As whom its routines go on record: that letters did not get through; masking and deleting; backups; the keys of the engine."""

ROUTINES: Mapping[str, str] = {
    SERVICE: "本系统", DELIVERING: "本系统（投递）", RETENTION: "本系统（保存期限）", BACKUP: "本系统（备份）", ENCRYPTION: "本系统（密钥）",
}  # fmt: skip
"""The persons that mean the service itself, and what they are called. Nobody is one of them: no door takes anything in their name."""

CONTINUED = f"{OWN}continued"
"""The id of the end of a filing whose place a continuation takes (G-32)."""

SUBMISSION = f"{OWN}submit"
"""What stands for an act's id where a filing is submitted: the filing's own id is the key (Q19)."""

REUSED = "编号已用于其他行为"
"""The refusal of another act under an id that is taken."""

ADDED = ("received_at", "seen", "facts", "pinned")
"""Fields of an act that doors and the engine add: they say nothing of what was asked."""

NONCE = "nonce"
"""The field of a stored paper that makes its digest tell nothing to whoever guesses what it says."""


def salted(paper: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    """A paper as a door stores it."""
    return {**paper, NONCE: nonce}


def content_of(paper: Mapping[str, Any]) -> dict[str, Any]:
    """What a stored paper says, without its nonce; papers of 0.1 to 0.3 have none."""
    return {name: value for name, value in paper.items() if name != NONCE}


def asked(event: AnyAct | Unreadable, *, leaving_out: Collection[str] = ()) -> str:
    """Digest of what was asked, by whom, under which id: of everything that whoever sent it said.

    What the door filled in itself is left out.
    """
    return digest(event.model_dump(mode="json", exclude={*ADDED, *leaving_out}))


E = TypeVar("E", bound=Value)


def bared(event: E, papers: Callable[[str], Mapping[str, Any]]) -> E:
    """An act as it was asked for: its papers known by what they say, and not by their nonces."""
    if isinstance(event, Unreadable):
        return event
    if key := getattr(event, "paper", None):
        event = event.but(paper=digest(content_of(papers(key))))
    if came := getattr(event, "came", None):
        event = event.but(came=came.but(record=digest(content_of(papers(came.record)))))
    return event


def said(event: Act | Unreadable, papers: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """What an act says, whoever sent it and under which id: what somebody else confirms must say the same (G-42)."""
    left_out = {*ADDED, "id", "by", "seconds", "basis", "document_no", "reason"}
    return bared(event, papers).model_dump(mode="json", exclude=left_out)


def content(act: AnyAct) -> str:
    """Digest of everything that an act says, its reason and its 文号 too: what two people decide, both must say (G-42)."""
    said = act.model_dump(mode="json", exclude={*ADDED, "id", "by", "seconds"})
    return digest({name: " ".join(each.split()) if isinstance(each, str) else each for name, each in said.items()})


def same(one: AnyAct | Unreadable, other: AnyAct | Unreadable) -> bool:
    """Whether two events are one act that was sent twice."""
    return asked(one) == asked(other)


def is_routine(person: object) -> bool:
    """Whether a person means the service itself, or to whoever reads it would seem to."""
    return isinstance(person, str) and person.casefold() in ROUTINES


# Ids that the service makes


def is_own(act_id: object) -> bool:
    """Whether an id has the form of those that the service makes."""
    return isinstance(act_id, str) and act_id.startswith(OWN)


def is_by_service(act_id: str) -> bool:
    """Whether the service itself acts under an id, by the engine's clock; an act to many filings is somebody's."""
    return is_own(act_id) and not act_id.startswith(ALL)


def of_reading(number: int, person: str) -> str:
    """The id of the 签收 that somebody's reading of an entry's notice is (G-18)."""
    return f"{OWN}read:{number}:{digest(person)[:16]}"


def of_failure(entry: int, index: int, why: str) -> str:
    """The id of the report that one of an entry's messages got through by no channel, for these reasons (G-18)."""
    return f"{OWN}undeliverable:{entry}-{index}:{digest(why)[:16]}"


def of_unreadable(raw: object) -> str:
    """The id of a signal that is no act and brings no id of its own."""
    return f"{OWN}unreadable:{digest(raw)[:16]}"


def of_reuse(event: Act | Unreadable) -> str:
    """The id under which an act by signal is on record as refused, because its own was another act's."""
    return f"{OWN}reused:{asked(event)[:32]}"


def of_all(given: str) -> str:
    """The id under which an act that is done to many filings is done to each: no caller can have taken it on one of them."""
    return f"{ALL}{given}"


def of_round(round_id: str, number: int, act: Mapping[str, Any]) -> str:
    """The id of an act on a filing that an entry of a round leads to: of the entry, and of what the act says, for one entry may
    lead to several on the same filing."""
    return f"{OWN}{round_id}:{number}.{digest(act)[:8]}"


def is_of_round(act_id: str) -> bool:
    """Whether an id is of an act that a round leads to."""
    round_id, _, number = act_id.removeprefix(OWN).partition(":")
    return act_id.startswith(OWN) and parts(round_id) is not None and number.partition(".")[0].isdecimal()


def of_carried(year: int) -> str:
    """The id of a year's report that was filed under the filing that this one continues (G-32)."""
    return f"{OWN}report-{year}"


def of_stop(opened: int, again: int | None = None) -> str:
    """The id of the 暂停 that keeps a case from completing by itself, by the entry that opened it (G-16); of one that stops it
    anew after its release, also by the number under which it is entered."""
    return f"{OWN}stopped:{opened}" + (f".{again}" if again else "")


def is_of_stop(act_id: object, *, opened: int | None = None, first: bool = False) -> bool:
    """Whether an id is of a 暂停 by the service itself, of the case that an entry opened, or the first of a case; one that is
    ordered for many filings is somebody's."""
    of, again = r"[0-9]+" if opened is None else str(opened), "" if first else r"(\.[0-9]+)?"
    return isinstance(act_id, str) and re.fullmatch(rf"{OWN}stopped:{of}{again}", act_id) is not None


def of_own(given: str) -> str:
    """The id under which the service itself does what it would do under this one."""
    return f"{OWN}{given}"


def is_well_named(act: Act) -> bool:
    """Whether an act may bear its id: one of the service's own belongs to the one act for which the service makes it."""
    if not is_own(act.id):
        return True
    if act.id.startswith(ALL) or is_of_round(act.id):
        return act.by.role not in (Role.LEADER, Role.PUBLIC)
    match act:
        case AcknowledgeService():
            read = re.fullmatch(rf"{OWN}read:([0-9]+):[0-9a-f]{{16}}", act.id)
            return read is not None and act.id == of_reading(int(read[1]), act.by.person)
        case ReportUndeliverable():
            failed = re.fullmatch(rf"{OWN}undeliverable:([0-9]+)-([0-9]+):[0-9a-f]{{16}}", act.id)
            return (
                failed is not None
                and act.by.role is Role.PLATFORM
                and act.id == of_failure(act.entry, int(failed[2]), act.reason)
            )
        case Hold():
            return is_of_stop(act.id) and act.by.role is Role.PLATFORM
        case RecordContinuation():
            return act.id == CONTINUED and act.by.role is Role.PLATFORM
        case FileAnnualReport():
            return act.id == of_carried(act.year) and act.by.person == SERVICE
    return False


def is_earlier(act_id: object) -> bool:
    """Whether an id has the form of those that 0.1 to 0.3 made for themselves.

    What has such an id today is recognised only by what it is. No caller takes one anew all the same: a docket in which
    somebody's act is called like a report of the service deceives whoever reads it.
    """
    return isinstance(act_id, str) and EARLIER.match(act_id) is not None


def earlier_ids(event: Act | Unreadable) -> tuple[str, ...]:
    """Under which ids 0.1 to 0.3 entered what the service now enters under its own: the same, if they are the same act."""
    if not is_own(event.id):
        return ()
    if event.id.startswith(ALL):
        return (event.id.removeprefix(ALL),)
    name, *rest = event.id.removeprefix(OWN).split(":")
    match event:
        case AcknowledgeService() if name == "read":
            return (f"read-{rest[0]}",)
        case ReportUndeliverable() if name == "undeliverable":
            return (f"undeliverable-{rest[0]}",)
        case Unreadable() if name == "unreadable":
            return (f"unreadable-{rest[0]}",)
    return ()
