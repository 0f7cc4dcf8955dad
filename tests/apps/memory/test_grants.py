"""Whose memories are open to whom: what modules keep, what manifests share, what grants open, and what is audited.

The oracle of thirty lines says what each caller may read; the calls are made over HTTP, by people and modules, while
grants come and go. `GRANT_CALLS=10000` in the environment is the full dose.
"""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization, Session
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.api_keys import api_key_create, api_key_rotate
from apps.accounts.services.roles import role_create
from apps.accounts.services.sessions import session_open
from apps.accounts.tokens import module_token_issue
from apps.billing.models import PlanOverride
from apps.billing.services.overrides import override_give
from apps.core.tenancy.scope import organization_scope
from apps.core.types import Principal
from apps.events.models import OutboxEvent
from apps.events.registry import events_open
from apps.events.selectors import feed_after
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.places import events_place
from apps.events.types import SYSTEM, Listener
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Grant, Memory
from apps.memory.services.archiving import memories_archive
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.services.memories import memory_store
from apps.memory.services.operations import operation_create
from apps.memory.types import GrantOffer, StoreItem
from apps.registry.services.modules import module_register
from tests.factories.fixtures import ClientFactory
from tests.factories.modules import manifest_of
from tests.routes import PLACEHOLDER, Route, api_routes

CALLS = int(os.environ.get("GRANT_CALLS", "200"))
SECRET = "Zanzibarium"
SHARES = {"alpha": ["note"], "beta": [], "gamma": ["insight", "note"]}
TYPES = ["note", "insight", "draft"]

_Caller = tuple[str, set[tuple[str, str]], Callable[[], APIClient]]


@pytest.fixture
def modules(acme: Organization) -> None:
    for name, types in SHARES.items():
        permissions = [f"{name}:read", f"{name}:write", "memory:read", "memory:write"]
        document = manifest_of("http://127.0.0.1:1", name, permissions=permissions)
        document["memory_requirements"] = {"read_access": True, "memory_types": TYPES, "shared_types": types}
        module_register(manifest=document, now=timezone.now())


@pytest.fixture
def speak(acme: Organization, modules: None) -> Callable[..., APIClient]:
    """Make a client of a module that acts for a member; its token holds for a minute."""
    known: dict[str, Principal] = {}

    def make(module: str, role: str = Role.OWNER, *permissions: str) -> APIClient:
        member = Membership.objects.select_related("user", "organization").filter(organization=acme, role=role)[0]
        if role not in known:
            known[role] = _principal(acme, role)
        principal = replace(known[role], permissions=frozenset(permissions or ("memory:read", "memory:write")))
        token = module_token_issue(
            principal=principal,
            permission_version=member.permission_version,
            module_id=module,
            tier="free",
            request_id="test",
            now=timezone.now(),
        )
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make


def remember(organization: Organization, text: str, module: str = "", memory_type: str = "note", **fields: Any) -> str:
    item = StoreItem(content=text, module=module, memory_type=memory_type, **fields)
    with organization_scope(organization.id):
        stored = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    return str(stored.memory_id)


def grant(organization: Organization, to: tuple[PrincipalKind, str], module: str, **fields: Any) -> Grant:
    offer = GrantOffer(
        principal_kind=to[0],
        principal_id=to[1],
        module=module,
        **{"rights": [Right.READ], "purpose": "to see", **fields},
    )
    with organization_scope(organization.id):
        return grant_make(organization_id=organization.id, offer=offer, user_id=None, now=timezone.now())


def revoke(organization: Organization, one: Grant) -> None:
    with organization_scope(organization.id):
        grant_revoke(grant_id=one.id, user_id=None, now=timezone.now())


