"""The log: one JSON object a line, which says for which request, organisation and person it was written.

Code logs by `logging` with what it knows as `extra`. Each process keeps a file of its own in `LOG_FOLDER`, so no two
ever write to the same one; `manage.py logs` reads them all. What looks like a secret is struck out on the way.
"""

import logging
import os
import re
import socket
import time
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import structlog

from apps.core.request_context import caller, request_id
from apps.core.tenancy.scope import current_scope_or_none
from apps.core.tracing import trace

SUFFIX = ".jsonl"
_MAX_TEXT = 10_000
_STRUCK = "[secret]"
_SECRET_NAMES = frozenset(
    {"authorization", "cookie", "password", "secret", "token", "refresh", "api_key", "x-api-key", "signature", "key"}
)
# API keys, tokens, what Stripe and webhooks sign with, private keys, passwords in addresses, the keys that prove an
# e-mail address, and those in the addresses of downloads: whoever reads one in a log could use it.
_SECRETS = re.compile(
    r"lift_live_\w{6,}|\b(?:sk|rk)_(?:test|live)_\w+|\bwhsec_[\w+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?<=Bearer )\S+|(?<=Basic )\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^\s:/@]*:[^\s/@]+(?=@)|(?<=/verify-email/)\S+"
    r"|(?<=[?&]token=)[^\s&]+",
    re.DOTALL,
)

EventDict = MutableMapping[str, Any]


def without_secrets(value: Any) -> Any:
    """Return a value as it may be logged: known shapes of secrets struck out, long texts cut, depth and all."""
    if isinstance(value, str):
        return _SECRETS.sub(_STRUCK, value[:_MAX_TEXT])
    if isinstance(value, Mapping):
        return {
            str(name): _STRUCK if str(name).lower() in _SECRET_NAMES else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [without_secrets(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else without_secrets(str(value))


def printable(text: str) -> str:
    """Return a text that can neither begin a line nor move a terminal's cursor, whatever a client has sent."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _about(logger: object, method: str, event: EventDict) -> EventDict:
    """Add when, where and for whom. What the caller says itself goes first: it may know more."""
    del logger, method
    record: logging.LogRecord = event["_record"]
    # What other handlers have left on the record, and Django's request, which would show the whole address.
    for name in ("message", "asctime", "request"):
        event.pop(name, None)
    event["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    event["level"] = record.levelname.lower()
    event["logger"] = record.name
    if "request_id" not in event and (known := request_id()) != "-":
        event["request_id"] = known
    if here := trace():
        event.setdefault("trace_id", here.trace_id)
    scope = current_scope_or_none()
    if scope is not None and scope.organization_id:
        event.setdefault("organization_id", str(scope.organization_id))
    if user_id := caller().user_id:
        event.setdefault("user_id", str(user_id))
    return event


def _strike(logger: object, method: str, event: EventDict) -> EventDict:
    del logger, method
    internal = {name: event.pop(name) for name in ("_record", "_from_structlog") if name in event}
    # The time first: who searches finds it without reading the rest.
    first = {name: event[name] for name in ("time", "level", "process", "event")}
    return {**without_secrets({**first, **event}), **internal}


class _Named:
    """Adds the name of the process, which is known when the log is configured."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, logger: object, method: str, event: EventDict) -> EventDict:
        del logger, method
        event.setdefault("process", self._process)
        event["pid"] = os.getpid()
        return event


def _readable(logger: object, method: str, event: EventDict) -> str:
    """Render a line for a terminal."""
    del logger, method
    head = f"{event.pop('level').upper()} {event.pop('logger')} [{event.pop('request_id', '-')}] {event.pop('event')}"
    exception = event.pop("exception", "")
    for name in ("time", "process", "pid", "trace_id", "organization_id", "user_id"):
        event.pop(name, None)
    told = " ".join(f"{name}={value}" for name, value in event.items() if value is not None)
    return "\n".join([printable(f"{head} {told}".rstrip()), *map(printable, exception.splitlines())])


def formatter(*, process: str, as_json: bool) -> logging.Formatter:
    render: Any = structlog.processors.JSONRenderer() if as_json else _readable
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            _about,
            _Named(process),
            structlog.processors.format_exc_info,
            structlog.processors.StackInfoRenderer(),
            _strike,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            render,
        ],
    )


class ProcessFile(WatchedFileHandler):
    """The file of this process. A full one is moved aside, and so is a fork's inherited one; a removed one comes back.

    Named by process, machine and number, as processes of several containers may share a folder.
    """

    def __init__(self, folder: str, process: str, megabytes: int) -> None:
        self._folder = Path(folder)
        self._process = process
        self._max_bytes = megabytes * 1024 * 1024
        self._pid = os.getpid()
        super().__init__(self._path(), encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._begin()
            elif self.stream is not None and self.stream.tell() > self._max_bytes:
                self._begin(aside=True)
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def _open(self) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def _path(self) -> str:
        return str((self._folder / f"{self._process}-{socket.gethostname()}-{self._pid}{SUFFIX}").resolve())

    def _begin(self, *, aside: bool = False) -> None:
        self.close()
        if aside:
            path = Path(self.baseFilename)
            path.replace(path.with_suffix(f".{time.time_ns()}{SUFFIX}"))
        self.baseFilename = self._path()


def logging_configuration(
    *, level: str, process: str, folder: str, megabytes: int, console_json: bool
) -> dict[str, Any]:
    """Return Django's `LOGGING`. The folder always gets JSON; without one there is the console alone."""
    handlers: dict[str, Any] = {"console": {"class": "logging.StreamHandler", "formatter": "console"}}
    if folder:
        handlers["file"] = {
            "()": "apps.core.logging.ProcessFile",
            "folder": folder,
            "process": process,
            "megabytes": megabytes,
            "formatter": "json",
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "console": {"()": "apps.core.logging.formatter", "process": process, "as_json": console_json},
            "json": {"()": "apps.core.logging.formatter", "process": process, "as_json": True},
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": {
            # The server's own say what becomes of its workers.
            "_granian": {"propagate": True},
            # Our own line for each request says more; Django's copies of 4xx answers only double it.
            "django.request": {"level": "ERROR"},
            # Anybody can send any Host header; the access line has the 400.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Its two lines for every request say nothing that ours do not.
            "stripe": {"level": "WARNING"},
            # Jobs log their own line; Celery's two for every sweep say nothing.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }
