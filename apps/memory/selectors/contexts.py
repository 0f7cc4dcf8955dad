"""The memory context and its conceptual space."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.index_store import EpochGone, index_build, index_is_being_built, indexes_built
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS, ConceptSpace, Dimension
from apps.memory.engine.reader import Reader
from apps.memory.models import EmbeddingEpoch, MemoryContext
from apps.memory.selectors.readers import entities_named, readable

# An epoch that goes while it answers is not the context's any more when that is read again.
_TRIES = 5

Answer = TypeVar("Answer")


def context_get() -> MemoryContext:
    """Return the context of the active organisation with the epoch whose vectors answer."""
    return MemoryContext.objects.select_related("epoch").get()


def answered(organization_id: UUID, answer: Callable[[MemoryContext], Answer]) -> Answer:
    """Have a question answered from one epoch, which is the context's, and once more if that goes meanwhile.

    While this process reads the vectors of an epoch that was just switched to, the one before it goes on answering, so
    that nobody waits for that.
    """
    for _ in range(_TRIES):
        try:
            return answer(_context_at_hand(organization_id))
        except EpochGone:
            continue
    return answer(context_get())


def _context_at_hand(organization_id: UUID) -> MemoryContext:
    context = context_get()
    built = indexes_built(organization_id)
    if not built or context.epoch_id in built:
        return context
    former = EmbeddingEpoch.objects.filter(id__in=built, state=EmbeddingEpoch.State.READY).order_by("-left_at").first()
    if former is None:
        return context
    if connection.in_atomic_block:
        # A thread would not see what this transaction does: whoever comes first builds, and only others go on.
        if not index_is_being_built(organization_id, context.epoch_id):
            return context
    else:
        width = len(dimensions_of(context))
        index_build(organization_id=organization_id, epoch=context.epoch, change=context.change, concepts=width)
    context.epoch = former
    return context


def dimensions_of(context: MemoryContext) -> tuple[Dimension, ...]:
    if context.custom_dimensions:
        return tuple(Dimension.from_description(row["name"], row["description"]) for row in context.custom_dimensions)
    return DOMAIN_DIMENSIONS[context.domain]


def concept_space(context: MemoryContext) -> ConceptSpace:
    """Return the space of a context, fitted by the model of its epoch; each process fits a set of dimensions once.

    Raises `ModelUnknown` or `EmbedderUnavailable`, as whatever asks a model does.
    """
    return space_by(context, context.epoch.model)


def space_by(context: MemoryContext, model: str) -> ConceptSpace:
    """Return the space that another model makes of the dimensions of a context. Raises likewise."""
    return _fit(dimensions_of(context), model)


@lru_cache(maxsize=64)
def _fit(dimensions: tuple[Dimension, ...], model: str) -> ConceptSpace:
    return ConceptSpace.build(dimensions, embedder_named(model))


def context_present(context: MemoryContext, reader: Reader, *, now: datetime) -> dict[str, Any]:
    return {
        "memory_context": context.name,
        "domain": context.domain,
        "dimensions": [
            {"name": dimension.name, "description": dimension.description} for dimension in dimensions_of(context)
        ],
        "status": "ready",
        "counts": {
            "memories": readable(reader).live(now).count(),
            "archived": readable(reader).kept(now).exclude(archived_at=None).count(),
            "trash": readable(reader).exclude(deleted_at=None).count(),
            "entities": entities_named(reader).count(),
        },
    }
