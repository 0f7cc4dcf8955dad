"""What operators give to organisations beyond what they pay for: plans, limits and money."""

from datetime import datetime

from django.db import transaction

from apps.billing.models import CreditGrant, PlanOverride
from apps.billing.services.entitlements import entitlement_refresh
from apps.core.services import enqueue
from apps.events.services.outbox import emit
from apps.events.types import Actor


@transaction.atomic
def override_give(*, override: PlanOverride, actor: Actor, now: datetime) -> None:
    """Save an override, tell of it, and let it take effect: a plan where it is larger than the one that is paid for."""
    override.save()
    _emit("override.given", override, actor=actor, now=now)
    entitlement_refresh(organization_id=override.organization_id, now=now, actor=actor)


@transaction.atomic
def override_end(*, override: PlanOverride, actor: Actor, now: datetime) -> None:
    """End an override now."""
    override.ends_at = now
    override.save(update_fields=["ends_at"])
    _emit("override.ended", override, actor=actor, now=now)
    entitlement_refresh(organization_id=override.organization_id, now=now, actor=actor)


@transaction.atomic
def credit_give(*, grant: CreditGrant, actor: Actor, now: datetime) -> None:
    """Save a credit, tell of it, and have Stripe deduct it from the next invoices."""
    grant.save()
    emit(
        "credit.given",
        organization_id=grant.organization_id,
        actor=actor,
        subject=("credit", grant.id),
        now=now,
        amount_cents=grant.amount_cents,
        currency=grant.currency,
        reason=grant.reason,
    )
    enqueue("billing.grant_credit", organization_id=grant.organization_id, grant_id=str(grant.id))


def _emit(name: str, override: PlanOverride, *, actor: Actor, now: datetime) -> None:
    emit(
        name,
        organization_id=override.organization_id,
        actor=actor,
        subject=("override", override.id),
        now=now,
        plan=override.plan_id,
        feature=override.feature_id,
        limit=override.limit,
        ends_at=override.ends_at.isoformat() if override.ends_at else None,
        reason=override.reason,
    )
