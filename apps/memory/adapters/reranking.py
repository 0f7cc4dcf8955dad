"""A reranker behind HTTP, as text-embeddings-inference serves it, and servers that speak likewise.

``POST {"query": ..., "texts": [...], "truncate": true}`` is answered by ``[{"index": 0, "score": 0.98}, ...]``.
"""

import math
from collections.abc import Sequence
from functools import cache

import httpx2
from django.conf import settings

from apps.memory.engine.ports import RerankerUnavailableError


class HttpReranker:
    """Implements the engine's ``Reranker`` port. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx2.Client(follow_redirects=False)

    def rerank(self, query: str, passages: Sequence[str], *, seconds: float) -> list[float]:
        """Return scores, those beyond [0, 1] moved to its nearer end. Raises ``RerankerUnavailableError``."""
        body = {"query": query, "texts": list(passages), "truncate": True}
        try:
            answer = self._client.post(self._url, json=body, timeout=seconds)
            answer.raise_for_status()
            scores = {int(one["index"]): float(one["score"]) for one in answer.json()}
        except (httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
            raise RerankerUnavailableError(type(error).__name__) from None
        if set(scores) != set(range(len(passages))) or not all(map(math.isfinite, scores.values())):
            raise RerankerUnavailableError("it did not judge every passage")
        return [min(max(scores[place], 0.0), 1.0) for place in range(len(passages))]


@cache
def default_reranker() -> HttpReranker | None:
    """Return the reranker of this installation, if it has one."""
    return HttpReranker(settings.MEMORY_RERANK_URL) if settings.MEMORY_RERANK_URL else None
