"""Webhooks, the return from a payment page and the clock may all look at one customer at the same time."""

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.services.organizations import organization_create
from apps.billing.models import PlanPrice, Subscription
from apps.billing.selectors.entitlements import entitlements_read
from apps.billing.services.customers import customer_ensure
from apps.billing.services.entitlements import entitlement_refresh
from apps.billing.services.stripe_sync import subscription_sync
from apps.core.tenancy.scope import public_scope
from tests.factories.stripe import StandIn

PLANS = ["starter", "professional", "enterprise"]
CUSTOMERS, AT_ONCE, TIMES = 6, 2, 4


def subscribe(organization: Organization, plan: str, billing: StandIn) -> None:
    """Have an organisation pay for a plan at Stripe, of which we have not heard yet."""
    customer = str(customer_ensure(organization_id=organization.id, now=timezone.now()).stripe_customer_id)
    client = billing.client
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    prices = PlanPrice.objects.filter(plan=plan, interval="month", is_active=True)
    client.v1.subscriptions.create(
        {
            "customer": customer,
            "items": [{"price": price.stripe_price_id} for price in prices],
            "default_payment_method": card.id,
        }
    )


@pytest.fixture
def customers(committed_db: str, billing: StandIn) -> list[Organization]:
    call_command("sync_plans", as_json=True, stdout=StringIO())
    owner = Membership.objects.select_related("user").filter(organization__slug="acme")[0].user
    made = [
        organization_create(
            name=f"Customer {n}", slug=f"customer-{n}", owner=owner, memory_domain="general", now=timezone.now()
        )
        for n in range(CUSTOMERS)
    ]
    for n, organization in enumerate(made):
        subscribe(organization, PLANS[n % len(PLANS)], billing)
    return made


def test_all_at_once_end_in_stripes_state(customers: list[Organization]) -> None:
    failures: list[Exception] = []

    def repeatedly(work: Callable[..., Any], organization: Organization) -> None:
        with public_scope():
            try:
                for _ in range(TIMES):
                    work(organization_id=organization.id, now=timezone.now())
            except Exception as error:  # noqa: BLE001 - whatever it is, the test tells of it
                failures.append(error)
            finally:
                connection.close()

    threads = [
        threading.Thread(target=repeatedly, args=(work, organization))
        for organization in customers
        for work in [subscription_sync] * AT_ONCE + [entitlement_refresh]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for n, organization in enumerate(customers):
        assert entitlements_read(organization_id=organization.id).plan == PLANS[n % len(PLANS)]
        assert Subscription.objects.get(organization_id=organization.id).status == "active"
