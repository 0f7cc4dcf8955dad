"""Making and changing the memory context of an organisation."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Avg

from apps.accounts.models import Organization
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.exceptions import ContextLimitReached, UnknownDomain
from apps.memory.models import Chunk, Memory, MemoryContext
from apps.memory.selectors.contexts import concept_space
from apps.memory.services.changes import change_begin
from apps.memory.services.telling import memory_tell

_RECOMPUTE_BATCH = 500


def context_create(*, organization_id: UUID, memory_domain: str | None, now: datetime, **_: Any) -> None:
    """Create the context of a new organisation, inside its scope; `memory_domain` None means the configured default.

    Raises `UnknownDomain`, or `ContextLimitReached` when the operator's limit is reached.
    """
    domain = _domain_check(memory_domain or settings.KSE_DEFAULT_DOMAIN)
    if settings.KSE_MAX_CONTEXTS and Organization.objects.count() > settings.KSE_MAX_CONTEXTS:
        raise ContextLimitReached("This installation holds as many organisations as it may.")
    MemoryContext.objects.create(name=f"org_{organization_id}_context", domain=domain, created_at=now)


def context_ensure(*, organization_id: UUID, memory_domain: str | None, now: datetime) -> bool:
    """Create the context if it is missing; return whether it was."""
    if MemoryContext.objects.exists():
        return False
    context_create(organization_id=organization_id, memory_domain=memory_domain, now=now)
    return True


@transaction.atomic
def context_update(
    *, domain: str | None = None, dimensions: Sequence[dict[str, str]] | None = None, now: datetime
) -> MemoryContext:
    """Change the domain or the dimensions, and place every memory in the new space.

    `dimensions` [] returns to the dimensions of the domain. Raises `UnknownDomain`.
    """
    change = change_begin(now=now)
    context = change.context
    if domain is not None:
        context.domain = _domain_check(domain)
        context.custom_dimensions = []
    if dimensions is not None:
        context.custom_dimensions = list(dimensions)
    context.save(update_fields=["domain", "custom_dimensions"])
    named = {"domain": domain, "dimensions": dimensions}
    changed = sorted(name for name, value in named.items() if value is not None)
    memory_tell("memory_context.updated", ("memory_context", context.name), now=now, changed=changed)
    space = concept_space(context)
    # What no model has read yet stands in the middle of every dimension.
    unplaced = np.full(len(space.dimensions), 0.5, dtype=np.float32)
    Memory.objects.filter(chunks__embedding=None).update(concepts=unplaced, change=change.change)
    for ids, centres in _centres():
        coordinates = space.project(centres)
        rows = [
            Memory(id=memory_id, concepts=row, change=change.change)
            for memory_id, row in zip(ids, coordinates, strict=True)
        ]
        Memory.objects.bulk_update(rows, ["concepts", "change"])
    return context


def _centres() -> Iterator[tuple[list[UUID], np.ndarray[Any, np.dtype[np.float32]]]]:
    """Yield the ids of memories and the unit means of their passages' vectors, (n, d), batch by batch."""
    last = UUID(int=0)
    while True:
        rows = list(
            Chunk.objects.filter(memory_id__gt=last)
            .exclude(embedding=None)
            .values("memory_id")
            .annotate(centre=Avg("embedding"))
            .order_by("memory_id")
            .values_list("memory_id", "centre")[:_RECOMPUTE_BATCH]
        )
        if not rows:
            return
        centres = np.array([centre for _, centre in rows], dtype=np.float32)
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
        yield [memory_id for memory_id, _ in rows], centres
        last = rows[-1][0]


def _domain_check(domain: str) -> str:
    if domain not in DOMAIN_DIMENSIONS:
        raise UnknownDomain(f"Choose one of {', '.join(sorted(DOMAIN_DIMENSIONS))}.")
    return domain
