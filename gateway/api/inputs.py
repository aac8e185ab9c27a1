"""What this door takes in: the same inputs as every door, without what it knows better itself."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from gateway.asked.inputs import round_schemas, schemas
from regulation.lodging import FROM_THE_PAPER

BY_THE_DOOR = ("by", "received_at", "seen", "paper", "facts")
"""What the door fills in: who acts and when, and the digest of a paper."""

_FACTS = {kind.value: names for kind, names in FROM_THE_PAPER.items()}


def filled_in(kind: object) -> tuple[str, ...]:
    """What nobody may bring along: the door's own, and the facts that it reads from the paper."""
    return (*BY_THE_DOOR, *_FACTS.get(str(kind), ()))


@cache
def taken() -> Mapping[str, Mapping[str, Any]]:
    """The JSON Schema of every input; `id` may be left to the key of the request."""
    return {name: _without(described, (*filled_in(name), "id")) for name, described in schemas().items()}


@cache
def taken_in_rounds() -> Mapping[str, Mapping[str, Any]]:
    """The same of every act in a round. Its paper may be drawn up by the door, so nobody must bring one."""
    left_out = (*BY_THE_DOOR, "id")
    described = {str(name): _without(each, left_out) for name, each in round_schemas().items()}
    return {
        name: {**each, "required": [one for one in each["required"] if one != "content"]}
        for name, each in described.items()
    }


def _without(described: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: each for name, each in described["properties"].items() if name not in names or name == "id"}
    required = [name for name in described["required"] if name not in names] + ["content"] * ("content" in kept)
    used = {name: each for name, each in described.get("$defs", {}).items() if name not in ("By", "Role")}
    if came := used.get("Came"):
        told = {name: each for name, each in came["properties"].items() if name != "record"}
        used["Came"] = {**came, "properties": told, "required": [*came["required"], "scan"]}
    return {**described, "properties": kept, "required": required} | ({"$defs": used} if used else {})
