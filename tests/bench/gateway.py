"""What the gateway costs, beside the module itself, nginx and a bare proxy: all four in the same run.

CPU time is that of the server's own processes. Latency is measured at a fixed rate, each request sent when it is due
whether or not earlier ones have been answered; "added" is to the module's own at the same percentile.
"""

import asyncio
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import aiohttp
import psutil
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.services.sessions import session_open
from apps.billing.models import PlanOverride, UsageEvent
from apps.billing.services.overrides import override_give
from apps.events.types import SYSTEM
from deploy.dev.state import LOOPBACK, free_port
from tests.bench.results import Speed
from tests.bench.servers import answers, asgi, platform, process
from tests.factories.modules import installed, module_available

ROOT = Path(__file__).resolve().parents[2]
_RATE, _SECONDS = 100, 10
_CONCURRENT, _LOAD_SECONDS = 16, 5
_STREAMS, _CUT_STREAMS = 20, 1000
PERCENT = {"p50": 49, "p95": 94, "p99": 98}


@dataclass(frozen=True)
class Target:
    """A server that is measured: `process` is its own, `headers` are what it wants to see."""

    name: str
    url: str
    headers: Mapping[str, str]
    process: int

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])


@dataclass(frozen=True)
class _Load:
    per_second: float
    cpu_ms: float


def measure_gateway(organization: Organization) -> list[Speed]:
    """Return requests a second, CPU time, added latency and delays of streams."""
    with ExitStack() as stack:
        targets = _targets(stack, organization)
        loads: dict[str, _Load] = {}
        latencies: dict[str, list[float]] = {}
        for target in targets:
            answers(target.port, "/" + target.url.split("/", 3)[3], target.headers)
            loads[target.name] = asyncio.run(_load(target))
        for target in targets:
            latencies[target.name] = asyncio.run(paced(target))
        rows = _rows(loads, latencies)
        module, gateway = targets[0], targets[-1]
        rows += _stream_rows(module, gateway)
        return rows


def _targets(stack: ExitStack, organization: Organization) -> list[Target]:
    module_port = free_port()
    upstream = f"http://{LOOPBACK}:{module_port}"
    module = stack.enter_context(asgi("tests.bench.upstreams:module", module_port, {}))
    path = "/api/v1/things"
    targets = [Target("the module itself", upstream + path, {}, module)]
    if nginx := shutil.which("nginx"):
        port = free_port()
        process = stack.enter_context(_nginx(nginx, port, module_port))
        targets.append(Target("nginx", f"http://{LOOPBACK}:{port}{path}", {}, process))
    port = free_port()
    process = stack.enter_context(asgi("tests.bench.upstreams:proxy", port, {"BENCH_UPSTREAM": upstream}))
    targets.append(Target("a bare ASGI proxy", f"http://{LOOPBACK}:{port}{path}", {}, process))
    port = free_port()
    # The settings of `make dev`; the module may live where it lives.
    environment = {**platform(), "MODULE_ADDRESSES": LOOPBACK}
    process = stack.enter_context(asgi("liftos.asgi:application", port, environment))
    # Counted like any plan, and never reached.
    for feature in ("gateway_calls_per_hour", "api_calls"):
        given = PlanOverride(organization_id=organization.id, feature_id=feature, limit=10**9, reason="Bench")
        override_give(override=given, actor=SYSTEM, now=timezone.now())
    installed(module_available(upstream, "bench"), organization.id)
    membership = Membership.objects.get(organization=organization)
    token = session_open(membership=membership, now=timezone.now()).access
    url = f"http://{LOOPBACK}:{port}/api/v1/gateway/bench/things"
    return [*targets, Target("the gateway", url, {"Authorization": f"Bearer {token}"}, process)]


def _rows(loads: Mapping[str, _Load], latencies: Mapping[str, list[float]]) -> list[Speed]:
    rows = []
    floor = "a bare ASGI proxy"
    for name, load in loads.items():
        rows.append(
            Speed(
                f"requests/s through {name}",
                "1/s",
                load.per_second,
                floor,
                loads[floor].per_second,
                load.per_second / loads[floor].per_second,
            )
        )
        rows.append(
            Speed(
                f"CPU of {name}", "ms each", load.cpu_ms, floor, loads[floor].cpu_ms, load.cpu_ms / loads[floor].cpu_ms
            )
        )
    direct = percentiles(latencies["the module itself"])
    for name, times in latencies.items():
        for percentile, value in percentiles(times).items():
            lowest = direct[percentile]
            rows.append(
                Speed(
                    f"added {percentile} of {name} at {_RATE}/s",
                    "ms",
                    value - lowest,
                    "the module itself",
                    lowest,
                    value / lowest,
                )
            )
    return rows


