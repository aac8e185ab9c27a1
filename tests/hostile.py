"""What somebody hostile, or a broken program, sends: documents that are right but for a few places, and those are anything."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

INSTANTS = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1900-01-01T00:00:00+14:00", "2100-12-31T23:59:59.999999-12:00",
    "2026-02-30T00:00:00+08:00", "2026-11-30T24:00:00+08:00", "2026-11-30T23:59:60+08:00", "2026-11-30T09:00:00", "2026-11-30",
    "2026-11-30T09:00:00+99:99", "-271821-04-20T00:00:00Z", "１９９０-01-01T00:00:00Z", "",
)  # fmt: skip
DAYS = (
    "0001-01-01",
    "9999-12-31",
    "1900-01-01",
    "2100-12-31",
    "2026-02-29",
    "2024-02-29",
    "0000-00-00",
    "2026-13-01",
    "20261130",
)
NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**63, -(2**63), 10**400, 0.1, -0.0, 1e308, 1e-320, True, False)
TEXTS = (
    "", " ", "\x00", "\ud800", "\u202e", "𠮷" * 3, "a" * 600, "=1+1", "<b>&'\"", "../../etc/passwd", "%00", "{{7*7}}", "NaN",
    "1e9999", "0x10", "-0", "null", "beian:1", "LN-DEMO-A", "public", "210100", "21SF00", "0" * 64,
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.sampled_from([*INSTANTS, *DAYS, *TEXTS]),
    st.sampled_from(NUMBERS),
    st.integers(-(10**9), 10**9),
    st.dates().map(str),
    st.datetimes().map(lambda at: f"{at.isoformat()}+08:00"),
    st.text(max_size=20),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
"""A JSON value."""


def places(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, by its path."""
    if isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inner:
            yield (*at, key)
            yield from places(value, (*at, key))


@st.composite
def spoilt(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """The document with some of its places spoilt: something else stands there, or nothing, or more."""
    spoiled = deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        every = list(places(spoiled))
        if not every:
            break
        *path, last = draw(st.sampled_from(every))
        inside = spoiled
        for key in path:
            inside = inside[key]
        match draw(st.sampled_from(("other", "other", "other", "gone", "more"))):
            case "other":
                inside[last] = draw(ANYTHING)
            case "gone":
                del inside[last]
            case _ if isinstance(inside, list):
                inside.append(deepcopy(inside[last]))
            case _:
                inside[draw(st.sampled_from(["x", "", "kind", "facts", "seen", "at", "filing"]))] = draw(ANYTHING)
    return spoiled
