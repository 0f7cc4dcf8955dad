"""Pytest fixtures for modules, as the plugin `-p lift_sdk.testing.fixtures`.

Tests marked `platform` need a running platform, named by `LIFT_PLATFORM_URL`, and a `LIFT_TEST_TOKEN` for it.

`module_folder` is the nearest folder above the test that holds a `module.json`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from lift_sdk.app import ModuleApp
from lift_sdk.http import blocking_http
from lift_sdk.loading import load_app
from lift_sdk.manifest import MANIFEST_FILE, Manifest
from lift_sdk.memory.client import MemoryClient
from lift_sdk.testing.loopback import LoopbackServer
from lift_sdk.testing.platform import Platform
from lift_sdk.testing.process import ModuleProcess

pytest.register_assert_rewrite("lift_sdk.testing.conformance")


@pytest.fixture(scope="package")
def module_folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the module under test."""
    for folder in request.path.parents:
        if (folder / MANIFEST_FILE).is_file():
            return folder
    pytest.fail(f"no folder above {request.path} holds a {MANIFEST_FILE}")


@pytest.fixture(scope="package")
def manifest(module_folder: Path) -> Manifest:
    return Manifest.load(module_folder)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform without memories, of this test alone."""
    with Platform() as running:
        yield running


@pytest.fixture
def module_app(module_folder: Path) -> ModuleApp:
    """The module's app, imported into the test's process."""
    return load_app(module_folder)


@pytest.fixture
def client(module_app: ModuleApp, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    """A caller with all permissions of the manifest; paths are those below `api_prefix`, such as `/things`."""
    for name, value in platform.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LIFT_REGISTRATION_KEY", raising=False)
    manifest = module_app.manifest
    with LoopbackServer(module_app) as server, blocking_http(server.url + manifest.api_prefix) as http:
        http.headers["Authorization"] = f"Bearer {platform.token(manifest.module_id, manifest.permissions)}"
        yield http


@pytest.fixture
def platform_memory() -> Iterator[MemoryClient]:
    """The memory of a running platform, for tests marked `platform`."""
    url, token = os.environ.get("LIFT_PLATFORM_URL"), os.environ.get("LIFT_TEST_TOKEN")
    if not url or not token:
        pytest.fail("LIFT_PLATFORM_URL and LIFT_TEST_TOKEN must name a running platform; see `make test-memory`")
    with MemoryClient(url, token=token) as memory:
        yield memory


@pytest.fixture(scope="package")
def contract_platform() -> Iterator[Platform]:
    """The platform of the contract's checks, which share one process of the module."""
    with Platform() as running:
        yield running


@pytest.fixture(scope="package")
def module_process(module_folder: Path, contract_platform: Platform) -> Iterator[ModuleProcess]:
    """The module as a process of its own."""
    with ModuleProcess(module_folder, contract_platform.environment()) as process:
        yield process
