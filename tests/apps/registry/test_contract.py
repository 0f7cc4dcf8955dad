from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from django.utils import timezone

from apps.accounts.keys import key_ring, key_ring_forget
from apps.registry.adapters.health import HealthAnswer
from apps.registry.engine.health import ModuleState
from apps.registry.models import HealthCheck, Module
from apps.registry.services.modules import module_register, module_retire
from apps.registry.services.monitoring import contract_check, health_record, modules_monitor
from tests.factories.modules import RealModule, manifest_of, module_available

DOCUMENT = {"openapi": "3.1.0", "paths": {"/api/v1/things": {"get": {}}}}


@pytest.fixture
def real_module() -> Iterator[RealModule]:
    module = RealModule()
    module.start()
    yield module
    module.stop()


def contract(*, verifies: bool = True, echoes: bool = True) -> Any:
    """A module that keeps the contract, or leaves a part of it out."""

    async def handle(request: web.Request) -> web.Response:
        headers = {"X-Request-ID": request.headers.get("X-Request-ID", "")} if echoes else {}
        if request.path == "/health":
            return web.json_response({"status": "ok"})
        if request.path == "/openapi.json":
            return web.json_response(DOCUMENT)
        status = 401
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not verifies and token:
            # Looks at the signature alone, and not even at that of an unsigned one.
            ring = key_ring()
            header = jwt.get_unverified_header(token)
            status = 200 if header["alg"] == "none" or ring.verifying_keys.get(header.get("kid", "")) else 401
        return web.json_response({}, status=status, headers=headers)

    return handle


def checked(real_module: RealModule) -> list[str]:
    module_register(manifest=manifest_of(real_module.base_url), now=timezone.now())
    # A worker that has not signed anything yet.
    key_ring_forget()
    return contract_check(module_id="sample", now=timezone.now())


def test_a_module_that_keeps_the_contract_becomes_available(db: None, real_module: RealModule) -> None:
    real_module.handler = contract()
    assert checked(real_module) == []
    assert Module.objects.get().state == ModuleState.CHECKED
    now = timezone.now()
    for second in (10, 20):
        modules_monitor(now=now + timedelta(seconds=second))
    assert Module.objects.get().state == ModuleState.AVAILABLE
    assert HealthCheck.objects.filter(ok=True).count() == 2


def test_a_module_that_believes_tokens_is_not_let_in(db: None, real_module: RealModule) -> None:
    real_module.handler = contract(verifies=False)
    errors = checked(real_module)
    assert [text for text in errors if "unsigned" in text or "another audience" in text] == errors
    assert len(errors) == 2
    assert Module.objects.get().state == ModuleState.REGISTERED


def test_a_module_that_loses_the_request_id_is_not_let_in(db: None, real_module: RealModule) -> None:
    real_module.handler = contract(echoes=False)
    assert all("X-Request-ID" in text for text in checked(real_module))
    assert Module.objects.get().contract_errors != []


def test_a_module_that_is_not_there_stays_registered(db: None, real_module: RealModule) -> None:
    module_register(manifest=manifest_of("http://127.0.0.1:1"), now=timezone.now())
    assert "cannot be reached" in contract_check(module_id="sample", now=timezone.now())[0]


def test_a_dead_module_is_unavailable_after_two_checks_and_back_after_two(db: None, real_module: RealModule) -> None:
    module_available(real_module.base_url)
    now = timezone.now()
    dead, well = HealthAnswer(ok=False, latency=timedelta(0), detail="x"), HealthAnswer(ok=True, latency=timedelta(0))
    states = [
        health_record(module_id="sample", answer=answer, now=now + timedelta(seconds=5 * number))
        for number, answer in enumerate([dead, dead, well, well])
    ]
    assert states == ["degraded", "unavailable", "unavailable", "available"]


def test_one_that_flaps_stays_degraded(db: None, real_module: RealModule) -> None:
    module_available(real_module.base_url)
    now = timezone.now()
    dead, well = HealthAnswer(ok=False, latency=timedelta(0), detail="x"), HealthAnswer(ok=True, latency=timedelta(0))
    for number, answer in enumerate([dead, dead, well, well] * 4):
        state = health_record(module_id="sample", answer=answer, now=now + timedelta(seconds=5 * number))
    assert state == ModuleState.DEGRADED
    later = now + timedelta(minutes=10)
    assert health_record(module_id="sample", answer=well, now=later) == ModuleState.AVAILABLE


def test_a_retired_module_is_not_asked(db: None, real_module: RealModule) -> None:
    module_available(real_module.base_url)
    module_retire(module_id="sample", now=timezone.now())
    assert modules_monitor(now=timezone.now()) == 0
    assert real_module.requests == []
