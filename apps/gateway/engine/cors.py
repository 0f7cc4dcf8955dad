"""Which scripts of other sites may call the gateway (CORS): those of listed origins, none by default. Pure.

Credentials are never allowed: a call carries its token itself, and no cookie means anything here.
"""

from collections.abc import Collection

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-ID"
_EXPOSED = b"ETag, RateLimit, RateLimit-Policy, Retry-After, X-Lift-Remembered, X-Request-ID"
_PREFLIGHT_SECONDS = b"600"


def preflight_headers(origin: str, allowed: Collection[str]) -> list[tuple[bytes, bytes]]:
    """Return what a browser is told before a call; nothing for an origin that is not listed."""
    if origin not in allowed:
        return [(b"vary", b"Origin")]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _REQUEST_HEADERS),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
        (b"vary", b"Origin"),
    ]


def answer_headers(origin: str, allowed: Collection[str]) -> list[tuple[bytes, bytes]]:
    """Return what lets the script that called read the answer."""
    if not allowed:
        return []
    if origin not in allowed:
        return [(b"vary", b"Origin")]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]
