"""The usage ledger and its sums."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.billing.models import UsageAggregate, UsageWatermark
from apps.billing.types import Meter, Usage
from apps.core.ids import new_id
from apps.core.request_context import caller, request_id

# Through the ORM, models for the rows of a batch would cost more than the rows.
_RECORD = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, operation, request_id, occurred_at)
    SELECT one.id, %s, %s, %s, %s, one.source_id, %s, %s, %s, %s, %s
    FROM unnest(%s::uuid[], %s::text[]) AS one (id, source_id)
    ON CONFLICT DO NOTHING
"""
# Whatever is below the oldest transaction that still runs is committed or gone: no row can appear there any more.
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# What was committed before the oldest running writer began is below the horizon; other databases count as well, as they
# do for the horizon.
_OLDEST_WRITER = """
    SELECT min(xact_start) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""
_AGGREGATE = """
    INSERT INTO public.billing_usageaggregate AS kept
        (organization_id, granularity, starts_at, meter, module, user_id, operation, quantity, events)
    SELECT organization_id, granularity, date_trunc(granularity, occurred_at, 'UTC'), meter, module, user_id, operation,
        sum(quantity), count(*)
    FROM public.billing_usageevent CROSS JOIN unnest(ARRAY['hour', 'day', 'month']) AS granularity
    WHERE transaction >= %(since)s AND transaction < %(until)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (organization_id, granularity, starts_at, meter, module, user_id, operation)
    DO UPDATE SET quantity = kept.quantity + EXCLUDED.quantity, events = kept.events + EXCLUDED.events
"""


def usage_record(
    *, organization_id: UUID, meter: Meter, quantity: int, usage: Usage, source_ids: Sequence[str], now: datetime
) -> None:
    """Write a row of the ledger, of `quantity`, for each source id, in the transaction of the work.

    Counting the same work again changes nothing. `usage.source_id` is not used.
    """
    ids = [new_id() for _ in source_ids]
    acting = usage.caller or caller()
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            [
                organization_id,
                meter,
                quantity,
                usage.source,
                acting.module,
                acting.user_id,
                usage.operation,
                request_id()[:64],
                now,
                ids,
                list(source_ids),
            ],
        )


@transaction.atomic
def usage_aggregate(*, now: datetime) -> int:
    """Add to the sums what the ledger has got since; return the number of sums that were touched.

    Each row is added exactly once: the watermark moves in the same transaction, and one aggregation waits for another.
    """
    mark = _watermark_lock()
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        horizon: int = cursor.fetchone()[0]
        if horizon < mark.transaction:
            # The database was restored into another server, whose transactions are numbered anew.
            return _rebuild(mark, now=now)
        cursor.execute(_AGGREGATE, {"since": mark.transaction, "until": horizon})
        touched: int = cursor.rowcount
        cursor.execute(_OLDEST_WRITER)
        oldest: datetime | None = cursor.fetchone()[0]
    mark.transaction, mark.moved_at = horizon, now if oldest is None else min(now, oldest)
    mark.save()
    return touched


@transaction.atomic
def usage_rebuild(*, now: datetime) -> int:
    """Make all sums anew from the ledger, while nothing is written to it; return how many there are."""
    return _rebuild(_watermark_lock(), now=now)


def _rebuild(mark: UsageWatermark, *, now: datetime) -> int:
    with connection.cursor() as cursor:
        # Nobody is writing from here on, so what is below the horizon is complete.
        cursor.execute("LOCK TABLE public.billing_usageevent IN SHARE MODE")
        cursor.execute(_HORIZON)
        horizon: int = cursor.fetchone()[0]
        UsageAggregate.objects.all().delete()
        # Rows from before a restore carry numbers that are yet to come.
        cursor.execute("UPDATE public.billing_usageevent SET transaction = 0 WHERE transaction >= %s", [horizon])
        cursor.execute(_AGGREGATE, {"since": 0, "until": horizon})
        made: int = cursor.rowcount
    mark.transaction, mark.moved_at = horizon, now
    mark.save()
    return made


def _watermark_lock() -> UsageWatermark:
    UsageWatermark.objects.get_or_create(id=1)
    return UsageWatermark.objects.select_for_update().get(id=1)
