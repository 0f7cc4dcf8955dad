"""Serves the user interfaces of modules, foreign code that the dashboard shows in frames which reach nothing.

The policy makes each document an origin of its own, even when it is opened by itself: no cookies, no storage, no call
of the API, no other site. What a module may do goes through the dashboard, see `frontend/src/features/modules`.
"""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views import View

PREFIX = "module-ui/"
INDEX = "index.html"


class ModuleUiView(View):
    def get(self, request: HttpRequest, slug: str, path: str) -> HttpResponse:
        folder = settings.MODULE_UIS.get(slug)
        file = folder and _file(Path(folder), f"{path}{INDEX}" if not path or path.endswith("/") else path)
        if not file:
            raise Http404
        content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return HttpResponse(
            file.read_bytes(), content_type=content_type, headers=_headers(request.build_absolute_uri("/"))
        )


def _file(folder: Path, name: str) -> Path | None:
    """Return the file of this name below the folder, links followed; what begins with a dot is no part of a UI."""
    if any(part.startswith(".") for part in name.split("/")):
        return None
    try:
        root = folder.resolve()
        file = (root / name).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        # A name that no file can have.
        return None


def _headers(origin: str) -> dict[str, str]:
    # `'self'` means nothing in a document without an origin, so ours is named; files may come from module UIs alone.
    files = f"{origin}{PREFIX}"
    return {
        "Content-Security-Policy": (
            "sandbox allow-scripts allow-forms allow-downloads; default-src 'none'; "
            f"script-src {files}; style-src {files}; img-src {files} data:; font-src {files}; "
            f"connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors {origin.rstrip('/')}"
        ),
        # For browsers that do not know `frame-ancestors`.
        "X-Frame-Options": "SAMEORIGIN",
        # To the frame, which has no origin, all files are somebody else's: fonts and ES modules need this.
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Names that are looked up would leave the frame.
        "X-DNS-Prefetch-Control": "off",
    }
