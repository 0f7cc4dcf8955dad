"""Meters, the usage that is reported to them, and its sums."""

import re
from decimal import Decimal

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, parameter_invalid
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id

MILLION = 1_000_000
MAX_VALUE = 10**12
PAST_SECONDS = 35 * 86_400
FUTURE_SECONDS = 5 * 60
# Stripe promises no more than this; who reports again later is counted again.
UNIQUE_SECONDS = 86_400
WINDOWS = {"hour": 3600, "day": 86_400}
MAX_WINDOWS = 10_000


def create_meter(store: Store, params: Params) -> Record:
    event_name = params.needed("event_name")
    if len(event_name) > 100:  # noqa: PLR2004 - Stripe's limit
        raise parameter_invalid("An event name has at most 100 characters", "event_name")
    if any(meter["event_name"] == event_name and meter["status"] == "active" for meter in store.all("billing.meter")):
        raise StripeError(f"There's already an active meter with event name {event_name}.", param="event_name")
    formula = params.nested("default_aggregation", required=True).needed("formula", choices=("sum",))
    mapping, value = params.nested("customer_mapping"), params.nested("value_settings")
    now = store.now()
    record: Record = {
        "id": new_id("mtr_test"),
        "object": "billing.meter",
        "created": now,
        "customer_mapping": {
            "event_payload_key": mapping.text("event_payload_key") or "stripe_customer_id",
            "type": mapping.text("type", choices=("by_id",)) or "by_id",
        },
        "default_aggregation": {"formula": formula},
        "display_name": params.needed("display_name"),
        "event_name": event_name,
        "event_time_window": params.text("event_time_window", choices=("day", "hour")) or None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": now,
        "value_settings": {"event_payload_key": value.text("event_payload_key") or "value"},
    }
    params.done()
    return journal.create(store, record, "billing.meter.created")


def update_meter(store: Store, params: Params, id_: str) -> Record:
    record = store.get("billing.meter", id_)
    record["display_name"] = params.text("display_name") or record["display_name"]
    params.done()
    return journal.update(store, record, "billing.meter.updated")


def deactivate_meter(store: Store, params: Params, id_: str) -> Record:
    record = store.get("billing.meter", id_)
    params.done()
    if record["status"] == "inactive":
        raise StripeError("The meter is not active.")
    now = store.now()
    record |= {"status": "inactive", "status_transitions": {"deactivated_at": now}, "updated": now}
    return journal.update(store, record, "billing.meter.deactivated")


def reactivate_meter(store: Store, params: Params, id_: str) -> Record:
    record = store.get("billing.meter", id_)
    params.done()
    others = [meter for meter in store.all("billing.meter") if meter["status"] == "active"]
    if any(meter["event_name"] == record["event_name"] for meter in others):
        raise StripeError("There's already an active meter with that event name.")
    record |= {"status": "active", "status_transitions": {"deactivated_at": None}, "updated": store.now()}
    return journal.update(store, record, "billing.meter.reactivated")


def list_meters(store: Store, params: Params) -> Page:
    status = params.text("status")
    records = [record for record in store.all("billing.meter") if status in {None, record["status"]}]
    return listing(params, records, "/v1/billing/meters")


def create_meter_event(store: Store, params: Params) -> Record:
    event_name = params.needed("event_name")
    active = (meter for meter in store.all("billing.meter") if meter["status"] == "active")
    meter = next((meter for meter in active if meter["event_name"] == event_name), None)
    if meter is None:
        raise parameter_invalid(
            f"No active meter found for event name {event_name}.", "event_name", code="resource_missing"
        )
    payload = params.nested("payload", required=True)
    customer_key = meter["customer_mapping"]["event_payload_key"]
    value_key = meter["value_settings"]["event_payload_key"]
    customer = payload.needed(customer_key)
    store.referred("customer", customer, f"payload[{customer_key}]")
    payload.needed(value_key)
    value = payload.decimal(value_key, low=-MAX_VALUE, high=MAX_VALUE) or Decimal(0)
    now = store.now()
    timestamp = params.integer("timestamp")
    timestamp = now if timestamp is None else timestamp
    if not now - PAST_SECONDS <= timestamp <= now + FUTURE_SECONDS:
        raise parameter_invalid(
            "The timestamp must be within the past 35 calendar days or up to 5 minutes in the future.", "timestamp"
        )
    identifier = params.text("identifier", limit=100) or new_id("mevt")
    params.done()
    if store.rows("SELECT 1 FROM meter_events WHERE identifier = ? AND created > ?", identifier, now - UNIQUE_SECONDS):
        raise StripeError(f"An event already exists with identifier {identifier}.", param="identifier")
    whole = int(value)
    store.rows(
        "INSERT INTO meter_events (identifier, event_name, customer, whole, millionths, timestamp, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        identifier, event_name, customer, whole, int((value - whole) * MILLION), timestamp, now,
    )  # fmt: skip
    return {
        "object": "billing.meter_event",
        "created": now,
        "event_name": event_name,
        "identifier": identifier,
        "livemode": False,
        "payload": {customer_key: customer, value_key: f"{value:f}"},
        "timestamp": timestamp,
    }


def usage(store: Store, meter: str, customer: str, start: int, end: int) -> Decimal:
    """Return the sum over the half-open time from `start` to `end`."""
    record = store.get("billing.meter", meter)
    query = (
        "SELECT coalesce(sum(whole), 0), coalesce(sum(millionths), 0) FROM meter_events "
        "WHERE event_name = ? AND customer = ? AND timestamp >= ? AND timestamp < ?"
    )
    whole, millionths = store.rows(query, record["event_name"], customer, start, end)[0]
    return Decimal(whole) + Decimal(millionths) / MILLION


def event_summaries(store: Store, params: Params, id_: str) -> Page:
    meter = store.get("billing.meter", id_)
    customer = store.referred("customer", params.needed("customer"), "customer")["id"]
    params.needed("start_time")
    params.needed("end_time")
    start, end = params.integer("start_time", low=0) or 0, params.integer("end_time", low=0) or 0
    window = WINDOWS.get(params.text("value_grouping_window", choices=("", "hour", "day")) or "")
    if start % (window or 60) or end % (window or 60) or start >= end:
        raise parameter_invalid("start_time and end_time must be in order, on whole minutes or windows.", "start_time")
    size = window or end - start
    query = (
        "SELECT (timestamp - ?) / ? AS place, sum(whole), sum(millionths) FROM meter_events WHERE event_name = ? "
        "AND customer = ? AND timestamp >= ? AND timestamp < ? GROUP BY place ORDER BY place DESC LIMIT ?"
    )
    found = store.rows(query, start, size, meter["event_name"], customer, start, end, MAX_WINDOWS)
    records: list[Record] = [
        {
            # The same window has the same id, so that pages can go on after it.
            "id": re.sub(r"[^0-9a-z_]", "", f"mtrusg_{id_[-12:]}_{customer[-12:]}_{start + place * size}_{size}"),
            "object": "billing.meter_event_summary",
            "aggregated_value": float(Decimal(whole) + Decimal(millionths) / MILLION),
            "created": start + place * size,
            "end_time": start + (place + 1) * size,
            "livemode": False,
            "meter": id_,
            "start_time": start + place * size,
        }
        for place, whole, millionths in found
    ]
    return listing(params, records, f"/v1/billing/meters/{id_}/event_summaries")
