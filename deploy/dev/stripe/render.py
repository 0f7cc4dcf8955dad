"""How stored objects leave: without what is the stand-in's own, with what they are made of, expanded as asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.dev.stripe.errors import StripeError, parameter_invalid, resource_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.store import Record, Store

MAX_LIMIT = 100
MAX_EXPAND_DEPTH = 4


@dataclass(frozen=True)
class Page:
    """Part of a list."""

    records: list[Record]
    url: str
    has_more: bool = False


def listing(params: Params, records: list[Record], url: str) -> Page:
    """Cut out the page that was asked for; nothing else may have been asked."""
    limit = params.integer("limit", low=1, high=MAX_LIMIT) or 10
    after, before = params.text("starting_after"), params.text("ending_before")
    records = [record for record in records if params.within("created", record.get("created", 0))]
    params.done()
    if before:
        place = _place(records, before, "ending_before")
        return Page(records[max(0, place - limit) : place], url, place > limit)
    if after:
        records = records[_place(records, after, "starting_after") + 1 :]
    return Page(records[:limit], url, len(records) > limit)


def _place(records: list[Record], id_: str, param: str) -> int:
    for place, record in enumerate(records):
        if record["id"] == id_:
            return place
    raise resource_missing("object", id_, param=param, status=400)


def render(store: Store, record: Record) -> Record:
    """Return an object as Stripe shows it."""
    if record.get("_deleted"):
        return {"id": record["id"], "object": record["object"], "deleted": True}
    shown = {name: value for name, value in record.items() if not name.startswith("_")}
    if record["object"] == "subscription":
        items = [_item(store, item, record) for item in record["_items"]]
        shown["items"] = _list(items, f"/v1/subscription_items?subscription={record['id']}")
    elif record["object"] == "subscription_item":
        return _item(store, record, {"id": record["subscription"], "_items": []})
    elif record["object"] == "invoice":
        shown["lines"] = _list(record["_lines"], f"/v1/invoices/{record['id']}/lines")
    return shown


def _item(store: Store, item: Record, subscription: Record) -> Record:
    shown = {name: value for name, value in item.items() if not name.startswith("_")}
    price = store.get("price", item["price"])
    shown |= {"subscription": subscription["id"], "price": render(store, price), "plan": _plan(price)}
    if price["recurring"]["usage_type"] == "metered":
        del shown["quantity"]
    return shown


def _plan(price: Record) -> Record:
    """Return the older form of a price, which items still carry."""
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": price["recurring"]["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": price["recurring"]["usage_type"],
    }


def _list(data: list[Record], url: str) -> Record:
    return {"object": "list", "data": data, "has_more": False, "total_count": len(data), "url": url}


def answer(store: Store, result: Record | Page, paths: list[str]) -> Record:
    """Return the whole answer, expanded."""
    if isinstance(result, Page):
        data = [render(store, record) for record in result.records]
        shown: Record = {"object": "list", "url": result.url, "has_more": result.has_more, "data": data}
    else:
        shown = render(store, result)
    for path in paths:
        names = path.split(".")
        if len(names) > MAX_EXPAND_DEPTH + (names[0] == "data"):
            raise parameter_invalid("You cannot expand more than 4 levels of a property", "expand")
        _expand(store, shown, names, path)
    return shown


def _expand(store: Store, shown: Any, names: list[str], path: str) -> None:
    if isinstance(shown, list):
        for entry in shown:
            _expand(store, entry, names, path)
        return
    if not isinstance(shown, dict):
        return
    name, *rest = names
    if name not in shown:
        include = INCLUDABLE.get((str(shown.get("object")), name))
        if include is None:
            raise StripeError(f"This property cannot be expanded ({path[:100]}).", param="expand")
        shown[name] = include(store, shown)
    value = shown[name]
    if isinstance(value, str):
        shown[name] = _looked_up(store, value)
    elif isinstance(value, list):
        shown[name] = [_looked_up(store, entry) if isinstance(entry, str) else entry for entry in value]
    if rest:
        _expand(store, shown[name], rest, path)


def _looked_up(store: Store, id_: str) -> Any:
    found = store.find_any(id_)
    return render(store, found) if found else id_


def _stored(field: str) -> Callable[[Store, Record], Any]:
    return lambda store, shown: (store.find_any(shown["id"]) or {}).get(field)


def _of_customer(kind: str, url: str) -> Callable[[Store, Record], Record]:
    def include(store: Store, shown: Record) -> Record:
        records = store.all(kind, customer=shown["id"])
        alive = [record for record in records if record.get("status") != "canceled"]
        return _list([render(store, record) for record in alive], url.format(shown["id"]))

    return include


def _invoice_payments(store: Store, shown: Record) -> Record:
    payments = store.all("invoice_payment", customer=shown["customer"])
    records = [record for record in payments if record["invoice"] == shown["id"]]
    return _list([render(store, record) for record in records], f"/v1/invoice_payments?invoice={shown['id']}")


def _currency_options(store: Store, shown: Record) -> Record:
    amounts = {"unit_amount": shown["unit_amount"], "unit_amount_decimal": shown["unit_amount_decimal"]}
    tiers = (store.find_any(shown["id"]) or {}).get("_tiers")
    options = {"custom_unit_amount": None, "tax_behavior": shown["tax_behavior"], **amounts}
    return {shown["currency"]: {**options, "tiers": tiers} if tiers else options}


# What is left out unless it is asked for.
INCLUDABLE: dict[tuple[str, str], Callable[[Store, Record], Any]] = {
    ("price", "tiers"): _stored("_tiers"),
    ("price", "currency_options"): _currency_options,
    ("coupon", "applies_to"): _stored("_applies_to"),
    ("coupon", "currency_options"): lambda _store, _shown: {},
    ("customer", "sources"): lambda _store, shown: _list([], f"/v1/customers/{shown['id']}/sources"),
    ("customer", "subscriptions"): _of_customer("subscription", "/v1/customers/{}/subscriptions"),
    ("customer", "tax_ids"): _of_customer("tax_id", "/v1/customers/{}/tax_ids"),
    ("invoice", "payments"): _invoice_payments,
    ("checkout.session", "line_items"): _stored("_line_items"),
}
