"""The SDK's concept store over the memories' places in the conceptual space; a product id is a memory id.

A place is computed when a memory is stored. One that is stored here stands until it is deleted, or until the
organisation's dimensions change.
"""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.memory.adapters.index_store import index_current
from apps.memory.adapters.kse.base import Store, id_of, implements
from apps.memory.adapters.kse.spaces import coordinates_of, space_of
from apps.memory.adapters.vectors import PLACES, centre_of, places_of
from apps.memory.engine.memory_index import CANDIDATES
from apps.memory.models import Memory, MemoryContext
from apps.memory.selectors.contexts import answered, concept_space, context_get, dimensions_of
from apps.memory.services.changes import change_begin
from apps.memory.services.vectors import places_write


@implements("ConceptStoreInterface")
class ConceptStore(Store):
    """Takes and returns the SDK's `ConceptualSpace`, whose names are the context's dimensions."""

    error = "ConceptStoreError"

    async def store_conceptual_dimensions(self, product_id: str, dimensions: Any) -> bool:
        """Place a memory; every dimension is needed. Raises for an unknown memory or other names."""
        return await self._run(self._store, product_id, dimensions)

    async def get_conceptual_dimensions(self, product_id: str) -> Any | None:
        return await self._run(self._get, product_id)

    async def delete_conceptual_dimensions(self, product_id: str) -> bool:
        """Forget a place that was stored: the memory returns to the one that its text has. False if it is unknown."""
        return await self._run(self._delete, product_id)

    async def find_similar_concepts(
        self, dimensions: Any, threshold: float = 0.8, limit: int = 10
    ) -> list[tuple[str, float]]:
        """Return memories with their similarity in [0, 1], best first, over the dimensions that are given.

        Similarity is one minus the mean distance on these dimensions.
        """
        return await self._run(self._find, dimensions, threshold, limit)

    async def get_dimension_statistics(self) -> dict[str, dict[str, float]]:
        """Return `count`, `mean`, `std` (of the population), `min` and `max` by dimension; {} without memories."""
        return await self._run(self._statistics)

    @transaction.atomic
    def _store(self, product_id: str, dimensions: Any) -> bool:
        change = change_begin(now=timezone.now())
        coordinates, _ = coordinates_of(change.context, dimensions, partial=False, refusal=self.refusal)
        live = Memory.objects.live(timezone.now()).filter(id=id_of(product_id))
        if not live.update(change=change.change):
            raise self.refusal("there is no memory with this id")
        places_write([(id_of(product_id), coordinates)], epoch_id=change.context.epoch_id, change=change)
        return True

    def _get(self, product_id: str) -> Any | None:
        if not Memory.objects.live(timezone.now()).filter(id=id_of(product_id)).exists():
            return None
        context = context_get()
        return space_of(context, places_of(context.epoch_id, [id_of(product_id)]).get(id_of(product_id)))

    @transaction.atomic
    def _delete(self, product_id: str) -> bool:
        change = change_begin(now=timezone.now())
        live = Memory.objects.live(timezone.now()).filter(id=id_of(product_id)).select_for_update()
        memory = live.only("id").first()
        if memory is None:
            return False
        epoch_id = change.context.epoch_id
        # As services.contexts does after a change of the dimensions.
        centre = centre_of(epoch_id, memory.id)
        if centre is None:
            raise self.refusal("no model has read the memory yet; try again in a moment")
        place = concept_space(change.context).project(centre[None, :])[0]
        places_write([(memory.id, place)], epoch_id=epoch_id, change=change)
        memory.change = change.change
        memory.save(update_fields=["change"])
        return True

    def _find(self, dimensions: Any, threshold: float, limit: int) -> list[tuple[str, float]]:
        most = self.whole(limit, name="limit", most=CANDIDATES)
        least = self.share(threshold, name="threshold")

        def answer(context: MemoryContext) -> list[tuple[str, float]]:
            target, weight = coordinates_of(context, dimensions, partial=True, refusal=self.refusal)
            with index_current(
                organization_id=self.organization_id, epoch=context.epoch, change=context.change, concepts=len(target)
            ) as index:
                visible = index.visible(now=timezone.now().timestamp())
                positions, scores = index.conceptual(target, weight, visible=visible)
                ids = [str(index.ids[position]) for position in positions]
            # Best first, so cutting by score after the limit of the channel loses none.
            return [(one, score) for one, score in zip(ids, scores.tolist(), strict=True) if score >= least][:most]

        return answered(self.organization_id, answer)

    def _statistics(self) -> dict[str, dict[str, float]]:
        context = context_get()
        names = [dimension.name for dimension in dimensions_of(context)]
        live = list(Memory.objects.live(timezone.now()).values_list("id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS, {"epoch": context.epoch_id, "live": live})
            return {
                names[position - 1]: {"count": count, "mean": mean, "std": std, "min": least, "max": most}
                for position, count, mean, std, least, most in cursor.fetchall()
            }


# What no model has read yet stands nowhere in particular and is not counted.
_STATISTICS = f"""
    SELECT axis.position, count(*), avg(axis.place), stddev_pop(axis.place),
           min(axis.place)::float8, max(axis.place)::float8
    FROM {PLACES} AS live CROSS JOIN LATERAL unnest(live.concepts::real[]) WITH ORDINALITY AS axis (place, position)
    WHERE live.memory_id = ANY(%(live)s)
    GROUP BY axis.position ORDER BY axis.position
"""  # noqa: S608 - of constants
