"""ASGI's messages as a call that can be read from and answered."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

from apps.core.api.errors import PROBLEM_CONTENT_TYPE, problem_body

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """The caller has left: there is nobody to answer."""


class BodyTooLarge(Exception):
    pass


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive, self._send = receive, send
        self.headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        self.method: str = scope["method"]
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.started = False
        # Added to whatever is answered.
        self.own_headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.sent_bytes = 0
        self._body_read = False
        # Found out while the body was being read, by whoever sends it on.
        self.too_large = False
        self.left = False

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name), "")

    @property
    def content_length(self) -> int | None:
        """The announced length of the body; None if it is chunked. Raises `ValueError` for one that is no number."""
        text = self.header(b"content-length")
        if not text:
            return None if self.header(b"transfer-encoding") else 0
        if not (text.isascii() and text.isdigit()):
            raise ValueError(text)
        return int(text)

    def body_is_read(self) -> None:
        """There is no body: what arrives next is that the caller has left."""
        self._body_read = True

    async def body(self, limit: int) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; raise `BodyTooLarge` or `ClientGone`."""
        size = 0
        while not self._body_read:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.left = True
                raise ClientGone
            self._body_read = not message.get("more_body", False)
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                self.too_large = True
                raise BodyTooLarge
            if chunk:
                yield chunk

    async def gone(self) -> None:
        """Return when the caller has left; call it once the body has been read."""
        message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive()

    async def start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.started, self.status = True, status
        all_headers = [*headers, *self.own_headers]
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def write(self, chunk: bytes, *, more: bool) -> None:
        self.sent_bytes += len(chunk)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": more})

    async def problem(self, code: str, detail: str, headers: Mapping[str, str], **extra: object) -> None:
        body = problem_body(code, detail=detail, **extra)
        content = json.dumps(body, ensure_ascii=False).encode()
        all_headers = {
            "content-type": PROBLEM_CONTENT_TYPE,
            "content-length": str(len(content)),
            "cache-control": "no-store",
            "x-request-id": body["request_id"],
            **headers,
        }
        await self.start(body["status"], [(k.lower().encode(), v.encode("latin-1")) for k, v in all_headers.items()])
        await self.write(b"" if self.method == "HEAD" else content, more=False)
