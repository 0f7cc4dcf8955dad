"""A receiver of webhooks: an HTTP server that keeps what it gets and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

# Status, headers, body, and seconds to wait before the answer.
Answer = tuple[int, dict[str, str], bytes, float]
OK: Answer = (200, {}, b"thanks", 0.0)


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """`answers` gives the answer to each message; by default all is well."""

    port: int = 0
    got: list[Received] = field(default_factory=list)
    answers: Callable[[Received], Answer] = lambda _: OK
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Senders that give up break connections: nothing is wrong here."""


def serve(receiver: Receiver) -> _Server:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer leaves at once and in one piece: else each waits for 40 ms (Nagle's algorithm and delayed ACKs).
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            message = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(message)
            status, headers, content, seconds = receiver.answers(message)
            if seconds and receiver.closing.wait(seconds):
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            """Nobody reads it."""

    server = _Server(("127.0.0.1", receiver.port), Handler)
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    """Start receivers: `receivers()`; all end with the test."""
    running: list[tuple[Receiver, _Server]] = []

    def make() -> Receiver:
        receiver = Receiver()
        running.append((receiver, serve(receiver)))
        return receiver

    yield make
    for receiver, server in running:
        receiver.closing.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(receivers: Callable[[], Receiver]) -> Receiver:
    return receivers()
