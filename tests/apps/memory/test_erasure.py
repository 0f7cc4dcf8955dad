"""Erasure: nothing of a memory is found anywhere afterwards, and a certificate that cannot be altered says so."""

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.accounts.services.deletion import due_purge
from apps.billing.models import UsageCounter
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.adapters.kse import Cache
from apps.memory.models import Entity, Erasure, Memory, MemoryRemoval, Relation
from apps.memory.services.erasing import erasure_certify, erasure_fail
from apps.memory.services.purging import memories_purge, trash_empty
from apps.memory.services.retention import retention_sweep
from tests.apps.memory.conftest import Search, Store
from tests.apps.memory.test_batches import RunJobs, started, upload
from tests.contracts.kse import call
from tests.factories.fixtures import ClientFactory

pytestmark = pytest.mark.usefixtures("flush_redis")

ERASURES = "/api/v1/memory/erasures"
HOLDS = "/api/v1/memory/holds"
RETENTION = "/api/v1/memory/retention"
CANARY = "Quaxlibert"
TEXT = f"{CANARY} Zummeldorf manages Orpheus Vandelay. The {CANARY.lower()} plan costs 1,200 EUR."


def rows_holding(word: str) -> list[str]:
    """Return the tables, of every schema, that hold a word in some column, as text or as bytes."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in cursor.fetchall():
            hexadecimal = word.encode().hex()
            query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text ILIKE ANY(%s)")
            patterns = [f"%{one}%" for one in (word, hexadecimal, word.lower().encode().hex())]
            cursor.execute(query.format(sql.Identifier(schema, table)), [patterns])
            if cursor.fetchone()[0]:
                found.append(f"{schema}.{table}")
    return found


def redis_holding(word: str) -> list[bytes]:
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    wanted = word.lower().encode()

    def content(key: bytes) -> bytes:
        match client.type(key):
            case b"string":
                return repr(client.get(key)).encode()
            case b"stream":
                return repr(client.xrange(key)).encode()
            case b"hash":
                return repr(client.hgetall(key)).encode()
            case b"list":
                return repr(client.lrange(key, 0, -1)).encode()
            case b"zset":
                return repr(client.zrange(key, 0, -1)).encode()
            case _:
                return repr(client.smembers(key)).encode()

    return [key for key in client.scan_iter() if wanted in content(key).lower() or wanted in key.lower()]


def files_holding(word: str) -> list[str]:
    folder = Path(str(django_settings.STORAGES["originals"]["OPTIONS"]["location"]))
    wanted = word.lower().encode()

    def holds(path: Path) -> bool:
        if not zipfile.is_zipfile(path):
            return wanted in path.read_bytes().lower()
        with zipfile.ZipFile(path) as archive:
            return any(wanted in archive.read(name).lower() for name in archive.namelist())

    return [str(path) for path in folder.rglob("*") if path.is_file() and holds(path)]


def erase(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post(ERASURES, {"reason": "Request of the person.", **body}, format="json")
    assert answer.status_code == 202, answer.content
    return dict(answer.json())


def certificate_of(client: APIClient, erasure: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"{ERASURES}/{erasure['id']}").json())


@pytest.fixture
def canaries(client: APIClient, acme: Organization, run_jobs: RunJobs, search: Search, store: Store) -> list[str]:
    """Memories in every place that there is; a bystander from the same file and of the same names stays."""
    keyed = client.post(
        "/api/v1/memory/store",
        {"content": TEXT, "metadata": {"who": CANARY}, "external_id": f"x-{CANARY}", "source": CANARY},
        format="json",
        HTTP_IDEMPOTENCY_KEY="once",
    ).json()["memory_id"]
    client.patch(f"/api/v1/memory/{keyed}", {"content": f"{TEXT} Edited."}, format="json")
    client.delete(f"/api/v1/memory/{keyed}")
    client.post(f"/api/v1/memory/{keyed}/restore", {}, format="json")
    started(client.post("/api/v1/memory/store/batch", {"items": [{"content": f"In a batch: {TEXT}"}]}, format="json"))
    started(upload(client, "notes.csv", f'content\n"In a file: {TEXT}"\nOrpheus Vandelay is here.\n'.encode()))
    run_jobs()
    store("Orpheus Vandelay likes tea, Orpheus Vandelay says.")
    replaced = store(f"{TEXT} It was replaced.")
    client.post(f"/api/v1/memory/{replaced}/supersede", {"by": keyed}, format="json")
    binned = store(f"{TEXT} It was thrown away.")
    client.delete(f"/api/v1/memory/{binned}")
    store(f"{TEXT} It has expired.", expires_at="2001-01-01T00:00:00Z")
    cold = store(f"{TEXT} It lies in the archive.")
    assert client.post("/api/v1/memory/archive", {"ids": [cold]}, format="json").json()["done"] == 1
    assert client.post("/api/v1/memory/export", {}, format="json").status_code == 202
    run_jobs()
    search(CANARY, include_archived=True)
    client.get("/api/v1/memory/insights")
    client.get("/api/v1/memory/map")
    run_jobs()
    call(Cache(acme.id).set, "found", [TEXT])
    with organization_scope(acme.id):
        ids = [str(one) for one in Memory.objects.filter(content__icontains=CANARY).values_list("id", flat=True)]
    assert len(ids) == 7
    return ids


def test_nothing_of_a_canary_is_found_anywhere(
    canaries: list[str], client: APIClient, acme: Organization, run_jobs: RunJobs, search: Search
) -> None:
    assert {place.split(".")[1] for place in rows_holding(CANARY)} >= {
        "memory_memory",
        "memory_memoryversion",
        "memory_entity",
    }
    assert redis_holding(CANARY)
    assert len(files_holding(CANARY)) == len(["the original", "the export"])
    preview = client.post(ERASURES, {"ids": canaries, "reason": "x", "dry_run": True}, format="json").json()
    assert preview["memories"] == len(canaries)
    # Nothing waits to be stored or is being imported; of everything else there is some.
    empty = {place["place"] for place in preview["places"] if not place["before"]}
    assert empty <= {"ingestion payloads", "archives being imported", "reviews"}
    erasure = erase(client, q=CANARY)
    assert (erasure["status"], erasure["memories"]) == ("running", len(canaries))
    # Gone for readers with the answer, proven a little later.
    assert not any(CANARY in row["content"] for row in search(CANARY))
    assert client.get(f"/api/v1/memory/{canaries[0]}").status_code == 410
    run_jobs()
    shown = certificate_of(client, erasure)
    assert (shown["status"], shown["number"]) == ("certified", 1)
    assert {place["place"]: place["before"] for place in shown["places"]} == {
        place["place"]: place["before"] for place in preview["places"]
    }
    assert all(place["after"] == 0 for place in shown["places"])
    assert sorted(shown["memory_ids"]) == sorted(canaries)
    assert rows_holding(CANARY) == []
    assert redis_holding(CANARY) == []
    assert files_holding(CANARY) == []
    # What others support stays, and tombstones say that there was something.
    assert {row["content"] for row in search("Orpheus Vandelay")} == {
        "Orpheus Vandelay is here.",
        "Orpheus Vandelay likes tea, Orpheus Vandelay says.",
    }
    with organization_scope(acme.id):
        assert Entity.objects.filter(name="Orpheus Vandelay").exists()
        assert not Relation.objects.exists()
        assert MemoryRemoval.objects.filter(memory_id__in=canaries).count() == len(canaries)
        assert UsageCounter.objects.get(organization_id=acme.id, meter="memory_bytes").used == sum(
            Memory.objects.values_list("size_bytes", flat=True)
        )


def test_a_certificate_that_was_altered_is_found(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, tmp_path: Path, capsys: Any
) -> None:
    for number in range(3):
        erase(client, ids=[store(f"Note {number}.")])
        run_jobs()
    shown = client.get(ERASURES).json()
    assert [row["number"] for row in shown["results"]] == [3, 2, 1]
    given = certificate_of(client, shown["results"][1])["certificate"]
    file = tmp_path / "certificate.json"

    def verdict(certificate: Any) -> str:
        file.write_text(json.dumps(certificate))
        try:
            call_command("verify_erasure", certificate=file, as_json=True)
        except CommandError as error:
            capsys.readouterr()
            return str(error)
        return str(json.loads(capsys.readouterr().out)["valid"])

    assert verdict(given) == verdict({"certificate": given}) == "True"
    for field, value in {
        "reason": "Another.",
        "number": 1,
        "memory_ids": [],
        "completed_at": "2020-01-01T00:00:00.000000+00:00",
        "previous_hash": "0" * 64,
    }.items():
        assert "changed" in verdict({**given, "content": {**given["content"], field: value}})
    assert "not signed" in verdict({**given, "signature": "00" * 64})
    assert "not signed" in verdict({**given, "key_id": "another"})
    odd: list[Any] = [{}, [], "x", {**given, "content": {"format": "liftos-erasure/1"}}, {**given, "signature": "zz"}]
    for nonsense in odd:
        assert verdict(nonsense) != "True"
    call_command("verify_erasure", organization=acme.slug, as_json=True)
    assert json.loads(capsys.readouterr().out)[acme.slug] == {
        "certificates": 3,
        "first_bad": None,
        "found": {},
        "open": 0,
    }
    with organization_scope(acme.id):
        second = Erasure.objects.get(number=2)
        Erasure.objects.filter(number=2).update(reason="Rewritten.")
        assert _first_bad(acme, capsys) == {"number": 2, "reason": "changed: its hash is that of another content"}
        Erasure.objects.filter(number=2).delete()
        assert _first_bad(acme, capsys)["number"] == 2
        second.save()
        assert _first_bad(acme, capsys) is None


def _first_bad(acme: Organization, capsys: Any) -> Any:
    with suppress(CommandError):
        call_command("verify_erasure", organization=acme.slug, as_json=True)
    return json.loads(capsys.readouterr().out)[acme.slug]["first_bad"]


def test_verification_finds_what_came_back(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, capsys: Any
) -> None:
    memory_id = store("It comes back.")
    with organization_scope(acme.id):
        kept = Memory.objects.get(id=memory_id)
    erase(client, ids=[memory_id])
    run_jobs()
    with organization_scope(acme.id):
        kept.save(force_insert=True)
    with pytest.raises(CommandError):
        call_command("verify_erasure", organization=acme.slug, as_json=True)
    assert json.loads(capsys.readouterr().out)[acme.slug]["found"] == {"1": {"memories": 1}}


def test_what_is_left_fails_the_proof_and_can_be_tried_again(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = erase(client, ids=[store("Hard to erase.")])
    monkeypatch.setattr("apps.memory.services.erasing.cached_clear", lambda _: None)
    call(Cache(acme.id).set, "left", "Hard to erase.")
    with pytest.raises(Exception, match="cached values"):
        run_jobs()
    with organization_scope(acme.id):
        assert Erasure.objects.get().status == Erasure.Status.RUNNING
        erasure_fail(erasure_id=erasure["id"], now=timezone.now())
    shown = certificate_of(client, erasure)
    assert (shown["status"], shown["certificate"]) == ("failed", None)
    assert {row["place"]: row["after"] for row in shown["places"]}["cached values"] == 1
    monkeypatch.undo()
    with public_scope():
        Job.objects.all().delete()
    assert client.post(f"{ERASURES}/{erasure['id']}/retry").json()["status"] == "running"
    run_jobs()
    assert certificate_of(client, erasure)["status"] == "certified"
    with organization_scope(acme.id):
        # A worker that was killed behind the commit does it once more.
        assert erasure_certify(erasure_id=erasure["id"], now=timezone.now()).number == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"reason": "x"}, 400),
        ({"reason": "x", "ids": []}, 400),
        ({"reason": "", "all": True}, 400),
        ({"reason": "x", "ids": ["01900000-0000-7000-8000-000000000000"]}, 404),
        ({"reason": "x", "ids": ["01900000-0000-7000-8000-000000000000"], "all": True}, 400),
        ({"reason": "x", "ids": ["nonsense"]}, 400),
        ({"reason": "x\x00", "all": True}, 400),
    ],
)
def test_odd_requests_erase_nothing(
    body: dict[str, Any], status: int, client: APIClient, acme: Organization, store: Store
) -> None:
    store("It stays.")
    answer = client.post(ERASURES, body, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    with organization_scope(acme.id):
        assert (Memory.objects.count(), Erasure.objects.count()) == (1, 0)


def test_only_those_who_administrate_the_memory_erase(client_of: ClientFactory, acme: Organization) -> None:
    member = client_of(acme, Role.MEMBER)
    for method, path in (
        ("post", ERASURES),
        ("get", ERASURES),
        ("post", HOLDS),
        ("get", HOLDS),
        ("put", RETENTION),
    ):
        assert getattr(member, method)(path, {}, format="json").status_code == 403
    assert member.get(RETENTION).status_code == 200


@pytest.fixture
def hold(client: APIClient) -> Callable[..., str]:
    def place(**filters: Any) -> str:
        answer = client.post(HOLDS, {"name": "Case 7", "reason": "Court.", "filters": filters}, format="json")
        assert answer.status_code == 201, answer.content
        return str(answer.json()["id"])

    return place


def test_a_legal_hold_keeps_memories_whatever_asks_for_them(
    client: APIClient, acme: Organization, store: Store, hold: Callable[..., str], run_jobs: RunJobs
) -> None:
    kept = store("Evidence.", metadata={"case": 7})
    free = store("Gossip.")
    hold_id = hold(**{"metadata.case": 7})
    # No edit takes it out of the hold.
    client.patch(f"/api/v1/memory/{kept}", {"metadata": {}}, format="json")
    answer = client.post(ERASURES, {"all": True, "reason": "x"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "legal_hold")
    assert "Case 7 (1)" in answer.json()["detail"]
    for memory_id in (kept, free):
        client.delete(f"/api/v1/memory/{memory_id}")
    with organization_scope(acme.id):
        assert trash_empty(now=timezone.now() + timedelta(days=40)) == 1
        assert memories_purge(memory_ids=[UUID(kept)], now=timezone.now()) == 0
        assert Memory.objects.get().id.hex == kept.replace("-", "")
    assert client.get(HOLDS).json()["results"][0]["memories"] == 1
    # Not the end of the organisation either.
    refused = client.post("/api/v1/orgs/current/delete", {"confirm": "acme"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    Organization.objects.filter(id=acme.id).update(delete_after=timezone.now())
    with public_scope():
        assert due_purge(now=timezone.now()) == (0, 0)
    assert client.post(f"{HOLDS}/{hold_id}/release").json()["released_at"]
    assert client.post(f"{HOLDS}/{hold_id}/release").status_code == 200
    erase(client, all=True)
    run_jobs()
    with organization_scope(acme.id):
        assert not Memory.objects.exists()


def test_a_hold_without_a_filter_keeps_everything(client: APIClient, store: Store, hold: Callable[..., str]) -> None:
    memory_id = store("Anything.")
    hold()
    assert client.post(ERASURES, {"ids": [memory_id], "reason": "x"}, format="json").status_code == 409
    as_text = client.post(HOLDS, {"name": "As text", "filters": '{"memory_type": "call"}'}, format="json")
    assert (as_text.status_code, as_text.json()["filters"]) == (201, {"memory_type": "call"})
    assert len(client.get(HOLDS).json()["results"]) == 2
    answer = client.post(HOLDS, {"name": "Odd", "filters": {"nothing": {"of": "that"}}}, format="json")
    assert answer.status_code == 400


def test_retention_goes_by_type_and_spares_what_is_held(
    client: APIClient, acme: Organization, store: Store, hold: Callable[..., str], run_jobs: RunJobs
) -> None:
    ids = {
        name: store(f"{name}.", memory_type=memory_type, metadata={"name": name})
        for name, memory_type in {
            "old note": "note",
            "new note": "note",
            "held note": "note",
            "old call": "call",
            "old other": "letter",
        }.items()
    }
    now = timezone.now()
    with organization_scope(acme.id):
        for name, memory_id in ids.items():
            age = timedelta(days=1 if name == "new note" else 100)
            Memory.objects.filter(id=memory_id).update(recorded_at=now - age)
    hold(**{"metadata.name": "held note"})
    rules = [
        {"memory_type": "note", "days": 90, "action": "trash"},
        {"memory_type": "call", "days": 365, "action": "erase"},
        {"memory_type": None, "days": 30, "action": "erase"},
    ]
    shown = client.put(RETENTION, {"rules": rules}, format="json").json()["rules"]
    assert {rule["memory_type"]: rule["due"] for rule in shown} == {"note": 1, "call": 0, None: 1}
    with organization_scope(acme.id):
        assert retention_sweep(organization_id=acme.id, now=now, dry_run=True) == {"": 1, "call": 0, "note": 1}
        assert retention_sweep(organization_id=acme.id, now=now) == {"": 1, "call": 0, "note": 1}
        assert retention_sweep(organization_id=acme.id, now=now) == {"": 0, "call": 0, "note": 0}
    run_jobs()
    assert {row["content"] for row in client.get("/api/v1/memory").json()["results"]} == {
        "new note.",
        "held note.",
        "old call.",
    }
    assert client.get("/api/v1/memory?state=trash").json()["results"][0]["content"] == "old note."
    history = client.get(f"/api/v1/memory/{ids['held note']}/history").json()["results"]
    assert len(history) == 1
    assert client.get(ERASURES).json()["results"][0]["reason"] == "Retention: 30 days."


def test_operators_erase_sweep_and_see_what_is_kept(
    acme: Organization, client: APIClient, store: Store, hold: Callable[..., str], capsys: Any
) -> None:
    first, second = store("One.", memory_type="note"), store("Two.", memory_type="call")
    hold(memory_type="letter")
    client.put(RETENTION, {"rules": [{"memory_type": None, "days": 90, "action": "trash"}]}, format="json")

    def run(*arguments: str) -> dict[str, Any]:
        call_command("retention", *arguments, organization=acme.slug, as_json=True)
        return dict(json.loads(capsys.readouterr().out))

    assert run("show")["rules"] == [{"memory_type": None, "days": 90, "action": "trash", "active": True, "due": 0}]
    assert [hold["name"] for hold in run("show")["holds"]] == ["Case 7"]
    with organization_scope(acme.id):
        Memory.objects.filter(id=second).update(recorded_at=timezone.now() - timedelta(days=100))
    assert run("sweep", "--dry-run")["done"] == run("sweep")["done"] == [{"memory_type": None, "memories": 1}]
    tried = run("erase", first, "--dry-run")
    assert (tried["dry_run"], tried["memories"], tried["certificate"]) == (True, 1, None)
    done = run("erase", "--filter", '{"memory_type": {"in": ["note", "call"]}}', "--reason", "Asked to.")
    assert (done["status"], done["memories"], done["certificate"]["content"]["reason"]) == ("certified", 2, "Asked to.")
    with organization_scope(acme.id):
        assert not Memory.objects.exists()
    for odd in (
        ["erase"],
        ["erase", first],
        ["erase", "--filter", "{}", "--reason", "x"],
        ["erase", first, "--reason", "x"],
    ):
        with pytest.raises(CommandError):
            run(*odd)
    call_command("retention", "show", organization=acme.slug)
    assert "hold Case 7" in capsys.readouterr().out


@pytest.mark.parametrize(
    "rules",
    [
        [{"memory_type": "note", "days": 0, "action": "trash"}],
        [{"memory_type": "note", "days": 1, "action": "burn"}],
        [{"memory_type": "Not A Type", "days": 1, "action": "trash"}],
        [{"memory_type": "note", "days": 1, "action": "trash"}] * 2,
        [{"memory_type": f"t{n}", "days": 1, "action": "trash"} for n in range(51)],
        "none",
    ],
)
def test_odd_rules_change_nothing(rules: Any, client: APIClient) -> None:
    good = [{"memory_type": "note", "days": 90, "action": "trash"}]
    assert client.put(RETENTION, {"rules": good}, format="json").status_code == 200
    assert client.put(RETENTION, {"rules": rules}, format="json").status_code == 400
    assert [rule["days"] for rule in client.get(RETENTION).json()["rules"]] == [90]
