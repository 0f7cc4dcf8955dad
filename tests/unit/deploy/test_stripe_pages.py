"""The pages of the Stripe stand-in: what they show, and what pressing their buttons does."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from tests.factories.stripe import StandIn

NAME = '<script>alert("x")</script>'


@pytest.fixture
def customer(stand_in: StandIn) -> str:
    return stand_in.client.v1.customers.create({"name": NAME, "email": "a@b.example"}).id


@pytest.fixture
def price(stand_in: StandIn) -> str:
    product = stand_in.client.v1.products.create({"name": NAME})
    return stand_in.client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
    ).id


def offer(stand_in: StandIn, price: str, **more: Any) -> stripe.checkout.Session:
    wish: Any = {
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "http://localhost:8000/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/back",
        **more,
    }
    return stand_in.client.v1.checkout.sessions.create(wish)


def show(stand_in: StandIn, url: str | None) -> str:
    status, headers, body = stand_in.send("GET", urlsplit(str(url)).path, b"", {})
    assert status in {200, 410}
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    text = body.decode()
    assert "<script" not in text
    return text


def test_checkout_shows_the_plan_and_subscribes(stand_in: StandIn, customer: str, price: str) -> None:
    session = offer(
        stand_in, price, customer=customer, client_reference_id="org", tax_id_collection={"enabled": True},
        allow_promotion_codes=True, subscription_data={"trial_period_days": 14, "metadata": {"plan": "starter"}},
    )  # fmt: skip
    coupon = stand_in.client.v1.coupons.create({"percent_off": 20, "duration": "forever", "name": "Launch"})
    stand_in.client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "LAUNCH"})
    text = show(stand_in, session.url)
    for part in ("$29.00 / month", "Free until", "4242 4242 4242 4242", "Promotion code", "no money moves", "Back"):
        assert part.lower() in text.lower()
    status, place, _text = stand_in.subscribe(
        str(session.url), promotion_code="launch", tax_type="eu_vat", tax_value="DE123456789"
    )
    assert (status, place) == (303, f"http://localhost:8000/done?session={session.id}")
    done = stand_in.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
    subscription: Any = done.subscription
    assert (done.status, done.client_reference_id, done.customer) == ("complete", "org", customer)
    assert (subscription.status, subscription.metadata.to_dict()) == ("trialing", {"plan": "starter"})
    assert len(subscription.discounts) == 1
    assert stand_in.client.v1.payment_methods.retrieve(subscription.default_payment_method).customer == customer
    assert [entry.value for entry in stand_in.client.v1.customers.tax_ids.list(customer).data] == ["DE123456789"]
    assert stand_in.events()[-1]["type"] == "checkout.session.completed"
    # Pressed twice, it does no more.
    assert stand_in.subscribe(str(session.url) if session.url else "")[1] == place
    assert len(stand_in.client.v1.subscriptions.list({"customer": customer}).data) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("number", "4000 0000 0000 0002", "declined"),
        ("number", "4000 0000 0000 0069", "expired"),
        ("number", "4111 1111 1111 1111", "test card numbers"),
        ("number", "", "incorrect"),
        ("promotion_code", "NONE", "not valid"),
        ("tax_value", "x", "Invalid value"),
    ],
)
def test_a_refused_checkout_says_why_and_changes_nothing(
    stand_in: StandIn, customer: str, price: str, field: str, value: str, message: str
) -> None:
    session = offer(stand_in, price, customer=customer, allow_promotion_codes=True, tax_id_collection={"enabled": True})
    before = len(stand_in.events())
    fields = {"tax_type": "eu_vat", field: value}
    status, _place, text = stand_in.subscribe(str(session.url), **fields)
    assert status == 402
    assert message in text
    assert len(stand_in.events()) == before
    assert stand_in.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert stand_in.client.v1.customers.payment_methods.list(customer).data == []


def test_a_card_that_fails_later_is_accepted_for_a_trial(stand_in: StandIn, customer: str, price: str) -> None:
    session = offer(stand_in, price, customer=customer, subscription_data={"trial_period_days": 7})
    assert stand_in.subscribe(str(session.url), number="4000 0000 0000 0341")[0] == 303
    stand_in.advance(8 * 86_400)
    (subscription,) = stand_in.client.v1.subscriptions.list({"customer": customer}).data
    assert subscription.status == "past_due"


def test_somebody_new_becomes_a_customer(stand_in: StandIn, price: str) -> None:
    session = offer(stand_in, price, customer_email="new@b.example")
    assert "new@b.example" in show(stand_in, session.url)
    stand_in.subscribe(str(session.url), email="newer@b.example", name=NAME)
    (made,) = stand_in.client.v1.customers.list({"email": "newer@b.example"}).data
    assert made.name == NAME


def test_sessions_expire(stand_in: StandIn, customer: str, price: str) -> None:
    by_hand = offer(stand_in, price, customer=customer)
    by_time = offer(stand_in, price, customer=customer)
    stand_in.client.v1.checkout.sessions.expire(by_hand.id)
    stand_in.advance(86_401)
    for session in (by_hand, by_time):
        assert stand_in.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert "expired" in show(stand_in, session.url)
        assert stand_in.subscribe(str(session.url))[0] == 410
    types = [event["type"] for event in stand_in.events()]
    assert types.count("checkout.session.expired") == 2
    assert "customer.subscription.created" not in types


def test_only_web_addresses_are_gone_back_to(stand_in: StandIn, price: str) -> None:
    for wrong in ("javascript:alert(1)", "/relative", "http://"):
        with pytest.raises(stripe.InvalidRequestError):
            offer(stand_in, price, cancel_url=wrong)
        with pytest.raises(stripe.InvalidRequestError):
            offer(stand_in, price, success_url=wrong)


def test_the_portal_manages_cards_and_pays_what_is_owed(stand_in: StandIn, customer: str, price: str) -> None:
    session = offer(stand_in, price, customer=customer, subscription_data={"trial_period_days": 7})
    stand_in.subscribe(str(session.url), number="4000000000000341")
    stand_in.advance(8 * 86_400)
    portal = stand_in.client.v1.billing_portal.sessions.create(
        {"customer": customer, "return_url": "http://localhost:8000/settings"}
    ).url
    text = show(stand_in, portal)
    for part in ("past due", "ending in 0341", "Pay", "Cancel subscription", "http://localhost:8000/settings"):
        assert part in text
    (owed,) = stand_in.client.v1.invoices.list({"customer": customer, "status": "open"}).data
    status, _place, text = stand_in.submit(portal, action="pay", id=owed.id)
    assert (status, "was declined" in text) == (402, True)
    assert stand_in.submit(portal, action="add_card", card_number="4242424242424242", expires="1/40", cvc="1")[0] == 303
    assert stand_in.submit(portal, action="pay", id=owed.id)[0] == 303
    (subscription,) = stand_in.client.v1.subscriptions.list({"customer": customer}).data
    assert subscription.status == "active"
    for action, expected in (("cancel", True), ("resume", False)):
        assert stand_in.submit(portal, action=action, id=subscription.id)[0] == 303
        assert stand_in.client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end is expected
    first, second = stand_in.client.v1.customers.payment_methods.list(customer).data
    stand_in.submit(portal, action="default_card", id=second.id)
    stand_in.submit(portal, action="remove_card", id=first.id)
    stand_in.submit(portal, action="add_tax_id", tax_type="us_ein", tax_value="12-3456789")
    assert [card.id for card in stand_in.client.v1.customers.payment_methods.list(customer).data] == [second.id]
    (tax_id,) = stand_in.client.v1.customers.tax_ids.list(customer).data
    stand_in.submit(portal, action="remove_tax_id", id=tax_id.id)
    assert stand_in.client.v1.customers.tax_ids.list(customer).data == []


def test_the_portal_touches_nobody_else(stand_in: StandIn, customer: str, price: str) -> None:
    session = offer(stand_in, price, customer=customer)
    stand_in.subscribe(str(session.url))
    (subscription,) = stand_in.client.v1.subscriptions.list({"customer": customer}).data
    other = stand_in.client.v1.customers.create().id
    portal = stand_in.client.v1.billing_portal.sessions.create({"customer": other}).url
    before = len(stand_in.events())
    for action, id_ in (
        ("cancel", subscription.id),
        ("remove_card", str(subscription.default_payment_method)),
        ("default_card", str(subscription.default_payment_method)),
        ("pay", str(subscription.latest_invoice)),
        ("remove_tax_id", "txi_none"),
        ("everything", ""),
    ):
        assert stand_in.submit(portal, action=action, id=id_)[0] == 402
    assert len(stand_in.events()) == before


def test_invoices_have_a_page_a_pdf_and_a_button(stand_in: StandIn, customer: str, price: str) -> None:
    card = stand_in.client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    stand_in.client.v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "default_payment_method": card.id}
    )
    (invoice,) = stand_in.client.v1.invoices.list({"customer": customer}).data
    text = show(stand_in, invoice.hosted_invoice_url)
    assert str(invoice.number) in text
    assert stand_in.submit(str(invoice.hosted_invoice_url))[0] == 402
    status, headers, body = stand_in.send("GET", urlsplit(str(invoice.invoice_pdf)).path, b"", {})
    assert (status, headers["Content-Type"], body[:5]) == (200, "application/pdf", b"%PDF-")


def test_looking_changes_nothing(stand_in: StandIn, customer: str, price: str) -> None:
    session = offer(stand_in, price, customer=customer)
    portal = stand_in.client.v1.billing_portal.sessions.create({"customer": customer}).url
    before = stand_in.events()
    for url in (session.url, portal):
        show(stand_in, url)
        for action in ("subscribe", "cancel", "pay"):
            stand_in.send("GET", f"{urlsplit(str(url)).path}?action={action}", b"", {})
    assert stand_in.events() == before
    assert stand_in.send("DELETE", urlsplit(portal).path, b"", {})[0] == 405
