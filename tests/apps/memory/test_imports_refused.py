"""Archives that are not what they say: a bad line is told, and a bad archive is refused as a whole."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import schema_name_for
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.archives import exported, imported, lines_of, members_of, mended, packed, sent, with_line

API = "/api/v1/memory"
pytestmark = pytest.mark.usefixtures("own_storage")
TEXT = "EXP-117: Priya Raman tested a discount with Harbor Coffee."

BAD_LINES: dict[str, dict[str, Any]] = {
    "a hash of another text": {"content_hash": "0" * 64},
    "no id": {"id": "../../etc/passwd"},
    "an unknown field": {"__reduce__": "os.system"},
    "a pickle for a vector": {"times": "gASVIAAAAAAAAACMBXBvc2l4"},
    "a time of the future": {"recorded_at": "2999-01-01T00:00:00Z", "revised_at": "2999-01-01T00:00:00Z"},
    "no zone": {"occurred_at": "2026-01-01T00:00:00"},
    "a number beyond all": {"number": 2**63},
    "a number beyond the last": {"number": 10_000},
    "what is not there": {"mentions": [{"entity": "nobody", "count": 1, "is_subject": False, "start": 0, "end": 1}]},
    "a stretch beyond the text": {
        "mentions": [{"entity": "x", "count": 1, "is_subject": False, "start": 0, "end": 10_000}]
    },
    "passages that are no list": {"passages": {"0": []}},
    "metadata too large": {"metadata": {"a": "b" * 20_000}},
    "a revision of nothing": {"revision": 0},
    "concepts beyond the space": {"concepts": [2.0]},
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_told_and_the_others_go_on(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs, name: str
) -> None:
    store(TEXT)
    second = store("Another report about the harbor.")
    archive = with_line(exported(client, run_jobs), **BAD_LINES[name])
    found = imported(other, run_jobs, archive)
    assert (found["created"], found["failed"]) == (1, 1)
    assert [one["memory_id"] for one in other.get(API).json()["results"]] == [second]
    assert other.post(f"{API}/search", {"query": "harbor"}, format="json").status_code == 200


@pytest.mark.parametrize(
    "line", [b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe", b'{"id": "\\u0000"}', b"null", b"", b'{"id":1,"id":2}']
)
def test_lines_that_are_no_json(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs, line: bytes
) -> None:
    store(TEXT)

    def change(members: dict[str, bytes]) -> None:
        members["memories/000001.jsonl"] = line + b"\n" + members["memories/000001.jsonl"]

    found = imported(other, run_jobs, mended(exported(client, run_jobs), change))
    assert (found["created"], found["failed"]) == (1, 1)


@pytest.mark.parametrize("vector", [b"\x00\x7e" * 384, b"\x00\x7c" * 384, b"\0" * 768, b"\0" * 10])
def test_vectors_that_are_none(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs, vector: bytes
) -> None:
    import base64  # noqa: PLC0415 - here alone

    store(TEXT)
    archive = exported(client, run_jobs)
    (line,) = lines_of(members_of(archive))
    line["passages"][0]["embedding"] = base64.b64encode(vector).decode()
    found = imported(other, run_jobs, with_line(archive, passages=line["passages"]))
    assert (found["created"], found["failed"]) == (0, 1)
    assert "embedding" in found["errors"]["results"][0]["detail"]


def _linked(archive: bytes) -> bytes:
    into = io.BytesIO(archive)
    with zipfile.ZipFile(into, "a") as opened:
        link = zipfile.ZipInfo(f"files/{uuid4()}")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    return into.getvalue()


def _with_entry(name: str) -> Callable[[bytes], bytes]:
    return lambda archive: packed({**members_of(archive), name: b"x"})


def _twice(archive: bytes) -> bytes:
    into = io.BytesIO(archive)
    with zipfile.ZipFile(into, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("context.json", "{}")
    return into.getvalue()


def _without(name: str) -> Callable[[bytes], bytes]:
    return lambda archive: packed({key: value for key, value in members_of(archive).items() if key != name})


def _bomb(archive: bytes) -> bytes:
    return mended(archive, lambda members: members.update({"removals.jsonl": b"\n" * 100_000_000}))


def _of_version_2(archive: bytes) -> bytes:
    members = members_of(archive)
    manifest = {**json.loads(members["manifest.json"]), "version": 2}
    return packed({**members, "manifest.json": json.dumps(manifest).encode()})


REFUSED: dict[str, Callable[[bytes], bytes]] = {
    "no zip": lambda _: b"PK\x03\x04 and nothing else",
    "nothing": lambda _: b"x",
    "half of it": lambda archive: archive[: len(archive) // 2],
    "a comment behind": lambda archive: archive + b"more",
    "no manifest": _without("manifest.json"),
    "a member less": _without("context.json"),
    "an absolute path": _with_entry("/etc/passwd"),
    "a path upwards": _with_entry("files/../../x"),
    "a pickle": _with_entry("memories.pickle"),
    "an entry more": _with_entry(f"files/{uuid4()}"),
    "a link": _linked,
    "a name twice": _twice,
    "a bomb": _bomb,
    "a later version": _of_version_2,
}


@pytest.mark.parametrize("name", REFUSED)
def test_archives_that_are_refused_at_once(
    client: APIClient,
    other: APIClient,
    store: Store,
    run_jobs: RunJobs,
    own_storage: Path,
    globex: Organization,
    name: str,
) -> None:
    store(TEXT)
    answer = sent(other, REFUSED[name](exported(client, run_jobs)))
    assert (answer.status_code, answer.json()["code"]) == (400, "archive_invalid"), answer.content
    assert other.get(f"{API}/imports").json()["total"] == 0
    assert not list((own_storage / schema_name_for(globex.id)).glob("imports/*"))


def test_a_changed_member_is_found_before_anything_is_taken(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs
) -> None:
    store(TEXT)
    members = members_of(exported(client, run_jobs))
    members["memories/000001.jsonl"] = members["memories/000001.jsonl"].replace(b"Priya", b"Pryia")
    found = imported(other, run_jobs, packed(members), status="failed")
    assert found["error"]["code"] == "archive_invalid"
    assert "checksum" in found["error"]["detail"]
    assert other.get(API).json()["total"] == 0
