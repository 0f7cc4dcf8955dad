"""Prometheus instruments of every request. Labels are names of views and known methods, never what a client chose."""

from prometheus_client import Counter, Histogram

_requests = Counter("http_requests", "Requests that were answered.", ["view", "method", "status"])
_seconds = Histogram(
    "http_request_duration_seconds",
    "How long answers took; of streams, until they began.",
    ["view", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


def request_observed(*, view: str, method: str, status: int, seconds: float) -> None:
    _requests.labels(view, method, str(status)).inc()
    _seconds.labels(view, method).observe(seconds)
