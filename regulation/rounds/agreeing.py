"""What several must say alike, two people or two offices (会同): the first half waits, without effect, for the others."""

from collections.abc import Iterable
from typing import assert_never

from models.acts import By
from models.findings import Lack
from models.rounds.base import Agreed, RoundAct
from models.rounds.round import Round
from models.vocabulary import Role
from regulation import identity
from regulation.rounds.rules import Row, Together

MOST_HALVES = 20
"""So many first halves of one office may stand open in one round; who decides on more alliances than that does it by one list."""

HALVES_OF_ALL = 30
"""From so many on of all offices together, each may have one of its own: what one leaves lying keeps no other from its work, and a
round stays small."""


def key_of(act: RoundAct) -> str:
    """Under what a round holds the first half of an act: its kind, and the alliance that it is about."""
    about = getattr(act, "filing", None)
    return f"{act.kind.value}:{about}" if about else act.kind.value


def half_of(round_: Round, act: RoundAct) -> Agreed | None:
    """The first half of the very same, if somebody has said it."""
    first = round_.agreed.get(key_of(act))
    return first if first and first.said == said(act) else None


def said(act: RoundAct) -> str:
    """Digest of what an act says; what the service adds to it says nothing."""
    return identity.content(act)


def said_before(round_: Round, act: RoundAct, row: Row) -> Lack | None:
    """Why somebody may not say it now: they, or their office, have said it; or too much waits for others."""
    how = together(row, round_)
    first = half_of(round_, act) if how != "one" else None
    if first is None:
        return _crowded(round_, act) if how != "one" else None
    if any(by.person == act.by.person for by in first.by):
        return Lack(missing=f"“{act.kind.label}”须由两人为之，您已办理，待另一人办理")
    if how == "two_offices" and any(by.role is act.by.role for by in first.by):
        waits = "、".join(role.label for role in _missing(row, first.by))
        return Lack(missing=f"{act.by.role.label}已办理，待{waits}会同办理")
    return None


def _crowded(round_: Round, act: RoundAct) -> Lack | None:
    """That too much of the same office waits for others already. What is said anew takes the place of what was said before."""
    others = [half for key, half in round_.agreed.items() if key != key_of(act)]
    own = sum(half.by[0].office == act.by.office for half in others)
    if own < MOST_HALVES and (own == 0 or len(others) < HALVES_OF_ALL):
        return None
    freed = "由另一人或另一部门以同一内容办理，即行办结；原填有误的，就同一事项重新填写即替换"
    return Lack(missing=f"本单位已有{own}件待会同办理，须先办结（{freed}）")


def _missing(row: Row, by: Iterable[By]) -> list[Role]:
    """Whose say is not there yet."""
    there = {each.role for each in by}
    return [role for role in Role if role in row.jointly and role not in there]


def together(row: Row, round_: Round) -> Together:
    """Who must say an act in this round."""
    return "one" if row.alone(round_) else row.together


def is_complete(row: Row, round_: Round, by: tuple[By, ...]) -> bool:
    """Whether all have said it, so that it takes effect."""
    how = together(row, round_)
    match how:
        case "one":
            return True
        case "two_people":
            return len(by) > 1
        case "two_offices":
            return not _missing(row, by)
        case _:
            assert_never(how)
