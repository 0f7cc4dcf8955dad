"""The SDK's cache over Django's, with the organisation in every key."""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache import cache

from apps.memory.kse.bound import OrganizationBound, refuse
from apps.memory.kse.contract import kse_contract

DEFAULT_TTL_SECONDS = 300


class OrganizationCache(OrganizationBound):
    async def get(self, key: str) -> Any:
        return await sync_to_async(cache.get)(self._key(key))

    async def set(self, key: str, value: Any, ttl: int | None = None) -> bool:
        """Keep a value for `ttl` seconds (300 if None)."""
        await sync_to_async(cache.set)(self._key(key), value, DEFAULT_TTL_SECONDS if ttl is None else ttl)
        return True

    async def delete(self, key: str) -> bool:
        return bool(await sync_to_async(cache.delete)(self._key(key)))

    async def exists(self, key: str) -> bool:
        return bool(await sync_to_async(cache.has_key)(self._key(key)))

    async def clear(self) -> bool:
        refuse("CacheError", "clear", "the cache is shared; entries end by themselves")

    def _key(self, key: str) -> str:
        return f"kse:{self.organization_id}:{key}"


kse_contract().interface("CacheInterface").register(OrganizationCache)
