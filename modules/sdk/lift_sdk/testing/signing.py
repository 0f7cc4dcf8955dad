"""Issues module tokens as the platform does, and others that it never would."""

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lift_sdk.tokens import TOKEN_TYPE

LIFETIME_SECONDS = 60


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key and its id."""

    kid: str = field(default_factory=lambda: uuid4().hex)
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    def jwk(self) -> dict[str, Any]:
        public: dict[str, Any] = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "use": "sig", "alg": "EdDSA"}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, "EdDSA", {"typ": TOKEN_TYPE, "kid": self.kid, **header})


def module_claims(
    *,
    issuer: str,
    audience: str,
    permissions: Iterable[str] = (),
    user_id: str = "",
    org_id: str = "",
    expires_in: float = LIFETIME_SECONDS,
) -> dict[str, Any]:
    """Return the claims of a module token; `expires_in` is in seconds and may be negative."""
    now = time.time()
    organization = org_id or str(uuid4())
    return {
        "iss": issuer,
        "aud": audience,
        "sub": user_id or str(uuid4()),
        "org_id": organization,
        "permissions": sorted(permissions),
        "memory_context": f"org_{organization}_context",
        "subscription_tier": "professional",
        "rid": uuid4().hex,
        "jti": uuid4().hex,
        "iat": int(now + min(0, expires_in - LIFETIME_SECONDS)),
        "exp": int(now + expires_in),
    }


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """Return a token of `alg: none`."""
    parts = ({"alg": "none", "typ": TOKEN_TYPE, **header}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return f"{encoded[0]}.{encoded[1]}."
