"""Traces (activities/tracing.py): one act's way through door, update, activity and statement; only where the deployment says."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities import tracing
from activities.otlp import Otlp
from models.settings import Settings, SettingsRefused
from tests.databases import prepare
from tests.served import Clock
from tests.story import Story, instant
from tests.visiting import visiting
from tests.world import World


class Traced(World):
    """A world that is traced."""

    @cached_property
    def kept(self) -> InMemorySpanExporter:
        """What was traced."""
        return InMemorySpanExporter()

    @cached_property
    def traces(self) -> Otlp:
        """What traces it."""
        return Otlp("http://127.0.0.1:1", 1.0, "test", SimpleSpanProcessor(self.kept))

    @cached_property
    def client(self) -> Client:
        """A client that is traced."""
        config = self.environment.client.config()
        return Client(**config | {"interceptors": [*config["interceptors"], self.sent, self.traces.interceptor]})


@pytest.fixture
async def traced(environment: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Traced]:
    """One, with its worker."""
    async with Traced.opened(environment, tmp_path) as opened:
        opened.traces.of_statements(opened.register.engine)
        yield opened
        await opened.stops()


def way(span: ReadableSpan, by_id: Mapping[int, ReadableSpan]) -> Sequence[str]:
    """What a span came from, the last first."""
    names = [span.name]
    while span.parent and span.parent.span_id in by_id:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    return names


async def test_an_act_is_traced_from_its_door_to_the_statement_that_enters_it(traced: Traced) -> None:
    story = Story(traced, "TRACED-1")
    await story.submitted("2027-03-15")
    traced.kept.clear()
    with traced.traces.tracer.start_as_current_span("door"):
        await story.city("accept", "2027-03-16")
    spans = traced.kept.get_finished_spans()
    by_id = {span.context.span_id: span for span in spans if span.context}
    ways = [way(span, by_id) for span in spans]
    written = next(each for each in ways if each[0] == "INSERT" and "RunActivity:enter" in each)
    assert written[1:] == ["RunActivity:enter", "StartActivity:enter", "StartWorkflowUpdate:act", "door"]
    assert ["HandleUpdate:act", "StartWorkflowUpdate:act", "door"] in ways
    assert any(each == ["SELECT", "door"] for each in ways), "what the door asks of the register itself"
    told = " ".join(str(dict(span.attributes or {})) for span in spans)
    assert not any(word in told for word in ("产学研联盟", story.form["leader"]["name"], story.form["by"]["office"]))


async def test_a_request_is_traced_by_its_route_and_not_by_what_was_asked(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    kept = InMemorySpanExporter()
    traces = Otlp("http://127.0.0.1:1", 1.0, "test", SimpleSpanProcessor(kept))
    async with visiting(settings, Clock(instant("2027-03-16T09:00"))) as house:
        house.app.middleware_stack = traces.of_requests(house.app.build_middleware_stack(), "/api/v1")
        await house.browser().get("/api/v1/filings/13900000000?asked=13900000000")
        await house.browser().get("/13900000000")
    names = [(span.name, (span.attributes or {})["http.response.status_code"]) for span in kept.get_finished_spans()]
    assert names == [("GET /api/v1/filings/{filing_id}", 422), ("GET none", 404)]
    assert "13900000000" not in "".join(span.to_json() for span in kept.get_finished_spans())


def test_traces_go_where_the_deployment_says_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere.example")
    monkeypatch.setattr(tracing, "_begun", [])
    assert tracing.begin(Settings(), "worker") is None, "off unless set"
    asked = []

    def exporter(address: str, **_: float) -> InMemorySpanExporter:
        asked.append(address)
        return InMemorySpanExporter()

    monkeypatch.setattr("activities.otlp.OTLPSpanExporter", exporter)
    traces = tracing.begin(Settings(traces="http://127.0.0.1:4318/v1/traces"), "worker")
    assert asked == ["http://127.0.0.1:4318/v1/traces"]
    assert tracing.begun() is traces
    assert trace.get_tracer_provider().__class__ is trace.ProxyTracerProvider, "libraries find no provider"
    assert traces
    traces.end()


def test_where_the_extra_is_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_begun", [])
    monkeypatch.setitem(sys.modules, "activities.otlp", None)
    with pytest.raises(SettingsRefused, match=r"BEIAN_TRACES.*requirements-traces"):
        tracing.begin(Settings(traces="http://127.0.0.1:4318/v1/traces"), "worker")
