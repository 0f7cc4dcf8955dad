"""What things cost and when periods end: arithmetic alone, in whole cents, halves rounded away from zero."""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

STEPS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Priced:
    """A part of a quantity that has one unit price. `tier` counts from 1, 0 without tiers."""

    quantity: int
    unit: Decimal
    amount: int
    tier: int = 0


def cents(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(amount: int, part: int, whole: int) -> int:
    """Return `amount * part / whole`."""
    return cents(Decimal(amount) * part / whole) if whole else 0


def unused(amount: int, start: int, end: int, at: int) -> int:
    """Return the part of a period's amount that falls into what is left of it at `at`, to the second."""
    return share(amount, max(0, end - max(at, start)), end - start)


def priced(price: dict[str, Any], quantity: int) -> list[Priced]:
    """Return what a quantity costs, by tiers where the price has them; never an empty list."""
    tiers = price.get("_tiers")
    if not tiers:
        unit = Decimal(price["unit_amount_decimal"])
        return [Priced(quantity, unit, cents(unit * quantity))]
    if price["tiers_mode"] == "volume":
        number, tier = next((n, t) for n, t in enumerate(tiers, 1) if t["up_to"] is None or quantity <= t["up_to"])
        return [_in_tier(number, tier, quantity)]
    parts, below = [], 0
    for number, tier in enumerate(tiers, 1):
        if number > 1 and quantity <= below:
            break
        top = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        parts.append(_in_tier(number, tier, top - below))
        below = top
    return parts


def _in_tier(number: int, tier: dict[str, Any], quantity: int) -> Priced:
    unit = Decimal(tier["unit_amount_decimal"] or 0)
    flat = Decimal(tier["flat_amount_decimal"] or 0) if quantity else Decimal(0)
    return Priced(quantity, unit, cents(unit * quantity + flat), number)


def total(price: dict[str, Any], quantity: int) -> int:
    return sum(part.amount for part in priced(price, quantity))


def stepped(anchor: int, interval: str, count: int) -> int:
    """Return the anchor moved by `count` intervals; the 31st falls on the last day of shorter months."""
    begin = datetime.fromtimestamp(anchor, UTC)
    if interval in STEPS:
        return int((begin + timedelta(days=STEPS[interval] * count)).timestamp())
    months = begin.year * 12 + begin.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(begin.day, calendar.monthrange(year, month + 1)[1])
    return int(begin.replace(year=year, month=month + 1, day=day).timestamp())


def period_around(anchor: int, recurring: dict[str, Any], at: int) -> tuple[int, int]:
    """Return the period that `at` lies in, of those that the anchor begins."""
    interval, every = recurring["interval"], recurring["interval_count"]
    days = {"day": 1, "week": 7, "month": 31, "year": 366}[interval] * every
    # Never too high, so that counting up finds it.
    number = (at - anchor) // (days * 86_400) if at >= anchor else -((anchor - at) // (days * 80_000)) - 1
    while stepped(anchor, interval, (number + 1) * every) <= at:
        number += 1
    return stepped(anchor, interval, number * every), stepped(anchor, interval, (number + 1) * every)
