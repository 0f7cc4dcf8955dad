"""Prometheus instruments of one app, at `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Seconds; the platform's default time-out for a module lies inside.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """`registry` takes the module's own instruments too: `Counter("fits", "...", registry=app.metrics.registry)`."""

    def __init__(self, module_id: str, version: str) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "lift_module_requests", "Answered requests", (*labels, "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "lift_module_request_duration_seconds", "Time to answer", labels, registry=self.registry, buckets=_BUCKETS
        )
        info = Gauge("lift_module_info", "Always 1", ("module_id", "version"), registry=self.registry)
        info.labels(module_id, version).set(1)

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route(scope)
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def render(self) -> bytes:
        return generate_latest(self.registry)


def _route(scope: Scope) -> str:
    """Return the template of the path, never the path: that would make a series for every id."""
    return getattr(scope.get("route"), "path", None) or "unmatched"
