"""A Stripe of the tests' own: the stand-in on a free loopback port, with an empty folder."""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from deploy.dev.stripe.server import StripeServer

SECRET_KEY = f"sk_test_{'0123456789abcdef' * 2}"
WEBHOOK_SECRET = f"whsec_{'0123456789abcdef' * 2}"
DRAIN_SECONDS = 20.0


@dataclass(frozen=True)
class StandIn:
    """What tests need of it. Everything goes through its port, as it does for the product."""

    api_host: str
    secret_key: str = SECRET_KEY
    webhook_secret: str = WEBHOOK_SECRET

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(self.secret_key, base_addresses={"api": self.api_host})

    def advance(self, seconds: int) -> int:
        """Let time pass there, with all that falls due; return the new time."""
        return int(self.control("POST", "/_clock", advance_seconds=seconds)["now"])

    def events(self) -> list[dict[str, Any]]:
        """Return all events, the oldest first."""
        return list(self.control("GET", "/_events")["data"])

    def redeliver(self, ids: list[str] | None = None) -> int:
        named = {} if ids is None else {"ids": ids}
        return int(self.control("POST", "/_redeliver", **named)["queued"])

    def pause(self, *, paused: bool = True) -> None:
        self.control("POST", "/_deliveries", paused=paused)

    def send_webhooks_to(self, url: str) -> None:
        self.control("POST", "/_webhook", url=url)

    def wait_delivered(self) -> None:
        """Return when every event has been answered with success."""
        end = time.monotonic() + DRAIN_SECONDS
        while self.control("GET", "/_deliveries")["pending"]:
            assert time.monotonic() < end, "events are still undelivered"
            time.sleep(0.02)

    def control(self, method: str, path: str, **values: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.secret_key}", "Content-Type": "application/json"}
        status, _headers, body = self.send(method, path, json.dumps(values).encode() if values else b"", headers)
        assert status == 200, body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def submit(self, url: str, **fields: str) -> tuple[int, str, str]:
        """Press a button of a page as a browser would; return the status, where it leads, and the text."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answered, body = self.send("POST", urlsplit(url).path, urlencode(fields).encode(), headers)
        return status, answered.get("Location", ""), body.decode()

    def subscribe(self, url: str, *, number: str = "4242424242424242", **fields: str) -> tuple[int, str, str]:
        """Fill in and send a checkout page."""
        return self.submit(url, card_number=number, expires="12/40", cvc="123", action="subscribe", **fields)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.api_host).netloc, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


@pytest.fixture
def stripe_server(tmp_path: Path) -> Iterator[StripeServer]:
    server = StripeServer(tmp_path / "stripe", port=0, secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stand_in(stripe_server: StripeServer) -> StandIn:
    return StandIn(stripe_server.url)
