"""API keys and sessions at the gateway: what lets a program in, and how soon it is out again."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.key_format import new_secret
from apps.accounts.models import ApiKey, Membership, Organization, Session
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.sessions import session_end, session_open
from apps.core.tenancy.scope import public_scope
from apps.registry.models import Module
from tests.factories.gateway import Call, token_of
from tests.factories.modules import RealModule

READ = ["sample:read", "memory:read"]


def make_key(organization: Organization, scopes: list[str]) -> str:
    with public_scope():
        membership = Membership.objects.select_related("user", "organization").filter(organization=organization)[0]
        session_open(membership=membership, now=timezone.now())
        session = Session.objects.filter(user=membership.user)[0]
        principal = principal_of(membership, session=session)
        _, secret = api_key_create(
            principal=principal, name="Program", scopes=scopes, expires_at=None, now=timezone.now()
        )
        return secret


def bearer_of(module: RealModule) -> str:
    """Return the Authorization header that reached the module."""
    return str(dict(module.requests[0]["headers"])["authorization"])


def with_key(secret: str) -> dict[str, Any]:
    return {"headers": [(b"x-api-key", secret.encode())]}


def test_a_key_calls_a_module_within_its_scopes(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    secret = make_key(committed_acme, READ)
    assert call(**with_key(secret)).status == 200
    (request,) = real_module.requests
    assert secret not in str(request)
    token = bearer_of(real_module).removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    with public_scope():
        key = ApiKey.objects.get(prefix=secret[:16])
    assert (claims["act"], claims["permissions"]) == ({"sub": f"api_key:{key.id}"}, ["memory:read", "sample:read"])
    assert "sid" not in claims
    refused = call(method="POST", body=b"{}", **with_key(secret))
    assert (refused.status, refused.json()["gate"]) == (403, "permission")
    with public_scope():
        assert ApiKey.objects.get(id=key.id).last_used_at is not None


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown", "mistyped", "maker gone"])
def test_a_key_that_does_not_hold_reaches_nothing(
    how: str, committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    secret = make_key(committed_acme, READ)
    now = timezone.now()
    with public_scope():
        key = ApiKey.objects.filter(prefix=secret[:16])
        if how == "revoked":
            key.update(revoked_at=now)
        elif how == "expired":
            key.update(expires_at=now - timedelta(seconds=1))
        elif how == "maker gone":
            Membership.objects.filter(user_id=key[0].created_by_id).delete()
    if how in {"unknown", "mistyped"}:
        secret = new_secret() if how == "unknown" else secret[:-1] + ("0" if secret[-1] != "0" else "1")
    answer = call(**with_key(secret))
    assert (answer.status, answer.json()["code"]) == (401, "not_authenticated")
    assert real_module.requests == []


def test_the_token_that_a_module_got_ends_with_the_key(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    secret = make_key(committed_acme, READ)
    call(**with_key(secret))
    token = bearer_of(real_module)
    assert APIClient().get("/api/v1/memory", headers={"Authorization": token}).status_code == 200
    with public_scope():
        ApiKey.objects.filter(prefix=secret[:16]).update(revoked_at=timezone.now())
    caches["process"].clear()
    assert APIClient().get("/api/v1/memory", headers={"Authorization": token}).status_code == 401


def test_an_ended_session_reaches_nothing(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    token = token_of(committed_acme)
    with public_scope():
        session_id = jwt.decode(token, options={"verify_signature": False})["sid"]
        session_end(session_id=session_id, now=timezone.now())
    answer = call(token=token)
    assert (answer.status, answer.json()["code"]) == (401, "not_authenticated")
    assert real_module.requests == []


def test_a_module_s_token_ends_with_the_session(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    access = token_of(committed_acme)
    call(token=access)
    token = bearer_of(real_module)
    assert APIClient().get("/api/v1/memory", headers={"Authorization": token}).status_code == 200
    with public_scope():
        session_end(session_id=jwt.decode(access, options={"verify_signature": False})["sid"], now=timezone.now())
    caches["process"].clear()
    assert APIClient().get("/api/v1/memory", headers={"Authorization": token}).status_code == 401
