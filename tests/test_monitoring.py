"""What Prometheus and Grafana are given (deploy/monitoring): made of the table of metrics, and nothing in it is misspelt.

That each alert comes when it should, and only then, promtool tries (`make alerts`, in CI); here is seen that it tries all of them.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import yaml

from deploy.monitoring import alerts, dashboard
from models import metrics
from models.metrics import TABLE

ROOT = Path(__file__).parent.parent
MONITORING = ROOT / "deploy" / "monitoring"
OF_OTHERS = {
    "up", "temporal_workflow_task_execution_failed", "temporal_workflow_task_schedule_to_start_latency",
    "temporal_local_activity_execution_latency",
}  # fmt: skip
"""Metrics that are not ours: Prometheus's own, and those of the engine that stand in docs/operations.md."""

NAMES = {each.name: each for each in TABLE}
SERIES = {
    **NAMES,
    **{
        f"{each.name}{suffix}": each
        for each in TABLE
        if each.type == "histogram"
        for suffix in ("_bucket", "_count", "_sum")
    },
}


def named(expr: str) -> set[str]:
    """The series that an expression asks for."""
    return set(re.findall(r"\b(?:beian|temporal)_\w+|\bup\b", expr))


def test_alerts_and_dashboard_ask_for_what_is_told_by_labels_that_it_has() -> None:
    panels = json.loads(dashboard.board())["panels"]
    asked = [each.expr for each in alerts.ALERTS] + [each["expr"] for panel in panels for each in panel["targets"]]
    for expr in asked:
        for name in named(expr):
            assert name in SERIES or name.removesuffix("_bucket") in OF_OTHERS, expr
        for name, matched in re.findall(r"(beian_\w+)\{(\w+)=", expr):
            assert matched in SERIES[name].labels, expr
        own = {label for name in named(expr) & SERIES.keys() for label in SERIES[name].labels}
        for by in re.findall(r"by \(([^)]*)\)", expr):
            assert set(re.split(r",\s*", by)) <= {*own, "job", "instance", "le"}, expr


def test_each_metric_has_a_picture_in_the_order_of_the_table() -> None:
    panels = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))["panels"]
    shown = [name for panel in panels for name in NAMES if panel["description"].endswith(f"({name})")]
    assert shown == [name for name in NAMES if name != metrics.BUILD.name]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)


def test_the_rules_are_what_the_table_says_and_lead_to_what_is_to_be_done() -> None:
    rules = yaml.safe_load(alerts.rules())["groups"][0]["rules"]
    assert [(each["alert"], each["expr"], each["for"]) for each in rules] == [
        (each.name, each.expr, each.lasts) for each in alerts.ALERTS
    ]
    titles = re.findall(r"^#+ (.*)$", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert {each.see for each in alerts.ALERTS} <= anchors


def test_promtool_tries_of_each_alert_that_it_comes_and_that_it_does_not() -> None:
    tried = defaultdict[str, set[bool]](set)
    for path in MONITORING.glob("*_test.yml"):
        for group in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for case in group["promql_expr_test"]:
                for name in re.findall(r'alertname="(\w+)"', case["expr"]):
                    tried[name].add(bool(case["exp_samples"]))
    assert tried == {each.name: {True, False} for each in alerts.ALERTS}
    assert "alerts_of_days_test.yml" in (ROOT / "Makefile").read_text("utf-8")
