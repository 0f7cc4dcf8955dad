"""The organisation's memory as the gateway uses it for modules: searched for a request, stored from an answer.

Through the platform's own API, as the module: what it may not read itself, nobody's call tells it.
"""

import json
import logging
from typing import Any

import aiohttp

from apps.core.request_context import request_id
from apps.core.strict_json import loads
from apps.core.tracing import traceparent
from apps.gateway.engine.routes import Enrichment, Remember, pointed_at
from apps.gateway.exceptions import Refusal

logger = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=3)
_MAX_QUERY = 1000
_FIELD = "lift_memory"


class MemoryDoor:
    def __init__(self, web_url: str) -> None:
        self._api = f"{web_url}/api/v1/memory"
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=64)
        )

    async def close(self) -> None:
        await self._session.close()

    async def enriched(self, raw: bytes, enrichment: Enrichment, *, token: str) -> bytes:
        """Return the request's body with what memory knows about it in `lift_memory`.

        Raises `Refusal` for a body that is no JSON object. Without an answer of the memory the field says why.
        """
        try:
            body = loads(raw)
        except ValueError:
            raise Refusal("malformed_request", "The body must be JSON.", gate="request") from None
        if not isinstance(body, dict):
            raise Refusal("malformed_request", "The body must be a JSON object.", gate="request")
        query = pointed_at(body, enrichment.query_from)
        found: dict[str, Any] = {"results": []}
        if isinstance(query, str) and query.strip():
            found = await self._search(
                {"query": query[:_MAX_QUERY], "search_type": enrichment.search_type, "limit": enrichment.limit}, token
            )
        return json.dumps({**body, _FIELD: found}, ensure_ascii=False).encode()

    async def remembered(
        self, content: bytes, remember: Remember, *, token: str, external_id: str
    ) -> list[tuple[bytes, bytes]]:
        """Store what an answer says; return the header that tells the memory's id, or that it was not stored."""
        try:
            answer = loads(content)
        except ValueError:
            return [(b"x-lift-remembered", b"no-json")]
        text = pointed_at(answer, remember.content_from)
        if not isinstance(text, str) or not text.strip():
            return [(b"x-lift-remembered", b"nothing")]
        metadata = {
            pointer.rpartition("/")[2]: value
            for pointer in remember.metadata_from
            if isinstance(value := pointed_at(answer, pointer), str | int | float | bool)
        }
        item = {
            "content": text,
            "memory_type": remember.memory_type,
            "metadata": metadata,
            "external_id": external_id,
        }
        status, body = await self._post("/store", item, token)
        if status not in {200, 201}:
            logger.warning("an answer was not remembered: %s", status or "no answer")
            return [(b"x-lift-remembered", b"failed")]
        return [(b"x-lift-remembered", str(body["memory_id"]).encode())]

    async def _search(self, query: dict[str, Any], token: str) -> dict[str, Any]:
        status, body = await self._post("/search", query, token)
        if status == 200:  # noqa: PLR2004 - OK
            return {"results": body["results"]}
        # The call itself can go on: a module knows that it may get nothing.
        return {"results": [], "unavailable": body.get("code", "dependency_unavailable")}

    async def _post(self, path: str, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id(), "traceparent": traceparent()}
        try:
            async with self._session.post(self._api + path, json=body, headers=headers) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 0, {}
