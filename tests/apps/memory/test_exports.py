"""Exports: who may have an archive written, what it holds, and what becomes of it."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.tenancy.scope import organization_scope, schema_name_for
from apps.events.models import OutboxEvent
from apps.memory.models import Export, MemoryRemoval
from apps.memory.selectors.exports import exports_holding
from apps.memory.services.exports import export_delete, export_write, exports_expire
from apps.memory.services.files import originals_delete_with_organization
from apps.memory.services.purging import memories_purge
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archives import exported, sent
from tests.factories.fixtures import ClientFactory

API = "/api/v1/memory"
pytestmark = pytest.mark.usefixtures("own_storage")
TEXT = "EXP-117: Priya Raman tested a discount with Harbor Coffee."


def test_exports_are_deleted_and_expire(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, own_storage: Path
) -> None:
    memory_id = store(TEXT)
    exported(client, run_jobs)
    where = own_storage / schema_name_for(acme.id) / "exports"
    (one,) = client.get(f"{API}/exports").json()["results"]
    assert len(list(where.iterdir())) == 1
    with organization_scope(acme.id):
        assert exports_holding([UUID(memory_id)]) == {UUID(one["export_id"])}
        assert exports_holding([uuid4()]) == set()
    assert client.delete(f"{API}/exports/{one['export_id']}").status_code == 204
    run_jobs()
    assert client.get(f"{API}/exports/{one['export_id']}").status_code == 404
    assert not list(where.glob("*"))
    exported(client, run_jobs)
    with organization_scope(acme.id):
        assert exports_expire(organization_id=acme.id, now=timezone.now() + timedelta(days=6)) == 0
        assert exports_expire(organization_id=acme.id, now=timezone.now() + timedelta(days=8)) == 1
    run_jobs()
    assert not list(where.glob("*"))
    exported(client, run_jobs)
    originals_delete_with_organization(organization_id=acme.id)
    run_jobs()
    assert not list(where.glob("*"))


def test_exports_hold_exactly_what_they_hold(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs
) -> None:
    one, two = UUID(store("The red note.", memory_type="red")), UUID(store("The blue note.", memory_type="blue"))
    exported(client, run_jobs, memory_type="red")
    client.delete(f"{API}/{one}")
    with organization_scope(acme.id):
        memories_purge(memory_ids=[one], now=timezone.now())
        assert MemoryRemoval.objects.get().memory_id == one
        (export,) = Export.objects.all()
        assert (exports_holding([one]), exports_holding([two])) == ({export.id}, set())
        # One that is being written may hold anything.
        Export.objects.update(status=Export.Status.RUNNING)
        assert exports_holding([two]) == {export.id}


def test_an_export_that_was_deleted_while_it_was_written_leaves_nothing(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, own_storage: Path
) -> None:
    store(TEXT)
    export_id = UUID(client.post(f"{API}/export", {}, format="json").json()["export_id"])
    assert client.post(f"{API}/export", {}, format="json").json()["code"] == "too_many_exports"
    assert client.get(f"{API}/exports/{export_id}/download").json()["code"] == "export_not_ready"

    def delete() -> None:
        with organization_scope(acme.id):
            if Export.objects.exists():
                export_delete(organization_id=acme.id, export_id=export_id, now=timezone.now())

    with organization_scope(acme.id):
        export_write(organization_id=acme.id, export_id=export_id, on_wait=delete, now=timezone.now())
    run_jobs()
    assert not list((own_storage / schema_name_for(acme.id)).glob("exports/*"))


def test_a_second_attempt_erases_what_the_first_one_left(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, own_storage: Path
) -> None:
    store(TEXT)
    client.post(f"{API}/export", {}, format="json")
    key = f"{schema_name_for(acme.id)}/exports/left"
    (own_storage / key).parent.mkdir(parents=True, exist_ok=True)
    (own_storage / key).write_bytes(b"half")
    with organization_scope(acme.id):
        Export.objects.update(status=Export.Status.RUNNING, storage_key=key)
    run_jobs()
    assert not (own_storage / key).exists()
    assert client.get(f"{API}/exports").json()["results"][0]["status"] == "succeeded"


def test_only_owners_and_admins_export_and_it_is_told(
    client: APIClient, acme: Organization, client_of: ClientFactory, store: Store, run_jobs: RunJobs
) -> None:
    store(TEXT)
    for role in (Role.MEMBER, Role.VIEWER):
        assert client_of(acme, role).post(f"{API}/export", {}, format="json").status_code == 403
    archive = exported(client_of(acme, Role.ADMIN), run_jobs)
    assert sent(client_of(acme, Role.MEMBER), archive).status_code == 403
    names = list(OutboxEvent.objects.filter(name__startswith="export.").order_by("id").values_list("name", flat=True))
    assert names == ["export.requested", "export.finished", "export.downloaded"]


def test_operators_export_and_import(
    client: APIClient,
    other: APIClient,
    store: Store,
    acme: Organization,
    globex: Organization,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    memory_id = store(TEXT)
    path = tmp_path / "memory.zip"
    call_command("export_memory", organization="acme", output=path, dry_run=True)
    assert "1 memories would be written" in capsys.readouterr().out
    call_command("export_memory", organization="acme", output=path, as_json=True)
    assert json.loads(capsys.readouterr().out)["counts"]["memories"] == 1
    with organization_scope(acme.id):
        assert not Export.objects.exists()
    call_command("import_memory", path, organization="globex", dry_run=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert other.get(API).json()["total"] == 0
    call_command("import_memory", path, organization="globex", as_json=True)
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert other.get(f"{API}/{memory_id}").status_code == 200
    path.write_bytes(b"no archive")
    with pytest.raises(CommandError, match="damaged"):
        call_command("import_memory", path, organization="globex")
