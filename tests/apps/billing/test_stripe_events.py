"""Webhooks from outside: what is not Stripe's leaves no trace, and what is may come in any order, often and late.

`STRIPE_EVENTS=500` in the environment gives the full dose.
"""

import itertools
import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization
from apps.accounts.services.organizations import organization_create
from apps.billing.models import PlanPrice, StripeEvent, Subscription
from apps.billing.selectors.entitlements import entitlements_read
from apps.core.models import Job
from apps.core.tenancy.scope import public_scope
from tests.apps.billing.conftest import WEBHOOK, Delivery, signed
from tests.bench.servers import web
from tests.factories.gateway import token_of
from tests.factories.stripe import StandIn

EVENTS = int(os.environ.get("STRIPE_EVENTS", "100"))
TIMES, CUSTOMERS = 10, 4
DAY = 24 * 3600
LARGE = 2_500_000
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.updated",
    "created": 1_700_000_000,
    "data": {"object": {"object": "customer", "id": "cus_1"}},
}


def rows() -> dict[str, int]:
    """Return how many rows every table has, except for what an authentication may write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        names = [row[0] for row in cursor.fetchall()]
        counts = {}
        for name in names:
            schema, table = name.split(".")
            cursor.execute(f'SELECT count(*) FROM "{schema}"."{table}"')  # noqa: S608 - names of the catalogue
            counts[name] = cursor.fetchone()[0]
    return counts


def post(body: bytes, signature: str | None) -> tuple[int, str]:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    answer = APIClient(raise_request_exception=False).post(
        WEBHOOK, body, content_type="application/json", headers=headers
    )
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_what_stripe_has_not_signed_just_now_is_refused_and_leaves_nothing(db: None, billing: StandIn) -> None:
    body, secret, now = json.dumps(EVENT).encode(), billing.webhook_secret, time.time()
    good = signed(body, secret)
    before = rows()
    refused = [
        None,
        "",
        "t=1",
        "nonsense",
        "t=x,v1=y",
        f"{good.partition(',')[0]},v1={'0' * 64}",
        signed(body, "whsec_other"),
        signed(body + b" ", secret),
        signed(body, secret, at=now - 301),
        signed(body, secret, at=now - 3 * DAY),
        signed(body, secret, at=now + 3600),
        signed(body, secret, at=now + 365 * DAY),
        good.replace("v1=", "v0="),
    ]
    assert {post(body, signature) for signature in refused} == {(400, "invalid_signature")}
    assert rows() == before
    # A clock may be a little ahead.
    assert post(body, signed(body, secret, at=now + 60)) == (200, "")
    assert rows()["public.billing_stripeevent"] == before["public.billing_stripeevent"] + 1


def test_events_are_counted_by_type_once_each(db: None, billing: StandIn) -> None:
    body, secret = json.dumps({**EVENT, "id": "evt_counted"}).encode(), billing.webhook_secret
    names: list[tuple[str, dict[str, str]]] = [
        ("billing_events_total", {"type": "customer.updated"}),
        ("billing_events_refused_total", {}),
    ]
    before = [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in names]
    for signature in (signed(body, secret), signed(body, secret), signed(body, "whsec_other")):
        post(body, signature)
    after = [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        None,
        7,
        {},
        {**EVENT, "created": "soon"},
        {**EVENT, "created": 10**30},
        {**EVENT, "id": None, "created": None},
        {**EVENT, "id": "evt_\u0000"},
        {**EVENT, "type": "a\u0000b"},
        {**EVENT, "data": {"object": []}},
        {**EVENT, "data": {"object": "cus_1"}},
        {**EVENT, "data": []},
        {**EVENT, "data": {"object": {"object": "customer", "id": "\u0000"}}},
    ],
    ids=str,
)
def test_signed_nonsense_is_refused_too(db: None, billing: StandIn, content: Any) -> None:
    body = json.dumps(content).encode()
    before = rows()
    assert post(body, signed(body, billing.webhook_secret)) == (400, "invalid_signature")
    assert rows() == before


def test_large_bodies_are_refused_unread(db: None, billing: StandIn) -> None:
    body = json.dumps({**EVENT, "padding": "x" * LARGE}).encode()
    before = rows()
    assert post(body, signed(body, billing.webhook_secret)) == (413, "too_large")
    assert post(body, None) == (413, "too_large")
    assert rows() == before


@pytest.fixture
def web_port(committed_db: str, flush_redis: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("DATABASE_URL", committed_db)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_0123456789")
    with web() as port:
        yield port


def test_large_bodies_are_refused_by_a_real_server(web_port: int) -> None:
    body = json.dumps({**EVENT, "padding": "x" * LARGE}).encode()
    signature = signed(body, "whsec_0123456789")
    before, answered = rows(), []
    for header, content in (
        (f"Content-Length: {len(body)}", body),
        ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)),
    ):
        answered.append(raw_status(web_port, header, signature, content))
    # A body of unannounced length is not read at all.
    assert answered == [413, 411]
    assert rows() == before


def raw_status(port: int, header: str, signature: str, content: bytes) -> int:
    """Send a request byte by byte as we want it; a server may answer before it has read all."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connected:
        head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: {signature}\r\n{header}\r\n\r\n"
        connected.sendall(head.encode())
        # A server that has heard enough hangs up.
        with suppress(OSError):
            connected.sendall(content)
        return int(connected.recv(100).split(b" ", 2)[1])


