"""Tells Stripe what was used, and compares what every place has counted."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe
from django.db import connection, transaction
from django.db.models import Sum

from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.exceptions import BillingRefused, BillingUnavailable
from apps.billing.models import MeterReport, Reconciliation, Subscription, UsageAggregate, UsageEvent, UsageWatermark
from apps.billing.periods import month_after
from apps.billing.services.stripe_catalogue import meter_ids
from apps.billing.types import REPORTED_METERS
from apps.core.ids import new_id
from apps.events.services import emit
from apps.events.types import SYSTEM

# Stripe takes no events that are older than 35 days.
REPORT_DAYS = 34
# Written by one at a time: two would both see the same difference.
_REPORT_LOCK = 0x6C696674_6D657472
# The difference between the hours' sums and what was told of them so far, for customers of Stripe.
_MISSING = """
    WITH counted AS (
        SELECT sums.organization_id, sums.meter, sums.starts_at AS hour, sum(sums.quantity) AS quantity
        FROM public.billing_usageaggregate AS sums
        JOIN public.billing_subscription AS paid ON paid.organization_id = sums.organization_id
        WHERE sums.granularity = 'hour' AND sums.starts_at >= %(since)s AND sums.meter = ANY(%(meters)s)
            AND paid.stripe_customer_id IS NOT NULL AND sums.starts_at >= paid.metered_from
        GROUP BY 1, 2, 3
    ), told AS (
        SELECT organization_id, meter, hour, sum(quantity) AS quantity, max(revision) AS revision
        FROM public.billing_meterreport WHERE hour >= %(since)s GROUP BY 1, 2, 3
    )
    SELECT counted.organization_id, counted.meter, counted.hour, coalesce(told.revision, 0) + 1,
        counted.quantity - coalesce(told.quantity, 0)
    FROM counted LEFT JOIN told USING (organization_id, meter, hour)
    WHERE counted.quantity <> coalesce(told.quantity, 0)
