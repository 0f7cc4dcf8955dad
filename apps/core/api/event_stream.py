"""Server-sent events from synchronous views.

A stream holds one of the few threads of its process, so it is short and there are few at once: the client comes back
with `Last-Event-ID`. Where too many are open already, an answer ends after its first event, which makes asking again
what it is without streams.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

LASTS = timedelta(seconds=25)
_RETRY_MILLISECONDS = 1_000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_places = threading.BoundedSemaphore(settings.EVENT_STREAMS)


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is what the client sends back as `Last-Event-ID`."""

    name: str
    data: Any
    id: str = ""

    HEARTBEAT: ClassVar[str] = "heartbeat"

    @classmethod
    def heartbeat(cls) -> "Event":
        return cls(cls.HEARTBEAT, None)

    def encode(self) -> bytes:
        if self.name == self.HEARTBEAT:
            return b": still here\n\n"
        data = json.dumps(self.data, cls=DjangoJSONEncoder, ensure_ascii=False)
        return f"id: {self.id}\nevent: {self.name}\ndata: {data}\n\n".encode()


class EventStreamRenderer(JSONRenderer):
    """Lets `Accept: text/event-stream` through; what it renders itself are refusals, as JSON."""

    media_type = "text/event-stream"
    format = "events"


def stream_response(events: Callable[[timedelta], Iterator[Event]]) -> StreamingHttpResponse:
    """Answer with the events of an iterator, which is told how long it may go on."""
    return StreamingHttpResponse(_encoded(events), content_type="text/event-stream", headers=_HEADERS)


def _encoded(events: Callable[[timedelta], Iterator[Event]]) -> Iterator[bytes]:
    # Taken here and not with the answer: of one that is never read, nothing here runs, and a place would be lost.
    has_place = _places.acquire(blocking=False)
    try:
        yield f"retry: {_RETRY_MILLISECONDS}\n\n".encode()
        for event in events(LASTS if has_place else timedelta()):
            yield event.encode()
    finally:
        if has_place:
            _places.release()
