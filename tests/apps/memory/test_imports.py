"""Imports: what is not here comes, once, by whatever turns a worker takes at it."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope, schema_name_for
from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory, MemoryRemoval
from apps.memory.services.epochs import epoch_start, epoch_switch
from apps.memory.services.imports import import_process
from apps.memory.services.managing import memory_trash
from apps.memory.services.purging import memories_purge
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archives import exported, imported, lines_of, members_of, mended, same, sent
from tests.factories.billing import bytes_held, plan_limits_set
from tests.factories.vectors import passages_without_vector

API = "/api/v1/memory"
pytestmark = pytest.mark.usefixtures("own_storage")
TEXT = "EXP-117: Priya Raman tested a discount with Harbor Coffee."


def test_what_is_here_stays_and_the_rest_comes(
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs
) -> None:
    first, second, third, fourth = (store(f"Report {n} about the harbor.", external_id=f"r{n}") for n in range(4))
    small = exported(client, run_jobs, filters={"external_id": {"in": ["r0", "r1"]}}, state="live")
    whole = exported(client, run_jobs)
    other.post(f"{API}/store", {"content": "Something of ours.", "external_id": "r3"}, format="json")
    assert imported(other, run_jobs, small)["created"] == 2
    other.patch(f"{API}/{second}", {"content": "Ours by now."}, format="json")
    with organization_scope(globex.id):
        other.delete(f"{API}/{first}")
        memories_purge(memory_ids=[UUID(first)], now=timezone.now())
    found = imported(other, run_jobs, whole)
    assert (found["created"], found["skipped"], found["failed"]) == (1, 0, 3)
    assert {(one["memory_id"], one["code"]) for one in found["errors"]["results"]} == {
        (first, "memory_erased"),
        (second, "import_conflict"),
        (fourth, "external_id_conflict"),
    }
    assert other.get(f"{API}/{second}").json()["content"] == "Ours by now."
    assert other.get(f"{API}/{third}").status_code == 200
    page = other.get(f"{API}/imports/{found['import_id']}?limit=2").json()["errors"]
    assert (len(page["results"]), page["total"]) == (2, 3)
    rest = other.get(f"{API}/imports/{found['import_id']}?limit=2&cursor={page['next']}").json()["errors"]
    assert len(rest["results"]) == 1


def test_texts_that_were_read_otherwise_are_read_again(
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs
) -> None:
    memory_id = store(TEXT)
    archive = exported(client, run_jobs)

    def change(members: dict[str, bytes]) -> None:
        (line,) = lines_of(members)
        line |= {"reading": 1, "passages": [], "mentions": [], "evidence": [], "understood": False}
        members["memories/000001.jsonl"] = json.dumps(line).encode() + b"\n"

    imported(other, run_jobs, mended(archive, change))
    found = other.post(f"{API}/search", {"query": "discount"}, format="json").json()["results"]
    assert [one["memory_id"] for one in found] == [memory_id]
    same(client, other, "/graph")
    with organization_scope(globex.id):
        assert Memory.objects.get(id=memory_id).understood
        assert not passages_without_vector().exists()


def test_vectors_come_with_the_model_that_made_them(
    client: APIClient, other: APIClient, store: Store, globex: Organization, acme: Organization, run_jobs: RunJobs
) -> None:
    memory_id = store("The discount ends in March, says Priya Raman.")
    first = exported(client, run_jobs)
    with organization_scope(globex.id):
        words = epoch_start(model=WORDS, user_id=None, now=timezone.now())
        run_jobs()
        epoch_switch(organization_id=globex.id, epoch_id=words.id, now=timezone.now())
    imported(other, run_jobs, first)
    run_jobs()

    def answer(of: APIClient) -> tuple[str, str, float]:
        sent = {"query": "when does the discount end?", "search_type": "neural"}
        body = of.post(f"{API}/search", sent, format="json").json()
        (found,) = body["results"]
        return body["model"], found["memory_id"], found["contributions"][0]["raw"]

    # Another model answers there, and has read the text anew.
    assert answer(other)[:2] == (WORDS, memory_id)
    second = exported(other, run_jobs)
    made = json.loads(members_of(second)["manifest.json"])["vectors"]["embedding"]
    assert (made["model"], made["shape"]) == (WORDS, [256])
    there = answer(other)
    with organization_scope(acme.id):
        words = epoch_start(model=WORDS, user_id=None, now=timezone.now())
        run_jobs()
        memory_trash(
            organization_id=acme.id, reader=EVERYTHING, memory_id=UUID(memory_id), user_id=None, now=timezone.now()
        )
        memories_purge(memory_ids=[UUID(memory_id)], now=timezone.now())
        MemoryRemoval.objects.all().delete()
        epoch_switch(organization_id=acme.id, epoch_id=words.id, now=timezone.now())
    # The same model: the vectors come as they are, and the model that answered before reads what came.
    imported(client, run_jobs, second)
    assert answer(client) == there
    assert client.post(f"{API}/epochs/rollback").status_code == 200
    assert answer(client)[0] == MINILM.name


def test_the_plan_bounds_an_import(
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs
) -> None:
    for n in range(5):
        store(f"Report {n} about the harbor and of what was found there.")
    archive = exported(client, run_jobs)
    plan_limits_set("free", memory_bytes=150)
    found = imported(other, run_jobs, archive, status="failed")
    assert found["error"]["code"] == "quota_exceeded"
    assert (found["created"], bytes_held(globex) <= 150) == (2, True)
    plan_limits_set("free", memory_bytes=10_000)
    again = imported(other, run_jobs, archive)
    assert (again["created"], again["skipped"]) == (3, 2)


def test_an_interrupted_import_goes_on_where_it_stood(
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs
) -> None:
    ids = {store(f"EXP-11{n}: Priya Raman tested a discount.") for n in range(3)}
    archive = exported(client, run_jobs)
    import_id = UUID(sent(other, archive).json()["import_id"])
    with organization_scope(globex.id):
        turns = 0
        # A turn without any time does one step.
        while not import_process(organization_id=globex.id, import_id=import_id, budget=timedelta()):
            turns += 1
        assert turns >= 2
        assert {str(one) for one in Memory.objects.values_list("id", flat=True)} == ids
        # The job that was queued at first finds nothing to do.
    run_jobs()
    assert other.get(f"{API}/imports/{import_id}").json()["created"] == 3


def test_imports_are_cancelled(
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs, own_storage: Path
) -> None:
    store(TEXT)
    archive = exported(client, run_jobs)
    import_id = sent(other, archive).json()["import_id"]
    assert sent(other, archive).json()["code"] == "import_running"
    cancelled = other.post(f"{API}/imports/{import_id}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert other.post(f"{API}/imports/{import_id}/cancel").status_code == 409
    run_jobs()
    assert other.get(API).json()["total"] == 0
    assert not list((own_storage / schema_name_for(globex.id)).glob("imports/*"))
