"""The life of a subscription, from the first payment page to its end, against the stand-in."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from djstripe.models import Invoice
from rest_framework.test import APIClient

from apps.accounts.models import Organization, User
from apps.billing.models import CreditGrant, Entitlement, Subscription
from apps.billing.selectors.entitlements import entitlements_read
from apps.billing.services.entitlements import entitlements_refresh_due
from apps.billing.services.overrides import credit_give
from apps.billing.services.reports import usage_reconcile, usage_report
from apps.billing.services.usage import usage_rebuild, usage_record
from apps.billing.types import Meter, Usage
from apps.events.models import OutboxEvent
from apps.events.types import SYSTEM
from tests.apps.billing.conftest import Delivery
from tests.factories.stripe import StandIn

URL = "/api/v1/billing"
DAY = 24 * 3600

pytestmark = pytest.mark.usefixtures("catalogue")


def buy(owner: APIClient, billing: StandIn, plan: str, *, number: str = "4242424242424242", **more: Any) -> None:
    answer = owner.post(f"{URL}/checkout", {"plan": plan, **more}, format="json")
    assert answer.status_code == 201, answer.content
    status, location, text = billing.subscribe(answer.json()["url"], number=number)
    assert status == 303, text
    assert location.endswith("/acme/settings/billing?checkout=done")


def present(owner: APIClient) -> dict[str, Any]:
    caches["process"].clear()
    answer: dict[str, Any] = owner.get(f"{URL}/subscription").json()
    return answer


def plan_of(organization: Organization) -> str:
    return entitlements_read(organization_id=organization.id).plan


def test_the_whole_life(acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    first = present(owner)
    assert (first["plan"]["code"], first["status"], first["trial_available"]) == ("free", "free", True)

    buy(owner, billing, "starter")
    assert plan_of(acme) == "free"
    deliver()
    now = present(owner)
    assert (now["plan"]["code"], now["status"], now["interval"]) == ("starter", "trialing", "month")
    assert (now["amount_cents"], now["currency"], now["trial_available"]) == (2900, "usd", False)
    assert now["payment_method"] == {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040}

    # The trial ends and is paid.
    billing.advance(15 * DAY)
    deliver()
    assert present(owner)["status"] == "active"
    (invoice, *_) = owner.get(f"{URL}/invoices").json()["results"]
    assert (invoice["status"], invoice["total_cents"]) == ("paid", 2900)

    go_up_and_down(acme, owner, billing, deliver)
    fail_and_recover(acme, owner, billing, deliver)
    end(owner, billing, deliver)

    # Every change of what holds has a version and an event.
    plans = [
        event.data["plan"]
        for event in OutboxEvent.objects.filter(organization_id=acme.id, name="entitlements.changed").order_by("id")
        if event.data["plan"] != event.data["plan_before"]
    ]
    assert plans == ["starter", "professional", "starter", "free"]
    assert Entitlement.objects.get(organization_id=acme.id).version >= 5

    # Whoever comes back has no second trial.
    buy(owner, billing, "professional", interval="year")
    deliver()
    again = present(owner)
    assert (again["status"], again["interval"], again["amount_cents"]) == ("active", "year", 99_000)


def go_up_and_down(acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    preview = owner.post(f"{URL}/subscription/preview", {"plan": "professional"}, format="json").json()
    assert 0 < preview["due_now_cents"] <= 7000
    assert preview["next_amount_cents"] == 9900
    upgraded = owner.post(f"{URL}/subscription/change", {"plan": "professional"}, format="json")
    assert (upgraded.status_code, upgraded.json()["plan"]["code"]) == (200, "professional")
    paid = owner.get(f"{URL}/invoices").json()["results"][0]
    assert abs(paid["total_cents"] - preview["due_now_cents"]) <= 1
    lines = owner.get(f"{URL}/invoices/{paid['id']}").json()["lines"]
    assert sum(line["amount_cents"] for line in lines) == paid["total_cents"]
    assert {line["proration"] for line in lines if line["amount_cents"]} == {True}

    downgraded = owner.post(f"{URL}/subscription/change", {"plan": "starter"}, format="json").json()
    assert downgraded["plan"]["code"] == "starter"
    assert downgraded["credit_cents"] > 6500
    deliver()
    assert plan_of(acme) == "starter"


def fail_and_recover(acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    # The credit pays two months; then the bank refuses.
    card_change(acme, billing, "pm_card_chargeCustomerFail")
    billing.advance(92 * DAY)
    deliver()
    late = present(owner)
    assert (late["status"], late["plan"]["code"]) == ("past_due", "starter")
    assert late["grace_ends_at"] > late["past_due_since"]

    # Another card pays what is open.
    card_change(acme, billing, "pm_card_visa")
    open_invoices = billing.client.v1.invoices.list({"customer": customer_of(acme), "status": "open"}).data
    for invoice in open_invoices:
        billing.client.v1.invoices.pay(invoice.id)
    deliver()
    recovered = present(owner)
    assert (recovered["status"], recovered["past_due_since"]) == ("active", None)


def end(owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    cancelled = owner.post(f"{URL}/subscription/cancel", {}, format="json").json()
    assert (cancelled["cancel_at_period_end"], cancelled["plan"]["code"]) == (True, "starter")
    resumed = owner.post(f"{URL}/subscription/resume", {}, format="json").json()
    assert resumed["cancel_at_period_end"] is False
    owner.post(f"{URL}/subscription/cancel", {}, format="json")
    billing.advance(32 * DAY)
    deliver()
    over = present(owner)
    assert (over["status"], over["plan"]["code"], over["amount_cents"]) == ("canceled", "free", None)


def test_a_payment_that_stays_away_ends_the_plan_after_its_grace(
    acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery
) -> None:
    buy(owner, billing, "professional")
    card_change(acme, billing, "pm_card_chargeCustomerFail")
    billing.advance(15 * DAY)
    deliver()
    assert plan_of(acme) == "professional"
    since = Subscription.objects.get(organization_id=acme.id).past_due_since
    assert since is not None
    entitlements_refresh_due(now=since + timedelta(days=7, seconds=-1))
    assert plan_of(acme) == "professional"
    entitlements_refresh_due(now=since + timedelta(days=7))
    assert plan_of(acme) == "free"


def test_a_card_that_is_refused_at_an_upgrade_leaves_all_as_it_was(
    acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery
) -> None:
    buy(owner, billing, "starter")
    billing.advance(15 * DAY)
    deliver()
    card_change(acme, billing, "pm_card_chargeCustomerFail")
    refused = owner.post(f"{URL}/subscription/change", {"plan": "professional"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (402, "payment_failed")
    deliver()
    assert present(owner)["plan"]["code"] == "starter"


def test_two_payment_pages_at_once_leave_one_subscription(
    acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery
) -> None:
    urls = [
        owner.post(f"{URL}/checkout", {"plan": plan}, format="json").json()["url"]
        for plan in ("starter", "professional")
    ]
    for url in urls:
        assert billing.subscribe(url)[0] == 303
    deliver()
    deliver()
    live = billing.client.v1.subscriptions.list({"customer": customer_of(acme)}).data
    assert [one.status for one in live] == ["trialing"]
    assert present(owner)["subscribed_plan"]["code"] in {"starter", "professional"}


def test_what_does_not_fit_is_refused_with_a_reason(owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    def code(path: str, **body: Any) -> tuple[int, str]:
        answer = owner.post(f"{URL}/{path}", body, format="json")
        return answer.status_code, answer.json()["code"]

    assert code("checkout", plan="free") == (400, "validation_failed")
    assert code("checkout", plan="gold") == (400, "validation_failed")
    assert code("checkout", plan="starter", promotion_code="NO-SUCH") == (400, "validation_failed")
    for path in ("change", "preview"):
        assert code(f"subscription/{path}", plan="starter") == (409, "not_subscribed")
    for path in ("cancel", "resume"):
        assert code(f"subscription/{path}") == (409, "not_subscribed")
    buy(owner, billing, "starter")
    deliver()
    assert code("checkout", plan="professional") == (409, "already_subscribed")
    assert code("subscription/change", plan="starter") == (409, "same_plan")
    assert code("subscription/change", plan="free") == (400, "validation_failed")


def test_without_stripe_reads_go_on(acme: Organization, owner: APIClient, billing: StandIn, settings: Any) -> None:
    settings.STRIPE_API_HOST = "http://127.0.0.1:9"
    for path in ("plans", "subscription", "quotas", "usage", "invoices", "entitlements", "reconciliation"):
        assert owner.get(f"{URL}/{path}").status_code == 200
    answer = owner.post(f"{URL}/checkout", {"plan": "starter"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (503, "billing_unavailable")
    settings.STRIPE_SECRET_KEY = ""
    assert owner.post(f"{URL}/portal", {}, format="json").status_code == 503


def test_a_coupon_and_a_tax_id_reach_the_invoice(owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    client = billing.client
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "forever", "name": "Half"})
    client.v1.promotion_codes.create({"code": "HALF", "promotion": {"type": "coupon", "coupon": coupon.id}})
    buy(owner, billing, "enterprise", promotion_code="HALF")
    deliver()
    now = present(owner)
    assert (now["status"], now["discount"]["percent_off"]) == ("active", 50)
    (invoice,) = owner.get(f"{URL}/invoices").json()["results"]
    assert invoice["total_cents"] == 14_950


def test_a_credit_is_deducted(acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    grant = CreditGrant(organization_id=acme.id, amount_cents=2_000, reason="Sorry", created_by="op")
    credit_give(grant=grant, actor=SYSTEM, now=timezone.now())
    deliver()
    assert CreditGrant.objects.get().stripe_transaction_id
    buy(owner, billing, "enterprise")
    deliver()
    (invoice,) = owner.get(f"{URL}/invoices").json()["results"]
    assert (invoice["total_cents"], invoice["amount_paid_cents"]) == (29_900, 27_900)


def customer_of(organization: Organization) -> str:
    return str(Subscription.objects.get(organization_id=organization.id).stripe_customer_id)


def card_change(organization: Organization, billing: StandIn, card: str) -> None:
    """Exchange the customer's card, as one does in the portal."""
    customer = customer_of(organization)
    client = billing.client
    method = client.v1.payment_methods.attach(card, {"customer": customer})
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
    for one in client.v1.subscriptions.list({"customer": customer}).data:
        client.v1.subscriptions.update(one.id, {"default_payment_method": method.id})


