"""How each table of figures is drawn: descriptions in Vega-Lite, made of a table alone.

Every picture is legible from a print without colour: bars and tiles bear their numbers, series differ by dash and mark or by
light and dark with an outline, and behind each picture stands its table.
"""

from collections.abc import Callable, Mapping
from typing import Any

from activities.pictures.datasets import Dataset
from activities.pictures.drawing import Description
from regulation import offices

WIDTH = 620
INK, GREY, LIGHT = "#1a1a1a", "#6b7785", "#d5dbe3"
"""Dark, middle and light, of which no two are taken for each other in grey."""

OUTLINE = {"stroke": INK, "strokeWidth": 0.8}

TILES: Mapping[str, tuple[int, int]] = {
    "210900": (1, 0), "211200": (3, 0),
    "211300": (0, 1), "210700": (1, 1), "210100": (2, 1), "21SF00": (3, 1), "210400": (4, 1),
    "211400": (0, 2), "211100": (1, 2), "211000": (2, 2), "210500": (3, 2),
    "210800": (1, 3), "210300": (2, 3), "210600": (3, 3),
    "210200": (1, 4),
}  # fmt: skip
"""示意地图: column and row of each jurisdiction, roughly where it lies; all of one size, so that none is overlooked."""


def _data(table: Dataset) -> dict[str, Any]:
    return {"values": table.records}


def _title(table: Dataset, name: str) -> str:
    return next(each.heading for each in table.fields if each.name == name)


def bars(table: Dataset, category: str, value: str, *, number: str = "d") -> Description:
    """A bar for each row, in the table's order, with its number at its end."""
    x = {"field": value, "type": "quantitative", "title": None, "axis": None, "scale": {"domainMin": 0}}
    y = {"field": category, "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False}}
    return {
        "width": WIDTH - 180,
        "height": {"step": 26},
        "data": _data(table),
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "bar", "color": GREY, **OUTLINE}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "color": INK},
                "encoding": {"text": {"field": value, "type": "quantitative", "format": number}},
            },
        ],
    }


def pairs(table: Dataset, category: str, values: tuple[str, str]) -> Description:
    """Two figures of each row, one bar upon the other: dark and light, both outlined, with the sum at the end."""
    titles = [_title(table, each) for each in values]
    folded = [{"fold": list(values), "as": ["series", "count"]}]
    series = {
        "field": "series", "type": "nominal", "title": None, "sort": list(values),
        "scale": {"domain": list(values), "range": [GREY, LIGHT]},
        "legend": {"labelExpr": f"datum.value == '{values[0]}' ? '{titles[0]}' : '{titles[1]}'", "symbolStrokeColor": INK},
    }  # fmt: skip
    y = {"field": category, "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False}}
    return {
        "width": WIDTH - 180,
        "height": {"step": 26},
        "data": _data(table),
        "layer": [
            {
                "transform": folded,
                "mark": {"type": "bar", **OUTLINE},
                "encoding": {
                    "y": y,
                    "x": {"field": "count", "type": "quantitative", "title": None, "axis": None},
                    "color": series,
                    "order": {"field": "series"},
                },
            },
            {
                "transform": [{"calculate": f"datum.{values[0]} + datum.{values[1]}", "as": "sum"}],
                "mark": {"type": "text", "align": "left", "dx": 5, "color": INK},
                "encoding": {"y": y, "x": {"field": "sum", "type": "quantitative"}, "text": {"field": "sum"}},
            },
        ],
    }


def years(table: Dataset, over: str, values: tuple[str, ...], *, number: str = "d") -> Description:
    """A row of bars over the years for each figure, each with its own scale and its numbers: no lines that cross."""
    titles = {each: _title(table, each) for each in values}
    names = " : ".join(f"datum.series == '{each}' ? '{title}'" for each, title in titles.items()) + " : ''"
    header = {"labelAngle": 0, "labelAlign": "left", "labelFontSize": 13, "labelPadding": 12, "title": None}
    x = {"field": over, "type": "ordinal", "title": None, "axis": {"labelAngle": 0, "ticks": False}}
    y = {"field": "count", "type": "quantitative", "title": None, "axis": None, "scale": {"domainMin": 0}}
    return {
        "data": _data(table),
        "transform": [{"fold": list(values), "as": ["series", "count"]}, {"calculate": names, "as": "name"}],
        "facet": {"row": {"field": "name", "type": "nominal", "sort": list(titles.values()), "header": header}},
        "spec": {
            "width": WIDTH - 180,
            "height": 62,
            "encoding": {"x": x, "y": y},
            "layer": [
                {"mark": {"type": "bar", "color": GREY, **OUTLINE}},
                {
                    "mark": {"type": "text", "dy": -8, "color": INK},
                    "encoding": {"text": {"field": "count", "type": "quantitative", "format": number}},
                },
            ],
        },
        "resolve": {"scale": {"y": "independent"}},
    }


def grid(table: Dataset, row: str, column: str, value: str) -> Description:
    """A field for each pair of two things, the darker the more, with the number in it."""
    most = max((each[value] or 0 for each in table.records), default=0)
    axis = {"ticks": False, "domain": False, "labelAngle": 0}
    return {
        "width": {"step": 62},
        "height": {"step": 28},
        "data": _data(table),
        "encoding": {
            "x": {"field": column, "type": "ordinal", "title": None, "axis": {**axis, "orient": "top"}},
            "y": {"field": row, "type": "nominal", "sort": None, "title": None, "axis": axis},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 2},
                "encoding": {"color": _shade(value, most)},
            },
            {
                "mark": {"type": "text"},
                "encoding": {"text": {"field": value}, "color": _readable(value, most)},
            },
        ],
    }


