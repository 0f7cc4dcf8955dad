"""Changes and the events that tell of them, always both or neither."""

import time

from deploy.dev.stripe.render import render
from deploy.dev.stripe.store import Record, Store, new_id

API_VERSION = "2026-05-27.dahlia"


def create(store: Store, record: Record, event: str | None = None) -> Record:
    store.put(record)
    if event:
        announce(store, event, render(store, record))
    return record


def update(store: Store, record: Record, event: str | None = None) -> Record:
    """Store a changed object; nothing is told if nothing that others see has changed."""
    stored = store.find(record["object"], record["id"])
    before = render(store, stored) if stored else {}
    store.put(record)
    after = render(store, record)
    if event and before != after:
        announce(store, event, after, previous=difference(before, after))
    return record


def remove(store: Store, record: Record, event: str | None = None) -> Record:
    """Remove an object; return what is shown of it."""
    shown = render(store, record)
    store.remove(record["id"])
    if event:
        announce(store, event, shown)
    return {"id": record["id"], "object": record["object"], "deleted": True}


def announce(store: Store, event: str, shown: Record, *, previous: Record | None = None) -> Record:
    """Record an event and queue it for every endpoint that wants it."""
    endpoints = [endpoint for endpoint in store.all("webhook_endpoint") if wants(endpoint, event)]
    data = {"object": shown} if previous is None else {"object": shown, "previous_attributes": previous}
    record: Record = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": store.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": len(endpoints),
        "request": {"id": None, "idempotency_key": None},
        "type": event,
    }
    store.put(record)
    for endpoint in endpoints:
        queue(store, record["id"], endpoint["id"])
    return record


def queue(store: Store, event: str, endpoint: str) -> None:
    query = "INSERT INTO deliveries (event, endpoint, created) VALUES (?, ?, ?)"
    store.rows(query, event, endpoint, time.time())


def wants(endpoint: Record, event: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and bool(endpoint["url"]) and ("*" in wanted or event in wanted)


def difference(before: Record, after: Record) -> Record:
    """Return what the changed attributes were before, hashes by their keys."""
    changed: Record = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        nested = isinstance(old, dict) and isinstance(new, dict) and old.get("object") != "list"
        changed[name] = difference(old, new) if nested and old is not None and new is not None else old
    return changed
