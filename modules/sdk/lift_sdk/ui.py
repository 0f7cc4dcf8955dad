"""Serves the module's pages: static files without secrets, open to everybody, as the platform fetches them itself."""

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

INDEX = "index.html"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}


class UiFiles:
    """An ASGI app for the files of a folder below one path; the path itself is its `index.html`."""

    def __init__(self, folder: Path, path: str) -> None:
        self._root = folder.resolve()
        self._path = path
        if not (self._root / INDEX).is_file():
            raise ValueError(f"{folder} holds no {INDEX}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file = self._file(scope["path"].removeprefix(self._path).lstrip("/"))
        if file is None:
            raise HTTPException(404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        await FileResponse(file, media_type=kind, headers=_HEADERS)(scope, receive, send)

    def _file(self, name: str) -> Path | None:
        """Return the file of this name below the folder, links followed; what begins with a dot is no part of a UI."""
        if not name or name.endswith("/"):
            name += INDEX
        if any(part.startswith(".") for part in name.split("/")) or "\\" in name:
            return None
        try:
            file = (self._root / name).resolve()
            return file if file.is_relative_to(self._root) and file.is_file() else None
        except (OSError, ValueError):
            # A name that no file can have.
            return None
