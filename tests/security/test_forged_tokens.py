"""Tokens that we did not issue, or not for this: 401 for each, on every kind of view, always in the same form."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from hmac import digest
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from jwt.utils import base64url_encode
from rest_framework.test import APIClient

from apps.accounts.keys import key_ring
from apps.accounts.models import Organization
from apps.registry.models import Module
from tests.factories.fixtures import ClientFactory
from tests.factories.gateway import GATEWAY, Call, token_of

Claims = dict[str, Any]
TARGETS = ["/api/v1/auth/me", "/api/v1/memory", "/api/v1/orgs/current"]
FOREIGN = Ed25519PrivateKey.generate()
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def _public_forms() -> dict[str, bytes]:
    """Return our public key in every spelling that a confused verifier might take for a shared secret."""
    key = key_ring().verifying_keys[key_ring().signing_kid]
    encoding, form = serialization.Encoding, serialization.PublicFormat
    pem = key.public_bytes(encoding.PEM, form.SubjectPublicKeyInfo)
    jwk = dict(key_ring().jwks[0])
    return {
        "pem": pem,
        "pem stripped": pem.strip(),
        "der": key.public_bytes(encoding.DER, form.SubjectPublicKeyInfo),
        "raw": key.public_bytes(encoding.Raw, form.Raw),
        "ssh": key.public_bytes(encoding.OpenSSH, form.OpenSSH),
        "jwk": json.dumps(jwk).encode(),
        "jwk x": str(jwk["x"]).encode(),
        "kid": str(jwk["kid"]).encode(),
    }


def _raw(header: Claims, payload: Claims | bytes, secret: bytes | None = None, algorithm: str = "HS256") -> str:
    """Assemble a token by hand: PyJWT refuses to sign with a public key, an attacker does not."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = base64url_encode(json.dumps(header).encode()) + b"." + base64url_encode(body)
    if secret is None:
        return (signed + b".").decode()
    mac = digest(secret, signed, f"sha{algorithm[2:]}")
    return (signed + b"." + base64url_encode(mac)).decode()


def _ours(claims: Claims, **header: Any) -> str:
    """Sign with our own key: only what the token says is wrong."""
    ring = key_ring()
    headers = {"kid": ring.signing_kid, "typ": "at+jwt", **header}
    return jwt.encode(
        claims, ring.signing_key, algorithm="EdDSA", headers={k: v for k, v in headers.items() if v is not ...}
    )


def _signed(header: bytes, payload: bytes) -> str:
    """Sign any bytes with our own key."""
    signed = base64url_encode(header) + b"." + base64url_encode(payload)
    return (signed + b"." + base64url_encode(key_ring().signing_key.sign(signed))).decode()


def _without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


