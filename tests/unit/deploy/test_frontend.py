"""When the dashboard's packages and build are made anew, and what is said where they cannot be."""

from pathlib import Path

import pytest

from deploy.dev import checks, frontend
from deploy.dev.console import Console
from deploy.dev.frontend import BUILT, SOURCES, FrontendError, browser_require, fingerprint, is_built, node_require
from deploy.dev.state import REPOSITORY


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small front end with a build of its present sources."""
    (tmp_path / "src" / "app").mkdir(parents=True)
    (tmp_path / "src" / "app" / "shell.tsx").write_text("one")
    (tmp_path / "dist").mkdir()
    monkeypatch.setattr(frontend, "FRONTEND", tmp_path)
    monkeypatch.setattr(frontend, "BUILD", tmp_path / "dist")
    (tmp_path / "dist" / BUILT).write_text(fingerprint(tmp_path, SOURCES))
    assert is_built()
    return tmp_path


def test_a_changed_source_needs_a_build(sources: Path) -> None:
    (sources / "src" / "app" / "shell.tsx").write_text("two")
    assert not is_built()


def test_a_new_a_moved_and_a_removed_source_need_one(sources: Path) -> None:
    shell = sources / "src" / "app" / "shell.tsx"
    shell.rename(sources / "src" / "shell.tsx")
    assert not is_built()
    (sources / "src" / "shell.tsx").rename(shell)
    (sources / "src" / "new.ts").touch()
    assert not is_built()
    (sources / "src" / "new.ts").unlink()
    assert is_built()
    shell.unlink()
    assert not is_built()


def test_no_build_is_no_build_of_these_sources(sources: Path) -> None:
    (sources / "dist" / BUILT).unlink()
    assert not is_built()


def test_tests_and_results_need_no_build(sources: Path) -> None:
    (sources / "e2e").mkdir()
    (sources / "e2e" / "session.spec.ts").touch()
    assert is_built()


def test_what_a_build_is_made_of_exists() -> None:
    for name in SOURCES:
        assert (REPOSITORY / "frontend" / name).exists(), name


@pytest.fixture
def _empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("_empty_path")
def test_without_node_the_checks_fail_and_say_what_is_needed() -> None:
    with pytest.raises(FrontendError, match="Node 20 or newer"):
        node_require()
    for name in ("dashboard types", "dashboard lint", "dashboard api"):
        assert "Node 20 or newer" in checks.CHECKS[name]()


def test_an_old_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.19.1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(FrontendError, match=r"this is Node v18\.19\.1"):
        node_require()


@pytest.mark.usefixtures("_empty_path")
def test_without_a_browser_the_text_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(FrontendError, match="apt-get install chromium"):
        browser_require(Console())
    monkeypatch.setenv("CHROMIUM", "/opt/chromium")
    assert browser_require(Console()) == "/opt/chromium"
