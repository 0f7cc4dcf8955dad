"""Finds out which of the memories just written say nearly what others say already. They are stored all the same."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from apps.memory.adapters.fingerprint_store import candidates_find
from apps.memory.engine.duplicates import MIN_SIMILARITY, similarity
from apps.memory.engine.terms import Hashes
from apps.memory.models import Memory
from apps.memory.selectors.related import terms_of_memories
from apps.memory.services.changes import Change
from apps.memory.types import Duplicate

# Words alone cannot tell two texts with the same ones apart; only equal texts are wholly alike.
_MOST_ALIKE = 0.99


def duplicates_find(
    *, organization_id: UUID, memories: Sequence[Memory], terms: Sequence[Hashes], change: Change, now: datetime
) -> list[Duplicate | None]:
    """Return for each memory the earlier one that is most like it, if one is alike. Within the change that wrote them.

    `terms` are the memories' distinct terms.
    """
    found = candidates_find(
        [memory.fingerprint or 0 for memory in memories], organization_id=organization_id, change=change.change
    )
    hashes = _live_hashes({one for few in found for one in few}, now=now)
    places = {memory.id: place for place, memory in enumerate(memories)}
    # Not itself, and of those that come with it only the earlier ones.
    earlier = [[one for one in few if one in hashes and places.get(one, -1) < place] for place, few in enumerate(found)]
    known = terms_of_memories({one for few in earlier for one in few})
    return [
        _most_alike(memory, own, {one: (hashes[one], known[one]) for one in few})
        for memory, own, few in zip(memories, terms, earlier, strict=True)
    ]


def _most_alike(memory: Memory, own: Hashes, others: Mapping[UUID, tuple[str, Hashes]]) -> Duplicate | None:
    best: Duplicate | None = None
    for memory_id, (content_hash, terms) in others.items():
        alike = 1.0 if content_hash == memory.content_hash else min(similarity(own, terms), _MOST_ALIKE)
        if alike >= MIN_SIMILARITY and (best is None or alike > best.similarity):
            best = Duplicate(memory_id, alike)
    return best


def _live_hashes(ids: AbstractSet[UUID], *, now: datetime) -> dict[UUID, str]:
    return dict(Memory.objects.live(now).filter(id__in=ids).values_list("id", "content_hash"))
