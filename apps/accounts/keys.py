"""The keys that sign and verify our tokens: kept in the database, sealed, and known to every process for a moment.

One algorithm is configured and only that one is accepted. Keys are named by their RFC 7638 thumbprint. The first key is
`JWT_SIGNING_KEY`, if that is set, else one is made; from then on `manage.py rotate_jwt_keys` replaces keys
(`services.signing_keys`).
"""

import asyncio
import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from jwt import InvalidKeyError
from jwt.algorithms import get_default_algorithms
from psycopg_pool import PoolTimeout
from rest_framework_simplejwt.settings import api_settings

from apps.accounts.models import SigningKey
from apps.core.sealing import SealBroken, seal, unseal
from apps.core.tenancy.scope import public_scope

ASYMMETRIC = frozenset({"EdDSA", "ES256", "RS256"})
SYMMETRIC = frozenset({"HS256"})
MIN_SECRET_LENGTH = 32
MIN_RSA_BITS = 2048
# How long a process goes on with the keys that it has read. A revoked key is refused everywhere within 5 s; the rest is
# for reading.
BELIEVED_SECONDS = 3.0

_SEALED_FOR = "jwt-signing-keys"
# The order in which keys are published: the one that signs comes first.
_ORDER = (SigningKey.State.CURRENT, SigningKey.State.NEXT, SigningKey.State.PREVIOUS)
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


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A key before it is stored: its name, and its private part (a PEM, or the secret) and public part as text."""

    kid: str
    private: str
    public: str


class KeysNotAtHand(RuntimeError):
    """An event loop asked for keys that no thread has read for it. A mistake of ours, never of a caller."""


# What this process has read, by algorithm, and when.
_read: dict[str, tuple[float, KeyRing]] = {}
_reading = threading.Lock()


def key_ring() -> KeyRing:
    """Return the keys, at most `BELIEVED_SECONDS` old.

    On an event loop nothing is read: there `key_ring_refresh` has to have run in a thread shortly before.
    Raises `ImproperlyConfigured` for an unknown algorithm or keys that cannot be used.
    """
    ring = _at_hand(BELIEVED_SECONDS)
    if ring is not None:
        return ring
    if _on_event_loop():
        raise KeysNotAtHand("read the keys in a thread first")
    return key_ring_refresh()


def key_ring_refresh(older_than: float = BELIEVED_SECONDS) -> KeyRing:
    """Return the keys, read anew if they are older than so many seconds; not for event loops."""
    with _reading:
        ring = _at_hand(older_than)
        if ring is None:
            began = time.monotonic()
            ring = _load(settings.JWT_ALGORITHM)
            # The same keys are the same object: who remembers what it verified by them need not forget it.
            known = _read.get(settings.JWT_ALGORITHM)
            ring = known[1] if known is not None and _same(known[1], ring) else ring
            _read[settings.JWT_ALGORITHM] = (began, ring)
        return ring


def key_ring_forget() -> None:
    """Have this process read the keys anew."""
    _read.clear()


def readiness_check() -> str | None:
    try:
        key_ring()
    except ImproperlyConfigured:
        return "The token keys are not usable."
    except (DatabaseError, PoolTimeout):
        return "The token keys cannot be read."
    return None


def key_generate(algorithm: str) -> KeyMaterial:
    """Make a new key; raise `ImproperlyConfigured` for an unknown algorithm."""
    algorithm_check(algorithm)
    if algorithm in SYMMETRIC:
        return _shared_secret(secrets.token_urlsafe(48))
    private: Any
    if algorithm == "EdDSA":
        private = Ed25519PrivateKey.generate()
    elif algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return _key_pair(algorithm, private)


def key_import(algorithm: str, text: str) -> KeyMaterial:
    """Read a configured key: a PEM, or the shared secret. Raises `ImproperlyConfigured`, never quoting it."""
    algorithm_check(algorithm)
    return _shared_secret(text) if algorithm in SYMMETRIC else _key_pair(algorithm, _load_private(algorithm, text))


def algorithm_check(algorithm: str) -> None:
    if algorithm not in ASYMMETRIC | SYMMETRIC:
        raise ImproperlyConfigured(f"JWT_ALGORITHM must be one of {', '.join(sorted(ASYMMETRIC | SYMMETRIC))}")


def key_store(material: KeyMaterial, *, algorithm: str, state: SigningKey.State, now: datetime) -> SigningKey:
    return SigningKey.objects.create(
        kid=material.kid,
        algorithm=algorithm,
        state=state,
        sealed_private=seal(material.private, purpose=_SEALED_FOR),
        public=material.public,
        created_at=now,
        activated_at=now if state == SigningKey.State.CURRENT else None,
    )


def key_reseal(key: SigningKey) -> None:
    """Seal a key's private part under the present `SECRET_KEY`."""
    key.sealed_private = seal(_unsealed(key), purpose=_SEALED_FOR)


def _at_hand(seconds: float) -> KeyRing | None:
    found = _read.get(settings.JWT_ALGORITHM)
    return found[1] if found is not None and time.monotonic() - found[0] < seconds else None


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _same(one: KeyRing, other: KeyRing) -> bool:
    return (one.signing_kid, set(one.verifying_keys)) == (other.signing_kid, set(other.verifying_keys))


