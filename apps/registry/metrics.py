"""The registry's Prometheus instruments."""

from datetime import timedelta

from prometheus_client import Counter, Histogram

from apps.registry.engine.health import SERVING
from apps.registry.models import Module
from apps.registry.selectors import modules_listed

AVAILABLE_MODULES = "available_modules"
AVAILABLE_MODULES_TEXT = "Modules whose calls are forwarded."
MODULE_UP = "module_up"
MODULE_UP_TEXT = "Whether a module's calls are forwarded: 1 or 0."

_checks = Counter("module_health_checks", "Health checks of modules.", ["module_id", "outcome"])
_seconds = Histogram(
    "module_health_check_duration_seconds", "How long modules took to say how they are.", ["module_id"]
)


def check_observed(*, module_id: str, ok: bool, latency: timedelta) -> None:
    _checks.labels(module_id, "ok" if ok else "failed").inc()
    _seconds.labels(module_id).observe(latency.total_seconds())


def modules_up() -> list[tuple[tuple[str], float]]:
    """Return for every module whether its calls are forwarded."""
    rows = modules_listed().values_list("module_id", "state")
    return [((module_id,), float(state in SERVING)) for module_id, state in rows]


def available_modules() -> float:
    return float(Module.objects.filter(state__in=SERVING).count())
