"""What the gateway does with a call that has passed: deadlines, retries, breaker, bodies, and memory."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from apps.accounts.models import Organization
from apps.billing.models import UsageEvent
from apps.core.tenancy.scope import public_scope
from apps.registry.models import Module
from tests.factories.gateway import Call, token_of, usage
from tests.factories.modules import RealModule, module_available

IDEMPOTENCY = [(b"idempotency-key", b"key-1")]


def routed(real_module: RealModule, *routes: dict[str, Any]) -> None:
    with public_scope():
        module_available(real_module.base_url, routes=list(routes))


def failing(times: int) -> Any:
    """Hang up so often, then answer."""
    left = [times]

    async def handle(request: web.Request) -> web.Response:
        if left[0]:
            left[0] -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"ok": True})

    return handle


def test_a_module_that_hangs_is_given_up_at_the_deadline(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.json_response({})

    real_module.handler = hang
    routed(real_module, {"path": "/things", "timeout_seconds": 0.3})
    answer = call(token=token_of(committed_acme))
    assert (answer.status, answer.json()["code"], answer.json()["gate"]) == (504, "upstream_timeout", "timeout")
    assert usage() == 0


@pytest.mark.parametrize(
    ("method", "headers", "status", "asked"),
    [("GET", [], 200, 3), ("DELETE", IDEMPOTENCY, 200, 3), ("DELETE", [], 502, 1)],
)
def test_only_what_may_be_done_twice_is_done_again(
    committed_acme: Organization,
    sample: Module,
    real_module: RealModule,
    call: Call,
    method: str,
    headers: list[tuple[bytes, bytes]],
    status: int,
    asked: int,
) -> None:
    routed(real_module, {"path": "/things", "idempotent": True})
    real_module.handler = failing(2)
    answer = call(token=token_of(committed_acme), method=method, headers=headers)
    assert (answer.status, len(real_module.requests)) == (status, asked)
    assert usage() == (1 if status == 200 else 0)


def test_a_module_that_always_fails_is_left_alone(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    real_module.handler = failing(1000)
    answers = call(token=token_of(committed_acme), method="POST", times=12)
    assert [answer.status for answer in answers] == [502] * 5 + [503] * 7
    assert (answers[-1].json()["gate"], answers[-1].headers["retry-after"]) == ("circuit", "4")
    assert len(real_module.requests) == 5
    # What was not forwarded was not counted and taken back either: five rows, and five that take them back.
    with public_scope():
        assert UsageEvent.objects.filter(meter="api_calls").count() == 10


def test_a_body_arrives_as_it_was_sent(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    body = bytes(range(256)) * 4096
    answer = call(token=token_of(committed_acme), method="PUT", body=body)
    assert answer.status == 200
    assert real_module.requests[0]["body"] == body


def test_a_body_that_is_too_large_is_refused_before_and_while_it_is_read(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    token = token_of(committed_acme)
    announced = call(token=token, method="POST", headers=[(b"content-length", b"99999999")], body=b"x")
    chunked = call(token=token, method="POST", headers=[(b"transfer-encoding", b"chunked")], body=b"x" * 34_000_000)
    assert [announced.status, chunked.status] == [413, 413]
    assert real_module.requests == [] or real_module.requests[0]["body"] == b""


def test_a_call_goes_on_without_memory_when_that_is_away(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    routed(
        real_module,
        {
            "path": "/things",
            "memory_enrichment": {"query_from": "/question"},
            "remember": {"content_from": "/path"},
        },
    )
    answer = call(token=token_of(committed_acme), method="POST", body=b'{"question": "Which button?"}')
    assert answer.status == 200
    assert answer.headers["x-lift-remembered"] == "failed"
    sent = real_module.requests[0]["body"].decode()
    assert '"lift_memory": {"results": [], "unavailable": "dependency_unavailable"}' in sent


def test_a_route_that_will_go_says_so(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    deprecated = {"since": "2026-11-01", "sunset": "2027-05-01", "link": "https://liftos.example/changes"}
    routed(real_module, {"path": "/things", "deprecated": deprecated})
    headers = call(token=token_of(committed_acme)).headers
    assert headers["deprecation"] == "@1793491200"
    assert headers["sunset"] == "Sat, 01 May 2027 00:00:00 GMT"
    assert headers["link"] == '<https://liftos.example/changes>; rel="deprecation"'


def test_scripts_of_listed_sites_alone_may_call(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call, settings: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    token = token_of(committed_acme)
    ask = (b"access-control-request-method", b"POST")
    known, other = (b"origin", b"https://app.example"), (b"origin", b"https://evil.example")
    allowed, refused = [call(method="OPTIONS", headers=[origin, ask]) for origin in (known, other)]
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (204, "https://app.example")
    assert "access-control-allow-credentials" not in allowed.headers
    assert "access-control-allow-origin" not in refused.headers
    assert call(token=token, headers=[known]).headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in call(token=token, headers=[other]).headers
    # A refusal can be read too, or a page could not say what is wrong.
    assert call(headers=[known]).headers["access-control-allow-origin"] == "https://app.example"
    settings.CORS_ALLOWED_ORIGINS = []
    assert "vary" not in call(token=token, headers=[known]).headers


def test_what_should_be_searched_for_must_be_json(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    routed(real_module, {"path": "/things", "memory_enrichment": {"query_from": "/question"}})
    token = token_of(committed_acme)
    bodies = [b"{", b"[]", b'"x"', b"\xff", b'{"a": NaN}']
    assert [call(token=token, method="POST", body=body).status for body in bodies] == [400] * 5
    assert real_module.requests == []


def test_memory_is_searched_as_the_module_and_not_as_who_calls_it(
    committed_acme: Organization, sample: Module, real_module: RealModule, call: Call, settings: Any
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"results": []})

    # It stands for the platform's API as well.
    settings.WEB_URL, real_module.handler = real_module.base_url, answer
    routed(real_module, {"path": "/things", "memory_enrichment": {"query_from": "/question"}})
    token = token_of(committed_acme)
    assert call(token=token, method="POST", body=b'{"question": "Which button?"}').status == 200
    search, passed = real_module.requests
    assert search["path"] == "/api/v1/memory/search"
    shown = [dict(one["headers"])["authorization"] for one in (search, passed)]
    assert shown[0] == shown[1] != f"Bearer {token}"
