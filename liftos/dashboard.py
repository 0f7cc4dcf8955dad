"""Serves the dashboard: its one page for every path that belongs to no other route; its files lie under /static/app/.

The page is never cached, so a new build is seen at the next load; the files carry a hash in their names and stay.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import View
from whitenoise.storage import CompressedManifestStaticFilesStorage

# No inline script or style anywhere, so neither `unsafe-inline` nor a nonce; `blob:` is the graph's layout worker.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# First parts of paths that are no organisation's: below them, what no route answers is not found.
NOT_PAGES = frozenset(
    {
        "admin", "api", "docs", "health", "metrics", "module-ui", "problems", "redoc", "static", "verify-email",
    }
)  # fmt: skip
BUILT = "app/"


class DashboardView(View):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        first = kwargs.get("path", "").partition("/")[0]
        # A dot is the mark of a file or of `.well-known`: whoever asks for one wants no page instead.
        if first in NOT_PAGES or "." in first:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, path: str = "") -> HttpResponse:
        """Answer every path with the built page, which finds its way by itself; without one, say how to build it."""
        del request, path
        try:
            page = (settings.DASHBOARD_BUILD / "index.html").read_bytes()
        except FileNotFoundError:
            return HttpResponse(render_to_string("no_dashboard.html"), status=503, headers=HEADERS)
        return HttpResponse(page, headers=HEADERS)


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Names files by their content, but for those of the dashboard: Vite has done so, and wrote the names into them."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        built = [path for path in paths if path.startswith(BUILT)]
        others = {path: source for path, source in paths.items() if not path.startswith(BUILT)}
        yield from super().post_process(others, dry_run=dry_run, **options)
        if not dry_run:
            for path, compressed in self.compress_files(built):
                yield path, compressed, True
