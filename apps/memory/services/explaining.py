"""Why a memory is among the results of a search, or what kept it out."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.memory.engine.fusion import UNITS, FusedHit
from apps.memory.engine.reader import Reader
from apps.memory.exceptions import MemoryNotFound
from apps.memory.models import Memory
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.readers import readable
from apps.memory.selectors.visible import memories_visible
from apps.memory.services.search import memories_rank
from apps.memory.types import SearchQuery


class Gate(StrEnum):
    """What kept a memory out, in the order in which a search asks."""

    TRASHED = "trashed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"
    MEMORY_TYPES = "memory_types"
    TIME_WINDOW = "time_window"
    FILTERS = "filters"
    NOT_FOUND_BY_ANY_CHANNEL = "not_found_by_any_channel"
    THRESHOLD = "threshold"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The memory's place among all that the channels found (from 1) with its score, and the gate that kept it out.

    `hit` and `rank` are None for a memory that no channel found; `gate` is None for one that is among the results.
    `model` is the embedding model of question and passages.
    """

    gate: Gate | None
    detail: str
    rank: int | None
    candidates: int
    hit: FusedHit | None
    model: str


def memory_explain(
    *, organization_id: UUID, reader: Reader, query: SearchQuery, memory_id: UUID, now: datetime
) -> Explanation:
    """Say where a memory stands in a search. Raises `MemoryNotFound` if it is not there, or closed."""
    memory = readable(reader).filter(id=memory_id).first()
    if memory is None:
        raise MemoryNotFound("There is no memory with this id.")
    kept_out = _not_live(memory, now=now) or _not_asked(memory, query, reader, now=now)
    if kept_out is not None:
        return Explanation(*kept_out, rank=None, candidates=0, hit=None, model=context_get().epoch.model)
    query_all = replace(query, threshold=None)
    ranking = memories_rank(organization_id=organization_id, reader=reader, query=query_all, now=now)
    hits, model = ranking.hits, ranking.model
    place = next((place for place, hit in enumerate(hits) if hit.memory_id == memory_id), None)
    if place is None:
        detail = "Each channel names its hundred best, and this memory is among none of them."
        return Explanation(
            Gate.NOT_FOUND_BY_ANY_CHANNEL, detail, rank=None, candidates=len(hits), hit=None, model=model
        )
    cut, detail = _cut(hits[place], place, query)
    return Explanation(cut, detail, rank=place + 1, candidates=len(hits), hit=hits[place], model=model)


def _not_live(memory: Memory, *, now: datetime) -> tuple[Gate, str] | None:
    if memory.deleted_at is not None:
        return Gate.TRASHED, "It is in the trash."
    if memory.expires_at is not None and memory.expires_at <= now:
        return Gate.EXPIRED, f"It expired on {memory.expires_at:%d %B %Y}."
    if memory.superseded_at is not None:
        return Gate.SUPERSEDED, "Another memory has replaced it."
    if memory.archived_at is not None:
        return Gate.ARCHIVED, "It is archived."
    return None


def _not_asked(memory: Memory, query: SearchQuery, reader: Reader, *, now: datetime) -> tuple[Gate, str] | None:
    if query.memory_types and memory.memory_type not in query.memory_types:
        return Gate.MEMORY_TYPES, f"Its type is {memory.memory_type}."
    window = memories_visible(
        reader=reader, now=now, occurred_after=query.occurred_after, occurred_before=query.occurred_before
    )
    if not window.filter(id=memory.id).exists():
        return Gate.TIME_WINDOW, f"It happened on {memory.occurred_at:%d %B %Y}."
    filtered = memories_visible(reader=reader, now=now, condition=query.filter)
    if query.filter is not None and not filtered.filter(id=memory.id).exists():
        return Gate.FILTERS, "It does not satisfy the filters."
    return None


def _cut(hit: FusedHit, place: int, query: SearchQuery) -> tuple[Gate | None, str]:
    if query.threshold is not None and hit.score_units < query.threshold * UNITS:
        return (
            Gate.THRESHOLD,
            f"Its score of {hit.score_units / UNITS:.3f} is below the threshold of {query.threshold}.",
        )
    if place >= query.limit:
        return Gate.LIMIT, f"It is at place {place + 1}, and {query.limit} results were asked for."
    return None, f"It is at place {place + 1}."
