"""How much of each quota is used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.models import Invitation, Membership
from apps.billing.models import Feature, Plan, PlanFeature, UsageCounter
from apps.billing.periods import period_of, resets_at, starts_at
from apps.billing.selectors.entitlements import entitlements_read, plan_offers
from apps.billing.types import HeldAbove, Limit, Meter

# As they are shown.
QUOTAS = (
    Meter.API_CALLS,
    Meter.MEMORY_SEARCHES,
    Meter.MEMORY_BYTES,
    Meter.LLM_TOKENS,
    Meter.USERS,
    Meter.MODULES,
)
NEAR = 0.8

# What is held and counted by the app that owns it: `count(organization_id)`.
_held: dict[Meter, Callable[[UUID], int]] = {}


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota as it stands. `projected` is what will be used at its end at the present pace."""

    meter: Meter
    name: str
    unit: str
    period: str
    used: int
    limit: Limit
    projected: int | None
    resets_at: datetime | None
    available_in: tuple[str, ...]

    @property
    def remaining(self) -> int | None:
        most = self.limit.limit if self.limit.ceiling is None else self.limit.ceiling
        return None if most is None else max(most - self.used, 0)

    @property
    def state(self) -> str:
        if self.limit.limit is None:
            return "ok"
        if self.used >= self.limit.limit:
            return "reached"
        return "near" if self.used >= NEAR * self.limit.limit else "ok"

    @property
    def overage_cents(self) -> float | None:
        """What has been used above the limit costs so much; None where nothing is charged."""
        if self.limit.limit is None or self.limit.overage_cents_per_1000 is None:
            return None
        return max(self.used - self.limit.limit, 0) * self.limit.overage_cents_per_1000 / 1000


def register_held(meter: Meter, count: Callable[[UUID], int]) -> None:
    """Have an app above count what its organisations hold of a meter."""
    _held[meter] = count


def quotas(*, organization_id: UUID, now: datetime) -> list[Quota]:
    """Return all quotas of an organisation."""
    held = entitlements_read(organization_id=organization_id)
    offers = plan_offers()
    features = Feature.objects.in_bulk(list(QUOTAS))
    found = []
    for meter in QUOTAS:
        used = used_now(organization_id=organization_id, meter=meter, now=now)
        limit = held.of(meter)
        feature = features[meter]
        found.append(
            Quota(
                meter=meter,
                name=feature.name,
                unit=feature.unit,
                period=feature.period,
                used=used,
                limit=limit,
                projected=_projected(used, meter, now),
                resets_at=resets_at(meter, now),
                available_in=tuple(plan for plan in offers.with_feature(meter, limit.limit + 1) if plan != held.plan)
                if limit.limit is not None
                else (),
            )
        )
    return found


def used_now(*, organization_id: UUID, meter: Meter, now: datetime) -> int:
    """Return what is used of a quota in its present period."""
    if meter is Meter.USERS:
        return people_count(organization_id=organization_id, now=now)
    if meter in _held:
        return _held[meter](organization_id)
    counters = UsageCounter.objects.filter(organization_id=organization_id, meter=meter, period=period_of(meter, now))
    return counters.values_list("used", flat=True).first() or 0


def people_count(*, organization_id: UUID, now: datetime) -> int:
    """Return the number of members and open invitations."""
    members = Membership.objects.filter(organization_id=organization_id).count()
    invited = Invitation.objects.filter(
        organization_id=organization_id, accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    return members + invited.count()


def held_above(*, organization_id: UUID, plan: Plan, now: datetime) -> list[HeldAbove]:
    """Return what an organisation holds more of than a plan would allow."""
    found = []
    for meter in (Meter.MEMORY_BYTES, Meter.USERS, Meter.MODULES):
        row = PlanFeature.objects.select_related("feature").filter(plan=plan, feature_id=meter).first()
        limit = 0 if row is None else row.limit
        used = used_now(organization_id=organization_id, meter=meter, now=now)
        if limit is not None and used > limit:
            name, unit = (row.feature.name, row.feature.unit) if row else (meter.value, "")
            found.append(HeldAbove(meter.value, name, unit, used, limit))
    return found


def _projected(used: int, meter: Meter, now: datetime) -> int | None:
    starts, ends = starts_at(meter, now), resets_at(meter, now)
    if starts is None or ends is None:
        return None
    # The first minutes of a period tell nothing yet.
    share = max((now - starts) / (ends - starts), 0.01)
    return max(round(used / share), used)
