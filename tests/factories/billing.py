"""Plans as tests want them."""

from django.core.cache import caches
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import Entitlement, PlanFeature, UsageCounter
from apps.billing.services.entitlements import entitlement_refresh


def plan_limits_set(plan: str, **limits: int | None) -> None:
    """Change hard limits of a plan, for all who have it."""
    for feature, limit in limits.items():
        PlanFeature.objects.filter(plan_id=plan, feature_id=feature).update(
            limit=limit, enforcement="hard", overage_cents_per_1000=None
        )
    for row in Entitlement.objects.filter(plan_id=plan):
        entitlement_refresh(organization_id=row.organization_id, now=timezone.now())
    # What tests have asked before in their own transaction.
    caches["process"].clear()


def bytes_held(organization: Organization) -> int:
    """Return how many bytes of memory the plan counts."""
    row = UsageCounter.objects.filter(organization_id=organization.id, meter="memory_bytes").first()
    return row.used if row else 0
