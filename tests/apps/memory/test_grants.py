"""Whose memories are open to whom: what modules keep, what manifests share, and what grants open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.accounts.services.api_keys import api_key_create, api_key_rotate
from apps.accounts.services.roles import role_create
from apps.core.tenancy.scope import organization_scope
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.places import events_place
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Grant, Memory
from tests.factories.fixtures import ClientFactory
from tests.factories.grants import SECRET, grant, listed, member_principal, remember, revoke, uses


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
    principal = member_principal(acme)
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
    owner, principal, now = client_of(acme, Role.OWNER), member_principal(acme), timezone.now()
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
