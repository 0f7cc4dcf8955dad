"""Outermost middleware: the request id."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.request_context import accept_request_id, request_id_set


class RequestContextMiddleware:
    """Accept or make `X-Request-ID`, echo it, and keep it for everything that the request causes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        value = accept_request_id(request.headers.get("X-Request-ID"))
        with request_id_set(value):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = value
        return response