def _forgeries(good: str) -> Iterator[tuple[str, str]]:
    claims: Claims = jwt.decode(good, options={"verify_signature": False})
    header: Claims = jwt.get_unverified_header(good)
    head, body, signature = good.split(".")
    now = int(time.time())

    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}", _raw({**header, "alg": name}, claims)
    for algorithm in ("HS256", "HS384", "HS512"):
        for form, secret in _public_forms().items():
            yield (
                f"{algorithm} with our public key as {form}",
                _raw({**header, "alg": algorithm}, claims, secret, algorithm),
            )
    yield "HS256 with the empty secret", _raw({**header, "alg": "HS256"}, claims, b"")
    yield "HS256 with the secret key of Django", _raw({**header, "alg": "HS256"}, claims, settings.SECRET_KEY.encode())
    yield "foreign key under our kid", jwt.encode(claims, FOREIGN, algorithm="EdDSA", headers=header)
    yield "RS256 under our kid", jwt.encode(claims, RSA_KEY, algorithm="RS256", headers={**header, "alg": "RS256"})
    yield "ES256 under our kid", jwt.encode(claims, EC_KEY, algorithm="ES256", headers={**header, "alg": "ES256"})
    for kid in ("unknown", "", "../../dev/null", "' OR 1=1 --", "https://evil.example/key", "\x00", 7, None, ["a"]):
        forged_header = {**header, "kid": kid}
        yield f"kid {kid!r}", _raw({**forged_header, "alg": "EdDSA"}, claims, b"x")
    yield (
        "foreign key with its own jwk header",
        jwt.encode(
            claims,
            FOREIGN,
            algorithm="EdDSA",
            headers={**header, "jwk": json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(FOREIGN.public_key()))},
        ),
    )
    for name in ("jku", "x5u", "x5t", "x5t#S256"):
        yield (
            f"foreign key with {name}",
            jwt.encode(claims, FOREIGN, algorithm="EdDSA", headers={**header, name: "https://evil.example/jwks.json"}),
        )
    certificate = base64.b64encode(FOREIGN.public_key().public_bytes_raw()).decode()
    yield (
        "foreign key with x5c",
        jwt.encode(claims, FOREIGN, algorithm="EdDSA", headers={**header, "x5c": [certificate]}),
    )
    yield (
        "foreign key under the next kid",
        jwt.encode(claims, FOREIGN, algorithm="EdDSA", headers={**header, "kid": key_ring().jwks[1]["kid"]}),
    )
    yield "critical extension", _ours(claims, crit=["x"], x=1)
    yield "critical extension that is missing", _ours(claims, crit=["x"])
    yield "critical extensions that are no list", _ours(claims, crit="exp")
    for name in (
        "exp",
        "iat",
        "iss",
        "aud",
        "sub",
        "jti",
        "org_id",
        "email",
        "roles",
        "permissions",
        "pv",
        "sid",
        "auth_time",
        "token_type",
    ):
        yield f"without {name}", _ours(_without(claims, name))
    changes: Claims = {
        "aud": "lift_causal",
        "iss": "https://evil.example",
        "exp": now - 3600,
        "nbf": now + 3600,
        "iat": now + 3600,
        "sub": str(uuid4()),
        "org_id": str(uuid4()),
        "pv": 99,
        "jti": None,
        "roles": [],
        "permissions": 7,
        "token_type": "refresh",
    }
    for name, value in changes.items():
        yield f"{name} = {value!r}", _ours({**claims, name: value})
    more: list[tuple[str, Any]] = [
        ("aud", []),
        ("aud", {"liftos": 1}),
        ("exp", "tomorrow"),
        ("exp", 10**400),
        ("iat", "now"),
        ("nbf", [now]),
        ("sub", 7),
        ("sub", "\x00"),
        ("org_id", None),
        ("sid", "x"),
        ("sid", str(uuid4())),
        ("auth_time", 10**400),
        ("auth_time", "now"),
        ("pv", "seven"),
        ("pv", -1),
    ]
    for name, value in more:
        yield f"{name} = {str(value)[:20]!r}", _ours({**claims, name: value})
    yield (
        "issuer as a list",
        _signed(json.dumps(header).encode(), json.dumps({**claims, "iss": [claims["iss"]]}).encode()),
    )
    module_claims = {**claims, "aud": "lift_causal", "rid": "x", "role": "owner"}
    yield "claims of a module token as access", _ours(module_claims)
    yield "claims of an access token as module token", _ours(claims, typ="mt+jwt")
    for kind in ("rt+jwt", "JWT", "", None, "AT+JWT", ["at+jwt"]):
        yield f"typ {kind!r}", _ours(claims, typ=kind)
    yield "expired a minute ago", _ours({**claims, "exp": now - 60})
    yield (
        "claims changed after signing",
        f"{head}.{base64url_encode(json.dumps({**claims, 'pv': 2}).encode()).decode()}.{signature}",
    )
    twice = json.dumps(claims).encode()[:-1] + f', "sub": "{claims["sub"]}"}}'.encode()
    yield "duplicate claims", _signed(json.dumps(header).encode(), twice)
    yield (
        "duplicate header",
        _signed(json.dumps(header).encode()[:-1] + b', "alg": "EdDSA"}', json.dumps(claims).encode()),
    )
    yield "claims that are not JSON", _signed(json.dumps(header).encode(), b"{'a': 1}")
    yield "claims with NaN", _signed(json.dumps(header).encode(), json.dumps({**claims, "x": float("nan")}).encode())
    yield "signature cut", good[:-4]
    yield "signature of another token", f"{head}.{body}.{base64.urlsafe_b64encode(b'0' * 64).decode().rstrip('=')}"
    yield "no signature", f"{head}.{body}."
    yield "two parts", f"{head}.{body}"
    yield "100 KB", _ours({**claims, "padding": "x" * 100_000})
    yield "not a token", "a.b.c"
    yield "payload that is a list", _raw({**header, "alg": "EdDSA"}, b"[]", b"x")


@pytest.fixture
def ask(db: None) -> Callable[[str, str], Any]:
    def send(target: str, token: str) -> Any:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client.get(target)

    return send


def test_the_token_that_is_forged_below_is_good(
    acme: Organization, client_of: ClientFactory, ask: Callable[[str, str], Any]
) -> None:
    good = client_of(acme).tokens.access  # type: ignore[attr-defined]  # set by the factory
    assert [ask(target, good).status_code for target in TARGETS] == [200, 200, 200]
    assert len(good) < 4096


def test_every_forged_token_is_refused_in_the_same_form(
    acme: Organization, client_of: ClientFactory, ask: Callable[[str, str], Any]
) -> None:
    forgeries = dict(_forgeries(client_of(acme).tokens.access))  # type: ignore[attr-defined]  # set by the factory
    assert len(forgeries) >= 60
    for name, token in forgeries.items():
        for target in TARGETS:
            answer = ask(target, token)
            assert (name, target, answer.status_code) == (name, target, 401)
            assert answer.json()["code"] == "not_authenticated", name
            assert answer["WWW-Authenticate"].startswith("Bearer"), name


def test_the_gateway_refuses_every_one_of_them_too(sample: Module, committed_acme: Organization, call: Call) -> None:
    good = token_of(committed_acme)
    forgeries = dict(_forgeries(good))
    answers = call(f"{GATEWAY}/things", [good, *forgeries.values()])
    assert answers[0].status == 200
    for name, answer in zip(forgeries, answers[1:], strict=True):
        assert (name, answer.status) == (name, 401)
        assert (answer.json()["code"], answer.json()["gate"]) == ("not_authenticated", "authentication"), name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name


def test_a_refresh_token_opens_nothing(
    acme: Organization, client_of: ClientFactory, ask: Callable[[str, str], Any]
) -> None:
    refresh = client_of(acme).tokens.refresh  # type: ignore[attr-defined]  # set by the factory
    assert [ask(target, refresh).status_code for target in TARGETS] == [401, 401, 401]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic eDp5", "Token x", "Bearer a b", "bearer\tx", "Bearer é"]
)
def test_malformed_authorization_headers(header: str, acme: Organization) -> None:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get("/api/v1/auth/me").status_code == 401
