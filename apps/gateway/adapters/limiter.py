"""Rate limits: one atomic call of Redis for all limits of a request; without Redis, this process's share of them."""

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import redis.asyncio
import redis.exceptions
from django.conf import settings
from prometheus_client import Counter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.gateway.engine.limits import Limit, SlidingWindow, Verdict

logger = logging.getLogger(__name__)

# Longer than this no call waits for its limit.
_REDIS_SECONDS = 0.05
# While Redis is away it is asked once a second, not by every call.
_AWAY_SECONDS = 1.0
_LOCAL_WINDOWS = 50_000

_local_decisions = Counter("gateway_local_limit_decisions", "Calls that were limited without Redis.")

# KEYS: a hash for each limit, its fields are slots. ARGV: calls, slots and slot seconds of each. All of them or none.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
local tightest, result = nil, nil
local allowed = 1
for i, key in ipairs(KEYS) do
  local calls, slots, width = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
  local present = math.floor(now / width)
  local kept, used, oldest = redis.call('HGETALL', key), 0, present
  for j = 1, #kept, 2 do
    local slot = tonumber(kept[j])
    if slot <= present - slots then
      redis.call('HDEL', key, kept[j])
    else
      used = used + tonumber(kept[j+1])
      if slot < oldest then oldest = slot end
    end
  end
  local left = calls - used
  if left < 1 then allowed = 0 end
  if tightest == nil or left < tightest then
    tightest = left
    result = {i, left, (oldest + slots) * width - now}
  end
end
if allowed == 1 then
  for i, key in ipairs(KEYS) do
    local width, slots = tonumber(ARGV[3*i]), tonumber(ARGV[3*i-1])
    redis.call('HINCRBY', key, math.floor(now / width), 1)
    redis.call('EXPIRE', key, width * slots + width)
  end
  result[2] = result[2] - 1
end
return {allowed, result[1], result[2], result[3]}
"""


class Limiter:
    """One for each event loop. `processes` is how many gateways share the limits when Redis is away."""

    def __init__(self, redis_url: str, *, processes: int) -> None:
        self._redis: Any = redis.asyncio.from_url(
            redis_url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=64,
        )
        self._take = self._redis.register_script(_TAKE)
        self._processes = processes
        self._away_until = 0.0
        self._windows: OrderedDict[str, SlidingWindow] = OrderedDict()

    async def take(self, owner: str, limits: Sequence[tuple[str, Limit]]) -> Verdict:
        """Count a call against all limits, each with the name of what it limits, unless one of them is reached.

        `owner` keeps the keys of one organisation together on one node.
        """
        if time.monotonic() >= self._away_until:
            try:
                return await self._take_shared(owner, limits)
            except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + _AWAY_SECONDS
                logger.warning("rate limits are local while Redis is away: %s", type(error).__name__)
        return self._take_local(owner, limits)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _take_shared(self, owner: str, limits: Sequence[tuple[str, Limit]]) -> Verdict:
        keys = [f"limit:{{{owner}}}:{limit.name}:{name}" for name, limit in limits]
        arguments = [number for _, limit in limits for number in (limit.calls, limit.slots, limit.slot_seconds)]
        allowed, tightest, remaining, reset = await self._take(keys=keys, args=arguments)
        return Verdict(bool(allowed), limits[int(tightest) - 1][1], max(int(remaining), 0), max(int(reset), 1))

    def _take_local(self, owner: str, limits: Sequence[tuple[str, Limit]]) -> Verdict:
        _local_decisions.inc()
        now = time.time()
        verdicts = []
        for name, limit in limits:
            window = self._windows.setdefault(f"{owner}:{limit.name}:{name}", SlidingWindow())
            self._windows.move_to_end(f"{owner}:{limit.name}:{name}")
            share = Limit(limit.name, max(limit.calls // self._processes, 1), limit.seconds, limit.slot_seconds)
            verdicts.append(window.take(share, now=now))
        while len(self._windows) > _LOCAL_WINDOWS:
            self._windows.popitem(last=False)
        return min(verdicts, key=lambda verdict: (verdict.allowed, verdict.remaining))


def limiter_of_settings() -> Limiter:
    return Limiter(settings.REDIS_URL, processes=settings.GATEWAY_PROCESSES)
