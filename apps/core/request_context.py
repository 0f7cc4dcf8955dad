"""The request or job that is being worked on: its id, and from where it came."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.core.ids import new_id
from apps.core.types import Client

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_UNKNOWN = Client()
_client: ContextVar[Client] = ContextVar("client", default=_UNKNOWN)


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


def client() -> Client:
    """Return from where the present request came; nothing is known of jobs and commands."""
    return _client.get()


@contextmanager
def client_set(value: Client) -> Iterator[None]:
    token = _client.set(value)
    try:
        yield
    finally:
        _client.reset(token)
