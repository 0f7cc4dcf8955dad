"""How the refusals of the memory are answered."""

from apps.core.api.errors import Problem, register_problems
from apps.memory.exceptions import (
    AliasConflict,
    ContextLimitReached,
    EntityNotFound,
    ErasureNotFound,
    ExternalIdConflict,
    FileInUse,
    FileNotFound,
    ItemInvalid,
    LegalHoldInForce,
    LegalHoldNotFound,
    MemoryErased,
    MemoryNotFound,
    MetadataTooLarge,
    OperationFinished,
    OperationNotFound,
    OperationRunning,
    RerankerMissing,
    ReviewConflict,
    ReviewNotFound,
    SupersessionConflict,
    TooManyItems,
    UnknownDomain,
)

register_problems(
    {
        MemoryNotFound: Problem(404, "There is no such memory"),
        MemoryErased: Problem(410, "The memory was deleted for good"),
        LegalHoldInForce: Problem(409, "The memory must be kept"),
        LegalHoldNotFound: Problem(404, "There is no such legal hold"),
        ErasureNotFound: Problem(404, "There is no such erasure"),
        SupersessionConflict: Problem(409, "A memory cannot replace itself"),
        EntityNotFound: Problem(404, "There is no such entity"),
        AliasConflict: Problem(409, "The names cannot be merged or parted"),
        OperationNotFound: Problem(404, "There is no such operation"),
        FileNotFound: Problem(404, "There is no such file"),
        FileInUse: Problem(409, "The file is being read"),
        ReviewNotFound: Problem(404, "There is no such pair to review"),
        ReviewConflict: Problem(409, "The pair is not as it was"),
        RerankerMissing: Problem(400, "No reranker is configured here"),
        UnknownDomain: Problem(400, "The memory domain is not known"),
        ContextLimitReached: Problem(503, "No further memory context can be made here"),
        ExternalIdConflict: Problem(409, "The external id belongs to another content"),
        OperationFinished: Problem(409, "The operation has ended"),
        OperationRunning: Problem(409, "The operation is not complete yet"),
        TooManyItems: Problem(413, "These are too many items at once"),
        ItemInvalid: Problem(400, "The item cannot be stored"),
        MetadataTooLarge: Problem(400, "The metadata would be too large"),
    }
)
