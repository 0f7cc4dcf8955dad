"""Tells Stripe what was used, and compares what every place has counted."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe
from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.exceptions import BillingRefused, BillingUnavailable
from apps.billing.models import MeterReport, Reconciliation, Subscription, UsageAggregate, UsageEvent, UsageWatermark
from apps.billing.periods import month_after
from apps.billing.services.stripe_catalogue import meter_ids
from apps.billing.types import REPORTED_METERS
from apps.core.ids import new_id
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM

logger = logging.getLogger(__name__)

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
            AND (%(organization_id)s::uuid IS NULL OR sums.organization_id = %(organization_id)s)
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


def usage_report(*, now: datetime) -> int:
    """Tell Stripe what the sums have grown by since it was last told; return the number of meter events.

    A report is written before it is sent, and its identifier follows from organisation, meter, hour and revision: sent
    again after a crash, Stripe knows it. Raises `BillingUnavailable`; what is written then is sent by the next run.
    """
    client = stripe_client()
    with transaction.atomic():
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
        sent += _sent(client, report, customer_id, now=now)
    return sent


def _reports_write(*, now: datetime, organization_id: UUID | None = None) -> None:
    """Write what Stripe has to be told, of one organisation or of all; the caller's transaction ends before it is sent.

    After a rollback the same identifier could stand for another quantity.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REPORT_LOCK])
        cursor.execute(
            _MISSING,
            {
                "since": now - timedelta(days=REPORT_DAYS),
                "meters": [str(meter) for meter in REPORTED_METERS],
                "organization_id": organization_id,
            },
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


def _sent(client: stripe.StripeClient, report: MeterReport, customer_id: str, *, now: datetime) -> bool:
    """Send a report; one that Stripe refuses stays unsent and holds up no other. Raises `BillingUnavailable`."""
    try:
        _send(client, report, customer_id, now=now)
    except BillingRefused as refused:
        logger.error(  # noqa: TRY400 - what matters is Stripe's answer, and it comes again with every run
            "Stripe does not take the report %s: %s", report.identifier, refused.__cause__
        )
        return False
    return True


def _send(client: stripe.StripeClient, report: MeterReport, customer_id: str, *, now: datetime) -> None:
    # Within the hour that it counts, and never in the future. Sent again it has another time, so no idempotency key
    # would fit: the identifier alone says that it is the same.
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
            )
    except BillingRefused as refused:
        # Sent by a run that died before it wrote that down.
        if "identifier" not in str(refused.__cause__).lower():
            raise
    report.sent_at = now
    report.save(update_fields=["sent_at"])


def usage_reconcile(*, now: datetime, organization_ids: Sequence[UUID] | None = None) -> list[Reconciliation]:
    """Count the month's usage in ledger, sums, reports and at Stripe, and keep the outcome; return what differs.

    Ledger, sums and reports are compared as they stand at the watermark, and Stripe with what was sent to it: what is
    on its way is no difference. On the first day of a month the one before is looked at once more.
    """
    paid = {one.organization_id: one for one in Subscription.objects.exclude(stripe_customer_id=None)}
    meters = _meters_at_stripe()
    differing = []
    for month in sorted({_month_of(now - timedelta(days=1)), _month_of(now)}):
        for organization_id, meter in _used_in(month, organization_ids):
            row = _reconciled(organization_id, meter, month, paid.get(organization_id), meters, now=now)
            if row.difference:
                differing.append(row)
    return differing


def _month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _used_in(month: datetime, organization_ids: Sequence[UUID] | None) -> list[tuple[UUID, str]]:
    """Return which meters of whom are known of a month, be it to the ledger alone or to its sums alone."""
    ends = month_after(month)
    found: set[tuple[UUID, str]] = set()
    for rows in (
        UsageEvent.objects.filter(occurred_at__gte=month, occurred_at__lt=ends),
        UsageAggregate.objects.filter(starts_at__gte=month, starts_at__lt=ends),
    ):
        # The usage of deleted organisations stays in the books, but changes no more.
        of_some = rows.filter(organization_id__in=Subscription.objects.values("organization_id"))
        if organization_ids is not None:
            of_some = of_some.filter(organization_id__in=organization_ids)
        pairs = of_some.filter(meter__in=REPORTED_METERS).order_by().values_list("organization_id", "meter")
        found.update(pairs.distinct())
    return sorted(found)


