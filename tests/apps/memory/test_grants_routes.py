"""Every route of the memory, asked by a module for what another one keeps; and the feed."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.accounts.services.roles import role_create
from apps.core.tenancy.scope import organization_scope
from apps.events.registry import events_open
from apps.events.selectors import feed_after
from apps.events.services.places import events_place
from apps.events.types import Listener
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Memory
from apps.memory.services.archiving import memories_archive
from apps.memory.services.operations import operation_create
from tests.factories.fixtures import ClientFactory
from tests.factories.grants import SECRET, grant, listed, member_principal, remember, revoke
from tests.routes import PLACEHOLDER, Route, api_routes

# What each route of the memory is asked, so that what is closed would come into the answer if it could.
ASKED: dict[str, dict[str, Any]] = {
    "GET /api/v1/memory": {"query": {"limit": 100}},
    "GET /api/v1/memory/facets": {"query": {"metadata": "word"}},
    "GET /api/v1/memory/digest": {"query": {"since": "2000-01-01T00:00:00Z"}},
    "GET /api/v1/memory/reviews": {"query": {"status": "any"}},
    "GET /api/v1/memory/diff": {"query": {"from": "2000-01-01T00:00:00Z"}},
    "GET /api/v1/memory/graph/path": {"query": {"from": SECRET, "to": "Ottoline Vance"}},
    "GET /api/v1/memory/entities": {"query": {"q": "o"}},
    "POST /api/v1/memory/bulk": {"data": {"action": "trash", "all": True}},
    "POST /api/v1/memory/unarchive": {"data": {"all": True}},
    "POST /api/v1/memory/store": {"data": {"content": f"{SECRET} hired Ottoline Vance for Project Quillfeather."}},
    "POST /api/v1/memory/store/batch": {"data": {"items": [{"content": "Something else."}]}},
    "POST /api/v1/memory/search": {"data": {"query": f"{SECRET} Quillfeather", "limit": 100}},
}

BODIES = {
    "POST /api/v1/memory/<uuid:memory_id>/supersede": {"by": None},
    "POST /api/v1/memory/reviews/<uuid:review_id>/decide": {"decision": "dismiss"},
}


def _routes() -> list[Route]:
    return [route for route in api_routes() if route.path.startswith("/api/v1/memory")]


@pytest.mark.parametrize("route", _routes(), ids=str)
def test_no_route_shows_a_module_what_another_keeps(
    route: Route, acme: Organization, speak: Callable[..., APIClient]
) -> None:
    hidden = [
        remember(
            acme,
            f"{SECRET} hired Ottoline Vance for Project Quillfeather.",
            "alpha",
            "draft",
            metadata={"word": SECRET},
        )
        for _ in range(2)
    ]
    with organization_scope(acme.id):
        row = {"content": f"{SECRET} writes on.", "module": "alpha", "memory_type": "draft"}
        batch = operation_create(
            organization_id=acme.id, rows=[row], module="alpha", name=SECRET, user_id=None, now=timezone.now()
        )
        before = list(
            Memory.objects.filter(module="alpha").order_by("number").values_list("id", "revision", "deleted_at")
        )
    marks = [SECRET, "Ottoline", "Quillfeather", *hidden, str(batch.id)]
    client = speak("beta")
    for identifier in [*hidden, str(batch.id)] if PLACEHOLDER.search(route.path) else [""]:
        call = ASKED.get(str(route), {})
        answer = client.generic(
            route.method,
            PLACEHOLDER.sub(identifier, route.path),
            json.dumps(call.get("data", BODIES.get(str(route), {}))),
            content_type="application/json",
            query_params=call.get("query"),
        )
        expected = {403, 404} if identifier else {200, 201, 202, 400, 403, 404}
        assert answer.status_code in expected, answer.content
        body = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert [mark for mark in marks if mark in body and mark != identifier] == []
    with organization_scope(acme.id):
        after = list(
            Memory.objects.filter(module="alpha").order_by("number").values_list("id", "revision", "deleted_at")
        )
    assert after == before


def test_an_owner_sees_what_the_test_above_hides(acme: Organization, client_of: ClientFactory, modules: None) -> None:
    hidden = remember(acme, f"{SECRET} hired Ottoline Vance for Project Quillfeather.", "alpha", "draft")
    owner = client_of(acme, Role.OWNER)
    for path in ("", "/insights", "/graph", "/entities?q=o", "/digest?since=2000-01-01T00:00:00Z", f"/{hidden}"):
        assert "Ottoline" in owner.get(f"/api/v1/memory{path}").content.decode()


def test_what_is_closed_stays_so_in_the_archive(acme: Organization, speak: Callable[..., APIClient]) -> None:
    closed = remember(acme, f"{SECRET} hired Ottoline Vance.", "alpha", "draft")
    shared = remember(acme, f"{SECRET} hired somebody else.", "alpha", "note")
    with organization_scope(acme.id):
        ids = [UUID(closed), UUID(shared)]
        assert memories_archive(organization_id=acme.id, target=ids, user_id=None, now=timezone.now()).done == len(ids)
    beta = speak("beta")
    assert listed(beta, state="archived") == [shared]
    asked = {"query": f"Who hired Ottoline Vance? {SECRET}", "include_archived": True}
    found = beta.post("/api/v1/memory/search", asked, format="json").json()["results"]
    assert [row["memory_id"] for row in found] == [shared]
    assert beta.get(f"/api/v1/memory/{closed}").status_code == 404
    assert beta.post(f"/api/v1/memory/{closed}/unarchive").status_code == 404
    assert beta.post(f"/api/v1/memory/{shared}/unarchive").status_code == 403
    given = grant(acme, (PrincipalKind.MODULE, "beta"), "alpha", rights=[Right.READ, Right.WRITE])
    assert beta.get(f"/api/v1/memory/{closed}").json()["grant_id"] == str(given.id)
    assert beta.post(f"/api/v1/memory/{closed}/unarchive").status_code == 200


def test_the_feed_tells_a_listener_of_what_is_open_to_it(
    acme: Organization, client_of: ClientFactory, speak: Callable[..., APIClient]
) -> None:
    closed = remember(acme, "Kept.", "alpha", "draft", metadata={"team": "Pricing"})
    ours = remember(acme, "Ours.")
    events_place()
    events = feed_after(organization_id=acme.id, position=0, types=frozenset({"memory.stored"}), limit=100)

    def heard(module: str) -> list[str]:
        return [event.subject_id for event in events_open(Listener(acme.id, module=module), events)]

    assert heard("beta") == [ours]
    assert heard("alpha") == [closed, ours]
    given = grant(acme, (PrincipalKind.MODULE, "beta"), "alpha", filters={"metadata.team": "Pricing"})
    assert heard("beta") == [closed, ours]
    revoke(acme, given)
    assert heard("beta") == [ours]
    for name, permissions in (("listener", ["events:read", "memory:read"]), ("watchman", ["events:read"])):
        role_create(
            principal=member_principal(acme),
            name=name,
            title="",
            description="",
            permissions=permissions,
            now=timezone.now(),
        )
    page = client_of(acme, "listener").get("/api/v1/events", {"types": "memory.stored", "limit": "1"}).json()
    # A page without anything leads on to the next one.
    assert page["results"] == [] or page["results"][0]["subject"]["id"] == ours
    for name, told in (("listener", [ours]), ("watchman", [])):
        following = client_of(acme, name).get("/api/v1/events", {"types": "memory.stored"}).json()
        assert [one["subject"]["id"] for one in following["results"]] == told
