"""What a module, member or key may try to learn of memories that are closed to it, beside asking for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.events.registry import events_open
from apps.events.selectors import feed_after
from apps.events.services.places import events_place
from apps.events.types import Listener
from apps.memory.engine.reader import EVERYTHING, PrincipalKind
from apps.memory.models import Memory, Operation, SourceFile
from apps.memory.services.managing import memory_edit
from apps.memory.services.operations import operation_create, operation_process
from tests.factories.fixtures import ClientFactory
from tests.factories.grants import grant, remember, revoke, uses

TEXT = "Ottoline Vance pays the harbour of Zanzibarium forty thousand for the winter berths of Project Quillfeather."


def edit(organization: Organization, memory_id: str, **fields: Any) -> None:
    with organization_scope(organization.id):
        memory_edit(
            organization_id=organization.id,
            memory_id=UUID(memory_id),
            reader=EVERYTHING,
            fields=fields,  # type: ignore[arg-type]  # these are fields of a memory
            user_id=None,
            now=timezone.now(),
        )


def batch(organization: Organization, text: str, module: str = "") -> Operation:
    with organization_scope(organization.id):
        row = {"content": text, "module": module, "memory_type": "note"}
        one = operation_create(
            organization_id=organization.id, rows=[row], module=module, user_id=None, now=timezone.now()
        )
        operation_process(organization_id=organization.id, operation_id=one.id)
    return one


def first_event(client: APIClient, operation: Operation) -> str:
    answer: Any = client.get(f"/api/v1/memory/operations/{operation.id}/events")
    return next(part for part in map(bytes.decode, answer) if "data: " in part)


def test_an_external_id_tells_nobody_that_a_guess_is_right(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    closed = remember(acme, TEXT, "alpha", "draft", external_id="deal-1")
    beta = speak("beta")
    answers = [
        beta.post("/api/v1/memory/store", {"content": guess, "external_id": "deal-1"}, format="json")
        for guess in (TEXT, "Something else.")
    ]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert closed not in answers[0].content.decode()
    items = [{"content": guess, "external_id": "deal-1"} for guess in (TEXT, "Something else.")]
    for item in items:
        made = beta.post("/api/v1/memory/store/batch", {"items": [item]}, format="json").json()
        with organization_scope(acme.id):
            operation_process(organization_id=acme.id, operation_id=UUID(made["operation_id"]))
        shown = beta.get(f"/api/v1/memory/operations/{made['operation_id']}").json()
        assert (shown["done"], shown["failed"]) == (0, 1)


def test_a_batch_does_not_tell_that_it_says_what_is_closed(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    closed = remember(acme, TEXT, "alpha", "draft")
    one = batch(acme, TEXT, "beta")
    beta = speak("beta")
    shown = beta.get(f"/api/v1/memory/operations/{one.id}").json()
    assert (shown["duplicates"], shown["duplicate_count"]) == ([], 0)
    streamed = first_event(beta, one)
    assert closed not in streamed
    assert '"duplicate_count":0' in streamed.replace(" ", "")
    # A grant opens it, and the trail has it, be it in a stream.
    grant(acme, (PrincipalKind.MODULE, "beta"), "alpha")
    streamed = first_event(beta, one)
    assert closed in streamed
    assert [event.data["memory_ids"] for event in uses()] == [[closed]]


def test_what_a_closed_memory_named_once_stays_unknown(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    closed = remember(
        acme, "Ottoline Vance works for Zanzibarium Ltd. Ottoline Vance manages EXP-117.", "alpha", "draft"
    )
    edit(acme, closed, content="Nobody is named here any more.")
    beta = speak("beta")
    for path in ("entities", "graph", "entities/aliases", "insights"):
        answer = beta.get(f"/api/v1/memory/{path}")
        assert answer.status_code == 200, (path, answer.content)
        assert "Ottoline" not in answer.content.decode(), path
    assert beta.get("/api/v1/memory/context").json()["counts"]["entities"] == 0
    assert beta.get("/api/v1/memory/graph", {"entity": "Ottoline Vance"}).status_code == 404


def test_new_names_do_not_tell_that_a_closed_memory_had_them_first(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    remember(acme, "Ottoline Vance came.", "alpha", "draft")
    since = timezone.now()
    remember(acme, "Ottoline Vance came, and Priya Raman.", "beta", "draft")
    digest = speak("beta").get("/api/v1/memory/digest", {"since": since.isoformat()}).json()
    assert {one["name"] for one in digest["new_entities"]} == {"Ottoline Vance", "Priya Raman"}


def test_events_of_what_has_been_closed_since_are_not_told(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    shared = remember(acme, "Shared once.", "alpha", "note")
    edit(acme, shared, memory_type="draft")
    events_place()
    events = feed_after(organization_id=acme.id, position=0, types=frozenset({"memory.stored"}), limit=100)
    assert events_open(Listener(acme.id, module="beta"), events) == []
    # Of what is gone nobody knows more than its events.
    gone = remember(acme, "Shared.", "alpha", "note")
    with organization_scope(acme.id):
        Memory.objects.filter(id=gone).delete()
    events_place()
    events = feed_after(organization_id=acme.id, position=0, types=frozenset({"memory.stored"}), limit=100)
    assert [event.subject_id for event in events_open(Listener(acme.id, module="beta"), events)] == [gone]


def test_a_module_gets_no_answer_that_another_one_was_given(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    def store(module: str) -> Any:
        return speak(module).post(
            "/api/v1/memory/store",
            {"content": "The same text.", "memory_type": "draft"},
            format="json",
            HTTP_IDEMPOTENCY_KEY="1",
        )

    first, second = store("alpha"), store("beta")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["memory_id"] != second.json()["memory_id"]


def test_the_answer_to_a_repeated_call_is_judged_anew(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    closed = remember(acme, TEXT, "alpha", "draft")
    given = grant(acme, (PrincipalKind.MODULE, "beta"), "alpha")
    beta = speak("beta")

    def store() -> Any:
        answer = beta.post("/api/v1/memory/store", {"content": TEXT}, format="json", HTTP_IDEMPOTENCY_KEY="1")
        return answer.json()["duplicate_of"]

    assert store() == closed
    assert [event.data["memory_ids"] for event in uses()] == [[closed]]
    revoke(acme, given)
    assert store() is None


def test_replaced_by_what_is_closed(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    closed = remember(acme, TEXT, "alpha", "draft")
    own = remember(acme, "Own.", "beta", "draft")
    beta = speak("beta")
    assert beta.post(f"/api/v1/memory/{own}/supersede", {"by": closed}, format="json").status_code == 404
    given = grant(acme, (PrincipalKind.MODULE, "beta"), "alpha")
    assert beta.post(f"/api/v1/memory/{own}/supersede", {"by": closed}, format="json").status_code == 200
    revoke(acme, given)
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    for path, query in [
        (f"/{own}", {}),
        (f"/{own}/history", {}),
        ("", {"state": "superseded"}),
        ("/diff", {"from": since}),
        ("/digest", {"since": since}),
        ("/facets", {"state": "superseded"}),
    ]:
        answer = beta.get(f"/api/v1/memory{path}", query)
        assert answer.status_code == 200, (path, answer.content)
        assert closed not in answer.content.decode(), path
    events_place()
    events = feed_after(organization_id=acme.id, position=0, types=frozenset({"memory.superseded"}), limit=100)
    assert events_open(Listener(acme.id, module="beta"), events) == []


def test_metadata_may_have_the_names_of_what_answers_name(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    odd = {
        "memory_id": "x",
        "memory_ids": 5,
        "superseded_by": [None, {}],
        "content": 1,
        "recorded_at": {"memory_id": 0},
    }
    ours = remember(acme, "Odd.", metadata={**odd, "metadata": odd, "list": [odd]})
    beta = speak("beta")
    for path, query in [
        (f"/{ours}", {}),
        (f"/{ours}/history", {}),
        (f"/{ours}/related", {}),
        ("", {}),
        ("/facets", {"metadata": "memory_id"}),
        ("/diff", {"from": "2000-01-01T00:00:00Z"}),
        ("/map", {}),
    ]:
        answer = beta.get(f"/api/v1/memory{path}", query)
        assert answer.status_code == 200, (path, answer.content)
    assert beta.get(f"/api/v1/memory/{ours}").json()["metadata"] == {**odd, "metadata": odd, "list": [odd]}


def test_a_file_is_kept_once_for_each_who_sends_it(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    for module in ("alpha", "beta"):
        file = SimpleUploadedFile("deal.txt", TEXT.encode())
        answer = speak(module).post("/api/v1/memory/store/batch", {"file": file}, format="multipart")
        assert answer.status_code == 202, answer.content
    with organization_scope(acme.id):
        assert sorted(SourceFile.objects.values_list("module", flat=True)) == ["alpha", "beta"]


def test_events_of_the_batches_and_files_of_another_module_are_not_told(
    acme: Organization,
    speak: Callable[..., APIClient],
) -> None:
    file = SimpleUploadedFile("deal.txt", TEXT.encode())
    assert speak("alpha").post("/api/v1/memory/store/batch", {"file": file}, format="multipart").status_code == 202
    events_place()
    types = frozenset({"operation.created", "file.stored"})
    events = feed_after(organization_id=acme.id, position=0, types=types, limit=100)
    assert {event.name for event in events_open(Listener(acme.id, module="alpha"), events)} == types
    assert events_open(Listener(acme.id, module="beta"), events) == []


def test_another_name_tells_nobody_of_the_one_that_is_closed(
    acme: Organization,
    client_of: ClientFactory,
    speak: Callable[..., APIClient],
) -> None:
    remember(acme, "Zanzibarium Holding pays Priya Raman.", "alpha", "draft")
    remember(acme, "Zanzi Harbour closes in winter.", "beta", "draft")
    remember(acme, "Jonas Berg came.", "beta", "draft")
    owner, beta = client_of(acme), speak("beta")
    ids = {one["name"]: one["id"] for one in owner.get("/api/v1/memory/entities").json()["results"]}
    url = "/api/v1/memory/entities/{}/merge"
    merged = owner.post(url.format(ids["Zanzi Harbour"]), {"into": ids["Zanzibarium Holding"]}, format="json")
    assert merged.status_code == 200, merged.content
    body = {"query": "Zanzi Harbour", "explain": True}
    found = beta.post("/api/v1/memory/search", body, format="json")
    assert found.json()["count"]
    assert "Zanzibarium" not in found.content.decode()
    merged = beta.post(url.format(ids["Jonas Berg"]), {"into": ids["Zanzi Harbour"]}, format="json")
    assert merged.status_code == 200, merged.content
    assert "Zanzibarium" not in merged.content.decode()
