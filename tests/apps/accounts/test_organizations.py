"""Organisations of a person: listing, creating, changing."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from tests.factories.fixtures import ClientFactory

URL = "/api/v1/orgs"


@pytest.fixture
def client(acme: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(acme)


def test_a_person_may_own_several(client: APIClient) -> None:
    created = client.post(URL, {"name": "Second"}, format="json")
    assert (created.status_code, created.json()["slug"]) == (201, "second")
    rows = client.get(URL).json()
    assert [(row["slug"], row["role"]) for row in rows["results"]] == [("acme", "owner"), ("second", "owner")]
    assert (rows["next"], rows["total"]) == (None, 2)


def test_repeating_a_creation_with_its_key_creates_one(client: APIClient) -> None:
    first, second = (client.post(URL, {"name": "Once"}, format="json", HTTP_IDEMPOTENCY_KEY="o1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Organization.objects.filter(name="Once").count() == 1


def test_name_and_short_name_can_be_changed(client: APIClient) -> None:
    answer = client.patch(f"{URL}/current", {"name": "Acme & Söhne", "slug": "acme-2"}, format="json")
    assert (answer.status_code, answer.json()["name"], answer.json()["slug"]) == (200, "Acme & Söhne", "acme-2")
    assert client.get(f"{URL}/current").json()["slug"] == "acme-2"


def test_a_short_name_belongs_to_one(client: APIClient, globex: Organization) -> None:
    answer = client.patch(f"{URL}/current", {"slug": "globex"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")
    assert client.get(f"{URL}/current").json()["slug"] == "acme"


@pytest.mark.parametrize(
    "body",
    [
        {"slug": "Bad Slug"},
        {"slug": "-x"},
        {"slug": "x" * 64},
        {"slug": ""},
        {"name": ""},
        {"is_active": False},
        {"id": "x"},
    ],
)
def test_bad_changes_change_nothing(body: dict[str, Any], client: APIClient, acme: Organization) -> None:
    assert client.patch(f"{URL}/current", body, format="json").status_code == 400
    acme.refresh_from_db()
    assert (acme.name, acme.slug, acme.is_active) == ("Acme", "acme", True)


def test_a_form_without_its_token_is_refused_in_our_form(acme: Organization) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/verify-email/x").json()["code"] == "permission_denied"
    page = strict.post("/verify-email/x", headers={"Accept": "text/html"})
    assert (page.status_code, b"permission is missing" in page.content) == (403, True)


def test_addresses_of_the_platform_are_nobodys_short_name(client: APIClient) -> None:
    answer = client.patch(f"{URL}/current", {"slug": "sign-in"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")
    created = client.post(URL, {"name": "Admin"}, format="json").json()
    assert created["slug"].startswith("admin-")
