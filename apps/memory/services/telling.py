"""Events of the memory: what happened to which memory, never what it says."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.tenancy.scope import current_scope
from apps.events.services.outbox import emit, emit_all
from apps.events.types import Actor
from apps.memory.models import Memory, Operation, Review


def memories_tell(name: str, memories: Iterable[Memory], *, now: datetime, **more: Any) -> None:
    """Tell of something that happened to each of these memories, in the transaction in which it does."""
    emit_all(
        name,
        [
            (one.id, {"memory_type": one.memory_type, "module": one.module, "revision": one.revision, **more})
            for one in memories
        ],
        organization_id=_organization_id(),
        actor=Actor.present(),
        subject_kind="memory",
        now=now,
    )


def memories_archived_tell(memories: Iterable[tuple[Memory, int]], *, now: datetime) -> None:
    """Tell that these memories are archived, and for how many bytes each counted before."""
    emit_all(
        "memory.archived",
        [
            (
                one.id,
                {
                    "memory_type": one.memory_type,
                    "module": one.module,
                    "revision": one.revision,
                    "size_before": before,
                    "size_after": one.size_bytes,
                },
            )
            for one, before in memories
        ],
        organization_id=_organization_id(),
        actor=Actor.present(),
        subject_kind="memory",
        now=now,
    )


def memories_erased_tell(memories: Iterable[Memory], *, now: datetime) -> None:
    """Tell that these memories are gone for good."""
    emit_all(
        "memory.erased",
        [(one.id, {"memory_type": one.memory_type, "module": one.module}) for one in memories],
        organization_id=_organization_id(),
        actor=Actor.present(),
        subject_kind="memory",
        now=now,
    )


def reviews_tell(name: str, reviews: Iterable[Review], *, now: datetime, **more: Any) -> None:
    """Tell of something that happened to each of these pairs."""
    emit_all(
        name,
        [
            (one.id, {"kind": one.kind, "older": str(one.older_id), "newer": str(one.newer_id), **more})
            for one in reviews
        ],
        organization_id=_organization_id(),
        actor=Actor.present(),
        subject_kind="review",
        now=now,
    )


def operation_tell(name: str, operation: Operation, *, now: datetime, **more: Any) -> None:
    memory_tell(name, ("operation", operation.id), now=now, kind="ingestion", total=operation.total, **more)


def memory_tell(name: str, subject: tuple[str, UUID | str], *, now: datetime, **data: Any) -> None:
    """Tell of something that happened to the memory as a whole."""
    emit(name, organization_id=_organization_id(), actor=Actor.present(), subject=subject, now=now, **data)


def _organization_id() -> UUID:
    found = current_scope().organization_id
    if found is None:
        raise RuntimeError("the memory of no organisation is at work here")
    return found
