"""`manage.py memory_history`, and the moments of `manage.py memories`, run as they are."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.services.managing import memory_edit, memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem


def run(command: str, action: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, action, *arguments, "--organization", "acme", stdout=output, stderr=StringIO())
    return output.getvalue()


def run_json(command: str, action: str, *arguments: str) -> Any:
    return json.loads(run(command, action, *arguments, "--json"))


@pytest.fixture
def told(acme: Organization) -> tuple[str, str, str]:
    """Return the ids of a memory that was edited since and of one that went to the trash, and the moment before."""
    with organization_scope(acme.id):
        edited, gone = (
            memory_store(
                organization_id=acme.id, item=StoreItem(content=text), user_id=None, now=timezone.now()
            ).memory_id
            for text in ("The plan costs 10 euros.", "The plan is for teams.")
        )
        moment = timezone.now().isoformat()
        memory_edit(
            organization_id=acme.id,
            reader=EVERYTHING,
            memory_id=edited,
            fields={"content": "The plan costs 12 euros."},
            user_id=None,
            reason="New prices",
            now=timezone.now(),
        )
        memory_trash(organization_id=acme.id, reader=EVERYTHING, memory_id=gone, user_id=None, now=timezone.now())
    return str(edited), str(gone), moment


def test_revisions_tell_who_did_what_and_why(told: tuple[str, str, str]) -> None:
    edited, _, _ = told
    first = run_json("memory_history", "revisions", edited, "--limit", "1")
    second = run_json("memory_history", "revisions", edited, "--limit", "1", "--cursor", first["next"])
    assert [page["results"][0]["action"] for page in (first, second)] == ["edited", "stored"]
    text = run("memory_history", "revisions", edited)
    assert "edited (content), New prices\n  The plan costs 12 euros.\n" in text
    assert text.endswith("2 of 2 revisions\n")


def test_a_diff_tells_what_is_otherwise_since(told: tuple[str, str, str]) -> None:
    edited, gone, moment = told
    rows = run_json("memory_history", "diff", "--from", moment)["results"]
    assert [(row["memory_id"], row["kind"]) for row in rows] == [(edited, "changed"), (gone, "removed")]
    text = run("memory_history", "diff", "--from", moment)
    assert f"{edited}  changed: edited (content)\n  - The plan costs 10 euros.\n  + The plan costs 12 euros.\n" in text
    assert text.endswith("2 memories\n")
    assert run_json("memory_history", "diff", "--from", moment, "--to", moment)["results"] == []


def test_memories_are_listed_and_shown_as_they_were(told: tuple[str, str, str]) -> None:
    edited, gone, moment = told
    assert run_json("memories", "list")["total"] == 1
    assert run_json("memories", "list", "--as-of-recorded", moment)["total"] == 2
    assert run_json("memories", "show", edited, "--as-of-recorded", moment)["content"] == "The plan costs 10 euros."
    assert run_json("memories", "show", gone, "--as-of-recorded", moment)["deleted_at"] is None
    assert run_json("memories", "list", "--as-of", "2020-01-01T00:00:00Z")["total"] == 0


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("memory_history", ["revisions"], "Name one"),
        ("memory_history", ["revisions", "01a227dc-1ffd-726c-9dc7-2e63384a420a"], "no memory"),
        ("memory_history", ["diff"], "required"),
        ("memory_history", ["diff", "--from", "yesterday"], "from"),
        ("memory_history", ["diff", "--from", "2099-01-01T00:00:00Z"], "before it begins"),
        ("memory_history", ["diff", "--from", "2026-01-01T00:00:00Z", "--cursor", "x"], "cursor"),
        ("memories", ["list", "--as-of", "x"], "as_of"),
        ("memories", ["list", "--as-of", "2026-01-01T00:00:00Z", "--state", "trash"], "--state"),
    ],
)
def test_what_cannot_be_done_is_refused(acme: Organization, command: str, arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run(command, *arguments)
