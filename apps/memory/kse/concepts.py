"""The SDK's concept store and concept service over the conceptual space of an organisation's context.

The SDK's `ConceptualSpace` carries the values; `Product` and `ConceptualDimensions`, which it deprecates, are not used.
"""

from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from apps.memory.adapters.embedding import default_embedder
from apps.memory.kse.bound import OrganizationBound, parse_id, refuse
from apps.memory.kse.contract import kse_contract
from apps.memory.models import Memory
from apps.memory.selectors.contexts import concept_space, context_get

_STORE_ERROR = "ConceptStoreError"
MAX_LIMIT = 1_000
# Dimensions named in an explanation.
_NAMED = 3

_STATISTICS = """
    SELECT number, min(value), max(value), avg(value), coalesce(stddev_pop(value), 0), count(*)
    FROM memory_memory, unnest(concepts::real[]) WITH ORDINALITY AS place(value, number)
    WHERE deleted_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    GROUP BY number ORDER BY number
"""


class PostgresConceptStore(OrganizationBound):
    """Coordinates of memories. Ids are those of memories; dimensions are those of the context, all of them."""

    async def store_conceptual_dimensions(self, product_id: str, dimensions: Any) -> bool:
        """Replace the coordinates of a memory; returns False if there is none. Raises `ConceptStoreError`."""
        memory_id = parse_id(product_id, error=_STORE_ERROR, operation="store")

        def store() -> bool:
            values = _values(dimensions, operation="store")
            return Memory.objects.live(timezone.now()).filter(id=memory_id).update(concepts=values) > 0

        return await self._run(store)

    async def get_conceptual_dimensions(self, product_id: str) -> Any:
        """Return the coordinates as the SDK's `ConceptualSpace`, or None."""
        memory_id = parse_id(product_id, error=_STORE_ERROR, operation="get")

        def get() -> Any:
            row = Memory.objects.live(timezone.now()).filter(id=memory_id).first()
            return None if row is None else _space([float(value) for value in row.concepts])

        return await self._run(get)

    async def delete_conceptual_dimensions(self, product_id: str) -> bool:
        refuse(_STORE_ERROR, "delete", f"every memory has a place in the space; delete the memory {product_id}")

    async def find_similar_concepts(
        self, dimensions: Any, threshold: float = 0.8, limit: int = 10
    ) -> list[tuple[str, float]]:
        """Return ids and nearness in [0, 1] (one minus the mean distance per dimension), nearest first."""
        if not (0 <= threshold <= 1 and 1 <= limit <= MAX_LIMIT):
            refuse(_STORE_ERROR, "find_similar", f"threshold lies in [0, 1], limit between 1 and {MAX_LIMIT}")

        def find() -> list[tuple[str, float]]:
            values = np.array(_values(dimensions, operation="find_similar"), dtype=np.float32)
            rows = list(Memory.objects.live(timezone.now()).order_by("id").values_list("id", "concepts"))
            if not rows:
                return []
            places = np.array([list(place) for _, place in rows], dtype=np.float32)
            nearness = 1.0 - np.abs(places - values).mean(axis=1)
            order = np.argsort(-nearness, kind="stable")[:limit]
            return [(str(rows[i][0]), float(nearness[i])) for i in order if nearness[i] >= threshold]

        return await self._run(find)

    async def get_dimension_statistics(self) -> dict[str, dict[str, float]]:
        """Return min, max, mean, std and count of each dimension over the live memories."""

        def statistics() -> dict[str, dict[str, float]]:
            names = [one.name for one in concept_space(context_get()).dimensions]
            with connection.cursor() as cursor:
                cursor.execute(_STATISTICS)
                return {
                    names[number - 1]: {"min": low, "max": high, "mean": mean, "std": deviation, "count": count}
                    for number, low, high, mean, deviation, count in cursor.fetchall()
                }

        return await self._run(statistics)


class ProjectionConceptualService(OrganizationBound):
    """Computes coordinates of things that have a title and a description, the SDK's `Entity` above all."""

    async def compute_dimensions(self, product: Any) -> Any:
        return (await self.compute_batch_dimensions([product]))[0]

    async def compute_batch_dimensions(self, products: list[Any]) -> list[Any]:
        def compute() -> list[Any]:
            space = concept_space(context_get())
            vectors = default_embedder().embed([f"{one.title}\n\n{one.description}" for one in products])
            return [_space([float(value) for value in row]) for row in space.project(vectors)]

        return await self._run(compute) if products else []

    async def explain_dimensions(self, product: Any, dimensions: Any) -> str:
        """Say in a sentence where a thing stands most clearly."""
        clearest = sorted(dimensions.dimensions.items(), key=lambda one: (-abs(one[1] - 0.5), one[0]))[:_NAMED]
        sides = [f"{'high' if value >= 0.5 else 'low'} in {name} ({value:.2f})" for name, value in clearest]  # noqa: PLR2004 - the middle of [0, 1]
        return f"{product.title} stands {', '.join(sides)}."


def _values(space: Any, *, operation: str) -> list[float]:
    """Return the values of an SDK space in the order of the context's dimensions."""
    names = [one.name for one in concept_space(context_get()).dimensions]
    given = dict(space.dimensions)
    if set(given) != set(names):
        refuse(_STORE_ERROR, operation, f"the dimensions of this context are {', '.join(names)}")
    if not all(isinstance(value, int | float) and 0 <= value <= 1 for value in given.values()):
        refuse(_STORE_ERROR, operation, "every value lies in [0, 1]")
    return [float(given[name]) for name in names]


def _space(values: list[float]) -> Any:
    context = context_get()
    dimensions = concept_space(context).dimensions
    return kse_contract().model("ConceptualSpace")(
        dimensions={one.name: value for one, value in zip(dimensions, values, strict=True)},
        domain=context.domain,
        dimension_descriptions={one.name: one.description for one in dimensions},
    )


kse_contract().interface("ConceptStoreInterface").register(PostgresConceptStore)
kse_contract().interface("ConceptualServiceInterface").register(ProjectionConceptualService)
