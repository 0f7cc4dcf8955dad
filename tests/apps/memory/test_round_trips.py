"""From one memory to another by an archive: what is carried away comes back as it was."""

import random
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.services.deletion import due_purge
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.services.purging import memories_purge
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs, upload
from tests.factories.archives import exported, imported, members_of, same
from tests.factories.billing import bytes_held

API = "/api/v1/memory"
pytestmark = pytest.mark.usefixtures("own_storage")
TEXT = "EXP-117: Priya Raman tested a discount with Harbor Coffee."


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
    assert bytes_held(globex) == bytes_held(acme)

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
