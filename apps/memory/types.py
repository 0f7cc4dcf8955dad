"""Values that pass between the memory's layers, and the limits of what it takes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from apps.memory.engine.explain import Why
from apps.memory.engine.filters import And, Filter
from apps.memory.engine.fusion import FusedHit
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.engine.types import SearchType

if TYPE_CHECKING:
    from apps.memory.models import Memory, MemoryState

# Characters. A single store is answered while the caller waits; batches run in the background and may be longer.
MAX_CONTENT = 50_000
MAX_BATCH_CONTENT = 200_000
MAX_BATCH_ITEMS = 1_000
# One file, in bytes: sent over the API, and brought in by an operator on the machine.
MAX_UPLOAD_BYTES = 32 * 1024 * 1024
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FILE_ROWS = 100_000
# An archive of a whole memory, sent over the API. An operator's may be larger.
MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024
MAX_METADATA_BYTES = 16_384
# Memories of one bulk action: named one by one, and found by conditions. All of them change at once.
MAX_BULK_IDS = 1_000
MAX_BULK_ROWS = 10_000
MAX_QUERY = 2_000
DEFAULT_TYPE = "general"
# How long a memory in the trash can be restored.
TRASH_LIFETIME = timedelta(days=30)
# How long an export is kept, and how many of them at once.
EXPORT_LIFETIME = timedelta(days=7)
MAX_EXPORTS = 10
# Rules of one kind, each for a type; and the most days that one can name.
MAX_RULES = 50
LONGEST_DAYS = 36_500
# Legal holds in force; each is a condition of every deletion.
MAX_HOLDS = 1_000
# An export names so many of the memories that it could not read; its archive names all.
MAX_DAMAGED_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """What reading one file may cost the process that does it, and how much may come out."""

    file_bytes: int = MAX_FILE_BYTES
    # Address space, libraries included.
    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 120
    # By the clock on the wall. Above the former, because others use the processor too.
    seconds: int = 300
    # Of a pdf.
    pages: int = 3_000
    # Of a docx or xlsx, which are archives.
    archive_entries: int = 10_000
    unpacked_bytes: int = 256 * 1024 * 1024
    # Unpacked over packed; small archives may be as dense as they like.
    unpacked_ratio: int = 100
    ratio_free_bytes: int = 16 * 1024 * 1024
    # A line of jsonl, a field of csv.
    line_characters: int = 2_000_000
    # All text of a document, and that of one row.
    text_characters: int = 20_000_000
    content_characters: int = MAX_BATCH_CONTENT
    rows: int = MAX_FILE_ROWS
    # What the process may say, in all and in one line.
    output_bytes: int = 512 * 1024 * 1024
    output_line_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive that is imported may cost. In memory at once are some lines, and the list of entries."""

    archive_bytes: int = MAX_ARCHIVE_BYTES
    entries: int = 100_000
    # The list of entries within the zip.
    directory_bytes: int = 16 * 1024 * 1024
    manifest_bytes: int = 32 * 1024 * 1024
    unpacked_bytes: int = 64 * 1024**3
    # Unpacked over packed; small archives may be as dense as they like.
    unpacked_ratio: int = 100
    ratio_free_bytes: int = 64 * 1024 * 1024
    line_bytes: int = 32 * 1024 * 1024
    # Of one member, and of the former revisions of a thousand memories.
    lines: int = 10_000_000
    part_versions: int = 100_000
    # Those that were released included.
    holds: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreItem:
    """A text to remember. `occurred_at` None means now; `occurred_end` is not before it."""

    content: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    memory_type: str = DEFAULT_TYPE
    occurred_at: datetime | None = None
    occurred_end: datetime | None = None
    expires_at: datetime | None = None
    source: str = ""
    external_id: str = ""
    # The module that stores it; empty for people.
    module: str = ""
    # The kept file that it was read from, and where it stands there: see `engine.places`.
    file_id: UUID | None = None
    place: Mapping[str, Any] = field(default_factory=dict)


