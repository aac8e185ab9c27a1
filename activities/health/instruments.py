"""What a process counts as it works: refusals, how late lapses were entered, how long requests took."""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics

from models import metrics
from models.metrics import Metric
from models.vocabulary import ActKind, Kind
from regulation.rounds.every import RULES

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
"""Everything that this process counts; and what it takes itself (`process_…`)."""

ProcessCollector(registry=REGISTRY)


def _counter(metric: Metric) -> Counter:
    return Counter(metric.name, metric.english, metric.labels, registry=REGISTRY)


def _histogram(metric: Metric, *buckets: float) -> Histogram:
    return Histogram(metric.name, metric.english, metric.labels, registry=REGISTRY, buckets=buckets)


LATENESS = _histogram(metrics.LATENESS, 1, 5, 15, 60, 300, 1800, 7200, 86_400)
REQUESTS = _histogram(metrics.REQUESTS, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
LIMITS_UNTOLD = _counter(metrics.LIMITS_UNTOLD)
_REFUSALS = _counter(metrics.REFUSALS)

ACTS = frozenset({*(act.value for act in ActKind), *(act for rules in RULES.values() for act in rules.rows)})
APPLICATIONS = frozenset(kind.value for kind in Kind)


def refused(kind: str) -> None:
    """An act was refused at a door. What it calls itself anybody may have written: what is none is `other`."""
    _REFUSALS.labels("submit" if kind in APPLICATIONS else kind if kind in ACTS else "other").inc()
