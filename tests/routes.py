"""Every route of the API, read from the URLconf: the tests that must cover all routes start here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

# An id in a path; there is at most one. Modules and identity providers have names, and belong to no organisation; the
# names of invoices are Stripe's (tests/apps/billing).
PLACEHOLDER = re.compile(r"<uuid:\w+>")
MODULE_PLACEHOLDER = re.compile(r"<(?:module_id|slug|str):\w+>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """A path as written in the URLconf, for instance `/api/v1/memory/<uuid:memory_id>`, and one of its methods."""

    name: str
    path: str
    method: str
    view: type[Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def api_routes() -> list[Route]:
    return sorted(_walk(get_resolver().url_patterns, "/"), key=str)


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            if view is not None and issubclass(view, APIView):
                for method in METHODS:
                    if hasattr(view, method.lower()):
                        yield Route(str(pattern.name), path, method, view)
