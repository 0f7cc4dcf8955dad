"""What is sold: products, prices, features."""

from decimal import Decimal
from typing import Any

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, parameter_invalid, parameter_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.pricing import cents
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id

INTERVALS = ("day", "week", "month", "year")
MAX_AMOUNT = 99_999_999


def create_product(store: Store, params: Params) -> Record:
    id_ = params.text("id") or new_id("prod")
    if store.find_any(id_):
        raise StripeError(f"Product already exists: {id_[:100]}", code="resource_already_exists", param="id")
    now = store.now()
    record: Record = {
        "id": id_,
        "object": "product",
        "active": True,
        "attributes": [],
        "created": now,
        "default_price": None,
        "description": params.text("description") or None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.metadata(),
        "name": params.needed("name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": params.text("tax_code") or None,
        "type": params.text("type") or "service",
        "unit_label": params.text("unit_label") or None,
        "updated": now,
        "url": params.url("url") or None,
    }
    active = params.flag("active")
    record["active"] = True if active is None else active
    params.done()
    return journal.create(store, record, "product.created")


def update_product(store: Store, params: Params, id_: str) -> Record:
    record = store.get("product", id_)
    record["metadata"] = params.metadata(record["metadata"])
    for name in ("name", "description", "unit_label", "tax_code"):
        if params.has(name):
            record[name] = params.text(name, required=name == "name") or None
    if params.has("default_price"):
        price = store.referred("price", params.needed("default_price"), "default_price")
        record["default_price"] = price["id"]
    if (active := params.flag("active")) is not None:
        record["active"] = active
    params.ignore("marketing_features", "images", "url", "statement_descriptor", "shippable")
    params.done()
    if record != store.get("product", id_):
        record["updated"] = store.now()
    return journal.update(store, record, "product.updated")


def delete_product(store: Store, params: Params, id_: str) -> Record:
    record = store.get("product", id_)
    params.done()
    if any(price["product"] == id_ for price in store.all("price")):
        raise StripeError("This product cannot be deleted because it has one or more user-created prices.")
    return journal.remove(store, record, "product.deleted")


def list_products(store: Store, params: Params) -> Page:
    ids, active = params.texts("ids"), params.flag("active")
    records = [
        record
        for record in store.all("product")
        if (not ids or record["id"] in ids) and active in {None, record["active"]}
    ]
    return listing(params, records, "/v1/products")


def create_price(store: Store, params: Params) -> Record:
    currency = params.needed("currency").lower()
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():  # noqa: PLR2004 - ISO 4217
        raise parameter_invalid(f"Invalid currency: {currency[:10]}", "currency")
    if not params.has("product") and params.has("product_data"):
        data = params.nested("product_data")
        product = create_product(store, data)
    else:
        product = store.referred("product", params.needed("product"), "product")
    record: Record = {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "created": store.now(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": params.metadata(),
        "nickname": params.text("nickname") or None,
        "product": product["id"],
        "recurring": _recurring(store, params),
        "tax_behavior": params.text("tax_behavior", choices=("exclusive", "inclusive", "unspecified")) or "unspecified",
        "transform_quantity": None,
    }
    record["type"] = "recurring" if record["recurring"] else "one_time"
    record |= _amounts(params)
    if (active := params.flag("active")) is not None:
        record["active"] = active
    record["lookup_key"] = _lookup_key(store, params, record["id"])
    params.done()
    return journal.create(store, record, "price.created")


def _recurring(store: Store, params: Params) -> Record | None:
    if not params.has("recurring"):
        return None
    given = params.nested("recurring", required=True)
    usage = given.text("usage_type", choices=("licensed", "metered")) or "licensed"
    meter = given.text("meter") or None
    if usage == "metered" and meter is None:
        raise parameter_missing("recurring[meter]")
    if meter is not None:
        if usage != "metered":
            raise parameter_invalid("A meter needs usage_type `metered`", "recurring[meter]")
        store.referred("billing.meter", meter, "recurring[meter]")
    return {
        "interval": given.needed("interval", choices=INTERVALS),
        "interval_count": given.integer("interval_count", low=1, high=12) or 1,
        "meter": meter,
        "trial_period_days": None,
        "usage_type": usage,
    }


def _amounts(params: Params) -> Record:
    scheme = params.text("billing_scheme", choices=("per_unit", "tiered")) or "per_unit"
    if scheme == "tiered":
        mode = params.needed("tiers_mode", choices=("graduated", "volume"))
        tiers = [_tier(tier) for tier in params.items("tiers")]
        tops = [tier["up_to"] for tier in tiers]
        if not tops or tops[-1] is not None or None in tops[:-1] or tops[:-1] != sorted(set(tops[:-1])):
            raise parameter_invalid("Tiers must go up, and the last one to `inf`", "tiers")
        amounts = {"unit_amount": None, "unit_amount_decimal": None, "_tiers": tiers}
        return {"billing_scheme": scheme, "tiers_mode": mode, **amounts}
    whole, exact = _amount(params, "unit_amount")
    if exact is None:
        raise parameter_missing("unit_amount")
    return {"billing_scheme": scheme, "tiers_mode": None, "unit_amount": whole, "unit_amount_decimal": exact}


def _amount(params: Params, name: str) -> tuple[int | None, str | None]:
    """Return an amount in whole cents, None if it has a fraction, and exactly."""
    whole = params.integer(name, low=0, high=MAX_AMOUNT)
    exact = params.decimal(f"{name}_decimal", low=0, high=MAX_AMOUNT)
    if whole is not None and exact is not None:
        raise parameter_invalid(f"Only one of {name} and {name}_decimal can be given", params.path(name))
    if exact is None:
        return whole, None if whole is None else str(whole)
    return (cents(exact) if exact == cents(exact) else None), f"{exact.normalize():f}"


def _tier(params: Params) -> Record:
    up_to = None if params.text("up_to") == "inf" else params.integer("up_to", low=1)
    if up_to is None and params.text("up_to") != "inf":
        raise parameter_missing(params.path("up_to"))
    flat, flat_exact = _amount(params, "flat_amount")
    unit, unit_exact = _amount(params, "unit_amount")
    amounts = {"unit_amount": unit, "unit_amount_decimal": unit_exact}
    return {"flat_amount": flat, "flat_amount_decimal": flat_exact, **amounts, "up_to": up_to}


def _lookup_key(store: Store, params: Params, id_: str) -> str | None:
    """Return the key that the price gets, taken from another one if that was asked for."""
    key, transfer = params.text("lookup_key", limit=200) or None, params.flag("transfer_lookup_key")
    for other in store.all("price") if key else []:
        if other["lookup_key"] == key and other["id"] != id_:
            if not transfer:
                raise parameter_invalid(
                    f"A price (`{other['id']}`) already uses that lookup key.",
                    "lookup_key",
                    code="resource_already_exists",
                )
            journal.update(store, other | {"lookup_key": None}, "price.updated")
    return key


def update_price(store: Store, params: Params, id_: str) -> Record:
    record = store.get("price", id_)
    record["metadata"] = params.metadata(record["metadata"])
    if params.has("nickname"):
        record["nickname"] = params.text("nickname") or None
    if params.has("lookup_key"):
        record["lookup_key"] = _lookup_key(store, params, id_)
    if (active := params.flag("active")) is not None:
        record["active"] = active
    params.ignore("tax_behavior", "transfer_lookup_key")
    params.done()
    return journal.update(store, record, "price.updated")


def list_prices(store: Store, params: Params) -> Page:
    keys, active, product = params.texts("lookup_keys"), params.flag("active"), params.text("product")
    kind, currency = params.text("type"), params.text("currency")
    recurring = params.nested("recurring")
    wanted: dict[str, Any] = {"active": active, "product": product, "type": kind, "currency": currency}
    inside = {name: recurring.text(name) for name in ("interval", "meter", "usage_type")}
    records = [
        record
        for record in store.all("price")
        if (not keys or record["lookup_key"] in keys)
        and all(value in {None, record[name]} for name, value in wanted.items())
        and all(value in {None, (record["recurring"] or {}).get(name, "")} for name, value in inside.items())
    ]
    return listing(params, records, "/v1/prices")


def create_feature(store: Store, params: Params) -> Record:
    key = params.needed("lookup_key")
    if any(feature["lookup_key"] == key and feature["active"] for feature in store.all("entitlements.feature")):
        raise parameter_invalid("A feature already uses that lookup key.", "lookup_key", code="resource_already_exists")
    record: Record = {
        "id": new_id("feat"),
        "object": "entitlements.feature",
        "active": True,
        "created": store.now(),
        "livemode": False,
        "lookup_key": key,
        "metadata": params.metadata(),
        "name": params.needed("name"),
    }
    params.done()
    return journal.create(store, record)


def list_features(store: Store, params: Params) -> Page:
    key = params.text("lookup_key")
    records = [record for record in store.all("entitlements.feature") if key in {None, record["lookup_key"]}]
    return listing(params, records, "/v1/entitlements/features")


def list_product_features(store: Store, params: Params, id_: str) -> Page:
    """Return none, as below."""
    store.get("product", id_)
    return listing(params, [], f"/v1/products/{id_}/features")


def list_active_entitlements(store: Store, params: Params) -> Page:
    """Return none: no product here has features attached; the platform computes entitlements itself."""
    store.referred("customer", params.needed("customer"), "customer")
    return listing(params, [], "/v1/entitlements/active_entitlements")


def unit_price(price: Record) -> Decimal:
    """Return the price of one, for pages."""
    tiers = price.get("_tiers")
    return Decimal(tiers[0]["unit_amount_decimal"] or 0) if tiers else Decimal(price["unit_amount_decimal"])
