"""Exports spans and log lines by OTLP over HTTP, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.

The collector's other settings are those of OpenTelemetry's own variables. Spans carry what the access lines carry:
routes, never paths; names of errors, never their texts.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from opentelemetry import trace as api
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation import set_span_in_context

from apps.core.logging import formatter
from apps.core.tracing import Span, SpanKind, Trace, register_recorder

_KINDS = {
    SpanKind.SERVER: api.SpanKind.SERVER,
    SpanKind.CLIENT: api.SpanKind.CLIENT,
    SpanKind.CONSUMER: api.SpanKind.CONSUMER,
}
_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
# Their own complaints about a collector that is away would be sent to it.
_OWN_LOGGERS = ("opentelemetry", "urllib3", "requests")


@dataclass(frozen=True, slots=True)
class _Recorded:
    span: api.Span
    trace: Trace

    def note(self, attributes: Mapping[str, str | int | float]) -> None:
        self.span.set_attributes(attributes)

    def name_as(self, name: str) -> None:
        self.span.update_name(name)


class _LogHandler(logging.Handler):
    def __init__(self, provider: LoggerProvider, process: str) -> None:
        super().__init__()
        self._otlp = provider.get_logger("liftos")
        # Secrets have to be struck out here, too.
        self.setFormatter(formatter(process=process, as_json=True))
        self.addFilter(lambda record: not record.name.startswith(_OWN_LOGGERS))

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(self.format(record))
        moment = datetime.fromisoformat(line.pop("time"))
        level = line.pop("level")
        self._otlp.emit(
            timestamp=int(moment.timestamp() * 1_000_000_000),
            severity_number=_SEVERITIES.get(level, SeverityNumber.UNSPECIFIED),
            severity_text=level,
            body=line.pop("event"),
            attributes={name: value for name, value in line.items() if isinstance(value, str | int | float)},
        )


def exporting_begin(*, process: str) -> None:
    """Export what this process does and logs from now on; what is waiting is sent when it ends."""
    resource = Resource.create({"service.name": f"liftos-{process}", "service.namespace": "liftos"})
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    register_recorder(_Recorder(tracers.get_tracer("liftos")).span)
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logging.getLogger().addHandler(_LogHandler(logs, process))


@dataclass(frozen=True, slots=True)
class _Recorder:
    tracer: api.Tracer

    @contextmanager
    def span(self, name: str, kind: SpanKind, parent: Trace | None) -> Iterator[Span]:
        begun = self.tracer.start_span(name, context=_context(parent), kind=_KINDS[kind])
        here = begun.get_span_context()
        with api.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield _Recorded(
                    begun,
                    Trace(f"{here.trace_id:032x}", f"{here.span_id:016x}", f"{int(here.trace_flags):02x}"),
                )
            except Exception as error:
                begun.set_status(api.StatusCode.ERROR, type(error).__name__)
                raise


def _context(parent: Trace | None) -> Context | None:
    if parent is None:
        return None
    flags = api.TraceFlags(int(parent.flags, 16))
    above = api.SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(api.NonRecordingSpan(above))