def percentiles(times: list[float]) -> dict[str, float]:
    """Return those of `PERCENT`, by name."""
    cuts = quantiles(times, n=100)
    return {name: cuts[index] for name, index in PERCENT.items()}


async def _load(target: Target) -> _Load:
    """Ask as fast as answers come, on `_CONCURRENT` connections; the server's CPU time is what counts."""
    process = psutil.Process(target.process)
    count = 0
    async with aiohttp.ClientSession(headers=target.headers) as session:
        end = time.perf_counter() + _LOAD_SECONDS

        async def ask() -> None:
            nonlocal count
            while time.perf_counter() < end:
                async with session.get(target.url) as answer:
                    await answer.read()
                    answer.raise_for_status()
                count += 1

        used, began = _cpu(process), time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(_CONCURRENT)))
        seconds = time.perf_counter() - began
        return _Load(count / seconds, (_cpu(process) - used) / count * 1000)


async def paced(target: Target) -> list[float]:
    """Return how long answers take, in milliseconds, each asked for when it is due."""
    times: list[float] = []
    async with aiohttp.ClientSession(headers=target.headers) as session:

        async def ask(due: float) -> None:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            async with session.get(target.url) as answer:
                await answer.read()
                answer.raise_for_status()
            times.append((time.perf_counter() - due) * 1000)

        # Connections are made, and everything is read for the first time.
        await asyncio.gather(*(ask(time.perf_counter()) for _ in range(_CONCURRENT)))
        times.clear()
        began = time.perf_counter() + 0.2
        await asyncio.gather(*(ask(began + number / _RATE) for number in range(_RATE * _SECONDS)))
    return times


def _stream_rows(module: Target, gateway: Target) -> list[Speed]:
    """How late the first byte of a stream is, and what streams leave behind that are cut at random."""
    direct = asyncio.run(_first_bytes(module))
    through = asyncio.run(_first_bytes(gateway))
    before = UsageEvent.objects.filter(module="bench").count()
    asyncio.run(_cut(gateway))
    deadline = time.monotonic() + 5
    while _connections(gateway) and time.monotonic() < deadline:
        time.sleep(0.1)
    counted = UsageEvent.objects.filter(module="bench").count() - before
    return [
        Speed(
            "first byte of a stream, added", "ms p50", through - direct, "the module itself", direct, through / direct
        ),
        Speed(
            f"rows of the ledger after {_CUT_STREAMS} cut streams",
            "",
            counted,
            "streams",
            _CUT_STREAMS,
            counted / _CUT_STREAMS,
        ),
        Speed("connections open 5 s later", "", _connections(gateway), "", 0, 0),
    ]


async def _first_bytes(target: Target) -> float:
    url = target.url.replace("things", "stream")
    times = []
    async with aiohttp.ClientSession(headers=target.headers) as session:
        for _ in range(_STREAMS):
            began = time.perf_counter()
            async with session.get(url) as answer:
                await answer.content.readany()
                times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


async def _cut(target: Target) -> None:
    url = target.url.replace("things", "stream")
    pauses = itertools.cycle((0.0, 0.01, 0.05, 0.12, 0.3))
    places = asyncio.Semaphore(50)
    async with aiohttp.ClientSession(headers=target.headers, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(pause: float) -> None:
            async with places, session.get(url) as answer:
                answer.raise_for_status()
                await asyncio.sleep(pause)
                answer.close()

        await asyncio.gather(*(one(next(pauses)) for _ in range(_CUT_STREAMS)))


def _connections(target: Target) -> int:
    """Count the connections of the gateway to the module that are not idle in its pool: those that wait unread."""
    processes = [psutil.Process(target.process), *psutil.Process(target.process).children(recursive=True)]
    found = [one for process in processes for one in process.net_connections("tcp")]
    mine = [one for one in found if one.laddr and one.laddr.port == target.port]
    return sum(one.status == psutil.CONN_ESTABLISHED for one in mine)


def _cpu(process: psutil.Process) -> float:
    processes = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


@contextmanager
def _nginx(program: str, port: int, upstream_port: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(
            f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
              fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
              upstream module {{ server {LOOPBACK}:{upstream_port}; keepalive 64; }}
              server {{ listen {LOOPBACK}:{port};
                location / {{ proxy_pass http://module; proxy_http_version 1.1;
                  proxy_set_header Connection ""; }} }} }}"""
        )
        with process([program, "-c", str(config), "-p", folder], {}) as pid:
            yield pid
