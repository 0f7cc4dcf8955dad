"""W3C Trace Context: which trace the present work belongs to, and one span for each piece of it.

A trace id always exists, so that log lines can be joined; spans are recorded only where an exporter is installed.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

# Version, trace id, parent id, flags. Later versions may carry more, which is passed over.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_NOT_SAMPLED = "00"


class SpanKind(StrEnum):
    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where in a trace one is: lower-case hexadecimal ids of 32 and 16 digits, and the flags as they came."""

    trace_id: str
    span_id: str
    flags: str = _NOT_SAMPLED

    @property
    def header(self) -> str:
        """The `traceparent` of whatever is called from here."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


class Span(Protocol):
    """A piece of work that is being done."""

    @property
    def trace(self) -> Trace: ...

    def note(self, attributes: Mapping[str, str | int | float]) -> None:
        """Keep what has become known of the work; neither secrets nor what people wrote."""

    def name_as(self, name: str) -> None:
        """Call it by what it turned out to be."""


@dataclass(frozen=True, slots=True)
class _Unrecorded:
    trace: Trace

    def note(self, attributes: Mapping[str, str | int | float]) -> None:
        """Forget it: nobody asked."""

    def name_as(self, name: str) -> None:
        """Forget it, as above."""


Recorder = Callable[[str, SpanKind, Trace | None], AbstractContextManager[Span]]

_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_recorders: list[Recorder] = []


def register_recorder(recorder: Recorder) -> None:
    """Have spans recorded from now on; one recorder at most."""
    _recorders[:] = [recorder]


def trace() -> Trace | None:
    """Return where the present work stands; None outside of any."""
    return _trace.get()


def traceparent() -> str:
    """Return the header for what is called from here; empty outside of any work."""
    here = _trace.get()
    return here.header if here else ""


def parsed(header: str | None) -> Trace | None:
    """Return what a `traceparent` says; None for one that is malformed or absent."""
    found = _TRACEPARENT.fullmatch(header or "")
    return Trace(found[1], found[2], found[3]) if found else None


@contextmanager
def span(name: str, kind: SpanKind, *, parent: Trace | None = None) -> Iterator[Span]:
    """Do a piece of work: below `parent`, else below the present work, else as the first of a new trace."""
    above = parent or _trace.get()
    with _recorders[0](name, kind, above) if _recorders else _unrecorded(above) as begun:
        token = _trace.set(begun.trace)
        try:
            yield begun
        finally:
            _trace.reset(token)


@contextmanager
def _unrecorded(above: Trace | None) -> Iterator[Span]:
    span_id = secrets.token_hex(8)
    if above is None:
        yield _Unrecorded(Trace(secrets.token_hex(16), span_id))
    else:
        yield _Unrecorded(Trace(above.trace_id, span_id, above.flags))
