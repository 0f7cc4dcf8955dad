"""Real servers for measurements: on loopback, on free ports, ended with their measurement."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from deploy.dev.state import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[2]
_SECONDS_TO_START = 30


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    started = subprocess.Popen(  # noqa: S603 - our own commands
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started.pid
    finally:
        started.terminate()
        started.wait(10)


@contextmanager
def asgi(application: str, port: int, environment: Mapping[str, str]) -> Iterator[int]:
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--workers", "1", "--host", LOOPBACK,
        "--port", str(port), "--log-level", "error", application,
    ]  # fmt: skip
    with process(command, environment) as pid:
        yield pid


@contextmanager
def web() -> Iterator[int]:
    """Run a web process and yield its port once it answers."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", LOOPBACK, "--port", str(port),
        "--blocking-threads", "12", "liftos.wsgi:application",
    ]  # fmt: skip
    with process(command, platform()):
        answers(port, "/health/ready", {})
        yield port


def platform() -> dict[str, str]:
    """Return the settings of `make dev`, for its pool of connections, with the secret that sealed our token keys."""
    return {
        "ENVIRONMENT": "development",
        "DJANGO_SETTINGS_MODULE": "liftos.settings.dev",
        "SECRET_KEY": settings.SECRET_KEY,
        # Not that of `make dev`, whose addresses and keys are others.
        "LIFTOS_STATE_DIR": str(ROOT / ".liftos" / "bench" / "state"),
    }


def answers(port: int, path: str, headers: Mapping[str, str]) -> None:
    """Wait until a server answers with 200."""
    deadline = time.monotonic() + _SECONDS_TO_START
    seen = "nothing"
    while time.monotonic() < deadline:
        connection = HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            if answer.status == 200:
                return
            seen = f"{answer.status} {answer.read(500).decode()}"
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    raise RuntimeError(f"the server on port {port} answers {path} with {seen}")
