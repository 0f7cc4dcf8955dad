"""Migrating many schemas: one query when nothing is pending, replayed SQL else, and a failure holds up nobody else."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import AddField, Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.models import CharField

from apps.accounts.models import Organization
from apps.core.tenancy import migrations
from apps.core.tenancy.schemas import schema_clone
from apps.core.tenancy.scope import schema_name_for

pytestmark = pytest.mark.usefixtures("committed_db")

ADDED = ("memory", "0099_added")
LATEST = MigrationLoader(None).graph.leaf_nodes("memory")


class Added(Migration):
    dependencies = LATEST
    operations = [AddField("Operation", "note", CharField(max_length=20, default="", db_default=""))]


class AddedInPython(Migration):
    dependencies = LATEST
    operations = [*Added.operations, RunPython(RunPython.noop)]


def _make_organizations(count: int) -> list[str]:
    names = []
    for number in range(count):
        organization_id = uuid4()
        name = schema_name_for(organization_id)
        Organization.objects.create(id=organization_id, schema_name=name, name=f"Org {number}", slug=f"org-{number}")
        schema_clone(name)
        names.append(name)
    return names


def _columns(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = 'memory_operation'",
            [schema],
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def pending(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Django find one more migration of the memory app than there is on disk."""
    kind: type[Migration] = request.param
    load = MigrationLoader.load_disk

    def with_one_more(self: MigrationLoader) -> None:
        load(self)
        self.disk_migrations[ADDED] = kind(ADDED[1], ADDED[0])

    monkeypatch.setattr(MigrationLoader, "load_disk", with_one_more)


def test_nothing_pending_is_found_without_touching_a_schema() -> None:
    names = _make_organizations(3)
    report = migrations.migrate_organizations(names)
    assert (report.total, report.migrated, report.failed) == (3, 0, {})
    assert set(migrations.pending_migrations(names).values()) == {()}


@pytest.mark.parametrize("pending", [Added, AddedInPython], indirect=True)
def test_every_schema_gets_what_it_lacks(pending: None) -> None:
    names = _make_organizations(4)
    finished: list[int] = []
    report = migrations.migrate_organizations(names, progress=finished.append)
    assert (report.total, report.migrated, report.failed) == (4, 4, {})
    assert sum(finished) == 4
    assert all("note" in _columns(name) for name in names)
    assert set(migrations.pending_migrations(names).values()) == {()}
    assert migrations.migrate_organizations(names).migrated == 0


@pytest.mark.parametrize("pending", [Added], indirect=True)
def test_a_schema_that_fails_is_named_and_the_others_go_on(pending: None) -> None:
    names = _make_organizations(5)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{names[2]}".memory_operation ADD COLUMN note integer')
    report = migrations.migrate_organizations(names)
    assert (report.migrated, list(report.failed)) == (4, [names[2]])
    assert "already exists" in report.failed[names[2]]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{names[2]}".memory_operation DROP COLUMN note')
    again = migrations.migrate_organizations(names)
    assert (again.migrated, again.failed) == (1, {})


@pytest.mark.parametrize("pending", [Added], indirect=True)
def test_the_command_updates_template_and_organisations(pending: None) -> None:
    names = _make_organizations(2)
    output = StringIO()
    call_command("migrate_tenants", "--json", stdout=output)
    assert output.getvalue().strip() == '{"total": 4, "migrated": 4, "failed": {}}'
    assert "note" in _columns("tenant_template")
    new = schema_name_for(uuid4())
    schema_clone(new)
    assert "note" in _columns(new)
    assert all("note" in _columns(name) for name in names)


@pytest.mark.parametrize("pending", [Added], indirect=True)
def test_the_command_fails_when_a_schema_does(pending: None) -> None:
    name = _make_organizations(1)[0]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{name}".memory_operation ADD COLUMN note integer')
    with pytest.raises(CommandError, match="1 of 3 schemas failed"):
        call_command("migrate_tenants", stdout=StringIO(), stderr=StringIO())
