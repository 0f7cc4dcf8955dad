"""Changing a subscription in the middle of a period: what is given back, what is asked, and when."""

from copy import deepcopy
from dataclasses import dataclass, field

from deploy.dev.stripe import billing, discounts, lines
from deploy.dev.stripe.errors import StripeError, parameter_invalid
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.pricing import period_around
from deploy.dev.stripe.store import Record, Store

PRORATIONS = ("create_prorations", "always_invoice", "none")
BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete")


@dataclass
class Change:
    """What is asked of a subscription. `trial_end`: 0 ends the trial now."""

    items: list[Params] = field(default_factory=list)
    proration: str = "create_prorations"
    behavior: str = "allow_incomplete"
    at: int | None = None
    reset_anchor: bool = False
    trial_end: int | None = None
    discounts: list[Record] | None = None


def change_of(store: Store, params: Params, subscription: Record) -> Change:
    """Read a change out of parameters."""
    now = store.now()
    trial: int | None = None
    if params.has("trial_end"):
        trial = 0 if params.text("trial_end") in {"now", ""} else params.integer("trial_end", low=1)
        if trial and trial <= now:
            raise parameter_invalid("Invalid timestamp: must be in the future", "trial_end")
    anchor = params.text("billing_cycle_anchor", choices=("now", "unchanged"))
    at = params.integer("proration_date", low=0)
    if at is not None and not all(
        item["current_period_start"] <= at <= item["current_period_end"] for item in subscription["_items"]
    ):
        raise parameter_invalid("The proration date must lie in the current period.", "proration_date")
    return Change(
        items=params.items("items"),
        proration=params.text("proration_behavior", choices=PRORATIONS) or "create_prorations",
        behavior=params.text("payment_behavior", choices=BEHAVIORS) or "allow_incomplete",
        at=at,
        reset_anchor=anchor == "now",
        trial_end=trial,
        discounts=wanted_discounts(store, params, subscription),
    )


def wanted_discounts(store: Store, params: Params, subscription: Record) -> list[Record] | None:
    """Return the discounts that a subscription is to have; those that it has already stay as they are."""
    if not params.has("discounts"):
        return None
    if params.clears("discounts"):
        return []
    kept, asked = [], []
    for given in params.items("discounts"):
        id_ = given.text("discount") or None
        if id_ is None:
            asked.append(given)
        elif id_ in subscription["discounts"]:
            kept.append(store.get("discount", id_))
        else:
            raise parameter_invalid(f"No such discount: {id_[:100]}", given.path("discount"), code="resource_missing")
    return kept + discounts.chosen(store, asked, subscription["customer"])