def tiles(table: Dataset, value: str, *, suffix: str = "") -> Description:
    """示意地图: a tile for each jurisdiction where it roughly lies, the darker the more, with its name and number."""
    placed = [
        {
            **each,
            "column": TILES[str(each["city_code"])][0],
            "row": TILES[str(each["city_code"])][1],
            "called": offices.short_name(str(each["city_code"])),
        }
        for each in table.records
        if str(each["city_code"]) in TILES
    ]
    most = max((each[value] or 0 for each in table.records), default=0)
    told = f"datum.{value} == null ? '—' : datum.{value} + '{suffix}'"
    return {
        "width": {"step": 104},
        "height": {"step": 66},
        "data": {"values": placed},
        "transform": [{"calculate": told, "as": "told"}],
        "encoding": {
            "x": {"field": "column", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
            "y": {"field": "row", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.08}},
        },
        "layer": [
            {"mark": {"type": "rect", "color": "white", **OUTLINE}},
            {"mark": {"type": "rect", **OUTLINE}, "encoding": {"color": _shade(value, most)}},
            {
                "mark": {"type": "text", "dy": -10},
                "encoding": {"text": {"field": "called"}, "color": _readable(value, most)},
            },
            {
                "mark": {"type": "text", "dy": 12, "fontSize": 17, "fontWeight": "bold"},
                "encoding": {"text": {"field": "told"}, "color": _readable(value, most)},
            },
        ],
    }


def _shade(value: str, most: Any) -> dict[str, Any]:
    scale = {"domain": [0, most or 1], "range": ["#ffffff", "#3b4a5c"], "interpolate": "rgb"}
    return {"field": value, "type": "quantitative", "legend": None, "scale": scale}


def _readable(value: str, most: Any) -> dict[str, Any]:
    """White upon dark, black upon light."""
    return {"condition": {"test": f"datum.{value} > {0.55 * (most or 1)}", "value": "white"}, "value": INK}


def stays(table: Dataset) -> Description:
    """用时: the mean as a bar, and a tick where nine of ten end, each with its number."""
    y = {"field": "actor", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False}}
    ninety = {"field": "ninety", "type": "quantitative"}
    return {
        "width": WIDTH - 180,
        "height": {"step": 34},
        "data": _data(table),
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "color": LIGHT, "size": 18, **OUTLINE},
                "encoding": {"x": {"field": "mean", "type": "quantitative", "title": None, "axis": None}},
            },
            {"mark": {"type": "tick", "color": INK, "thickness": 3, "size": 24}, "encoding": {"x": ninety}},
            {
                "transform": [
                    {"calculate": "'平均' + format(datum.mean, '.1f') + '，九成不超过' + datum.ninety", "as": "told"}
                ],
                "mark": {"type": "text", "align": "left", "dx": 8, "color": INK},
                "encoding": {"x": ninety, "text": {"field": "told"}},
            },
        ],
    }


DRAWN: Mapping[str, Callable[[Dataset], Description]] = {
    "alliances-by-city": lambda table: tiles(table, "alliances"),
    "alliances-by-field": lambda table: pairs(table, "field", ("kind_a", "kind_b")),
    "alliances-by-year": lambda table: years(table, "year", ("applied", "archived", "revoked", "on_file")),
    "archived-by-city-and-year": lambda table: grid(table, "city", "year", "archived"),
    "archived-by-field-and-year": lambda table: grid(table, "field", "year", "archived"),
    "reports-by-year": lambda table: years(table, "year", ("on_time_rate", "reported_rate")),
    "reports-by-city": lambda table: tiles(table, "on_time_rate", suffix="%"),
    "days-by-actor": stays,
    "members-by-type": lambda table: bars(table, "type", "members"),
    "subsidies-by-band": lambda table: bars(table, "band", "amount", number=",d"),
    "research-by-interval": lambda table: pairs(table, "interval", ("kind_a", "kind_b")),
}
"""How the table of each name is drawn."""
