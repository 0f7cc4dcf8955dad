"""The memory's calls, described and not sent: what goes out, what comes back, and whether repeating it is safe."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

from pydantic import BaseModel

from lift_sdk.memory.results import (
    Context,
    Explanation,
    Insights,
    Memory,
    Operation,
    OperationQueued,
    Page,
    SearchResults,
    Stored,
)

Answer = TypeVar("Answer", bound=BaseModel)
JsonObject = Mapping[str, Any]

MEMORY = "/api/v1/memory"


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request. `idempotency_key` makes a POST that creates safe to repeat; `reads` says that it changes nothing."""

    method: str
    path: str
    answer: type[Answer]
    body: JsonObject | None = None
    query: Sequence[tuple[str, str]] = ()
    idempotency_key: str | None = field(default=None)
    reads: bool = False

    @property
    def repeatable(self) -> bool:
        return self.reads or self.method == "GET" or self.idempotency_key is not None


def store(
    content: str,
    *,
    memory_type: str = "general",
    metadata: JsonObject | None = None,
    occurred_at: datetime | None = None,
    occurred_end: datetime | None = None,
    expires_at: datetime | None = None,
    source: str | None = None,
    external_id: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Stored]:
    """Remember a text of up to 50,000 characters; it can be found when this returns.

    Times need a time zone. Without `occurred_at` it happened now. `external_id` is your own id: the same id and content
    are stored once, and another content under it raises `Conflict`. A key is made if none is given, so that a retry
    after a lost answer stores nothing twice.
    """
    body = _given(
        content=content,
        memory_type=memory_type,
        metadata=metadata,
        occurred_at=_time(occurred_at),
        occurred_end=_time(occurred_end),
        expires_at=_time(expires_at),
        source=source,
        external_id=external_id,
    )
    return Call("POST", f"{MEMORY}/store", Stored, body, idempotency_key=idempotency_key or uuid4().hex)


def store_batch(items: Iterable[JsonObject], *, idempotency_key: str | None = None) -> Call[OperationQueued]:
    """Remember up to 1,000 texts in the background. An item has the fields of `store`; follow it with `operation`."""
    body = {"items": [{name: _plain(value) for name, value in item.items()} for item in items]}
    return Call("POST", f"{MEMORY}/store/batch", OperationQueued, body, idempotency_key=idempotency_key or uuid4().hex)


def operation(operation_id: UUID | str) -> Call[Operation]:
    """Say how far a batch has come, with its first hundred errors."""
    return Call("GET", f"{MEMORY}/operations/{_segment(operation_id)}", Operation)


def search(
    query: str,
    *,
    search_type: str = "hybrid",
    limit: int = 10,
    memory_types: Sequence[str] | None = None,
    filters: JsonObject | None = None,
    occurred_after: datetime | None = None,
    occurred_before: datetime | None = None,
    threshold: float | None = None,
    weights: Mapping[str, float] | None = None,
    deadline_ms: int | None = None,
    explain: bool = True,
    rerank: bool = False,
    wait_for: UUID | str | None = None,
) -> Call[SearchResults]:
    """Find memories: `neural`, `conceptual`, `knowledge` or `hybrid`, which is all of these.

    A score is in [0, 1]; `threshold` cuts by it. `filters` are the conditions of the memory guide. `wait_for` is an
    operation whose texts are to be understood first, for 10 seconds at most, else it raises `Conflict`.
    """
    body = _given(
        **_conditions(query, search_type, limit, memory_types, filters, occurred_after, occurred_before),
        threshold=threshold,
        weights=weights,
        deadline_ms=deadline_ms,
        explain=explain,
        rerank=rerank or None,
        wait_for=None if wait_for is None else str(wait_for),
    )
    return Call("POST", f"{MEMORY}/search", SearchResults, body, reads=True)


def explain(
    query: str,
    memory_id: UUID | str,
    *,
    search_type: str = "hybrid",
    limit: int = 10,
    memory_types: Sequence[str] | None = None,
    filters: JsonObject | None = None,
    occurred_after: datetime | None = None,
    occurred_before: datetime | None = None,
    threshold: float | None = None,
) -> Call[Explanation]:
    """Say at which place of a search a memory stands, or what keeps it out."""
    body = _given(
        **_conditions(query, search_type, limit, memory_types, filters, occurred_after, occurred_before),
        threshold=threshold,
        memory_id=str(memory_id),
    )
    return Call("POST", f"{MEMORY}/explain", Explanation, body, reads=True)


def get(memory_id: UUID | str) -> Call[Memory]:
    """Return one memory; raises `NotFound`."""
    return Call("GET", f"{MEMORY}/{_segment(memory_id)}", Memory)


def list_page(
    *,
    memory_type: str | None = None,
    filters: JsonObject | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Call[Page]:
    """List up to 100 memories, last recorded first; `cursor` is the `next` of the page before."""
    single = _given(
        memory_type=memory_type,
        filters=None if filters is None else json.dumps(filters),
        cursor=cursor,
        limit=str(limit),
    )
    return Call("GET", MEMORY, Page, query=list(single.items()))


def insights(
    *,
    memory_types: Sequence[str] = (),
    time_range: str | None = None,
    occurred_after: datetime | None = None,
    occurred_before: datetime | None = None,
    as_of: datetime | None = None,
) -> Call[Insights]:
    """Say what the memory, or a part of it, is about. A `time_range` (`12h`, `30d`, `4w`) ends now."""
    single = _given(
        range=time_range,
        occurred_after=_time(occurred_after),
        occurred_before=_time(occurred_before),
        as_of=_time(as_of),
    )
    query = [*(("memory_types", name) for name in memory_types), *single.items()]
    return Call("GET", f"{MEMORY}/insights", Insights, query=query)


def context() -> Call[Context]:
    """Return the domain, the dimensions and the size of the organisation's memory."""
    return Call("GET", f"{MEMORY}/context", Context)


def _conditions(
    query: str,
    search_type: str,
    limit: int,
    memory_types: Sequence[str] | None,
    filters: JsonObject | None,
    occurred_after: datetime | None,
    occurred_before: datetime | None,
) -> dict[str, Any]:
    return {
        "query": query,
        "search_type": search_type,
        "limit": limit,
        "memory_types": None if memory_types is None else list(memory_types),
        "filters": filters,
        "occurred_after": _time(occurred_after),
        "occurred_before": _time(occurred_before),
    }


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a time needs a time zone: datetime.now(UTC)")
    return moment.isoformat()


def _plain(value: Any) -> Any:
    return _time(value) if isinstance(value, datetime) else value


def _segment(value: UUID | str) -> str:
    """Return an id as one segment of a path, whatever a caller passed on: it must not become another path."""
    text = str(value)
    if not text.strip("."):
        raise ValueError("an id is needed")
    return quote(text, safe="")
