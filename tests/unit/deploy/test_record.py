import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from deploy.dev.record import TOKEN_VARIABLE, ProcessRecord, Run, end, kill, members

TOKEN = secrets.token_hex(8)
SLEEP = "import time; time.sleep(60)"
# A leader that dies at once and leaves a child in its process group. The child itself says its number: only then has
# the system finished making it, its environment included.
_CHILD = f"import os; print(os.getpid(), flush=True); {SLEEP}"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_CHILD!r}])"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python in a process group of its own, by default with our token."""
    started = []

    def run(code: str = SLEEP, token: str = TOKEN) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", code],
            env={**os.environ, TOKEN_VARIABLE: token},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def pids(record: ProcessRecord, token: str = TOKEN) -> list[int]:
    return [process.pid for process in members(record, token)]


def test_a_running_process_is_found_again(start: Start) -> None:
    pid = start().pid
    process = ProcessRecord.of(pid).process()
    assert process is not None
    assert process.pid == pid


def test_the_number_alone_proves_nothing(start: Start) -> None:
    record = ProcessRecord.of(start().pid)
    stranger = replace(record, started=record.started - 60)
    assert stranger.process() is None


def test_a_process_that_has_ended_is_gone(start: Start) -> None:
    process = start()
    record = ProcessRecord.of(process.pid)
    process.kill()
    time.sleep(0.1)
    assert record.process() is None  # a zombie, as nobody has waited for it
    process.wait()
    assert record.process() is None


def test_the_group_outlives_its_leader(start: Start) -> None:
    leader = start(ORPHAN)
    record = ProcessRecord(leader.pid, time.time())
    assert leader.stdout is not None
    child = int(leader.stdout.readline())
    leader.wait()
    assert pids(record) == [child]
    kill(record, TOKEN)
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=5)
    assert pids(record) == []


def test_a_group_without_our_token_is_let_alone(start: Start) -> None:
    leader = start(ORPHAN, token="another run")
    assert leader.stdout is not None
    child = psutil.Process(int(leader.stdout.readline()))
    leader.wait()
    record = ProcessRecord(leader.pid, time.time() - 60)
    assert end([record], TOKEN) == 0
    assert child.is_running()
    assert end([record], "another run") == 1


def test_ending_is_forced_if_need_be(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.dev.record.END_SECONDS", 0.5)
    stubborn = start(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    assert end([ProcessRecord.of(stubborn.pid)], TOKEN) == 1
    assert not psutil.pid_exists(stubborn.pid)


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = Run("abc", ProcessRecord(1, 2.5), "ready", ready=True, port=8000, url="http://localhost:8000")
    run = run.with_process("web", ProcessRecord(3, 4.5))
    run.write(tmp_path / "run.json")
    assert Run.read(tmp_path / "run.json") == run


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"token": "a", "processes": {}}', '{"processes": {"web": 1}}'])
def test_a_file_that_is_no_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert Run.read(tmp_path / "run.json") is None
    assert Run.read(tmp_path / "missing.json") is None
