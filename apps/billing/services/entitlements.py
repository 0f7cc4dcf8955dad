"""What holds for an organisation: computed from its subscription, its plan and what operators have given it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db import transaction
from django.db.models import Q

from apps.billing.models import Entitlement, Plan, PlanFeature, PlanOverride, Subscription
from apps.billing.types import Limit, ModuleLimit
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM, Actor

DEFAULT_PLAN = "free"
_PAID = frozenset({Subscription.Status.ACTIVE, Subscription.Status.TRIALING})


@transaction.atomic
def entitlement_refresh(*, organization_id: UUID, now: datetime, actor: Actor = SYSTEM) -> Entitlement:
    """Compute what holds now and keep it if it is something else; its version grows, and an event tells of it.

    Raises `Subscription.DoesNotExist` for an organisation that has none.
    """
    # Whoever changes a subscription holds this lock, so nothing older is ever written over something newer.
    # The plan is not joined: if it changes while the lock is waited for, PostgreSQL would find no row at all.
    subscription = Subscription.objects.select_for_update().get(organization_id=organization_id)
    overrides = list(
        PlanOverride.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), organization_id=organization_id)
        .select_related("plan")
        .order_by("created_at")
    )
    paid, paid_until = _paid_plan(subscription, now)
    plan = max([paid, *(one.plan for one in overrides if one.plan is not None)], key=lambda one: one.position)
    content = _content(plan, subscription, overrides)
    ends = [one.ends_at for one in overrides if one.ends_at is not None]
    changes_at = min([*ends, *([paid_until] if paid_until else [])], default=None)
    kept = Entitlement.objects.filter(organization_id=organization_id).first()
    if kept is None:
        return Entitlement.objects.create(
            organization_id=organization_id, plan=plan, content=content, computed_at=now, changes_at=changes_at
        )
    before = kept.plan_id
    is_new = (before, kept.content) != (plan.code, content)
    kept.plan, kept.content, kept.changes_at = plan, content, changes_at
    if is_new:
        kept.version += 1
        kept.computed_at = now
        emit(
            "entitlements.changed",
            organization_id=organization_id,
            actor=actor,
            subject=("organization", organization_id),
            now=now,
            plan=plan.code,
            plan_before=before,
            version=kept.version,
        )
    kept.save()
    # This process need not wait for its belief to end.
    transaction.on_commit(lambda: caches["process"].delete(f"entitlements:{organization_id}"))
    return kept


def entitlements_refresh(*, organization_ids: Iterable[UUID], now: datetime, actor: Actor = SYSTEM) -> int:
    """Compute anew for several organisations, each in a transaction of its own; return how many."""
    done = 0
    for organization_id in organization_ids:
        try:
            entitlement_refresh(organization_id=organization_id, now=now, actor=actor)
        except Subscription.DoesNotExist:
            # Deleted meanwhile.
            continue
        done += 1
    return done


def entitlements_refresh_due(*, now: datetime) -> int:
    """Compute anew where an override or a grace has ended."""
    due = Entitlement.objects.filter(changes_at__lte=now).values_list("organization_id", flat=True)
    return entitlements_refresh(organization_ids=list(due), now=now)


def _paid_plan(subscription: Subscription, now: datetime) -> tuple[Plan, datetime | None]:
    """Return the plan that payment gives at present, and when its grace ends if a payment has failed."""
    if subscription.status in _PAID:
        return subscription.plan, None
    if subscription.status == Subscription.Status.PAST_DUE and subscription.past_due_since is not None:
        until = subscription.past_due_since + timedelta(days=subscription.plan.grace_days)
        if now < until:
            return subscription.plan, until
    if subscription.plan_id == DEFAULT_PLAN:
        return subscription.plan, None
    return Plan.objects.get(code=DEFAULT_PLAN), None


def _content(plan: Plan, subscription: Subscription, overrides: Sequence[PlanOverride]) -> dict[str, Any]:
    rows = list(PlanFeature.objects.filter(plan=plan))
    priced = [row for row in rows if row.enforcement == PlanFeature.Enforcement.SOFT and row.overage_cents_per_1000]
    # A limit on what may be spent is shared evenly, so that no mix of uses can pass it.
    spend = None
    if subscription.spend_limit_cents is not None and priced:
        spend = subscription.spend_limit_cents / len(priced)
    limits = {row.feature_id: _limit(row, plan, spend) for row in rows}
    for one in overrides:
        if one.feature_id is not None:
            limits[one.feature_id] = Limit(one.limit, one.limit)
    modules = {
        row.module_id: ModuleLimit(is_included=row.is_included, calls_per_month=row.calls_per_month)
        for row in plan.module_limits.all()
    }
    return {
        "features": {code: asdict(limit) for code, limit in sorted(limits.items())},
        "modules": {module_id: asdict(limit) for module_id, limit in sorted(modules.items())},
    }


def _limit(row: PlanFeature, plan: Plan, spend_cents: float | None) -> Limit:
    if row.limit is None:
        return Limit(None, None)
    if row.enforcement == PlanFeature.Enforcement.HARD:
        return Limit(row.limit, row.limit * (100 + plan.quota_grace_percent) // 100)
    price = None if row.overage_cents_per_1000 is None else float(row.overage_cents_per_1000)
    ceiling = row.limit + int(spend_cents * 1000 / price) if spend_cents is not None and price else None
    return Limit(row.limit, ceiling, is_soft=True, overage_cents_per_1000=price)
