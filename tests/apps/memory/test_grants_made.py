"""Making, listing and revoking grants."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.events.models import OutboxEvent
from tests.factories.fixtures import ClientFactory
from tests.factories.grants import TYPES, remember


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
