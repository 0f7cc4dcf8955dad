from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.kse import GraphStore
from apps.memory.models import Entity, Relation
from tests.contracts.kse import call, error, expire, remember, trash


@pytest.fixture
def store(acme: Organization) -> GraphStore:
    return GraphStore(acme.id)


def create(store: GraphStore, *names: str) -> None:
    for name in names:
        assert call(store.create_node, name, [], {}) is True


def ids(nodes: list[dict[str, Any]] | None) -> list[str] | None:
    return None if nodes is None else [node["id"] for node in nodes]


def edge(kind: str, direction: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "direction": direction, "properties": properties}


def test_node_is_created_once_and_found_under_every_spelling(store: GraphStore) -> None:
    assert call(store.create_node, "Harbor  Checkout", ["product"], {"owner": "Mira", "tags": ["a"]}) is True
    node = {
        "id": "harbor checkout",
        "labels": ["product"],
        "properties": {"name": "Harbor  Checkout", "owner": "Mira", "tags": ["a"]},
    }
    assert call(store.get_node, "harbor checkout") == call(store.get_node, "HARBOR CHECKOUT") == node
    assert call(store.create_node, "harbor checkout", [], {"owner": "Noor"}) is False
    assert call(store.get_node, "harbor checkout") == node
    assert call(store.get_node, "harbor") is None


def test_addresses_and_handles_keep_their_spelling(store: GraphStore) -> None:
    create(store, "_Mira@Harbor.example", "@Noor_")
    assert call(store.get_node, "_mira@harbor.example")["id"] == "_mira@harbor.example"
    assert call(store.get_node, "@noor_")["id"] == "@noor_"
    assert call(store.get_node, "mira@harbor.example") is None


def test_entities_that_memories_name_are_nodes(acme: Organization, store: GraphStore) -> None:
    remember(acme, "We met Mira Castellan in Oslo about EXP-117.")
    assert call(store.get_node, "exp-117") == {
        "id": "exp-117", "labels": ["identifier"], "properties": {"name": "EXP-117"},
    }  # fmt: skip


def test_update_merges_and_renames(store: GraphStore) -> None:
    call(store.create_node, "Harbor", [], {"owner": "Mira", "state": "old"})
    assert call(store.update_node, "HARBOR", {"name": "The Harbor", "state": "new"}) is True
    assert call(store.get_node, "harbor")["properties"] == {"name": "The Harbor", "owner": "Mira", "state": "new"}
    with pytest.raises(error("GraphStoreError"), match="no node 'pier'"):
        call(store.update_node, "pier", {})


def test_what_is_given_and_returned_is_a_copy(store: GraphStore) -> None:
    properties = {"inner": {"list": [1]}}
    call(store.create_node, "Harbor", [], properties)
    call(store.get_node, "harbor")["properties"]["inner"]["list"].append(2)
    assert properties == {"inner": {"list": [1]}}
    assert call(store.get_node, "harbor")["properties"]["inner"] == {"list": [1]}


@pytest.mark.parametrize(
    ("node_id", "labels", "properties"),
    [
        ("", [], {}),
        ("...", [], {}),
        ("x" * 201, [], {}),
        ("nul\x00", [], {}),
        ("half\ud800", [], {}),
        (7, [], {}),
        ("pier", ["one", "two"], {}),
        ("pier", ["x" * 21], {}),
        ("pier", [7], {}),
        ("pier", "name", {}),
        ("pier", [], {"when": object()}),
        ("pier", [], {"number": float("nan")}),
        ("pier", [], {"text": "nul\x00"}),
        ("pier", [], {"text": "half\ud800"}),
        ("pier", [], {"text": "x" * 20_000}),
        ("pier", [], {"name": ""}),
        ("pier", [], {"name": 7}),
        ("pier", [], []),
    ],
)
def test_nodes_that_cannot_be_stored_are_refused(
    acme: Organization, store: GraphStore, node_id: Any, labels: Any, properties: Any
) -> None:
    with pytest.raises(error("GraphStoreError")):
        call(store.create_node, node_id, labels, properties)
    with organization_scope(acme.id):
        assert not Entity.objects.exists()


def test_delete_takes_relations_and_mentions_but_no_memories(acme: Organization, store: GraphStore) -> None:
    memory_id = remember(acme, "We met Mira Castellan in Oslo about EXP-117.")
    call(store.create_relationship, "EXP-117", "Mira Castellan", "owned_by")
    assert call(store.delete_node, "EXP-117") is True
    assert call(store.delete_node, "EXP-117") is False
    assert "exp-117" not in (ids(call(store.get_neighbors, "Mira Castellan")) or [])
    with organization_scope(acme.id):
        assert not Relation.objects.exists()
    trash(acme, memory_id)