def listed(client: APIClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/memory", query_params={"limit": "100", **query})
    assert answer.status_code == 200, answer.content
    return [row["memory_id"] for row in answer.json()["results"]]


def uses(since: int = 0) -> list[OutboxEvent]:
    return list(OutboxEvent.objects.filter(name="memory_grant.used").order_by("id")[since:])


# --- what is closed, and what opens it -----------------------------------------------------------------------------


def test_a_module_reads_its_own_what_is_shared_and_what_is_nobodys(
    acme: Organization, speak: Callable[..., APIClient]
) -> None:
    theirs = remember(acme, "Of alpha, kept.", "alpha", "draft")
    shared = remember(acme, "Of alpha, shared.", "alpha", "note")
    own = remember(acme, "Of beta.", "beta", "draft")
    ours = remember(acme, "Of the organisation.")
    beta = speak("beta")
    assert set(listed(beta)) == {shared, own, ours}
    shown = {row["memory_id"]: row for row in beta.get("/api/v1/memory").json()["results"]}
    via = {memory_id: row["access_via"] for memory_id, row in shown.items()}
    assert via == {shared: "shared", own: "module", ours: "organization"}
    assert beta.get(f"/api/v1/memory/{theirs}").status_code == 404
    assert set(listed(speak("alpha"))) == {theirs, shared, ours}


def test_members_read_what_is_shared_and_those_who_look_after_the_memory_everything(
    acme: Organization, client_of: ClientFactory, modules: None
) -> None:
    theirs = remember(acme, "Of alpha, kept.", "alpha", "draft")
    ours = remember(acme, "Ours.")
    assert listed(client_of(acme, Role.MEMBER)) == [ours]
    owner = client_of(acme, Role.OWNER)
    assert set(listed(owner)) == {theirs, ours}
    assert owner.get(f"/api/v1/memory/{theirs}").json()["access_via"] == "role"
    # Nothing of what an owner reads is told to the trail: their role lets them.
    assert uses() == []


def test_a_grant_opens_types_and_conditions_to_its_principal_alone(
    acme: Organization, speak: Callable[..., APIClient]
) -> None:
    draft = remember(acme, "A draft about prices.", "alpha", "draft", metadata={"team": "Pricing"})
    other = remember(acme, "A draft about people.", "alpha", "draft", metadata={"team": "People"})
    insight = remember(acme, "An insight about prices.", "alpha", "insight", metadata={"team": "Pricing"})
    beta, gamma = speak("beta"), speak("gamma")
    assert listed(beta) == []
    given = grant(
        acme,
        (PrincipalKind.MODULE, "beta"),
        "alpha",
        memory_types=["draft"],
        filters={"metadata.team": "Pricing"},
    )
    assert listed(beta) == [draft]
    assert listed(gamma) == []
    found = beta.post("/api/v1/memory/search", {"query": "prices"}, format="json").json()["results"]
    assert [(row["memory_id"], row["access_via"], row["grant_id"]) for row in found] == [
        (draft, "grant", str(given.id))
    ]
    assert beta.get(f"/api/v1/memory/{other}").status_code == 404
    assert beta.get(f"/api/v1/memory/{insight}").status_code == 404
    # The next call after the end of the grant finds it closed, the search's index in this process included.
    revoke(acme, given)
    assert listed(beta) == []
    assert beta.post("/api/v1/memory/search", {"query": "prices"}, format="json").json()["results"] == []
    assert beta.get(f"/api/v1/memory/{draft}").status_code == 404


def test_a_grant_ends_by_itself(acme: Organization, speak: Callable[..., APIClient]) -> None:
    draft = remember(acme, "A draft.", "alpha", "draft")
    given = grant(acme, (PrincipalKind.MODULE, "beta"), "alpha", expires_at=timezone.now() + timedelta(hours=1))
    assert listed(speak("beta")) == [draft]
    with organization_scope(acme.id):
        Grant.objects.filter(id=given.id).update(expires_at=timezone.now())
    assert listed(speak("beta")) == []


def test_roles_members_and_keys(acme: Organization, client_of: ClientFactory, modules: None) -> None:
    draft = remember(acme, "A draft.", "alpha", "draft")
    member, colleague, viewer = client_of(acme, Role.MEMBER), client_of(acme, Role.MEMBER), client_of(acme, Role.VIEWER)
    by_name = grant(acme, (PrincipalKind.MEMBER, str(member.user.id)), "alpha")  # type: ignore[attr-defined]  # the factory sets it
    assert [listed(one) for one in (member, colleague, viewer)] == [[draft], [], []]
    revoke(acme, by_name)
    grant(acme, (PrincipalKind.ROLE, "viewer"), "alpha")
    assert [listed(one) for one in (member, colleague, viewer)] == [[], [], [draft]]


def test_a_key_keeps_its_grant_when_its_secret_is_changed(
    acme: Organization, client_of: ClientFactory, modules: None
) -> None:
    draft = remember(acme, "A draft.", "alpha", "draft")
    principal = _principal(acme)
    key, secret = api_key_create(
        principal=principal, name="Reader", scopes=["memory:read"], expires_at=None, now=timezone.now()
    )

    def of_key(raw: str) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_X_API_KEY=raw)
        return client

    # Its owner may read everything; the key was made to read the memory, no more.
    assert listed(of_key(secret)) == []
    grant(acme, (PrincipalKind.KEY, str(key.id)), "alpha")
    assert listed(of_key(secret)) == [draft]
    changed = api_key_rotate(principal=principal, key_id=key.id, overlap=timedelta(0), now=timezone.now())
    assert listed(of_key(changed[1])) == [draft]


