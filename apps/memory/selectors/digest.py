"""What changed since a moment, in short: counts, and the latest of each kind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.memory.engine.reader import Reader
from apps.memory.exceptions import EntityNotFound
from apps.memory.models import Entity, MemoryRemoval, MemoryState, Mention
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.earlier import are_states
from apps.memory.selectors.memories import memories_matching
from apps.memory.selectors.readers import entities_named, readable
from apps.memory.selectors.reviews import excerpt_of, reviews_matching
from apps.memory.selectors.revisions import action_between, fields_changed
from apps.memory.selectors.visible import memories_visible
from apps.memory.types import AsOf, MemoryConditions, RevisionAction

_States = QuerySet[MemoryState]
# What somebody has decided, not what became of pairs by itself.
_DECIDED = ("accepted", "dismissed", "merged")


def digest_present(
    *, reader: Reader, since: datetime, until: datetime, entity_id: UUID | None, limit: int
) -> dict[str, Any]:
    """Return what is read otherwise at `until` than at `since`, by what happened; of each at most `limit` items.

    It counts what `diff_page` lists. With an entity it is about the memories that named it at either moment. Raises
    `EntityNotFound`.
    """
    entity = None if entity_id is None else entities_named(reader).filter(id=entity_id).first()
    if entity_id is not None and entity is None:
        raise EntityNotFound("There is no entity with this id.")
    naming = None if entity is None else _naming(entity.id, reader, since, until)
    sections = _sections(reader, since, until, naming)
    entities = _new_entities(reader, since, until, naming)
    decided = reviews_matching(status=None, reader=reader, now=until)
    reviews = decided.filter(status__in=_DECIDED, decided_at__gt=since, decided_at__lte=until)
    if naming is not None:
        ids = MemoryState.objects.filter(naming).values("id")
        reviews = reviews.filter(Q(older__in=ids) | Q(newer__in=ids))
    # What was deleted for good has no names any more, and nobody knows whose it was.
    told = naming is None and reader.everything
    erased = MemoryRemoval.objects.filter(removed_at__gt=since, removed_at__lte=until) if told else None
    return {
        "since": since,
        "until": until,
        "entity": entity and {"id": str(entity.id), "name": entity.name},
        "counts": {
            **{name: rows.count() for name, rows in sections.items()},
            "erased": 0 if erased is None else erased.count(),
            "new_entities": entities.count(),
            "decided_reviews": reviews.count(),
        },
        **{name: _items(name, rows, reader, since=since, limit=limit) for name, rows in sections.items()},
        "new_entities": [
            {"id": str(one.id), "name": one.name, "kind": one.kind} for one in entities.order_by("-number")[:limit]
        ],
        "decided_reviews": [
            {
                "review_id": str(one.id),
                "kind": one.kind,
                "status": one.status,
                "decided_at": one.decided_at,
                "decided_by": one.decided_by,
            }
            for one in reviews.order_by("-decided_at")[:limit]
        ],
    }


def _sections(reader: Reader, since: datetime, until: datetime, naming: Q | None) -> dict[str, _States]:
    """Return the states at `until` of what has changed, by what happened to it."""
    last = MemoryState.objects.filter(Q(replaced_at=None) | Q(replaced_at__gt=until), revised_at__lte=until)
    if not reader.everything:
        last = last.filter(id__in=readable(reader).values("id"))
    if naming is not None:
        last = last.filter(naming)
    before = Exists(_visible(since, reader).filter(id=OuterRef("id")))
    after = Exists(_visible(until, reader).filter(id=OuterRef("id")))
    # What is read otherwise came into its state since then, or has expired.
    moved = last.filter(revised_at__gt=since)
    return {
        "added": moved.filter(after).filter(~before),
        "changed": moved.filter(after).filter(before),
        "superseded": moved.filter(before, deleted_at=None).exclude(superseded_at=None),
        "trashed": moved.filter(before).exclude(deleted_at=None),
        "expired": last.filter(
            before, deleted_at=None, superseded_at=None, expires_at__gt=since, expires_at__lte=until
        ),
    }


def _visible(moment: datetime, reader: Reader) -> _States:
    rows = memories_visible(reader=reader, now=moment, as_of=AsOf(recorded=moment))
    return rows if are_states(rows) else MemoryState.objects.none()


def _naming(entity_id: UUID, reader: Reader, since: datetime, until: datetime) -> Q:
    conditions = MemoryConditions(entity_id=entity_id)
    either = Q()
    for moment in (since, until):
        rows = memories_matching(conditions, reader=reader, as_of=AsOf(recorded=moment), now=moment)
        either |= Q(id__in=rows.values("id"))
    return either


def _new_entities(reader: Reader, since: datetime, until: datetime, naming: Q | None) -> QuerySet[Entity]:
    """Return the entities that no open memory had named until then, and one does now."""
    of_entity = Mention.objects.filter(entity=OuterRef("pk"))
    recorded = readable(reader).filter(deleted_at=None, recorded_at__gt=since, recorded_at__lte=until)
    before = of_entity.filter(memory__recorded_at__lte=since)
    if not reader.everything:
        before = before.filter(memory__in=readable(reader))
    if naming is not None:
        recorded = recorded.filter(id__in=MemoryState.objects.filter(naming).values("id"))
    return Entity.objects.filter(
        Exists(of_entity.filter(memory__in=recorded)),
        ~Exists(before),
        alias_of=None,
    )


def _items(name: str, rows: _States, reader: Reader, *, since: datetime, limit: int) -> Sequence[dict[str, Any]]:
    found = list(rows.order_by("-revised_at", "-number")[:limit])
    earlier = _visible(since, reader).filter(id__in=[one.id for one in found]) if name == "changed" else []
    before = {one.id: one for one in earlier}
    states_complete([*found, *before.values()], strict=False)
    return [
        {
            "memory_id": str(one.id),
            "memory_type": one.memory_type,
            "excerpt": excerpt_of(one.content),
            "cause": _cause(name, one, since).value,
            "changed": list(fields_changed(one, before[one.id])) if one.id in before else [],
            "at": one.expires_at if name == "expired" else one.revised_at,
            "superseded_by": one.superseded_by and str(one.superseded_by),
        }
        for one in found
    ]


def _cause(name: str, state: MemoryState, since: datetime) -> RevisionAction:
    if name == "changed":
        return RevisionAction.EDITED
    if name != "added":
        return RevisionAction(name)
    if state.recorded_at > since:
        return RevisionAction.STORED
    return action_between(MemoryState.objects.filter(id=state.id, revision=state.revision - 1).first(), state)
