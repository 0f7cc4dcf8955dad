"""Refusals of the memory app."""

from apps.core.exceptions import Conflict, DomainError, NotFound


class MemoryNotFound(NotFound):
    code = "memory_not_found"


class MemoryErased(DomainError):
    """The memory was there and was deleted for good."""

    code = "memory_erased"


class MemoryClosed(DomainError):
    """The memory may be read, and belongs to a module that lets nobody else change it."""

    code = "memory_closed"


class GrantNotFound(NotFound):
    code = "grant_not_found"


class EntityNotFound(NotFound):
    code = "entity_not_found"


class AliasConflict(Conflict):
    """The names cannot be merged, or parted, as they stand."""

    code = "alias_conflict"


class ReviewNotFound(NotFound):
    code = "review_not_found"


class ReviewConflict(Conflict):
    """The pair was decided already, has changed since, or nothing was decided that could be taken back."""

    code = "review_conflict"


class RerankerMissing(DomainError):
    """The operator has named no `MEMORY_RERANK_URL`."""

    code = "reranker_missing"


class ModelUnknown(DomainError):
    """This installation has no embedding model of that name, or no more."""

    code = "model_unknown"


class EmbedderUnavailable(DomainError):
    """The embedding model is behind HTTP and does not answer."""

    code = "embedder_unavailable"


class EpochNotFound(NotFound):
    code = "epoch_not_found"


class EpochConflict(Conflict):
    """What was asked of an index epoch cannot be done in its state, or in that of the others."""

    code = "epoch_conflict"


class OperationNotFound(NotFound):
    code = "operation_not_found"


class FileNotFound(NotFound):
    code = "file_not_found"


class ExportNotFound(NotFound):
    code = "export_not_found"


class ExportNotReady(Conflict):
    """The archive is still being written, or could not be."""

    code = "export_not_ready"


class TooManyExports(Conflict):
    """One is being written already, or as many are kept as may be."""

    code = "too_many_exports"


class DownloadNotFound(NotFound):
    """The link is not ours, its minute is over, or whoever made it may not have any more what it leads to."""

    code = "download_not_found"


class ImportNotFound(NotFound):
    code = "import_not_found"


class ImportRunning(Conflict):
    """Another archive is on its way in."""

    code = "import_running"


class ImportConflict(Conflict):
    """What an archive holds is something else here; reported at its line, the others go on."""

    code = "import_conflict"


class ArchiveInvalid(DomainError):
    """The archive is none, is damaged, or costs more than it may."""

    code = "archive_invalid"


class FileInUse(Conflict):
    """A file that is still to be read."""

    code = "file_in_use"


class UnknownDomain(DomainError):
    code = "unknown_domain"


class ContextLimitReached(DomainError):
    """The operator's `KSE_MAX_CONTEXTS` is reached."""

    code = "context_limit_reached"


class ExternalIdConflict(Conflict):
    """The external id belongs to a memory with other content."""

    code = "external_id_conflict"


class ArchiveDamaged(Conflict):
    """What the archive holds of a memory is not what was put there; it stays as it is."""

    code = "archive_damaged"


class NotArchivable(Conflict):
    """A memory that cannot be archived as it is; reported with its id, the others go on."""

    code = "not_archivable"


class LegalHoldInForce(Conflict):
    """A memory that somebody has ordered to keep."""

    code = "legal_hold"


class TooManyHolds(Conflict):
    """As many legal holds are in force as may be."""

    code = "too_many_holds"


class LegalHoldNotFound(NotFound):
    code = "legal_hold_not_found"


class ErasureNotFound(NotFound):
    code = "erasure_not_found"


class SupersessionConflict(Conflict):
    """A memory would replace itself."""

    code = "supersession_conflict"


class OperationFinished(Conflict):
    code = "operation_finished"


class OperationRunning(Conflict):
    """What the caller waited for takes longer."""

    code = "operation_running"


class ItemInvalid(DomainError):
    """An item of a batch that cannot be stored; reported at its index, the others go on."""

    code = "item_invalid"


class MetadataTooLarge(DomainError):
    """A memory whose metadata would outgrow their limit; reported with its id, the others go on."""

    code = "metadata_too_large"


class TooManyItems(DomainError):
    code = "too_many_items"
