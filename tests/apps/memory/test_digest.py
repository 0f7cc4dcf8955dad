"""What changed since a moment, in short."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory
from apps.memory.selectors.differences import diff_page
from apps.memory.services.purging import memories_purge
from apps.memory.services.reviews import reviews_find
from tests.apps.memory.conftest import Store

URL = "/api/v1/memory/digest"
NOTE = "EXP-117: Priya Raman tested a discount of twenty percent on the annual plan, and revenue stayed level."


def digest(client: APIClient, since: datetime, **query: Any) -> dict[str, Any]:
    answer = client.get(URL, {"since": since.isoformat(), **query})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [one["memory_id"] for one in items]


@pytest.mark.usefixtures("in_acme")
def test_each_kind_of_change_is_counted_and_named(client: APIClient, store: Store) -> None:
    kept, edited, replaced, trashed, erased, expired = (store(f"Number {place}.") for place in range(6))
    before = store("In the trash by then.")
    client.delete(f"/api/v1/memory/{before}")
    since = timezone.now()
    assert not any(digest(client, since)["counts"].values())
    new = store(NOTE)
    client.patch(f"/api/v1/memory/{edited}", {"content": "Number 1, edited."}, format="json")
    client.post(f"/api/v1/memory/{replaced}/supersede", {"by": kept}, format="json")
    client.delete(f"/api/v1/memory/{trashed}")
    client.post(f"/api/v1/memory/{before}/restore")
    client.delete(f"/api/v1/memory/{erased}")
    memories_purge(memory_ids=[UUID(erased)], now=timezone.now())
    Memory.objects.filter(id=expired).update(expires_at=timezone.now())
    found = digest(client, since)
    counts = found["counts"]
    assert counts == {
        "added": 2, "changed": 1, "superseded": 1, "trashed": 1, "expired": 1, "erased": 1,
        "new_entities": counts["new_entities"], "decided_reviews": 0,
    }  # fmt: skip
    assert [(one["memory_id"], one["cause"]) for one in found["added"]] == [(before, "restored"), (new, "stored")]
    assert [(one["memory_id"], one["changed"]) for one in found["changed"]] == [(edited, ["content"])]
    assert [(one["memory_id"], one["superseded_by"]) for one in found["superseded"]] == [(replaced, kept)]
    assert (ids(found["trashed"]), ids(found["expired"])) == ([trashed], [expired])
    assert {"Priya Raman", "EXP-117"} <= {one["name"] for one in found["new_entities"]}
    assert counts["new_entities"] == len(found["new_entities"])
    until = timezone.now()
    page = diff_page(reader=EVERYTHING, since=since, until=until, memory_type=None, cursor=None, limit=100)
    listed = sum(counts[name] for name in ("added", "changed", "superseded", "trashed", "expired", "erased"))
    assert len(page["results"]) == listed


@pytest.mark.usefixtures("in_acme")
def test_a_window_in_the_past_and_one_of_an_entity(client: APIClient, store: Store) -> None:
    begin = timezone.now()
    first = store(NOTE)
    middle = timezone.now()
    store("The tea arrives on Mondays.")
    second = store("Priya Raman is on holiday.")
    past = digest(client, begin, until=middle.isoformat())
    assert ids(past["added"]) == [first]
    (entity,) = client.get("/api/v1/memory/entities", {"q": "Priya Raman"}).json()["results"]
    found = digest(client, begin, entity=entity["id"])
    assert (ids(found["added"]), found["entity"]["name"]) == ([second, first], "Priya Raman")
    assert found["counts"]["added"] == 2
    client.patch(f"/api/v1/memory/{second}", {"content": "Somebody is on holiday."}, format="json")
    # Named when it was as it was: it is part of what changed about the name.
    assert ids(digest(client, middle, entity=entity["id"])["added"]) == []
    after = timezone.now()
    client.patch(f"/api/v1/memory/{first}", {"content": "EXP-117 ended."}, format="json")
    assert ids(digest(client, after, entity=entity["id"])["changed"]) == [first]


@pytest.mark.usefixtures("in_acme")
def test_items_are_capped_and_totals_are_not(client: APIClient, store: Store) -> None:
    begin = timezone.now()
    stored = [store(f"Number {place}.") for place in range(4)]
    found = digest(client, begin, limit=2)
    assert (ids(found["added"]), found["counts"]["added"]) == ([stored[3], stored[2]], 4)
    assert digest(client, begin, limit=0)["added"] == []


@pytest.mark.usefixtures("in_acme")
def test_decisions_are_part_of_it(client: APIClient, store: Store) -> None:
    begin = timezone.now()
    for _ in range(2):
        store(NOTE)
    reviews_find()
    (review,) = client.get("/api/v1/memory/reviews").json()["results"]
    client.post(f"/api/v1/memory/reviews/{review['review_id']}/decide", {"decision": "merge"}, format="json")
    (decided,) = digest(client, begin)["decided_reviews"]
    assert (decided["review_id"], decided["status"]) == (review["review_id"], "merged")


@pytest.mark.parametrize(
    "query",
    [{}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}, {"since": "2026-01-01T00:00:00Z", "limit": 101},
     {"since": "2026-01-01T00:00:00Z", "entity": "x"},
     {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(query: dict[str, Any], client: APIClient) -> None:
    assert client.get(URL, query).status_code == 400


def test_an_unknown_entity_is_not_found(client: APIClient) -> None:
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert client.get(URL, {"since": since, "entity": str(UUID(int=1))}).json()["code"] == "entity_not_found"
