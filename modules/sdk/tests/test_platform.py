from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lift_sdk import MemoryClient
from lift_sdk.memory.exceptions import Conflict, NotAuthenticated, NotFound, PermissionDenied, PlatformRefusal
from lift_sdk.testing import Platform

BOTH = ("memory:read", "memory:write")


def memory(platform: Platform, permissions: tuple[str, ...] = BOTH, org_id: str = "") -> MemoryClient:
    return MemoryClient(platform.url, token=platform.token("mine", permissions, org_id=org_id or str(uuid4())))


def test_every_call_is_answered_truthfully(platform: Platform) -> None:
    with memory(platform) as client:
        stored = client.store("green tea from Uji", memory_type="note", metadata={"a": 1}, external_id="n1")
        assert client.get(stored.memory_id).content == "green tea from Uji"
        assert client.store("green tea from Uji", external_id="n1").status == "duplicate"
        queued = client.store_batch([{"content": "black tea"}, {"content": "other", "external_id": "n1"}])
        operation = client.operation(queued.operation_id)
        assert (operation.status, operation.done, operation.failed) == ("succeeded", 1, 1)
        assert operation.finished
        assert operation.errors[0].code == "external_id_conflict"
        results = client.search("green tea").results
        assert [found.content for found in results] == ["green tea from Uji", "black tea"]
        for found in results:
            assert sum(part.contribution_units or 0 for part in found.contributions) == found.score_units
        assert client.search("tea", memory_types=["note"]).count == 1
        assert client.search("green tea", threshold=0.9).count == 1
        assert client.explain("green tea", stored.memory_id).rank == 1
        assert client.explain("coffee", stored.memory_id).gate == "not_found_by_any_channel"
        assert client.explain("tea", stored.memory_id, memory_types=["other"]).gate == "memory_types"
        assert client.explain("tea sky", stored.memory_id, threshold=0.9).gate == "threshold"
        assert client.insights().total_memories == 2
        assert sum(client.insights().temporal_patterns.by_hour_of_week) == 2
        assert client.context().counts == {"memories": 2}


def test_lists_are_paged_and_know_modules(platform: Platform) -> None:
    with memory(platform) as client:
        for place in range(3):
            client.store(f"note {place}", memory_type="note")
        page = client.list_page(filters={"module": "mine"}, limit=2)
        assert ([found.content for found in page.results], page.total) == (["note 2", "note 1"], 3)
        assert [found.content for found in client.list_page(cursor=page.next, limit=2).results] == ["note 0"]
        assert client.list_page(filters={"module": "other"}).total == 0
        assert client.list_page(memory_type="other").next is None
        with pytest.raises(PlatformRefusal):
            client.list_page(filters={"source": "mine"})


def test_times_count(platform: Platform) -> None:
    now = datetime.now(UTC)
    with memory(platform) as client:
        client.store("old tea", occurred_at=now - timedelta(days=9))
        client.store("new tea")
        client.store("stale tea", expires_at=now)
        yesterday = now - timedelta(days=1)
        assert [found.content for found in client.search("tea", occurred_after=yesterday).results] == ["new tea"]
        assert [found.content for found in client.search("tea", occurred_before=yesterday).results] == ["old tea"]


def test_organisations_are_apart(platform: Platform) -> None:
    with memory(platform) as mine, memory(platform) as theirs:
        stored = mine.store("secret tea")
        assert theirs.search("tea").count == 0
        with pytest.raises(NotFound):
            theirs.get(stored.memory_id)


def test_it_refuses_as_the_platform_does(platform: Platform) -> None:
    with memory(platform, ("memory:read",)) as reader, pytest.raises(PermissionDenied):
        reader.store("tea")
    with MemoryClient(platform.url, token="forged") as nobody, pytest.raises(NotAuthenticated):
        nobody.search("tea")
    with memory(platform) as client:
        client.store("tea", external_id="n1")
        with pytest.raises(Conflict):
            client.store("coffee", external_id="n1")
        with pytest.raises(NotFound):
            client.operation(UUID(int=1))
        with pytest.raises(PlatformRefusal, match="validation_failed"):
            client.store("")
        with pytest.raises(PlatformRefusal, match="validation_failed"):
            client.search("tea", filters={"source": "x"})


def test_a_key_does_its_work_once(platform: Platform) -> None:
    with memory(platform) as client:
        first = client.store("tea", idempotency_key="k1")
        assert client.store("tea", idempotency_key="k1") == first
        assert client.insights().total_memories == 1
        with pytest.raises(PlatformRefusal, match="idempotency_key_reused"):
            client.store("coffee", idempotency_key="k1")
