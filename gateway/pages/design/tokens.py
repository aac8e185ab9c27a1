"""The colours of tokens.css, by scheme, for the page that shows them and the test that measures them."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

TEXTS = ("ink", "soft", "accent", "good", "warn", "bad", "mute")
"""Colours of text."""
GROUNDS = ("paper", "ground", "sunk", "accent-soft", "good-soft", "warn-soft", "bad-soft", "mute-soft")
"""Colours that lie beneath text."""
FILLED = ("accent", "accent-deep", "bad", "bad-deep", "good")
"""Colours that fill what bears text in `on-accent`."""
EDGES = ("edge", "focus")
"""Colours by which a shape is seen: what can be filled in, and where the keyboard is."""

HEAT = ("2", "3", "4")
"""Cells of a heat map, by how full they are: each `heat-…` bears text in `on-heat-…`."""

SCHEMES = {
    "浅色": r"^:root \{(.*?)^\}",
    "深色": r"^@media \(prefers-color-scheme: dark\) \{(.*?)^\}",
    "高对比": r"^@media \(prefers-contrast: more\) \{(.*?)^\}",
    "高对比深色": r"^@media \(prefers-contrast: more\) and \(prefers-color-scheme: dark\) \{(.*?)^\}",
}
"""The schemes, and where each stands in the file."""

OVER = {"浅色": (), "深色": ("浅色",), "高对比": ("浅色",), "高对比深色": ("浅色", "深色", "高对比")}
"""What holds in a scheme where it says nothing itself, the last first of all."""


@cache
def colours() -> Mapping[str, Mapping[str, str]]:
    """Scheme → token → colour."""
    text = resources.files(__package__).joinpath("tokens.css").read_text("utf-8")
    own = {}
    for scheme, where in SCHEMES.items():
        found = re.search(where, text, re.DOTALL | re.MULTILINE)
        assert found, scheme
        own[scheme] = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", found[1]))
    return {
        scheme: {token: colour for each in (*under, scheme) for token, colour in own[each].items()}
        for scheme, under in OVER.items()
    }


def contrast(one: str, other: str) -> float:
    """How two colours stand out from each other, by WCAG 2: from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
