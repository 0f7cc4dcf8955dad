"""Pairs of memories to decide about, as the API shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.memory.engine.reader import Reader
from apps.memory.exceptions import ReviewNotFound
from apps.memory.models import Memory, MemoryQuerySet, Mention, Review, ReviewProgress, ReviewQuerySet
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.readers import readable
from apps.memory.types import ReviewKind, ReviewStatus

_EXCERPT = 160


def reviews_matching(
    *,
    status: ReviewStatus | None,
    reader: Reader,
    kind: ReviewKind | None = None,
    entity_id: UUID | None = None,
    now: datetime,
) -> ReviewQuerySet:
    """Return pairs of a status, or all; a text that has changed or gone makes an open pair an outdated one at once.

    Both memories of each are open to the reader.
    """
    rows = _open_to(reader).select_related("older", "newer")
    if status is ReviewStatus.OPEN:
        rows = rows.to_decide(now)
    elif status is ReviewStatus.OUTDATED:
        still_open = Review.objects.to_decide(now).values("id")
        rows = rows.filter(status__in=[ReviewStatus.OPEN, ReviewStatus.OUTDATED]).exclude(id__in=still_open)
    elif status is not None:
        rows = rows.filter(status=status)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if entity_id is not None:
        mentions = Mention.objects.filter(Q(entity_id=entity_id) | Q(entity__alias_of=entity_id))
        naming = mentions.values("memory_id")
        rows = rows.filter(Q(older__in=naming) | Q(newer__in=naming))
    return rows


def _open_to(reader: Reader) -> ReviewQuerySet:
    if reader.everything:
        return Review.objects.all()
    ids = readable(reader).values("id")
    return Review.objects.filter(older__in=ids, newer__in=ids)


def review_get(*, review_id: UUID, reader: Reader) -> Review:
    review = _open_to(reader).select_related("older__file", "newer__file").filter(id=review_id).first()
    if review is None:
        raise ReviewNotFound("There is no pair with this id.")
    return review


def review_summary(review: Review, *, now: datetime) -> dict[str, Any]:
    return {
        "review_id": str(review.id),
        "kind": review.kind,
        "status": _status(review, now=now),
        "score": review.score,
        "opened_at": review.opened_at,
        "decided_by": review.decided_by,
        "decided_at": review.decided_at,
        "reason": review.reason or None,
        "kept": review.kept,
        "older": _side_summary(review.older, now=now),
        "newer": _side_summary(review.newer, now=now),
    }


def review_present(review: Review, *, now: datetime) -> dict[str, Any]:
    """Return a pair with both memories, as far as they are to be read, and where they contradict each other."""
    as_compared = (review.older.content_hash, review.newer.content_hash) == (review.older_hash, review.newer_hash)
    states_complete([one for one in (review.older, review.newer) if _is_kept(one, now)], strict=False)
    readable = all(_is_kept(one, now) and not one.is_stub for one in (review.older, review.newer))
    return {
        **review_summary(review, now=now),
        "older": memory_present(review.older) if _is_kept(review.older, now) else None,
        "newer": memory_present(review.newer) if _is_kept(review.newer, now) else None,
        # Places belong to the wordings in which they were found.
        "evidence": review.evidence if as_compared and readable else [],
    }


def unseen(progress: ReviewProgress | None) -> MemoryQuerySet:
    """Return the memories that have changed since they were looked at, in the order of their changes."""
    at = progress or ReviewProgress()
    return Memory.objects.filter(
        Q(change__gt=at.change) | Q(change=at.change, number__gt=at.number), change__gte=at.change
    ).order_by("change", "number")


def progress_present(*, now: datetime) -> dict[str, Any]:
    """Return how far the search for pairs has come, and how many there are to decide about."""
    progress = ReviewProgress.objects.first()
    open_ = Review.objects.to_decide(now)
    return {
        "waiting": unseen(progress).count(),
        "moved_at": progress and progress.moved_at,
        "open": open_.count(),
        **{kind.value: open_.filter(kind=kind).count() for kind in ReviewKind},
    }


def _status(review: Review, *, now: datetime) -> str:
    sides = ((review.older, review.older_hash), (review.newer, review.newer_hash))
    stands = all(
        _is_kept(one, now) and one.superseded_at is None and one.archived_at is None and one.content_hash == compared
        for one, compared in sides
    )
    return review.status if review.status != ReviewStatus.OPEN or stands else ReviewStatus.OUTDATED.value


def _side_summary(memory: Memory, *, now: datetime) -> dict[str, Any] | None:
    if not _is_kept(memory, now):
        return None
    return {
        "memory_id": str(memory.id),
        "memory_type": memory.memory_type,
        "occurred_at": memory.occurred_at,
        "excerpt": excerpt_of(memory.content),
    }


def excerpt_of(content: str) -> str:
    """Return the beginning of a text in one line."""
    text = " ".join(content[: 2 * _EXCERPT].split())
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1].rstrip()}…"


def _is_kept(memory: Memory, now: datetime) -> bool:
    return memory.deleted_at is None and (memory.expires_at is None or memory.expires_at > now)
