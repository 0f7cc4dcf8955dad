"""Batches and files: every row is stored or named as failed, and the counts add up."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.api.batches import checked
from apps.memory.models import Memory, OperationItem
from apps.memory.services.operations import operation_fail, operation_process
from apps.memory.services.reading_files import operation_read
from tests.apps.memory.conftest import Search
from tests.factories.billing import plan_limits_set

URL = "/api/v1/memory/store/batch"
RunJobs = Callable[[], int]


def started(answer: Any) -> str:
    assert answer.status_code == 202, answer.content
    assert answer.json()["status"] in {"queued", "reading"}
    return f"/api/v1/memory/operations/{answer.json()['operation_id']}"


def upload(client: APIClient, name: str, content: bytes) -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, content)}, format="multipart")


def test_a_batch_is_stored_in_the_background(client: APIClient, run_jobs: RunJobs, search: Search) -> None:
    items = [{"content": f"The {word} lighthouse.", "memory_type": "note"} for word in ("red", "green", "blue")]
    operation = started(client.post(URL, {"items": items}, format="json"))
    before = client.get(operation).json()
    assert (before["status"], before["total"], before["done"], before["finished_at"]) == ("queued", 3, 0, None)
    assert search("green lighthouse") == []
    run_jobs()
    after = client.get(operation).json()
    assert (after["status"], after["total"], after["done"], after["failed"], after["errors"]) == (
        "succeeded",
        3,
        3,
        0,
        [],
    )
    assert after["finished_at"] is not None
    assert search("green lighthouse")[0]["content"] == "The green lighthouse."


def test_a_bad_item_of_a_body_is_named_and_nothing_starts(client: APIClient) -> None:
    answer = client.post(
        URL, {"items": [{"content": "x"}, {"content": ""}, {"content": "y", "oops": 1}]}, format="json"
    )
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/1/content", "/items/2/oops"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("items", [[], "x", {}, None, [1], [None], [{"content": "x"}] * 1001])
def test_bodies_that_are_no_batches(items: Any, client: APIClient) -> None:
    assert client.post(URL, {"items": items}, format="json").status_code == 400
    assert not Job.objects.exists()


def test_an_idempotency_key_starts_one_operation(client: APIClient) -> None:
    body = {"items": [{"content": "x"}]}
    first, second = (client.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="b1").json() for _ in range(2))
    assert first == second


FILES = {
    "a.txt": (b"One text.\n\nTwo paragraphs.", ["One text.\n\nTwo paragraphs."], 0),
    "latin.txt": ("Grüße aus Köln".encode("cp1252"), ["Grüße aus Köln"], 0),
    "bom.md": ("\ufeff# Title".encode(), ["# Title"], 0),
    "nul.TXT": (b"a\x00b", ["a b"], 0),
    "empty.txt": (b"  \n", [], 1),
    "rows.jsonl": (
        b'{"content": "first"}\n\n{"content": 7}\nnot json\n{"content": "x", "nope": 1}\n[1]\n{"content": "last"}\n',
        ["first", "7", "last"],
        3,
    ),
    "list.json": (b'[{"content": "first"}, {"nope": 1}, 7, {"content": "last"}]', ["first", "last"], 2),
    "none.json": (b'{"content": "no list"}', [], 1),
    "broken.json": (b'[{"content": "first"}', [], 1),
    "deep.json": (b"[" * 100_000, [], 1),
    "rows.csv": (
        b"content,memory_type,month\nfirst,note,May\n,note,June\nsecond,Bad Type,July\nthird,note,Aug,extra\n",
        ["first", "month: June"],
        2,
    ),
    "records.csv": (b"city,parcels\nBerlin,12\nParis,7\n", ["city: Berlin; parcels: 12", "city: Paris; parcels: 7"], 0),
}


@pytest.mark.parametrize("name", ["mem0.json", "mem0.jsonl"])
def test_what_mem0_exports_is_brought_once(name: str, client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    rows = [
        {
            "id": "0a14d8f0-e364-4f5c-b305-10da1f0d0878",
            "memory": "Likes green tea.",
            "hash": "f5a6",
            "metadata": {"shop": "harbour"},
            "categories": ["food"],
            "user_id": "alex",
            "agent_id": None,
            "created_at": "2025-03-04T05:06:07.275141-07:00",
            "updated_at": None,
            "expiration_date": "2999-12-31",
        },
        {"id": "2", "memory": "Drinks no coffee.", "metadata": None},
        {"id": "3", "memory": "Odd.", "metadata": [1]},
    ]
    lines = "\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps({"results": rows})
    for _ in range(2):
        operation = started(upload(client, name, lines.encode()))
        run_jobs()
        assert (client.get(operation).json()["done"], client.get(operation).json()["failed"]) == (2, 1)
    with organization_scope(acme.id):
        tea, coffee = Memory.objects.order_by("number")
    assert (tea.content, tea.external_id) == ("Likes green tea.", "mem0/0a14d8f0-e364-4f5c-b305-10da1f0d0878")
    assert tea.metadata == {"shop": "harbour", "user_id": "alex", "categories": ["food"]}
    assert tea.occurred_at == datetime(2025, 3, 4, 12, 6, 7, 275141, tzinfo=UTC)
    assert tea.expires_at == datetime(2999, 12, 31, tzinfo=UTC)
    assert (coffee.content, coffee.metadata) == ("Drinks no coffee.", {})


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_row_by_row(name: str, client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    content, expected, failed = FILES[name]
    operation = started(upload(client, name, content))
    run_jobs()
    state = client.get(operation).json()
    assert (state["total"], state["done"], state["failed"]) == (len(expected) + failed, len(expected), failed)
    assert state["status"] == ("succeeded" if expected else "failed")
    assert len(state["errors"]) == failed
    assert all(error["code"] == "item_invalid" and error["detail"] for error in state["errors"])
    with organization_scope(acme.id):
        assert sorted(Memory.objects.values_list("content", flat=True)) == sorted(expected)


def test_extra_columns_of_a_csv_become_metadata(client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    started(upload(client, "x.csv", b"content,occurred_at,team\nhello,2026-01-02T03:04:05Z,Ops\n"))
    run_jobs()
    with organization_scope(acme.id):
        memory = Memory.objects.get()
    assert (memory.content, memory.metadata, memory.occurred_at.isoformat()) == (
        "hello",
        {"team": "Ops"},
        "2026-01-02T03:04:05+00:00",
    )


def test_a_long_text_is_split_without_losing_a_word(client: APIClient, acme: Organization) -> None:
    words = [f"word{number}" for number in range(30_000)]
    operation = started(upload(client, "long.md", " ".join(words).encode()))
    with organization_scope(acme.id):
        operation_read(organization_id=acme.id, operation_id=UUID(operation.rpartition("/")[2]), check=checked)
        payloads = [item.payload or {} for item in OperationItem.objects.order_by("index")]
    assert len(payloads) == 2
    assert [payload["metadata"]["part"] for payload in payloads] == [1, 2]
    assert " ".join(payload["content"] for payload in payloads).split() == words


@pytest.mark.parametrize(("name", "code"), [("x.exe", "unsupported_file"), ("noending", "unsupported_file")])
def test_unknown_files_are_refused(name: str, code: str, client: APIClient) -> None:
    answer = upload(client, name, b"x")
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/file", code)]


def test_a_file_that_is_too_large(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.memory.api.views.MAX_UPLOAD_BYTES", 10)
    answer = upload(client, "x.txt", b"x" * 11)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert upload(client, "x.txt", b"x" * 10).status_code == 202


def test_an_upload_without_a_file(client: APIClient) -> None:
    for body, pointer in (({}, "/file"), ({"other": "x"}, "/other")):
        answer = client.post(URL, body, format="multipart")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_items_that_conflict_fail_alone(client: APIClient, run_jobs: RunJobs) -> None:
    items = [{"content": "a", "external_id": "1"}, {"content": "b", "external_id": "1"}, {"content": "c"}]
    operation = started(client.post(URL, {"items": items}, format="json"))
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["done"], state["failed"]) == ("succeeded", 2, 1)
    assert [(error["index"], error["code"]) for error in state["errors"]] == [(1, "external_id_conflict")]


def test_a_full_plan_fails_items_and_a_retry_stores_them(client: APIClient, run_jobs: RunJobs) -> None:
    plan_limits_set("free", memory_bytes=5)

    caches["process"].clear()
    operation = started(client.post(URL, {"items": [{"content": "abc"}, {"content": "defg"}]}, format="json"))
    run_jobs()
    state = client.get(operation).json()
    assert (state["done"], state["failed"], state["errors"][0]["code"]) == (1, 1, "quota_exceeded")
    plan_limits_set("free", memory_bytes=5000)
    caches["process"].clear()
    assert client.post(f"{operation}/retry").json()["status"] == "queued"
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["done"], state["failed"], state["errors"]) == ("succeeded", 2, 0, [])
    assert client.post(f"{operation}/retry").json()["code"] == "operation_finished"


def test_a_cancelled_batch_stops_and_can_go_on(client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    operation = started(client.post(URL, {"items": [{"content": f"n{n}"} for n in range(3)]}, format="json"))
    assert client.post(f"{operation}/cancel").json()["status"] == "cancelled"
    run_jobs()
    assert client.get(operation).json()["done"] == 0
    assert client.post(f"{operation}/cancel").json()["code"] == "operation_finished"
    client.post(f"{operation}/retry")
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["done"]) == ("succeeded", 3)
    with organization_scope(acme.id):
        assert Memory.objects.count() == 3


def test_what_a_cancelled_batch_has_stored_is_read_by_the_models(
    client: APIClient, acme: Organization, run_jobs: RunJobs
) -> None:
    items = [{"content": f"The lighthouse number {number}."} for number in range(150)]
    operation = started(client.post(URL, {"items": items}, format="json"))
    operation_id = UUID(operation.rpartition("/")[2])
    with organization_scope(acme.id):
        operation_process(organization_id=acme.id, operation_id=operation_id, budget=timedelta(microseconds=1))
    client.post(f"{operation}/cancel")
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["done"], state["understood"]) == ("cancelled", 100, 100)


def test_a_time_budget_leaves_the_rest_for_the_next_turn(client: APIClient, acme: Organization) -> None:

    operation = started(client.post(URL, {"items": [{"content": "x"}]}, format="json"))
    operation_id = UUID(operation.rpartition("/")[2])
    with organization_scope(acme.id):
        done = operation_process(organization_id=acme.id, operation_id=operation_id, budget=timedelta(seconds=-1))
        assert done is False
        assert operation_process(organization_id=acme.id, operation_id=operation_id) is True


def test_work_that_is_given_up_is_shown_as_failed(client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:

    operation = started(client.post(URL, {"items": [{"content": "x"}, {"content": "y"}]}, format="json"))
    with organization_scope(acme.id):
        operation_fail(organization_id=acme.id, operation_id=UUID(operation.rpartition("/")[2]), now=timezone.now())
    state = client.get(operation).json()
    assert (state["status"], state["failed"], state["errors"][0]["code"]) == ("failed", 2, "internal_error")
    client.post(f"{operation}/retry")
    run_jobs()
    assert client.get(operation).json()["done"] == 2


def test_times_keep_their_microseconds(client: APIClient, run_jobs: RunJobs, search: Search) -> None:
    times = {
        "occurred_at": "2026-03-02T09:30:00.123456Z",
        "occurred_end": "2026-03-02T10:30:00.345678Z",
        "expires_at": "2999-01-01T00:00:00.654321Z",
    }
    started(client.post(URL, {"items": [{"content": "The red lighthouse.", **times}]}, format="json"))
    run_jobs()
    found = search("lighthouse")[0]
    assert {name: found[name] for name in times} == times


def test_a_repeated_upload_is_the_same_request_whatever_its_boundary(client: APIClient) -> None:
    def attempt(boundary: str, text: str) -> Any:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        return client.post(
            URL,
            f"{head}{text}\r\n--{boundary}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": "key-1"},
        )

    first, again, other = attempt("one", "Once"), attempt("two", "Once"), attempt("three", "Other")
    assert [answer.status_code for answer in (first, again, other)] == [202, 202, 422]
    assert again.json() == first.json()


def test_json_lines_keep_their_fields(client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    line = {"content": "x", "memory_type": "note", "metadata": {"a": [1]}, "external_id": "e", "source": "s"}
    started(upload(client, "x.jsonl", json.dumps(line).encode()))
    run_jobs()
    with organization_scope(acme.id):
        memory = Memory.objects.get()
    assert {name: getattr(memory, name) for name in line} == line
