"""The stand-in on its port: HTTP, limits, and the background that lets time pass."""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from deploy.dev.stripe import clock, pages, webhooks
from deploy.dev.stripe.api import Answer, Api, Request
from deploy.dev.stripe.errors import StripeError
from deploy.dev.stripe.forms import parse_form
from deploy.dev.stripe.store import Store

LOOPBACK = "127.0.0.1"
HOSTS = {"127.0.0.1", "localhost", "[::1]"}
MAX_BODY = 1024 * 1024
TICK_SECONDS = 2.0
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
IDLE_CONNECTION_SECONDS = 60


class StripeServer(ThreadingHTTPServer):
    """Serves one folder's Stripe on the loopback interface, from `start` to `stop`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, folder: Path, *, port: int, secret_key: str, webhook_secret: str, webhook_url: str = "") -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.url = f"http://{LOOPBACK}:{self.server_port}"
        self.store = Store(folder)
        self.store.base_url = self.url
        self.courier = webhooks.Courier(self.store)
        self.api = Api(self.store, secret_key, webhook_secret, self.courier)
        self._stopping = threading.Event()
        self._background: list[threading.Thread] = []
        with self.store.transaction():
            if self.store.setting("account") is None:
                self.store.set_setting("account", f"acct_{secrets.token_hex(8)}")
                self.store.set_setting("account_created", str(int(time.time())))
            webhooks.set_own_endpoint(self.store, webhook_url, webhook_secret)

    def start(self) -> None:
        self.courier.start()
        for target in (self._tick, lambda: self.serve_forever(poll_interval=0.02)):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self._background.append(thread)

    def stop(self) -> None:
        self._stopping.set()
        self.shutdown()
        self.courier.stop()
        for thread in self._background:
            thread.join(5)
        self.server_close()
        self.store.close()

    def _tick(self) -> None:
        """Let real time pass."""
        while not self._stopping.wait(TICK_SECONDS):
            with self.store.transaction():
                done = clock.catch_up(self.store, self.store.now())
            if done:
                self.courier.wake()


class _Handler(BaseHTTPRequestHandler):
    server: StripeServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_CONNECTION_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            self._check_host()
            body = self._body()
            if urlsplit(self.path).path.startswith(("/v1/", "/_")):
                self._json(self.server.api.handle(self._request(body)))
            else:
                self._page(body)
        except StripeError as error:
            self._json(Answer(error.status, error.body()))

    def _check_host(self) -> None:
        """Refuse names that lead here from outside: they would let foreign pages read what is local."""
        if self.headers.get("Host", "").rpartition(":")[0] not in HOSTS:
            raise StripeError("Only addresses of this machine are served.", status=421)

    def _body(self) -> str:
        """Read the whole body, or close the connection behind the refusal."""
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            raise StripeError("A body needs its length.", status=411)
        if len(length) > 9 or int(length) > MAX_BODY:  # noqa: PLR2004 - digits enough for any body
            self.close_connection = True
            raise StripeError("The request is larger than 1 MB.", status=413)
        return self.rfile.read(int(length)).decode("utf-8", "replace")

    def _request(self, body: str) -> Request:
        parts = _split(self.path)
        values = parse_form(parts.query)
        if self.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json" and body:
            values |= _json_values(body)
        else:
            values |= parse_form(body)
        headers = self.headers
        path, key = unquote(parts.path), headers.get("Idempotency-Key", "")
        return Request(self.command, path, values, headers.get("Authorization", ""), key)

    def _page(self, body: str) -> None:
        parts = _split(self.path)
        form = {name: value for name, value in parse_form(body).items() if isinstance(value, str)}
        page = pages.respond(self.server.store, self.command, unquote(parts.path), form)
        self.server.courier.wake()
        headers = {
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if page.location:
            headers["Location"] = page.location
        self._send(page.status, page.kind, page.body, headers)

    def _json(self, answer: Answer) -> None:
        headers = {"Request-Id": f"req_{secrets.token_hex(7)}"}
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        self._send(answer.status, "application/json", json.dumps(answer.body, indent=2).encode(), headers)

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Say nothing: addresses hold what opens pages."""


def _split(path: str) -> Any:
    try:
        return urlsplit(path)
    except ValueError as error:
        raise StripeError("Invalid address.") from error


def _json_values(body: str) -> dict[str, Any]:
    """Read JSON as a form would have brought it."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise StripeError("Invalid JSON.") from error
    if not isinstance(values, dict):
        raise StripeError("Invalid JSON: an object is expected.")
    flat: dict[str, Any] = _as_form(values, 0)
    return flat


def _as_form(value: Any, depth: int) -> Any:
    if depth > 6:  # noqa: PLR2004 - as deep as forms
        raise StripeError("Invalid JSON: too deep.")
    if isinstance(value, list):
        value = {str(place): entry for place, entry in enumerate(value)}
    if isinstance(value, dict):
        return {_clean(name): _as_form(entry, depth + 1) for name, entry in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _clean(str(value))


def _clean(text: str) -> str:
    """Return text without halves of characters, which no file takes."""
    return text.encode("utf-8", "replace").decode()
