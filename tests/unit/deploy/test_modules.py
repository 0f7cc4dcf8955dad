"""The commands that write and test modules, on a copy of the template."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev.state import REPOSITORY
from deploy.modules.create import NotCreated, create, next_port
from deploy.modules.memory import NoPlatform, environment


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "modules"
    shutil.copytree(REPOSITORY / "modules" / "template", folder / "template")
    (folder / "__init__.py").touch()
    return folder


def with_port(modules: Path, name: str, base_url: object) -> None:
    (modules / name).mkdir()
    (modules / name / "module.json").write_text(json.dumps({"base_url": base_url}))


@pytest.mark.parametrize("name", ["my-module", "my_module", " my-module "])
def test_a_module_is_written(modules: Path, name: str) -> None:
    folder = create(modules, name)
    assert folder == modules / "my_module"
    manifest = json.loads((folder / "module.json").read_text())
    assert (manifest["module_id"], manifest["name"]) == ("my_module", "My Module")
    assert manifest["base_url"] == "http://localhost:9101"
    assert "my_module:read" in manifest["permissions"]
    written = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert not [name for name in written if name.endswith((".jinja", ".yml"))]
    assert {"app.py", "__init__.py", "ui/index.html", "tests/test_contract.py", "tests/test_memory.py"} <= written
    assert not [name for name in written if "{{" in (folder / name).read_text()]
    assert len((folder / "app.py").read_text().splitlines()) < 40


def test_what_is_written_is_valid_and_tidy(modules: Path) -> None:
    create(modules, "x2")
    # The linter's exceptions are for folders below its configuration.
    shutil.copy(REPOSITORY / "pyproject.toml", modules.parent)
    for command in (
        ["lift_sdk", "check", "modules/x2"],
        ["ruff", "check", "--no-cache", "modules/x2"],
        ["ruff", "format", "--no-cache", "--check", "modules/x2"],
    ):
        done = subprocess.run(  # noqa: S603 - our own tools and arguments
            [sys.executable, "-m", *command], check=False, cwd=modules.parent, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_ports_are_each_modules_own(modules: Path) -> None:
    assert next_port(modules) == 9101
    with_port(modules, "one", "http://localhost:9101")
    with_port(modules, "three", "http://localhost:9103")
    unusual: dict[str, object] = {"none": None, "list": [], "number": "http://a:b", "without": "http://a"}
    for name, base_url in unusual.items():
        with_port(modules, name, base_url)
    (modules / "none" / "module.json").write_text("{")
    assert next_port(modules) == 9102
    create(modules, "two")
    assert next_port(modules) == 9104


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "Say which"),
        ("a", "is no name"),
        ("1st", "is no name"),
        ("Hello", "is no name"),
        ("hello world", "is no name"),
        ("../hello", "is no name"),
        ("héllo", "is no name"),
        ("a" * 64, "is no name"),
        ("sdk", "means something else"),
        ("template", "exists already|means something else"),
        ("memory", "means something else"),
        ("class", "means something else"),
    ],
)
def test_other_names_are_refused(modules: Path, name: str, reason: str) -> None:
    before = sorted(modules.iterdir())
    with pytest.raises(NotCreated, match=reason):
        create(modules, name)
    assert sorted(modules.iterdir()) == before


def test_nothing_is_overwritten(modules: Path) -> None:
    app = create(modules, "hello") / "app.py"
    app.write_text("mine")
    with pytest.raises(NotCreated, match="modules/hello exists already"):
        create(modules, "hello")
    assert app.read_text() == "mine"


def test_without_a_platform_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoPlatform, match="not running"):
        environment(tmp_path)
