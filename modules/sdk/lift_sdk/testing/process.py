"""Runs a module as the process that it is in production."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


class ModuleProcess:
    """`python -m lift_sdk run` on a free port while it is entered; `lines` are what it logged so far."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *options: str) -> None:
        self._command = [sys.executable, "-m", "lift_sdk", "run", str(folder), "--port", "0", *options]
        # A registration key of the developer's shell must not register what is under test.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIFT_")}
        self._environment = {**inherited, **environment}
        self.lines: list[str] = []
        self.url = ""
        self._noted = threading.Condition()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        serving = self.wait_for("serving")
        self.url = f"http://{serving['host']}:{serving['port']}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_STOP_SECONDS)

    def wait_for(self, event: str, *, after: int = 0, seconds: float = _START_SECONDS) -> dict[str, Any]:
        """Return the first log line of an event at or after a place in `lines`; raises RuntimeError with the output."""

        def found() -> dict[str, Any] | None:
            return next((line for line in map(_parsed, self.lines[after:]) if line.get("event") == event), None)

        with self._noted:
            self._noted.wait_for(lambda: found() or self._process.poll() is not None, timeout=seconds)
        if self._process.poll() is not None:
            # Its last lines may still be on their way.
            self._reader.join(_STOP_SECONDS)
        line = found()
        if line is None:
            raise RuntimeError(f"the module did not say {event!r}:\n{''.join(self.lines)}")
        return line

    def _read(self) -> None:
        output = self._process.stdout
        if output is None:
            return
        with output:
            for line in output:
                with self._noted:
                    self.lines.append(line)
                    self._noted.notify_all()
        self._process.wait()
        with self._noted:
            self._noted.notify_all()


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
