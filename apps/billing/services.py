"""Reservation of quotas and the usage ledger."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from apps.billing import selectors
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import Subscription, UsageCounter
from apps.billing.types import Meter, QuotaState
from apps.core.ids import new_id

DEFAULT_PLAN = "free"
_DAILY = frozenset({Meter.MEMORY_SEARCHES})
_TOTAL = "total"

# One statement takes the amount or nothing: parallel calls queue on the row and none passes the limit.
_RESERVE = """
    INSERT INTO public.billing_usagecounter AS counter (organization_id, meter, period, used)
    SELECT %(organization_id)s, %(meter)s, %(period)s, %(quantity)s
    WHERE %(limit)s::bigint IS NULL OR %(quantity)s <= %(limit)s
    ON CONFLICT (organization_id, meter, period) DO UPDATE SET used = counter.used + EXCLUDED.used
    WHERE %(limit)s::bigint IS NULL OR counter.used + EXCLUDED.used <= %(limit)s
    RETURNING used
"""
_USE = f"""
    WITH taken AS ({_RESERVE}),
    noted AS (
        INSERT INTO public.billing_usageevent (id, organization_id, meter, quantity, source, source_id, occurred_at)
        SELECT %(id)s, %(organization_id)s, %(meter)s, %(quantity)s, %(source)s, %(source_id)s, %(now)s FROM taken
    )
    SELECT used FROM taken
"""  # noqa: S608 - made of constants
# Through the ORM, models for the rows of a batch would cost more than the rows.
_RECORD = """
    INSERT INTO public.billing_usageevent (id, organization_id, meter, quantity, source, source_id, occurred_at)
    SELECT one.id, %s, %s, %s, %s, one.source_id, %s FROM unnest(%s::uuid[], %s::text[]) AS one (id, source_id)
    ON CONFLICT DO NOTHING
"""


def subscription_open(*, organization_id: UUID, now: datetime, plan: str = DEFAULT_PLAN, **_: Any) -> None:
    Subscription.objects.create(organization_id=organization_id, plan_id=plan, created_at=now)


def subscription_delete(*, organization_id: UUID) -> None:
    """Forget the subscription of a deleted organisation; the ledger of what it used stays, as books do."""
    Subscription.objects.filter(organization_id=organization_id).delete()


def quota_reserve(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> QuotaState:
    """Take `quantity` of a quota, or raise `QuotaExceeded`.

    Inside a transaction the amount comes back if that rolls back, and other calls of the organisation wait for it: take
    it late, after the slow part of the work.
    """
    return _take(_RESERVE, organization_id=organization_id, meter=meter, quantity=quantity, now=now)


def quota_use(
    *, organization_id: UUID, meter: Meter, quantity: int, source: str, source_id: str, now: datetime
) -> QuotaState:
    """Take `quantity` of a quota and write its row of the ledger in one statement, or raise `QuotaExceeded`.

    For work that writes nothing else: it needs no transaction, and so no more than one trip to the database.
    """
    return _take(
        _USE,
        organization_id=organization_id,
        meter=meter,
        quantity=quantity,
        now=now,
        event={"id": new_id(), "source": source, "source_id": source_id, "now": now},
    )


def _take(
    statement: str,
    *,
    organization_id: UUID,
    meter: Meter,
    quantity: int,
    now: datetime,
    event: Mapping[str, Any] = MappingProxyType({}),
) -> QuotaState:
    limit = selectors.entitlements(organization_id=organization_id).limit(meter)
    parameters = {
        "organization_id": organization_id,
        "meter": meter.value,
        "period": _period(meter, now),
        "quantity": quantity,
        "limit": limit,
        **event,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    if row is None:
        raise _exceeded(organization_id=organization_id, meter=meter, quantity=quantity, limit=limit, now=now)
    return QuotaState(meter, limit, None if limit is None else limit - row[0], _resets_at(meter, now))


def quota_check(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> None:
    """Raise `QuotaExceeded` if `quantity` cannot be had at present: a cheap refusal before costly work."""
    limit = selectors.entitlements(organization_id=organization_id).limit(meter)
    if limit is not None and _used(organization_id, meter, now) + quantity > limit:
        raise _exceeded(organization_id=organization_id, meter=meter, quantity=quantity, limit=limit, now=now)


def quota_release(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> None:
    """Give back what is no longer held."""
    UsageCounter.objects.filter(organization_id=organization_id, meter=meter, period=_period(meter, now)).update(
        used=Greatest(F("used") - quantity, 0)
    )


def modules_limit_check(*, organization_id: UUID, needed: int) -> None:
    """Raise `QuotaExceeded` if the plan has no room for so many enabled modules."""
    limit = selectors.entitlements(organization_id=organization_id).modules
    if limit is not None and needed > limit:
        raise QuotaExceeded(
            f"The plan allows {limit} modules.",
            gate="entitlement",
            retryable=False,
            meter=Meter.MODULES.value,
            limit=limit,
            available_in=selectors.plans_that_lift(meter=Meter.MODULES, needed=needed),
        )


def usage_record(
    *, organization_id: UUID, meter: Meter, quantity: int, source: str, source_ids: Sequence[str], now: datetime
) -> None:
    """Write a row of the ledger, of `quantity`, for each source id, in the transaction of the work.

    Counting the same work again changes nothing.
    """
    ids = [new_id() for _ in source_ids]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [organization_id, meter, quantity, source, now, ids, list(source_ids)])


def _used(organization_id: UUID, meter: Meter, now: datetime) -> int:
    counter = UsageCounter.objects.filter(organization_id=organization_id, meter=meter, period=_period(meter, now))
    return counter.values_list("used", flat=True).first() or 0


def _exceeded(*, organization_id: UUID, meter: Meter, quantity: int, limit: int | None, now: datetime) -> QuotaExceeded:
    resets_at = _resets_at(meter, now)
    extra: dict[str, Any] = {} if resets_at is None else {"retry_after": int((resets_at - now).total_seconds()) + 1}
    needed = _used(organization_id, meter, now) + quantity
    return QuotaExceeded(
        f"The plan allows {limit} of {meter.value}{' a day' if meter in _DAILY else ''}.",
        gate="quota",
        retryable=resets_at is not None,
        meter=meter.value,
        limit=limit,
        available_in=selectors.plans_that_lift(meter=meter, needed=needed),
        **extra,
    )


def _period(meter: Meter, now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat() if meter in _DAILY else _TOTAL


def _resets_at(meter: Meter, now: datetime) -> datetime | None:
    if meter not in _DAILY:
        return None
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)
