"""How many memories have which values."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncMonth

from apps.memory.models import MemoryRows

MAX_VALUES = 20
# Ten years; what happened before is counted together.
MAX_MONTHS = 120
_COLUMNS = ("memory_type", "module", "source")

# A list counts with each of its elements, as it does in filters; objects and null are no values.
_METADATA = """
    WITH found AS MATERIALIZED (
        SELECT DISTINCT id, jsonb_path_query(metadata, %s::jsonpath) AS value FROM ({rows}) AS rows
    ),
    counted AS (SELECT value, count(*) AS memories FROM found GROUP BY value)
    SELECT value, memories, sum(memories) OVER (), (SELECT count(DISTINCT id) FROM found)
    FROM counted ORDER BY memories DESC, value LIMIT %s
"""


def facets_present(rows: MemoryRows, *, metadata: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the counts over these memories; `metadata` maps names, as the caller wrote them, to paths of keys."""
    total = rows.count()
    return {
        "total": total,
        **{column: _column(rows, column, total) for column in _COLUMNS},
        "months": _months(rows, total),
        "metadata": {name: _values(rows, path, total) for name, path in metadata.items()},
    }


def _column(rows: MemoryRows, column: str, total: int) -> dict[str, Any]:
    counts = rows.values(column).annotate(count=Count("id")).order_by("-count", column)[:MAX_VALUES]
    values = [{"value": row[column] or None, "count": row["count"]} for row in counts]
    return {"values": values, "other": total - sum(row["count"] for row in values)}


def _months(rows: MemoryRows, total: int) -> dict[str, Any]:
    months = rows.annotate(month=TruncMonth("occurred_at", tzinfo=UTC)).values("month").annotate(count=Count("id"))
    values = [
        {"month": row["month"].strftime("%Y-%m"), "count": row["count"]}
        for row in reversed(months.order_by("-month")[:MAX_MONTHS])
    ]
    return {"values": values, "other": total - sum(row["count"] for row in values)}


def _values(rows: MemoryRows, path: Sequence[str], total: int) -> dict[str, Any]:
    keys = "".join(f".{json.dumps(key, ensure_ascii=False)}" for key in path)
    scalars = f'${keys}[*] ? (@.type() == "string" || @.type() == "number" || @.type() == "boolean")'
    subquery, parameters = rows.values("id", "metadata").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_METADATA.format(rows=subquery), [scalars, *parameters, MAX_VALUES])
        found = cursor.fetchall()
    values = [{"value": json.loads(value), "count": count} for value, count, *_ in found]
    counted, having = (int(found[0][2]), found[0][3]) if found else (0, 0)
    return {
        "values": values,
        "other": counted - sum(row["count"] for row in values),
        "missing": total - having,
    }
