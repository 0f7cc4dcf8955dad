"""Which pairs of memories are compared: those that a comparison of all with all finds, at a bounded cost."""

import json
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.memory.adapters.vectors import passage_vectors
from apps.memory.engine.ports import Scale
from apps.memory.models import Memory
from apps.memory.selectors import review_candidates
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.review_candidates import candidates_of
from tests.apps.memory.conftest import Store
from tests.bench.notes import notes

MOST = 3


@pytest.fixture
def by_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at meaning alone, and keep few of each passage."""
    monkeypatch.setattr(review_candidates, "_BY_NAMES", 0)
    monkeypatch.setattr(review_candidates, "_BY_MEANING", MOST)


def compared() -> dict[UUID, set[UUID]]:
    """Return what is nearest to each passage when every passage is compared with every other one."""
    epoch = context_get().epoch
    farthest = 1 - Scale(epoch.zero, epoch.unit).cosine(review_candidates._NEAR)
    rows = list(passage_vectors(epoch.id).values_list("chunk__memory", "chunk__ordinal", "embedding"))
    units = np.array([vector for *_, vector in rows], dtype=np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    kept = set(Memory.objects.filter(deleted_at=None, superseded_at=None).values_list("id", flat=True))
    found: dict[UUID, set[UUID]] = {memory_id: set() for memory_id, *_ in rows}
    for (memory_id, ordinal, _), distances in zip(rows, 1 - units @ units.T, strict=True):
        others = [
            (distance, other)
            for distance, (other, *_) in zip(distances, rows, strict=True)
            if other != memory_id and other in kept and distance < farthest
        ]
        if ordinal < review_candidates._PASSAGES:
            found[memory_id] |= {other for _, other in sorted(others)[:MOST]}
    return found


@pytest.mark.usefixtures("in_acme", "by_meaning")
def test_the_pairs_are_those_of_comparing_all_with_all(client: APIClient, store: Store) -> None:
    texts = [row["content"] for row in islice(notes(40), 40)]
    # Two of several passages each, and others that are near them.
    ids = [store(text) for text in (*texts[:20], " ".join(texts[10:30]), " ".join(texts[20:40]))]
    for memory_id in ids[:3]:
        assert client.delete(f"/api/v1/memory/{memory_id}").status_code in {200, 204}
    Memory.objects.filter(id=ids[3]).update(superseded_by=ids[4], superseded_at="2026-03-02T09:00:00Z")
    memories = list(Memory.objects.all())
    wanted = compared()
    assert any(wanted.values())
    assert {key: set(found) for key, found in candidates_of(memories, replacing={}).items()} == {
        key: found for key, found in wanted.items() if found
    }


@pytest.mark.usefixtures("in_acme")
def test_of_many_near_duplicates_few_are_sorted(store: Store) -> None:
    copies = review_candidates._LOOKED_AT + 20
    for number in range(copies):
        store(f"The annual plan is discounted for customers in Europe, as ticket {number} says.")
    with CaptureQueriesContext(connection) as captured:
        found = candidates_of(list(Memory.objects.all()[:1]), replacing={})
    (statement,) = [one["sql"] for one in captured.captured_queries if "<=>" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0]
    (plan,) = json.loads(plan) if isinstance(plan, str) else plan
    ordered = [node["Actual Rows"] for node in nodes(plan["Plan"]) if node["Node Type"] == "Sort"]
    assert 0 < max(ordered) <= review_candidates._LOOKED_AT + 1
    assert len(next(iter(found.values()))) >= review_candidates._BY_MEANING


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]
