"""Files: read in the background, their originals kept, and the memories know where they come from."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope, schema_name_for
from apps.events.models import OutboxEvent
from apps.memory.adapters.originals import original_put
from apps.memory.api.batches import checked
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory, Operation, OperationFile, OperationItem, SourceFile
from apps.memory.services.files import files_sweep, originals_delete_with_organization
from apps.memory.services.managing import memory_trash
from apps.memory.services.operations import operation_fail
from apps.memory.services.purging import memories_purge
from apps.memory.services.reading_files import operation_read
from apps.memory.types import ReadLimits
from tests.apps.memory.conftest import Search
from tests.apps.memory.test_batches import RunJobs, started, upload
from tests.factories.billing import bytes_held, plan_limits_set
from tests.factories.files import book, pdf, word, zipped
from tests.factories.fixtures import ClientFactory

FILES = "/api/v1/memory/files"
REPORT = pdf(
    [
        [(72, 740, 20, "Annual report"), (72, 700, 11, "The red lighthouse sells tea.")],
        [
            (72, 740, 20, "Outlook"),
            (72, 700, 11, "Harbor coffee comes next year."),
            (72, 686, 11, "Nobody expects a storm."),
        ],
    ]
)


@pytest.fixture
def folder() -> Path:
    location = django_settings.STORAGES["originals"]["OPTIONS"]["location"]
    return Path(str(location))


def one_file(client: APIClient) -> dict[str, Any]:
    (found,) = client.get(FILES).json()["results"]
    return dict(found)


def test_a_pdf_becomes_memories_that_know_their_pages(client: APIClient, run_jobs: RunJobs, search: Search) -> None:
    operation = started(upload(client, "report.pdf", REPORT))
    before = client.get(operation).json()
    assert (before["status"], before["read"], before["total"], before["finished_at"]) == ("reading", 0, None, None)
    run_jobs()
    after = client.get(operation).json()
    assert (after["status"], after["read"], after["total"], after["done"], after["failed"]) == ("succeeded", 2, 2, 2, 0)
    found = search("coffee next year")[0]
    assert found["content"] == "Outlook\n\nHarbor coffee comes next year.\nNobody expects a storm."
    file = one_file(client)
    assert found["file"] == {
        "id": file["file_id"],
        "name": "report.pdf",
        "media_type": "application/pdf",
        "available": True,
        "page": 2,
        "line": 1,
        "sheet": None,
        "row": None,
    }
    assert [(span["page"], span["line"]) for span in found["spans"]] == [(2, 1)]
    assert client.get(f"/api/v1/memory/{found['memory_id']}").json()["file"] == found["file"]
    listed = client.get("/api/v1/memory").json()["results"]
    assert {one["file"]["page"] for one in listed} == {1, 2}


def test_spans_of_long_texts_point_to_their_lines(client: APIClient, run_jobs: RunJobs, search: Search) -> None:
    lines = [
        f"Paragraph {n} tells of the harbor and of nothing else that anybody would like to know." for n in range(60)
    ]
    lines[40] = "The zanzibar lighthouse burns."
    started(upload(client, "notes.md", "\n\n".join(lines).encode()))
    run_jobs()
    found = search("zanzibar lighthouse")[0]
    (span,) = found["spans"]
    before = found["content"][: span["start"]]
    assert span["start"] > 0
    assert (span["page"], span["line"]) == (None, 1 + before.count("\n"))


def test_an_edit_keeps_the_file_and_forgets_the_lines_within(
    client: APIClient, run_jobs: RunJobs, search: Search
) -> None:
    started(upload(client, "report.pdf", REPORT))
    run_jobs()
    memory = search("coffee next year")[0]
    path = f"/api/v1/memory/{memory['memory_id']}"
    edited = client.patch(path, {"content": "Harbor coffee comes this year."}, format="json").json()
    assert edited["file"] == memory["file"]
    (span,) = search("coffee this year")[0]["spans"]
    assert (span["page"], span["line"]) == (None, None)
    client.patch(path, {"content": memory["content"]}, format="json")
    (span,) = search("coffee next year")[0]["spans"]
    assert (span["page"], span["line"]) == (2, 1)


def test_rows_of_sheets_and_csv_say_where_they_stand(client: APIClient, run_jobs: RunJobs, search: Search) -> None:
    started(upload(client, "a.xlsx", book({"Tests": [["content"], ["The blue lighthouse."]]})))
    started(upload(client, "b.csv", b"content\n\nThe green windmill.\n"))
    run_jobs()
    sheet, table = search("blue lighthouse")[0], search("green windmill")[0]
    assert (sheet["file"]["sheet"], sheet["file"]["row"], sheet["file"]["line"]) == ("Tests", 2, None)
    assert (table["file"]["line"], table["file"]["row"]) == (3, None)
    assert (table["spans"][0]["line"], sheet["spans"][0]["line"]) == (3, None)


def test_errors_say_where_they_are(client: APIClient, run_jobs: RunJobs) -> None:
    operations = [
        started(upload(client, "a.jsonl", b'{"content": "x"}\nnope\n')),
        started(upload(client, "b.xlsx", book({"Days": [["content", "memory_type"], ["x", "Bad Type"]]}))),
        started(upload(client, "c.pdf", pdf([[(72, 700, 11, "Text.")], []], pictures=True))),
        started(upload(client, "d.docx", zipped({"word/document.xml": b"0" * 50_000_000}))),
    ]
    run_jobs()
    details = [client.get(one).json()["errors"][0]["detail"] for one in operations]
    assert [detail.partition(":")[0] for detail in details[:3]] == ["Line 2", "Days, row 2", "Page 2"]
    assert details[3] == "The file unpacks to more than 100 times its size."
    assert client.get(operations[3]).json()["status"] == "failed"


def test_the_original_can_be_downloaded_as_it_was(client: APIClient, acme: Organization, folder: Path) -> None:
    started(upload(client, 'b\u00e9 "1".html', b"<script>alert(1)</script>"))
    file = one_file(client)
    assert client.get(f"{FILES}/{file['file_id']}").json() == file
    assert (file["size_bytes"], file["memories"]) == (25, 0)
    assert file["sha256"] == hashlib.sha256(b"<script>alert(1)</script>").hexdigest()
    answer = client.get(f"{FILES}/{file['file_id']}/content")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]  # a stream
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "sandbox" in answer["Content-Security-Policy"]
    with organization_scope(acme.id):
        key = SourceFile.objects.get().storage_key
    assert key == f"{schema_name_for(acme.id)}/{file['file_id']}"
    stored = folder / key
    assert stored.read_bytes() == b"<script>alert(1)</script>"
    assert stored.stat().st_mode & 0o077 == 0


def test_an_original_that_the_storage_has_lost_is_unknown(client: APIClient, folder: Path, acme: Organization) -> None:
    operation = started(upload(client, "a.txt", b"text"))
    with organization_scope(acme.id):
        (folder / SourceFile.objects.get().storage_key).unlink()
        operation_read(organization_id=acme.id, operation_id=UUID(operation.rpartition("/")[2]), check=checked)
    assert client.get(f"{FILES}/{one_file(client)['file_id']}/content").status_code == 404
    assert client.get(operation).json()["errors"][0]["detail"] == "The original is not in the storage."


def test_the_same_file_is_kept_once(client: APIClient, acme: Organization, run_jobs: RunJobs) -> None:
    for name in ("a.txt", "a.txt", "b.txt"):
        started(upload(client, name, b"The red lighthouse."))
    assert bytes_held(acme) == 2 * 19
    run_jobs()
    assert [(one["name"], one["memories"]) for one in client.get(FILES).json()["results"]] == [
        ("b.txt", 1),
        ("a.txt", 2),
    ]
    assert bytes_held(acme) == 2 * 19 + 3 * (19 + 2)


def test_originals_count_as_memory(client: APIClient, acme: Organization, folder: Path) -> None:
    plan_limits_set("free", memory_bytes=10)
    kept = set(folder.rglob("*"))
    answer = upload(client, "a.txt", b"x" * 11)
    assert answer.json()["code"] == "quota_exceeded"
    assert set(folder.rglob("*")) == kept
    assert (bytes_held(acme), Job.objects.count()) == (0, 0)
    with organization_scope(acme.id):
        assert not SourceFile.objects.exists()
        assert not Operation.objects.exists()


def test_a_deleted_original_leaves_its_memories(
    client: APIClient, acme: Organization, run_jobs: RunJobs, search: Search, folder: Path
) -> None:
    started(upload(client, "report.pdf", REPORT))
    file = one_file(client)
    path = f"{FILES}/{file['file_id']}"
    assert client.delete(path).json()["code"] == "file_in_use"
    run_jobs()
    before = bytes_held(acme)
    assert client.delete(path).status_code == 204
    run_jobs()
    assert bytes_held(acme) == before - len(REPORT)
    assert [one.name for one in (folder / schema_name_for(acme.id)).glob(file["file_id"])] == []
    for answer in (client.get(path), client.get(f"{path}/content"), client.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")
    assert client.get(FILES).json()["total"] == 0
    shown = search("coffee next year")[0]["file"]
    assert (shown["name"], shown["page"], shown["available"]) == ("report.pdf", 2, False)
    events = OutboxEvent.objects.filter(name__startswith="file.").order_by("id").values_list("name", flat=True)
    assert list(events) == ["file.stored", "file.deleted"]


def test_an_original_goes_with_the_last_of_its_memories(
    client: APIClient, acme: Organization, run_jobs: RunJobs, folder: Path
) -> None:
    started(upload(client, "report.pdf", REPORT))
    run_jobs()
    key = folder / schema_name_for(acme.id) / one_file(client)["file_id"]
    with organization_scope(acme.id):
        first, second = Memory.objects.order_by("number").values_list("id", flat=True)
    for memory_id, left in ((first, 1), (second, 0)):
        with organization_scope(acme.id):
            memory_trash(
                reader=EVERYTHING, organization_id=acme.id, memory_id=memory_id, user_id=None, now=timezone.now()
            )
            assert memories_purge(memory_ids=[memory_id], now=timezone.now()) == 1
        run_jobs()
        assert (client.get(FILES).json()["total"], key.exists()) == (left, bool(left))
    with organization_scope(acme.id):
        assert not SourceFile.objects.exists()
    assert bytes_held(acme) == 0


def test_a_batch_that_is_cancelled_while_it_is_read_can_go_on(
    client: APIClient, acme: Organization, run_jobs: RunJobs
) -> None:
    operation = started(upload(client, "report.pdf", REPORT))
    answer = client.post(f"{operation}/cancel").json()
    assert (answer["status"], answer["total"]) == ("cancelled", None)
    run_jobs()
    assert client.get(operation).json()["read"] == 0
    assert client.post(f"{operation}/retry").json()["status"] == "reading"
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["total"], state["done"]) == ("succeeded", 2, 2)


def test_a_file_that_is_deleted_before_a_retry_is_named(client: APIClient, run_jobs: RunJobs) -> None:
    operation = started(upload(client, "report.pdf", REPORT))
    client.post(f"{operation}/cancel")
    assert client.delete(f"{FILES}/{one_file(client)['file_id']}").status_code == 204
    client.post(f"{operation}/retry")
    run_jobs()
    assert client.get(operation).json()["errors"][0]["detail"] == "The original was deleted before it was read."


def test_reading_that_is_given_up_is_shown_and_goes_on_with_a_retry(
    client: APIClient, acme: Organization, run_jobs: RunJobs
) -> None:
    operation = started(upload(client, "report.pdf", REPORT))
    with organization_scope(acme.id):
        operation_fail(organization_id=acme.id, operation_id=UUID(operation.rpartition("/")[2]), now=timezone.now())
    state = client.get(operation).json()
    assert (state["status"], state["total"], state["failed"]) == ("failed", None, 1)
    assert state["errors"][0]["code"] == "internal_error"
    client.post(f"{operation}/retry")
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["total"], state["done"], state["failed"], state["errors"]) == (
        "succeeded",
        2,
        2,
        0,
        [],
    )


class _Killed(BaseException):
    """The power fails."""


@pytest.mark.parametrize("after", [1, 2, 5])
def test_reading_goes_on_where_it_was_and_reads_nothing_twice(
    after: int, client: APIClient, acme: Organization, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.memory.services.reading_files._STEP", 3)
    lines = b"".join(
        b'{"content": "Row %d of the log."}\n' % number if number % 5 else b"nope\n" for number in range(20)
    )
    operation = started(upload(client, "log.jsonl", lines))
    operation_id = UUID(operation.rpartition("/")[2])
    calls = iter(range(1_000))

    def check(row: Any) -> Any:
        if next(calls) == after * 3 + 1:
            raise _Killed
        return checked(row)

    with organization_scope(acme.id):
        with pytest.raises(_Killed):
            operation_read(organization_id=acme.id, operation_id=operation_id, check=check)
        assert Operation.objects.get().read == after * 3 == OperationItem.objects.count()
    run_jobs()
    state = client.get(operation).json()
    assert (state["status"], state["total"], state["done"], state["failed"]) == ("succeeded", 20, 16, 4)
    with organization_scope(acme.id):
        texts = list(Memory.objects.order_by("number").values_list("content", "place__line"))
    assert texts == [(f"Row {number} of the log.", number + 1) for number in range(20) if number % 5]


def test_a_slower_reader_writes_nothing_that_another_has_written(
    client: APIClient, acme: Organization, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.memory.services.reading_files._STEP", 2)
    operation = started(upload(client, "log.jsonl", b"".join(b'{"content": "Row %d."}\n' % n for n in range(6))))
    operation_id = UUID(operation.rpartition("/")[2])
    has_begun = iter([True])

    def check(row: Any) -> Any:
        if next(has_begun, False):
            # Meanwhile another one reads everything.
            operation_read(organization_id=acme.id, operation_id=operation_id, check=checked)
        return checked(row)

    with organization_scope(acme.id):
        operation_read(organization_id=acme.id, operation_id=operation_id, check=check)
        assert list(OperationItem.objects.order_by("index").values_list("payload__content", flat=True)) == [
            f"Row {n}." for n in range(6)
        ]
    run_jobs()
    assert client.get(operation).json()["done"] == 6


def test_a_cancelled_reader_stops_its_process(
    client: APIClient, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.memory.services.reading_files._LOOK_SECONDS", 0)
    operation = started(upload(client, "long.txt", b"word " * 2_000_000))
    operation_id = UUID(operation.rpartition("/")[2])
    with organization_scope(acme.id):

        def cancel() -> None:
            Operation.objects.update(status=Operation.Status.CANCELLED)

        operation_read(organization_id=acme.id, operation_id=operation_id, check=checked, on_wait=cancel)
        assert not OperationItem.objects.exists()
        assert not OperationFile.objects.get().is_read


def test_other_batches_go_on_beside_a_file_that_cannot_be_read(
    client: APIClient, acme: Organization, run_jobs: RunJobs
) -> None:
    bomb = started(upload(client, "bomb.jsonl", b'{"content": "' + b"x" * 5_000_000 + b'"}\n{"content": "after it"}'))
    good = started(upload(client, "good.docx", word(lambda document: document.add_paragraph("The red lighthouse."))))
    with organization_scope(acme.id):
        limits = ReadLimits(memory_bytes=600 * 1024 * 1024)
        operation_read(organization_id=acme.id, operation_id=UUID(bomb[-36:]), check=checked, limits=limits)
    run_jobs()
    assert (client.get(good).json()["done"], client.get(bomb).json()["done"]) == (1, 1)
    assert "longer than" in client.get(bomb).json()["errors"][0]["detail"]


def test_what_the_storage_holds_without_a_row_is_swept(
    acme: Organization, folder: Path, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_name_for(acme.id)
    started(upload(client, "a.txt", b"text"))
    original_put(f"{schema}/lost", ContentFile(b"lost"))
    with organization_scope(acme.id):
        files_sweep(organization_id=acme.id, now=timezone.now())
        # What is new may be about to get its row.
        assert (folder / schema / "lost").exists()
        files_sweep(organization_id=acme.id, now=timezone.now() + timedelta(days=2))
        assert not (folder / schema / "lost").exists()
        assert (folder / SourceFile.objects.get().storage_key).exists()


def test_files_go_with_their_organisation(
    client: APIClient, acme: Organization, folder: Path, run_jobs: RunJobs
) -> None:
    started(upload(client, "a.txt", b"text"))
    Job.objects.all().delete()
    originals_delete_with_organization(organization_id=acme.id)
    run_jobs()
    assert not (folder / schema_name_for(acme.id)).exists()


def test_a_page_of_memories_costs_the_same_with_files(client: APIClient, run_jobs: RunJobs) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/memory").status_code == 200
        return len(captured)

    started(upload(client, "a.txt", b"The red lighthouse."))
    run_jobs()
    queries()
    one = queries()
    for name in "bcd":
        started(upload(client, f"{name}.txt", b"The red lighthouse."))
    run_jobs()
    queries()
    assert queries() == one


def test_viewers_read_originals_and_delete_none(
    acme: Organization, client: APIClient, client_of: ClientFactory, run_jobs: RunJobs
) -> None:
    started(upload(client, "a.txt", b"text"))
    run_jobs()
    path, viewer = f"{FILES}/{one_file(client)['file_id']}", client_of(acme, Role.VIEWER)
    answer = viewer.get(f"{path}/content")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"text")  # type: ignore[attr-defined]  # a stream
    assert viewer.delete(path).status_code == 403
    assert client.get(path).status_code == 200


@pytest.fixture
def s3(settings: Any) -> Iterator[Callable[[], list[str]]]:
    """A server of S3 on loopback, and the settings that lead there. Yields what lists its keys."""
    import boto3  # noqa: PLC0415 - costs a second, and no other test needs it
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - as above

    from liftos.file_storage import originals_storage  # noqa: PLC0415 - as above

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {"endpoint": f"http://{host}:{port}", "region": "eu-central-1", "key_id": "key", "secret": "secret"}
    client = boto3.client(
        "s3",
        endpoint_url=given["endpoint"],
        region_name=given["region"],
        aws_access_key_id=given["key_id"],
        aws_secret_access_key=given["secret"],
    )
    client.create_bucket(Bucket="originals", CreateBucketConfiguration={"LocationConstraint": given["region"]})
    settings.STORAGES = {**settings.STORAGES, "originals": originals_storage(folder="", bucket="originals", **given)}
    yield lambda: [one["Key"] for one in client.list_objects_v2(Bucket="originals").get("Contents", [])]
    server.stop()


def test_originals_live_in_s3_where_that_is_configured(
    s3: Callable[[], list[str]], client: APIClient, acme: Organization, run_jobs: RunJobs, search: Search
) -> None:
    started(upload(client, "report.pdf", REPORT))
    run_jobs()
    file_id = one_file(client)["file_id"]
    assert s3() == [f"{schema_name_for(acme.id)}/{file_id}"]
    assert search("coffee next year")[0]["file"]["page"] == 2
    answer = client.get(f"{FILES}/{file_id}/content")
    assert b"".join(answer.streaming_content) == REPORT  # type: ignore[attr-defined]  # a stream
    with organization_scope(acme.id):
        files_sweep(organization_id=acme.id, now=timezone.now() + timedelta(days=2))
    assert len(s3()) == 1
    assert client.delete(f"{FILES}/{file_id}").status_code == 204
    run_jobs()
    assert s3() == []
    assert storages["originals"].listdir(schema_name_for(acme.id)) == ([], [])
