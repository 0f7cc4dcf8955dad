"""The gateway from outside: over ASGI, with a real module on loopback, real PostgreSQL and Redis.

Tricks with paths and headers, forged identity, addresses that must not be reached, tokens in the wrong hands: nothing
passes, and what is refused never reaches the module.
"""

import asyncio
import itertools
import socket
from dataclasses import replace
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization, Session
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.sessions import session_open
from apps.accounts.tokens import module_token_issue
from apps.billing.models import Subscription
from apps.core.outgoing import AddressNotAllowed, AllowedAddresses, outgoing_session, url_check
from apps.core.tenancy.scope import public_scope
from apps.registry.models import Module
from tests.factories.gateway import GATEWAY, Call, token_of, usage
from tests.factories.modules import RealModule


@pytest.fixture
def acme(committed_acme: Organization) -> Organization:
    return committed_acme


@pytest.fixture
def globex(committed_acme: Organization) -> Organization:
    with public_scope():
        found: Organization = Organization.objects.get(slug="globex")
        return found


@pytest.fixture
def anonymous(committed_acme: Organization) -> APIClient:
    return APIClient(raise_request_exception=False)


def test_a_call_goes_through_with_a_token_for_this_module_alone(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    token = token_of(acme, Role.VIEWER)
    answer = call(f"{GATEWAY}/things?b=2&a=1", token, headers=[(b"x-request-id", b"request-0001")])
    assert (answer.status, answer.json()["path"]) == (200, "/api/v1/things?b=2&a=1")
    assert answer.headers["x-request-id"] == "request-0001"
    assert {"ratelimit", "ratelimit-policy"} <= answer.headers.keys()
    (seen,) = real_module.requests
    headers = dict(seen["headers"])
    assert headers["x-request-id"] == "request-0001"
    assert 0 < int(headers["x-lift-deadline-ms"]) <= 10_000
    claims = jwt.decode(headers["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert (claims["aud"], claims["rid"], claims["exp"] - claims["iat"]) == ("sample", "request-0001", 60)
    # What the viewer and the module have in common, and no more.
    assert claims["permissions"] == ["memory:read", "sample:read"]
    assert usage() == 1


def _path_tricks() -> list[bytes]:
    """More than 300 spellings that one server or another takes for a way up, a separator, or an end."""
    up = [
        b"..", b"%2e%2e", b"%2E%2E", b".%2e", b"%2e.", b"%252e%252e", b"%25252e%25252e", b"..%00", b"..;", b"..;a=b",
        b"%c0%ae%c0%ae", b"%e0%80%ae%e0%80%ae", b"%ef%bc%8e%ef%bc%8e", b"\xef\xbc\x8e\xef\xbc\x8e", b"..%20", b".. ",
        b"%e2%80%a4%e2%80%a4", b"%e2%80%a5", b"..%09", b"..%0d", b"..%0a", b".", b"%2e", b"...", b"....",
    ]  # fmt: skip
    separators = [
        b"/",
        b"%2f",
        b"%2F",
        b"%252f",
        b"\\",
        b"%5c",
        b"%5C",
        b"%255c",
        b"//",
        b"%c0%af",
        b"%ef%bc%8f",
        b"%e2%88%95",
    ]
    tricks = [b"things" + slash + dots + slash + b"admin" for dots, slash in itertools.product(up, separators)]
    tricks += [
        b"", b"/", b"//things", b"things//x", b"things/", b"things;a=b", b"things%3bx", b"things%00",
        b"things%0d%0aX:1",
        b"things%0ax", b"thin\x00gs", b"things%", b"things%2", b"things%zz", b"things%ff", b"things\xff", b"things x",
        b"things\tx", b"http://evil.example/", b"things/%2e%2e%2f%2e%2e%2fetc", b"things%2f..%2f..", b"\\things",
        b"things\\..", b"%2fthings", b"%5cthings", b"things%25", b"things<x>", b'things"x', b"things|x", b"things^",
        b"things`x", b"things{x}", b"things[0]", b"things%7f", b"things%c2%85", b"things%e2%81%84x",
    ]  # fmt: skip
    return tricks


def test_there_are_at_least_300_tricks() -> None:
    assert len(set(_path_tricks())) >= 300


def test_no_trick_with_a_path_reaches_the_module(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    token = token_of(acme)
    for trick in _path_tricks():
        for prefix in (GATEWAY.encode() + b"/", b"/api/v1/gateway/"):
            answer = call(prefix + trick, token)
            assert answer.status in {400, 404}, (prefix + trick, answer.status, real_module.requests)
    assert [seen["path"] for seen in real_module.requests] == []
    assert usage() == 0


@pytest.mark.parametrize(
    "module_id", ["SAMPLE", "sample%00", "%73ample", "sample.", "../sample", "sample;", "s\u0430mple"]
)
def test_a_module_has_one_name(
    acme: Organization, sample: Module, real_module: RealModule, call: Call, module_id: str
) -> None:
    answer = call(f"/api/v1/gateway/{module_id}/things", token_of(acme))
    assert answer.status in {400, 404}
    assert real_module.requests == []


FORGED = [
    b"x-org-id", b"x-organization-id", b"x-tenant", b"x-user-id", b"x-user", b"x-permissions", b"x-roles",
    b"x-lift-org", b"x-lift-user", b"x-lift-deadline-ms", b"x-forwarded-for", b"x-forwarded-user", b"x-forwarded-host",
    b"forwarded",
    b"x-real-ip", b"x-original-url", b"x-rewrite-url", b"cookie", b"x-api-key", b"proxy-authorization", b"via",
    b"x-http-method-override", b"x_request_id", b"x_org_id", b"connection", b"keep-alive", b"te", b"trailer",
    b"proxy-connection", b"origin", b"referer", b"remote-user", b"x-remote-user", b"x-auth-request-user",
    b"x-amzn-oidc-identity", b"x-client-cert", b"x-ms-client-principal", b"cf-connecting-ip", b"true-client-ip",
    b"expect",
]  # fmt: skip


def test_no_identity_but_the_token_s_arrives(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    headers = [(name, b"forged-value") for name in FORGED]
    headers += [(name.title(), b"forged-value") for name in FORGED]
    assert call(token=token_of(acme), headers=headers).status == 200
    (seen,) = real_module.requests
    assert [name for name, value in seen["headers"] if "forged-value" in value] == []
    assert len([name for name, _ in seen["headers"] if name == "authorization"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")],
        [(b"content-length", b"5"), (b"content-length", b"6")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"identity")],
        [(b"content-length", b"+5")],
        [(b"content-length", b"0x5")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"5, 5")],
        [(b"host", b"other")],
        [(b"authorization", b"Bearer other")],
        [(b"content-type", b"a"), (b"content-type", b"b")],
        [(b"accept", b"a\r\nX-Org-Id: 1")],
        [(b"accept", b"a\nX-Org-Id: 1")],
        [(b"accept", b"a\0b")],
        [(b"accept", b"a" * 40_000)],
        *([(b"x-%d" % number, b"v" * 1000) for number in range(40)],),
    ],
)
def test_headers_that_can_be_read_in_two_ways_are_refused(
    acme: Organization, sample: Module, real_module: RealModule, call: Call, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = call(token=token_of(acme), method="POST", headers=headers, body=b"hello")
    assert (answer.status, answer.json()["gate"]) == (400, "request")
    assert real_module.requests == []


def test_an_answer_brings_no_cookie_no_cors_and_no_redirect(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    async def bad(request: web.Request) -> web.Response:
        if request.path.endswith("away"):
            return web.Response(status=302, headers={"Location": "http://evil.example/"})
        headers = {
            "Set-Cookie": "lift_refresh=stolen", "Access-Control-Allow-Origin": "*", "Strict-Transport-Security": "x",
            "Clear-Site-Data": '"*"', "Content-Security-Policy": "x", "Location": "http://evil.example/",
            "X-Request-ID": "another-one-of-mine", "RateLimit": "x", "Refresh": "0;url=x", "WWW-Authenticate": "Basic",
        }  # fmt: skip
        return web.json_response({}, headers=headers)

    real_module.handler = bad
    token = token_of(acme)
    answer = call(token=token, headers=[(b"x-request-id", b"request-0002")])
    assert answer.headers.keys() == {
        "content-type", "content-length", "x-request-id", "x-content-type-options", "ratelimit", "ratelimit-policy",
        "x-quota-meter", "x-quota-limit", "x-quota-remaining", "x-quota-reset",
    }  # fmt: skip
    assert answer.headers["x-request-id"] == "request-0002"
    away = call(f"{GATEWAY}/away", token)
    assert (away.status, "location" in away.headers) == (502, False)


def test_a_failing_module_tells_nothing_of_its_inside(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    async def failing(request: web.Request) -> web.Response:
        return web.Response(status=500, text="Traceback: password=hunter2")

    real_module.handler = failing
    answer = call(token=token_of(acme), method="POST", body=b"{}")
    assert (answer.status, answer.json()["code"], answer.json()["gate"]) == (502, "upstream_failed", "upstream")
    assert b"hunter2" not in answer.body
    # A call that was not answered is not charged, and one that is not idempotent is made once.
    assert (usage(), len(real_module.requests)) == (0, 1)


def test_a_captured_module_token_opens_nothing_else(
    acme: Organization, sample: Module, real_module: RealModule, call: Call, anonymous: APIClient
) -> None:
    call(token=token_of(acme, Role.VIEWER))
    captured = dict(real_module.requests[0]["headers"])["authorization"].removeprefix("Bearer ")
    before = len(real_module.requests)
    assert call(token=captured).status == 401
    assert len(real_module.requests) == before
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {captured}")
    # Within its permissions the core API serves it: memory:read, as the viewer has.
    assert anonymous.get("/api/v1/memory").status_code == 200
    refused = [
        anonymous.post("/api/v1/memory/store", {"content": "x"}, format="json"),
        anonymous.get("/api/v1/auth/me"),
        anonymous.post("/api/v1/auth/switch", {"org_id": str(acme.id)}, format="json"),
        anonymous.post("/api/v1/orgs", {"name": "x"}, format="json"),
        anonymous.patch("/api/v1/orgs/current", {"name": "x"}, format="json"),
        anonymous.get("/api/v1/modules"),
        anonymous.post("/api/v1/modules/sample/token", {}, format="json"),
        anonymous.get("/api/v1/modules/other_module/config"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert anonymous.get("/api/v1/modules/sample/config").status_code == 200


def test_a_right_that_was_taken_away_is_gone(
    acme: Organization, sample: Module, real_module: RealModule, call: Call, anonymous: APIClient
) -> None:
    token = token_of(acme)
    assert call(token=token).status == 200
    captured = dict(real_module.requests[0]["headers"])["authorization"]
    with public_scope():
        Membership.objects.filter(organization=acme).update(permission_version=99)
    assert call(token=token).status == 401
    caches["process"].clear()
    assert anonymous.get("/api/v1/memory", HTTP_AUTHORIZATION=captured).status_code == 401


def test_each_gate_says_who_refused(acme: Organization, sample: Module, call: Call, globex: Organization) -> None:
    viewer = token_of(acme, Role.VIEWER)
    assert call().json()["gate"] == "authentication"
    assert call(token="nonsense").json()["gate"] == "authentication"
    refused = call(token=viewer, method="POST", body=b"{}")
    assert (refused.status, refused.json()["gate"]) == (403, "permission")
    other = call(token=token_of(globex))
    assert (other.status, other.json()["code"], other.json()["gate"]) == (403, "module_not_enabled", "entitlement")
    socket = call(token=viewer, headers=[(b"upgrade", b"websocket"), (b"connection", b"upgrade")])
    assert (socket.status, socket.json()["code"]) == (501, "websocket_unsupported")


def test_a_plan_s_calls_are_counted_and_no_more_pass(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    with public_scope():
        Subscription.objects.filter(organization_id=acme.id).update(plan_id="free")
    answers = call(token=token_of(acme), times=40)
    assert [answer.status for answer in answers] == [200] * 30 + [429] * 10
    refused = answers[-1]
    assert (refused.json()["gate"], refused.json()["retryable"]) == ("rate_limit", True)
    assert refused.json()["available_in"] == ["starter", "professional", "enterprise"]
    assert 1 <= int(refused.headers["retry-after"]) <= 70
    assert (len(real_module.requests), usage()) == (30, 30)


def _forbidden_urls() -> list[str]:
    hosts = [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "localhost",
        "0.0.0.0", "0",  # noqa: S104 - asked for, not bound to
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "169.254.169.254", "[fe80::1]",
        "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254",
        "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.127.255.254", "198.18.0.1", "192.0.0.1", "192.0.2.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "[fc00::1]", "[fdff::1]",
        "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "8.8.8.8", "metadata.google.internal",
    ]  # fmt: skip
    ports = ["", ":22", ":80", ":5432", ":6379"]
    urls = [f"http://{host}{port}" for host, port in itertools.product(hosts, ports)]
    return [
        *urls,
        "ftp://127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1", "http://", "http:///x", "//127.0.0.1",
        "http://user@127.0.0.1", "http://user:pass@127.0.0.1", "http://127.0.0.1:9001@evil.example",
        "javascript:alert(1)",
        "http://\u2460\u2461\u2466.0.0.1", "http://127.0.0.1%00", "http://127.0.0.1:99999", "http://[::1",
    ]  # fmt: skip


def test_200_addresses_are_refused_when_they_are_registered() -> None:
    allowed = AllowedAddresses(["127.0.0.1:9001-9099", "10.9.0.0/16:443"])
    urls = _forbidden_urls()
    assert len(urls) >= 200
    for url in urls:
        with pytest.raises(AddressNotAllowed):
            url_check(url, allowed)
    url_check("http://127.0.0.1:9001", allowed)


def test_200_addresses_are_refused_when_they_are_connected_to(real_module: RealModule) -> None:
    """The list allows another port than the one that listens: what gets through would be seen by the module."""
    urls = [url for url in _forbidden_urls() if url.startswith("http://") and "@" not in url]
    urls += [f"http://{host}:{real_module.port}" for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1")]

    async def reached() -> list[str]:
        session = outgoing_session(AllowedAddresses(["127.0.0.1:1", "8.8.4.4"]))
        found = []
        async with session:
            for url in urls:
                try:
                    async with asyncio.timeout(3), session.get(url, allow_redirects=False):
                        found.append(url)
                except (OSError, ValueError, TimeoutError):
                    continue
        return found

    assert asyncio.run(reached()) == []
    assert real_module.requests == []


def test_a_name_that_changes_its_address_is_caught_when_it_is_used(
    real_module: RealModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: harmless when it is checked, the loopback address when it is connected to."""
    allowed = AllowedAddresses(["10.9.0.0/16"])
    loop_addresses = [
        {
            "hostname": "rebind.example",
            "host": "127.0.0.1",
            "port": real_module.port,
            "family": 2,
            "proto": 6,
            "flags": 0,
        }
    ]

    async def rebound(*_: Any, **__: Any) -> Any:
        return loop_addresses

    with monkeypatch.context() as patched:
        harmless = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.9.0.1", real_module.port))]
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: harmless)
        url_check(f"http://rebind.example:{real_module.port}", allowed)

    async def use() -> None:
        async with outgoing_session(allowed) as session:
            monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", rebound)
            async with session.get(f"http://rebind.example:{real_module.port}/"):
                pass

    with pytest.raises(aiohttp.ClientConnectorError) as refused:
        asyncio.run(use())
    assert isinstance(refused.value.os_error, AddressNotAllowed)
    assert real_module.requests == []


def test_a_module_s_token_of_another_audience_is_not_this_one_s(acme: Organization, sample: Module, call: Call) -> None:
    with public_scope():
        membership = Membership.objects.select_related("user", "organization").filter(organization=acme).first()
        assert membership is not None
        session_open(membership=membership, now=timezone.now())
        session = Session.objects.filter(user=membership.user).first()
        assert session is not None
        principal = replace(principal_of(membership, session=session), permissions=frozenset({"sample:read"}))
    forged = module_token_issue(
        principal=principal,
        permission_version=membership.permission_version,
        module_id=settings.JWT_AUDIENCE,
        tier="free",
        request_id="request-0003",
        now=timezone.now(),
    )
    assert call(token=forged).status == 401
