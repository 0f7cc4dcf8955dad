"""Input and output of what looks at the memory as a whole: insights, the map, the graph."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import PageQuery, StrictSerializer
from apps.memory.api.serializers import MAX_TYPES, AsOfInput, InstantField, MemoryOutput, TypeField, as_of_of
from apps.memory.api.serializers_managing import WindowInput, conditions_of
from apps.memory.selectors.insights import InsightScope

MAX_NAME = 200


class InsightsQuery(WindowInput, AsOfInput):
    """Which memories insights are about. A range ends at the moment that they are about."""

    memory_types = serializers.ListField(
        child=TypeField(), required=False, min_length=1, max_length=MAX_TYPES, help_text="May be given several times."
    )


def scope_of(fields: Mapping[str, Any], *, now: datetime) -> InsightScope:
    as_of = as_of_of(fields, now=now)
    window = conditions_of(fields, now=min(as_of.valid or as_of.recorded or now, now))
    return InsightScope(
        as_of=as_of,
        occurred_after=window.occurred_after,
        occurred_before=window.occurred_before,
        memory_types=tuple(sorted(set(fields.get("memory_types", ())))),
    )


class ConceptOutput(serializers.Serializer[Any]):
    concept = serializers.CharField()
    entity_id = serializers.UUIDField(help_text="What the list of memories and the graph take.")
    weight = serializers.FloatField()
    count = serializers.IntegerField(help_text="The memories that name it.")
    memory_ids = serializers.ListField(child=serializers.UUIDField(), help_text="Those that name it most, up to five.")


class KnowledgeGraphOutput(serializers.Serializer[Any]):
    entities = serializers.IntegerField()
    links = serializers.IntegerField()


class WindowOutput(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own.
        ends = {name: serializers.DateTimeField(allow_null=self.open_ended) for name in ("from", "to")}
        return {**ends, **super().get_fields()}

    open_ended = False


class OpenWindowOutput(WindowOutput):
    open_ended = True


class DayOutput(WindowOutput):
    date = serializers.DateField()
    count = serializers.IntegerField()


class TrendWindowOutput(WindowOutput):
    count = serializers.IntegerField()


class TemporalPatternsOutput(serializers.Serializer[Any]):
    by_day = DayOutput(many=True, help_text="With the window that lists the day's memories.")
    by_hour_of_week = serializers.ListField(child=serializers.IntegerField())
    trend = serializers.FloatField(allow_null=True)
    trend_windows = TrendWindowOutput(many=True, help_text="The two windows that the trend compares, earlier first.")


class ClusterOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="The same as on the map.")
    label = serializers.CharField()  # type: ignore[assignment]  # hides DRF's attribute
    size = serializers.IntegerField()
    type = serializers.CharField()
    terms = serializers.ListField(child=serializers.CharField())
    exemplar_ids = serializers.ListField(child=serializers.UUIDField())


class InsightsOutput(serializers.Serializer[Any]):
    total_memories = serializers.IntegerField()
    dominant_concepts = ConceptOutput(many=True)
    knowledge_density = serializers.FloatField()
    knowledge_graph = KnowledgeGraphOutput()
    temporal_patterns = TemporalPatternsOutput()
    semantic_clusters = ClusterOutput(many=True)
    clusters_as_of = serializers.IntegerField(
        allow_null=True, help_text="The change that the clusters were computed at; null before the first time."
    )
    clusters_computed_at = serializers.DateTimeField(allow_null=True)
    clusters_pending = serializers.BooleanField(help_text="Newer clusters are being computed.")
    change = serializers.IntegerField(help_text="The change of the memory that everything else is about.")
    as_of = serializers.DateTimeField(help_text="The moment that held.")
    as_of_recorded = serializers.DateTimeField(help_text="The moment that was known.")
    window = OpenWindowOutput()
    memory_types = serializers.ListField(child=serializers.CharField())


class MapClusterOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # hides DRF's attribute
    size = serializers.IntegerField(help_text="Its memories, those beyond the points of the map included.")


class MapOutput(serializers.Serializer[Any]):
    """Columns of one length: point n stands for the memory `memory_id[n]`."""

    x = serializers.ListField(child=serializers.FloatField())
    y = serializers.ListField(child=serializers.FloatField())
    cluster = serializers.ListField(child=serializers.IntegerField(), help_text="The id of its cluster, or -1.")
    memory_id = serializers.ListField(child=serializers.UUIDField())
    clusters = MapClusterOutput(many=True)
    total = serializers.IntegerField(help_text="The memories that the points are a sample of.")
    change = serializers.IntegerField(allow_null=True, help_text="The change that the map was drawn at.")
    pending = serializers.BooleanField(help_text="A newer map is being drawn.")


class EntityField(serializers.CharField):
    """The id of an entity, or its name in any spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NAME, **kwargs)


