"""Outermost middleware: the request id."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.api.errors import problem_http_response
from apps.core.request_context import accept_request_id, request_id_set


class RequestContextMiddleware:
    """Accept or make `X-Request-ID`, echo it, and keep it for everything that the request causes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        value = accept_request_id(request.headers.get("X-Request-ID"))
        with request_id_set(value):
            # Without a length, WSGI gives us no body; an empty one would be answered as if the caller had sent nothing.
            unread = "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers
            response = problem_http_response("length_required") if unread else self.get_response(request)
        response.headers["X-Request-ID"] = value
        return response
