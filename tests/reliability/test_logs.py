"""One id finds what gateway, module, web process and worker have written for one call."""

import json
import textwrap
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.dev.state import LOOPBACK, next_free_port, read_env
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

REQUEST_ID = "one-call-of-many"
TRACE = "0af7651916cd43dd8448eb211c80319c"
# A module whose one endpoint hands a batch to the memory, which works on it later.
APP = """
    import logging
    from pathlib import Path
    from lift_sdk import Memory, create_app, requires

    app = create_app(Path(__file__).parent)

    @app.post("/api/v1/notes", dependencies=[requires("scribe:write")])
    def notes(memory: Memory) -> dict[str, str]:
        logging.getLogger(__name__).info("handing over")
        return {"operation_id": str(memory.store_batch([{"content": "The harbour opens at six."}]).operation_id)}
"""


def module_write(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "app.py").write_text(textwrap.dedent(APP))
    manifest = {
        "module_id": "scribe",
        "name": "Scribe",
        "version": "1.0.0",
        "base_url": f"http://localhost:{next_free_port(9400)}",
        "memory_requirements": {"read_access": False, "write_access": True},
        "permissions": ["scribe:write", "memory:write"],
    }
    (folder / "module.json").write_text(json.dumps(manifest))


def test_one_id_finds_every_line_of_a_call(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module_write(tmp_path / "scribe")
    monkeypatch.setenv("MODULE_FOLDERS", str(tmp_path))
    started = stack.command("up")
    assert started.returncode == 0, started.stdout + started.stderr
    password = read_env(stack.state / "dev.env")["DEMO_PASSWORD"]
    with httpx2.Client(base_url=f"http://{LOOPBACK}:{stack.port}/api/v1", timeout=30) as http:
        login = http.post("/auth/token", json={"email": "demo@northwind.example", "password": password})
        bearer = {"Authorization": f"Bearer {login.json()['access']}"}
        assert eventually(lambda: http.post("/gateway/scribe/notes", headers=bearer).status_code == 200)
        call = {**bearer, "X-Request-ID": REQUEST_ID, "traceparent": f"00-{TRACE}-b7ad6b7169203331-00"}
        answer = http.post("/gateway/scribe/notes", headers=call)
        assert answer.status_code == 200, answer.text

    def found(*arguments: str) -> list[dict[str, Any]]:
        done = stack.python("manage.py", "logs", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert eventually(lambda: {"worker"} <= {line["process"] for line in found("--request-id", REQUEST_ID)})
    lines = found("--request-id", REQUEST_ID)
    said = {(line["process"], line["event"].split(" ")[0]) for line in lines}
    assert said >= {
        ("gateway", "gateway_call"),
        ("scribe", "handing"),
        ("scribe", "request"),
        ("web", "request"),
        ("worker", "job"),
    }
    assert {line["trace_id"] for line in lines} == {TRACE}
    assert len({line["organization_id"] for line in lines}) == 1
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert found("--trace-id", TRACE) == lines
    kept = "".join(path.read_text() for path in (stack.state / "logs").glob("*.jsonl"))
    for secret in (password, login.json()["access"], login.json()["refresh"]):
        assert secret not in kept
