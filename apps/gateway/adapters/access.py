"""Who may call what, for the event loop: read from PostgreSQL in a thread, believed for a few seconds."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

from django.utils import timezone

from apps.accounts.exceptions import InvalidToken
from apps.accounts.key_format import is_well_formed, secret_hash
from apps.accounts.keys import KeyRing, key_ring, key_ring_refresh
from apps.accounts.selectors.api_keys import KEY_REFUSED, api_key_state_read
from apps.accounts.selectors.memberships import membership_state_read
from apps.accounts.selectors.sessions import session_holds_read
from apps.accounts.services.api_keys import api_key_used
from apps.accounts.tokens import access_token_verify
from apps.accounts.types import ApiKeyState, MembershipState
from apps.billing.selectors.entitlements import entitlements_read, plan_offers
from apps.billing.types import Entitlements, PlanOffers
from apps.core.tenancy.threads import in_public_thread
from apps.core.types import Principal
from apps.gateway.engine.routes import RouteTable
from apps.registry.engine.health import SERVING
from apps.registry.engine.manifest import area
from apps.registry.selectors import installation_state, module_routes
from apps.registry.types import InstallationState, ModuleRoute

# What is taken away is to be refused within 5 s, the time to read it anew included.
BELIEVED_SECONDS = 4.0
_MODULES_BELIEVED_SECONDS = 2.0
# Younger than what `key_ring` still accepts, so that it never has to read on the event loop.
_KEYS_BELIEVED_SECONDS = 1.0
# What is not there may be made by the next click.
_ABSENT_BELIEVED_SECONDS = 1.0
_MAX_KEPT = 20_000
_TOKENS_KEPT = 5_000
# A signature need not be verified for every call; an expired token holds on so much longer at most.
_TOKEN_SECONDS = 5.0

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class CallableModule:
    """A module with its routes, ready to be called."""

    route: ModuleRoute
    base_url: str
    api_prefix: str
    routes: RouteTable

    @property
    def is_serving(self) -> bool:
        return self.route.state in SERVING


class Kept(Generic[Key, Value]):
    """Values that are believed for a while; several who miss the same one wait for one read."""

    def __init__(self, read: Callable[[Key], Awaitable[Value]], seconds: float, size: int = _MAX_KEPT) -> None:
        self._read, self._seconds, self._size = read, seconds, size
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._reading: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key) -> Value:
        found = self._kept.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.create_task(self._refresh(key))
        # A caller that leaves does not end what others wait for.
        return await asyncio.shield(reading)

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)

    async def _refresh(self, key: Key) -> Value:
        # What changes while it is read is believed no longer than what changes after.
        began = time.monotonic()
        try:
            value = await self._read(key)
        finally:
            del self._reading[key]
        self._kept[key] = (began + (_ABSENT_BELIEVED_SECONDS if value is None else self._seconds), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return value


class Access:
    """One for each event loop."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, tuple[float, Principal, int]] = OrderedDict()
        self._verified_by: KeyRing | None = None
        self._token_keys: Kept[None, KeyRing] = Kept(
            lambda _: in_public_thread(lambda: key_ring_refresh(_KEYS_BELIEVED_SECONDS)), _KEYS_BELIEVED_SECONDS
        )
        self._callers: Kept[tuple[UUID, UUID], tuple[MembershipState | None, Entitlements | None]] = Kept(
            lambda key: in_public_thread(lambda: _caller(*key)), BELIEVED_SECONDS
        )
        self._sessions: Kept[UUID, bool] = Kept(
            lambda key: in_public_thread(lambda: session_holds_read(session_id=key)), BELIEVED_SECONDS
        )
        self._keys: Kept[str, tuple[ApiKeyState, Entitlements] | None] = Kept(
            lambda key: in_public_thread(lambda: _key(key)), BELIEVED_SECONDS
        )
        self._installations: Kept[tuple[UUID, str], InstallationState | None] = Kept(
            lambda key: in_public_thread(lambda: installation_state(organization_id=key[0], module_id=key[1])),
            BELIEVED_SECONDS,
        )
        self._modules: Kept[None, dict[str, CallableModule]] = Kept(
            lambda _: in_public_thread(_modules), _MODULES_BELIEVED_SECONDS
        )
        self._plans: Kept[None, PlanOffers] = Kept(lambda _: in_public_thread(plan_offers), BELIEVED_SECONDS)

    async def key(self, secret: str) -> tuple[Principal, int, Entitlements]:
        """Return whom an API key speaks for, as `caller` does for a token; raises `InvalidToken`."""
        if not is_well_formed(secret):
            raise InvalidToken("The key in X-API-Key is not valid.")
        found = await self._keys.get(secret_hash(secret))
        now = timezone.now()
        if found is None:
            raise InvalidToken(KEY_REFUSED)
        state, entitlements = found
        if state.expires_at is not None and state.expires_at <= now:
            raise InvalidToken(KEY_REFUSED)
        return state.principal, state.permission_version, entitlements

    async def caller(self, raw_token: str) -> tuple[Principal, int, Entitlements]:
        """Return whom a token speaks for, its permission version, and what their plan allows.

        Raises `InvalidToken` for one that does not hold (any more).
        """
        await self.token_keys_at_hand()
        principal, version = self._verified(raw_token)
        key = (principal.user_id, principal.organization_id)
        state, entitlements = await self._callers.get(key)
        if state is not None and state.permission_version < version:
            # The token has just been issued, and is younger than what is believed.
            self._callers.forget(key)
            state, entitlements = await self._callers.get(key)
        if state is None or entitlements is None or not state.is_active or state.permission_version != version:
            raise InvalidToken("Your rights have changed since this token was issued. Refresh it or sign in again.")
        if principal.session_id is not None and not await self._sessions.get(principal.session_id):
            raise InvalidToken("The session has ended. Sign in again.")
        return principal, version, entitlements

    async def token_keys_at_hand(self) -> None:
        """Have the token keys read, so that what follows can verify and sign on the event loop."""
        await self._token_keys.get(None)

    async def installation(self, organization_id: UUID, module_id: str) -> InstallationState | None:
        return await self._installations.get((organization_id, module_id))

    async def module(self, module_id: str) -> CallableModule | None:
        return (await self._modules.get(None)).get(module_id)

    async def plans(self) -> PlanOffers:
        return await self._plans.get(None)

    def _verified(self, raw: str) -> tuple[Principal, int]:
        now = time.monotonic()
        if key_ring() is not self._verified_by:
            # A key may have been revoked.
            self._tokens.clear()
            self._verified_by = key_ring()
        known = self._tokens.get(raw)
        if known is not None and known[0] > now:
            return known[1], known[2]
        principal, version = access_token_verify(raw)
        self._tokens[raw] = (now + _TOKEN_SECONDS, principal, version)
        while len(self._tokens) > _TOKENS_KEPT:
            self._tokens.popitem(last=False)
        return principal, version


def narrowed(principal: Principal, installed: InstallationState) -> Principal:
    """Return the caller with the permissions that they and the module have in common."""
    return replace(principal, permissions=principal.permissions & installed.permissions)


def _caller(user_id: UUID, organization_id: UUID) -> tuple[MembershipState | None, Entitlements | None]:
    state = membership_state_read(user_id=user_id, organization_id=organization_id)
    return state, entitlements_read(organization_id=organization_id) if state else None


def _key(key_hash: str) -> tuple[ApiKeyState, Entitlements] | None:
    state = api_key_state_read(key_hash=key_hash)
    if state is None:
        return None
    api_key_used(key_hash=key_hash, state=state, now=timezone.now())
    return state, entitlements_read(organization_id=state.principal.organization_id)


def _modules() -> dict[str, CallableModule]:
    return {
        route.module_id: CallableModule(
            route,
            str(route.manifest["base_url"]).rstrip("/"),
            str(route.manifest["api_prefix"]),
            RouteTable.of(route.manifest, area=area(route.manifest)),
        )
        for route in module_routes()
    }
