"""Roles that an organisation makes of permissions, those of enabled modules included."""

from typing import Any

from apps.accounts.models import CustomRole, Organization
from apps.accounts.permissions import Role
from apps.registry.models import Installation, Module
from tests.apps.accounts.conftest import events
from tests.factories.fixtures import ClientFactory

ROLES = "/api/v1/orgs/current/roles"


def make(client: Any, **changes: Any) -> Any:
    body = {"name": "analyst", "title": "Analyst", "permissions": ["memory:read", "org:read"], **changes}
    return client.post(ROLES, body, format="json")


def test_a_role_gives_what_it_is_made_of_and_nothing_else(
    acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    made = make(owner).json()
    assert (made["name"], made["permissions"], made["members"]) == ("analyst", ["memory:read", "org:read"], 0)
    analyst = client_of(acme, "analyst")
    assert analyst.get("/api/v1/auth/me").json()["permissions"] == ["memory:read", "org:read"]
    assert analyst.get("/api/v1/memory").status_code == 200
    assert analyst.get("/api/v1/modules").status_code == 403
    answer = analyst.post("/api/v1/memory/store", {"content": "x"}, format="json")
    assert (answer.status_code, analyst.get("/api/v1/memory").json()["total"]) == (403, 0)


def test_a_changed_role_ends_older_tokens_of_its_holders_only(
    acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    role_id = make(owner).json()["id"]
    analyst: Any = client_of(acme, "analyst")
    viewer: Any = client_of(acme, Role.VIEWER)
    answer = owner.patch(f"{ROLES}/{role_id}", {"permissions": ["org:read"]}, format="json")
    assert (answer.status_code, answer.json()["members"]) == (200, 1)
    assert analyst.get("/api/v1/auth/me").status_code == 401
    assert viewer.get("/api/v1/auth/me").status_code == 200
    assert events("role.updated")[0].data["after"] == ["org:read"]


def test_a_title_alone_ends_no_tokens(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    role_id = make(owner).json()["id"]
    analyst = client_of(acme, "analyst")
    assert owner.patch(f"{ROLES}/{role_id}", {"title": "Reader"}, format="json").json()["title"] == "Reader"
    assert analyst.get("/api/v1/auth/me").status_code == 200


def test_a_role_in_use_stays(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    role_id = make(owner).json()["id"]
    member: Any = client_of(acme, "analyst")
    assert owner.delete(f"{ROLES}/{role_id}").json()["code"] == "role_in_use"
    owner.patch(f"/api/v1/orgs/current/members/{member.user.id}", {"role": "viewer"}, format="json")
    invited = {"email": "new@acme.example", "role": "analyst"}
    owner.post("/api/v1/orgs/current/invitations", invited, format="json")
    assert owner.delete(f"{ROLES}/{role_id}").json()["code"] == "role_in_use"
    invitation = owner.get("/api/v1/orgs/current/invitations").json()["results"][0]["id"]
    owner.delete(f"/api/v1/orgs/current/invitations/{invitation}")
    assert owner.delete(f"{ROLES}/{role_id}").status_code == 204
    assert not CustomRole.objects.exists()


def test_names_are_plain_free_and_not_built_in(owner: Any) -> None:
    for name in ("Analyst", "a", "1st", "with space", "x" * 51):
        assert make(owner, name=name).status_code == 400
    assert make(owner, name="admin").json()["code"] == "role_name_taken"
    assert make(owner).status_code == 201
    assert make(owner).json()["code"] == "role_name_taken"


def test_what_is_an_owner_s_alone_or_unknown_makes_no_role(owner: Any) -> None:
    for permission in ("org:admin", "registry:write", "moon:land"):
        answer = make(owner, permissions=[permission])
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/permissions")


def test_nobody_makes_a_role_of_more_than_they_hold(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    make(owner, name="people", permissions=["members:read", "members:write"])
    strong = make(owner, name="strong", permissions=["memory:admin"]).json()["id"]
    keeper = client_of(acme, "people")
    assert make(keeper, permissions=["memory:read"]).json()["code"] == "escalation_refused"
    changed = keeper.patch(f"{ROLES}/{strong}", {"permissions": ["members:read"]}, format="json")
    assert changed.json()["code"] == "escalation_refused"
    assert keeper.delete(f"{ROLES}/{strong}").json()["code"] == "escalation_refused"
    assert CustomRole.objects.get(name="strong").permissions == ["memory:admin"]
    assert len(events("escalation.refused")) == 3


def test_permissions_of_enabled_modules_can_be_given_until_the_module_goes(
    acme: Organization, owner: Any, client_of: ClientFactory
) -> None:
    manifest = {"permissions": ["sample:read", "sample:write", "memory:read"]}
    module = Module.objects.create(module_id="sample", name="Sample", manifest=manifest, state="available")
    installed = Installation.objects.create(
        organization_id=acme.id, module=module, enabled=True, permissions_accepted=["sample:read", "sample:write"]
    )
    listed = {row["permission"]: row for row in owner.get("/api/v1/orgs/current/permissions").json()["results"]}
    assert listed["sample:write"]["module"] == "sample"
    assert listed["memory:read"] | {"description": ""} == {
        "permission": "memory:read", "area": "memory", "description": "", "module": None, "held": True,
    }  # fmt: skip
    assert "org:admin" not in listed
    fresh = client_of(acme, Role.OWNER)
    assert make(fresh, permissions=["sample:write"]).status_code == 201
    assert client_of(acme, "analyst").get("/api/v1/auth/me").json()["permissions"] == ["sample:write"]
    installed.enabled = False
    installed.save()
    assert client_of(acme, "analyst").get("/api/v1/auth/me").json()["permissions"] == []


def test_built_in_roles_are_listed_first_and_cannot_be_changed(owner: Any) -> None:
    make(owner)
    rows = owner.get(ROLES).json()["results"]
    assert [row["name"] for row in rows] == ["owner", "admin", "member", "viewer", "analyst"]
    assert [row["id"] for row in rows[:4]] == [None] * 4
    assert rows[0]["members"] == 1
