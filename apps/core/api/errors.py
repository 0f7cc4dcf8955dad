"""The one place where errors become answers: RFC 9457 `application/problem+json`.

Apps register their domain errors with `register_problems` when they start. Codes are part of the contract: they are
listed in `docs/api/errors.md`, which a test compares with this table.
"""

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis.exceptions
from django.core import exceptions as django_exceptions
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.exceptions import (
    Conflict,
    DomainError,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    ReauthenticationRequired,
)
from apps.core.request_context import request_id

logger = logging.getLogger(__name__)

PROBLEM_CONTENT_TYPE = "application/problem+json"
# Seconds after which a caller may try again when a dependency is away.
DEPENDENCY_RETRY_AFTER = 5
_RETRY_LATER = {"Retry-After": str(DEPENDENCY_RETRY_AFTER)}


@dataclass(frozen=True)
class Problem:
    """How a code is answered: the HTTP status and a title that is the same for every occurrence."""

    status: int
    title: str


PROBLEMS: dict[str, Problem] = {
    "validation_failed": Problem(400, "The request is not valid"),
    "malformed_request": Problem(400, "The request cannot be read"),
    "not_authenticated": Problem(401, "No valid credential"),
    "permission_denied": Problem(403, "A permission is missing"),
    "reauthentication_required": Problem(403, "A recent proof of who you are is needed"),
    "not_found": Problem(404, "There is nothing here"),
    "method_not_allowed": Problem(405, "The method is not allowed here"),
    "not_acceptable": Problem(406, "No representation fits the Accept header"),
    "conflict": Problem(409, "The state does not allow this"),
    "idempotency_key_in_use": Problem(409, "A request with this Idempotency-Key is still running"),
    "length_required": Problem(411, "The request needs a Content-Length"),
    "precondition_failed": Problem(412, "The state has changed since it was read"),
    "too_large": Problem(413, "The request is too large"),
    "unsupported_media_type": Problem(415, "The content type is not supported"),
    "idempotency_key_reused": Problem(422, "This Idempotency-Key belongs to another request"),
    "rate_limited": Problem(429, "Too many requests"),
    "internal_error": Problem(500, "Something failed on our side"),
    "dependency_unavailable": Problem(503, "A service that this needs is away"),
}
_DOMAIN_PROBLEMS: dict[type[DomainError], str] = {
    NotFound: "not_found",
    Conflict: "conflict",
    PermissionDenied: "permission_denied",
    ReauthenticationRequired: "reauthentication_required",
    PreconditionFailed: "precondition_failed",
    IdempotencyKeyReused: "idempotency_key_reused",
    IdempotencyKeyInUse: "idempotency_key_in_use",
}
_DRF_PROBLEMS: dict[type[drf.APIException], str] = {
    drf.ParseError: "malformed_request",
    drf.NotAuthenticated: "not_authenticated",
    drf.AuthenticationFailed: "not_authenticated",
    drf.PermissionDenied: "permission_denied",
    drf.NotFound: "not_found",
    drf.MethodNotAllowed: "method_not_allowed",
    drf.NotAcceptable: "not_acceptable",
    drf.UnsupportedMediaType: "unsupported_media_type",
    drf.Throttled: "rate_limited",
}
_DJANGO_PROBLEMS: dict[type[Exception], str] = {
    Http404: "not_found",
    django_exceptions.PermissionDenied: "permission_denied",
    django_exceptions.RequestDataTooBig: "too_large",
    django_exceptions.TooManyFieldsSent: "too_large",
}
_DEPENDENCY_ERRORS = (OperationalError, PoolTimeout, redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)


def register_problems(problems: Mapping[type[DomainError], Problem]) -> None:
    """Add an app's domain errors to the catalogue; a code has one meaning, so a second registration must agree."""
    for error, problem in problems.items():
        known = PROBLEMS.setdefault(error.code, problem)
        if known != problem:
            raise ValueError(f"problem code {error.code} is registered twice with different meanings")
        _DOMAIN_PROBLEMS[error] = error.code


