"""The platform's public keys, fetched when they are needed and kept while it is away."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

logger = logging.getLogger(__name__)

JWKS_PATH = "/.well-known/jwks.json"
# The algorithm must be named by the key itself; a token's header has no say in it.
ASYMMETRIC = frozenset({"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
MIN_RSA_BITS = 2048
# Keys that are older are fetched anew, beside the request that noticed.
FRESH_SECONDS = 300.0
# Tokens with invented key ids must not make us ask the platform more often.
MIN_INTERVAL_SECONDS = 10.0
# After it did not answer; a module may start before the platform does.
RETRY_SECONDS = 1.0
FETCH_SECONDS = 3.0
MAX_BYTES = 100_000


class KeysUnavailable(Exception):
    """No keys have been fetched yet, so no token can be judged."""


class KeySet:
    """Verifying keys by key id, each with the one algorithm that it is for."""

    def __init__(self, url: str, http: httpx2.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._http = http
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] | None = None
        self._fetched = self._asked = float("-inf")
        self._lock = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of this id, None if the platform has none; raises `KeysUnavailable`."""
        if self._keys is None or kid not in self._keys:
            await self._fetch()
        elif self._clock() - self._fetched > FRESH_SECONDS and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._fetch())
        if self._keys is None:
            raise KeysUnavailable
        return self._keys.get(kid)

    async def close(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    async def _fetch(self) -> None:
        """Ask once for all who wait; what was known stays if the platform does not answer."""
        noticed = self._asked
        async with self._lock:
            interval = MIN_INTERVAL_SECONDS if self._fetched == self._asked else RETRY_SECONDS
            if self._asked != noticed or self._clock() - self._asked < interval:
                return
            self._asked = self._clock()
            try:
                response = await self._http.get(self._url, timeout=FETCH_SECONDS)
                response.raise_for_status()
                self._keys = parse(response.content)
                self._fetched = self._asked
            except (httpx2.HTTPError, ValueError) as error:
                logger.warning("the platform's keys could not be fetched", extra={"error": str(error)})


def parse(content: bytes) -> dict[str, jwt.PyJWK]:
    """Return the usable keys of a JWK set by id; raises ValueError if it is no key set."""
    if len(content) > MAX_BYTES:
        raise ValueError("the key set is too long")
    document = json.loads(content)
    if not isinstance(document, Mapping) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWK set")  # noqa: TRY004 - a value from outside
    return {jwk["kid"]: key for jwk in document["keys"] if (key := _usable(jwk)) is not None}


def _usable(jwk: Any) -> jwt.PyJWK | None:
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("alg") not in ASYMMETRIC or jwk.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(dict(jwk))
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        logger.warning("a key of the platform cannot be read", extra={"kid": jwk["kid"], "error": str(error)})
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < MIN_RSA_BITS:
        return None
    return key
