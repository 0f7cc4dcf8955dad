"""Makes a module's app of its manifest: closed to everybody without a module token, observable, registered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.routing import Route
from starlette.types import ASGIApp

from lift_sdk import problems
from lift_sdk.events import Handler, Handlers
from lift_sdk.health import Health, HealthCheck, health
from lift_sdk.manifest import Manifest
from lift_sdk.metrics import Metrics
from lift_sdk.middleware import Authentication, Bodies, Entrance
from lift_sdk.registration import register
from lift_sdk.runtime import Runtime
from lift_sdk.settings import Settings
from lift_sdk.ui import UiFiles

MAX_BODY_BYTES = 1_000_000
METRICS = "/metrics"
OPENAPI = "/openapi.json"
DOCS = "/docs"
_UNHEALTHY = 503


class ModuleApp(FastAPI):
    """A FastAPI app whose middleware stands outside of any that the module adds."""

    def __init__(
        self, manifest: Manifest, *, ui: Path | None, checks: Mapping[str, HealthCheck], max_body_bytes: int
    ) -> None:
        super().__init__(
            title=manifest.name,
            version=manifest.version,
            description=manifest.description,
            openapi_url=OPENAPI,
            docs_url=DOCS,
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
            # A redirect would name the host that the caller claims, and the gateway follows none.
            redirect_slashes=False,
            lifespan=_lifespan,
        )
        self.manifest = manifest
        self.metrics = Metrics(manifest.module_id, manifest.version)
        self.checks = dict(checks)
        self.handlers = Handlers()
        self.max_body_bytes = max_body_bytes
        self.runtime: Runtime | None = None
        # Paths that are served to everybody, and folders below which everything is.
        self._open_paths = frozenset({manifest.health_endpoint, METRICS, OPENAPI, DOCS})
        self._open_folders = tuple(component.path for component in manifest.ui_components) if ui else ()
        problems.install(self)
        self._add_operations()
        if ui:
            self._add_ui(ui)

    def running(self) -> Runtime:
        if self.runtime is None:
            raise RuntimeError("the app has not been started: its server must support ASGI's lifespan")
        return self.runtime

    def is_open(self, path: str) -> bool:
        return path in self._open_paths or any(
            path == folder or path.startswith(f"{folder}/") for folder in self._open_folders
        )

    def handles(self, *event_types: str) -> Callable[[Handler], Handler]:
        """Have a function called with each event of these types, which the manifest's `events` must name.

        It gets the event and the caller, who stands for the organisation and has no permission. A coroutine function
        runs on the event loop, any other in a thread. What it raises is answered with 500, and the event comes again.
        """
        declared = self.manifest.events.types if self.manifest.events else ()
        for one in event_types:
            if one not in declared:
                raise ValueError(f"{one} is not among the events of the manifest")

        def add(handler: Handler) -> Handler:
            for one in event_types:
                self.handlers.add(one, handler)
            return handler

        return add

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = super().build_middleware_stack()
        app = Bodies(app, max_bytes=self.max_body_bytes)
        app = Authentication(app, is_open=self.is_open)
        quiet = frozenset({self.manifest.health_endpoint, METRICS})
        return Entrance(app, runtime=self.running, quiet=quiet)

    def _add_operations(self) -> None:
        @self.get(self.manifest.health_endpoint, response_model=Health, tags=["operations"])
        async def module_health() -> Response:
            result = await health(self.manifest, self.checks)
            return JSONResponse(result.model_dump(), 200 if result.status == "ok" else _UNHEALTHY)

        if self.manifest.events:
            receive = self.handlers.receive
            self.post(self.manifest.events.endpoint, status_code=204, include_in_schema=False)(receive)

        @self.get(METRICS, include_in_schema=False)
        async def metrics() -> Response:
            return Response(self.metrics.render(), media_type=CONTENT_TYPE_LATEST)

    def _add_ui(self, ui: Path) -> None:
        for component in self.manifest.ui_components:
            files = UiFiles(ui, component.path)
            for path in (component.path, f"{component.path}/{{file:path}}"):
                self.router.routes.append(Route(path, files, include_in_schema=False))


def create_app(
    manifest: Path | Manifest,
    ui: Path | None = None,
    *,
    checks: Mapping[str, HealthCheck] | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> ModuleApp:
    """Return the app of a module, to which the module adds its endpoints below the manifest's `api_prefix`.

    Every path but health, metrics, `/openapi.json`, `/docs` and the UI needs a module token. `ui` is the folder that is
    served at the path of each UI component. `checks` are asked by `/health`: a coroutine function returns None or what
    is wrong. Raises `ManifestError` for a manifest that is not valid.
    """
    valid = manifest if isinstance(manifest, Manifest) else Manifest.load(manifest)
    return ModuleApp(valid, ui=ui, checks=checks or {}, max_body_bytes=max_body_bytes)


def _lifespan(app: FastAPI) -> AbstractAsyncContextManager[None]:
    if not isinstance(app, ModuleApp):
        raise TypeError("not a module's app")
    return _serving(app)


@asynccontextmanager
async def _serving(app: ModuleApp) -> AsyncIterator[None]:
    app.runtime = runtime = Runtime(app.manifest, Settings.from_environment(), app.metrics)
    registration = asyncio.create_task(register(runtime)) if runtime.settings.registration_key else None
    try:
        yield
    finally:
        if registration is not None:
            registration.cancel()
            await asyncio.gather(registration, return_exceptions=True)
        await runtime.close()
        app.runtime = None
