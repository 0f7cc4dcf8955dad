from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.kse import ConceptStore
from apps.memory.models import Memory
from apps.memory.selectors.contexts import context_get, dimensions_of
from apps.memory.services.contexts import context_update
from tests.contracts.kse import UNKNOWN, call, error, expire, model, remember, trash
from tests.factories.vectors import concepts_of

DIMENSIONS = [
    {"name": "urgency", "description": "How soon it must be dealt with"},
    {"name": "cost", "description": "How expensive it is"},
]


def space(**dimensions: Any) -> Any:
    return model("ConceptualSpace")(dimensions=dimensions)


@pytest.fixture
def store(acme: Organization) -> ConceptStore:
    """Two dimensions, so that places can be written down."""
    with organization_scope(acme.id):
        context_update(dimensions=DIMENSIONS, now=timezone.now())
    return ConceptStore(acme.id)


def place(store: ConceptStore, memory_id: object, **dimensions: float) -> None:
    assert call(store.store_conceptual_dimensions, str(memory_id), space(**dimensions)) is True


def test_places_are_the_sdks_spaces_over_the_contexts_dimensions(acme: Organization, store: ConceptStore) -> None:
    memory_id = remember(acme, "The server burns, come at once.")
    place(store, memory_id, cost=0.3, urgency=0.7)
    found = call(store.get_conceptual_dimensions, str(memory_id))
    assert found == model("ConceptualSpace")(
        dimensions={"urgency": 0.7, "cost": 0.3},
        domain="general",
        dimension_descriptions={row["name"]: row["description"] for row in DIMENSIONS},
    )
    with organization_scope(acme.id):
        assert list(concepts_of(memory_id)) == pytest.approx([0.7, 0.3])
    found.dimensions["urgency"] = 0.0
    assert call(store.get_conceptual_dimensions, str(memory_id)).dimensions["urgency"] == 0.7


def test_a_stored_memory_has_its_place_in_the_domain(acme: Organization) -> None:
    memory_id = remember(acme, "The server burns, come at once.")
    found = call(ConceptStore(acme.id).get_conceptual_dimensions, str(memory_id))
    with organization_scope(acme.id):
        names = [dimension.name for dimension in dimensions_of(context_get())]
        assert list(found.dimensions) == names
        assert list(found.dimensions.values()) == pytest.approx(list(concepts_of(memory_id)), abs=1e-6)


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [
        ({}, "'urgency' is missing"),
        ({"urgency": 0.5}, "'cost' is missing"),
        ({"urgency": 0.5, "cost": 0.5, "elegance": 0.5}, "'elegance' is unknown"),
        ({"urgency": 1.1, "cost": 0.5}, "'urgency' is a number"),
        ({"urgency": -0.1, "cost": 0.5}, "'urgency' is a number"),
        ({"urgency": float("nan"), "cost": 0.5}, "'urgency' is a number"),
        ({"urgency": True, "cost": 0.5}, "'urgency' is a number"),
        ({"urgency": "0.5", "cost": 0.5}, "'urgency' is a number"),
    ],
)
def test_places_outside_the_space_are_refused(
    acme: Organization, store: ConceptStore, dimensions: Any, message: str
) -> None:
    memory_id = remember(acme, "The server burns, come at once.")
    before = call(store.get_conceptual_dimensions, str(memory_id))
    with pytest.raises(error("ConceptStoreError"), match=message):
        call(store.store_conceptual_dimensions, str(memory_id), space(**dimensions))
    assert call(store.get_conceptual_dimensions, str(memory_id)) == before


def test_other_domains_and_types_are_refused(acme: Organization, store: ConceptStore) -> None:
    memory_id = str(remember(acme, "The server burns, come at once."))
    retail = model("ConceptualSpace")(dimensions={"urgency": 0.5, "cost": 0.5}, domain="retail")
    for wrong, message in (
        (retail, "domain is 'general'"),
        ({"urgency": 0.5}, "ConceptualSpace"),
        (None, "Conceptual"),
    ):
        with pytest.raises(error("ConceptStoreError"), match=message):
            call(store.store_conceptual_dimensions, memory_id, wrong)
        with pytest.raises(error("ConceptStoreError"), match=message):
            call(store.find_similar_concepts, wrong)


@pytest.mark.parametrize("memory_id", [UNKNOWN, "not an id", None])
def test_unknown_memories(store: ConceptStore, memory_id: Any) -> None:
    assert call(store.get_conceptual_dimensions, memory_id) is None
    assert call(store.delete_conceptual_dimensions, memory_id) is False
    with pytest.raises(error("ConceptStoreError"), match="no memory"):
        call(store.store_conceptual_dimensions, memory_id, space(urgency=0.5, cost=0.5))


