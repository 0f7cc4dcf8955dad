"""Health: alive depends on nothing, ready tells the truth."""

from typing import Any

import pytest
from django.db import OperationalError, connections
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import no_scope


def test_alive_touches_no_database(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr(type(connections["default"]), "_cursor", fail)
        answer = anonymous.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_names_each_condition(anonymous: APIClient) -> None:
    with no_scope():
        answer = anonymous.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "token_keys": "ok"}}


def test_not_ready_without_usable_keys(anonymous: APIClient, settings: Any) -> None:
    # Of this algorithm there is no key yet: the configured one is read.
    settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY = "ES256", "not a key, but a secret"
    answer = anonymous.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "token_keys": "The token keys are not usable."}
    assert b"secret" not in answer.content


def test_not_ready_without_a_database(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("password=hunter2 host=10.0.0.1")

    with monkeypatch.context() as patched:
        patched.setattr(type(connections["default"]), "_cursor", fail)
        answer = anonymous.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "The database does not answer."
    assert b"hunter2" not in answer.content


def test_a_stale_credential_does_not_disturb_health(anonymous: APIClient, acme: Organization) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert anonymous.get("/health").status_code == 200
