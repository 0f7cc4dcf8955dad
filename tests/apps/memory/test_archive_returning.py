"""The way back from the archive: a memory comes back bit for bit, whatever has happened meanwhile."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.packed_texts import findings_pack, findings_unpack
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryVersion
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.unpacked import hash_of_whole
from apps.memory.selectors.visible import memories_visible
from apps.memory.services.archiving import memories_archive, memories_unarchive
from apps.memory.services.changes import change_begin
from apps.memory.services.unpacking import memories_pack, memories_put_away
from apps.memory.types import PRESENT, AsOf
from tests.apps.memory.conftest import Search, Store
from tests.apps.memory.test_batches import RunJobs
from tests.apps.memory.test_two_clocks import MINUTE, History, applied, differences
from tests.factories.archive_tier import API, LONG, archive, whole
from tests.factories.archives import exported, imported, lines_of, members_of
from tests.factories.billing import bytes_held, plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.vectors import passages_without_vector


class ArchivedHistory(History):
    """A random life of memories that go to the archive and come back between whatever else happens to them."""

    def __init__(self, organization: Organization, seed: int) -> None:
        super().__init__(organization, seed)
        self.away: dict[UUID, Any] = {}
        self.compared = self.archived = 0

    def step(self) -> None:
        super().step()
        for memory_id, before in list(self.away.items()):
            row = Memory.objects.filter(id=memory_id).first()
            if row is None or row.archived_at is None:
                # Something happened to it, which brought it back, or it was erased.
                del self.away[memory_id]
            elif self.chance.random() < 0.2:
                memories_unarchive(
                    reader=EVERYTHING, organization_id=self.organization_id, memory_ids=[memory_id], now=self.now
                )
                assert whole(memory_id) == before
                del self.away[memory_id]
                self.compared += 1
        known = list(Memory.objects.filter(archived_at=None).order_by("id").values_list("id", flat=True))
        for memory_id in self.chance.sample(known, min(2, len(known))):
            before = whole(memory_id)
            result = memories_archive(
                organization_id=self.organization_id, target=[memory_id], user_id=None, now=self.now
            )
            if result.done:
                self.away[memory_id] = before
                self.archived += 1

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.now += MINUTE * self.chance.randint(1, 30)
            self.step()
            self.snapshots.append((self.now, read(AsOf(recorded=self.now), now=self.now)))


def read(as_of: AsOf, *, now: datetime) -> dict[UUID, dict[str, Any]]:
    rows = list(memories_visible(reader=EVERYTHING, now=now, as_of=as_of))
    if as_of != PRESENT:
        states_complete(rows)
    return {row.pk: {name: getattr(row, name) for name in ("content", "occurred_at", "expires_at")} for row in rows}


def presented(moment: datetime) -> dict[str, dict[str, Any]]:
    rows = list(memories_visible(reader=EVERYTHING, now=moment, as_of=AsOf(recorded=moment)))
    states_complete(rows)
    return {str(row.pk): memory_present(row) for row in rows}


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_are_read_as_they_were_and_come_back_bit_for_bit(in_acme: Organization, seed: int) -> None:
    history = ArchivedHistory(in_acme, seed)
    history.run(70)
    oracle, now = history.oracle, history.now
    assert history.archived > 30
    assert history.compared > 5
    assert oracle.erased
    assert ArchivedMemory.objects.exists()
    for moment, snapshot in history.snapshots:
        then = {memory_id: state for memory_id, state in snapshot.items() if memory_id not in oracle.erased}
        assert read(AsOf(recorded=moment), now=now) == then == oracle.read(valid=None, recorded=moment, now=now)
    moments = [moment for moment, _ in history.snapshots]
    for _ in range(40):
        valid = history.chance.choice(moments) - MINUTE * history.chance.randint(-50, 1_000)
        recorded = history.chance.choice([None, *moments])
        assert read(AsOf(valid=valid, recorded=recorded), now=now) == oracle.read(
            valid=valid, recorded=recorded, now=now
        )
    for _ in range(20):
        since, until = sorted(history.chance.sample(moments, 2))
        found = differences(since, until, limit=history.chance.randint(1, 20))
        assert applied(found, presented(since)) == presented(until)
    # The present is what the oracle says, without what is archived.
    away = set(ArchivedMemory.objects.values_list("memory_id", flat=True))
    live = oracle.read(valid=None, recorded=None, now=now)
    assert read(PRESENT, now=now) == {key: state for key, state in live.items() if key not in away}
    # And everything comes back as it went.
    before = dict(history.away)
    memories_unarchive(reader=EVERYTHING, organization_id=in_acme.id, memory_ids=list(away), now=now)
    assert {memory_id: whole(memory_id) for memory_id in before} == before
    assert not ArchivedMemory.objects.exists()
    assert not MemoryVersion.objects.filter(content="").exists()
    assert bytes_held(in_acme) == sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))


@pytest.mark.parametrize("doing", ["edit", "trash", "supersede", "bulk update", "bulk trash"])
def test_what_makes_a_revision_brings_it_back(client: APIClient, store: Store, acme: Organization, doing: str) -> None:
    memory_id, other = store(LONG), store("The tea is cold.")
    archive(client, memory_id)
    match doing:
        case "edit":
            answer = client.patch(f"{API}/{memory_id}", {"source": "mail"}, format="json")
        case "trash":
            answer = client.delete(f"{API}/{memory_id}")
        case "supersede":
            answer = client.post(f"{API}/{memory_id}/supersede", {"by": other}, format="json")
        case "bulk update":
            body: dict[str, Any] = {"action": "update", "ids": [memory_id], "set": {"metadata": {"a": 1}}}
            answer = client.post(f"{API}/bulk", body, format="json")
        case _:
            answer = client.post(f"{API}/bulk", {"action": "trash", "ids": [memory_id]}, format="json")
    assert answer.status_code in {200, 204}, answer.content
    with organization_scope(acme.id):
        memory = Memory.objects.get(id=memory_id)
        assert (memory.content, memory.archived_at, memory.revision) == (LONG, None, 2)
        assert MemoryVersion.objects.get(memory_id=memory_id).content == LONG
        assert memory.chunks.exists()
        assert not ArchivedMemory.objects.exists()
        expected = sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))
    assert bytes_held(acme) == expected
    if memory.deleted_at is not None:
        assert client.post(f"{API}/{memory_id}/restore").json()["content"] == LONG
        assert bytes_held(acme) == expected + memory.size_bytes


def test_exports_hold_it_in_full_and_imports_put_it_away_again(
    client: APIClient,
    acme: Organization,
    globex: Organization,
    client_of: ClientFactory,
    store: Store,
    run_jobs: RunJobs,
) -> None:
    other = client_of(globex)
    memory_id, live = store(LONG, metadata={"team": "Growth"}), store("The tea is cold.")
    client.patch(f"{API}/{memory_id}", {"content": f"{LONG} It did."}, format="json")
    with organization_scope(acme.id):
        before = whole(memory_id)
    archive(client, memory_id)
    archive_file = exported(client, run_jobs)
    (line, _) = lines_of(members_of(archive_file))
    assert line["content"] == f"{LONG} It did."
    assert line["archived_at"]
    assert len(line["passages"]) == before[3].count("|") + 1
    (version,) = lines_of(members_of(archive_file), "versions/000001.jsonl")
    assert version["content"] == LONG

    imported(other, run_jobs, archive_file)
    for path in (f"/{memory_id}", f"/{memory_id}/history", f"/{live}", "?state=archived", "?state=live"):
        assert other.get(f"{API}{path}").json() == client.get(f"{API}{path}").json()
    assert bytes_held(globex) == bytes_held(acme)
    imported(other, run_jobs, archive_file)
    assert other.post(f"{API}/{memory_id}/unarchive").status_code == 200
    client.post(f"{API}/{memory_id}/unarchive")
    with organization_scope(globex.id):
        there = whole(memory_id)
    with organization_scope(acme.id):
        assert whole(memory_id) == before
    # Ids of rows that nobody names are their own.
    assert (there[0], there[1], there[3]) == (before[0], before[1], before[3])
    archive(client, memory_id)
    (line,) = lines_of(members_of(exported(client, run_jobs, state="archived", q="zebra")))
    assert line["id"] == memory_id


def test_a_changed_space_places_what_comes_back_in_it(client: APIClient, store: Store, search: Search) -> None:
    memory_id, live = store(LONG), store(f"{LONG} And so on.")
    archive(client, memory_id)
    changed = client.patch(f"{API}/context", {"domain": "finance"}, format="json")
    assert changed.status_code == 200
    client.post(f"{API}/{memory_id}/unarchive")
    assert {one["memory_id"] for one in search("zebra banner", search_type="conceptual")} == {memory_id, live}
    one, two = (client.get(f"{API}/{key}/concepts").json() for key in (memory_id, live))
    assert [row["name"] for row in one["dimensions"]] == [row["name"] for row in two["dimensions"]]


def test_vectors_of_other_models_are_read_again(
    client: APIClient, acme: Organization, store: Store, search: Search, run_jobs: RunJobs
) -> None:
    memory_id = store(LONG)
    with organization_scope(acme.id):
        memory = Memory.objects.get(id=memory_id)
        (packed,) = memories_pack([memory])
        # As if an earlier version, with other models, had archived it.
        findings = {**findings_unpack(packed.archived.findings), "models": ["older", "oldest"]}
        packed.archived.findings = findings_pack(findings)
        packed.archived.sha256 = hash_of_whole(memory, [], findings)
        with transaction.atomic():
            memories_put_away([packed], change=change_begin(now=timezone.now()))
        memories_unarchive(reader=EVERYTHING, organization_id=acme.id, memory_ids=[UUID(memory_id)], now=timezone.now())
        assert passages_without_vector().exists()
    assert [one["memory_id"] for one in search("zebra banner")] == [memory_id]
    run_jobs()
    with organization_scope(acme.id):
        assert not Chunk.objects.filter(sparse=None).exists()
        assert not passages_without_vector().exists()
        assert Memory.objects.get(id=memory_id).understood


def test_the_plan_bounds_what_comes_back(client: APIClient, acme: Organization, store: Store) -> None:
    ids = [store(f"{LONG} {n}") for n in range(3)]
    archive(client, *ids)
    with organization_scope(acme.id):
        sizes = dict(ArchivedMemory.objects.values_list("memory_id", "size_before"))
        away = Memory.objects.values_list("size_bytes", flat=True)[0]
    plan_limits_set("free", memory_bytes=bytes_held(acme) + 2 * (max(sizes.values()) - away) + 10)
    answer = client.post(f"{API}/unarchive", {"ids": [*ids, str(UUID(int=7))]}, format="json").json()
    assert (answer["done"], answer["failed"]) == (2, 2)
    assert {one["code"] for one in answer["errors"]} == {"quota_exceeded", "memory_not_found"}
    (left,) = [one["memory_id"] for one in client.get(API, {"state": "archived"}).json()["results"]]
    assert client.post(f"{API}/{left}/unarchive").status_code == 402
    # What goes to the trash needs no room.
    assert client.delete(f"{API}/{left}").status_code == 204
    with organization_scope(acme.id):
        assert bytes_held(acme) == sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))
