from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from lift_sdk.app import ModuleApp
from lift_sdk.http import blocking_http
from lift_sdk.loading import load_app
from lift_sdk.testing import LoopbackServer, Platform


@pytest.fixture(scope="package")
def module_folder() -> Path:
    return Path(__file__).parent / "example"


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """One for a file: these tests are many, and their memories do not meet."""
    with Platform() as running:
        yield running


@pytest.fixture(scope="module")
def example(module_folder: Path) -> ModuleApp:
    return load_app(module_folder)


@pytest.fixture(scope="module")
def anyone(example: ModuleApp, platform: Platform) -> Iterator[httpx2.Client]:
    """A caller without a token, of the example served from this process."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in platform.environment().items():
            environment.setenv(name, value)
        with LoopbackServer(example) as server, blocking_http(server.url) as http:
            yield http


@pytest.fixture
def allowed(platform: Platform) -> dict[str, str]:
    """The header of a caller with all permissions."""
    permissions = ("example:read", "example:write", "memory:read", "memory:write")
    return {"Authorization": f"Bearer {platform.token('example', permissions)}"}
