"""What the archive costs in answers: how often what a question is about is found, with everything live and without.

The questions are sentences of the memories themselves, one for each, so that there is a right answer to every one. A
person asks in other words; what is compared is the same for all three ways, so the losses can be, and not the heights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

import numpy as np

from apps.memory.adapters.index_store import index_apart
from apps.memory.engine.chunking import sentence_spans
from apps.memory.engine.lexicon import WORD
from apps.memory.engine.memory_index import MemoryIndex
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import ArchivedMemory, Memory, MemoryContext
from apps.memory.selectors.contexts import context_get, dimensions_of
from apps.memory.selectors.unpacked import archived_sound
from apps.memory.services.search import memories_rank, stubs_beside
from apps.memory.services.stubs import archived_indexed
from apps.memory.types import MAX_QUERY, SearchQuery

T = TypeVar("T")

_TOP = 10
# Archived memories that are unpacked to be searched as if they were live.
_MOST = 5_000
_FEWEST_WORDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Which share of the questions had the memory they are about among their first ten results."""

    about: str
    questions: int
    # Before: with everything live; after: without what is archived; and with its stubs.
    before: float
    without: float
    with_stubs: float


def archive_measure(
    *, organization_id: UUID, sample: int, now: datetime, on_question: Callable[[int], object] = lambda _: None
) -> list[Recall]:
    """Ask about some archived memories, and about as many live ones, which the archive makes easier to find."""
    context = context_get()
    rows = ArchivedMemory.objects.filter(memory__superseded_at=None, memory__expires_at=None).select_related("memory")
    away = list(islice(rows.order_by("memory__number").iterator(), _MOST))
    more = [one for row in away if (one := archived_indexed(row, context)) is not None]
    before = index_apart(epoch=context.epoch, concepts=len(dimensions_of(context)), memory_ids=[], more=more)
    live = Memory.objects.live(now).filter(understood=True).order_by("number")
    found = []
    for about, memories in (
        ("archived", [one.memory for one in archived_sound(_evenly(away, sample))[0]]),
        ("live", list(live.filter(number__in=_evenly(list(live.values_list("number", flat=True)), sample)))),
    ):
        asked = [(one.id, question) for one in memories if (question := question_of(one)) is not None]
        hits = np.zeros(3, dtype=np.int64)
        for memory_id, question in asked:
            hits += _found(organization_id, memory_id, question, before=before, now=now)
            on_question(1)
        shares = hits / max(len(asked), 1)
        found.append(
            Recall(
                about=about,
                questions=len(asked),
                before=round(float(shares[0]), 4),
                without=round(float(shares[1]), 4),
                with_stubs=round(float(shares[2]), 4),
            )
        )
    return found


def question_of(memory: Memory) -> str | None:
    """Return a sentence of a memory, from a place that its id decides; None if it has no long one."""
    spans = [
        (start, end)
        for start, end, _ in sentence_spans(memory.content)
        if len(WORD.findall(memory.content, start, end)) >= _FEWEST_WORDS
    ]
    if not spans:
        return None
    start, end = spans[memory.id.int % len(spans)]
    return memory.content[start:end][:MAX_QUERY]


def _found(organization_id: UUID, memory_id: UUID, question: str, *, before: MemoryIndex, now: datetime) -> list[bool]:
    query = SearchQuery(text=question, include_archived=True, explain=False)

    def stubs(context: MemoryContext) -> MemoryIndex | None:
        return stubs_beside(query, EVERYTHING, context=context, now=now)

    besides: list[Callable[[MemoryContext], MemoryIndex | None]] = [lambda _: before, lambda _: None, stubs]
    ranked = [
        memories_rank(organization_id=organization_id, reader=EVERYTHING, query=query, beside=beside, now=now).hits
        for beside in besides
    ]
    return [memory_id in [hit.memory_id for hit in hits[:_TOP]] for hits in ranked]


def _evenly(rows: Sequence[T], count: int) -> list[T]:
    """Return so many of these, from their beginning to their end."""
    if len(rows) <= count:
        return list(rows)
    return [rows[place] for place in np.linspace(0, len(rows) - 1, count).astype(int).tolist()]
