"""The guide names what there is, and its first example works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from lift_sdk import manifest
from lift_sdk.http import blocking_http
from lift_sdk.testing import ModuleProcess, Platform

SDK = Path(__file__).parents[1]
GUIDE = SDK.parents[1] / "docs" / "guides" / "modules.md"


@pytest.fixture(scope="module")
def guide() -> str:
    if not GUIDE.exists():
        pytest.skip("the guide lies in the platform's repository")
    return GUIDE.read_text()


def fields() -> Iterator[str]:
    for block in vars(manifest).values():
        if isinstance(block, type) and issubclass(block, BaseModel) and block.__module__ == manifest.__name__:
            yield from block.model_fields


def test_every_field_of_the_manifest_is_explained(guide: str) -> None:
    assert [name for name in fields() if f"`{name}`" not in guide] == []


def test_every_variable_is_explained(guide: str) -> None:
    sources = "".join(file.read_text() for file in (SDK / "lift_sdk").glob("*.py"))
    read = set(re.findall(r'environ\.get\("(LIFT_\w+)"', sources))
    assert len(read) == 6
    assert [name for name in read if f"| `{name}` |" not in guide] == []


def test_every_metric_is_explained(guide: str, module_folder: Path, platform: Platform) -> None:
    with ModuleProcess(module_folder, platform.environment()) as process, blocking_http(process.url) as http:
        http.get("/health")
        names = set(re.findall(r"^# TYPE (lift_\w+?)(?:_created)? ", http.get("/metrics").text, re.MULTILINE))
    assert "lift_module_info" in names
    assert [name for name in names if name not in guide] == []


def test_the_first_example_works(guide: str, tmp_path: Path, platform: Platform) -> None:
    folder = tmp_path / "hello"
    (folder / "ui").mkdir(parents=True)
    (folder / "ui" / "index.html").write_text("<!doctype html><title>Hello</title>")
    document = {"module_id": "hello", "name": "Hello", "version": "1.0.0", "base_url": "http://localhost:9101"}
    (folder / "module.json").write_text(json.dumps(document))
    code = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0]
    assert len(code.splitlines()) < 40
    (folder / "app.py").write_text(code)
    platform.organization().store(
        {"content": "tea", "memory_type": "note", "metadata": {}, "external_id": None, "source": None}
        | {"occurred_at": None, "occurred_end": None, "expires_at": None},
        module="hello",
    )
    token = platform.token("hello", ["hello:read", "memory:read"])
    with ModuleProcess(folder, platform.environment()) as process, blocking_http(process.url) as http:
        answer = http.get("/api/v1/notes?q=tea", headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == ["tea"]
