import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from lift_sdk.app import ModuleApp
from lift_sdk.testing import Platform

Headers = dict[str, str]
LIMIT = 10_000


def logged(caplog: pytest.LogCaptureFixture, wanted: Callable[[logging.LogRecord], bool]) -> logging.LogRecord:
    """Return the one such line, which the server may write just after the answer has arrived."""
    ends = time.monotonic() + 5
    while not (found := [record for record in caplog.records if wanted(record)]):
        assert time.monotonic() < ends
        time.sleep(0.005)
    [record] = found
    return record


def test_a_memory_is_written_and_found(anyone: httpx2.Client, allowed: Headers, platform: Platform) -> None:
    created = anyone.post("/api/v1/notes", headers=allowed, json={"text": "tea is a drink", "weight": 2})
    assert created.status_code == 201
    assert anyone.get("/api/v1/notes?q=drink", headers=allowed).json() == ["tea is a drink"]
    [memory] = platform.organization().memories
    assert (memory["module"], memory["metadata"]) == ("example", {"weight": 2.0, "by": platform.user_id})


def test_what_the_platform_refuses_is_passed_on(anyone: httpx2.Client, platform: Platform) -> None:
    token = platform.token("example", ["example:read"])
    response = anyone.get("/api/v1/notes?q=tea", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert response.json()["detail"] == "The permission memory:read is needed."


def test_a_deadline_that_has_passed_is_a_504(anyone: httpx2.Client, allowed: Headers) -> None:
    response = anyone.get("/api/v1/notes?q=tea", headers={**allowed, "X-Lift-Deadline-Ms": "1"})
    assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")


def test_invalid_fields_have_pointers(anyone: httpx2.Client, allowed: Headers) -> None:
    response = anyone.post("/api/v1/notes", headers=allowed, json={"weight": -1})
    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    rows = {row["pointer"]: row["code"] for row in response.json()["errors"]}
    assert rows == {"/text": "missing", "/weight": "greater_than_equal"}
    response = anyone.get("/api/v1/notes?q=", headers=allowed)
    assert [row["pointer"] for row in response.json()["errors"]] == ["/q"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"text": NaN}',
        b'{"text": "a", "weight": Infinity}',
        b'{"text": "a", "weight": 1e999}',
        b'"\\ud800"',
        b"\xff",
    ],
)
def test_loose_json_is_refused(anyone: httpx2.Client, allowed: Headers, body: bytes) -> None:
    for kind in ("application/json", "application/vnd.x+json; charset=utf-8", ""):
        headers = {**allowed, "Content-Type": kind}
        response = anyone.post("/api/v1/notes", headers=headers, content=body)
        assert (response.status_code, response.json()["code"]) == (400, "malformed_request")


def test_a_problem_of_the_module(anyone: httpx2.Client, allowed: Headers) -> None:
    response = anyone.get("/api/v1/refuse", headers={**allowed, "X-Request-ID": "problem-0001"})
    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems/note_exists",
        "title": "Note exists",
        "status": 409,
        "detail": "There is such a note.",
        "code": "note_exists",
        "request_id": "problem-0001",
        "errors": [{"pointer": "/a", "code": "b", "detail": "c"}],
    }


@pytest.mark.parametrize(
    ("path", "error"), [("/api/v1/fail", "ValueError"), ("/api/v1/wrong", "ResponseValidationError")]
)
def test_failures_are_answered_without_their_text(
    anyone: httpx2.Client, allowed: Headers, path: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = anyone.get(path, headers={**allowed, "X-Request-ID": "failure-0001"})
    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == "failure-0001"
    assert "swordfish" not in response.text
    assert logged(caplog, lambda record: record.getMessage() == f"unhandled {error}").exc_info


def test_an_answer_that_breaks_off_is_seen_to_be_broken(anyone: httpx2.Client, allowed: Headers) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        anyone.get("/api/v1/broken-stream", headers=allowed)
    assert anyone.get("/health").status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/no", 404), ("DELETE", "/api/v1/notes", 405)])
def test_what_does_not_exist(anyone: httpx2.Client, allowed: Headers, method: str, path: str, status: int) -> None:
    response = anyone.request(method, path, headers=allowed)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/admin", "//health", "/health/", "/HEALTH", "/pageant", "/redoc"]
)
def test_what_is_not_named_is_closed(anyone: httpx2.Client, path: str) -> None:
    assert anyone.get(path).status_code == 401


