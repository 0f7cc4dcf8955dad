"""What a collector gets of a process that is told of it: one trace through web, worker and log, and no secret."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.dev.state import LOOPBACK, REPOSITORY

TRACE = "0af7651916cd43dd8448eb211c80319c"
# A process that answers a request, runs a job of the same trace, fails once, and logs something secret on the way.
PROCESS = f"""
    import logging, os, time
    import django
    from django.test import Client
    django.setup()
    from apps.core.tracing import SpanKind, parsed, span, traceparent

    Client().get("/health?token=hunter2", headers={{"traceparent": "00-{TRACE}-b7ad6b7169203331-01"}})
    with span("job", SpanKind.CONSUMER, parent=parsed("00-{TRACE}-b7ad6b7169203331-01")):
        logging.getLogger("apps").warning("sent lift_live_0123456789abcdefghij", extra={{"password": "hunter2"}})
        pid = os.fork()
        if not pid:
            try:
                with span("below", SpanKind.CLIENT):
                    raise ValueError("hunter2")
            except ValueError:
                # As a worker's child would go on: its own exporter sends every five seconds.
                time.sleep(6.5)
            os._exit(0)
        os.waitpid(pid, 0)
"""


@dataclass
class Collector:
    url: str = ""
    spans: dict[str, Any] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)
    logs: list[Any] = field(default_factory=list)
    raw: bytes = b""


@pytest.fixture
def collector() -> Iterator[Collector]:
    got = Collector()

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.raw += body
            if self.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    got.services |= {one.value.string_value for one in resource.resource.attributes}
                    got.spans |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
            else:
                for logged in ExportLogsServiceRequest.FromString(body).resource_logs:
                    got.logs += [record for scope in logged.scope_logs for record in scope.log_records]
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            del format, args

    with ThreadingHTTPServer((LOOPBACK, 0), Receive) as server:
        got.url = f"http://{LOOPBACK}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield got
        server.shutdown()
        thread.join()


def run(**environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", textwrap.dedent(PROCESS)],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "ENVIRONMENT": "test", "DJANGO_SETTINGS_MODULE": "liftos.settings.test", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_one_trace_reaches_the_collector_without_secrets(collector: Collector) -> None:
    run(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, PROCESS_NAME="web")
    assert set(collector.spans) == {"GET /health", "job", "below"}
    assert {span.trace_id.hex() for span in collector.spans.values()} == {TRACE}
    assert collector.spans["below"].parent_span_id == collector.spans["job"].span_id
    assert collector.spans["below"].status.message == "ValueError"
    request = {one.key: one.value for one in collector.spans["GET /health"].attributes}
    assert (request["liftos.route"].string_value, request["liftos.status"].int_value) == ("/health", 200)
    assert {"liftos-web"} <= collector.services
    (line,) = [record for record in collector.logs if record.severity_text == "warning"]
    assert line.body.string_value == "sent [secret]"
    assert line.trace_id.hex() == TRACE
    assert b"hunter2" not in collector.raw
    assert b"lift_live" not in collector.raw


def test_a_collector_that_is_away_harms_nothing() -> None:
    # Nobody listens on the port of a closed server.
    with ThreadingHTTPServer((LOOPBACK, 0), BaseHTTPRequestHandler) as server:
        url = f"http://{LOOPBACK}:{server.server_address[1]}"
    run(OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_TIMEOUT="1")
