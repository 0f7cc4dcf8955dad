"""Insights of a part and of the past, what is kept between two looks, and the map."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.kse import GraphStore
from apps.memory.models import InsightPart, Memory
from apps.memory.services import insights as service
from tests.apps.memory.conftest import Store
from tests.contracts.kse import call

URL = "/api/v1/memory/insights"
MAP = "/api/v1/memory/map"
TOPICS = {
    "weather": ["Rain is expected in the north.", "Heavy rain and wind in the north.", "Sunshine follows the rain."],
    "invoice": ["The invoice was paid late.", "Please send the invoice again.", "An invoice with a wrong amount."],
}


def get(client: APIClient, url: str = URL, **query: Any) -> dict[str, Any]:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def topics(store: Store) -> dict[str, str]:
    """Memories of two topics: their ids and types."""
    return {store(text, memory_type=topic): topic for topic, texts in TOPICS.items() for text in texts}


def test_a_window_and_types_narrow_every_figure(client: APIClient, store: Store) -> None:
    store("We met Priya Raman about EXP-117.", occurred_at="2026-03-02T10:30:00Z", memory_type="meeting")
    inside = store("Priya Raman and Priya Raman.", occurred_at="2026-03-03T00:00:00Z", memory_type="meeting")
    store("Priya Raman again.", occurred_at="2026-03-04T00:00:00Z", memory_type="meeting")
    store("Priya Raman, a note.", occurred_at="2026-03-03T08:00:00Z", memory_type="note")
    window = {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"}
    body = get(client, **window, memory_types=["meeting"])
    assert body["total_memories"] == 1
    (concept,) = body["dominant_concepts"]
    assert (concept["concept"], concept["weight"], concept["memory_ids"]) == ("Priya Raman", 1, [inside])
    assert body["knowledge_graph"] == {"entities": 1, "links": 0}
    assert body["temporal_patterns"]["by_day"] == [{"date": "2026-03-03", "count": 1, **window}]
    assert body["window"] == window
    assert body["memory_types"] == ["meeting"]
    assert get(client, **window)["total_memories"] == 2
    assert get(client, **window, memory_types=["meeting", "note"])["total_memories"] == 2


def test_every_day_and_trend_leads_to_its_memories(client: APIClient, store: Store) -> None:
    now = timezone.now()
    for days in (1, 2, 3, 29, 31, 46, 70):
        store(f"Day {days}.", occurred_at=(now - timedelta(days=days)).isoformat())
    patterns = get(client)["temporal_patterns"]
    assert [window["count"] for window in patterns["trend_windows"]] == [2, 4]
    assert patterns["trend"] == 1
    for window in (*patterns["by_day"], *patterns["trend_windows"]):
        listed = get(client, "/api/v1/memory", **{end: window[end] for end in ("from", "to")})
        assert listed["total"] == window["count"]
    # The trend looks back from the end of the window, beyond its start.
    end = (now - timedelta(days=15)).isoformat()
    older = get(client, to=end, **{"from": (now - timedelta(days=16)).isoformat()})["temporal_patterns"]
    assert [window["count"] for window in older["trend_windows"]] == [2, 2]
    assert older["by_day"] == []


def test_as_of_counts_what_was_there_then(client: APIClient, store: Store, acme: Organization) -> None:
    first, second, third = (store(f"EXP-{n} and EXP-9.") for n in (1, 2, 3))
    with organization_scope(acme.id):
        start = datetime(2026, 3, 1, tzinfo=UTC)
        for day, memory_id in enumerate((first, second, third)):
            Memory.objects.filter(id=memory_id).update(
                recorded_at=start + timedelta(days=day), revised_at=start + timedelta(days=day)
            )
        Memory.objects.filter(id=first).update(deleted_at=start + timedelta(days=1, hours=12))
        Memory.objects.filter(id=second).update(expires_at=start + timedelta(days=1, hours=18))
    counts = {
        hours: get(client, as_of_recorded=(start + timedelta(hours=hours)).isoformat()) for hours in (-1, 0, 30, 40, 42)
    }
    assert {hours: body["total_memories"] for hours, body in counts.items()} == {-1: 0, 0: 1, 30: 2, 40: 1, 42: 0}
    assert sorted(row["concept"] for row in counts[30]["dominant_concepts"]) == ["EXP-1", "EXP-2", "EXP-9"]
    # Trashed by now, yet it was counted then: the lineage is complete.
    assert counts[0]["dominant_concepts"][0]["memory_ids"] == [first]
    assert counts[0]["as_of_recorded"] == "2026-03-01T00:00:00Z"
    # What will be known is not: a later moment of that clock is now.
    assert get(client, as_of_recorded="2999-01-01T00:00:00Z")["total_memories"] == 1
    assert get(client, as_of="2999-01-01T00:00:00Z")["total_memories"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "yesterday"},
        {"as_of": "2026-03-01T00:00:00"},
        {"as_of": ""},
        {"range": "0d"},
        {"range": "30d", "from": "2026-03-01T00:00:00Z"},
        {"memory_types": "Bad Type"},
        {"memory_types": ""},
        {"from": "0999-01-01T00:00:00Z"},
        {"context": "x"},
    ],
)
def test_odd_queries_are_refused(query: dict[str, Any], client: APIClient) -> None:
    assert client.get(URL, query).status_code == 400


def test_an_empty_window_is_empty(client: APIClient, store: Store) -> None:
    store("EXP-1 and EXP-2.")
    body = get(client, **{"from": "2999-01-01T00:00:00Z", "to": "1000-01-01T00:00:00Z"})
    assert (body["total_memories"], body["dominant_concepts"], body["semantic_clusters"]) == (0, [], [])
    assert get(client, range="9999w")["total_memories"] == 1


def test_relations_count_as_links(client: APIClient, store: Store, acme: Organization) -> None:
    for text in ("EXP-1 and EXP-2.", "EXP-1 and EXP-2 again.", "EXP-3 alone.", "EXP-3, still."):
        store(text)
    assert get(client)["knowledge_graph"] == {"entities": 3, "links": 1}
    assert call(GraphStore(acme.id).create_relationship, "EXP-3", "EXP-1", "follows")
    body = get(client)
    assert body["knowledge_graph"] == {"entities": 3, "links": 2}
    assert body["knowledge_density"] == pytest.approx(2 / 3, abs=1e-6)
    assert call(GraphStore(acme.id).delete_relationship, "EXP-3", "EXP-1", "follows")
    assert get(client)["knowledge_graph"]["links"] == 1


def test_an_unchanged_memory_is_not_counted_again(client: APIClient, topics: dict[str, str]) -> None:
    first = get(client)
    with CaptureQueriesContext(connection) as queries:
        again = get(client)
    assert not [query["sql"] for query in queries if "COPY" in query["sql"] or "memory_chunk" in query["sql"]]
    moment = {"as_of": None, "as_of_recorded": None, "temporal_patterns": None}
    assert {**again, **moment} == {**first, **moment}
    assert first["clusters_as_of"] == first["change"] == len(topics)


def test_every_change_is_seen_at_once(client: APIClient, store: Store, topics: dict[str, str]) -> None:
    assert get(client)["total_memories"] == 6
    gone = next(iter(topics))
    client.delete(f"/api/v1/memory/{gone}")
    body = get(client)
    assert (body["total_memories"], body["clusters_as_of"]) == (5, body["change"])
    assert gone not in str(body)
    store("EXP-1 is new.")
    assert [row["concept"] for row in get(client)["dominant_concepts"]] == ["EXP-1"]


def test_a_memory_that_expires_is_left_out_without_a_change(
    client: APIClient, store: Store, acme: Organization
) -> None:
    store("EXP-1 stays.")
    memory_id = store("EXP-2 goes.", expires_at="2999-01-01T00:00:00Z")
    assert get(client)["total_memories"] == 2
    with organization_scope(acme.id):
        past = timezone.now() - timedelta(seconds=1)
        Memory.objects.filter(id=memory_id).update(expires_at=past)
        assert set(InsightPart.objects.values_list("valid_until", flat=True)) == {datetime(2999, 1, 1, tzinfo=UTC)}
        InsightPart.objects.update(valid_until=past)
    assert get(client)["total_memories"] == 1
    assert len(get(client, MAP)["memory_id"]) == 1


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let six memories count as many: nobody waits for their landscape, and one in three may change unseen."""
    monkeypatch.setattr(service, "WAITED_FOR", 3)
    monkeypatch.setattr(service, "CHANGED_SHARE", 3)


