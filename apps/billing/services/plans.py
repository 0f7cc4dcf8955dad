"""Plans as data: every change is kept as a version, and reaches the organisations that have the plan."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.billing.models import Plan, PlanVersion
from apps.core.services import enqueue
from apps.events.services.outbox import emit
from apps.events.types import Actor


def plan_content(plan: Plan) -> dict[str, Any]:
    """Return all that a plan is, in JSON."""
    return {
        "name": plan.name,
        "description": plan.description,
        "position": plan.position,
        "is_public": plan.is_public,
        "trial_days": plan.trial_days,
        "grace_days": plan.grace_days,
        "quota_grace_percent": plan.quota_grace_percent,
        "features": [
            {
                "feature": row.feature_id,
                "limit": row.limit,
                "enforcement": row.enforcement,
                "overage_cents_per_1000": None
                if row.overage_cents_per_1000 is None
                else str(row.overage_cents_per_1000.normalize()),
            }
            for row in plan.features.order_by("feature_id")
        ],
        "modules": [
            {"module_id": row.module_id, "is_included": row.is_included, "calls_per_month": row.calls_per_month}
            for row in plan.module_limits.order_by("module_id")
        ],
        "prices": [
            {"interval": row.interval, "currency": row.currency, "amount_cents": str(row.amount_cents.normalize())}
            for row in plan.prices.filter(is_active=True, feature=None).order_by("interval", "currency")
        ],
    }


@transaction.atomic
def plan_version_keep(*, plan: Plan, actor: Actor, changed_by: str, now: datetime) -> bool:
    """Keep what a plan is now as its next version and hand it to all who have it; return whether it has changed."""
    plan = Plan.objects.select_for_update().get(code=plan.code)
    content = plan_content(plan)
    last = PlanVersion.objects.filter(plan=plan).order_by("-version").first()
    if last is not None and last.content == content:
        return False
    plan.version = last.version + 1 if last else 1
    plan.save(update_fields=["version"])
    PlanVersion.objects.create(plan=plan, version=plan.version, content=content, changed_by=changed_by, created_at=now)
    emit(
        "plan.updated",
        organization_id=None,
        actor=actor,
        subject=("plan", plan.code),
        now=now,
        version=plan.version,
    )
    enqueue("billing.refresh_plan", organization_id=None, plan=plan.code)
    return True
