"""The module contract as tests: `from lift_sdk.testing.conformance import *` in a test file of the module.

They run the module as a process of its own against a platform in memory, and know of the module only its manifest and
what it answers.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lift_sdk.http import blocking_http
from lift_sdk.manifest import Manifest
from lift_sdk.testing.platform import Platform
from lift_sdk.testing.process import ModuleProcess
from lift_sdk.testing.signing import SigningKey, unsigned

__all__ = [
    "anyone",
    "operation",
    "test_bad_json_is_a_refusal",
    "test_every_operation_is_closed",
    "test_every_problem_is_a_problem_document",
    "test_health_answers_for_the_module",
    "test_it_survives_forged_tokens",
    "test_metrics_are_served",
    "test_no_other_token_will_do",
    "test_openapi_describes_the_api",
    "test_own_permissions_are_declared",
    "test_request_id_is_echoed",
    "test_request_id_of_another_form_is_replaced",
    "test_the_right_token_will_do",
    "test_ui_is_served",
]

_VERBS = ("get", "put", "post", "delete", "patch")
_REQUEST_ID = "conformance-0001"
_BAD_JSON = (
    b"{",
    b"[NaN]",
    b'{"a": 1e999}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'"\\ud800"',
    b"nul",
    b'{"a":' + b"9" * 9_999,
)
_LONGEST_SECONDS = 10.0


@pytest.fixture(scope="module")
def anyone(module_process: ModuleProcess) -> Iterator[httpx2.Client]:
    """A caller without a token."""
    with blocking_http(module_process.url) as client:
        client.headers["X-Request-ID"] = _REQUEST_ID
        yield client


@pytest.fixture(scope="module")
def operation(anyone: httpx2.Client, manifest: Manifest) -> tuple[str, str]:
    """Method and path of the first operation below `api_prefix`, as the platform chooses it for its own check."""
    operations = _operations(anyone, manifest)
    assert operations, "openapi.json describes nothing below api_prefix"
    return operations[0]


def test_health_answers_for_the_module(anyone: httpx2.Client, manifest: Manifest) -> None:
    response = anyone.get(manifest.health_endpoint)
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["module_id"], body["version"]) == ("ok", manifest.module_id, manifest.version)


def test_metrics_are_served(anyone: httpx2.Client) -> None:
    response = anyone.get("/metrics")
    assert response.status_code == 200
    assert "lift_module_requests_total" in response.text


def test_openapi_describes_the_api(anyone: httpx2.Client, manifest: Manifest) -> None:
    document = anyone.get("/openapi.json").json()
    assert document["info"]["version"] == manifest.version
    assert any(path.startswith(f"{manifest.api_prefix}/") for path in document["paths"])


def test_own_permissions_are_declared(manifest: Manifest) -> None:
    """A permission that a page or a route needs and the manifest does not ask for can never be held."""
    needed = {permission for component in manifest.ui_components for permission in component.permissions}
    needed |= {route.permission for route in manifest.routes if route.permission}
    assert needed <= set(manifest.permissions)


def test_every_operation_is_closed(anyone: httpx2.Client, manifest: Manifest) -> None:
    for method, path in _operations(anyone, manifest):
        response = anyone.request(method, path)
        assert response.status_code == 401, f"{method} {path} answers without a token"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "kind",
    [
        "none",
        "foreign audience",
        "expired",
        "foreign key",
        "foreign issuer",
        "refresh token",
        "unknown key id",
        "garbage",
    ],
)
def test_no_other_token_will_do(
    anyone: httpx2.Client, operation: tuple[str, str], contract_platform: Platform, manifest: Manifest, kind: str
) -> None:
    token = _other_tokens(contract_platform, manifest)[kind]
    response = anyone.request(*operation, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


def test_it_survives_forged_tokens(
    anyone: httpx2.Client, operation: tuple[str, str], contract_platform: Platform, manifest: Manifest
) -> None:
    """No forged header may do more than be refused, least of all be fetched from."""
    claims = contract_platform.claims(manifest.module_id, manifest.permissions)
    mine = SigningKey(kid=contract_platform.key.kid)
    for header in ({"jku": "http://127.0.0.1:1/jwks"}, {"x5u": "http://127.0.0.1:1/"}, {"jwk": mine.jwk()}):
        response = anyone.request(*operation, headers={"Authorization": f"Bearer {mine.sign(claims, **header)}"})
        assert response.status_code == 401
    response = anyone.request(*operation, headers={"Authorization": f"Bearer {'a' * 20_000}"})
    assert response.status_code == 401


def test_the_right_token_will_do(
    anyone: httpx2.Client, operation: tuple[str, str], contract_platform: Platform, manifest: Manifest
) -> None:
    """A caller with all permissions gets an answer of the module itself; what it says depends on the module."""
    response = anyone.request(*operation, headers=_authorized(contract_platform, manifest))
    assert response.status_code not in {401, 403}
    assert response.status_code < 500


def test_request_id_is_echoed(anyone: httpx2.Client, manifest: Manifest, operation: tuple[str, str]) -> None:
    for method, path in (("GET", manifest.health_endpoint), operation, ("GET", f"{manifest.api_prefix}/no/such/path")):
        assert anyone.request(method, path).headers["X-Request-ID"] == _REQUEST_ID


@pytest.mark.parametrize("sent", ["short", "x" * 65, "has space", "semi;colon"])
def test_request_id_of_another_form_is_replaced(anyone: httpx2.Client, manifest: Manifest, sent: str) -> None:
    response = anyone.get(manifest.health_endpoint, headers={"X-Request-ID": sent})
    assert response.headers["X-Request-ID"] != sent
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response.headers["X-Request-ID"])


def test_every_problem_is_a_problem_document(
    anyone: httpx2.Client, contract_platform: Platform, manifest: Manifest, operation: tuple[str, str]
) -> None:
    authorized = _authorized(contract_platform, manifest)
    missing = anyone.get(f"{manifest.api_prefix}/no/such/path", headers=authorized)
    for response, status, code in (
        (anyone.request(*operation), 401, "not_authenticated"),
        (missing, 404, "not_found"),
    ):
        body = response.json()
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("application/problem+json")
        assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys()
        assert (body["status"], body["code"], body["request_id"]) == (status, code, _REQUEST_ID)


@pytest.mark.parametrize("body", _BAD_JSON, ids=lambda body: repr(body[:12]))
def test_bad_json_is_a_refusal(
    anyone: httpx2.Client, contract_platform: Platform, manifest: Manifest, body: bytes
) -> None:
    headers = {**_authorized(contract_platform, manifest), "Content-Type": "application/json"}
    for method, path in _operations(anyone, manifest):
        response = anyone.request(method, path, content=body, headers=headers, timeout=_LONGEST_SECONDS)
        assert 400 <= response.status_code < 500, f"{method} {path} answers {response.status_code}"


def test_ui_is_served(anyone: httpx2.Client, manifest: Manifest) -> None:
    """Each page is there for the platform to fetch, its files are below it, and nothing else of the disk is."""
    for component in manifest.ui_components:
        page = anyone.get(f"{component.path}/")
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        for source in re.findall(r"""(?:src|href)=["']([^"':?#/][^"':?#]*)["']""", page.text):
            assert anyone.get(f"{component.path}/{source}").status_code == 200, (
                f"{source} of {component.path} is missing"
            )
        for outside in ("../module.json", "..%2fmodule.json", "%2e%2e/app.py", "..%5capp.py", ".git/config", "%00"):
            assert anyone.get(f"{component.path}/{outside}").status_code in {401, 404}


def _authorized(platform: Platform, manifest: Manifest) -> dict[str, str]:
    return {"Authorization": f"Bearer {platform.token(manifest.module_id, manifest.permissions)}"}


def _other_tokens(platform: Platform, manifest: Manifest) -> dict[str, str]:
    own, permissions = manifest.module_id, manifest.permissions
    claims = platform.claims(own, permissions)
    return {
        "none": unsigned(claims, kid=platform.key.kid),
        "foreign audience": platform.token(f"{own}_other", permissions),
        "expired": platform.token(own, permissions, expires_in=-60),
        "foreign key": SigningKey(kid=platform.key.kid, private=Ed25519PrivateKey.generate()).sign(claims),
        "foreign issuer": platform.key.sign({**claims, "iss": "https://elsewhere.example"}),
        "refresh token": platform.key.sign(claims, typ="rt+jwt"),
        "unknown key id": SigningKey().sign(claims),
        "garbage": "a.b.c",
    }


def _operations(anyone: httpx2.Client, manifest: Manifest) -> list[tuple[str, str]]:
    """Return method and path of each operation below `api_prefix`, with `1` for each parameter of the path."""
    paths: dict[str, dict[str, Any]] = anyone.get("/openapi.json").json()["paths"]
    return [
        (verb.upper(), re.sub(r"\{[^}]*\}", "1", path))
        for path, operations in paths.items()
        if path.startswith(f"{manifest.api_prefix}/")
        for verb in operations
        if verb in _VERBS
    ]
