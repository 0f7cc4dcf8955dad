"""The request or job that is being worked on: its id, from where it came, and for whom it is done."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.core.ids import new_id
from apps.core.types import Caller, Client

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_UNKNOWN = Client()
_client: ContextVar[Client] = ContextVar("client", default=_UNKNOWN)
_NOBODY = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


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


def caller() -> Caller:
    """Return for whom the present work is done; nobody, for commands and most jobs."""
    return _caller.get()


@contextmanager
def caller_set(value: Caller) -> Iterator[None]:
    token = _caller.set(value)
    try:
        yield
    finally:
        _caller.reset(token)
