"""The archive tier as tests want it: something to put there, and all of it to compare."""

from typing import Any
from uuid import UUID

from django.db import connection
from rest_framework.test import APIClient

API = "/api/v1/memory"

LONG = (
    "Readout of EXP-117, written by Priya Raman for Harbor Coffee in Oslo. The first weeks were quiet. "
    "Most sign-ups came by word of mouth, and support had little to do but answer questions. "
    "They were about invoices and about the app, as every spring, and none of them took longer than a day. "
    "In the last week we showed an annual plan at checkout. Nobody had expected that the zebra banner would win."
)

# Everything that is kept of a memory, but for the number of the change that wrote it last.
_WHOLE = """
    SELECT (to_jsonb(memory) - 'change')::text,
        (SELECT string_agg(vector_send(concepts)::text, '|') FROM memory_memoryplace WHERE memory_id = memory.id),
        (SELECT string_agg(version::text, '|' ORDER BY revision) FROM memory_memoryversion AS version
            WHERE version.memory_id = memory.id),
        (SELECT string_agg(chunk::text || halfvec_send(vector.embedding)::text, '|' ORDER BY ordinal)
            FROM memory_chunk AS chunk JOIN memory_passagevector AS vector ON vector.chunk_id = chunk.id
            WHERE chunk.memory_id = memory.id),
        (SELECT string_agg(mention::text, '|' ORDER BY id) FROM memory_mention AS mention
            WHERE mention.memory_id = memory.id),
        (SELECT string_agg(evidence::text, '|' ORDER BY id) FROM memory_relationevidence AS evidence
            WHERE evidence.memory_id = memory.id)
    FROM memory_memory AS memory WHERE id = %s
"""


def whole(memory_id: UUID | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, [memory_id])
        return cursor.fetchone()


def archive(client: APIClient, *ids: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/archive", {"ids": list(ids), **more}, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found
