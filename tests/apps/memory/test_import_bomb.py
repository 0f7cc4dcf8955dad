"""A line of an archive that unpacks to more than anybody has memory for. `BOMB_BYTES=1073741824` is the full dose."""

import hashlib
import json
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from django.core.files import File
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Memory
from apps.memory.services.imports import import_create, import_process
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archives import exported, members_of

BYTES = int(os.environ.get("BOMB_BYTES", "250000000"))
MOST_MEMORY = 120_000_000
PART = "memories/000001.jsonl"


def bomb(archive: bytes, path: Path) -> None:
    """Write an archive with a long line between its first memory and the others. It packs too badly to be refused."""
    members = members_of(archive)
    manifest = json.loads(members.pop("manifest.json"))
    first, *others = members.pop(PART).splitlines(keepends=True)
    chance = Random(7)  # noqa: S311 - reproducible, nothing secret

    def parts() -> Iterator[bytes]:
        yield first
        yield b'{"content": "'
        for _ in range(BYTES // 65_536 + 1):
            yield chance.randbytes(1_000).hex().encode() + b"a" * 63_536
        yield b'"}\n'
        yield from others

    digest, size = hashlib.sha256(), 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
        with packed.open(PART, "w", force_zip64=True) as member:
            for part in parts():
                member.write(part)
                digest.update(part)
                size += len(part)
        (entry,) = (one for one in manifest["members"] if one["name"] == PART)
        entry |= {"sha256": digest.hexdigest(), "size_bytes": size, "lines": entry["lines"] + 1}
        packed.writestr("manifest.json", json.dumps(manifest))


def test_a_line_that_is_too_long_costs_itself_and_little_memory(
    client: APIClient, globex: Organization, store: Store, run_jobs: RunJobs, tmp_path: Path
) -> None:
    texts = [f"EXP-11{number}: Priya Raman tested a discount." for number in range(3)]
    for text in texts:
        store(text)
    path = tmp_path / "bomb.zip"
    bomb(exported(client, run_jobs), path)
    with organization_scope(globex.id), path.open("rb") as file:
        one = import_create(
            organization_id=globex.id, name=path.name, content=File(file), user_id=None, now=timezone.now()
        )
        tracemalloc.start()
        assert import_process(organization_id=globex.id, import_id=one.id)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        one.refresh_from_db()
        assert (one.status, one.created, one.failed) == ("succeeded", 3, 1)
        fault = one.faults.get()
        assert (fault.member, fault.line, fault.detail) == (PART, 2, "The line has more than 33,554,432 bytes.")
        assert sorted(Memory.objects.values_list("content", flat=True)) == texts
    assert peak < MOST_MEMORY
