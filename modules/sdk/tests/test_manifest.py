import json
from pathlib import Path
from typing import Any

import pytest

from lift_sdk.manifest import Manifest, ManifestError

VALID: dict[str, Any] = {
    "module_id": "lift_causal",
    "name": "Lift Causal",
    "version": "1.0.0",
    "base_url": "http://localhost:9001",
    "health_endpoint": "/health",
    "api_prefix": "/api/v1",
    "features": ["causal_modeling"],
    "memory_requirements": {
        "read_access": True,
        "write_access": True,
        "search_types": ["hybrid", "conceptual"],
        "memory_types": ["causal_models"],
    },
    "ui_components": [
        {"name": "Dash", "path": "/dashboard", "permissions": ["causal:read"], "memory_context": "causal_models"}
    ],
    "permissions": ["causal:read", "causal:write", "memory:read"],
    "routes": [
        {
            "method": "POST",
            "path": "/models/{id}/fit",
            "permission": "causal:write",
            "timeout_seconds": 60,
            "idempotent": False,
            "memory_enrichment": {"query_from": "/question", "search_type": "hybrid", "limit": 5},
            "remember": {"content_from": "/summary", "memory_type": "insights", "metadata_from": ["/id"]},
            "x-note": 1,
        }
    ],
    "config_schema": {"type": "object"},
    "x-team": {"name": "Growth"},
}


def pointers(document: object) -> list[str]:
    with pytest.raises(ManifestError) as raised:
        Manifest.parse(document)
    return [problem.pointer for problem in raised.value.problems]


def test_a_full_manifest_is_kept_as_it_is() -> None:
    manifest = Manifest.parse(VALID)
    assert manifest.manifest_version == 1
    assert manifest.document() == VALID
    assert manifest.document(base_url="http://a:1")["base_url"] == "http://a:1"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"module_id": "Lift"}, "/module_id"),
        ({"module_id": "a"}, "/module_id"),
        ({"module_id": "a" * 64}, "/module_id"),
        ({"module_id": "lift_causal\n"}, "/module_id"),
        ({"version": "1.0"}, "/version"),
        ({"version": "01.0.0"}, "/version"),
        ({"manifest_version": 2}, "/manifest_version"),
        ({"name": ""}, "/name"),
        ({"base_url": "ftp://a"}, "/base_url"),
        ({"base_url": "http://a/b"}, "/base_url"),
        ({"base_url": "http://user@a"}, "/base_url"),
        ({"api_prefix": "api"}, "/api_prefix"),
        ({"api_prefix": "/a/../b"}, "/api_prefix"),
        ({"api_prefix": "/api/"}, "/api_prefix"),
        ({"permissions": ["causal"]}, "/permissions/0"),
        ({"permissions": ["causal:read", "Causal:Read"]}, "/permissions/1"),
        ({"memory_requirements": {"search_types": ["magic"]}}, "/memory_requirements/search_types/0"),
        ({"memory_requirements": {"red": True}}, "/memory_requirements/red"),
        ({"ui_components": [{"name": "A"}]}, "/ui_components/0/path"),
        ({"ui_components": [{"name": "A", "path": "/a?b"}]}, "/ui_components/0/path"),
        ({"routes": [{"method": "FETCH", "path": "/"}]}, "/routes/0/method"),
        ({"routes": [{"method": "GET", "path": "/", "timeout_seconds": 0}]}, "/routes/0/timeout_seconds"),
        (
            {"routes": [{"method": "GET", "path": "/", "remember": {"content_from": "a"}}]},
            "/routes/0/remember/content_from",
        ),
        ({"unknown": 1}, "/unknown"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"ui_components": [{"name": "A", "path": "/api/v1/page"}]}, ""),
        ({"ui_components": [{"name": "A", "path": "/docs"}]}, ""),
        ({"health_endpoint": "/api/v1/health"}, ""),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], pointer: str) -> None:
    assert pointers({**VALID, **change}) == [pointer]


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert pointers({"module_id": 1, "extra": 1}) == ["/module_id", "/name", "/version", "/base_url", "/extra"]


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_a_manifest_is_an_object(document: object) -> None:
    assert pointers(document) == [""]


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "module.json"
    with pytest.raises(ManifestError, match="cannot be read"):
        Manifest.load(tmp_path)
    file.write_text("{")
    with pytest.raises(ManifestError, match="is not JSON"):
        Manifest.load(tmp_path)
    file.write_bytes(b"\xff")
    with pytest.raises(ManifestError, match="is not JSON"):
        Manifest.load(file)
    file.write_text(json.dumps(VALID))
    assert Manifest.load(tmp_path).module_id == "lift_causal"
