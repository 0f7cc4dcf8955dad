"""The subscription of an organisation, from its first day to its last."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.billing.models import CreditGrant, Entitlement, PlanOverride, QuotaWarning, Reconciliation, Subscription
from apps.billing.services.entitlements import DEFAULT_PLAN, entitlement_refresh


@transaction.atomic
def subscription_open(*, organization_id: UUID, now: datetime, plan: str = DEFAULT_PLAN, **_: Any) -> None:
    """Give a new organisation a plan that costs nothing."""
    Subscription.objects.create(organization_id=organization_id, plan_id=plan, created_at=now)
    entitlement_refresh(organization_id=organization_id, now=now)


@transaction.atomic
def subscription_delete(*, organization_id: UUID) -> None:
    """Forget the subscription of a deleted organisation; the ledger of what it used stays, as books do."""
    for model in (Subscription, Entitlement, PlanOverride, CreditGrant, QuotaWarning, Reconciliation):
        model.objects.filter(organization_id=organization_id).delete()
