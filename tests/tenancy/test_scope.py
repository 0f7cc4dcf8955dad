"""The guard: no query without a scope, no organisation's scope inside another's, no stale search path."""

import asyncio
import threading
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from apps.accounts.models import Organization
from apps.core.tenancy.scope import (
    ScopeConflict,
    ScopeMissing,
    current_scope,
    no_scope,
    organization_scope,
    public_scope,
    schema_name_for,
)
from apps.memory.models import MemoryContext


def _context_name() -> str:
    return MemoryContext.objects.get().name


def test_a_query_outside_every_scope_raises(acme: Organization) -> None:
    with no_scope(), pytest.raises(ScopeMissing):
        Organization.objects.count()


def test_a_cursor_outside_every_scope_raises(acme: Organization) -> None:
    with no_scope(), pytest.raises(ScopeMissing):
        connection.cursor()


def test_a_new_thread_has_no_scope(acme: Organization) -> None:
    seen: list[BaseException] = []

    def work() -> None:
        try:
            Organization.objects.count()
        except ScopeMissing as error:
            seen.append(error)

    with organization_scope(acme.id):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(seen) == 1


def test_async_code_keeps_the_scope_of_its_task(acme: Organization, globex: Organization) -> None:
    async def read(organization_id: UUID) -> tuple[str, str]:
        with public_scope(), organization_scope(organization_id):
            before = current_scope().schema_name
            await asyncio.sleep(0)
            after = await sync_to_async(lambda: current_scope().schema_name)()
            return before, after

    async def both() -> list[tuple[str, str]]:
        return await asyncio.gather(*(read(one) for one in (acme.id, globex.id) * 10))

    expected = [(schema_name_for(one),) * 2 for one in (acme.id, globex.id)] * 10
    assert asyncio.run(both()) == expected


def test_each_scope_reads_its_own_rows(acme: Organization, globex: Organization) -> None:
    for organization in (acme, globex, acme):
        with organization_scope(organization.id):
            assert _context_name() == f"org_{organization.id}_context"


def test_an_organisation_cannot_be_entered_from_another(acme: Organization, globex: Organization) -> None:
    with organization_scope(acme.id), pytest.raises(ScopeConflict), organization_scope(globex.id):
        pytest.fail("the scope was opened")


def test_leaving_through_the_public_scope_is_allowed_and_undone(acme: Organization, globex: Organization) -> None:
    with organization_scope(acme.id):
        with public_scope(), organization_scope(globex.id):
            assert _context_name() == f"org_{globex.id}_context"
        assert _context_name() == f"org_{acme.id}_context"


def test_a_rolled_back_savepoint_does_not_leave_a_stale_path(acme: Organization, globex: Organization) -> None:
    with organization_scope(acme.id):
        _context_name()
    savepoint = transaction.savepoint()
    with organization_scope(globex.id):
        _context_name()
    transaction.savepoint_rollback(savepoint)
    with organization_scope(acme.id):
        assert _context_name() == f"org_{acme.id}_context"


def test_setting_the_tenant_of_a_connection_is_refused(acme: Organization) -> None:
    with pytest.raises(RuntimeError, match="organization_scope"):
        connections["default"].set_tenant(acme)  # type: ignore[attr-defined]  # of django-tenants' wrapper
    with pytest.raises(RuntimeError, match="organization_scope"):
        connections["default"].set_schema_to_public()  # type: ignore[attr-defined]  # as above
