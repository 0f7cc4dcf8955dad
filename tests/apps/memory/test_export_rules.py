"""Legal holds and rules in archives: they come back with the memories that they are about, and delete nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.events.models import OutboxEvent
from apps.memory.models import Import, LegalHold, Memory
from apps.memory.services import holds
from apps.memory.services.bringing import rules as bringing
from apps.memory.services.imports import import_cancel, import_process
from apps.memory.services.retention import retention_sweep
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archives import API, exported, imported, lines_of, members_of, mended, sent, with_line

RULES = [
    {"memory_type": None, "days": 30, "action": "trash"},
    {"memory_type": "letter", "days": 1, "action": "erase"},
]


@pytest.fixture
def archive(client: APIClient, store: Store, acme: Organization, run_jobs: RunJobs) -> bytes:
    """An archive of a memory with a hold in force, one that was released, and rules under which all is due."""
    store("The tea is cold.", memory_type="note")
    store("Harbor Coffee asked for an annual plan.", memory_type="letter")
    kept = {"name": "Case 7", "reason": "Court", "filters": {"memory_type": "note"}}
    assert client.post(f"{API}/holds", kept, format="json").status_code == 201
    lifted = client.post(f"{API}/holds", {"name": "Case 6", "filters": {"memory_type": "letter"}}, format="json")
    assert client.post(f"{API}/holds/{lifted.json()['id']}/release").status_code == 200
    assert client.put(f"{API}/retention", {"rules": RULES}, format="json").status_code == 200
    rules = [{"memory_type": "note", "days": 90}]
    assert client.put(f"{API}/archive/rules", {"rules": rules}, format="json").status_code == 200
    old = timezone.now() - timedelta(days=200)
    with organization_scope(acme.id):
        Memory.objects.update(recorded_at=old, revised_at=old)
    return exported(client, run_jobs)


def retention_of(client: APIClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{API}/retention").json()["rules"]
    return found


def test_holds_come_back_in_force_and_rules_switched_off(
    client: APIClient, other: APIClient, globex: Organization, run_jobs: RunJobs, archive: bytes
) -> None:
    manifest = json.loads(members_of(archive)["manifest.json"])
    assert (manifest["version"], manifest["counts"]["holds"], manifest["counts"]["rules"]) == (1, 2, 3)
    done = imported(other, run_jobs, archive)
    assert (done["created"], done["holds"], done["rules"], done["failed"]) == (2, 2, 3, 0)
    # The types that no rule reaches until somebody has set theirs.
    assert done["rules_off"] == ["letter"]
    assert other.get(f"{API}/holds").json() == client.get(f"{API}/holds").json()
    (note,) = other.get(API, {"memory_type": "note"}).json()["results"]
    refused = other.post(f"{API}/erasures", {"ids": [note["memory_id"]], "reason": "asked"}, format="json")
    assert refused.json()["code"] == "legal_hold"
    # Due as they are, they delete nothing that nobody has seen with them.
    assert retention_of(other) == [
        {"memory_type": None, "days": 30, "action": "trash", "active": False, "due": 0},
        {"memory_type": "letter", "days": 1, "action": "erase", "active": False, "due": 1},
    ]
    with organization_scope(globex.id):
        assert retention_sweep(organization_id=globex.id, now=timezone.now()) == {}
        told = dict(OutboxEvent.objects.values_list("name", "data"))
    assert {"memory.hold_placed", "memory.retention_changed", "memory.archive_changed"} <= set(told)
    assert told["memory.retention_changed"] == {"rules": 2, "off": ["letter"]}
    there = other.get(f"{API}/archive/rules").json()["rules"]
    assert there == client.get(f"{API}/archive/rules").json()["rules"]
    # Once somebody has set them, they hold.
    assert other.put(f"{API}/retention", {"rules": RULES}, format="json").status_code == 200
    with organization_scope(globex.id):
        assert retention_sweep(organization_id=globex.id, now=timezone.now()) == {"": 0, "letter": 1}


def test_what_is_set_here_stays(other: APIClient, globex: Organization, run_jobs: RunJobs, archive: bytes) -> None:
    mine = {"memory_type": None, "days": 90, "action": "trash"}
    other.put(f"{API}/retention", {"rules": [mine]}, format="json")
    assert imported(other, run_jobs, archive)["rules"] == 2
    assert [(one["memory_type"], one["days"], one["active"]) for one in retention_of(other)] == [
        (None, 90, True),
        ("letter", 1, False),
    ]
    # The rule for all others does not reach a type with a rule of its own, be that switched off.
    with organization_scope(globex.id):
        assert retention_sweep(organization_id=globex.id, now=timezone.now()) == {"": 0}
        assert not Memory.objects.exclude(deleted_at=None).exists()
        hold = LegalHold.objects.get(released_at=None)
    other.post(f"{API}/holds/{hold.id}/release")
    again = imported(other, run_jobs, archive)
    assert (again["created"], again["holds"], again["rules"], again["failed"]) == (0, 0, 0, 0)
    assert again["rules_off"] == []
    with organization_scope(globex.id):
        assert not LegalHold.objects.filter(released_at=None).exists()


def test_holds_are_in_force_before_anything_comes(other: APIClient, globex: Organization, archive: bytes) -> None:
    begun = sent(other, archive).json()
    with organization_scope(globex.id):
        one = Import.objects.get(id=begun["import_id"])
        assert not import_process(organization_id=globex.id, import_id=one.id, budget=timedelta(0))
        one.refresh_from_db()
        assert (one.step, one.holds) == ("holds", 2)
        assert LegalHold.objects.count() == 2
        assert not Memory.objects.exists()
        while not import_process(organization_id=globex.id, import_id=one.id, budget=timedelta(0)):
            pass
        one.refresh_from_db()
        assert (one.created, one.holds, one.rules, LegalHold.objects.count()) == (2, 2, 3, 2)


@pytest.mark.parametrize("ends", ["swept between its turns", "cancelled"])
def test_rules_for_retention_shield_what_comes_after_them(
    other: APIClient, globex: Organization, archive: bytes, ends: str
) -> None:
    mine = {"memory_type": None, "days": 30, "action": "erase"}
    other.put(f"{API}/retention", {"rules": [mine]}, format="json")
    begun = sent(other, archive).json()
    with organization_scope(globex.id):
        one = Import.objects.get(id=begun["import_id"])
        while not import_process(organization_id=globex.id, import_id=one.id, budget=timedelta(0)):
            one.refresh_from_db()
            if ends == "cancelled" and one.created:
                import_cancel(organization_id=globex.id, import_id=one.id, now=timezone.now())
            assert not any(retention_sweep(organization_id=globex.id, now=timezone.now()).values())
        one.refresh_from_db()
        assert one.status == ("cancelled" if ends == "cancelled" else "succeeded")
        assert set(Memory.objects.values_list("memory_type", flat=True)) == {"letter", "note"}


def test_a_line_that_cannot_be_read_is_told_of_once(other: APIClient, run_jobs: RunJobs, archive: bytes) -> None:
    done = imported(other, run_jobs, with_line(archive, "rules.jsonl", kind="none"))
    assert (done["rules"], done["failed"]) == (2, 1)


def test_a_part_of_a_memory_has_no_rules_and_older_archives_have_none(
    client: APIClient, other: APIClient, run_jobs: RunJobs, archive: bytes
) -> None:
    part = members_of(exported(client, run_jobs, memory_type="note"))
    assert not {"holds.jsonl", "rules.jsonl"} & set(part)

    def forget(members: dict[str, bytes]) -> None:
        del members["holds.jsonl"], members["rules.jsonl"]

    done = imported(other, run_jobs, mended(archive, forget))
    assert (done["created"], done["holds"], done["rules"]) == (2, 0, 0)


@pytest.mark.parametrize(
    ("member", "fields", "said"),
    [
        ("holds.jsonl", {"filters": {"memory_type": {"between": 1}}}, "filters"),
        ("holds.jsonl", {"name": " "}, "name"),
        ("holds.jsonl", {"created_at": "2999-01-01T00:00:00Z"}, "future"),
        ("rules.jsonl", {"action": None}, "has an action"),
        ("rules.jsonl", {"days": 0}, "days"),
        ("rules.jsonl", {"memory_type": "No Type"}, "memory_type"),
        ("rules.jsonl", {"changed_at": "2999-01-01T00:00:00Z"}, "future"),
    ],
)
def test_what_cannot_be_set_is_left_out(
    other: APIClient, run_jobs: RunJobs, archive: bytes, member: str, fields: dict[str, Any], said: str
) -> None:
    done = imported(other, run_jobs, with_line(archive, member, **fields))
    assert (done["created"], done["holds"] + done["rules"], done["failed"]) == (2, 4, 1)
    (fault,) = other.get(f"{API}/imports/{done['import_id']}").json()["errors"]["results"]
    assert (fault["member"], fault["line"], fault["code"]) == (member, 1, "item_invalid")
    assert said in fault["detail"]


@pytest.mark.parametrize(("member", "most"), [("holds.jsonl", 100_000), ("rules.jsonl", 100)])
def test_more_than_there_can_be_are_refused(other: APIClient, archive: bytes, member: str, most: int) -> None:
    def repeat(members: dict[str, bytes]) -> None:
        first = members[member].splitlines(keepends=True)[0]
        members[member] = first * (most + 1)

    refused = sent(other, mended(archive, repeat))
    assert (refused.status_code, refused.json()["code"]) == (400, "archive_invalid")
    assert f"{member} has more than {most:,} lines" in refused.json()["detail"]


def test_so_many_holds_are_in_force_and_no_more(
    other: APIClient, globex: Organization, run_jobs: RunJobs, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where in (holds, bringing):
        monkeypatch.setattr(where, "MAX_HOLDS", 1)
    mine = other.post(f"{API}/holds", {"name": "Mine", "filters": {}}, format="json")
    refused = other.post(f"{API}/holds", {"name": "Another", "filters": {}}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_holds")
    # One that was released is a record, and has its place.
    done = imported(other, run_jobs, archive)
    assert (done["created"], done["holds"], done["failed"]) == (2, 1, 1)
    (fault,) = other.get(f"{API}/imports/{done['import_id']}").json()["errors"]["results"]
    assert (fault["member"], fault["code"]) == ("holds.jsonl", "item_invalid")
    assert other.post(f"{API}/holds/{mine.json()['id']}/release").status_code == 200
    assert imported(other, run_jobs, archive)["holds"] == 1
    with organization_scope(globex.id):
        assert [one.name for one in LegalHold.objects.filter(released_at=None)] == ["Case 7"]


def test_a_preview_names_what_would_be_set(
    other: APIClient, globex: Organization, archive: bytes, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "memory.zip"
    path.write_bytes(archive)
    call_command("import_memory", str(path), organization=globex.slug, dry_run=True)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "legal hold 'Case 7', in force",
        "legal hold 'Case 6', released",
        "rule for others: trash, not active, after 30 days",
        "rule for letter: erase, not active, after 1 days",
        "rule for note: archived, after 90 days",
    ]
    call_command("import_memory", str(path), organization=globex.slug, dry_run=True, as_json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["holds"] == lines_of(members_of(archive), "holds.jsonl")
    assert [one["memory_type"] for one in report["rules"]] == ["", "letter", "note"]
    with organization_scope(globex.id):
        assert not LegalHold.objects.exists()
    call_command("import_memory", str(path), organization=globex.slug)
    said = capsys.readouterr().out
    assert "2 legal holds and 3 rules brought" in said
    assert "no rule deletes memories of these types until then: letter" in said
    call_command("retention", "show", organization=globex.slug)
    assert "letter: erase after 1 days, 1 due, not active" in capsys.readouterr().out
    assert len(other.get(f"{API}/holds").json()["results"]) == 2