def test_delete_returns_to_the_place_of_the_text(acme: Organization, store: ConceptStore) -> None:
    memory_id = str(remember(acme, "The server burns, come at once.\n\n" + "Invoices are due in May. " * 60))
    before = call(store.get_conceptual_dimensions, memory_id).dimensions
    place(store, memory_id, urgency=0.0, cost=1.0)
    assert call(store.delete_conceptual_dimensions, memory_id) is True
    # Passages are stored in half precision.
    assert call(store.get_conceptual_dimensions, memory_id).dimensions == pytest.approx(before, abs=2e-3)


def test_similar_places_best_first(acme: Organization, store: ConceptStore) -> None:
    near, far, middle = (str(remember(acme, f"Note number {number}.")) for number in range(3))
    place(store, near, urgency=0.9, cost=0.1)
    place(store, middle, urgency=0.5, cost=0.1)
    place(store, far, urgency=0.0, cost=1.0)
    asked = space(urgency=1.0, cost=0.1)
    everything = call(store.find_similar_concepts, asked, 0.0)
    assert [one for one, _ in everything] == [near, middle, far]
    assert [score for _, score in everything] == pytest.approx([0.95, 0.75, 0.05], abs=1e-6)
    assert [one for one, _ in call(store.find_similar_concepts, asked)] == [near]
    assert [one for one, _ in call(store.find_similar_concepts, asked, 0.7, 1)] == [near]
    # Over the dimensions that are given alone.
    only_cost = call(store.find_similar_concepts, space(cost=1.0), 0.0)
    assert only_cost[0] == (far, pytest.approx(1.0))
    assert only_cost[1][1] == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(
    ("threshold", "limit"), [(-0.1, 10), (1.1, 10), (float("nan"), 10), (None, 10), (0.8, 0), (0.8, 101), (0.8, True)]
)
def test_threshold_and_limit_are_bounded(store: ConceptStore, threshold: Any, limit: Any) -> None:
    with pytest.raises(error("ConceptStoreError"), match=r"threshold|limit"):
        call(store.find_similar_concepts, space(urgency=1.0), threshold, limit)
    with pytest.raises(error("ConceptStoreError"), match="is unknown"):
        call(store.find_similar_concepts, space(luxury=1.0))


def test_statistics_are_computed_by_the_database(acme: Organization, store: ConceptStore) -> None:
    assert call(store.get_dimension_statistics) == {}
    values = [0.2, 0.4, 0.9]
    for number, value in enumerate(values):
        place(store, remember(acme, f"Note number {number}."), urgency=value, cost=0.5)
    trash(acme, hidden := remember(acme, "A trashed note."))
    expire(acme, remember(acme, "An expired note."))
    with CaptureQueriesContext(connection) as queries:
        found = call(store.get_dimension_statistics)
    assert len([query for query in queries if "stddev_pop" in query["sql"]]) == 1
    assert list(found) == ["urgency", "cost"]
    assert found["urgency"] == pytest.approx(
        {"count": 3, "mean": np.mean(values), "std": np.std(values), "min": 0.2, "max": 0.9}, abs=1e-6
    )
    assert found["cost"] == {"count": 3, "mean": 0.5, "std": 0.0, "min": 0.5, "max": 0.5}
    assert call(store.get_conceptual_dimensions, str(hidden)) is None


def test_nothing_of_another_organisation_is_seen_or_changed(
    acme: Organization, globex: Organization, store: ConceptStore
) -> None:
    theirs = str(remember(globex, "The server burns, come at once."))
    before = call(ConceptStore(globex.id).get_conceptual_dimensions, theirs)
    assert call(store.get_conceptual_dimensions, theirs) is None
    assert call(store.find_similar_concepts, space(urgency=0.5), 0.0) == []
    assert call(store.get_dimension_statistics) == {}
    assert call(store.delete_conceptual_dimensions, theirs) is False
    with pytest.raises(error("ConceptStoreError"), match="no memory"):
        call(store.store_conceptual_dimensions, theirs, space(urgency=0.5, cost=0.5))
    assert call(ConceptStore(globex.id).get_conceptual_dimensions, theirs) == before


def test_writing_is_a_change_of_the_memory(acme: Organization, store: ConceptStore) -> None:
    memory_id = remember(acme, "The server burns, come at once.")
    place(store, memory_id, cost=0.3, urgency=0.7)
    with organization_scope(acme.id):
        assert Memory.objects.get().change == 3
    assert call(store.delete_conceptual_dimensions, str(memory_id)) is True
    with organization_scope(acme.id):
        assert Memory.objects.get().change == context_get().change == 4