def _load(algorithm: str) -> KeyRing:
    algorithm_check(algorithm)
    with public_scope():
        keys = _accepted_keys(algorithm)
        if not keys or keys[0].state != SigningKey.State.CURRENT:
            # In a thread, on a connection of its own: a key that signs must not vanish with the transaction of whoever
            # happened to need one first.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(_make_first_keys, algorithm).result()
            keys = _accepted_keys(algorithm)
    if not keys or keys[0].state != SigningKey.State.CURRENT:
        raise ImproperlyConfigured(f"there is no key for {algorithm}")
    return _ring(algorithm, keys)


def _accepted_keys(algorithm: str) -> list[SigningKey]:
    """Return current, next and previous keys, in this order; a previous one as long as what it signed may live."""
    oldest = timezone.now() - api_settings.REFRESH_TOKEN_LIFETIME
    accepted = Q(state__in=[SigningKey.State.CURRENT, SigningKey.State.NEXT]) | Q(
        state=SigningKey.State.PREVIOUS, retired_at__gt=oldest
    )
    keys: Iterable[SigningKey] = SigningKey.objects.filter(accepted, algorithm=algorithm).order_by("-created_at")
    return sorted(keys, key=lambda key: _ORDER.index(SigningKey.State(key.state)))


def _make_first_keys(algorithm: str) -> None:
    """Store what an installation begins with: the configured key, else a new one, and the key that follows it."""
    now = timezone.now()
    try:
        with public_scope(), transaction.atomic():
            keys_lock()
            if SigningKey.objects.filter(algorithm=algorithm, state=SigningKey.State.CURRENT).exists():
                return
            first = key_import(algorithm, settings.JWT_SIGNING_KEY) if settings.JWT_SIGNING_KEY else None
            # A configured key that was replaced or revoked does not come back.
            if first is None or SigningKey.objects.filter(kid=first.kid).exists():
                first = key_generate(algorithm)
            key_store(first, algorithm=algorithm, state=SigningKey.State.CURRENT, now=now)
            if not SigningKey.objects.filter(algorithm=algorithm, state=SigningKey.State.NEXT).exists():
                key_store(key_generate(algorithm), algorithm=algorithm, state=SigningKey.State.NEXT, now=now)
    finally:
        connection.close()


def keys_lock() -> None:
    """Let one transaction at a time change which keys there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.signing_keys'))")


def _ring(algorithm: str, keys: list[SigningKey]) -> KeyRing:
    current = keys[0]
    if algorithm in SYMMETRIC:
        shared = {key.kid: _unsealed(key) for key in keys}
        return KeyRing(algorithm, current.kid, shared[current.kid], shared, ())
    publics = {key.kid: _load_public(key.public) for key in keys}
    return KeyRing(
        algorithm=algorithm,
        signing_kid=current.kid,
        signing_key=_load_private(algorithm, _unsealed(current)),
        verifying_keys=publics,
        jwks=tuple(_jwk(algorithm, key) for key in publics.values()),
    )


def _unsealed(key: SigningKey) -> str:
    try:
        return unseal(key.sealed_private, purpose=_SEALED_FOR)
    except SealBroken as error:
        raise ImproperlyConfigured(str(error)) from None


def _shared_secret(secret: str) -> KeyMaterial:
    if len(secret) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured(f"a shared secret needs at least {MIN_SECRET_LENGTH} characters")
    return KeyMaterial(hashlib.sha256(f"liftos-kid:{secret}".encode()).hexdigest()[:16], secret, "")


def _key_pair(algorithm: str, private: Any) -> KeyMaterial:
    public = private.public_key()
    encoding, private_format = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return KeyMaterial(
        kid=_jwk(algorithm, public)["kid"],
        private=private.private_bytes(encoding, private_format, serialization.NoEncryption()).decode(),
        public=public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
    )


# Parsing a key costs more than reading its row.
@lru_cache(maxsize=16)
def _load_private(algorithm: str, pem: str) -> Any:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        get_default_algorithms()[algorithm].prepare_key(key)
        # Ed25519 and Ed448 are one algorithm to PyJWT, and to no other verifier.
        fits = algorithm != "EdDSA" or isinstance(key, Ed25519PrivateKey)
        fits = fits and (algorithm != "RS256" or key.key_size >= MIN_RSA_BITS)  # type: ignore[union-attr]  # an RSA key, or it was refused above
    except (ValueError, TypeError, InvalidKeyError):
        fits = False
    if not fits:
        # Without the cause: parsers quote their input, and this input is a secret.
        raise ImproperlyConfigured(f"JWT_SIGNING_KEY is not a private key for {algorithm}")
    return key


@lru_cache(maxsize=16)
def _load_public(pem: str) -> Any:
    return serialization.load_pem_public_key(pem.encode())


def _jwk(algorithm: str, public_key: Any) -> dict[str, Any]:
    jwk = json.loads(get_default_algorithms()[algorithm].to_jwk(public_key))
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {**members, "kid": kid, "use": "sig", "alg": algorithm}
