"""A real server process with the settings of `make dev`, pool included, on this test's own database."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.state import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30


@pytest.fixture
def server(committed_db: str, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a running web process."""
    port = free_port()
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "DJANGO_SETTINGS_MODULE": "liftos.settings.dev",
        "LIFTOS_STATE_DIR": str(tmp_path),
        "SECRET_KEY": "only-for-this-test-" * 3,
        "DATABASE_URL": committed_db,
        # Its own limits: other workers count in other databases.
        "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + "/15",
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", LOOPBACK, "--port", str(port)]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own server
            [*command, "--blocking-threads", "12", "liftos.wsgi:application"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(f"http://{LOOPBACK}:{port}/health/ready", process, tmp_path / "web.log")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
