"""Serves the user interfaces of modules: foreign code that the dashboard shows in frames which reach nothing.

Files come from the module itself, below the paths of its `ui_components`; without credentials, for they hold no data.
The policy makes each document an origin of its own, even when it is opened by itself: no cookies, no storage, no call
of the API, no other site. What a module may do goes through the dashboard, see `frontend/src/features/modules`.
"""

import asyncio
import logging
import mimetypes

import aiohttp
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from yarl import URL

from apps.core.request_context import accept_request_id, request_id_set
from apps.core.tracing import SpanKind, parsed, span
from apps.gateway.adapters.access import CallableModule
from apps.gateway.app import Gateway
from apps.gateway.asgi_io import Exchange
from apps.gateway.engine.headers import response_headers
from apps.gateway.engine.paths import GatewayPath, MalformedPath, gateway_path

access_log = logging.getLogger("gateway.access")

PREFIX = b"/module-ui/"
_SDK = b"sdk/"
_SECONDS = 10.0
_MAX_FILE = 8 * 1024 * 1024
_PASSING = frozenset({b"content-type", b"content-encoding", b"etag", b"last-modified"})


async def serve_ui(gateway: Gateway, exchange: Exchange) -> None:
    """Answer a GET below `/module-ui/`."""
    parent = parsed(exchange.header(b"traceparent"))
    with (
        request_id_set(accept_request_id(exchange.header(b"x-request-id"))),
        span("module interface", SpanKind.SERVER, parent=parent),
    ):
        raw = exchange.raw_path.partition(b"?")[0].removeprefix(PREFIX)
        if exchange.method not in {"GET", "HEAD"}:
            await exchange.problem("method_not_allowed", "", {})
        elif raw.startswith(_SDK):
            await _serve_sdk(exchange, raw.removeprefix(_SDK).decode("latin-1"))
        else:
            await _serve_module(gateway, exchange, raw)
        access_log.info("module_ui", extra={"method": exchange.method[:20], "status": exchange.status})


async def _serve_sdk(exchange: Exchange, name: str) -> None:
    """What the interfaces of all modules load, from the module SDK."""
    file = settings.MODULE_SDK_UI / name
    if "/" in name or name.startswith(".") or not file.is_file():
        await exchange.problem("not_found", "", {})
        return
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    await _answer(exchange, 200, [(b"content-type", kind.encode())], await asyncio.to_thread(file.read_bytes))


async def _serve_module(gateway: Gateway, exchange: Exchange, raw: bytes) -> None:
    is_folder = raw.endswith(b"/")
    try:
        path = gateway_path(raw.rstrip(b"/"))
    except MalformedPath:
        await exchange.problem("not_found", "", {})
        return
    module = await gateway.access.module(path.module_id)
    if module is None or not _is_ui(module, path) or any(one.startswith(".") for one in path.segments):
        await exchange.problem("not_found", "", {})
        return
    url = URL(f"{module.base_url}{path.path}{'/' if is_folder else ''}", encoded=True)
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with gateway.session.get(url, allow_redirects=False, timeout=timeout) as answer:
            content = await answer.content.read(_MAX_FILE)
            while not answer.content.at_eof() and len(content) < _MAX_FILE:
                content += await answer.content.read(_MAX_FILE)
            headers = [one for one in response_headers(answer.raw_headers) if one[0] in _PASSING]
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        await exchange.problem("upstream_failed", "The module could not be reached.", {})
        return
    if status != 200:  # noqa: PLR2004 - OK
        await exchange.problem("not_found" if status < 500 else "upstream_failed", "", {})  # noqa: PLR2004 - server errors
        return
    await _answer(exchange, 200, headers, content)


def _is_ui(module: CallableModule, path: GatewayPath) -> bool:
    for component in module.route.manifest.get("ui_components", []):
        below = tuple(component["path"][1:].split("/"))
        if path.segments[: len(below)] == below:
            return True
    return False


async def _answer(exchange: Exchange, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    own = [(name.encode(), value.encode("latin-1")) for name, value in _headers(_origin(exchange)).items()]
    await exchange.start(status, [*headers, *own, (b"content-length", str(len(content)).encode())])
    await exchange.write(b"" if exchange.method == "HEAD" else content, more=False)


def _origin(exchange: Exchange) -> str:
    """Return where the caller sees us: `'self'` means nothing in a document without an origin, so it is named."""
    host, public = exchange.header(b"host"), str(settings.PUBLIC_URL).rstrip("/")
    domain, _ = split_domain_port(host)
    known = bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
    return f"{public.partition('://')[0]}://{host}" if known else public


def _headers(origin: str) -> dict[str, str]:
    files = f"{origin}{PREFIX.decode()}"
    return {
        "content-security-policy": (
            "sandbox allow-scripts allow-forms allow-downloads; default-src 'none'; "
            f"script-src {files}; style-src {files}; img-src {files} data:; font-src {files}; "
            f"connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors {origin}"
        ),
        # For browsers that do not know `frame-ancestors`.
        "x-frame-options": "SAMEORIGIN",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        # To the frame, which has no origin, all files are somebody else's: fonts and ES modules need this.
        "access-control-allow-origin": "*",
        "cache-control": "no-cache",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        # Names that are looked up would leave the frame.
        "x-dns-prefetch-control": "off",
    }
