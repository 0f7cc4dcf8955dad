"""Modules are told of the events of organisations that have enabled them, and of no other."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.exceptions import InvalidToken
from apps.accounts.models import Organization
from apps.accounts.tokens import access_token_verify, module_token_verify
from apps.core.tenancy.scope import organization_scope
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem
from apps.registry.engine.manifest import manifest_errors
from apps.registry.models import Module
from apps.registry.services.installations import module_disable, module_enable
from apps.registry.services.modules import module_register, module_retire
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.factories.fixtures import ClientFactory
from tests.factories.modules import PERMISSIONS, RealModule, manifest_of, module_available
from tests.factories.webhooks import Round, happen, owner_of

EVENTS = {"types": ["memory.stored"], "endpoint": "/told"}


@pytest.fixture
def module_process() -> Iterator[RealModule]:
    module = RealModule()
    module.start()
    yield module
    module.stop()


@pytest.fixture
def listening(db: None, module_process: RealModule) -> Module:
    return module_available(module_process.base_url, events=EVENTS)


def enable(organization: Organization, module: Module) -> None:
    module_enable(
        organization_id=organization.id,
        module_id=module.module_id,
        permissions_accepted=module.manifest["permissions"],
        user_id=None,
        now=timezone.now(),
    )


def store(organization: Organization, text: str) -> str:
    with organization_scope(organization.id):
        item = StoreItem(content=text)
        found = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    return str(found.memory_id)


def told(module: RealModule) -> list[str]:
    return [json.loads(one["body"])["data"]["subject"]["id"] for one in module.requests if one["path"] == "/told"]


def test_it_is_told_while_it_is_enabled_and_of_nobody_else(
    acme: Organization, globex: Organization, listening: Module, module_process: RealModule, deliver: Round
) -> None:
    store(acme, "Before it was enabled.")
    enable(acme, listening)
    mine = store(acme, "While it is enabled.")
    store(globex, "Of somebody else.")
    happen(acme, "not asked for")
    deliver()
    assert told(module_process) == [mine]
    module_disable(organization_id=acme.id, module_id="sample", user_id=owner_of(acme).user_id, now=timezone.now())
    store(acme, "After it was disabled.")
    happen(acme)
    assert deliver() == 0


def test_it_knows_us_by_a_token_that_is_good_for_nothing_else(
    acme: Organization, listening: Module, module_process: RealModule, deliver: Round
) -> None:
    enable(acme, listening)
    store(acme, "Something to tell of.")
    happen(acme)
    deliver()
    (request,) = [one for one in module_process.requests if one["path"] == "/told"]
    headers = dict(request["headers"])
    assert "webhook-signature" not in headers
    assert headers["webhook-id"] == json.loads(request["body"])["data"]["id"]
    raw = headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(raw, options={"verify_signature": False})
    assert (claims["aud"], claims["org_id"], claims["sub"], claims["permissions"]) == (
        "sample", str(acme.id), "platform", [],
    )  # fmt: skip
    assert claims["exp"] - claims["iat"] == 60
    for verify in (access_token_verify, module_token_verify):
        with pytest.raises(InvalidToken):
            verify(raw)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    assert client.get("/api/v1/memory").status_code == 401


def test_a_new_manifest_changes_what_it_is_told(
    acme: Organization, listening: Module, module_process: RealModule, deliver: Round
) -> None:
    enable(acme, listening)
    changed = manifest_of(module_process.base_url, version="1.1.0", events={"types": ["memory.trashed"]})
    module_register(manifest=changed, now=timezone.now())
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.event_types) == (f"{module_process.base_url}/events", ["memory.trashed"])
    silent = manifest_of(module_process.base_url, version="1.2.0")
    module_register(manifest=silent, now=timezone.now())
    assert not WebhookEndpoint.objects.exists()
    module_register(manifest=changed, now=timezone.now())
    assert WebhookEndpoint.objects.exists()
    module_retire(module_id="sample", now=timezone.now())
    assert not WebhookEndpoint.objects.exists()


def test_one_that_fails_is_never_switched_off(
    acme: Organization, listening: Module, module_process: RealModule, deliver: Round
) -> None:
    async def gone(_: Any) -> Any:
        from aiohttp import web  # noqa: PLC0415 - beside its only use

        await asyncio.sleep(0)
        return web.Response(status=410)

    enable(acme, listening)
    module_process.handler = gone
    store(acme, "Something to tell of.")
    happen(acme)
    deliver()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.status, endpoint.next_attempt_at is not None) == ("enabled", True)
    assert WebhookDelivery.objects.get().status == "pending"


def test_people_neither_see_nor_touch_it(
    acme: Organization, listening: Module, client_of: ClientFactory, deliver: Round
) -> None:
    enable(acme, listening)
    store(acme, "Something to tell of.")
    happen(acme)
    client, endpoint, delivery = client_of(acme), WebhookEndpoint.objects.get(), WebhookDelivery.objects.get()
    assert client.get("/api/v1/webhooks").json()["results"] == []
    assert client.get(f"/api/v1/webhooks/{endpoint.id}").status_code == 404
    assert client.delete(f"/api/v1/webhooks/{endpoint.id}").status_code == 404
    assert client.get(f"/api/v1/webhooks/{endpoint.id}/deliveries").status_code == 404
    assert client.get(f"/api/v1/webhooks/deliveries/{delivery.id}").status_code == 404
    assert client.post(f"/api/v1/webhooks/deliveries/{delivery.id}/skip", {}, format="json").status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"events": {"types": ["member.joined"]}}, "/events/types/0", "unknown"),
        ({"events": {"types": ["memory.stored", "memory.nothing"]}}, "/events/types/1", "unknown"),
        ({"events": {"types": ["sign_in.failed"]}}, "/events/types/0", "unknown"),
        ({"events": {"types": ["memory.stored"], "endpoint": "/api/v1/told"}}, "/events/endpoint", "overlaps"),
        ({"events": {"types": ["memory.stored"]}, "permissions": ["sample:read"]}, "/events", "undeclared"),
        ({"events": {"types": []}}, "/events/types", "minItems"),
        ({"events": {"types": ["memory.stored"], "secret": 1}}, "/events", "additionalProperties"),
    ],
)
def test_what_is_wrong_with_the_block_is_said(changes: dict[str, Any], pointer: str, code: str) -> None:
    manifest = {**manifest_of("http://127.0.0.1:9001"), "permissions": PERMISSIONS, **changes}
    (error,) = manifest_errors(manifest)
    assert (error.pointer, error.code) == (pointer, code)