def test_a_module_has_nothing_of_the_person_for_whom_it_acts(
    acme: Organization, client_of: ClientFactory, speak: Callable[..., APIClient]
) -> None:
    remember(acme, "A draft.", "alpha", "draft")
    grant(acme, (PrincipalKind.ROLE, "owner"), "alpha")
    # Even permissions that no token of ours holds open nothing to a module.
    assert listed(speak("beta", Role.OWNER, "memory:read", "memory:admin", "memory:export")) == []


def test_a_grant_goes_with_the_role_or_person_that_it_was_for(
    acme: Organization, client_of: ClientFactory, modules: None
) -> None:
    remember(acme, "A draft.", "alpha", "draft")
    owner, principal, now = client_of(acme, Role.OWNER), _principal(acme), timezone.now()
    wanted: dict[str, Any] = {"name": "board", "title": "", "description": "", "permissions": ["memory:read"]}
    role = role_create(principal=principal, **wanted, now=now)
    member = client_of(acme, Role.MEMBER)
    of_role = grant(acme, (PrincipalKind.ROLE, "board"), "alpha")
    of_person = grant(acme, (PrincipalKind.MEMBER, str(member.user.id)), "alpha")  # type: ignore[attr-defined]  # the factory sets it
    stays = grant(acme, (PrincipalKind.ROLE, "viewer"), "alpha")
    assert owner.delete(f"/api/v1/orgs/current/roles/{role.id}").status_code == 204
    assert owner.delete(f"/api/v1/orgs/current/members/{member.user.id}").status_code == 204  # type: ignore[attr-defined]  # as above
    events_place()
    consumers_ensure()
    consume("grants")
    with organization_scope(acme.id):
        ended = set(Grant.objects.exclude(revoked_at=None).values_list("id", flat=True))
    assert ended == {of_role.id, of_person.id}
    assert stays.id not in ended
    # Somebody who takes the name has nothing of it.
    role_create(principal=principal, **wanted, now=timezone.now())
    assert listed(client_of(acme, "board")) == []


# --- changing ------------------------------------------------------------------------------------------------------


def test_what_is_shared_may_be_read_and_not_changed(
    acme: Organization, client_of: ClientFactory, modules: None
) -> None:
    shared = remember(acme, "Of alpha, shared.", "alpha", "note")
    closed = remember(acme, "Of alpha, kept.", "alpha", "draft")
    ours = remember(acme, "Ours.")
    member = client_of(acme, Role.MEMBER)
    changes: list[Callable[[str], Any]] = [
        lambda one: member.patch(f"/api/v1/memory/{one}", {"content": "Else."}, format="json"),
        lambda one: member.post(f"/api/v1/memory/{one}/supersede", {"by": ours}, format="json"),
        lambda one: member.delete(f"/api/v1/memory/{one}"),
    ]
    for change in changes:
        refused = change(shared)
        assert (refused.status_code, refused.json()["code"]) == (403, "memory_closed")
        assert change(closed).status_code == 404
    bulk = member.post("/api/v1/memory/bulk", {"action": "trash", "ids": [shared, closed, ours]}, format="json").json()
    assert bulk["done"] == 1
    assert {(one["memory_id"], one["code"]) for one in bulk["errors"]} == {
        (shared, "memory_closed"),
        (closed, "memory_not_found"),
    }
    assert member.post("/api/v1/memory/bulk", {"action": "trash", "all": True}, format="json").json()["done"] == 0
    with organization_scope(acme.id):
        assert Memory.objects.filter(deleted_at=None).count() == 2


