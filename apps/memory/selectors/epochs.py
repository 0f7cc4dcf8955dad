"""Index epochs: which there are, how far they are filled, and which one answers."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.memory.adapters.embedders import models_known
from apps.memory.adapters.vectors import memory_places
from apps.memory.exceptions import EpochNotFound
from apps.memory.models import EmbeddingEpoch, Memory, MemoryContext, MemoryQuerySet
from apps.memory.selectors.contexts import context_get

_DROPPED_SHOWN = 10
_States = EmbeddingEpoch.State


def epoch_get(*, epoch_id: UUID) -> EmbeddingEpoch:
    """Return an epoch, be it dropped; raises `EpochNotFound`."""
    epoch = EmbeddingEpoch.objects.filter(id=epoch_id).first()
    if epoch is None:
        raise EpochNotFound("There is no index epoch with this id.")
    return epoch


def epochs_latest() -> list[EmbeddingEpoch]:
    """Return the epochs that are kept and some that were dropped, the latest first."""
    dropped = EmbeddingEpoch.objects.filter(state=_States.DROPPED).order_by("-created_at")[:_DROPPED_SHOWN]
    return sorted([*epochs_kept(), *dropped], key=lambda one: one.created_at, reverse=True)


def epochs_kept() -> QuerySet[EmbeddingEpoch]:
    """Return the epochs that have their vectors still."""
    return EmbeddingEpoch.objects.exclude(state=_States.DROPPED)


def former_epoch(context: MemoryContext) -> EmbeddingEpoch | None:
    """Return the epoch that answered before the present one, if it can answer again."""
    rows = EmbeddingEpoch.objects.filter(state=_States.READY).exclude(id=context.epoch_id).exclude(left_at=None)
    return rows.order_by("-left_at").first()


def epoch_missing(epoch_id: UUID, *, context: MemoryContext) -> MemoryQuerySet:
    """Return the memories that the model of an epoch has to read still, in no order, those in the trash as well.

    They are those that the epoch which answers has, and this one has not.
    """
    read = memory_places(context.epoch_id).filter(memory=OuterRef("id"))
    known = memory_places(epoch_id).filter(memory=OuterRef("id"))
    return Memory.objects.filter(Exists(read), ~Exists(known))


def models_present() -> list[dict[str, Any]]:
    """Return the models that an organisation may choose."""
    return [{"name": one.name, "dimension": one.dimension, "is_remote": one.is_remote} for one in models_known()]


def epoch_present(epoch: EmbeddingEpoch, *, context: MemoryContext | None = None) -> dict[str, Any]:
    """Return an epoch with how far it is filled."""
    context = context or context_get()
    dropped = epoch.state == _States.DROPPED
    return {
        "epoch_id": str(epoch.id),
        "model": epoch.model,
        "dimension": epoch.dimension,
        "status": epoch_status(epoch, context=context),
        "memories": memory_places(context.epoch_id).count(),
        "filled": 0 if dropped else memory_places(epoch.id).count(),
        "created_by": epoch.created_by,
        "created_at": epoch.created_at,
        "ready_at": epoch.ready_at,
        "activated_at": epoch.activated_at,
        "left_at": epoch.left_at,
        "ended_at": epoch.ended_at,
    }


def epoch_status(epoch: EmbeddingEpoch, *, context: MemoryContext) -> str:
    """Return the state in words of the API: `active` is the one that answers, `standby` one that did."""
    if epoch.id == context.epoch_id:
        return "active"
    return "standby" if epoch.state == _States.READY and epoch.left_at is not None else epoch.state
