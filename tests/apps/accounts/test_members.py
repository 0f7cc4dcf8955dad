"""Members: their roles, removal, leaving, ownership; and everything that someone might try beyond their rights."""

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import ApiKey, Membership, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import session_open
from tests.apps.accounts.conftest import events, seconds_pass
from tests.factories.fixtures import ClientFactory

MEMBERS = "/api/v1/orgs/current/members"


def change(client: Any, user: Any, role: str) -> Any:
    return client.patch(f"{MEMBERS}/{user.id}", {"role": role}, format="json")


def role_of(organization: Organization, client: Any) -> str:
    return str(Membership.objects.get(organization=organization, user=client.user).role)


def test_members_are_listed_in_pages_and_found(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    others: list[Any] = [client_of(acme, Role.VIEWER) for _ in range(3)]
    page = owner.get(MEMBERS, query_params={"limit": 3}).json()
    assert page["total"] == 4
    rest = owner.get(MEMBERS, query_params={"limit": 3, "cursor": page["next"]}).json()
    listed = [row["email"] for row in page["results"] + rest["results"]]
    assert sorted(listed) == sorted([owner.user.email, *(one.user.email for one in others)])
    assert rest["next"] is None
    found = owner.get(MEMBERS, query_params={"q": others[1].user.email[:8]}).json()["results"]
    assert [row["email"] for row in found] == [others[1].user.email]
    assert found[0]["last_seen_at"] is not None
    assert [row["role"] for row in owner.get(MEMBERS, query_params={"role": "owner"}).json()["results"]] == ["owner"]


def test_an_admin_changes_a_role(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    member: Any = client_of(acme, Role.MEMBER)
    answer = change(admin, member.user, "viewer")
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    (event,) = events("member.role_changed")
    assert (event.data["before"], event.data["after"], event.actor_id) == ("member", "viewer", str(admin.user.id))
    assert member.get("/api/v1/auth/me").status_code == 401


@pytest.mark.parametrize(
    ("attempt", "who"), [("owner", "self"), ("owner", "member"), ("viewer", "owner"), ("admin", "owner")]
)
def test_an_admin_neither_makes_nor_unmakes_an_owner(
    attempt: str, who: str, acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    member: Any = client_of(acme, Role.MEMBER)
    target = {"self": admin, "member": member, "owner": owner}[who]
    before = role_of(acme, target)
    answer = change(admin, target.user, attempt)
    assert (answer.status_code, answer.json()["code"]) == (403, "escalation_refused")
    assert role_of(acme, target) == before
    (event,) = events("escalation.refused")
    assert (event.actor_id, event.organization_id) == (str(admin.user.id), acme.id)
    assert event.data["action"] == "member.role_change"


def test_a_member_who_tries_to_rise_is_refused_and_recorded(
    acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    member: Any = client_of(acme, Role.MEMBER)
    assert change(member, member.user, "admin").json()["code"] == "permission_denied"
    assert role_of(acme, member) == "member"
    (event,) = events("permission.refused")
    assert (event.actor_id, event.organization_id) == (str(member.user.id), acme.id)
    assert event.data["action"] == f"PATCH {MEMBERS}/{member.user.id}"


def test_a_custom_role_lets_nobody_rise(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    body = {"name": "people", "permissions": ["members:read", "members:write", "org:read"]}
    assert owner.post("/api/v1/orgs/current/roles", body, format="json").status_code == 201
    keeper: Any = client_of(acme, "people")
    for role in ("admin", "owner", "member", "viewer"):
        # Even a viewer may read the memory, which this role may not.
        assert change(keeper, keeper.user, role).json()["code"] == "escalation_refused"
    viewer: Any = client_of(acme, Role.VIEWER)
    assert change(keeper, viewer.user, "people").json()["code"] == "escalation_refused"
    assert role_of(acme, keeper) == "people"


def test_an_unknown_role_is_named(owner: Any) -> None:
    answer = change(owner, owner.user, "emperor")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/role")


def test_removing_a_member_ends_access_and_keys(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    member: Any = client_of(acme, Role.ADMIN)
    body = {"name": "Theirs", "scopes": ["memory:read"]}
    secret = member.post("/api/v1/orgs/current/api-keys", body, format="json").json()["secret"]
    assert member.get("/api/v1/auth/me").status_code == 200
    assert owner.delete(f"{MEMBERS}/{member.user.id}").status_code == 204
    # Believed for some seconds more, and not answered with a failure of ours.
    assert member.get("/api/v1/auth/me").status_code == 401
    seconds_pass()
    assert member.get("/api/v1/auth/me").status_code == 401
    member.credentials(HTTP_X_API_KEY=secret)
    assert member.get("/api/v1/memory").status_code == 401
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    assert [event.data["email"] for event in events("member.removed")] == [member.user.email]


def test_only_those_who_may_remove_others(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    viewer: Any = client_of(acme, Role.VIEWER)
    member: Any = client_of(acme, Role.MEMBER)
    admin: Any = client_of(acme, Role.ADMIN)
    assert viewer.delete(f"{MEMBERS}/{member.user.id}").json()["code"] == "escalation_refused"
    assert admin.delete(f"{MEMBERS}/{owner.user.id}").json()["code"] == "escalation_refused"
    assert Membership.objects.filter(organization=acme).count() == 4
    assert len(events("escalation.refused")) == 2


def test_anybody_leaves_but_the_last_owner(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    viewer: Any = client_of(acme, Role.VIEWER)
    assert viewer.delete(f"{MEMBERS}/{viewer.user.id}").status_code == 204
    assert len(events("member.left")) == 1
    assert owner.delete(f"{MEMBERS}/{owner.user.id}").json()["code"] == "last_owner"
    assert change(owner, owner.user, "viewer").json()["code"] == "last_owner"
    other: Any = client_of(acme, Role.OWNER)
    assert owner.delete(f"{MEMBERS}/{owner.user.id}").status_code == 204
    assert role_of(acme, other) == "owner"


def test_ownership_is_handed_over_by_a_fresh_owner(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    body = {"user_id": str(owner.user.id)}
    assert admin.post("/api/v1/orgs/current/ownership", body, format="json").status_code == 403
    body = {"user_id": str(admin.user.id)}
    assert owner.post("/api/v1/orgs/current/ownership", body, format="json").status_code == 204
    assert (role_of(acme, owner), role_of(acme, admin)) == ("admin", "owner")
    assert len(events("organization.ownership_transferred")) == 1


def test_a_stale_proof_hands_nothing_over(acme: Organization, client_of: ClientFactory, settings: Any) -> None:
    settings.RECENT_PROOF_SECONDS = -1
    client: Any = client_of(acme, Role.OWNER)
    other: Any = client_of(acme, Role.ADMIN)
    answer = client.post("/api/v1/orgs/current/ownership", {"user_id": str(other.user.id)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    assert role_of(acme, other) == "admin"


def test_a_person_who_comes_back_does_not_get_their_old_tokens_back(
    acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    member: Any = client_of(acme, Role.ADMIN)
    membership = Membership.objects.select_related("user", "organization").get(user=member.user)
    # They joined an hour ago.
    membership.permission_version -= 3600
    membership.save(update_fields=["permission_version"])
    member.credentials(HTTP_AUTHORIZATION=f"Bearer {session_open(membership=membership, now=timezone.now()).access}")
    assert member.get("/api/v1/auth/me").json()["roles"] == ["admin"]
    membership.delete()
    Membership.objects.create(user=member.user, organization=acme, role=Role.VIEWER)
    seconds_pass()
    assert member.get("/api/v1/auth/me").status_code == 401