def test_the_right_to_write_opens_changes(acme: Organization, speak: Callable[..., APIClient]) -> None:
    draft = remember(acme, "A draft.", "alpha", "draft")
    beta = speak("beta")
    grant(acme, (PrincipalKind.MODULE, "beta"), "alpha")
    assert beta.patch(f"/api/v1/memory/{draft}", {"content": "Else."}, format="json").status_code == 403
    grant(acme, (PrincipalKind.MODULE, "beta"), "alpha", rights=[Right.READ, Right.WRITE])
    assert beta.patch(f"/api/v1/memory/{draft}", {"content": "Else."}, format="json").json()["content"] == "Else."
    assert beta.delete(f"/api/v1/memory/{draft}").status_code == 204
    assert beta.post(f"/api/v1/memory/{draft}/restore", {}, format="json").status_code == 200


# --- what is computed of many --------------------------------------------------------------------------------------


def test_what_is_computed_of_many_counts_what_is_open_only(acme: Organization, speak: Callable[..., APIClient]) -> None:
    remember(acme, f"{SECRET} hired Ottoline Vance for Project Quillfeather.", "alpha", "draft")
    remember(acme, "Priya Raman met Jonas Berg in Hamburg.")
    beta = speak("beta")
    for path in ("insights", "graph", "entities", "facets", "map", "context"):
        answer = beta.get(f"/api/v1/memory/{path}")
        assert answer.status_code == 200, answer.content
        assert [word for word in (SECRET, "Ottoline", "Quillfeather") if word in answer.content.decode()] == []
    assert beta.get("/api/v1/memory/insights").json()["total_memories"] == 1
    assert beta.get("/api/v1/memory/graph/path", {"from": "Ottoline Vance", "to": SECRET}).status_code == 404


def test_the_right_to_derive_counts_memories_and_shows_none(
    acme: Organization, speak: Callable[..., APIClient]
) -> None:
    draft = remember(acme, f"{SECRET} hired Ottoline Vance.", "alpha", "draft")
    beta = speak("beta")
    grant(acme, (PrincipalKind.MODULE, "beta"), "alpha", rights=[Right.DERIVE])
    insights = beta.get("/api/v1/memory/insights")
    assert insights.json()["total_memories"] == 1
    assert "Ottoline" in insights.content.decode()
    assert "Ottoline" in beta.get("/api/v1/memory/graph").content.decode()
    # Named as what it is about, never as the memory itself.
    assert draft not in insights.content.decode()
    assert listed(beta) == []
    assert beta.get(f"/api/v1/memory/{draft}").status_code == 404
    assert uses() == []


# --- every route ---------------------------------------------------------------------------------------------------

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


# --- events --------------------------------------------------------------------------------------------------------


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
    role_create(
        principal=_principal(acme),
        name="listener",
        title="",
        description="",
        permissions=["events:read"],
        now=timezone.now(),
    )
    page = client_of(acme, "listener").get("/api/v1/events", {"types": "memory.stored", "limit": "1"}).json()
    # A page without anything leads on to the next one.
    assert page["results"] == [] or page["results"][0]["subject"]["id"] == ours
    following = client_of(acme, "listener").get("/api/v1/events", {"types": "memory.stored"}).json()
    assert [one["subject"]["id"] for one in following["results"]] == [ours]


def _principal(organization: Organization, role: str = Role.OWNER) -> Principal:
    member = Membership.objects.select_related("user", "organization").filter(organization=organization, role=role)[0]
    session_open(membership=member, now=timezone.now())
    return principal_of(member, session=Session.objects.filter(user=member.user)[0])


# --- the API of grants ---------------------------------------------------------------------------------------------


