"""Which headers pass, in both directions: those listed here, for identity comes from the token alone. Pure."""

from collections.abc import Iterable, Sequence

Headers = Sequence[tuple[bytes, bytes]]

MAX_HEADERS_BYTES = 32 * 1024

_REQUEST = frozenset(
    {
        b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"content-encoding", b"content-language",
        b"content-type", b"idempotency-key", b"if-match", b"if-modified-since", b"if-none-match", b"if-range",
        b"if-unmodified-since", b"last-event-id", b"prefer", b"range", b"user-agent",
    }
)  # fmt: skip
# No cookies, no CORS, no redirect, no transport policy: those are the platform's to say.
_RESPONSE = frozenset(
    {
        b"accept-ranges", b"cache-control", b"content-disposition", b"content-encoding", b"content-language",
        b"content-length", b"content-range", b"content-type", b"deprecation", b"etag", b"idempotency-replayed",
        b"last-modified", b"link", b"retry-after", b"sunset", b"vary", b"x-accel-buffering",
    }
)  # fmt: skip
_SINGLE = frozenset({b"authorization", b"content-length", b"content-type", b"host", b"transfer-encoding"})


class AmbiguousHeaders(ValueError):
    """The headers can be read in more than one way."""


def request_headers(headers: Headers) -> list[tuple[str, str]]:
    """Return what passes of a request's headers; the caller adds the platform's own.

    Raises `AmbiguousHeaders` for repeated headers that must be single, both ways of saying the length, folded lines,
    or more than `MAX_HEADERS_BYTES`.
    """
    seen: set[bytes] = set()
    passing = []
    size = 0
    for raw_name, value in headers:
        name = raw_name.lower()
        # A credential does not pass, and has a limit of its own: one that is too long is no credential of ours.
        size += len(name) + (0 if name == b"authorization" else len(value))
        if name in _SINGLE and name in seen:
            raise AmbiguousHeaders(f"The header {name.decode('latin-1')} came twice.")
        seen.add(name)
        if b"\r" in value or b"\n" in value or b"\0" in value:
            raise AmbiguousHeaders("A header value has control characters.")
        if name in _REQUEST:
            passing.append((name.decode("ascii"), value.decode("latin-1")))
    if size > MAX_HEADERS_BYTES:
        raise AmbiguousHeaders(f"The headers have more than {MAX_HEADERS_BYTES} bytes.")
    if b"content-length" in seen and b"transfer-encoding" in seen:
        raise AmbiguousHeaders("A request says its length once: Content-Length or Transfer-Encoding.")
    return passing


def response_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return what passes of a module's answer."""
    return [(name.lower(), value) for name, value in headers if name.lower() in _RESPONSE]
