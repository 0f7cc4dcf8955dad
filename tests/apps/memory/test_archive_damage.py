"""Damage in the archive tier: a row that is not what was put there costs its memory, and nobody else's."""

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.index_store import index_apart
from apps.memory.models import ArchivedMemory, Memory, MemoryVersion
from apps.memory.selectors.contexts import context_get, dimensions_of
from apps.memory.services.archive_recall import archive_measure
from apps.memory.services.retention import retention_sweep
from apps.memory.services.stubs import archived_indexed
from tests.apps.memory.conftest import Search, Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archive_tier import API, LONG, archive
from tests.factories.archives import exported, imported, lines_of, members_of
from tests.factories.fixtures import ClientFactory

TEA = "The tea is cold. Nobody in the harbour office had thought of it before the meeting began."


@pytest.fixture
def two(client: APIClient, store: Store, acme: Organization) -> tuple[str, str]:
    """Two memories with a former wording each, archived; the texts of the first one are damaged."""
    ids = (store("An early draft."), store("Another early draft."))
    for memory_id, content in zip(ids, (LONG, TEA), strict=True):
        client.patch(f"{API}/{memory_id}", {"content": content}, format="json")
    archive(client, *ids)
    damage(acme, ids[0])
    return ids


def damage(organization: Organization, memory_id: str, column: str = "texts") -> None:
    with organization_scope(organization.id):
        row = ArchivedMemory.objects.get(memory_id=memory_id)
        altered = bytearray(getattr(row, column))
        altered[len(altered) // 2] ^= 0xFF
        ArchivedMemory.objects.filter(memory_id=memory_id).update(**{column: bytes(altered)})


@pytest.mark.parametrize("column", ["texts", "findings", "sha256", "history", "metadata"])
def test_a_damaged_row_is_refused_and_stays(client: APIClient, store: Store, acme: Organization, column: str) -> None:
    memory_id, fine = store(LONG), store("The tea is cold.")
    client.patch(f"{API}/{memory_id}", {"source": "mail"}, format="json")
    archive(client, memory_id, fine)
    with organization_scope(acme.id):
        row = ArchivedMemory.objects.get(memory_id=memory_id)
        match column:
            case "texts" | "findings":
                packed = bytearray(getattr(row, column))
                packed[len(packed) // 2] ^= 0xFF
                setattr(row, column, bytes(packed))
                row.save()
            case "sha256":
                ArchivedMemory.objects.filter(memory_id=memory_id).update(sha256="0" * 64)
            case "history":
                MemoryVersion.objects.filter(memory_id=memory_id).update(reason="forged")
            case _:
                Memory.objects.filter(id=memory_id).update(metadata={"forged": True})
    refused = client.post(f"{API}/{memory_id}/unarchive")
    assert (refused.status_code, refused.json()["code"]) == (409, "archive_damaged")
    some = client.post(f"{API}/unarchive", {"ids": [memory_id, fine]}, format="json").json()
    assert (some["done"], some["failed"], some["errors"][0]["code"]) == (1, 1, "archive_damaged")
    if column == "texts":
        assert client.get(f"{API}/{memory_id}").json()["code"] == "archive_damaged"
        (stub,) = client.get(API, {"state": "archived"}).json()["results"]
        assert stub["is_stub"]
        asked = {"query": "Readout of EXP-117 by Priya Raman", "include_archived": True}
        (found,) = client.post(f"{API}/search", asked, format="json").json()["results"][:1]
        assert (found["memory_id"], found["is_stub"]) == (memory_id, True)
    assert client.patch(f"{API}/{memory_id}", {"source": "post"}, format="json").status_code == 409
    with organization_scope(acme.id):
        assert ArchivedMemory.objects.filter(memory_id=memory_id).exists()
        assert Memory.objects.get(id=memory_id).archived_at is not None


@pytest.mark.parametrize("column", ["texts", "findings"])
def test_an_export_writes_everything_else_and_says_so(
    client: APIClient,
    store: Store,
    acme: Organization,
    globex: Organization,
    client_of: ClientFactory,
    run_jobs: RunJobs,
    column: str,
) -> None:
    bad, fine, live = store("An early draft."), store(TEA), store("It rained in Oslo.")
    client.patch(f"{API}/{bad}", {"content": LONG}, format="json")
    archive(client, bad, fine)
    damage(acme, bad, column)
    data = exported(client, run_jobs)
    members = members_of(data)
    assert {line["id"] for line in lines_of(members)} == {fine, live}
    assert "versions/000001.jsonl" not in members
    manifest = json.loads(members["manifest.json"])
    assert manifest["damaged"] == [bad]
    assert (manifest["counts"]["memories"], manifest["counts"]["damaged"]) == (2, 1)
    (row,) = client.get(f"{API}/exports").json()["results"]
    assert (row["damaged"], row["counts"]["damaged"], row["counts"]["memories"]) == ([bad], 1, 2)
    # It says what it lacks, and is an archive like any other.
    there = client_of(globex)
    assert imported(there, run_jobs, data)["created"] == 2
    assert there.get(f"{API}/{fine}").json()["content"] == TEA
    # Once it is erased, nothing is missing any more, and the archive whose report named it is gone.
    client.post(f"{API}/erasures", {"ids": [bad], "reason": "damaged"}, format="json")
    run_jobs()
    assert client.get(f"{API}/exports").json()["results"] == []
    manifest = json.loads(members_of(exported(client, run_jobs))["manifest.json"])
    assert "damaged" not in manifest
    assert manifest["counts"]["damaged"] == 0


def test_bulk_actions_leave_it_and_do_the_others(client: APIClient, two: tuple[str, str], acme: Organization) -> None:
    bad, fine = two
    updated = client.post(
        f"{API}/bulk", {"action": "update", "ids": [bad, fine], "set": {"memory_type": "letter"}}, format="json"
    ).json()
    assert (updated["done"], updated["failed"]) == (1, 1)
    assert [(one["memory_id"], one["code"]) for one in updated["errors"]] == [(bad, "archive_damaged")]
    archive(client, fine)
    trashed = client.post(f"{API}/bulk", {"action": "trash", "ids": [bad, fine]}, format="json").json()
    assert (trashed["done"], trashed["failed"]) == (1, 1)
    assert [(one["memory_id"], one["code"]) for one in trashed["errors"]] == [(bad, "archive_damaged")]
    with organization_scope(acme.id):
        assert Memory.objects.get(deleted_at=None).id == UUID(bad)
        assert ArchivedMemory.objects.get().memory_id == UUID(bad)
    assert client.post(f"{API}/{fine}/restore").json()["content"] == TEA


def test_a_retention_rule_goes_on_behind_it(client: APIClient, two: tuple[str, str], acme: Organization) -> None:
    bad, fine = two
    client.put(f"{API}/retention", {"rules": [{"memory_type": None, "days": 1, "action": "trash"}]}, format="json")
    later = timezone.now() + timedelta(days=2)
    with organization_scope(acme.id):
        assert retention_sweep(organization_id=acme.id, now=later) == {"": 1}
        assert Memory.objects.exclude(deleted_at=None).get().id == UUID(fine)
        assert retention_sweep(organization_id=acme.id, now=later) == {"": 0}
    # A rule that erases needs no text.
    client.put(f"{API}/retention", {"rules": [{"memory_type": None, "days": 1, "action": "erase"}]}, format="json")
    with organization_scope(acme.id):
        assert retention_sweep(organization_id=acme.id, now=later) == {"": 2}
        assert not Memory.objects.filter(id=bad).exists()


def test_readings_of_a_moment_show_what_there_is(
    client: APIClient, store: Store, search: Search, acme: Organization
) -> None:
    before = timezone.now()
    bad, fine = store("The zebra banner was an early draft."), store("The zebra crossing, too.")
    moment = timezone.now()
    for memory_id, content in ((bad, LONG), (fine, TEA)):
        client.patch(f"{API}/{memory_id}", {"content": content}, format="json")
    archive(client, bad, fine)
    damage(acme, bad)
    at = {"as_of_recorded": moment.isoformat()}
    listed = {one["memory_id"]: one for one in client.get(API, at).json()["results"]}
    assert (listed[fine]["content"], listed[fine]["is_stub"]) == ("The zebra crossing, too.", False)
    assert (listed[bad]["content"], listed[bad]["is_stub"]) == ("", True)
    assert client.get(f"{API}/{bad}", at).json()["code"] == "archive_damaged"
    assert client.get(f"{API}/{bad}/history").json()["code"] == "archive_damaged"
    assert len(client.get(f"{API}/{fine}/history").json()["results"]) == 2
    # Both stubs share words with the question; what was said then is read of one.
    found = search("zebra crossing, tea and a readout", **at, include_archived=True)
    assert [one["memory_id"] for one in found] == [fine]
    for path in ("facets", "insights", "graph"):
        assert client.get(f"{API}/{path}", at).status_code == 200, path
    difference = client.get(f"{API}/diff", {"from": moment.isoformat()}).json()["results"]
    shown = {one["memory_id"]: one for one in difference}
    assert (shown[bad]["after"]["is_stub"], shown[bad]["changed"]) == (True, [])
    assert (shown[fine]["after"]["content"], shown[fine]["changed"]) == (TEA, ["content"])
    digest = client.get(f"{API}/digest", {"since": before.isoformat()})
    assert digest.status_code == 200
    assert {one["memory_id"] for one in digest.json()["added"]} == {bad, fine}


def test_erasure_needs_no_text(client: APIClient, two: tuple[str, str], acme: Organization, run_jobs: RunJobs) -> None:
    bad, fine = two
    begun = client.post(f"{API}/erasures", {"ids": [bad], "reason": "damaged"}, format="json")
    run_jobs()
    assert client.get(f"{API}/erasures/{begun.json()['id']}").json()["status"] == "certified"
    with organization_scope(acme.id):
        assert ArchivedMemory.objects.get().memory_id == UUID(fine)


def test_findings_that_are_altered_anywhere_break_no_search(
    client: APIClient, store: Store, search: Search, acme: Organization
) -> None:
    fine, bad = store(TEA), store(LONG)
    archive(client, fine, bad)
    chance = random.Random(20)  # noqa: S311 - a seeded test
    with organization_scope(acme.id):
        row = ArchivedMemory.objects.select_related("memory").get(memory_id=bad)
        context = context_get()
        dimensions = len(dimensions_of(context))
        whole, unreadable = bytes(row.findings), 0
        for _ in range(400):
            altered = bytearray(whole)
            altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
            row.findings = bytes(altered)
            one = archived_indexed(row, context)
            if one is None:
                unreadable += 1
            else:
                # Brotli has no checksum: other numbers of the same length are numbers.
                index_apart(epoch=context.epoch, concepts=dimensions, memory_ids=[], more=[one])
        assert unreadable > 100
        ArchivedMemory.objects.filter(memory_id=bad).update(findings=whole[: len(whole) // 2])
    assert [one["memory_id"] for one in search("cold tea harbour", include_archived=True)][:1] == [fine]


def test_operators_are_told_which(two: tuple[str, str], acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    bad, _ = two
    with pytest.raises(CommandError, match="1 archived memories are damaged") as refused:
        call_command("archive_memory", "verify", organization=acme.slug, as_json=True)
    assert refused.value.returncode == 1
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report == {"archived": 2, "damaged": [bad]}
    with organization_scope(acme.id):
        asked = archive_measure(organization_id=acme.id, sample=10, now=timezone.now())
    assert {one.about: one.questions for one in asked}["archived"] == 1
