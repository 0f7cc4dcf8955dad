"""Making and changing the memory context of an organisation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import Organization
from apps.memory.adapters.embedders import DEFAULT_MODEL, embedder_named
from apps.memory.adapters.vectors import centres
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.exceptions import ContextLimitReached, UnknownDomain
from apps.memory.models import EmbeddingEpoch, MemoryContext
from apps.memory.selectors.contexts import concept_space
from apps.memory.services.changes import change_begin
from apps.memory.services.telling import memory_tell
from apps.memory.services.vectors import others_refill, places_write


def context_create(*, organization_id: UUID, memory_domain: str | None, now: datetime, **_: Any) -> None:
    """Create the context of a new organisation, inside its scope; `memory_domain` None means the configured default.

    Raises `UnknownDomain`, or `ContextLimitReached` when the operator's limit is reached.
    """
    domain = _domain_check(memory_domain or settings.KSE_DEFAULT_DOMAIN)
    if settings.KSE_MAX_CONTEXTS and Organization.objects.count() > settings.KSE_MAX_CONTEXTS:
        raise ContextLimitReached("This installation holds as many organisations as it may.")
    MemoryContext.objects.create(
        name=f"org_{organization_id}_context", domain=domain, epoch=_first_epoch(now=now), created_at=now
    )


def _first_epoch(*, now: datetime) -> EmbeddingEpoch:
    """Return the epoch of the default model: a context that went missing finds what it had."""
    known = EmbeddingEpoch.objects.filter(model=DEFAULT_MODEL).exclude(state=EmbeddingEpoch.State.DROPPED).first()
    if known is not None:
        return known
    embedder = embedder_named(DEFAULT_MODEL)
    return EmbeddingEpoch.objects.create(
        model=embedder.name,
        dimension=embedder.dimension,
        zero=embedder.scale.zero,
        unit=embedder.scale.unit,
        # There is nothing to fill it with.
        state=EmbeddingEpoch.State.READY,
        created_at=now,
        ready_at=now,
        activated_at=now,
    )


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
    # What no model has read yet has no place, which is the middle of every dimension.
    for ids, means in centres(context.epoch_id):
        places_write(list(zip(ids, space.project(means), strict=True)), epoch_id=context.epoch_id, change=change)
    others_refill(change)
    return context


def _domain_check(domain: str) -> str:
    if domain not in DOMAIN_DIMENSIONS:
        raise UnknownDomain(f"Choose one of {', '.join(sorted(DOMAIN_DIMENSIONS))}.")
    return domain
