"""Applications for tests: the good examples, and what becomes of them when a jurist changes something."""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from examples.province.codes import organisation, uscc
from models.values import SHANGHAI, digest

EXAMPLES = Path(__file__).parent.parent / "examples"

RECEIVED = {
    "A": datetime(2026, 3, 10, 9, tzinfo=SHANGHAI),
    "B": datetime(2023, 4, 10, 9, tzinfo=SHANGHAI),
}
"""When the good examples are received: kind A at any time, kind B inside the call of 2023."""


def good(kind: str) -> dict[str, Any]:
    """The good example of a kind. That of kind B belongs to the call of 2023."""
    text = (EXAMPLES / f"kind_{kind.lower()}.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text, parse_float=Decimal)
    if kind == "B":
        document["agreement_effective_on"] = "2023-02-20"
    return document


def enterprise(number: int) -> str:
    """The code of one of many enterprises of Shenyang; the organisation code in it is right too (GB 11714)."""
    return uscc(f"91210102{organisation(f'MA2{number:04d}K')}")


# Changing


def steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def at(document: Any, path: Iterable[str]) -> Any:
    """What is at the end of a path; `LookupError` if nothing is."""
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def put(document: Any, pointer: str, value: Any) -> None:
    """Set a value; `-` appends to a list."""
    *path, last = steps(pointer)
    place = at(document, path)
    if not isinstance(place, list):
        place[last] = value
    elif last == "-":
        place.append(value)
    else:
        place[int(last)] = value


def take(document: Any, pointer: str) -> None:
    """Remove a value."""
    *path, last = steps(pointer)
    place = at(document, path)
    del place[int(last) if isinstance(place, list) else last]


def changed(document: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what a case changes, in this order: `leader`, `alliance`, `brings`, `change`, `insert`, `remove`."""
    result: dict[str, Any] = deepcopy(dict(document))
    if "leader" in case:
        led_by(result, case["leader"])
    if "alliance" in case:
        grown(result, **case["alliance"])
    for kind in case.get("brings", ()):
        result["documents"].append({**result["documents"][0], "kind": kind, "sha256": digest(kind)})
    for pointer, value in case.get("change", {}).items():
        put(result, pointer, written(value))
    for pointer, values in case.get("insert", {}).items():
        at(result, steps(pointer)).extend(values)
    for pointer in case.get("remove", ()):
        take(result, pointer)
    return result


def written(value: Any) -> Any:
    """A value as meant: `{text: [字, 500, " ", 37]}` is 字 500 times, then 37 spaces."""
    if isinstance(value, dict) and set(value) == {"text"}:
        parts = value["text"]
        return "".join(part * times for part, times in zip(parts[::2], parts[1::2], strict=True))
    return value


def led_by(document: dict[str, Any], code: str) -> None:
    """Another code for the leader, wherever it stands."""
    former = document["leader"]["uscc"]
    document["leader"]["uscc"] = code
    document["by"]["office"] = code
    for row in document["members"]:
        if row["code"] == former:
            row["code"] = code
    for each in document["documents"]:
        if each.get("owner") == former:
            each["owner"] = code


def grown(
    document: dict[str, Any], total: int, rows: int | None = None, certificates: int | None = None, leader: bool = True
) -> None:
    """An alliance of so many members: its leader, a university, otherwise enterprises.

    `rows` of them are listed (without the leader's row if `leader` is no), `certificates` of them are submitted.
    """
    first, university = document["members"][:2]
    others = [
        {"name": f"示例配套企业{number}", "code": enterprise(number), "type": "enterprise", "position": "配套"}
        for number in range(1, total - 1)
    ]
    everybody = [first, university, *others]
    listed = everybody if leader else everybody[1:]
    document["members"] = listed[:rows]
    document["counts"] = {"total": total, "enterprises": total - 1, "universities": 1, "institutes": 0}
    licence = next(each for each in document["documents"] if each["kind"] == "D3")
    document["documents"] = [each for each in document["documents"] if each["kind"] != "D3"] + [
        licence | {"owner": member["code"], "sha256": digest(member["code"])} for member in everybody[:certificates]
    ]
