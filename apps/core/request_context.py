"""The id of the request or job that is being worked on, for logs, answers and whatever is started from it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.core.ids import new_id

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def request_id() -> str:
    return _request_id.get()


def new_request_id() -> str:
    return new_id().hex


def accept_request_id(candidate: str | None) -> str:
    """Return the caller's id if it is well formed, a new one otherwise."""
    if candidate and REQUEST_ID_PATTERN.fullmatch(candidate):
        return candidate
    return new_request_id()


@contextmanager
def request_id_set(value: str) -> Iterator[None]:
    token = _request_id.set(value)
    try:
        yield
    finally:
        _request_id.reset(token)
