"""Checkout sessions: what is offered, and what becomes of it when somebody pays."""

from dataclasses import dataclass

from deploy.dev.stripe import billing, discounts, journal
from deploy.dev.stripe.customers import add_tax_id, create_customer
from deploy.dev.stripe.errors import StripeError, declined, parameter_invalid, parameter_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.payment_methods import CARDS, add_card, attach, card_named
from deploy.dev.stripe.pricing import total
from deploy.dev.stripe.render import Page, listing, render
from deploy.dev.stripe.store import Record, Store, new_id
from deploy.dev.stripe.subscriptions import items_of, missing_method, trial_of

LIFE_SECONDS = 86_400


def create(store: Store, params: Params) -> Record:
    params.needed("mode", choices=("subscription",))
    customer = params.text("customer") or None
    if customer:
        store.referred("customer", customer, "customer")
    wanted = items_of(params, "line_items")
    if not wanted:
        raise parameter_missing("line_items")
    prices = [billing.usable_price(store, price, "line_items[0][price]") for price, _quantity, _metadata in wanted]
    data = params.nested("subscription_data")
    days = data.integer("trial_period_days", low=1, high=730)
    now = store.now()
    expires = params.integer("expires_at") or now + LIFE_SECONDS
    if not now < expires <= now + LIFE_SECONDS:
        raise parameter_invalid("The session must expire within 24 hours.", "expires_at")
    codes = params.flag("allow_promotion_codes") or False
    given = discounts.chosen(store, params.items("discounts"), customer)
    if codes and given:
        raise parameter_invalid(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.", "discounts"
        )
    amount = sum(
        total(price, quantity)
        for price, (_id, quantity, _meta) in zip(prices, wanted, strict=True)
        if not _is_metered(price)
    )
    record = _blank(store, customer, amount, prices[0]["currency"]) | {
        "allow_promotion_codes": codes or None,
        "billing_address_collection": params.text("billing_address_collection") or None,
        "cancel_url": params.url("cancel_url") or None,
        "client_reference_id": params.text("client_reference_id", limit=200) or None,
        "customer_email": params.text("customer_email") or None,
        "expires_at": expires,
        "metadata": params.metadata(),
        "success_url": _success_url(params),
        "tax_id_collection": {
            "enabled": params.nested("tax_id_collection").flag("enabled") or False,
            "required": "never",
        },
        "_discounts": given,
        "_items": wanted,
        "_line_items": _line_items(store, prices, wanted),
        # Counted from the day on which somebody subscribes.
        "_trial_days": days,
        "_trial_end": None if days else trial_of(store, data),
        "_subscription_metadata": data.metadata(),
        "_description": data.text("description") or None,
        "_missing_method": missing_method(data),
    }
    record["discounts"] = [
        {"coupon": entry["source"]["coupon"], "promotion_code": entry["promotion_code"]} for entry in given
    ]
    data.ignore("billing_mode", "invoice_settings", "proration_behavior", "default_tax_rates")
    params.ignore(
        "payment_method_types", "payment_method_collection", "locale", "customer_update", "automatic_tax", "ui_mode",
        "saved_payment_method_options", "consent_collection", "custom_text", "phone_number_collection", "submit_type",
    )  # fmt: skip
    params.done()
    return journal.create(store, record)


def _success_url(params: Params) -> str:
    template = params.needed("success_url")
    plain = Params({"success_url": template.replace("{CHECKOUT_SESSION_ID}", "")})
    plain.url("success_url", required=True)
    return template


def _is_metered(price: Record) -> bool:
    return bool(price["recurring"]["usage_type"] == "metered")


def _blank(store: Store, customer: str | None, amount: int, currency: str) -> Record:
    id_ = new_id("cs_test") + new_id("")[1:]
    empty = (
        "adaptive_pricing", "after_expiration", "client_secret", "consent", "consent_collection",
        "currency_conversion", "customer_account", "customer_creation", "customer_details", "invoice",
        "invoice_creation", "locale", "payment_intent", "payment_link", "phone_number_collection", "recovered_from",
        "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type", "subscription",
    )  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "id": id_,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": store.now(),
        "currency": currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": customer,
        "livemode": False,
        "mode": "subscription",
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{store.base_url}/checkout/{id_}",
    }


def _line_items(store: Store, prices: list[Record], wanted: list[tuple[str, int, dict[str, str]]]) -> Record:
    data = []
    for price, (_id, quantity, _metadata) in zip(prices, wanted, strict=True):
        amount = 0 if _is_metered(price) else total(price, quantity)
        product = store.find("product", price["product"]) or {}
        data.append(
            {
                "id": new_id("li"),
                "object": "item",
                "amount_discount": 0,
                "amount_subtotal": amount,
                "amount_tax": 0,
                "amount_total": amount,
                "currency": price["currency"],
                "description": product.get("name"),
                "price": render(store, price),
                "quantity": None if _is_metered(price) else quantity,
            }
        )
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/checkout/sessions"}


