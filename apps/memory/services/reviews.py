"""Finds pairs of memories for people to decide about: near duplicates, and claims that cannot both hold.

A job follows the changes of the memory and compares what was written since with what stands near it. How far it has
come is written in the transaction of what it found there, so one that is killed leaves nothing out and nothing double.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Left
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.services import enqueue
from apps.events.types import Event
from apps.memory.engine.claims import Claims, claims_of
from apps.memory.engine.contradictions import Contradiction, Side, contradictions
from apps.memory.engine.duplicates import MIN_SIMILARITY, MIN_TERMS, is_other_case, similarity
from apps.memory.engine.reading import title_of
from apps.memory.engine.terms import Hashes, count_terms
from apps.memory.models import Memory, MemoryQuerySet, Review, ReviewProgress
from apps.memory.selectors.review_candidates import candidates_of
from apps.memory.selectors.reviews import unseen
from apps.memory.services.telling import reviews_tell
from apps.memory.types import ReviewKind, ReviewStatus

FIND_REVIEWS = "memory.find_reviews"
_BATCH = 16
# Claims are read in the beginning of a text only, whatever its length; longer ones are duplicates if they are equal.
_READ_CHARACTERS = 20_000
# What changes the pairs that a memory is part of.
_WAKING = frozenset(
    f"memory.{what}" for what in ("stored", "updated", "trashed", "restored", "superseded", "reinstated")
)
# Keeps the memories from being deleted, in the order in which those who delete them lock them.
_HOLD = "SELECT id FROM memory_memory WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"

_Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """A memory and what it takes to compare it; `terms` are those of the text alone, without the metadata."""

    memory: Memory
    content: str
    claims: Claims
    terms: Hashes


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: ReviewKind
    score: float
    evidence: list[dict[str, Any]]


def reviews_wake(events: Sequence[Event]) -> None:
    """Have workers look at organisations whose memories have changed. A consumer of events."""
    changed = {one.organization_id for one in events if one.name in _WAKING}
    for organization_id in Organization.objects.filter(id__in=changed - {None}).values_list("id", flat=True):
        finding_start(organization_id=organization_id, now=timezone.now())


def finding_start(*, organization_id: UUID, now: datetime) -> None:
    """Have a worker look for reviews, unless one is about to."""
    waiting = Job.objects.filter(name=FIND_REVIEWS, organization_id=organization_id, status=Job.Status.QUEUED)
    if not waiting.exists():
        enqueue(FIND_REVIEWS, organization_id=organization_id, now=now)


def reviews_find(*, on_batch: Callable[[int], object] = lambda _: None, budget: timedelta | None = None) -> bool:
    """Look at what has changed since the last time; False if the time budget ran out first.

    `on_batch` is called with the number of memories just looked at. Two workers take turns.
    """
    began = monotonic()
    while done := _find_some(now=timezone.now()):
        on_batch(done)
        if budget is not None and monotonic() - began > budget.total_seconds():
            return False
    return True


@transaction.atomic
def reviews_rescan(*, organization_id: UUID, now: datetime, dry_run: bool = False) -> int:
    """Have a worker look at every memory again; return how many there are. What was decided stays."""
    progress = _progress_locked()
    if not dry_run:
        progress.change = progress.number = 0
        progress.save(update_fields=["change", "number"])
        finding_start(organization_id=organization_id, now=now)
    return Memory.objects.live(now).count()


def _progress_locked() -> ReviewProgress:
    ReviewProgress.objects.bulk_create([ReviewProgress(id=1)], ignore_conflicts=True)
    return ReviewProgress.objects.select_for_update().get()


@transaction.atomic
def _find_some(*, now: datetime) -> int:
    """Look at the next memories, and write how far we are with what was found; return how many they were."""
    progress = _progress_locked()
    seen = list(_readable(unseen(progress))[:_BATCH])
    if not seen:
        return 0
    # Those that the models have yet to read come again with the change that reads them.
    gone = [one.id for one in seen if not _is_live(one, now)]
    read = [one for one in seen if one.understood and one.id not in set(gone)]
    looked_at = [*gone, *(one.id for one in read)]
    known = list(
        Review.objects.filter(Q(older__in=looked_at) | Q(newer__in=looked_at), status=ReviewStatus.OPEN).order_by("id")
    )
    found, texts = _findings(read, known, now=now)
    _outdate([one for one in known if (one.older_id, one.newer_id, one.kind) not in _keys(found)], now=now)
    _open(found, texts, now=now)
    progress.change, progress.number, progress.moved_at = seen[-1].change, seen[-1].number, now
    progress.save(update_fields=["change", "number", "moved_at"])
    return len(seen)


def _readable(rows: MemoryQuerySet) -> MemoryQuerySet:
    """Leave out of the rows what comparing does not need: long texts, above all."""
    columns = ("id", "number", "change", "metadata", "occurred_at", "content_hash", "thread", "understood")
    states = ("deleted_at", "expires_at", "superseded_at")
    return rows.only(*columns, *states).annotate(beginning=Left("content", _READ_CHARACTERS))


def _is_live(memory: Memory, now: datetime) -> bool:
    kept = memory.deleted_at is None and memory.superseded_at is None
    return kept and (memory.expires_at is None or memory.expires_at > now)


def _findings(
    read: Sequence[Memory], known: Sequence[Review], *, now: datetime
) -> tuple[dict[_Pair, _Finding], Mapping[UUID, Memory]]:
    """Compare memories with those near them; return what there is to decide about each pair, older one first."""
    claims = {one.id: _claims(one) for one in read}
    replacing = {key: {name for one in said.replacements for name in one.identifiers} for key, said in claims.items()}
    candidates = candidates_of(read, replacing=replacing) if read else {}
    near: dict[UUID, set[UUID]] = {one.id: set(candidates.get(one.id, ())) for one in read}
    for review in known:
        for one, other in ((review.older_id, review.newer_id), (review.newer_id, review.older_id)):
            if one in near:
                near[one].add(other)
    wanted = {*near, *chain.from_iterable(near.values())}
    memories = {one.id: one for one in _readable(Memory.objects.live(now).filter(id__in=wanted, understood=True))}
    texts = {
        key: _Text(one, _beginning(one), claims.get(key) or _claims(one), count_terms(_beginning(one))[0])
        for key, one in memories.items()
    }
    open_pairs = {(one.older_id, one.newer_id) for one in known}
    found: dict[_Pair, _Finding] = {}
    for memory_id, others in near.items():
        pairs = [_in_order(texts[memory_id], texts[other]) for other in others if {memory_id, other} <= set(texts)]
        contradicting = _contradicting(pairs)
        found |= contradicting
        found |= _duplicates([pair for pair in pairs if _key(pair) not in contradicting], open_pairs)
    return found, memories


def _claims(memory: Memory) -> Claims:
    content = _beginning(memory)
    return claims_of(content, title=title_of(content, memory.metadata), anchor=memory.occurred_at)


def _beginning(memory: Memory) -> str:
    text: str = memory.beginning  # type: ignore[attr-defined]  # annotated by `_readable`
    return text


def _in_order(one: _Text, other: _Text) -> tuple[_Text, _Text]:
    """Return the one first that happened first, or was stored first."""
    older, newer = sorted((one, other), key=lambda text: (text.memory.occurred_at, text.memory.number))
    return older, newer


def _key(pair: tuple[_Text, _Text]) -> _Pair:
    return pair[0].memory.id, pair[1].memory.id


def _contradicting(pairs: Iterable[tuple[_Text, _Text]]) -> dict[_Pair, _Finding]:
    compared = {_key(pair): contradictions(pair[0].claims, pair[1].claims) for pair in pairs}
    return {
        key: _Finding(ReviewKind.CONTRADICTION, found[0].strength, [_evidence(one) for one in found])
        for key, found in compared.items()
        if found
    }


def _evidence(found: Contradiction) -> dict[str, Any]:
    def side(one: Side) -> dict[str, Any]:
        return {"value": list(one.span), "sentence": list(one.sentence)}

    return {
        "kind": found.kind.value,
        "strength": found.strength,
        "update": found.update,
        "older": side(found.older),
        "newer": side(found.newer),
    }


def _duplicates(pairs: Iterable[tuple[_Text, _Text]], open_pairs: Collection[_Pair]) -> dict[_Pair, _Finding]:
    """Return of the pairs that one memory is part of the one that is most alike, and those that are told already.

    Of many copies each so has one pair, not one with every other.
    """
    alike = [(score, pair) for pair in pairs if (score := _likeness(*pair)) >= MIN_SIMILARITY]
    best = min(alike, key=lambda one: (-one[0], one[1][0].memory.number), default=None)
    return {
        _key(pair): _Finding(ReviewKind.DUPLICATE, round(score, 4), [])
        for score, pair in alike
        if (best is not None and pair == best[1]) or _key(pair) in open_pairs
    }


def _likeness(older: _Text, newer: _Text) -> float:
    """Return how alike two texts are, up to 1; 0 for those that only look it."""
    if older.memory.content_hash == newer.memory.content_hash:
        # In a conversation people say "thanks" more than once.
        spoken = older.memory.thread or newer.memory.thread
        return 0.0 if spoken and len(older.terms) < MIN_TERMS else 1.0
    if max(len(older.content), len(newer.content)) >= _READ_CHARACTERS or is_other_case(older.content, newer.content):
        return 0.0
    return similarity(older.terms, newer.terms)


def _keys(found: Mapping[_Pair, _Finding]) -> set[tuple[UUID, UUID, str]]:
    return {(*pair, one.kind.value) for pair, one in found.items()}


def _outdate(reviews: Sequence[Review], *, now: datetime) -> None:
    """Close pairs of which nothing is left to decide, unless somebody has decided meanwhile."""
    ids = [one.id for one in reviews]
    held = Review.objects.select_for_update(of=("self",)).filter(id__in=ids, status=ReviewStatus.OPEN).order_by("id")
    still_open = list(held)
    Review.objects.filter(id__in=[one.id for one in still_open]).update(status=ReviewStatus.OUTDATED, evidence=[])
    reviews_tell("review.outdated", still_open, now=now)


def _open(found: Mapping[_Pair, _Finding], texts: Mapping[UUID, Memory], *, now: datetime) -> None:
    """Write what was found. A pair that was decided comes back only if one of its texts has changed since."""
    if not found:
        return
    held = _hold({one for pair in found for one in pair})
    rows = Review.objects.select_for_update(of=("self",)).filter(older__in=held, newer__in=held).order_by("id")
    known = {(frozenset((row.older_id, row.newer_id)), row.kind): row for row in rows}
    opened = []
    for pair, finding in found.items():
        if not set(pair) <= held:
            continue
        row = known.get((frozenset(pair), finding.kind.value)) or Review(kind=finding.kind.value, status="")
        hashes = {key: texts[key].content_hash for key in pair}
        then = {row.older_id: row.older_hash, row.newer_id: row.newer_hash}
        if row.status in {"", ReviewStatus.OUTDATED} or hashes != then:
            _state(row, pair, finding, hashes, now=now)
            opened.append(row)
    reviews_tell("review.opened", opened, now=now)


def _state(row: Review, pair: _Pair, finding: _Finding, hashes: Mapping[UUID, str], *, now: datetime) -> None:
    row.older_id, row.newer_id = pair
    row.older_hash, row.newer_hash = hashes[pair[0]], hashes[pair[1]]
    row.status, row.score, row.evidence, row.opened_at = ReviewStatus.OPEN.value, finding.score, finding.evidence, now
    row.decided_by = row.decided_at = row.kept = row.kept_from = row.kept_to = row.replaced_to = None
    row.reason = ""
    row.save()


def _hold(ids: Collection[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [list(ids)])
        return {memory_id for (memory_id,) in cursor.fetchall()}
