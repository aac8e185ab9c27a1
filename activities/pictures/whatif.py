"""A what-if (推演) drawn: months of what matters in either future, and the fullest days of the offices; behind each picture its table."""

from activities.documents.whatif import FIRST, KINDS
from activities.pictures.charts import GREY, INK, LIGHT, OUTLINE, WIDTH
from activities.pictures.datasets import Dataset, Field
from activities.pictures.drawing import Description, svg
from models.values import day_of
from models.whatif import Outcome
from regulation import whatif

OFFICES = 16
"""So many offices are drawn: those whose fullest day grows most."""

FUTURES = {"was": "现行", "is_now": "假定"}


def by_month(outcome: Outcome) -> Dataset:
    """What matters, month by month, in either future."""
    drawn = [kind for kind in FIRST if any(each.kind == kind for each in outcome.sums)]
    months = sorted({month for _, month, _, _ in outcome.months})
    counted = {(kind, month): (was, is_now) for kind, month, was, is_now in outcome.months}
    rows = tuple((KINDS[kind], month, *counted.get((kind, month), (0, 0))) for kind in drawn for month in months)
    of = (Field("kind", "事项", "string"), Field("month", "月份", "string"))
    fields = (*of, Field("was", "现行", unit="件"), Field("is_now", "假定", unit="件"))
    return Dataset("whatif-months", "逐月的事项", "推演所得，非实际数", fields, rows, day_of(outcome.at))


def by_office(outcome: Outcome) -> Dataset:
    """The offices and how much they have in hand on their fullest day, in either future."""
    rows = tuple((whatif.named(each.office), each.most_was, each.most_is_now) for each in outcome.offices[:OFFICES])
    fields = (Field("office", "机构", "string"), Field("was", "现行", unit="件"), Field("is_now", "假定", unit="件"))
    return Dataset("whatif-offices", "手头最多的一天", "推演所得，非实际数", fields, rows, day_of(outcome.at))


def _two(category: str, table: Dataset) -> Description:
    """Both futures as bars beside each other, dark and light, with their numbers."""
    names = " : ".join(f"datum.future == '{name}' ? '{title}'" for name, title in FUTURES.items()) + " : ''"
    colour = {
        "field": "name", "type": "nominal", "title": None, "sort": list(FUTURES.values()),
        "scale": {"domain": list(FUTURES.values()), "range": [GREY, LIGHT]}, "legend": {"symbolStrokeColor": INK},
    }  # fmt: skip
    return {
        "data": {"values": table.records},
        "transform": [{"fold": list(FUTURES), "as": ["future", "count"]}, {"calculate": names, "as": "name"}],
        "encoding": {"color": colour, **_axes(category)},
    }


def _axes(category: str) -> Description:
    if category == "office":
        return {
            "y": {
                "field": "office",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False},
            },
            "yOffset": {"field": "name", "sort": list(FUTURES.values())},
            "x": {"field": "count", "type": "quantitative", "title": None, "axis": None, "scale": {"domainMin": 0}},
        }
    return {
        "x": {
            "field": "month",
            "type": "ordinal",
            "title": None,
            "axis": {"labelAngle": -90, "ticks": False, "labelFontSize": 10},
        },
        "xOffset": {"field": "name", "sort": list(FUTURES.values())},
        "y": {
            "field": "count",
            "type": "quantitative",
            "title": None,
            "axis": {"tickCount": 3},
            "scale": {"domainMin": 0},
        },
    }


def months_drawn(outcome: Outcome) -> str:
    """The months as SVG: a row for each thing that matters, with a scale of its own."""
    table = by_month(outcome)
    described = _two("month", table)
    order = list(dict.fromkeys(row[0] for row in table.rows))
    header = {"labelAngle": 0, "labelAlign": "left", "labelFontSize": 13, "title": None}
    spec = {
        "width": WIDTH - 160,
        "height": 70,
        "mark": {"type": "bar", **OUTLINE, "strokeWidth": 0.3},
        "encoding": described["encoding"],
    }
    return svg(
        {
            "data": described["data"],
            "transform": described["transform"],
            "facet": {"row": {"field": "kind", "type": "nominal", "sort": order, "header": header}},
            "spec": spec,
            "resolve": {"scale": {"y": "independent"}},
        }
    )


def offices_drawn(outcome: Outcome) -> str:
    """The offices as SVG."""
    described = _two("office", by_office(outcome))
    number = {
        "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 10},
        "encoding": {"text": {"field": "count", "type": "quantitative"}, "color": {"value": INK}},
    }
    layers = [{"mark": {"type": "bar", **OUTLINE}}, number]
    return svg({"width": WIDTH - 220, "height": {"step": 13}, **described, "layer": layers})
