"""The keys that sign and verify our tokens, from configuration.

One algorithm is configured and only that one is accepted. Keys are named by their RFC 7638 thumbprint; the signing key
comes from `JWT_SIGNING_KEY`, and keys in `JWT_PREVIOUS_KEYS` still verify, which is how a key is rotated.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from jwt.algorithms import get_default_algorithms

ASYMMETRIC = frozenset({"EdDSA", "ES256", "RS256"})
SYMMETRIC = frozenset({"HS256"})
MIN_SECRET_LENGTH = 32

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
# The members that RFC 7638 puts into a thumbprint, by key type.
_THUMBPRINT_MEMBERS = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}


@dataclass(frozen=True)
class KeyRing:
    """`signing_key` signs under `signing_kid`; `verifying_keys` maps every accepted kid to its key."""

    algorithm: str
    signing_kid: str
    signing_key: Any
    verifying_keys: dict[str, Any]
    # Public keys as JWKs; empty for a shared secret, which must never be published.
    jwks: tuple[dict[str, Any], ...]


def key_ring() -> KeyRing:
    """Return the configured keys.

    Raises `ImproperlyConfigured` for an unknown algorithm, a missing key or a key of another kind.
    """
    return _build(settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY, settings.JWT_PREVIOUS_KEYS)


def readiness_check() -> str | None:
    try:
        key_ring()
    except ImproperlyConfigured:
        return "The token keys are not usable."
    return None


@lru_cache(maxsize=4)
def _build(algorithm: str, signing: str, previous: str) -> KeyRing:
    if not signing:
        raise ImproperlyConfigured("JWT_SIGNING_KEY is not set")
    if algorithm in SYMMETRIC:
        return _symmetric(algorithm, signing)
    if algorithm not in ASYMMETRIC:
        raise ImproperlyConfigured(f"JWT_ALGORITHM must be one of {', '.join(sorted(ASYMMETRIC | SYMMETRIC))}")
    private = _load_private(algorithm, signing)
    publics = [private.public_key(), *(_load_public(algorithm, pem) for pem in _PEM.findall(previous))]
    jwks = [_jwk(algorithm, key) for key in publics]
    return KeyRing(
        algorithm=algorithm,
        signing_kid=jwks[0]["kid"],
        signing_key=private,
        verifying_keys={jwk["kid"]: key for jwk, key in zip(jwks, publics, strict=True)},
        jwks=tuple(jwks),
    )


def _symmetric(algorithm: str, secret: str) -> KeyRing:
    if len(secret) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured(f"a shared secret needs at least {MIN_SECRET_LENGTH} characters")
    kid = hashlib.sha256(f"liftos-kid:{secret}".encode()).hexdigest()[:16]
    return KeyRing(algorithm, kid, secret, {kid: secret}, ())


def _load_private(algorithm: str, pem: str) -> Any:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        get_default_algorithms()[algorithm].prepare_key(key)
    except (ValueError, TypeError):
        # The cause is dropped on purpose: parsers quote their input, and this input is a secret.
        raise ImproperlyConfigured(f"JWT_SIGNING_KEY is not a private key for {algorithm}") from None
    return key


def _load_public(algorithm: str, pem: str) -> Any:
    try:
        if "PRIVATE KEY" in pem:
            return _load_private(algorithm, pem).public_key()
        return serialization.load_pem_public_key(pem.encode())
    except ValueError:
        raise ImproperlyConfigured(f"JWT_PREVIOUS_KEYS holds something that is no key for {algorithm}") from None


def _jwk(algorithm: str, public_key: Any) -> dict[str, Any]:
    jwk = json.loads(get_default_algorithms()[algorithm].to_jwk(public_key))
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {**members, "kid": kid, "use": "sig", "alg": algorithm}
