"""Texts that say nearly what others say are stored, and told of."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import URL, RunJobs, started

NOTE = (
    "EXP-117: Priya Raman tested a discount of twenty percent on the annual plan among European customers, "
    "and conversion rose while revenue for each account stayed level."
)
NEARLY = NOTE.replace("European", "Nordic")
OTHER = "The redesign of the checkout page was paused because two payment providers changed their certificates."


def stored(client: APIClient, content: str) -> dict[str, Any]:
    answer = client.post("/api/v1/memory/store", {"content": content}, format="json")
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_the_same_text_is_stored_again_and_told(client: APIClient, store: Store) -> None:
    first = store(NOTE)
    second = stored(client, NOTE)
    assert (second["status"], second["duplicate_of"], second["similarity"]) == ("stored", first, 1.0)


def test_a_text_with_one_other_word_is_a_near_duplicate(client: APIClient, store: Store) -> None:
    first = store(NOTE)
    store(OTHER)
    answer = stored(client, NEARLY)
    assert answer["duplicate_of"] == first
    assert 0.8 <= answer["similarity"] < 1


def test_other_texts_are_no_duplicates(client: APIClient, store: Store) -> None:
    store(NOTE)
    assert stored(client, OTHER)["duplicate_of"] is None


def test_short_texts_are_duplicates_only_if_they_are_the_same(client: APIClient, store: Store) -> None:
    first = store("Thanks, Maria!")
    assert stored(client, "Thanks Maria")["duplicate_of"] is None
    assert stored(client, "Thanks, Maria!")["duplicate_of"] == first


def test_what_is_in_the_trash_has_no_duplicates(client: APIClient, store: Store) -> None:
    client.delete(f"/api/v1/memory/{store(NOTE)}")
    assert stored(client, NOTE)["duplicate_of"] is None


def test_a_batch_tells_of_duplicates_within_and_before_it(client: APIClient, store: Store, run_jobs: RunJobs) -> None:
    first = store(OTHER)
    items = [{"content": text} for text in (NOTE, OTHER, NEARLY)]
    operation = started(client.post(URL, {"items": items}, format="json"))
    run_jobs()
    report = client.get(operation).json()
    assert (report["done"], report["duplicate_count"]) == (3, 2)
    by_index = {one["index"]: one for one in report["duplicates"]}
    assert (by_index[1]["duplicate_of"], by_index[1]["similarity"]) == (first, 1.0)
    of_batch = client.get(f"/api/v1/memory/{by_index[2]['duplicate_of']}").json()
    assert (of_batch["content"], by_index[2]["similarity"] < 1) == (NOTE, True)


def test_organisations_know_nothing_of_each_others_texts(client: APIClient, store: Store, globex: Organization) -> None:
    store(NOTE)
    with organization_scope(globex.id):
        item = StoreItem(content=NOTE)
        result = memory_store(organization_id=globex.id, item=item, user_id=None, now=timezone.now())
    assert result.duplicate_of is None


def test_what_is_committed_is_kept_and_followed(
    client: APIClient, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = stored(client, NOTE)["memory_id"]
    with django_capture_on_commit_callbacks(execute=True):
        edited = client.patch(f"/api/v1/memory/{first}", {"content": OTHER}, format="json")
        assert edited.status_code == 200, edited.content
    assert stored(client, NEARLY)["duplicate_of"] is None
    with django_capture_on_commit_callbacks(execute=True):
        assert stored(client, OTHER)["duplicate_of"] == first
    assert stored(client, OTHER)["similarity"] == 1.0
