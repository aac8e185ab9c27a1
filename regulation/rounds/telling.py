"""Who was told of a round is told when it is moved or cancelled, in the words that all kinds share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from models.rounds.base import RoundActKind
from models.rounds.round import Round, RoundEntry
from models.vocabulary import Role
from regulation import offices
from regulation.rounds.consequences import Follows, Letter
from regulation.rounds.known import Alliance, Known, Needs


class Told(NamedTuple):
    """Somebody who was told of a round; `filing` where it was of one alliance."""

    role: Role
    office: str
    filing: str | None = None


def leader(alliance: Alliance) -> Told:
    """The leader of an alliance, told of it."""
    return Told(Role.LEADER, alliance.leader, alliance.id)


def reviewers(alliances: Iterable[Alliance]) -> list[Told]:
    """The offices that some alliances are in the charge of, each once."""
    return sorted({Told(*offices.reviewer(each.jurisdiction, each.zone)) for each in alliances})


def there(round_: Round, known: Known, *states: str) -> list[Alliance]:
    """The alliances that stand in a round at these states, or at any."""
    items = known.items.get(round_.id, {})
    return [
        alliance
        for name, item in items.items()
        if (not states or item.state in states) and (alliance := known.alliances.get(name))
    ]


def of_changes(
    whom: Callable[[Round, Known], Iterable[Told]], asks: Callable[[Round, RoundEntry], Needs]
) -> Mapping[str, Follows]:
    """What follows from moving and cancelling a round: everybody who was told of it is told, once."""

    def telling(text: str) -> Follows:
        def then(round_: Round, entry: RoundEntry, content: Any, known: Known) -> Iterator[Letter]:
            for each in dict.fromkeys(whom(round_, known)):
                yield Letter(text, each.role, each.office, each.filing)

        return Follows(then, asks)

    return {
        RoundActKind.MOVE_WINDOW.value: telling("round_moved"),
        RoundActKind.CANCEL_ROUND.value: telling("round_cancelled"),
    }
