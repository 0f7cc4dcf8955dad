"""The SDK's cache over Django's. An organisation's keys cannot be those of another one."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import PicklingError
from typing import Any, Never

from django.core.cache import cache
from redis.exceptions import RedisError

from apps.memory.adapters.cached_values import prefix_of
from apps.memory.adapters.kse.base import Bound, implements

# A cached value outlives neither this nor the organisation's deletion by more.
LONGEST_TTL = 86_400


@implements("CacheInterface")
class Cache(Bound):
    """Values are pickled, so they come back as copies. A stored None differs from nothing by `exists` alone."""

    error = "CacheError"

    async def get(self, key: str) -> Any | None:
        return await self._run(self._get, key)

    async def set(self, key: str, value: Any, ttl: int | None = None) -> bool:
        """Keep a value for `ttl` seconds, at most a day; without it for a day."""
        seconds = self.whole(LONGEST_TTL if ttl is None else ttl, name="ttl", most=LONGEST_TTL)
        try:
            return await self._run(self._set, key, value, seconds)
        except (PicklingError, TypeError, AttributeError, RecursionError) as problem:
            raise self.refusal(f"the value cannot be copied: {problem}") from None

    async def delete(self, key: str) -> bool:
        """Return whether there was something to delete."""
        return await self._run(self._delete, key)

    async def exists(self, key: str) -> bool:
        return await self._run(self._exists, key)

    async def clear(self) -> bool:
        """Raise: the cache is shared, and clearing it would take other organisations' values with it."""
        self._refuse_clear()

    def _refuse_clear(self) -> Never:
        raise self.refusal("the cache is shared and cannot be cleared; delete single keys")

    def _get(self, key: str) -> Any | None:
        with self._reaching():
            return cache.get(self._key(key))

    def _set(self, key: str, value: object, seconds: int) -> bool:
        with self._reaching():
            cache.set(self._key(key), value, timeout=seconds)
        return True

    def _delete(self, key: str) -> bool:
        with self._reaching():
            return cache.delete(self._key(key))

    def _exists(self, key: str) -> bool:
        with self._reaching():
            return cache.has_key(self._key(key))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except RedisError as failed:
            raise self.refusal("the cache did not answer") from failed

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            raise self.refusal("a key is a string")
        # Hashed, so that any string makes a key that every back end takes, and none can imitate another's prefix.
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{prefix_of(self.organization_id)}{digest}"
