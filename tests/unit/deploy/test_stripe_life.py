"""The life of a subscription at the Stripe stand-in: trial, renewal, change, failure, recovery, end."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import stripe

from tests.factories.stripe import StandIn

DAY = 86_400


@dataclass
class Shop:
    """A stand-in with two plans, a metered price, and a customer with a good card."""

    stand_in: StandIn
    client: stripe.StripeClient
    customer: str
    starter: str
    pro: str
    pro_yearly: str
    calls: str
    meter: str

    def subscribe(self, **more: Any) -> stripe.Subscription:
        wish: Any = {"customer": self.customer, "items": [{"price": self.starter}], **more}
        return self.client.v1.subscriptions.create(wish)

    def get(self, id_: str) -> Any:
        return self.client.v1.subscriptions.retrieve(id_, {"expand": ["latest_invoice", "items.data.price.product"]})

    def change(self, subscription: Any, price: str, **more: Any) -> Any:
        wish: Any = {"items": [{"id": subscription["items"].data[0].id, "price": price}], **more}
        return self.client.v1.subscriptions.update(subscription.id, wish)

    def invoices(self, **more: Any) -> list[Any]:
        wish: Any = {"customer": self.customer, "limit": 100, **more}
        return list(self.client.v1.invoices.list(wish).data)

    def use_card(self, kind: str) -> str:
        card = self.client.v1.payment_methods.attach(kind, {"customer": self.customer})
        self.client.v1.customers.update(self.customer, {"invoice_settings": {"default_payment_method": card.id}})
        return card.id

    def use(self, value: int, **more: Any) -> None:
        payload = {"stripe_customer_id": self.customer, "value": str(value)}
        wish: Any = {"event_name": "calls", "payload": payload, **more}
        self.client.v1.billing.meter_events.create(wish)


@pytest.fixture
def shop(stand_in: StandIn) -> Shop:
    client = stand_in.client
    product = client.v1.products.create({"name": "Plan"}).id

    def price(cents: int, interval: Any) -> str:
        recurring: Any = {"interval": interval}
        return client.v1.prices.create(
            {"product": product, "currency": "usd", "unit_amount": cents, "recurring": recurring}
        ).id

    meter = client.v1.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    )
    calls = client.v1.prices.create(
        {
            "product": product,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [
                {"up_to": 1000, "unit_amount": 0},
                {"up_to": "inf", "unit_amount_decimal": Decimal("0.25")},
            ],
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
        }
    )
    customer = client.v1.customers.create({"email": "a@b.example"}).id
    made = Shop(
        stand_in, client, customer, price(2900, "month"), price(9900, "month"), price(99000, "year"), calls.id, meter.id
    )
    made.use_card("pm_card_visa")
    return made


def test_a_trial_is_announced_and_then_billed(shop: Shop) -> None:
    subscription = shop.subscribe(trial_period_days=14)
    assert subscription.status == "trialing"
    assert shop.get(subscription.id).latest_invoice.total == 0
    shop.stand_in.advance(11 * DAY + 60)
    assert "customer.subscription.trial_will_end" in [event["type"] for event in shop.stand_in.events()]
    shop.stand_in.advance(3 * DAY)
    now = shop.get(subscription.id)
    assert (now.status, now.latest_invoice.status, now.latest_invoice.amount_paid) == ("active", "paid", 2900)
    assert now["items"].data[0].current_period_start == subscription.trial_end


def test_months_are_renewed_on_the_same_day_with_their_usage(shop: Shop) -> None:
    subscription = shop.subscribe(items=[{"price": shop.starter}, {"price": shop.calls}])
    shop.use(5000)
    shop.stand_in.advance(32 * DAY)
    invoice = shop.get(subscription.id).latest_invoice
    assert invoice.billing_reason == "subscription_cycle"
    assert [line.amount for line in invoice.lines.data] == [0, 1000, 2900]
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.lines.data[1].pricing.price_details.price == shop.calls
    assert invoice.lines.data[1].quantity == 4000
    shop.stand_in.advance(365 * DAY)
    assert len(shop.invoices()) == 14


def test_an_upgrade_costs_the_difference_at_once(shop: Shop) -> None:
    subscription = shop.subscribe()
    item = subscription["items"].data[0]
    half = (item.current_period_end - item.current_period_start) // 2
    shop.stand_in.advance(half)
    preview = shop.client.v1.invoices.create_preview(
        {
            "subscription": subscription.id,
            "subscription_details": {
                "items": [{"id": item.id, "price": shop.pro}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    changed = shop.change(subscription, shop.pro, proration_behavior="always_invoice")
    invoice = shop.get(subscription.id).latest_invoice
    assert invoice.total == pytest.approx(3500, abs=2)
    assert invoice.total == pytest.approx(preview.total, abs=1)
    assert invoice.status == "paid"
    assert [line.parent.subscription_item_details.proration for line in invoice.lines.data] == [True, True]
    assert changed["items"].data[0].current_period_end == item.current_period_end


def test_previews_change_nothing(shop: Shop) -> None:
    subscription = shop.subscribe()
    before = (shop.get(subscription.id).to_dict(), len(shop.stand_in.events()), len(shop.invoices()))
    item = subscription["items"].data[0].id
    behaviors: tuple[Any, ...] = ("always_invoice", "create_prorations", "none")
    for behavior in behaviors:
        shop.client.v1.invoices.create_preview(
            {
                "subscription": subscription.id,
                "subscription_details": {
                    "items": [{"id": item, "price": shop.pro_yearly}],
                    "proration_behavior": behavior,
                },
            }
        )
    assert (shop.get(subscription.id).to_dict(), len(shop.stand_in.events()), len(shop.invoices())) == before


def test_a_downgrade_leaves_credit_for_the_next_invoice(shop: Shop) -> None:
    subscription = shop.subscribe(items=[{"price": shop.pro}])
    shop.stand_in.advance(DAY)
    shop.change(subscription, shop.starter, proration_behavior="always_invoice")
    credit = shop.client.v1.customers.retrieve(shop.customer).balance
    assert credit is not None
    assert -7000 < credit < -6500
    shop.stand_in.advance(32 * DAY)
    renewal = shop.get(subscription.id).latest_invoice
    assert (renewal.starting_balance, renewal.amount_due, renewal.total) == (credit, 0, 2900)
    assert renewal.ending_balance == credit + 2900


def test_prorations_wait_for_the_renewal_unless_asked(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.stand_in.advance(DAY)
    shop.change(subscription, shop.pro)
    assert len(shop.invoices()) == 1
    pending = shop.client.v1.invoice_items.list({"customer": shop.customer, "pending": True}).data
    assert [item.proration for item in pending] == [True, True]
    shop.stand_in.advance(31 * DAY)
    assert [line.amount > 0 for line in shop.get(subscription.id).latest_invoice.lines.data] == [False, True, True]


def test_another_interval_begins_today(shop: Shop) -> None:
    subscription = shop.subscribe(items=[{"price": shop.starter}, {"price": shop.calls}])
    shop.use(3000)
    now = shop.stand_in.advance(10 * DAY)
    changed = shop.change(subscription, shop.pro_yearly)
    invoice = shop.get(subscription.id).latest_invoice
    assert changed.billing_cycle_anchor == pytest.approx(now, abs=5)
    assert changed["items"].data[0].current_period_end - changed.billing_cycle_anchor in {365 * DAY, 366 * DAY}
    amounts = [line.amount for line in invoice.lines.data]
    assert amounts[0] < 0
    assert amounts[1:] == [500, 99000]
    shop.stand_in.advance(31 * DAY)
    # The metered price goes on monthly beside the yearly one.
    assert {line.pricing.price_details.price for line in shop.invoices()[0].lines.data} == {shop.calls}


def test_a_declined_upgrade_leaves_all_as_it_was(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.use_card("pm_card_chargeCustomerFail")
    before = (shop.get(subscription.id).to_dict(), len(shop.stand_in.events()))
    with pytest.raises(stripe.CardError) as declined:
        shop.change(subscription, shop.pro, proration_behavior="always_invoice", payment_behavior="error_if_incomplete")
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert (shop.get(subscription.id).to_dict(), len(shop.stand_in.events())) == before


def test_failed_renewals_are_tried_again_and_then_end_it(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.use_card("pm_card_chargeCustomerFail")
    shop.stand_in.advance(31 * DAY)
    assert shop.get(subscription.id).status == "past_due"
    # After 3, 5 and 7 more days.
    for days, attempts in ((3, 2), (5, 3)):
        shop.stand_in.advance(days * DAY)
        assert shop.invoices()[0].attempt_count == attempts
        assert shop.get(subscription.id).status == "past_due"
    shop.stand_in.advance(7 * DAY)
    ended = shop.get(subscription.id)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert shop.stand_in.events()[-1]["type"] == "customer.subscription.deleted"


def test_paying_recovers(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.use_card("pm_card_chargeCustomerFail")
    shop.stand_in.advance(31 * DAY)
    owed = shop.invoices(status="open")[0]
    assert shop.client.v1.customers.retrieve(shop.customer).delinquent
    with pytest.raises(stripe.CardError):
        shop.client.v1.invoices.pay(owed.id)
    assert shop.client.v1.invoices.retrieve(owed.id).attempt_count == 2
    shop.use_card("pm_card_visa")
    paid = shop.client.v1.invoices.pay(owed.id, {"expand": ["payments"]})
    assert paid.payments is not None
    assert (paid.status, paid.payments.data[0].status) == ("paid", "paid")
    assert shop.get(subscription.id).status == "active"
    assert not shop.client.v1.customers.retrieve(shop.customer).delinquent


def test_a_new_card_pays_at_the_next_attempt(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.use_card("pm_card_chargeCustomerFail")
    shop.stand_in.advance(31 * DAY)
    shop.use_card("pm_card_visa")
    shop.stand_in.advance(3 * DAY)
    assert shop.get(subscription.id).status == "active"


def test_an_end_at_the_period_is_announced_undone_and_done(shop: Shop) -> None:
    subscription = shop.subscribe(items=[{"price": shop.starter}, {"price": shop.calls}])
    asked = shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert asked.cancel_at == asked["items"].data[0].current_period_end
    event = shop.stand_in.events()[-1]
    assert event["data"]["previous_attributes"]["cancel_at_period_end"] is False
    undone = shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (undone.cancel_at, undone.cancel_at_period_end) == (None, False)
    shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.use(2000)
    shop.stand_in.advance(32 * DAY)
    assert shop.get(subscription.id).status == "canceled"
    assert (shop.invoices()[0].total, len(shop.invoices())) == (250, 2)


def test_an_immediate_end_gives_back_what_is_left(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.stand_in.advance(10 * DAY)
    shop.client.v1.subscriptions.cancel(subscription.id, {"prorate": True, "invoice_now": True})
    balance = shop.client.v1.customers.retrieve(shop.customer).balance
    assert balance is not None
    assert -2000 < balance < -1850
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.subscriptions.cancel(subscription.id)


def test_a_first_payment_that_fails_leaves_it_incomplete_for_a_day(shop: Shop) -> None:
    shop.use_card("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        shop.subscribe(payment_behavior="error_if_incomplete")
    assert shop.invoices() == []
    subscription = shop.subscribe()
    assert subscription.status == "incomplete"
    shop.stand_in.advance(DAY)
    ended = shop.get(subscription.id)
    assert (ended.status, ended.latest_invoice.status) == ("incomplete_expired", "void")


def test_a_trial_without_a_card_can_pause(shop: Shop) -> None:
    customer = shop.client.v1.customers.create().id
    behavior = {"end_behavior": {"missing_payment_method": "pause"}}
    subscription = shop.subscribe(customer=customer, trial_period_days=7, trial_settings=behavior)
    shop.stand_in.advance(8 * DAY)
    assert shop.get(subscription.id).status == "paused"
    card = shop.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    shop.client.v1.subscriptions.update(subscription.id, {"default_payment_method": card.id})
    assert shop.client.v1.subscriptions.resume(subscription.id).status == "active"


def test_coupons_take_off_and_run_out(shop: Shop) -> None:
    coupon = shop.client.v1.coupons.create({"percent_off": 50, "duration": "repeating", "duration_in_months": 2})
    subscription = shop.subscribe(discounts=[{"coupon": coupon.id}])
    shop.stand_in.advance(95 * DAY)
    assert [invoice.total for invoice in shop.invoices()] == [2900, 2900, 1450, 1450]
    given = shop.client.v1.invoices.retrieve(shop.invoices()[3].id, {"expand": ["discounts"]})
    discount: Any = given.discounts[0]
    assert discount.source.coupon == coupon.id
    assert shop.get(subscription.id).discounts == []


def test_a_coupon_for_one_invoice_waits_for_the_end_of_the_trial(shop: Shop) -> None:
    coupon = shop.client.v1.coupons.create({"amount_off": 1000, "currency": "usd", "duration": "once"})
    subscription = shop.subscribe(discounts=[{"coupon": coupon.id}], trial_period_days=7)
    shop.stand_in.advance(40 * DAY)
    assert [invoice.total for invoice in shop.invoices()] == [2900, 1900, 0]
    assert shop.get(subscription.id).discounts == []


def test_no_more_is_given_back_than_was_paid(shop: Shop) -> None:
    coupon = shop.client.v1.coupons.create({"percent_off": 50, "duration": "once"})
    subscription = shop.subscribe(items=[{"price": shop.pro}], discounts=[{"coupon": coupon.id}])
    assert subscription.discounts == []
    shop.change(subscription, shop.starter, proration_behavior="always_invoice")
    assert shop.invoices()[0].total == pytest.approx(2900 - 4950, abs=2)


def test_usage_is_counted_once_within_its_limits(shop: Shop) -> None:
    shop.subscribe(items=[{"price": shop.calls}])
    now = shop.stand_in.advance(0)
    shop.use(7, identifier="one", timestamp=now - 34 * DAY)
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        shop.use(7, identifier="one")
    for wrong in (now - 36 * DAY, now + 600):
        with pytest.raises(stripe.InvalidRequestError):
            shop.use(1, timestamp=wrong)
    shop.use(-2, timestamp=now - 3 * DAY)
    start, end = (now - 40 * DAY) // DAY * DAY, now // DAY * DAY + DAY
    asked: Any = {"customer": shop.customer, "start_time": start, "end_time": end}
    whole = shop.client.v1.billing.meters.event_summaries.list(shop.meter, asked)
    assert [entry.aggregated_value for entry in whole.data] == [5]
    by_day: Any = {**asked, "value_grouping_window": "day"}
    days = shop.client.v1.billing.meters.event_summaries.list(shop.meter, by_day)
    assert [entry.aggregated_value for entry in days.data] == [-2, 7]
    by_day["start_time"] += 1
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.billing.meters.event_summaries.list(shop.meter, by_day)
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.billing.meters.create(
            {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
        )


def test_a_voided_invoice_gives_the_credit_back(shop: Shop) -> None:
    shop.client.v1.customers.update(shop.customer, {"balance": -300})
    shop.use_card("pm_card_chargeCustomerFail")
    shop.subscribe()
    invoice = shop.invoices()[0]
    assert (invoice.amount_due, invoice.ending_balance) == (2600, 0)
    assert shop.client.v1.invoices.void_invoice(invoice.id).status == "void"
    assert shop.client.v1.customers.retrieve(shop.customer).balance == -300
