"""The memory's Prometheus instruments. Who counts committed work calls them with `transaction.on_commit`."""

from uuid import UUID

from django.db import connection
from prometheus_client import Counter, Histogram

from apps.core.tenancy.scope import ORGANIZATION_SCHEMA_PREFIX
from apps.memory.engine.types import SearchType

ACTIVE_CONTEXTS = "active_memory_contexts"
ACTIVE_CONTEXTS_TEXT = "Active organisations that have a memory."

_searches = Counter("memory_searches", "Searches that were answered.", ["org_id", "search_type"])
_search_seconds = Histogram(
    "memory_search_duration_seconds",
    "How long searches took.",
    ["search_type"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
_stored = Counter("memory_storage", "Memories that were stored.", ["org_id", "memory_type"])

# Every organisation gets its context with its schema; the catalogue knows the schemas without a look into each.
_COUNT_CONTEXTS = """
    SELECT count(*) FROM accounts_organization organization
    JOIN pg_catalog.pg_namespace namespace ON namespace.nspname = %s || replace(organization.id::text, '-', '')
    JOIN pg_catalog.pg_class class ON class.relnamespace = namespace.oid AND class.relname = 'memory_memorycontext'
    WHERE organization.is_active
"""


def search_observed(*, organization_id: UUID, search_type: SearchType, seconds: float) -> None:
    """Count a search that was answered, and its time."""
    _searches.labels(str(organization_id), search_type.value).inc()
    _search_seconds.labels(search_type.value).observe(seconds)


def stored_observed(*, organization_id: UUID, memory_type: str, count: int) -> None:
    """Count memories of one type that were stored."""
    _stored.labels(str(organization_id), memory_type).inc(count)


def active_contexts() -> float:
    """Return how many active organisations have a memory, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_CONTEXTS, [ORGANIZATION_SCHEMA_PREFIX])
        return float(cursor.fetchone()[0])