def test_operators_go_from_an_invoice_to_the_calls(
    acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery, client: Client
) -> None:
    buy(owner, billing, "professional")
    billing.advance(15 * DAY)
    billing.advance(32 * DAY)
    deliver()
    operator = User.objects.create(email="op@liftos.example", is_staff=True, is_superuser=True)
    client.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert b"99.00 USD" in client.get(reverse("admin:djstripe_invoice_changelist")).content
    (invoice, *_) = owner.get(f"{URL}/invoices").json()["results"]
    detail = owner.get(f"{URL}/invoices/{invoice['id']}").json()
    assert "api_calls" in {line["meter"] for line in detail["lines"]}
    page = client.get(reverse("admin:djstripe_invoice_change", args=[Invoice.objects.get(id=invoice["id"]).pk]))
    link, *_ = re.findall(r'href="([^"]*usageevent[^"]*meter=api_calls[^"]*)"', page.content.decode())
    assert client.get(html.unescape(link)).status_code == 200


def test_what_is_above_a_soft_limit_is_on_the_next_invoice(
    acme: Organization, owner: APIClient, billing: StandIn, deliver: Delivery
) -> None:
    buy(owner, billing, "enterprise")
    deliver()
    now = timezone.now()
    usage_record(
        organization_id=acme.id,
        meter=Meter.API_CALLS,
        quantity=1_010_000,
        usage=Usage("test"),
        source_ids=["many calls"],
        now=now,
    )
    usage_rebuild(now=now)
    assert usage_report(now=now) == 1
    assert usage_report(now=now) == 0
    billing.advance(32 * DAY)
    deliver()
    invoice = owner.get(f"{URL}/invoices").json()["results"][0]
    lines = owner.get(f"{URL}/invoices/{invoice['id']}").json()["lines"]
    metered = [line for line in lines if line["meter"] == "api_calls"]
    # A million is included; ten thousand at 30 cents for a thousand.
    assert sum(line["amount_cents"] for line in metered) == 300
    assert invoice["total_cents"] == 29_900 + 300
    assert usage_reconcile(now=now) == []


def test_a_change_within_the_trial_costs_nothing_yet(owner: APIClient, billing: StandIn, deliver: Delivery) -> None:
    buy(owner, billing, "starter")
    deliver()
    ends = present(owner)["trial_ends_at"]
    preview = owner.post(f"{URL}/subscription/preview", {"plan": "professional"}, format="json").json()
    assert (preview["due_now_cents"], preview["next_amount_cents"], preview["next_at"]) == (0, 9900, ends)
    changed = owner.post(f"{URL}/subscription/change", {"plan": "professional"}, format="json").json()
    assert (changed["plan"]["code"], changed["status"], changed["trial_ends_at"]) == ("professional", "trialing", ends)
    assert [one["total_cents"] for one in owner.get(f"{URL}/invoices").json()["results"]] == [0]
