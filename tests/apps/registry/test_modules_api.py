from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import CommandError
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.models import Job
from apps.registry.models import Installation, Module, ModuleVersion
from tests.factories.fixtures import ClientFactory
from tests.factories.modules import PERMISSIONS, installed, manifest_of, module_available

URL = "/api/v1/modules"
BASE = "http://127.0.0.1:9001"
KEY = "test-registration-key"


def register(client: APIClient, **fields: Any) -> Any:
    return client.post(URL, {**manifest_of(BASE), **fields}, format="json", HTTP_X_API_KEY=KEY)


def test_registering_is_idempotent_and_tells_what_changed(anonymous: APIClient) -> None:
    first, again = register(anonymous), register(anonymous)
    changed = register(anonymous, version="1.1.0", description="New.")
    assert (first.status_code, first.json()["status"]) == (201, "created")
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert changed.json()["status"] == "updated"
    assert changed.json()["changes"] == [
        {"field": "description", "before": None, "after": "New."},
        {"field": "version", "before": "1.0.0", "after": "1.1.0"},
    ]
    assert set(ModuleVersion.objects.values_list("version", flat=True)) == {"1.0.0", "1.1.0"}
    assert Job.objects.filter(name="registry.check_contract").count() == 3


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"module_id": "Sample"}, "/module_id"),
        ({"version": "1"}, "/version"),
        ({"surprise": 1}, ""),
        ({"permissions": ["sample:read", "org:write"]}, "/permissions/1"),
        ({"permissions": ["sample:read", "other:read"]}, "/permissions"),
        ({"routes": [{"path": "/x", "permission": "sample:admin"}]}, "/routes/0/permission"),
        ({"routes": [{"path": "/../x"}]}, "/routes/0/path"),
        ({"config_schema": {"type": "nothing"}}, "/config_schema/type"),
        ({"config_schema": {"$ref": "http://elsewhere.example/schema"}}, "/config_schema"),
        ({"ui_components": [{"name": "x", "path": "//evil"}]}, "/ui_components/0/path"),
        ({"base_url": "http://127.0.0.1@evil.example"}, "/base_url"),
    ],
)
def test_a_wrong_manifest_is_refused_field_by_field(anonymous: APIClient, fields: dict[str, Any], pointer: str) -> None:
    answer = register(anonymous, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_manifest")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Module.objects.exists()


def test_only_operators_and_the_key_register(
    acme: Organization, client_of: ClientFactory, anonymous: APIClient
) -> None:
    owner = client_of(acme)
    assert owner.post(URL, manifest_of(BASE), format="json").status_code == 403
    assert anonymous.post(URL, manifest_of(BASE), format="json", HTTP_X_API_KEY="wrong").status_code == 401
    assert anonymous.get("/api/v1/auth/me", HTTP_X_API_KEY=KEY).status_code == 403
    assert anonymous.get("/api/v1/memory", HTTP_X_API_KEY=KEY).status_code == 403
    assert not Module.objects.exists()


def test_enabling_needs_consent_to_exactly_what_is_asked(acme: Organization, client_of: ClientFactory) -> None:
    module_available(BASE)
    owner = client_of(acme)
    short = owner.post(f"{URL}/sample/enable", {"permissions_accepted": ["sample:read"]}, format="json")
    assert (short.status_code, short.json()["permissions"]) == (409, PERMISSIONS)
    assert not Installation.objects.exists()
    answer = owner.post(f"{URL}/sample/enable", {"permissions_accepted": PERMISSIONS}, format="json")
    assert answer.status_code == 200
    assert answer.json()["permissions_pending"] == []


def test_enabling_gives_roles_the_module_s_permissions_and_ends_older_tokens(
    acme: Organization, client_of: ClientFactory
) -> None:
    module_available(BASE)
    owner, viewer = client_of(acme), client_of(acme, Role.VIEWER)
    assert viewer.get("/api/v1/auth/me").status_code == 200
    owner.post(f"{URL}/sample/enable", {"permissions_accepted": PERMISSIONS}, format="json")
    # What a process believes for a few seconds at most.
    caches["process"].clear()
    assert viewer.get("/api/v1/auth/me").status_code == 401
    assert "sample:read" in client_of(acme, Role.VIEWER).get("/api/v1/auth/me").json()["permissions"]
    assert "sample:write" not in client_of(acme, Role.VIEWER).get("/api/v1/auth/me").json()["permissions"]
    assert "sample:write" in client_of(acme, Role.MEMBER).get("/api/v1/auth/me").json()["permissions"]


def test_permissions_that_a_version_adds_wait_for_consent(acme: Organization, client_of: ClientFactory) -> None:
    installed(module_available(BASE), acme.id)
    module_available(BASE, version="2.0.0", permissions=[*PERMISSIONS, "sample:admin"])
    owner = client_of(acme)
    shown = owner.get(f"{URL}/sample").json()
    assert shown["permissions_pending"] == ["sample:admin"]
    assert "sample:admin" not in owner.get("/api/v1/auth/me").json()["permissions"]


def test_a_plan_has_room_for_so_many_modules(acme: Organization, client_of: ClientFactory) -> None:
    for module_id in ("one_module", "two_module"):
        module_available(BASE, module_id)
    owner = client_of(acme)
    enable = {"permissions_accepted": PERMISSIONS}
    assert owner.post(f"{URL}/one_module/enable", enable, format="json").status_code == 200
    answer = client_of(acme).post(f"{URL}/two_module/enable", enable, format="json")
    assert (answer.status_code, answer.json()["meter"]) == (402, "modules")
    assert answer.json()["available_in"] == ["starter", "professional", "enterprise"]


def test_the_configuration_is_judged_by_the_module_s_schema(acme: Organization, client_of: ClientFactory) -> None:
    schema = {
        "type": "object",
        "properties": {"days": {"type": "integer", "minimum": 1}},
        "additionalProperties": False,
    }
    installed(module_available(BASE, config_schema=schema), acme.id)
    owner = client_of(acme)
    wrong = owner.put(f"{URL}/sample/config", {"config": {"days": 0}}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/days")
    assert owner.put(f"{URL}/sample/config", {"config": {"days": 3}}, format="json").json()["version"] == 2
    assert owner.get(f"{URL}/sample/config").json() == {"config": {"days": 3}, "version": 2}


def test_nothing_that_an_organisation_made_of_a_module_is_seen_by_another(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    installation = installed(module_available(BASE, config_schema={"type": "object"}), globex.id)
    installation.config = {"secret": "zanzibar"}
    installation.save()
    owner = client_of(acme)
    assert owner.get(f"{URL}/sample").json()["enabled"] is False
    assert owner.get(f"{URL}/sample/config").json() == {"config": {}, "version": 0}
    assert owner.post(f"{URL}/sample/token", {}, format="json").status_code == 403
    assert owner.put(f"{URL}/sample/config", {"config": {}}, format="json").status_code == 403
    assert Installation.objects.get(organization_id=globex.id).config == {"secret": "zanzibar"}


def test_the_command_says_what_is_wrong_and_changes_nothing_twice(db: None, tmp_path: Any, capsys: Any) -> None:
    import json  # noqa: PLC0415 - used here only

    file = tmp_path / "module.json"
    file.write_text(json.dumps(manifest_of(BASE, version="one")))
    with pytest.raises(CommandError, match="/version"):
        call_command("register_module", str(file))
    file.write_text(json.dumps(manifest_of(BASE)))
    call_command("register_module", str(file), as_json=True)
    call_command("register_module", str(file), as_json=True)
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["status"], second["status"]) == ("created", "unchanged")


def test_pages_of_the_catalogue(acme: Organization, client_of: ClientFactory) -> None:
    for number in range(5):
        module_available(BASE, f"module_{number}")
    owner = client_of(acme)
    first = owner.get(URL, {"limit": 3}).json()
    second = owner.get(URL, {"limit": 3, "cursor": first["next"]}).json()
    assert [one["module_id"] for one in [*first["results"], *second["results"]]] == [f"module_{i}" for i in range(5)]
    assert (second["next"], second["total"]) == (None, 5)