class MemoryFields(TypedDict, total=False):
    """What an edit sets; a field that is left out stays as it is."""

    content: str
    metadata: Mapping[str, Any]
    memory_type: str
    source: str
    occurred_at: datetime
    occurred_end: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier memory that says nearly the same; `similarity` is 1 if it is the same text, else at least 0.8."""

    memory_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class StoreResult:
    """`created` is False when the same external id and content were stored before."""

    memory_id: UUID
    created: bool
    duplicate_of: Duplicate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The moments that a reading is about, on two clocks; None is the present.

    `recorded` is when it was known: what was stored, edited or deleted after it does not count. `valid` is when it
    held: what happened by then and had neither expired nor been replaced.
    """

    valid: datetime | None = None
    recorded: datetime | None = None


PRESENT = AsOf()


class Shelf(StrEnum):
    """Where a memory is to be found; `live` is what searches read."""

    LIVE = "live"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ARCHIVED = "archived"
    TRASH = "trash"


class RevisionAction(StrEnum):
    """What made a revision, or an end of it."""

    STORED = "stored"
    EDITED = "edited"
    TRASHED = "trashed"
    RESTORED = "restored"
    SUPERSEDED = "superseded"
    REINSTATED = "reinstated"
    EXPIRED = "expired"
    ERASED = "erased"


class DifferenceKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class ReviewKind(StrEnum):
    """What two memories may be to each other."""

    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"


class ReviewStatus(StrEnum):
    """What has become of a pair; `outdated` where a text was changed or has gone before anybody decided."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    MERGED = "merged"
    OUTDATED = "outdated"


class ReviewDecision(StrEnum):
    """What somebody says of a pair: one holds instead of the other, both may stand, or both become one."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    MERGE = "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryConditions:
    """Which memories a list, its facets or a bulk action are about; `text` is a part of the content, in any case.

    `entity_id` is one that they name, under whatever name; `cluster` a topic of the last insights, by its id;
    `hour_of_week` counts from Monday, 0 o'clock, UTC.
    """

    memory_type: str | None = None
    filter: Filter | None = None
    text: str = ""
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None
    entity_id: UUID | None = None
    cluster: int | None = None
    hour_of_week: int | None = None

    @property
    def empty(self) -> bool:
        """Whether they let every memory through because nothing is asked."""
        return self in {MemoryConditions(), MemoryConditions(filter=And(()))}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOffer:
    """What is to be opened to whom. No types are all of the module's; `filters` is a filter of the API, {} for none."""

    principal_kind: PrincipalKind
    # A module's or role's name, a person's or key's id.
    principal_id: str
    module: str
    rights: Sequence[Right]
    purpose: str
    memory_types: Sequence[str] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


class BulkAction(StrEnum):
    TRASH = "trash"
    RESTORE = "restore"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkFields:
    """What an update sets: a type, and metadata merged as RFC 7396 says, where null removes a key."""

    memory_type: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BulkError:
    """Why a bulk action left out a memory."""

    memory_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """`done` memories were changed, `unchanged` ones were as asked before; the others are in `errors`."""

    done: int
    unchanged: int
    errors: tuple[BulkError, ...]


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """`done` memories were archived or brought back; the sizes are those of their texts that the plan counts.

    By conditions, `left` is how many more satisfy them; what is brought back goes on after the number `next`, if any.
    """

    done: int = 0
    unchanged: int = 0
    left: int = 0
    next: int | None = None
    size_before: int = 0
    size_after: int = 0
    errors: tuple[BulkError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A question to the memory. `weights` overrides those of the search type, channel by channel."""

    text: str
    search_type: SearchType = SearchType.HYBRID
    limit: int = 10
    memory_types: tuple[str, ...] = ()
    filter: Filter | None = None
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None
    as_of: AsOf = PRESENT
    threshold: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    explain: bool = True
    # Channels whose turn would come later than this are left out.
    deadline_ms: int | None = None
    # Look at the stubs of archived memories too, as readings of a moment always do.
    include_archived: bool = False
    # Have the configured reranker judge the best of what is found.
    rerank: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a memory that fits a query best: `content[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A memory with its score taken apart; `explanation` and `why` are None unless the query asks for them."""

    hit: FusedHit
    memory: "Memory | MemoryState"
    passage: Passage | None
    explanation: str | None
    why: Why | None
