"""Events of the Stripe stand-in: signed, in order, again until they are answered."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from deploy.dev.stripe.server import StripeServer
from deploy.dev.stripe.webhooks import LONGEST_PAUSE_SECONDS, pause_after
from tests.factories.stripe import SECRET_KEY, WEBHOOK_SECRET, StandIn


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; answers with `refusals` first, then with success."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.received: list[tuple[bytes, str]] = []
        self.refusals: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _signature in self.received]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((body, self.headers["Stripe-Signature"]))
        self.send_response(self.server.refusals.pop(0) if self.server.refusals else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(5)


def test_events_arrive_signed_and_in_order(stand_in: StandIn, receiver: Receiver) -> None:
    stand_in.send_webhooks_to(receiver.url)
    product = stand_in.client.v1.products.create({"name": "<Plan>"})
    stand_in.client.v1.products.update(product.id, {"name": "Plan ü"})
    stand_in.client.v1.products.update(product.id, {"name": "Plan ü"})
    stand_in.client.v1.products.delete(product.id)
    stand_in.wait_delivered()
    assert receiver.types() == ["product.created", "product.updated", "product.deleted"]
    for body, signature in receiver.received:
        event = stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
        assert event.api_version == "2026-05-27.dahlia"
    body, signature = receiver.received[1]
    assert json.loads(body)["data"]["previous_attributes"] == {"name": "<Plan>"}
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, WEBHOOK_SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_what_is_refused_comes_again_without_holding_up_the_rest(stand_in: StandIn, receiver: Receiver) -> None:
    stand_in.send_webhooks_to(receiver.url)
    receiver.refusals = [500]
    stand_in.client.v1.customers.create()
    stand_in.client.v1.products.create({"name": "Plan"})
    stand_in.wait_delivered()
    assert receiver.types() == ["customer.created", "product.created", "customer.created"]
    assert receiver.received[0][0] == receiver.received[2][0]


def test_pauses_grow_up_to_a_cap() -> None:
    assert [pause_after(n) for n in range(4)] == [1, 2, 4, 8]
    assert pause_after(1000) == LONGEST_PAUSE_SECONDS


def test_deliveries_wait_while_they_are_paused_and_outlive_a_restart(tmp_path: Any, receiver: Receiver) -> None:
    for first in (True, False):
        server = StripeServer(
            tmp_path, port=0, secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, webhook_url=receiver.url
        )
        server.start()
        stand_in = StandIn(server.url)
        if first:
            stand_in.pause()
            stand_in.client.v1.customers.create()
            assert stand_in.control("GET", "/_deliveries") == {"paused": True, "pending": 1}
            assert receiver.received == []
        else:
            stand_in.pause(paused=False)
            stand_in.wait_delivered()
        server.stop()
    assert receiver.types() == ["customer.created"]


def test_events_are_sent_again_on_demand(stand_in: StandIn, receiver: Receiver) -> None:
    stand_in.client.v1.customers.create()
    stand_in.client.v1.products.create({"name": "Plan"})
    # Nobody was told: there was no address yet.
    stand_in.send_webhooks_to(receiver.url)
    stand_in.wait_delivered()
    assert receiver.received == []
    ids = [event["id"] for event in stand_in.events()]
    assert stand_in.redeliver() == 2
    assert stand_in.redeliver([ids[1], "evt_none"]) == 1
    stand_in.wait_delivered()
    assert receiver.types() == ["customer.created", "product.created", "product.created"]


def test_endpoints_get_what_they_asked_for_with_their_own_secret(stand_in: StandIn, receiver: Receiver) -> None:
    endpoint = stand_in.client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["product.created"]})
    assert endpoint.secret
    assert "secret" not in stand_in.client.v1.webhook_endpoints.retrieve(endpoint.id)
    stand_in.client.v1.customers.create()
    stand_in.client.v1.products.create({"name": "Plan"})
    stand_in.wait_delivered()
    assert receiver.types() == ["product.created"]
    stripe.Webhook.construct_event(*receiver.received[0], endpoint.secret)


def test_nothing_is_sent_to_other_machines(stand_in: StandIn) -> None:
    # The tests' network guard would fail this.
    stand_in.client.v1.webhook_endpoints.create({"url": "http://192.0.2.1/hook", "enabled_events": ["*"]})
    stand_in.client.v1.customers.create()
    stand_in.wait_delivered()


def test_events_are_listed_and_retrieved(stand_in: StandIn) -> None:
    stand_in.client.v1.customers.create()
    stand_in.client.v1.products.create({"name": "Plan"})
    found = stand_in.client.v1.events.list({"type": "product.*"}).data
    assert [event.type for event in found] == ["product.created"]
    assert stand_in.client.v1.events.retrieve(found[0].id).data.object["name"] == "Plan"
