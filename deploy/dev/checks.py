"""Every static check, two at a time, as `make check`; says what passed, and prints the output of what did not."""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from deploy.dev import frontend
from deploy.dev.console import GREEN, RED, Console
from deploy.dev.state import REPOSITORY

SDK = REPOSITORY / "modules" / "sdk"
OPENAPI = REPOSITORY / "docs" / "api" / "openapi.yaml"
# As many as the smallest machine has cores.
AT_ONCE = 2


def main() -> int:
    console = Console()
    began = time.monotonic()
    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {pool.submit(timed, check): name for name, check in CHECKS.items()}
        for done in as_completed(running):
            problem, seconds = done.result()
            failed += bool(problem)
            mark = console.paint(RED, "failed") if problem else console.paint(GREEN, "ok")
            console.say(f"{running[done]:<16} {mark} ({seconds:.1f} s)")
            if problem:
                console.say(problem)
    console.say(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed in {time.monotonic() - began:.1f} s")
    return 1 if failed else 0


def timed(check: Callable[[], str]) -> tuple[str, float]:
    began = time.monotonic()
    return check(), time.monotonic() - began


def run(*arguments: str, folder: Path = REPOSITORY) -> str:
    """Run a tool of this environment with the test settings; return its output if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(  # noqa: S603 - our own tools and arguments
        [sys.executable, *arguments],
        check=False,
        cwd=folder,
        env={**environment, "ENVIRONMENT": "test"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout.strip() or f"ended with code {done.returncode}"


def openapi_drift() -> str:
    """Compare the committed API document with the one that the code describes."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yaml"
        if problem := run("manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)):
            return problem
        committed = OPENAPI.read_text() if OPENAPI.exists() else ""
        difference = difflib.unified_diff(
            committed.splitlines(), fresh.read_text().splitlines(), "committed", "code", lineterm="", n=1
        )
        lines = list(difference)
    return "\n".join(["`make openapi` brings the document up to date:", *lines[:40]]) if lines else ""


def alerts() -> str:
    """Have Prometheus' own tool check the alert rules, where it is installed."""
    tool = shutil.which("promtool")
    if tool is None:
        return ""
    folder = REPOSITORY / "deploy" / "prometheus"
    for arguments in (
        ("check", "config", "--syntax-only", str(folder / "prometheus.yml")),
        ("check", "rules", *map(str, sorted(folder.glob("rules/*.yml")))),
        ("test", "rules", *map(str, sorted(folder.glob("tests/*.yml")))),
    ):
        done = subprocess.run([tool, *arguments], check=False, capture_output=True, text=True)  # noqa: S603 - as above
        if done.returncode != 0:
            return f"{done.stdout}{done.stderr}".strip()
    return ""


# A check returns what is wrong, or nothing. The longest comes first, so the others run beside it.
CHECKS: dict[str, Callable[[], str]] = {
    "types": lambda: run("-m", "mypy", "."),
    # A distribution of its own: its own configuration, in its own folder, without Django.
    "sdk types": lambda: run("-m", "mypy", "--cache-dir", str(REPOSITORY / ".mypy_cache" / "sdk"), ".", folder=SDK),
    "lint": lambda: run("-m", "ruff", "check", "--quiet"),
    "format": lambda: run("-m", "ruff", "format", "--check", "--quiet"),
    "imports": lambda: run(
        "-c", "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])"
    ),
    "migrations": lambda: run("manage.py", "makemigrations", "--check", "--dry-run"),
    "api document": openapi_drift,
    "alerts": alerts,
    "dashboard types": lambda: frontend.script_problem("typecheck"),
    "dashboard lint": lambda: frontend.script_problem("lint"),
    # The types of the API's answers are made from the document above.
    "dashboard api": lambda: frontend.script_problem("check:api"),
}

if __name__ == "__main__":
    sys.exit(main())
