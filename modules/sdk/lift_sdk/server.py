"""Runs a module as one process; with reloading, this process replaces itself, so its number stays the same."""

import asyncio
import logging
import os
import socket
import sys
import traceback
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import uvicorn
from watchfiles import awatch

from lift_sdk import logs
from lift_sdk.app import ModuleApp
from lift_sdk.listening import listen
from lift_sdk.loading import load_app
from lift_sdk.manifest import Manifest

logger = logging.getLogger(__name__)

DEFAULT_HOST = "127.0.0.1"
# How long requests may still run after the order to stop.
STOP_SECONDS = 5
_START_FAILED = 3
_SOURCES = frozenset({".py", ".json"})
_LOOK_MILLISECONDS = 1_000
_DEFAULT_PORTS = {"http": 80, "https": 443}


def run(folder: Path, *, host: str, port: int | None, reload: bool) -> None:
    """Serve until a signal ends it. Port 0 takes a free one; without a port it is that of the manifest's `base_url`.

    Raises `ManifestError`, `NotAModule`, OSError if the port is taken, and what the module's import raises; with
    `reload` errors of the module are printed and the next change is waited for.
    """
    if reload:
        _serve_until_changed(folder, host, port)
    manifest = Manifest.load(folder)
    asyncio.run(_serve(load_app(folder), manifest, host, port))


def _serve_until_changed(folder: Path, host: str, port: int | None) -> NoReturn:
    # Taken before the import: a change during it counts.
    before = _sources(folder)
    try:
        manifest = Manifest.load(folder)
        app = load_app(folder)
    except Exception:  # noqa: BLE001 - whatever the code under development raises
        traceback.print_exc()
        print("Waiting for a change.", file=sys.stderr, flush=True)  # noqa: T201 - said to the developer
        asyncio.run(_changed(folder, before))
    else:
        if not asyncio.run(_serve_and_watch(app, manifest, _changed(folder, before), host, port)):
            sys.exit(0)
        logger.info("reloading")
    sys.stdout.flush()
    sys.stderr.flush()
    # Sockets and files close on exec; what the interpreter was told on its command line is told again.
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, no shell


async def _serve_and_watch(
    app: ModuleApp, manifest: Manifest, change: Coroutine[Any, Any, None], host: str, port: int | None
) -> bool:
    """Return True if the server was stopped for a change, False if a signal stopped it."""
    server = _server(app)
    watching = asyncio.create_task(change)
    watching.add_done_callback(lambda done: None if done.cancelled() else setattr(server, "should_exit", True))
    with listen(host, port if port is not None else _port_of(manifest)) as listener:
        await _run_server(server, manifest, listener)
    changed = watching.done() and not watching.cancelled()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return changed


async def _changed(folder: Path, before: Mapping[Path, tuple[int, int]]) -> None:
    """Return when the sources differ from what they were; looked at in any case from time to time."""
    async for _ in awatch(folder, rust_timeout=_LOOK_MILLISECONDS, yield_on_timeout=True):
        if _sources(folder) != before:
            return


def _sources(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return time and size of each file that the process has read; pages are read when they are asked for."""
    found = {}
    for path in folder.rglob("*"):
        if path.suffix in _SOURCES:
            with suppress(FileNotFoundError):
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_size)
    return found


async def _serve(app: ModuleApp, manifest: Manifest, host: str, port: int | None) -> None:
    with listen(host, port if port is not None else _port_of(manifest)) as listener:
        await _run_server(_server(app), manifest, listener)


async def _run_server(server: uvicorn.Server, manifest: Manifest, listener: socket.socket) -> None:
    # Listening already: who is told of the module while it starts waits instead of being refused.
    logs.configure(manifest.module_id, os.environ.get("LIFT_LOG_LEVEL", "INFO"), os.environ.get("LIFT_LOG_FOLDER", ""))
    host, port = listener.getsockname()[:2]
    logger.info("serving", extra={"host": host, "port": port, "version": manifest.version, "pid": os.getpid()})
    await server.serve(sockets=[listener])
    if not server.started:
        # The log says what the start raised.
        sys.exit(_START_FAILED)


def _server(app: ModuleApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        # The app writes its own line for each request.
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


def _port_of(manifest: Manifest) -> int:
    parts = urlsplit(manifest.base_url)
    return parts.port or _DEFAULT_PORTS[parts.scheme]
