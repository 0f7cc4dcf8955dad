"""The local identity provider of `make dev`: its page, whom it sends back where, and how the product hears of it."""

import threading
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from deploy.dev.identity_provider import LOOPBACK, IdentityProvider, IdentityServer
from deploy.dev.processes import LOCAL_CLIENT, identity_spec, local_sign_in
from liftos.identity_providers import identity_providers

REDIRECT = "http://localhost:8000/api/v1/auth/oauth/"
ASKED = {
    "client_id": "liftos",
    "redirect_uri": f"{REDIRECT}local/callback",
    "response_type": "code",
    "scope": "openid email",
    "state": "s",
    "nonce": "n",
    "code_challenge": "c",
    "code_challenge_method": "S256",
}


@pytest.fixture
def server() -> Iterator[IdentityServer]:
    running = IdentityServer(IdentityProvider("liftos", "x", REDIRECT))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(5)


def call(server: IdentityServer, method: str, path: str, body: dict[str, str] | None = None) -> Any:
    connection = HTTPConnection(LOOPBACK, server.server_port, timeout=5)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, urlencode(body or {}), headers)
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]  # kept beyond the connection
    connection.close()
    return answer


def test_it_listens_on_loopback_only(server: IdentityServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_people_say_who_they_are(server: IdentityServer) -> None:
    asked = urlencode(ASKED)
    with urllib.request.urlopen(f"http://{LOOPBACK}:{server.server_port}/authorize?{asked}") as page:
        assert b"For development only" in page.read()
    answer = call(server, "POST", "/authorize", {"query": asked, "email": "a@b.example", "name": "A"})
    assert answer.status == 302
    assert answer.getheader("Location").startswith(f"{REDIRECT}local/callback?code=")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "other"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"response_type": "token"},
    ],
    ids=str,
)
def test_it_sends_nobody_elsewhere_and_insists_on_pkce(changes: dict[str, str], server: IdentityServer) -> None:
    asked = urlencode(ASKED | changes)
    assert call(server, "GET", f"/authorize?{asked}").status == 400
    assert call(server, "POST", "/authorize", {"query": asked, "email": "a@b.example"}).status == 400


@pytest.mark.parametrize("text", ["/authorize?state=<script>alert(1)</script>", "/nowhere", "/userinfo"])
def test_what_it_is_asked_wrongly_is_refused(text: str, server: IdentityServer) -> None:
    answer = call(server, "GET", text)
    assert answer.status in {400, 404}
    assert b"<script>" not in answer.content


def test_the_product_is_told_of_it_unless_others_are_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OIDC_PROVIDERS", raising=False)
    others = local_sign_in(4711)["OIDC_PROVIDERS"]
    found = identity_providers(google_id="", google_secret="", others=others, allow_http=True)
    assert [(one.id, one.server_url, one.client_id) for one in found] == [
        ("local", "http://127.0.0.1:4711", LOCAL_CLIENT)
    ]
    assert f"{REDIRECT}" in identity_spec(4711, "http://localhost:8000").command
    monkeypatch.setenv("OIDC_PROVIDERS", "[]")
    assert local_sign_in(4711) == {}