class Customers:
    """Organisations that change what they pay for, at Stripe itself: only events tell us."""

    def __init__(self, billing: StandIn, chance: random.Random) -> None:
        self._billing, self._chance = billing, chance
        self._prices = [
            price.stripe_price_id
            for price in PlanPrice.objects.filter(feature=None, is_active=True).exclude(stripe_price_id="")
        ]
        self.organizations = [*Organization.objects.filter(slug__in=["acme", "globex"])]
        owner = Membership.objects.select_related("user").filter(organization=self.organizations[0]).first()
        assert owner is not None
        self.organizations += [
            organization_create(
                name=f"Org {n}", slug=f"org-{n}", owner=owner.user, memory_domain="general", now=timezone.now()
            )
            for n in range(CUSTOMERS - 2)
        ]
        self._tokens = {one.id: token_of(one) for one in self.organizations}

    def ensure(self) -> None:
        for one in self.organizations:
            self._buy(one)

    def change_something(self) -> None:
        one = self._chance.choice(self.organizations)
        live = self._live(one)
        if live is None:
            self._buy(one)
            return
        self._chance.choice([self._exchange, self._cancel, self._resume, self._card, self._time])(live)

    def _buy(self, one: Organization) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self._tokens[one.id]}")
        plan = self._chance.choice(["starter", "professional", "enterprise"])
        answer = client.post("/api/v1/billing/checkout", {"plan": plan}, format="json")
        if answer.status_code == 201:
            assert self._billing.subscribe(answer.json()["url"])[0] == 303
        else:
            # We have not heard yet that it has ended.
            assert answer.json()["code"] == "already_subscribed"

    def _exchange(self, live: Any) -> None:
        price = self._chance.choice(self._prices)
        item = next(item for item in live["items"]["data"] if item["price"]["recurring"]["usage_type"] == "licensed")
        self._billing.client.v1.subscriptions.update(
            live["id"], {"items": [{"id": item["id"], "price": price}], "cancel_at_period_end": False}
        )

    def _cancel(self, live: Any) -> None:
        self._billing.client.v1.subscriptions.update(live["id"], {"cancel_at_period_end": True})

    def _resume(self, live: Any) -> None:
        self._billing.client.v1.subscriptions.update(live["id"], {"cancel_at_period_end": False})

    def _card(self, live: Any) -> None:
        client = self._billing.client
        card = self._chance.choice(["pm_card_visa", "pm_card_chargeCustomerFail"])
        method = client.v1.payment_methods.attach(card, {"customer": live["customer"]})
        client.v1.customers.update(live["customer"], {"invoice_settings": {"default_payment_method": method.id}})
        client.v1.subscriptions.update(live["id"], {"default_payment_method": method.id})

    def _time(self, _: Any) -> None:
        self._billing.advance(self._chance.choice([3, 10, 20]) * DAY)

    def _live(self, one: Organization) -> Any:
        found = [state for state in self.at_stripe(one) if state["status"] not in {"canceled", "incomplete_expired"}]
        return found[0] if found else None

    def at_stripe(self, one: Organization) -> list[dict[str, Any]]:
        customer = Subscription.objects.values_list("stripe_customer_id", flat=True).get(organization_id=one.id)
        found = self._billing.client.v1.subscriptions.list({"customer": str(customer), "status": "all", "limit": 100})
        return [state.to_dict() for state in found.data]


