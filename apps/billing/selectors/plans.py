"""Plans as they are shown."""

from typing import Any

from apps.billing.models import Plan


def plans_present() -> list[dict[str, Any]]:
    """Return the plans on sale, smallest first, with features and prices."""
    plans = Plan.objects.filter(is_public=True).prefetch_related("features__feature", "prices", "module_limits")
    return [_present(plan) for plan in plans]


def _present(plan: Plan) -> dict[str, Any]:
    return {
        "code": plan.code,
        "name": plan.name,
        "description": plan.description,
        "position": plan.position,
        "trial_days": plan.trial_days,
        "grace_days": plan.grace_days,
        "prices": [
            {"interval": price.interval, "amount_cents": int(price.amount_cents), "currency": price.currency}
            for price in plan.prices.all()
            if price.is_active and price.feature_id is None
        ],
        "features": [
            {
                "code": row.feature_id,
                "name": row.feature.name,
                "unit": row.feature.unit,
                "period": row.feature.period,
                "limit": row.limit,
                "enforcement": row.enforcement,
                "overage_cents_per_1000": None
                if row.overage_cents_per_1000 is None
                else float(row.overage_cents_per_1000),
            }
            for row in plan.features.all()
        ],
        "modules": [
            {"module_id": row.module_id, "included": row.is_included, "calls_per_month": row.calls_per_month}
            for row in plan.module_limits.all()
        ],
    }
