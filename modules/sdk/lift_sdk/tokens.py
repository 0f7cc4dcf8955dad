"""Reads module tokens: who calls, for how long, and that the platform says so.

Of the token's header only `alg`, `kid` and `typ` are read. `jku`, `x5u` and `jwk`, which would let a token bring its
own key, mean nothing here.
"""

from typing import Any

import jwt

from lift_sdk.context import Caller, RequestContext
from lift_sdk.keys import KeySet

TOKEN_TYPE = "mt+jwt"  # noqa: S105 - the type of all tokens, no secret
# The platform's tokens stay far below; longer input is refused unread.
MAX_TOKEN_LENGTH = 8192
CLOCK_LEEWAY_SECONDS = 10
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "org_id", "permissions", "jti"]


class InvalidToken(Exception):
    """The reason is for the log: whoever sends a forged token is not told what gave it away."""


class TokenVerifier:
    def __init__(self, keys: KeySet, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def verify(self, token: str, context: RequestContext) -> Caller:
        """Return whom the token speaks for; raises `InvalidToken`, and `KeysUnavailable` if nothing can be said."""
        key = await self._key(token)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                leeway=CLOCK_LEEWAY_SECONDS,
                options={"require": REQUIRED_CLAIMS, "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(str(error)) from None
        return _caller(claims, token, context)

    async def _key(self, token: str) -> jwt.PyJWK:
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidToken("too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(str(error)) from None
        kid = header.get("kid")
        if header.get("typ") != TOKEN_TYPE or not isinstance(kid, str):
            raise InvalidToken("not a module token")
        key = await self._keys.key(kid)
        if key is None:
            raise InvalidToken("unknown key")
        if header.get("alg") != key.algorithm_name:
            raise InvalidToken("not the algorithm of its key")
        return key


def _caller(claims: dict[str, Any], token: str, context: RequestContext) -> Caller:
    permissions = claims["permissions"]
    if not isinstance(permissions, list) or not all(isinstance(permission, str) for permission in permissions):
        raise InvalidToken("permissions are not a list of names")
    user_id, org_id = claims["sub"], claims["org_id"]
    if not (isinstance(user_id, str) and user_id and isinstance(org_id, str) and org_id):
        raise InvalidToken("no user or organisation")
    return Caller(
        user_id=user_id,
        org_id=org_id,
        permissions=frozenset(permissions),
        request_id=context.request_id,
        token=token,
        memory_context=str(claims.get("memory_context") or ""),
        subscription_tier=str(claims.get("subscription_tier") or ""),
        deadline=context.deadline,
    )
