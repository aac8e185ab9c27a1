"""What may be done in a round now, by whom, and if not, why not: read off the table of its kind."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.acts import By
from models.findings import Refusal
from models.rounds.base import OpenRound, RoundAct, RoundActKind, RoundKind, parts
from models.rounds.round import ROUND_ACT_TYPES, Round
from models.values import Named, required
from models.vocabulary import Kind, Role
from regulation import offices
from regulation.articles import cite
from regulation.moment import Moment
from regulation.rounds import table
from regulation.rounds.agreeing import half_for
from regulation.rounds.every import RULES, rules_of
from regulation.rounds.rules import OF_A_CITY, Together

ALWAYS = frozenset(required(RoundAct))
"""What an act of any kind must bring."""


@dataclass(frozen=True)
class RoundOffer:
    """An act of a round: by whom, whether somebody may do it now, and if not, why not. `first`: the entry of its first half."""

    kind: Named
    article: str
    roles: tuple[Role, ...]
    mine: bool
    refusal: Refusal | None = None
    together: Together = "one"
    first: int | None = None

    @property
    def open(self) -> bool:
        """Whether it may be done now, by the one who asks."""
        return self.mine and self.refusal is None


def offers(round_: Round, by: By, when: Moment) -> Iterator[RoundOffer]:
    """Every act of a round's kind but its opening, as one person may do it now."""
    stands = table.projected(rules_of(round_.id), round_, when) or round_
    for kind in rules_of(round_.id).rows:
        if kind != RoundActKind.OPEN_ROUND:
            yield offer(stands, kind, by, when)


def offer(round_: Round, kind: str, by: By, when: Moment, filing: str = "") -> RoundOffer:
    """One act, of an alliance if it is about one. What only its own fields or its paper could tell against it is told when it is done."""
    rules, model = rules_of(round_.id), ROUND_ACT_TYPES[kind]
    row, named = rules.rows[kind], model.model_fields["kind"].default
    bare = model.model_construct(None, id="offer", by=by, kind=named)
    told = required(model) <= ALWAYS and not row.jointly and row.together == "one"
    refusal = table.check(rules, round_.id, round_, bare, when) if told else table.barred(rules, round_, bare, when)
    half = half_for(round_, f"{kind}:{filing}" if filing else kind, by)
    return RoundOffer(
        kind=named,
        article=cite(row.article_for(by.role)),
        roles=tuple(role for role in Role if role in row.roles | row.jointly),
        mine=table.is_of(round_, bare, row),
        refusal=refusal,
        together=row.together,
        first=half.number if half else None,
    )


def may_open(by: By) -> Iterator[tuple[RoundKind, str | None]]:
    """The kinds of rounds that one person may open, each with the place of which they may."""
    place = by.office if by.role in OF_A_CITY else None
    for kind, rules in RULES.items():
        if by.role in rules.rows[RoundActKind.OPEN_ROUND].roles:
            yield kind, place.partition("-")[0] if place else None


def opens(round_id: str, by: By) -> bool:
    """Whether one person may open a round of an id: of its kind, and of its place."""
    told = parts(round_id)
    return told is not None and any((kind, place) == (told.kind, told.jurisdiction) for kind, place in may_open(by))


@dataclass(frozen=True)
class Opening:
    """What the form of an opening offers: which kinds of alliance, or both, the zones, and which fields must be filled in besides."""

    kinds: tuple[Kind | None, ...]
    zones: tuple[str, ...]
    must: frozenset[str]


def opening(round_id: str, by: By, when: Moment) -> Opening:
    """What the opening of a round of an id may be over: what would be refused is not offered."""
    rules, told = rules_of(round_id), parts(round_id)
    bare = OpenRound.made(id="offer", by=by, title="", opens=when.day, closes=when.day)

    def refused(act: OpenRound) -> set[str]:
        refusal = table.check(rules, round_id, None, act, when)
        return {each.field for each in refusal.findings} if refusal else set()

    return Opening(
        kinds=tuple(each for each in (None, *Kind) if "/alliances" not in refused(bare.but(alliances=each))),
        zones=tuple(each for each in offices.ZONES if "/zone" not in refused(bare.but(zone=each))),
        must=frozenset(rules.opens_with(told.jurisdiction if told else None)),
    )
