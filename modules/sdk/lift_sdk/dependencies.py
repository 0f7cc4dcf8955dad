"""What an endpoint may ask for: who calls, that they may, the organisation's memory and settings."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, params

from lift_sdk.configuration import configuration
from lift_sdk.context import Caller, RequestContext, current
from lift_sdk.manifest import Permission
from lift_sdk.memory.client import AsyncMemoryClient, MemoryClient
from lift_sdk.problems import Problem


async def caller() -> Caller:
    """Who calls. Every path but the open ones has a caller; on these this answers 401."""
    return _authenticated()[1]


CurrentCaller = Annotated[Caller, Depends(caller)]


def requires(permission: Permission) -> params.Depends:
    """Refuse callers without a permission with 403: `dependencies=[requires("causal:read")]`.

    Its value is the caller: `who: Annotated[Caller, requires("causal:read")]`.
    """

    async def check(who: CurrentCaller) -> Caller:
        if not who.may(permission):
            raise Problem(403, "permission_denied", f"The permission {permission} is needed.")
        return who

    dependency: params.Depends = Depends(check)
    return dependency


async def memory() -> MemoryClient:
    """Return the memory as the caller may use it, for endpoints that are ordinary functions."""
    context, who = _authenticated()
    return MemoryClient(context.runtime.blocking_http, token=who.token, deadline=who.deadline)


async def async_memory() -> AsyncMemoryClient:
    """Return the memory as the caller may use it, for endpoints that are coroutines."""
    context, who = _authenticated()
    return AsyncMemoryClient(context.runtime.http, token=who.token, deadline=who.deadline)


async def current_configuration(who: CurrentCaller) -> Mapping[str, Any]:
    return await configuration(who)


def _authenticated() -> tuple[RequestContext, Caller]:
    context = current()
    if context is None or context.caller is None:
        raise Problem(401, "not_authenticated", headers={"WWW-Authenticate": "Bearer"})
    return context, context.caller


Memory = Annotated[MemoryClient, Depends(memory)]
AsyncMemory = Annotated[AsyncMemoryClient, Depends(async_memory)]
Configuration = Annotated[Mapping[str, Any], Depends(current_configuration)]
