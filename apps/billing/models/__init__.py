"""Plans, who has which, and what was used. Everything here lives in the public schema."""

from apps.billing.models.entitlements import CreditGrant, Entitlement, PlanOverride
from apps.billing.models.plans import Feature, Plan, PlanFeature, PlanModule, PlanPrice, PlanVersion
from apps.billing.models.reports import MeterReport, Reconciliation
from apps.billing.models.stripe_events import StripeEvent
from apps.billing.models.subscriptions import Subscription
from apps.billing.models.usage import (
    QuotaWarning,
    UsageAggregate,
    UsageCounter,
    UsageEvent,
    UsageReservation,
    UsageWatermark,
)

__all__ = [
    "CreditGrant",
    "Entitlement",
    "Feature",
    "MeterReport",
    "Plan",
    "PlanFeature",
    "PlanModule",
    "PlanOverride",
    "PlanPrice",
    "PlanVersion",
    "QuotaWarning",
    "Reconciliation",
    "StripeEvent",
    "Subscription",
    "UsageAggregate",
    "UsageCounter",
    "UsageEvent",
    "UsageReservation",
    "UsageWatermark",
]
