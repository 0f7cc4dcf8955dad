"""The one place where a module's errors become answers: RFC 9457 `application/problem+json`.

A module raises `Problem`; what it did not foresee is answered with 500 and logged, and its text stays here.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lift_sdk.context import current
from lift_sdk.manifest import json_pointer
from lift_sdk.memory.exceptions import PlatformAway, PlatformRefusal

logger = logging.getLogger(__name__)

PROBLEM_CONTENT_TYPE = "application/problem+json"
TITLES = {
    "validation_failed": "The request is not valid",
    "malformed_request": "The request cannot be read",
    "not_authenticated": "No valid credential",
    "permission_denied": "A permission is missing",
    "not_found": "There is nothing here",
    "method_not_allowed": "The method is not allowed here",
    "not_acceptable": "No representation fits the Accept header",
    "conflict": "The state does not allow this",
    "too_large": "The request is too large",
    "unsupported_media_type": "The content type is not supported",
    "rate_limited": "Too many requests",
    "internal_error": "Something failed on our side",
    "dependency_unavailable": "A service that this needs is away",
    "deadline_exceeded": "The time for this request is over",
}
_CODE_OF_STATUS = {
    400: "malformed_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
    429: "rate_limited",
    503: "dependency_unavailable",
    504: "deadline_exceeded",
}
_SERVER_ERROR = 500
# Seconds after which a caller may try again when the platform is away.
RETRY_AFTER = 5


class Problem(HTTPException):
    """An error that the caller is told: `raise Problem(409, "model_exists", "There is a model of this name.")`.

    `errors` are rows `{"pointer", "code", "detail"}` about single fields of the request.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        title: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code
        self.title = title
        self.errors = errors


def problem_response(problem: Problem) -> JSONResponse:
    context = current()
    title = problem.title or TITLES.get(problem.code) or problem.code.replace("_", " ").capitalize()
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": title,
        "status": problem.status_code,
        "detail": problem.detail or title,
        "code": problem.code,
        "request_id": context.request_id if context else "",
    }
    if problem.errors:
        body["errors"] = [dict(row) for row in problem.errors]
    return JSONResponse(body, problem.status_code, dict(problem.headers or {}), PROBLEM_CONTENT_TYPE)


def install(app: FastAPI) -> None:
    """Have an app answer all its errors as problems."""

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> JSONResponse:
        del request
        return problem_response(_of_http(error))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        return problem_response(Problem(400, "validation_failed", errors=list(_rows(error.errors()))))

    @app.exception_handler(PlatformRefusal)
    def platform_refused(request: Request, error: PlatformRefusal) -> JSONResponse:
        """Pass on what the platform says to this caller: a used-up quota, a missing permission, an unknown memory."""
        del request
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
        return problem_response(Problem(error.status, error.code, error.detail, title=error.title, headers=headers))

    @app.exception_handler(PlatformAway)
    def platform_away(request: Request, error: PlatformAway) -> JSONResponse:
        del request
        logger.warning("the platform is away", extra={"error": str(error)})
        if error.deadline_passed:
            return problem_response(Problem(504, "deadline_exceeded"))
        return problem_response(
            Problem(503, "dependency_unavailable", headers={"Retry-After": str(error.retry_after or RETRY_AFTER)})
        )

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        """Starlette raises the error again after this answer, and the `Entrance` logs it."""
        del request, error
        return failure_response()


def failure_response() -> JSONResponse:
    """Answer an error that nobody foresaw, without its text."""
    return problem_response(Problem(_SERVER_ERROR, "internal_error"))


def _of_http(error: HTTPException) -> Problem:
    if isinstance(error, Problem):
        return error
    fallback = "internal_error" if error.status_code >= _SERVER_ERROR else "refused"
    code = _CODE_OF_STATUS.get(error.status_code, fallback)
    return Problem(error.status_code, code, str(error.detail), headers=error.headers)


def _rows(errors: Iterable[Any]) -> Iterable[dict[str, str]]:
    """Turn pydantic's errors into rows; the first part of a location says only where it stands: body, query, path."""
    for error in errors:
        pointer = "" if error["type"] == "json_invalid" else json_pointer(tuple(error["loc"][1:]))
        yield {"pointer": pointer, "code": error["type"], "detail": error["msg"]}
