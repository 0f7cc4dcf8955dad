"""Tells people when a share of a quota is used, once for each share, period and limit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.billing.models import QuotaWarning
from apps.billing.periods import TOTAL, period_of
from apps.billing.types import Meter
from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM

# Whatever has passed one of the organisation's percentages and was not told of. Limits are in what holds for it.
_DUE = """
    SELECT counter.organization_id, counter.meter, counter.period, percent.value::int, counter.used, held.limit
    FROM public.billing_usagecounter AS counter
    JOIN public.billing_entitlement AS entitlement ON entitlement.organization_id = counter.organization_id
    JOIN public.billing_subscription AS subscription ON subscription.organization_id = counter.organization_id
    CROSS JOIN LATERAL (
        SELECT (entitlement.content -> 'features' -> counter.meter ->> 'limit')::bigint AS limit
    ) AS held
    CROSS JOIN LATERAL jsonb_array_elements_text(subscription.alert_percents) AS percent (value)
    WHERE counter.period = ANY(%s) AND held.limit > 0 AND counter.used * 100 >= held.limit * percent.value::int
        AND NOT EXISTS (
            SELECT FROM public.billing_quotawarning AS told
            WHERE told.organization_id = counter.organization_id AND told.meter = counter.meter
                AND told.period = counter.period AND told.percent = percent.value::int AND told.limit = held.limit
        )
    ORDER BY counter.organization_id, counter.meter, percent.value::int
    LIMIT 1000
"""


def quotas_watch(*, now: datetime) -> int:
    """Look for shares of quotas that were reached, and tell of each: an event, and a mail; return how many."""
    periods = sorted({TOTAL, *(period_of(meter, now) for meter in Meter)})
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [periods])
        rows = cursor.fetchall()
    for organization_id, meter, period, percent, used, limit in rows:
        _warn(organization_id, now=now, meter=meter, period=period, percent=percent, used=used, limit=limit)
    return len(rows)


@transaction.atomic
def _warn(organization_id: UUID, *, now: datetime, **reached: Any) -> None:
    # Two watchers at once: one of them writes it.
    made = QuotaWarning.objects.bulk_create(
        [QuotaWarning(id=new_id(), organization_id=organization_id, created_at=now, **reached)], ignore_conflicts=True
    )
    warning = made[0]
    if not QuotaWarning.objects.filter(id=warning.id).exists():
        return
    emit(
        "quota.warning",
        organization_id=organization_id,
        actor=SYSTEM,
        subject=("meter", reached["meter"]),
        now=now,
        **reached,
    )
    enqueue("billing.send_quota_mail", organization_id=organization_id, warning_id=str(warning.id), now=now)
