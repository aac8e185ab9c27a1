"""What several must say alike, two people or two offices (会同): the first half waits, without effect, for the others.

Whoever says something else leaves what another said as it stands: each has a half of their own (each office, where two offices
must say it), and it takes effect when another says the same as one of them. What the same say anew takes the place of their own.
"""

from collections.abc import Iterable, Mapping
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

BESIDE = "|"
"""What stands between the key of a half and its number, where others have said something else under the same key."""

HALVES_OF_ALL = 30
"""From so many on of all offices together, each may have one of its own: what one leaves lying keeps no other from its work, and a
round stays small."""


def key_of(act: RoundAct) -> str:
    """Under what a round holds the first half of an act: its kind, and the alliance that it is about."""
    about = getattr(act, "filing", None)
    return f"{act.kind.value}:{about}" if about else act.kind.value


def halves(round_: Round, key: str) -> Mapping[str, Agreed]:
    """What waits for others under a key: what was said first, and what others said otherwise beside it."""
    return {name: half for name, half in round_.agreed.items() if name.partition(BESIDE)[0] == key}


def half_of(round_: Round, act: RoundAct) -> Agreed | None:
    """The first half of the very same, if somebody has said it."""
    return next((half for half in halves(round_, key_of(act)).values() if half.said == said(act)), None)


def half_for(round_: Round, key: str, by: By) -> Agreed | None:
    """The half that is shown to somebody: the newest that another said, else their own."""
    there = halves(round_, key).values()
    others = [half for half in there if all(each.person != by.person for each in half.by)]
    return max(others or there, key=lambda half: half.number, default=None)


def with_half(round_: Round, act: RoundAct, row: Row, half: Agreed) -> Round:
    """The round with a half that waits, in place of what the same said before, and beside what others said."""
    there = halves(round_, key_of(act))
    free = (key_of(act), *(f"{key_of(act)}{BESIDE}{number}" for number in range(2, len(there) + 2)))
    own = _own(round_, act, together(row, round_))
    name = own or next(each for each in free if each not in there)
    return round_.but(agreed={**round_.agreed, name: half})


def without_halves(round_: Round, key: str) -> Round:
    """The round once something has taken effect, or rests on other facts: nothing waits under the key."""
    there = halves(round_, key)
    return round_.but(agreed={name: half for name, half in round_.agreed.items() if name not in there})


def _own(round_: Round, act: RoundAct, how: Together) -> str | None:
    """Where the half stands that the same person, or the same of two offices, said before."""
    for name, half in halves(round_, key_of(act)).items():
        if any(by.role is act.by.role if how == "two_offices" else by.person == act.by.person for by in half.by):
            return name
    return None


def said(act: RoundAct) -> str:
    """Digest of what an act says; what the service adds to it says nothing."""
    return identity.content(act)


def said_before(round_: Round, act: RoundAct, row: Row) -> Lack | None:
    """Why somebody may not say it now: they, or their office, have said it; or too much waits for others."""
    how = together(row, round_)
    first = half_of(round_, act) if how != "one" else None
    if first is None:
        return _crowded(round_, act, how) if how != "one" else None
    if any(by.person == act.by.person for by in first.by):
        return Lack(missing=f"“{act.kind.label}”须由两人为之，您已办理，待另一人办理")
    if how == "two_offices" and any(by.role is act.by.role for by in first.by):
        waits = "、".join(role.label for role in _missing(row, first.by))
        return Lack(missing=f"{act.by.role.label}已办理，待{waits}会同办理")
    return None


def _crowded(round_: Round, act: RoundAct, how: Together) -> Lack | None:
    """That too much of the same office waits for others already. What is said anew takes the place of what the same said before."""
    own_half = _own(round_, act, how)
    others = [half for name, half in round_.agreed.items() if name != own_half]
    own = sum(half.by[0].office == act.by.office for half in others)
    if own < MOST_HALVES and (own == 0 or len(others) < HALVES_OF_ALL):
        return None
    freed = "由另一人或另一部门以同一内容办理，即行办结；原填有误的，由原填写人就同一事项重新填写即替换"
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
