import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lift_sdk.testing import Platform, SigningKey, unsigned
from lift_sdk.tokens import MAX_TOKEN_LENGTH

PERMISSIONS = ("example:read",)
PATH = "/api/v1/whoami"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def with_secret(platform: Platform, secret: bytes, **header: Any) -> str:
    """A token of HS256, signed by hand: PyJWT refuses such secrets on this side already."""
    head = {"alg": "HS256", "typ": "mt+jwt", "kid": platform.key.kid, **header}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(valid(platform)).encode())}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def valid(platform: Platform, **changes: Any) -> dict[str, Any]:
    claims = {**platform.claims("example", PERMISSIONS), **changes}
    return {name: value for name, value in claims.items() if value is not ...}


def public(platform: Platform, encoding: Encoding, form: PublicFormat) -> bytes:
    return platform.key.private.public_key().public_bytes(encoding, form)


def tampered(platform: Platform) -> str:
    head, _, signature = platform.token("example", PERMISSIONS).split(".")
    body = json.dumps(valid(platform, permissions=["example:read", "example:write"])).encode()
    return f"{head}.{b64(body)}.{signature}"


def signed_by(key: Any, algorithm: str) -> Callable[[Platform], str]:
    return lambda p: jwt.encode(valid(p), key, algorithm, {"typ": "mt+jwt", "kid": p.key.kid})


def changed(**changes: Any) -> Callable[[Platform], str]:
    return lambda p: p.key.sign(valid(p, **changes))


def headed(**header: Any) -> Callable[[Platform], str]:
    return lambda p: p.key.sign(valid(p), **header)


def foreign(**header: Any) -> Callable[[Platform], str]:
    return lambda p: SigningKey(kid=p.key.kid).sign(valid(p), **header)


