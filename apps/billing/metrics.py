"""Billing's Prometheus instruments."""

from prometheus_client import Counter

from apps.billing.types import Meter

_events = Counter("billing_events", "Events of Stripe that were received for the first time.", ["type"])
_refused = Counter("billing_events_refused", "Events whose signature did not fit.")
_quota_refusals = Counter("quota_refusals", "What plans had no room for.", ["meter"])


def event_received(*, event_type: str) -> None:
    _events.labels(event_type).inc()


def event_refused() -> None:
    _refused.inc()


def quota_refused(*, meter: Meter) -> None:
    _quota_refusals.labels(meter.value).inc()
