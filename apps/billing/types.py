"""What billing hands to other apps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from apps.core.types import Caller


class Meter(StrEnum):
    """What is counted. Those that a plan limits are features of the same code."""

    # Calls through the gateway, and calls of the API with a key; what the dashboard asks for itself is not counted.
    API_CALLS = "api_calls"
    MEMORY_SEARCHES = "memory_searches"
    MEMORY_STORES = "memory_stores"
    MEMORY_BYTES = "memory_bytes"
    INGESTION_ITEMS = "ingestion_items"
    LLM_TOKENS = "llm_tokens"
    USERS = "users"
    MODULES = "modules"


class FeatureCode(StrEnum):
    """The features that the code enforces itself."""

    USERS = "users"
    MODULES = "modules"
    MEMORY_BYTES = "memory_bytes"
    API_CALLS = "api_calls"
    MEMORY_SEARCHES = "memory_searches"
    GATEWAY_CALLS_PER_HOUR = "gateway_calls_per_hour"
    LLM_TOKENS = "llm_tokens"


# Meters that only ever grow within a month, so their sums can be told to Stripe and compared.
REPORTED_METERS = (
    Meter.API_CALLS,
    Meter.MEMORY_SEARCHES,
    Meter.MEMORY_STORES,
    Meter.INGESTION_ITEMS,
    Meter.LLM_TOKENS,
)


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be used; None is without limit. Up to `limit` is included, above `ceiling` it is refused."""

    limit: int | None
    ceiling: int | None
    is_soft: bool = False
    overage_cents_per_1000: float | None = None


# What a plan does not include.
NOTHING = Limit(0, 0)


@dataclass(frozen=True, slots=True)
class ModuleLimit:
    """What the plan says of one module."""

    is_included: bool = True
    calls_per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What an organisation may use at present."""

    plan: str
    # The place of the plan among all, from the smallest; what a route may ask for.
    position: int
    version: int
    features: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    modules: Mapping[str, ModuleLimit] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, code: str) -> Limit:
        return self.features.get(code, NOTHING)

    def has(self, code: str) -> bool:
        """Tell whether the plan includes any of a feature."""
        return self.of(code).limit != 0

    def module(self, module_id: str) -> ModuleLimit:
        return self.modules.get(module_id, ModuleLimit())


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan as the gateway compares it. A limit of None refuses nothing."""

    code: str
    position: int
    is_public: bool
    limits: Mapping[str, int | None]
    without_modules: frozenset[str]
    module_calls: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class PlanOffers:
    """All plans, smallest first. Each method returns the codes of those on sale that would let something pass."""

    plans: tuple[PlanOffer, ...]

    def position(self, code: str) -> int | None:
        """Return the place of a plan, None for what is no plan."""
        return next((plan.position for plan in self.plans if plan.code == code), None)

    def from_position(self, position: int) -> list[str]:
        return [plan.code for plan in self.plans if plan.is_public and plan.position >= position]

    def with_feature(self, feature: str, needed: int = 1) -> list[str]:
        return [
            plan.code
            for plan in self.plans
            if plan.is_public and ((limit := plan.limits.get(feature, 0)) is None or limit >= needed)
        ]

    def with_module(self, module_id: str, needed: int = 0) -> list[str]:
        return [
            plan.code
            for plan in self.plans
            if plan.is_public
            and module_id not in plan.without_modules
            and ((calls := plan.module_calls.get(module_id)) is None or calls >= needed)
        ]


@dataclass(frozen=True, slots=True)
class QuotaState:
    """A quota after a reservation. `limit` and `remaining` are None without a limit, `resets_at` None for a total.

    `remaining` is what is left before calls are refused, or of what is included where they are not.
    """

    meter: Meter
    limit: int | None
    remaining: int | None
    resets_at: datetime | None

    def headers(self) -> dict[str, str]:
        """Return how much is left as response headers; nothing for a plan without limit."""
        if self.limit is None:
            return {}
        headers = {
            "X-Quota-Meter": self.meter.value,
            "X-Quota-Limit": str(self.limit),
            "X-Quota-Remaining": str(self.remaining),
        }
        if self.resets_at is not None:
            headers["X-Quota-Reset"] = self.resets_at.isoformat()
        return headers


@dataclass(frozen=True, slots=True)
class Usage:
    """One piece of work for the ledger: `source` and `source_id` name it once and for all.

    `caller` is for whom it was done, where that is not who is asking at present.
    """

    source: str
    source_id: str = ""
    operation: str = ""
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class HeldAbove:
    """Something of which more is held than a plan would allow."""

    meter: str
    name: str
    unit: str
    used: int
    limit: int
