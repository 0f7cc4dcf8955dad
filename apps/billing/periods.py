"""The periods of quotas: a day, a month, or all that is held. All of them in UTC."""

from datetime import UTC, datetime, time, timedelta

from apps.billing.types import Meter

_DAILY = frozenset({Meter.MEMORY_SEARCHES})
_MONTHLY = frozenset({Meter.API_CALLS, Meter.LLM_TOKENS})
TOTAL = "total"


def period_of(meter: Meter, now: datetime) -> str:
    """Return the name of the quota's present period: a day, a month, or `total`."""
    day = now.astimezone(UTC).date()
    if meter in _DAILY:
        return day.isoformat()
    return f"{day:%Y-%m}" if meter in _MONTHLY else TOTAL


def starts_at(meter: Meter, now: datetime) -> datetime | None:
    """Return when the present period began, None for what is held."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if meter in _DAILY:
        return midnight
    return midnight.replace(day=1) if meter in _MONTHLY else None


def resets_at(meter: Meter, now: datetime) -> datetime | None:
    """Return when the present period ends, None for what is held."""
    day = now.astimezone(UTC).date()
    if meter in _DAILY:
        return datetime.combine(day + timedelta(days=1), time(), UTC)
    return month_after(now) if meter in _MONTHLY else None


def month_after(now: datetime) -> datetime:
    """Return the beginning of the next month."""
    first = now.astimezone(UTC).date().replace(day=28) + timedelta(days=4)
    return datetime.combine(first.replace(day=1), time(), UTC)


def words_of(meter: Meter) -> str:
    """Return how a limit goes on: "1,000 calls a month"."""
    return " a day" if meter in _DAILY else " a month" if meter in _MONTHLY else ""