def expire(store: Store, record: Record) -> Record:
    if record["status"] != "open":
        raise StripeError(f"Only sessions that are open can be expired; this one is {record['status']}.")
    return _closed(store, record | {"status": "expired", "url": None}, "checkout.session.expired")


def _closed(store: Store, record: Record, event: str) -> Record:
    journal.update(store, record)
    journal.announce(store, event, render(store, record))
    return record


def expire_session(store: Store, params: Params, id_: str) -> Record:
    record = store.get("checkout.session", id_)
    params.done()
    return expire(store, record)


def listed(store: Store, params: Params) -> Page:
    status, subscription = params.text("status"), params.text("subscription")
    records = [
        record
        for record in store.all("checkout.session", customer=params.text("customer") or None)
        if status in {None, record["status"]} and subscription in {None, record["subscription"]}
    ]
    return listing(params, records, "/v1/checkout/sessions")


def list_line_items(store: Store, params: Params, id_: str) -> Page:
    record = store.get("checkout.session", id_)
    return listing(params, record["_line_items"]["data"], f"/v1/checkout/sessions/{id_}/line_items")


@dataclass(frozen=True)
class Entered:
    """What somebody has typed into the page."""

    number: str
    expires: str
    name: str = ""
    email: str = ""
    promotion_code: str = ""
    tax_type: str = ""
    tax_value: str = ""


def complete(store: Store, record: Record, entered: Entered) -> Record:
    """Subscribe with what was entered; a card that is declined changes nothing."""
    if record["status"] != "open":
        raise StripeError("This page is no longer open.")
    name = card_named(entered.number)
    if refused := CARDS[name].refused:
        raise declined(refused)
    customer = record["customer"] or _new_customer(store, record, entered)
    card = add_card(store, name, expires=expiry(entered.expires), holder=entered.name or None)
    attach(store, card["id"], customer)
    if entered.tax_value and record["tax_id_collection"]["enabled"]:
        add_tax_id(store, customer, entered.tax_type, entered.tax_value.strip())
    given = record["_discounts"]
    if entered.promotion_code and record["allow_promotion_codes"]:
        given = [code_discount(store, entered.promotion_code, customer)]
    days = record["_trial_days"]
    subscription = billing.begin(
        store,
        billing.Wish(
            customer=customer,
            items=[(price, quantity, metadata) for price, quantity, metadata in record["_items"]],
            metadata=record["_subscription_metadata"],
            description=record["_description"],
            trial_end=store.now() + days * 86_400 if days else record["_trial_end"],
            missing_payment_method=record["_missing_method"],
            method=card["id"],
            discounts=given,
            behavior="error_if_incomplete",
        ),
    )
    invoice = store.get("invoice", subscription["latest_invoice"])
    owner = store.get("customer", customer)
    tax_ids = [{"type": entry["type"], "value": entry["value"]} for entry in store.all("tax_id", customer=customer)]
    discounted = sum(entry["amount"] for entry in invoice["total_discount_amounts"])
    record |= {
        "amount_subtotal": invoice["subtotal"],
        "amount_total": invoice["total"],
        "customer": customer,
        "customer_details": {
            "address": owner["address"],
            "business_name": None,
            "email": owner["email"],
            "individual_name": None,
            "name": owner["name"] or entered.name or None,
            "phone": owner["phone"],
            "tax_exempt": owner["tax_exempt"],
            "tax_ids": tax_ids,
        },
        "invoice": invoice["id"],
        "payment_status": "paid" if invoice["amount_paid"] else "no_payment_required",
        "status": "complete",
        "subscription": subscription["id"],
        "total_details": record["total_details"] | {"amount_discount": discounted},
        "url": None,
    }
    return _closed(store, record, "checkout.session.completed")


def code_discount(store: Store, typed: str, customer: str | None) -> Record:
    code = discounts.find_code(store, typed)
    if code is None:
        raise StripeError("This promotion code is not valid.", param="promotion_code")
    return discounts.from_code(store, code, customer)


def expiry(text: str) -> tuple[int, int]:
    """Read "12 / 34"."""
    month, _, year = text.replace(" ", "").partition("/")
    if not (month.isascii() and month.isdecimal() and year.isascii() and year.isdecimal() and len(month + year) <= 6):  # noqa: PLR2004 - MMYYYY
        raise StripeError("The expiry date looks like 12/34.", param="expires")
    return int(month), int(year) + (2000 if len(year) == 2 else 0)  # noqa: PLR2004 - two digits


def _new_customer(store: Store, record: Record, entered: Entered) -> str:
    email = entered.email or record["customer_email"] or ""
    given = {name: value for name, value in (("email", email), ("name", entered.name)) if value}
    return str(create_customer(store, Params(given))["id"])


def success_url(record: Record) -> str:
    return str(record["success_url"]).replace("{CHECKOUT_SESSION_ID}", record["id"])
