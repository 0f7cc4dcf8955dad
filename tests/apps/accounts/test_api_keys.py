"""API keys: form, scopes, end, use, rotation and revocation."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.key_format import is_well_formed, new_secret
from apps.accounts.models import ApiKey, Membership, Organization
from apps.accounts.permissions import Role
from tests.apps.accounts.conftest import events, seconds_pass
from tests.factories.fixtures import ClientFactory

KEYS = "/api/v1/orgs/current/api-keys"


def make(client: Any, *scopes: str, **changes: Any) -> Any:
    body = {"name": "Import", "scopes": scopes or ("memory:read", "memory:write"), **changes}
    return client.post(KEYS, body, format="json")


def program(secret: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_X_API_KEY=secret)
    return client


def test_a_key_acts_within_its_scopes(owner: Any) -> None:
    answer = make(owner)
    body = answer.json()
    assert answer.status_code == 201
    assert body["secret"].startswith("lift_live_")
    assert body["prefix"] == body["secret"][:16]
    client = program(body["secret"])
    assert client.post("/api/v1/memory/store", {"content": "By a program."}, format="json").status_code == 201
    assert client.get("/api/v1/memory").json()["total"] == 1
    assert client.get("/api/v1/orgs/current").status_code == 403
    # What is a person's alone stays so, whatever the scopes.
    assert client.get("/api/v1/auth/me").status_code == 403
    assert client.post("/api/v1/orgs", {"name": "Mine"}, format="json").status_code == 403


def test_the_secret_is_shown_once_and_kept_hashed(owner: Any) -> None:
    secret = make(owner).json()["secret"]
    assert secret not in owner.get(KEYS).content.decode()
    row = ApiKey.objects.get()
    assert secret not in str(vars(row))
    assert len(row.secret_hash) == 64
    assert secret not in str([event.data for event in events("api_key.created")])


def test_a_key_never_does_more_than_its_maker_may(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    client = program(make(admin).json()["secret"])
    assert client.post("/api/v1/memory/store", {"content": "x"}, format="json").status_code == 201
    owner.patch(f"/api/v1/orgs/current/members/{admin.user.id}", {"role": "viewer"}, format="json")
    seconds_pass()
    assert client.get("/api/v1/memory").status_code == 200
    assert client.post("/api/v1/memory/store", {"content": "y"}, format="json").status_code == 403


def test_scopes_are_known_and_held(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    for scope in ("moon:land", "org:admin", "registry:write"):
        assert make(owner, scope).json()["errors"][0]["pointer"] == "/scopes"
    body = {"name": "keeper", "permissions": ["keys:read", "keys:write"]}
    owner.post("/api/v1/orgs/current/roles", body, format="json")
    keeper: Any = client_of(acme, "keeper")
    answer = make(keeper, "memory:read")
    assert (answer.status_code, answer.json()["code"]) == (403, "escalation_refused")
    assert not ApiKey.objects.exists()
    # A key that may make keys makes none that can do more than it can.
    root = program(make(owner, "keys:read", "keys:write").json()["secret"])
    assert make(root, "memory:read").json()["code"] == "escalation_refused"
    assert make(root, "keys:read").status_code == 201


def test_a_revoked_key_is_dead_and_stays_listed(owner: Any) -> None:
    made = make(owner).json()
    client = program(made["secret"])
    assert client.get("/api/v1/memory").status_code == 200
    assert owner.delete(f"{KEYS}/{made['id']}").status_code == 204
    assert owner.delete(f"{KEYS}/{made['id']}").status_code == 204
    seconds_pass()
    answer = client.get("/api/v1/memory")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert [row["status"] for row in owner.get(KEYS).json()["results"]] == ["revoked"]
    assert owner.get(KEYS, query_params={"active": "true"}).json()["total"] == 0
    assert len(events("api_key.revoked")) == 1


def test_a_key_ends_at_its_time(owner: Any) -> None:
    assert make(owner, expires_at="2020-01-01T00:00:00Z").status_code == 400
    made = make(owner, expires_at=(timezone.now() + timedelta(hours=1)).isoformat()).json()
    client = program(made["secret"])
    assert client.get("/api/v1/memory").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    seconds_pass()
    assert client.get("/api/v1/memory").status_code == 401


def test_rotation_lets_both_hold_for_the_overlap(owner: Any) -> None:
    made = make(owner).json()
    answer = owner.post(f"{KEYS}/{made['id']}/rotate", {"overlap_hours": 2}, format="json")
    new = answer.json()
    assert (answer.status_code, new["rotated_from"], new["scopes"]) == (201, made["id"], made["scopes"])
    assert new["secret"] != made["secret"]
    for secret in (made["secret"], new["secret"]):
        assert program(secret).get("/api/v1/memory").status_code == 200
    old = ApiKey.objects.get(id=made["id"])
    assert old.expires_at is not None
    assert timedelta(hours=1.9) < old.expires_at - timezone.now() < timedelta(hours=2.1)
    ApiKey.objects.filter(id=old.id).update(expires_at=timezone.now())
    seconds_pass()
    assert program(made["secret"]).get("/api/v1/memory").status_code == 401
    assert program(new["secret"]).get("/api/v1/memory").status_code == 200
    assert owner.post(f"{KEYS}/{made['id']}/rotate", {}, format="json").status_code == 409


def test_the_last_use_is_noted_but_not_at_every_call(owner: Any) -> None:
    client = program(make(owner).json()["secret"])
    assert owner.get(KEYS).json()["results"][0]["last_used_at"] is None
    client.get("/api/v1/memory/context")
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as queries:
        client.get("/api/v1/memory/context")
    assert not [one for one in queries.captured_queries if "accounts_" in one["sql"]]
    seconds_pass()
    client.get("/api/v1/memory/context")
    assert ApiKey.objects.get().last_used_at == first


@pytest.mark.parametrize(
    "secret",
    ["", "x", "lift_live_", "lift_live_" + "0" * 38, "lift_test_" + "0" * 38, "lift_live_" + "0" * 37 + "!", "é" * 48],
    ids=range(7),
)
def test_what_is_no_key_is_refused_without_a_look_at_the_database(secret: str, owner: Any) -> None:
    caches["process"].clear()
    with CaptureQueriesContext(connection) as queries:
        answer = APIClient().get("/api/v1/memory", headers={"X-API-Key": secret.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert not [one for one in queries.captured_queries if "apikey" in one["sql"]]


def test_a_well_formed_key_that_nobody_made_is_refused(owner: Any) -> None:
    assert program(new_secret()).get("/api/v1/memory").status_code == 401


def test_every_mistyped_letter_is_noticed() -> None:
    secret = new_secret()
    assert is_well_formed(secret)
    for at in range(10, len(secret)):
        assert not is_well_formed(secret[:at] + ("b" if secret[at] != "b" else "c") + secret[at + 1 :])


def test_keys_go_with_the_membership_of_their_maker(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    client = program(make(admin).json()["secret"])
    Membership.objects.filter(user=admin.user).delete()
    assert client.get("/api/v1/memory").status_code == 401


def test_a_token_takes_precedence_over_a_key(owner: Any, acme: Organization, client_of: ClientFactory) -> None:
    secret = make(owner, "memory:read").json()["secret"]
    viewer: Any = client_of(acme, Role.VIEWER)
    answer = viewer.get("/api/v1/auth/me", headers={"X-API-Key": secret})
    assert answer.json()["user"]["email"] == viewer.user.email
    assert viewer.get("/api/v1/auth/me", headers={"X-API-Key": "nonsense"}).status_code == 200
