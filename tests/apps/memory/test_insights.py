"""Insights over a corpus whose figures can be counted by hand; the context and its dimensions."""

import math
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.models import Memory
from tests.apps.memory.conftest import Search, Store
from tests.factories.vectors import concepts_of

URL = "/api/v1/memory/insights"
CONTEXT = "/api/v1/memory/context"


def insights(client: APIClient) -> dict[str, Any]:
    answer = client.get(URL)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def ids_of(client: APIClient, **query: Any) -> set[str]:
    answer = client.get("/api/v1/memory", query)
    assert answer.status_code == 200, answer.content
    assert answer.json()["total"] == client.get("/api/v1/memory/facets", query).json()["total"]
    return {row["memory_id"] for row in answer.json()["results"]}


def test_an_empty_memory_has_empty_insights(client: APIClient) -> None:
    body = insights(client)
    assert (body["total_memories"], body["dominant_concepts"], body["semantic_clusters"]) == (0, [], [])
    assert (body["knowledge_density"], body["knowledge_graph"]) == (0, {"entities": 0, "links": 0})
    assert body["temporal_patterns"]["trend"] is None


def test_figures_are_what_one_counts_by_hand(client: APIClient, store: Store) -> None:
    both = store("We met Priya Raman about EXP-117.", occurred_at="2026-03-02T10:30:00Z")
    one = store("Later Priya Raman left early.", occurred_at="2026-03-02T11:00:00Z")
    other = store("Again EXP-117 and again EXP-117.", occurred_at="2026-03-09T10:59:00Z")
    store("Nothing named in here.", occurred_at="2026-03-10T00:00:00Z")
    body = insights(client)
    assert body["total_memories"] == 4
    concepts = {row["concept"]: row for row in body["dominant_concepts"]}
    assert set(concepts) == {"Priya Raman", "EXP-117"}
    idf = math.log(1 + 4 / 2)
    weights = {"Priya Raman": 2 * idf, "EXP-117": (1 + 1 + math.log(2)) * idf}
    for name, weight in weights.items():
        assert concepts[name]["weight"] == pytest.approx(weight / sum(weights.values()), abs=1e-6)
        assert concepts[name]["count"] == 2
    assert concepts["EXP-117"]["memory_ids"] == [other, both]
    assert sorted(concepts["Priya Raman"]["memory_ids"]) == sorted([both, one])
    assert body["knowledge_graph"] == {"entities": 2, "links": 1}
    assert body["knowledge_density"] == 1
    # Each figure leads to the memories behind it.
    assert ids_of(client, entity_id=concepts["EXP-117"]["entity_id"]) == {other, both}
    assert ids_of(client, hour_of_week=10) == {both, other}
    assert ids_of(client, hour_of_week=24, q="named") == ids_of(client, hour_of_week=24)
    assert len(ids_of(client, hour_of_week=24)) == 1
    assert ids_of(client, hour_of_week=12) == set()
    days = {row["date"]: row["count"] for row in body["temporal_patterns"]["by_day"]}
    assert days == {"2026-03-02": 2, "2026-03-09": 1, "2026-03-10": 1}
    hours = body["temporal_patterns"]["by_hour_of_week"]
    # Monday 10 o'clock, Monday 11 o'clock, Tuesday 0 o'clock.
    assert (len(hours), hours[10], hours[11], hours[24], sum(hours)) == (168, 2, 1, 1, 4)


def test_clusters_separate_topics_and_link_to_memories(client: APIClient, store: Store) -> None:
    topics = {
        "weather": [
            "Rain is expected in the north.",
            "Heavy rain and wind in the north.",
            "Sunshine follows the rain.",
        ],
        "invoice": ["The invoice was paid late.", "Please send the invoice again.", "An invoice with a wrong amount."],
    }
    ids = {store(text, memory_type=topic): topic for topic, texts in topics.items() for text in texts}
    clusters = insights(client)["semantic_clusters"]
    assert len(clusters) == 2
    assert sorted(cluster["type"] for cluster in clusters) == ["invoice", "weather"]
    for cluster in clusters:
        assert {ids[exemplar] for exemplar in cluster["exemplar_ids"]} == {cluster["type"]}
        assert cluster["size"] == 3
        of_cluster = ids_of(client, cluster=cluster["id"])
        assert of_cluster == {one for one, topic in ids.items() if topic == cluster["type"]}
    assert ids_of(client, cluster=7) == set()


def test_the_context_tells_its_domain_and_size(client: APIClient, store: Store, acme: Organization) -> None:
    store("We met Priya Raman.")
    body = client.get(CONTEXT).json()
    assert body["memory_context"] == f"org_{acme.id}_context"
    assert body["domain"] == "general"
    assert [row["name"] for row in body["dimensions"]] == [one.name for one in DOMAIN_DIMENSIONS["general"]]
    assert body["counts"] == {"memories": 1, "archived": 0, "trash": 0, "entities": 1}


def test_changing_the_domain_places_every_memory_anew(client: APIClient, store: Store, acme: Organization) -> None:
    for n in range(3):
        store(f"Number {n}: an elegant, minimal chair.")
    answer = client.patch(CONTEXT, {"domain": "retail"}, format="json")
    assert answer.status_code == 200
    with organization_scope(acme.id):
        placed = [concepts_of(memory.id) for memory in Memory.objects.order_by("id")]
    assert {len(one) for one in placed} == {len(DOMAIN_DIMENSIONS["retail"])}
    fresh = store("Number 0: an elegant, minimal chair.")
    with organization_scope(acme.id):
        assert np.allclose(concepts_of(fresh), placed[0], atol=1e-3)


def test_dimensions_of_ones_own(client: APIClient, store: Store, search: Search) -> None:
    sweet, salty = store("Honey, sugar and cake."), store("Sea salt and anchovies.")
    dimensions = [{"name": "sweetness", "description": "How sweet the food is"}]
    assert client.patch(CONTEXT, {"dimensions": dimensions}, format="json").json()["dimensions"] == dimensions
    found = [row["memory_id"] for row in search("very sweet food", search_type="conceptual")]
    assert sorted(found) == sorted([sweet, salty])
    assert client.patch(CONTEXT, {"dimensions": []}, format="json").json()["dimensions"][0]["name"] == "urgency"


@pytest.mark.parametrize(
    "body",
    [
        {"domain": "astrology"},
        {"domain": 7},
        {"dimensions": "x"},
        {"dimensions": [{"name": "Bad Name", "description": "xxx"}]},
        {"dimensions": [{"name": "a", "description": "x"}]},
        {"dimensions": [{"name": "a", "description": "xxx"}] * 2},
        {"dimensions": [{"name": f"a{n}", "description": "xxx"} for n in range(17)]},
        {"status": "deleted"},
    ],
)
def test_bad_changes_of_the_context(body: dict[str, Any], client: APIClient) -> None:
    before = client.get(CONTEXT).json()
    assert client.patch(CONTEXT, body, format="json").status_code == 400
    assert client.get(CONTEXT).json() == before
