"""The organisation's settings of this module, as it set them in the dashboard."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from lift_sdk.context import Caller, current
from lift_sdk.memory.calls import Call
from lift_sdk.memory.client import AsyncMemoryClient

# How old an organisation's settings may be.
TTL_SECONDS = 30.0
MAX_ORGANIZATIONS = 1_000


class StoredConfiguration(BaseModel):
    """`version` counts the changes of the organisation's settings."""

    model_config = ConfigDict(frozen=True)

    config: dict[str, Any]
    version: int | str | None = None


@dataclass(frozen=True)
class _Entry:
    config: Mapping[str, Any]
    fetched: float


class ConfigurationCache:
    """Settings by organisation, for `TTL_SECONDS`, of the organisations that called last."""

    def __init__(self, module_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.call = Call("GET", f"/api/v1/modules/{module_id}/config", StoredConfiguration)
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def get(self, org_id: str) -> Mapping[str, Any] | None:
        entry = self._entries.get(org_id)
        if entry is None or self._clock() - entry.fetched > TTL_SECONDS:
            return None
        self._entries.move_to_end(org_id)
        return entry.config

    def put(self, org_id: str, config: Mapping[str, Any]) -> None:
        self._entries[org_id] = _Entry(config, self._clock())
        self._entries.move_to_end(org_id)
        while len(self._entries) > MAX_ORGANIZATIONS:
            self._entries.popitem(last=False)


async def configuration(caller: Caller) -> Mapping[str, Any]:
    """Return the settings of the caller's organisation, at most `TTL_SECONDS` old. Do not change them.

    Works inside of a request; raises the errors of `lift_sdk.memory.exceptions`.
    """
    context = current()
    if context is None:
        raise RuntimeError("configuration() works while a request is being answered")
    cache = context.runtime.configurations
    known = cache.get(caller.org_id)
    if known is not None:
        return known
    client = AsyncMemoryClient(context.runtime.http, token=caller.token, deadline=caller.deadline)
    stored = await client.send(cache.call)
    cache.put(caller.org_id, stored.config)
    return stored.config
