"""What it costs to look for pairs to decide about, for each memory that is stored: in small memories and in large ones.

The floor is what storing the same notes costs, the models' reading included. The notes that are there already borrow
what models would read, as in `tests.bench.speed`; those that are timed are read. In the end come near duplicates of one
note, each of which is near to all others.
"""

import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import MemoryContext, Review, ReviewProgress
from apps.memory.services.memories import memory_store
from apps.memory.services.reviews import reviews_find
from apps.memory.types import StoreItem
from tests.bench.notes import notes
from tests.bench.results import Speed
from tests.bench.speed import fill, understood_of

SIZES = (2_000, 20_000)
ALIKE = 20_000
_TIMED = 192
_UNDERSTOOD = 500


def measure_reviews(organization: Organization, sizes: Sequence[int] = SIZES, alike: int = ALIKE) -> list[Speed]:
    """Fill an empty organisation step by step, and store some more notes at each size; then add near duplicates."""
    rows = notes(max(sizes) + len(sizes) * _TIMED)
    found = []
    with organization_scope(organization.id):
        understood = understood_of(_UNDERSTOOD)
        stored = 0
        for size in sizes:
            fill(list(islice(rows, size - stored)), understood, first=stored)
            found.append(_measured(organization, list(islice(rows, _TIMED)), f"{size:,} notes"))
            stored = size + _TIMED
        copies = _copies(alike + _TIMED)
        # The models read the first note first: all borrow what they read of that one.
        fill(copies[:alike], understood[:1], first=0)
        found.append(_measured(organization, copies[alike:], f"{alike:,} near duplicates"))
    return found


def _copies(count: int) -> list[dict[str, Any]]:
    (first,) = notes(1)
    return [
        {**first, "content": f"{first['content']} Ticket {number}.", "external_id": f"copy-{number}"}
        for number in range(count)
    ]


def _measured(organization: Organization, rows: Sequence[dict[str, Any]], among: str) -> Speed:
    _seen()
    storing = _store(organization, rows)
    began = time.perf_counter()
    reviews_find()
    finding = (time.perf_counter() - began) * 1_000 / len(rows)
    name = f"looking for reviews among {among}"
    return Speed(name, "ms/note", finding, "storing them", storing, finding / storing)


def _seen() -> None:
    """Let the search for pairs begin after what is there, which the database knows the size of."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE memory_memory, memory_chunk, memory_passagevector, memory_mention")
    Review.objects.all().delete()
    change = MemoryContext.objects.values_list("change", flat=True).get()
    ReviewProgress.objects.update_or_create(id=1, defaults={"change": change + 1, "number": 0})


def _store(organization: Organization, rows: Sequence[dict[str, Any]]) -> float:
    """Store notes one by one, and return how many milliseconds each took."""
    began = time.perf_counter()
    for row in rows:
        memory_store(organization_id=organization.id, item=StoreItem(**row), user_id=None, now=timezone.now())
    return (time.perf_counter() - began) * 1_000 / len(rows)
