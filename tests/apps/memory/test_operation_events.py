"""Batches are listed, and followed as server-sent events."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.api import event_stream
from tests.apps.memory.test_batches import URL, RunJobs, started, upload


def events_of(answer: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Return name, id and body of each event of a stream that has ended."""
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


def follow(client: APIClient, operation: str, **headers: str) -> Any:
    return client.get(f"{operation}/events", headers={"Accept": "text/event-stream", **headers})


def test_uploads_are_listed_by_name_the_latest_first(client: APIClient, run_jobs: RunJobs) -> None:
    for name in ("first.txt", "second.txt"):
        upload(client, name, b"The red lighthouse.")
    run_jobs()
    page = client.get("/api/v1/memory/operations").json()
    assert [(one["name"], one["status"], one["done"]) for one in page["results"]] == [
        ("second.txt", "succeeded", 1),
        ("first.txt", "succeeded", 1),
    ]
    assert page["total"] == 2


def test_a_strange_file_name_is_no_error(client: APIClient) -> None:
    assert upload(client, "a\tb\u202e.txt", b"The red lighthouse.").status_code == 202
    assert upload(client, "x" * 300 + ".txt", b"The red lighthouse.").status_code == 202


def test_a_finished_batch_is_told_at_once_and_the_stream_ends(client: APIClient, run_jobs: RunJobs) -> None:
    operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
    run_jobs()
    answer = follow(client, operation)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    ((name, mark, body),) = events_of(answer)
    assert (name, body["status"], body["done"], body["understood"]) == ("done", "succeeded", 1, 1)
    # Who has seen the end is told of it again, so that nobody waits.
    assert [event[:2] for event in events_of(follow(client, operation, **{"Last-Event-ID": mark}))] == [("done", mark)]


def test_what_was_seen_is_not_told_again(client: APIClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(event_stream, "LASTS", timedelta(seconds=0.5))
    operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
    ((name, mark, body),) = events_of(follow(client, operation))
    assert (name, body["status"], body["done"]) == ("progress", "queued", 0)
    assert events_of(follow(client, operation, **{"Last-Event-ID": mark})) == []


def test_without_a_free_place_the_answer_ends_after_the_first_event(client: APIClient, monkeypatch: Any) -> None:
    taken = 0
    while event_stream._places.acquire(blocking=False):
        taken += 1
    try:
        operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
        assert len(events_of(follow(client, operation))) == 1
    finally:
        for _ in range(taken):
            event_stream._places.release()
    assert taken > 0


def test_an_answer_that_is_never_read_takes_no_place(client: APIClient, run_jobs: RunJobs) -> None:
    operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
    run_jobs()
    for _ in range(20):
        follow(client, operation).close()
    free = 0
    while event_stream._places.acquire(blocking=False):
        free += 1
    for _ in range(free):
        event_stream._places.release()
    assert free == settings.EVENT_STREAMS


def test_a_page_of_batches_costs_the_same_for_one_and_for_five(client: APIClient, run_jobs: RunJobs) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/memory/operations").status_code == 200
        return len(captured)

    upload(client, "a.txt", b"The red lighthouse.")
    run_jobs()
    queries()
    one = queries()
    for name in "bcde":
        upload(client, f"{name}.txt", b"The red lighthouse.")
    assert queries() == one


def test_places_are_given_back(client: APIClient, run_jobs: RunJobs) -> None:
    operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
    run_jobs()
    for _ in range(20):
        assert len(events_of(follow(client, operation))) == 1


def test_an_unknown_batch_is_a_problem_and_no_stream(
    client: APIClient, globex: Organization, client_of: Callable[..., APIClient]
) -> None:
    operation = started(client.post(URL, {"items": [{"content": "The red lighthouse."}]}, format="json"))
    answer = follow(client_of(globex), operation)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "operation_not_found"