def problem_body(code: str, *, detail: str = "", **extra: object) -> dict[str, Any]:
    problem = PROBLEMS[code]
    return {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.title,
        "code": code,
        "request_id": request_id(),
        **extra,
    }


def problem_response(
    code: str, *, detail: str = "", headers: Mapping[str, str] | None = None, **extra: object
) -> Response:
    body = problem_body(code, detail=detail, **extra)
    return Response(body, status=body["status"], headers=dict(headers or {}), content_type=PROBLEM_CONTENT_TYPE)


def problem_http_response(code: str, *, detail: str = "", headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a problem from outside DRF: middleware and Django's error handlers."""
    body = problem_body(code, detail=detail)
    return JsonResponse(body, status=body["status"], headers=dict(headers or {}), content_type=PROBLEM_CONTENT_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an exception of a view; None leaves it to Django, which answers `internal_error` and logs it."""
    del context
    response = _answer(error)
    if response is not None:
        set_rollback()
    return response


def _answer(error: Exception) -> Response | None:
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, drf.ValidationError):
        return problem_response("validation_failed", errors=validation_errors(error.detail))
    if isinstance(error, drf.APIException):
        return _drf_problem(error)
    if isinstance(error, _DEPENDENCY_ERRORS):
        logger.error("dependency away: %s", error)
        return problem_response("dependency_unavailable", headers=_RETRY_LATER)
    code = next((code for kind, code in _DJANGO_PROBLEMS.items() if isinstance(error, kind)), None)
    return None if code is None else problem_response(code)


def _domain_problem(error: DomainError) -> Response | None:
    if isinstance(error, InvalidInput):
        item = {"pointer": error.pointer, "code": error.item_code, "detail": error.detail}
        return problem_response("validation_failed", detail=error.detail, errors=[item])
    code = next((_DOMAIN_PROBLEMS[kind] for kind in type(error).__mro__ if kind in _DOMAIN_PROBLEMS), None)
    if code is None:
        return None
    extra = dict(error.extra)
    headers = {"Retry-After": str(extra["retry_after"])} if "retry_after" in extra else None
    return problem_response(code, detail=error.detail, headers=headers, **extra)


def _drf_problem(error: drf.APIException) -> Response:
    code = next((_DRF_PROBLEMS[kind] for kind in type(error).__mro__ if kind in _DRF_PROBLEMS), "internal_error")
    if error.status_code == 413:  # noqa: PLR2004 - the status itself
        code = "too_large"
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return problem_response(code, detail=str(error.detail), headers=headers)


def validation_errors(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested error detail into `{pointer, code, detail}` rows."""
    if isinstance(detail, dict):
        return [
            row
            for key, value in detail.items()
            for row in validation_errors(value, pointer if key == "non_field_errors" else f"{pointer}/{_escape(key)}")
        ]
    if isinstance(detail, list):
        if all(isinstance(item, str) for item in detail):
            return [row for item in detail for row in validation_errors(item, pointer)]
        return [row for index, item in enumerate(detail) for row in validation_errors(item, f"{pointer}/{index}")]
    return [{"pointer": pointer, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}]


def _escape(key: object) -> str:
    """Escape a JSON pointer token (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _problem_for(request, "malformed_request")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _problem_for(request, "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason
    return _problem_for(request, "permission_denied")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _problem_for(request, "not_found")


def handler500(request: HttpRequest) -> HttpResponse:
    # Middleware and the admin ask the database too, where DRF's handler does not see what they raise.
    if isinstance(sys.exception(), _DEPENDENCY_ERRORS):
        return _problem_for(request, "dependency_unavailable", headers=_RETRY_LATER)
    return _problem_for(request, "internal_error")


def _problem_for(request: HttpRequest, code: str, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer programs with a problem, and people who typed an address into a browser with a page."""
    if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
        return problem_http_response(code, headers=headers)
    body = problem_body(code)
    page = render_to_string("errors/problem.html", {"problem": body})
    return HttpResponse(page, status=body["status"], headers=dict(headers or {}))
