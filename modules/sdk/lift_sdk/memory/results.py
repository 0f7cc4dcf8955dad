"""What the memory answers; `docs/guides/memory.md` says what it means. Fields of a later platform are ignored."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Stored(_Result):
    """`duplicate_of` is an earlier memory that says nearly the same; `similarity` is from 0.8 to 1."""

    memory_id: UUID
    status: Literal["stored", "duplicate"]
    duplicate_of: UUID | None
    similarity: float | None


class OperationQueued(_Result):
    operation_id: UUID
    status: str


class OperationError(_Result):
    index: int
    code: str
    detail: str


class Operation(_Result):
    """How far a batch has come; `understood` counts the texts that the models have read."""

    operation_id: UUID
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    total: int
    done: int
    failed: int
    understood: int
    created_at: datetime
    finished_at: datetime | None
    errors: tuple[OperationError, ...]

    @property
    def finished(self) -> bool:
        return self.status not in {"queued", "running"}


class Memory(_Result):
    memory_id: UUID
    content: str
    memory_type: str
    metadata: dict[str, Any]
    module: str | None
    source: str | None
    external_id: str | None
    occurred_at: datetime
    occurred_end: datetime | None
    recorded_at: datetime
    revision: int
    revised_at: datetime
    expires_at: datetime | None
    deleted_at: datetime | None


class Page(_Result):
    """Some of the memories that there are; `next` is the cursor of the following page, None on the last one."""

    results: tuple[Memory, ...]
    next: str | None
    total: int


class Contribution(_Result):
    """What a channel adds to a score; `contribution_units` are millionths, and their sum is `score_units` exactly."""

    channel: str
    raw: float | None
    rank: int | None
    weight: float
    contribution: float | None
    contribution_units: int | None


class Why(_Result):
    matched_terms: tuple[str, ...]
    entities: tuple[str, ...]
    entity_path: tuple[str, ...]
    dimensions: tuple[str, ...]


class Span(_Result):
    """What answers stands at `content[start:end]`."""

    start: int
    end: int


class Found(Memory):
    """A memory as a search found it; `score` is in [0, 1]."""

    score: float
    score_units: int
    contributions: tuple[Contribution, ...]
    explanation: str | None
    why: Why | None
    spans: tuple[Span, ...]


class SearchResults(_Result):
    results: tuple[Found, ...]
    count: int
    search_type: str
    took_ms: float
    dropped_channels: tuple[str, ...]


class Explanation(_Result):
    """`gate` is what kept the memory out of the results, None if it is one of them."""

    gate: str | None
    detail: str
    rank: int | None
    candidates: int
    score: float | None
    score_units: int | None
    contributions: tuple[Contribution, ...]


class Concept(_Result):
    concept: str
    entity_id: UUID
    weight: float
    count: int
    memory_ids: tuple[UUID, ...]


class KnowledgeGraph(_Result):
    entities: int
    links: int


class Day(_Result):
    date: date
    count: int


class TemporalPatterns(_Result):
    """`by_hour_of_week` holds 168 counts from Monday, 0 o'clock UTC."""

    by_day: tuple[Day, ...]
    by_hour_of_week: tuple[int, ...]
    trend: float | None


class Cluster(_Result):
    id: int
    label: str
    size: int
    terms: tuple[str, ...]
    exemplar_ids: tuple[UUID, ...]


class Insights(_Result):
    total_memories: int
    dominant_concepts: tuple[Concept, ...]
    knowledge_density: float
    knowledge_graph: KnowledgeGraph
    temporal_patterns: TemporalPatterns
    semantic_clusters: tuple[Cluster, ...]
    clusters_pending: bool


class Context(_Result):
    """The memory as a whole: its `domain`, its conceptual `dimensions`, its `counts`."""

    memory_context: str
    domain: str
    status: str
    dimensions: tuple[dict[str, Any], ...]
    counts: dict[str, Any] = Field(default_factory=dict)
