"""The memory context and its conceptual space."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS, ConceptSpace, Dimension
from apps.memory.engine.reader import Reader
from apps.memory.models import MemoryContext
from apps.memory.selectors.readers import entities_named, readable


def context_get() -> MemoryContext:
    """Return the context of the active organisation."""
    return MemoryContext.objects.get()


def dimensions_of(context: MemoryContext) -> tuple[Dimension, ...]:
    if context.custom_dimensions:
        return tuple(Dimension.from_description(row["name"], row["description"]) for row in context.custom_dimensions)
    return DOMAIN_DIMENSIONS[context.domain]


def concept_space(context: MemoryContext) -> ConceptSpace:
    """Return the fitted space of a context; each process fits a set of dimensions once."""
    return _fit(dimensions_of(context))


@lru_cache(maxsize=64)
def _fit(dimensions: tuple[Dimension, ...]) -> ConceptSpace:
    return ConceptSpace.build(dimensions, default_embedder())


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
