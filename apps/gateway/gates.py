"""The gates of a call, from the credential to the rate limit. Each refusal names its gate and what would lift it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.accounts.exceptions import InvalidToken
from apps.billing.types import Entitlements
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


async def pass_gates(
    exchange: Exchange,
    path: GatewayPath,
    *,
    access: Access,
    limiter: Limiter,
    note: Callable[[Principal], None],
) -> tuple[Passed, Verdict | None]:
    """Return the call with the state of its limits, None without limits; raise `Refusal` at the first closed gate."""
    principal, version, entitlements = await _authenticated(exchange, access)
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
    await _plan(route, entitlements, access)
    verdict = await _limited(principal, entitlements, limiter, access)
    if not module.is_serving:
        raise Refusal(
            "module_unavailable",
            f"The module is {module.route.state.value}.",
            gate="circuit",
            retryable=True,
            headers={"Retry-After": "10"},
        )
    return Passed(new_id().hex, principal, version, entitlements, module, installed, route), verdict


async def _authenticated(exchange: Exchange, access: Access) -> tuple[Principal, int, Entitlements]:
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
        return await (access.key(secret) if secret else access.caller(raw.strip()))
    except InvalidToken as error:
        raise Refusal("not_authenticated", error.detail, gate="authentication", headers=_CHALLENGE) from None


async def _plan(route: Route, entitlements: Entitlements, access: Access) -> None:
    if not route.entitlement:
        return
    plans = await access.plans()
    needed = plans.get(route.entitlement)
    if needed is None or entitlements.position < needed:
        raise Refusal(
            "plan_required",
            f"This needs the plan {route.entitlement}.",
            gate="entitlement",
            available_in=[] if needed is None else _plans_from(plans, needed),
        )


def _plans_from(plans: Mapping[str, int], position: int) -> list[str]:
    """Return the codes of the plans from a place on, smallest first."""
    return [code for code, place in sorted(plans.items(), key=lambda plan: plan[1]) if place >= position]


async def _limited(
    principal: Principal, entitlements: Entitlements, limiter: Limiter, access: Access
) -> Verdict | None:
    limits = plan_limits(entitlements.gateway_calls_per_hour)
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
            available_in=_plans_from(await access.plans(), entitlements.position + 1),
            headers={
                "Retry-After": str(verdict.reset_seconds),
                "RateLimit-Policy": f'"{limit.name}";q={limit.calls};w={limit.seconds}',
                "RateLimit": f'"{limit.name}";r=0;t={verdict.reset_seconds}',
            },
        )
    return verdict
