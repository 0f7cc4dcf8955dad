"""The archive: cold memories leave the indexes, are found as stubs, and open to nobody else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.tenancy.scope import organization_scope
from apps.events.models import OutboxEvent
from apps.memory.engine.packed_texts import findings_pack, findings_unpack
from apps.memory.models import ArchivedMemory, Chunk, Memory
from apps.memory.services.memories import memory_store
from apps.memory.services.retention import retention_sweep
from apps.memory.types import StoreItem
from tests.apps.memory.conftest import Search, Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archive_tier import API, LONG, archive
from tests.factories.billing import bytes_held
from tests.factories.fixtures import ClientFactory


def test_an_archived_memory_is_out_of_everything_but_to_be_had(
    client: APIClient, store: Store, search: Search, acme: Organization
) -> None:
    memory_id = store(LONG, metadata={"team": "Growth"}, memory_type="experiment", external_id="exp-117")
    client.patch(f"{API}/{memory_id}", {"metadata": {"team": "Pricing"}}, format="json")
    other = store("The tea is cold.")
    before = client.get(f"{API}/{memory_id}").json()
    history = client.get(f"{API}/{memory_id}/history").json()
    bytes_before = bytes_held(acme)
    figures = client.get(f"{API}/insights").json()
    assert figures["total_memories"] == 2

    answer = archive(client, memory_id, reason="cold")
    assert (answer["done"], answer["failed"], answer["dry_run"]) == (1, 0, False)
    assert answer["size_after"] < answer["size_before"]
    assert bytes_before - bytes_held(acme) == answer["size_before"] - answer["size_after"]
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
    assert bytes_held(acme) == size


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
