"""A picture out of what describes it (Vega-Lite): SVG for pages, PNG for documents.

Drawn by vl-convert, which is loaded only here and does nothing until something is drawn. It reaches no network: what is
drawn stands in the description. The same description is the same SVG, byte by byte.
"""

import json
from collections.abc import Mapping
from typing import Any

import vl_convert

Description = Mapping[str, Any]
"""A picture in Vega-Lite: data, marks and what they stand for."""

FONT = "Noto Sans SC, Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"
"""Whichever of these the reader has; for a PNG, the machine that draws it."""

STYLE: Mapping[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "grid": False, "labelLimit": 220},
    "legend": {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "orient": "top"},
    "text": {"fontSize": 13},
}
"""What all pictures have in common: black on white, legible from a print without colour."""

TWICE = 2.0
"""A PNG has so many pixels for each of the picture's, for print."""


def svg(description: Description) -> str:
    """The picture as SVG that may stand in a page: no style of its own, nothing to load."""
    drawn: str = vl_convert.vegalite_to_svg(json.dumps(_whole(description)), allowed_base_urls=[])
    return drawn


def png(description: Description) -> bytes:
    """The picture as PNG. Its text is set in a font of this machine, which must have one with Chinese characters."""
    drawn: bytes = vl_convert.vegalite_to_png(json.dumps(_whole(description)), scale=TWICE, allowed_base_urls=[])
    return drawn


def _whole(description: Description) -> dict[str, Any]:
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": STYLE, **description}