def test_grants_are_made_listed_and_revoked(acme: Organization, client_of: ClientFactory, modules: None) -> None:
    owner = client_of(acme, Role.OWNER)
    asked = {
        "principal_kind": "role",
        "principal_id": "member",
        "module": "alpha",
        "memory_types": ["draft"],
        "filters": {"metadata.team": "Pricing"},
        "rights": ["write", "read"],
        "purpose": "Pricing reviews drafts.",
    }
    made = owner.post("/api/v1/memory/grants", asked, format="json")
    assert made.status_code == 201, made.content
    one = made.json()
    assert one["rights"] == ["read", "write"]
    assert one["filters"] == asked["filters"]
    assert one["principal"] == {"kind": "role", "id": "member", "name": "member"}
    assert [row["id"] for row in owner.get("/api/v1/memory/grants").json()["results"]] == [one["id"]]
    assert owner.get(f"/api/v1/memory/grants/{one['id']}").json() == one
    ended = owner.post(f"/api/v1/memory/grants/{one['id']}/revoke").json()
    assert ended["status"] == "revoked"
    assert owner.get("/api/v1/memory/grants", {"in_force": "true"}).json()["results"] == []
    told = OutboxEvent.objects.filter(subject_kind="memory_grant").order_by("id")
    assert [event.name for event in told] == ["memory_grant.created", "memory_grant.revoked"]
    for role in (Role.MEMBER, Role.VIEWER):
        assert client_of(acme, role).get("/api/v1/memory/grants").status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"principal_id": "nobody"}, "/principal_id"),
        ({"principal_kind": "member", "principal_id": "nobody"}, "/principal_id"),
        ({"principal_kind": "key", "principal_id": str(UUID(int=1))}, "/principal_id"),
        ({"principal_kind": "module", "principal_id": "alpha"}, "/principal_id"),
        ({"module": "unheard_of"}, "/module"),
        ({"rights": []}, "/rights"),
        ({"rights": ["write"]}, "/rights"),
        ({"rights": ["own"]}, "/rights/0"),
        ({"filters": {"metadata": 1}}, "/filters/metadata"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"purpose": ""}, "/purpose"),
    ],
)
def test_a_grant_that_means_nothing_is_refused(
    change: dict[str, Any], pointer: str, acme: Organization, client_of: ClientFactory, modules: None
) -> None:
    asked = {
        "principal_kind": "role",
        "principal_id": "member",
        "module": "alpha",
        "rights": ["read"],
        "purpose": "x",
        **change,
    }
    refused = client_of(acme, Role.OWNER).post("/api/v1/memory/grants", asked, format="json")
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_what_modules_share_and_keep_is_told(acme: Organization, client_of: ClientFactory, modules: None) -> None:
    remember(acme, "Kept.", "alpha", "draft")
    rows = client_of(acme, Role.OWNER).get("/api/v1/memory/sharing").json()["results"]
    found = {row["module"]: (row["shared_types"], row["closed_types"]) for row in rows}
    # What the manifest names, be there any of it or not.
    assert found["alpha"] == (["note"], ["draft", "insight"])
    assert found["gamma"] == (["insight", "note"], ["draft"])


# --- the oracle ----------------------------------------------------------------------------------------------------


@dataclass
class Oracle:
    """What each caller may read, by the definitions alone."""

    memories: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    grants: dict[UUID, tuple[tuple[str, str], str, set[str], str]] = field(default_factory=dict)

    def allowed(self, module: str, names: set[tuple[str, str]]) -> set[str]:
        return {one for one in self.memories if self.plainly(one, module) or self.by_grant(one, names)}

    def granted(self, module: str, names: set[tuple[str, str]]) -> set[str]:
        return {one for one in self.memories if not self.plainly(one, module) and self.by_grant(one, names)}

    def plainly(self, one: str, module: str) -> bool:
        owner, memory_type, _ = self.memories[one]
        return owner in {"", module} or memory_type in SHARES[owner]

    def by_grant(self, one: str, names: set[tuple[str, str]]) -> bool:
        owner, memory_type, team = self.memories[one]
        return any(
            to in names and of == owner and (not types or memory_type in types) and wanted in {"", team}
            for to, of, types, wanted in self.grants.values()
        )


@pytest.fixture
def callers(acme: Organization, client_of: ClientFactory, speak: Callable[..., APIClient]) -> list[_Caller]:
    """Return callers: the module that they are, the principals that they count as, and how to speak for them."""
    found: list[_Caller] = [(name, {("module", name)}, partial(speak, name)) for name in SHARES]
    for role in (Role.MEMBER, Role.MEMBER, Role.VIEWER):
        client = client_of(acme, role)
        names = {("role", role.value), ("member", str(client.user.id))}  # type: ignore[attr-defined]  # the factory sets it
        found.append(("", names, partial(_same, client)))
    return found


def _same(client: APIClient) -> APIClient:
    return client


