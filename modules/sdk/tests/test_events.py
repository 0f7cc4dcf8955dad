"""What a module does with the events that it is told of, and from whom it takes them."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from lift_sdk import Caller, Event, Manifest, ManifestError, create_app
from lift_sdk.http import blocking_http
from lift_sdk.testing import LoopbackServer, Platform

MANIFEST: dict[str, Any] = {
    "module_id": "listener",
    "name": "Listener",
    "version": "1.0.0",
    "base_url": "http://localhost:9196",
    "permissions": ["listener:read", "memory:read"],
    "events": {"types": ["memory.stored", "memory.trashed", "memory.erased"]},
}


def message(event_type: str, event_id: str = "e1") -> dict[str, Any]:
    data = {
        "id": event_id,
        "cursor": "7",
        "occurred_at": "2026-05-01T12:00:00+00:00",
        "actor": {"kind": "user", "id": "u"},
        "subject": {"kind": "memory", "id": "m"},
        "data": {"memory_type": "note"},
        "request_id": "r",
    }
    return {"type": event_type, "timestamp": data["occurred_at"], "data": data}


class Listener:
    def __init__(self, http: httpx2.Client, platform: Platform, seen: list[tuple[str, str, str]]) -> None:
        self._http, self._platform, self.seen = http, platform, seen

    def send(
        self, event_type: str = "memory.stored", *, who: str = "platform", audience: str = "listener", **more: Any
    ) -> httpx2.Response:
        token = self._platform.key.sign(self._platform.claims(audience, user_id=who, org_id="acme"))
        headers = {"Authorization": f"Bearer {token}", "webhook-id": more.pop("webhook_id", "e1")}
        return self._http.post("/events", json={**message(event_type), **more}, headers=headers)


@pytest.fixture
def listener(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    for name, value in platform.environment().items():
        monkeypatch.setenv(name, value)
    app = create_app(Manifest.parse(MANIFEST))
    seen: list[tuple[str, str, str]] = []

    @app.handles("memory.stored", "memory.trashed")
    async def note(event: Event, who: Caller) -> None:
        seen.append((event.type, event.data.subject.id, who.org_id))

    @app.handles("memory.stored")
    def note_in_a_thread(event: Event, who: Caller) -> None:
        seen.append((f"{event.type} again", event.data.data["memory_type"], who.org_id))

    @app.handles("memory.erased")
    def fail(event: Event, who: Caller) -> None:
        raise RuntimeError(event.type + who.org_id)

    with LoopbackServer(app) as server, blocking_http(server.url) as http:
        yield Listener(http, platform, seen)


def test_every_handler_of_its_type_is_told(listener: Listener) -> None:
    assert listener.send("memory.stored").status_code == 204
    assert listener.seen == [("memory.stored", "m", "acme"), ("memory.stored again", "note", "acme")]
    assert listener.send("memory.trashed").status_code == 204
    assert listener.seen[2:] == [("memory.trashed", "m", "acme")]


def test_a_type_that_nobody_handles_is_done(listener: Listener) -> None:
    assert listener.send("memory.updated").status_code == 204
    assert listener.seen == []


def test_what_a_handler_raises_has_the_event_sent_again(listener: Listener) -> None:
    answer = listener.send("memory.erased")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"who": "0198a0de-0000-7000-8000-000000000001"}, 403),
        ({"webhook_id": "another"}, 403),
        ({"audience": "other"}, 401),
        ({"data": {}}, 400),
        ({"type": 5}, 400),
    ],
)
def test_only_the_platform_is_believed(listener: Listener, changes: dict[str, Any], status: int) -> None:
    assert listener.send(**changes).status_code == status
    assert listener.seen == []


def test_without_a_token_there_is_no_way_in(platform: Platform, listener: Listener) -> None:
    assert listener._http.post("/events", json=message("memory.stored")).status_code == 401
    assert listener.seen == []


def test_only_declared_events_can_be_handled() -> None:
    app = create_app(Manifest.parse(MANIFEST))
    with pytest.raises(ValueError, match=r"memory\.restored"):
        app.handles("memory.restored")
    silent = create_app(Manifest.parse({name: value for name, value in MANIFEST.items() if name != "events"}))
    with pytest.raises(ValueError, match="manifest"):
        silent.handles("memory.stored")


@pytest.mark.parametrize(
    "events",
    [
        {},
        {"types": []},
        {"types": ["nonsense"]},
        {"types": ["memory.stored"], "endpoint": "/api/v1/events"},
        {"types": ["memory.stored"], "endpoint": "/health"},
        {"types": ["memory.stored"], "what": 1},
    ],
)
def test_what_is_wrong_with_the_block_is_said(events: dict[str, Any]) -> None:
    with pytest.raises(ManifestError):
        Manifest.parse({**MANIFEST, "events": events})
