"""The operators' commands, run as they are."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from apps.accounts.models import Organization, User
from apps.core.tenancy.scope import organization_scope
from apps.memory.management.commands import seed_demo
from apps.memory.models import Memory, MemoryContext, Operation


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.md").write_text("# Alpha\n\nThe alpha report.")
    (tmp_path / "sub" / "b.txt").write_text("The beta report.")
    (tmp_path / "rows.jsonl").write_text('{"content": "gamma", "external_id": "own"}\n{"content": "delta"}\n')
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_a_folder_is_ingested_and_again_adds_nothing(folder: Path, acme: Organization) -> None:
    report = run_json("ingest", str(folder), "--organization", "acme", "--memory-type", "report")
    assert (report["files"], report["total"], report["done"], report["failed"]) == (3, 4, 4, 0)
    assert report["status"] == "succeeded"
    with organization_scope(acme.id):
        rows = {memory.external_id: memory for memory in Memory.objects.all()}
    assert set(rows) == {"a.md#1", "sub/b.txt#1", "own", "rows.jsonl#2"}
    assert rows["sub/b.txt#1"].metadata == {"path": "sub/b.txt"}
    assert {memory.memory_type for memory in rows.values()} == {"report"}
    assert {memory.source for memory in rows.values()} == {"ingest"}
    run("ingest", str(folder), "--organization", "acme")
    with organization_scope(acme.id):
        assert Memory.objects.count() == 4


def test_what_cannot_be_read_is_named_and_the_rest_is_stored(folder: Path, acme: Organization) -> None:
    (folder / "bad.jsonl").write_text("{oops\n")
    with pytest.raises(CommandError, match="1 of 5 texts"):
        run("ingest", str(folder), "--organization", "acme")
    with organization_scope(acme.id):
        assert Memory.objects.count() == 4
        failed = Operation.objects.get().items.get(status="failed")
    assert failed.error_detail.startswith("bad.jsonl: ")


@pytest.mark.parametrize(("path", "reason"), [("nowhere", "no file or folder"), ("sub/empty", "holds no")])
def test_nothing_to_ingest(path: str, reason: str, folder: Path, acme: Organization) -> None:
    (folder / "sub" / "empty").mkdir()
    with pytest.raises(CommandError, match=reason):
        run("ingest", str(folder / path), "--organization", "acme")


def test_an_unknown_organisation(folder: Path, acme: Organization) -> None:
    for arguments in (("ingest", str(folder)), ("init_memory",)):
        with pytest.raises(CommandError, match="no organisation 'nobody'"):
            run(*arguments, "--organization", "nobody")


def test_missing_contexts_are_made(acme: Organization, globex: Organization) -> None:
    with organization_scope(acme.id):
        MemoryContext.objects.all().delete()
    assert run_json("init_memory") == {"organizations": 2, "created": 1, "changed": 0}
    with organization_scope(acme.id):
        assert MemoryContext.objects.get().domain == "general"
    assert run_json("init_memory") == {"organizations": 2, "created": 0, "changed": 0}


def test_a_context_can_change_its_domain(acme: Organization) -> None:
    assert run_json("init_memory", "--organization", "acme", "--domain", "marketing")["changed"] == 1
    assert run_json("init_memory", "--organization", "acme", "--domain", "marketing")["changed"] == 0
    with organization_scope(acme.id):
        assert MemoryContext.objects.get().domain == "marketing"


def test_the_number_of_contexts_can_be_limited(acme: Organization, settings: Any) -> None:
    settings.KSE_MAX_CONTEXTS = 1
    with organization_scope(acme.id):
        MemoryContext.objects.all().delete()
    with pytest.raises(CommandError, match="as many organisations"):
        run("init_memory")


def test_the_demo_is_seeded_once(
    tmp_path: Path, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch, flush_redis: None
) -> None:
    corpus = tmp_path / "northwind.jsonl"
    corpus.write_text("\n".join(seed_demo.CORPUS.read_text().splitlines()[:5]))
    monkeypatch.setattr(seed_demo, "CORPUS", corpus)
    first = run_json("seed_demo", "--password", "a demo password 1")
    assert (first["created"], first["stored"], first["memories"]) == (True, 5, 5)
    assert "password" not in first
    second = run_json("seed_demo", "--password", "another password 2")
    assert (second["created"], second["stored"], second["memories"]) == (False, 0, 5)
    body = {"email": seed_demo.OWNER, "password": "a demo password 1"}
    token = anonymous.post("/api/v1/auth/token", body, format="json").json()["access"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    me = anonymous.get("/api/v1/auth/me").json()
    assert (me["org"]["slug"], me["subscription_tier"]) == ("northwind", "professional")
    assert User.objects.get(email=seed_demo.OPERATOR).is_superuser


def test_the_demo_stays_out_of_production(acme: Organization, settings: Any) -> None:
    settings.SETTINGS_MODULE = "liftos.settings.production"
    with pytest.raises(CommandError, match="production"):
        run("seed_demo")
    assert not Organization.objects.filter(slug="northwind").exists()


def test_every_demo_memory_is_valid_and_every_question_has_answers() -> None:
    rows = [json.loads(line) for line in seed_demo.CORPUS.read_text().splitlines()]
    ids = {row["external_id"] for row in rows}
    assert len(ids) == len(rows) == 320
    questions = json.loads((seed_demo.CORPUS.parent / "questions.json").read_text())
    assert {answer for question in questions for answer in question["external_ids"]} <= ids
