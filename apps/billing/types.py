"""What billing hands to other apps."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Meter(StrEnum):
    """What is counted. A quota has a meter and a period: a day, or the total held."""

    MEMORY_SEARCHES = "memory_searches"
    MEMORY_STORES = "memory_stores"
    MEMORY_BYTES = "memory_bytes"
    MODULES = "modules"
    GATEWAY_CALLS = "gateway_calls"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What the plan of an organisation allows; None means without limit."""

    plan: str
    memory_bytes: int | None
    memory_queries_per_day: int | None
    modules: int | None = None
    gateway_calls_per_hour: int | None = None
    # The place of the plan among all, from the smallest; what a route may ask for.
    position: int = 0

    def limit(self, meter: Meter) -> int | None:
        return {
            Meter.MEMORY_SEARCHES: self.memory_queries_per_day,
            Meter.MEMORY_BYTES: self.memory_bytes,
            Meter.MODULES: self.modules,
        }.get(meter)


@dataclass(frozen=True, slots=True)
class QuotaState:
    """A quota after a reservation. `limit` and `remaining` are None without a limit, `resets_at` None for a total."""

    meter: Meter
    limit: int | None
    remaining: int | None
    resets_at: datetime | None
