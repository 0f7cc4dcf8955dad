"""Test cards: which are known, how they behave, who has them. Nothing of a number is kept but its last digits."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, declined, parameter_invalid, parameter_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing, render
from deploy.dev.stripe.store import Record, Store, new_id


@dataclass(frozen=True)
class TestCard:
    """`refused` is why it cannot be attached, `fails` why its charges are declined later."""

    brand: str
    number: str
    refused: str = ""
    fails: str = ""

    # Not a class of tests, whatever its name.
    __test__ = False


CARDS = {
    "visa": TestCard("visa", "4242424242424242"),
    "visa_debit": TestCard("visa", "4000056655665556"),
    "mastercard": TestCard("mastercard", "5555555555554444"),
    "amex": TestCard("amex", "378282246310005"),
    "chargeDeclined": TestCard("visa", "4000000000000002", refused="generic_decline"),
    "visa_chargeDeclined": TestCard("visa", "4000000000000002", refused="generic_decline"),
    "chargeDeclinedInsufficientFunds": TestCard("visa", "4000000000009995", refused="insufficient_funds"),
    "chargeDeclinedExpiredCard": TestCard("visa", "4000000000000069", refused="expired_card"),
    "chargeDeclinedIncorrectCvc": TestCard("visa", "4000000000000127", refused="incorrect_cvc"),
    "chargeCustomerFail": TestCard("visa", "4000000000000341", fails="generic_decline"),
}
BY_NUMBER = {card.number: name for name, card in CARDS.items()}


def card_named(number: str) -> str:
    """Return the name of the card that a number belongs to; refuse any other number."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        raise declined("incorrect_number")
    name = BY_NUMBER.get(digits)
    if name is None:
        raise declined("test_mode_live_card")
    return name


def add_card(store: Store, name: str, *, expires: tuple[int, int] | None = None, holder: str | None = None) -> Record:
    card = CARDS[name]
    today = datetime.fromtimestamp(store.now(), UTC)
    month, year = expires or (12, today.year + 4)
    if not 1 <= month <= 12 or not today.year <= year <= today.year + 50:  # noqa: PLR2004 - months; half a century
        raise StripeError(
            "Your card's expiration date is invalid.", status=402, kind="card_error", code="invalid_expiry_year"
        )
    if (year, month) < (today.year, today.month):
        raise declined("expired_card")
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    record: Record = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": address, "email": None, "name": holder, "phone": None, "tax_id": None},
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": f"standin{card.number[-4:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": store.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_card": name,
    }
    return journal.create(store, record)


def create_payment_method(store: Store, params: Params) -> Record:
    params.needed("type", choices=("card",))
    given, details = params.nested("card", required=True), params.nested("billing_details")
    metadata = params.metadata()
    holder = details.text("name") or None
    details.ignore("email", "phone", "address", "tax_id")
    if given.has("token"):
        name = _token(given.needed("token"), "tok_", "card[token]")
        expires = None
    else:
        name = card_named(given.needed("number"))
        expires = (given.integer("exp_month") or 0, given.integer("exp_year") or 0)
        given.ignore("cvc")
    params.done()
    record = add_card(store, name, expires=expires, holder=holder)
    return journal.update(store, record | {"metadata": metadata})


def _token(token: str, prefix: str, param: str) -> str:
    name = token.removeprefix(prefix)
    if not token.startswith(prefix) or name not in CARDS:
        raise parameter_invalid(f"No such token: '{token[:100]}'", param, code="resource_missing")
    return name


def attach(store: Store, id_: str, customer: str) -> Record:
    """Attach a card, or a new one of the kind that `pm_card_...` names."""
    store.referred("customer", customer, "customer")
    if id_.removeprefix("pm_card_") in CARDS and id_.startswith("pm_card_"):
        record = add_card(store, id_.removeprefix("pm_card_"))
    else:
        record = store.get("payment_method", id_)
    if record["customer"] == customer:
        return record
    if record["customer"] or record.get("_detached"):
        raise StripeError(
            "The payment method you provided has already been attached or was detached.",
            code="payment_method_unexpected_state",
        )
    if refused := CARDS[record["_card"]].refused:
        raise declined(refused)
    record["customer"] = customer
    journal.update(store, record)
    journal.announce(store, "payment_method.attached", render(store, record))
    return record


def attach_payment_method(store: Store, params: Params, id_: str) -> Record:
    customer = params.needed("customer")
    params.done()
    return attach(store, id_, customer)


def detach(store: Store, id_: str) -> Record:
    record = store.get("payment_method", id_)
    if not record["customer"]:
        raise StripeError("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = store.get("customer", record["customer"])
    if customer["invoice_settings"]["default_payment_method"] == id_:
        customer["invoice_settings"]["default_payment_method"] = None
        journal.update(store, customer, "customer.updated")
    for subscription in store.all("subscription", customer=record["customer"]):
        if subscription["default_payment_method"] == id_:
            subscription["default_payment_method"] = None
            journal.update(store, subscription, "customer.subscription.updated")
    return journal.update(store, record | {"customer": None, "_detached": True}, "payment_method.detached")


def detach_payment_method(store: Store, params: Params, id_: str) -> Record:
    params.done()
    return detach(store, id_)


def update_payment_method(store: Store, params: Params, id_: str) -> Record:
    record = store.get("payment_method", id_)
    record["metadata"] = params.metadata(record["metadata"])
    card = params.nested("card")
    for name in ("exp_month", "exp_year"):
        record["card"][name] = card.integer(name, low=1, high=2100) or record["card"][name]
    params.ignore("billing_details", "allow_redisplay")
    params.done()
    return journal.update(store, record, "payment_method.updated")


def list_payment_methods(store: Store, params: Params, customer: str = "") -> Page:
    url = f"/v1/customers/{customer}/payment_methods" if customer else "/v1/payment_methods"
    kind = params.text("type")
    if customer:
        store.get("customer", customer)
    else:
        customer = params.text("customer") or ""
    if not customer:
        raise parameter_missing("customer")
    records = store.all("payment_method", customer=customer) if kind in {None, "card"} else []
    return listing(params, records, url)


def retrieve_of_customer(store: Store, params: Params, customer: str, id_: str) -> Record:
    params.done()
    record = store.get("payment_method", id_)
    return record if record["customer"] == customer else store.get("payment_method", f"{id_} of {customer}")


def default_of(store: Store, customer: str, subscription: Record | None = None) -> Record | None:
    """Return the card that is charged: the subscription's, else the customer's default."""
    settings = store.get("customer", customer)["invoice_settings"]
    id_ = (subscription or {}).get("default_payment_method") or settings["default_payment_method"]
    return store.find("payment_method", id_) if id_ else None
