import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from answering import Answering, Reply

from lift_sdk import AsyncMemoryClient, MemoryClient
from lift_sdk.memory import calls
from lift_sdk.memory.exceptions import (
    Conflict,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlatformAway,
    PlatformError,
    PlatformRefusal,
    QuotaExceeded,
    RateLimited,
)
from lift_sdk.memory.exchange import MAX_TRIES
from lift_sdk.memory.results import Stored

STORED = {"memory_id": str(uuid4()), "status": "stored", "duplicate_of": None, "similarity": None}
FOUND = {"results": [], "count": 0, "search_type": "hybrid", "took_ms": 1.5, "dropped_channels": []}
OK = Reply(200, json.dumps(FOUND).encode())
CREATED = Reply(201, json.dumps(STORED).encode())

Send = Callable[..., Any]


def blocking(url: str, name: str, *args: Any, timeout: float = 5.0, **kwargs: Any) -> Any:
    with MemoryClient(url, api_key="key", timeout=timeout) as client:
        return getattr(client, name)(*args, **kwargs)


def coroutine(url: str, name: str, *args: Any, timeout: float = 5.0, **kwargs: Any) -> Any:
    async def inside() -> Any:
        async with AsyncMemoryClient(url, api_key="key", timeout=timeout) as client:
            call: Awaitable[Any] = getattr(client, name)(*args, **kwargs)
            return await call

    return asyncio.run(inside())


@pytest.fixture(params=[blocking, coroutine])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


def problem(status: int, code: str, **headers: str) -> Reply:
    return Reply(status, json.dumps({"code": code, "detail": f"about {code}", "title": "T"}).encode(), headers)


@pytest.mark.parametrize("failure", [Reply(429), Reply(502), Reply(503), Reply(504), Reply(0)])
def test_reads_are_tried_again(send: Send, failure: Reply) -> None:
    with Answering(failure, failure, OK) as server:
        assert send(server.url, "search", "tea").count == 0
    assert len(server.asked) == MAX_TRIES


def test_a_store_is_tried_again_under_one_key(send: Send) -> None:
    with Answering(Reply(503), Reply(0), CREATED) as server:
        assert send(server.url, "store", "tea").status == "stored"
    assert len({asked.headers["Idempotency-Key"] for asked in server.asked}) == 1
    assert len({asked.body for asked in server.asked}) == 1


def test_a_write_without_a_key_is_not_repeated() -> None:
    call = calls.Call("POST", "/api/v1/anything", Stored, {})
    with (
        Answering(Reply(503)) as server,
        MemoryClient(server.url, api_key="key") as client,
        pytest.raises(PlatformAway),
    ):
        client.send(call)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (problem(400, "validation_failed"), PlatformRefusal),
        (problem(401, "not_authenticated"), NotAuthenticated),
        (problem(402, "quota_exceeded"), QuotaExceeded),
        (problem(403, "permission_denied"), PermissionDenied),
        (problem(404, "memory_not_found"), NotFound),
        (problem(409, "external_id_conflict"), Conflict),
        (problem(413, "too_large"), PlatformRefusal),
        (problem(302, "elsewhere", Location="http://127.0.0.1:1/"), PlatformRefusal),
    ],
)
def test_refusals_are_final_and_typed(send: Send, reply: Reply, error: type[PlatformRefusal]) -> None:
    with Answering(reply) as server, pytest.raises(error) as raised:
        send(server.url, "store", "tea")
    assert type(raised.value) is error
    assert raised.value.code == json.loads(reply.body)["code"]
    assert raised.value.detail == f"about {raised.value.code}"
    assert len(server.asked) == 1


def test_a_500_is_not_repeated(send: Send) -> None:
    with Answering(Reply(500, b"Traceback")) as server, pytest.raises(PlatformAway, match="answered 500"):
        send(server.url, "search", "tea")
    assert len(server.asked) == 1


def test_retry_after_is_kept(send: Send) -> None:
    with Answering(Reply(429, headers={"Retry-After": "1"}), OK) as server:
        send(server.url, "search", "tea")
    assert server.asked[1].at - server.asked[0].at >= 1.0


def test_retry_after_may_be_a_date(send: Send) -> None:
    then = format_datetime(datetime.fromtimestamp(int(time.time()) + 2, UTC), usegmt=True)
    with Answering(Reply(503, headers={"Retry-After": then}), OK) as server:
        send(server.url, "search", "tea")
    assert 0.5 <= server.asked[1].at - server.asked[0].at <= 2.5


def test_who_is_asked_to_wait_too_long_is_told_at_once(send: Send) -> None:
    began = time.monotonic()
    reply = problem(429, "rate_limited", **{"Retry-After": "60"})
    with Answering(reply) as server, pytest.raises(RateLimited) as raised:
        send(server.url, "search", "tea", timeout=2.0)
    assert raised.value.retry_after == 60
    assert time.monotonic() - began < 1.5
    assert len(server.asked) == 1


def test_tries_end(send: Send) -> None:
    with Answering(Reply(503, headers={"Retry-After": "0"})) as server, pytest.raises(PlatformAway) as raised:
        send(server.url, "search", "tea")
    assert len(server.asked) == MAX_TRIES
    assert raised.value.retry_after == 0
    assert not raised.value.deadline_passed


