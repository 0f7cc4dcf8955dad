"""The archive at work: rules and operators, several at once, and workers that are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from random import Random
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter
from apps.core.exceptions import DomainError
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.events.models import OutboxEvent
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import ArchivedMemory, ArchiveRule, Chunk, Memory, MemoryVersion
from apps.memory.selectors.memories import memory_get
from apps.memory.services.archiving import archive_sweep, archive_verify, memories_archive, memories_unarchive
from apps.memory.services.changes import change_begin
from apps.memory.services.erasing import memories_erase
from apps.memory.services.managing import memory_edit
from apps.memory.services.memories import memories_store, memory_store
from apps.memory.services.search import memory_search
from apps.memory.services.understanding import memories_understand
from apps.memory.services.vectors import SHARES
from apps.memory.tasks import sweep_all_archives
from apps.memory.types import SearchQuery, StoreItem
from liftos.env import BASE_DIR as ROOT
from tests.apps.memory.test_batches import RunJobs

OLD = timedelta(days=100)


def filled(organization: Organization, count: int) -> None:
    """Store memories to which nothing has happened for a hundred days."""
    with transaction.atomic():
        first = change_begin(now=timezone.now(), count=count).number_from
        memories_store(
            organization_id=organization.id,
            items=[StoreItem(content=text_of(n), memory_type="note" if n % 2 else "report") for n in range(count)],
            numbers=range(first, first + count),
            user_id=None,
            now=timezone.now(),
        )
    for share in range(SHARES):
        memories_understand(organization_id=organization.id, share=share)
    moment = timezone.now() - OLD
    Memory.objects.update(recorded_at=moment, revised_at=moment, occurred_at=moment)


def text_of(number: int) -> str:
    return (
        f"Report {number} of the Harbor team about the zebra campaign, written on a quiet day. "
        f"It sent {number * 37} parcels, most of them to Oslo, and Priya Raman signed for every one. "
        f"The weather was fine. Parcel number {number}-{number * 7} came back and nobody has said why so far. "
        f"Customer {number * 11} had asked for a refund of {number * 3} EUR before it was sent, which we paid at once."
    )


def consistent(organization: Organization) -> None:
    """Nothing is lost or double, and what the plan counts is what there is."""
    archived = set(ArchivedMemory.objects.values_list("memory_id", flat=True))
    assert archived == set(Memory.objects.exclude(archived_at=None).values_list("id", flat=True))
    assert not Chunk.objects.filter(memory_id__in=archived).exists()
    assert not Memory.objects.filter(archived_at=None, chunks=None).exists()
    assert not MemoryVersion.objects.filter(content="", memory__archived_at=None).exists()
    assert archive_verify() == (len(archived), [])
    used = UsageCounter.objects.get(organization_id=organization.id, meter="memory_bytes").used
    assert used == sum(Memory.objects.filter(deleted_at=None).values_list("size_bytes", flat=True))


def rule(days: int = 90, memory_type: str = "") -> None:
    ArchiveRule.objects.create(memory_type=memory_type, days=days, changed_at=timezone.now())


@pytest.mark.usefixtures("flush_redis")
def test_the_sweep_archives_what_is_due_once(in_acme: Organization, run_jobs: RunJobs) -> None:
    filled(in_acme, 12)
    rule(365)
    rule(90, "note")
    with public_scope():
        sweep_all_archives()
        run_jobs()
    assert set(ArchivedMemory.objects.values_list("memory__memory_type", flat=True)) == {"note"}
    assert ArchivedMemory.objects.count() == 6
    assert archive_sweep(organization_id=in_acme.id, now=timezone.now()).done == {}
    again = archive_sweep(organization_id=in_acme.id, now=timezone.now() + timedelta(days=300), dry_run=True)
    assert {name: one.done for name, one in again.done.items()} == {"": 6}
    assert OutboxEvent.objects.filter(name="memory.archived").count() == 6
    consistent(in_acme)


def test_a_sweep_that_runs_out_of_time_is_gone_on_with(in_acme: Organization) -> None:
    filled(in_acme, 4)
    rule()
    assert not archive_sweep(organization_id=in_acme.id, now=timezone.now(), budget=timedelta()).complete
    assert archive_sweep(organization_id=in_acme.id, now=timezone.now()).done[""].done == 4


def command(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("archive_memory", *arguments, organization="acme", stdout=out, **options)
    return out.getvalue()


def test_operators_look_after_the_archive(in_acme: Organization) -> None:
    filled(in_acme, 12)
    assert "There are no rules." in command("plan")
    rule(90, "note")
    assert "note: archived after 90 days, 6 due" in command("plan")
    planned = json.loads(command("run", dry_run=True, as_json=True))
    assert planned["dry_run"]
    assert planned["done"][0]["memories"] == 6
    assert planned["done"][0]["size_after"] < planned["done"][0]["size_before"]
    assert not ArchivedMemory.objects.exists()
    done = json.loads(command("run", as_json=True))
    assert done["done"] == planned["done"]
    one = Memory.objects.filter(archived_at=None).values_list("id", flat=True)[0]
    assert ": 1 archived" in command("run", str(one), reason="by hand")
    assert ArchivedMemory.objects.get(memory=one).reason == "by hand"
    assert command("verify") == "7 archived memories, 0 damaged\n"
    assert json.loads(command("plan", as_json=True))["memories"] == 7
    assert "1 memories would come back" in command("restore", str(one), dry_run=True)
    assert "1 memories came back" in command("restore", str(one))
    ArchivedMemory.objects.filter(memory__number=2).update(sha256="0" * 64)
    with pytest.raises(CommandError, match="1 archived memories are damaged"):
        command("verify", as_json=True)
    restored = json.loads(command("restore", everything=True, as_json=True))
    assert (restored["memories"], [one["code"] for one in restored["errors"]]) == (5, ["archive_damaged"])
    for arguments in (["restore"], ["restore", str(one), "--all"]):
        with pytest.raises(CommandError):
            call_command("archive_memory", *arguments, organization="acme")
    with pytest.raises(CommandError, match="no organisation"):
        call_command("archive_memory", "plan", organization="nobody")


def test_the_loss_of_recall_is_measured(in_acme: Organization) -> None:
    filled(in_acme, 40)
    rule(90, "note")
    archive_sweep(organization_id=in_acme.id, now=timezone.now())
    archived, live = json.loads(command("measure", sample=20, as_json=True))["recall_at_10"]
    assert (archived["about"], archived["questions"]) == ("archived", 20)
    assert archived["before"] > 0.7
    # What is archived is not found; by its stubs some of it is, and what is live is found no less.
    assert archived["without"] == 0
    assert 0.2 < archived["with_stubs"] <= archived["before"]
    assert live["without"] >= live["before"] > 0.7
    assert "recall@10" in command("measure", sample=2)


def test_the_archive_edits_erasures_and_searches_at_once(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        filled(acme, 16)
        ids = list(Memory.objects.order_by("number").values_list("id", flat=True))
    start, over = Barrier(5), Event()
    texts = {text_of(number) for number in range(16)}

    def turns(name: str) -> int:
        chance, count = Random(name), 0  # noqa: S311 - a repeatable order
        doing = doings[name]
        try:
            with public_scope(), organization_scope(acme.id):
                start.wait(10)
                while count < 25 and not over.is_set():
                    # Refused because another was faster, never otherwise.
                    with suppress(DomainError):
                        doing(chance)
                    count += 1
        except BaseException:
            over.set()
            raise
        finally:
            connection.close()
        return count

    def archive(chance: Random) -> None:
        memories_archive(organization_id=acme.id, target=chance.sample(ids, 6), user_id=None, now=timezone.now())

    def unarchive(chance: Random) -> None:
        memories_unarchive(
            reader=EVERYTHING, organization_id=acme.id, memory_ids=chance.sample(ids, 4), now=timezone.now()
        )

    def edit(chance: Random) -> None:
        memory_edit(
            reader=EVERYTHING,
            organization_id=acme.id,
            memory_id=chance.choice(ids[:12]),
            fields={"metadata": {"turn": chance.random()}},
            user_id=None,
            now=timezone.now(),
        )

    def erase(chance: Random) -> None:
        one = chance.choice(ids[12:])
        memories_erase(organization_id=acme.id, target=[one], reason="x", user_id=None, now=timezone.now())

    def look(chance: Random) -> None:
        query = SearchQuery(text=f"zebra campaign report {chance.randrange(16)}", include_archived=True, limit=20)
        for result in memory_search(
            reader=EVERYTHING, organization_id=acme.id, query=query, now=timezone.now()
        ).results:
            whole = result.memory.content
            assert whole in texts or (result.memory.is_stub and any(text.startswith(whole) for text in texts))
            assert result.passage is None or result.passage.end <= len(whole)
        found = memory_get(reader=EVERYTHING, memory_id=chance.choice(ids[:12]), now=timezone.now())
        assert found.content in texts

    doings: dict[str, Callable[[Random], None]] = {
        "archive": archive,
        "unarchive": unarchive,
        "edit": edit,
        "erase": erase,
        "look": look,
    }
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(turns, doings)) == [25] * 5
    with organization_scope(acme.id):
        consistent(acme)
        assert set(ids[:12]) <= set(Memory.objects.values_list("id", flat=True))
        memories_unarchive(reader=EVERYTHING, organization_id=acme.id, memory_ids=ids, now=timezone.now())
        assert set(Memory.objects.values_list("content", flat=True)) <= texts
        consistent(acme)


def test_a_killed_worker_leaves_nothing_lost_and_nothing_double(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        filled(acme, 500)
        rule()
        before = dict(Memory.objects.values_list("id", "content"))
    environment = {**os.environ, "DATABASE_URL": committed_db, "DJANGO_SETTINGS_MODULE": "liftos.settings.test"}
    arguments = [sys.executable, str(ROOT / "manage.py"), "archive_memory", "run", "--organization", "acme", "--json"]
    for wanted in (1, 201):
        worker = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own code
        until = time.monotonic() + 60
        with organization_scope(acme.id):
            while ArchivedMemory.objects.count() < wanted and worker.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.005)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        with organization_scope(acme.id):
            assert wanted <= ArchivedMemory.objects.count()
            consistent(acme)
    with organization_scope(acme.id):
        archive_sweep(organization_id=acme.id, now=timezone.now())
        assert ArchivedMemory.objects.count() == 500
        assert OutboxEvent.objects.filter(name="memory.archived").count() == 500
        consistent(acme)
        everything: list[UUID] = list(before)
        memories_unarchive(reader=EVERYTHING, organization_id=acme.id, memory_ids=everything, now=timezone.now())
        assert dict(Memory.objects.values_list("id", "content")) == before
        consistent(acme)
        stored = memory_store(organization_id=acme.id, item=StoreItem(content="x y"), user_id=None, now=timezone.now())
        assert stored.created
