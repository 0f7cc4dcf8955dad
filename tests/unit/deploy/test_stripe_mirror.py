"""dj-stripe reads what the Stripe stand-in answers."""

from typing import Any

import djstripe.models as mirror
import pytest
import stripe

from tests.factories.stripe import SECRET_KEY, StandIn

API_VERSION = "2026-05-27.dahlia"


@pytest.fixture
def pointed(stand_in: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in as the Stripe that dj-stripe asks."""
    settings.STRIPE_SECRET_KEY = settings.STRIPE_TEST_SECRET_KEY = SECRET_KEY
    settings.STRIPE_LIVE_MODE = False
    monkeypatch.setattr(stripe, "api_base", stand_in.api_host)
    monkeypatch.setattr(stripe, "api_key", SECRET_KEY)
    return stand_in


def test_everything_of_a_subscription_is_mirrored(db: None, pointed: StandIn) -> None:
    client = pointed.client
    customer = client.v1.customers.create({"email": "a@b.example", "name": "A"})
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    client.v1.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": "12-3456789"})
    product = client.v1.products.create({"name": "Plan"})
    price = client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
    )
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "forever"})
    subscription = client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "discounts": [{"coupon": coupon.id}]}
    )
    pointed.advance(32 * 86_400)

    # Events bring ids of discounts, as Stripe's do; dj-stripe wants them whole.
    whole = ["data.discounts", "data.lines.data.discounts"]
    invoices = stripe.Invoice.list(customer=customer.id, expand=whole, stripe_version=API_VERSION)
    for kind, source in (
        (mirror.Subscription, stripe.Subscription.retrieve(subscription.id)),
        (mirror.Invoice, invoices.data[0]),
        (mirror.Invoice, invoices.data[1]),
        (mirror.Customer, stripe.Customer.retrieve(customer.id)),
        (mirror.PaymentMethod, stripe.PaymentMethod.retrieve(card.id)),
        (mirror.Product, stripe.Product.retrieve(product.id)),
        (mirror.Price, stripe.Price.retrieve(price.id, expand=["tiers"])),
        (mirror.Coupon, stripe.Coupon.retrieve(coupon.id)),
        (mirror.Charge, stripe.Charge.list(customer=customer.id).data[0]),
        (mirror.PaymentIntent, stripe.PaymentIntent.list(customer=customer.id).data[0]),
    ):
        made = kind.sync_from_stripe_data(source, api_key=SECRET_KEY)
        assert (made.id, made.livemode) == (source["id"], False)

    found = mirror.Subscription.objects.get(id=subscription.id)
    assert (found.customer.id, found.stripe_data["status"]) == (customer.id, "active")
    assert mirror.SubscriptionItem.objects.get().price.id == price.id
    assert {invoice.stripe_data["status"] for invoice in mirror.Invoice.objects.all()} == {"paid"}
    assert mirror.Customer.objects.get().default_payment_method.id == card.id


@pytest.mark.parametrize("kind", [mirror.Product, mirror.Price, mirror.Customer, mirror.Subscription, mirror.Invoice])
def test_lists_are_read_as_it_expands_them(db: None, pointed: StandIn, kind: Any) -> None:
    client = pointed.client
    customer = client.v1.customers.create()
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    product = client.v1.products.create({"name": "Plan"})
    price = client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
    )
    client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": card.id}
    )
    listed = list(kind.api_list(api_key=SECRET_KEY))
    assert len(listed) == 1
    assert kind.sync_from_stripe_data(listed[0], api_key=SECRET_KEY).id == listed[0]["id"]