def test_web_sockets_are_closed(anyone: httpx2.Client) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    assert anyone.get("/api/v1/whoami", headers=upgrade).status_code in {401, 403}


def chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 100):
        yield b"x" * 100


@pytest.mark.parametrize("path", ["/api/v1/notes", "/api/v1/raw"])
def test_large_bodies_are_refused(anyone: httpx2.Client, allowed: Headers, path: str) -> None:
    for kind in ("application/json", "application/octet-stream"):
        headers = {**allowed, "Content-Type": kind}
        for content in (b"x" * (LIMIT + 1), chunks(LIMIT + 100)):
            response = anyone.post(path, headers=headers, content=content)
            assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_bodies_up_to_the_limit_are_streamed(anyone: httpx2.Client, allowed: Headers) -> None:
    headers = {**allowed, "Content-Type": "application/octet-stream"}
    assert anyone.post("/api/v1/raw", headers=headers, content=chunks(LIMIT)).json() == LIMIT


def test_401_comes_before_the_body(anyone: httpx2.Client) -> None:
    """Whoever has no token is answered although the announced body never comes."""
    address = urlsplit(anyone.base_url.__str__())
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(b"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


def test_pages(anyone: httpx2.Client) -> None:
    for path in ("/page", "/page/", "/page/index.html"):
        assert anyone.get(path).headers["Content-Type"].startswith("text/html")
    assert anyone.get("/page/page.js").headers["X-Content-Type-Options"] == "nosniff"
    assert anyone.post("/page/").status_code == 405
    for path in (
        "/page/none.js",
        "/page/../app.py",
        "/page/%2e%2e/app.py",
        "/page//etc/passwd",
        "/page/%00",
        "/page/.env",
    ):
        assert anyone.get(path).status_code in {401, 404}


def test_checks_of_health(anyone: httpx2.Client, example: ModuleApp) -> None:
    assert anyone.get("/health").json() == {
        "status": "ok",
        "module_id": "example",
        "version": "1.2.3",
        "checks": {"pages": {"status": "ok", "detail": ""}},
    }

    async def broken() -> str | None:
        raise OSError("at secret:5432")

    async def known() -> str | None:
        return "the model is missing"

    example.checks |= {"broken": broken, "known": known}
    try:
        response = anyone.get("/health")
    finally:
        del example.checks["broken"], example.checks["known"]
    assert (response.status_code, response.json()["status"]) == (503, "failed")
    assert response.json()["checks"]["broken"] == {"status": "failed", "detail": "OSError"}
    assert response.json()["checks"]["known"]["detail"] == "the model is missing"


def test_metrics_name_templates_and_not_paths(anyone: httpx2.Client, allowed: Headers) -> None:
    anyone.get("/api/v1/whoami", headers=allowed)
    anyone.get("/api/v1/made-up-4711", headers=allowed)
    text = anyone.get("/metrics").text
    assert 'lift_module_requests_total{method="GET",route="/api/v1/whoami",status="200"}' in text
    assert "4711" not in text
    assert 'lift_module_info{module_id="example",version="1.2.3"} 1.0' in text


def test_settings_of_the_organisation(anyone: httpx2.Client, platform: Platform) -> None:
    def ask(org_id: str) -> object:
        token = platform.token("example", org_id=org_id)
        return anyone.get("/api/v1/configuration", headers={"Authorization": f"Bearer {token}"}).json()

    platform.configure({"limit": 1}, "one")
    platform.configure({"limit": 2}, "two")
    assert [ask("one"), ask("two")] == [{"limit": 1}, {"limit": 2}]
    platform.configure({"limit": 3}, "one")
    assert ask("one") == {"limit": 1}, "kept for a while"


def test_the_access_line(anyone: httpx2.Client, allowed: Headers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "lift_sdk.access")
    path = "/api/v1/of-this-test-alone"
    anyone.get(path, headers=allowed)
    fields = vars(logged(caplog, lambda record: vars(record).get("path") == path))
    assert (fields["name"], fields["method"], fields["status"]) == ("lift_sdk.access", "GET", 404)
    assert fields["ms"] > 0


def test_the_document_is_json(anyone: httpx2.Client) -> None:
    assert "/api/v1/notes" in json.loads(anyone.get("/openapi.json").content)["paths"]