def test_relations_have_a_direction_a_type_and_properties(store: GraphStore) -> None:
    create(store, "Harbor", "Mira")
    assert call(store.create_relationship, "harbor", "MIRA", "owned_by", {"since": 2024}) is True
    assert call(store.create_relationship, "harbor", "mira", "owned_by", {"since": 1999}) is False
    assert call(store.create_relationship, "harbor", "mira", "named_by") is True
    out = call(store.get_neighbors, "harbor")
    assert [(one["id"], one["relationship"]) for one in out] == [
        ("mira", edge("named_by", "out")),
        ("mira", edge("owned_by", "out", since=2024)),
    ]
    (back,) = call(store.get_neighbors, "mira", ["owned_by"])
    assert back == {
        "id": "harbor",
        "labels": ["name"],
        "properties": {"name": "Harbor"},
        "relationship": edge("owned_by", "in", since=2024),
    }
    assert call(store.delete_relationship, "mira", "harbor", "owned_by") is False
    assert call(store.delete_relationship, "harbor", "mira", "owned_by") is True
    assert call(store.delete_relationship, "harbor", "mira", "owned_by") is False
    assert ids(call(store.get_neighbors, "harbor", ["owned_by", "named_by"])) == ["mira"]
    assert call(store.get_neighbors, "harbor", []) == []


@pytest.mark.parametrize(
    ("target", "kind", "properties"),
    [
        ("pier", "leads_to", None),
        ("harbor", "leads_to", None),
        ("mira", "mentioned_with", None),
        ("mira", "", None),
        ("mira", "x" * 101, None),
        ("mira", "leads_to", {"x": float("inf")}),
    ],
)
def test_relations_that_cannot_be_stated_are_refused(
    acme: Organization, store: GraphStore, target: str, kind: str, properties: Any
) -> None:
    create(store, "Harbor", "Mira")
    with pytest.raises(error("GraphStoreError")):
        call(store.create_relationship, "harbor", target, kind, properties)
    with organization_scope(acme.id):
        assert not Relation.objects.exists()


def test_co_mentions_are_neighbours_strongest_first(acme: Organization, store: GraphStore) -> None:
    remember(acme, "See EXP-1 and EXP-2 and EXP-3.")
    remember(acme, "See EXP-1 and EXP-3 again.")
    remember(acme, "Only EXP-4 here, said EXP-9.")
    expected = [
        ("exp-3", edge("mentioned_with", "both", memories=2)),
        ("exp-2", edge("mentioned_with", "both", memories=1)),
    ]
    for kinds in (None, ["mentioned_with"]):
        found = call(store.get_neighbors, "EXP-1", kinds)
        assert [(one["id"], one["relationship"]) for one in found] == expected
    assert call(store.get_neighbors, "EXP-1", ["other"]) == []
    assert call(store.get_neighbors, "EXP-77") == []


@pytest.mark.parametrize("hide", [trash, expire])
def test_hidden_memories_join_nothing(acme: Organization, store: GraphStore, hide: Any) -> None:
    memory_id = remember(acme, "See EXP-1 and EXP-2.")
    assert ids(call(store.find_path, "EXP-1", "EXP-2")) == ["exp-1", "exp-2"]
    hide(acme, memory_id)
    assert call(store.get_neighbors, "EXP-1") == []
    assert call(store.find_path, "EXP-1", "EXP-2") is None


def test_path_runs_over_relations_both_ways_and_over_memories(acme: Organization, store: GraphStore) -> None:
    create(store, "Harbor", "Mira")
    remember(acme, "See EXP-1 and EXP-2.")
    call(store.create_relationship, "Mira", "Harbor", "owns", {"since": 2024})
    call(store.create_relationship, "Mira", "EXP-1", "wrote")
    path = call(store.find_path, "Harbor", "EXP-2")
    assert [(one["id"], one.get("relationship")) for one in path] == [
        ("harbor", None),
        ("mira", edge("owns", "in", since=2024)),
        ("exp-1", edge("wrote", "out")),
        ("exp-2", edge("mentioned_with", "both")),
    ]
    assert ids(call(store.find_path, "EXP-2", "Harbor")) == ["exp-2", "exp-1", "mira", "harbor"]