def _reconciled(
    organization_id: UUID,
    meter: str,
    month: datetime,
    subscription: Subscription | None,
    meters: dict[str, str],
    *,
    now: datetime,
) -> Reconciliation:
    until = month_after(month)
    metered_from = subscription.metered_from if subscription else None
    # Of a month before it was a customer Stripe knows nothing.
    is_metered = metered_from is not None and metered_from < until
    customer_id = subscription.stripe_customer_id if subscription and is_metered else None
    since = max(month, metered_from) if metered_from and is_metered else month
    counts = _counted(organization_id, meter, month, since, until, is_reported=customer_id is not None, now=now)
    at_stripe: int | None = None
    if customer_id and meter in meters:
        ahead = _ahead_at_stripe(organization_id, meter, meters[meter], customer_id, since, until, now=now)
        at_stripe = None if ahead is None else counts["reported"] + ahead
    with transaction.atomic():
        Reconciliation.objects.filter(
            organization_id=organization_id, meter=meter, period_start__gte=month, period_start__lt=until
        ).exclude(period_start=since).delete()
        kept = Reconciliation.objects.filter(organization_id=organization_id, meter=meter, period_start=since).first()
        before = kept.difference if kept else 0
        row, _ = Reconciliation.objects.update_or_create(
            organization_id=organization_id,
            meter=meter,
            period_start=since,
            defaults={"period_end": until, "reported": None, "stripe": at_stripe, "checked_at": now, **counts},
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


@transaction.atomic
def _counted(
    organization_id: UUID,
    meter: str,
    month: datetime,
    since: datetime,
    until: datetime,
    *,
    is_reported: bool,
    now: datetime,
) -> dict[str, int]:
    """Return what ledger, sums and, for a customer of Stripe, reports have, all of the same moment."""
    # The aggregation waits, so the watermark and the sums belong together.
    mark = UsageWatermark.objects.select_for_update().filter(id=1).first()
    ledger = UsageEvent.objects.filter(
        organization_id=organization_id,
        meter=meter,
        occurred_at__lt=until,
        transaction__lt=mark.transaction if mark else 0,
    )
    sums = UsageAggregate.objects.filter(organization_id=organization_id, meter=meter, starts_at__lt=until)
    whole = _sum(ledger.filter(occurred_at__gte=month))
    # Hours, days and months are summed each for themselves; the one that is furthest off counts.
    off = max(
        (
            _sum(sums.filter(granularity=granularity, starts_at__gte=month)) - whole
            for granularity in UsageAggregate.Granularity
        ),
        key=abs,
    )
    counted = _sum(ledger.filter(occurred_at__gte=since))
    counts = {"ledger": counted, "aggregates": counted + off}
    if is_reported:
        # What has been added up since the last reports would seem to be missing.
        _reports_write(now=now, organization_id=organization_id)
        counts["reported"] = _sum(_reports(organization_id, meter, since, until))
    return counts


def _reports(organization_id: UUID, meter: str, since: datetime, until: datetime) -> QuerySet[MeterReport]:
    return MeterReport.objects.filter(organization_id=organization_id, meter=meter, hour__gte=since, hour__lt=until)


def _sum(rows: QuerySet[Any]) -> int:
    found: int | None = rows.aggregate(sum=Sum("quantity"))["sum"]
    return found or 0


def _ahead_at_stripe(
    organization_id: UUID,
    meter: str,
    meter_id: str,
    customer_id: str,
    since: datetime,
    until: datetime,
    *,
    now: datetime,
) -> int | None:
    """Return how much more Stripe has than it was told; None if it was not told everything, or cannot be asked."""
    reports = _reports(organization_id, meter, since, until)
    try:
        for report in reports.filter(sent_at=None).order_by("id"):
            _sent(stripe_client(), report, customer_id, now=now)
    except BillingUnavailable:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        # None is written while Stripe is asked.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REPORT_LOCK])
        if reports.filter(sent_at=None).exists():
            return None
        told = _sum(reports)
        found = _at_stripe(meter_id, customer_id, since, min(until, now + timedelta(minutes=1)))
    return None if found is None else found - told


def _meters_at_stripe() -> dict[str, str]:
    try:
        return meter_ids()
    except BillingUnavailable:
        # The other places are compared all the same.
        return {}


def _at_stripe(meter_id: str, customer_id: str, since: datetime, until: datetime) -> int | None:
    # Both ends on the minute, as Stripe wants them.
    ends = until.replace(second=0, microsecond=0)
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