@pytest.mark.parametrize("slow", [Reply(200, delay=3.0), Reply(200, OK.body, drip=0.1)], ids=["silent", "trickling"])
def test_no_answer_takes_longer_than_its_time(send: Send, slow: Reply) -> None:
    began = time.monotonic()
    with Answering(slow) as server:
        with pytest.raises(PlatformAway) as raised:
            send(server.url, "search", "tea", timeout=0.5)
        assert time.monotonic() - began < 1.0
    assert raised.value.deadline_passed


def test_nothing_is_sent_after_the_deadline() -> None:
    past = time.monotonic() - 1
    with (
        Answering(OK) as server,
        MemoryClient(server.url, api_key="key", deadline=past) as client,
        pytest.raises(PlatformAway) as raised,
    ):
        client.search("tea")
    assert raised.value.deadline_passed
    assert server.asked == []


def test_nobody_there(send: Send) -> None:
    with pytest.raises(PlatformAway, match="ConnectError"):
        send("http://127.0.0.1:9", "search", "tea")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"results": 1}'])
def test_another_answer_is_an_error(send: Send, body: bytes) -> None:
    with Answering(Reply(200, body)) as server, pytest.raises(PlatformError, match="something else"):
        send(server.url, "search", "tea")


def test_a_later_platform_may_say_more(send: Send) -> None:
    with Answering(Reply(200, json.dumps({**FOUND, "mood": "good"}).encode())) as server:
        assert send(server.url, "search", "tea").took_ms == 1.5


def test_no_cookie_is_kept() -> None:
    reply = Reply(200, OK.body, {"Set-Cookie": "a=b"})
    with Answering(reply) as server, MemoryClient(server.url, api_key="key") as client:
        client.search("one")
        client.search("two")
    assert "Cookie" not in server.asked[1].headers


def test_an_id_stays_one_segment(send: Send) -> None:
    with Answering(problem(404, "memory_not_found")) as server, pytest.raises(NotFound):
        send(server.url, "get", "../modules?x=1#y")
    assert server.asked[0].path == "/api/v1/memory/..%2Fmodules%3Fx%3D1%23y"


def test_the_credential() -> None:
    with Answering(OK) as server:
        with MemoryClient(server.url, token="t") as client:
            client.search("tea")
        with MemoryClient(server.url, api_key="k") as client:
            client.search("tea")
    assert [asked.headers.get("Authorization") for asked in server.asked] == ["Bearer t", None]
    assert [asked.headers.get("X-API-Key") for asked in server.asked] == [None, "k"]
    with pytest.raises(ValueError, match="either"):
        MemoryClient(server.url)


def test_what_is_sent() -> None:
    with Answering(OK, CREATED) as server, MemoryClient(server.url, api_key="k") as client:
        client.search("tea", limit=3, memory_types=["note"], occurred_after=datetime(2026, 1, 1, tzinfo=UTC))
        client.store("tea", occurred_at=datetime(2026, 1, 2, tzinfo=UTC), idempotency_key="mine")
    assert json.loads(server.asked[0].body) == {
        "query": "tea",
        "search_type": "hybrid",
        "limit": 3,
        "memory_types": ["note"],
        "occurred_after": "2026-01-01T00:00:00+00:00",
        "explain": True,
    }
    assert json.loads(server.asked[1].body) == {
        "content": "tea",
        "memory_type": "general",
        "occurred_at": "2026-01-02T00:00:00+00:00",
    }
    assert server.asked[1].headers["Idempotency-Key"] == "mine"


def test_times_need_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        calls.store("tea", occurred_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


def test_calls_agree_with_the_platforms_document() -> None:
    """Every path and field that the client sends stands in the API's document."""
    yaml = pytest.importorskip("yaml")
    from pathlib import Path  # noqa: PLC0415 - the repository, which a lone SDK does not have

    file = Path(__file__).parents[3] / "docs" / "api" / "openapi.yaml"
    if not file.exists():
        pytest.skip("not in the platform's repository")
    document = yaml.safe_load(file.read_text())
    now = datetime.now(UTC)
    times = {"occurred_after": now, "occurred_before": now}
    conditions: dict[str, Any] = {"memory_types": ["a"], "filters": {"a": 1}, "threshold": 0.1, **times}
    described: dict[str, calls.Call[Any]] = {
        "/api/v1/memory/store": calls.store(
            "a", metadata={"a": 1}, occurred_end=now, occurred_at=now, expires_at=now, source="a", external_id="a"
        ),
        "/api/v1/memory/store/batch": calls.store_batch([{"content": "a"}]),
        "/api/v1/memory/search": calls.search(
            "a", weights={"lexical": 1.0}, deadline_ms=5, rerank=True, wait_for="a", **conditions
        ),
        "/api/v1/memory/explain": calls.explain("a", "b", **conditions),
        "/api/v1/memory/operations/{operation_id}": calls.operation("a"),
        "/api/v1/memory/{memory_id}": calls.get("a"),
        "/api/v1/memory/insights": calls.insights(memory_types=["a"], time_range="3d", as_of=now, **times),
        "/api/v1/memory/context": calls.context(),
    }
    for path, call in described.items():
        operation = document["paths"][path][call.method.lower()]
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert {name for name, _ in call.query} <= parameters
        if call.body is not None:
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert call.body.keys() <= document["components"]["schemas"][name]["properties"].keys()
        assert call.idempotency_key is None or "Idempotency-Key" in parameters
        answer = next(reply for status, reply in operation["responses"].items() if status.startswith("2"))
        schema = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        required = {name for name, field in call.answer.model_fields.items() if field.is_required()}
        assert required <= document["components"]["schemas"][schema]["properties"].keys()
