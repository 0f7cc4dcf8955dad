"""The Prometheus instruments of webhooks."""

from prometheus_client import Counter, Histogram

from apps.observability.metrics import register_gauge
from apps.webhooks.selectors import overdue_seconds, pending_total
from apps.webhooks.types import Outcome

_attempts = Counter("webhook_attempts", "Messages that were sent to webhooks.", ["outcome"])
_seconds = Histogram(
    "webhook_attempt_duration_seconds",
    "How long receivers took to answer.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0),
)


def attempt_observed(outcome: Outcome) -> None:
    _attempts.labels(outcome.error or "delivered").inc()
    _seconds.observe(outcome.milliseconds / 1000)


def webhook_gauges_register() -> None:
    register_gauge("webhook_deliveries_pending", "Deliveries that are due or wait for a retry.", _pending)
    register_gauge(
        "webhook_overdue_seconds", "How long an endpoint has been due without anybody sending.", overdue_seconds
    )


def _pending() -> float:
    return float(pending_total())
