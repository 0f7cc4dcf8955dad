"""Index epochs: another model reads the memory while it is used, is switched to and back, and no answer is of two."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.migrations import migrate_organizations
from apps.core.tenancy.scope import organization_scope, schema_scope
from apps.events.models import OutboxEvent
from apps.memory.adapters import index_store
from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.adapters.vectors import memory_places, passage_vectors, vectors_count
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.exceptions import EpochConflict
from apps.memory.models import Chunk, EmbeddingEpoch, Memory
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.epochs import epoch_missing
from apps.memory.services.contexts import context_update
from apps.memory.services.epochs import epoch_drop, epoch_fill, epoch_rollback, epoch_start, epoch_switch
from apps.memory.services.managing import memory_edit, memory_restore, memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.services.purging import memories_purge
from apps.memory.services.search import memories_find
from apps.memory.services.vectors import FILL_SHARES
from apps.memory.types import SearchQuery, SearchResult, StoreItem
from tests.apps.memory.conftest import Store
from tests.factories.vectors import concepts_of

ROOT = Path(__file__).resolve().parents[3]
EPOCHS = "/api/v1/memory/epochs"
RunJobs = Callable[[], int]
TEXTS = [
    "The server burns, come at once.",
    "Priya Raman ran the checkout test in March.",
    "Customers complain about late parcels.",
    "An elegant, minimal chair of oak.",
    "The price of the plan rises by three euros.",
    "Rain is expected over the coast tomorrow.",
]
QUESTION = "deliveries that do not arrive in time"


def remember(organization: Organization, content: str) -> UUID:
    item = StoreItem(content=content)
    return memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now()).memory_id


def fill(epoch: EmbeddingEpoch, **options: Any) -> None:
    for share in range(FILL_SHARES):
        epoch_fill(epoch_id=epoch.id, share=share, **options)


def filled(organization: Organization) -> EmbeddingEpoch:
    """Have the word vectors read the memory."""
    epoch = epoch_start(model=WORDS, user_id=None, now=timezone.now())
    fill(epoch)
    return epoch


def switch(organization: Organization, epoch: EmbeddingEpoch) -> None:
    epoch_switch(organization_id=organization.id, epoch_id=epoch.id, now=timezone.now())


def cosines(model: str, question: str, texts: list[str]) -> dict[str, float]:
    """Return what a model says of short texts, on the engine's scale."""
    embedder = embedder_named(model)
    found = (embedder.embed(texts) @ embedder.embed_query(question) - embedder.scale.zero) / embedder.scale.unit
    return dict(zip(texts, found.tolist(), strict=True))