class GraphQuery(AsOfInput):
    entity = EntityField(
        required=False, help_text="An id or a name to look around from; without it the most mentioned entities come."
    )
    depth = serializers.IntegerField(default=1, min_value=1, max_value=3, help_text="Steps from the entity.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=500, help_text="The most nodes.")
    kind = serializers.CharField(required=False, max_length=20, help_text="Only entities of this kind.")
    occurred_after = InstantField(required=False, help_text="Only what happened from then on counts.")
    occurred_before = InstantField(required=False, help_text="Only what happened before counts.")


class PathQuery(StrictSerializer):
    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own.
        return {
            "from": EntityField(help_text="The id or the name of an entity."),
            "to": EntityField(help_text="Likewise."),
        }


class EntitiesQuery(PageQuery):
    q = serializers.CharField(required=False, max_length=MAX_NAME, help_text="Part of the name, in capitals or not.")
    kind = serializers.CharField(required=False, max_length=20)


class EntityOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    mentions = serializers.IntegerField(help_text="How often live memories name it.")
    memories = serializers.IntegerField(help_text="How many live memories name it.")


class EntityPage(serializers.Serializer[Any]):
    results = EntityOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class EdgeOutput(serializers.Serializer[Any]):
    source = serializers.UUIDField()  # type: ignore[assignment]  # hides DRF's attribute
    target = serializers.UUIDField()
    kind = serializers.CharField(help_text="`mentioned_with`, which has no direction, or that of a stated relation.")
    weight = serializers.FloatField()
    memory_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The latest that name both, up to five."
    )


class GraphOutput(serializers.Serializer[Any]):
    nodes = EntityOutput(many=True)
    edges = EdgeOutput(many=True)


class PathOutput(GraphOutput):
    hops = serializers.IntegerField(allow_null=True, help_text="null without a path of at most four hops.")


class RelatedQuery(StrictSerializer):
    limit = serializers.IntegerField(default=10, min_value=1, max_value=50)


class RelatedOutput(MemoryOutput):
    closeness = serializers.FloatField(help_text="The cosine of the two meanings, 1 for the same.")
    shared_entities = serializers.ListField(child=serializers.CharField(), help_text="Up to five names.")
    is_duplicate = serializers.BooleanField(help_text="Whether both say nearly the same.")


class RelatedPage(serializers.Serializer[Any]):
    results = RelatedOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null.")
    total = serializers.IntegerField()


class SentenceOutput(serializers.Serializer[Any]):
    start = serializers.IntegerField()
    end = serializers.IntegerField(help_text="The sentence is content[start:end].")
    text = serializers.CharField()
    coordinate = serializers.FloatField(help_text="That of the sentence alone.")
    pole = serializers.ChoiceField(choices=["low", "high"])


class MemoryDimensionOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    coordinate = serializers.FloatField(help_text="From 0, the low pole, to 1.")
    sentences = SentenceOutput(many=True, help_text="Those that moved it most to either pole, up to three.")


class MemoryConceptsOutput(serializers.Serializer[Any]):
    memory_id = serializers.UUIDField()
    revision = serializers.IntegerField()
    dimensions = MemoryDimensionOutput(many=True)
    sentences = serializers.IntegerField(help_text="The sentences of the memory.")
    sentences_read = serializers.IntegerField(help_text="Those that were compared: of long memories the most telling.")
