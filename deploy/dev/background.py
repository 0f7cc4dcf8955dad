"""The platform without a terminal: start it detached, stop it, say what runs."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from deploy.dev import guide
from deploy.dev.console import Console
from deploy.dev.platform import end_leftovers
from deploy.dev.postgres import Postgres
from deploy.dev.readiness import web_ready
from deploy.dev.record import Run
from deploy.dev.redis_server import RedisServer
from deploy.dev.services import Services
from deploy.dev.state import REPOSITORY

POLL_SECONDS = 0.1
# The launcher itself gives up on what is slow; these only bound a launcher that is stuck.
STOP_SECONDS = 30.0
# What the end of a log has to show after a failed start.
LOG_LINES = 60


@dataclass(frozen=True)
class Status:
    """What runs. A process or service that does not run has the number None."""

    running: bool
    ready: bool
    healthy: bool
    phase: str | None
    url: str | None
    port: int | None
    launcher: int | None
    processes: dict[str, int | None]
    services: dict[str, int | None]

    @classmethod
    def of(cls, state: Path) -> "Status":
        run = running(state)
        recorded = Run.read(state / "run.json")
        processes = recorded.processes if recorded else {}
        postgres = Postgres(state / "postgres", state / "postgres.log", "")
        return cls(
            running=run is not None,
            ready=bool(run and run.ready),
            healthy=bool(run and run.port and web_ready(run.port)),
            phase=run.phase if run else None,
            url=run.url if run else None,
            port=run.port if run else None,
            launcher=run.launcher.pid if run else None,
            processes={
                name: record.pid if record.process() else None for name, record in processes.items() if name != "manage"
            },
            services={
                "postgresql": postgres.running_port(),
                "redis": RedisServer(state / "redis").running_port(),
            },
        )


def up(state: Path, console: Console) -> int:
    """Start the platform in a session of its own and wait until it is ready; return the exit code."""
    if running(state):
        return _await_ready(state, console, already=True)
    log = _new_log(state)
    with log.open("ab") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "deploy.dev", "run", "--detached"],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return _await_ready(state, console, launcher=launcher)


def down(state: Path, console: Console) -> int:
    """Stop the platform, its services, and anything that a killed launcher has left; nothing to stop is no error."""
    run = running(state)
    if run and (launcher := run.launcher.process()):
        began = time.monotonic()
        launcher.terminate()
        while launcher.is_running() and launcher.status() != psutil.STATUS_ZOMBIE:
            console.progress("Stopping", time.monotonic() - began)
            if time.monotonic() - began > STOP_SECONDS:
                launcher.kill()
            time.sleep(POLL_SECONDS)
        console.progress_end()
    if not state.exists():
        console.say("Lift OS does not run.")
        return 0
    try:
        with FileLock(state / "run.lock", timeout=STOP_SECONDS):
            end_leftovers(state, console)
            Services(state).stop()
    except Timeout:
        console.say("Another launcher is at work; try again.")
        return 1
    console.say("Lift OS has stopped." if run else "Lift OS does not run.")
    return 0


def status(state: Path, console: Console, *, as_json: bool) -> int:
    """Say what runs; always successful, as nothing running is an answer too."""
    report = Status.of(state)
    if as_json:
        console.say(json.dumps(asdict(report), indent=2))
        return 0
    console.say(f"Lift OS {'runs' if report.running else 'does not run'}: {report.phase or 'stopped'}")
    rows = [("address", report.url or "-"), ("health", "ready" if report.healthy else "no answer")]
    rows += [(name, f"process {pid}" if pid else "not running") for name, pid in report.processes.items()]
    rows += [(name, f"port {port}" if port else "not running") for name, port in report.services.items()]
    for name, value in rows:
        console.say(f"  {name:<10} {value}")
    if not report.running and (any(report.processes.values()) or any(report.services.values())):
        console.say("These run without a launcher: the next start takes over or ends them, `make dev-down` ends them.")
    return 0


def running(state: Path) -> Run | None:
    """Return the run whose launcher is alive."""
    run = Run.read(state / "run.json")
    return run if run and run.launcher.process() else None


def _await_ready(
    state: Path, console: Console, *, launcher: "subprocess.Popen[bytes] | None" = None, already: bool = False
) -> int:
    """Show the launcher's progress until it is ready or has failed."""
    began = time.monotonic()
    while True:
        run = running(state)
        if run and run.ready:
            console.progress_end()
            if already:
                console.say("Lift OS runs already.")
            guide.show(console, state, run, None if already else time.monotonic() - began, detached=True)
            return 0
        if (launcher is None and run is None) or (launcher is not None and launcher.poll() is not None):
            console.progress_end()
            console.say(_tail(state / "log" / "dev.log"))
            console.say(f"Lift OS did not start; the whole log is in {guide.shown(state / 'log' / 'dev.log')}.")
            return 1
        console.progress(f"Starting Lift OS: {run.phase if run else 'launcher'}", time.monotonic() - began)
        time.sleep(POLL_SECONDS)


def _new_log(state: Path) -> Path:
    """Return the log's path, the previous log moved aside."""
    log = state / "log" / "dev.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-LOG_LINES:]) if path.exists() else ""
