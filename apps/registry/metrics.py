"""The registry's Prometheus instruments."""

from datetime import timedelta

from prometheus_client import Counter, Histogram

from apps.registry.engine.health import SERVING
from apps.registry.models import Module

AVAILABLE_MODULES = "available_modules"
AVAILABLE_MODULES_TEXT = "Modules whose calls are forwarded."

_checks = Counter("module_health_checks", "Health checks of modules.", ["module_id", "outcome"])
_seconds = Histogram(
    "module_health_check_duration_seconds", "How long modules took to say how they are.", ["module_id"]
)


def check_observed(*, module_id: str, ok: bool, latency: timedelta) -> None:
    _checks.labels(module_id, "ok" if ok else "failed").inc()
    _seconds.labels(module_id).observe(latency.total_seconds())


def available_modules() -> float:
    return float(Module.objects.filter(state__in=SERVING).count())
