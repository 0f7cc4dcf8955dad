"""One gateway process, called over ASGI, in front of a real module, with real PostgreSQL and Redis.

Commits last in these tests: the gateway reads in threads, and writes the ledger on a connection of its own.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import session_open
from apps.accounts.services.users import user_create
from apps.billing.models import UsageEvent
from apps.core.tenancy.scope import public_scope
from apps.gateway.asgi import GatewayApplication
from apps.registry.models import Module
from tests.factories.modules import RealModule, installed, module_available
from tests.factories.organizations import PASSWORD

GATEWAY = "/api/v1/gateway/sample"


@pytest.fixture
def real_module() -> Iterator[RealModule]:
    module = RealModule()
    module.start()
    yield module
    module.stop()


class Answer:
    def __init__(self, messages: list[Mapping[str, Any]]) -> None:
        start = messages[0]
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(one.get("body", b"") for one in messages[1:])

    def json(self) -> Any:
        return json.loads(self.body)


Call = Callable[..., Any]


async def once(
    application: GatewayApplication,
    path: str | bytes,
    token: str = "",
    *,
    method: str = "GET",
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes = b"",
) -> Answer:
    """Make one call, the path as it is on the wire."""
    raw = path if isinstance(path, bytes) else path.encode()
    raw_path, _, query = raw.partition(b"?")
    sent = [(b"host", b"testserver"), *(headers or [])]
    if token:
        sent.append((b"authorization", f"Bearer {token}".encode()))
    if body and not {b"content-length", b"transfer-encoding"} & {name for name, _ in sent}:
        sent.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": raw_path.decode("latin-1"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": sent,
    }
    incoming: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
    messages: list[Mapping[str, Any]] = []

    async def send(message: Mapping[str, Any]) -> None:
        messages.append(message)

    await application(scope, incoming.get, send)
    return Answer(messages)


@pytest.fixture
def call() -> Call:
    """Call one gateway process: `call(path, token, method=, headers=, body=)`; several tokens give several answers."""

    def make(
        path: str | bytes = f"{GATEWAY}/things",
        token: str | Sequence[str] = "",
        *,
        times: int = 1,
        **request: Any,
    ) -> Any:
        tokens = [token] * times if isinstance(token, str) else token

        async def all_of_them() -> list[Answer]:
            application = GatewayApplication()
            answers = [await once(application, path, one, **request) for one in tokens]
            gateway, front, _ = application._parts()
            await gateway.close()
            await front.close()
            return answers

        answers = asyncio.run(all_of_them())
        return answers[0] if isinstance(token, str) and times == 1 else answers

    return make


def token_of(organization: Organization, role: Role = Role.OWNER) -> str:
    with public_scope():
        user = user_create(email=f"{role}-{Membership.objects.count()}@x.example", password=PASSWORD, verified=True)
        membership = Membership.objects.create(user=user, organization=organization, role=role)
        return session_open(membership=membership, now=timezone.now()).access


@pytest.fixture
def committed_acme(committed_db: str, flush_redis: None) -> Organization:
    with public_scope():
        found: Organization = Organization.objects.get(slug="acme")
    return found


@pytest.fixture
def sample(committed_acme: Organization, real_module: RealModule) -> Module:
    with public_scope():
        module = module_available(real_module.base_url)
        installed(module, committed_acme.id)
        return module


def usage() -> int:
    with public_scope():
        return sum(UsageEvent.objects.filter(meter="api_calls").values_list("quantity", flat=True))
