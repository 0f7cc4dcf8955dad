"""The figures of events, read at every scrape."""

from django.utils import timezone

from apps.events.selectors import consumers_lag, outbox_waiting, parked_count
from apps.observability.metrics import register_gauge


def events_gauges_register() -> None:
    register_gauge("events_outbox_waiting", "Committed events that have no place in the order yet.", _waiting)
    register_gauge("events_outbox_age_seconds", "How long the oldest of them has been waiting.", _age)
    register_gauge("events_consumer_lag", "Events that the slowest consumer still has before it.", _lag)
    register_gauge("events_parked", "Events that a consumer could not act on.", lambda: float(parked_count()))


def _waiting() -> float:
    return float(outbox_waiting()[0])


def _age() -> float:
    _, since = outbox_waiting()
    return (timezone.now() - since).total_seconds() if since else 0.0


def _lag() -> float:
    return float(max(consumers_lag().values(), default=0))
