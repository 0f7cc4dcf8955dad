"""Archives of a memory as tests want them: fetched, sent, taken apart, and made otherwise."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from tests.apps.memory.test_batches import RunJobs

API = "/api/v1/memory"
Change = Callable[[dict[str, bytes]], None]


def exported(client: APIClient, run_jobs: RunJobs, **conditions: Any) -> bytes:
    """Have an archive written and fetch it."""
    begun = client.post(f"{API}/export", conditions, format="json")
    assert begun.status_code == 202, begun.content
    run_jobs()
    path = f"{API}/exports/{begun.json()['export_id']}"
    found = client.get(path).json()
    assert found["status"] == "succeeded", found
    answer = client.get(f"{path}/download")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a FileResponse
    assert (len(data), hashlib.sha256(data).hexdigest()) == (found["size_bytes"], found["sha256"])
    return data


def sent(client: APIClient, archive: bytes) -> Any:
    return client.post(f"{API}/import", {"file": ContentFile(archive, "memory.zip")}, format="multipart")


def imported(client: APIClient, run_jobs: RunJobs, archive: bytes, *, status: str = "succeeded") -> dict[str, Any]:
    begun = sent(client, archive)
    assert begun.status_code == 202, begun.content
    run_jobs()
    found: dict[str, Any] = client.get(f"{API}/imports/{begun.json()['import_id']}").json()
    assert found["status"] == status, found
    return found


def members_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def lines_of(members: dict[str, bytes], name: str = "memories/000001.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in members[name].splitlines()]


def packed(members: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return into.getvalue()


def mended(archive: bytes, change: Change) -> bytes:
    """Return an archive with other members, and a manifest that agrees with them."""
    members = members_of(archive)
    manifest = json.loads(members.pop("manifest.json"))
    change(members)
    manifest["members"] = [
        {
            "name": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
            "lines": None if name.startswith("files/") else content.count(b"\n"),
        }
        for name, content in members.items()
    ]
    return packed({**members, "manifest.json": json.dumps(manifest).encode()})


def with_line(archive: bytes, member: str = "memories/000001.jsonl", **fields: Any) -> bytes:
    """Return an archive whose first line of a member has other fields."""

    def change(members: dict[str, bytes]) -> None:
        first, *rest = lines_of(members, member)
        first |= fields
        members[member] = b"".join(json.dumps(line).encode() + b"\n" for line in [first, *rest])

    return mended(archive, change)


def same(one: APIClient, two: APIClient, path: str) -> None:
    """Two memories answer alike."""
    answers = [each.get(f"{API}{path}").json() for each in (one, two)]
    for answer in answers:
        # Of a refusal.
        answer.pop("request_id", None)
    assert answers[0] == answers[1]
