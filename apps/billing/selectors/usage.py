"""What was used, from the ledger's sums: by time, and by who used it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from apps.accounts.models import User
from apps.billing.models import Feature, PlanPrice, UsageAggregate, UsageEvent, UsageWatermark
from apps.billing.selectors.entitlements import entitlements_read
from apps.billing.types import Meter

GROUPS = ("hour", "day", "month", "module", "member", "operation", "meter")
_COLUMNS = {
    "hour": "starts_at",
    "day": "starts_at",
    "month": "starts_at",
    "module": "module",
    "member": "user_id",
    "operation": "operation",
    "meter": "meter",
}
METERS = (
    Meter.API_CALLS,
    Meter.MEMORY_SEARCHES,
    Meter.MEMORY_STORES,
    Meter.MEMORY_BYTES,
    Meter.INGESTION_ITEMS,
    Meter.LLM_TOKENS,
)
_NAMES = {Meter.MEMORY_STORES: "Memories stored", Meter.INGESTION_ITEMS: "Imported items"}
_UNITS = {Meter.MEMORY_STORES: "", Meter.INGESTION_ITEMS: ""}
EXPORT_COLUMNS = ("day", "meter", "module", "member", "operation", "quantity", "events")


@dataclass(frozen=True, slots=True)
class UsageSum:
    """A group's sum of one meter. `cost_cents` is its share of what is charged above the limit, None if nothing is."""

    key: str
    label: str
    meter: str
    quantity: int
    events: int
    cost_cents: float | None


@dataclass(frozen=True, slots=True)
class MeterName:
    name: str
    unit: str


def meter_names() -> dict[str, MeterName]:
    """Return how meters are called; those that no plan limits are named here."""
    names = {code: MeterName(name, unit) for code, name, unit in Feature.objects.values_list("code", "name", "unit")}
    for meter, name in _NAMES.items():
        names.setdefault(meter, MeterName(name, _UNITS[meter]))
    return names


def usage_sums(
    *, organization_id: UUID, since: datetime, until: datetime, group_by: str, meter: str | None = None
) -> list[UsageSum]:
    """Return the sums from `since` up to and without `until`, by group and meter, in the order of their keys."""
    column = _COLUMNS[group_by]
    granularity = group_by if group_by in ("hour", "month") else "day"
    rows = (
        _aggregates(organization_id, since, until, granularity, meter)
        .values("meter", key=F(column))
        .annotate(quantity=Sum("quantity"), events=Sum("events"))
        .order_by("key", "meter")
    )
    found = list(rows)
    cost = _cost_of_one(organization_id, since, until)
    labels = _labels(group_by, [row["key"] for row in found])
    return [
        UsageSum(
            key=_text(row["key"]),
            label=labels.get(_text(row["key"]), _text(row["key"])),
            meter=row["meter"],
            quantity=row["quantity"],
            events=row["events"],
            cost_cents=cost[row["meter"]] * row["quantity"] if row["meter"] in cost else None,
        )
        for row in found
    ]


def usage_export(*, organization_id: UUID, since: datetime, until: datetime) -> Iterator[Sequence[object]]:
    """Yield the sums by day and by all that tells them apart, as rows of `EXPORT_COLUMNS`."""
    rows = _aggregates(organization_id, since, until, "day", None).order_by("starts_at", "meter", "module", "id")
    people = dict(User.objects.filter(memberships__organization_id=organization_id).values_list("id", "email"))
    for row in rows.iterator(chunk_size=1000):
        yield (
            row.starts_at.date().isoformat(),
            row.meter,
            row.module,
            people.get(row.user_id, str(row.user_id)) if row.user_id else "",
            row.operation,
            row.quantity,
            row.events,
        )


def usage_events(
    *,
    organization_id: UUID,
    since: datetime | None = None,
    until: datetime | None = None,
    user_id: UUID | None = None,
    **equal: str,
) -> QuerySet[UsageEvent]:
    """Return rows of the ledger, newest first; `equal` are meter, module and operation."""
    rows = UsageEvent.objects.filter(organization_id=organization_id, **equal)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    if until is not None:
        rows = rows.filter(occurred_at__lt=until)
    return rows.filter(user_id=user_id) if user_id is not None else rows


def counted_until() -> datetime | None:
    """Return when the ledger was last added up; all that was committed before is in the sums."""
    return UsageWatermark.objects.values_list("moved_at", flat=True).first()


def _aggregates(
    organization_id: UUID, since: datetime, until: datetime, granularity: str, meter: str | None
) -> QuerySet[UsageAggregate]:
    rows = UsageAggregate.objects.filter(
        organization_id=organization_id, granularity=granularity, starts_at__gte=since, starts_at__lt=until
    )
    return rows.filter(meter=meter) if meter else rows


def _cost_of_one(organization_id: UUID, since: datetime, until: datetime) -> dict[str, float]:
    """Return what one unit of each meter has cost: the charge above the limit, spread over all that was used.

    Limits are of months, so the months that the time touches are looked at as a whole.
    """
    priced = {
        code: limit
        for code, limit in entitlements_read(organization_id=organization_id).features.items()
        if limit.overage_cents_per_1000 and limit.limit is not None
    }
    if not priced:
        return {}
    first = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = (
        UsageAggregate.objects.filter(
            organization_id=organization_id,
            granularity="month",
            starts_at__gte=first,
            starts_at__lt=until,
            meter__in=list(priced),
        )
        .values("meter", "starts_at")
        .annotate(quantity=Sum("quantity"))
    )
    charged: dict[str, float] = {}
    used: dict[str, int] = {}
    for row in months:
        limit = priced[row["meter"]]
        above = max(row["quantity"] - (limit.limit or 0), 0)
        charged[row["meter"]] = charged.get(row["meter"], 0) + above * (limit.overage_cents_per_1000 or 0) / 1000
        used[row["meter"]] = used.get(row["meter"], 0) + row["quantity"]
    return {meter: charged[meter] / used[meter] for meter in charged if used[meter] > 0}


def _labels(group_by: str, keys: Sequence[object]) -> dict[str, str]:
    if group_by == "member":
        ids = [key for key in keys if isinstance(key, UUID)]
        people = {str(one): email for one, email in User.objects.filter(id__in=ids).values_list("id", "email")}
        return {str(key): people.get(str(key), "(removed)") for key in ids}
    if group_by == "meter":
        return {code: one.name for code, one in meter_names().items()}
    return {}


def _text(key: object) -> str:
    if key is None:
        return ""
    return key.isoformat() if isinstance(key, datetime) else str(key)


def meters_of_prices(stripe_price_ids: Iterable[str]) -> dict[str, str]:
    """Return the meters that metered prices at Stripe count, by their ids there."""
    found = PlanPrice.objects.filter(stripe_price_id__in=list(stripe_price_ids), feature__isnull=False)
    return {price.stripe_price_id: str(price.feature_id) for price in found}
