"""The keys that sign tokens: where they come from, how they are replaced, and how fast a revoked one is refused."""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.keys import KeysNotAtHand, key_import, key_ring, key_ring_forget, key_ring_refresh
from apps.accounts.models import Organization, SigningKey
from apps.core.sealing import SealBroken, seal, unseal
from apps.core.tenancy.scope import public_scope
from apps.gateway.asgi import GatewayApplication
from apps.registry.models import Module
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.gateway import GATEWAY, once, token_of

ROOT = Path(__file__).resolve().parents[3]
State = SigningKey.State
ME = "/api/v1/auth/me"


def rotate(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_jwt_keys", "--json", *arguments, stdout=out)
    states: dict[str, Any] = json.loads(out.getvalue())
    return states


def rotate_elsewhere(*arguments: str) -> dict[str, Any]:
    """Run the command as a process of its own, as an operator does."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "rotate_jwt_keys", "--json", *arguments],
        cwd=ROOT,
        env={**os.environ, "ENVIRONMENT": "test", "DATABASE_URL": _database_url()},
        capture_output=True,
        text=True,
        check=True,
    )
    states: dict[str, Any] = json.loads(done.stdout)
    return states


def _database_url() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"


def _get(token: str, path: str = ME) -> int:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(path).status_code


def _kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def _published(client: APIClient) -> list[str]:
    return [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]


def _pem(key: Any) -> str:
    return str(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def test_the_configured_key_is_the_first_one_and_is_read_once(committed_db: str, settings: Any) -> None:
    SigningKey.objects.all().delete()
    first = key_ring()
    assert first.signing_kid == key_import("EdDSA", settings.JWT_SIGNING_KEY).kid
    settings.JWT_SIGNING_KEY = _pem(Ed25519PrivateKey.generate())
    key_ring_forget()
    assert key_ring().signing_kid == first.signing_kid


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256", "HS256"])
def test_without_a_configured_key_one_is_made(algorithm: str, committed_db: str, settings: Any) -> None:
    settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY = algorithm, ""
    ring = key_ring()
    token = jwt.encode({"a": 1}, ring.signing_key, algorithm=algorithm)
    assert jwt.decode(token, ring.verifying_keys[ring.signing_kid], algorithms=[algorithm]) == {"a": 1}
    states = call_states()
    assert (states["current"], len(ring.verifying_keys)) == (ring.signing_kid, 2)
    # A shared secret is never published.
    assert len(ring.jwks) == (0 if algorithm == "HS256" else 2)


def call_states() -> dict[str, Any]:
    rows = SigningKey.objects.filter(algorithm=key_ring().algorithm).order_by("created_at")
    return {
        "current": rows.get(state=State.CURRENT).kid,
        "next": rows.get(state=State.NEXT).kid,
        "previous": [row.kid for row in rows if row.state == State.PREVIOUS],
    }


def test_keys_of_another_algorithm_do_not_verify(committed_db: str, settings: Any) -> None:
    ed25519 = set(key_ring().verifying_keys)
    settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY = "ES256", ""
    assert not ed25519 & set(key_ring().verifying_keys)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("none", "x" * 40),
        ("HS256", "short"),
        ("ES256", "x" * 40),
        ("ES256", _pem(Ed25519PrivateKey.generate())),
        ("ES256", _pem(ec.generate_private_key(ec.SECP384R1()))),
        ("RS256", _pem(ec.generate_private_key(ec.SECP256R1()))),
    ],
)
def test_keys_that_cannot_protect_stop_the_start(algorithm: str, key: str, committed_db: str, settings: Any) -> None:
    settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY = algorithm, key
    with pytest.raises(ImproperlyConfigured) as caught:
        key_ring()
    assert key not in str(caught.value)


def test_short_rsa_keys_are_refused(settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured):
        key_import("RS256", _pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)))  # noqa: S505 - the point


def test_published_keys_are_public_ones_the_present_one_first(anonymous: APIClient, db: None) -> None:
    keys = anonymous.get("/.well-known/jwks.json").json()["keys"]
    assert [set(key) for key in keys] == [{"kty", "crv", "x", "kid", "use", "alg"}] * 2
    assert keys[0]["kid"] == key_ring().signing_kid


def test_private_parts_are_sealed(db: None, settings: Any) -> None:
    key_ring()
    row = SigningKey.objects.get(state=State.CURRENT, algorithm="EdDSA")
    assert "PRIVATE" not in row.sealed_private
    settings.SECRET_KEY = "another secret key, long enough for anything"
    key_ring_forget()
    with pytest.raises(ImproperlyConfigured):
        key_ring()
    settings.SECRET_KEY_FALLBACKS = ["test-secret-key-that-is-long-enough-for-anything"]
    assert key_ring().signing_kid == row.kid


def test_what_is_sealed_opens_for_its_purpose_only() -> None:
    sealed = seal("secret", purpose="one")
    assert unseal(sealed, purpose="one") == "secret"
    for text, purpose in ((sealed, "other"), (sealed[:-4] + "AAAA", "one"), ("", "one")):
        with pytest.raises(SealBroken):
            unseal(text, purpose=purpose)


def test_requests_cost_no_query_for_keys(db: None) -> None:
    key_ring()
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            key_ring()
    assert len(queries) == 0


def test_an_event_loop_never_reads_keys(db: None) -> None:
    async def ask() -> None:
        key_ring()

    with pytest.raises(KeysNotAtHand):
        asyncio.run(ask())
    key_ring_refresh()
    asyncio.run(ask())


def test_a_sign_in_survives_rotations(committed_db: str, anonymous: APIClient, client_of: ClientFactory) -> None:
    client: Any = client_of(Organization.objects.get(slug="acme"))
    before = call_states()
    first = rotate()
    assert (first["current"], first["previous"]) == (before["next"], [before["current"]])
    second = rotate()
    key_ring_forget()
    published = _published(anonymous)
    assert published[:2] == [second["current"], second["next"]]
    assert set(published[2:]) == set(second["previous"]) == {before["current"], before["next"]}
    assert client.get(ME).status_code == 200
    renewed = anonymous.post("/api/v1/auth/token/refresh", {"refresh": client.tokens.refresh}, format="json").json()
    assert (_kid(client.tokens.access), _kid(renewed["access"])) == (before["current"], second["current"])
    assert _get(renewed["access"]) == 200


def test_a_replaced_key_can_no_longer_sign_and_goes_when_its_last_token_has_expired(committed_db: str) -> None:
    replaced = key_ring().signing_kid
    rotate()
    row = SigningKey.objects.get(kid=replaced)
    assert (row.state, row.sealed_private) == (State.PREVIOUS, "")
    assert row.retired_at is not None
    SigningKey.objects.filter(kid=replaced).update(retired_at=row.retired_at - timedelta(days=30))
    key_ring_forget()
    assert replaced not in key_ring().verifying_keys
    rotate()
    assert not SigningKey.objects.filter(kid=replaced).exists()


def _revoked_at() -> datetime:
    retired_at = SigningKey.objects.get(state=State.REVOKED).retired_at
    assert retired_at is not None
    return retired_at


def _since_revocation() -> float:
    return (timezone.now() - _revoked_at()).total_seconds()


def test_after_an_emergency_the_core_api_of_another_process_refuses_within_five_seconds(
    committed_db: str, anonymous: APIClient, client_of: ClientFactory
) -> None:
    client: Any = client_of(Organization.objects.get(slug="acme"))
    revoked = key_ring().signing_kid
    with ThreadPoolExecutor(1) as pool:
        rotation = pool.submit(rotate_elsewhere, "--emergency")
        # Asked all the time, so that what this process believes is as old as it may be.
        while client.get(ME).status_code == 200:
            assert not SigningKey.objects.filter(state=State.REVOKED).exists() or _since_revocation() < 5
            time.sleep(0.02)
        seconds = _since_revocation()
        states = rotation.result()
    print(f"refused after {seconds:.1f} s")  # noqa: T201 - shown by pytest -rP
    assert (states["revoked"], states["previous"]) == ([revoked], [])
    assert seconds < 5
    again = anonymous.post("/api/v1/auth/token/refresh", {"refresh": client.tokens.refresh}, format="json")
    assert again.status_code == 401
    assert revoked not in _published(anonymous)


def test_after_an_emergency_a_running_gateway_refuses_within_five_seconds(
    sample: Module, committed_acme: Organization
) -> None:
    # On a slow machine the other process takes more calls to start than a free hour has.
    with public_scope():
        plan_limits_set("free", gateway_calls_per_hour=None)
    token = token_of(committed_acme)

    async def scenario() -> float:
        application = GatewayApplication()
        rotation = asyncio.create_task(asyncio.to_thread(rotate_elsewhere, "--emergency"))
        while (answer := await once(application, f"{GATEWAY}/things", token)).status == 200:  # noqa: ASYNC110 - what it waits for happens in another process
            await asyncio.sleep(0.02)
        refused = time.time()
        assert answer.status == 401
        await rotation
        gateway, front, _ = application._parts()
        await gateway.close()
        await front.close()
        return refused

    refused = asyncio.run(scenario())
    seconds = refused - _revoked_at().timestamp()
    print(f"refused after {seconds:.1f} s")  # noqa: T201 - shown by pytest -rP
    assert seconds < 5


def test_one_key_can_be_revoked_alone(committed_db: str) -> None:
    first = call_states()
    rotate()
    states = rotate("--revoke", first["current"])
    assert (states["current"], states["previous"], states["revoked"]) == (first["next"], [], [first["current"]])
    replaced = rotate("--emergency", "--revoke", states["next"])
    assert replaced["current"] not in {first["current"], states["current"], states["next"]}
    assert set(replaced["revoked"]) == {first["current"], states["current"], states["next"]}


def test_a_configured_key_that_was_revoked_does_not_come_back(committed_db: str) -> None:
    first = call_states()
    rotate("--emergency", "--revoke", first["next"])
    SigningKey.objects.exclude(state=State.REVOKED).delete()
    key_ring_forget()
    assert key_ring().signing_kid not in first.values()


def test_revoking_what_is_not_there_changes_nothing(db: None) -> None:
    before = list(SigningKey.objects.order_by("id").values_list("kid", "state"))
    with pytest.raises(CommandError, match="no key nonsense"):
        call_command("rotate_jwt_keys", "--emergency", "--revoke", "nonsense")
    assert before in ([], list(SigningKey.objects.order_by("id").values_list("kid", "state")))
