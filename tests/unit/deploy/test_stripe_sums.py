"""What changes cost adds up, whatever is changed when: to the cent, in money and in every invoice."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.dev.stripe import billing, catalog, changes, customers, discounts, journal, payment_methods
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.pricing import period_around, priced, stepped, unused
from deploy.dev.stripe.store import Record, Store

START = 1_790_000_000
PLANS = (0, 999, 2900, 9901, 49_999)
MOVES = st.lists(st.tuples(st.integers(0, 3 * 86_400), st.sampled_from(PLANS), st.booleans()), max_size=8)


def price_of(store: Store, product: str, amount: int) -> str:
    given = {"product": product, "currency": "usd", "unit_amount": str(amount), "recurring": {"interval": "month"}}
    return str(catalog.create_price(store, Params(given))["id"])


def prepared(store: Store) -> tuple[str, dict[int, str]]:
    product = catalog.create_product(store, Params({"name": "Plan"}))["id"]
    customer = customers.create_customer(store, Params({}))["id"]
    card = payment_methods.attach(store, "pm_card_visa", customer)["id"]
    settings_: dict[str, Any] = {"invoice_settings": {"default_payment_method": card}}
    customers.update_customer(store, Params(settings_), customer)
    return customer, {amount: price_of(store, product, amount) for amount in PLANS}


def move(store: Store, subscription: Record, price: str, *, at_once: bool) -> None:
    item = {"id": subscription["_items"][0]["id"], "price": price}
    behavior = "always_invoice" if at_once else "create_prorations"
    params = Params({"items": {"0": item}, "proration_behavior": behavior})
    changes.apply(store, subscription, changes.change_of(store, params, subscription))
    journal.update(store, subscription, billing.UPDATED)


@settings(deadline=None, max_examples=40)
@given(first=st.sampled_from(PLANS), moves=MOVES)
def test_what_is_asked_is_what_was_used(first: int, moves: list[tuple[int, int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        with store.transaction():
            _check(store, first, moves)
        store.close()


def _check(store: Store, first: int, moves: list[tuple[int, int, bool]]) -> None:
    now, plan = START, first
    with store.at(START):
        customer, prices = prepared(store)
        subscription = billing.begin(store, billing.Wish(customer=customer, items=[(prices[first], 1, {})]))
    begin, end = (subscription["_items"][0][f"current_period_{edge}"] for edge in ("start", "end"))
    used = Fraction(0)
    for seconds, amount, at_once in moves:
        used += Fraction(plan * seconds, end - begin)
        now, plan = now + seconds, amount
        with store.at(now):
            move(store, subscription, prices[amount], at_once=at_once)
    used += Fraction(plan * (end - now), end - begin)
    with store.at(end):
        billing.renew(store, subscription)
    invoices = store.all("invoice")
    asked = sum(invoice["total"] for invoice in invoices) - plan
    # Each piece of time is rounded at its two ends.
    assert abs(asked - used) <= len(moves) + 1
    balance = store.get("customer", customer)["balance"]
    assert (
        sum(invoice["total"] for invoice in invoices) == sum(invoice["amount_paid"] for invoice in invoices) + balance
    )
    for invoice in invoices:
        assert sum(line["amount"] for line in invoice["_lines"]) == invoice["subtotal"]
        assert invoice["amount_due"] == invoice["amount_paid"] + invoice["amount_remaining"]
        assert invoice["ending_balance"] == invoice["starting_balance"] + invoice["total"] - invoice["amount_due"]


@given(amount=st.integers(0, 10**8), length=st.integers(1, 10**8), share=st.floats(0, 1))
def test_a_part_and_its_rest_are_the_whole_to_the_cent(amount: int, length: int, share: float) -> None:
    at = int(length * share)
    left = unused(amount, 0, length, at)
    assert 0 <= left <= amount
    assert abs(left - Fraction(amount * (length - at), length)) <= Fraction(1, 2)


@given(
    anchor=st.integers(0, 4 * 10**9),
    ahead=st.integers(0, 10**9),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    every=st.integers(1, 3),
)
def test_every_moment_lies_in_one_period(anchor: int, ahead: int, interval: str, every: int) -> None:
    at, recurring = anchor + ahead, {"interval": interval, "interval_count": every}
    start, end = period_around(anchor, recurring, at)
    assert start <= at < end
    assert period_around(anchor, recurring, end)[0] == end


def test_the_31st_falls_on_the_last_day_of_shorter_months() -> None:
    january = 1_769_860_800  # 31 January 2026, 12:00 UTC
    assert [(stepped(january, "month", n) - january) // 86_400 for n in range(4)] == [0, 28, 59, 89]


@given(quantity=st.integers(0, 10**6))
def test_tiers_hold_the_whole_quantity(quantity: int) -> None:
    tiers: list[dict[str, Any]] = [
        {"up_to": 100, "unit_amount_decimal": "0", "flat_amount_decimal": None},
        {"up_to": 1000, "unit_amount_decimal": "0.5", "flat_amount_decimal": "100"},
        {"up_to": None, "unit_amount_decimal": "0.25", "flat_amount_decimal": None},
    ]
    parts = priced({"_tiers": tiers, "tiers_mode": "graduated"}, quantity)
    assert sum(part.quantity for part in parts) == quantity
    assert [part.tier for part in parts] == list(range(1, len(parts) + 1))


@settings(deadline=None, max_examples=30)
@given(amounts=st.lists(st.integers(0, 9999), min_size=1, max_size=5), off=st.integers(1, 20_000))
def test_a_fixed_discount_is_shared_out_to_the_cent(amounts: list[int], off: int) -> None:
    coupon = {"percent_off": None, "amount_off": off, "_applies_to": None}
    lines: list[Record] = [
        {"amount": amount, "discountable": True, "discount_amounts": [], "pricing": None} for amount in amounts
    ]
    taken = discounts._taken(coupon, lines)
    assert sum(amount for _line, amount in taken) == min(off, sum(amounts))
    assert all(0 <= amount <= line["amount"] for line, amount in taken)
