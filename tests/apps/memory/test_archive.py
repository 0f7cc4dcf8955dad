"""The archive: cold memories leave the indexes, are found as stubs, and come back bit for bit."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.billing.models import UsageCounter
from apps.core.tenancy.scope import organization_scope
from apps.events.models import OutboxEvent
from apps.memory.engine.packed_texts import findings_pack, findings_unpack
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryVersion
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.visible import memories_visible
from apps.memory.services.archiving import memories_archive, memories_unarchive
from apps.memory.services.changes import change_begin
from apps.memory.services.memories import memory_store
from apps.memory.services.retention import retention_sweep
from apps.memory.services.unpacking import hash_of_whole, memories_pack, memories_put_away
from apps.memory.types import PRESENT, AsOf, StoreItem
from tests.apps.memory.conftest import Search, Store
from tests.apps.memory.test_batches import RunJobs
from tests.apps.memory.test_exports import exported, imported, lines_of, members_of
from tests.apps.memory.test_two_clocks import MINUTE, History, applied, differences
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.vectors import passages_without_vector

API = "/api/v1/memory"
LONG = (
    "Readout of EXP-117, written by Priya Raman for Harbor Coffee in Oslo. The first weeks were quiet. "
    "Most sign-ups came by word of mouth, and support had little to do but answer questions. "
    "They were about invoices and about the app, as every spring, and none of them took longer than a day. "
    "In the last week we showed an annual plan at checkout. Nobody had expected that the zebra banner would win."
)

# Everything that is kept of a memory, but for the number of the change that wrote it last.
_WHOLE = """
    SELECT (to_jsonb(memory) - 'change')::text,
        (SELECT string_agg(vector_send(concepts)::text, '|') FROM memory_memoryplace WHERE memory_id = memory.id),
        (SELECT string_agg(version::text, '|' ORDER BY revision) FROM memory_memoryversion AS version
            WHERE version.memory_id = memory.id),
        (SELECT string_agg(chunk::text || halfvec_send(vector.embedding)::text, '|' ORDER BY ordinal)
            FROM memory_chunk AS chunk JOIN memory_passagevector AS vector ON vector.chunk_id = chunk.id
            WHERE chunk.memory_id = memory.id),
        (SELECT string_agg(mention::text, '|' ORDER BY id) FROM memory_mention AS mention
            WHERE mention.memory_id = memory.id),
        (SELECT string_agg(evidence::text, '|' ORDER BY id) FROM memory_relationevidence AS evidence
            WHERE evidence.memory_id = memory.id)
    FROM memory_memory AS memory WHERE id = %s
