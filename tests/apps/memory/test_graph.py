"""The graph over a corpus whose edges can be counted by hand."""

import math
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.memory.adapters.kse import GraphStore
from tests.apps.memory.conftest import Store
from tests.contracts.kse import call

URL = "/api/v1/memory/graph"
PATH = "/api/v1/memory/graph/path"
ENTITIES = "/api/v1/memory/entities"


def get(client: APIClient, url: str = URL, **query: Any) -> dict[str, Any]:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def names(body: dict[str, Any]) -> list[str]:
    return [node["name"] for node in body["nodes"]]


def edges(body: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the edges by the names of their ends and their kind."""
    known = {node["id"]: node["name"] for node in body["nodes"]}
    found = {}
    for edge in body["edges"]:
        ends = [known[edge["source"]], known[edge["target"]]]
        found[(*(sorted(ends) if edge["kind"] == "mentioned_with" else ends), edge["kind"])] = edge
    return found


@pytest.fixture
def corpus(store: Store) -> list[str]:
    """Five memories: 1 and 2 meet twice, 2 and 3 once, 3 and 4 once, 9 is alone."""
    texts = [
        "EXP-1 and EXP-2.",
        "EXP-1, EXP-1 again, and EXP-2.",
        "EXP-2 and EXP-3.",
        "EXP-3 and EXP-4.",
        "EXP-9 is alone.",
    ]
    return [store(text) for text in texts]


def test_the_strongest_part_holds_the_most_mentioned(client: APIClient, corpus: list[str]) -> None:
    body = get(client)
    assert [(node["name"], node["mentions"], node["memories"], node["kind"]) for node in body["nodes"]] == [
        ("EXP-1", 3, 2, "identifier"),
        ("EXP-2", 3, 3, "identifier"),
        ("EXP-3", 2, 2, "identifier"),
        ("EXP-4", 1, 1, "identifier"),
        ("EXP-9", 1, 1, "identifier"),
    ]
    found = edges(body)
    assert list(found) == [
        ("EXP-1", "EXP-2", "mentioned_with"),
        ("EXP-3", "EXP-4", "mentioned_with"),
        ("EXP-2", "EXP-3", "mentioned_with"),
    ]
    weights = [2 * math.log(1 + 5 * 2 / (2 * 3)), math.log(1 + 5 / (2 * 1)), math.log(1 + 5 / (3 * 2))]
    assert [edge["weight"] for edge in body["edges"]] == pytest.approx(weights, abs=1e-6)
    assert [edge["memory_ids"] for edge in body["edges"]] == [[corpus[1], corpus[0]], [corpus[3]], [corpus[2]]]
    assert names(get(client, limit=2)) == ["EXP-1", "EXP-2"]


def test_evidence_are_the_latest_five_memories(client: APIClient, store: Store) -> None:
    stored = [store(f"EXP-1 and EXP-2, note {number}.") for number in range(7)]
    (edge,) = get(client)["edges"]
    assert edge["memory_ids"] == stored[:1:-1]


def test_around_an_entity_one_goes_step_by_step(client: APIClient, corpus: list[str]) -> None:
    assert names(get(client, entity="exp-1")) == ["EXP-1", "EXP-2"]
    assert names(get(client, entity="EXP-1", depth=2)) == ["EXP-1", "EXP-2", "EXP-3"]
    assert names(get(client, entity=" Exp-1 ", depth=3)) == ["EXP-1", "EXP-2", "EXP-3", "EXP-4"]
    assert names(get(client, entity="EXP-9", depth=3)) == ["EXP-9"]
    # The stronger neighbour comes first: with EXP-1 it is two memories.
    assert names(get(client, entity="EXP-2")) == ["EXP-2", "EXP-1", "EXP-3"]
    assert names(get(client, entity="EXP-2", limit=2)) == ["EXP-2", "EXP-1"]
    assert names(get(client, entity="EXP-2", limit=1)) == ["EXP-2"]
    by_id = get(client)["nodes"][1]["id"]
    assert get(client, entity=by_id) == get(client, entity="EXP-2")


def test_stated_relations_are_edges_of_their_own(client: APIClient, corpus: list[str], acme: Organization) -> None:
    graph = GraphStore(acme.id)
    call(graph.create_node, "Pricing", ["team"], {})
    for source, kind, target in (("EXP-1", "follows", "EXP-2"), ("Pricing", "owns", "EXP-9")):
        assert call(graph.create_relationship, source, target, kind)
    found = edges(get(client, entity="EXP-1"))
    assert set(found) == {("EXP-1", "EXP-2", "follows"), ("EXP-1", "EXP-2", "mentioned_with")}
    stated = found["EXP-1", "EXP-2", "follows"]
    assert (stated["weight"], stated["memory_ids"]) == (1, [corpus[1], corpus[0]])
    body = get(client, entity="EXP-9")
    assert [(node["name"], node["mentions"]) for node in body["nodes"]] == [("EXP-9", 1), ("Pricing", 0)]
    assert edges(body)["Pricing", "EXP-9", "owns"]["memory_ids"] == []
    # A kind leaves out others, but not the entity that was asked for.
    assert names(get(client, entity="EXP-9", kind="team")) == ["EXP-9", "Pricing"]
    assert names(get(client, entity="EXP-9", kind="identifier")) == ["EXP-9"]
    assert names(get(client, entity="EXP-2", kind="team")) == ["EXP-2"]
    assert names(get(client, kind="team")) == []


def test_a_path_tells_the_memories_on_the_way(client: APIClient, corpus: list[str], acme: Organization) -> None:
    body = get(client, PATH, **{"from": "EXP-1", "to": "EXP-4"})
    assert (body["hops"], names(body)) == (3, ["EXP-1", "EXP-2", "EXP-3", "EXP-4"])
    assert [edge["memory_ids"] for edge in body["edges"]] == [[corpus[1], corpus[0]], [corpus[2]], [corpus[3]]]
    assert get(client, PATH, **{"from": "EXP-1", "to": "EXP-9"}) == {"hops": None, "nodes": [], "edges": []}
    call(GraphStore(acme.id).create_relationship, "EXP-9", "EXP-4", "replaces")
    body = get(client, PATH, **{"from": "EXP-1", "to": "EXP-9"})
    assert (body["hops"], names(body)[-2:]) == (4, ["EXP-4", "EXP-9"])
    last = body["edges"][-1]
    assert (last["kind"], last["source"], last["memory_ids"]) == ("replaces", body["nodes"][4]["id"], [])
    same = get(client, PATH, **{"from": "EXP-1", "to": "exp-1"})
    assert (same["hops"], names(same), same["edges"]) == (0, ["EXP-1"], [])


def test_a_path_has_four_hops_at_most(client: APIClient, store: Store) -> None:
    for number in range(6):
        store(f"EXP-{number} and EXP-{number + 1}.")
    assert get(client, PATH, **{"from": "EXP-0", "to": "EXP-4"})["hops"] == 4
    assert get(client, PATH, **{"from": "EXP-0", "to": "EXP-5"})["hops"] is None


def test_a_window_shows_what_was_known_of_a_time(client: APIClient, store: Store) -> None:
    store("Maria Lopez runs Harbor.", occurred_at="2026-01-10T00:00:00Z")
    store("EXP-1 and EXP-2.", occurred_at="2026-02-10T00:00:00Z")
    store("EXP-2 and EXP-3.", occurred_at="2026-03-10T00:00:00Z")
    until_february = get(client, occurred_before="2026-02-01T00:00:00Z")
    assert set(names(until_february)) == {"Maria Lopez", "Harbor"}
    assert ("Maria Lopez", "Harbor", "runs") in edges(until_february)
    february = get(client, occurred_after="2026-02-01T00:00:00Z", occurred_before="2026-03-01T00:00:00Z")
    assert set(edges(february)) == {("EXP-1", "EXP-2", "mentioned_with")}
    assert set(names(february)) == {"EXP-1", "EXP-2"}
    around = get(client, entity="EXP-2", occurred_before="2026-03-01T00:00:00Z")
    assert set(names(around)) == {"EXP-1", "EXP-2"}
    # A relation counts with the sentence that states it.
    later = get(client, entity="Harbor", occurred_after="2026-02-01T00:00:00Z")
    assert later["edges"] == []


def test_what_is_in_the_trash_joins_and_names_nothing(client: APIClient, corpus: list[str], acme: Organization) -> None:
    client.delete(f"/api/v1/memory/{corpus[3]}")
    assert names(get(client)) == ["EXP-1", "EXP-2", "EXP-3", "EXP-9"]
    assert names(get(client, entity="EXP-3")) == ["EXP-3", "EXP-2"]
    assert [row["name"] for row in get(client, ENTITIES)["results"]] == ["EXP-1", "EXP-2", "EXP-3", "EXP-9"]
    assert get(client, ENTITIES)["total"] == 4
    answer = client.get(URL, {"entity": "EXP-4"})
    assert (answer.status_code, answer.json()["code"]) == (404, "entity_not_found")
    assert client.get(PATH, {"from": "EXP-1", "to": "EXP-4"}).status_code == 404
    assert call(GraphStore(acme.id).get_node, "EXP-4") is None
    client.post(f"/api/v1/memory/{corpus[3]}/restore")
    assert call(GraphStore(acme.id).get_node, "EXP-4")["id"] == "exp-4"
    assert names(get(client, entity="EXP-3")) == ["EXP-3", "EXP-4", "EXP-2"]


def test_a_stated_entity_stays_without_memories(client: APIClient, corpus: list[str], acme: Organization) -> None:
    call(GraphStore(acme.id).create_relationship, "EXP-4", "EXP-3", "follows")
    client.delete(f"/api/v1/memory/{corpus[3]}")
    body = get(client, entity="EXP-4")
    assert [(node["name"], node["memories"]) for node in body["nodes"]] == [("EXP-4", 0), ("EXP-3", 1)]
    assert set(edges(body)) == {("EXP-4", "EXP-3", "follows")}


def test_entities_come_in_pages(client: APIClient, corpus: list[str], store: Store) -> None:
    store("We met Priya Raman.")
    first = get(client, ENTITIES, limit=4)
    second = get(client, ENTITIES, limit=4, cursor=first["next"])
    assert [row["name"] for row in first["results"] + second["results"]] == [
        "EXP-1", "EXP-2", "EXP-3", "EXP-4", "EXP-9", "Priya Raman",
    ]  # fmt: skip
    assert (first["total"], second["next"]) == (6, None)
    assert (first["results"][0]["mentions"], first["results"][0]["memories"]) == (3, 2)
    assert [row["name"] for row in get(client, ENTITIES, q="RAMAN")["results"]] == ["Priya Raman"]
    assert [row["name"] for row in get(client, ENTITIES, q="exp-", kind="name")["results"]] == []
    assert get(client, ENTITIES, q="%")["total"] == 0


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (URL, {"depth": "0"}),
        (URL, {"depth": "4"}),
        (URL, {"depth": "x"}),
        (URL, {"limit": "0"}),
        (URL, {"limit": "501"}),
        (URL, {"entity": ""}),
        (URL, {"entity": "x" * 201}),
        (URL, {"entity": "a\x00b"}),
        (URL, {"kind": "x" * 21}),
        (URL, {"organization_id": "x"}),
        (PATH, {}),
        (PATH, {"from": "EXP-1"}),
        (PATH, {"from": "EXP-1", "to": ""}),
        (PATH, {"from": "EXP-1", "to": "EXP-2", "depth": "9"}),
        (ENTITIES, {"q": "x" * 201}),
        (ENTITIES, {"cursor": "x"}),
        (ENTITIES, {"limit": "101"}),
    ],
)
def test_odd_queries_are_refused(url: str, query: dict[str, Any], client: APIClient, corpus: list[str]) -> None:
    assert client.get(url, query).status_code == 400


@pytest.mark.parametrize("entity", ["...", "nobody", "00000000-0000-0000-0000-000000000000", "a\u2028b", "'; --", "🙂"])
def test_unknown_entities_are_not_found(entity: str, client: APIClient, corpus: list[str]) -> None:
    for url, query in ((URL, {"entity": entity}), (PATH, {"from": entity, "to": entity})):
        answer = client.get(url, query)
        assert (answer.status_code, answer.json()["code"]) == (404, "entity_not_found")


def test_an_empty_memory_has_an_empty_graph(client: APIClient) -> None:
    assert get(client) == {"nodes": [], "edges": []}
    assert get(client, ENTITIES) == {"results": [], "next": None, "total": 0}
