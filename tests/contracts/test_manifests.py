"""What the SDK and the registry each say of a manifest: one must not accept what the other refuses."""

import json
from typing import Any

import pytest

from apps.accounts.permissions import Permission
from apps.registry.engine.manifest import PLATFORM_PERMISSIONS, manifest_errors
from deploy.dev.state import REPOSITORY
from lift_sdk.manifest import Manifest, ManifestError

BASE: dict[str, Any] = {
    "module_id": "sample",
    "name": "Sample",
    "version": "1.0.0",
    "base_url": "http://127.0.0.1:9001",
    "permissions": ["sample:read", "sample:write", "memory:read", "memory:write"],
}
ROUTE = {"method": "POST", "path": "/things/{thing_id}"}


def changed(**fields: Any) -> dict[str, Any]:
    return {**BASE, **fields}


def routed(**fields: Any) -> dict[str, Any]:
    return {**BASE, "routes": [{**ROUTE, **fields}]}


@pytest.mark.parametrize(
    ("manifest", "fits"),
    [
        (BASE, True),
        (changed(manifest_version=1, features=["one_thing"], **{"x-note": {"a": 1}}), True),
        (changed(manifest_version=2), False),
        (changed(module_id="Sample"), False),
        (changed(version="1"), False),
        (changed(base_url="http://user@127.0.0.1"), False),
        (changed(surprise=1), False),
        (changed(name="n" * 81), False),
        (routed(), True),
        (routed(path="/"), True),
        (routed(path="/.."), False),
        (routed(method="TRACE"), False),
        (routed(timeout_seconds=300), True),
        (routed(timeout_seconds=301), False),
        (routed(deprecated={"since": "2026-01-01", "sunset": "2027-01-01"}), True),
        (routed(deprecated={"since": "soon"}), False),
        (routed(memory_enrichment={"query_from": "/question", "limit": 5}), True),
        (routed(remember={"content_from": "question"}), False),
    ],
)
def test_both_say_the_same(manifest: dict[str, Any], fits: bool) -> None:  # noqa: FBT001 - the expectation
    try:
        Manifest.parse(manifest)
        sdk = True
    except ManifestError:
        sdk = False
    assert (sdk, not manifest_errors(manifest)) == (fits, fits)


@pytest.mark.parametrize(
    "manifest",
    [
        changed(permissions=["sample:read", "org:write"]),
        changed(permissions=["sample:read", "other:read"]),
        changed(config_schema={"type": "nothing"}),
        routed(permission="sample:admin"),
    ],
)
def test_what_the_parts_mean_together_is_the_registry_s_to_say(manifest: dict[str, Any]) -> None:
    assert manifest_errors(manifest) != []


def test_our_own_modules_fit() -> None:
    paths = [path for path in REPOSITORY.glob("modules/*/module.json") if path.parent.name != "template"]
    assert len(paths) >= 1
    assert [path for path in paths if manifest_errors(json.loads(path.read_text()))] == []


@pytest.mark.parametrize("permission", [one.value for one in Permission if one.value not in PLATFORM_PERMISSIONS])
def test_no_module_brings_a_permission_of_the_platform(permission: str) -> None:
    """Whoever enabled it would hand out keys, members or settings by it: roles get what enabled modules bring."""
    area = permission.partition(":")[0]
    for wanted in (permission, f"{area}:anything"):
        errors = manifest_errors({**BASE, "permissions": [wanted]})
        assert [error.code for error in errors if error.pointer == "/permissions/0"] == ["reserved"], wanted
