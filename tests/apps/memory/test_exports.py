"""Exports and imports: what is carried away comes back as it was, once, and nothing else does."""

import hashlib
import io
import json
import random
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.accounts.services.deletion import due_purge
from apps.billing.models import UsageCounter
from apps.core.tenancy.scope import organization_scope, public_scope, schema_name_for
from apps.events.models import OutboxEvent
from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Export, Memory, MemoryRemoval
from apps.memory.selectors.exports import exports_holding
from apps.memory.services.epochs import epoch_start, epoch_switch
from apps.memory.services.exports import export_delete, export_write, exports_expire
from apps.memory.services.files import originals_delete_with_organization
from apps.memory.services.imports import import_process
from apps.memory.services.managing import memory_trash
from apps.memory.services.purging import memories_purge
from liftos.file_storage import originals_storage
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs, upload
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.vectors import passages_without_vector

API = "/api/v1/memory"
TEXT = "EXP-117: Priya Raman tested a discount with Harbor Coffee."
Change = Callable[[dict[str, bytes]], None]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """A storage of the test's own: others leave files behind."""
    settings.STORAGES = {**settings.STORAGES, "originals": originals_storage(folder=str(tmp_path / "kept"), bucket="")}
    return tmp_path / "kept"


@pytest.fixture
def other(globex: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(globex)


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


def held(organization: Organization) -> int:
    row = UsageCounter.objects.filter(organization_id=organization.id, meter="memory_bytes").first()
    return row.used if row else 0


def same(one: APIClient, two: APIClient, path: str) -> None:
    answers = [each.get(f"{API}{path}").json() for each in (one, two)]
    for answer in answers:
        # Of a refusal.
        answer.pop("request_id", None)
    assert answers[0] == answers[1]


def counted(insights: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of insights, without the moments at which they were asked for and computed."""
    passing = {"change", "computed_at", "clusters_as_of", "clusters_computed_at", "as_of", "as_of_recorded"}
    kept = {name: value for name, value in insights.items() if name not in passing}
    windows = kept["temporal_patterns"].pop("trend_windows", [])
    return {**kept, "trend_counts": [one["count"] for one in windows] if windows else []}


def same_found(one: APIClient, two: APIClient, query: str) -> None:
    answers = [each.post(f"{API}/search", {"query": query, "limit": 50}, format="json").json() for each in (one, two)]
    assert answers[0]["results"]
    assert answers[0]["results"] == answers[1]["results"]


def test_a_memory_comes_back_as_it_was(
    client: APIClient, acme: Organization, globex: Organization, other: APIClient, store: Store, run_jobs: RunJobs
) -> None:
    ids = [store(f"EXP-11{n}: Priya Raman tested a {n}% discount with Harbor Coffee.") for n in range(6)]
    edit = {"content": "EXP-110 was stopped by Oskar Nyberg.", "reason": "over"}
    client.patch(f"{API}/{ids[0]}", edit, format="json")
    client.delete(f"{API}/{ids[1]}")
    between = timezone.now().isoformat()
    client.post(f"{API}/{ids[2]}/supersede", {"by": ids[3]}, format="json")
    client.delete(f"{API}/{ids[4]}")
    with organization_scope(acme.id):
        memories_purge(memory_ids=[UUID(ids[4])], now=timezone.now())
    upload(client, "notes.md", b"# Tea\n\nHarbor sells tea as well.")
    run_jobs()
    archive = exported(client, run_jobs)

    found = imported(other, run_jobs, archive)
    assert (found["total"], found["created"], found["skipped"], found["failed"]) == (6, 6, 0, 0)
    at = between.replace("+", "%2B")
    for path in (
        "",
        "?ordering=occurred_at",
        "?state=trash",
        "?state=superseded",
        f"?as_of_recorded={at}",
        "/facets",
        f"/diff?from=2000-01-01T00:00:00Z&to={at}",
        f"/{ids[0]}/history",
        f"/{ids[2]}/history",
        f"/{ids[0]}?as_of_recorded={at}",
        "/graph",
        "/entities",
        f"/{ids[3]}/concepts",
        f"/{ids[3]}/related",
    ):
        same(client, other, path)
    for query in ("discount", "who stopped EXP-110", "Harbor Coffee", "tea"):
        same_found(client, other, query)
    one, two = (each.get(f"{API}/insights").json() for each in (client, other))
    assert counted(one) == counted(two)
    assert other.get(f"{API}/{ids[4]}").status_code == 410
    (file,) = other.get(f"{API}/files").json()["results"]
    content = other.get(f"{API}/files/{file['file_id']}/content")
    assert b"".join(content.streaming_content).startswith(b"# Tea")  # type: ignore[attr-defined]  # as above
    assert held(globex) == held(acme)

    again = imported(other, run_jobs, archive)
    assert (again["created"], again["skipped"], again["failed"]) == (0, 6, 0)
    same(client, other, "")
    # What was brought is carried away again as it was.
    once, twice = members_of(archive), members_of(exported(other, run_jobs))
    assert {name: content for name, content in once.items() if name != "manifest.json"} == {
        name: content for name, content in twice.items() if name != "manifest.json"
    }


def test_a_memory_outlives_its_organisation_in_an_archive(
    client: APIClient, acme: Organization, other: APIClient, store: Store, run_jobs: RunJobs
) -> None:
    ids = [store(f"EXP-11{n}: Priya Raman tested a {n}% discount with Harbor Coffee.") for n in range(5)]
    client.patch(f"{API}/{ids[0]}", {"content": "EXP-110 was stopped by Oskar Nyberg."}, format="json")
    client.post(f"{API}/{ids[2]}/supersede", {"by": ids[3]}, format="json")
    archive = exported(client, run_jobs)
    paths = ("", "?state=superseded", "/facets", "/graph", f"/{ids[0]}/history", f"/{ids[3]}/related")
    queries = ("discount", "who stopped EXP-110")
    listed = [client.get(f"{API}{path}").json() for path in paths]
    found = [client.post(f"{API}/search", {"query": one}, format="json").json()["results"] for one in queries]
    insights = counted(client.get(f"{API}/insights").json())

    Organization.objects.filter(id=acme.id).update(is_active=False, delete_after=timezone.now())
    with public_scope():
        assert due_purge(now=timezone.now())[1] == 1
    assert not Organization.objects.filter(id=acme.id).exists()

    assert imported(other, run_jobs, archive)["created"] == len(ids)
    assert [other.get(f"{API}{path}").json() for path in paths] == listed
    again = [other.post(f"{API}/search", {"query": one}, format="json").json()["results"] for one in queries]
    assert again == found
    assert counted(other.get(f"{API}/insights").json()) == insights


NAMES = ("Priya Raman", "Harbor Coffee", "EXP-117", "Oskar Nyberg")


def act(client: APIClient, draw: random.Random, ids: list[str], *, step: int) -> None:
    """Do something to one of the memories."""
    action = draw.choice(("edit", "trash", "restore", "supersede", "reinstate"))
    one, two = f"{API}/{draw.choice(ids)}", draw.choice(ids)
    if action == "edit":
        client.patch(one, {"content": f"{draw.choice(NAMES)} left, {step}.", "reason": "so"}, format="json")
    elif action == "trash":
        client.delete(one)
    elif action == "restore":
        client.post(f"{one}/restore", {}, format="json")
    else:
        client.post(f"{one}/supersede", {"by": two if action == "supersede" else None}, format="json")


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_come_back(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test's choices
    ids: list[str] = []
    moments: list[str] = []
    for step in range(25):
        if not ids or draw.random() < 1 / 3:
            day = f"2026-03-{draw.randrange(1, 28):02}T09:00:00Z"
            ids.append(store(f"{draw.choice(NAMES)} met {draw.choice(NAMES)}, {step}.", occurred_at=day))
        else:
            act(client, draw, ids, step=step)
        moments.append(timezone.now().isoformat().replace("+", "%2B"))
    imported(other, run_jobs, exported(client, run_jobs))
    for moment in draw.sample(moments, 6):
        same(client, other, f"?as_of_recorded={moment}&limit=100")
        same(client, other, f"?as_of=2026-03-{draw.randrange(1, 28):02}T12:00:00Z&as_of_recorded={moment}&limit=100")
        same(client, other, f"/diff?from={draw.choice(moments)}&to={max(moments)}&limit=100")
    for state in ("live", "trash", "superseded"):
        same(client, other, f"?state={state}&limit=100")
    for memory_id in ids:
        same(client, other, f"/{memory_id}/history")
    same(client, other, "/graph")
    for name in NAMES:
        same_found(client, other, name)


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


def test_without_versions_and_files_the_first_revision_is_the_present_one(
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs
) -> None:
    memory_id = store(TEXT)
    client.patch(f"{API}/{memory_id}", {"content": "Nothing of it holds."}, format="json")
    upload(client, "notes.md", b"Harbor sells tea as well.")
    run_jobs()
    archive = exported(client, run_jobs, include_versions=False, include_files=False)
    assert b"Priya" not in b"".join(members_of(archive)[name] for name in members_of(archive) if "memories" in name)
    imported(other, run_jobs, archive)
    history = other.get(f"{API}/{memory_id}/history").json()
    assert [(one["revision"], one["content"]) for one in history["results"]] == [(1, "Nothing of it holds.")]
    listed = {one["content"]: one["file"] for one in other.get(API).json()["results"]}
    assert listed["Harbor sells tea as well."]["available"] is False


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
    assert (found["created"], held(globex) <= 150) == (2, True)
    plan_limits_set("free", memory_bytes=10_000)
    again = imported(other, run_jobs, archive)
    assert (again["created"], again["skipped"]) == (3, 2)


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
    client: APIClient, other: APIClient, store: Store, run_jobs: RunJobs, folder: Path, globex: Organization, name: str
) -> None:
    store(TEXT)
    answer = sent(other, REFUSED[name](exported(client, run_jobs)))
    assert (answer.status_code, answer.json()["code"]) == (400, "archive_invalid"), answer.content
    assert other.get(f"{API}/imports").json()["total"] == 0
    assert not list((folder / schema_name_for(globex.id)).glob("imports/*"))


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
    client: APIClient, other: APIClient, globex: Organization, store: Store, run_jobs: RunJobs, folder: Path
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
    assert not list((folder / schema_name_for(globex.id)).glob("imports/*"))


def test_exports_are_deleted_and_expire(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, folder: Path
) -> None:
    memory_id = store(TEXT)
    exported(client, run_jobs)
    where = folder / schema_name_for(acme.id) / "exports"
    (one,) = client.get(f"{API}/exports").json()["results"]
    assert len(list(where.iterdir())) == 1
    with organization_scope(acme.id):
        assert exports_holding([UUID(memory_id)]) == {UUID(one["export_id"])}
        assert exports_holding([uuid4()]) == set()
    assert client.delete(f"{API}/exports/{one['export_id']}").status_code == 204
    run_jobs()
    assert client.get(f"{API}/exports/{one['export_id']}").status_code == 404
    assert not list(where.glob("*"))
    exported(client, run_jobs)
    with organization_scope(acme.id):
        assert exports_expire(organization_id=acme.id, now=timezone.now() + timedelta(days=6)) == 0
        assert exports_expire(organization_id=acme.id, now=timezone.now() + timedelta(days=8)) == 1
    run_jobs()
    assert not list(where.glob("*"))
    exported(client, run_jobs)
    originals_delete_with_organization(organization_id=acme.id)
    run_jobs()
    assert not list(where.glob("*"))


def test_exports_hold_exactly_what_they_hold(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs
) -> None:
    one, two = UUID(store("The red note.", memory_type="red")), UUID(store("The blue note.", memory_type="blue"))
    exported(client, run_jobs, memory_type="red")
    client.delete(f"{API}/{one}")
    with organization_scope(acme.id):
        memories_purge(memory_ids=[one], now=timezone.now())
        assert MemoryRemoval.objects.get().memory_id == one
        (export,) = Export.objects.all()
        assert (exports_holding([one]), exports_holding([two])) == ({export.id}, set())
        # One that is being written may hold anything.
        Export.objects.update(status=Export.Status.RUNNING)
        assert exports_holding([two]) == {export.id}


def test_an_export_that_was_deleted_while_it_was_written_leaves_nothing(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, folder: Path
) -> None:
    store(TEXT)
    export_id = UUID(client.post(f"{API}/export", {}, format="json").json()["export_id"])
    assert client.post(f"{API}/export", {}, format="json").json()["code"] == "too_many_exports"
    assert client.get(f"{API}/exports/{export_id}/download").json()["code"] == "export_not_ready"

    def delete() -> None:
        with organization_scope(acme.id):
            if Export.objects.exists():
                export_delete(organization_id=acme.id, export_id=export_id, now=timezone.now())

    with organization_scope(acme.id):
        export_write(organization_id=acme.id, export_id=export_id, on_wait=delete, now=timezone.now())
    run_jobs()
    assert not list((folder / schema_name_for(acme.id)).glob("exports/*"))


def test_a_second_attempt_erases_what_the_first_one_left(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs, folder: Path
) -> None:
    store(TEXT)
    client.post(f"{API}/export", {}, format="json")
    key = f"{schema_name_for(acme.id)}/exports/left"
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(b"half")
    with organization_scope(acme.id):
        Export.objects.update(status=Export.Status.RUNNING, storage_key=key)
    run_jobs()
    assert not (folder / key).exists()
    assert client.get(f"{API}/exports").json()["results"][0]["status"] == "succeeded"


def test_only_owners_and_admins_export_and_it_is_told(
    client: APIClient, acme: Organization, client_of: ClientFactory, store: Store, run_jobs: RunJobs
) -> None:
    store(TEXT)
    for role in (Role.MEMBER, Role.VIEWER):
        assert client_of(acme, role).post(f"{API}/export", {}, format="json").status_code == 403
    archive = exported(client_of(acme, Role.ADMIN), run_jobs)
    assert sent(client_of(acme, Role.MEMBER), archive).status_code == 403
    names = list(OutboxEvent.objects.filter(name__startswith="export.").order_by("id").values_list("name", flat=True))
    assert names == ["export.requested", "export.finished", "export.downloaded"]


def test_operators_export_and_import(
    client: APIClient,
    other: APIClient,
    store: Store,
    acme: Organization,
    globex: Organization,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    memory_id = store(TEXT)
    path = tmp_path / "memory.zip"
    call_command("export_memory", organization="acme", output=path, dry_run=True)
    assert "1 memories would be written" in capsys.readouterr().out
    call_command("export_memory", organization="acme", output=path, as_json=True)
    assert json.loads(capsys.readouterr().out)["counts"]["memories"] == 1
    with organization_scope(acme.id):
        assert not Export.objects.exists()
    call_command("import_memory", path, organization="globex", dry_run=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert other.get(API).json()["total"] == 0
    call_command("import_memory", path, organization="globex", as_json=True)
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert other.get(f"{API}/{memory_id}").status_code == 200
    path.write_bytes(b"no archive")
    with pytest.raises(CommandError, match="damaged"):
        call_command("import_memory", path, organization="globex")
