"""What people decide about pairs of memories, and the way back.

Every decision is made within a change of the memory, so of two people who decide at once the second one is refused.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.exceptions import InvalidInput
from apps.memory.engine.reader import Reader, Right
from apps.memory.exceptions import MetadataTooLarge, ReviewConflict, ReviewNotFound
from apps.memory.models import Memory, MemoryVersion, Review
from apps.memory.selectors.memories import memory_check, memory_get
from apps.memory.services.changes import change_begin
from apps.memory.services.managing import memory_edit, memory_supersede, memory_unsupersede
from apps.memory.services.memories import json_size
from apps.memory.services.telling import reviews_tell
from apps.memory.types import MAX_METADATA_BYTES, ReviewDecision, ReviewKind, ReviewStatus

# Why, in the history of the memories.
_UNDONE = "The decision about it and another memory was taken back."
_DECIDED = (ReviewStatus.ACCEPTED, ReviewStatus.DISMISSED, ReviewStatus.MERGED)


@transaction.atomic
def review_decide(
    *,
    organization_id: UUID,
    review_id: UUID,
    reader: Reader,
    decision: ReviewDecision,
    keep: UUID | None = None,
    reason: str = "",
    user_id: UUID | None,
    now: datetime,
) -> Review:
    """Decide about a pair: both may stand, or `keep` replaces the other.

    Without `keep` that is the newer one of a contradiction, and the older one of duplicates, which also takes over what
    the other's metadata have more. Raises `ReviewNotFound`, `ReviewConflict`, `InvalidInput`, `MetadataTooLarge`,
    `QuotaExceeded` or `SupersessionConflict`, and `MemoryClosed` or `MemoryNotFound` where one is closed to the reader.
    """
    change_begin(now=now)
    review = _locked(review_id, reader)
    _check_open(review, now=now)
    if decision is ReviewDecision.DISMISS:
        if keep is not None:
            raise InvalidInput("Of a dismissed pair both are kept.", pointer="/keep", item_code="contradiction")
        review.status = ReviewStatus.DISMISSED.value
    else:
        kept, replaced = _sides(review, keep)
        if review.kind == ReviewKind.DUPLICATE:
            _merge(
                review, kept, replaced, reader, organization_id=organization_id, reason=reason, user_id=user_id, now=now
            )
            review.status = ReviewStatus.MERGED.value
        elif decision is ReviewDecision.MERGE:
            raise InvalidInput(
                "What contradicts each other cannot be merged.", pointer="/decision", item_code="contradiction"
            )
        else:
            review.status = ReviewStatus.ACCEPTED.value
        other = memory_supersede(memory_id=replaced, reader=reader, by=kept, reason=reason, user_id=user_id, now=now)
        review.kept, review.replaced_to = kept, other.revision
    review.decided_by, review.decided_at, review.reason = user_id, now, reason
    review.save()
    reviews_tell(
        "review.decided", [review], now=now, status=review.status, kept=str(review.kept) if review.kept else None
    )
    return review


@transaction.atomic
def review_undo(
    *, organization_id: UUID, review_id: UUID, reader: Reader, user_id: UUID | None, now: datetime
) -> Review:
    """Take back a decision: what was replaced counts again, and what was kept has its former metadata.

    Raises `ReviewNotFound`, or `ReviewConflict` if nothing was decided or a memory has changed since.
    """
    change_begin(now=now)
    review = _locked(review_id, reader)
    if review.status not in _DECIDED:
        raise ReviewConflict("Nothing was decided about this pair.")
    if review.kept is not None:
        _restore(review, review.kept, reader, organization_id=organization_id, user_id=user_id, now=now)
    status, review.status = review.status, ReviewStatus.OPEN.value
    review.decided_by = review.decided_at = review.kept = None
    review.kept_from = review.kept_to = review.replaced_to = None
    review.reason = ""
    review.save()
    reviews_tell("review.undone", [review], now=now, status=status)
    return review


def _locked(review_id: UUID, reader: Reader) -> Review:
    review = Review.objects.select_for_update().filter(id=review_id).first()
    if review is None:
        raise ReviewNotFound("There is no pair with this id.")
    for memory_id in (review.older_id, review.newer_id):
        memory_check(memory_id, reader.to(Right.WRITE))
    return review


def _check_open(review: Review, *, now: datetime) -> None:
    if review.status in _DECIDED:
        raise ReviewConflict("Somebody has decided about this pair already.")
    if not Review.objects.to_decide(now).filter(id=review.id).exists():
        raise ReviewConflict("One of the two has changed or gone since they were compared.")


def _sides(review: Review, keep: UUID | None) -> tuple[UUID, UUID]:
    """Return the memory to keep and the other one."""
    older, newer = review.older_id, review.newer_id
    if keep is None:
        keep = older if review.kind == ReviewKind.DUPLICATE else newer
    if keep not in {older, newer}:
        raise InvalidInput("It is neither of the two.", pointer="/keep", item_code="unknown")
    return keep, newer if keep == older else older


def _merge(
    review: Review,
    kept: UUID,
    replaced: UUID,
    reader: Reader,
    *,
    organization_id: UUID,
    reason: str,
    user_id: UUID | None,
    now: datetime,
) -> None:
    """Add to the metadata of the one that is kept what only the other's have."""
    before = memory_get(memory_id=kept, reader=reader, now=now)
    other = memory_get(memory_id=replaced, reader=reader, now=now)
    union = _union(before.metadata, other.metadata)
    if json_size(union) > MAX_METADATA_BYTES:
        raise MetadataTooLarge(f"Together the metadata would have more than {MAX_METADATA_BYTES} bytes.")
    after = memory_edit(
        organization_id=organization_id,
        memory_id=kept,
        reader=reader,
        fields={"metadata": union},
        reason=reason,
        user_id=user_id,
        now=now,
    )
    if after.revision != before.revision:
        review.kept_from, review.kept_to = before.revision, after.revision


def _union(kept: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both metadata in one: of two values that of the kept one, of two lists and objects what either has."""
    union = dict(kept)
    for name, value in other.items():
        own = union.setdefault(name, value)
        if isinstance(own, list) and isinstance(value, list):
            known = {json.dumps(one, sort_keys=True) for one in own}
            union[name] = [*own, *(one for one in value if json.dumps(one, sort_keys=True) not in known)]
        elif isinstance(own, dict) and isinstance(value, dict):
            union[name] = _union(own, value)
    return union


def _restore(
    review: Review, kept: UUID, reader: Reader, *, organization_id: UUID, user_id: UUID | None, now: datetime
) -> None:
    replaced = review.newer_id if kept == review.older_id else review.older_id
    revisions = dict(Memory.objects.kept(now).filter(id__in=[kept, replaced]).values_list("id", "revision"))
    expected = {replaced: review.replaced_to} | ({kept: review.kept_to} if review.kept_to else {})
    if any(revisions.get(memory_id) != revision for memory_id, revision in expected.items()):
        raise ReviewConflict("A memory of this pair has changed since it was decided.")
    memory_unsupersede(memory_id=replaced, reader=reader, reason=_UNDONE, user_id=user_id, now=now)
    if review.kept_from is not None:
        former = MemoryVersion.objects.get(memory=kept, revision=review.kept_from)
        memory_edit(
            organization_id=organization_id,
            memory_id=kept,
            reader=reader,
            fields={"metadata": former.metadata},
            reason=_UNDONE,
            user_id=user_id,
            now=now,
        )