@pytest.mark.parametrize("seed", [20_26])
def test_what_is_returned_is_what_is_allowed_and_what_is_audited(
    seed: int,
    acme: Organization,
    client_of: ClientFactory,
    callers: list[_Caller],
) -> None:
    for feature in ("memory_searches", "api_calls"):
        room = PlanOverride(
            organization_id=acme.id, feature_id=feature, limit=10**9, reason="Tests", created_by="tests"
        )
        override_give(override=room, actor=SYSTEM, now=timezone.now())
    chance, oracle = random.Random(seed), Oracle()  # noqa: S311 - reproducible, nothing secret
    for number in range(36):
        module, memory_type = chance.choice(["", *SHARES]), chance.choice(TYPES)
        team = chance.choice(["Pricing", "People"])
        text = f"Note {number} about the harbour price of {team}."
        memory_id = remember(acme, text, module, memory_type, metadata={"team": team})
        oracle.memories[memory_id] = (module, memory_type, team)
    principals = sorted({name for _, names, _ in callers for name in names})
    seen = 0
    for call in range(CALLS):
        if call % 10 == 0:
            _change_grants(acme, oracle, principals, chance)
        module, names, speak_for = chance.choice(callers)
        allowed, granted = oracle.allowed(module, names), oracle.granted(module, names)
        returned = _ask(speak_for(), chance, sorted(oracle.memories))
        assert returned is None or returned <= allowed
        events = uses(seen)
        seen += len(events)
        audited = {one for event in events for one in event.data["memory_ids"]}
        if returned is None:
            # One that is closed, asked for by its id.
            assert audited == set()
            continue
        assert audited == returned & granted
        assert all(UUID(event.subject_id) in oracle.grants for event in events)
        if len(returned) > 1:
            assert returned == allowed


def _change_grants(
    organization: Organization, oracle: Oracle, principals: list[tuple[str, str]], chance: random.Random
) -> None:
    if oracle.grants and chance.random() < 0.5:
        gone = chance.choice(list(oracle.grants))
        with organization_scope(organization.id):
            grant_revoke(grant_id=gone, user_id=None, now=timezone.now())
        del oracle.grants[gone]
        return
    to, module = chance.choice(principals), chance.choice(list(SHARES))
    if to == ("module", module):
        return
    types = set(chance.sample(TYPES, chance.randint(0, 2)))
    team = chance.choice(["", "Pricing", "People"])
    given = grant(
        organization,
        (PrincipalKind(to[0]), to[1]),
        module,
        memory_types=sorted(types),
        filters={"metadata.team": team} if team else {},
    )
    oracle.grants[given.id] = (to, module, types, team)


def _ask(client: APIClient, chance: random.Random, ids: list[str]) -> set[str] | None:
    """Make one call; return the ids that it names, None for a memory that is refused."""
    match chance.randrange(4):
        case 0:
            return set(listed(client))
        case 1:
            found = client.post("/api/v1/memory/search", {"query": "harbour price", "limit": 100}, format="json").json()
            return {row["memory_id"] for row in found["results"]}
        case 2:
            points = client.get("/api/v1/memory/map").json()
            return set(points["memory_id"])
        case _:
            one = chance.choice(ids)
            answer = client.get(f"/api/v1/memory/{one}")
            assert answer.status_code in {200, 404}
            return {answer.json()["memory_id"]} if answer.status_code == 200 else None


# --- operators -----------------------------------------------------------------------------------------------------


def test_operators_list_give_and_revoke(acme: Organization, modules: None, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> dict[str, Any]:
        call_command("grants", *arguments, "--organization", "acme", "--json")
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    asked = json.dumps(
        {"principal_kind": "role", "principal_id": "member", "module": "alpha", "rights": ["read"], "purpose": "x"}
    )
    assert run("give", "--grant", asked, "--dry-run")["status"] == "active"
    assert run("list")["total"] == 0
    given = run("give", "--grant", asked)
    assert [row["id"] for row in run("list")["results"]] == [given["id"]]
    assert run("revoke", given["id"])["status"] == "revoked"
    assert {"module": "beta", "shared_types": [], "closed_types": sorted(TYPES)} in run("sharing")["results"]
    for wrong in (["give", "--grant", "no"], ["give", "--grant", "{}"], ["revoke"], ["revoke", str(UUID(int=1))]):
        with pytest.raises(CommandError):
            call_command("grants", *wrong, "--organization", "acme")
