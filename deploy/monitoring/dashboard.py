"""The dashboard (看板) for Grafana: a picture of each metric of the table, in its order; and the few of the engine's that count."""

import json
from collections.abc import Iterator
from typing import Any

from models import metrics
from models.metrics import TABLE, Metric

UNITS = {"seconds": "s", "bytes": "bytes"}
"""What Grafana calls the units that it can write out."""

WIDTH, HEIGHT, COLUMNS = 12, 8, 2

AGE = f"time() - max({metrics.BACKUP.name})"
"""An instant says little in a picture: it is shown how long ago it was."""

OF_THE_ENGINE = (
    ("工作流任务失败", "Workflow tasks that failed: a bug stops filings.", "sum(temporal_workflow_task_execution_failed)", "short"),
    (
        "工作流任务等待 worker 的用时（95%）", "How long a workflow task waits for a worker, 95 of 100: too few workers, or none.",
        "histogram_quantile(0.95, sum by (le) (rate(temporal_workflow_task_schedule_to_start_latency_bucket[5m])))", "s",
    ),
    (
        "写入备案库的用时（95%）", "How long a local activity takes, 95 of 100: the register is slow.",
        "histogram_quantile(0.95, sum by (le) (rate(temporal_local_activity_execution_latency_bucket[5m])))", "s",
    ),
)  # fmt: skip


def _queries(metric: Metric) -> Iterator[tuple[str, str]]:
    """What is asked for a metric, and what each line is called."""
    by = f" by ({', '.join(metric.labels)})" if metric.labels else ""
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels)
    match metric.type:
        case "counter":
            yield f"sum{by} (rate({metric.name}[5m]))", legend
        case "histogram":
            for share in (0.5, 0.95):
                yield f"histogram_quantile({share}, sum by (le) (rate({metric.name}_bucket[5m])))", f"{share:.0%}"
        case "gauge" if metric == metrics.BACKUP:
            yield AGE, legend
        case "gauge" if metric.told in ("every", "gateway"):
            yield metric.name, f"{{{{instance}}}} {legend}".strip()
        case "gauge":
            yield f"max{by} ({metric.name})", legend


def _panel(number: int, title: str, description: str, queries: list[tuple[str, str]], unit: str) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {
            "h": HEIGHT, "w": WIDTH, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expr, "legendFormat": legend or "__auto"}
            for index, (expr, legend) in enumerate(queries)
        ],
    }  # fmt: skip


def board() -> str:
    """The dashboard as a file for Grafana."""
    told: list[tuple[str, str, list[tuple[str, str]], str]] = [
        (each.chinese, f"{each.english} ({each.name})", list(_queries(each)), UNITS.get(each.unit, "short"))
        for each in TABLE
        if each != metrics.BUILD
    ]
    told += [(title, description, [(expr, "")], unit) for title, description, expr, unit in OF_THE_ENGINE]
    document = {
        "uid": "beian",
        "title": "备案 beian",
        "tags": ["beian"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Asia/Shanghai",
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "数据源"}],
        },
        "panels": [_panel(number, *each) for number, each in enumerate(told)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
