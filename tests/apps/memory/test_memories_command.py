"""`manage.py memories`, run as it is."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.management.commands import memories
from apps.memory.models import Memory, MemoryRemoval
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def run(action: str, *arguments: str, organization: str = "acme") -> str:
    output = StringIO()
    call_command("memories", action, *arguments, "--organization", organization, stdout=output, stderr=StringIO())
    return output.getvalue()


def run_json(action: str, *arguments: str) -> Any:
    return json.loads(run(action, *arguments, "--json"))


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["total"], report["done"], report["unchanged"], report["failed"]


@pytest.fixture
def ids(acme: Organization) -> list[str]:
    with organization_scope(acme.id):
        return [
            str(
                memory_store(
                    organization_id=acme.id,
                    item=StoreItem(content=f"Note {n}\nof the day.", memory_type=("note", "plan")[n % 2]),
                    user_id=None,
                    now=timezone.now(),
                ).memory_id
            )
            for n in range(5)
        ]


def live(organization: Organization) -> list[str]:
    with organization_scope(organization.id):
        return [str(one) for one in Memory.objects.live(timezone.now()).order_by("number").values_list("id", flat=True)]


def test_a_list_comes_in_pages(ids: list[str]) -> None:
    first = run("list", "--limit", "2")
    assert [line.split()[0] for line in first.splitlines()[:2]] == [ids[4], ids[3]]
    assert "Note 4 of the day." in first
    assert "2 of 5 memories" in first
    cursor = first.splitlines()[-1].rpartition(" ")[2]
    second = run_json("list", "--limit", "100", "--cursor", cursor)
    assert [row["memory_id"] for row in second["results"]] == ids[2::-1]
    assert second["next"] is None
    plans = run_json("list", "--filter", '{"memory_type": "plan"}', "--ordering", "recorded_at")
    assert [row["memory_id"] for row in plans["results"]] == [ids[1], ids[3]]


def test_one_memory_is_shown_even_in_the_trash(ids: list[str]) -> None:
    run("trash", ids[0])
    shown = run_json("show", ids[0])
    assert (shown["memory_id"], shown["number"], shown["deleted_at"] is None) == (ids[0], 1, False)
    assert "memory_type: plan\n" in run("show", ids[1])


def test_memories_go_to_the_trash_and_back(ids: list[str], acme: Organization) -> None:
    assert counts(run_json("trash", ids[0], ids[0], ids[1])) == (2, 2, 0, 0)
    assert counts(run_json("trash", ids[0])) == (1, 0, 1, 0)
    assert counts(run_json("trash", "--filter", '{"memory_type": "plan"}')) == (1, 1, 0, 0)
    assert live(acme) == [ids[2], ids[4]]
    assert run_json("list", "--state", "trash")["total"] == 3
    assert "3 memories would be restored" in run("restore", "--all", "--dry-run")
    assert live(acme) == [ids[2], ids[4]]
    assert "3 memories restored, 0 left as they were, 0 failed" in run("restore", "--all")
    assert live(acme) == ids


def test_a_purge_takes_only_what_is_in_the_trash(ids: list[str], acme: Organization) -> None:
    run("trash", ids[0], ids[1])
    assert counts(run_json("purge", "--all", "--dry-run")) == (2, 2, 0, 0)
    assert counts(run_json("purge", ids[0], ids[2])) == (2, 1, 1, 0)
    with organization_scope(acme.id):
        assert Memory.objects.count() == 4
        assert list(MemoryRemoval.objects.values_list("number", flat=True)) == [1]
    assert counts(run_json("purge", "--filter", '{"memory_type": "plan"}')) == (1, 1, 0, 0)
    assert live(acme) == ids[2:]


def test_many_are_done_in_batches(ids: list[str], acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MAX_BULK_IDS", 2)
    assert counts(run_json("trash", "--all")) == (5, 5, 0, 0)
    assert live(acme) == []


def test_what_is_left_out_is_told(ids: list[str]) -> None:
    with pytest.raises(CommandError, match="1 of 2 memories were left out"):
        run("trash", ids[0], UNKNOWN)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["list", UNKNOWN], "takes no ids"),
        (["list", "--limit", "0"], "1 to 100"),
        (["list", "--limit", "x"], "1 to 100"),
        (["list", "--cursor", "?"], "not a cursor"),
        (["list", "--filter", "{"], "--filter"),
        (["list", "--filter", '{"nope": 1}'], "unknown field"),
        (["list", "--ordering", "content"], "invalid choice"),
        (["show"], "Name one"),
        (["show", UNKNOWN], "no memory"),
        (["show", "x"], "invalid UUID"),
        (["trash"], "Say which"),
        (["trash", UNKNOWN, "--all"], "Say which"),
        (["restore", "--filter", "{}"], "--all"),
        (["purge"], "Say which"),
        (["burn"], "invalid choice"),
    ],
)
def test_mistakes_are_told_and_nothing_changes(
    arguments: list[str], reason: str, ids: list[str], acme: Organization
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*arguments)
    assert live(acme) == ids


def test_an_unknown_organisation(acme: Organization) -> None:
    with pytest.raises(CommandError, match="no organisation 'nobody'"):
        run("list", organization="nobody")


def test_another_organisation_is_not_touched(ids: list[str], globex: Organization, acme: Organization) -> None:
    for action in ("trash", "restore", "purge"):
        run(action, "--all", organization="globex")
    with pytest.raises(CommandError, match="no memory"):
        run("show", ids[0], organization="globex")
    assert live(acme) == ids
