"""`manage.py holds`, run as it is."""

import json
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.exceptions import LegalHoldInForce
from apps.memory.models import LegalHold, Memory
from apps.memory.services.erasing import memories_erase
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem


def run(action: str, *arguments: str) -> str:
    output = StringIO()
    call_command("holds", action, *arguments, "--organization", "acme", stdout=output, stderr=StringIO())
    return output.getvalue()


def run_json(action: str, *arguments: str) -> Any:
    return json.loads(run(action, *arguments, "--json"))


@pytest.fixture(autouse=True)
def memory_ids(acme: Organization) -> list[UUID]:
    with organization_scope(acme.id):
        return [
            memory_store(
                organization_id=acme.id,
                item=StoreItem(content=f"Contract {number} with a supplier.", memory_type=memory_type),
                user_id=None,
                now=timezone.now(),
            ).memory_id
            for number, memory_type in enumerate(("note", "draft"))
        ]


def test_a_hold_keeps_what_its_filter_says_until_it_is_released(acme: Organization, memory_ids: list[UUID]) -> None:
    placed = run_json("place", "--name", "Case 7", "--reason", "Court order", "--filter", '{"memory_type": "note"}')
    assert (placed["memories"], placed["reason"], placed["dry_run"]) == (1, "Court order", False)
    with organization_scope(acme.id), pytest.raises(LegalHoldInForce):
        memories_erase(organization_id=acme.id, target=memory_ids, reason="x", user_id=None, now=timezone.now())
    assert f"{placed['id']}  Case 7: keeps 1 memories" in run("list")
    assert run_json("release", placed["id"])["released_at"] is not None
    assert "Case 7: released" in run("list")
    with organization_scope(acme.id):
        memories_erase(organization_id=acme.id, target=memory_ids, reason="x", user_id=None, now=timezone.now())
        assert not Memory.objects.exists()


def test_the_list_has_pages_and_a_dry_run_is_taken_back(acme: Organization) -> None:
    for name in ("one", "two"):
        run("place", "--name", name, "--all")
    first = run_json("list", "--limit", "1")
    second = run_json("list", "--limit", "1", "--cursor", first["next"])
    assert [row["name"] for page in (first, second) for row in page["results"]] == ["two", "one"]
    assert (first["total"], second["next"]) == (2, None)
    assert "keeps 2 memories" in run("place", "--name", "three", "--all", "--dry-run")
    assert run_json("release", first["results"][0]["id"], "--dry-run")["released_at"] is not None
    with organization_scope(acme.id):
        assert LegalHold.objects.filter(released_at=None).count() == LegalHold.objects.count() == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("place", "--name", "x"),
        ("place", "--all"),
        ("place", "--name", "x", "--all", "--filter", "{}"),
        ("place", "--name", "x", "--filter", "{"),
        ("place", "--name", "x", "--filter", ""),
        ("place", "--name", "x", "--filter", '{"none": 1}'),
        ("release",),
        ("release", str(UUID(int=7))),
        ("list", "--limit", "101"),
        ("list", "--cursor", "x"),
    ],
)
def test_what_cannot_be_done_is_refused(acme: Organization, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    with organization_scope(acme.id):
        assert not LegalHold.objects.exists()
