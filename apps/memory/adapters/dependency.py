"""Whether the memory engine can do its work: the model reads a text, and the database knows vectors."""

from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from apps.memory.adapters.embedding import ModelFileError, default_embedder
from apps.observability.types import WELL, Finding, State

CONSEQUENCE = "Searches do not answer, and new texts are not read."
_TEXT = "How is the memory?"


def engine_check() -> Finding:
    try:
        vector = default_embedder().embed([_TEXT])[0]
    except ModelFileError as error:
        return Finding(State.DOWN, f"the embedding model cannot be used: {error}")
    if not abs(float(vector @ vector) - 1.0) < 0.01:  # noqa: PLR2004 - vectors of the model have length one
        return Finding(State.DOWN, "the embedding model does not give what it should")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            known = cursor.fetchone()
    except (DatabaseError, PoolTimeout):
        return Finding(State.DOWN, "the database, which keeps the memories, is away")
    return WELL if known else Finding(State.DOWN, "the database lacks the extension vector")
