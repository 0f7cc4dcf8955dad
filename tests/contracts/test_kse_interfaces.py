"""Our classes against the SDK's abstract ones: the methods, their parameters, and the scope they run in."""

import asyncio
import inspect
import threading
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections

from apps.accounts.models import Organization
from apps.core.tenancy.scope import ScopeConflict, current_scope, no_scope, organization_scope
from apps.memory.adapters import kse
from apps.memory.adapters.kse.base import Bound
from apps.memory.kse import kse_contract
from tests.contracts.kse import call, error

INTERFACES = {
    "VectorStoreInterface": kse.VectorStore,
    "GraphStoreInterface": kse.GraphStore,
    "ConceptStoreInterface": kse.ConceptStore,
    "EmbeddingServiceInterface": kse.EmbeddingService,
    "ConceptualServiceInterface": kse.ConceptualService,
    "SearchServiceInterface": kse.SearchService,
    "CacheInterface": kse.Cache,
}
STORES = [kse.VectorStore, kse.GraphStore, kse.ConceptStore]
METHODS = [
    (interface, method)
    for interface in INTERFACES
    for method in sorted(kse_contract().interface(interface).__abstractmethods__)
]


@pytest.mark.parametrize("name", INTERFACES)
def test_class_is_registered_and_offers_exactly_the_interface(name: str, acme: Organization) -> None:
    interface, ours = kse_contract().interface(name), INTERFACES[name]
    assert issubclass(ours, interface)
    assert isinstance(ours(acme.id), interface)
    offered = {one for one, value in inspect.getmembers(ours) if inspect.iscoroutinefunction(value) and one[0] != "_"}
    assert offered == interface.__abstractmethods__


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_method_takes_the_parameters_of_the_interface(name: str, method: str) -> None:
    theirs = inspect.signature(getattr(kse_contract().interface(name), method))
    ours = inspect.signature(getattr(INTERFACES[name], method))
    assert [(one.name, one.kind, one.default) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.default) for one in theirs.parameters.values()
    ]


def _where() -> tuple[int, int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), pg_backend_pid()")
        schema, process = cursor.fetchone()
    return threading.get_ident(), process, schema


def test_work_runs_on_the_connection_of_the_test_in_the_scope_of_the_organisation(
    acme: Organization, globex: Organization
) -> None:
    thread, process, _ = _where()
    before = current_scope()
    for organization in (acme, globex, acme):
        assert call(Bound(organization.id)._run, _where) == (thread, process, organization.schema_name)
    assert current_scope() == before


def test_calls_of_two_organisations_at_once_stay_apart(acme: Organization, globex: Organization) -> None:
    organizations = [acme, globex] * 5

    async def together() -> list[tuple[int, int, str]]:
        return await asyncio.gather(*(Bound(one.id)._run(_where) for one in organizations))

    assert [schema for *_, schema in async_to_sync(together)()] == [one.schema_name for one in organizations]


def test_an_event_loop_without_a_request_works_too(committed_db: str) -> None:
    acme, globex = (Organization.objects.get(slug=slug) for slug in ("acme", "globex"))

    async def work() -> list[Any]:
        try:
            await kse.GraphStore(acme.id).create_node("Harbor", [], {})
            return [await kse.GraphStore(one.id).get_node("harbor") for one in (acme, globex)]
        finally:
            # The connection of the thread that worked, not of this one.
            await sync_to_async(connections.close_all)()

    with no_scope():
        ours, theirs = asyncio.run(work())
    assert ours["id"] == "harbor"
    assert theirs is None


def test_no_scope_is_needed_around_a_call(acme: Organization) -> None:
    with no_scope():
        assert call(kse.GraphStore(acme.id).connect) is True


@pytest.mark.parametrize("name", INTERFACES)
def test_another_organisations_scope_is_never_crossed(name: str, acme: Organization, globex: Organization) -> None:
    bound = INTERFACES[name](acme.id)
    with organization_scope(globex.id), pytest.raises(ScopeConflict):
        call(bound._run, _where)


def test_arguments_are_copied_before_the_first_wait(acme: Organization) -> None:
    """The caller's list changes while the work waits for its thread."""
    given: list[Any] = [{"inside": []}]
    changed = threading.Event()

    def work(seen: list[Any]) -> list[Any]:
        assert changed.wait(10)
        return seen

    async def change() -> Any:
        working = asyncio.ensure_future(Bound(acme.id)._run(work, given))
        await asyncio.sleep(0)
        given[0]["inside"].append("later")
        changed.set()
        return await working

    seen = async_to_sync(change)()
    assert (seen, given) == ([{"inside": []}], [{"inside": ["later"]}])


@pytest.mark.parametrize("store", STORES)
def test_store_connects_to_an_organisation_that_exists(store: Any, acme: Organization) -> None:
    assert call(store(acme.id).connect) is True
    assert call(store(acme.id).disconnect) is True


@pytest.mark.parametrize("store", STORES)
def test_store_refuses_an_organisation_that_does_not_exist(store: Any, db: None) -> None:
    with pytest.raises(error(store.error), match="no such organisation"):
        call(store(UUID(int=1)).connect)


def test_store_refuses_an_inactive_organisation(acme: Organization) -> None:
    Organization.objects.filter(id=acme.id).update(is_active=False)
    with pytest.raises(error("VectorStoreError"), match="no such organisation"):
        call(kse.VectorStore(acme.id).connect)
