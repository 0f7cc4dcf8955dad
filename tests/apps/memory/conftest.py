"""Shared by the tests of the memory: a signed-in client of acme, and short ways to call it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from liftos.file_storage import originals_storage
from tests.factories.fixtures import ClientFactory

Store = Callable[..., str]
Search = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def client(acme: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(acme)


@pytest.fixture
def store(client: APIClient) -> Store:
    """Store a text and return its id; fails unless it was new."""

    def call(content: str, **fields: Any) -> str:
        answer = client.post("/api/v1/memory/store", {"content": content, **fields}, format="json")
        assert answer.status_code == 201, answer.content
        return str(answer.json()["memory_id"])

    return call


@pytest.fixture
def search(client: APIClient) -> Search:
    """Search and return the results."""

    def call(query: str, **fields: Any) -> list[dict[str, Any]]:
        answer = client.post("/api/v1/memory/search", {"query": query, **fields}, format="json")
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    return call


@pytest.fixture
def own_storage(settings: Any, tmp_path: Path) -> Path:
    """A storage of the test's own: others leave files behind."""
    settings.STORAGES = {**settings.STORAGES, "originals": originals_storage(folder=str(tmp_path / "kept"), bucket="")}
    return tmp_path / "kept"


@pytest.fixture
def other(globex: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(globex)