"""


def usage_report(*, now: datetime, on_sent: Callable[[], None] = lambda: None) -> int:
    """Tell Stripe what the sums have grown by since it was last told; return the number of meter events.

    A report is written before it is sent, and its identifier follows from organisation, meter, hour and revision: sent
    again after a crash, Stripe knows it. Raises `BillingUnavailable`; what is written then is sent by the next run.
    """
    client = stripe_client()
    _reports_write(now=now)
    customers = dict(
        Subscription.objects.exclude(stripe_customer_id=None).values_list("organization_id", "stripe_customer_id")
    )
    sent = 0
    for report in MeterReport.objects.filter(sent_at=None).order_by("id").iterator(chunk_size=500):
        customer_id = customers.get(report.organization_id)
        if customer_id is None:
            # The organisation was deleted.
            report.delete()
            continue
        _send(client, report, customer_id, now=now)
        sent += 1
        on_sent()
    return sent


@transaction.atomic
def _reports_write(*, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REPORT_LOCK])
        cursor.execute(
            _MISSING, {"since": now - timedelta(days=REPORT_DAYS), "meters": [str(meter) for meter in REPORTED_METERS]}
        )
        rows = cursor.fetchall()
    MeterReport.objects.bulk_create(
        [
            MeterReport(
                id=new_id(), organization_id=row[0], meter=row[1], hour=row[2], revision=row[3], quantity=int(row[4])
            )
            for row in rows
        ],
        batch_size=1000,
    )


def _send(client: stripe.StripeClient, report: MeterReport, customer_id: str, *, now: datetime) -> None:
    # Within the hour that it counts, and never in the future.
    at = min(report.hour + timedelta(minutes=59), now)
    try:
        with stripe_refusals():
            client.v1.billing.meter_events.create(
                {
                    "event_name": report.meter,
                    "payload": {"stripe_customer_id": customer_id, "value": str(report.quantity)},
                    "identifier": report.identifier,
                    "timestamp": int(at.timestamp()),
                },
                {"idempotency_key": f"meter:{report.identifier}"},
            )
    except BillingRefused as refused:
        # Sent by a run that died before it wrote that down.
        if "identifier" not in str(refused.__cause__).lower():
            raise
    report.sent_at = now
    report.save(update_fields=["sent_at"])


def usage_reconcile(*, now: datetime, organization_ids: Sequence[UUID] | None = None) -> list[Reconciliation]:
    """Count this month's usage in ledger, sums, reports and at Stripe, and keep the outcome; return what differs.

    Ledger and sums are compared up to the watermark, so nothing that is on its way is taken for a difference. Stripe is
    compared with what was sent to it.
    """
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    sums = UsageAggregate.objects.filter(granularity="month", starts_at=month, meter__in=REPORTED_METERS)
    # The usage of deleted organisations stays in the books, but changes no more.
    known = Subscription.objects.values("organization_id")
    sums = sums.filter(organization_id__in=known)
    if organization_ids is not None:
        sums = sums.filter(organization_id__in=organization_ids)
    paid = {one.organization_id: one for one in Subscription.objects.exclude(stripe_customer_id=None)}
    meters = _meters_at_stripe()
    differing = []
    for organization_id, meter in sums.values_list("organization_id", "meter").distinct().order_by("organization_id"):
        row = _reconciled(organization_id, meter, month, paid.get(organization_id), meters, now=now)
        if row.difference:
            differing.append(row)
    return differing


def _reconciled(
    organization_id: UUID,
    meter: str,
    month: datetime,
    subscription: Subscription | None,
    meters: dict[str, str],
    *,
    now: datetime,
) -> Reconciliation:
    customer_id = subscription.stripe_customer_id if subscription else None
    since = month if subscription is None else max(month, subscription.metered_from or month)
    counts: dict[str, Any] = _counted(organization_id, meter, since)
    if customer_id:
        reports = MeterReport.objects.filter(organization_id=organization_id, meter=meter, hour__gte=since)
        counts["reported"] = reports.aggregate(sum=Sum("quantity"))["sum"] or 0
        if meter in meters and not reports.filter(sent_at=None).exists():
            counts["stripe"] = _at_stripe(meters[meter], customer_id, since, now)
    with transaction.atomic():
        Reconciliation.objects.filter(organization_id=organization_id, meter=meter, period_start__gte=month).exclude(
            period_start=since
        ).delete()
        kept = Reconciliation.objects.filter(organization_id=organization_id, meter=meter, period_start=since).first()
        before = kept.difference if kept else 0
        row, _ = Reconciliation.objects.update_or_create(
            organization_id=organization_id,
            meter=meter,
            period_start=since,
            defaults={
                "period_end": month_after(month),
                "reported": None,
                "stripe": None,
                "checked_at": now,
                **counts,
            },
        )
        # Told of once, not every hour.
        if row.difference not in {0, before}:
            emit(
                "usage.difference",
                organization_id=organization_id,
                actor=SYSTEM,
                subject=("meter", meter),
                now=now,
                ledger=row.ledger,
                aggregates=row.aggregates,
                reported=row.reported,
                stripe=row.stripe,
            )
    return row


def _counted(organization_id: UUID, meter: str, since: datetime) -> dict[str, int]:
    """Return what ledger and sums have, both of the same moment."""
    with transaction.atomic():
        # The aggregation waits, so the watermark and the sums belong together.
        mark = UsageWatermark.objects.select_for_update().filter(id=1).first()
        ledger = UsageEvent.objects.filter(
            organization_id=organization_id,
            meter=meter,
            occurred_at__gte=since,
            transaction__lt=mark.transaction if mark else 0,
        )
        hours = UsageAggregate.objects.filter(
            organization_id=organization_id, meter=meter, granularity="hour", starts_at__gte=since
        )
        return {
            "ledger": ledger.aggregate(sum=Sum("quantity"))["sum"] or 0,
            "aggregates": hours.aggregate(sum=Sum("quantity"))["sum"] or 0,
        }


def _meters_at_stripe() -> dict[str, str]:
    try:
        return meter_ids()
    except BillingUnavailable:
        # The other places are compared all the same.
        return {}


def _at_stripe(meter_id: str, customer_id: str, since: datetime, until: datetime) -> int | None:
    # Both ends on the minute, as Stripe wants them.
    ends = (until + timedelta(minutes=1)).replace(second=0, microsecond=0)
    try:
        with stripe_refusals():
            found = stripe_client().v1.billing.meters.event_summaries.list(
                meter_id,
                {
                    "customer": customer_id,
                    "start_time": int(since.timestamp()),
                    "end_time": int(ends.timestamp()),
                    "limit": 100,
                },
            )
            return round(sum(one.aggregated_value for one in found.auto_paging_iter()))
    except (BillingRefused, BillingUnavailable):
        return None
