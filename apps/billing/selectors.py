"""Reads of the billing app."""

from uuid import UUID

from django.core.cache import caches

from apps.billing.models import Plan, Subscription
from apps.billing.types import Entitlements, Meter

# Entitlements follow a change of plan within this time.
ENTITLEMENTS_TTL_SECONDS = 5


def entitlements(*, organization_id: UUID) -> Entitlements:
    """Return what the organisation's plan allows, at most `ENTITLEMENTS_TTL_SECONDS` old."""
    cache = caches["process"]
    key = f"entitlements:{organization_id}"
    found: Entitlements | None = cache.get(key)
    if found is None:
        found = entitlements_read(organization_id=organization_id)
        cache.set(key, found, ENTITLEMENTS_TTL_SECONDS)
    return found


def entitlements_read(*, organization_id: UUID) -> Entitlements:
    """Return what the organisation's plan allows, read now."""
    plan = Subscription.objects.select_related("plan").get(organization_id=organization_id).plan
    return Entitlements(
        plan=plan.code,
        memory_bytes=plan.memory_bytes,
        memory_queries_per_day=plan.memory_queries_per_day,
        modules=plan.modules,
        gateway_calls_per_hour=plan.gateway_calls_per_hour,
        position=plan.position,
    )


def subscription_tier(organization_id: UUID) -> str:
    return entitlements(organization_id=organization_id).plan


def plans_that_lift(*, meter: Meter, needed: int) -> list[str]:
    """Return the codes of the plans whose quota of `meter` would cover `needed`, smallest first."""
    field = {
        Meter.MEMORY_SEARCHES: "memory_queries_per_day",
        Meter.MEMORY_BYTES: "memory_bytes",
        Meter.MODULES: "modules",
    }[meter]
    limits = Plan.objects.order_by("position").values_list("code", field)
    return [code for code, limit in limits if limit is None or limit >= needed]


def plan_positions() -> dict[str, int]:
    """Return the place of every plan by its code."""
    return dict(Plan.objects.values_list("code", "position"))
