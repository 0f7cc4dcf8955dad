"""The whole platform on one machine: services, database, demo data, processes, and their orderly end.

One launcher per state folder, by a lock that the system releases when the launcher dies. Whatever a killed launcher has
left is ended first (see `record`), so a start never meets an earlier one's processes.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from filelock import FileLock, Timeout

from deploy.dev import frontend, guide
from deploy.dev.console import BOLD, DIM, RED, Console
from deploy.dev.modules import LocalModule, local_modules, manifests_write, module_folders, module_specs
from deploy.dev.processes import (
    StartError,
    child_environment,
    identity_spec,
    local_sign_in,
    local_stripe,
    process_specs,
    stripe_spec,
    wanted_port,
)
from deploy.dev.readiness import WorkerPing, beat_ready, web_ready
from deploy.dev.record import ProcessRecord, Run, end
from deploy.dev.services import Services
from deploy.dev.state import LOOPBACK, REPOSITORY, free_port, next_free_port, write_env
from deploy.dev.stop import StopFlag
from deploy.dev.supervisor import Supervisor, describe_exit

# A slow machine on its first start, with cold caches.
READY_SECONDS = 120.0
POLL_SECONDS = 0.1
SERVICE_CHECK_SECONDS = 2.0
SERVICE_RETRY_SECONDS = 1.0
# The organisation that `manage.py seed_demo` makes.
DEMO = "northwind"


class StopRequestedError(Exception):
    """Somebody asked for the end while the platform was starting."""


@dataclass
class Platform:
    """One run. `detached` changes only what the last lines say about stopping it."""

    state: Path
    console: Console
    stop: StopFlag
    detached: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.monotonic)
    run_record: Run = field(init=False)

    def __post_init__(self) -> None:
        self.services = Services(self.state)
        self.run_record = Run(self.token, ProcessRecord.of(os.getpid()))

    def run(self) -> int:
        """Run until a signal asks for the end; return the exit code."""
        self.state.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.state / "run.lock", timeout=0):
                return self._run_locked()
        except Timeout:
            self.console.say("Lift OS runs already (`make dev-status`); `make dev-down` stops it.")
            return 1

    def _run_locked(self) -> int:
        self.stop.install()
        end_leftovers(self.state, self.console)
        problem = ""
        try:
            code = asyncio.run(self._start_and_serve())
        except (StartError, OSError, RuntimeError, psycopg.Error, subprocess.SubprocessError) as error:
            code, problem = 1, f"The start failed: {error}"
        except StopRequestedError:
            code = 130
        finally:
            # The event loop and circus have put other handlers in place.
            self.stop.install()
            self.console.progress_end()
            self._finish()
        if problem:
            # Last, where it is seen.
            self.console.say(self.console.paint(RED, problem))
        return code

    async def _start_and_serve(self) -> int:
        self.console.say(self.console.paint(BOLD, "Lift OS Core"))
        with self._stage("services", "PostgreSQL and Redis"):
            values = self.services.start()
        port, environment = self._address(values)
        self._build_dashboard(environment)
        self._manage("database", "migrations", environment, "migrate_tenants")
        self._manage("demo data", "demo organisation", environment, "seed_demo")
        # What an older version has read is not found any more; workers read it anew when they are up.
        self._manage("memory", "memories of older versions", environment, "reindex_memory")
        modules = self._register_modules(environment)
        stripe = (
            [stripe_spec(int(values["STRIPE_PORT"]), self.state, values["WEB_URL"])] if _has_stand_in(values) else []
        )
        supervisor = Supervisor(
            specs=(
                *process_specs(port, int(values["WEB_PORT"]), self._node()),
                *stripe,
                identity_spec(int(values["IDENTITY_PORT"]), values["PUBLIC_URL"]),
                *module_specs(
                    modules,
                    values["PUBLIC_URL"],
                    values["JWT_ISSUER"],
                    key=values["MODULE_REGISTRATION_KEY"],
                    logs=environment["LOG_FOLDER"],
                ),
            ),
            environment=environment,
            token=self.token,
            console=self.console,
            on_spawn=lambda name, record: self._record(self.run_record.with_process(name, record)),
        )
        try:
            return await self._serve(supervisor, values, port)
        finally:
            await self._stop_processes(supervisor)

    async def _serve(self, supervisor: Supervisor, values: Mapping[str, str], port: int) -> int:
        with self._stage("processes", "web, gateway, worker, beat, relay, webhooks and modules"):
            since = time.time() - 1
            # What an earlier run has counted would be added to the figures of this one.
            shutil.rmtree(self.state / "metrics", ignore_errors=True)
            await supervisor.start()
            # Circus has just installed its own handlers.
            self.stop.install()
            checks: dict[str, Callable[[], bool]] = {
                "web": lambda: web_ready(port),
                "worker": WorkerPing.to(values["REDIS_URL"], self._node()),
                "beat": lambda: beat_ready(self.state / "celerybeat", since),
            }
            if _has_stand_in(values):
                checks["stripe"] = lambda: _listens(int(values["STRIPE_PORT"]))
            await self._wait_ready(supervisor, checks)
        if values.get("STRIPE_SECRET_KEY"):
            await asyncio.to_thread(self._plans_to_stripe, supervisor.environment)
        supervisor.settled = True
        self._record(replace(self.run_record, ready=True, phase="ready"))
        guide.show(self.console, self.state, self.run_record, time.monotonic() - self.began, detached=self.detached)
        checked = time.monotonic()
        while not self.stop:
            await asyncio.sleep(POLL_SECONDS)
            if time.monotonic() - checked > SERVICE_CHECK_SECONDS:
                checked = time.monotonic() + self._revive_services(values)
        return 0

    async def _wait_ready(self, supervisor: Supervisor, checks: dict[str, Callable[[], bool]]) -> None:
        began = time.monotonic()
        waiting = dict(checks)
        while waiting:
            if failed := supervisor.failed:
                recent = "\n".join(f"  {line}" for line in failed.stream.recent)
                end_text = describe_exit(failed.exit_code)
                raise StartError(f"{failed.spec.name} {end_text}. Its last lines:\n{recent or '  (it wrote nothing)'}")
            if time.monotonic() - began > READY_SECONDS:
                raise StartError(f"no answer from {', '.join(waiting)} after {READY_SECONDS:.0f} s")
            self._check_stop()
            self.console.progress(f"Waiting for {', '.join(waiting)}", time.monotonic() - began)
            for name, check in list(waiting.items()):
                if await asyncio.to_thread(check):
                    del waiting[name]
            await asyncio.sleep(POLL_SECONDS)

    async def _stop_processes(self, supervisor: Supervisor) -> None:
        self.console.progress_end()
        self.console.log("liftos", "stopping")
        self.stop.install()
        already = self.stop.count
        stopping = asyncio.ensure_future(supervisor.stop())
        while not (await asyncio.wait([stopping], timeout=POLL_SECONDS))[0]:
            if self.stop.count > max(already, 1):
                supervisor.kill_all()
        await stopping

    def _finish(self) -> None:
        """Leave nothing behind: neither processes nor services nor the record of the run."""
        end(self.run_record.processes.values(), self.token)
        (self.state / "run.json").unlink(missing_ok=True)
        self.services.stop()
        self.console.log("liftos", "everything has stopped")

    def _address(self, values: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Choose the port; return it with the environment of all processes."""
        wanted = wanted_port()
        port = next_free_port(wanted)
        if port != wanted:
            self.console.say(f"  Port {wanted} is taken; using {port} (set PORT to choose another).")
        url = os.environ.get("PUBLIC_URL") or f"http://localhost:{port}"
        # Tokens name their issuer: it stays what it was at the first start, whatever the port of this one.
        issuer = os.environ.get("JWT_ISSUER") or values.get("JWT_ISSUER") or url
        web_port = free_port(int(values.get("WEB_PORT", "0")))
        values["WEB_PORT"] = str(web_port)
        addresses = {"PUBLIC_URL": url, "JWT_ISSUER": issuer, "WEB_URL": f"http://{LOOPBACK}:{web_port}"}
        identity_port = free_port(int(values.get("IDENTITY_PORT", "0")))
        values["IDENTITY_PORT"] = str(identity_port)
        addresses |= local_sign_in(identity_port)
        stripe_port = free_port(int(values.get("STRIPE_PORT", "0")))
        values["STRIPE_PORT"] = str(stripe_port)
        # With a key of the real Stripe in the environment, nothing may lead commands to the stand-in.
        values.pop("STRIPE_API_HOST", None)
        addresses |= local_stripe(stripe_port, values)
        # The gateway stands before the web process and appends the caller's address.
        addresses["TRUSTED_PROXY_COUNT"] = "1"
        # Receivers of webhooks that one tries out run on this machine.
        addresses["WEBHOOK_ADDRESSES"] = os.environ.get("WEBHOOK_ADDRESSES") or f"{LOOPBACK},localhost"
        addresses["AUDIT_HEADS_FILE"] = os.environ.get("AUDIT_HEADS_FILE") or str(self.state / "audit-heads.jsonl")
        values.update(addresses)
        # Commands that are run by hand read them there.
        write_env(self.state / "dev.env", values)
        self._record(replace(self.run_record, port=port, url=url))
        return port, child_environment(self.state, self.token, addresses)

    def _build_dashboard(self, environment: Mapping[str, str]) -> None:
        """Build the dashboard if its sources have changed; the platform runs without one, and its page says so."""
        if frontend.is_built():
            return
        with self._stage("dashboard", "packages and build, because its sources are new"):
            if self._run_command(environment, "-m", "deploy.dev.frontend", "build") != 0:
                self.console.say(self.console.paint(RED, "  The dashboard is not built; everything else starts."))

    def _register_modules(self, environment: Mapping[str, str]) -> list[LocalModule]:
        """Register every module that is found, and enable it for the demo organisation."""
        modules, problems = local_modules(module_folders())
        for problem in problems:
            self.console.say(self.console.paint(RED, f"  {problem}"))
        if modules:
            files = [str(path) for path in manifests_write(modules, self.state / "modules")]
            with self._stage("modules", ", ".join(module.module_id for module in modules)):
                if self._run_command(environment, "manage.py", "register_module", *files, "--enable-for", DEMO) != 0:
                    self.console.say(self.console.paint(RED, "  Not every module is registered; see above."))
        return modules

    def _plans_to_stripe(self, environment: Mapping[str, str]) -> None:
        """Bring the plans to Stripe, or what stands in for it: only there can they be bought."""
        with self._stage("plans", "products, prices and meters at Stripe"):
            if self._run_command(environment, "manage.py", "sync_plans") != 0:
                self.console.say(self.console.paint(RED, "  Plans cannot be bought; everything else works."))

    def _manage(self, name: str, text: str, environment: Mapping[str, str], *arguments: str) -> None:
        """Run a command of manage.py, its output as it is; a stop request ends it."""
        with self._stage(name, text):
            code = self._run_command(environment, "manage.py", *arguments)
            if code != 0:
                raise StartError(f"`manage.py {arguments[0]}` {describe_exit(code)}; see above")

    def _run_command(self, environment: Mapping[str, str], *arguments: str) -> int:
        """Run this interpreter with arguments; return the exit code."""
        # Its own session keeps Ctrl-C away from it: it is ended in an orderly way below.
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._record(self.run_record.with_process("manage", ProcessRecord.of(process.pid)))
        while process.poll() is None:
            if self.stop:
                # Builders start programs of their own: the whole session ends.
                os.killpg(process.pid, signal.SIGTERM)
            time.sleep(POLL_SECONDS / 5)
        self._check_stop()
        return process.returncode

    def _revive_services(self, values: Mapping[str, str]) -> float:
        """Start an embedded service again that has died; return the seconds to wait before the next attempt."""
        embedded = (("PostgreSQL", "DATABASE_URL", "POSTGRES_PORT"), ("Redis", "REDIS_URL", "REDIS_PORT"))
        dead = [name for name, url, port in embedded if not os.environ.get(url) and not _listens(int(values[port]))]
        if not dead:
            return 0
        self.console.log("liftos", f"{' and '.join(dead)} stopped; starting again")
        try:
            self.services.start()
        except (OSError, RuntimeError, psycopg.Error, subprocess.SubprocessError) as error:
            self.console.log("liftos", f"that failed: {str(error).splitlines()[0]}")
            return SERVICE_RETRY_SECONDS
        return 0

    @contextmanager
    def _stage(self, name: str, text: str) -> Iterator[None]:
        self._check_stop()
        self._record(replace(self.run_record, phase=text))
        began = time.monotonic()
        self.console.say(f"{self.console.paint(BOLD, name)}: {text}")
        yield
        self.console.progress_end()
        self._check_stop()
        self.console.say(self.console.paint(DIM, f"  {name} took {time.monotonic() - began:.1f} s"))

    def _record(self, record: Run) -> None:
        self.run_record = record
        record.write(self.state / "run.json")

    def _check_stop(self) -> None:
        if self.stop:
            raise StopRequestedError

    def _node(self) -> str:
        """Return the worker's node name; the token keeps it apart from other workers on a shared broker."""
        return f"dev-{self.token[:6]}@{socket.gethostname()}"


def end_leftovers(state: Path, console: Console) -> None:
    """End what a launcher that was killed has left; call it with the lock held."""
    run = Run.read(state / "run.json")
    if run and (count := end(run.processes.values(), run.token)):
        console.say(f"Ended {count} processes that an earlier run had left.")
    (state / "run.json").unlink(missing_ok=True)


def _has_stand_in(values: Mapping[str, str]) -> bool:
    return "STRIPE_API_HOST" in values


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