"""


def whole(memory_id: UUID | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, [memory_id])
        return cursor.fetchone()


def held(organization: Organization) -> int:
    row = UsageCounter.objects.filter(organization_id=organization.id, meter="memory_bytes").first()
    return row.used if row else 0


def archive(client: APIClient, *ids: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/archive", {"ids": list(ids), **more}, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


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
    assert held(in_acme) == sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))


def test_an_archived_memory_is_out_of_everything_but_to_be_had(
    client: APIClient, store: Store, search: Search, acme: Organization
) -> None:
    memory_id = store(LONG, metadata={"team": "Growth"}, memory_type="experiment", external_id="exp-117")
    client.patch(f"{API}/{memory_id}", {"metadata": {"team": "Pricing"}}, format="json")
    other = store("The tea is cold.")
    before = client.get(f"{API}/{memory_id}").json()
    history = client.get(f"{API}/{memory_id}/history").json()
    bytes_before = held(acme)
    figures = client.get(f"{API}/insights").json()
    assert figures["total_memories"] == 2

    answer = archive(client, memory_id, reason="cold")
    assert (answer["done"], answer["failed"], answer["dry_run"]) == (1, 0, False)
    assert answer["size_after"] < answer["size_before"]
    assert bytes_before - held(acme) == answer["size_before"] - answer["size_after"]
    assert archive(client, memory_id)["unchanged"] == 1

    # It is to be read in full, with its history, and says where it lies.
    found = client.get(f"{API}/{memory_id}")
    archived_at = found.json()["archived_at"]
    assert archived_at is not None
    assert found.json() == {**before, "archived_at": archived_at}
    assert client.get(f"{API}/{memory_id}/history").json() == history
    # It is in no list but that of the archive, as a stub; a text is looked for in all of it.
    assert [one["memory_id"] for one in client.get(API).json()["results"]] == [other]
    (stub,) = client.get(API, {"state": "archived"}).json()["results"]
    assert stub["is_stub"]
    assert LONG.startswith(stub["content"])
    assert len(stub["content"]) < len(LONG)
    assert client.get(API, {"state": "archived", "q": "ZEBRA banner", "memory_type": "experiment"}).json()["total"] == 1
    assert client.get(API, {"state": "archived", "q": "zebra lounge"}).json()["total"] == 0
    assert client.get(API, {"state": "archived", "filters": '{"metadata.team": "Growth"}'}).json()["total"] == 0
    assert client.get(f"{API}/facets", {"state": "archived"}).json()["total"] == 1
    # Nothing counts it.
    assert client.get(f"{API}/insights").json()["total_memories"] == 1
    assert "Priya Raman" not in str(client.get(f"{API}/graph").json())
    assert client.get(f"{API}/context").json()["counts"]["archived"] == 1
    with organization_scope(acme.id):
        assert not Chunk.objects.filter(memory_id=memory_id).exists()
    assert client.post(f"{API}/store", {"content": LONG}, format="json").json()["duplicate_of"] is None
    # The same external id and content are stored once, wherever they lie.
    again = client.post(f"{API}/store", {"content": LONG, "external_id": "exp-117"}, format="json")
    assert (again.status_code, again.json()["memory_id"]) == (200, memory_id)
    # What is asked of one memory is answered for it as for any other.
    assert client.get(f"{API}/{memory_id}/related").json()["results"][0]["memory_id"] != memory_id
    assert client.get(f"{API}/{memory_id}/concepts").json()["dimensions"][0]["sentences"] is not None
    explained = client.post(f"{API}/explain", {"query": "zebra", "memory_id": memory_id}, format="json").json()
    assert explained["gate"] == "archived"

    back = client.post(f"{API}/{memory_id}/unarchive")
    assert back.json() == before
    assert client.get(f"{API}/{memory_id}").json() == before
    assert memory_id in [one["memory_id"] for one in search("zebra banner")]
    names = list(OutboxEvent.objects.order_by("sequence").values_list("name", flat=True))
    assert names.count("memory.archived") == names.count("memory.unarchived") == 1


def test_searches_look_at_stubs_if_they_are_asked_to(client: APIClient, store: Store, search: Search) -> None:
    memory_id, other = store(LONG, metadata={"team": "Growth"}), store("Priya Raman had tea with Harbor Coffee.")
    asked = "What did Priya Raman read out for Harbor Coffee in Oslo?"
    assert {one["memory_id"] for one in search(asked)} == {memory_id, other}
    archive(client, memory_id)
    assert [one["memory_id"] for one in search(asked)] == [other]
    found = {one["memory_id"]: one for one in search(asked, include_archived=True)}
    assert set(found) == {memory_id, other}
    assert found[memory_id]["archived_at"]
    assert found[other]["archived_at"] is None
    # What is shown of it is all of it, with the passage that answers.
    assert (found[memory_id]["content"], found[memory_id]["is_stub"]) == (LONG, False)
    (span,) = found[memory_id]["spans"]
    assert span["end"] <= len(found[memory_id]["content"])
    # What stands further on is not in the stub.
    assert memory_id not in [one["memory_id"] for one in search("zebra", include_archived=True)]
    # Conditions hold there as everywhere, and nothing that a question says breaks it.
    assert search(asked, include_archived=True, filters={"metadata.team": "Pricing"}) == []
    assert [one["memory_id"] for one in search(asked, include_archived=True, filters={"metadata.team": "Growth"})] == [
        memory_id
    ]
    for odd in ('"', "'; -- or", "or", "-", "the", '" or "', "\\ & | ! :*", "ö" * 300):
        search(odd, include_archived=True)


def test_readings_of_a_moment_find_it_wherever_it_lies(client: APIClient, store: Store, search: Search) -> None:
    memory_id = store(LONG, occurred_at="2026-03-01T00:00:00Z")
    first = timezone.now().isoformat()
    client.patch(f"{API}/{memory_id}", {"content": "Zanzibar takes its place."}, format="json")
    second = timezone.now().isoformat()
    archive(client, memory_id)
    for moment, text, word in ((first, LONG, "Oslo"), (second, "Zanzibar takes its place.", "Zanzibar")):
        at = {"as_of_recorded": moment}
        (listed,) = client.get(API, at).json()["results"]
        assert (listed["content"], listed["is_stub"]) == (text, False)
        assert client.get(f"{API}/{memory_id}", at).json()["content"] == text
        assert client.get(API, {**at, "q": word.upper()}).json()["total"] == 1
        assert client.get(f"{API}/insights", at).json()["total_memories"] == 1
    assert client.get(API, {"as_of_recorded": first, "q": "zanzibar"}).json()["total"] == 0
    (found,) = search("Zanzibar", as_of_recorded=second)
    assert (found["content"], found["is_stub"]) == ("Zanzibar takes its place.", False)
    (found,) = search("Zanzibar", as_of="2026-04-01T00:00:00Z")
    assert found["memory_id"] == memory_id
    assert client.get(API, {"as_of": "2026-02-01T00:00:00Z"}).json()["total"] == 0
    # Being archived is no difference.
    page = client.get(f"{API}/diff", {"from": second}).json()
    assert page["results"] == []


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
    assert held(acme) == expected
    if memory.deleted_at is not None:
        assert client.post(f"{API}/{memory_id}/restore").json()["content"] == LONG
        assert held(acme) == expected + memory.size_bytes


@pytest.mark.parametrize("column", ["texts", "findings", "sha256", "history", "metadata"])
def test_a_damaged_row_is_refused_and_stays(client: APIClient, store: Store, acme: Organization, column: str) -> None:
    memory_id, fine = store(LONG), store("The tea is cold.")
    client.patch(f"{API}/{memory_id}", {"source": "mail"}, format="json")
    archive(client, memory_id, fine)
    with organization_scope(acme.id):
        row = ArchivedMemory.objects.get(memory_id=memory_id)
        match column:
            case "texts" | "findings":
                packed = bytearray(getattr(row, column))
                packed[len(packed) // 2] ^= 0xFF
                setattr(row, column, bytes(packed))
                row.save()
            case "sha256":
                ArchivedMemory.objects.filter(memory_id=memory_id).update(sha256="0" * 64)
            case "history":
                MemoryVersion.objects.filter(memory_id=memory_id).update(reason="forged")
            case _:
                Memory.objects.filter(id=memory_id).update(metadata={"forged": True})
    refused = client.post(f"{API}/{memory_id}/unarchive")
    assert (refused.status_code, refused.json()["code"]) == (409, "archive_damaged")
    some = client.post(f"{API}/unarchive", {"ids": [memory_id, fine]}, format="json").json()
    assert (some["done"], some["failed"], some["errors"][0]["code"]) == (1, 1, "archive_damaged")
    if column == "texts":
        assert client.get(f"{API}/{memory_id}").json()["code"] == "archive_damaged"
        (stub,) = client.get(API, {"state": "archived"}).json()["results"]
        assert stub["is_stub"]
        asked = {"query": "Readout of EXP-117 by Priya Raman", "include_archived": True}
        (found,) = client.post(f"{API}/search", asked, format="json").json()["results"][:1]
        assert (found["memory_id"], found["is_stub"]) == (memory_id, True)
    assert client.patch(f"{API}/{memory_id}", {"source": "post"}, format="json").status_code == 409
    with organization_scope(acme.id):
        assert ArchivedMemory.objects.filter(memory_id=memory_id).exists()
        assert Memory.objects.get(id=memory_id).archived_at is not None


def test_rules_archive_what_is_cold(client: APIClient, store: Store, acme: Organization) -> None:
    old = timezone.now() - timedelta(days=100)
    note = store("An old note about tea.", memory_type="note", occurred_at=old.isoformat())
    report = store("An old report about tea.", memory_type="report", occurred_at=old.isoformat())
    fresh = store("A new note about tea.", memory_type="note")
    with organization_scope(acme.id):
        Memory.objects.filter(id__in=[note, report]).update(revised_at=old, recorded_at=old)
    rules = [{"memory_type": "report", "days": 365}, {"memory_type": None, "days": 90}]
    answer = client.put(f"{API}/archive/rules", {"rules": rules}, format="json").json()
    assert [(one["memory_type"], one["due"]) for one in answer["rules"]] == [(None, 1), ("report", 0)]
    planned = client.post(
        f"{API}/archive", {"memory_type": "note", "to": old.isoformat(), "dry_run": True}, format="json"
    )
    assert planned.json()["done"] == 0
    assert fresh
    assert client.get(f"{API}/archive/rules").json() == answer


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
    assert held(globex) == held(acme)
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
    plan_limits_set("free", memory_bytes=held(acme) + 2 * (max(sizes.values()) - away) + 10)
    answer = client.post(f"{API}/unarchive", {"ids": [*ids, str(UUID(int=7))]}, format="json").json()
    assert (answer["done"], answer["failed"]) == (2, 2)
    assert {one["code"] for one in answer["errors"]} == {"quota_exceeded", "memory_not_found"}
    (left,) = [one["memory_id"] for one in client.get(API, {"state": "archived"}).json()["results"]]
    assert client.post(f"{API}/{left}/unarchive").status_code == 402
    # What goes to the trash needs no room.
    assert client.delete(f"{API}/{left}").status_code == 204
    with organization_scope(acme.id):
        assert held(acme) == sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))


def test_archiving_is_refused_for_what_is_not_there_to_be_archived(
    client: APIClient, client_of: ClientFactory, acme: Organization, store: Store
) -> None:
    trashed, live = store("The tea is cold."), store("The tea is hot.")
    client.delete(f"{API}/{trashed}")
    answer = archive(client, trashed, live, str(UUID(int=7)), dry_run=True)
    assert (answer["done"], answer["dry_run"]) == (1, True)
    assert {one["memory_id"]: one["code"] for one in answer["errors"]} == {
        trashed: "not_archivable",
        str(UUID(int=7)): "memory_not_found",
    }
    assert client.get(API, {"state": "archived"}).json()["total"] == 0
    bodies: list[dict[str, Any]] = [
        {},
        {"ids": [live], "q": "tea"},
        {"ids": []},
        {"ids": [live], "all": True},
        {"x": 1},
    ]
    for body in bodies:
        assert client.post(f"{API}/archive", body, format="json").status_code == 400
    for body in [*bodies[:1], {"ids": []}, {"ids": ["x"]}]:
        assert client.post(f"{API}/unarchive", body, format="json").status_code == 400
    for rules in ([{"days": 1}], [{"memory_type": None, "days": 0}], [{"memory_type": None, "days": 1}] * 2):
        assert client.put(f"{API}/archive/rules", {"rules": rules}, format="json").status_code == 400
    member = client_of(acme, Role.MEMBER)
    assert member.post(f"{API}/archive", {"all": True}, format="json").status_code == 403
    assert client.post(f"{API}/{UUID(int=7)}/unarchive").status_code == 404
    assert client.post(f"{API}/archive", {"q": "hot"}, format="json").json()["done"] == 1
    # Nothing is lost by it, so whoever writes may bring it back, and what is live stays so.
    assert member.post(f"{API}/{live}/unarchive").status_code == 200
    assert member.post(f"{API}/unarchive", {"ids": [live]}, format="json").json()["unchanged"] == 1


def test_erasure_leaves_nothing_in_the_archive(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs
) -> None:
    memory_id, other = store(LONG, memory_type="note"), store("The tea is cold.")
    archive(client, memory_id)
    # A condition on the text looks at all of it.
    begun = client.post(f"{API}/erasures", {"q": "zebra banner", "reason": "asked"}, format="json")
    assert begun.status_code == 202, begun.content
    run_jobs()
    erasure = client.get(f"{API}/erasures/{begun.json()['id']}").json()
    assert erasure["status"] == "certified"
    places = {one["place"]: (one["before"], one["after"]) for one in erasure["places"]}
    assert places["archived texts"] == (1, 0)
    assert client.get(f"{API}/{memory_id}").status_code == 410
    with organization_scope(acme.id):
        assert not ArchivedMemory.objects.exists()
        size = sum(Memory.objects.filter(id=other).values_list("size_bytes", flat=True))
    assert held(acme) == size


def test_retention_and_holds_reach_into_the_archive(client: APIClient, acme: Organization, store: Store) -> None:
    old = timezone.now() - timedelta(days=100)
    trash, erase, hold = (store(f"{LONG} {name}", memory_type=name) for name in ("note", "draft", "letter"))
    client.post("/api/v1/memory/holds", {"name": "case", "filters": {"memory_type": "letter"}}, format="json")
    with organization_scope(acme.id):
        Memory.objects.update(recorded_at=old, revised_at=old)
    # A hold keeps memories; the archive loses nothing.
    assert archive(client, trash, erase, hold)["done"] == 3
    rules = [
        {"memory_type": "note", "days": 90, "action": "trash"},
        {"memory_type": "draft", "days": 90, "action": "erase"},
        {"memory_type": "letter", "days": 90, "action": "erase"},
    ]
    assert client.put("/api/v1/memory/retention", {"rules": rules}, format="json").status_code == 200
    with organization_scope(acme.id):
        assert retention_sweep(organization_id=acme.id, now=timezone.now()) == {"draft": 1, "letter": 0, "note": 1}
        assert Memory.objects.get(id=trash).content == f"{LONG} note"
        assert ArchivedMemory.objects.get().memory_id == UUID(hold)
    assert client.get(f"{API}/{erase}").status_code == 410


def test_ids_of_another_organisation_are_unknown(
    client: APIClient, globex: Organization, client_of: ClientFactory, store: Store
) -> None:
    memory_id = store(LONG)
    archive(client, memory_id)
    theirs = client_of(globex)
    for path in ("archive", "unarchive"):
        answer = theirs.post(f"{API}/{path}", {"ids": [memory_id]}, format="json").json()
        assert (answer["done"], answer["errors"][0]["code"]) == (0, "memory_not_found")
    assert theirs.get(API, {"state": "archived"}).json()["total"] == 0
    assert client.get(f"{API}/{memory_id}").json()["archived_at"]


def test_the_archive_opens_nothing_that_is_closed(client_of: ClientFactory, acme: Organization) -> None:
    owner, member = client_of(acme, Role.OWNER), client_of(acme, Role.MEMBER)
    with organization_scope(acme.id):
        item = StoreItem(content=LONG, module="alpha", memory_type="note")
        stored = memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now())
    path, moment = f"{API}/{stored.memory_id}", timezone.now().isoformat()
    assert archive(owner, str(stored.memory_id))["done"] == 1
    (shown,) = owner.get(API, {"state": "archived"}).json()["results"]
    assert shown["access_via"] == "role"

    asked = {"query": "What did Priya Raman read out for Harbor Coffee in Oslo?"}
    for body in ({**asked, "include_archived": True}, {**asked, "as_of_recorded": moment}):
        assert len(owner.post(f"{API}/search", body, format="json").json()["results"]) == 1
        assert member.post(f"{API}/search", body, format="json").json()["results"] == []
    for query in ({"state": "archived"}, {"state": "archived", "q": "zebra"}, {"as_of_recorded": moment}):
        assert member.get(API, query).json()["total"] == 0
    for answer in (member.get(path), member.get(f"{path}/history"), member.post(f"{path}/unarchive")):
        assert answer.status_code == 404
    bulk = member.post(f"{API}/unarchive", {"ids": [str(stored.memory_id)]}, format="json").json()
    assert (bulk["done"], bulk["errors"][0]["code"]) == (0, "memory_not_found")
    edited: dict[str, Any] = {"action": "update", "ids": [str(stored.memory_id)], "set": {"metadata": {"a": 1}}}
    assert member.post(f"{API}/bulk", edited, format="json").json()["done"] == 0
    with organization_scope(acme.id):
        assert ArchivedMemory.objects.count() == 1


def test_the_archive_is_found_by_its_words_whatever_model_answers(
    client: APIClient, acme: Organization, store: Store
) -> None:
    away = store("Quaxlibert Zummeldorf manages the plan of the harbour.")
    for number in range(20):
        store(f"The plan of the harbour costs {number} crowns a day, says the harbour office.")
    archive(client, away)
    with organization_scope(acme.id):
        # As if another model had read it.
        row = ArchivedMemory.objects.get()
        found = findings_unpack(row.findings)
        ArchivedMemory.objects.update(findings=findings_pack({**found, "models": ["another", *found["models"][1:]]}))
    body = {"query": "Quaxlibert plan of the harbour", "include_archived": True, "limit": 50}
    results = client.post("/api/v1/memory/search", body, format="json").json()["results"]
    assert results[0]["memory_id"] == away
