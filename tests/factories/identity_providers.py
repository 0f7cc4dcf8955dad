"""A real identity provider on loopback that can be made to lie."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from rest_framework.test import APIClient

from deploy.dev.identity_provider import KEY_ID, Grant, IdentityProvider, IdentityServer, Person
from liftos.identity_providers import IdentityProvider as Configured

PUBLIC_URL = "http://localhost:8000"
OAUTH = "/api/v1/auth/oauth"


@dataclass
class LyingProvider(IdentityProvider):
    """`changes` replace claims of the identity token (None removes one), `sign` makes all of it."""

    changes: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    configuration_changes: dict[str, Any] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        return super().configuration() | self.configuration_changes

    def id_token(self, grant: Grant) -> str:
        claims = {k: v for k, v in (self.id_claims(grant) | self.changes).items() if v is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": KEY_ID})


@pytest.fixture
def provider(settings: Any) -> Iterator[LyingProvider]:
    """The provider `local`, running and configured."""
    running = LyingProvider("liftos", "a secret of tests", f"{PUBLIC_URL}{OAUTH}/")
    server = IdentityServer(running)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.IDENTITY_PROVIDERS = (Configured("local", "Local sign-in", running.issuer, "liftos", "a secret of tests"),)
    yield running
    server.shutdown()
    server.server_close()
    thread.join(5)


def query_of(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def fragment_of(answer: Any) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(answer["Location"]).fragment).items()}


def start(browser: APIClient, *, next_path: str = "/", provider: str = "local") -> dict[str, str]:
    """Press the button; return what the browser brings the provider."""
    answer = browser.get(f"{OAUTH}/{provider}/start", {"next": next_path})
    assert answer.status_code == 302, answer.content
    return query_of(answer["Location"])


def come_back(browser: APIClient, provider: IdentityProvider, asked: dict[str, str], person: Person) -> Any:
    """Let the provider vouch for a person and follow its redirect; return the answer of the callback."""
    back = urlsplit(provider.authorize(asked, person))
    return browser.get(f"{back.path}?{back.query}")
