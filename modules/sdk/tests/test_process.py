import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from answering import Answering, Reply

from lift_sdk.http import blocking_http
from lift_sdk.manifest import Manifest
from lift_sdk.testing import ModuleProcess, Platform

APP = """
from pathlib import Path
from lift_sdk import create_app
app = create_app(Path(__file__).parent)
@app.get("/api/v1/word")
def word() -> str:
    return "WORD"
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A module in a folder of its own."""
    folder = tmp_path / "written"
    folder.mkdir()
    document = {"module_id": "written", "name": "W", "version": "1.0.0", "base_url": "http://localhost:9198"}
    (folder / "module.json").write_text(json.dumps({**document, "permissions": ["written:read"]}))
    (folder / "app.py").write_text(APP)
    return folder


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with blocking_http("http://127.0.0.1") as client:
        yield client


def word(process: ModuleProcess, platform: Platform, http: httpx2.Client) -> object:
    headers = {"Authorization": f"Bearer {platform.token('written')}"}
    return http.get(f"{process.url}/api/v1/word", headers=headers).json()


def test_reload_keeps_the_process(written: Path, platform: Platform, http: httpx2.Client) -> None:
    with ModuleProcess(written, platform.environment(), "--reload") as process:
        assert word(process, platform, http) == "WORD"
        for text in ("two", "three"):
            seen = len(process.lines)
            (written / "app.py").write_text(APP.replace("WORD", text))
            serving = process.wait_for("serving", after=seen)
            process.url = f"http://127.0.0.1:{serving['port']}"
            assert serving["pid"] == process.pid
            assert word(process, platform, http) == text
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert not children.exists() or children.read_text() == ""


def test_reload_survives_errors(written: Path, platform: Platform, http: httpx2.Client) -> None:
    with ModuleProcess(written, platform.environment(), "--reload") as process:
        seen = len(process.lines)
        (written / "app.py").write_text("this is no Python")
        deadline = time.monotonic() + 20
        while "Waiting for a change.\n" not in process.lines[seen:]:
            assert time.monotonic() < deadline, "".join(process.lines)
            time.sleep(0.05)
        assert any("SyntaxError" in line for line in process.lines[seen:])
        seen = len(process.lines)
        (written / "app.py").write_text(APP.replace("WORD", "again"))
        process.url = f"http://127.0.0.1:{process.wait_for('serving', after=seen)['port']}"
        assert word(process, platform, http) == "again"


@pytest.mark.parametrize("options", [(), ("--reload",)])
def test_a_signal_ends_it_gracefully(written: Path, platform: Platform, options: tuple[str, ...]) -> None:
    with ModuleProcess(written, platform.environment(), *options) as process:
        # Before that it ends at once: there is nothing to be graceful about.
        process.wait_for("Application startup complete.")
        os.kill(process.pid, signal.SIGTERM)
        process.wait_for("Application shutdown complete.")


def test_log_lines_are_json_and_say_whose_request_it_was(
    module_folder: Path, platform: Platform, http: httpx2.Client, tmp_path: Path
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {
        "Authorization": f"Bearer {platform.token('example', ['example:read'])}",
        "X-Request-ID": "logged-000001",
        "traceparent": trace,
    }
    with ModuleProcess(module_folder, {**platform.environment(), "LIFT_LOG_FOLDER": str(tmp_path)}) as process:
        assert http.get(f"{process.url}/api/v1/whoami", headers=headers).status_code == 200
        own, access = process.wait_for("asked who"), process.wait_for("request")
        lines = list(process.lines)
    for line in (own, access):
        assert line["request_id"] == "logged-000001"
        assert line["trace_id"] == trace.split("-")[1]
        assert line["organization_id"] == platform.org_id
        assert (line["user_id"], line["process"]) == (platform.user_id, "example")
    assert (access["status"], access["path"]) == (200, "/api/v1/whoami")
    # A line is in the file a moment after it was printed; all are when the process has ended.
    (kept,) = tmp_path.glob("example-*.jsonl")
    assert kept.read_text().splitlines()[: len(lines)] == [line.rstrip("\n") for line in lines]
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert headers["Authorization"].removeprefix("Bearer ") not in "".join(lines)


def test_answers_do_not_wait_for_acknowledgements(module_folder: Path, platform: Platform, http: httpx2.Client) -> None:
    """With Nagle's algorithm every answer on a connection that is used again takes 40 ms."""
    with ModuleProcess(module_folder, platform.environment()) as process:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            http.get(f"{process.url}/health")
            times.append(time.perf_counter() - began)
    assert sorted(times)[10] < 0.03


def test_it_registers_itself(written: Path, platform: Platform) -> None:
    environment = {**platform.environment(), "LIFT_REGISTRATION_KEY": platform.registration_key}
    with ModuleProcess(written, {**environment, "LIFT_BASE_URL": "http://127.0.0.1:7777/"}) as process:
        process.wait_for("registered")
    assert platform.registered["written"].base_url == "http://127.0.0.1:7777"


def test_registration_is_tried_until_it_is_heard(written: Path, http: httpx2.Client) -> None:
    replies = [Reply(0), Reply(503), Reply(429, headers={"Retry-After": "0"}), Reply(201)]
    with Answering(*replies) as server:
        environment = {"LIFT_PLATFORM_URL": server.url, "LIFT_REGISTRATION_KEY": "key"}
        with ModuleProcess(written, environment) as process:
            assert http.get(f"{process.url}/health").json()["status"] == "ok"
            process.wait_for("registered")
    assert len(server.asked) == len(replies)
    assert json.loads(server.asked[-1].body)["module_id"] == "written"
    assert server.asked[-1].headers["X-API-Key"] == "key"


def test_a_refused_registration_is_told_once(written: Path, platform: Platform, http: httpx2.Client) -> None:
    environment = {**platform.environment(), "LIFT_REGISTRATION_KEY": "another"}
    with ModuleProcess(written, environment) as process:
        line = process.wait_for("registration refused")
        assert (line["status"], line["code"], line["level"]) == (401, "not_authenticated", "error")
        assert http.get(f"{process.url}/health").json()["status"] == "ok"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "lift_sdk", *arguments], check=False, capture_output=True, text=True, timeout=30
    )


def test_check(written: Path) -> None:
    assert command("check", str(written)).stdout == "written 1.0.0 is valid\n"
    (written / "module.json").write_text('{"module_id": "Bad", "name": "B", "colour": "red"}')
    done = command("check", str(written))
    assert done.returncode == 1
    assert {line.split(":")[0] for line in done.stdout.splitlines()} == {
        "/module_id",
        "/version",
        "/base_url",
        "/colour",
    }
    rows = json.loads(command("check", str(written), "--json").stdout)
    assert {row["pointer"] for row in rows} == {"/module_id", "/version", "/base_url", "/colour"}


def test_run_says_why_it_cannot(written: Path, tmp_path: Path, platform: Platform) -> None:
    assert "cannot be read" in command("run", str(tmp_path / "none")).stderr
    (written / "app.py").write_text("app = 1")
    assert "defines no `app`" in command("run", str(written)).stderr
    (written / "app.py").unlink()
    assert "holds no app.py" in command("run", str(written)).stderr
    (written / "app.py").write_text(APP)
    dashed = tmp_path / "with-dash"
    shutil.copytree(written, dashed)
    assert "cannot be imported" in command("run", str(dashed)).stderr
    port = platform.url.rpartition(":")[2]
    assert "cannot be listened on" in command("run", str(written), "--port", port).stderr


def test_the_port_is_the_manifests(written: Path) -> None:
    assert Manifest.load(written).base_url == "http://localhost:9198"
