"""Reads of what holds for an organisation."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.cache import caches

from apps.billing.models import Entitlement, Plan, PlanFeature
from apps.billing.types import Entitlements, Limit, ModuleLimit, PlanOffer, PlanOffers

# Entitlements follow what has changed within 5 s, the time to read them anew included.
ENTITLEMENTS_TTL_SECONDS = 4


def entitlements(*, organization_id: UUID) -> Entitlements:
    """Return what holds for the organisation, at most `ENTITLEMENTS_TTL_SECONDS` old."""
    cache = caches["process"]
    key = f"entitlements:{organization_id}"
    found: Entitlements | None = cache.get(key)
    if found is None:
        found = entitlements_read(organization_id=organization_id)
        cache.set(key, found, ENTITLEMENTS_TTL_SECONDS)
    return found


def entitlements_read(*, organization_id: UUID) -> Entitlements:
    """Return what holds for the organisation, read now."""
    row = Entitlement.objects.select_related("plan").get(organization_id=organization_id)
    return entitlements_of(row)


def entitlements_of(row: Entitlement) -> Entitlements:
    content: Mapping[str, Any] = row.content
    return Entitlements(
        plan=row.plan_id,
        position=row.plan.position,
        version=row.version,
        features={code: Limit(**limit) for code, limit in content["features"].items()},
        modules={module_id: ModuleLimit(**limit) for module_id, limit in content["modules"].items()},
    )


def subscription_tier(organization_id: UUID) -> str:
    return entitlements(organization_id=organization_id).plan


def plans_that_lift(*, meter: str, needed: int) -> list[str]:
    """Return the codes of the plans whose quota of `meter` would cover `needed`, smallest first."""
    return plan_offers().with_feature(meter, needed)


def plan_offers() -> PlanOffers:
    """Return what all plans offer, to say which of them would let something pass."""
    plans = Plan.objects.order_by("position").prefetch_related("features", "module_limits")
    return PlanOffers(
        tuple(
            PlanOffer(
                code=plan.code,
                position=plan.position,
                is_public=plan.is_public,
                limits={
                    row.feature_id: None if row.enforcement == PlanFeature.Enforcement.SOFT else row.limit
                    for row in plan.features.all()
                },
                without_modules=frozenset(row.module_id for row in plan.module_limits.all() if not row.is_included),
                module_calls={row.module_id: row.calls_per_month for row in plan.module_limits.all()},
            )
            for plan in plans
        )
    )
