"""Names that mean the same: proposed, merged, searched as one, and parted again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Entity
from apps.memory.services.aliases import aliases_merge_certain
from tests.factories.fixtures import ClientFactory

MEMORY = "/api/v1/memory"
TEXTS = (
    "The Net Promoter Score (NPS) fell by four points, says Priya Raman.",
    "Nobody asked why NPS fell in May.",
    "Priya Raman met Oskar Nyberg about parcels.",
    "Then Priya promised a report.",
)


@pytest.fixture
def client(acme: Organization, client_of: ClientFactory) -> APIClient:
    client = client_of(acme)
    for text in TEXTS:
        assert client.post(f"{MEMORY}/store", {"content": text}, format="json").status_code == 201
    return client


@pytest.fixture
def entity(client: APIClient, acme: Organization) -> Callable[[str], str]:
    def find(key: str) -> str:
        with organization_scope(acme.id):
            return str(Entity.objects.get(key=key).id)

    return find


def names(client: APIClient, query: str) -> set[str]:
    found = client.post(f"{MEMORY}/search", {"query": query, "search_type": "knowledge"}, format="json").json()
    return {row["content"] for row in found["results"] if "mentions" in row["explanation"].casefold()}


def test_defined_names_are_proposed_with_their_reason(client: APIClient) -> None:
    found = client.get(f"{MEMORY}/entities/aliases").json()
    pairs = {(row["alias"]["name"], row["entity"]["name"], row["reason"]) for row in found["results"]}
    assert ("NPS", "Net Promoter Score", "acronym") in pairs
    assert found["total"] == len(found["results"])


def test_merged_names_are_found_as_one_and_parted_ones_are_not(client: APIClient, entity: Callable[[str], str]) -> None:
    url = f"{MEMORY}/entities/{entity('nps')}/merge"
    before = names(client, "Net Promoter Score")
    assert before == {TEXTS[0]}
    merged = client.post(url, {"into": entity("net promoter score")}, format="json")
    assert (merged.status_code, merged.json()["alias_of"]["name"]) == (200, "Net Promoter Score")
    assert names(client, "Net Promoter Score") == names(client, "NPS") == {TEXTS[0], TEXTS[1]}
    assert client.delete(url).json()["alias_of"] is None
    assert names(client, "Net Promoter Score") == before


def test_a_new_text_with_a_merged_name_counts_for_the_entity(client: APIClient, entity: Callable[[str], str]) -> None:
    client.post(f"{MEMORY}/entities/{entity('nps')}/merge", {"into": entity("net promoter score")}, format="json")
    text = "We read the NPS every week."
    client.post(f"{MEMORY}/store", {"content": text}, format="json")
    assert text in names(client, "Net Promoter Score")


def test_certain_pairs_are_merged_once_and_parted_ones_stay_apart(
    client: APIClient, entity: Callable[[str], str], in_acme: Organization
) -> None:
    assert aliases_merge_certain(now=timezone.now()) >= 1
    assert Entity.objects.get(key="nps").alias_of == Entity.objects.get(key="net promoter score")
    assert client.delete(f"{MEMORY}/entities/{entity('nps')}/merge").status_code == 200
    aliases_merge_certain(now=timezone.now())
    assert Entity.objects.get(key="nps").alias_of is None


@pytest.mark.parametrize(
    ("alias", "into", "status", "code"),
    [
        ("nps", "nps", 409, "alias_conflict"),
        ("net promoter score", "priya raman", 409, "alias_conflict"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    alias: str, into: str, status: int, code: str, client: APIClient, entity: Callable[[str], str]
) -> None:
    client.post(f"{MEMORY}/entities/{entity('nps')}/merge", {"into": entity("net promoter score")}, format="json")
    if alias == into:
        client.delete(f"{MEMORY}/entities/{entity('nps')}/merge")
    answer = client.post(f"{MEMORY}/entities/{entity(alias)}/merge", {"into": entity(into)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_unknown_entities_and_viewers_are_refused(
    client: APIClient, entity: Callable[[str], str], acme: Organization, client_of: Any
) -> None:
    unknown = "01900000-0000-7000-8000-000000000000"
    body = {"into": entity("nps")}
    assert client.post(f"{MEMORY}/entities/{unknown}/merge", body, format="json").status_code == 404
    assert client.delete(f"{MEMORY}/entities/{entity('nps')}/merge").status_code == 409