def raw_of(result: SearchResult) -> float:
    (raw,) = (one.raw for one in result.hit.contributions if one.channel == "neural")
    assert raw is not None
    return raw


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_another_model_reads_the_memory_and_answers_and_the_way_back(
    client: APIClient, store: Store, run_jobs: RunJobs, acme: Organization
) -> None:
    for text in TEXTS:
        store(text)

    def answered() -> tuple[str, list[str]]:
        sent = {"query": QUESTION, "search_type": "neural", "limit": 3}
        body = client.post("/api/v1/memory/search", sent, format="json").json()
        return body["model"], [one["content"] for one in body["results"]]

    def nearest(model: str) -> list[str]:
        found = cosines(model, QUESTION, TEXTS)
        return sorted(found, key=lambda text: -found[text])[:3]

    assert nearest(MINILM.name) != nearest(WORDS)
    (first,) = client.get(EPOCHS).json()["results"]
    assert (first["model"], first["status"], first["memories"], first["filled"]) == (MINILM.name, "active", 6, 6)

    begun = client.post(EPOCHS, {"model": WORDS}, format="json")
    assert (begun.status_code, begun.json()["status"], begun.json()["filled"]) == (202, "filling", 0)
    one = f"{EPOCHS}/{begun.json()['epoch_id']}"
    refused = client.post(f"{one}/switch")
    assert (refused.status_code, refused.json()["code"]) == (409, "epoch_conflict")
    assert answered() == (MINILM.name, nearest(MINILM.name))

    run_jobs()
    assert (client.get(one).json()["status"], client.get(one).json()["filled"]) == ("ready", 6)
    assert client.post(f"{one}/switch").json()["status"] == "active"
    assert answered() == (WORDS, nearest(WORDS))
    assert client.get("/api/v1/memory/health").json()["embedding_model"] == WORDS
    assert client.get(f"{EPOCHS}/{first['epoch_id']}").json()["status"] == "standby"

    assert client.post(f"{EPOCHS}/rollback").json()["epoch_id"] == first["epoch_id"]
    assert answered() == (MINILM.name, nearest(MINILM.name))
    refused = client.delete(f"{EPOCHS}/{first['epoch_id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "epoch_conflict")
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 204
    run_jobs()
    with organization_scope(acme.id):
        assert not passage_vectors(UUID(begun.json()["epoch_id"])).exists()
    assert client.get(one).json()["status"] == "dropped"
    refused = client.post(f"{EPOCHS}/rollback")
    assert (refused.status_code, refused.json()["code"]) == (409, "epoch_conflict")
    told = OutboxEvent.objects.filter(subject_kind="epoch").order_by("id").values_list("name", flat=True)
    assert list(told) == ["epoch.started", "epoch.ready", "epoch.switched", "epoch.switched", "epoch.dropped"]


def test_what_cannot_be_done_is_refused(client: APIClient, acme: Organization) -> None:
    for body in ({"model": "none"}, {"model": ""}, {}, {"model": WORDS, "more": 1}):
        assert client.post(EPOCHS, body, format="json").status_code == 400
    assert client.post(EPOCHS, {"model": MINILM.name}, format="json").json()["code"] == "epoch_conflict"
    for method, path in (("get", ""), ("delete", ""), ("post", "/switch")):
        answer = getattr(client, method)(f"{EPOCHS}/{UUID(int=7)}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "epoch_not_found")


def test_explanations_and_related_memories_are_of_the_model_that_answers(
    client: APIClient, store: Store, acme: Organization
) -> None:
    ids = {text: store(text) for text in TEXTS}
    with organization_scope(acme.id):
        switch(acme, filled(acme))
    sent = {"query": QUESTION, "memory_id": ids[TEXTS[2]]}
    assert client.post("/api/v1/memory/explain", sent, format="json").json()["model"] == WORDS
    near = client.get(f"/api/v1/memory/{ids[TEXTS[2]]}/related").json()["results"]
    expected = cosines(WORDS, TEXTS[2], TEXTS)
    assert {one["content"]: one["closeness"] for one in near} == pytest.approx(
        {text: max(0.0, expected[text]) for text in TEXTS if text != TEXTS[2]}, abs=2e-3
    )
    concepts = client.get(f"/api/v1/memory/{ids[TEXTS[0]]}/concepts").json()
    with organization_scope(acme.id):
        assert [one["coordinate"] for one in concepts["dimensions"]] == pytest.approx(
            concepts_of(ids[TEXTS[0]]).tolist(), abs=1e-6
        )
    assert len(client.get("/api/v1/memory/map").json()["memory_id"]) == len(TEXTS)


def test_operators_do_it_from_the_command_line(
    client: APIClient, store: Store, acme: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in TEXTS:
        store(text)

    def run(*arguments: str) -> Any:
        call_command("reembed", *arguments, "--organization", "acme", "--json")
        return json.loads(capsys.readouterr().out)

    with pytest.raises(CommandError, match="start it first"):
        run("switch", "--model", WORDS)
    tried = run("start", "--model", WORDS, "--wait", "--dry-run")
    assert (tried["dry_run"], tried["epochs"][0]["status"], tried["epochs"][0]["memories"]) == (True, "filling", 6)
    assert len(run("status")["epochs"]) == 1
    for arguments, status in (
        (["start", "--model", WORDS, "--wait"], "ready"),
        (["switch", "--model", WORDS, "--dry-run"], "ready"),
        (["switch", "--model", WORDS], "active"),
        (["rollback"], "active"),
        (["drop", "--model", WORDS, "--wait"], "dropped"),
    ):
        done = run(*arguments)
        assert [done["action"], done["epochs"][0]["status"]] == [arguments[0], status]
    assert [one["status"] for one in run("status")["epochs"]] == ["dropped", "active"]
    told = OutboxEvent.objects.filter(subject_kind="epoch").order_by("id").values_list("name", flat=True)
    assert list(told) == ["epoch.started", "epoch.ready", "epoch.switched", "epoch.switched", "epoch.dropped"]
    call_command("reembed", "status", "--organization", "acme")
    assert f"{MINILM.name} (384): active, 6 of 6 memories" in capsys.readouterr().out
    for wrong in (["start"], ["start", "--model", "none"], ["drop", "--model", MINILM.name], ["rollback"]):
        for more in ([], ["--dry-run"]):
            with pytest.raises(CommandError):
                run(*wrong, *more)


# --- what is written meanwhile ----------------------------------------------------------------------------------------


def missing(epoch: EmbeddingEpoch) -> int:
    return epoch_missing(epoch.id, context=context_get()).count()


def test_what_is_stored_edited_and_thrown_away_is_in_both(in_acme: Organization, run_jobs: RunJobs) -> None:
    now = timezone.now()
    ids = [remember(in_acme, text) for text in TEXTS[:4]]
    memory_trash(organization_id=in_acme.id, reader=EVERYTHING, memory_id=ids[0], user_id=None, now=now)
    epoch = filled(in_acme)
    assert missing(epoch) == 0
    ids.append(remember(in_acme, TEXTS[4]))
    memory_edit(
        organization_id=in_acme.id,
        reader=EVERYTHING,
        memory_id=ids[1],
        fields={"content": TEXTS[5]},
        user_id=None,
        now=now,
    )
    assert missing(epoch) == 2
    run_jobs()
    assert missing(epoch) == 0
    # A switch reads what is missing by itself, and what is restored was read in the trash.
    ids.append(remember(in_acme, "Parcels come too late."))
    switch(in_acme, epoch)
    memory_restore(organization_id=in_acme.id, reader=EVERYTHING, memory_id=ids[0], user_id=None, now=now)
    for question in (TEXTS[5], TEXTS[0], "Parcels come too late."):
        query = SearchQuery(text=question, search_type=SearchType.NEURAL)
        found = memories_find(organization_id=in_acme.id, reader=EVERYTHING, query=query, now=timezone.now())
        assert (found.model, found.results[0].memory.content) == (WORDS, question)
        expected = cosines(WORDS, question, [one.memory.content for one in found.results])
        assert {one.memory.content: raw_of(one) for one in found.results} == pytest.approx(expected, abs=2e-3)
    # And the former one follows in its turn.
    remember(in_acme, "Ships leave the harbour.")
    run_jobs()
    (former,) = EmbeddingEpoch.objects.exclude(id=epoch.id)
    assert missing(former) == 0
    assert epoch_rollback(organization_id=in_acme.id, now=timezone.now()).id == former.id


def test_other_dimensions_place_all_memories_anew_in_both(in_acme: Organization, run_jobs: RunJobs) -> None:
    ids = [remember(in_acme, text) for text in TEXTS]
    epoch = filled(in_acme)
    switch(in_acme, epoch)
    (former,) = EmbeddingEpoch.objects.exclude(id=epoch.id)
    context_update(dimensions=[{"name": "money", "description": "What it costs."}], now=timezone.now())
    assert len(concepts_of(ids[0])) == 1
    with pytest.raises(EpochConflict):
        epoch_rollback(organization_id=in_acme.id, now=timezone.now())
    run_jobs()
    assert {len(place) for place in memory_places(former.id).values_list("concepts", flat=True)} == {1}
    assert memory_places(former.id).count() == len(ids)
    epoch_rollback(organization_id=in_acme.id, now=timezone.now())
    query = SearchQuery(text="It costs three euros.", search_type=SearchType.CONCEPTUAL)
    assert (
        memories_find(organization_id=in_acme.id, reader=EVERYTHING, query=query, now=timezone.now()).model
        == MINILM.name
    )


def test_an_erasure_empties_all_epochs(in_acme: Organization) -> None:
    now = timezone.now()
    kept, gone = remember(in_acme, TEXTS[0]), remember(in_acme, TEXTS[1])
    filled(in_acme)
    assert vectors_count([gone]) == {"vectors": 2, "concepts": 2}
    memory_trash(organization_id=in_acme.id, reader=EVERYTHING, memory_id=gone, user_id=None, now=now)
    memories_purge(memory_ids=[gone], now=now)
    assert vectors_count([gone]) == {"vectors": 0, "concepts": 0}
    assert vectors_count([kept]) == {"vectors": 2, "concepts": 2}


def test_a_killed_worker_leaves_nothing_out(in_acme: Organization) -> None:
    class Killed(BaseException):
        pass

    def die(_: int) -> None:
        raise Killed

    for number in range(150):
        remember(in_acme, f"Report {number} of the Harbor team.")
    epoch = epoch_start(model=WORDS, user_id=None, now=timezone.now())
    with pytest.raises(Killed):
        epoch_fill(epoch_id=epoch.id, share=0, on_batch=die)
    assert missing(epoch) == 150 - 64
    assert epoch_fill(epoch_id=epoch.id, share=1, budget=timedelta()) is False
    fill(epoch)
    epoch.refresh_from_db()
    assert (missing(epoch), epoch.state) == (0, EmbeddingEpoch.State.READY)
    assert passage_vectors(epoch.id).count() == Chunk.objects.count() == 150


def test_there_are_no_more_than_three_and_a_job_that_gives_up_says_so(
    in_acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        EmbeddingEpoch.objects.create(
            model=f"m{number}", dimension=2, zero=0, unit=1, created_at=timezone.now(), state="failed"
        )
    with pytest.raises(EpochConflict):
        epoch_start(model=WORDS, user_id=None, now=timezone.now())


# --- one answer, one epoch --------------------------------------------------------------------------------------------


def test_nothing_reads_vectors_but_through_the_epoch() -> None:
    allowed = {"adapters/vectors.py", "services/vectors.py", "models/__init__.py", "models/passages.py"}
    known = re.compile(r"PassageVector|MemoryPlace|memory_passagevector|memory_memoryplace|\bvectors__|\bplaces__")
    found = {
        str(path.relative_to(ROOT / "apps/memory"))
        for path in (ROOT / "apps/memory").rglob("*.py")
        if "migrations" not in path.parts and known.search(path.read_text())
    }
    assert found == allowed


def test_while_an_index_is_built_the_former_epoch_answers(in_acme: Organization) -> None:
    for text in TEXTS:
        remember(in_acme, text)
    query = SearchQuery(text=QUESTION, search_type=SearchType.NEURAL)
    epoch = filled(in_acme)

    def model() -> str:
        return memories_find(organization_id=in_acme.id, reader=EVERYTHING, query=query, now=timezone.now()).model

    assert model() == MINILM.name
    switch(in_acme, epoch)
    entry = index_store._Entry(0, index_store._empty(epoch, 0))
    index_store._entries[in_acme.id, epoch.id] = entry
    with entry.lock:
        assert model() == MINILM.name
    assert model() == WORDS


def test_an_epoch_that_goes_while_it_answers_makes_way(in_acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in TEXTS:
        remember(in_acme, text)
    epoch = filled(in_acme)
    (former,) = EmbeddingEpoch.objects.exclude(id=epoch.id)
    follow = index_store._follow
    calls: list[int] = []

    def slowly(*args: Any, **kwargs: Any) -> None:
        if not calls:
            calls.append(1)
            switch(in_acme, epoch)
            epoch_drop(organization_id=in_acme.id, epoch_id=former.id, now=timezone.now())
        follow(*args, **kwargs)

    monkeypatch.setattr(index_store, "_follow", slowly)
    query = SearchQuery(text=QUESTION, search_type=SearchType.NEURAL)
    found = memories_find(organization_id=in_acme.id, reader=EVERYTHING, query=query, now=timezone.now())
    assert found.model == WORDS
    expected = cosines(WORDS, QUESTION, TEXTS)
    assert {one.memory.content: raw_of(one) for one in found.results} == pytest.approx(expected, abs=2e-3)


class Load:
    """Questions and new texts on threads, while the test does something else."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.stop = Event()
        # Of each answer its model, and each text with its score, best first.
        self.answers: list[tuple[str, dict[str, float]]] = []
        self.failures: list[BaseException] = []
        self.threads: list[Thread] = []

    def begin(self, work: Callable[[], None]) -> Thread:
        def run() -> None:
            try:
                with organization_scope(self.organization.id):
                    work()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test shall see it
                self.failures.append(error)
            finally:
                connection.close()

        self.threads.append(Thread(target=run))
        self.threads[-1].start()
        return self.threads[-1]

    def ask(self) -> None:
        query = SearchQuery(text=QUESTION, search_type=SearchType.NEURAL, limit=100, explain=False)
        while not self.stop.is_set():
            found = memories_find(
                organization_id=self.organization.id, reader=EVERYTHING, query=query, now=timezone.now()
            )
            self.answers.append((found.model, {one.memory.content: raw_of(one) for one in found.results}))

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_under_load_no_answer_fails_and_none_is_of_two_models(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    base = [f"{text} Case {number}." for number in range(6) for text in TEXTS]
    more = [f"Note {number} about {word}." for number in range(15) for word in ("parcels", "rain")]
    expected = {model: cosines(model, QUESTION, [*base, *more]) for model in (MINILM.name, WORDS)}
    load = Load(acme)

    def answered_by(model: str) -> bool:
        return bool(load.answers) and load.answers[-1][0] == model

    with organization_scope(acme.id):
        for text in base:
            remember(acme, text)
        first = context_get().epoch
        load.begin(load.ask)
        load.begin(load.ask)
        writer = load.begin(lambda: remember_all(acme, more))
        try:
            wait_for(lambda: answered_by(MINILM.name))
            epoch = epoch_start(model=WORDS, user_id=None, now=timezone.now())
            wait_for(lambda: is_ready(epoch))
            switch(acme, epoch)
            wait_for(lambda: answered_by(WORDS))
            epoch_rollback(organization_id=acme.id, now=timezone.now())
            wait_for(lambda: answered_by(MINILM.name))
            switch(acme, epoch)
            epoch_drop(organization_id=acme.id, epoch_id=first.id, now=timezone.now())
            writer.join()
            wait_for(lambda: answered_by(WORDS) and len(load.answers[-1][1]) == len(base) + len(more))
        finally:
            load.end()
    assert load.failures == []
    assert {model for model, _ in load.answers} == {MINILM.name, WORDS}
    for model, found in load.answers:
        own = expected[model]
        # What was stored a moment ago may not have been read by the other model yet.
        settled = {text: raw for text, raw in found.items() if text in base}
        assert settled == pytest.approx({text: own[text] for text in base}, abs=3e-3)
        assert all(own[one] >= own[two] - 3e-3 for one, two in pairwise(settled))


def remember_all(organization: Organization, texts: list[str]) -> None:
    for text in texts:
        remember(organization, text)


def is_ready(epoch: EmbeddingEpoch) -> bool:
    """Do what workers do, and tell whether it is enough."""
    fill(epoch)
    epoch.refresh_from_db()
    return epoch.state == EmbeddingEpoch.State.READY


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        Event().wait(0.05)
    pytest.fail("waited too long")


# --- archives and upgrades --------------------------------------------------------------------------------------------


def test_vectors_that_were_there_before_become_the_first_epoch(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        ids = [remember(acme, text) for text in TEXTS]
        before = {one: concepts_of(one) for one in ids}
    with schema_scope(acme.schema_name):
        MigrationExecutor(connection).migrate([("memory", "0010_exports")])
    report = migrate_organizations([acme.schema_name])
    assert (report.migrated, report.failed) == (1, {})
    with organization_scope(acme.id):
        epoch = EmbeddingEpoch.objects.get()
        assert context_get().epoch == epoch
        assert {one: concepts_of(one).tolist() for one in ids} == {one: row.tolist() for one, row in before.items()}
        assert Memory.objects.filter(understood=True).count() == len(ids)
        query = SearchQuery(text=QUESTION, search_type=SearchType.NEURAL)
        found = memories_find(organization_id=acme.id, reader=EVERYTHING, query=query, now=timezone.now())
        expected = cosines(MINILM.name, QUESTION, TEXTS)
        assert {one.memory.content: raw_of(one) for one in found.results} == pytest.approx(expected, abs=2e-3)
