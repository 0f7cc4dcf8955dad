"""Odd input to the Stripe stand-in is refused, never an error of its own."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.dev.stripe.routes import TABLE
from tests.factories.stripe import SECRET_KEY, StandIn

FORM = {"Authorization": f"Bearer {SECRET_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
KNOWN = "@known"
ODD = st.one_of(
    st.just(KNOWN),
    st.sampled_from(
        ["", "0", "-1", "1e999", "NaN", "9" * 40, "true", "\x00", "cus_x", "💥", "inf", "now", "usd", "month"]
    ),
    st.text(max_size=12),
)
NAMES = st.sampled_from(
    [
        "name", "email", "metadata[a]", "metadata", "items[0][price]", "items[0]", "items", "items[x][id]", "customer",
        "limit", "starting_after", "created[gte]", "created", "expand[]", "expand[0]", "currency", "unit_amount",
        "unit_amount_decimal", "recurring[interval]", "tiers[0][up_to]", "discounts", "discounts[0][coupon]", "type",
        "card[number]", "card[exp_month]", "percent_off", "payload[value]", "payload[stripe_customer_id]", "mode",
        "event_name", "timestamp", "start_time", "end_time", "url", "success_url", "trial_end", "cancel_at", "a[b", "]",
        "subscription_details[items][0][id]", "advance_seconds", "ids[0]", "ids", "amount", "value", "product", "[]",
        "trial_period_days", "proration_behavior", "payment_behavior", "coupon", "subscription",
        "items[0][id]", "items[0][quantity]", "line_items[0][price]", "cancel_at_period_end", "lookup_key", "active",
        "invoice_settings[default_payment_method]", "payment_method", "code", "promotion[coupon]", "prorate", "meter",
    ]
)  # fmt: skip


BODIES = st.sampled_from([b'{"ids": ["\\ud800"]}', b'{"url": [[[[[[[[1]]]]]]]]}', b"[]", b'{"advance_seconds": 1e400}'])
CONTROLS = ["/_clock", "/_deliveries", "/_redeliver", "/_webhook", "/checkout/x", "/portal/%00", "/%ff"]


@pytest.fixture
def known(stand_in: StandIn) -> dict[str, str]:
    """One id of each kind, by the address of its list."""
    client = stand_in.client
    customer = client.v1.customers.create().id
    product = client.v1.products.create({"name": "Plan"}).id
    price = client.v1.prices.create(
        {"product": product, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
    ).id
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.v1.subscriptions.create({"customer": customer, "items": [{"price": price}], "default_payment_method": card})
    client.v1.coupons.create({"percent_off": 5})
    client.v1.billing.meters.create(
        {"display_name": "Calls", "event_name": "sum", "default_aggregation": {"formula": "sum"}}
    )
    client.v1.checkout.sessions.create(
        {"mode": "subscription", "line_items": [{"price": price}], "success_url": "http://localhost/"}
    )
    ids = {}
    for method, pattern, _handler in TABLE:
        if method == "GET" and "{}" not in pattern:
            status, _headers, body = stand_in.send("GET", f"{pattern}?customer={customer}", b"", FORM)
            if status == 400:
                status, _headers, body = stand_in.send("GET", pattern, b"", FORM)
            found = json.loads(body).get("data") or []
            if status == 200 and found:
                ids[pattern] = str(found[0]["id"])
    assert {"/v1/customers", "/v1/prices", "/v1/subscriptions", "/v1/invoices", "/v1/events"} <= ids.keys()
    return ids


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(TABLE), id_=ODD, form=st.dictionaries(NAMES, ODD, max_size=6), pick=st.randoms())
def test_no_call_fails(
    stand_in: StandIn, known: dict[str, str], route: Any, id_: str, form: dict[str, str], pick: Any
) -> None:
    method, pattern, _handler = route
    real = known.get(pattern.partition("/{}")[0], "_")
    path = pattern.replace("{}", quote(real if id_ == KNOWN else id_, safe="") or "_")
    ids = sorted(known.values())
    encoded = urlencode({name: pick.choice(ids) if value == KNOWN else value for name, value in form.items()})
    target = f"{path}?{encoded}" if method != "POST" else path
    status, _headers, body = stand_in.send(method, target, encoded.encode() if method == "POST" else b"", FORM)
    assert status in {200, 400, 402, 404}, body


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(CONTROLS),
    body=st.one_of(st.binary(max_size=30), BODIES),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]),
)
def test_no_body_makes_it_fail(stand_in: StandIn, path: str, body: bytes, kind: str) -> None:
    assert stand_in.send("POST", path, body, {**FORM, "Content-Type": kind})[0] in {200, 400, 404}


def test_bodies_have_a_limit_and_a_length(stand_in: StandIn) -> None:
    assert stand_in.send("POST", "/v1/customers", b"", {**FORM, "Content-Length": "2500000"})[0] == 413
    assert stand_in.send("POST", "/v1/customers", b"", {**FORM, "Content-Length": "-1"})[0] == 411
