"""Outermost middleware: the request id, the trace, and the request's line in the log."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.api.errors import problem_http_response
from apps.core.metrics import request_observed
from apps.core.request_context import accept_request_id, request_id_set
from apps.core.tracing import Span, SpanKind, parsed, span
from apps.core.types import Principal

access_log = logging.getLogger("web.access")

# Asked every few seconds by whoever watches this process.
_QUIET = frozenset({"health", "health-ready", "health-deep", "metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestContextMiddleware:
    """Accept or make `X-Request-ID` and the trace, echo the id, and keep both for everything that the request causes.

    The line that is written for a request names the route, never the path or the query: those may carry what a reader
    of the log could use. That of a stream is written when it begins.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        value = accept_request_id(request.headers.get("X-Request-ID"))
        method = str(request.method) if request.method in _METHODS else "other"
        parent = parsed(request.headers.get("traceparent"))
        with request_id_set(value), span(method, SpanKind.SERVER, parent=parent) as work:
            # Without a length, WSGI gives us no body; an empty one would be answered as if the caller had sent nothing.
            unread = "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers
            response = problem_http_response("length_required") if unread else self.get_response(request)
            _tell(request, response, method=method, work=work, seconds=time.perf_counter() - began)
        response.headers["X-Request-ID"] = value
        return response


def _tell(request: HttpRequest, response: HttpResponse, *, method: str, work: Span, seconds: float) -> None:
    match = request.resolver_match
    view = (match.view_name or "unnamed") if match else "unmatched"
    request_observed(view=view, method=method, status=response.status_code, seconds=seconds)
    route = f"/{match.route}" if match else None
    work.name_as(f"{method} {route or 'unmatched'}")
    about: dict[str, Any] = {"method": method, "route": route, "status": response.status_code, **_caller(request)}
    work.note({f"liftos.{name}": value for name, value in about.items() if value is not None})
    level = logging.DEBUG if match and match.url_name in _QUIET else logging.INFO
    size = None if response.streaming else len(response.content)
    access_log.log(level, "request", extra={**about, "bytes": size, "ms": round(seconds * 1000, 1)})


def _caller(request: HttpRequest) -> dict[str, str]:
    """Return who called, as far as the request has found out by itself."""
    principal = getattr(request, "principal", None)
    if isinstance(principal, Principal):
        module = {"for_module": principal.module} if principal.module else {}
        return {"organization_id": str(principal.organization_id), "user_id": str(principal.user_id), **module}
    # Somebody in the admin; not looked up for the log alone.
    operator = getattr(request, "_cached_user", None)
    return {"user_id": str(operator.pk)} if operator is not None and operator.pk else {}
