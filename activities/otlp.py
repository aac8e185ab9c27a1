"""Traces by OpenTelemetry, sent by OTLP over HTTP to one address and nowhere else; no provider is set for libraries to find."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.api.common.v1 import Payload
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import HandleUpdateInput, WorkflowInterceptorClassInput

from activities.backup import release
from activities.health.routes import route_of

PATIENCE = 3.0
"""Seconds after which a collector that takes nothing is given up with what it was to take: nobody ends later because of it."""

LONGEST = 1000
"""Characters of a statement that are kept of it."""


_asked: ContextVar[Payload | None] = ContextVar("asked", default=None)
"""Whose trace the update belongs to that is being handled."""


class _OfActs(TracingWorkflowInboundInterceptor):
    """What an act leads to belongs to the trace of whoever asked for it. The SDK's own would have it belong to the trace in
    which the filing was begun, perhaps years before; what time brings belongs to none, and is one of its own.

    It rests on a name inside of temporalio 1.35, which is pinned; tests/test_tracing.py fails where it is another.
    """

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _asked.set(input.headers.get(self.header_key))
        return await super().handle_update_handler(input)

    def _load_workflow_context_carrier(self) -> Any:
        header = _asked.get()
        return self.payload_converter.from_payloads([header])[0] if header else None


class _Interceptor(TracingInterceptor):
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _OfActs


class Otlp:
    """What is traced in a process; `share` of what begins here, and whatever whoever asks has traced already."""

    def __init__(self, address: str, share: float, process: str, processor: SpanProcessor | None = None) -> None:
        self.provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource({"service.name": f"beian-{process}", "service.version": release()}),
        )
        self.provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(address, timeout=PATIENCE)))

    @cached_property
    def tracer(self) -> Tracer:
        """By which everything is traced."""
        return self.provider.get_tracer("beian")

    @cached_property
    def interceptor(self) -> Interceptor:
        """Carries a trace into the engine, its workflows and activities, by the SDK's own way."""
        return _Interceptor(self.tracer)

    def of_requests(self, app: ASGIApp, api: str) -> ASGIApp:
        """Each request, by its route."""
        return _Requests(app, api, self.tracer)

    def of_statements(self, engine: Engine) -> None:
        """Each statement without its values, where something that is traced asks for it."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)

    def _before(self, db: Any, _: Any, statement: str, __: Any, context: Any, ___: bool) -> None:
        if context is not None and trace.get_current_span().get_span_context().is_valid:
            told: Mapping[str, str] = {"db.system": db.dialect.name, "db.statement": statement[:LONGEST]}
            context._traced = self.tracer.start_span(statement.split(None, 1)[0], kind=SpanKind.CLIENT, attributes=told)

    def _after(self, _: Any, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:
        if span := getattr(context, "_traced", None):
            span.end()

    def _failed(self, failure: Any) -> None:
        if span := getattr(failure.execution_context, "_traced", None):
            span.set_status(Status(StatusCode.ERROR, type(failure.original_exception).__name__))
            span.end()

    def end(self) -> None:
        """Send what is still here, and stop."""
        self.provider.shutdown()


@dataclass(frozen=True)
class _Requests:
    app: ASGIApp
    api: str
    tracer: Tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with self.tracer.start_as_current_span(
            scope["method"], kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:

            async def answered(message: Message) -> None:
                if status := message.get("status"):
                    span.set_attribute("http.response.status_code", status)
                    span.set_status(StatusCode.ERROR if status >= 500 else StatusCode.UNSET)
                await send(message)

            try:
                await self.app(scope, receive, answered)
            finally:
                route = route_of(scope, self.api)
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.request.method": scope["method"], "http.route": route})
