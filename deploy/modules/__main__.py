"""`python -m deploy.modules COMMAND NAME`: the commands behind `make create-module`, `test-module`, `test-memory`."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.dev.state import REPOSITORY, STATE_DIR
from deploy.modules.create import NotCreated, create
from deploy.modules.memory import NoPlatform, environment

MODULES = REPOSITORY / "modules"
_NO_TESTS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.modules", description="Write and test modules.")
    parser.add_argument("command", choices=["create", "test", "test-memory"])
    parser.add_argument("name", help="the module, such as my-module")
    options = parser.parse_args()
    try:
        if options.command == "create":
            _created(create(MODULES, options.name))
            return 0
        folder = _folder(options.name)
        return _test_memory(folder) if options.command == "test-memory" else _test(folder)
    except (NotCreated, NoPlatform, _NoModule) as error:
        print(error, file=sys.stderr)  # noqa: T201 - said to whoever typed the command
        return 1


class _NoModule(Exception):
    pass


def _folder(name: str) -> Path:
    folder = MODULES / name.strip().replace("-", "_")
    if not (folder / "module.json").is_file():
        known = ", ".join(sorted(manifest.parent.name for manifest in MODULES.glob("*/module.json"))) or "none yet"
        if not name:
            raise _NoModule(
                f"Say which module: make test-module name=..., make test-memory module=... There are: {known}."
            )
        raise _NoModule(f"There is no module {name!r}. There are: {known}.")
    return folder


def _created(folder: Path) -> None:
    shown = folder.relative_to(REPOSITORY)
    lines = [
        f"{shown} is written.",
        f"  make test-module name={folder.name}     its tests, and the contract of every module",
        f"  {_python()} -m lift_sdk run {shown} --reload     serve it",
    ]
    print("\n".join(lines))  # noqa: T201 - the command's answer


def _test(folder: Path) -> int:
    """Run a module's tests, which must hold the contract's."""
    manifest = _run("lift_sdk", "check", str(folder))
    if manifest:
        return manifest
    tests = folder.glob("tests/**/test_*.py")
    if not any("lift_sdk.testing.conformance" in test.read_text(encoding="utf-8") for test in tests):
        raise _NoModule(
            f"{folder.relative_to(REPOSITORY)}/tests checks no contract. Add tests/test_contract.py with the line "
            "`from lift_sdk.testing.conformance import *`."
        )
    return _run("pytest", str(folder))


def _test_memory(folder: Path) -> int:
    code = _run("pytest", "-m", "platform", str(folder), variables=environment(STATE_DIR))
    if code == _NO_TESTS:
        raise _NoModule(f"{folder.relative_to(REPOSITORY)} has no test marked `platform`.")
    return code


def _run(*arguments: str, variables: Mapping[str, str] | None = None) -> int:
    """Run a Python program of this environment in the repository; return its exit code."""
    done = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", *arguments], check=False, cwd=REPOSITORY, env={**os.environ, **(variables or {})}
    )
    return done.returncode


def _python() -> str:
    executable = Path(sys.executable)
    return str(executable.relative_to(REPOSITORY)) if executable.is_relative_to(REPOSITORY) else str(executable)


if __name__ == "__main__":
    sys.exit(main())
