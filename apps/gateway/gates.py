"""The gates of a call, from the credential to the rate limit. Each refusal names its gate and what would lift it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.accounts.exceptions import InvalidToken
from apps.accounts.metrics import attempt
from apps.billing.adapters.ledger import CounterKey, Take
from apps.billing.metrics import quota_refused
from apps.billing.periods import period_of, resets_at
from apps.billing.types import Entitlements, FeatureCode, Limit, Meter, PlanOffers
from apps.core.ids import new_id
from apps.core.types import Principal
from apps.gateway.adapters.access import Access, CallableModule
from apps.gateway.adapters.limiter import Limiter
from apps.gateway.asgi_io import Exchange
from apps.gateway.engine.limits import Verdict, plan_limits
from apps.gateway.engine.paths import GatewayPath
from apps.gateway.engine.routes import Route
from apps.gateway.exceptions import Refusal
from apps.registry.types import InstallationState

# In front of the module's id: its own counter.
MODULE_CALLS = "api_calls:"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="liftos"'}


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that may be made. `call_id` is its own, whatever request id its caller chose: it is counted by it."""

    call_id: str
    principal: Principal
    version: int
    entitlements: Entitlements
    module: CallableModule
    installed: InstallationState
    route: Route
    # What the call takes from: the month's calls, and those of the module where the plan limits them.
    quotas: tuple[Take, ...]


async def pass_gates(
    exchange: Exchange,
    path: GatewayPath,
    *,
    access: Access,
    limiter: Limiter,
    note: Callable[[Principal], None],
) -> tuple[Passed, Verdict | None]:
    """Return the call with the state of its limits, None without limits; raise `Refusal` at the first closed gate."""
    principal, version, entitlements = await authenticated(exchange, access)
    note(principal)
    module = await access.module(path.module_id)
    if module is None:
        raise Refusal("not_found", "There is no such module.", gate="entitlement")
    installed = await access.installation(principal.organization_id, path.module_id)
    if installed is None:
        raise Refusal("module_not_enabled", "Your organisation has not enabled this module.", gate="entitlement")
    route = module.routes.find(exchange.method, path.segments)
    if route.permission not in principal.permissions or route.permission not in installed.permissions:
        held_back = route.permission in principal.permissions and route.permission not in installed.permissions
        detail = " The organisation has not agreed to it yet." if held_back else ""
        raise Refusal("permission_denied", f"The permission {route.permission} is needed.{detail}", gate="permission")
    await _plan(path.module_id, route, entitlements, access)
    verdict = await _limited(principal, entitlements, limiter, access)
    if not module.is_serving:
        raise Refusal(
            "module_unavailable",
            f"The module is {module.route.state.value}.",
            gate="circuit",
            retryable=True,
            headers={"Retry-After": "10"},
        )
    quotas = call_quotas(principal.organization_id, path.module_id, entitlements, now=timezone.now())
    return Passed(new_id().hex, principal, version, entitlements, module, installed, route, quotas), verdict


def call_quotas(
    organization_id: UUID, module_id: str, entitlements: Entitlements, *, now: datetime
) -> tuple[Take, ...]:
    """Return the quotas that one call takes from."""
    period = period_of(Meter.API_CALLS, now)
    calls = CounterKey(organization_id, Meter.API_CALLS.value, period)
    takes = [Take(calls, entitlements.of(Meter.API_CALLS).ceiling)]
    own = entitlements.module(module_id).calls_per_month
    if own is not None:
        takes.append(Take(CounterKey(organization_id, f"{MODULE_CALLS}{module_id}", period), own))
    return tuple(takes)


def quota_refusal(refused: CounterKey, entitlements: Entitlements, plans: PlanOffers, *, now: datetime) -> Refusal:
    """Return the answer to a call for which nothing is left, with the plans that would have had more."""
    quota_refused(meter=Meter.API_CALLS)
    ends = resets_at(Meter.API_CALLS, now)
    module_id = refused.meter.removeprefix(MODULE_CALLS) if refused.meter.startswith(MODULE_CALLS) else ""
    limit = entitlements.of(Meter.API_CALLS)
    if module_id:
        limit = Limit(entitlements.module(module_id).calls_per_month, None)
    needed = (limit.limit or 0) + 1
    seconds = int((ends - now).total_seconds()) + 1 if ends else 0
    return Refusal(
        "quota_exceeded",
        f"The plan allows {limit.limit} calls a month{' of this module' if module_id else ''}.",
        gate="quota",
        retryable=True,
        headers={"Retry-After": str(seconds)},
        meter=refused.meter,
        limit=limit.limit,
        retry_after=seconds,
        available_in=plans.with_module(module_id, needed) if module_id else plans.with_feature(Meter.API_CALLS, needed),
    )


async def authenticated(exchange: Exchange, access: Access) -> tuple[Principal, int, Entitlements]:
    scheme, _, raw = exchange.header(b"authorization").partition(" ")
    secret = "" if scheme else exchange.header(b"x-api-key")
    if not secret and (scheme.lower() != "bearer" or not raw):
        raise Refusal(
            "not_authenticated",
            "Send Authorization: Bearer <access token>, or X-API-Key.",
            gate="authentication",
            headers=_CHALLENGE,
        )
    try:
        with attempt("api_key" if secret else "access_token"):
            return await (access.key(secret) if secret else access.caller(raw.strip()))
    except InvalidToken as error:
        raise Refusal("not_authenticated", error.detail, gate="authentication", headers=_CHALLENGE) from None


async def _plan(module_id: str, route: Route, entitlements: Entitlements, access: Access) -> None:
    """Refuse a module that the plan leaves out, and a route that asks for a larger plan, or for a feature of plans."""
    if not entitlements.module(module_id).is_included:
        raise Refusal(
            "plan_required",
            "The plan does not include this module.",
            gate="entitlement",
            available_in=(await access.plans()).with_module(module_id),
        )
    if not route.entitlement or entitlements.has(route.entitlement):
        return
    plans = await access.plans()
    needed = plans.position(route.entitlement)
    if needed is not None and entitlements.position >= needed:
        return
    raise Refusal(
        "plan_required",
        f"This needs {'the plan ' if needed is not None else ''}{route.entitlement}.",
        gate="entitlement",
        available_in=plans.with_feature(route.entitlement) if needed is None else plans.from_position(needed),
    )


async def _limited(
    principal: Principal, entitlements: Entitlements, limiter: Limiter, access: Access
) -> Verdict | None:
    limits = plan_limits(entitlements.of(FeatureCode.GATEWAY_CALLS_PER_HOUR).ceiling)
    if limits is None:
        return None
    organization, user = limits
    verdict = await limiter.take(principal.organization_id.hex, [("all", organization), (principal.user_id.hex, user)])
    if not verdict.allowed:
        limit = verdict.limit
        whose = "your organisation" if limit.name == "organization" else "you"
        raise Refusal(
            "rate_limited",
            f"The plan allows {whose} {limit.calls} calls in {limit.seconds} s.",
            gate="rate_limit",
            retryable=True,
            available_in=(await access.plans()).with_feature(
                FeatureCode.GATEWAY_CALLS_PER_HOUR,
                needed=(entitlements.of(FeatureCode.GATEWAY_CALLS_PER_HOUR).limit or 0) + 1,
            ),
            headers={
                "Retry-After": str(verdict.reset_seconds),
                "RateLimit-Policy": f'"{limit.name}";q={limit.calls};w={limit.seconds}',
                "RateLimit": f'"{limit.name}";r=0;t={verdict.reset_seconds}',
            },
        )
    return verdict
