"""What stands in an archive: the lines of its members, each a JSON object, and the manifest that lists the members.

A field that a line has and this version does not know is refused: what is not understood would be lost silently.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import numpy as np
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from apps.memory.adapters.embedders import MAX_DIMENSION
from apps.memory.adapters.sketching import DIMENSION as SKETCH_DIMENSION
from apps.memory.adapters.sketching import NAME as SKETCH_NAME
from apps.memory.adapters.sparse import NAME as SPARSE_NAME
from apps.memory.engine import packing
from apps.memory.engine.duplicates import hash_of
from apps.memory.engine.reading import READING
from apps.memory.types import LONGEST_DAYS, MAX_BATCH_CONTENT, MAX_FILE_BYTES, MAX_METADATA_BYTES

FORMAT = "liftos-memory"
VERSION = 1
MANIFEST = "manifest.json"
CONTEXT = "context.json"
ENTITIES = "entities.jsonl"
RELATIONS = "relations.jsonl"
FILES = "files.jsonl"
REMOVALS = "removals.jsonl"
HOLDS = "holds.jsonl"
RULES = "rules.jsonl"
# So many memories to a member, so that whoever was interrupted goes on with the member in hand.
PART_MEMORIES = 1_000
_NAME = re.compile(
    r"(manifest|context)\.json|(entities|relations|files|removals|holds|rules)\.jsonl|(memories|versions)/[0-9]{6}\.jsonl"
    r"|files/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.ASCII,
)
_TYPE = r"^[a-z][a-z0-9_]{0,49}$"
_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_MOST_NUMBER = 2**53
_MOST_INTEGER = 2**31 - 1
_MOST_PASSAGES = 20_000
_MOST_MENTIONS = 50_000
# The length of a unit vector in float16 is 1 but for the rounding of its numbers.
_LENGTH_TOLERANCE = 0.02


def is_member(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def memories_member(part: int) -> str:
    return f"memories/{part:06}.jsonl"


def versions_member(part: int) -> str:
    return f"versions/{part:06}.jsonl"


def file_member(file_id: UUID) -> str:
    return f"files/{file_id}"


def _bytes_of(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be base64")  # noqa: TRY004 - pydantic makes an error of the line of this, not of others
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None


def _in_bounds(moment: datetime) -> datetime:
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("must lie between the years 1000 and 2999")
    return moment


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_METADATA_BYTES:
        raise ValueError(f"has more than {MAX_METADATA_BYTES} bytes")
    return value


def _text_of(value: bytes) -> str:
    return base64.b64encode(value).decode()


Packed = Annotated[bytes, BeforeValidator(_bytes_of), PlainSerializer(_text_of, when_used="json")]
Moment = Annotated[AwareDatetime, AfterValidator(_in_bounds)]
Json = Annotated[dict[str, Any], AfterValidator(_small)]
Number = Annotated[int, Field(ge=1, le=_MOST_NUMBER)]
Place = Annotated[int, Field(ge=0, le=_MOST_INTEGER)]
Count = Annotated[int, Field(ge=1, le=_MOST_INTEGER)]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Short = Annotated[str, Field(max_length=200)]
Module = Annotated[str, Field(max_length=63)]
TypeName = Annotated[str, Field(pattern=_TYPE)]
Content = Annotated[str, Field(min_length=1, max_length=MAX_BATCH_CONTENT, pattern=r"\S")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Span(_Line):
    """A stretch of a text."""

    start: Place
    end: Place

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("a stretch ends before it begins")
        return self


class PassageLine(Span):
    """A passage: the terms of its words, and what the models made of it, packed as `engine.packing` says."""

    id: UUID
    ordinal: Place
    terms: Packed
    sketch: Packed | None
    sparse: Packed | None
    embedding: Packed | None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ascending(packing.unpack(self.terms, packing.TERMS)[0], "terms")
        if self.sparse is not None:
            _ascending(packing.unpack(self.sparse, packing.SPARSE)[0], "sparse", strictly=False)
        if self.embedding is not None:
            # How many numbers it has to have only the manifest knows.
            _vector_check(self.embedding, min(len(self.embedding) // 2, MAX_DIMENSION), "embedding")
        if self.sketch is not None:
            _vector_check(self.sketch, SKETCH_DIMENSION, "sketch", may_be_zero=True)
        return self


class MentionLine(Span):
    entity: Key
    count: Count
    is_subject: bool


class EvidenceLine(Span):
    source: Key
    target: Key
    kind: Annotated[str, Field(max_length=100)]


class FileName(_Line):
    id: UUID
    sha256: Hash


class _State(_Line):
    content: Content
    metadata: Json
    memory_type: TypeName
    source: Short
    occurred_at: Moment
    occurred_end: Moment | None
    expires_at: Moment | None
    deleted_at: Moment | None
    superseded_by: UUID | None
    superseded_at: Moment | None
    revision: Count

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.occurred_end is not None and self.occurred_end < self.occurred_at:
            raise ValueError("occurred_end lies before occurred_at")
        return self


class MemoryLine(_State):
    """A memory in its present state, with what was found out about its text."""

    id: UUID
    number: Number
    content_hash: Hash
    module: Module
    external_id: Short
    occurred_given: bool
    recorded_at: Moment
    revised_at: Moment
    created_by: UUID | None
    # Since when it lies in the archive there; the line has it in full all the same.
    archived_at: Moment | None = None
    file: FileName | None
    place: Json
    fingerprint: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None
    thread: Annotated[int, Field(ge=0, lt=2**63)]
    reading: Annotated[int, Field(ge=0, le=32_767)]
    understood: bool
    concepts: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(max_length=1_000)]
    times: Packed
    passages: Annotated[list[PassageLine], Field(max_length=_MOST_PASSAGES)]
    mentions: Annotated[list[MentionLine], Field(max_length=_MOST_MENTIONS)]
    evidence: Annotated[list[EvidenceLine], Field(max_length=_MOST_MENTIONS)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if hash_of(self.content) != self.content_hash:
            raise ValueError("content_hash is not that of the content")
        if self.revised_at < self.recorded_at:
            raise ValueError("revised_at lies before recorded_at")
        if [one.ordinal for one in self.passages] != list(range(len(self.passages))):
            raise ValueError("the passages are not numbered from 0")
        spans: Sequence[Span] = [*self.passages, *self.mentions, *self.evidence]
        if any(one.end > len(self.content) for one in spans):
            raise ValueError("a stretch ends beyond the content")
        if len({one.entity for one in self.mentions}) < len(self.mentions):
            raise ValueError("an entity is mentioned twice")
        if len({(one.source, one.target, one.kind) for one in self.evidence}) < len(self.evidence):
            raise ValueError("a relation is stated twice")
        begin, end = packing.unpack(self.times, packing.TIMES)
        if not (np.isfinite(begin).all() and np.isfinite(end).all() and (begin <= end).all()):
            raise ValueError("times are not finite, or end before they begin")
        if self.understood and not all(one.embedding and one.sparse is not None for one in self.passages):
            raise ValueError("a passage that was understood has no vector")
        return self

    @property
    def is_read(self) -> bool:
        """Whether what was found out holds for the present way of reading."""
        return self.reading == READING and bool(self.passages)


class VersionLine(_State):
    """A former state of a memory, from `recorded_at` until `replaced_at`."""

    memory: UUID
    recorded_at: Moment
    replaced_at: Moment
    changed_by: UUID | None
    reason: Annotated[str, Field(max_length=500)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.replaced_at < self.recorded_at:
            raise ValueError("it was replaced before it was recorded")
        return self


class EntityLine(_Line):
    id: UUID
    number: Number
    key: Key
    name: Key
    kind: Annotated[str, Field(max_length=20)]
    type: Annotated[str, Field(max_length=20)]
    alias_of: Key | None
    properties: Json


class RelationLine(_Line):
    source: Key
    target: Key
    kind: Annotated[str, Field(max_length=100)]
    properties: Json


class FileLine(_Line):
    """An original; `content` says whether the archive holds its bytes."""

    id: UUID
    name: Annotated[str, Field(min_length=1, max_length=255)]
    media_type: Annotated[str, Field(max_length=100)]
    size_bytes: Annotated[int, Field(ge=0, le=MAX_FILE_BYTES)]
    sha256: Hash
    module: Module
    created_by: UUID | None
    created_at: Moment
    deleted_at: Moment | None
    content: bool


class RemovalLine(_Line):
    memory: UUID
    number: Number
    removed_at: Moment


class HoldLine(_Line):
    """A legal hold; one that was released is a record."""

    id: UUID
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    reason: Annotated[str, Field(max_length=500)]
    filters: Json
    created_by: UUID | None
    created_at: Moment
    released_by: UUID | None
    released_at: Moment | None


class RuleLine(_Line):
    """A rule for what is deleted (`action`), or for what is archived (none); an empty type is all others."""

    kind: Literal["retention", "archive"]
    memory_type: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,49})?$")]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    action: Literal["trash", "erase"] | None
    active: bool
    changed_by: UUID | None
    changed_at: Moment

    @model_validator(mode="after")
    def _says_what_becomes(self) -> Self:
        if (self.kind == "retention") != (self.action is not None):
            raise ValueError("a rule for retention has an action, and no other one has")
        return self


class DimensionLine(_Line):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(min_length=1, max_length=2_000)]


class CalibrationLine(_Line):
    """Where texts stand on a dimension: `logistic(slope * (vector . axis - midpoint))`."""

    dimension: str
    axis: Packed
    midpoint: float
    slope: float


class ContextLine(_Line):
    domain: Annotated[str, Field(max_length=50)]
    custom_dimensions: Annotated[list[DimensionLine], Field(max_length=50)]
    dimensions: Annotated[list[DimensionLine], Field(max_length=1_000)]
    calibration: Annotated[list[CalibrationLine], Field(max_length=1_000)]


class Member(_Line):
    name: str
    sha256: Hash
    size_bytes: Annotated[int, Field(ge=0)]
    # Of JSON lines; null for originals.
    lines: Annotated[int, Field(ge=0)] | None


class VectorForm(_Line):
    model: str
    dtype: str
    shape: list[int] | None


class Manifest(_Line):
    format: str
    version: int
    exported_at: Moment
    # None for the whole memory, else the conditions in words of the API.
    conditions: dict[str, Any] | None
    include_versions: bool
    include_files: bool
    reading: int
    vectors: dict[str, VectorForm]
    counts: dict[str, int]
    last_number: Annotated[int, Field(ge=0, le=_MOST_NUMBER)]
    last_entity: Annotated[int, Field(ge=0, le=_MOST_NUMBER)]
    # Memories that it should hold and does not: they could not be read. Readers of earlier versions know no such field.
    damaged: Annotated[list[UUID], Field(default_factory=list, exclude_if=lambda ids: not ids)]
    members: list[Member]

    def is_read(self, model: str, dimension: int) -> bool:
        """Whether texts were read there as they are here, where this model makes the vectors: so and by such models."""
        return self.reading == READING and self.vectors == vectors_of(model, dimension)


def vectors_of(model: str, dimension: int) -> dict[str, VectorForm]:
    """Return what is told of the vectors of an archive whose embeddings are this model's."""
    return {
        "embedding": VectorForm(model=model, dtype="<f2", shape=[dimension]),
        "sketch": VectorForm(model=SKETCH_NAME, dtype="<f2", shape=[SKETCH_DIMENSION]),
        "sparse": VectorForm(model=SPARSE_NAME, dtype="<u2 keys, then u1 weights", shape=None),
    }


def _ascending(keys: "np.ndarray[Any, Any]", what: str, *, strictly: bool = True) -> None:
    if strictly and not (keys[:-1] < keys[1:]).all():
        raise ValueError(f"{what} are not in order")
    if not strictly and len(np.unique(keys)) < len(keys):
        raise ValueError(f"{what} occur twice")


def _vector_check(packed: bytes, dimension: int, what: str, *, may_be_zero: bool = False) -> None:
    if len(packed) != 2 * dimension:
        raise ValueError(f"{what} has not {dimension} numbers")
    length = float(np.linalg.norm(np.frombuffer(packed, dtype="<f2").astype(np.float32)))
    # Of a vector with NaN or infinity every comparison fails.
    if not (abs(length - 1) < _LENGTH_TOLERANCE or (may_be_zero and length == 0)):
        raise ValueError(f"{what} is no vector of length 1")
