"""A real Prometheus scrapes a whole platform under calls, while processes of it are killed: what it has counted are the
calls that were made.

Needs Debian's package `prometheus` (`apt-get install prometheus`).
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
import yaml

from deploy.dev.state import LOOPBACK, REPOSITORY, free_port, read_env
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

CALLS, AT_ONCE = 60, 4


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    program = shutil.which("prometheus")
    assert program, "this test needs Debian's package prometheus"
    # Our own configuration, but for the address, the token and the haste.
    scraper = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text())
    scraper["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    scraper["rule_files"] = [str(REPOSITORY / "deploy" / "prometheus" / "rules" / "*.yml")]
    platform = scraper["scrape_configs"][0]
    del platform["authorization"]
    platform["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(scraper))
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - Debian's own program
        [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--log.level=warn",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(30)


class Figures:
    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def of(self, query: str) -> dict[tuple[str, ...], float]:
        """Return the values of a query by those of its labels, in the order of their names."""
        try:
            answer: Any = self._http.get("/api/v1/query", params={"query": query}).json()
        except (httpx2.HTTPError, ValueError):
            return {}
        return {
            tuple(value for _, value in sorted(one["metric"].items())): float(one["value"][1])
            for one in answer.get("data", {}).get("result", [])
        }

    def alerts(self) -> set[str]:
        groups = self._http.get("/api/v1/rules").json()["data"]["groups"]
        assert all(rule["health"] == "ok" for group in groups for rule in group["rules"]), groups
        return {rule["name"] for group in groups for rule in group["rules"]}


def worker_of(pid: int | None) -> int:
    """Return a process of a server that answers requests: a child of the one that was started."""
    assert pid is not None
    return int(psutil.Process(pid).children()[0].pid)


def test_what_prometheus_counts_is_what_was_called(stack: Stack, tmp_path: Path) -> None:
    started = stack.command("up")
    assert started.returncode == 0, started.stdout + started.stderr
    password = read_env(stack.state / "dev.env")["DEMO_PASSWORD"]
    email = "demo@northwind.example"
    root = f"http://{LOOPBACK}:{stack.port}"
    with (
        prometheus(tmp_path, f"{LOOPBACK}:{stack.port}") as url,
        httpx2.Client(base_url=url, timeout=10) as asking,
        httpx2.Client(base_url=root, timeout=60) as http,
    ):
        figures = Figures(asking)
        login = http.post("/api/v1/auth/token", json={"email": email, "password": password}).json()
        http.headers["Authorization"] = f"Bearer {login['access']}"
        ready = "/api/v1/gateway/lift_causal/experiments"
        assert eventually(lambda: http.get(ready).status_code == 200, 60)
        wanted = [
            'http_requests_total{view="memory-context",status="200"}',
            'memory_searches_total{search_type="neural"}',
            'gateway_calls_total{module_id="lift_causal",status="200"}',
            'auth_attempts_total{method="password",outcome="failure"}',
        ]

        def now(query: str) -> float:
            return figures.of(f"sum({query})").get((), 0.0)

        assert eventually(lambda: now('gateway_calls_total{module_id="lift_causal",status="200"}') > 0, 30)
        time.sleep(3)
        before = {query: now(query) for query in wanted}

        def calls(number: int) -> None:
            answers = [
                http.get("/api/v1/memory/context"),
                http.post("/api/v1/memory/search", json={"query": f"harbour {number}", "search_type": "neural"}),
                http.get(ready),
            ]
            assert [answer.status_code for answer in answers] == [200, 200, 200], [one.text for one in answers]
            if number % 20 == 0:
                wrong = {"email": f"nobody-{number}@example.com", "password": "wrong"}
                assert http.post("/api/v1/auth/token", json=wrong).status_code == 401

        probes: list[int] = []

        def is_back() -> bool:
            """Ask until it answers; an answer counts like any other."""
            try:
                status = http.get(ready).status_code
            except httpx2.HTTPError:
                return False
            probes.extend([status] if status == HTTPStatus.OK else [])
            return status == HTTPStatus.OK and stack.health() == HTTPStatus.OK

        pids: dict[str, set[int | None]] = {name: {stack.pid(name)} for name in ("web", "gateway")}
        for _ in range(3):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(calls, range(CALLS)))
            # Between calls, so that each is known to be answered; what it had counted dies with no warning.
            for name in ("web", "gateway"):
                os.kill(worker_of(stack.pid(name)), signal.SIGKILL)
                known = pids[name]
                assert eventually(lambda known=known, name=name: stack.pid(name) not in {None, *known}), name  # type: ignore[misc]  # bound at once
                known.add(stack.pid(name))
            assert eventually(is_back)
        grown = dict.fromkeys(before, 3 * CALLS)
        grown['auth_attempts_total{method="password",outcome="failure"}'] = 3 * len(range(0, CALLS, 20))
        grown['gateway_calls_total{module_id="lift_causal",status="200"}'] += len(probes)

        def counted() -> dict[str, float]:
            return {query: now(query) - value for query, value in before.items()}

        assert eventually(lambda: counted() == grown, 30), (counted(), grown)
        # And it stays so: nothing of the dead is counted twice later.
        time.sleep(5)
        assert counted() == grown
        living = figures.of("sum by (process) (liftos_processes)")
        # The servers' own workers, the pool's processes with their parent, and the rest.
        assert living[("web",)] == living[("gateway",)] == 2, living
        assert {"worker", "beat", "relay", "webhooks"} <= {name for (name,) in living}
        assert {"LiftOSDown", "EventsWait", "ModuleDown"} <= figures.alerts()
        left = [path.name for path in (stack.state / "metrics").glob("counter_*.db")]
        assert len(left) <= len(living) * 3, left
