"""Figures of many processes: what the dead have counted stays, once, and leaves no files behind."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from apps.observability.adapters.process_files import dead_folded
from deploy.dev.state import REPOSITORY

# Counts as often as it is told by a line, says so, and lives until its input ends or it is killed. Forks when told to.
COUNTING = """
    import os, sys, time
    from apps.observability.adapters.process_files import counting_begin
    counting_begin(sys.argv[1], process="web")
    from prometheus_client import Counter, Gauge, Histogram
    calls = Counter("calls", "Calls.", ["kind"])
    seconds = Histogram("seconds", "Seconds.", buckets=(1.0, 5.0))
    running = Gauge("running", "Running.", multiprocess_mode="livesum")
    running.set(1)
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "fork":
            if not os.fork():
                calls.labels("forked").inc(int(number))
                running.set(1)
                print(os.getpid(), flush=True)
                time.sleep(600)
            continue
        for _ in range(int(number)):
            calls.labels(word).inc()
            seconds.observe(2)
        print("done", flush=True)
"""


class Process:
    popen: "subprocess.Popen[str]"

    def __init__(self, folder: Path) -> None:
        self.popen = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", textwrap.dedent(COUNTING), str(folder)],
            cwd=REPOSITORY,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, line: str) -> str:
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.popen.stdin.write(f"{line}\n")
        self.popen.stdin.flush()
        return str(self.popen.stdout.readline().strip())

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.popen.stdin.close()
        self.popen.stdout.close()


def figures(folder: Path) -> dict[str, float]:
    with dead_folded(folder) as found:
        read: Any = MultiProcessCollector.merge(found.files)  # type: ignore[no-untyped-call]  # untyped upstream
    found_figures = {
        "".join([sample.name, *sample.labels.values()]): sample.value for metric in read for sample in metric.samples
    }
    return {**found_figures, **{f"processes {name}": count for name, count in found.processes.items()}}


def test_what_the_dead_have_counted_stays_and_their_gauges_go(tmp_path: Path) -> None:
    first, second = Process(tmp_path), Process(tmp_path)
    first.do("read 3")
    second.do("read 4")
    second.do("write 1")
    alive = figures(tmp_path)
    expected = {
        "calls_totalread": 7,
        "calls_totalwrite": 1,
        "seconds_count": 8,
        "seconds_sum": 16,
        "seconds_bucket5.0": 8,
    }
    assert alive.items() >= {**expected, "seconds_bucket1.0": 0, "running": 2, "processes web": 2}.items()
    first.kill()
    for _ in range(3):
        after = figures(tmp_path)
        assert after.items() >= {**expected, "running": 1, "processes web": 1}.items()
    second.do("read 10")
    assert figures(tmp_path)["calls_totalread"] == 17
    second.kill()
    last = figures(tmp_path)
    assert last["calls_totalread"] == 17
    assert "running" not in last
    assert "processes web" not in last


def test_many_short_lives_leave_no_more_than_one_file_of_each_kind(tmp_path: Path) -> None:
    for number in range(1, 6):
        process = Process(tmp_path)
        process.do("read 2")
        process.kill()
        assert figures(tmp_path)["calls_totalread"] == 2 * number
    assert {path.name for path in tmp_path.iterdir()} == {
        ".lock",
        "counter.json",
        "counter_folded.db",
        "histogram.json",
        "histogram_folded.db",
    }


def test_a_fork_counts_for_itself_and_outlives_its_parent(tmp_path: Path) -> None:
    parent = Process(tmp_path)
    parent.do("read 1")
    child = int(parent.do("fork 5"))
    assert figures(tmp_path).items() >= {"calls_totalread": 1, "calls_totalforked": 5, "running": 2}.items()
    parent.kill()
    assert figures(tmp_path).items() >= {"calls_totalread": 1, "calls_totalforked": 5, "running": 1}.items()
    os.kill(child, signal.SIGKILL)
    # An orphan: who adopts it notices its end in a moment.
    while figures(tmp_path).get("processes web"):
        pass
    assert figures(tmp_path).items() >= {"calls_totalread": 1, "calls_totalforked": 5}.items()


@pytest.mark.parametrize("step", ["before it is ready", "before anything is removed", "before it has its name"])
def test_a_fold_that_is_interrupted_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for _ in range(2):
        process = Process(tmp_path)
        process.do("read 2")
        process.kill()
    assert figures(tmp_path)["calls_totalread"] == 4
    process = Process(tmp_path)
    process.do("read 3")
    process.kill()

    class Killed(BaseException):
        pass

    replace, unlink = Path.replace, Path.unlink

    def stop_replacing(path: Path, target: Path) -> Path:
        if (step == "before it is ready") == path.name.endswith(".fresh"):
            raise Killed
        return replace(path, target)

    def stop_removing(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        if path.name.endswith(".db"):
            raise Killed
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        if step == "before anything is removed":
            patched.setattr(Path, "unlink", stop_removing)
        else:
            patched.setattr(Path, "replace", stop_replacing)
        with pytest.raises(Killed):
            figures(tmp_path)
    assert figures(tmp_path)["calls_totalread"] == 7
    assert figures(tmp_path)["seconds_count"] == 7