@pytest.fixture
def customers(billing: StandIn, committed_db: str, flush_redis: None) -> Customers:
    call_command("sync_plans", as_json=True, stdout=StringIO())
    return Customers(billing, random.Random(7))  # noqa: S311 - decides what is tried, guards nothing


def in_threads(work: Callable[[], None], count: int) -> list[threading.Thread]:
    def scoped() -> None:
        try:
            with public_scope():
                work()
        finally:
            connection.close()

    threads = [threading.Thread(target=scoped) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def jobs_run_until(ended: threading.Event) -> None:
    """Do what a worker does, for as long as there is work to come."""
    while True:
        last = ended.is_set()
        ids = Job.objects.filter(status=Job.Status.QUEUED).order_by("created_at").values_list("id", "name")[:20]
        for job_id, name in ids:
            current_app.tasks[name](job_id=str(job_id))
        if not ids:
            if last:
                return
            time.sleep(0.02)


def changes(customers: Customers) -> None:
    for _ in range(10):
        customers.change_something()


def late(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "created": event["created"] - 3 * DAY}


def deliver_all(billing: StandIn, events: Sequence[dict[str, Any]], chance: random.Random) -> None:
    sent = list(itertools.chain.from_iterable([event] * (TIMES - 3) + [late(event)] * 3 for event in events))
    chance.shuffle(sent)
    statuses: list[int] = []

    def post_some() -> None:
        delivery = Delivery(billing, lambda: 0)
        # One list for all: a thread takes from its end until it is empty.
        while sent:
            with suppress(IndexError):
                statuses.append(delivery.post(sent.pop()).status_code)

    expected = len(sent)
    for thread in in_threads(post_some, 8):
        thread.join()
    assert statuses == [200] * expected


def test_events_in_any_order_often_and_late_end_in_what_stripe_has(customers: Customers, billing: StandIn) -> None:
    chance = random.Random(11)  # noqa: S311 - decides an order, guards nothing
    current_app.loader.import_default_modules()
    delivery = Delivery(billing, lambda: 0)
    customers.ensure()
    events = delivery.fresh()
    while len(events) < EVENTS:
        customers.change_something()
        events += delivery.fresh()

    ended = threading.Event()
    workers = in_threads(lambda: jobs_run_until(ended), 3)
    # While these arrive, more happens at Stripe, which is delivered afterwards.
    changing = in_threads(lambda: changes(customers), 1)
    deliver_all(billing, events, chance)
    changing[0].join()
    rest = delivery.fresh()
    assert rest
    deliver_all(billing, rest, chance)
    ended.set()
    for worker in workers:
        worker.join()

    assert not Job.objects.exists()
    # Each is kept once: the id is the key.
    assert set(StripeEvent.objects.values_list("id", flat=True)) == {event["id"] for event in [*events, *rest]}
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    for one in customers.organizations:
        as_stripe_has_it(customers, one)


def as_stripe_has_it(customers: Customers, one: Organization) -> None:
    """Compare our row and what holds with Stripe's own state."""
    ours = Subscription.objects.get(organization_id=one.id)
    live = [state for state in customers.at_stripe(one) if state["status"] not in {"canceled", "incomplete_expired"}]
    assert len(live) <= 1
    if not live:
        assert (ours.status, ours.plan_id, ours.stripe_subscription_id) == ("canceled", "free", "")
        assert entitlements_read(organization_id=one.id).plan == "free"
        return
    (state,) = live
    item = next(item for item in state["items"]["data"] if item["price"]["recurring"]["usage_type"] == "licensed")
    price = PlanPrice.objects.get(stripe_price_id=item["price"]["id"])
    assert (ours.stripe_subscription_id, ours.status, ours.plan_id, ours.interval) == (
        state["id"],
        state["status"],
        price.plan_id,
        price.interval,
    )
    assert ours.cancel_at_period_end == state["cancel_at_period_end"]
    assert ours.amount_cents == item["price"]["unit_amount"]
    assert ours.current_period_end == datetime.fromtimestamp(item["current_period_end"], UTC)
    held = entitlements_read(organization_id=one.id).plan
    if ours.status in {"active", "trialing"}:
        assert held == price.plan_id
    elif ours.status == "past_due":
        assert ours.past_due_since is not None
        in_grace = timezone.now() < ours.past_due_since + timedelta(days=ours.plan.grace_days)
        assert held == (price.plan_id if in_grace else "free")
    else:
        assert held == "free"
