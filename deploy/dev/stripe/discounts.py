"""Coupons, the promotion codes that give them, and what they take off an invoice."""

import re
from decimal import Decimal

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, parameter_invalid, parameter_missing, resource_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.pricing import cents, stepped
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id

HUNDRED = 100


def create_coupon(store: Store, params: Params) -> Record:
    id_ = params.text("id", limit=200) or new_id("co")[:11]
    if store.find_any(id_):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    percent, amount = params.decimal("percent_off", low=0, high=HUNDRED), params.integer("amount_off", low=1)
    if (percent is None) == (amount is None):
        raise parameter_missing("percent_off")
    duration = params.text("duration", choices=("once", "repeating", "forever")) or "once"
    months = params.integer("duration_in_months", low=1, high=120)
    if (duration == "repeating") != (months is not None):
        raise parameter_missing("duration_in_months")
    currency = params.text("currency") or None
    if amount is not None and not currency:
        raise parameter_missing("currency")
    products = params.nested("applies_to").texts("products")
    record: Record = {
        "id": id_,
        "object": "coupon",
        "amount_off": amount,
        "created": store.now(),
        "currency": currency,
        "duration": duration,
        "duration_in_months": months,
        "livemode": False,
        "max_redemptions": params.integer("max_redemptions", low=1),
        "metadata": params.metadata(),
        "name": params.text("name", limit=40) or None,
        "percent_off": None if percent is None else float(percent),
        "redeem_by": params.integer("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
        "_applies_to": {"products": products} if products else None,
    }
    params.done()
    return journal.create(store, record, "coupon.created")


def update_coupon(store: Store, params: Params, id_: str) -> Record:
    record = store.get("coupon", id_)
    record["metadata"] = params.metadata(record["metadata"])
    if params.has("name"):
        record["name"] = params.text("name", limit=40) or None
    params.done()
    return journal.update(store, record, "coupon.updated")


def delete_coupon(store: Store, params: Params, id_: str) -> Record:
    """Nobody can use it any more; who has it keeps it."""
    record = store.get("coupon", id_)
    params.done()
    journal.update(store, record | {"valid": False, "_deleted": True})
    journal.announce(store, "coupon.deleted", {name: value for name, value in record.items() if name[0] != "_"})
    return {"id": id_, "object": "coupon", "deleted": True}


def create_promotion_code(store: Store, params: Params) -> Record:
    promotion = params.nested("promotion", required=True)
    promotion.needed("type", choices=("coupon",))
    coupon = store.referred("coupon", promotion.needed("coupon"), "promotion[coupon]")
    code = params.text("code", limit=100) or new_id("")[1:9].upper()
    if not re.fullmatch(r"[A-Za-z0-9]+", code):
        raise parameter_invalid("Codes consist of letters and digits.", "code")
    if find_code(store, code):
        raise parameter_invalid("An active promotion code with that code exists already.", "code")
    given = params.nested("restrictions")
    restrictions = {
        "first_time_transaction": given.flag("first_time_transaction") or False,
        "minimum_amount": given.integer("minimum_amount", low=1),
        "minimum_amount_currency": given.text("minimum_amount_currency") or None,
    }
    customer = params.text("customer") or None
    if customer:
        store.referred("customer", customer, "customer")
    active = params.flag("active")
    record: Record = {
        "id": new_id("promo"),
        "object": "promotion_code",
        "active": True if active is None else active,
        "code": code,
        "created": store.now(),
        "customer": customer,
        "customer_account": None,
        "expires_at": params.integer("expires_at"),
        "livemode": False,
        "max_redemptions": params.integer("max_redemptions", low=1),
        "metadata": params.metadata(),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": restrictions,
        "times_redeemed": 0,
    }
    params.done()
    return journal.create(store, record, "promotion_code.created")


def update_promotion_code(store: Store, params: Params, id_: str) -> Record:
    record = store.get("promotion_code", id_)
    record["metadata"] = params.metadata(record["metadata"])
    if (active := params.flag("active")) is not None:
        record["active"] = active
    params.done()
    return journal.update(store, record, "promotion_code.updated")


def list_promotion_codes(store: Store, params: Params) -> Page:
    code, active, coupon = params.text("code"), params.flag("active"), params.text("coupon")
    records = [
        record
        for record in store.all("promotion_code")
        if (code is None or record["code"].lower() == code.lower())
        and active in {None, record["active"]}
        and coupon in {None, record["promotion"]["coupon"]}
    ]
    return listing(params, records, "/v1/promotion_codes")


def find_code(store: Store, code: str) -> Record | None:
    """Return the active promotion code that somebody typed."""
    active = (record for record in store.all("promotion_code") if record["active"])
    return next((record for record in active if record["code"].lower() == code.strip().lower()), None)


def chosen(store: Store, params: list[Params], customer: str | None) -> list[Record]:
    """Return the new discounts that `discounts` asks for, not stored yet."""
    discounts = []
    for given in params:
        coupon, code = given.text("coupon") or None, given.text("promotion_code") or None
        if code:
            record = store.referred("promotion_code", code, given.path("promotion_code"))
            discounts.append(from_code(store, record, customer))
        elif coupon:
            discounts.append(discount(store, store.referred("coupon", coupon, given.path("coupon")), customer))
        else:
            raise parameter_missing(given.path("coupon"))
    return discounts


def from_code(store: Store, code: Record, customer: str | None) -> Record:
    """Return the discount of a promotion code that this customer may use."""
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    over = code["expires_at"] is not None and code["expires_at"] <= store.now()
    other = code["customer"] not in {None, customer}
    first = code["restrictions"]["first_time_transaction"]
    if not code["active"] or used_up or over or other or (first and customer and _has_paid(store, customer)):
        raise StripeError(
            "This promotion code cannot be redeemed.", code="promotion_code_invalid", param="promotion_code"
        )
    coupon = store.referred("coupon", code["promotion"]["coupon"], "promotion_code")
    return discount(store, coupon, customer, code)


def _has_paid(store: Store, customer: str) -> bool:
    return any(invoice["amount_paid"] > 0 for invoice in store.all("invoice", customer=customer))


def discount(store: Store, coupon: Record, customer: str | None, code: Record | None = None) -> Record:
    now = store.now()
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    if not coupon["valid"] or used_up or (coupon["redeem_by"] is not None and coupon["redeem_by"] <= now):
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="coupon")
    months = coupon["duration_in_months"]
    return {
        "id": new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "created": now,
        "customer": customer,
        "customer_account": None,
        "end": stepped(now, "month", months) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code["id"] if code else None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": now,
        "subscription": None,
        "subscription_item": None,
    }


