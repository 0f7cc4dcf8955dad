"""A module on loopback that the gateway and the registry can really call."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web
from django.utils import timezone

from apps.registry.engine.health import ModuleState
from apps.registry.models import Installation, Module
from apps.registry.services.modules import module_register

PERMISSIONS = ["sample:read", "sample:write", "memory:read", "memory:write"]


def manifest_of(base_url: str, module_id: str = "sample", **fields: Any) -> dict[str, Any]:
    return {
        "module_id": module_id,
        "name": "Sample",
        "version": "1.0.0",
        "base_url": base_url,
        "permissions": PERMISSIONS,
        **fields,
    }


@dataclass
class RealModule:
    """Runs an aiohttp application in a thread, and notes every request that reaches it."""

    handler: Callable[[web.Request], Any] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        started = threading.Event()
        self._loop = asyncio.new_event_loop()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._serve())
            started.set()
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        started.wait(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        seen: dict[str, Any] = {
            "method": request.method,
            "path": request.raw_path,
            "headers": [(name.lower(), value) for name, value in request.headers.items()],
            "body": b"",
        }
        self.requests.append(seen)
        if self.handler is not None:
            answer: web.StreamResponse = await self.handler(request)
            return answer
        seen["body"] = await request.read()
        return web.json_response({"path": request.raw_path, "body": seen["body"].decode(errors="replace")})


def module_available(base_url: str, module_id: str = "sample", **fields: Any) -> Module:
    """Register a module and put it where its contract check would have put it."""
    module_register(manifest=manifest_of(base_url, module_id, **fields), now=timezone.now())
    Module.objects.filter(module_id=module_id).update(state=ModuleState.AVAILABLE)
    return Module.objects.get(module_id=module_id)


def installed(module: Module, organization_id: UUID, permissions: list[str] | None = None) -> Installation:
    """Enable a module for an organisation, past the limits of its plan."""
    accepted = permissions if permissions is not None else module.manifest["permissions"]
    installation, _ = Installation.objects.update_or_create(
        organization_id=organization_id, module=module, defaults={"permissions_accepted": accepted, "enabled": True}
    )
    return installation
