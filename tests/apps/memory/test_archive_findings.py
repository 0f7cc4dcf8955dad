"""What is asked of one archived memory is answered from what the archive has of it, as before it went there."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.packed_texts import findings_pack, findings_unpack
from apps.memory.models import Chunk, Memory
from apps.memory.selectors.unpacked import hash_of_whole
from apps.memory.services.changes import change_begin
from apps.memory.services.unpacking import memories_pack, memories_put_away
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_archive_damage import damage
from tests.factories.archive_tier import API, archive

TEA = "The tea was cold again, and nobody in the quiet office by the harbour had the time to make another pot of it. "
ALARM = "Act now: the payment servers are down, customers of Harbor Coffee in Oslo lose money every single minute! "
# Of more passages than are read on the spot, the last ones about something else.
LONG = "\n\n".join([TEA * 5] * 5 + [ALARM * 6] * 5)
# And of more sentences than are embedded while somebody waits.
LONGER = "\n\n".join([TEA * 5] * 14 + [ALARM * 6] * 14)


def asked(client: APIClient, memory_id: str) -> tuple[Any, Any]:
    answers = [client.get(f"{API}/{memory_id}/{what}") for what in ("concepts", "related")]
    assert [one.status_code for one in answers] == [200, 200], [one.content for one in answers]
    concepts, related = (one.json() for one in answers)
    return concepts, related


def beside(store: Store) -> None:
    for text in (ALARM, TEA, "The boiler of the old office was replaced by a heat pump."):
        store(text)


@pytest.mark.parametrize("text", [LONG, LONGER])
def test_concepts_and_neighbours_are_those_from_before(
    client: APIClient, store: Store, acme: Organization, text: str
) -> None:
    beside(store)
    memory_id, twin = store(text), store(text.replace("cold again", "cold once more", 1))
    with organization_scope(acme.id):
        assert Chunk.objects.filter(memory__id=memory_id).count() > 4
    before = asked(client, memory_id)
    assert [one["memory_id"] for one in before[1]["results"] if one["is_duplicate"]] == [twin]
    archive(client, memory_id)
    assert asked(client, memory_id) == before


def test_other_dimensions_are_read_off_the_vectors_that_the_archive_has(client: APIClient, store: Store) -> None:
    beside(store)
    memory_id = store(LONG)
    archive(client, memory_id)
    assert client.patch(f"{API}/context", {"domain": "finance"}, format="json").status_code == 200
    away = asked(client, memory_id)
    client.post(f"{API}/{memory_id}/unarchive")
    assert asked(client, memory_id) == away


def test_damaged_findings_are_made_again_for_the_answer(client: APIClient, store: Store, acme: Organization) -> None:
    beside(store)
    memory_id = store(LONG)
    before = asked(client, memory_id)
    archive(client, memory_id)
    damage(acme, memory_id, "findings")
    concepts, related = asked(client, memory_id)
    assert [one["name"] for one in concepts["dimensions"]] == [one["name"] for one in before[0]["dimensions"]]
    assert len(related["results"]) == 3


def test_vectors_of_another_model_say_nothing_here(client: APIClient, store: Store, acme: Organization) -> None:
    beside(store)
    memory_id = store(LONG)
    with organization_scope(acme.id):
        memory = Memory.objects.get(id=memory_id)
        (packed,) = memories_pack([memory])
        findings = {**findings_unpack(packed.archived.findings), "models": ["older", "oldest"]}
        # Of another width, as those of other models may be.
        for passage in findings["passages"]:
            passage["embedding"] = passage["embedding"][:64]
        packed.archived.findings = findings_pack(findings)
        packed.archived.sha256 = hash_of_whole(memory, [], findings)
        with transaction.atomic():
            memories_put_away([packed], change=change_begin(now=timezone.now()))
    concepts, related = asked(client, memory_id)
    assert concepts["sentences_read"] == 55
    assert len(related["results"]) == 3
