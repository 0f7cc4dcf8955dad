"""Edits: revisions that stay, what is searched is the newest, two people at once, and bytes that add up."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.billing.models import UsageCounter
from apps.core.exceptions import PreconditionFailed
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Chunk, Memory, MemoryContext, MemoryVersion
from apps.memory.services.contexts import context_update
from apps.memory.services.managing import memory_edit, memory_trash
from apps.memory.services.memories import memory_store, understood
from apps.memory.types import StoreItem
from tests.apps.memory.conftest import Search, Store
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.vectors import concepts_of

URL = "/api/v1/memory"


def edit(client: APIClient, memory_id: str, body: Any, **headers: Any) -> Any:
    return client.patch(f"{URL}/{memory_id}", body, format="json", **headers)


def history(client: APIClient, memory_id: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"{URL}/{memory_id}/history", query_params=query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def held_bytes(organization: Organization) -> int:
    return UsageCounter.objects.get(organization_id=organization.id, meter="memory_bytes").used


def test_an_edit_is_found_and_what_it_replaced_is_not(client: APIClient, store: Store, search: Search) -> None:
    memory_id = store("Priya Raman opens the red lighthouse.")
    answer = edit(client, memory_id, {"content": "Lena Hartwig closes the blue harbour."})
    assert answer.status_code == 200
    assert (answer.json()["content"], answer.json()["revision"]) == ("Lena Hartwig closes the blue harbour.", 2)
    assert client.get(f"{URL}/{memory_id}").json() == answer.json()
    for search_type in ("neural", "knowledge", "hybrid"):
        assert search("Lena Hartwig", search_type=search_type)[0]["memory_id"] == memory_id
    assert search("Priya Raman", search_type="knowledge") == []
    spans = search("blue harbour")[0]["spans"]
    end = len("Lena Hartwig closes the blue harbour.")
    assert spans == [{"start": 0, "end": end, "page": None, "line": None}]


def test_every_field_can_be_changed_and_cleared(client: APIClient, store: Store, acme: Organization) -> None:
    memory_id = store("Text.", metadata={"a": 1, "b": 2}, source="jira", external_id="e")
    fields = {
        "metadata": {"a": True},
        "memory_type": "decision",
        "source": "notion",
        "occurred_at": "2026-03-02T10:00:00Z",
        "occurred_end": "2026-03-02T11:00:00Z",
        "expires_at": "2999-01-01T00:00:00Z",
    }
    got = edit(client, memory_id, fields).json()
    assert {name: got[name] for name in fields} == fields
    assert (got["external_id"], got["content"]) == ("e", "Text.")
    cleared = edit(client, memory_id, {"occurred_end": None, "expires_at": None, "source": None}).json()
    assert (cleared["occurred_end"], cleared["expires_at"], cleared["source"]) == (None, None, None)
    assert [entry["changed"] for entry in history(client, memory_id)["results"]] == [
        ["source", "occurred_end", "expires_at"],
        ["metadata", "memory_type", "source", "occurred_at", "occurred_end", "expires_at"],
        [],
    ]
    with organization_scope(acme.id):
        memory = Memory.objects.get()
        assert memory.occurred_given
        assert memory.change == MemoryContext.objects.get().change == 3


@pytest.mark.parametrize("body", [{}, {"content": "Text."}, {"metadata": {"b": 2, "a": 1}, "memory_type": "general"}])
def test_an_edit_that_changes_nothing_makes_no_revision(
    body: Any, client: APIClient, store: Store, acme: Organization
) -> None:
    memory_id = store("Text.", metadata={"a": 1, "b": 2})
    assert edit(client, memory_id, body).json()["revision"] == 1
    with organization_scope(acme.id):
        assert not MemoryVersion.objects.exists()
        assert MemoryContext.objects.get().change == 1


def test_one_and_true_are_different_metadata(client: APIClient, store: Store) -> None:
    memory_id = store("Text.", metadata={"a": 1})
    assert edit(client, memory_id, {"metadata": {"a": True}}).json()["metadata"] == {"a": True}
    assert history(client, memory_id)["results"][0]["changed"] == ["metadata"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"content": "  "}, "/content"),
        ({"content": None}, "/content"),
        ({"content": "x" * 50_001}, "/content"),
        ({"content": ["x"]}, "/content"),
        ({"metadata": None}, "/metadata"),
        ({"metadata": {"k": "x" * 17_000}}, "/metadata"),
        ({"memory_type": "No"}, "/memory_type"),
        ({"memory_type": None}, "/memory_type"),
        ({"source": "x" * 201}, "/source"),
        ({"occurred_at": None}, "/occurred_at"),
        ({"occurred_at": "2026-04-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_end": "2026-02-01T00:00:00Z"}, "/occurred_end"),
        ({"occurred_end": 10**400}, "/occurred_end"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"external_id": "x"}, "/external_id"),
        ({"revision": 7}, "/revision"),
        ([], ""),
    ],
)
def test_bad_fields_are_named_and_nothing_changes(body: Any, pointer: str, client: APIClient, store: Store) -> None:
    times = {"occurred_at": "2026-03-01T00:00:00Z", "occurred_end": "2026-03-02T00:00:00Z"}
    memory_id = store("Text.", **times)
    answer = edit(client, memory_id, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert client.get(f"{URL}/{memory_id}").json()["revision"] == 1


def test_text_that_cannot_be_stored_is_refused(client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    for raw in (b'{"content": "a\\u0000b"}', b'{"metadata": {"a": "\\ud800"}}', b'{"content": NaN}', b"\xff"):
        answer = client.patch(f"{URL}/{memory_id}", raw, content_type="application/json")
        assert answer.status_code == 400


def test_a_viewer_may_read_the_history_and_not_edit(
    client_of: ClientFactory, acme: Organization, store: Store, client: APIClient
) -> None:
    memory_id = store("Text.")
    viewer = client_of(acme, Role.VIEWER)
    answer = edit(viewer, memory_id, {"content": "Other."})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert history(viewer, memory_id)["total"] == 1
    assert client.get(f"{URL}/{memory_id}").json()["content"] == "Text."


def test_what_is_in_the_trash_or_unknown_is_not_edited(client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    client.delete(f"{URL}/{memory_id}")
    for gone in (memory_id, "01900000-0000-7000-8000-000000000000"):
        assert edit(client, gone, {"content": "Other."}).json()["code"] == "memory_not_found"
        assert client.get(f"{URL}/{gone}/history").json()["code"] == "memory_not_found"


def test_if_match_holds_back_an_edit_of_an_older_revision(client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    first = client.get(f"{URL}/{memory_id}")["ETag"]
    second = edit(client, memory_id, {"source": "one"}, HTTP_IF_MATCH=first)
    assert second.status_code == 200
    stale = edit(client, memory_id, {"source": "two"}, HTTP_IF_MATCH=first)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    for header in (second["ETag"], "*", f'"other", {second["ETag"]}'):
        assert edit(client, memory_id, {"source": "one"}, HTTP_IF_MATCH=header)["ETag"] == second["ETag"]
    # A weak tag never matches strongly, and what is no tag names no revision.
    for header in (f"W/{second['ETag']}", "nonsense", "", '"', f'"{"9" * 400}"', first.replace("-1", "-99999999999")):
        assert edit(client, memory_id, {"source": "three"}, HTTP_IF_MATCH=header).status_code == 412
    assert client.get(f"{URL}/{memory_id}").json()["source"] == "one"


def test_bytes_follow_the_text(client: APIClient, store: Store, acme: Organization) -> None:
    memory_id = store("a" * 10)
    plan_limits_set("free", memory_bytes=52)
    caches["process"].clear()
    assert edit(client, memory_id, {"content": "b" * 50}).status_code == 200
    assert held_bytes(acme) == 52
    refused = edit(client, memory_id, {"content": "b" * 51})
    assert (refused.status_code, refused.json()["code"]) == (402, "quota_exceeded")
    assert edit(client, memory_id, {"metadata": {"a": 1}}).status_code == 402
    assert (held_bytes(acme), client.get(f"{URL}/{memory_id}").json()["revision"]) == (52, 2)
    assert edit(client, memory_id, {"content": "c"}).status_code == 200
    assert held_bytes(acme) == 3
    client.delete(f"{URL}/{memory_id}")
    assert held_bytes(acme) == 0


def test_the_history_tells_who_when_and_what(client_of: ClientFactory, acme: Organization, store: Store) -> None:
    author, editor = client_of(acme), client_of(acme, Role.MEMBER)
    memory_id = author.post(f"{URL}/store", {"content": "One."}, format="json").json()["memory_id"]
    edit(editor, memory_id, {"content": "Two.", "memory_type": "note"})
    edit(author, memory_id, {"content": "Three."})
    page = history(author, memory_id)
    ids = [str(one.user.id) for one in (author, editor, author)]  # type: ignore[attr-defined]  # set by the factory
    rows = page["results"]
    assert [(row["revision"], row["content"], row["recorded_by"]) for row in rows] == [
        (3, "Three.", ids[2]),
        (2, "Two.", ids[1]),
        (1, "One.", ids[0]),
    ]
    assert [row["changed"] for row in rows] == [["content"], ["content", "memory_type"], []]
    assert [row["current"] for row in rows] == [True, False, False]
    # No gap and no overlap in the system's time.
    assert [row["replaced_at"] for row in rows] == [None, rows[0]["recorded_at"], rows[1]["recorded_at"]]
    assert rows[0]["recorded_at"] == author.get(f"{URL}/{memory_id}").json()["revised_at"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_the_history_comes_in_pages(limit: int, client: APIClient, store: Store) -> None:
    memory_id = store("Text.", source="0")
    for number in range(1, 7):
        edit(client, memory_id, {"source": str(number)})
    seen: list[tuple[int, str, list[str]]] = []
    cursor: dict[str, str] = {}
    while True:
        page = history(client, memory_id, limit=str(limit), **cursor)
        seen += [(row["revision"], row["source"], row["changed"]) for row in page["results"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
        edit(client, memory_id, {"memory_type": f"note{len(seen)}"})
    assert seen == [(n + 1, str(n), ["source"] if n else []) for n in range(6, -1, -1)]


@pytest.mark.parametrize("cursor", ["???", "AAAA", "WyItcmV2aXNpb24iLCItMSJd", "WyItcmV2aXNpb24iLCLCsiJd", "x" * 1_501])
def test_strange_cursors_of_a_history_are_refused(cursor: str, client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    other_list = client.get(URL, query_params={"limit": "1"}).json()["next"]
    assert other_list is None
    answer = client.get(f"{URL}/{memory_id}/history", query_params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cursor")


def test_a_context_that_changes_during_the_analysis_is_noticed(
    in_acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = StoreItem(content="Parcels arrive late.")
    memory_id = memory_store(organization_id=in_acme.id, item=item, user_id=None, now=timezone.now()).memory_id

    def understood_slowly(*args: Any, **kwargs: Any) -> Any:
        text = understood(*args, **kwargs)
        context_update(dimensions=[{"name": "money", "description": "What it costs."}], now=timezone.now())
        return text

    monkeypatch.setattr("apps.memory.services.memories.understood", understood_slowly)
    memory = memory_edit(
        reader=EVERYTHING,
        organization_id=in_acme.id,
        memory_id=memory_id,
        fields={"content": "Parcels arrive."},
        user_id=None,
        now=timezone.now(),
    )
    assert len(concepts_of(memory.id)) == 1


def test_of_two_edits_at_once_one_is_refused_and_none_is_lost(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        item = StoreItem(content="Text.")
        memory_id = memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now()).memory_id
    rounds = 6
    start = Barrier(2)

    def edits(name: str) -> None:
        """Edit as a careful person does: read, change, and read again when somebody was faster."""
        try:
            with public_scope(), organization_scope(acme.id):
                for number in range(rounds):
                    start.wait(10)
                    while not _append(acme, memory_id, f"{name}{number}"):
                        pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(edits, ("a", "b")))
    with organization_scope(acme.id):
        memory = Memory.objects.get()
        words = {f"{name}{number}" for name in "ab" for number in range(rounds)}
        assert set(memory.content.removeprefix("Text. ").split()) == words
        assert memory.revision == 2 * rounds + 1
        assert list(MemoryVersion.objects.order_by("revision").values_list("revision", flat=True)) == list(
            range(1, memory.revision)
        )
        (chunk,) = Chunk.objects.all()
        assert (chunk.start, chunk.end) == (0, len(memory.content))
        # Refused transactions roll their change back.
        assert MemoryContext.objects.get().change == 1 + 2 * rounds
        assert held_bytes(acme) == memory.size_bytes


def _append(organization: Organization, memory_id: UUID, word: str) -> bool:
    memory = Memory.objects.get(id=memory_id)
    try:
        memory_edit(
            reader=EVERYTHING,
            organization_id=organization.id,
            memory_id=memory_id,
            fields={"content": f"{memory.content} {word}"},
            revisions={memory.revision},
            user_id=None,
            now=timezone.now(),
        )
    except PreconditionFailed:
        return False
    return True


def test_revisions_are_deleted_with_their_memory_and_not_with_the_trash(in_acme: Organization) -> None:
    now = timezone.now()
    item = StoreItem(content="One.")
    memory_id = memory_store(organization_id=in_acme.id, item=item, user_id=None, now=now).memory_id
    memory_edit(
        reader=EVERYTHING,
        organization_id=in_acme.id,
        memory_id=memory_id,
        fields={"content": "Two."},
        user_id=None,
        now=now,
    )
    memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=memory_id, user_id=None, now=now)
    # The trash is a revision too, of the same text.
    assert list(MemoryVersion.objects.order_by("revision").values_list("content", flat=True)) == ["One.", "Two."]
    Memory.objects.all().delete()
    assert MemoryVersion.objects.count() == 0
