"""The lot (抽签) of spot checks, which anybody can draw again from what is published (A-33, B-18; docs/lots.zh.md).

Nobody can steer it: the population is published before there is a seed; each of two people has given the hash of a secret
before either secret is known; and, where one was named, a public value comes that exists only later. Nothing is left to
this program either: shares are whole numbers by largest remainder, ranks are SHA-256.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from models.rounds.lots import Candidate, Drawn, Lot, Population, Seeds, Stratum
from models.values import digest
from models.vocabulary import Kind

At = tuple[Kind, str]
"""What alliances are drawn by: kind and city."""


def commitment(round_id: str, secret: str) -> str:
    """承诺值: what is given of a secret before it is revealed. It is of one round, so that no other's can be given again."""
    return _hash(round_id, secret)


def seed_of(seeds: Seeds) -> str:
    """种子: the population's hash, the secrets in the order in which they were committed to, and the public value."""
    secrets = [each.secret or "" for each in seeds.commitments]
    last = [seeds.public_value.value or ""] if seeds.public_value else []
    return _hash(seeds.method, seeds.population, *secrets, *last)


def rank(seed: str, filing_id: str) -> str:
    """Where an alliance comes in its stratum: the smallest first."""
    return _hash(seed, filing_id)


def taking_part(alliances: Iterable[Candidate]) -> list[Candidate]:
    """Those that no rule leaves out."""
    return [each for each in alliances if each.left_out is None]


def sizes(alliances: Iterable[Candidate]) -> Mapping[At, int]:
    """How many take part of each kind in each city."""
    return Counter((each.kind, each.city) for each in taking_part(alliances))


def shares(size: Mapping[At, int], draw: int, *, at_least_one: bool) -> dict[At, int]:
    """How many are drawn of each stratum: largest remainder (最大余数法), in whole numbers.

    With `at_least_one`, each stratum has one first, and the rest is shared by how many it has besides. Of equal remainders
    the one that comes first by kind and city is served. No share is larger than its stratum.
    """
    first = 1 if at_least_one else 0
    left, besides = draw - first * len(size), sum(size.values()) - first * len(size)
    if left < 0 or left > besides:
        raise ValueError(f"不能从{sum(size.values())}家、{len(size)}层中抽取{draw}家")
    exact = {at: left * (many - first) for at, many in size.items()}
    share = {at: first + (part // besides if besides else 0) for at, part in exact.items()}
    by_remainder = sorted(size, key=lambda at: (-(exact[at] % besides) if besides else 0, at))
    for at in by_remainder[: draw - sum(share.values())]:
        share[at] += 1
    return share


def draw(population: Population, seed: str) -> Lot:
    """抽签: in each stratum those with the smallest ranks, and the others in order behind them."""
    size = sizes(population.alliances)
    share = shares(size, population.draw, at_least_one=population.at_least_one)
    order: list[Drawn] = []
    for at in sorted(size):
        order += _in_order(at, population.alliances, seed, share[at])
    strata = tuple(
        Stratum(kind=kind, city=city, size=size[kind, city], draw=share[kind, city]) for kind, city in sorted(size)
    )
    return Lot(
        round=population.round,
        population=digest(population.model_dump(mode="json")),
        seed=seed,
        strata=strata,
        order=tuple(order),
    )


def _in_order(at: At, alliances: Sequence[Candidate], seed: str, share: int) -> list[Drawn]:
    ids = [each.id for each in taking_part(alliances) if (each.kind, each.city) == at]
    ranked = sorted((rank(seed, filing_id), filing_id) for filing_id in ids)
    return [
        Drawn(id=filing_id, place=place, rank=told, drawn=place <= share)
        for place, (told, filing_id) in enumerate(ranked, 1)
    ]


def stands_in(lot: Lot, filing_id: str, taken: Iterable[str]) -> str | None:
    """递补: who is next in the stratum of an alliance that drops out, after everybody that was already taken."""
    used = {filing_id, *taken}
    of = _stratum_of(lot)
    return next((each.id for each in lot.order if of[each.id] == of[filing_id] and each.id not in used), None)


def _stratum_of(lot: Lot) -> Mapping[str, int]:
    """In which stratum each alliance is: they stand one stratum after the other."""
    found, number, left = {}, -1, 0
    for each in lot.order:
        if left == 0:
            number, left = number + 1, lot.strata[number + 1].size
        found[each.id], left = number, left - 1
    return found


def _hash(*lines: str) -> str:
    """SHA-256 of lines of text, each but the last ended by a line feed."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
