"""Searches of the archive, by its stubs: the beginnings of texts, with their metadata.

PostgreSQL names the stubs that share words with the question; only these are read, by their words and by sketches of
their meaning, and ranked beside what the index of the present found.
"""

from typing import cast

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL

from apps.memory.adapters.index_store import index_apart
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.lexicon import STOP_WORDS, WORD
from apps.memory.engine.memory_index import MemoryIndex
from apps.memory.models import Memory, MemoryRows, MemoryState
from apps.memory.selectors.archived import states_complete
from apps.memory.services.earlier import states_indexed

# Stubs that take part in one search: reading one costs about a millisecond, the first time.
_MOST = 200
_WORDS = """
    to_tsvector('english', memory_memory.content)
    || jsonb_to_tsvector('english', memory_memory.metadata, '["string", "numeric"]')
"""
_SHARED = f"({_WORDS}) @@ websearch_to_tsquery('english', %s)"
_RANK = f"ts_rank({_WORDS}, websearch_to_tsquery('english', %s))"


def stubs_index(rows: MemoryRows, *, question: str, whole: bool, space: ConceptSpace) -> MemoryIndex | None:
    """Return an index of the archived ones among these memories that may answer a question, None for none.

    `whole` reads all of their texts, as they were, in the place of the stubs.
    """
    words = {match[0].casefold() for match in WORD.finditer(question)}
    asked = " or ".join(f'"{word}"' for word in sorted(words - STOP_WORDS or words))
    if not asked:
        return None
    archived = rows.exclude(archived_at=None)
    best = (
        Memory.objects.filter(Exists(archived.filter(id=OuterRef("id"))), archived_at__isnull=False)
        .extra(where=[_SHARED], params=[asked])  # noqa: S610 - a constant; the words travel as a parameter
        .annotate(rank=RawSQL(_RANK, [asked]))  # noqa: S611 - as above
        .order_by("-rank", "id")
        .values_list("id", flat=True)[:_MOST]
    )
    states = cast("list[Memory | MemoryState]", list(archived.filter(id__in=list(best)).order_by("number")))
    if not states:
        return None
    if whole:
        states_complete(states)
    return index_apart(concepts=len(space.dimensions), memory_ids=[], more=states_indexed(states, space=space))
