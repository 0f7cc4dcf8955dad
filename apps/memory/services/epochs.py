"""Index epochs: another model reads the whole memory in the background, and one pointer makes it the one that answers.

The rows themselves say what is left to do, so it does not matter where a worker was killed. What is stored and edited
meanwhile is read by the model that answers, within the call, and by the others a moment later. The epoch that was left
is kept current likewise, so that the way back takes no longer, until it is dropped.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models.functions import Mod
from django.utils import timezone

from apps.core.services import enqueue
from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.vectors import Floats, known_vectors
from apps.memory.engine.reading import place
from apps.memory.exceptions import EpochConflict
from apps.memory.models import Chunk, EmbeddingEpoch, Memory, MemoryContext
from apps.memory.selectors.contexts import context_get, space_by
from apps.memory.selectors.epochs import epoch_get, epoch_missing, epochs_kept, former_epoch
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.insights import LANDSCAPE_JOB
from apps.memory.services.telling import memory_tell
from apps.memory.services.understanding import alone_at, inputs_of, passages_of
from apps.memory.services.vectors import (
    FILL_SHARES,
    FOLLOWING,
    filling_start,
    places_drop,
    places_write,
    vectors_drop,
    vectors_write,
)

DROP_EPOCH = "memory.drop_epoch"
# The epochs that an organisation keeps at most: each is as large as all its vectors.
MAX_EPOCHS = 3
_BATCH = 64
# A switch waits for what was written a moment ago to be read. So much of it is read while the other writers wait.
_LAST_PASSAGES = 8
_CATCH_UP = timedelta(seconds=5)
_State = EmbeddingEpoch.State

# What a model made of some memories: by their ids and revisions the ids of their passages, with the vectors of these.
_Read = Mapping[tuple[UUID, int], tuple[Sequence[UUID], Floats]]


def epoch_start(*, model: str, user_id: UUID | None, now: datetime) -> EmbeddingEpoch:
    """Have another model read the whole memory; one that was given up goes on.

    Raises `ModelUnknown`, `EmbedderUnavailable` if its server does not answer, or `EpochConflict` if the model has an
    epoch already, or there are as many as may be.
    """
    embedder = embedder_named(model)
    # Slow for a model behind HTTP, so before any row is locked; and who cannot do this cannot fill an epoch.
    scale = embedder.scale
    space_by(context_get(), model)
    with transaction.atomic():
        change_begin(now=now)
        epoch = epochs_kept().filter(model=model).first()
        if epoch is not None and epoch.state != _State.FAILED:
            raise EpochConflict("The model has an index epoch already.")
        if epoch is None:
            if epochs_kept().count() >= MAX_EPOCHS:
                raise EpochConflict(f"There are {MAX_EPOCHS} index epochs; drop one that is not needed any more.")
            epoch = EmbeddingEpoch(model=model, created_by=user_id, created_at=now)
        elif epoch.dimension != embedder.dimension:
            raise EpochConflict("The model has another dimension by now; drop its index epoch first.")
        epoch.state, epoch.ended_at = _State.FILLING, None
        epoch.dimension, epoch.zero, epoch.unit = embedder.dimension, scale.zero, scale.unit
        epoch.save()
        _tell("epoch.started", epoch, now=now)
        filling_start(epoch.id)
    return epoch


def epoch_fill(
    *,
    epoch_id: UUID,
    share: int,
    on_batch: Callable[[int], object] = lambda _: None,
    budget: timedelta | None = None,
) -> bool:
    """Have the model of an epoch read one share of what it has not; `on_batch` is called with how many memories it did.

    Returns False if the time budget ran out first. If another worker is at the same share, it goes on in our place.
    Raises `EmbedderUnavailable`.
    """
    began = monotonic()
    while _left(epoch_id, share):
        with alone_at(f"{epoch_id} {share}") as alone:
            if not alone:
                # It looks once more for work after it has given up its turn, so ours is not forgotten.
                return True
            while done := _fill_some(_left(epoch_id, share), epoch_id):
                on_batch(done)
                if budget is not None and monotonic() - began > budget.total_seconds():
                    return False
    _ready_if_full(epoch_id, now=timezone.now())
    return True


def epoch_fail(*, epoch_id: UUID, now: datetime) -> None:
    """Note that the model of an epoch could not be had. One that answers goes on answering from what it has."""
    with transaction.atomic():
        change = change_begin(now=now)
        epoch = epoch_get(epoch_id=epoch_id)
        if epoch.state in FOLLOWING and epoch.id != change.context.epoch_id:
            epoch.state, epoch.ended_at = _State.FAILED, now
            epoch.save(update_fields=["state", "ended_at"])
            _tell("epoch.failed", epoch, now=now)


def epoch_switch(*, organization_id: UUID, epoch_id: UUID, now: datetime) -> EmbeddingEpoch:
    """Make an epoch the one that answers; the one before it is kept current, for the way back.

    What was written a moment ago is read first. Raises `EpochNotFound`, `EpochConflict` if it is not filled, or if more
    is written than its model can read, and `EmbedderUnavailable`.
    """
    until = monotonic() + _CATCH_UP.total_seconds()
    while True:
        epoch = epoch_get(epoch_id=epoch_id)
        if epoch.id == context_get().epoch_id:
            return epoch
        if epoch.state != _State.READY:
            raise EpochConflict("The index epoch is not ready to answer.")
        while (behind := _behind(epoch_id)) and _passages(behind) > _LAST_PASSAGES and monotonic() < until:
            _fill_some(behind[:_BATCH], epoch_id)
        if _switched(organization_id, epoch_id, now=now):
            return epoch_get(epoch_id=epoch_id)
        if monotonic() > until:
            raise EpochConflict("More is written than the model can read; try again in a moment.")


def epoch_rollback(*, organization_id: UUID, now: datetime) -> EmbeddingEpoch:
    """Switch to the epoch that answered before. Raises `EpochConflict` if there is none, and as a switch does."""
    former = former_epoch(context_get())
    if former is None:
        raise EpochConflict("There is no former index epoch to return to.")
    return epoch_switch(organization_id=organization_id, epoch_id=former.id, now=now)


@transaction.atomic
def epoch_drop(*, organization_id: UUID, epoch_id: UUID, now: datetime) -> None:
    """Give up an epoch; a job deletes its vectors.

    Raises `EpochNotFound`, or `EpochConflict` for the one that answers.
    """
    change = change_begin(now=now)
    epoch = epoch_get(epoch_id=epoch_id)
    if epoch.id == change.context.epoch_id:
        raise EpochConflict("The index epoch answers; switch to another one first.")
    if epoch.state == _State.DROPPED:
        return
    epoch.state, epoch.ended_at = _State.DROPPED, now
    epoch.save(update_fields=["state", "ended_at"])
    _tell("epoch.dropped", epoch, now=now)
    enqueue(DROP_EPOCH, organization_id=organization_id, epoch_id=str(epoch_id), now=now)


def epoch_clear(*, epoch_id: UUID, on_batch: Callable[[], object] = lambda: None) -> None:
    """Delete the vectors of an epoch that was dropped."""
    if epoch_get(epoch_id=epoch_id).state == _State.DROPPED:
        places_drop(epoch_id)
        last: int | None = 0
        while last is not None:
            last = vectors_drop(epoch_id, after=last)
            on_batch()


def _left(epoch_id: UUID, share: int) -> Sequence[Memory]:
    """Return some of what is left of a share; nothing of an epoch that is no longer filled."""
    context = context_get()
    if not EmbeddingEpoch.objects.filter(id=epoch_id, state__in=FOLLOWING).exclude(id=context.epoch_id).exists():
        return []
    rows = epoch_missing(epoch_id, context=context).annotate(share=Mod("number", FILL_SHARES))
    return list(rows.filter(share=share).order_by("number")[:_BATCH])


def _behind(epoch_id: UUID) -> list[Memory]:
    """Return what an epoch that was filled is behind with; of very much only some."""
    return list(epoch_missing(epoch_id, context=context_get())[: 2 * _BATCH])


def _passages(memories: Sequence[Memory]) -> int:
    return Chunk.objects.filter(memory__in=memories).count()


def _fill_some(seen: Sequence[Memory], epoch_id: UUID) -> int:
    """Have the model of an epoch read these memories; return how many they were."""
    if not seen:
        return 0
    read = _read(seen, epoch_id)
    with transaction.atomic():
        _keep(read, epoch_id, change_begin(now=timezone.now()))
    return len(seen)


def _read(memories: Sequence[Memory], epoch_id: UUID) -> _Read:
    """Have the model of an epoch read memories: what it has read already, before the dimensions changed, it keeps."""
    embedder = embedder_named(epoch_get(epoch_id=epoch_id).model)
    passages = passages_of(memories)
    ids = [row.id for rows in passages.values() for row in rows]
    known = known_vectors(epoch_id, ids)
    wanted = {
        row.id: text
        for memory in memories
        for row, text in zip(passages[memory.id], inputs_of(memory, passages[memory.id]), strict=True)
        if row.id not in known
    }
    made = dict(zip(wanted, embedder.embed(list(wanted.values())), strict=True))
    vectors = known | made
    return {
        (memory.id, memory.revision): (
            [row.id for row in passages[memory.id]],
            np.array([vectors[row.id] for row in passages[memory.id]], dtype=np.float32),
        )
        for memory in memories
        # Every memory has a passage, unless it went while we looked.
        if passages[memory.id]
    }


def _keep(read: _Read, epoch_id: UUID, change: Change) -> None:
    """Write what was read, of memories that are as they were; only within a change."""
    epoch = EmbeddingEpoch.objects.get(id=epoch_id)
    if epoch.state not in FOLLOWING or epoch_id == change.context.epoch_id:
        return
    ids = [memory_id for memory_id, _ in read]
    states = set(Memory.objects.filter(id__in=ids).values_list("id", "revision"))
    present = set(Chunk.objects.filter(memory__in=ids).values_list("id", flat=True))
    space = space_by(change.context, epoch.model)
    kept = {
        memory_id: found
        for (memory_id, revision), found in read.items()
        if (memory_id, revision) in states and present.issuperset(found[0])
    }
    vectors_write(kept.values(), epoch_id=epoch_id)
    places = [(memory_id, place(vectors, space)) for memory_id, (_, vectors) in kept.items()]
    places_write(places, epoch_id=epoch_id, change=change)


def _ready_if_full(epoch_id: UUID, *, now: datetime) -> None:
    if not EmbeddingEpoch.objects.filter(id=epoch_id, state=_State.FILLING).exists():
        return
    with transaction.atomic():
        change = change_begin(now=now)
        epoch = epoch_get(epoch_id=epoch_id)
        # Where much is written something is always missing; a switch reads what came a moment ago.
        missing = list(epoch_missing(epoch_id, context=change.context)[: _LAST_PASSAGES + 1])
        if epoch.state == _State.FILLING and _passages(missing) <= _LAST_PASSAGES:
            epoch.state, epoch.ready_at = _State.READY, now
            epoch.save(update_fields=["state", "ready_at"])
            _tell("epoch.ready", epoch, now=now)


@transaction.atomic
def _switched(organization_id: UUID, epoch_id: UUID, *, now: datetime) -> bool:
    """Move the pointer, unless the epoch is behind by more than can be read while others wait."""
    change = change_begin(now=now)
    former, epoch = change.context.epoch, epoch_get(epoch_id=epoch_id)
    if epoch.id == former.id:
        return True
    missing = list(epoch_missing(epoch_id, context=change.context)[: _LAST_PASSAGES + 1])
    if epoch.state != _State.READY or _passages(missing) > _LAST_PASSAGES:
        transaction.set_rollback(True)
        return False
    if missing:
        _keep(_read(missing, epoch_id), epoch_id, change)
    MemoryContext.objects.update(epoch=epoch)
    epoch.activated_at, epoch.left_at = now, None
    epoch.save(update_fields=["activated_at", "left_at"])
    former.left_at = now
    former.save(update_fields=["left_at"])
    _tell("epoch.switched", epoch, now=now, former=str(former.id))
    # Topics and map are made of the vectors, too.
    enqueue(LANDSCAPE_JOB, organization_id=organization_id, now=now)
    return True


def _tell(name: str, epoch: EmbeddingEpoch, *, now: datetime, **more: object) -> None:
    memory_tell(name, ("epoch", epoch.id), now=now, model=epoch.model, **more)