def give(store: Store, subscription: Record, discounts: list[Record]) -> None:
    """Give a subscription exactly these discounts; the caller stores the subscription."""
    kept = {record["id"] for record in discounts}
    for id_ in subscription["discounts"]:
        if id_ not in kept:
            journal.announce(store, "customer.discount.deleted", store.get("discount", id_) | {"deleted": True})
    for record in discounts:
        if record["id"] not in subscription["discounts"]:
            _redeem(store, record)
            record |= {"customer": subscription["customer"], "subscription": subscription["id"]}
            journal.create(store, record, "customer.discount.created")
    subscription["discounts"] = [record["id"] for record in discounts]


def _redeem(store: Store, record: Record) -> None:
    coupon = store.get("coupon", record["source"]["coupon"])
    journal.update(store, coupon | {"times_redeemed": coupon["times_redeemed"] + 1}, "coupon.updated")
    if record["promotion_code"]:
        code = store.get("promotion_code", record["promotion_code"])
        journal.update(store, code | {"times_redeemed": code["times_redeemed"] + 1}, "promotion_code.updated")


def in_force(store: Store, subscription: Record) -> list[Record]:
    discounts = [store.get("discount", id_) for id_ in subscription["discounts"]]
    return [record for record in discounts if record["end"] is None or record["end"] > store.now()]


def drop_used(store: Store, subscription: Record, invoice: Record) -> None:
    """Take away what is over, and what was for one invoice if this was it; the caller stores the subscription."""
    used = {entry["discount"] for entry in invoice["total_discount_amounts"] if entry["amount"]}
    left = [
        record
        for record in in_force(store, subscription)
        if record["id"] not in used or store.get("coupon", record["source"]["coupon"])["duration"] != "once"
    ]
    give(store, subscription, left)


def apply(store: Store, lines: list[Record], discounts: list[Record]) -> list[Record]:
    """Write into the lines what each discount takes off them; return the sums by discount."""
    sums = []
    for record in discounts:
        coupon = store.get("coupon", record["source"]["coupon"])
        taken = _taken(coupon, lines)
        for line, amount in taken:
            line["discount_amounts"].append({"amount": amount, "discount": record["id"]})
        sums.append({"amount": sum(amount for _line, amount in taken), "discount": record["id"]})
    return sums


def _taken(coupon: Record, lines: list[Record]) -> list[tuple[Record, int]]:
    products = (coupon["_applies_to"] or {}).get("products")
    lines = [
        line for line in lines if line["discountable"] and _left(line) and (not products or _product(line) in products)
    ]
    if coupon["percent_off"] is not None:
        part = Decimal(str(coupon["percent_off"])) / HUNDRED
        return [(line, cents(_left(line) * part)) for line in lines]
    # A fixed amount is shared out by size, to the cent, and never makes money.
    lines = [line for line in lines if _left(line) > 0]
    whole = sum(_left(line) for line in lines)
    rest, taken = min(coupon["amount_off"], whole), []
    for line in lines:
        amount = min(cents(Decimal(rest) * _left(line) / whole), rest)
        taken.append((line, amount))
        rest, whole = rest - amount, whole - _left(line)
    return taken


def _left(line: Record) -> int:
    return int(line["amount"]) - sum(int(entry["amount"]) for entry in line["discount_amounts"])


def _product(line: Record) -> str:
    details = (line["pricing"] or {}).get("price_details") or {}
    return str(details.get("product") or "")


def retrieve_coupon(store: Store, params: Params, id_: str) -> Record:
    params.done()
    record = store.get("coupon", id_)
    if record.get("_deleted"):
        raise resource_missing("coupon", id_)
    return record


def list_coupons(store: Store, params: Params) -> Page:
    records = [record for record in store.all("coupon") if not record.get("_deleted")]
    return listing(params, records, "/v1/coupons")