def test_a_large_memory_gets_its_clusters_from_a_job(
    large: None, client: APIClient, store: Store, topics: dict[str, str], run_jobs: Callable[[], int]
) -> None:
    for _ in range(2):
        body = get(client)
        assert (body["semantic_clusters"], body["clusters_as_of"], body["clusters_pending"]) == ([], None, True)
    assert Job.objects.filter(name="memory.landscape").count() == 1
    assert get(client, MAP) == {
        "change": None, "total": 0, "x": [], "y": [], "cluster": [], "memory_id": [], "clusters": [], "pending": True,
    }  # fmt: skip
    assert run_jobs() == 1
    body = get(client)
    assert [cluster["size"] for cluster in body["semantic_clusters"]] == [3, 3]
    assert (body["clusters_as_of"], body["clusters_pending"]) == (6, False)
    # Two changes are bearable, and what is in the trash is gone at once; the third change asks for new clusters.
    gone = [one for one, topic in topics.items() if topic == "weather"][:1]
    client.delete(f"/api/v1/memory/{gone[0]}")
    store("Snow in the north.")
    body = get(client)
    assert (body["clusters_as_of"], body["change"], body["clusters_pending"]) == (6, 8, False)
    assert sorted(cluster["size"] for cluster in body["semantic_clusters"]) == [2, 3]
    assert gone[0] not in str(body)
    drawn = get(client, MAP)
    assert (drawn["change"], drawn["total"], len(drawn["x"]), gone[0] in drawn["memory_id"]) == (6, 5, 5, False)
    store("Hail in the north.")
    assert get(client)["clusters_pending"] is True
    assert run_jobs() == 1
    assert get(client)["clusters_as_of"] == 9
    assert len(get(client, MAP)["x"]) == 7


