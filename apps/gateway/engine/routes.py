"""Which of a module's routes a call meets, and what it needs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

DEFAULT_TIMEOUT_SECONDS = 10.0
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Search memory for what stands at `query_from` in the request, and attach what is found."""

    query_from: str
    search_type: str
    limit: int


@dataclass(frozen=True, slots=True)
class Remember:
    """Store what stands at `content_from` in the response."""

    content_from: str
    memory_type: str
    metadata_from: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is what the log says instead of the path, which may hold anything."""

    pattern: str
    permission: str
    entitlement: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    idempotent: bool = False
    enrichment: Enrichment | None = None
    remember: Remember | None = None
    # RFC 3339 dates, and where to read about it; empty where there is nothing to say.
    deprecated_since: str = ""
    sunset: str = ""
    deprecation_link: str = ""


@dataclass(frozen=True)
class RouteTable:
    """The routes of one module. A call that none describes needs `<area>:read` or `<area>:write` by its method."""

    area: str
    _described: Sequence[tuple[str, tuple[str, ...], Mapping[str, Any]]] = field(default=())

    @classmethod
    def of(cls, manifest: Mapping[str, Any], *, area: str) -> "RouteTable":
        described = [
            (route.get("method", ""), tuple(filter(None, route["path"].split("/"))), route)
            for route in manifest.get("routes", [])
        ]
        return cls(area, described)

    def find(self, method: str, segments: Sequence[str]) -> Route:
        default = f"{self.area}:{'read' if method in _READS else 'write'}"
        asked = "GET" if method == "HEAD" else method
        for wanted, pattern, route in self._described:
            if wanted in {"", asked} and _fits(pattern, segments):
                return _route(route, default=default, method=method)
        return Route("*", default, idempotent=method in _READS)


def deprecation_headers(route: Route) -> list[tuple[bytes, bytes]]:
    """Return `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` of a route that will go."""
    headers = []
    if route.deprecated_since:
        headers.append((b"deprecation", f"@{int(_midnight(route.deprecated_since).timestamp())}".encode()))
    if route.sunset:
        headers.append((b"sunset", format_datetime(_midnight(route.sunset), usegmt=True).encode()))
    if route.deprecation_link:
        headers.append((b"link", f'<{route.deprecation_link}>; rel="deprecation"'.encode()))
    return headers


def _midnight(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


def _fits(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    return len(pattern) == len(segments) and all(
        part.startswith("{") or part == segment for part, segment in zip(pattern, segments, strict=True)
    )


def _route(route: Mapping[str, Any], *, default: str, method: str) -> Route:
    enrichment, remember = route.get("memory_enrichment"), route.get("remember")
    deprecated = route.get("deprecated", {})
    return Route(
        pattern=route["path"],
        permission=route.get("permission", default),
        entitlement=route.get("entitlement", ""),
        timeout_seconds=float(route.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS)),
        idempotent=method in _READS or bool(route.get("idempotent")),
        enrichment=enrichment
        and Enrichment(enrichment["query_from"], enrichment.get("search_type", "hybrid"), enrichment.get("limit", 5)),
        remember=remember
        and Remember(
            remember["content_from"], remember.get("memory_type", "general"), tuple(remember.get("metadata_from", []))
        ),
        deprecated_since=deprecated.get("since", ""),
        sunset=deprecated.get("sunset", ""),
        deprecation_link=deprecated.get("link", ""),
    )


def pointed_at(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) points at; None if there is nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document