def apply(store: Store, record: Record, change: Change) -> Record | None:
    """Change the record, which the caller stores; return the invoice that this made at once, if it did."""
    if record["status"] in {"canceled", "incomplete_expired"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    if change.discounts is not None:
        discounts.give(store, record, change.discounts)
    before = deepcopy(record["_items"])
    changed = _change_items(store, record, change.items)
    if change.trial_end is not None:
        return _change_trial(store, record, change)
    if record["status"] == "trialing":
        for item in record["_items"]:
            item |= {"current_period_start": record["trial_start"], "current_period_end": record["trial_end"]}
        return None
    return _reprice(store, record, before, change) if changed or change.reset_anchor else None


def _reprice(store: Store, record: Record, before: list[Record], change: Change) -> Record | None:
    at = change.at if change.at is not None else store.now()
    reset = change.reset_anchor or _intervals(store, before) != _intervals(store, record["_items"])
    if change.proration != "none":
        _give_back(store, record, before, at, everything=reset)
    if reset:
        return _start_over(store, record, change)
    for item in record["_items"]:
        if item["current_period_end"] <= store.now():
            _place(store, record, item)
    if change.proration == "none":
        return None
    _ask(store, record, before, at)
    if change.proration == "create_prorations":
        return None
    return billing.bill(store, record, [], reason="subscription_update", behavior=change.behavior)


def _change_items(store: Store, record: Record, wishes: list[Params]) -> bool:
    before = deepcopy(record["_items"])
    for wish in wishes:
        id_ = wish.text("id") or None
        price = wish.text("price") or None
        wish.ignore("clear_usage", "discounts", "tax_rates")
        quantity, deleted = wish.integer("quantity", low=0, high=1_000_000), wish.flag("deleted")
        if id_ is None:
            if price is None:
                raise parameter_invalid(
                    "Missing required param: items[price].", wish.path("price"), code="parameter_missing"
                )
            usable = billing.usable_price(store, price, wish.path("price"), record["currency"])
            quantity = 1 if quantity is None else quantity
            record["_items"].append(billing.new_item(store, usable, quantity, wish.metadata()))
            continue
        item = next((item for item in record["_items"] if item["id"] == id_), None)
        if item is None:
            raise parameter_invalid(
                f"No such subscription item: '{id_[:100]}'", wish.path("id"), code="resource_missing"
            )
        if deleted:
            record["_items"].remove(item)
            continue
        if price is not None:
            item["price"] = billing.usable_price(store, price, wish.path("price"), record["currency"])["id"]
        item["quantity"] = item["quantity"] if quantity is None else quantity
        item["metadata"] = wish.metadata(item["metadata"])
    prices = [item["price"] for item in record["_items"]]
    if not prices or len(set(prices)) < len(prices):
        raise parameter_invalid("A subscription has at least one price, and each of its prices once.", "items")
    return _priced(before) != _priced(record["_items"])


def _priced(items: list[Record]) -> list[tuple[str, str, int]]:
    return sorted((item["id"], item["price"], item["quantity"]) for item in items)


def _intervals(store: Store, items: list[Record]) -> set[tuple[str, int]]:
    """Return how often the licensed prices come; metered ones follow."""
    prices = [store.get("price", item["price"]) for item in items]
    return {
        (price["recurring"]["interval"], price["recurring"]["interval_count"])
        for price in prices
        if not lines.is_metered(price)
    }


def _change_trial(store: Store, record: Record, change: Change) -> Record | None:
    now = store.now()
    if change.trial_end:
        if record["status"] != "trialing":
            record |= {"status": "trialing", "trial_start": now}
        record |= {"trial_end": change.trial_end, "billing_cycle_anchor": change.trial_end, "_trial_warned": False}
        for item in record["_items"]:
            item |= {"current_period_start": now, "current_period_end": change.trial_end}
        return None
    if record["status"] != "trialing":
        return None
    record |= {"status": "active", "trial_end": now}
    return _start_over(store, record, change)


def _give_back(store: Store, record: Record, before: list[Record], at: int, *, everything: bool) -> None:
    """Credit what is left of the period for the prices that change, and count what metered ones have used."""
    after = {item["id"]: item for item in record["_items"]}
    for item in before:
        new = after.get(item["id"])
        same = new is not None and (new["price"], new["quantity"]) == (item["price"], item["quantity"])
        if same and not everything:
            continue
        if not lines.is_metered(store.get("price", item["price"])):
            lines.credit(store, record, item, at)
        elif everything or new is None or new["price"] != item["price"]:
            lines.accrued(store, record, item, at)
            if new is not None and not everything:
                # What was used until now is billed; the rest of the period counts for the new price.
                new["current_period_start"] = at


def _ask(store: Store, record: Record, before: list[Record], at: int) -> None:
    """Charge what is left of the period for the prices that are new."""
    old = {item["id"]: item for item in before}
    for item in record["_items"]:
        was = old.get(item["id"])
        if was is not None and (was["price"], was["quantity"]) == (item["price"], item["quantity"]):
            continue
        if not lines.is_metered(store.get("price", item["price"])):
            lines.debit(store, record, item, (item["current_period_start"], item["current_period_end"]), at)


def _place(store: Store, record: Record, item: Record) -> None:
    """Put a new item into the period that runs."""
    now, price = store.now(), store.get("price", item["price"])
    start, end = period_around(record["billing_cycle_anchor"], price["recurring"], now)
    item |= {"current_period_start": now if lines.is_metered(price) else start, "current_period_end": end}


def _start_over(store: Store, record: Record, change: Change) -> Record:
    """Begin all periods today, and bill that at once."""
    now = store.now()
    record["billing_cycle_anchor"] = now
    own: list[Record] = []
    for item in record["_items"]:
        price = store.get("price", item["price"])
        period = (now, period_around(now, price["recurring"], now)[1])
        item |= {"current_period_start": period[0], "current_period_end": period[1]}
        if not lines.is_metered(price):
            own += lines.for_period(store, record, item, period)
    return billing.bill(store, record, own, reason="subscription_update", behavior=change.behavior)
