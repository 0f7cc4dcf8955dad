"""Request smuggling, over raw sockets, through the server that runs in production: one request in, at most one out."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from apps.accounts.models import Organization
from apps.registry.models import Module
from deploy.dev.state import LOOPBACK, REPOSITORY, free_port
from tests.factories.gateway import token_of
from tests.factories.modules import RealModule

HIDDEN = b"GET /api/v1/gateway/sample/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
# What may stand between `Transfer-Encoding` and its value, or be the value, for one reader and not for another.
CODINGS = [
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: \x0cchunked",
    b"Transfer-Encoding: chunked\x00", b" Transfer-Encoding: chunked", b"X: y\nTransfer-Encoding: chunked",
    b"Transfer-Encoding\t: chunked", b"Transfer-Encoding: 'chunked'", b"Transfer-Encoding: chunk ed",
    b"Transfer-Encoding:\r\n chunked", b"Transfer_Encoding: chunked", b"Transfer-Encoding: CHUNKED",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
    b"\x00Transfer-Encoding: chunked", b"Transfer-Encoding:", b"Transfer-Encoding: chunked;x=y",
]  # fmt: skip
LENGTHS = [
    b"Content-Length: 0", b"Content-Length: 4", b"Content-Length: %d" % (len(HIDDEN) + 5), b"Content-Length: +4",
    b"Content-Length: 4\r\nContent-Length: 0", b"Content-Length: 0, 4", b"Content-Length : 4", b"Content-Length: 0x4",
]  # fmt: skip
CHUNKS = [
    b"0\r\n\r\n", b"0;x=\r\n\r\n", b"00000000000000000\r\n\r\n", b"0x0\r\n\r\n", b"0\n\n", b"-1\r\n\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"1\r\nZ0\r\n\r\n", b"fffffffffffffffff\r\n", b"4\r\nabcde\r\n0\r\n\r\n",
]  # fmt: skip


def _attacks() -> list[bytes]:
    head = b"POST /api/v1/gateway/sample/things HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer TOKEN\r\n"
    both = [
        head + b"\r\n".join([length, coding]) + b"\r\n\r\n0\r\n\r\n" for length in LENGTHS[:4] for coding in CODINGS
    ]
    alone = [head + length + b"\r\n\r\n0\r\n\r\n" for length in LENGTHS]
    chunked = [head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk for chunk in CHUNKS]
    # A whole request as the body of another stays a body.
    hidden = [
        head + b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
    ]
    lines = [
        b"POST /api/v1/gateway/sample/things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /api/v1/gateway/sample/things HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/gateway/sample/things\r\n\r\n",
        b"GET /api/v1/gateway/sample/things HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/gateway/sample/things\x0bHTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/api/v1/gateway/sample/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    return both + alone + chunked + hidden + lines


@pytest.fixture
def gateway(committed_acme: Organization, committed_db: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own server
        [
            sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--workers", "1", "--host", LOOPBACK,
            "--port", str(port), "--log-level", "error", "liftos.asgi:application",
        ],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": committed_db, "DJANGO_SETTINGS_MODULE": "liftos.settings.test"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((LOOPBACK, port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _send(port: int, payload: bytes) -> bytes:
    """Send bytes and what would be the next request on one connection; return what comes back within a moment."""
    with socket.create_connection((LOOPBACK, port), timeout=0.25) as connection:
        connection.sendall(payload)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
        return answer


def test_there_are_about_a_hundred_attacks() -> None:
    assert len(set(_attacks())) >= 100


def test_no_request_hides_in_another(
    gateway: int, sample: Module, committed_acme: Organization, real_module: RealModule
) -> None:
    token = token_of(committed_acme).encode()
    plain = b"GET /api/v1/gateway/sample/things HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer TOKEN\r\n\r\n"
    # On a busy machine the first answers take longer than a moment.
    answers = (_send(gateway, plain.replace(b"TOKEN", token)) for _ in range(40))
    assert b" 200 " in next(filter(None, answers)).splitlines()[0]
    assert {seen["path"] for seen in real_module.requests} == {"/api/v1/things"}
    for attack in _attacks():
        real_module.requests.clear()
        answer = _send(gateway, attack.replace(b"TOKEN", token))
        paths = [seen["path"] for seen in real_module.requests]
        assert len(paths) <= 1, (attack, paths)
        assert not [path for path in paths if path != "/api/v1/things"], (attack, paths)
        assert answer.count(b"HTTP/1.1 2") <= 1, (attack, answer)
        for seen in real_module.requests:
            names = [name for name, _ in seen["headers"]]
            assert not ({"content-length", "transfer-encoding"} <= set(names)), (attack, names)
            assert len(names) == len(set(names)), (attack, names)
