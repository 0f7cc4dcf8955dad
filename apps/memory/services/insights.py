"""Insights and the map, kept from one change of the memory to the next.

What is kept lies in the organisation's own schema and is only a copy: an answer is as exact without it.
"""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Min

from apps.core.models import Job
from apps.core.services import enqueue
from apps.memory.engine.reader import EVERYTHING, Reader, Right
from apps.memory.models import InsightPart, Memory, MemoryRemoval
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.insights import InsightScope, facts_of, memories_counted, trend_of
from apps.memory.selectors.landscapes import LANDSCAPE, TOPICS_SHOWN, Landscape, clusters_of, landscape_of, map_present
from apps.memory.selectors.readers import readable, reads_all, relations_visible

FACTS = "facts"
LANDSCAPE_JOB = "memory.landscape"
# Up to this many memories the landscape is made while the caller waits: a third of a second.
WAITED_FOR = 1_000
# Beyond, a new one is made when one memory in fifty has changed, or when any has and the last one is this old.
CHANGED_SHARE = 50
LANDSCAPE_AGE = timedelta(minutes=10)


def insights_read(*, organization_id: UUID, reader: Reader, scope: InsightScope, now: datetime) -> dict[str, Any]:
    """Return the insights over the memories of a scope, each figure with what leads to the memories behind it.

    Of memories that are closed to the reader nothing is counted, and no word of theirs names a topic.
    """
    change = context_get().change
    part, fresh, pending = _landscape(organization_id, change=change, now=now)
    rows = memories_counted(scope, reader, now=now)
    sees_all = reads_all(reader.to(Right.DERIVE))
    if scope.whole and sees_all:
        facts = _facts(change=change, now=now)
    else:
        facts = facts_of(rows, relations_visible(reader.to(Right.DERIVE)))
    if part is None:
        clusters = []
    elif fresh and scope.whole and sees_all:
        clusters = part.body["clusters"]
    else:
        clusters = clusters_of(part, rows, named_by=None if sees_all else readable(reader.to(Right.DERIVE)))
    return {
        "total_memories": facts["total"],
        "dominant_concepts": facts["concepts"],
        "knowledge_density": facts["density"],
        "knowledge_graph": {"entities": facts["nodes"], "links": facts["edges"]},
        "temporal_patterns": {
            "by_day": facts["by_day"],
            "by_hour_of_week": facts["by_hour_of_week"],
            **trend_of(scope, reader, now=now),
        },
        "semantic_clusters": clusters[:TOPICS_SHOWN],
        "clusters_as_of": None if part is None else part.change,
        "clusters_computed_at": None if part is None else part.computed_at,
        "clusters_pending": pending,
        "change": change,
        "as_of": scope.as_of.valid or scope.as_of.recorded or now,
        "as_of_recorded": scope.as_of.recorded or now,
        "window": {"from": scope.occurred_after, "to": scope.occurred_before},
        "memory_types": list(scope.memory_types),
    }


def map_read(*, organization_id: UUID, reader: Reader, now: datetime) -> dict[str, Any]:
    """Return the map of the memories that are open to the reader, and whether a newer one is being made."""
    part, fresh, pending = _landscape(organization_id, change=context_get().change, now=now)
    only = None if reads_all(reader) else readable(reader)
    return {**map_present(part, fresh=fresh, only=only, now=now), "pending": pending}


def landscape_refresh(*, progress: Callable[[], None], now: datetime) -> InsightPart:
    """Make the landscape of the memory anew, unless it has not changed since the last one."""
    change = context_get().change
    known = InsightPart.objects.filter(name=LANDSCAPE).first()
    if known is not None and known.change == change and _valid(known, now=now):
        return known
    landscape = landscape_of(Memory.objects.live(now), progress=progress)
    return _keep(LANDSCAPE, change=change, body=landscape.body, columns=_packed(landscape), now=now)


def _packed(landscape: Landscape) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **landscape.columns)  # type: ignore[arg-type]  # the stubs take the names for options
    return packed.getvalue()


def _landscape(organization_id: UUID, *, change: int, now: datetime) -> tuple[InsightPart | None, bool, bool]:
    """Return the landscape, whether it is that of the memory as it is now, and whether a newer one is on its way."""
    part = InsightPart.objects.filter(name=LANDSCAPE).defer("columns").first()
    if part is not None and part.change == change and _valid(part, now=now):
        return part, True, False
    if Memory.objects.live(now)[: WAITED_FOR + 1].count() <= WAITED_FOR:
        return landscape_refresh(progress=lambda: None, now=now), True, False
    pending = Job.objects.filter(
        name=LANDSCAPE_JOB, organization_id=organization_id, status__in=[Job.Status.QUEUED, Job.Status.RUNNING]
    ).exists()
    if not pending and (part is None or _outdated(part, now=now)):
        enqueue(LANDSCAPE_JOB, organization_id=organization_id, now=now)
        pending = True
    return part, False, pending


def _valid(part: InsightPart, *, now: datetime) -> bool:
    return part.valid_until is None or bool(now < part.valid_until)


def _outdated(part: InsightPart, *, now: datetime) -> bool:
    """Tell whether so much has changed since a landscape was made, or so long ago, that it is time for the next."""
    changed = Memory.objects.filter(change__gt=part.change)
    removed = MemoryRemoval.objects.filter(change__gt=part.change)
    if now - part.computed_at >= LANDSCAPE_AGE:
        return changed.exists() or removed.exists()
    bearable: int = part.body["total"] // CHANGED_SHARE
    return changed[: bearable + 1].count() + removed[: bearable + 1].count() > bearable


def _facts(*, change: int, now: datetime) -> dict[str, Any]:
    """Return the facts about all live memories, from the last time if nothing has changed since."""
    part = InsightPart.objects.filter(name=FACTS).first()
    if part is None or part.change != change or not _valid(part, now=now):
        facts = facts_of(Memory.objects.live(now), relations_visible(EVERYTHING))
        # Rows that were written meanwhile may be in it, or only half of them: then it is no memory of this change.
        if context_get().change != change:
            return facts
        part = _keep(FACTS, change=change, body=facts, now=now)
    body: dict[str, Any] = part.body
    return body


def _keep(name: str, *, change: int, body: dict[str, Any], columns: bytes = b"", now: datetime) -> InsightPart:
    expiring = Memory.objects.live(now).aggregate(first=Min("expires_at"))["first"]
    part = InsightPart(name=name, change=change, valid_until=expiring, computed_at=now, body=body, columns=columns)
    InsightPart.objects.bulk_create(
        [part],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["change", "valid_until", "computed_at", "body", "columns"],
    )
    return part