def test_path_is_a_shortest_one_and_prefers_relations(acme: Organization, store: GraphStore) -> None:
    """The long way of relations is stated first; a memory is the short cut."""
    create(store, "A1", "B1", "C1", "D1")
    for source, target in (("A1", "B1"), ("B1", "C1"), ("C1", "D1")):
        call(store.create_relationship, source, target, "next")
    assert ids(call(store.find_path, "A1", "D1")) == ["a1", "b1", "c1", "d1"]
    remember(acme, "See EXP-1 and EXP-2.")
    for one in ("EXP-1", "EXP-2"):
        call(store.create_relationship, one, "D1", "near")
    call(store.create_relationship, "EXP-2", "EXP-1", "before")
    assert ids(call(store.find_path, "C1", "EXP-1")) == ["c1", "d1", "exp-1"]
    (_, step) = call(store.find_path, "EXP-1", "EXP-2")
    assert step["relationship"] == edge("before", "in")
    call(store.delete_relationship, "EXP-2", "EXP-1", "before")
    (_, step) = call(store.find_path, "EXP-1", "EXP-2")
    assert step["relationship"] == edge("mentioned_with", "both")
    call(store.create_relationship, "A1", "EXP-1", "saw")
    assert ids(call(store.find_path, "A1", "EXP-2")) == ["a1", "exp-1", "exp-2"]


def test_path_is_no_longer_than_asked(store: GraphStore) -> None:
    names = [f"Stop {number}" for number in range(8)]
    create(store, *names)
    for source, target in pairwise(names):
        call(store.create_relationship, source, target, "next")
    for depth in range(1, 7):
        assert len(call(store.find_path, names[0], names[depth], depth)) == depth + 1
        assert call(store.find_path, names[0], names[depth + 1], depth) is None
    assert call(store.find_path, names[0], names[4]) is None
    assert ids(call(store.find_path, names[0], names[0])) == ["stop 0"]
    assert call(store.find_path, names[0], "nowhere") is None


@pytest.mark.parametrize("depth", [0, 7, -1, 2.0, True, None])
def test_depth_is_bounded(store: GraphStore, depth: Any) -> None:
    create(store, "Harbor", "Mira")
    with pytest.raises(error("GraphStoreError"), match="max_depth"):
        call(store.find_path, "harbor", "mira", depth)


def test_path_is_one_statement_and_survives_circles(acme: Organization, store: GraphStore) -> None:
    names = [f"Ring {number}" for number in range(12)]
    create(store, *names, "Island")
    for number, name in enumerate(names):
        for step in (1, 2, 3):
            call(store.create_relationship, name, names[(number + step) % 12], "next")
    with CaptureQueriesContext(connection) as queries:
        assert len(call(store.find_path, names[0], names[6])) == 3
    assert sum("RECURSIVE" in query["sql"] for query in queries) == 1
    assert call(store.find_path, names[0], "island", 6) is None


def test_nothing_of_another_organisation_is_seen_or_changed(
    acme: Organization, globex: Organization, store: GraphStore
) -> None:
    theirs = GraphStore(globex.id)
    remember(globex, "See EXP-1 and EXP-2.")
    call(theirs.create_relationship, "EXP-1", "EXP-2", "before", {"secret": True})
    before = (call(theirs.get_node, "EXP-1"), call(theirs.get_neighbors, "EXP-1"))
    assert call(store.get_node, "EXP-1") is None
    assert call(store.get_neighbors, "EXP-1") == []
    assert call(store.find_path, "EXP-1", "EXP-2") is None
    assert call(store.delete_relationship, "EXP-1", "EXP-2", "before") is False
    assert call(store.delete_node, "EXP-1") is False
    for refused in (
        (store.update_node, "EXP-1", {"x": 1}),
        (store.create_relationship, "EXP-1", "EXP-2", "before"),
    ):
        with pytest.raises(error("GraphStoreError"), match="no node"):
            call(*refused)
    assert call(store.create_node, "EXP-1", ["ours"], {}) is True
    assert call(store.delete_node, "EXP-1") is True
    assert (call(theirs.get_node, "EXP-1"), call(theirs.get_neighbors, "EXP-1")) == before
    assert len(before[1]) == 2


def test_queries_are_not_run(store: GraphStore) -> None:
    with pytest.raises(error("GraphStoreError"), match="not run"):
        call(store.execute_query, "MATCH (n) DETACH DELETE n")
