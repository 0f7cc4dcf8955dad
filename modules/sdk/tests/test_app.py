"""What a module may do to its app, and what it cannot undo."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from lift_sdk import Manifest, ManifestError, create_app
from lift_sdk.http import blocking_http
from lift_sdk.testing import LoopbackServer, Platform

MANIFEST = Manifest.parse({"module_id": "own", "name": "Own", "version": "1.0.0", "base_url": "http://localhost:9197"})


class Generous:
    """A middleware that would answer everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})


@pytest.fixture
def served(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    monkeypatch.setenv("LIFT_PLATFORM_URL", platform.url)
    app = create_app(MANIFEST)
    app.add_middleware(Generous)
    app.mount("/files", FastAPI())
    router = APIRouter()
    router.get("/outside")(lambda: "secret")
    app.include_router(router)
    with LoopbackServer(app) as server, blocking_http(server.url) as http:
        yield http


@pytest.mark.parametrize("path", ["/api/v1/x", "/files", "/files/", "/outside", "/docs/oauth2-redirect"])
def test_nothing_that_a_module_adds_is_open(served: httpx2.Client, path: str) -> None:
    response = served.get(path)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_the_token_opens_it(served: httpx2.Client, platform: Platform) -> None:
    response = served.get("/outside", headers={"Authorization": f"Bearer {platform.token('own')}"})
    assert (response.status_code, response.text) == (200, "secret")


def test_keys_that_were_never_fetched_are_a_503(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
    monkeypatch.setenv("LIFT_PLATFORM_URL", "http://127.0.0.1:9")
    with LoopbackServer(create_app(MANIFEST)) as server, blocking_http(server.url) as http:
        token = {"Authorization": f"Bearer {platform.token('own')}"}
        response = http.get("/api/v1/x", headers=token)
        assert (response.status_code, response.json()["code"]) == (503, "dependency_unavailable")
        assert response.headers["Retry-After"] == "5"
        assert http.get("/api/v1/x").status_code == 401
        assert http.get("/health").status_code == 200


def test_what_cannot_be_an_app(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        create_app(tmp_path)
    pages = MANIFEST.model_copy(
        update={
            "ui_components": Manifest.parse(
                {**MANIFEST.document(), "ui_components": [{"name": "A", "path": "/a"}]}
            ).ui_components
        }
    )
    with pytest.raises(ValueError, match=r"holds no index\.html"):
        create_app(pages, ui=tmp_path)
