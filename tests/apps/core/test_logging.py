"""The log: JSON lines that say whose they are, hold no secret, and survive forks, full files and removed ones."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.logging import ProcessFile, formatter, without_secrets
from apps.core.request_context import request_id_set
from apps.core.tenancy.scope import organization_scope
from apps.core.tracing import SpanKind, Trace, parsed, span
from tests.factories.fixtures import ClientFactory

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
Lines = Callable[[], list[dict[str, Any]]]


def attached(folder: Path) -> tuple[logging.Logger, ProcessFile]:
    handler = ProcessFile(str(folder), "web", 1)
    handler.setFormatter(formatter(process="web", as_json=True))
    logger = logging.getLogger()
    logger.addHandler(handler)
    return logger, handler


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """What the root logger keeps in a folder, as `LOG_FOLDER` would have it."""
    logger, handler = attached(tmp_path)
    level = logger.level
    logger.setLevel(logging.INFO)

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for path in sorted(tmp_path.glob("*.jsonl")) for line in path.read_text().splitlines()]

    yield read
    logger.removeHandler(handler)
    logger.setLevel(level)
    handler.close()


def test_a_line_says_for_which_request_organisation_and_process_it_was_written(
    acme: Organization, lines: Lines
) -> None:
    above = parsed(TRACEPARENT)
    with request_id_set("request-0001"), span("work", SpanKind.SERVER, parent=above), organization_scope(acme.id):
        logging.getLogger("apps.memory").warning("stored %d", 3, extra={"memory_type": "insights"})
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "process": "web",
        "event": "stored 3",
        "memory_type": "insights",
        "logger": "apps.memory",
        "request_id": "request-0001",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "organization_id": str(acme.id),
        "pid": os.getpid(),
    }


def test_a_request_has_one_line_which_names_the_route_and_the_caller(
    acme: Organization, client_of: ClientFactory, lines: Lines
) -> None:
    client = client_of(acme)
    answer = client.get("/api/v1/memory?q=whatever", headers={"X-Request-ID": "request-0002"})
    assert answer.status_code == 200
    (line,) = [line for line in lines() if line["logger"] == "web.access"]
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", "/api/v1/memory", 200)
    assert (line["request_id"], line["organization_id"]) == ("request-0002", str(acme.id))
    assert line["user_id"]
    assert line["bytes"] == len(answer.content)
    assert "whatever" not in json.dumps(lines())


def test_a_request_without_a_trace_gets_one(anonymous: APIClient, lines: Lines) -> None:
    anonymous.get("/api/v1/auth/providers")
    anonymous.get("/api/v1/auth/providers", headers={"traceparent": "00-nonsense"})
    anonymous.get("/api/v1/auth/providers", headers={"traceparent": TRACEPARENT})
    first, second, third = [line["trace_id"] for line in lines() if line["logger"] == "web.access"]
    assert third == "0af7651916cd43dd8448eb211c80319c"
    assert len({first, second, third}) == 3
    assert all(Trace(one, "b7ad6b7169203331") == parsed(f"00-{one}-b7ad6b7169203331-00") for one in (first, second))


@pytest.mark.parametrize("path", ["/verify-email/NA:1xVp0v:hush", "/verify-email/a\nhush", "/problems/hush\r\x1b[31m"])
def test_a_path_cannot_forge_a_line_or_show_a_key(anonymous: APIClient, lines: Lines, path: str) -> None:
    anonymous.get(path)
    assert len([line for line in lines() if line["logger"] == "web.access"]) == 1
    assert "hush" not in json.dumps(lines())


def test_a_line_for_people_cannot_be_forged() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "asked for %s", ("\nERROR forged\x1b[31m",), None)
    assert formatter(process="web", as_json=False).format(record) == r"INFO x [-] asked for \nERROR forged\x1b[31m"


@pytest.mark.parametrize(
    "secret",
    [
        "lift_live_0123456789abcdefghijABCDEFGHIJ12aaaaaa",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----",
    ],
)
def test_known_shapes_of_secrets_are_struck_out(lines: Lines, secret: str) -> None:
    try:
        int(secret)
    except ValueError:
        logging.getLogger("apps").exception("failed with %s", secret, extra={"sent": {"deep": [secret]}})
    text = json.dumps(lines())
    assert text.count("[secret]") >= 3
    assert secret[12:30] not in text.replace("\\\\n", "\n")


def test_secrets_are_known_by_their_names_and_places() -> None:
    assert without_secrets({"password": "hunter2", "Authorization": "x", "count": 3, "none": None}) == {
        "password": "[secret]",
        "Authorization": "[secret]",
        "count": 3,
        "none": None,
    }
    assert without_secrets("postgres://liftos:hunter2@db/liftos") == "postgres://[secret]@db/liftos"
    assert without_secrets("Authorization: Bearer abc.def") == "Authorization: Bearer [secret]"
    # What only looks like one a little.
    assert without_secrets("http://127.0.0.1:8000/api/v1 sk_learn whsecret") == (
        "http://127.0.0.1:8000/api/v1 sk_learn whsecret"
    )


def test_a_fork_writes_to_a_file_of_its_own(tmp_path: Path, lines: Lines) -> None:
    logging.getLogger("apps").warning("before")
    child = os.fork()
    if not child:
        logging.getLogger("apps").warning("inside")
        os._exit(0)
    os.waitpid(child, 0)
    logging.getLogger("apps").warning("after")
    by_pid: dict[int, list[str]] = {line["pid"]: [] for line in lines()}
    for line in lines():
        by_pid[line["pid"]].append(line["event"])
    assert by_pid == {os.getpid(): ["before", "after"], child: ["inside"]}
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_file_is_moved_aside_and_a_removed_one_comes_back(tmp_path: Path, lines: Lines) -> None:
    for number in range(130):
        logging.getLogger("apps").warning("%d %s", number, "x" * 9_900)
    assert len(list(tmp_path.iterdir())) == 2
    assert sorted(int(line["event"].partition(" ")[0]) for line in lines()) == list(range(130))
    for path in tmp_path.iterdir():
        path.unlink()
    logging.getLogger("apps").warning("again")
    assert [line["event"] for line in lines()] == ["again"]
