"""The one reading of a request's path: what is authorised is exactly what is forwarded. Pure.

A path that different servers could read differently is refused, never repaired: encoded separators, dot segments, empty
segments, backslashes, parameters after a semicolon, a second layer of encoding, control characters, bytes that are no
UTF-8.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

MAX_PATH = 2048
MAX_QUERY = 8192

_MODULE = re.compile(r"[a-z][a-z0-9_]{1,62}\Z")
# What remains of the raw path: RFC 3986's pchar without the semicolon, and well-formed escapes.
_RAW = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*\Z")
_QUERY = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]|^`{}]|%[0-9A-Fa-f]{2})*\Z")
_FORBIDDEN = frozenset("/\\;%")
_DOTS = frozenset({".", ".."})
# Look like a slash or a dot, and become one where a server normalises Unicode.
_LOOKALIKES = frozenset("\u2024\u2025\u2026\u2044\u2215\u29f8\u29f9\ufe68\uff0e\uff0f\uff3c\u2216\u3002\uff61")
_FIRST_PRINTABLE, _DELETE, _LAST_CONTROL = 0x20, 0x7F, 0x9F


class MalformedPath(ValueError):
    """The path can be read in more than one way; the text says where it is ambiguous."""


@dataclass(frozen=True, slots=True)
class GatewayPath:
    """`path` begins with a slash and is canonical: decoded once, and encoded again."""

    module_id: str
    segments: tuple[str, ...]

    @property
    def path(self) -> str:
        return "".join("/" + quote(segment, safe="-._~!$&'()*+,=:@") for segment in self.segments)


def gateway_path(raw: bytes) -> GatewayPath:
    """Read `<module_id>/<path>`, what follows the gateway's prefix, as it came over the wire.

    Raises `MalformedPath`.
    """
    if len(raw) > MAX_PATH:
        raise MalformedPath(f"A path has at most {MAX_PATH} bytes.")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedPath("The path has characters that must be escaped.") from None
    if not _RAW.match(text):
        raise MalformedPath("The path has characters that must be escaped, or a broken escape.")
    module_id, *rest = text.split("/")
    if not _MODULE.match(module_id):
        raise MalformedPath("The path names no module.")
    return GatewayPath(module_id, tuple(map(_segment, rest)))


def query_check(raw: bytes) -> str:
    """Return the query string as it is; raise `MalformedPath` for one that is too long or not escaped."""
    if len(raw) > MAX_QUERY:
        raise MalformedPath(f"A query has at most {MAX_QUERY} bytes.")
    text = raw.decode("latin-1")
    if not _QUERY.match(text):
        raise MalformedPath("The query has characters that must be escaped, or a broken escape.")
    return text


def _segment(raw: str) -> str:
    try:
        segment = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedPath("The path is not UTF-8.") from None
    if not segment:
        raise MalformedPath("The path has an empty segment.")
    if segment in _DOTS or segment.strip(". ") == "":
        raise MalformedPath("The path has a dot segment.")
    if _FORBIDDEN & set(segment) or _LOOKALIKES & set(segment):
        raise MalformedPath("A segment of the path holds a separator or another layer of escapes.")
    if any(ord(one) < _FIRST_PRINTABLE or _DELETE <= ord(one) <= _LAST_CONTROL for one in segment):
        raise MalformedPath("The path has control characters.")
    return segment