def test_old_clusters_of_a_large_memory_are_renewed_after_any_change(
    large: None, client: APIClient, store: Store, acme: Organization, topics: dict[str, str], run_jobs: Any
) -> None:
    get(client)
    run_jobs()
    with organization_scope(acme.id):
        InsightPart.objects.update(computed_at=timezone.now() - service.LANDSCAPE_AGE)
    assert get(client)["clusters_pending"] is False
    store("Snow in the north.")
    assert get(client)["clusters_pending"] is True


def test_clusters_of_a_part_are_those_of_the_whole(client: APIClient, topics: dict[str, str]) -> None:
    whole = {cluster["id"]: cluster for cluster in get(client)["semantic_clusters"]}
    (part,) = get(client, memory_types="weather")["semantic_clusters"]
    assert part["id"] in whole
    assert part["size"] == 3
    assert {topics[memory_id] for memory_id in part["exemplar_ids"]} == {"weather"}


def test_the_map_holds_every_memory_once_and_keeps_topics_together(client: APIClient, topics: dict[str, str]) -> None:
    body = get(client, MAP)
    assert sorted(body["memory_id"]) == sorted(topics)
    assert (body["total"], body["change"], body["pending"]) == (6, 6, False)
    assert {(cluster["size"], len(cluster)) for cluster in body["clusters"]} == {(3, 3)}
    labels = dict(zip(body["memory_id"], body["cluster"], strict=True))
    assert {labels[one] == labels[other] for one in topics for other in topics if topics[one] == topics[other]} == {
        True
    }
    assert set(labels.values()) == {cluster["id"] for cluster in body["clusters"]} == {0, 1}
    places = dict(zip(body["memory_id"], zip(body["x"], body["y"], strict=True), strict=True))
    centres = [np.mean([places[one] for one in topics if topics[one] == topic], axis=0) for topic in TOPICS]
    nearest = {
        one: int(np.argmin([np.linalg.norm(np.subtract(places[one], centre)) for centre in centres])) for one in topics
    }
    assert [nearest[one] for one in topics] == [0, 0, 0, 1, 1, 1]
    assert get(client, MAP) == body


def test_the_map_of_nothing(client: APIClient) -> None:
    body = get(client, MAP)
    assert (body["x"], body["clusters"], body["total"], body["change"]) == ([], [], 0, 0)
    assert client.get(MAP, {"limit": "5"}).status_code == 400


def test_a_map_of_more_than_it_shows_is_an_even_sample(
    client: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.memory.engine.clusters.GRAPH_MEMORIES", 4)
    stored = [store(f"Rain in the north, day {number}.") for number in range(8)]
    body = get(client, MAP)
    assert (body["memory_id"], body["total"]) == ([stored[number] for number in (0, 2, 4, 6)], 8)
    assert [cluster["size"] for cluster in body["clusters"]] == [8]


def test_what_is_kept_stays_in_the_organisation(
    client: APIClient, topics: dict[str, str], globex: Organization
) -> None:
    get(client)
    with organization_scope(globex.id):
        assert not InsightPart.objects.exists()