FORGED: dict[str, Callable[[Platform], str]] = {
    "nothing": lambda _: "-",
    "garbage": lambda _: "garbage",
    "three empty parts": lambda _: "..",
    "five parts": lambda _: "a.b.c.d.e",
    "not base64": lambda p: "é" + p.token("example", PERMISSIONS)[1:],
    "null header": lambda _: f"{b64(b'null')}.{b64(b'{}')}.",
    "list header": lambda _: f"{b64(b'[]')}.{b64(b'{}')}.",
    "deep header": lambda _: f"{b64(b'[' * 4000)}.{b64(b'{}')}.",
    "alg none": lambda p: unsigned(valid(p), kid=p.key.kid),
    "alg None": lambda p: unsigned(valid(p), kid=p.key.kid, alg="None"),
    "alg empty": lambda p: unsigned(valid(p), kid=p.key.kid, alg=""),
    "alg a list": lambda p: unsigned(valid(p), kid=p.key.kid, alg=["EdDSA"]),
    "no signature": lambda p: p.token("example", PERMISSIONS).rpartition(".")[0] + ".",
    "short signature": lambda p: p.token("example", PERMISSIONS)[:-6],
    "tampered claims": tampered,
    "foreign key": foreign(),
    "unknown kid": lambda p: SigningKey().sign(valid(p)),
    "kid a path": foreign(kid="../../etc/passwd"),
    "kid an SQL": foreign(kid="' OR 1=1 --"),
    "kid a URL": foreign(kid="http://127.0.0.1:1/"),
    "kid a number": lambda p: unsigned(valid(p), kid=7, alg="EdDSA"),
    "kid missing": lambda p: unsigned(valid(p), alg="EdDSA"),
    "jku": foreign(jku="http://127.0.0.1:1/jwks.json"),
    "x5u": foreign(x5u="http://127.0.0.1:1/cert.pem"),
    "jwk": foreign(jwk=SigningKey().jwk()),
    "crit": headed(crit=["exp"], exp=0),
    "HS256 with the raw public key": lambda p: with_secret(p, public(p, Encoding.Raw, PublicFormat.Raw)),
    "HS256 with the PEM": lambda p: with_secret(p, public(p, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    "HS256 with the DER": lambda p: with_secret(p, public(p, Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    "HS256 with the ssh form": lambda p: with_secret(p, public(p, Encoding.OpenSSH, PublicFormat.OpenSSH)),
    "HS256 with the JWK": lambda p: with_secret(p, json.dumps(p.key.jwk()).encode()),
    "HS256 with nothing": lambda p: with_secret(p, b""),
    "RS256": signed_by(rsa.generate_private_key(65537, 2048), "RS256"),
    "ES256": signed_by(ec.generate_private_key(ec.SECP256R1()), "ES256"),
    "expired": lambda p: p.token("example", PERMISSIONS, expires_in=-11),
    "of the future": lambda p: p.key.sign(valid(p, nbf=int(time.time()) + 60)),
    "issued later": lambda p: p.key.sign(valid(p, iat=int(time.time()) + 60)),
    "exp missing": changed(exp=...),
    "exp no number": changed(exp="never"),
    "exp endless": changed(exp=1e400),
    "iat missing": changed(iat=...),
    "aud another": changed(aud="example2"),
    "aud a list": changed(aud=["example", "other"]),
    "aud missing": changed(aud=...),
    "iss another": changed(iss="https://elsewhere.example"),
    "iss missing": changed(iss=...),
    "typ of an access token": headed(typ="at+jwt"),
    "typ of a refresh token": headed(typ="rt+jwt"),
    "typ plain": headed(typ="JWT"),
    "typ missing": headed(typ=None),
    "sub missing": changed(sub=...),
    "sub empty": changed(sub=""),
    "org_id missing": changed(org_id=...),
    "org_id a number": changed(org_id=7),
    "permissions missing": changed(permissions=...),
    "permissions a text": changed(permissions="example:read"),
    "permissions of numbers": changed(permissions=[1]),
    "jti missing": changed(jti=...),
    "too long": changed(padding="x" * MAX_TOKEN_LENGTH),
    "100 KB": lambda _: "a" * 60_000,
}


@pytest.mark.parametrize("kind", FORGED)
def test_forged_tokens_are_refused_alike(anyone: httpx2.Client, platform: Platform, kind: str) -> None:
    token = FORGED[kind](platform)
    response = anyone.get(
        PATH, headers={b"Authorization": f"Bearer {token}".encode(), b"X-Request-ID": b"forged-00001"}
    )
    assert response.status_code == 401
    assert response.json() == {
        "type": "/problems/not_authenticated",
        "title": "No valid credential",
        "status": 401,
        "detail": "No valid credential",
        "code": "not_authenticated",
        "request_id": "forged-00001",
    }


@pytest.mark.parametrize("scheme", ["", "Basic ", "bearer", "Token ", "Bearer\t"])
def test_other_schemes_are_refused(anyone: httpx2.Client, platform: Platform, scheme: str) -> None:
    token = platform.token("example", PERMISSIONS)
    assert anyone.get(PATH, headers={"Authorization": f"{scheme}{token}"}).status_code == 401


def test_two_tokens_are_none(anyone: httpx2.Client, platform: Platform) -> None:
    token = f"Bearer {platform.token('example', PERMISSIONS)}"
    assert anyone.get(PATH, headers=[("Authorization", token), ("Authorization", token)]).status_code == 401


def test_a_valid_token_says_who_calls(anyone: httpx2.Client, platform: Platform) -> None:
    token = platform.token("example", PERMISSIONS)
    answer = anyone.get(PATH, headers={"Authorization": f"bearer {token}", "X-Lift-Deadline-Ms": "5000"}).json()
    assert (answer["user"], answer["org"], answer["tier"]) == (platform.user_id, platform.org_id, "professional")
    assert 4.0 < answer["seconds_left"] <= 5.0


@pytest.mark.parametrize("deadline", ["", "-1", "soon", "1e9", "9" * 30, "٣"])
def test_what_is_no_deadline_is_none(anyone: httpx2.Client, platform: Platform, deadline: str) -> None:
    token = platform.token("example", PERMISSIONS)
    headers = {b"Authorization": f"Bearer {token}".encode(), b"X-Lift-Deadline-Ms": deadline.encode()}
    assert anyone.get(PATH, headers=headers).json()["seconds_left"] is None


def test_ten_seconds_of_difference_between_clocks_are_borne(anyone: httpx2.Client, platform: Platform) -> None:
    token = platform.token("example", PERMISSIONS, expires_in=-5)
    assert anyone.get(PATH, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_missing_permission_is_a_403(anyone: httpx2.Client, platform: Platform) -> None:
    response = anyone.get(PATH, headers={"Authorization": f"Bearer {platform.token('example', ['example:write'])}"})
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert "example:read" in response.json()["detail"]
