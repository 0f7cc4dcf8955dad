"""A customer of the stand-in, and the way of its events to us."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import pytest
import stripe
from django.core.management import call_command
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from tests.factories.fixtures import ClientFactory
from tests.factories.stripe import StandIn

WEBHOOK = "/api/v1/billing/stripe/webhook"


def signed(body: bytes, secret: str, *, at: float | None = None) -> str:
    """Return the header with which Stripe proves that it has sent a body."""
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture
def billing(stand_in: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The settings point at the stand-in; its events are kept back until `deliver` brings them."""
    settings.STRIPE_SECRET_KEY = stand_in.secret_key
    settings.STRIPE_WEBHOOK_SECRET = stand_in.webhook_secret
    settings.STRIPE_API_HOST = stand_in.api_host
    # dj-stripe has read the setting when it was imported.
    monkeypatch.setattr(stripe, "api_base", stand_in.api_host)
    stand_in.pause()
    return stand_in


@pytest.fixture
def catalogue(billing: StandIn, db: None) -> None:
    call_command("sync_plans", as_json=True, stdout=StringIO())


class Delivery:
    """Brings the stand-in's events to our webhook, each once unless more is asked for."""

    def __init__(self, billing: StandIn, run_jobs: Callable[[], int]) -> None:
        self._billing, self._run_jobs = billing, run_jobs
        # Kept: a client loads all middleware when it is first used.
        self._client = APIClient(raise_request_exception=False)
        self._seen: set[str] = set()

    def fresh(self) -> list[dict[str, Any]]:
        found = [event for event in self._billing.events() if event["id"] not in self._seen]
        self._seen |= {event["id"] for event in found}
        return found

    def __call__(self, events: Sequence[dict[str, Any]] | None = None) -> None:
        for event in self.fresh() if events is None else events:
            assert self.post(event).status_code == 200
        self._run_jobs()

    def post(self, event: dict[str, Any]) -> Any:
        body = json.dumps(event).encode()
        return self._client.post(
            WEBHOOK, body, content_type="application/json",
            headers={"Stripe-Signature": signed(body, self._billing.webhook_secret)},
        )  # fmt: skip


@pytest.fixture
def deliver(billing: StandIn, run_jobs: Callable[[], int]) -> Delivery:
    return Delivery(billing, run_jobs)


@pytest.fixture
def owner(acme: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(acme)
